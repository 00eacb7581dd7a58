//! Code that may get into a loop and never leave it, followed through the functions it calls.
//!
//! A loop is endless when control that is in it can reach neither a return nor what stands behind the loop. Panics in it
//! are no way out, with one exception: `rx.recv().unwrap()` ends with its channel.

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::facts::change::Change;
use crate::facts::direct::{closure_of, runs_now, targets};
use crate::facts::{Analysis, AnalyzedBody, at};
use crate::flow::identity::Identities;
use crate::flow::mir::{
    AwaitKind, BlockId, BranchKind, Call, LoopId, Mir, Operand, Owner, Statement, StatementKind, Terminator,
    Var,
};
use crate::names::DefId;
use crate::span::FileSpan;
use crate::syntax::hir::{Body, ExprId, ExprKind, PatId, PatKind};
use crate::types::infer::Target;

/// A loop that nothing leaves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endless {
    /// Its head.
    pub at: FileSpan,
    /// The calls on the way to it, outermost first; empty when it stands in the code itself.
    pub way: SmallVec<[FileSpan; 2]>,
}

/// Calls between a function and the loop that are still followed.
const LONGEST_WAY: usize = 4;

/// Fills in [`super::Summary::stays_in`] of all functions.
pub(super) fn find(
    analysis: &mut Analysis<'_>,
    change: &mut Change,
    kept: &mut Vec<FxHashMap<u32, Endless>>,
) {
    change.rounds(
        analysis,
        kept,
        LONGEST_WAY + 1,
        |analysis, body| {
            let is_known = analysis.summary(body.def?).is_some_and(|s| s.stays_in.is_some());
            if is_known || !may_stay(analysis, body) {
                return None;
            }
            endless(analysis, body, &body.flow.root)
        },
        |summary, endless| summary.stays_in = Some(endless),
    );
}

/// Whether there is a loop to stay in, here or in what is called: most functions have none.
fn may_stay(analysis: &Analysis<'_>, body: &AnalyzedBody) -> bool {
    let stays = |def: &DefId| analysis.summary(*def).is_some_and(|s| s.stays_in.is_some());
    let calls_such =
        |mir: &Mir| mir.calls().any(|(_, _, call)| targets(&call.callee.target).iter().any(stays));
    body.flow.all().any(|mir| !mir.loops.is_empty()) || body.flow.all().any(calls_such)
}

/// The endless loop that a flow may get into.
#[must_use]
pub fn endless(analysis: &Analysis<'_>, body: &AnalyzedBody, mir: &Mir) -> Option<Endless> {
    in_flow(analysis, body, mir, 0)
}

fn in_flow(analysis: &Analysis<'_>, body: &AnalyzedBody, mir: &Mir, depth: usize) -> Option<Endless> {
    if depth > LONGEST_WAY {
        return None;
    }
    let file = body.global.file;
    let seen = reachable(analysis, body, mir, BlockId(0));
    for (index, turning) in mir.loops.iter().enumerate() {
        if !seen[turning.header.index()] || never_turns(analysis, body, mir, turning.header) {
            continue;
        }
        let inside = reachable(analysis, body, mir, turning.header);
        // Behind a loop that ends there may be only a panic, or the loop that does not.
        let leaves = mir.blocks.iter().enumerate().any(|(i, block)| {
            inside[i]
                && (!mir.block_in_loop(BlockId(i as u32), LoopId(index as u32))
                    || matches!(block.terminator, Terminator::Return { .. })
                    || block.statements.iter().any(|s| is_way_out(analysis, body, mir, s)))
        });
        if !leaves {
            return Some(Endless { at: at(file, turning.head), way: SmallVec::new() });
        }
    }
    // Loops of what it calls, and of blocks that it awaits.
    let ids = Identities::new(analysis.flow_context(body), mir, analysis);
    let awaited = surely_awaited(mir, &ids);
    for (point, statement) in mir.statements() {
        if !seen[point.block.index()] {
            continue;
        }
        let here = at(file, statement.span);
        let further = match &statement.kind {
            StatementKind::Call(call) => {
                let found = targets(&call.callee.target);
                if let [def] = *found
                    && runs_now(analysis, &found, call, &awaited)
                {
                    analysis.summary(def).and_then(|s| s.stays_in.clone())
                } else {
                    runs_argument(analysis, call)
                        .then(|| call.args.iter().filter_map(Operand::var))
                        .into_iter()
                        .flatten()
                        .find_map(|v| match closure_of(&ids, v) {
                            Some(id) => in_flow(analysis, body, body.flow.get(Owner::Closure(id)), depth + 1),
                            None => of_future(analysis, &ids, v),
                        })
                }
            }
            StatementKind::Await { operands, kind, .. } if is_sure(*kind, operands) => operands
                .iter()
                .filter_map(Operand::var)
                .filter_map(|v| closure_of(&ids, v))
                .find_map(|id| in_flow(analysis, body, body.flow.get(Owner::Closure(id)), depth + 1)),
            _ => None,
        };
        if let Some(mut further) = further {
            if further.way.len() >= LONGEST_WAY {
                continue;
            }
            if !contains(here, further.at) {
                further.way.insert(0, here);
            }
            return Some(further);
        }
    }
    None
}

/// The loop in the function whose future a variable holds.
fn of_future(analysis: &Analysis<'_>, ids: &Identities<'_>, var: Var) -> Option<Endless> {
    let Target::Def(def) = ids.defining_call(var)?.callee.target else { return None };
    let is_async = analysis.program.def(def).signature.as_ref().is_some_and(|s| s.is_async);
    is_async.then(|| analysis.summary(def)?.stays_in.clone()).flatten()
}

fn contains(outer: FileSpan, inner: FileSpan) -> bool {
    outer.file == inner.file && outer.span.lo <= inner.span.lo && inner.span.hi <= outer.span.hi
}

/// `block_on(async { … })` runs its argument to the end.
fn runs_argument(analysis: &Analysis<'_>, call: &Call) -> bool {
    match &call.callee.target {
        Target::External(path) => {
            analysis.catalogue.facts(*path).is_some_and(|f| f.blocks && f.waits && f.spawns.is_none())
        }
        _ => false,
    }
}

/// Calls whose future is awaited alone, so that nothing else ends the wait.
fn surely_awaited<'m>(mir: &'m Mir, ids: &Identities<'m>) -> FxHashSet<*const Call> {
    mir.statements()
        .filter_map(|(_, s)| match &s.kind {
            StatementKind::Await { operands, kind, .. } if is_sure(*kind, operands) => Some(operands),
            _ => None,
        })
        .flatten()
        .filter_map(Operand::place)
        .filter_map(|p| ids.defining_call(p.var))
        .map(std::ptr::from_ref)
        .collect()
}

/// Whether nothing else ends the wait.
pub(super) fn is_sure(kind: AwaitKind, operands: &[Operand]) -> bool {
    match kind {
        AwaitKind::Await | AwaitKind::Join => true,
        AwaitKind::Select => operands.len() == 1,
        AwaitKind::Stream => false,
    }
}

/// A loop whose body leaves it in every case on the first turn.
fn never_turns(analysis: &Analysis<'_>, body: &AnalyzedBody, mir: &Mir, header: BlockId) -> bool {
    let Some(turning) = mir.loops.iter().position(|l| l.header == header) else { return true };
    let turning = LoopId(turning as u32);
    let inside = reachable(analysis, body, mir, header);
    !mir.blocks.iter().enumerate().any(|(i, block)| {
        inside[i]
            && mir.block_in_loop(BlockId(i as u32), turning)
            && successors(analysis, body, block).contains(&header)
    })
}

fn successors(
    analysis: &Analysis<'_>,
    body: &AnalyzedBody,
    block: &crate::flow::mir::BasicBlock,
) -> SmallVec<[BlockId; 4]> {
    let all = block.terminator.successors();
    if let Terminator::Branch { on, kind: BranchKind::Select, .. } = &block.terminator
        && let ExprKind::Select(select) = &analysis.hir(body).expr(*on).kind
        && select.otherwise.is_some()
        && select.path.last().is_some_and(|s| s.as_str() == "select")
        && select.branches.iter().any(|b| b.condition.is_none() && always_matches(analysis.hir(body), b.pat))
    {
        // `else` runs only when every branch is out of the race, and this one never is.
        return all.iter().copied().take(select.branches.len()).collect();
    }
    if let Terminator::Branch { on, kind: BranchKind::If, targets } = &block.terminator
        && is_true(analysis, body, *on)
    {
        return targets.iter().copied().take(1).collect();
    }
    if let Terminator::Branch { on, kind: BranchKind::Next, targets } = &block.terminator
        && never_exhausted(analysis, body, *on)
    {
        return targets.iter().copied().take(1).collect();
    }
    all.iter().copied().collect()
}

/// `for _ in 0..`, `for connection in listener.incoming()`
fn never_exhausted(analysis: &Analysis<'_>, body: &AnalyzedBody, e: ExprId) -> bool {
    match &analysis.hir(body).expr(e).kind {
        ExprKind::For { iterable, .. } => {
            body.types.expr(*iterable).peel_refs().path().is_some_and(|p| analysis.catalogue.is_endless(p))
                || matches!(body.types.callees.get(iterable).map(|c| &c.target), Some(Target::External(p))
                    if analysis.catalogue.facts(*p).is_some_and(|f| f.endless))
        }
        _ => false,
    }
}

fn is_true(analysis: &Analysis<'_>, body: &AnalyzedBody, e: ExprId) -> bool {
    use crate::syntax::hir::Literal;
    matches!(analysis.hir(body).expr(e).kind, ExprKind::Literal(Literal::Bool(true)))
}

/// A pattern that every value matches, so that its branch is never out of the race.
fn always_matches(hir: &Body, pat: PatId) -> bool {
    match &hir.pat(pat).kind {
        PatKind::Wild => true,
        PatKind::Binding { sub, .. } => sub.is_none(),
        PatKind::Tuple(parts) => parts.iter().all(|p| always_matches(hir, *p)),
        _ => false,
    }
}

fn reachable(analysis: &Analysis<'_>, body: &AnalyzedBody, mir: &Mir, from: BlockId) -> Vec<bool> {
    let mut seen = vec![false; mir.blocks.len()];
    let mut work = vec![from];
    while let Some(block) = work.pop() {
        if std::mem::replace(&mut seen[block.index()], true) {
            continue;
        }
        work.extend(successors(analysis, body, &mir.blocks[block.index()]));
    }
    seen
}

/// The process ends here, or a failed wait panics (`rx.recv().unwrap()` when all senders are gone).
fn is_way_out(analysis: &Analysis<'_>, body: &AnalyzedBody, mir: &Mir, statement: &Statement) -> bool {
    let call = match &statement.kind {
        StatementKind::Call(call) => call,
        StatementKind::Macro { expr, .. } => return is_unknown_macro(analysis, body, *expr),
        _ => return false,
    };
    let Target::External(path) = &call.callee.target else {
        return match &call.callee.target {
            Target::Def(def) => {
                analysis.summary(*def).is_some_and(|s| s.never_returns && s.stays_in.is_none())
            }
            // `rx.recv().unwrap()` of a receiver that nobody knows.
            Target::Unknown if matches!(call.name.as_str(), "unwrap" | "expect") => {
                call.args.first().and_then(Operand::var).is_some_and(|v| {
                    mir.calls().any(|(_, _, c)| {
                        c.dest.var == v && c.name == "recv" && matches!(c.callee.target, Target::Unknown)
                    })
                })
            }
            _ => false,
        };
    };
    let Some(facts) = analysis.catalogue.facts(*path) else { return false };
    if facts.ends_process || facts.diverges {
        return true;
    }
    let panics = facts.transparent && matches!(call.name.as_str(), "unwrap" | "expect");
    panics
        && call.args.first().and_then(Operand::var).is_some_and(|v| {
            let awaited = mir.statements().find_map(|(_, s)| match &s.kind {
                StatementKind::Await { dest, operands, .. } if dest.var == v => {
                    operands.first().and_then(Operand::var)
                }
                _ => None,
            });
            let from = awaited.unwrap_or(v);
            mir.calls().any(|(_, _, c)| {
                c.dest.var == from
                    && matches!(&c.callee.target, Target::External(p)
                        // Semaphores can be closed as well, but hardly anybody does.
                        if analysis.catalogue.facts(*p).is_some_and(|f| (f.waits || f.io) && !f.acquires))
            })
        })
}

/// A macro that is not understood may hold a `return` or `break`.
fn is_unknown_macro(analysis: &Analysis<'_>, body: &AnalyzedBody, e: ExprId) -> bool {
    use crate::syntax::hir::MacroKind;
    match &analysis.hir(body).expr(e).kind {
        ExprKind::Macro(call) => call.kind == MacroKind::Unknown,
        _ => false,
    }
}
