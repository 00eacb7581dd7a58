//! Loops that end when a receiver has fallen behind, as if the channel were closed.

use linger_analysis::flow::mir::{BlockId, BranchKind, LoopId, Terminator};
use linger_analysis::span::Span;
use linger_analysis::symbol::sym;
use linger_analysis::syntax::hir::{Arm, Body, ExprId, ExprKind, PatId, PatKind};
use linger_analysis::types::infer::Target;
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::rules::result::receives::{Receive, in_let, in_match, lives_on, pattern_of};

/// A receive whose error "messages were skipped" ends a loop.
pub(super) struct Lagging {
    /// The call.
    pub call: ExprId,
    /// The head of the loop.
    pub head: Span,
}

/// Such receives of a function.
pub(super) fn lagging(cx: &BodyContext<'_>) -> Vec<Lagging> {
    let mut found = Vec::new();
    for view in cx.flows() {
        for block in &view.mir.blocks {
            let Terminator::Branch { on, targets, kind } = &block.terminator else { continue };
            let Some(own) = block.in_loop else { continue };
            let receive = ended_by(cx, *on, targets, *kind).filter(|r| lags(cx, r));
            let Some(receive) = receive.or_else(|| item_of_stream(cx, *on, targets, *kind)) else { continue };
            let info = &view.mir.loops[own.0 as usize];
            if is_same_in_all_turns(cx, view, own, &receive)
                && !view.mir.leads_to(receive.failed, info.header, None)
            {
                found.push(Lagging { call: receive.call, head: info.head });
            }
        }
    }
    found
}

/// A receive that is matched on without a look at its error.
fn ended_by(cx: &BodyContext<'_>, on: ExprId, targets: &[BlockId], kind: BranchKind) -> Option<Receive> {
    let body = cx.hir();
    match kind {
        BranchKind::Let => {
            let pat = match body.expr(on).kind {
                ExprKind::Let { pat, .. } => pat,
                _ => pattern_of(cx, on)?,
            };
            let is_good = matches!(&body.pat(pat).kind, PatKind::TupleStruct { path, .. }
                if path.last().is_some_and(|n| n == "Ok"));
            is_good.then(|| in_let(cx, on, targets)).flatten()
        }
        BranchKind::Match => {
            let ExprKind::Match { arms, .. } = &body.expr(on).kind else { return None };
            let all = |arm: &Arm| alternatives(body, arm.pat);
            if arms.iter().flat_map(all).any(|p| tells_lag(body, p)) {
                return None;
            }
            // Closed may have an arm of its own before: `Err(Closed) => break, Err(_) => {}`.
            let any = arms.iter().position(|arm| all(arm).iter().any(|p| is_any_error(body, *p)))?;
            let failed = *targets.get(any)?;
            in_match(cx, on, targets).map(|receive| Receive { failed, ..receive })
        }
        _ => None,
    }
}

/// `while let Some(Ok(event)) = events.next().await` over a stream of such receives.
fn item_of_stream(
    cx: &BodyContext<'_>,
    on: ExprId,
    targets: &[BlockId],
    kind: BranchKind,
) -> Option<Receive> {
    let body = cx.hir();
    let (pat, item) = match body.expr(on).kind {
        _ if kind != BranchKind::Let => return None,
        ExprKind::Let { pat, scrutinee } => (pat, scrutinee),
        _ => (pattern_of(cx, on)?, on),
    };
    let inside = |pat: PatId, name: &str| match &body.pat(pat).kind {
        PatKind::TupleStruct { path, args } if path.last().is_some_and(|n| n == name) => {
            args.first().copied()
        }
        _ => None,
    };
    inside(inside(pat, "Some")?, "Ok")?;
    let ExprKind::Await { operand: call } = body.expr(item).kind else { return None };
    let ExprKind::MethodCall { receiver, method, .. } = body.expr(call).kind else { return None };
    let stream = cx.ty(receiver).peel_refs();
    let made_by = sym(&format!("{}::new", stream.path().filter(|_| method == "next")?));
    let lags = cx.catalogue().facts(made_by).is_some_and(|f| f.lags) && stream.arg(0) != Ty::unit();
    let span = body.expr(item).span;
    let failed = *targets.get(1)?;
    lags.then_some(Receive { call, span, name: method, failed, select: None, accepts: false })
}

fn alternatives(body: &Body, pat: PatId) -> Vec<PatId> {
    match &body.pat(pat).kind {
        PatKind::Or(all) => all.to_vec(),
        _ => vec![pat],
    }
}

/// `Err(_)`, `_`
fn is_any_error(body: &Body, pat: PatId) -> bool {
    match &body.pat(pat).kind {
        PatKind::Wild => true,
        PatKind::TupleStruct { path, args } => {
            path.last().is_some_and(|n| n == "Err")
                && args.iter().all(|a| matches!(body.pat(*a).kind, PatKind::Wild))
        }
        _ => false,
    }
}

/// `Err(RecvError::Lagged(missed))`
fn tells_lag(body: &Body, pat: PatId) -> bool {
    match &body.pat(pat).kind {
        PatKind::TupleStruct { path, args } => {
            path.last().is_some_and(|n| n == "Lagged") || args.iter().any(|a| tells_lag(body, *a))
        }
        _ => false,
    }
}

/// Whether a receive also fails for messages that it has missed; one that only tells of an event misses nothing.
fn lags(cx: &BodyContext<'_>, receive: &Receive) -> bool {
    let Some(callee) = cx.types().callees.get(&receive.call) else { return false };
    let tells_nothing = callee.self_ty.as_ref().is_some_and(|ty| ty.peel_refs().arg(0) == Ty::unit());
    matches!(callee.target, Target::External(path) if cx.catalogue().facts(path).is_some_and(|f| f.lags))
        && !tells_nothing
}

/// Whether the receiver is as old as the outermost loop: nobody subscribes anew.
fn is_same_in_all_turns(cx: &BodyContext<'_>, view: &FlowView<'_>, own: LoopId, receive: &Receive) -> bool {
    let body = cx.hir();
    // `events.subscribe().recv()`
    if let ExprKind::MethodCall { receiver, .. } = body.expr(receive.call).kind
        && matches!(body.expr(receiver).kind, ExprKind::MethodCall { .. } | ExprKind::Call { .. })
        && !matches!(cx.ty(receiver), Ty::Ref(..))
        && cx
            .types()
            .callees
            .get(&receive.call)
            .and_then(|c| c.self_ty.as_ref())
            .is_some_and(|ty| ty.peel_refs() == cx.ty(receiver))
    {
        return false;
    }
    let info = |id: LoopId| &view.mir.loops[id.0 as usize];
    std::iter::successors(Some(own), |id| info(*id).parent).all(|id| lives_on(cx, info(id), receive.call))
}
