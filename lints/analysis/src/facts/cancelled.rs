//! Async functions whose future somebody drops half-way: a `select!` that another branch wins, a timeout.

use std::collections::hash_map::Entry;

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
#[derive(Default, PartialEq, Debug)]
pub struct Cancelled(FxHashMap<DefId, FileSpan>);

/// What a body has to do with futures: which it may drop half-way and where, and which it waits for itself.
#[derive(Default, PartialEq, Debug)]
pub(super) struct Futures {
    raced: Vec<(DefId, FileSpan)>,
    awaited: Vec<DefId>,
}

impl Cancelled {
    /// Where a function's future may be dropped half-way.
    #[must_use]
    pub fn get(&self, def: &DefId) -> Option<&FileSpan> {
        super::reads::def(*def);
        self.0.get(def)
    }

    /// Functions of which something else is known than before.
    pub(super) fn differing(&self, before: &Self) -> Vec<DefId> {
        let changed = self.0.iter().filter(|(def, at)| before.0.get(def) != Some(at)).map(|(def, _)| *def);
        let gone = before.0.keys().filter(|def| !self.0.contains_key(def)).copied();
        changed.chain(gone).collect()
    }

    /// Puts together what the bodies do; `body_of` gives what the body of a function does.
    pub(super) fn collect<'f>(
        all: impl Iterator<Item = &'f Futures>,
        body_of: impl Fn(DefId) -> Option<&'f Futures>,
    ) -> Self {
        let mut found = Self::default();
        let mut work: Vec<(DefId, FileSpan)> =
            all.flat_map(|futures| futures.raced.iter().copied()).collect();
        // What a dropped future waits for is dropped with it.
        while let Some((def, place)) = work.pop() {
            let Entry::Vacant(slot) = found.0.entry(def) else { continue };
            slot.insert(place);
            let inner = body_of(def).into_iter().flat_map(|futures| &futures.awaited);
            work.extend(inner.map(|def| (*def, place)));
        }
        found
    }
}

/// Reads what a body does with futures; code of tests is left out.
pub(super) fn futures(analysis: &Analysis<'_>, body: &AnalyzedBody) -> Futures {
    let mut found = Futures::default();
    if !body.in_test {
        for mir in body.flow.all() {
            if mir.statements().any(|(_, s)| is_race(analysis, &s.kind)) {
                in_flow(analysis, body, mir, &mut found.raced);
            }
        }
    }
    if body.is_async {
        let mut awaited = Vec::new();
        let place = at(body.global.file, body.flow.root.span);
        awaited_in(analysis, body, &body.flow.root, place, &mut awaited);
        found.awaited = awaited.into_iter().map(|(def, _)| def).collect();
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
