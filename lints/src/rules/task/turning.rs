//! Ways round a loop on which nothing waits and nothing is done but to ask.

use linger_analysis::catalogue::{CellAccess, Class};
use linger_analysis::flow::identity::Identity;
use linger_analysis::flow::mir::{
    BlockId, BranchKind, Call, LoopId, LoopKind, Mir, Operand, Place, Projection, Rvalue, Statement,
    StatementKind, Terminator, VarKind,
};
use linger_analysis::span::Span;
use linger_analysis::symbol::Symbol;
use linger_analysis::syntax::hir::{BinaryOp, ExprId, ExprKind, PatId, PatKind, UnaryOp};
use linger_analysis::types::infer::Target;
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};

/// How many steps the search for a way round may take: what is longer does something.
const MOST_STEPS: u32 = 2_000;

/// What is asked on a way round.
#[derive(Clone)]
pub(super) struct Question {
    /// `load`, `try_recv`, the field of what is locked.
    pub(super) name: Symbol,
    /// Where.
    pub(super) span: Span,
    /// What is asked.
    object: Option<Identity>,
}

/// The first question on a way round a loop that does nothing but ask.
pub(super) fn idle_turn(cx: &BodyContext<'_>, view: &FlowView<'_>, turning: LoopId) -> Option<Question> {
    let info = &view.mir.loops[turning.0 as usize];
    if info.kind == LoopKind::For || !view.tokens.is_reachable(info.header) {
        return None;
    }
    let mut search = Search { cx, view, turning, steps: MOST_STEPS };
    search.from(info.header, &mut Way::default())
}

/// A way through a loop, up to some block.
#[derive(Default)]
struct Way {
    questions: Vec<Question>,
    /// Which side of a condition was taken, by its shape: the same one does not change in between.
    decisions: Vec<Decision>,
    seen: Vec<BlockId>,
}

/// A condition without its `!`, and whether it holds.
type Decision = (String, bool);

impl Way {
    /// Its first question, when none is asked twice: who compares two answers reads without a lock.
    fn question(&self) -> Option<Question> {
        let is_asked_before =
            |at: usize, q: &Question| self.questions.iter().take(at).any(|o| o.object == q.object);
        let twice =
            self.questions.iter().enumerate().any(|(at, q)| q.object.is_some() && is_asked_before(at, q));
        self.questions.first().filter(|_| !twice).cloned()
    }
}

struct Search<'a, 'b, 'c> {
    cx: &'a BodyContext<'b>,
    view: &'a FlowView<'c>,
    turning: LoopId,
    steps: u32,
}

impl Search<'_, '_, '_> {
    /// Goes on from a block, and gives the question of the first way that comes back to the head of the loop.
    fn from(&mut self, block: BlockId, way: &mut Way) -> Option<Question> {
        self.steps = self.steps.checked_sub(1)?;
        let mir = self.view.mir;
        let header = mir.loops[self.turning.0 as usize].header;
        let data = &mir.blocks[block.index()];
        let asked = way.questions.len();
        let mut found = None;
        way.seen.push(block);
        if data.statements.iter().all(|s| self.is_idle(s, way)) {
            for (number, next) in data.terminator.successors().iter().enumerate() {
                let Some(decision) = self.may_take(&data.terminator, number, way) else { continue };
                let decided = way.decisions.len();
                way.decisions.extend(decision);
                if *next == header {
                    found = way.question();
                } else if !way.seen.contains(next) && mir.block_in_loop(*next, self.turning) {
                    found = self.from(*next, way);
                }
                way.decisions.truncate(decided);
                if found.is_some() {
                    break;
                }
            }
        }
        way.seen.pop();
        way.questions.truncate(asked);
        found
    }

    /// Whether a way may go on with that successor, and what is decided by it.
    fn may_take(&self, terminator: &Terminator, number: usize, way: &Way) -> Option<Option<Decision>> {
        let Terminator::Branch { on, kind, .. } = terminator else { return Some(None) };
        match kind {
            BranchKind::If | BranchKind::Lazy => {
                // The right side of `a || b` is looked at when the left does not hold.
                let first_holds = *kind == BranchKind::If || self.is_and(*on);
                let (text, holds) = self.decided(*on, (number == 0) == first_holds)?;
                let contradicts = way.decisions.iter().any(|(t, h)| *t == text && *h != holds);
                (!contradicts).then_some(Some((text, holds)))
            }
            // What came is worked off: the turn was not in vain.
            BranchKind::Let => (number == 1 || !self.takes_success(*on)).then_some(None),
            BranchKind::Match => (!self.is_success_arm(*on, number)).then_some(None),
            // `rx.try_recv()?` has given something; `child.try_wait()?` may have given `None`.
            BranchKind::Question => {
                let may_be_none = self.cx.ty(*on).as_option().is_some();
                (number == 0 && (may_be_none || !self.tries(*on))).then_some(None)
            }
            BranchKind::Cfg => Some(None),
            BranchKind::Next | BranchKind::Select => None,
        }
    }

    fn is_and(&self, on: ExprId) -> bool {
        let operands = |e: &ExprKind| match e {
            ExprKind::Binary { op: BinaryOp::And, lhs, .. } => *lhs == on,
            _ => false,
        };
        self.cx.hir().exprs.iter().any(|e| operands(&e.kind))
    }

    fn decided(&self, e: ExprId, holds: bool) -> Option<Decision> {
        match &self.cx.hir().expr(e).kind {
            ExprKind::Unary { op: UnaryOp::Not, operand } => self.decided(*operand, !holds),
            // `rx.try_recv().is_ok()`
            ExprKind::MethodCall { receiver, method, .. } if polls(self.cx, *receiver) => {
                let came = match method.as_str() {
                    "is_ok" | "is_some" => holds,
                    "is_err" | "is_none" => !holds,
                    _ => true,
                };
                (!came).then(|| shape(self.cx, e).map(|text| (text, holds))).flatten()
            }
            _ => shape(self.cx, e).map(|text| (text, holds)),
        }
    }

    fn tries(&self, on: ExprId) -> bool {
        match self.cx.hir().expr(on).kind {
            ExprKind::Try { operand } => polls(self.cx, operand),
            _ => true,
        }
    }

    fn takes_success(&self, on: ExprId) -> bool {
        match self.cx.hir().expr(on).kind {
            ExprKind::Let { pat, .. } => is_success(self.cx, pat),
            _ => true,
        }
    }

    fn is_success_arm(&self, on: ExprId, number: usize) -> bool {
        let ExprKind::Match { arms, .. } = &self.cx.hir().expr(on).kind else { return true };
        // Where a guard fails, the targets are only the arms behind it.
        let has_guards = arms.iter().any(|arm| arm.guard.is_some());
        has_guards || arms.get(number).is_none_or(|arm| is_success(self.cx, arm.pat))
    }

    fn is_idle(&self, statement: &Statement, way: &mut Way) -> bool {
        match &statement.kind {
            StatementKind::Drop { .. } | StatementKind::Vacant(_) | StatementKind::Discard { .. } => true,
            StatementKind::Await { .. } | StatementKind::Macro { .. } => false,
            StatementKind::Assign { dest, value } => {
                match value {
                    Rvalue::Use(operand) => self.note_part(operand, statement.span, way),
                    Rvalue::Compute(parts) => {
                        parts.iter().for_each(|o| self.note_part(o, statement.span, way));
                        // `i += 1`
                        let writes =
                            |o: &Operand| matches!(o, Operand::Borrow(true, p) if !self.is_inside(p));
                        if parts.iter().any(writes) {
                            return false;
                        }
                    }
                    Rvalue::Ref(..) | Rvalue::Aggregate { .. } | Rvalue::Opaque => {}
                    Rvalue::Closure { .. } => return false,
                }
                self.is_inside(dest)
            }
            StatementKind::Call(call) => {
                if !self.is_inside(&call.dest) {
                    return false;
                }
                if is_question(self.cx, call) {
                    let object = call.args.first().and_then(|a| self.view.tokens.identities.operand(a));
                    way.questions.push(Question { name: call.name, span: call.name_span, object });
                    return true;
                }
                is_idle_call(self.cx, self.view.mir, call)
            }
        }
    }

    /// A value of the turn itself: what lives on is work that was done.
    fn is_inside(&self, place: &Place) -> bool {
        let info = &self.view.mir.loops[self.turning.0 as usize];
        place.projections.is_empty()
            && match self.view.mir.var(place.var).kind {
                VarKind::Temp(_) => true,
                VarKind::User(local) => info.span.contains(self.cx.hir().local(local).span),
                VarKind::Capture(_) | VarKind::Param(_) | VarKind::Return => false,
            }
    }

    /// `state.lock().unwrap().running`: a part of what a lock guards is asked for.
    fn note_part(&self, operand: &Operand, span: Span, way: &mut Way) {
        let Some(place) = operand.place() else { return };
        let ty = self.view.mir.var(place.var).ty.path();
        let is_guard =
            ty.and_then(|p| self.cx.catalogue().resource(p)).is_some_and(|r| r.class == Class::LockGuard);
        let name = place.projections.iter().rev().find_map(|p| match p {
            Projection::Field(name) => Some(*name),
            Projection::Deref | Projection::Index => None,
        });
        if let Some(name) = name.filter(|_| is_guard) {
            way.questions.push(Question { name, span, object: None });
        }
    }
}

/// Whether something that is waited for is there: `Ok(x)`, `Some(x)`, but not `Ok(None)`.
fn is_success(cx: &BodyContext<'_>, pat: PatId) -> bool {
    let is_named = |path: &linger_analysis::syntax::hir::PathRef, names: &[&str]| {
        path.last().is_some_and(|n| names.contains(&n.as_str()))
    };
    match &cx.hir().pat(pat).kind {
        // `Err(Lagged(_))` is no reason to wait: the next one is there.
        PatKind::TupleStruct { path, args } if is_named(path, &["Err"]) => {
            args.first().is_some_and(|part| match &cx.hir().pat(*part).kind {
                PatKind::Path(path) => !is_named(path, &["Empty", "Disconnected", "Closed", "WouldBlock"]),
                PatKind::Wild | PatKind::Binding { .. } => false,
                _ => true,
            })
        }
        PatKind::TupleStruct { path, args } if is_named(path, &["Ok"]) => args.first().is_none_or(
            |part| !matches!(&cx.hir().pat(*part).kind, PatKind::Path(path) if is_named(path, &["None"])),
        ),
        PatKind::Path(path) => !is_named(path, &["None"]),
        PatKind::Wild => false,
        PatKind::Literal(_) => false,
        PatKind::Or(parts) => parts.iter().any(|p| is_success(cx, *p)),
        _ => true,
    }
}

/// Whether an expression asks for what others send, and takes it.
fn polls(cx: &BodyContext<'_>, e: ExprId) -> bool {
    let callee = cx.types().callees.get(&e).map(|c| &c.target);
    matches!(callee, Some(Target::External(path)) if cx.catalogue().facts(*path).is_some_and(|f| f.polls))
}

/// Two conditions of the same shape give the same answer; `None` for what is too intricate to say so.
fn shape(cx: &BodyContext<'_>, e: ExprId) -> Option<String> {
    let part = |e: &ExprId| shape(cx, *e);
    Some(match &cx.hir().expr(e).kind {
        ExprKind::Local(local) => format!("{local:?}"),
        ExprKind::Literal(literal) => format!("{literal:?}"),
        ExprKind::Path(path) => path.last()?.to_string(),
        ExprKind::Field { base, name } => format!("{}.{name}", part(base)?),
        ExprKind::Unary { op, operand } => format!("{op:?} {}", part(operand)?),
        ExprKind::Binary { op, lhs, rhs } => format!("{} {op:?} {}", part(lhs)?, part(rhs)?),
        ExprKind::AddressOf { operand, .. } => part(operand)?,
        ExprKind::Call { callee, args } => {
            format!("{}({:?})", part(callee)?, args.iter().map(part).collect::<Option<Vec<_>>>()?)
        }
        ExprKind::MethodCall { receiver, method, args, .. } => {
            format!("{}.{method}{:?}", part(receiver)?, args.iter().map(part).collect::<Option<Vec<_>>>()?)
        }
        _ => return None,
    })
}

/// Whether a call asks whether somebody else has got on.
fn is_question(cx: &BodyContext<'_>, call: &Call) -> bool {
    match &call.callee.target {
        Target::External(path) => cx.catalogue().facts(*path).is_some_and(|f| f.polls),
        Target::Def(def) => cx.analysis.body_of(*def).is_some_and(|body| {
            let mir = &body.flow.root;
            mir.loops.is_empty()
                && mir
                    .calls()
                    .any(|(_, _, c)| matches!(c.callee.target, Target::External(_)) && is_question(cx, c))
                && mir.statements().all(|(_, s)| match &s.kind {
                    StatementKind::Call(c) => {
                        matches!(c.callee.target, Target::External(_)) && is_idle_call(cx, mir, c)
                    }
                    StatementKind::Await { .. } | StatementKind::Macro { .. } => false,
                    StatementKind::Assign { dest, .. } => dest.projections.is_empty(),
                    _ => true,
                })
        }),
        _ => false,
    }
}

/// Whether a call that is no question of the program's own neither waits nor gets anything done.
fn is_idle_call(cx: &BodyContext<'_>, mir: &Mir, call: &Call) -> bool {
    match &call.callee.target {
        Target::Constructor(_) => true,
        Target::External(path) => {
            let looks = || {
                let answer = matches!(&mir.var(call.dest.var).ty, Ty::Prim(name) if name != "str");
                call.is_method && answer && matches!(call.args.as_slice(), [Operand::Borrow(false, _)])
            };
            match cx.catalogue().facts(*path) {
                Some(facts) if facts.waits || facts.blocks || facts.io || facts.diverges => false,
                Some(facts) => {
                    facts.polls
                        || facts.transparent
                        || facts.same_object
                        || facts.clones
                        || facts.locks.is_some()
                        || facts.cell == Some(CellAccess::Set)
                        || looks()
                }
                None => looks(),
            }
        }
        _ => false,
    }
}
