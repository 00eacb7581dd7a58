//! Bindings of patterns.

use crate::flow::build::Builder;
use crate::flow::mir::{Operand, Place, Projection, Rvalue, StatementKind, VarKind};
use crate::span::Span;
use crate::symbol::sym;
use crate::syntax::hir::{ExprId, LocalId, PatId, PatKind, PathRef};
use crate::types::ty::Ty;

impl Builder<'_, '_> {
    /// Declares a local and schedules its drop at the end of the innermost block.
    pub(super) fn declare(&mut self, local: LocalId) -> Place {
        if let Some(var) = self.locals.get(&local) {
            return Place::whole(*var);
        }
        let decl = self.flows.cx.body.local(local);
        let ty = self.flows.cx.types.local(local).clone();
        let var = self.new_var(VarKind::User(local), ty, decl.span);
        self.locals.insert(local, var);
        self.schedule(var);
        Place::whole(var)
    }

    /// Binds a parameter: a plain name is the parameter itself, anything else is taken apart.
    pub(super) fn parameter(&mut self, index: u32, pat: PatId) {
        let body = self.flows.cx.body;
        let mut inner = pat;
        while let PatKind::Typed { pat, .. } = &body.pat(inner).kind {
            inner = *pat;
        }
        if let PatKind::Binding { local, sub: None } = body.pat(inner).kind {
            let place = self.declare(local);
            self.mir.params.push(place.var);
            return;
        }
        let var = self.new_var(VarKind::Param(index), Ty::Unknown, body.pat(pat).span);
        self.schedule(var);
        self.mir.params.push(var);
        self.bind(pat, &Place::whole(var), None, false);
    }

    /// Binds the variables of `pat` from `place`. `by_reference` says that the scrutinee is a reference or a
    /// place that is not moved from.
    pub(super) fn bind(&mut self, pat: PatId, place: &Place, at: Option<ExprId>, by_reference: bool) {
        let body = self.flows.cx.body;
        let span = body.pat(pat).span;
        match &body.pat(pat).kind {
            PatKind::Binding { local, sub } => {
                let decl = body.local(*local);
                let ty = self.flows.cx.types.local(*local).clone();
                let value = if self.peeks && !self.flows.cx.ownership.is_copy(&ty) {
                    Rvalue::Ref(false, place.clone())
                } else if decl.by_ref || (matches!(ty, Ty::Ref(..)) && by_reference) {
                    Rvalue::Ref(decl.mutable, place.clone())
                } else if by_reference && ty.is_unknown() {
                    Rvalue::Ref(false, place.clone())
                } else {
                    Rvalue::Use(self.consume(place.clone(), &ty))
                };
                let dest = self.declare(*local);
                self.push(StatementKind::Assign { dest, value }, span, at);
                if let Some(sub) = sub {
                    self.bind(*sub, place, at, true);
                }
            }
            PatKind::Tuple(parts) | PatKind::Slice(parts) => {
                self.bind_sequence(parts, place, at, by_reference);
            }
            PatKind::TupleStruct { path, args } => {
                if is_empty_variant(path) {
                    self.vacant(place, span);
                }
                if let [part] = &args[..]
                    && self.is_guess(path, place)
                {
                    return self.bind(*part, place, at, by_reference);
                }
                let place = match path.last() {
                    Some(name) if name.as_str() == "Err" => place.clone().project(Projection::Field(name)),
                    _ => place.clone(),
                };
                self.bind_sequence(args, &place, at, by_reference);
            }
            PatKind::Struct { fields, .. } => {
                for (name, pat) in fields {
                    self.bind(*pat, &place.clone().project(Projection::Field(*name)), at, by_reference);
                }
            }
            PatKind::Path(path) if is_empty_variant(path) => self.vacant(place, span),
            PatKind::Or(alternatives) => {
                for alternative in alternatives {
                    self.bind(*alternative, place, at, by_reference);
                }
            }
            PatKind::Ref(inner) => {
                self.bind(*inner, &place.clone().project(Projection::Deref), at, true);
            }
            PatKind::Typed { pat, .. } => self.bind(*pat, place, at, by_reference),
            PatKind::Missing
            | PatKind::Wild
            | PatKind::Rest
            | PatKind::Path(_)
            | PatKind::Literal(_)
            | PatKind::Range => {}
        }
    }

    /// `Ok(guard)` for what was taken for a guard: the pattern knows better, and the guard is what it binds.
    fn is_guess(&self, path: &PathRef, place: &Place) -> bool {
        let ty = &self.mir.var(place.var).ty;
        path.last().is_some_and(|n| matches!(n.as_str(), "Ok" | "Some"))
            && place.projections.is_empty()
            && matches!(ty, Ty::Adt(..))
            && ty.as_option().is_none()
            && ty.as_result().is_none()
            && ty.path().is_some_and(|p| self.flows.cx.catalogue.resource(p).is_some())
    }

    fn bind_sequence(&mut self, parts: &[PatId], place: &Place, at: Option<ExprId>, by_reference: bool) {
        for (index, part) in parts.iter().enumerate() {
            let step = Projection::Field(sym(&index.to_string()));
            self.bind(*part, &place.clone().project(step), at, by_reference);
        }
    }

    /// On this branch the scrutinee is `None` or `Err`: it holds no resource.
    pub(super) fn vacant(&mut self, place: &Place, span: Span) {
        if place.projections.is_empty() {
            self.push(StatementKind::Vacant(place.var), span, None);
        }
    }

    /// Whether the pattern matches only the full variant of an `Option` or `Result`, whatever is inside, so
    /// that on the other branch there is nothing.
    pub(super) fn matches_all_full(&self, pat: PatId) -> bool {
        let body = self.flows.cx.body;
        match &body.pat(pat).kind {
            PatKind::TupleStruct { path, args } => {
                path.last().is_some_and(|n| matches!(n.as_str(), "Some" | "Ok"))
                    && args.iter().all(|a| self.is_irrefutable(*a))
            }
            _ => false,
        }
    }

    /// `Err(_)`
    pub(super) fn is_error_pattern(&self, pat: PatId) -> bool {
        matches!(&self.flows.cx.body.pat(pat).kind,
            PatKind::TupleStruct { path, .. } if path.last().is_some_and(|n| n == "Err"))
    }

    /// Whether a value may match both patterns, as far as their heads tell.
    pub(super) fn may_both_match(&self, a: PatId, b: PatId) -> bool {
        let body = self.flows.cx.body;
        let head = |pat: PatId| match &body.pat(pat).kind {
            PatKind::TupleStruct { path, .. } | PatKind::Struct { path, .. } | PatKind::Path(path) => {
                path.last()
            }
            _ => None,
        };
        match (head(a), head(b)) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        }
    }

    pub(super) fn is_irrefutable(&self, pat: PatId) -> bool {
        match &self.flows.cx.body.pat(pat).kind {
            PatKind::Wild | PatKind::Rest | PatKind::Binding { sub: None, .. } => true,
            PatKind::Tuple(parts) => parts.iter().all(|p| self.is_irrefutable(*p)),
            PatKind::Struct { fields, .. } => fields.iter().all(|(_, p)| self.is_irrefutable(*p)),
            PatKind::Ref(inner) => self.is_irrefutable(*inner),
            PatKind::Typed { pat, .. } => self.is_irrefutable(*pat),
            _ => false,
        }
    }

    /// Whether some part of the pattern throws its part of the value away.
    pub(super) fn ignored_parts(&self, pat: PatId) -> bool {
        match &self.flows.cx.body.pat(pat).kind {
            PatKind::Wild | PatKind::Rest => true,
            PatKind::Tuple(parts) | PatKind::Slice(parts) => parts.iter().any(|p| self.ignored_parts(*p)),
            PatKind::TupleStruct { args, .. } => args.iter().any(|p| self.ignored_parts(*p)),
            PatKind::Struct { fields, rest, .. } => {
                *rest || fields.iter().any(|(_, p)| self.ignored_parts(*p))
            }
            _ => false,
        }
    }

    /// The operand for a part of a value that is looked at but not taken.
    pub(super) fn look(place: &Place) -> Operand {
        Operand::Borrow(false, place.clone())
    }
}

fn is_empty_variant(path: &PathRef) -> bool {
    path.last().is_some_and(|n| matches!(n.as_str(), "None" | "Err"))
}
