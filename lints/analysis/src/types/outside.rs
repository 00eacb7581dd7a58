//! What inference asks of the program's index: methods of a type, traits that it implements.

use std::sync::Arc;

use crate::names::{DefId, Namespace, Resolution, TypeInfo};
use crate::symbol::Symbol;
use crate::syntax::items::{ItemKind, SelfKind};
use crate::types::context::Infer;
use crate::types::ty::{Args, Bound, Ty};
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
        // Inherent methods come before those of traits.
        let inherent: Vec<DefId> =
            fitting.iter().copied().filter(|def| signature(def).is_some_and(|s| s.of_trait.is_none())).collect();
        if inherent.is_empty() { fitting } else { inherent }
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
        all
    }

    /// Bounds and the supertraits of the program's traits among them.
    pub(super) fn with_supertraits(&self, bounds: &[Bound]) -> Vec<Bound> {
        let mut all: Vec<Bound> = bounds.to_vec();
        let mut at = 0;
        while at < all.len() && all.len() < SUPERTRAITS {
            let path = all.get(at).map(|b| b.path);
            at += 1;
            let Some(def) = path.and_then(|p| self.program.by_path.get(&p)).and_then(|d| d.first()) else { continue };
            let item = self.program.item(*def);
            let ItemKind::Trait { supertraits } = &item.kind else { continue };
            let scope = self.program.generic_scope(*def);
            let file = self.program.def(*def).file;
            for written in supertraits {
                let found = self.program.resolve(file, item.module, &scope, written, Namespace::Type);
                let path = match found {
                    Resolution::Def(def) => self.program.def(def).path,
                    Resolution::External(path) => path,
                    _ => continue,
                };
                if all.iter().any(|b| b.path == path) {
                    continue;
                }
                let mut assoc = Vec::new();
                let mut args = Vec::new();
                if let Some(generic) = written.segments.last().and_then(|s| s.args.as_deref()) {
                    for (name, ty) in &generic.bindings {
                        assoc.push((*name, self.program.lower_type(file, item.module, &scope, ty)));
                    }
                    for ty in &generic.types {
                        args.push(self.program.lower_type(file, item.module, &scope, ty));
                    }
                }
                all.push(Bound { path, args: Args::from(args), assoc: Arc::from(assoc) });
            }
        }
        all
    }

    /// A method of a trait of the program that is implemented for a type outside, or for all types with
    /// some bound.
    pub(super) fn extension_method(&self, ty: &Ty, name: Symbol) -> Option<DefId> {
        let candidates = self.program.methods_by_name.get(&name)?;
        let mut found: Option<DefId> = None;
        for def in candidates {
            let Some(signature) = self.program.def(*def).signature.as_ref() else { continue };
            let (Some(of_trait), false) = (signature.of_trait, signature.self_kind == SelfKind::None) else { continue };
            let fits = match &signature.self_ty {
                Some(self_ty) if !matches!(self_ty, Ty::Param(n, _) if n.as_str() == "Self") => {
                    self.implemented_by(self_ty, ty)
                }
                _ => self
                    .program
                    .implementors
                    .get(&of_trait)
                    .is_some_and(|types| types.iter().any(|t| self.implemented_by(t, ty))),
            };
            if fits {
                match found {
                    None => found = Some(*def),
                    Some(before) => {
                        // The trait's own declaration and its impl are one method; two traits are not.
                        let other = self.program.def(before).signature.as_ref().and_then(|s| s.of_trait);
                        if other != Some(of_trait) {
                            return None;
                        }
                    }
                }
            }
        }
        found
    }

    /// Whether an impl for `pattern` is one for `ty`.
    fn implemented_by(&self, pattern: &Ty, ty: &Ty) -> bool {
        match (pattern, ty) {
            (Ty::Param(_, bounds), _) => bounds.iter().all(|b| self.implements(ty, b.path)),
            (Ty::Ref(_, pattern), Ty::Ref(_, ty)) => self.implemented_by(pattern, ty),
            (Ty::Ref(_, pattern), _) => self.implemented_by(pattern, ty),
            _ => could_be(pattern, ty),
        }
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
fn could_be(pattern: &Ty, ty: &Ty) -> bool {
    match (pattern, ty) {
        (Ty::Param(..) | Ty::Unknown | Ty::Var(_) | Ty::Impl(_), _) | (_, Ty::Unknown | Ty::Var(_)) => true,
        (Ty::Adt(p, xs), Ty::Adt(q, ys)) => p == q && xs.iter().zip(ys.iter()).all(|(x, y)| could_be(x, y)),
        (Ty::Ref(_, x), Ty::Ref(_, y)) | (Ty::Slice(x) | Ty::Array(x), Ty::Slice(y) | Ty::Array(y)) => could_be(x, y),
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
