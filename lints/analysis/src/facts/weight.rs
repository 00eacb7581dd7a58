//! How much a wait matters to whoever wants something meanwhile: sleeps of a moment, answers of a thread that was just
//! started, errands.

use std::time::Duration;

use smallvec::SmallVec;

use crate::catalogue::{Class, SpawnKind};
use crate::facts::direct::closure_of;
use crate::facts::{Analysis, AnalyzedBody};
use crate::flow::identity::{Identities, Root};
use crate::flow::mir::{
    Call, LoopKind, Mir, Operand, Owner, Place, Point, Rvalue, StatementKind, Var, VarKind,
};
use crate::flow::tokens::Tokens;
use crate::names::DefId;
use crate::symbol::Symbol;
use crate::syntax::hir::{ClosureId, ExprId, ExprKind, Literal, LocalId};
use crate::syntax::items::ItemKind;
use crate::types::infer::Target;
use crate::types::ty::Ty;

/// How much a wait matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Weight {
    /// A few milliseconds, or the first time only.
    Moment,
    /// Until a thread that was just started says that it runs.
    Start,
    /// Until somebody has run a closure that was handed to him.
    Errand,
    /// As long as others like.
    Lasting,
}

/// The longest wait that nobody minds.
const MOMENT: Duration = Duration::from_millis(50);

impl Analysis<'_> {
    /// How much a call that waits matters.
    #[must_use]
    pub fn weight(&self, body: &AnalyzedBody, tokens: &Tokens<'_>, point: Point, call: &Call) -> Weight {
        let (mir, ids) = (tokens.mir, &tokens.identities);
        if !is_polling(mir, point) && self.is_short(ids, call) || only_once(tokens, point) {
            return Weight::Moment;
        }
        let receiver = call.args.first().and_then(Operand::place).map(|p| p.var);
        receiver
            .filter(|v| self.ownership.owns(mir.var(*v).ty.peel_refs(), Class::Receiver))
            .and_then(|v| self.answer(body, mir, ids, v))
            .unwrap_or(Weight::Lasting)
    }

    /// A call with a limit that is written down, and short.
    fn is_short(&self, ids: &Identities<'_>, call: &Call) -> bool {
        call.args.iter().any(|a| self.duration(ids, a, 4).is_some_and(|d| d <= MOMENT))
    }

    /// The duration that an operand always is.
    fn duration(&self, ids: &Identities<'_>, operand: &Operand, fuel: u8) -> Option<Duration> {
        let fuel = fuel.checked_sub(1)?;
        match operand {
            Operand::Constant(e) => {
                let body = self.body_of(self.constant(ids, *e)?)?;
                let mir = &body.flow.root;
                let inner = Identities::new(self.flow_context(body), mir, self);
                self.duration(&inner, &Operand::Copy(Place::whole(mir.return_var)), fuel)
            }
            _ => {
                let var = operand.var()?;
                if let Some(Rvalue::Use(inner)) = ids.definition(var) {
                    return self.duration(ids, inner, fuel);
                }
                let call = ids.returned_by(var)?;
                let Target::External(path) = &call.callee.target else { return None };
                let unit = path.strip_prefix("std::time::Duration::from_")?;
                let number = self.number(ids, call.args.first()?, fuel)?;
                Some(match unit {
                    "nanos" => Duration::from_nanos(number),
                    "micros" => Duration::from_micros(number),
                    "millis" => Duration::from_millis(number),
                    "secs" => Duration::from_secs(number),
                    _ => return None,
                })
            }
        }
    }

    fn number(&self, ids: &Identities<'_>, operand: &Operand, fuel: u8) -> Option<u64> {
        let fuel = fuel.checked_sub(1)?;
        if let Operand::Constant(e) = operand {
            return match ids.context().body.expr(*e).kind {
                ExprKind::Literal(Literal::Int(number, _)) => number,
                _ => self.constant_number(ids, *e),
            };
        }
        match ids.definition(operand.var()?)? {
            Rvalue::Use(inner) => self.number(ids, inner, fuel),
            _ => None,
        }
    }

    /// The number that a constant of the program is.
    fn constant_number(&self, ids: &Identities<'_>, e: ExprId) -> Option<u64> {
        match self.program.item(self.constant(ids, e)?).kind {
            ItemKind::Const { number, .. } => number,
            _ => None,
        }
    }

    /// The constant of the program that an expression names.
    fn constant(&self, ids: &Identities<'_>, e: ExprId) -> Option<DefId> {
        let path = ids.context().types.paths.get(&e)?;
        self.program.by_path.get(path)?.first().copied()
    }

    /// Who answers through a channel that was made here, when its sender was taken along to somewhere else.
    fn answer(&self, body: &AnalyzedBody, mir: &Mir, ids: &Identities<'_>, receiver: Var) -> Option<Weight> {
        if let Root::Local(local) = ids.place(&Place::whole(receiver)).root
            && mir.vars.iter().any(|v| v.kind == VarKind::Capture(local))
        {
            // Received in a closure: the channel is made around it.
            let (outer, var) = captured_from(body, mir, local)?;
            let outer_ids = Identities::new(self.flow_context(body), outer, self);
            return self.answer(body, outer, &outer_ids, var);
        }
        let channel = ids.defining_call(receiver)?;
        let is_sender = |var: Var| {
            self.ownership.owns(&mir.var(var).ty, Class::Sender)
                && ids.defining_call(var).is_some_and(|c| std::ptr::eq(c, channel))
        };
        for (_, statement) in mir.statements() {
            match &statement.kind {
                StatementKind::Assign { value: Rvalue::Closure { id, captures }, .. } => {
                    if let Some(taken) = captures.iter().find(|c| is_sender(c.var)) {
                        return self.answered_by(body, mir, ids, *id, taken.local);
                    }
                    // It has sent before anybody receives, unless it was given to somebody else instead.
                    let is_clone = |var: Var| {
                        let original = cloned(ids, var).and_then(Operand::place);
                        original.is_some_and(|place| is_sender(place.var))
                    };
                    if captures.iter().any(|c| is_clone(c.var)) && is_called_here(body, mir, *id) {
                        return Some(Weight::Errand);
                    }
                }
                // A function of the program that starts a thread and gives the sender to it.
                StatementKind::Call(call) => {
                    let gets_it = call.args.iter().any(|a| a.var().is_some_and(is_sender));
                    let starts = matches!(call.callee.target, Target::Def(_))
                        && self.ownership.owns(&mir.var(call.dest.var).ty, Class::ThreadHandle);
                    if gets_it && starts {
                        return Some(Weight::Start);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// What a closure that holds the sender is given to.
    fn answered_by(
        &self,
        body: &AnalyzedBody,
        mir: &Mir,
        ids: &Identities<'_>,
        closure: ClosureId,
        sender: LocalId,
    ) -> Option<Weight> {
        let (_, _, call) = mir.calls().find(|(_, _, call)| {
            call.args.iter().filter_map(Operand::var).any(|v| closure_of(ids, v) == Some(closure))
        })?;
        let spawns = match &call.callee.target {
            Target::External(path) => self.catalogue.facts(*path).and_then(|f| f.spawns),
            Target::Def(_) | Target::AnyOf(_) => None,
            _ => return None,
        };
        match spawns {
            None => Some(Weight::Errand),
            Some(SpawnKind::Thread) if self.goes_on_after_sending(body, closure, sender) => {
                Some(Weight::Start)
            }
            Some(_) => None,
        }
    }

    /// Whether a closure sends first and works afterwards, and takes no lock.
    fn goes_on_after_sending(&self, body: &AnalyzedBody, closure: ClosureId, sender: LocalId) -> bool {
        let mir = body.flow.get(Owner::Closure(closure));
        let tokens = self.tokens(body, mir);
        let is_sender = |var: Var| mir.var(var).kind == VarKind::Capture(sender);
        let mut sends = mir.calls().filter(|(point, _, call)| {
            mir.blocks[point.block.index()].in_loop.is_none()
                && call.args.first().and_then(Operand::place).is_some_and(|p| {
                    is_sender(p.var) || tokens.identities.place(p).root == Root::Local(sender)
                })
        });
        tokens.tokens.iter().all(|t| t.lock.is_none())
            && sends.any(|(point, _, _)| {
                let works = |at: Point, _: Option<&crate::flow::mir::Statement>| {
                    mir.blocks[at.block.index()].in_loop.is_some()
                };
                tokens.path(point, works, |_, _| false).is_some()
            })
    }
}

/// What a variable is a clone of.
fn cloned<'m>(ids: &Identities<'m>, var: Var) -> Option<&'m Operand> {
    let call = ids.defining_call(var).filter(|c| c.is_method && c.name.as_str() == "clone")?;
    call.args.first()
}

/// Whether a closure is called by its name in the flow that writes it.
fn is_called_here(body: &AnalyzedBody, mir: &Mir, closure: ClosureId) -> bool {
    mir.calls().any(|(_, _, call)| {
        matches!(call.callee.target, Target::Local(local)
            if matches!(body.types.local(local), Ty::Closure(id, _) if *id == closure))
    })
}

/// The flow and variable that a closure has a local from.
fn captured_from<'b>(body: &'b AnalyzedBody, inner: &Mir, local: LocalId) -> Option<(&'b Mir, Var)> {
    let Owner::Closure(closure) = inner.owner else { return None };
    body.flow.all().find_map(|mir| {
        mir.statements().find_map(|(_, statement)| match &statement.kind {
            StatementKind::Assign { value: Rvalue::Closure { id, captures }, .. } if *id == closure => {
                Some((mir, captures.iter().find(|c| c.local == local)?.var))
            }
            _ => None,
        })
    })
}

/// Whether a point is in a loop that goes round as long as it takes.
fn is_polling(mir: &Mir, point: Point) -> bool {
    let mut around = mir.blocks[point.block.index()].in_loop;
    while let Some(current) = around {
        let info = &mir.loops[current.0 as usize];
        if info.kind != LoopKind::For {
            return true;
        }
        around = info.parent;
    }
    false
}

/// Whether the code up to a point is left out once a static says that it has run: `if KNOWN.load(…) > 0 { return … }`.
fn only_once(tokens: &Tokens<'_>, point: Point) -> bool {
    let (mir, ids) = (tokens.mir, &tokens.identities);
    let on_static = |end: &str| -> SmallVec<[(Point, Symbol); 2]> {
        mir.calls()
            .filter_map(|(at, _, call)| {
                let Target::External(path) = &call.callee.target else { return None };
                let fits = path.starts_with("std::sync::atomic::") && path.ends_with(end);
                match ids.operand(call.args.first().filter(|_| fits)?)?.root {
                    Root::Static(name) => Some((at, name)),
                    _ => None,
                }
            })
            .collect()
    };
    let stores = on_static("::store");
    if stores.is_empty() {
        return false;
    }
    let goes = |from: Point, to: Point| tokens.path(from, |at, _| at == to, |_, _| false).is_some();
    on_static("::load").into_iter().any(|(load, asked)| {
        let is_left_out = || {
            let returns = |at: Point, _: Option<&crate::flow::mir::Statement>| {
                matches!(mir.blocks[at.block.index()].terminator, crate::flow::mir::Terminator::Return { .. })
                    && at.index as usize == mir.blocks[at.block.index()].statements.len()
            };
            tokens.path(load, returns, |at, _| at == point).is_some()
        };
        stores.iter().any(|(store, set)| *set == asked && goes(point, *store))
            && goes(load, point)
            && is_left_out()
    })
}
