//! Callbacks: closures and futures that a call runs on the spot, and the locks held while they run.

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::facts::direct::{
    Direct, Site, awaited_calls, captured_identities, closure_of, flow, is_outer, runs_future, targets,
};
use crate::facts::endless::is_sure;
use crate::facts::link::outward;
use crate::facts::{Analysis, AnalyzedBody, LockEffect, RunsParam, Summary, at};
use crate::flow::identity::{Identities, Identity, Root};
use crate::flow::mir::{Call, Mir, Operand, Owner, Statement, StatementKind};
use crate::flow::tokens::{Tokens, translate};
use crate::syntax::hir::{ClosureId, ClosureKind};
use crate::types::infer::Target;

/// A closure that runs while a call runs.
#[derive(Clone, Debug)]
pub struct Callback {
    /// The locks that it takes, in the terms of the flow that writes it.
    pub locks: Vec<LockEffect>,
    /// The locks that the called function holds meanwhile, in the same terms.
    pub held: Vec<LockEffect>,
}

/// The parameters that a function runs, and what it holds while it does.
pub(super) fn runs_params(body: &AnalyzedBody, mir: &Mir, tokens: &Tokens<'_>) -> SmallVec<[RunsParam; 1]> {
    let mut out: SmallVec<[RunsParam; 1]> = SmallVec::new();
    let ids = &tokens.identities;
    let run = |statement: &Statement| -> Option<(u32, bool)> {
        let (place, to_the_end) = match &statement.kind {
            StatementKind::Call(call) if matches!(call.callee.target, Target::Local(_)) => {
                (call.args.first()?.place()?, true)
            }
            StatementKind::Await { operands, kind, .. } => {
                (operands.first()?.place()?, is_sure(*kind, operands))
            }
            _ => return None,
        };
        let identity = ids.place(place);
        match identity.root {
            Root::Param(index) if identity.path.is_empty() => Some((index, to_the_end)),
            _ => None,
        }
    };
    if !mir.statements().any(|(_, s)| run(s).is_some()) {
        return out;
    }
    tokens.walk(|_, state, statement| {
        let Some((param, to_the_end)) = run(statement) else { return };
        // A guard that is handed to the callback is the callback's to end.
        let given = match &statement.kind {
            StatementKind::Call(call) => call
                .args
                .iter()
                .filter(|a| matches!(a, Operand::Move(_)))
                .filter_map(Operand::var)
                .fold(Default::default(), |all: crate::flow::tokens::TokenSet, v| all.union(state.owned(v))),
            _ => Default::default(),
        };
        let mut held: SmallVec<[LockEffect; 1]> = SmallVec::new();
        for id in state.alive().without(given).iter() {
            let token = tokens.token(id);
            let Some(lock) = &token.lock else { continue };
            if lock.tries || lock.reentrant || !is_outer(&lock.place) {
                continue;
            }
            held.push(LockEffect {
                lock: lock.place.clone(),
                mode: lock.mode,
                at: at(body.global.file, token.span),
                way: SmallVec::new(),
                class: lock.class,
                known: token.known,
                only_with: None,
            });
        }
        match out.iter_mut().find(|r| r.param == param) {
            Some(known) => {
                known.held.extend(held);
                known.to_the_end |= to_the_end;
            }
            None => out.push(RunsParam { param, to_the_end, held }),
        }
    });
    out
}

/// Takes over that a callee runs what it is given, when that is a parameter of the caller too.
pub(super) fn pass_on(summary: &mut Summary, callee: &Summary, site: &Site) -> bool {
    let mut changed = false;
    for runs in &callee.runs_params {
        let Some(Some(argument)) = site.args.get(runs.param as usize) else { continue };
        let Root::Param(param) = argument.root else { continue };
        if !argument.path.is_empty() || summary.runs_params.iter().any(|r| r.param == param) {
            continue;
        }
        let held = runs
            .held
            .iter()
            .filter_map(|effect| {
                let lock = outward(&effect.lock, site).filter(is_outer)?;
                Some(LockEffect { lock, ..effect.clone() })
            })
            .collect();
        summary.runs_params.push(RunsParam { param, to_the_end: false, held });
        changed = true;
    }
    changed
}

/// The closures that a call runs before it returns, with the locks on both sides.
#[must_use]
pub fn callbacks_of_call(
    analysis: &Analysis<'_>,
    body: &AnalyzedBody,
    ids: &Identities<'_>,
    call: &Call,
) -> Vec<Callback> {
    let mut out = Vec::new();
    for (index, argument) in call.args.iter().enumerate() {
        let Some(closure) = argument.var().and_then(|v| closure_of(ids, v)) else { continue };
        // The future of an async block runs when somebody awaits it; a call that only takes it does not.
        let waits = || {
            runs_future(analysis, call)
                || awaited_calls(analysis, ids.mir(), ids).contains(&std::ptr::from_ref(call))
        };
        if ids.context().body.closure(closure).kind == ClosureKind::AsyncBlock
            && matches!(call.callee.target, Target::External(_))
            && !waits()
        {
            continue;
        }
        let held = match &call.callee.target {
            Target::External(path) => {
                let facts = analysis.catalogue.facts(*path);
                let elsewhere = analysis.catalogue.function(*path).is_none()
                    || (index == 0 && call.is_method)
                    || path.starts_with("std::mem::")
                    || facts.is_some_and(|f| f.spawns.is_some())
                    || path.ends_with("::new")
                    || path.ends_with("::pin");
                if elsewhere {
                    continue;
                }
                Vec::new()
            }
            target => {
                let runs = targets(target).into_iter().find_map(|def| {
                    let summary = analysis.summary(def)?;
                    summary.runs_params.iter().find(|r| r.param as usize == index)
                });
                let Some(runs) = runs else { continue };
                let seen = |effect: &LockEffect| {
                    let lock = translate(ids, &effect.lock, call)?;
                    Some(LockEffect { lock, ..effect.clone() })
                };
                runs.held.iter().filter_map(seen).collect()
            }
        };
        out.push(Callback { locks: locks_of_closure(analysis, body, ids, closure), held });
    }
    out
}

/// The locks that a closure takes while it runs, and the async block that it returns with it.
fn locks_of_closure(
    analysis: &Analysis<'_>,
    body: &AnalyzedBody,
    ids: &Identities<'_>,
    closure: ClosureId,
) -> Vec<LockEffect> {
    let mut direct = Direct::default();
    let mut seen = FxHashSet::default();
    seen.insert(closure);
    let outer = captured_identities(ids.mir(), ids, closure, &mut |_, i| Some(i.clone()));
    let mut through = |_: &Identities<'_>, identity: &Identity| seen_through(&outer, identity);
    let inner = body.flow.get(Owner::Closure(closure));
    let tokens = analysis.tokens(body, inner);
    flow(analysis, body, inner, &tokens, &mut through, &mut direct, &mut seen);
    if let Some(block) = closure_of(&tokens.identities, inner.return_var)
        && seen.insert(block)
    {
        let between = captured_identities(inner, &tokens.identities, block, &mut through);
        let mut through = |_: &Identities<'_>, identity: &Identity| seen_through(&between, identity);
        let block = body.flow.get(Owner::Closure(block));
        let tokens = analysis.tokens(body, block);
        flow(analysis, body, block, &tokens, &mut through, &mut direct, &mut seen);
    }
    let mut out = direct.summary.locks;
    for site in &direct.sites {
        for effect in site.targets.iter().filter_map(|t| analysis.summary(*t)).flat_map(|s| &s.locks) {
            let Some(lock) = outward(&effect.lock, site).filter(|_| !site.leaves_out(effect)) else {
                continue;
            };
            let mut way = effect.way.clone();
            way.insert(0, site.at);
            out.push(LockEffect { lock, way, only_with: None, ..effect.clone() });
        }
    }
    out
}

type Captured = FxHashMap<crate::syntax::hir::LocalId, Option<Identity>>;

/// What a captured variable is outside.
pub(super) fn seen_through(outer: &Captured, identity: &Identity) -> Option<Identity> {
    match identity.root {
        Root::Local(local) => {
            let mut found: Identity = outer.get(&local).cloned().flatten()?;
            found.path.extend(identity.path.iter().copied());
            found.indexed |= identity.indexed;
            Some(found)
        }
        Root::Static(_) => Some(identity.clone()),
        Root::Param(_) | Root::Temp(_) => None,
    }
}
