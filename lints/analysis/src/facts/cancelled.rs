//! Async functions whose future somebody drops half-way: a `select!` that another branch wins, a timeout.

use rustc_hash::FxHashMap;

use crate::catalogue::Timer;
use crate::facts::direct::{closure_of, targets};
use crate::facts::{Analysis, AnalyzedBody, at};
use crate::flow::identity::Identities;
use crate::flow::mir::{AwaitKind, Call, Mir, Operand, Owner, StatementKind};
use crate::names::DefId;
use crate::span::FileSpan;
use crate::syntax::hir::ClosureId;
use crate::types::infer::Target;

/// The places that may drop a function's future before it is done, one for each function.
pub type Cancelled = FxHashMap<DefId, FileSpan>;

/// Reads them from the flows; code of tests is left out.
pub(super) fn find(analysis: &Analysis<'_>) -> Cancelled {
    let mut found = Cancelled::default();
    let mut work: Vec<(DefId, FileSpan)> = Vec::new();
    for body in analysis.bodies.iter().filter(|b| !b.in_test) {
        for mir in body.flow.all() {
            let racing = mir.statements().any(|(_, s)| is_race(analysis, &s.kind));
            if racing {
                in_flow(analysis, body, mir, &mut work);
            }
        }
    }
    // What a dropped future waits for is dropped with it.
    while let Some((def, place)) = work.pop() {
        if found.contains_key(&def) {
            continue;
        }
        found.insert(def, place);
        if let Some(body) = analysis.body_of(def) {
            awaited_in(analysis, body, &body.flow.root, place, &mut work);
        }
    }
    found
}

fn is_race(analysis: &Analysis<'_>, kind: &StatementKind) -> bool {
    match kind {
        StatementKind::Await { operands, kind: AwaitKind::Select, .. } => operands.len() > 1,
        StatementKind::Call(call) => is_timeout(analysis, call),
        _ => false,
    }
}

/// `timeout(limit, future)`
fn is_timeout(analysis: &Analysis<'_>, call: &Call) -> bool {
    match &call.callee.target {
        Target::External(path) => {
            call.args.len() > 1
                && analysis.catalogue.facts(*path).is_some_and(|f| f.timer == Some(Timer::After))
        }
        _ => false,
    }
}

fn in_flow(analysis: &Analysis<'_>, body: &AnalyzedBody, mir: &Mir, work: &mut Vec<(DefId, FileSpan)>) {
    let ids = Identities::new(analysis.flow_context(body), mir, analysis);
    for (_, statement) in mir.statements() {
        if !is_race(analysis, &statement.kind) {
            continue;
        }
        let operands: &[Operand] = match &statement.kind {
            StatementKind::Await { operands, .. } => operands,
            StatementKind::Call(call) => &call.args,
            _ => continue,
        };
        let place = at(body.global.file, statement.span);
        for operand in operands {
            future(analysis, body, &ids, operand, place, work);
        }
    }
}

/// The functions behind a future: the one that was called to make it, or those that a block awaits.
fn future(
    analysis: &Analysis<'_>,
    body: &AnalyzedBody,
    ids: &Identities<'_>,
    operand: &Operand,
    place: FileSpan,
    work: &mut Vec<(DefId, FileSpan)>,
) {
    let Some(var) = operand.place().map(|p| p.var) else { return };
    if let Some(closure) = closure_of(ids, var) {
        let id: ClosureId = closure;
        awaited_in(analysis, body, body.flow.get(Owner::Closure(id)), place, work);
    } else if let Some(call) = ids.defining_call(var) {
        work.extend(targets(&call.callee.target).into_iter().map(|def| (def, place)));
    }
}

fn awaited_in(
    analysis: &Analysis<'_>,
    body: &AnalyzedBody,
    mir: &Mir,
    place: FileSpan,
    work: &mut Vec<(DefId, FileSpan)>,
) {
    let ids = Identities::new(analysis.flow_context(body), mir, analysis);
    for (_, statement) in mir.statements() {
        if let StatementKind::Await { operands, .. } = &statement.kind {
            for operand in operands {
                future(analysis, body, &ids, operand, place, work);
            }
        }
    }
}
