//! Facts of one flow, before linking: what it does itself and whom it calls.

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::catalogue::{Class, FunctionFacts, Mode};
use crate::facts::effects::{external, note};
use crate::facts::given::{leaves_out, left_out, only_with};
use crate::facts::{Analysis, AnalyzedBody, Effect, EffectKind, LockEffect, Summary, at};
use crate::flow::identity::{Identities, Identity, Root};
use crate::flow::mir::{
    BlockId, Call, Mir, Operand, Owner, Point, ReturnKind, Rvalue, Statement, StatementKind, Terminator,
};
use crate::flow::tokens::{End, ReturnedGuard, Token, Tokens, translate};
use crate::names::DefId;
use crate::span::FileSpan;
use crate::syntax::hir::{ClosureId, ClosureKind};
use crate::types::infer::{Known, Target};
use crate::types::ty::Ty;

/// A call of a function of the program, as far as linking needs it.
#[derive(Clone, PartialEq, Debug)]
pub struct Site {
    /// Who may be called.
    pub targets: SmallVec<[DefId; 1]>,
    /// The arguments' identities in terms of the caller.
    pub args: Box<[Option<Box<Identity>>]>,
    /// The call.
    pub at: FileSpan,
    /// Arguments that are closures or functions written here, and that call nothing foreign themselves.
    pub given: SmallVec<[u32; 1]>,
    /// Arguments that are `None`.
    pub left_out: SmallVec<[u32; 1]>,
}

impl Site {
    /// Whether a lock of what is called is not taken, as the call gives `None`.
    pub(super) fn leaves_out(&self, effect: &LockEffect) -> bool {
        effect.only_with.is_some_and(|param| self.left_out.contains(&param))
    }
}

/// Direct facts of a body.
#[derive(Default, PartialEq)]
pub(super) struct Direct {
    pub(super) summary: Summary,
    pub(super) sites: Vec<Site>,
    /// What is being read runs the first time only: `CACHE.get_or_init(|| …)`.
    pub(super) once: bool,
    /// What is being read may wait although a runtime runs: `block_in_place(|| …)`.
    pub(super) may_wait: bool,
}

/// Program functions that a target may mean.
pub(super) fn targets(target: &Target) -> SmallVec<[DefId; 1]> {
    match target {
        Target::Def(def) => SmallVec::from_slice(&[*def]),
        Target::AnyOf(defs) => defs.iter().copied().collect(),
        _ => SmallVec::new(),
    }
}

/// Reads the direct facts of a function, closures that run in it included.
pub(super) fn direct(analysis: &Analysis<'_>, body: &AnalyzedBody) -> Direct {
    let mut direct = Direct::default();
    let root = &body.flow.root;
    let tokens = analysis.tokens(body, root);
    for end in &tokens.ends {
        if end.how != End::Returned {
            continue;
        }
        let token = tokens.token(end.token);
        direct.summary.returns_held |= token.is_held();
        if let Some(lock) = &token.lock
            && is_outer(&lock.place)
            && (is_always_taken(&tokens, token) || may_be_empty(&body.types.ret))
        {
            direct.summary.returned_guard = Some(ReturnedGuard {
                lock: lock.place.clone(),
                mode: lock.mode,
                tries: lock.tries || !is_always_taken(&tokens, token),
                class: lock.class,
            });
        }
    }
    let mut seen = FxHashSet::default();
    flow(analysis, body, root, &tokens, &mut |_, identity| Some(identity.clone()), &mut direct, &mut seen);
    direct.summary.locks.retain(|l| is_outer(&l.lock));
    direct.summary.runs_params = super::callbacks::runs_params(body, root, &tokens);
    direct.summary.locks.truncate(super::MOST_LOCKS);
    direct
}

pub(super) fn is_outer(identity: &Identity) -> bool {
    matches!(identity.root, Root::Param(_) | Root::Static(_))
}

/// Whether each path that succeeds takes the lock of a guard that is returned.
fn is_always_taken(tokens: &Tokens<'_>, token: &Token) -> bool {
    let start = Point { block: BlockId(0), index: 0 };
    if token.at == start {
        return true;
    }
    let returns = |point: Point, statement: Option<&Statement>| {
        statement.is_none()
            && matches!(
                tokens.mir.blocks[point.block.index()].terminator,
                Terminator::Return { kind: ReturnKind::End | ReturnKind::Explicit, .. }
            )
    };
    tokens.path(start, returns, |point, _| point == token.at).is_none()
}

fn may_be_empty(ty: &Ty) -> bool {
    ty.as_option().is_some() || ty.as_result().is_some_and(|(ok, _)| ok.as_option().is_some())
}

pub(super) type Outward<'x> = dyn FnMut(&Identities<'_>, &Identity) -> Option<Identity> + 'x;

/// Collects the facts of one flow; `outward` turns its identities into those of the function.
pub(super) fn flow(
    analysis: &Analysis<'_>,
    body: &AnalyzedBody,
    mir: &Mir,
    tokens: &Tokens<'_>,
    outward: &mut Outward<'_>,
    out: &mut Direct,
    seen: &mut FxHashSet<ClosureId>,
) {
    let file = body.global.file;
    let ids = &tokens.identities;
    for (_, token) in tokens.iter() {
        if let Some(lock) = &token.lock
            && !lock.tries
            && !lock.reentrant
            && let Some(place) = outward(ids, &lock.place)
        {
            out.summary.locks.push(LockEffect {
                lock: place,
                mode: lock.mode,
                at: at(file, token.span),
                way: SmallVec::new(),
                class: lock.class,
                known: token.known,
                only_with: only_with(mir, ids, token.span),
            });
        }
    }
    let awaited = awaited_calls(analysis, mir, ids);
    for (point, statement) in mir.statements() {
        if !tokens.is_reachable(point.block) {
            continue;
        }
        match &statement.kind {
            StatementKind::Await { .. } => out.summary.awaits = true,
            StatementKind::Call(call) => {
                let here = at(file, statement.span);
                external(analysis, body, tokens, point, call, here, out);
                // A boxed trait object that a call uses up is a callback, whatever its trait is called.
                let used_up = matches!(call.callee.self_ty, Some(Ty::Dyn(_)))
                    && call.is_method
                    && matches!(call.args.first(), Some(Operand::Move(_)));
                if used_up {
                    note(&mut out.summary, EffectKind::CallsBack, Effect::here(here, call.name));
                }
                if let Target::External(path) = &call.callee.target
                    && let Some(mode) = analysis.catalogue.facts(*path).and_then(|f| f.locks_briefly)
                    && call.callee.known == Known::Resolved
                    && let Some(lock) =
                        call.args.first().and_then(|a| ids.operand(a)).and_then(|i| outward(ids, &i))
                {
                    out.summary.locks.push(LockEffect {
                        lock,
                        mode,
                        at: here,
                        way: SmallVec::new(),
                        class: Class::Other,
                        known: Known::Resolved,
                        only_with: only_with(mir, ids, statement.span),
                    });
                }
                if let Some(effect) = brief_pool(analysis, mir, ids, call, here)
                    && awaited.contains(&std::ptr::from_ref(&**call))
                    && let Some(lock) = outward(ids, &effect.lock)
                {
                    out.summary.locks.push(LockEffect { lock, ..effect });
                }
                let found = targets(&call.callee.target);
                if !found.is_empty() && runs_now(analysis, &found, call, &awaited) {
                    // What is the caller's own tells a callee's effects nothing.
                    let mut outer =
                        |a: &Operand| outward(ids, &ids.operand(a)?).filter(is_outer).map(Box::new);
                    let args = call.args.iter().map(&mut outer).collect();
                    let given = given_code(body, ids, call);
                    let left_out = left_out(ids, call).collect();
                    out.sites.push(Site { targets: found, args, at: here, given, left_out });
                }
            }
            _ => {}
        }
        for closure in inline_closures(analysis, mir, ids, statement, &awaited) {
            if !seen.insert(closure) {
                continue;
            }
            let inner = body.flow.get(Owner::Closure(closure));
            let inner_tokens = analysis.tokens(body, inner);
            let outer: FxHashMap<_, _> = captured_identities(mir, ids, closure, outward);
            let mut through =
                |_: &Identities<'_>, identity: &Identity| super::callbacks::seen_through(&outer, identity);
            let before = (out.once, out.may_wait);
            out.once |= is_given_to(analysis, statement, |f| f.runs_once);
            out.may_wait |= is_given_to(analysis, statement, |f| f.lets_wait);
            flow(analysis, body, inner, &inner_tokens, &mut through, out, seen);
            (out.once, out.may_wait) = before;
        }
    }
    if mir.owner == Owner::Root {
        let (never, endless) = ends(mir, tokens);
        out.summary.never_returns = never;
        out.summary.endless = endless.map(|span| at(file, span));
    }
}

/// Whether a statement is a call of a function of a kind.
fn is_given_to(
    analysis: &Analysis<'_>,
    statement: &Statement,
    kind: impl Fn(&FunctionFacts) -> bool,
) -> bool {
    matches!(&statement.kind, StatementKind::Call(call)
        if matches!(&call.callee.target, Target::External(path)
            if analysis.catalogue.facts(*path).is_some_and(kind)))
}

/// The identities, in terms of the function, of what a closure captures.
pub(super) fn captured_identities(
    mir: &Mir,
    ids: &Identities<'_>,
    closure: ClosureId,
    outward: &mut Outward<'_>,
) -> FxHashMap<crate::syntax::hir::LocalId, Option<Identity>> {
    for (_, statement) in mir.statements() {
        if let StatementKind::Assign { value: Rvalue::Closure { id, captures }, .. } = &statement.kind
            && *id == closure
        {
            return captures
                .iter()
                .map(|c| {
                    let identity = ids.place(&crate::flow::mir::Place::whole(c.var));
                    (c.local, outward(ids, &identity))
                })
                .collect();
        }
    }
    FxHashMap::default()
}

/// Calls whose future is awaited right here, itself or inside of others: `save().instrument(span)`.
pub(super) fn awaited_calls<'m>(
    analysis: &Analysis<'_>,
    mir: &'m Mir,
    ids: &Identities<'m>,
) -> FxHashSet<*const Call> {
    let mut found = FxHashSet::default();
    let mut seen = FxHashSet::default();
    let mut vars: Vec<crate::flow::mir::Var> = mir
        .statements()
        .filter_map(|(_, s)| match &s.kind {
            StatementKind::Await { operands, .. } => Some(operands),
            _ => None,
        })
        .flatten()
        .filter_map(|o| o.var())
        .collect();
    while let Some(var) = vars.pop() {
        found.extend(ids.defining_call(var).map(std::ptr::from_ref));
        let Some(call) = ids.returned_by(var) else { continue };
        let is_new = seen.insert(var);
        found.insert(std::ptr::from_ref(call));
        let elsewhere = match &call.callee.target {
            // What stands under a timer is given up when it takes too long: it waits for nothing for good.
            Target::External(path) => {
                analysis.catalogue.facts(*path).is_some_and(|f| f.spawns.is_some() || f.timer.is_some())
            }
            // What a function of the program does with a future is its own fact.
            _ => true,
        };
        if is_new && !elsewhere {
            vars.extend(call.args.iter().filter_map(Operand::var));
        }
    }
    found
}

/// Whether the called code runs as part of the caller: async functions only when they are awaited.
pub(super) fn runs_now(
    analysis: &Analysis<'_>,
    targets: &[DefId],
    call: &Call,
    awaited: &FxHashSet<*const Call>,
) -> bool {
    let is_async = targets
        .first()
        .and_then(|d| analysis.program.def(*d).signature.as_ref())
        .is_some_and(|s| s.is_async || matches!(s.ret, crate::types::ty::Ty::Future(..)));
    !is_async || awaited.contains(&std::ptr::from_ref(call))
}

/// Closures and async blocks that run within a statement: given to a call that does not run them elsewhere,
/// or awaited.
fn inline_closures(
    analysis: &Analysis<'_>,
    mir: &Mir,
    ids: &Identities<'_>,
    statement: &Statement,
    awaited: &FxHashSet<*const Call>,
) -> SmallVec<[ClosureId; 2]> {
    let operands: &[crate::flow::mir::Operand] = match &statement.kind {
        StatementKind::Call(call) => {
            let elsewhere = match &call.callee.target {
                Target::External(path) => {
                    // Of unknown functions nobody can say when they call.
                    analysis.catalogue.function(*path).is_none()
                        || analysis.catalogue.facts(*path).is_some_and(|f| f.spawns.is_some())
                        || path.ends_with("::new")
                        || path.ends_with("::pin")
                }
                // What a function of the program does with a closure is its own fact.
                Target::Def(_) | Target::AnyOf(_) => true,
                _ => true,
            };
            if elsewhere || fills_in_for_parameter(mir, ids, call) { &[] } else { &call.args }
        }
        StatementKind::Await { operands, .. } => operands,
        _ => &[],
    };
    let hir = ids.context().body;
    let runs_blocks = match &statement.kind {
        StatementKind::Call(call) => {
            awaited.contains(&std::ptr::from_ref(&**call)) || runs_future(analysis, call)
        }
        _ => true,
    };
    let closures = operands.iter().filter_map(|o| o.var()).filter_map(|v| closure_of(ids, v));
    closures.filter(|id| runs_blocks || hir.closure(*id).kind != ClosureKind::AsyncBlock).collect()
}

/// The arguments of a call that are the caller's own code: running them is no call of something foreign.
fn given_code(body: &AnalyzedBody, ids: &Identities<'_>, call: &Call) -> SmallVec<[u32; 1]> {
    let is_own = |argument: &Operand| match argument {
        Operand::Constant(e) => matches!(body.types.expr(*e), Ty::Fn(..)),
        _ => argument.var().and_then(|v| closure_of(ids, v)).is_some_and(|id| {
            let is_foreign = |target: &Target| match target {
                Target::Value => true,
                Target::Local(local) => !matches!(body.types.local(*local), Ty::Closure(..)),
                _ => false,
            };
            !body.flow.get(Owner::Closure(id)).calls().any(|(_, _, c)| is_foreign(&c.callee.target))
        }),
    };
    (0u32..).zip(&call.args).filter(|(_, a)| is_own(a)).map(|(index, _)| index).collect()
}

/// Whether a call runs a future until it is done: `block_on`.
pub(super) fn runs_future(analysis: &Analysis<'_>, call: &Call) -> bool {
    matches!(&call.callee.target, Target::External(path)
        if analysis.catalogue.facts(*path).is_some_and(|f| f.blocks))
}

/// A closure that stands in for a parameter that was not given (`peers.cloned().unwrap_or_else(|| self.peers())`): most
/// callers give it, so it is no fact about the function.
fn fills_in_for_parameter(mir: &Mir, ids: &Identities<'_>, call: &Call) -> bool {
    let Some(mut place) = call.args.first().and_then(Operand::place) else { return false };
    if !call.is_method || mir.var(place.var).ty.as_option().is_none() {
        return false;
    }
    for _ in 0..4 {
        if matches!(ids.place(place).root, Root::Param(_)) {
            return true;
        }
        match ids.defining_call(place.var).and_then(|c| c.args.first()).and_then(Operand::place) {
            Some(inner) if mir.var(inner.var).ty.peel_refs().as_option().is_some() => place = inner,
            _ => return false,
        }
    }
    false
}

/// The closure that a variable holds.
pub(crate) fn closure_of(ids: &Identities<'_>, var: crate::flow::mir::Var) -> Option<ClosureId> {
    let mut var = var;
    for _ in 0..8 {
        match ids.definition(var)? {
            Rvalue::Closure { id, .. } => return Some(*id),
            Rvalue::Use(operand) => var = operand.place()?.var,
            Rvalue::Ref(_, place) => var = place.var,
            _ => return None,
        }
    }
    None
}

/// Whether no path returns, and the loop that control stays in.
fn ends(mir: &Mir, tokens: &Tokens<'_>) -> (bool, Option<crate::span::Span>) {
    let reachable = |b: usize| tokens.is_reachable(crate::flow::mir::BlockId(b as u32));
    let returns = mir
        .blocks
        .iter()
        .enumerate()
        .any(|(i, b)| reachable(i) && matches!(b.terminator, Terminator::Return { .. }));
    if returns {
        return (false, None);
    }
    let stays = mir.loops.iter().find(|l| reachable(l.header.index()) && !reachable(l.exit.index()));
    (true, stays.map(|l| l.head))
}

/// The pool among the arguments that a call takes a connection out of while it runs.
fn brief_pool(
    analysis: &Analysis<'_>,
    mir: &Mir,
    ids: &Identities<'_>,
    call: &Call,
    here: FileSpan,
) -> Option<LockEffect> {
    let Target::External(path) = &call.callee.target else { return None };
    let pool = analysis.catalogue.facts(*path)?.acquires_from?;
    let argument = call
        .args
        .iter()
        .skip(1)
        .find(|a| a.var().is_some_and(|v| mir.var(v).ty.peel_refs().path() == Some(pool)))?;
    let lock = ids.operand(argument)?;
    Some(LockEffect {
        lock,
        mode: Mode::Shared,
        at: here,
        way: SmallVec::new(),
        class: Class::PoolConnection,
        known: Known::Resolved,
        only_with: None,
    })
}

/// The locks that a call takes while it runs, in the caller's terms.
#[must_use]
pub fn effects_of_call(
    analysis: &Analysis<'_>,
    ids: &Identities<'_>,
    call: &Call,
    here: FileSpan,
) -> Vec<LockEffect> {
    let mut out = Vec::new();
    if let Target::External(path) = &call.callee.target
        && let Some(mode) = analysis.catalogue.facts(*path).and_then(|f| f.locks_briefly)
        && let Some(lock) = call.args.first().and_then(|a| ids.operand(a))
    {
        out.push(LockEffect {
            lock,
            mode,
            at: here,
            way: SmallVec::new(),
            class: Class::Other,
            known: Known::Resolved,
            only_with: None,
        });
    }
    out.extend(brief_pool(analysis, ids.mir(), ids, call, here));
    for def in targets(&call.callee.target) {
        let Some(summary) = analysis.summary(def) else { continue };
        for effect in &summary.locks {
            if effect.only_with.is_some_and(|param| leaves_out(ids, call, param)) {
                continue;
            }
            if let Some(lock) = translate(ids, &effect.lock, call) {
                let mut way = effect.way.clone();
                way.insert(0, here);
                out.push(LockEffect {
                    lock,
                    mode: effect.mode,
                    at: effect.at,
                    way,
                    class: effect.class,
                    known: effect.known,
                    only_with: None,
                });
            }
        }
    }
    out
}

impl Analysis<'_> {
    /// Whether what a call calls runs as part of the caller: the future of an async function must be awaited
    /// right there.
    #[must_use]
    pub fn runs_in_place<'m>(&self, mir: &'m Mir, ids: &Identities<'m>, call: &Call) -> bool {
        let found = targets(&call.callee.target);
        found.is_empty() || runs_now(self, &found, call, &awaited_calls(self, mir, ids))
    }
}
