//! Work that outlives the request it was started for.

use linger_analysis::catalogue::SpawnKind;
use linger_analysis::facts::spawns;
use linger_analysis::types::infer::Known;
use linger_analysis::types::ty::Ty;

use super::spawned::{Fate, fate};
use crate::context::BodyContext;
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};

declare_rule! {
    /// A request handler starts work that is bound neither to the request nor to a tracker.
    ///
    /// ## Why it matters
    ///
    /// Nothing limits how many of these run, nobody hears of their errors, and a graceful shutdown does not wait for
    /// them.
    ///
    /// ## Example
    ///
    /// ```rust,ignore,fires
    /// use axum::extract::State;
    ///
    /// async fn send_mail() {}
    ///
    /// pub async fn register(State(_app): State<u32>) {
    ///     tokio::spawn(send_mail());
    /// }
    /// ```
    ///
    /// ```rust,ignore,clean
    /// use axum::extract::State;
    ///
    /// async fn send_mail() {}
    ///
    /// pub async fn register(State(_app): State<u32>) {
    ///     send_mail().await;
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A handler is an async function that takes a request, or an extractor, of a known framework.
    DetachedInHandler("detached_in_handler") {
        group: Task,
        level: Allow,
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for DetachedInHandler {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        let Some(signature) = cx.body.def.and_then(|d| cx.program().def(d).signature.as_ref()) else {
            return;
        };
        let is_request = |ty: &Ty| ty.peel_refs().path().is_some_and(|p| cx.catalogue().is_request(p));
        if !signature.is_async || !signature.params.iter().any(is_request) {
            return;
        }
        for view in cx.flows() {
            for spawn in spawns(cx.analysis, cx.body, &view.tokens) {
                if !matches!(spawn.kind, SpawnKind::Task | SpawnKind::Thread)
                    || spawn.call.callee.known != Known::Resolved
                    || fate(cx, view, &spawn) != Fate::Detached
                    || cx.has_reason(spawn.statement.span)
                {
                    continue;
                }
                report.push(
                    Diagnostic::new(
                        &META,
                        cx.at(spawn.call.name_span),
                        "this work outlives its request, and nothing waits for it at shutdown",
                    )
                    .label("started here, and its handle is dropped")
                    .help("await it, hand it to a queue with a limit, or spawn it on a `TaskTracker` of the server"),
                );
            }
        }
    }
}
