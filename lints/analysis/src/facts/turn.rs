//! Code that a program runs in turn: `main`, and what it waits for with nothing beside it.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::catalogue::SpawnKind;
use crate::facts::direct::{closure_of, runs_future, targets};
use crate::facts::{Analysis, AnalyzedBody, spawns};
use crate::flow::identity::{Identities, Root};
use crate::flow::mir::{AwaitKind, Call, Mir, Operand, Owner, Place, Rvalue, StatementKind, Var};
use crate::names::{DefId, TargetKind};
use crate::syntax::hir::{ClosureId, ClosureKind};
use crate::types::infer::Target;
use crate::types::ty::Ty;

/// How many callers up a function is followed to `main`.
const DEEPEST: usize = 16;

/// How many functions deep a future is followed that is handed on.
const DEEPEST_GIVEN: usize = 2;

impl Analysis<'_> {
    /// Whether the code of a flow runs in the root future of a program and nowhere else, with nothing beside it that
    /// the same task would have to drive: all that leads there from `main` is called or awaited in turn.
    #[must_use]
    pub fn runs_in_root(&self, body: &AnalyzedBody, owner: Owner) -> bool {
        let mut known = FxHashMap::default();
        self.is_in_turn(body, owner, 0)
            && body.def.is_some_and(|def| self.is_awaited_in_turn(def, &mut known, 0))
    }

    fn is_awaited_in_turn(&self, def: DefId, known: &mut FxHashMap<DefId, bool>, depth: usize) -> bool {
        let krate = self.program.crates.get(self.program.def(def).krate as usize);
        let is_library = krate.is_some_and(|c| c.kind == TargetKind::Lib);
        if self.is_main(def) {
            return !is_library;
        }
        if let Some(known) = known.get(&def) {
            return *known;
        }
        // What calls itself is decided by its other callers.
        known.insert(def, true);
        let found = depth < DEEPEST && self.has_callers_in_turn(def, known, depth);
        known.insert(def, found);
        found
    }

    /// Whether a function is where a program starts.
    pub(super) fn is_main(&self, def: DefId) -> bool {
        let item = self.program.interface_item(def);
        item.attributes.is_async_main || item.name.as_str() == "main" && item.parent.is_none()
    }

    fn has_callers_in_turn(&self, def: DefId, known: &mut FxHashMap<DefId, bool>, depth: usize) -> bool {
        // A call names the first of those that stand for one another: `#[cfg(unix)] fn exec()`.
        let path = self.program.def(def).path;
        let twins = self.program.by_path.get(&path).map_or(std::slice::from_ref(&def), Vec::as_slice);
        let callers = twins.iter().filter_map(|def| self.callers.get(def)).flatten();
        let from: FxHashSet<Option<DefId>> = callers.map(|c| c.from).collect();
        let mut is_reached = false;
        for from in from {
            let Some(from) = from else { return false };
            if twins.contains(&from) {
                continue;
            }
            is_reached = true;
            let Some(body) = self.body_of(from) else { return false };
            if !self.calls_in_turn(body, twins) || !self.is_awaited_in_turn(from, known, depth + 1) {
                return false;
            }
        }
        is_reached
    }

    /// Whether each mention of a function in a body is a call that the body waits for.
    fn calls_in_turn(&self, body: &AnalyzedBody, twins: &[DefId]) -> bool {
        let is_async = twins.iter().any(|def| {
            let signature = self.program.def(*def).signature.as_ref();
            signature.is_some_and(|s| s.is_async || matches!(s.ret, Ty::Future(..)))
        });
        let mut found = false;
        for mir in body.flow.all() {
            let calls: Vec<&Call> = mir
                .calls()
                .map(|(_, _, call)| call)
                .filter(|call| targets(&call.callee.target).iter().any(|def| twins.contains(def)))
                .collect();
            if calls.is_empty() {
                continue;
            }
            found = true;
            let awaited = self.awaited_in_turn(body, mir, 0);
            let in_turn = |call: &Call| !is_async || awaited.calls.contains(&std::ptr::from_ref(call));
            if !calls.into_iter().all(in_turn) || !self.is_in_turn(body, mir.owner, 0) {
                return false;
            }
        }
        found
    }

    /// Whether a flow is the function itself, or a block that the function waits for where it stands.
    fn is_in_turn(&self, body: &AnalyzedBody, owner: Owner, depth: usize) -> bool {
        let Owner::Closure(id) = owner else { return true };
        let is_block = self.hir(body).closure(id).kind == ClosureKind::AsyncBlock;
        depth < DEEPEST
            && body.flow.all().any(|mir| {
                let waits_for = || match is_block {
                    true => self.awaited_in_turn(body, mir, 0).blocks.contains(&id),
                    false => self.waits_for_thread(body, mir, id),
                };
                mir.owner != owner
                    && makes(mir, id)
                    && waits_for()
                    && self.is_in_turn(body, mir.owner, depth + 1)
            })
    }

    /// Whether a flow has a closure run by a thread and waits for that thread: `main` with a larger stack.
    fn waits_for_thread(&self, body: &AnalyzedBody, mir: &Mir, closure: ClosureId) -> bool {
        let joins = |call: &Call| {
            matches!(&call.callee.target, Target::External(path)
                if self.catalogue.facts(*path).is_some_and(|f| f.waits))
        };
        let tokens = self.tokens(body, mir);
        let is_from = |call: &Call, spawn: &Call| {
            let mut var = call.args.first().and_then(Operand::var);
            for _ in 0..DEEPEST_GIVEN {
                let Some(made) = var.and_then(|v| tokens.identities.returned_by(v)) else { return false };
                if std::ptr::eq(made, spawn) {
                    return true;
                }
                var = made.args.first().and_then(Operand::var);
            }
            false
        };
        spawns(self, body, &tokens).iter().any(|spawn| {
            spawn.kind == SpawnKind::Thread
                && spawn.closure == Some(closure)
                && mir.blocks[spawn.point.block.index()].in_loop.is_none()
                && mir.calls().any(|(_, _, call)| joins(call) && is_from(call, spawn.call))
        })
    }

    /// What a flow waits for with nothing beside it. What ends a whole program (`ctrl_c()`) may stand beside that: in
    /// `main`, or in a function that is given both.
    fn awaited_in_turn(&self, body: &AnalyzedBody, mir: &Mir, depth: usize) -> Awaited {
        let ids = Identities::new(self.flow_context(body), mir, self);
        let is_whole = depth > 0 || body.def.is_some_and(|def| self.is_main(def));
        let mut awaited = Awaited::default();
        let mut vars: Vec<Var> = Vec::new();
        let mut beside: Vec<Var> = Vec::new();
        for (point, statement) in mir.statements() {
            match &statement.kind {
                StatementKind::Await { operands, kind: AwaitKind::Await | AwaitKind::Stream, .. } => {
                    vars.extend(operands.iter().filter_map(Operand::var));
                }
                StatementKind::Await { operands, kind: AwaitKind::Select, .. }
                    if is_whole
                        && operands.len() <= 2
                        && mir.blocks[point.block.index()].in_loop.is_none() =>
                {
                    vars.extend(operands.iter().filter_map(Operand::var));
                }
                StatementKind::Await { operands, .. } => {
                    beside.extend(operands.iter().filter_map(Operand::var))
                }
                StatementKind::Assign { value: Rvalue::Closure { captures, .. }, .. } => {
                    beside.extend(captures.iter().map(|c| c.var));
                }
                StatementKind::Call(call) if runs_future(self, call) => {
                    vars.extend(call.args.iter().filter_map(Operand::var));
                }
                _ => {}
            }
        }
        let mut seen = FxHashSet::default();
        while let Some(var) = vars.pop() {
            if !seen.insert(var) {
                continue;
            }
            awaited.blocks.extend(closure_of(&ids, var));
            if let Root::Param(param) = ids.place(&Place::whole(var)).root {
                awaited.params.insert(param);
            }
            let Some(call) = ids.returned_by(var) else { continue };
            awaited.calls.insert(std::ptr::from_ref(call));
            let wraps = match &call.callee.target {
                Target::External(path) => self.catalogue.facts(*path).is_some_and(|f| f.transparent),
                _ => false,
            };
            if wraps {
                vars.extend(call.args.first().and_then(Operand::var));
            }
            // A function that waits for what it is given: `until_signal(run(), signal())`.
            if let Target::Def(def) = call.callee.target
                && depth < DEEPEST_GIVEN
                && let Some(called) = self.body_of(def).filter(|called| called.is_async)
            {
                let waits_for = self.awaited_in_turn(called, &called.flow.root, depth + 1).params;
                let given = (0u32..).zip(&call.args).filter(|(index, _)| waits_for.contains(index));
                vars.extend(given.filter_map(|(_, argument)| argument.var()));
            }
        }
        // On another way it may run beside something else.
        for var in beside {
            if let Root::Param(param) = ids.place(&Place::whole(var)).root {
                awaited.params.remove(&param);
            }
        }
        awaited
    }
}

#[derive(Default)]
struct Awaited {
    calls: FxHashSet<*const Call>,
    blocks: FxHashSet<ClosureId>,
    params: FxHashSet<u32>,
}

fn makes(mir: &Mir, closure: ClosureId) -> bool {
    mir.statements().any(|(_, statement)| {
        matches!(&statement.kind, StatementKind::Assign { value: Rvalue::Closure { id, .. }, .. } if *id == closure)
    })
}
