//! Types as written → types with canonical paths.

use std::sync::Arc;

use crate::names::aliases::within_reason;
use crate::names::graph::{Entity, NodeId};
use crate::names::lookup::Lookup;
use crate::names::prelude;
use crate::names::subst::{Subst, pair, subst};
use crate::names::{GenericScope, Namespace, Program};
use crate::span::FileId;
use crate::symbol::{Symbol, sym};
use crate::syntax::hir::{GenericArgs, ModuleIndex, PathRef, TypeRef};
use crate::syntax::items::ItemKind;
use crate::types::ty::{Args, Bound, Bounds, List, Ty};

/// Where a type stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) program: &'a Program,
    pub(super) node: NodeId,
    pub(super) scope: &'a GenericScope,
}

impl Program {
    /// The type that `ty` means in `module` of `file`.
    #[must_use]
    pub fn lower_type(&self, file: FileId, module: ModuleIndex, scope: &GenericScope, ty: &TypeRef) -> Ty {
        Place { program: self, node: self.graph.node_of(file, module), scope }.ty(ty)
    }

    /// The bounds that `paths` mean in `module` of `file`; what is not found is left out.
    #[must_use]
    pub fn lower_bounds(
        &self,
        file: FileId,
        module: ModuleIndex,
        scope: &GenericScope,
        paths: &[PathRef],
    ) -> Bounds {
        Place { program: self, node: self.graph.node_of(file, module), scope }.bounds(paths)
    }
}

impl<'a> Place<'a> {
    pub(super) fn ty(&self, ty: &TypeRef) -> Ty {
        match ty {
            TypeRef::Unknown | TypeRef::Infer => Ty::Unknown,
            TypeRef::Never => Ty::Never,
            TypeRef::Path(path) => self.path(path),
            TypeRef::Ref(mutable, inner) => self.ty(inner).reference(*mutable),
            TypeRef::Ptr(inner) => Ty::Ptr(Arc::new(self.ty(inner))),
            TypeRef::Tuple(parts) => Ty::Tuple(self.types(parts)),
            TypeRef::Array(inner) => Ty::Array(Arc::new(self.ty(inner))),
            TypeRef::Slice(inner) => Ty::Slice(Arc::new(self.ty(inner))),
            TypeRef::Fn(params, ret) => Ty::Fn(self.types(params), Arc::new(self.ty(ret))),
            TypeRef::Impl(bounds) => of_bounds(self.bounds(bounds), Ty::Impl),
            TypeRef::Dyn(bounds) => of_bounds(self.bounds(bounds), Ty::Dyn),
        }
    }

    fn types(&self, types: &[TypeRef]) -> Args {
        types.iter().map(|t| self.ty(t)).collect()
    }

    pub(super) fn args(&self, args: Option<&GenericArgs>) -> Args {
        args.map_or_else(|| Args::from([]), |args| self.types(&args.types))
    }

    pub(super) fn bounds(&self, paths: &[PathRef]) -> Bounds {
        paths.iter().filter_map(|path| self.bound(path)).collect()
    }

    pub(super) fn bound(&self, path: &PathRef) -> Option<Bound> {
        if path.qself.is_some() {
            return None;
        }
        let trait_path = match self.entity(path)? {
            Entity::Def(def) => {
                let item = self.program.graph.item(def);
                if !matches!(item.kind, ItemKind::Trait { .. }) {
                    return None;
                }
                self.program.path_of(def)
            }
            Entity::External(path) => path,
            _ => return None,
        };
        let args = path.segments.last().and_then(|s| s.args.as_deref());
        let assoc =
            args.map_or(&[][..], |a| &a.bindings).iter().map(|(name, ty)| (*name, self.ty(ty))).collect();
        Some(Bound { path: trait_path, args: self.args(args), assoc })
    }

    /// What a path without generics and `Self` stands for in the type namespace.
    fn entity(&self, path: &PathRef) -> Option<Entity> {
        let lookup = Lookup::settled(&self.program.graph);
        let (mut entity, used) = lookup.start(self.node, path, Namespace::Type, false).ok()?;
        for segment in path.segments.iter().skip(used) {
            entity = lookup.member(entity, segment.name, Namespace::Type, self.node).ok()?;
        }
        Some(entity)
    }

    /// `Self` or a type parameter.
    pub(super) fn generic(&self, name: Symbol) -> Option<Ty> {
        if name == "Self" {
            return Some(self.scope.self_ty.clone().unwrap_or_default());
        }
        self.scope.params.iter().rev().find(|(param, _)| *param == name).map(|(_, ty)| ty.clone())
    }

    /// `Self::Item` in the impl that says what it is.
    pub(super) fn own_assoc(&self, name: Symbol) -> Option<Ty> {
        if self.scope.params.is_empty() {
            return None;
        }
        let whole = sym(&format!("Self::{name}"));
        self.scope.params.iter().find(|(param, _)| *param == whole).map(|(_, ty)| ty.clone())
    }

    fn path(&self, path: &PathRef) -> Ty {
        if let Some(qself) = &path.qself {
            let (ty, in_trait) = &**qself;
            let (trait_segments, rest) =
                path.segments.split_at_checked(*in_trait).unwrap_or((&path.segments, &[]));
            let of_trait = if trait_segments.is_empty() {
                None
            } else {
                let segments = trait_segments.to_vec().into();
                self.bound(&PathRef { global: path.global, qself: None, segments, span: path.span })
                    .map(|b| b.path)
            };
            return rest.iter().enumerate().fold(self.ty(ty), |ty, (index, segment)| {
                self.project(&ty, segment.name, if index == 0 { of_trait } else { None })
            });
        }
        let Some(first) = path.segments.first() else { return Ty::Unknown };
        if !path.global
            && let Some(ty) = self.generic(first.name)
        {
            let mut rest = path.segments.get(1..).unwrap_or(&[]);
            let mut ty = ty;
            if first.name == "Self"
                && let Some((second, further)) = rest.split_first()
                && let Some(own) = self.own_assoc(second.name)
            {
                (ty, rest) = (own, further);
            }
            return rest.iter().fold(ty, |ty, segment| self.project(&ty, segment.name, None));
        }
        let lookup = Lookup::settled(&self.program.graph);
        let primitive = path.segments.len() == 1 && !path.global && prelude::is_primitive(first.name);
        let Ok((mut entity, used)) = lookup.start(self.node, path, Namespace::Type, false) else {
            return if primitive { Ty::Prim(first.name) } else { Ty::Unknown };
        };
        // `use std::u32;` does not hide the type.
        if primitive && !matches!(entity, Entity::Def(_)) {
            return Ty::Prim(first.name);
        }
        let count = path.segments.len();
        for (index, segment) in path.segments.iter().enumerate().skip(used) {
            match lookup.member(entity, segment.name, Namespace::Type, self.node) {
                Ok(found) => entity = found,
                // `Alias::Item`
                Err(_) => {
                    let before = path.segments.get(index.wrapping_sub(1)).and_then(|s| s.args.as_deref());
                    let ty = self.named(entity, before);
                    return path.segments[index..count]
                        .iter()
                        .fold(ty, |ty, s| self.project(&ty, s.name, None));
                }
            }
        }
        self.named(entity, path.segments.last().and_then(|s| s.args.as_deref()))
    }

    /// The type of an entity with its arguments.
    pub(super) fn named(&self, entity: Entity, args: Option<&GenericArgs>) -> Ty {
        match entity {
            Entity::Def(def) => {
                let item = self.program.graph.item(def);
                match &item.kind {
                    ItemKind::Struct(_) | ItemKind::Enum(_) => {
                        Ty::Adt(self.program.path_of(def), self.args(args))
                    }
                    ItemKind::TypeAlias(_) => {
                        let target = self.program.alias(def);
                        let names: Vec<Symbol> = item.generics.params.iter().map(|(name, _)| *name).collect();
                        collapse(within_reason(subst(&target, &pair(&names, &self.args(args)))))
                    }
                    // A trait object without `dyn`, as in 2015.
                    ItemKind::Trait { .. } => {
                        let assoc = args.map_or(&[][..], |a| &a.bindings);
                        let assoc = assoc.iter().map(|(name, ty)| (*name, self.ty(ty))).collect();
                        let bound = Bound { path: self.program.path_of(def), args: self.args(args), assoc };
                        Ty::Dyn(List::from([bound]))
                    }
                    _ => Ty::Unknown,
                }
            }
            Entity::External(path) => self.external(path, args),
            Entity::Module(_) | Entity::Variant(..) => Ty::Unknown,
        }
    }

    fn external(&self, path: Symbol, args: Option<&GenericArgs>) -> Ty {
        let types = self.args(args);
        let text = path.as_str();
        if let Some(made) = well_known(text, &types) {
            return made;
        }
        match self.program.graph.externals.index.type_facts(path) {
            Some(facts) if facts.alias.is_some() => {
                let target = facts.alias.as_ref().map(|alias| subst(alias, &pair(&facts.generics, &types)));
                collapse(within_reason(target.unwrap_or_default()))
            }
            Some(facts) if facts.is_trait => {
                let assoc = args.map_or(&[][..], |a| &a.bindings);
                let assoc = assoc.iter().map(|(name, ty)| (*name, self.ty(ty))).collect();
                of_bounds(List::from([Bound { path, args: types, assoc }]), Ty::Dyn)
            }
            // A crate that nothing is known of: by convention its `Result<T>` is an alias.
            None => result_alias(text, &types).unwrap_or_else(|| collapse(Ty::Adt(path, types))),
            _ => collapse(Ty::Adt(path, types)),
        }
    }

    /// `ty::name`: an associated type, where that is settled.
    pub(super) fn project(&self, ty: &Ty, name: Symbol, of_trait: Option<Symbol>) -> Ty {
        if let Ty::Param(param, bounds) = ty {
            let whole = sym(&format!("{param}::{name}"));
            if let Some(found) = bounds.iter().flat_map(|b| b.assoc.iter()).find(|(n, _)| *n == name) {
                return found.1.clone();
            }
            if let Some((_, found)) = self.scope.params.iter().find(|(n, _)| *n == whole) {
                return found.clone();
            }
            let declared = bounds.iter().find_map(|bound| self.program.declared_bounds(bound.path, name, 8));
            return Ty::Param(whole, declared.unwrap_or_else(|| Bounds::from([])));
        }
        self.program.project(ty, name, of_trait)
    }
}

impl Program {
    /// The associated type `name` of `ty`.
    pub(super) fn project(&self, ty: &Ty, name: Symbol, of_trait: Option<Symbol>) -> Ty {
        match ty {
            Ty::Iterator(item) if name == "Item" => return (**item).clone(),
            Ty::Future(output, _) if name == "Output" => return (**output).clone(),
            Ty::Fn(_, ret) | Ty::Closure(_, ret) if name == "Output" => return (**ret).clone(),
            Ty::Dyn(bounds) | Ty::Impl(bounds) => {
                let found = bounds.iter().flat_map(|b| b.assoc.iter()).find(|(n, _)| *n == name);
                return found.map(|(_, ty)| ty.clone()).unwrap_or_default();
            }
            _ => {}
        }
        let found = self.project_impl(ty, name, of_trait);
        match ty {
            Ty::Ref(_, inner) if found.is_unknown() => self.project(inner, name, of_trait),
            _ => found,
        }
    }

    /// The associated type `name` of `ty` by the impls of the program.
    fn project_impl(&self, ty: &Ty, name: Symbol, of_trait: Option<Symbol>) -> Ty {
        let Some(head) = head(ty) else { return Ty::Unknown };
        let Some(candidates) = self.assoc_impls.get(&(head, name)) else { return Ty::Unknown };
        let mut found = None;
        for candidate in candidates {
            if of_trait.is_some_and(|wanted| candidate.of_trait != wanted) {
                continue;
            }
            let mut map = Subst::default();
            if !crate::names::subst::unify(&candidate.self_ty, ty, &mut map) {
                continue;
            }
            let this = within_reason(subst(&self.alias(candidate.def), &map));
            match &found {
                None => found = Some(this),
                Some(other) if *other == this => {}
                // Two impls that differ: nothing settles it.
                Some(_) => return Ty::Unknown,
            }
        }
        found.unwrap_or_default()
    }

    /// Bounds that the traits among `bounds` declare for their associated type `name`.
    pub(crate) fn bounds_of_assoc(&self, bounds: &[Bound], name: Symbol) -> Option<Bounds> {
        bounds.iter().find_map(|bound| self.declared_bounds(bound.path, name, 8)).filter(|b| !b.is_empty())
    }

    /// Bounds that a trait of the program (or one above it) declares for its associated type.
    pub(super) fn declared_bounds(&self, trait_path: Symbol, name: Symbol, depth: u8) -> Option<Bounds> {
        if let Some(bounds) = self.assoc_bounds.get(&(trait_path, name)) {
            return Some(bounds.clone());
        }
        let depth = depth.checked_sub(1)?;
        self.supertraits
            .get(&trait_path)?
            .iter()
            .find_map(|above| self.declared_bounds(above.path, name, depth))
    }
}

/// What impls are found by: the path of a named type, a primitive's name, or the shape.
pub(super) fn head(ty: &Ty) -> Option<Symbol> {
    Some(match ty {
        Ty::Adt(path, _) => *path,
        Ty::Prim(name) => *name,
        Ty::Slice(_) => sym("slice"),
        Ty::Array(_) => sym("array"),
        Ty::Tuple(_) => sym("tuple"),
        Ty::Ref(_, inner) => return head(inner),
        Ty::Dyn(bounds) => bounds.first()?.path,
        Ty::Future(..) => sym("{future}"),
        Ty::Iterator(_) => sym("{iterator}"),
        Ty::Fn(..) => sym("{fn}"),
        Ty::Ptr(_) => sym("pointer"),
        _ => return None,
    })
}

/// `impl Future<Output = T>` and `dyn Iterator<Item = T>` are shapes of their own; anything else is `plain`.
fn of_bounds(bounds: Bounds, plain: fn(Bounds) -> Ty) -> Ty {
    for bound in bounds.iter() {
        let assoc = |wanted: &str| {
            bound.assoc.iter().find(|(name, _)| *name == wanted).map(|(_, ty)| ty.clone()).unwrap_or_default()
        };
        match bound.path.as_str() {
            "std::future::Future" | "futures_core::Future" | "futures_core::future::Future" => {
                return Ty::Future(Arc::new(assoc("Output")), None);
            }
            "std::iter::Iterator"
            | "std::iter::DoubleEndedIterator"
            | "std::iter::ExactSizeIterator"
            | "futures_core::Stream"
            | "futures_core::stream::Stream"
            | "tokio_stream::Stream"
            | "futures_lite::Stream"
            | "rayon::iter::ParallelIterator"
            | "rayon::iter::IndexedParallelIterator" => return Ty::Iterator(Arc::new(assoc("Item"))),
            _ => {}
        }
    }
    plain(bounds)
}

/// Errors of crates whose `Result<T>` the catalogue does not list.
const ERRORS: [(&str, &str); 13] = [
    ("anyhow::Result", "anyhow::Error"),
    ("eyre::Result", "eyre::Report"),
    ("color_eyre::Result", "eyre::Report"),
    ("color_eyre::eyre::Result", "eyre::Report"),
    ("miette::Result", "miette::Report"),
    ("tokio::io::Result", "std::io::Error"),
    ("async_std::io::Result", "std::io::Error"),
    ("smol::io::Result", "std::io::Error"),
    ("futures::io::Result", "std::io::Error"),
    ("serde_json::Result", "serde_json::Error"),
    ("reqwest::Result", "reqwest::Error"),
    ("rusqlite::Result", "rusqlite::Error"),
    ("syn::Result", "syn::Error"),
];

/// Another crate's `Result<T>` is an alias of std's; which error it holds may stay unknown.
fn result_alias(path: &str, args: &Args) -> Option<Ty> {
    if path == "std::result::Result" || !path.ends_with("::Result") || args.is_empty() {
        return None;
    }
    let error = ERRORS.iter().find(|(alias, _)| *alias == path).map(|(_, error)| Ty::adt(error, []));
    let error = args.get(1).cloned().or(error).unwrap_or_default();
    Some(Ty::adt("std::result::Result", [args[0].clone(), error]))
}

/// Types that are written in several ways and mean a shape.
fn well_known(path: &str, args: &Args) -> Option<Ty> {
    let first = || Arc::new(args.first().cloned().unwrap_or_default());
    let name = path.rsplit("::").next()?;
    let of_futures = path.starts_with("futures") || path.starts_with("tokio_stream");
    match name {
        "BoxFuture" | "LocalBoxFuture" if of_futures => Some(Ty::Future(first(), None)),
        "BoxStream" | "LocalBoxStream" if of_futures => Some(Ty::Iterator(first())),
        _ => match path {
            "std::os::raw::c_void" => None,
            // The maps of crates that only choose a hasher.
            "rustc_hash::FxHashMap" | "fxhash::FxHashMap" | "fnv::FnvHashMap" => {
                Some(Ty::Adt(sym("std::collections::HashMap"), args.iter().take(2).cloned().collect()))
            }
            "rustc_hash::FxHashSet" | "fxhash::FxHashSet" | "fnv::FnvHashSet" => {
                Some(Ty::Adt(sym("std::collections::HashSet"), args.iter().take(1).cloned().collect()))
            }
            // `lock_api::Mutex<RawMutex, T>`: only `T` says something.
            "lock_api::Mutex"
            | "lock_api::RwLock"
            | "lock_api::MutexGuard"
            | "lock_api::RwLockReadGuard"
            | "lock_api::RwLockWriteGuard"
                if args.len() == 2
                    && args
                        .first()
                        .and_then(Ty::path)
                        .is_some_and(|raw| raw.as_str().starts_with("parking_lot::")) =>
            {
                Some(Ty::Adt(sym(&format!("parking_lot::{name}")), List::from([args[1].clone()])))
            }
            _ => None,
        },
    }
}

/// `Pin<Box<dyn Future>>` is awaited like the future itself.
fn collapse(ty: Ty) -> Ty {
    let Ty::Adt(path, args) = &ty else { return ty };
    if path != "std::pin::Pin" {
        return ty;
    }
    match args.first() {
        Some(Ty::Adt(inner, args)) if inner == "std::boxed::Box" => match args.first() {
            Some(shape @ (Ty::Future(..) | Ty::Iterator(_))) => shape.clone(),
            _ => ty,
        },
        _ => ty,
    }
}
