//! What inference asks of the program's index: methods of a type, traits that it implements.

use std::sync::Arc;

use crate::names::{DefId, MethodTarget, TypeInfo};
use crate::symbol::Symbol;
use crate::types::context::Infer;
use crate::types::ty::{Bound, Ty};
use crate::types::vars::last;

/// Supertraits are followed this far.
const SUPERTRAITS: usize = 16;

impl<'a> Infer<'a> {
    /// A type that the program defines. (The index also has entries for types outside that the program
    /// implements traits for.)
    pub(super) fn own_type(&self, path: Symbol) -> Option<&'a TypeInfo> {
        self.program.types.get(&path).filter(|info| !info.defs.is_empty())
    }

    /// Functions of that name on exactly this type, without auto-deref: inherent ones, those of its trait
    /// impls, provided ones of its traits. For a bound all that may be meant.
    pub(super) fn program_methods(&self, ty: &Ty, name: Symbol) -> Vec<DefId> {
        match ty {
            Ty::Adt(path, _) => {
                let Some(info) = self.program.types.get(path) else { return Vec::new() };
                if let Some(defs) = info.methods.get(&name).filter(|defs| !defs.is_empty()) {
                    return self.of_this_impl(defs, ty);
                }
                info.traits
                    .iter()
                    .find_map(|(bound, _)| self.program.trait_methods.get(&(bound.path, name)))
                    .map(|def| vec![*def])
                    .unwrap_or_default()
            }
            Ty::Param(_, bounds) | Ty::Dyn(bounds) | Ty::Impl(bounds) => {
                for bound in self.with_supertraits(bounds) {
                    if let Some(def) = self.program.trait_methods.get(&(bound.path, name)) {
                        return self.implementations(*def, bound.path, name);
                    }
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// Of methods in several impls (`impl Foo<A>`, `impl Foo<B>`, several traits) those whose `Self` fits.
    fn of_this_impl(&self, defs: &[DefId], ty: &Ty) -> Vec<DefId> {
        if defs.len() == 1 {
            return defs.to_vec();
        }
        let signature = |def: &DefId| self.program.def(*def).signature.clone();
        let fitting: Vec<DefId> = defs
            .iter()
            .copied()
            .filter(|def| signature(def).and_then(|s| s.self_ty.clone()).is_none_or(|s| could_be(&s, ty)))
            .collect();
        let fitting = if fitting.is_empty() { defs.to_vec() } else { fitting };
        let fitting = self.without_doubles(fitting);
        // Inherent methods come before those of traits.
        let inherent: Vec<DefId> = fitting
            .iter()
            .copied()
            .filter(|def| signature(def).is_some_and(|s| s.of_trait.is_none()))
            .collect();
        if inherent.is_empty() { fitting } else { inherent }
    }

    /// What a double for tests does is not what other code calls.
    fn without_doubles(&self, defs: Vec<DefId>) -> Vec<DefId> {
        if defs.len() < 2 || self.program.is_test(self.file, self.body.owner) {
            return defs;
        }
        let real: Vec<DefId> = defs.iter().copied().filter(|def| !self.program.def(*def).in_test).collect();
        if real.is_empty() { defs } else { real }
    }

    /// A method called through a bound: that of the trait, then those of its impls.
    fn implementations(&self, def: DefId, trait_path: Symbol, name: Symbol) -> Vec<DefId> {
        let mut all = vec![def];
        for ty in self.program.implementors.get(&trait_path).into_iter().flatten() {
            let Some(info) = ty.path().and_then(|p| self.program.types.get(&p)) else { continue };
            for method in info.methods.get(&name).into_iter().flatten() {
                let signature = self.program.def(*method).signature.as_ref();
                if signature.is_some_and(|s| s.of_trait == Some(trait_path)) && !all.contains(method) {
                    all.push(*method);
                }
            }
        }
        self.without_doubles(all)
    }

    /// Bounds and the supertraits of the program's traits among them.
    pub(super) fn with_supertraits(&self, bounds: &[Bound]) -> Vec<Bound> {
        let mut all: Vec<Bound> = bounds.to_vec();
        let mut at = 0;
        while at < all.len() && all.len() < SUPERTRAITS {
            if let Some(path) = all.get(at).map(|b| b.path) {
                for above in self.program.supertraits_of(path) {
                    if !all.iter().any(|b| b.path == above.path) {
                        all.push(above.clone());
                    }
                }
            }
            at += 1;
        }
        all
    }

    /// A method of a trait of the program that is implemented for a type outside, or for all types with
    /// some bound.
    pub(super) fn extension_method(&mut self, ty: &Ty, name: Symbol, arity: usize) -> Option<DefId> {
        if !self.program.methods_by_name.contains_key(&name) {
            return None;
        }
        // The index matches types without variables.
        let ty = self.vars.deep(ty);
        let found = self
            .program
            .foreign_method(&ty, name)
            .or_else(|| self.program.blanket_method(&ty, name, Some(arity)))?;
        match found.target {
            MethodTarget::Defs(defs) => defs.first().copied(),
            MethodTarget::External(_) => None,
        }
    }

    /// The same for a function that is named through its type (`OsString::parse_as(x)`).
    pub(super) fn extension_function(&mut self, ty: &Ty, name: Symbol) -> Option<DefId> {
        let ty = self.vars.deep(ty);
        match self.program.foreign_method(&ty, name)?.target {
            MethodTarget::Defs(defs) => defs.first().copied(),
            MethodTarget::External(_) => None,
        }
    }

    /// Traits outside of the program that the file imports.
    pub(super) fn imported_traits(&self) -> Arc<[Symbol]> {
        self.program.imported_traits(self.catalogue, self.file)
    }

    /// Whether a type is known to implement a trait.
    pub(super) fn implements(&self, ty: &Ty, trait_path: Symbol) -> bool {
        self.implements_by(ty, &|path| path == trait_path.as_str() || path == last(&trait_path))
    }

    /// Whether a type is known to implement a trait of that last segment.
    pub(super) fn implements_named(&self, ty: &Ty, name: &str) -> bool {
        self.implements_by(ty, &|path| last(path) == name)
    }

    fn implements_by(&self, ty: &Ty, wanted: &dyn Fn(&str) -> bool) -> bool {
        match ty {
            Ty::Adt(path, _) => {
                let own = self.program.types.get(path);
                own.is_some_and(|info| info.traits.iter().any(|(bound, _)| wanted(&bound.path)))
                    || self.catalogue.type_facts(*path).is_some_and(|f| f.traits.iter().any(|t| wanted(t)))
            }
            Ty::Param(_, bounds) | Ty::Dyn(bounds) | Ty::Impl(bounds) => {
                self.with_supertraits(bounds).iter().any(|b| wanted(&b.path))
            }
            Ty::Iterator(_) => wanted("std::iter::Iterator"),
            Ty::Future(..) => wanted("std::future::Future"),
            Ty::Closure(..) | Ty::Fn(..) => {
                wanted("std::ops::Fn") || wanted("std::ops::FnMut") || wanted("std::ops::FnOnce")
            }
            _ => false,
        }
    }
}

/// Whether `ty` may be an instance of `pattern`, as far as both are known.
pub(super) fn could_be(pattern: &Ty, ty: &Ty) -> bool {
    match (pattern, ty) {
        (Ty::Param(..) | Ty::Unknown | Ty::Var(_) | Ty::Impl(_), _) | (_, Ty::Unknown | Ty::Var(_)) => true,
        (Ty::Adt(p, xs), Ty::Adt(q, ys)) => p == q && xs.iter().zip(ys.iter()).all(|(x, y)| could_be(x, y)),
        (Ty::Ref(_, x), Ty::Ref(_, y)) | (Ty::Slice(x) | Ty::Array(x), Ty::Slice(y) | Ty::Array(y)) => {
            could_be(x, y)
        }
        (Ty::Tuple(xs), Ty::Tuple(ys)) => {
            xs.len() == ys.len() && xs.iter().zip(ys.iter()).all(|(x, y)| could_be(x, y))
        }
        (Ty::Prim(p), Ty::Prim(q)) => p == q || q.starts_with('{'),
        (Ty::Dyn(xs), Ty::Dyn(ys)) => xs.first().map(|b| b.path) == ys.first().map(|b| b.path),
        (Ty::Iterator(_), Ty::Iterator(_)) | (Ty::Future(..), Ty::Future(..)) => true,
        (Ty::Fn(..), Ty::Fn(..) | Ty::Closure(..)) | (Ty::Ptr(_), Ty::Ptr(_)) => true,
        _ => false,
    }
}
