//! Which of several methods of one name a call means: rustc asks each type on the way through derefs first by value,
//! then by `&`, then by `&mut`, and the type's own methods before those of traits.

use std::sync::Arc;

use crate::catalogue::ExternalSignature;
use crate::names::DefId;
use crate::symbol::{Symbol, sym};
use crate::syntax::items::SelfKind;
use crate::types::context::Infer;
use crate::types::methods::{Lookup, conversion};
use crate::types::ty::Ty;

impl Infer<'_> {
    /// What was found at a step, or the method of a trait of the program that comes before it there.
    pub(super) fn in_order(
        &mut self,
        found: Lookup,
        step: &Ty,
        outer: Option<&Ty>,
        name: Symbol,
        arity: usize,
    ) -> Lookup {
        if matches!(found, Lookup::NotYet) || matches!(step, Ty::Param(..) | Ty::Dyn(_) | Ty::Impl(_)) {
            return found;
        }
        let Some((turn, defs)) = self.of_traits(step, outer, name, arity) else { return found };
        let stays = match &found {
            Lookup::NotYet | Lookup::Guessed(..) => true,
            Lookup::Missing => false,
            Lookup::Program(defs, _) => defs.iter().any(|def| self.stays(*def, outer, turn)),
            Lookup::External(signature, _) => self.stays_outside(signature, step, outer, turn),
            Lookup::Table(sig, _) => {
                let signature = sig
                    .path
                    .rsplit_once("::")
                    .and_then(|(owner, name)| self.catalogue.method(sym(owner), sym(name)));
                signature.is_none_or(|signature| self.stays_outside(&signature, step, outer, turn))
            }
        };
        if stays { found } else { Lookup::Program(defs, step.clone()) }
    }

    /// Methods of exactly this type by traits of the program that are in scope, those whose turn comes first.
    fn of_traits(
        &mut self,
        step: &Ty,
        outer: Option<&Ty>,
        name: Symbol,
        arity: usize,
    ) -> Option<(u8, Vec<DefId>)> {
        if !self.program.methods_by_name.contains_key(&name) {
            return None;
        }
        // The index matches types without variables.
        let ty = self.vars.deep(step);
        let all = self.program.methods_of_traits(&ty, name);
        let in_scope = self.program.own_traits(self.catalogue, self.file);
        let fitting = all.into_iter().filter_map(|def| {
            let signature = self.program.def(def).signature.as_ref()?;
            let takes = signature.params.len().checked_sub(1) == Some(arity);
            let is_in_scope = signature.of_trait.is_some_and(|path| in_scope.contains(&path));
            (takes && is_in_scope).then(|| (turn(signature.self_kind, outer), def))
        });
        let fitting: Vec<(u8, DefId)> = fitting.collect();
        let first = fitting.iter().map(|(turn, _)| *turn).min()?;
        let defs = fitting.into_iter().filter(|(turn, _)| *turn == first).map(|(_, def)| def);
        Some((first, defs.collect()))
    }

    /// Whether a method of a type of the program comes before those of traits at that turn.
    fn stays(&self, def: DefId, outer: Option<&Ty>, other: u8) -> bool {
        let Some(signature) = self.program.def(def).signature.as_ref() else { return true };
        // Among traits the lookup has chosen.
        signature.of_trait.is_some() || turn(signature.self_kind, outer) <= other
    }

    fn stays_outside(&self, signature: &ExternalSignature, step: &Ty, outer: Option<&Ty>, other: u8) -> bool {
        let owner = signature.path.rsplit_once("::").map(|(owner, _)| sym(owner));
        let of_trait = owner
            .filter(|owner| step.path() != Some(*owner))
            .filter(|owner| self.catalogue.type_facts(*owner).is_some_and(|facts| facts.is_trait));
        let own_turn = turn(signature.self_kind, outer);
        match of_trait {
            Some(path) => own_turn < other && self.is_in_scope(path),
            None => own_turn <= other,
        }
    }

    /// A known type without such a method: only a trait in scope can have it.
    pub(super) fn of_imported_trait(
        &self,
        step: &Ty,
        outer: Option<&Ty>,
        name: Symbol,
        arity: usize,
    ) -> Option<Lookup> {
        let traits = self.imported_traits();
        // A type that nothing is known of may well have its own `read`; names of other crates' traits are rarer.
        let is_known = self.is_known(step);
        let mut found: Vec<Arc<ExternalSignature>> = Vec::new();
        for signature in traits.iter().filter_map(|t| self.catalogue.trait_method(*t, name)) {
            if usize::from(signature.arity) == arity
                && (is_known || !signature.path.starts_with("std::"))
                && !needs_reference(step, outer, signature.path)
                && !found.iter().any(|f| f.path == signature.path)
            {
                found.push(signature);
            }
        }
        let [signature] = found.as_slice() else { return None };
        let (signature, step) = (Arc::clone(signature), step.clone());
        Some(if is_known || is_meant_for(signature.path, &step) {
            Lookup::External(signature, step)
        } else {
            Lookup::Guessed(signature, step)
        })
    }

    /// Whether it is known what methods a type has itself. Of a parameter or trait object that is what its bounds say:
    /// a trait in scope gives it nothing.
    fn is_known(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Adt(path, _) => self.own_type(*path).is_some() || self.catalogue.type_facts(*path).is_some(),
            Ty::Param(..) | Ty::Dyn(_) | Ty::Impl(_) => false,
            _ => true,
        }
    }

    /// Whether methods of a trait outside of the program can be called here.
    fn is_in_scope(&self, path: Symbol) -> bool {
        crate::names::is_in_prelude(path) || self.imported_traits().contains(&path)
    }
}

/// When a method is asked at a type that was reached through `outer`: a reference on the way is a receiver by value for
/// methods that take just that reference.
fn turn(kind: SelfKind, outer: Option<&Ty>) -> u8 {
    match (kind, outer) {
        (SelfKind::Ref, Some(Ty::Ref(false, _))) | (SelfKind::Mut, Some(Ty::Ref(true, _))) => 0,
        (SelfKind::Owned | SelfKind::None, _) => 1,
        (SelfKind::Ref, _) => 2,
        (SelfKind::Mut, _) => 3,
    }
}

/// `Read` and `Write` are implemented for references to slices, not for slices and arrays, which have no such methods:
/// `[u8; 32]` may have a `write` of the program's own.
pub(super) fn needs_reference(step: &Ty, outer: Option<&Ty>, path: Symbol) -> bool {
    let is_reference = matches!(outer, Some(Ty::Ref(_, inner)) if matches!(**inner, Ty::Slice(_)));
    matches!(step, Ty::Slice(_) | Ty::Array(_)) && !is_reference && path.starts_with("std::io::")
}

/// Whether a trait is made for types of which it is not known that they implement it: extensions, and traits of the crate
/// that the type, or a bound of it, comes from.
fn is_meant_for(method: Symbol, ty: &Ty) -> bool {
    let krate = |path: Symbol| path.split_once("::").map(|(krate, _)| sym(krate));
    let is_near = |path: Symbol| krate(path) == krate(method);
    conversion(&method).ends_with("Ext")
        || match ty {
            Ty::Adt(path, _) => is_near(*path),
            Ty::Param(_, bounds) | Ty::Dyn(bounds) | Ty::Impl(bounds) => {
                bounds.iter().any(|b| is_near(b.path))
            }
            _ => false,
        }
}
