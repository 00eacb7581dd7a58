//! Code that a program runs in turn: `main`, and what it waits for with nothing beside it.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::direct::{closure_of, runs_future, targets};
use crate::facts::{Analysis, AnalyzedBody};
use crate::flow::identity::Identities;
use crate::flow::mir::{AwaitKind, Call, Mir, Operand, Owner, Rvalue, StatementKind, Var};
use crate::names::{DefId, TargetKind};
use crate::syntax::hir::{ClosureId, ClosureKind};
use crate::types::infer::Target;
use crate::types::ty::Ty;

/// How many callers up a function is followed to `main`.
const DEEPEST: usize = 16;

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
        let item = self.program.interface_item(def);
        let krate = self.program.crates.get(self.program.def(def).krate as usize);
        let is_library = krate.is_some_and(|c| c.kind == TargetKind::Lib);
        if item.attributes.is_async_main || item.name.as_str() == "main" && item.parent.is_none() {
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

    fn has_callers_in_turn(&self, def: DefId, known: &mut FxHashMap<DefId, bool>, depth: usize) -> bool {
        let Some(callers) = self.callers.get(&def) else { return false };
        let from: FxHashSet<Option<DefId>> = callers.iter().map(|c| c.from).collect();
        let mut is_reached = false;
        for from in from {
            let Some(from) = from else { return false };
            if from == def {
                continue;
            }
            is_reached = true;
            let Some(body) = self.body_of(from) else { return false };
            if !self.calls_in_turn(body, def) || !self.is_awaited_in_turn(from, known, depth + 1) {
                return false;
            }
        }
        is_reached
    }

    /// Whether each mention of a function in a body is a call that the body waits for.
    fn calls_in_turn(&self, body: &AnalyzedBody, def: DefId) -> bool {
        let signature = self.program.def(def).signature.as_ref();
        let is_async = signature.is_some_and(|s| s.is_async || matches!(s.ret, Ty::Future(..)));
        let mut found = false;
        for mir in body.flow.all() {
            let calls: Vec<&Call> = mir
                .calls()
                .map(|(_, _, call)| call)
                .filter(|call| targets(&call.callee.target).contains(&def))
                .collect();
            if calls.is_empty() {
                continue;
            }
            found = true;
            let awaited = self.awaited_in_turn(body, mir);
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
        depth < DEEPEST
            && self.hir(body).closure(id).kind == ClosureKind::AsyncBlock
            && body.flow.all().any(|mir| {
                mir.owner != owner
                    && makes(mir, id)
                    && self.awaited_in_turn(body, mir).blocks.contains(&id)
                    && self.is_in_turn(body, mir.owner, depth + 1)
            })
    }

    /// What a flow waits for with nothing beside it.
    fn awaited_in_turn(&self, body: &AnalyzedBody, mir: &Mir) -> Awaited {
        let ids = Identities::new(self.flow_context(body), mir, self);
        let mut awaited = Awaited::default();
        let mut vars: Vec<Var> = Vec::new();
        for (_, statement) in mir.statements() {
            match &statement.kind {
                StatementKind::Await { operands, kind: AwaitKind::Await | AwaitKind::Stream, .. } => {
                    vars.extend(operands.iter().filter_map(Operand::var));
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
            let Some(call) = ids.returned_by(var) else { continue };
            awaited.calls.insert(std::ptr::from_ref(call));
            let wraps = match &call.callee.target {
                Target::External(path) => self.catalogue.facts(*path).is_some_and(|f| f.transparent),
                _ => false,
            };
            if wraps {
                vars.extend(call.args.first().and_then(Operand::var));
            }
        }
        awaited
    }
}

#[derive(Default)]
struct Awaited {
    calls: FxHashSet<*const Call>,
    blocks: FxHashSet<ClosureId>,
}

fn makes(mir: &Mir, closure: ClosureId) -> bool {
    mir.statements().any(|(_, statement)| {
        matches!(&statement.kind, StatementKind::Assign { value: Rvalue::Closure { id, .. }, .. } if *id == closure)
    })
}
