//! Who calls whom, and which functions run once in the life of a process.

use rustc_hash::FxHashMap;

use crate::facts::direct::{closure_of, targets};
use crate::facts::{Analysis, AnalyzedBody};
use crate::flow::identity::{Identities, Root};
use crate::flow::mir::{Call, Mir, Operand, Owner, Rvalue, StatementKind, Var};
use crate::names::{DefId, TargetKind};
use crate::syntax::hir::{ClosureId, ClosureKind, ExprId, ExprKind, LocalId};
use crate::syntax::items::ItemKind;
use crate::types::infer::Target;
use crate::types::ty::Ty;

/// A place that calls (or names) a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Caller {
    /// The function around it; `None` in constants and statics.
    pub from: Option<DefId>,
    /// It may run many times in one run of that function: in a loop, or in a closure.
    pub repeated: bool,
}

/// Callers of all functions of the program; code of tests is left out.
#[derive(Default, PartialEq, Debug)]
pub struct Callers(FxHashMap<DefId, Vec<Caller>>);

impl Callers {
    /// The callers of a function; `None` when nobody is seen to call it.
    #[must_use]
    pub fn get(&self, def: &DefId) -> Option<&Vec<Caller>> {
        super::reads::def(*def);
        self.0.get(def)
    }

    /// Functions that are not called as they were.
    pub(super) fn differing(&self, before: &Self) -> Vec<DefId> {
        let changed = self.0.iter().filter(|(def, all)| before.0.get(def) != Some(all)).map(|(def, _)| *def);
        let gone = before.0.keys().filter(|def| !self.0.contains_key(def)).copied();
        changed.chain(gone).collect()
    }

    /// Puts together what the bodies call.
    pub(super) fn collect<'c>(called: impl Iterator<Item = &'c Called>) -> Self {
        let mut out = Self::default();
        for (def, caller) in called {
            let all = out.0.entry(*def).or_default();
            // Those of one function stand together; what runs once shares the lack of one.
            let known = match caller.from {
                Some(_) => all
                    .iter()
                    .rev()
                    .take_while(|c| c.from.is_none() || c.from == caller.from)
                    .any(|c| c == caller),
                None => all.contains(caller),
            };
            if !known {
                all.push(*caller);
            }
        }
        out
    }
}

/// A function that is called, and from where.
pub(super) type Called = (DefId, Caller);

/// What a body calls, or names.
pub(super) fn called(analysis: &Analysis<'_>, body: &AnalyzedBody) -> Vec<Called> {
    let mut out: Vec<Called> = Vec::new();
    if body.in_test {
        return out;
    }
    let initialises = body.flow.all().any(|mir| mir.calls().any(|(_, _, call)| analysis.initialises(call)));
    for mir in body.flow.all() {
        let fills_static = initialises && analysis.initialises_static(body, mir.owner);
        let closure = !fills_static && is_repeated_closure(analysis, body, mir);
        // What fills a static runs once, however often the function around it is called.
        let from = body.def.filter(|_| !fills_static);
        for (point, statement) in mir.statements() {
            let repeated = closure || mir.blocks[point.block.index()].in_loop.is_some();
            let mut add = |def: DefId, from: Option<DefId>, repeated: bool| {
                let one = (def, Caller { from, repeated });
                if !out.contains(&one) {
                    out.push(one);
                }
            };
            match &statement.kind {
                StatementKind::Call(call) => {
                    for def in targets(&call.callee.target) {
                        add(def, from, repeated);
                    }
                    if initialises && analysis.fills_static(body, mir, call) {
                        for def in call.args.iter().filter_map(|a| named(analysis, body, a)) {
                            add(def, None, false);
                        }
                        continue;
                    }
                    // A function handed on by name may be called as often as the other side likes.
                    for def in call.args.iter().filter_map(|a| named(analysis, body, a)) {
                        add(def, from, true);
                    }
                }
                StatementKind::Assign { value: Rvalue::Use(operand), .. } => {
                    if let Some(def) = named(analysis, body, operand) {
                        add(def, from, true);
                    }
                }
                StatementKind::Assign { value: Rvalue::Aggregate { parts, .. }, .. } => {
                    for def in parts.iter().filter_map(|(_, o)| named(analysis, body, o)) {
                        add(def, from, true);
                    }
                }
                _ => {}
            }
        }
    }
    out
}

fn named(analysis: &Analysis<'_>, body: &AnalyzedBody, operand: &Operand) -> Option<DefId> {
    let Operand::Constant(e) = operand else { return None };
    let e: ExprId = *e;
    let path = body.types.paths.get(&e)?;
    let def = *analysis.program.by_path.get(path)?.first()?;
    matches!(analysis.program.interface_item(def).kind, ItemKind::Fn(_)).then_some(def)
}

/// A closure may run again and again, unless it initialises something once; an async block runs once.
fn is_repeated_closure(analysis: &Analysis<'_>, body: &AnalyzedBody, mir: &Mir) -> bool {
    let Owner::Closure(id) = mir.owner else { return false };
    let hir = analysis.hir(body);
    let mut current = Some(id);
    while let Some(id) = current {
        let closure = hir.closure(id);
        let once = closure.kind == ClosureKind::AsyncBlock
            || analysis.runs_once(body, id)
            || is_called_in_one_place(analysis, body, id)
            || is_given_to_macro(body, id);
        if !once {
            return true;
        }
        current = closure.parent;
    }
    false
}

/// `let start = |arg| …; run(start(arg))`: a closure with a name that is said once more, in a call outside of loops.
fn is_called_in_one_place(analysis: &Analysis<'_>, body: &AnalyzedBody, id: ClosureId) -> bool {
    let hir = analysis.hir(body);
    let owner = hir.closure(id).parent.map_or(Owner::Root, Owner::Closure);
    let holds = |local: LocalId| matches!(body.types.local(local), Ty::Closure(held, _) if *held == id);
    let said = hir.exprs.iter().filter(|e| matches!(e.kind, ExprKind::Local(local) if holds(local))).count();
    said == 1
        && body.flow.get(owner).calls().any(|(point, _, call)| {
            matches!(call.callee.target, Target::Local(local) if holds(local))
                && body.flow.get(owner).blocks[point.block.index()].in_loop.is_none()
        })
}

/// `main!(|args| …)`: a macro that is not known has its closure for a name, more often than for a loop.
fn is_given_to_macro(body: &AnalyzedBody, id: ClosureId) -> bool {
    body.flow.all().any(|mir| {
        let given = |var: Var| {
            mir.statements().any(|(_, s)| {
                matches!(&s.kind, StatementKind::Assign { dest, value: Rvalue::Closure { id: made, .. } }
                    if dest.var == var && *made == id)
            })
        };
        mir.statements().any(|(_, s)| {
            matches!(&s.kind, StatementKind::Macro { args, .. } if args.iter().filter_map(Operand::var).any(given))
        })
    })
}

/// How many callers up a function is followed to `main`.
const DEEPEST: u32 = 8;

impl Analysis<'_> {
    /// Whether a closure initialises something that is made once, or is the code of a thread or block that runs
    /// where it stands.
    #[must_use]
    pub fn runs_once(&self, body: &AnalyzedBody, closure: ClosureId) -> bool {
        body.flow.all().any(|mir| {
            mir.calls().any(|(_, _, call)| {
                let Target::External(path) = &call.callee.target else { return false };
                let once = self.catalogue.facts(*path).is_some_and(|f| f.runs_once || f.spawns.is_some());
                once && call.args.iter().filter_map(Operand::var).any(|v| {
                    mir.statements().any(|(_, s)| {
                        matches!(&s.kind, StatementKind::Assign { dest, value: Rvalue::Closure { id, .. } }
                            if dest.var == v && *id == closure)
                    })
                })
            })
        })
    }

    /// Whether the code of a flow runs once in the life of the process, as far as the program shows: `main`, what
    /// only it calls outside of loops, initialisers of statics.
    #[must_use]
    pub fn is_once(&self, body: &AnalyzedBody, owner: Owner) -> bool {
        if self.initialises_static(body, owner) {
            return true;
        }
        if is_repeated_closure(self, body, body.flow.get(owner)) {
            return false;
        }
        match body.def {
            Some(def) => self.is_called_once(def, 0),
            None => true,
        }
    }

    /// Whether the code is (inside of) a closure that fills a static (`CLOCK.get_or_init(|| …)`).
    fn initialises_static(&self, body: &AnalyzedBody, owner: Owner) -> bool {
        let Owner::Closure(id) = owner else { return false };
        let hir = self.hir(body);
        let around: Vec<_> = std::iter::successors(Some(id), |id| hir.closure(*id).parent).collect();
        body.flow.all().any(|mir| {
            mir.calls().any(|(_, _, call)| {
                if !self.fills_static(body, mir, call) {
                    return false;
                }
                let ids = Identities::new(self.flow_context(body), mir, self);
                let closures = call.args.iter().filter_map(Operand::var).filter_map(|v| closure_of(&ids, v));
                closures.into_iter().any(|c| around.contains(&c))
            })
        })
    }

    /// Whether a call makes something the first time, and never again.
    fn initialises(&self, call: &Call) -> bool {
        matches!(&call.callee.target, Target::External(path)
            if self.catalogue.facts(*path).is_some_and(|f| f.runs_once))
    }

    /// Whether a call fills a static with what its argument gives: `CLOCK.get_or_init(start)`.
    fn fills_static(&self, body: &AnalyzedBody, mir: &Mir, call: &Call) -> bool {
        if !self.initialises(call) {
            return false;
        }
        let in_static =
            body.def.is_some_and(|def| matches!(self.program.item(def).kind, ItemKind::Static { .. }));
        let ids = Identities::new(self.flow_context(body), mir, self);
        let filled = call.args.first().and_then(|a| ids.operand(a));
        in_static || filled.is_some_and(|i| matches!(i.root, Root::Static(_)))
    }

    fn is_called_once(&self, def: DefId, depth: u32) -> bool {
        let item = self.program.interface_item(def);
        if !matches!(item.kind, ItemKind::Fn(_)) {
            return true;
        }
        let krate = self.program.crates.get(self.program.def(def).krate as usize);
        let is_program = krate.is_some_and(|c| c.kind != TargetKind::Lib && c.kind != TargetKind::Loose);
        if self.is_main(def) {
            return true;
        }
        if depth > DEEPEST {
            return false;
        }
        match self.callers.get(&def) {
            Some(callers) => callers.iter().all(|caller| {
                !caller.repeated
                    && caller.from != Some(def)
                    && caller.from.is_none_or(|from| self.is_called_once(from, depth + 1))
            }),
            // Nobody calls it here: in a program it is wired up in a way that is not seen.
            None => is_program,
        }
    }
}
