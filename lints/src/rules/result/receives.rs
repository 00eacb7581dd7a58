//! Receives that a loop matches on, and where it goes when they fail.

use linger_analysis::catalogue::Class;
use linger_analysis::flow::mir::{BlockId, LoopInfo};
use linger_analysis::span::Span;
use linger_analysis::symbol::Symbol;
use linger_analysis::syntax::hir::{ExprId, ExprKind, PatId, PatKind, StmtKind};
use linger_analysis::types::infer::Target;

use crate::context::BodyContext;
use crate::rules::result::class_of;

/// A receive that fails at once when the channel is closed.
pub(super) struct Receive {
    /// The call.
    pub call: ExprId,
    /// What is matched on.
    pub span: Span,
    pub name: Symbol,
    /// Where control goes then.
    pub failed: BlockId,
    /// It is a branch of this `select!`.
    pub select: Option<ExprId>,
    /// It asks a listener for a connection.
    pub accepts: bool,
}

/// `if let Ok(x) = rx.recv()`, `let Some(x) = rx.recv().await else`
pub(super) fn in_let(cx: &BodyContext<'_>, on: ExprId, targets: &[BlockId]) -> Option<Receive> {
    let body = cx.hir();
    let (pat, scrutinee) = match body.expr(on).kind {
        ExprKind::Let { pat, scrutinee } => (pat, scrutinee),
        _ => (pattern_of(cx, on)?, on),
    };
    let side = usize::from(!takes_closed(cx, pat));
    Some(received(cx, scrutinee, *targets.get(side)?)?.0)
}

/// The pattern of the `let … else` that an expression initialises.
pub(super) fn pattern_of(cx: &BodyContext<'_>, init: ExprId) -> Option<PatId> {
    cx.hir().exprs.iter().find_map(|e| match &e.kind {
        ExprKind::Block(block) => block.stmts.iter().find_map(|s| match s.kind {
            StmtKind::Let { pat, init: Some(i), .. } if i == init => Some(pat),
            _ => None,
        }),
        _ => None,
    })
}

/// `match rx.recv() { Ok(x) => …, Err(_) => continue }`
pub(super) fn in_match(cx: &BodyContext<'_>, on: ExprId, targets: &[BlockId]) -> Option<Receive> {
    let ExprKind::Match { scrutinee, arms } = &cx.hir().expr(on).kind else { return None };
    // A guard may send it to an arm further down.
    if arms.iter().any(|arm| arm.guard.is_some()) {
        return None;
    }
    let closed = arms.iter().position(|arm| takes_closed(cx, arm.pat))?;
    Some(received(cx, *scrutinee, *targets.get(closed)?)?.0)
}

/// The receive that an expression is, with or without its `.await`, and whether that is left to somebody else.
pub(super) fn received(cx: &BodyContext<'_>, e: ExprId, failed: BlockId) -> Option<(Receive, bool)> {
    let body = cx.hir();
    let (call, is_future) = match body.expr(e).kind {
        ExprKind::Await { operand } => (operand, false),
        _ => (e, true),
    };
    let ExprKind::MethodCall { method, .. } = body.expr(call).kind else { return None };
    let Target::External(path) = &cx.types().callees.get(&call)?.target else { return None };
    let facts = cx.catalogue().facts(*path)?;
    let (span, accepts) = (body.expr(e).span, facts.accepts);
    let receive = Receive { call, span, name: method, failed, select: None, accepts };
    (facts.fails_when_closed || accepts).then_some((receive, is_future))
}

/// Whether a pattern takes what a closed channel gives: `None`, `Err(_)`, `_`.
pub(super) fn takes_closed(cx: &BodyContext<'_>, pat: PatId) -> bool {
    match &cx.hir().pat(pat).kind {
        PatKind::Wild => true,
        PatKind::Binding { sub, .. } => sub.is_none_or(|p| takes_closed(cx, p)),
        PatKind::Path(path) => {
            path.last().is_some_and(|n| matches!(n.as_str(), "None" | "Closed" | "RecvError"))
        }
        PatKind::TupleStruct { path, args } => {
            path.last().is_some_and(|n| n == "Err") && args.first().is_none_or(|p| takes_closed(cx, *p))
        }
        PatKind::Or(parts) => parts.iter().any(|p| takes_closed(cx, *p)),
        _ => false,
    }
}

/// Whether the receiver is the same one in each turn.
pub(super) fn lives_on(cx: &BodyContext<'_>, info: &LoopInfo, e: ExprId) -> bool {
    let body = cx.hir();
    match &body.expr(e).kind {
        ExprKind::Local(local) => !info.span.contains(body.local(*local).span),
        ExprKind::Path(_) => true,
        // `events.subscribe().recv()`: another one in each turn.
        ExprKind::MethodCall { .. } if class_of(cx, cx.ty(e)) == Some(Class::Receiver) => false,
        ExprKind::MethodCall { receiver: base, .. }
        | ExprKind::Field { base, .. }
        | ExprKind::Unary { operand: base, .. }
        | ExprKind::AddressOf { operand: base, .. } => lives_on(cx, info, *base),
        _ => false,
    }
}
