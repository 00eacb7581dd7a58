//! Expressions into a destination.

use smallvec::{SmallVec, smallvec};

use crate::flow::build::Builder;
use crate::flow::build::places::ConstantKind;
use crate::flow::build::scopes::{Breakable, ScopeKind};
use crate::flow::build::statements::numbered;
use crate::flow::mir::Mir;
use crate::flow::mir::{
    AwaitKind, BlockId, BranchKind, Capture, CaptureHow, Discard, DropHow, LoopId, LoopInfo, LoopKind,
    Operand, Owner, Place, Projection, ReturnKind, Rvalue, StatementKind, Terminator, VarKind,
};
use crate::span::Span;
use crate::symbol::{Symbol, sym};
use crate::syntax::hir::{Arm, BinaryOp, ClosureId, ExprId, ExprKind, LocalId, MacroKind, PatId, UnaryOp};
use crate::types::ty::Ty;

impl Builder<'_, '_> {
    /// Evaluates `e` and stores its value in `dest`.
    pub(super) fn expr_into(&mut self, dest: Place, e: ExprId) {
        let body = self.flows.cx.body;
        let span = self.span(e);
        match &body.expr(e).kind {
            ExprKind::Literal(_) | ExprKind::Missing | ExprKind::Underscore => {
                self.assign(dest, Rvalue::Opaque, e)
            }
            ExprKind::Path(_) => match self.constant_kind(e) {
                ConstantKind::Static => self.static_into(dest, e),
                ConstantKind::Other => self.assign_use(dest, Operand::Constant(e), e),
            },
            ExprKind::Local(_) | ExprKind::Field { .. } | ExprKind::Index { .. } => {
                let place = self.place(e);
                let operand = self.consume(place, self.ty(e));
                self.assign_use(dest, operand, e);
            }
            ExprKind::Unary { op: UnaryOp::Deref, operand } => {
                let place = self.place(*operand).project(Projection::Deref);
                self.assign_use(dest, Operand::Copy(place), e);
            }
            ExprKind::Unary { operand, .. } => {
                let operand = self.operand(*operand);
                self.assign(dest, Rvalue::Compute(vec![operand]), e);
            }
            ExprKind::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), lhs, rhs } => {
                self.lazy_into(dest, e, *op, *lhs, *rhs);
            }
            ExprKind::Binary { op, lhs, rhs } => {
                let compares = matches!(
                    op,
                    BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge
                );
                let (lhs, rhs) = (*lhs, *rhs);
                // Comparison operators take their operands by reference.
                let left = if compares { self.borrow(lhs, false) } else { self.operand(lhs) };
                let right = if compares { self.borrow(rhs, false) } else { self.operand(rhs) };
                self.assign(dest, Rvalue::Compute(vec![left, right]), e);
            }
            ExprKind::Assign { place, value } => self.assignment(dest, e, *place, *value),
            ExprKind::AssignOp { place, value, .. } => {
                let (place, value) = (*place, *value);
                let value = self.operand(value);
                let place = self.place(place);
                let read = Operand::Borrow(true, place);
                self.assign(dest, Rvalue::Compute(vec![read, value]), e);
            }
            ExprKind::AddressOf { mutable, operand, .. } => {
                let (mutable, operand) = (*mutable, *operand);
                let place = match self.extended.get(&e).copied() {
                    Some(depth) => self.extended_place(operand, depth),
                    None => self.place(operand),
                };
                self.assign(dest, Rvalue::Ref(mutable, place), e);
            }
            ExprKind::Cast { operand, .. } => {
                let operand = self.operand(*operand);
                self.assign_use(dest, operand, e);
            }
            ExprKind::Let { .. } => {
                let fails = self.new_block();
                let join = self.new_block();
                self.in_scope(ScopeKind::Head, span, |b| b.condition(e, fails, b.scopes.len() - 1));
                self.goto(join);
                self.switch_to(fails);
                self.goto(join);
                self.switch_to(join);
            }
            ExprKind::If { condition, then_branch, else_branch } => {
                self.if_into(dest, e, *condition, *then_branch, *else_branch);
            }
            ExprKind::While { label, condition, body } => self.while_loop(e, *label, *condition, *body),
            ExprKind::Loop { label, body } => self.endless_loop(dest, e, *label, *body),
            ExprKind::For { label, pat, iterable, body, is_await } => {
                self.for_loop(e, *label, *pat, *iterable, *body, *is_await);
            }
            ExprKind::Match { scrutinee, arms } => self.match_into(dest, e, *scrutinee, arms),
            ExprKind::Block(block) => self.block_into(dest, e, block),
            ExprKind::Closure(id) => self.closure_into(dest, e, *id),
            ExprKind::Call { callee, args } => self.call_into(dest, e, *callee, args),
            ExprKind::MethodCall { receiver, method, method_span, args, .. } => {
                self.method_into(dest, e, *receiver, *method, *method_span, args);
            }
            ExprKind::Await { operand } => {
                let operand = self.operand(*operand);
                let kind = AwaitKind::Await;
                self.push(StatementKind::Await { dest, operands: vec![operand], kind }, span, Some(e));
            }
            ExprKind::Try { operand } => self.try_into(dest, e, *operand),
            ExprKind::Return(value) => {
                let to = Place::whole(self.mir.return_var);
                let kind = self.return_kind(*value);
                if let Some(value) = *value {
                    self.expr_into(to, value);
                }
                self.leave_scopes(0, span);
                self.terminate(Terminator::Return { kind, span });
            }
            ExprKind::Break { label, value } => self.break_(span, *label, *value),
            ExprKind::Continue { label } => {
                let target = self
                    .breakables
                    .iter()
                    .rev()
                    .find(|b| b.is_loop && (label.is_none() || b.label == *label));
                match target.and_then(|b| b.continue_to.map(|c| (c, b.depth))) {
                    Some((to, depth)) => {
                        self.leave_scopes(depth, span);
                        self.terminate(Terminator::Goto(to));
                    }
                    None => self.terminate(Terminator::Diverge { span }),
                }
            }
            ExprKind::Struct { fields, base, .. } => {
                let path = self.ty(e).path();
                let parts: Vec<_> = self.in_operands(|b| {
                    let mut parts: Vec<_> =
                        fields.iter().map(|(name, value)| (*name, b.part(*value))).collect();
                    if let Some(base) = base {
                        parts.push((sym(".."), b.part(*base)));
                    }
                    parts
                });
                self.assign(dest, Rvalue::Aggregate { path, parts: parts.into() }, e);
            }
            ExprKind::Tuple(items) | ExprKind::Array(items) => {
                let operands: Vec<_> = self.in_operands(|b| items.iter().map(|i| b.part(*i)).collect());
                self.assign(
                    dest,
                    Rvalue::Aggregate { path: None, parts: numbered(operands.into_iter()).into() },
                    e,
                );
            }
            ExprKind::Repeat { value, count } => {
                let value = self.operand(*value);
                self.operand(*count);
                self.assign(dest, Rvalue::Aggregate { path: None, parts: [(sym("0"), value)].into() }, e);
            }
            ExprKind::Range { start, end } => {
                let operands: Vec<Operand> =
                    [*start, *end].into_iter().flatten().map(|o| self.operand(o)).collect();
                self.assign(dest, Rvalue::Compute(operands), e);
            }
            ExprKind::Yield(value) => {
                let operands = value.iter().map(|v| self.operand(*v)).collect();
                self.push(StatementKind::Await { dest, operands, kind: AwaitKind::Stream }, span, Some(e));
            }
            ExprKind::Macro(call) => self.macro_into(dest, e, call),
            ExprKind::Select(select) => self.select_into(dest, e, select),
        }
    }

    fn assignment(&mut self, dest: Place, e: ExprId, place: ExprId, value: ExprId) {
        let body = self.flows.cx.body;
        let span = self.span(e);
        match &body.expr(place).kind {
            ExprKind::Underscore => return self.assign_nowhere(value),
            ExprKind::Tuple(parts) => return self.take_apart(e, parts, value),
            _ => {}
        }
        let mut operand = self.operand(value);
        let to = self.place(place);
        if let Operand::Move(from) = &operand
            && from.var == to.var
        {
            // `x = x` does not drop what it moves.
            let aside = self.new_var(VarKind::Temp(value), self.ty(value).clone(), self.span(value));
            self.assign_use(Place::whole(aside), operand, value);
            operand = Operand::Move(Place::whole(aside));
        }
        self.overwrite(to, operand, span, e);
        let _ = dest;
    }

    /// `_ = value` is `{ let _ = value; }`.
    fn assign_nowhere(&mut self, value: ExprId) {
        let span = self.span(value);
        self.in_scope(ScopeKind::Block, span, |b| {
            if b.extend(value) {
                b.in_scope(ScopeKind::Statement, span, |b| b.place(value));
            } else {
                b.discard(value, Discard::AssignUnderscore);
            }
        });
    }

    /// `(a, b) = value` is `{ let (x, y) = value; a = x; b = y; }`.
    fn take_apart(&mut self, e: ExprId, parts: &[ExprId], value: ExprId) {
        let body = self.flows.cx.body;
        let span = self.span(e);
        self.in_scope(ScopeKind::Block, span, |b| {
            let mut taken = Vec::new();
            b.in_scope(ScopeKind::Statement, span, |b| {
                b.extend(value);
                let from = b.place(value);
                for (i, part) in parts.iter().enumerate() {
                    if matches!(body.expr(*part).kind, ExprKind::Underscore) || !b.is_place(*part) {
                        continue;
                    }
                    let ty = b.ty(*part);
                    let operand = b.consume(from.clone().project(Projection::Field(sym(&i.to_string()))), ty);
                    let var = b.new_var(VarKind::Temp(*part), ty.clone(), b.span(*part));
                    b.assign_use(Place::whole(var), operand, *part);
                    b.schedule(var);
                    taken.push((*part, var));
                }
            });
            for (part, var) in taken {
                let operand = b.consume(Place::whole(var), b.ty(part));
                let to = b.place(part);
                b.overwrite(to, operand, span, e);
            }
        });
    }

    /// The new value is there before the old one is dropped (Reference, "Assignment expressions").
    fn overwrite(&mut self, to: Place, operand: Operand, span: Span, e: ExprId) {
        if to.projections.is_empty() && !self.flows.cx.ownership.is_trivial(&self.mir.var(to.var).ty) {
            self.push(StatementKind::Drop { var: to.var, how: DropHow::Overwritten }, span, Some(e));
        }
        self.assign_use(to, operand, e);
    }

    /// A branch, arm or loop body: its temporaries end with it.
    pub(super) fn branch_into(&mut self, dest: Place, e: ExprId) {
        let span = self.span(e);
        self.in_scope(ScopeKind::Tail, span, |b| b.expr_into(dest, e));
    }

    fn if_into(
        &mut self,
        dest: Place,
        e: ExprId,
        condition: ExprId,
        then: ExprId,
        otherwise: Option<ExprId>,
    ) {
        let span = self.span(e);
        let failed = self.new_block();
        let join = self.new_block();
        let depth = self.scopes.len();
        // Edition 2024: temporaries of an `if let` head end before `else`. Before, they belong to the statement.
        let rescoped = self.flows.cx.edition >= 2024 && self.has_let(condition);
        self.push_scope(ScopeKind::Block, span);
        if rescoped {
            self.push_scope(ScopeKind::Head, self.span(condition).to(self.span(then)));
        }
        self.push_scope(ScopeKind::Block, self.span(then));
        self.condition(condition, failed, depth);
        self.branch_into(dest.clone(), then);
        self.pop_scopes(depth);
        self.goto(join);
        self.switch_to(failed);
        if let Some(otherwise) = otherwise {
            self.branch_into(dest, otherwise);
        }
        self.goto(join);
        self.switch_to(join);
    }

    fn open_loop(&mut self, e: ExprId, kind: LoopKind, body: ExprId) -> (LoopId, BlockId, BlockId) {
        let span = self.span(e);
        let exit = self.new_block();
        let id = LoopId(self.mir.loops.len() as u32);
        let parent = self.in_loop;
        self.mir.loops.push(LoopInfo {
            expr: e,
            kind,
            header: exit,
            exit,
            parent,
            span,
            head: Span::new(span.lo, self.span(body).lo),
        });
        self.in_loop = Some(id);
        let header = self.new_block();
        self.mir.loops[id.0 as usize].header = header;
        self.goto(header);
        self.switch_to(header);
        (id, header, exit)
    }

    fn close_loop(&mut self, id: LoopId, exit: BlockId) {
        self.in_loop = self.mir.loops[id.0 as usize].parent;
        self.switch_to(exit);
    }

    fn enter_breakable(&mut self, label: Option<Symbol>, header: BlockId, exit: BlockId, dest: Place) {
        self.breakables.push(Breakable {
            label,
            is_loop: true,
            break_to: exit,
            continue_to: Some(header),
            depth: self.scopes.len(),
            dest,
        });
    }

    fn loop_body(&mut self, body: ExprId) {
        let var = self.new_var(VarKind::Temp(body), Ty::unit(), self.span(body));
        self.branch_into(Place::whole(var), body);
    }

    fn endless_loop(&mut self, dest: Place, e: ExprId, label: Option<Symbol>, body: ExprId) {
        let (id, header, exit) = self.open_loop(e, LoopKind::Loop, body);
        self.enter_breakable(label, header, exit, dest);
        self.loop_body(body);
        self.breakables.pop();
        self.goto(header);
        self.close_loop(id, exit);
    }

    fn while_loop(&mut self, e: ExprId, label: Option<Symbol>, condition: ExprId, body: ExprId) {
        let has_let = self.has_let(condition);
        let kind = if has_let { LoopKind::WhileLet } else { LoopKind::While };
        let (id, header, exit) = self.open_loop(e, kind, body);
        let unit = self.new_var(VarKind::Temp(e), Ty::unit(), self.span(e));
        self.enter_breakable(label, header, exit, Place::whole(unit));
        let depth = self.scopes.len();
        let span = self.span(e);
        // The head's temporaries live for one turn, in every edition.
        self.push_scope(ScopeKind::Block, span);
        if has_let {
            self.push_scope(ScopeKind::Head, span);
        }
        self.push_scope(ScopeKind::Block, self.span(body));
        self.condition(condition, exit, depth);
        self.loop_body(body);
        self.pop_scopes(depth);
        self.breakables.pop();
        self.goto(header);
        self.close_loop(id, exit);
    }

    fn for_loop(
        &mut self,
        e: ExprId,
        label: Option<Symbol>,
        pat: PatId,
        iterable: ExprId,
        body: ExprId,
        is_await: bool,
    ) {
        let span = self.span(e);
        // The iterator and the temporaries of the head live until the loop is done, in every edition.
        self.push_scope(ScopeKind::Head, span);
        let by_reference = matches!(self.ty(iterable), Ty::Ref(..));
        let source = self.as_scrutinee(|b| {
            if matches!(b.flows.cx.body.expr(iterable).kind, ExprKind::Range { .. }) {
                b.place(iterable)
            } else {
                let operand = b.operand(iterable);
                match operand {
                    Operand::Move(place) => {
                        // `into_iter` takes the value; the iterator owns what is left.
                        let var =
                            b.new_var(VarKind::Temp(iterable), b.ty(iterable).clone(), b.span(iterable));
                        b.schedule_temporary(var);
                        b.assign_use(Place::whole(var), Operand::Move(place), iterable);
                        Place::whole(var)
                    }
                    Operand::Copy(place) | Operand::Borrow(_, place) => place,
                    Operand::Constant(_) => b.place(iterable),
                }
            }
        });
        let (id, header, exit) = self.open_loop(e, LoopKind::For, body);
        let unit = self.new_var(VarKind::Temp(e), Ty::unit(), span);
        self.enter_breakable(label, header, exit, Place::whole(unit));
        if is_await {
            let dest = Place::whole(unit);
            let operands = vec![Operand::Borrow(true, source.clone())];
            self.push(StatementKind::Await { dest, operands, kind: AwaitKind::Stream }, span, Some(e));
        }
        let turn = self.new_block();
        self.terminate(Terminator::Branch { on: e, targets: smallvec![turn, exit], kind: BranchKind::Next });
        self.switch_to(turn);
        self.push_scope(ScopeKind::Block, self.span(body));
        self.bind(pat, &source.project(Projection::Index), Some(iterable), by_reference);
        self.loop_body(body);
        self.pop_scope();
        self.breakables.pop();
        self.goto(header);
        self.close_loop(id, exit);
        self.pop_scope();
    }

    fn match_into(&mut self, dest: Place, e: ExprId, scrutinee: ExprId, arms: &[Arm]) {
        let by_reference = self.binds_by_reference(scrutinee);
        let place = self.as_scrutinee(|b| b.place(scrutinee));
        let join = self.new_block();
        let starts: SmallVec<[BlockId; 2]> = arms.iter().map(|_| self.new_block()).collect();
        let targets = if starts.is_empty() { smallvec![join] } else { starts.clone() };
        self.terminate(Terminator::Branch { on: e, targets, kind: BranchKind::Match });
        for (index, arm) in arms.iter().enumerate() {
            self.switch_to(starts[index]);
            self.mir.blocks[starts[index].index()].on_error_arm = self.is_error_pattern(arm.pat);
            let depth = self.scopes.len();
            self.push_scope(ScopeKind::Block, arm.span);
            let failed = arm.guard.map(|guard| {
                let failed = self.new_block();
                self.peeks = true;
                self.as_statement(|b| b.bind(arm.pat, &place, Some(scrutinee), by_reference));
                self.peeks = false;
                self.condition(guard, failed, depth);
                failed
            });
            self.as_statement(|b| b.bind(arm.pat, &place, Some(scrutinee), by_reference));
            self.branch_into(dest.clone(), arm.body);
            self.pop_scopes(depth);
            self.goto(join);
            if let Some(failed) = failed {
                self.switch_to(failed);
                let targets = self.arms_after(arms, index, &starts);
                match targets.as_slice() {
                    [] => self.goto(join),
                    [only] => self.goto(*only),
                    _ => self.terminate(Terminator::Branch { on: e, targets, kind: BranchKind::Match }),
                }
            }
        }
        self.switch_to(join);
    }

    /// The arms that are tried when the guard of arm `index` fails.
    fn arms_after(&self, arms: &[Arm], index: usize, starts: &[BlockId]) -> SmallVec<[BlockId; 2]> {
        let mut targets = SmallVec::new();
        for (arm, start) in arms.iter().zip(starts).skip(index + 1) {
            if self.may_both_match(arms[index].pat, arm.pat) {
                targets.push(*start);
                if arm.guard.is_none() && self.is_irrefutable(arm.pat) {
                    break;
                }
            }
        }
        targets
    }

    fn closure_into(&mut self, dest: Place, e: ExprId, id: ClosureId) {
        let closure = self.flows.cx.body.closure(id);
        let inner = self.flows.closure(id);
        let mut captures = Vec::new();
        for local in &closure.captures {
            let Some(var) = self.captured_var(*local) else { continue };
            let ty = &self.mir.var(var).ty;
            let how = if closure.is_move {
                if self.flows.cx.ownership.is_copy(ty) { CaptureHow::Copy } else { CaptureHow::Move }
            } else {
                capture_by_use(&inner, *local)
            };
            captures.push(Capture { local: *local, var, how });
        }
        self.assign(dest, Rvalue::Closure { id, captures }, e);
    }

    fn captured_var(&mut self, local: LocalId) -> Option<crate::flow::mir::Var> {
        self.locals.get(&local).copied()
    }

    fn try_into(&mut self, dest: Place, e: ExprId, operand: ExprId) {
        let span = self.span(e);
        let value = self.operand(operand);
        let (goes_on, fails) = (self.new_block(), self.new_block());
        self.terminate(Terminator::Branch {
            on: e,
            targets: smallvec![goes_on, fails],
            kind: BranchKind::Question,
        });
        self.switch_to(fails);
        self.mir.blocks[fails.index()].on_failure = true;
        if let Some(var) = value.var() {
            self.push(StatementKind::Vacant(var), span, Some(e));
        }
        let try_block = self.breakables.iter().rposition(|b| !b.is_loop && b.label.is_none());
        match try_block {
            Some(index) => {
                let (to, depth) = (self.breakables[index].break_to, self.breakables[index].depth);
                self.leave_scopes(depth, span);
                self.terminate(Terminator::Goto(to));
            }
            None => {
                self.leave_scopes(0, span);
                self.terminate(Terminator::Return { kind: ReturnKind::Question, span });
            }
        }
        self.switch_to(goes_on);
        match value {
            Operand::Move(place) => {
                let inside = Operand::Move(place.project(Projection::Field(sym("0"))));
                self.assign_use(dest, inside, e);
            }
            other => self.assign_use(dest, other, e),
        }
    }

    fn break_(&mut self, span: Span, label: Option<Symbol>, value: Option<ExprId>) {
        let target = self.breakables.iter().rposition(|b| match label {
            Some(_) => b.label == label,
            None => b.is_loop,
        });
        let Some(index) = target else {
            return self.terminate(Terminator::Diverge { span });
        };
        let (to, depth, dest) = {
            let b = &self.breakables[index];
            (b.break_to, b.depth, b.dest.clone())
        };
        if let Some(value) = value {
            self.expr_into(dest, value);
        }
        self.leave_scopes(depth, span);
        self.terminate(Terminator::Goto(to));
    }

    /// Whether a returned expression is plainly an error.
    pub(super) fn return_kind(&self, value: Option<ExprId>) -> ReturnKind {
        match value {
            Some(e) if self.is_error_value(e) => ReturnKind::Failure,
            _ => ReturnKind::Explicit,
        }
    }

    pub(super) fn is_error_value(&self, e: ExprId) -> bool {
        let body = self.flows.cx.body;
        match &body.expr(e).kind {
            ExprKind::Call { callee, .. } => match &body.expr(*callee).kind {
                ExprKind::Path(path) => path.last().is_some_and(|n| n.as_str() == "Err"),
                _ => false,
            },
            ExprKind::Macro(call) => call.kind == MacroKind::Bail,
            ExprKind::MethodCall { receiver, .. } => self.is_error_value(*receiver),
            ExprKind::Block(block) => block.tail.is_some_and(|t| self.is_error_value(t)),
            _ => false,
        }
    }
}

/// How a closure without `move` takes a variable: by the strongest use inside.
fn capture_by_use(inner: &Mir, local: LocalId) -> CaptureHow {
    let Some(var) = inner.vars.iter().position(|v| v.kind == VarKind::Capture(local)) else {
        return CaptureHow::Ref;
    };
    let is_it = |place: &Place| place.var.index() == var;
    let mut how = CaptureHow::Ref;
    let mut see = |operand: &Operand| match operand {
        Operand::Move(place) if is_it(place) && !place.is_indirect() => how = CaptureHow::Move,
        Operand::Borrow(true, place) if is_it(place) && how == CaptureHow::Ref => how = CaptureHow::RefMut,
        _ => {}
    };
    for (_, statement) in inner.statements() {
        match &statement.kind {
            StatementKind::Assign { dest, value } => {
                match value {
                    Rvalue::Use(operand) => see(operand),
                    Rvalue::Ref(mutable, place) => see(&Operand::Borrow(*mutable, place.clone())),
                    Rvalue::Aggregate { parts, .. } => parts.iter().for_each(|(_, o)| see(o)),
                    Rvalue::Compute(operands) => operands.iter().for_each(&mut see),
                    Rvalue::Closure { captures, .. } => {
                        for capture in captures.iter().filter(|c| c.var.index() == var) {
                            match capture.how {
                                CaptureHow::Move => see(&Operand::Move(Place::whole(capture.var))),
                                CaptureHow::RefMut => see(&Operand::Borrow(true, Place::whole(capture.var))),
                                CaptureHow::Ref | CaptureHow::Copy => {}
                            }
                        }
                    }
                    Rvalue::Opaque => {}
                }
                see(&Operand::Borrow(true, dest.clone()));
            }
            StatementKind::Call(call) => {
                call.args.iter().for_each(&mut see);
                see(&Operand::Borrow(true, call.dest.clone()));
            }
            StatementKind::Await { operands, .. } => operands.iter().for_each(&mut see),
            StatementKind::Macro { args, .. } => args.iter().for_each(&mut see),
            StatementKind::Drop { .. } | StatementKind::Discard { .. } | StatementKind::Vacant(_) => {}
        }
    }
    how
}

impl Mir {
    /// Whether this is the flow of a closure or async block.
    #[must_use]
    pub fn is_closure(&self) -> bool {
        matches!(self.owner, Owner::Closure(_))
    }
}
