//! Expressions as places, and operands read from them.

use crate::flow::build::Builder;
use crate::flow::mir::{Operand, Place, Projection, Rvalue, VarKind};
use crate::syntax::hir::{ExprId, ExprKind, UnaryOp};
use crate::types::ty::Ty;

impl Builder<'_, '_> {
    /// Whether an expression names a place (and so makes no temporary when it is borrowed).
    pub(super) fn is_place(&self, e: ExprId) -> bool {
        let body = self.flows.cx.body;
        match &body.expr(e).kind {
            ExprKind::Local(_) => true,
            ExprKind::Path(_) => matches!(self.constant_kind(e), ConstantKind::Static),
            ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => {
                self.is_place(*base) || matches!(self.ty(*base), Ty::Ref(..))
            }
            ExprKind::Unary { op: UnaryOp::Deref, .. } => true,
            _ => false,
        }
    }

    /// The place that an expression names; a temporary when it is a value.
    pub(super) fn place(&mut self, e: ExprId) -> Place {
        let body = self.flows.cx.body;
        match &body.expr(e).kind {
            ExprKind::Local(local) => match self.locals.get(local) {
                Some(var) => Place::whole(*var),
                // Not declared on this path (a pattern that was not understood): a variable of its own.
                None => {
                    let ty = self.flows.cx.types.local(*local).clone();
                    let var = self.new_var(VarKind::User(*local), ty, body.local(*local).span);
                    self.locals.insert(*local, var);
                    Place::whole(var)
                }
            },
            ExprKind::Field { base, name } => {
                let (base, name) = (*base, *name);
                let mut place = self.place(base);
                if self.derefs_to_field(base, name) {
                    place = place.project(Projection::Deref);
                }
                place.project(Projection::Field(name))
            }
            ExprKind::Index { base, index } => {
                let (base, index) = (*base, *index);
                let mut place = self.place(base);
                if matches!(self.ty(base), Ty::Ref(..)) {
                    place = place.project(Projection::Deref);
                }
                self.operand(index);
                place.project(Projection::Index)
            }
            ExprKind::Unary { op: UnaryOp::Deref, operand } => {
                let operand = *operand;
                self.place(operand).project(Projection::Deref)
            }
            _ => self.temp(e),
        }
    }

    /// Whether `base.name` goes through a reference, smart pointer or guard.
    pub(super) fn derefs_to_field(&self, base: ExprId, name: crate::symbol::Symbol) -> bool {
        match self.ty(base) {
            Ty::Ref(..) | Ty::Ptr(_) => true,
            Ty::Adt(path, _) => match self.flows.cx.program.types.get(path) {
                Some(info) => info.deref.is_some() && !info.fields.iter().any(|f| f.name == name),
                None => self.flows.cx.catalogue.type_facts(*path).is_some_and(|f| f.deref.is_some()),
            },
            _ => false,
        }
    }

    /// Reads an expression's value as an operand: places are moved or copied, values go into a temporary.
    pub(super) fn operand(&mut self, e: ExprId) -> Operand {
        match &self.flows.cx.body.expr(e).kind {
            ExprKind::Literal(_) => Operand::Constant(e),
            ExprKind::Path(_) if !matches!(self.constant_kind(e), ConstantKind::Static) => {
                Operand::Constant(e)
            }
            _ if self.is_place(e) => {
                let place = self.place(e);
                self.consume(place, self.ty(e))
            }
            _ => {
                let place = self.temp(e);
                self.consume(place, self.ty(e))
            }
        }
    }

    /// The same for a part of a call or aggregate, inside of [`Builder::in_operands`].
    pub(super) fn part(&mut self, e: ExprId) -> Operand {
        match &self.flows.cx.body.expr(e).kind {
            ExprKind::Literal(_) | ExprKind::Path(_) => self.operand(e),
            _ if self.is_place(e) => self.operand(e),
            _ => {
                let var = self.new_var(VarKind::Temp(e), self.ty(e).clone(), self.span(e));
                self.expr_into(Place::whole(var), e);
                self.schedule_operand(var);
                self.consume(Place::whole(var), self.ty(e))
            }
        }
    }

    /// Moves or copies out of a place, as its type says. What lies behind a reference cannot be moved.
    pub(super) fn consume(&self, place: Place, ty: &Ty) -> Operand {
        if self.flows.cx.ownership.is_copy(ty) || place.is_indirect() {
            Operand::Copy(place)
        } else {
            Operand::Move(place)
        }
    }

    /// Borrows an expression: places as they are, values in a temporary.
    pub(super) fn borrow(&mut self, e: ExprId, mutable: bool) -> Operand {
        match &self.flows.cx.body.expr(e).kind {
            ExprKind::Literal(_) => Operand::Constant(e),
            ExprKind::Path(_) if !matches!(self.constant_kind(e), ConstantKind::Static) => {
                Operand::Constant(e)
            }
            _ => {
                let place = self.place(e);
                Operand::Borrow(mutable, place)
            }
        }
    }

    /// A static as a place: a variable of its own that stands for it.
    pub(super) fn static_into(&mut self, dest: Place, e: ExprId) {
        self.assign(dest, Rvalue::Use(Operand::Constant(e)), e);
    }

    pub(super) fn constant_kind(&self, e: ExprId) -> ConstantKind {
        let Some(path) = self.flows.cx.types.paths.get(&e) else { return ConstantKind::Other };
        let program = self.flows.cx.program;
        let is_static = program.by_path.get(path).is_some_and(|defs| {
            defs.iter()
                .any(|d| matches!(program.item(*d).kind, crate::syntax::items::ItemKind::Static { .. }))
        });
        if is_static { ConstantKind::Static } else { ConstantKind::Other }
    }
}

/// What a path expression is, as far as places go.
pub(super) enum ConstantKind {
    /// A static: a place.
    Static,
    /// A constant, function, unit struct: a value.
    Other,
}
