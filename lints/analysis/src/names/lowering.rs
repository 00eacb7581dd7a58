//! Types as written to types as meant.

use std::sync::Arc;

use crate::names::scopes::{Entry, ModId};
use crate::names::{DefId, GenericScope, Namespace, Program, prelude, subst};
use crate::span::FileId;
use crate::symbol::{Symbol, sym};
use crate::syntax::hir::{GenericArgs, ModuleIndex, PathRef, TypeRef};
use crate::syntax::items::{Generics, ItemKind};
use crate::types::ty::{Bound, Bounds, Ty};

impl Program {
    /// The type that `ty` means in `module` of `file`.
    #[must_use]
    pub fn lower_type(&self, file: FileId, module: ModuleIndex, scope: &GenericScope, ty: &TypeRef) -> Ty {
        match self.module_of(file, module) {
            Some(at) => self.lower_in(at, scope, ty),
            None => Ty::Unknown,
        }
    }

    pub(crate) fn lower_in(&self, at: ModId, scope: &GenericScope, ty: &TypeRef) -> Ty {
        let lower = |t: &TypeRef| self.lower_in(at, scope, t);
        match ty {
            TypeRef::Unknown | TypeRef::Infer => Ty::Unknown,
            TypeRef::Never => Ty::Never,
            TypeRef::Path(path) => self.lower_path(at, scope, path),
            TypeRef::Ref(mutable, inner) => lower(inner).reference(*mutable),
            TypeRef::Ptr(inner) => Ty::Ptr(Arc::new(lower(inner))),
            TypeRef::Tuple(parts) => Ty::Tuple(parts.iter().map(lower).collect()),
            TypeRef::Array(inner) => Ty::Array(Arc::new(lower(inner))),
            TypeRef::Slice(inner) => Ty::Slice(Arc::new(lower(inner))),
            TypeRef::Fn(params, ret) => Ty::Fn(params.iter().map(lower).collect(), Arc::new(lower(ret))),
            TypeRef::Impl(bounds) => self.special_bounds(at, scope, bounds, Ty::Impl),
            TypeRef::Dyn(bounds) => self.special_bounds(at, scope, bounds, Ty::Dyn),
        }
    }

    /// Futures and iterators are known by what they give, whatever they are.
    fn special_bounds(
        &self,
        at: ModId,
        scope: &GenericScope,
        bounds: &[PathRef],
        otherwise: impl FnOnce(Bounds) -> Ty,
    ) -> Ty {
        let bounds = self.lower_bounds(at, scope, bounds);
        if let Some(special) = special(&bounds) {
            return special;
        }
        otherwise(bounds)
    }

    pub(crate) fn lower_bounds(&self, at: ModId, scope: &GenericScope, bounds: &[PathRef]) -> Bounds {
        bounds.iter().filter_map(|b| self.lower_bound(at, scope, b)).collect()
    }

    fn lower_bound(&self, at: ModId, scope: &GenericScope, path: &PathRef) -> Option<Bound> {
        let found = self.entry_of(at, path, Namespace::Type, 16);
        let canonical = match found {
            Some((Entry::Def(def), used)) if used == path.segments.len() => self.def(def).path,
            Some((Entry::External(base), used)) if used == path.segments.len() => self.catalogue().canonical(&base),
            _ => path.last()?,
        };
        let args = path.segments.last()?.args.as_deref();
        let (types, assoc) = match args {
            Some(args) => (
                args.types.iter().map(|t| self.lower_in(at, scope, t)).collect(),
                args.bindings.iter().map(|(n, t)| (*n, self.lower_in(at, scope, t))).collect(),
            ),
            None => (Arc::from([]), Arc::from([])),
        };
        Some(Bound { path: canonical, args: types, assoc })
    }

    /// The type that a path names.
    pub(crate) fn lower_path(&self, at: ModId, scope: &GenericScope, path: &PathRef) -> Ty {
        if let Some(qself) = &path.qself {
            let ty = self.lower_in(at, scope, &qself.0);
            return match path.segments.get(qself.1) {
                Some(segment) => self.associated_type(&ty, segment.name),
                None => ty,
            };
        }
        let Some(first) = path.segments.first() else { return Ty::Unknown };
        if !path.global {
            let own = if first.name.as_str() == "Self" {
                scope.self_ty.clone()
            } else {
                scope.params.iter().rev().find(|(n, _)| *n == first.name).map(|(_, t)| t.clone())
            };
            if let Some(ty) = own {
                return match path.segments.get(1) {
                    None => ty,
                    Some(segment) => self.associated_type(&ty, segment.name),
                };
            }
        }
        let args = path.segments.last().and_then(|s| s.args.as_deref());
        match self.entry_of(at, path, Namespace::Type, 16) {
            Some((Entry::Def(def), used)) => {
                let item = self.item(def);
                let args = path.segments.get(used - 1).and_then(|s| s.args.as_deref());
                match &item.kind {
                    ItemKind::TypeAlias(Some(target)) => self.alias(def, target, at, scope, args),
                    ItemKind::Struct(_) | ItemKind::Enum(_) if used == path.segments.len() => {
                        Ty::Adt(self.def(def).path, self.lower_args(at, scope, args))
                    }
                    ItemKind::Trait { .. } => {
                        // A bare trait name as a type is an old trait object.
                        Ty::Dyn(Arc::from([Bound { path: self.def(def).path, args: Arc::from([]), assoc: Arc::from([]) }]))
                    }
                    _ => Ty::Unknown,
                }
            }
            Some((Entry::External(base), used)) if used == path.segments.len() => {
                let canonical = self.catalogue().canonical(&base);
                self.external_type(at, scope, canonical, args)
            }
            Some(_) => Ty::Unknown,
            None if path.segments.len() == 1 && prelude::is_primitive(&first.name) => Ty::Prim(first.name),
            None => Ty::Unknown,
        }
    }

    fn lower_args(&self, at: ModId, scope: &GenericScope, args: Option<&GenericArgs>) -> Arc<[Ty]> {
        match args {
            Some(args) => args.types.iter().map(|t| self.lower_in(at, scope, t)).collect(),
            None => Arc::from([]),
        }
    }

    /// A type outside of the program with written arguments; aliases are expanded.
    pub(crate) fn external_type(
        &self,
        at: ModId,
        scope: &GenericScope,
        canonical: Symbol,
        args: Option<&GenericArgs>,
    ) -> Ty {
        let given = self.lower_args(at, scope, args);
        external(self, canonical, given)
    }

    fn alias(&self, def: DefId, target: &TypeRef, at: ModId, scope: &GenericScope, args: Option<&GenericArgs>) -> Ty {
        let here = self.def(def);
        let item = self.item(def);
        let Some(home) = self.module_of(here.file, item.module) else { return Ty::Unknown };
        // An alias that names itself (through cfg alternatives of one name) would never end.
        if matches!(target, TypeRef::Path(p) if p.as_ident() == Some(item.name)) {
            return Ty::Unknown;
        }
        // Aliases that name each other under different cfgs would never end either.
        let Some(_level) = AliasLevel::enter() else { return Ty::Unknown };
        let given = self.lower_args(at, scope, args);
        let inner = self.params_scope(home, None, &item.generics, &GenericScope::default());
        let ty = self.lower_in(home, &inner, target);
        let map: Vec<(Symbol, Ty)> = item
            .generics
            .params
            .iter()
            .enumerate()
            .map(|(i, (name, _))| (*name, given.get(i).cloned().unwrap_or_default()))
            .collect();
        subst(&ty, &map)
    }

    /// `T::Item`, `<T as Trait>::Output` where an impl or a bound settles it.
    fn associated_type(&self, ty: &Ty, name: Symbol) -> Ty {
        match ty {
            Ty::Param(_, bounds) | Ty::Impl(bounds) | Ty::Dyn(bounds) => bounds
                .iter()
                .flat_map(|b| b.assoc.iter())
                .find(|(n, _)| *n == name)
                .map(|(_, t)| t.clone())
                .unwrap_or_default(),
            Ty::Adt(path, _) => match self.assoc_types.get(&(*path, name)) {
                Some(found) => found.clone(),
                None => Ty::Unknown,
            },
            Ty::Iterator(item) if name.as_str() == "Item" => (**item).clone(),
            Ty::Future(output, _) if name.as_str() == "Output" => (**output).clone(),
            _ => Ty::Unknown,
        }
    }

    /// `Self` and the parameters of an item on top of those around it.
    pub(crate) fn params_scope(
        &self,
        at: ModId,
        self_ty: Option<Ty>,
        generics: &Generics,
        outer: &GenericScope,
    ) -> GenericScope {
        let mut scope = GenericScope {
            self_ty: self_ty.or_else(|| outer.self_ty.clone()),
            params: outer.params.clone(),
        };
        let base = scope.params.len();
        for (name, _) in &generics.params {
            scope.params.push((*name, Ty::Param(*name, Arc::from([]))));
        }
        // Bounds may mention other parameters, so they are read once all names are there.
        let bounds: Vec<Bounds> =
            generics.params.iter().map(|(_, bounds)| self.lower_bounds(at, &scope, bounds)).collect();
        for (index, bounds) in bounds.into_iter().enumerate() {
            let name = scope.params[base + index].0;
            scope.params[base + index].1 = param(name, bounds);
        }
        for (target, bounds) in &generics.predicates {
            let TypeRef::Path(path) = target else { continue };
            let Some(name) = path.as_ident() else { continue };
            let more = self.lower_bounds(at, &scope, bounds);
            if let Some((_, ty)) = scope.params.iter_mut().rev().find(|(n, _)| *n == name) {
                let all: Bounds = match &*ty {
                    Ty::Param(_, old) => old.iter().chain(more.iter()).cloned().collect(),
                    _ => more,
                };
                *ty = param(name, all);
            }
        }
        scope
    }

    /// `Self` and generic parameters for the code of an item.
    #[must_use]
    pub fn generic_scope(&self, def: DefId) -> GenericScope {
        let here = self.def(def);
        let item = self.item(def);
        let Some(at) = self.module_of(here.file, item.module) else { return GenericScope::default() };
        let outer = match item.parent {
            Some(parent) => {
                let parent_item = &self.file(here.file).items[parent.index()];
                let parent_def = self.def_of_item.get(&(here.file, parent)).copied();
                match &parent_item.kind {
                    ItemKind::Impl { self_ty, .. } => {
                        let outer = self.params_scope(at, None, &parent_item.generics, &GenericScope::default());
                        let ty = self.lower_in(at, &outer, self_ty);
                        GenericScope { self_ty: Some(ty), ..outer }
                    }
                    ItemKind::Trait { .. } => {
                        let outer = self.params_scope(at, None, &parent_item.generics, &GenericScope::default());
                        let path = parent_def.map(|d| self.def(d).path).unwrap_or_default();
                        let bound = Bound { path, args: Arc::from([]), assoc: Arc::from([]) };
                        GenericScope { self_ty: Some(Ty::Param(sym("Self"), Arc::from([bound]))), ..outer }
                    }
                    _ => GenericScope::default(),
                }
            }
            None => match &item.kind {
                ItemKind::Struct(_) | ItemKind::Enum(_) => {
                    let outer = self.params_scope(at, None, &item.generics, &GenericScope::default());
                    let args: Arc<[Ty]> = outer.params.iter().map(|(_, t)| t.clone()).collect();
                    return GenericScope { self_ty: Some(Ty::Adt(here.path, args)), ..outer };
                }
                _ => GenericScope::default(),
            },
        };
        self.params_scope(at, None, &item.generics, &outer)
    }
}

thread_local! {
    static ALIAS_LEVEL: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

/// How deep aliases are being expanded on this thread.
struct AliasLevel;

impl AliasLevel {
    fn enter() -> Option<Self> {
        ALIAS_LEVEL.with(|level| {
            (level.get() < 32).then(|| {
                level.set(level.get() + 1);
                Self
            })
        })
    }
}

impl Drop for AliasLevel {
    fn drop(&mut self) {
        ALIAS_LEVEL.with(|level| level.set(level.get().saturating_sub(1)));
    }
}

/// A parameter; one that is a future or iterator by its bounds stays a parameter, so that it can be
/// substituted.
fn param(name: Symbol, bounds: Bounds) -> Ty {
    Ty::Param(name, bounds)
}

/// What `impl Future<Output = T>` and `dyn Iterator<Item = T>` stand for.
pub(crate) fn special(bounds: &[Bound]) -> Option<Ty> {
    bounds.iter().find_map(|b| {
        let assoc = |name: &str| b.assoc.iter().find(|(n, _)| n.as_str() == name).map(|(_, t)| t.clone());
        match b.path.rsplit("::").next()? {
            "Future" | "FusedFuture" | "TryFuture" => {
                Some(Ty::Future(Arc::new(assoc("Output").unwrap_or_default()), None))
            }
            "Iterator" | "DoubleEndedIterator" | "ExactSizeIterator" | "Stream" | "FusedStream" => {
                Some(Ty::Iterator(Arc::new(assoc("Item").unwrap_or_default())))
            }
            _ => None,
        }
    })
}

/// A type outside, with aliases and boxed futures seen through.
pub(crate) fn external(program: &Program, canonical: Symbol, given: Arc<[Ty]>) -> Ty {
    let arg = |i: usize| given.get(i).cloned().unwrap_or_default();
    match canonical.as_str() {
        "std::io::Result" => return result(arg(0), Ty::adt("std::io::Error", [])),
        "std::fmt::Result" => return result(Ty::unit(), Ty::adt("std::fmt::Error", [])),
        "anyhow::Result" => {
            let error = given.get(1).cloned().unwrap_or_else(|| Ty::adt("anyhow::Error", []));
            return result(arg(0), error);
        }
        "std::thread::Result" => return result(arg(0), Ty::Unknown),
        "std::sync::LockResult" => return result(arg(0), Ty::adt("std::sync::PoisonError", [arg(0)])),
        "std::pin::Pin" | "std::boxed::Box" => {
            // A pinned or boxed future or iterator is one itself.
            let inner = arg(0);
            let inside = match &inner {
                Ty::Adt(path, args) if path.as_str() == "std::boxed::Box" => args.first().cloned(),
                Ty::Ref(_, inner) => Some((**inner).clone()),
                Ty::Future(..) | Ty::Iterator(_) => Some(inner.clone()),
                _ => None,
            };
            if let Some(inside @ (Ty::Future(..) | Ty::Iterator(_))) = inside {
                return inside;
            }
        }
        _ => {}
    }
    if canonical.ends_with("::BoxFuture") || canonical.ends_with("::LocalBoxFuture") {
        return Ty::Future(Arc::new(arg(0)), None);
    }
    if canonical.ends_with("::BoxStream") || canonical.ends_with("::LocalBoxStream") {
        return Ty::Iterator(Arc::new(arg(0)));
    }
    if let Some(facts) = program.catalogue().type_facts(canonical) {
        if let Some(alias) = &facts.alias {
            let map: Vec<(Symbol, Ty)> =
                facts.generics.iter().enumerate().map(|(i, g)| (*g, arg(i))).collect();
            return subst(alias, &map);
        }
        if facts.is_trait {
            return Ty::Dyn(Arc::from([Bound { path: canonical, args: given, assoc: Arc::from([]) }]));
        }
    }
    Ty::Adt(canonical, given)
}

fn result(ok: Ty, err: Ty) -> Ty {
    Ty::adt("std::result::Result", [ok, err])
}
