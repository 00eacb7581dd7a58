//! `select!` as the rules of this group see it: branches, where each of them leads, and the loop around.

use linger_analysis::catalogue::{FunctionFacts, Timer};
use linger_analysis::flow::mir::{BlockId, BranchKind, LoopId, Terminator};
use linger_analysis::syntax::hir::{ExprId, ExprKind, LocalId, PatId, PatKind, Select, SelectBranch};
use linger_analysis::types::infer::Known;

use crate::context::{BodyContext, FlowView};

/// A `select!` that stands in a loop.
pub(super) struct LoopedSelect<'a> {
    /// The `select!`.
    pub(super) select: &'a Select,
    /// The innermost loop around it.
    pub(super) turning: LoopId,
    /// For each branch: control may come back to the head of that loop.
    pub(super) stays: Vec<bool>,
}

/// All `select!`s of futures in loops of a flow.
pub(super) fn looped<'a>(cx: &BodyContext<'a>, view: &FlowView<'_>) -> Vec<LoopedSelect<'a>> {
    let mut out = Vec::new();
    for (index, block) in view.mir.blocks.iter().enumerate() {
        let Terminator::Branch { on, targets, kind: BranchKind::Select } = &block.terminator else {
            continue;
        };
        let Some(turning) = block.in_loop else { continue };
        let ExprKind::Select(select) = &cx.hir().expr(*on).kind else { continue };
        if !view.tokens.is_reachable(BlockId(index as u32))
            || select.branches.iter().any(|b| b.is_channel_operation)
        {
            continue;
        }
        let header = view.mir.loops[turning.0 as usize].header;
        let stays = targets.iter().take(select.branches.len());
        let stays = stays.map(|t| view.mir.leads_to(*t, header, Some(turning))).collect();
        out.push(LoopedSelect { select, turning, stays });
    }
    out
}

/// What the catalogue says of the function that an expression calls, and how sure that is.
pub(super) fn called<'a>(cx: &BodyContext<'a>, e: ExprId) -> Option<(&'a FunctionFacts, Known)> {
    let callee = cx.types().callees.get(&e)?;
    Some((cx.facts(&callee.target)?, callee.known))
}

/// Whether a branch waits for the next beat of an interval.
pub(super) fn is_tick(cx: &BodyContext<'_>, branch: &SelectBranch) -> bool {
    cx.hir().any(branch.future, &mut |e| called(cx, e).is_some_and(|(f, _)| f.timer == Some(Timer::Tick)))
}

/// Where a local is declared by `let`, with its initial value.
pub(super) fn initial_value(cx: &BodyContext<'_>, within: ExprId, local: LocalId) -> Option<ExprId> {
    use linger_analysis::syntax::hir::StmtKind;
    let body = cx.hir();
    let mut found = None;
    body.walk(within, &mut |e| {
        if let ExprKind::Block(block) = &body.expr(e).kind {
            for stmt in &block.stmts {
                if let StmtKind::Let { pat, init: Some(init), .. } = &stmt.kind
                    && binds(cx, *pat, local)
                {
                    found = Some(*init);
                }
            }
        }
        found.is_none()
    });
    found
}

/// Whether a pattern binds a variable, itself or in a part.
pub(super) fn binds(cx: &BodyContext<'_>, pat: PatId, local: LocalId) -> bool {
    match &cx.hir().pat(pat).kind {
        PatKind::Binding { local: l, sub } => *l == local || sub.is_some_and(|p| binds(cx, p, local)),
        PatKind::Tuple(parts)
        | PatKind::TupleStruct { args: parts, .. }
        | PatKind::Slice(parts)
        | PatKind::Or(parts) => parts.iter().any(|p| binds(cx, *p, local)),
        PatKind::Struct { fields, .. } => fields.iter().any(|(_, p)| binds(cx, *p, local)),
        PatKind::Ref(p) | PatKind::Typed { pat: p, .. } => binds(cx, *p, local),
        _ => false,
    }
}

/// The variable that a place starts with.
pub(super) fn root(cx: &BodyContext<'_>, place: ExprId) -> Option<LocalId> {
    match &cx.hir().expr(place).kind {
        ExprKind::Local(local) => Some(*local),
        ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => root(cx, *base),
        ExprKind::Unary { operand, .. } => root(cx, *operand),
        _ => None,
    }
}
