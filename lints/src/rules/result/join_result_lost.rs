//! What a thread or task returned, thrown away.

use linger_analysis::types::ty::Ty;

use crate::context::BodyContext;
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::result::{discards, is_teardown};
use crate::rules::support::is_test_or_sample;

declare_rule! {
    /// The result of a joined thread or task is thrown away.
    ///
    /// ## Why it matters
    ///
    /// `join()` gives two results in one: whether the thread panicked, and what it returned. Checking the
    /// first and dropping the second loses every error that the thread reported.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// fn run(work: std::thread::JoinHandle<Result<(), std::io::Error>>) {
    ///     let _ = work.join().unwrap();
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// fn run(work: std::thread::JoinHandle<Result<(), std::io::Error>>) -> Result<(), std::io::Error> {
    ///     work.join().unwrap()
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Handles whose type is not known are left alone.
    JoinResultLost("join_result_lost") {
        group: Result,
        cases: {
            result: Warn = "the thread or task returns a `Result`",
            test: Allow = "the same in tests, fuzz targets and samples",
            panic: Allow = "only a panic is lost",
        },
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for JoinResultLost {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        let stopped = cx.flows().iter().any(stops);
        for view in cx.flows() {
            for (_, _, _, span, e) in discards(view) {
                let Some(e) = e else { continue };
                let Some(handle) = joined(cx, e) else { continue };
                if is_teardown(cx) || cx.has_reason(span) || stopped {
                    continue;
                }
                let inner = handle.arg(0);
                let returns_result = inner.as_result().is_some();
                // `join().unwrap().unwrap()` looks at both.
                if cx.ty(e).as_result().is_none() {
                    continue;
                }
                let finding = Diagnostic::new(
                    &META,
                    cx.at(span),
                    if returns_result {
                        "the `Result` that the thread or task returned is thrown away"
                    } else {
                        "whether the thread or task panicked is thrown away"
                    },
                )
                .case(match returns_result {
                    true if is_test_or_sample(cx) => "test",
                    true => "result",
                    false => "panic",
                })
                .label("dropped here")
                .help("look at both: `handle.join()` for the panic, its `Ok` value for the error");
                report.push(finding);
            }
        }
    }
}

/// The handle's type, when an expression is the result of joining one.
fn joined(cx: &BodyContext<'_>, e: linger_analysis::syntax::hir::ExprId) -> Option<Ty> {
    use linger_analysis::syntax::hir::ExprKind;
    let is_handle = |ty: &Ty| {
        ty.path().is_some_and(|p| matches!(p.as_str(), "std::thread::JoinHandle" | "tokio::task::JoinHandle"))
    };
    match &cx.hir().expr(e).kind {
        ExprKind::MethodCall { receiver, method, .. } => {
            if method.as_str() == "join" && is_handle(cx.ty(*receiver).peel_refs()) {
                return Some(cx.ty(*receiver).peel_refs().clone());
            }
            matches!(method.as_str(), "unwrap" | "expect" | "ok" | "map_err")
                .then(|| joined(cx, *receiver))?
        }
        ExprKind::Try { operand } => joined(cx, *operand),
        ExprKind::Await { operand } => {
            let ty = cx.ty(*operand).peel_refs();
            is_handle(ty).then(|| ty.clone())
        }
        _ => None,
    }
}

/// The handle is aborted, or its work stopped, in the same function.
fn stops(view: &crate::context::FlowView<'_>) -> bool {
    view.mir.calls().any(|(_, _, c)| {
        matches!(c.name.as_str(), "abort" | "kill" | "cancel" | "stop" | "shutdown" | "close")
    })
}
