//! Calls: what is moved, what is borrowed, what never returns.

use crate::flow::build::Builder;
use crate::flow::build::statements::numbered;
use crate::flow::mir::{Call, Operand, Place, Projection, Rvalue, StatementKind, Terminator};
use crate::span::Span;
use crate::symbol::{Symbol, sym};
use crate::syntax::hir::{ExprId, ExprKind};
use crate::syntax::items::SelfKind;
use crate::types::infer::{Callee, Known, Target};
use crate::types::ty::Ty;

impl Builder<'_, '_> {
    fn callee(&self, e: ExprId) -> Callee {
        self.flows.cx.types.callees.get(&e).cloned().unwrap_or(Callee {
            target: Target::Unknown,
            known: Known::Inferred,
            self_ty: None,
        })
    }

    pub(super) fn is_constructor(&self, e: ExprId) -> bool {
        match self.flows.cx.types.callees.get(&e) {
            Some(callee) => matches!(callee.target, Target::Constructor(_)),
            None => false,
        }
    }

    pub(super) fn call_into(&mut self, dest: Place, e: ExprId, callee_expr: ExprId, args: &[ExprId]) {
        let body = self.flows.cx.body;
        let callee = self.callee(e);
        if let Target::Constructor(path) = callee.target {
            let operands: Vec<_> = self.in_operands(|b| args.iter().map(|a| b.part(*a)).collect());
            let parts = numbered(operands.into_iter());
            if dest.var == self.mir.return_var && path.ends_with("::Err") {
                self.mir.blocks[self.current.index()].on_failure = true;
            }
            return self.assign(dest, Rvalue::Aggregate { path: Some(path), parts: parts.into() }, e);
        }
        let (name, name_span) = match &body.expr(callee_expr).kind {
            ExprKind::Path(path) => (path.last().unwrap_or_default(), path.span),
            ExprKind::Local(local) => (body.local(*local).name, self.span(callee_expr)),
            _ => (sym(""), self.span(callee_expr)),
        };
        let callee = match (&callee.target, &body.expr(callee_expr).kind) {
            // A value that is called is a callback, whatever its type.
            (Target::Unknown, ExprKind::Local(_) | ExprKind::Field { .. }) => {
                Callee { target: Target::Value, ..callee }
            }
            _ => callee,
        };
        let operands = self.in_operands(|b| {
            let mut operands = Vec::with_capacity(args.len() + 1);
            if !matches!(body.expr(callee_expr).kind, ExprKind::Path(_)) {
                // A called value is read (`f()`, `(self.callback)()`).
                operands.push(b.borrow(callee_expr, false));
            }
            operands.extend(args.iter().map(|a| b.part(*a)));
            operands
        });
        self.emit_call(
            dest,
            e,
            Call {
                dest: Place::whole(self.mir.return_var),
                callee,
                name,
                args: operands,
                is_method: false,
                name_span,
            },
        );
    }

    pub(super) fn method_into(
        &mut self,
        dest: Place,
        e: ExprId,
        receiver: ExprId,
        name: Symbol,
        name_span: Span,
        args: &[ExprId],
    ) {
        let callee = self.callee(e);
        let self_kind = self.self_kind(&callee);
        let receiver_ty = self.ty(receiver);
        let operands = self.in_operands(|b| {
            let mut operands = vec![b.receiver(self_kind, receiver, receiver_ty, &callee)];
            operands.extend(args.iter().map(|a| b.part(*a)));
            operands
        });
        self.emit_call(
            dest,
            e,
            Call {
                dest: Place::whole(self.mir.return_var),
                callee,
                name,
                args: operands,
                is_method: true,
                name_span,
            },
        );
    }

    fn receiver(&mut self, kind: Option<SelfKind>, receiver: ExprId, ty: &Ty, callee: &Callee) -> Operand {
        match kind {
            Some(SelfKind::Ref) => self.auto_ref(receiver, false, callee),
            Some(SelfKind::Mut) => self.auto_ref(receiver, true, callee),
            Some(SelfKind::Owned | SelfKind::None) => self.part(receiver),
            // Unknown methods of a value that lends (guards, references) go through what it lends; on a plain
            // temporary they take it, as adaptors do.
            None if self.is_place(receiver) || self.lends(ty) => self.borrow(receiver, false),
            None => self.part(receiver),
        }
    }

    fn auto_ref(&mut self, receiver: ExprId, mutable: bool, callee: &Callee) -> Operand {
        let operand = self.borrow(receiver, mutable);
        // Found on what the receiver points to: the borrow goes through it.
        let through = match (&callee.self_ty, self.ty(receiver)) {
            (_, Ty::Ref(..)) => true,
            (Some(found), own) => found.path() != own.path() && found.path().is_some(),
            _ => false,
        };
        match operand {
            Operand::Borrow(mutable, place) if through => {
                Operand::Borrow(mutable, place.project(Projection::Deref))
            }
            other => other,
        }
    }

    fn lends(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Ref(..) => true,
            Ty::Adt(path, _) => {
                self.flows.cx.catalogue.type_facts(*path).is_some_and(|f| f.deref.is_some())
                    || self.flows.cx.program.types.get(path).is_some_and(|i| i.deref.is_some())
            }
            _ => false,
        }
    }

    fn self_kind(&self, callee: &Callee) -> Option<SelfKind> {
        match &callee.target {
            Target::Def(def) => self.flows.cx.program.def(*def).signature.as_ref().map(|s| s.self_kind),
            Target::AnyOf(defs) => {
                let first = defs.first()?;
                self.flows.cx.program.def(*first).signature.as_ref().map(|s| s.self_kind)
            }
            Target::External(path) => self.flows.cx.catalogue.function(*path).map(|s| s.self_kind),
            _ => None,
        }
    }

    fn emit_call(&mut self, dest: Place, e: ExprId, mut call: Call) {
        let span = self.span(e);
        let diverges = matches!(self.ty(e), Ty::Never) || self.target_diverges(&call.callee.target);
        call.dest = dest;
        self.push(StatementKind::Call(Box::new(call)), span, Some(e));
        if diverges {
            self.terminate(Terminator::Diverge { span });
        }
    }

    fn target_diverges(&self, target: &Target) -> bool {
        match target {
            Target::External(path) => {
                self.flows.cx.catalogue.facts(*path).is_some_and(|f| f.diverges || f.ends_process)
            }
            _ => false,
        }
    }
}
