//! The walk over expressions.

use std::sync::Arc;

use crate::symbol::{Symbol, sym};
use crate::syntax::hir::{Block, ExprId, ExprKind, PatId, StmtKind};
use crate::types::context::{Infer, LoopFrame};
use crate::types::project::Question;
use crate::types::ty::{Args, Ty};

impl Infer<'_> {
    /// The type of an expression, nothing expected.
    pub(super) fn infer(&mut self, id: ExprId) -> Ty {
        self.infer_with(id, None)
    }

    /// The type of an expression that stands where `expected` is wanted. The expectation is a hint; the
    /// caller unifies.
    pub(super) fn infer_expected(&mut self, id: ExprId, expected: &Ty) -> Ty {
        self.infer_with(id, Some(expected))
    }

    /// Infers `id` and makes it the same as `expected` where no coercion stands between.
    pub(super) fn check(&mut self, id: ExprId, expected: &Ty) -> Ty {
        let ty = self.infer_with(id, Some(expected));
        self.vars.unify(expected, &ty);
        ty
    }

    pub(super) fn infer_with(&mut self, id: ExprId, expected: Option<&Ty>) -> Ty {
        if !matches!(self.exprs[id.index()], Ty::Unknown) {
            return self.exprs[id.index()].clone();
        }
        let ty = self.infer_kind(id, expected);
        let ty = if matches!(ty, Ty::Unknown) { self.vars.opaque() } else { ty };
        self.exprs[id.index()] = ty.clone();
        ty
    }

    fn infer_kind(&mut self, id: ExprId, expected: Option<&Ty>) -> Ty {
        let body = self.body;
        match &body.expr(id).kind {
            ExprKind::Missing | ExprKind::Underscore => Ty::Unknown,
            ExprKind::Literal(literal) => self.literal(literal),
            ExprKind::Local(local) => {
                if self.doubtful_locals.contains(local) {
                    self.doubtful.insert(id);
                }
                self.locals[local.index()].clone()
            }
            ExprKind::Path(path) => self.path_value(id, path, expected),
            ExprKind::Call { callee, args } => self.call(id, *callee, args, expected),
            ExprKind::MethodCall { receiver, args, .. } => {
                self.infer(*receiver);
                self.inherit_doubt(id, *receiver);
                self.method_call(id, args, expected)
            }
            ExprKind::Field { base, name } => {
                let ty = self.infer(*base);
                self.inherit_doubt(id, *base);
                self.ask(Question::Field(*name), &ty)
            }
            ExprKind::Index { base, index } => {
                let ty = self.infer(*base);
                self.inherit_doubt(id, *base);
                let index = self.infer(*index);
                self.ask(Question::Index(index), &ty)
            }
            ExprKind::Unary { op, operand } => self.unary(id, *op, *operand, expected),
            ExprKind::Binary { op, lhs, rhs } => self.binary(*op, *lhs, *rhs, expected),
            ExprKind::Assign { place, value } => {
                if matches!(body.expr(*place).kind, ExprKind::Underscore) {
                    self.infer(*value);
                } else {
                    let place = self.infer(*place);
                    self.check(*value, &place);
                }
                Ty::unit()
            }
            ExprKind::AssignOp { place, value, .. } => {
                let place = self.infer(*place);
                let value = self.infer(*value);
                if matches!(self.vars.shallow(&place), Ty::Prim(_)) {
                    self.vars.unify(&place, &value);
                }
                Ty::unit()
            }
            ExprKind::AddressOf { mutable, raw, operand } => {
                self.address_of(id, *mutable, *raw, *operand, expected)
            }
            ExprKind::Cast { operand, ty } => {
                let target = self.lower_ty(ty);
                self.infer(*operand);
                target
            }
            ExprKind::Let { pat, scrutinee } => {
                let ty = self.infer(*scrutinee);
                self.bind_from(*pat, &ty, *scrutinee);
                Ty::prim("bool")
            }
            ExprKind::If { condition, then_branch, else_branch } => {
                self.infer(*condition);
                match else_branch {
                    Some(other) => self.join_branches(&[*then_branch, *other], expected),
                    None => {
                        self.infer(*then_branch);
                        Ty::unit()
                    }
                }
            }
            ExprKind::While { label, condition, body } => {
                self.infer(*condition);
                self.in_loop(*label, *body, true);
                Ty::unit()
            }
            ExprKind::Loop { label, body } => self.in_loop(*label, *body, true).unwrap_or(Ty::Never),
            ExprKind::For { label, pat, iterable, body, .. } => {
                let ty = self.infer(*iterable);
                let item = self.ask(Question::Item, &ty);
                self.bind_from(*pat, &item, *iterable);
                self.in_loop(*label, *body, true);
                Ty::unit()
            }
            ExprKind::Match { scrutinee, arms } => {
                let ty = self.infer(*scrutinee);
                let mut values = Vec::with_capacity(arms.len());
                let join = self.vars.free();
                for arm in arms {
                    self.bind_from(arm.pat, &ty, *scrutinee);
                    if let Some(guard) = arm.guard {
                        self.infer(guard);
                    }
                    let hint = expected.cloned().unwrap_or_else(|| join.clone());
                    let value = self.infer_expected(arm.body, &hint);
                    self.join_value(&join, &value);
                    values.push(value);
                }
                self.joined(&join, &values)
            }
            ExprKind::Block(block) => self.block(block, expected),
            ExprKind::Closure(closure) => self.closure(*closure, expected),
            ExprKind::Await { operand } => {
                let ty = self.infer(*operand);
                self.inherit_doubt(id, *operand);
                match self.awaited.get(operand) {
                    Some(known) => known.clone(),
                    None => self.ask(Question::Await(*operand), &ty),
                }
            }
            ExprKind::Try { operand } => {
                let ty = self.infer(*operand);
                self.inherit_doubt(id, *operand);
                self.ask(Question::Tried, &ty)
            }
            ExprKind::Return(value) => {
                if let Some(value) = value {
                    let ret = self.returns.last().cloned().unwrap_or_else(|| self.vars.free());
                    self.check(*value, &ret);
                }
                Ty::Never
            }
            ExprKind::Break { label, value } => {
                self.leave(*label, *value);
                Ty::Never
            }
            ExprKind::Continue { .. } => Ty::Never,
            ExprKind::Struct { path, fields, base } => self.struct_literal(id, path, fields, *base, expected),
            ExprKind::Tuple(parts) => {
                let hints = match expected.map(|t| self.vars.shallow(t)) {
                    Some(Ty::Tuple(hints)) if hints.len() == parts.len() => hints,
                    _ => Args::from([]),
                };
                let types = parts
                    .iter()
                    .enumerate()
                    .map(|(i, part)| self.infer_with(*part, hints.get(i)))
                    .collect::<Vec<_>>();
                Ty::Tuple(types.into())
            }
            ExprKind::Array(parts) => {
                let item = self.element_hint(expected);
                for part in parts {
                    self.check(*part, &item);
                }
                Ty::Array(Arc::new(item))
            }
            ExprKind::Repeat { value, count } => {
                let item = self.element_hint(expected);
                self.check(*value, &item);
                self.infer(*count);
                Ty::Array(Arc::new(item))
            }
            ExprKind::Range { start, end } => self.range(*start, *end),
            ExprKind::Yield(value) => {
                if let Some(value) = value {
                    self.infer(*value);
                }
                Ty::Unknown
            }
            ExprKind::Macro(call) => self.macro_call(id, call, expected),
            ExprKind::Select(select) => self.select(id, select, expected),
        }
    }

    fn element_hint(&mut self, expected: Option<&Ty>) -> Ty {
        match expected.map(|t| self.vars.shallow(t)) {
            Some(Ty::Array(item) | Ty::Slice(item)) => (*item).clone(),
            _ => self.vars.free(),
        }
    }

    /// What rests on a shape makes what is built on it rest on the shape.
    pub(super) fn inherit_doubt(&mut self, id: ExprId, from: ExprId) {
        if self.doubtful.contains(&from) {
            self.doubtful.insert(id);
        }
    }

    fn bind_from(&mut self, pat: PatId, ty: &Ty, from: ExprId) {
        if self.doubtful.contains(&from) {
            self.doubt_pattern(pat);
        }
        self.bind(pat, ty);
    }

    fn join_branches(&mut self, branches: &[ExprId], expected: Option<&Ty>) -> Ty {
        let join = self.vars.free();
        let mut values = Vec::with_capacity(branches.len());
        for branch in branches {
            let hint = expected.cloned().unwrap_or_else(|| join.clone());
            let value = self.infer_expected(*branch, &hint);
            self.join_value(&join, &value);
            values.push(value);
        }
        self.joined(&join, &values)
    }

    /// Takes the first branch that is known; opaque ones wait.
    pub(super) fn join_value(&mut self, join: &Ty, value: &Ty) {
        if !self.vars.is_opaque(value) {
            self.vars.unify(join, value);
        }
    }

    /// The type of branches that [`Self::join_value`] has seen.
    pub(super) fn joined(&mut self, join: &Ty, values: &[Ty]) -> Ty {
        let mut diverges = !values.is_empty();
        for value in values {
            if !matches!(self.vars.shallow(value), Ty::Never) {
                diverges = false;
                if self.vars.is_open(join) {
                    self.vars.unify(join, value);
                }
            }
        }
        if diverges { Ty::Never } else { join.clone() }
    }

    /// Walks a loop's body; the type of its `break` values, `None` when nothing leaves it.
    fn in_loop(&mut self, label: Option<Symbol>, body: ExprId, is_loop: bool) -> Option<Ty> {
        let ty = self.vars.free();
        self.loops.push(LoopFrame { label, ty: ty.clone(), is_loop, broken: false });
        self.infer(body);
        let frame = self.loops.pop()?;
        frame.broken.then_some(ty)
    }

    fn leave(&mut self, label: Option<Symbol>, value: Option<ExprId>) {
        let target = self.loops.iter().rposition(|f| match label {
            Some(_) => f.label == label,
            None => f.is_loop,
        });
        let ty = target.and_then(|i| self.loops.get_mut(i)).map(|frame| {
            frame.broken = true;
            frame.ty.clone()
        });
        match (value, ty) {
            (Some(value), Some(ty)) => {
                self.check(value, &ty);
            }
            (Some(value), None) => {
                self.infer(value);
            }
            (None, Some(ty)) => self.vars.unify(&ty, &Ty::unit()),
            (None, None) => {}
        }
    }

    /// A block: statements in order, then the tail.
    pub(super) fn block(&mut self, block: &Block, expected: Option<&Ty>) -> Ty {
        let around = self.module;
        if let Some(module) = block.module {
            self.module = module;
        }
        let label = block.label.map(|label| {
            let ty = self.vars.free();
            self.loops.push(LoopFrame { label: Some(label), ty: ty.clone(), is_loop: false, broken: false });
            ty
        });
        let mut diverges = false;
        for stmt in &block.stmts {
            match &stmt.kind {
                StmtKind::Let { pat, ty, init, else_branch } => {
                    self.let_statement(*pat, ty.as_deref(), *init);
                    if let Some(other) = else_branch {
                        self.infer(*other);
                    }
                    if let Some(init) = init {
                        diverges |= matches!(self.exprs[init.index()], Ty::Never);
                    }
                }
                StmtKind::Expr { expr, .. } => {
                    diverges |= matches!(self.infer(*expr), Ty::Never);
                }
            }
        }
        let mut value = match block.tail {
            Some(tail) => self.infer_with(tail, expected),
            None if diverges => Ty::Never,
            None => Ty::unit(),
        };
        if let Some(ty) = label {
            let broken = self.loops.pop().is_some_and(|f| f.broken);
            if broken {
                self.vars.unify(&ty, &value);
                value = ty;
            }
        }
        self.module = around;
        value
    }

    fn let_statement(&mut self, pat: PatId, ty: Option<&crate::syntax::hir::TypeRef>, init: Option<ExprId>) {
        let declared = ty.map(|ty| self.lower_ty(ty));
        let ty = match (declared, init) {
            (Some(declared), Some(init)) => {
                self.check(init, &declared);
                declared
            }
            (Some(declared), None) => declared,
            (None, Some(init)) => {
                let ty = self.infer(init);
                if self.doubtful.contains(&init) {
                    self.doubt_pattern(pat);
                }
                ty
            }
            (None, None) => return,
        };
        self.bind(pat, &ty);
    }

    fn range(&mut self, start: Option<ExprId>, end: Option<ExprId>) -> Ty {
        let item = self.vars.free();
        for bound in [start, end].into_iter().flatten() {
            self.check(bound, &item);
        }
        let path = match (start, end) {
            (Some(_), Some(_)) => "std::ops::Range",
            (Some(_), None) => "std::ops::RangeFrom",
            (None, Some(_)) => "std::ops::RangeTo",
            (None, None) => return Ty::adt("std::ops::RangeFull", []),
        };
        Ty::Adt(sym(path), [item].into())
    }
}
