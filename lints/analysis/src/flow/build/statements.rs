//! Blocks and statements.

use smallvec::smallvec;

use crate::flow::build::Builder;
use crate::flow::build::scopes::{Breakable, ScopeKind};
use crate::flow::mir::{BranchKind, Discard, Operand, Place, Rvalue, StatementKind, Terminator};
use crate::syntax::hir::{
    Block, BlockKind, ExprId, ExprKind, PatId, PatKind, Stmt, StmtKind, TypeRef, UnaryOp,
};
use crate::types::ty::Ty;

impl Builder<'_, '_> {
    pub(super) fn block_into(&mut self, dest: Place, e: ExprId, block: &Block) {
        let span = self.span(e);
        let breaks = block.label.is_some() || block.kind == BlockKind::Try;
        let join = breaks.then(|| self.new_block());
        if let Some(join) = join {
            self.breakables.push(Breakable {
                label: block.label,
                is_loop: false,
                break_to: join,
                continue_to: None,
                depth: self.scopes.len(),
                dest: dest.clone(),
            });
        }
        self.push_scope(ScopeKind::Block, span);
        self.block_parts(&dest, block);
        self.pop_scope();
        if let Some(join) = join {
            self.breakables.pop();
            self.goto(join);
            self.switch_to(join);
        }
    }

    pub(super) fn block_statement(&mut self, dest: &Place, stmt: &Stmt) {
        match &stmt.kind {
            // A block with a value but no semicolon that is not the tail: one of several tails under
            // different cfgs.
            StmtKind::Expr { expr, semicolon: false } if self.is_alternative_tail(*expr) => {
                self.in_scope(ScopeKind::Tail, stmt.span, |b| b.expr_into(dest.clone(), *expr));
            }
            _ => self.statement(stmt),
        }
    }

    pub(super) fn tail(&mut self, dest: &Place, tail: ExprId) {
        if self.flows.cx.edition >= 2024 {
            let tail_span = self.span(tail);
            self.push_scope(ScopeKind::Tail, tail_span);
            self.expr_into(dest.clone(), tail);
            self.pop_scope();
        } else {
            self.expr_into(dest.clone(), tail);
        }
    }

    fn is_alternative_tail(&self, e: ExprId) -> bool {
        let ty = self.ty(e);
        matches!(self.flows.cx.body.expr(e).kind, ExprKind::Block(_))
            && !ty.is_unit()
            && !ty.is_unknown()
            && *ty != Ty::Never
    }

    fn statement(&mut self, stmt: &Stmt) {
        let span = stmt.span;
        match &stmt.kind {
            StmtKind::Expr { expr, .. } => {
                self.in_scope(ScopeKind::Statement, span, |b| b.discard(*expr, Discard::Statement));
            }
            StmtKind::Let { pat, ty, init, else_branch } => {
                let Some(init) = *init else {
                    self.declare_all(*pat);
                    return;
                };
                self.push_scope(ScopeKind::Statement, span);
                self.as_statement(|b| b.let_init(*pat, ty.as_deref(), init, *else_branch));
                self.pop_scope();
            }
        }
    }

    /// Evaluates an expression and throws its value away.
    pub(super) fn discard(&mut self, e: ExprId, shape: Discard) {
        let body = self.flows.cx.body;
        match &body.expr(e).kind {
            // Control flow and assignments have no value worth a word.
            ExprKind::Assign { .. }
            | ExprKind::AssignOp { .. }
            | ExprKind::While { .. }
            | ExprKind::For { .. }
            | ExprKind::Return(_)
            | ExprKind::Break { .. }
            | ExprKind::Continue { .. } => {
                let var = self.new_var(crate::flow::mir::VarKind::Temp(e), Ty::unit(), self.span(e));
                self.expr_into(Place::whole(var), e);
            }
            ExprKind::Local(_) | ExprKind::Field { .. } | ExprKind::Index { .. }
                if shape != Discard::Statement =>
            {
                // `let _ = place` and `_ = place` neither move nor drop.
                self.place(e);
            }
            _ => {
                let var = self.temp(e);
                let place = Place::whole(var);
                self.expr_into(place.clone(), e);
                let value = Operand::Borrow(false, place);
                let span = self.span(e);
                self.push(StatementKind::Discard { value, shape }, span, Some(e));
            }
        }
    }

    fn let_init(&mut self, pat: PatId, ty: Option<&TypeRef>, init: ExprId, else_branch: Option<ExprId>) {
        let body = self.flows.cx.body;
        if let Some(else_branch) = else_branch {
            return self.let_else(pat, init, else_branch);
        }
        let mut inner = pat;
        while let PatKind::Typed { pat, .. } = &body.pat(inner).kind {
            inner = *pat;
        }
        match &body.pat(inner).kind {
            PatKind::Wild => {
                if self.extends(init) {
                    self.extended_operand(init);
                } else {
                    let shape =
                        if ty.is_some() { Discard::LetUnderscoreTyped } else { Discard::LetUnderscore };
                    self.discard(init, shape);
                }
            }
            PatKind::Binding { local, sub: None } if !body.local(*local).by_ref => {
                let local = *local;
                if self.extends(init) {
                    let operand = self.extended_operand(init);
                    let dest = self.declare(local);
                    self.assign_use(dest, operand, init);
                } else if let Some(var) = self.locals.get(&local) {
                    // The same variable under another `#[cfg(…)]`.
                    let dest = Place::whole(*var);
                    self.expr_into(dest, init);
                } else {
                    // The variable's scope starts behind the statement; its drop belongs to the block.
                    let var = self.new_var(
                        crate::flow::mir::VarKind::User(local),
                        self.flows.cx.types.local(local).clone(),
                        body.local(local).span,
                    );
                    self.expr_into(Place::whole(var), init);
                    self.locals.insert(local, var);
                    self.schedule(var);
                }
            }
            _ => {
                let by_reference = self.binds_by_reference(init);
                let is_value = !self.is_place(init);
                let place = if let Some(place) = self.extended_reference(init) {
                    place
                } else if self.pattern_extends(inner) && is_value {
                    let var = self.new_var(
                        crate::flow::mir::VarKind::Temp(init),
                        self.ty(init).clone(),
                        self.span(init),
                    );
                    self.schedule_extended(var);
                    self.expr_into(Place::whole(var), init);
                    Place::whole(var)
                } else {
                    self.place(init)
                };
                self.bind(inner, &place, Some(init), by_reference);
                if is_value && self.ignored_parts(inner) {
                    let value = Self::look(&place);
                    self.push(
                        StatementKind::Discard { value, shape: Discard::PatternPart },
                        body.pat(inner).span,
                        Some(init),
                    );
                }
            }
        }
    }

    pub(super) fn binds_by_reference(&self, scrutinee: ExprId) -> bool {
        matches!(self.ty(scrutinee), Ty::Ref(..))
            || (self.is_place(scrutinee) && self.ty(scrutinee).is_unknown())
    }

    fn let_else(&mut self, pat: PatId, init: ExprId, else_branch: ExprId) {
        let by_reference = self.binds_by_reference(init);
        let place = self.place(init);
        let matched = self.new_block();
        let failed = self.new_block();
        let depth = self.scopes.len().saturating_sub(1);
        self.terminate(Terminator::Branch {
            on: init,
            targets: smallvec![matched, failed],
            kind: BranchKind::Let,
        });
        self.switch_to(failed);
        if self.matches_all_full(pat) {
            self.vacant(&place, self.span(init));
        }
        // Temporaries of the head are dropped before the `else` block runs.
        self.leave_scopes(depth, self.span(init));
        let taken: Vec<_> = self.scopes.drain(depth..).collect();
        let var =
            self.new_var(crate::flow::mir::VarKind::Temp(else_branch), Ty::Never, self.span(else_branch));
        self.in_scope(ScopeKind::Tail, self.span(else_branch), |b| {
            b.expr_into(Place::whole(var), else_branch)
        });
        self.terminate(Terminator::Unreachable);
        self.scopes.extend(taken);
        self.switch_to(matched);
        self.bind(pat, &place, Some(init), by_reference);
    }

    /// Declares the variables of a `let` without a value.
    fn declare_all(&mut self, pat: PatId) {
        let body = self.flows.cx.body;
        match &body.pat(pat).kind {
            PatKind::Binding { local, .. } => {
                self.declare(*local);
            }
            PatKind::Tuple(parts) => parts.iter().for_each(|p| self.declare_all(*p)),
            PatKind::Typed { pat, .. } => self.declare_all(*pat),
            _ => {}
        }
    }

    /// `let ref x`, `let Some(ref x)`: the value lives as long as the binding.
    fn pattern_extends(&self, pat: PatId) -> bool {
        let body = self.flows.cx.body;
        match &body.pat(pat).kind {
            PatKind::Binding { local, .. } => body.local(*local).by_ref,
            PatKind::Tuple(parts) | PatKind::Slice(parts) => parts.iter().any(|p| self.pattern_extends(*p)),
            PatKind::TupleStruct { args, .. } => args.iter().any(|p| self.pattern_extends(*p)),
            PatKind::Struct { fields, .. } => fields.iter().any(|(_, p)| self.pattern_extends(*p)),
            PatKind::Typed { pat, .. } => self.pattern_extends(*pat),
            _ => false,
        }
    }

    /// Whether an initialiser has operands whose temporaries are extended (Reference, "Temporary lifetime
    /// extension": the operand of a borrow, also inside struct, tuple, array, block tails and constructors).
    fn extends(&self, e: ExprId) -> bool {
        let body = self.flows.cx.body;
        match &body.expr(e).kind {
            ExprKind::AddressOf { operand, .. } => !self.is_place(*operand) || self.base_is_value(*operand),
            ExprKind::Cast { operand, .. } => self.extends(*operand),
            ExprKind::Tuple(parts) | ExprKind::Array(parts) => parts.iter().any(|p| self.extends(*p)),
            ExprKind::Struct { fields, .. } => fields.iter().any(|(_, f)| self.extends(*f)),
            ExprKind::Call { args, .. } => self.is_constructor(e) && args.iter().any(|a| self.extends(*a)),
            ExprKind::Block(block) => block.tail.is_some_and(|t| block.stmts.is_empty() && self.extends(t)),
            _ => false,
        }
    }

    /// The reference of `let Struct { field, .. } = &mut *lock();`, whose guard lives as long as the bindings.
    fn extended_reference(&mut self, init: ExprId) -> Option<Place> {
        let is_reference = matches!(self.flows.cx.body.expr(init).kind, ExprKind::AddressOf { .. });
        if !is_reference || !self.extends(init) {
            return None;
        }
        match self.extended_operand(init) {
            Operand::Copy(place) | Operand::Move(place) | Operand::Borrow(_, place) => Some(place),
            Operand::Constant(_) => None,
        }
    }

    fn base_is_value(&self, e: ExprId) -> bool {
        match &self.flows.cx.body.expr(e).kind {
            ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => self.base_is_value(*base),
            ExprKind::Unary { op: UnaryOp::Deref, operand } => self.base_is_value(*operand),
            ExprKind::Local(_) | ExprKind::Path(_) | ExprKind::Unary { .. } => false,
            _ => true,
        }
    }

    fn extended_operand(&mut self, e: ExprId) -> Operand {
        let body = self.flows.cx.body;
        let temp = |b: &mut Self| {
            let var = b.new_var(crate::flow::mir::VarKind::Temp(e), b.ty(e).clone(), b.span(e));
            b.schedule_extended(var);
            Place::whole(var)
        };
        if !self.extends(e) {
            return self.operand(e);
        }
        match &body.expr(e).kind {
            ExprKind::AddressOf { operand, mutable, .. } => {
                let (operand, mutable) = (*operand, *mutable);
                let place = self.extended_place(operand);
                let dest = temp(self);
                self.assign(dest.clone(), Rvalue::Ref(mutable, place), e);
                Operand::Copy(dest)
            }
            ExprKind::Cast { operand, .. } => self.extended_operand(*operand),
            ExprKind::Block(block) => match block.tail {
                Some(tail) => self.extended_operand(tail),
                None => self.operand(e),
            },
            ExprKind::Tuple(parts) | ExprKind::Array(parts) => {
                let parts: Vec<_> = numbered(parts.iter().map(|p| self.extended_operand(*p)));
                let dest = temp(self);
                self.assign(dest.clone(), Rvalue::Aggregate { path: None, parts: parts.into() }, e);
                Operand::Move(dest)
            }
            ExprKind::Call { args, .. } => {
                let parts: Vec<_> = numbered(args.iter().map(|p| self.extended_operand(*p)));
                let dest = temp(self);
                self.assign(dest.clone(), Rvalue::Aggregate { path: None, parts: parts.into() }, e);
                Operand::Move(dest)
            }
            ExprKind::Struct { fields, .. } => {
                let path = self.flows.cx.types.expr(e).path();
                let parts: Vec<_> = fields.iter().map(|(n, f)| (*n, self.extended_operand(*f))).collect();
                let dest = temp(self);
                self.assign(dest.clone(), Rvalue::Aggregate { path, parts: parts.into() }, e);
                Operand::Move(dest)
            }
            _ => self.operand(e),
        }
    }

    /// The operand of an extended borrow: its temporary lives as long as the binding.
    fn extended_place(&mut self, e: ExprId) -> Place {
        let body = self.flows.cx.body;
        match &body.expr(e).kind {
            ExprKind::Field { base, name } if self.base_is_value(*base) => {
                self.extended_place(*base).project(crate::flow::mir::Projection::Field(*name))
            }
            ExprKind::Index { base, index } if self.base_is_value(*base) => {
                let (base, index) = (*base, *index);
                let place = self.extended_place(base);
                self.operand(index);
                place.project(crate::flow::mir::Projection::Index)
            }
            ExprKind::AddressOf { .. } => {
                let operand = self.extended_operand(e);
                match operand {
                    Operand::Copy(place) | Operand::Move(place) | Operand::Borrow(_, place) => place,
                    Operand::Constant(_) => self.place(e),
                }
            }
            // `&mut *lock()`: what is dereferenced lives as long as the reference to what lies behind it.
            ExprKind::Unary { op: UnaryOp::Deref, operand } if self.base_is_value(*operand) => {
                self.extended_place(*operand).project(crate::flow::mir::Projection::Deref)
            }
            _ if self.is_place(e) => self.place(e),
            _ => {
                let var = self.new_var(crate::flow::mir::VarKind::Temp(e), self.ty(e).clone(), self.span(e));
                self.schedule_extended(var);
                self.expr_into(Place::whole(var), e);
                Place::whole(var)
            }
        }
    }
}

/// Parts of a tuple with their numbers as names.
pub(super) fn numbered(operands: impl Iterator<Item = Operand>) -> Vec<(crate::symbol::Symbol, Operand)> {
    operands.enumerate().map(|(i, o)| (crate::symbol::sym(&i.to_string()), o)).collect()
}
