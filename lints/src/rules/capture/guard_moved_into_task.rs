//! Guards and pooled connections that live as long as an endless task.

use linger_analysis::catalogue::{Class, SpawnKind};
use linger_analysis::facts::spawns;
use linger_analysis::flow::mir::CaptureHow;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::{Confidence, Diagnostic};
use crate::rule::{Rule, RuleMeta};
use crate::rules::carried::made;
use crate::rules::support::noun;
use crate::rules::task::spawned::endless_loop;

declare_rule! {
    /// A guard or pooled connection moves into a task that never ends.
    ///
    /// ## Why it matters
    ///
    /// What is borrowed for a short while (a connection of a pool, a lock, an entry of a shared map) then stays taken
    /// for good: a few such tasks, and the pool is empty; one, and everybody else waits for the lock for ever.
    ///
    /// ## Example
    ///
    /// ```rust,ignore,fires
    /// async fn start(pool: r2d2::Pool<Manager>) {
    ///     let connection = pool.get().unwrap();
    ///     tokio::spawn(async move {
    ///         loop {
    ///             connection.ping();
    ///             tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    ///         }
    ///     });
    /// }
    /// ```
    ///
    /// ```rust,ignore,clean
    /// async fn start(pool: r2d2::Pool<Manager>) {
    ///     tokio::spawn(async move {
    ///         loop {
    ///             let connection = pool.get().unwrap();
    ///             connection.ping();
    ///             drop(connection);
    ///             tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    ///         }
    ///     });
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Only tasks and threads whose code surely stays in a loop; owned permits are made to be moved.
    GuardMovedIntoTask("guard_moved_into_task") {
        group: Capture,
        level: Warn,
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for GuardMovedIntoTask {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            in_flow(cx, view, report);
        }
    }
}

const SHORT_LIVED: [Class; 4] =
    [Class::PoolConnection, Class::LockGuard, Class::MapGuard, Class::RefcellBorrow];

fn in_flow(cx: &BodyContext<'_>, view: &FlowView<'_>, report: &mut Vec<Diagnostic>) {
    for spawn in spawns(cx.analysis, cx.body, &view.tokens) {
        if !matches!(spawn.kind, SpawnKind::Task | SpawnKind::Thread | SpawnKind::Blocking) {
            continue;
        }
        let Some(closure) = spawn.closure.and_then(|id| made(view, id)) else { continue };
        let state = view.tokens.state_at(closure.at);
        let taken = closure
            .captures
            .iter()
            .filter(|c| c.how == CaptureHow::Move)
            .flat_map(|c| state.owned(c.var).iter().map(|t| view.tokens.token(t)))
            .find(|t| SHORT_LIVED.iter().any(|class| t.is(*class)));
        let Some(token) = taken else { continue };
        let Some(endless) = endless_loop(cx, &spawn) else { continue };
        report.push(
            Diagnostic::new(
                &META,
                cx.at(spawn.call.name_span),
                format!("this task never ends, and keeps {} for good", noun(token)),
            )
            .label("moved into it here")
            .step(cx.at(token.span), "taken here")
            .step(endless.at, "nothing leaves this loop")
            .confidence(Confidence::from(token.known))
            .help("take it inside the loop for as long as it is needed, and drop it before the task waits"),
        );
    }
}
