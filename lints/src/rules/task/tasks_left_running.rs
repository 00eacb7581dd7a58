//! Tasks that run on when one of them fails.

use linger_analysis::catalogue::Class;
use linger_analysis::flow::mir::{LoopInfo, Operand, StatementKind};
use linger_analysis::syntax::hir::{ExprId, ExprKind};
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};

declare_rule! {
    /// Handles are collected and awaited one by one, and the first error leaves the others running.
    ///
    /// ## Why it matters
    ///
    /// A `?` in the loop returns with the remaining handles still in the collection. Dropping them detaches their
    /// tasks: they go on with work whose result nobody wants, and may write after the function has reported failure.
    ///
    /// ## Example
    ///
    /// ```rust,ignore,fires
    /// async fn fetch(_: u32) -> std::io::Result<()> {
    ///     Ok(())
    /// }
    ///
    /// pub async fn fetch_all(ids: Vec<u32>) -> anyhow::Result<()> {
    ///     let mut handles = Vec::new();
    ///     for id in ids {
    ///         handles.push(tokio::spawn(fetch(id)));
    ///     }
    ///     for handle in handles {
    ///         handle.await??;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// ```rust,ignore,clean
    /// async fn fetch(_: u32) -> std::io::Result<()> {
    ///     Ok(())
    /// }
    ///
    /// pub async fn fetch_all(ids: Vec<u32>) -> anyhow::Result<()> {
    ///     let mut tasks = tokio::task::JoinSet::new();
    ///     for id in ids {
    ///         tasks.spawn(fetch(id));
    ///     }
    ///     while let Some(done) = tasks.join_next().await {
    ///         done??;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Collections of the function's own are followed. In a function that runs once in the life of the process the
    /// error is taken to end it.
    TasksLeftRunning("tasks_left_running") {
        group: Task,
        cases: {
            tasks: Warn = "`?` on what a task gives",
            threads: Allow = "the same for threads, and for tasks whose only failure is a panic (`unwrap` on the result, \
                              `?` on a task that gives no `Result`)",
        },
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for TasksLeftRunning {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            for info in &view.mir.loops {
                in_loop(cx, view, info, report);
            }
        }
    }
}

fn in_loop(cx: &BodyContext<'_>, view: &FlowView<'_>, info: &LoopInfo, report: &mut Vec<Diagnostic>) {
    let hir = cx.hir();
    let ExprKind::For { iterable, body, .. } = hir.expr(info.expr).kind else { return };
    let ExprKind::Local(list) = hir.expr(iterable).kind else { return };
    let Some(class) = collected(cx, list) else { return };
    if !view.tokens.is_reachable(info.header) {
        return;
    }
    let Some((waits, mut case)) = failing_wait(cx, body, class) else { return };
    // `handle.await?` of a task that gives `()` fails when that panics, or was aborted.
    if gives_no_result(cx, list) {
        case = "threads";
    }
    if case == "tasks" && cx.analysis.is_once(cx.body, view.mir.owner) || aborts(view) {
        return;
    }
    let noun = if class == Class::TaskHandle { "tasks" } else { "threads" };
    report.push(
        Diagnostic::new(
            &META,
            cx.at(hir.expr(waits).span),
            format!("the first error leaves the other {noun} running with nobody to wait for them"),
        )
        .case(case)
        .label("returns here, and drops the handles that are left")
        .step(cx.at(hir.local(list).span), "the handles")
        .help(if class == Class::TaskHandle {
            "use a `JoinSet`, which aborts what is left when it is dropped, or abort the rest before returning"
        } else {
            "join all of them first, and report the error afterwards"
        }),
    );
}

/// What the elements of a collection are handles of.
fn collected(cx: &BodyContext<'_>, list: linger_analysis::syntax::hir::LocalId) -> Option<Class> {
    let ty = cx.types().local(list);
    let container = ty.path().is_some_and(|p| cx.catalogue().is_container(p));
    let class = ty.args().first()?.path().and_then(|p| cx.catalogue().resource(p))?.class;
    (container && matches!(class, Class::TaskHandle | Class::ThreadHandle)).then_some(class)
}

/// Whether the output of the tasks is known, and is no `Result`.
fn gives_no_result(cx: &BodyContext<'_>, list: linger_analysis::syntax::hir::LocalId) -> bool {
    let output = cx.types().local(list).args().first().and_then(|handle| handle.args().first());
    output.is_some_and(|ty| matches!(ty, Ty::Prim(_) | Ty::Tuple(_)) || ty.is_unit())
}

/// The wait in the body whose failure leaves the loop: `handle.await?`, `handle.join().unwrap()`.
fn failing_wait(cx: &BodyContext<'_>, body: ExprId, class: Class) -> Option<(ExprId, &'static str)> {
    let hir = cx.hir();
    let is_handle = |e: ExprId| {
        cx.ty(e).path().and_then(|p| cx.catalogue().resource(p)).is_some_and(|r| r.class == class)
    };
    let is_wait = |e: ExprId| match &hir.expr(e).kind {
        ExprKind::Await { operand } => is_handle(*operand),
        ExprKind::MethodCall { receiver, method, .. } => method.as_str() == "join" && is_handle(*receiver),
        _ => false,
    };
    let mut found = None;
    hir.walk(body, &mut |e| {
        let case = match &hir.expr(e).kind {
            ExprKind::Closure(_) => return false,
            ExprKind::Try { operand } if hir.any(*operand, &mut |e| is_wait(e)) => {
                if class == Class::TaskHandle { "tasks" } else { "threads" }
            }
            ExprKind::MethodCall { receiver, method, .. }
                if matches!(method.as_str(), "unwrap" | "expect") && is_wait(*receiver) =>
            {
                "threads"
            }
            _ => return true,
        };
        if found.is_none() {
            found = Some((e, case));
        }
        false
    });
    found
}

/// Something in the function aborts tasks.
fn aborts(view: &FlowView<'_>) -> bool {
    view.statements().any(|(_, s)| match &s.kind {
        StatementKind::Call(call) => {
            call.name.as_str().starts_with("abort") && call.args.first().and_then(Operand::place).is_some()
        }
        _ => false,
    })
}
