//! Flags that let one run at a time: set before an await, and cleared only behind it.

use linger_analysis::flow::identity::Identity;
use linger_analysis::flow::mir::{Call, Point, Statement, StatementKind};
use linger_analysis::syntax::hir::{ExprKind, Literal};
use linger_analysis::types::infer::Target;

use crate::context::{BodyContext, FlowView};
use crate::rules::task::lost_when_cancelled::{Found, outlives};

/// A method of an atomic flag.
pub(super) fn is_atomic(call: &Call) -> bool {
    matches!(&call.callee.target, Target::External(path) if path.starts_with("std::sync::atomic::AtomicBool::"))
}

/// `if busy.swap(true) { return }`, an await, `busy.store(false)`.
pub(super) fn gate(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    point: Point,
    statement: &Statement,
    call: &Call,
) -> Option<Found> {
    let (object, on) = switched(cx, view, statement, call)?;
    if !on || call.name.as_str() == "store" || !outlives(view, &object) {
        return None;
    }
    let clears = |s: &Statement| match &s.kind {
        StatementKind::Call(call) if is_atomic(call) => {
            switched(cx, view, s, call).is_some_and(|(o, on)| !on && o == object)
        }
        _ => false,
    };
    let waiting = view.tokens.path(
        point,
        |_, s| s.is_some_and(|s| matches!(s.kind, StatementKind::Await { .. })),
        |_, s| s.is_some_and(clears),
    )?;
    let cleared = view.tokens.path(waiting, |_, s| s.is_some_and(clears), |p, _| p == point)?;
    let span = |p: Point| view.mir.statement(p).map(|s| s.span);
    let name = object.path.last().map_or_else(|| "the flag".to_owned(), ToString::to_string);
    Some(Found { case: "flag", element: false, name, waits: span(waiting)?, restored: span(cleared) })
}

/// The flag that a call sets (`true`) or clears.
fn switched(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    statement: &Statement,
    call: &Call,
) -> Option<(Identity, bool)> {
    let ExprKind::MethodCall { args, .. } = &cx.hir().expr(statement.expr?).kind else { return None };
    let argument = match call.name.as_str() {
        "store" | "swap" => args.first()?,
        "compare_exchange" | "compare_exchange_weak" => args.get(1)?,
        _ => return None,
    };
    let ExprKind::Literal(Literal::Bool(on)) = cx.hir().expr(*argument).kind else { return None };
    Some((view.tokens.identities.operand(call.args.first()?)?, on))
}
