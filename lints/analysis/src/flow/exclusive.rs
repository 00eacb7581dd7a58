//! Branches of one unchanged condition: what stands under `if ordered` and what stands in the `else` of another
//! `if ordered` never run both.

use crate::flow::mir::{BlockId, BranchKind, Mir, Point, Terminator};
use crate::syntax::hir::{Body, ExprKind, LocalId, UnaryOp};

/// Whether two points stand on opposite sides of two branches on one local that never changes.
#[must_use]
pub fn exclude_each_other(mir: &Mir, body: &Body, first: Point, second: Point) -> bool {
    let branches: Vec<(LocalId, [BlockId; 2])> =
        mir.blocks.iter().filter_map(|block| unchanged(body, &block.terminator)).collect();
    let behind = |point: Point| -> Vec<[bool; 2]> {
        branches.iter().map(|(_, sides)| sides.map(|side| is_behind(mir, point.block, side))).collect()
    };
    let (first, second) = (behind(first), behind(second));
    branches.iter().zip(&first).any(|((local, sides), [holds, fails])| {
        branches.iter().zip(&second).any(|((other, others), [holds_then, fails_then])| {
            other == local && sides != others && (*holds && *fails_then || *fails && *holds_then)
        })
    })
}

/// The local that decides a branch, if it is set once, and where it goes when that is true and when it is not.
fn unchanged(body: &Body, terminator: &Terminator) -> Option<(LocalId, [BlockId; 2])> {
    let Terminator::Branch { on, targets, kind: BranchKind::If } = terminator else { return None };
    let [mut holds, mut fails] = targets[..] else { return None };
    let mut condition = *on;
    while let ExprKind::Unary { op: UnaryOp::Not, operand } = body.expr(condition).kind {
        condition = operand;
        std::mem::swap(&mut holds, &mut fails);
    }
    let ExprKind::Local(local) = body.expr(condition).kind else { return None };
    (!body.local(local).mutable).then_some((local, [holds, fails]))
}

/// Whether every way to a block goes through another.
fn is_behind(mir: &Mir, block: BlockId, gate: BlockId) -> bool {
    let mut seen = vec![false; mir.blocks.len()];
    let mut work = vec![BlockId(0)];
    while let Some(next) = work.pop() {
        if next == gate || std::mem::replace(&mut seen[next.index()], true) {
            continue;
        }
        if next == block {
            return false;
        }
        work.extend(mir.blocks[next.index()].terminator.successors());
    }
    true
}
