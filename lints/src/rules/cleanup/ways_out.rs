//! Paths from the start of something to its end, or to a return.

use linger_analysis::flow::mir::{
    BlockId, BranchKind, Call, Mir, Point, ReturnKind, Statement, StatementKind, Terminator, Var, VarKind,
};
use linger_analysis::flow::tokens::path;
use linger_analysis::span::Span;
use linger_analysis::syntax::hir::{ExprKind, PatKind};
use linger_analysis::types::infer::Target;

use crate::context::{BodyContext, FlowView};
use crate::rules::shapes::is_variant;

/// Follows all paths from behind `from` to an end or a return. Ways that are taken because the start itself
/// failed, or because a test of the handle says that there is none, are left out.
pub(super) fn walk(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    from: Point,
    span: Span,
    handle: &[Var],
    end: &dyn Fn(Point) -> Option<Span>,
) -> Option<(Span, Vec<(Span, ReturnKind)>)> {
    let mir = view.mir;
    let mut ended = None;
    let mut exits = Vec::new();
    let mut seen = vec![false; mir.blocks.len()];
    let mut work = vec![(from.block, from.index + 1)];
    'blocks: while let Some((block, start)) = work.pop() {
        let data = &mir.blocks[block.index()];
        for index in start..data.statements.len() as u32 {
            if let Some(span) = end(Point { block, index }) {
                ended = ended.or(Some(span));
                continue 'blocks;
            }
        }
        if let Terminator::Return { kind, span } = data.terminator {
            exits.push((span, kind));
        }
        let skipped = failing_targets(cx, view, &data.terminator, span, handle);
        for next in data.terminator.successors() {
            if !skipped.contains(next) && !std::mem::replace(&mut seen[next.index()], true) {
                work.push((*next, 0));
            }
        }
    }
    exits.sort_by_key(|(span, _)| span.lo);
    exits.dedup();
    Some((ended?, exits))
}

fn failing_targets(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    terminator: &Terminator,
    start: Span,
    handle: &[Var],
) -> Vec<BlockId> {
    let Terminator::Branch { on, targets, kind } = terminator else { return Vec::new() };
    let body = cx.hir();
    let nth = |i: usize| targets.get(i).copied().into_iter().collect::<Vec<_>>();
    let condition = body.expr(*on).span;
    // `if ioctl(fd, …) < 0` is a test of the call, not of the handle.
    let is_used = |at: Span| {
        cx.types().callees.iter().any(|(call, callee)| {
            let call = body.expr(call).span;
            condition.contains(call)
                && call.contains(at)
                && matches!(callee.target, Target::External(path) if cx.catalogue().is_system_interface(path))
        })
    };
    let tests_handle = *kind != BranchKind::Question
        && body.exprs.iter().any(|e| {
            condition.contains(e.span)
                && matches!(e.kind, ExprKind::Local(local)
                    if handle.iter().any(|v| view.mir.var(*v).kind == VarKind::User(local)))
                && !is_used(e.span)
        });
    if tests_handle && *kind == BranchKind::If {
        return nth(0);
    }
    // `match fd { -1 => …, fd => … }`
    if let (true, BranchKind::Match, ExprKind::Match { arms, .. }) =
        (tests_handle, kind, &body.expr(*on).kind)
        && targets.len() == arms.len()
    {
        let is_number = |pat| matches!(body.pat(pat).kind, PatKind::Literal(_) | PatKind::Range);
        return arms.iter().zip(targets).filter(|(arm, _)| is_number(arm.pat)).map(|(_, t)| *t).collect();
    }
    if !body.expr(*on).span.contains(start) {
        return Vec::new();
    }
    match (&body.expr(*on).kind, kind) {
        (_, BranchKind::Question) => nth(1),
        (ExprKind::Match { arms, scrutinee }, BranchKind::Match)
            // With fewer targets it is where the guard of an arm failed.
            if body.expr(*scrutinee).span.contains(start) && targets.len() == arms.len() =>
        {
            arms.iter()
                .zip(targets)
                .filter(|(arm, _)| is_variant(cx.hir(), arm.pat, &["Err", "None"]))
                .map(|(_, target)| *target)
                .collect()
        }
        (ExprKind::Let { pat, .. }, BranchKind::Let) if is_variant(cx.hir(), *pat, &["Err", "None"]) => nth(0),
        (_, BranchKind::Let) => nth(1),
        (ExprKind::MethodCall { method, .. }, BranchKind::If) => match method.as_str() {
            "is_err" | "is_none" => nth(0),
            "is_ok" | "is_some" => nth(1),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Whether the function is a part of others, all of which end the state when it has failed.
pub(super) fn is_ended_by_callers(cx: &BodyContext<'_>, is_end: &dyn Fn(&Call) -> bool) -> bool {
    let Some(def) = cx.body.def.filter(|def| !cx.program().item(*def).is_public) else { return false };
    let Some(callers) = cx.analysis.callers.get(&def) else { return false };
    callers.iter().all(|caller| {
        let Some(from) = caller.from.filter(|from| *from != def) else { return false };
        cx.analysis.body_of(from).is_some_and(|body| {
            let mut calls = body
                .flow
                .all()
                .flat_map(|mir| mir.calls().map(move |(point, _, call)| (mir, point, call)))
                .filter(|(_, _, c)| matches!(c.callee.target, Target::Def(called) if called == def))
                .peekable();
            calls.peek().is_some()
                && calls.all(|(mir, point, _)| {
                    ends_behind(mir, point, is_end) && !fails_without(mir, point, is_end)
                })
        })
    })
}

/// Whether a failing return can follow a point with no call between that ends the state.
fn fails_without(mir: &Mir, from: Point, is_end: &dyn Fn(&Call) -> bool) -> bool {
    path(
        mir,
        from,
        &mut |point, statement| {
            statement.is_none()
                && matches!(
                    mir.blocks[point.block.index()].terminator,
                    Terminator::Return { kind: ReturnKind::Question | ReturnKind::Failure, .. }
                )
        },
        &mut |_, statement| statement.is_some_and(|s| ends(s, is_end)),
    )
    .is_some()
}

/// Whether a call that ends the state can follow a point.
fn ends_behind(mir: &Mir, from: Point, is_end: &dyn Fn(&Call) -> bool) -> bool {
    path(mir, from, &mut |_, statement| statement.is_some_and(|s| ends(s, is_end)), &mut |_, _| false)
        .is_some()
}

fn ends(statement: &Statement, is_end: &dyn Fn(&Call) -> bool) -> bool {
    matches!(&statement.kind, StatementKind::Call(call) if is_end(call))
}
