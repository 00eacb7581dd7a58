//! Iterators of `Result`s that leave out the errors.

use linger_analysis::flow::mir::{Call, Statement, Var};
use linger_analysis::syntax::hir::{Body, ExprId, ExprKind};

use crate::context::{BodyContext, FlowView};

/// A call that leaves out the errors of an iterator.
pub(super) struct Skipping<'v> {
    pub view: &'v FlowView<'v>,
    pub statement: &'v Statement,
    pub call: &'v Call,
    /// What it is called on.
    pub iterator: Var,
}

/// Every call that leaves out errors.
pub(super) fn skippings<'v>(cx: &'v BodyContext<'_>) -> impl Iterator<Item = Skipping<'v>> {
    cx.flows().iter().flat_map(move |view| {
        view.mir.calls().filter_map(move |(point, statement, call)| {
            let skips = view.is_reachable(point) && skips_errors(cx, statement.expr, call);
            let iterator = call.args.first().filter(|_| skips)?.var()?;
            Some(Skipping { view, statement, call, iterator })
        })
    })
}

/// `x.ok()`, `x.ok().map(..)`
fn goes_on_from_ok(body: &Body, e: ExprId) -> bool {
    match &body.expr(e).kind {
        ExprKind::MethodCall { receiver, method, .. } => match body.expr(*receiver).kind {
            ExprKind::Local(_) => method == "ok",
            _ => goes_on_from_ok(body, *receiver),
        },
        _ => false,
    }
}

/// `flatten()`, `filter_map(Result::ok)`, `flat_map(|l| l.ok())`.
fn skips_errors(cx: &BodyContext<'_>, e: Option<ExprId>, call: &Call) -> bool {
    match call.name.as_str() {
        "flatten" => call.is_method,
        "filter_map" | "flat_map" => {
            let body = cx.hir();
            let Some(ExprKind::MethodCall { args, .. }) = e.map(|e| &body.expr(e).kind) else { return false };
            let Some(arg) = args.first() else { return false };
            match &body.expr(*arg).kind {
                ExprKind::Path(path) => {
                    path.last().is_some_and(|n| matches!(n.as_str(), "ok" | "into_iter" | "identity"))
                }
                ExprKind::Closure(id) => {
                    let closure = body.closure(*id);
                    match &body.expr(closure.body).kind {
                        ExprKind::Local(_) => call.name.as_str() == "flat_map",
                        _ => goes_on_from_ok(body, closure.body),
                    }
                }
                _ => false,
            }
        }
        _ => false,
    }
}
