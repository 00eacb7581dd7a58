//! Work that is started to run elsewhere: tasks, threads, blocking closures.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::catalogue::{Class, SpawnKind};
use crate::facts::change::Change;
use crate::facts::direct::closure_of;
use crate::facts::endless::is_sure;
use crate::facts::{Analysis, AnalyzedBody};
use crate::flow::mir::{Call, Mir, Operand, Point, Rvalue, Statement, StatementKind, Var};
use crate::flow::tokens::{End, Tokens};
use crate::names::DefId;
use crate::syntax::hir::{Body, ClosureId, ExprId, ExprKind, LocalId};
use crate::types::infer::Target;

/// A parameter that a function runs elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpawnedParam {
    /// Its number (`self` is 0 in methods).
    pub param: u32,
    /// As a task, thread, …
    pub kind: SpawnKind,
    /// What it gives is what the task gives; not when it runs inside of a block that does something else with that.
    pub is_all: bool,
    /// Its handle stays with somebody: in a set of tasks, in a field.
    pub is_kept: bool,
}

/// Parameters that a function runs elsewhere, and how.
pub(super) type SpawnedParams = SmallVec<[SpawnedParam; 1]>;

/// A call that starts work elsewhere.
pub struct Spawn<'m> {
    /// Where.
    pub point: Point,
    /// The statement.
    pub statement: &'m Statement,
    /// The call.
    pub call: &'m Call,
    /// Task, thread, …
    pub kind: SpawnKind,
    /// What the code gives is what the task gives.
    pub is_all: bool,
    /// The function that is called keeps its handle.
    pub is_kept: bool,
    /// The code, when it stands here.
    pub closure: Option<ClosureId>,
    /// The function whose future (or call) is run, when it is one of the program.
    pub function: Option<DefId>,
    /// The variable that receives the handle.
    pub handle: Option<Var>,
}

/// All spawns of a flow.
#[must_use]
pub fn spawns<'m>(analysis: &Analysis<'_>, body: &AnalyzedBody, tokens: &Tokens<'m>) -> Vec<Spawn<'m>> {
    let _ = body;
    let mir: &'m Mir = tokens.mir;
    let mut out = Vec::new();
    for (point, statement, call) in mir.calls() {
        if !tokens.is_reachable(point.block) {
            continue;
        }
        for spawned in spawned_arguments(analysis, call) {
            let Some(operand) = call.args.get(spawned.param as usize) else { continue };
            let (closure, function) = code(analysis, tokens, operand);
            out.push(Spawn {
                point,
                statement,
                call,
                kind: spawned.kind,
                is_all: spawned.is_all,
                is_kept: spawned.is_kept,
                closure,
                function,
                handle: call.dest.projections.is_empty().then_some(call.dest.var),
            });
        }
    }
    out
}

/// Which arguments a call runs elsewhere (indices into [`Call::args`]).
fn spawned_arguments(analysis: &Analysis<'_>, call: &Call) -> SpawnedParams {
    match &call.callee.target {
        Target::External(path) => {
            let facts = analysis.catalogue.facts(*path);
            let spawned = facts.and_then(|facts| {
                let param = u32::from(facts.spawned_argument) + u32::from(call.is_method);
                facts.spawns.map(|kind| SpawnedParam { param, kind, is_all: true, is_kept: false })
            });
            spawned.into_iter().collect()
        }
        Target::Def(def) => analysis.summary(*def).map(|s| s.spawned_params.clone()).unwrap_or_default(),
        _ => SmallVec::new(),
    }
}

/// The code behind a spawned operand: a closure or async block here, or the function whose future it is.
fn code(
    analysis: &Analysis<'_>,
    tokens: &Tokens<'_>,
    operand: &Operand,
) -> (Option<ClosureId>, Option<DefId>) {
    let ids = &tokens.identities;
    match operand {
        Operand::Constant(e) => {
            let def = crate::facts::spawns::path_def(analysis, tokens, *e);
            (None, def)
        }
        _ => {
            let Some(var) = operand.var() else { return (None, None) };
            let var = unwrapped(analysis, tokens, var);
            if let Some(id) = closure_of(ids, var) {
                return (Some(id), None);
            }
            match ids.returned_by(var) {
                Some(call) => {
                    if let Target::Def(def) = call.callee.target {
                        let given = waited_for(analysis, call).filter_map(Operand::var);
                        let block = given.filter_map(|v| closure_of(ids, unwrapped(analysis, tokens, v)));
                        let stays = analysis.summary(def).is_some_and(|s| s.stays_in.is_some());
                        return (block.filter(|_| !stays).last(), Some(def));
                    }
                    // A wrapper around an async block or call: `f.instrument(span)`, `Box::pin(async …)`. Others
                    // (`timeout`, `abortable`) may end what they wrap.
                    if !is_wrapper(analysis, call) {
                        return (None, None);
                    }
                    for arg in &call.args {
                        if let Some(v) = arg.var() {
                            if let Some(id) = closure_of(ids, v) {
                                return (Some(id), None);
                            }
                            if let Some(inner) = ids.returned_by(v)
                                && let Target::Def(def) = inner.callee.target
                            {
                                return (None, Some(def));
                            }
                        }
                    }
                    (None, None)
                }
                None => (None, None),
            }
        }
    }
}

/// The arguments of an async function of the program whose end its future waits for: `logged(async { … })`.
fn waited_for<'c>(analysis: &Analysis<'_>, call: &'c Call) -> impl Iterator<Item = &'c Operand> {
    let params: SmallVec<[u32; 1]> = match call.callee.target {
        Target::Def(def) => {
            let waits = analysis.program.def(def).signature.as_ref().is_some_and(|s| s.is_async);
            let runs = analysis.summary(def).filter(|_| waits).map(|s| &s.runs_params).into_iter().flatten();
            runs.filter(|r| r.to_the_end).map(|r| r.param).collect()
        }
        _ => SmallVec::new(),
    };
    call.args.iter().enumerate().filter(move |(i, _)| params.contains(&(*i as u32))).map(|(_, a)| a)
}

/// What is inside of wrappers: the block in `async { … }.instrument(span)`.
fn unwrapped(analysis: &Analysis<'_>, tokens: &Tokens<'_>, var: Var) -> Var {
    let mut var = var;
    for _ in 0..8 {
        let inner = match tokens.identities.definition(var) {
            Some(Rvalue::Use(operand)) => operand.var(),
            Some(_) => None,
            None => {
                let mut calls = tokens.mir.calls().filter(|(_, _, c)| c.dest.var == var);
                calls
                    .next()
                    .filter(|(_, _, c)| is_wrapper(analysis, c))
                    .and_then(|(_, _, c)| c.args.first().and_then(Operand::var))
            }
        };
        match inner {
            Some(inner) => var = inner,
            None => break,
        }
    }
    var
}

fn is_wrapper(analysis: &Analysis<'_>, call: &Call) -> bool {
    match &call.callee.target {
        Target::External(path) => analysis.catalogue.facts(*path).is_some_and(|f| f.transparent),
        Target::Constructor(_) => true,
        _ => false,
    }
}

fn path_def(analysis: &Analysis<'_>, tokens: &Tokens<'_>, e: ExprId) -> Option<DefId> {
    let path = tokens.context().types.paths.get(&e)?;
    analysis.program.by_path.get(path).and_then(|d| d.first()).copied()
}

/// Finds functions of the program that run a parameter elsewhere, so that they are spawn functions themselves.
pub(super) fn find_wrappers(
    analysis: &mut Analysis<'_>,
    change: &mut Change,
    kept: &mut Vec<FxHashMap<u32, SpawnedParams>>,
) {
    change.rounds(
        analysis,
        kept,
        2,
        |analysis, body| {
            let summary = analysis.summary(body.def?)?;
            if !summary.spawned_params.is_empty() || !summary.effects.contains_key(&super::EffectKind::Spawns)
            {
                return None;
            }
            let params = wrapper(analysis, body);
            (!params.is_empty()).then_some(params)
        },
        |summary, params| summary.spawned_params = params,
    );
}

fn wrapper(analysis: &Analysis<'_>, body: &AnalyzedBody) -> SpawnedParams {
    let mir = &*body.flow.root;
    let tokens = analysis.tokens(body, mir);
    let mut params = SpawnedParams::new();
    for (point, _, call) in mir.calls() {
        for spawned in spawned_arguments(analysis, call) {
            let Some(var) = call.args.get(spawned.param as usize).and_then(Operand::var) else { continue };
            let reached = reached_params(analysis, &tokens, body, unwrapped(analysis, &tokens, var));
            for (param, is_all) in reached {
                let found = SpawnedParam {
                    param,
                    kind: spawned.kind,
                    is_all: is_all && spawned.is_all,
                    is_kept: spawned.is_kept || is_kept(analysis, &tokens, point, call),
                };
                if !params.iter().any(|p| p.param == param && p.kind == found.kind) {
                    params.push(found);
                }
            }
        }
    }
    params
}

/// Whether the handle that a call gives does not end there: its receiver is a set that keeps the task, or the handle is
/// put away, not into `drop(..)`.
fn is_kept(analysis: &Analysis<'_>, tokens: &Tokens<'_>, point: Point, call: &Call) -> bool {
    let receiver = call.callee.self_ty.as_ref().and_then(|ty| ty.peel_refs().path());
    let set = receiver.and_then(|path| analysis.catalogue.resource(path));
    set.is_some_and(|set| set.class == Class::TaskSet)
        || tokens.iter().any(|(id, token)| {
            token.at == point
                && tokens.ends.iter().any(|e| match e.how {
                    _ if e.token != id => false,
                    End::Stored => true,
                    End::Passed => !tokens.mir.statement(e.at).is_some_and(is_drop),
                    _ => false,
                })
        })
}

fn is_drop(statement: &Statement) -> bool {
    matches!(&statement.kind, StatementKind::Call(call)
        if matches!(call.callee.target, Target::External(path) if path.as_str() == "std::mem::drop"))
}

/// The parameters that are run when `var` is: itself, or awaited or called inside the block that it holds. With each
/// whether the block ends with what it gives.
fn reached_params(
    analysis: &Analysis<'_>,
    tokens: &Tokens<'_>,
    body: &AnalyzedBody,
    var: Var,
) -> Vec<(u32, bool)> {
    use crate::flow::identity::Root;
    use crate::flow::mir::{Owner, Place};
    let ids = &tokens.identities;
    if let Some(id) = closure_of(ids, var) {
        let inner = body.flow.get(Owner::Closure(id));
        let mut out = Vec::new();
        for (_, statement) in tokens.mir.statements() {
            let StatementKind::Assign { value: Rvalue::Closure { id: found, captures }, .. } =
                &statement.kind
            else {
                continue;
            };
            if *found != id {
                continue;
            }
            for capture in captures {
                let used = inner.statements().any(|(_, s)| match &s.kind {
                    StatementKind::Await { operands, kind, .. } => {
                        is_sure(*kind, operands) && operands.iter().any(|o| holds(inner, o, capture.local))
                    }
                    StatementKind::Call(call) if matches!(call.callee.target, Target::Local(_)) => {
                        call.args.first().is_some_and(|o| holds(inner, o, capture.local))
                    }
                    _ => false,
                });
                if used && let Root::Param(index) = ids.place(&Place::whole(capture.var)).root {
                    out.push((index, ends_with(analysis.hir(body), id, capture.local)));
                }
            }
        }
        return out;
    }
    if let Some(call) = ids.defining_call(var) {
        let waited: Vec<Var> = waited_for(analysis, call).filter_map(Operand::var).collect();
        let param = |v: Var| match ids.place(&Place::whole(unwrapped(analysis, tokens, v))).root {
            Root::Param(index) => Some(index),
            _ => None,
        };
        let gives_on = match call.callee.target {
            Target::Def(def) => analysis.program.def(def).signature.as_ref().is_none_or(|s| !s.ret.is_unit()),
            _ => true,
        };
        return waited.into_iter().filter_map(param).map(|index| (index, gives_on)).collect();
    }
    match ids.place(&Place::whole(var)).root {
        Root::Param(index) => vec![(index, true)],
        _ => Vec::new(),
    }
}

/// Whether a block ends with what a future or closure gives that it was handed: `async move { work.await }`, or with
/// its error: `work.await?;`.
fn ends_with(hir: &Body, block: ClosureId, handed: LocalId) -> bool {
    let root = hir.closure(block).body;
    gives(hir, root, handed)
        || hir.any(
            root,
            &mut |e| matches!(hir.expr(e).kind, ExprKind::Try { operand } if gives(hir, operand, handed)),
        )
}

fn gives(hir: &Body, e: ExprId, handed: LocalId) -> bool {
    let is_handed = |e: ExprId| matches!(hir.expr(e).kind, ExprKind::Local(local) if local == handed);
    match &hir.expr(e).kind {
        ExprKind::Block(block) => block.tail.is_some_and(|tail| gives(hir, tail, handed)),
        ExprKind::Await { operand } => is_handed(*operand),
        ExprKind::Call { callee, .. } => is_handed(*callee),
        _ => false,
    }
}

fn holds(mir: &Mir, operand: &Operand, local: LocalId) -> bool {
    operand.place().is_some_and(|p| match mir.var(p.var).kind {
        crate::flow::mir::VarKind::Capture(l) => l == local,
        crate::flow::mir::VarKind::Temp(_) => false,
        _ => false,
    })
}
