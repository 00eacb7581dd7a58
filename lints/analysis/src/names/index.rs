//! The index of types, impls and traits.

use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::names::graph::{Entity, parent_of};
use crate::names::lookup::Lookup;
use crate::names::lower::{Place, head};
use crate::names::prelude;
use crate::names::subst::{Subst, subst, unify};
use crate::names::{Def, DefId, FieldInfo, GenericScope, Namespace, Program, TypeInfo};
use crate::span::FileId;
use crate::symbol::{Symbol, sym};
use crate::syntax::hir::{ItemIndex, PathRef};
use crate::syntax::items::{Fields, ItemKind};
use crate::types::ty::{Bound, Bounds, List, Ty};

/// The head of an impl.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) def: DefId,
    pub(super) self_ty: Ty,
    pub(super) of_trait: Option<Bound>,
    pub(super) scope: Arc<GenericScope>,
}

/// An associated type of an impl.
#[derive(Clone, Debug)]
pub(super) struct AssocType {
    pub(super) def: DefId,
    pub(super) of_trait: Symbol,
    /// `Self` of the impl, in its parameters.
    pub(super) self_ty: Ty,
}

/// What is looked up by impls.
#[derive(Default)]
pub(super) struct Impls {
    /// Impls by their definition.
    pub(super) headers: FxHashMap<DefId, Header>,
    /// Methods of trait impls for types outside of the program: (head, name).
    pub(super) foreign_methods: FxHashMap<(Symbol, Symbol), Vec<DefId>>,
    /// Traits of the program implemented for types outside of it.
    pub(super) foreign_traits: FxHashMap<Symbol, Vec<DefId>>,
    /// `impl<T> Trait for T`, by trait.
    pub(super) blanket: FxHashMap<Symbol, Vec<DefId>>,
    /// Traits of the program that have a method of that name.
    pub(super) traits_with: FxHashMap<Symbol, Vec<Symbol>>,
}

/// The canonical paths of all items; members of impls come later.
pub(super) fn definitions(program: &mut Program) {
    let files: Vec<FileId> = (0..program.files.len() as u32).map(FileId).collect();
    let graph = &program.graph;
    let made: Vec<Vec<Def>> = files
        .par_iter()
        .map(|file| {
            let hir = &graph.files[file.0 as usize];
            let mut out: Vec<Def> = Vec::with_capacity(hir.items.len());
            for (index, item) in hir.items.iter().enumerate() {
                let node = graph.node(graph.node_of(*file, item.module));
                let parent = parent_of(hir, item).filter(|parent| parent.index() < index);
                let around = parent.map_or(node.path, |parent| out[parent.index()].path);
                let path = match item.kind {
                    ItemKind::Impl { .. } => sym(&format!("{around}::{{impl#{index}}}")),
                    _ => sym(&format!("{around}::{}", item.name)),
                };
                let outer_test = parent.is_some_and(|parent| out[parent.index()].in_test);
                let in_test =
                    node.in_test || outer_test || item.attributes.cfg_test || item.attributes.is_test;
                let item = ItemIndex(index as u32);
                out.push(Def { path, file: *file, item, krate: node.krate, in_test, signature: None });
            }
            out
        })
        .collect();
    program.defs = made.into_iter().flatten().collect();
    let ids = program.defs.iter().enumerate().map(|(id, def)| ((def.file, def.item), DefId(id as u32)));
    program.def_of_item = ids.collect();
}

/// Memo cells for all aliases and associated types.
pub(super) fn forget_aliases(program: &mut Program) {
    let defs = program.defs.iter().enumerate();
    let aliases = defs.filter(|(_, def)| {
        let item = &program.graph.files[def.file.0 as usize].items[def.item.index()];
        matches!(item.kind, ItemKind::TypeAlias(Some(_)))
    });
    let cells: FxHashMap<DefId, OnceLock<Ty>> =
        aliases.map(|(id, _)| (DefId(id as u32), OnceLock::new())).collect();
    program.aliases = cells;
}

/// Reads the heads of all impls, and what traits demand and declare.
pub(super) fn impls(program: &mut Program) {
    traits(program);
    let shared: &Program = program;
    let headers: Vec<Header> = (0..shared.defs.len())
        .into_par_iter()
        .with_min_len(256)
        .filter_map(|id| header(shared, DefId(id as u32)))
        .collect();
    for header in headers {
        program.scopes.insert(header.def, Arc::clone(&header.scope));
        program.impls.headers.insert(header.def, header);
    }
    member_paths(program);
    forget_aliases(program);
    assoc_types(program);
    own_assoc_types(program);
}

fn header(program: &Program, def: DefId) -> Option<Header> {
    let item = program.graph.item(def);
    let ItemKind::Impl { trait_path, self_ty } = &item.kind else { return None };
    let mut scope = GenericScope::default();
    program.add_params(def, &mut scope);
    let node = program.graph.home(def);
    let self_ty = Place { program, node, scope: &scope }.ty(self_ty);
    scope.self_ty = Some(self_ty.clone());
    let of_trait = trait_path.as_ref().map(|path| {
        let place = Place { program, node, scope: &scope };
        // An unknown trait still is one: what is in the impl is no inherent method.
        place.bound(path).unwrap_or_else(|| unknown_trait(path))
    });
    Some(Header { def, self_ty, of_trait, scope: Arc::new(scope) })
}

fn unknown_trait(path: &PathRef) -> Bound {
    Bound { path: path.last().unwrap_or_default(), args: List::from([]), assoc: List::from([]) }
}

/// `Type::method` for what is in impls of types of the program.
fn member_paths(program: &mut Program) {
    let mut renamed = Vec::new();
    for (id, def) in program.defs.iter().enumerate() {
        let hir = &program.graph.files[def.file.0 as usize];
        let item = &hir.items[def.item.index()];
        let Some(parent) = parent_of(hir, item) else { continue };
        let Some(header) = program.impls.headers.get(&program.graph.def_id(def.file, parent)) else {
            continue;
        };
        if let Ty::Adt(path, _) = &header.self_ty {
            renamed.push((id, *path, item.name));
        }
    }
    let types: rustc_hash::FxHashSet<Symbol> = program
        .defs
        .iter()
        .filter(|def| {
            let item = &program.graph.files[def.file.0 as usize].items[def.item.index()];
            matches!(item.kind, ItemKind::Struct(_) | ItemKind::Enum(_))
        })
        .map(|def| def.path)
        .collect();
    for (id, path, name) in renamed {
        if types.contains(&path) {
            program.defs[id].path = sym(&format!("{path}::{name}"));
        }
    }
}

fn assoc_types(program: &mut Program) {
    let mut found = Vec::new();
    for (id, def) in program.defs.iter().enumerate() {
        let hir = &program.graph.files[def.file.0 as usize];
        let item = &hir.items[def.item.index()];
        if !matches!(item.kind, ItemKind::TypeAlias(Some(_))) {
            continue;
        }
        let Some(parent) = parent_of(hir, item) else { continue };
        let Some(header) = program.impls.headers.get(&program.graph.def_id(def.file, parent)) else {
            continue;
        };
        let (Some(head), Some(bound)) = (head(&header.self_ty), &header.of_trait) else { continue };
        let assoc =
            AssocType { def: DefId(id as u32), of_trait: bound.path, self_ty: header.self_ty.clone() };
        found.push(((head, item.name), assoc));
    }
    for (key, assoc) in found {
        program.assoc_impls.entry(key).or_default().push(assoc);
    }
}

/// In an impl `Self::Item` is what that impl says, whatever others say for the same type.
fn own_assoc_types(program: &mut Program) {
    let shared: &Program = program;
    let all: Vec<&AssocType> = shared.assoc_impls.values().flatten().collect();
    let mut lowered: Vec<(DefId, DefId, Symbol, Ty)> = all
        .into_par_iter()
        .with_min_len(64)
        .filter_map(|assoc| {
            let (file, index) = shared.graph.origin(assoc.def);
            let hir = &shared.graph.files[file.0 as usize];
            let item = &hir.items[index.index()];
            let parent = shared.graph.def_id(file, parent_of(hir, item)?);
            let ty = shared.alias(assoc.def);
            (!ty.is_unknown()).then(|| (parent, assoc.def, sym(&format!("Self::{}", item.name)), ty))
        })
        .collect();
    lowered.sort_by_key(|(parent, def, ..)| (*parent, *def));
    for (parent, _, name, ty) in lowered {
        if let Some(scope) = program.scopes.get_mut(&parent) {
            Arc::make_mut(scope).params.push((name, ty));
        }
    }
}

/// Supertraits, and the bounds of associated types.
fn traits(program: &mut Program) {
    let shared: &Program = program;
    let found: Vec<(Symbol, DefId, Bounds)> = (0..shared.defs.len())
        .into_par_iter()
        .with_min_len(256)
        .filter_map(|id| {
            let def = DefId(id as u32);
            let item = shared.graph.item(def);
            let ItemKind::Trait { supertraits } = &item.kind else { return None };
            let scope = shared.generic_scope(def);
            let place = Place { program: shared, node: shared.graph.home(def), scope: &scope };
            Some((shared.def(def).path, def, place.bounds(supertraits)))
        })
        .collect();
    for (path, _, bounds) in found {
        program.supertraits.entry(path).or_insert(bounds);
    }
    let mut declared = Vec::new();
    let shared: &Program = program;
    for def in &shared.defs {
        let hir = &shared.graph.files[def.file.0 as usize];
        let item = &hir.items[def.item.index()];
        let Some(parent) = parent_of(hir, item) else { continue };
        let parent_item = &hir.items[parent.index()];
        if !matches!(parent_item.kind, ItemKind::Trait { .. }) {
            continue;
        }
        let trait_path = shared.def(shared.graph.def_id(def.file, parent)).path;
        let id = shared.graph.def_id(def.file, def.item);
        match &item.kind {
            ItemKind::TypeAlias(_) => {
                // `type Item: Bound;` has its bounds as a where clause on `Self::Item`.
                let scope = GenericScope::default();
                let node = shared.graph.node_of(def.file, item.module);
                let place = Place { program: shared, node, scope: &scope };
                let bounds = item
                    .generics
                    .predicates
                    .iter()
                    .flat_map(|(_, paths)| place.bounds(paths).to_vec())
                    .collect();
                declared.push((Some(bounds), trait_path, item.name, id));
            }
            ItemKind::Fn(_) | ItemKind::Const { .. } => declared.push((None, trait_path, item.name, id)),
            _ => {}
        }
    }
    for (bounds, trait_path, name, id) in declared {
        match bounds {
            Some(bounds) => {
                program.assoc_bounds.entry((trait_path, name)).or_insert(bounds);
            }
            None => {
                program.trait_methods.entry((trait_path, name)).or_insert(id);
                let traits = program.impls.traits_with.entry(name).or_default();
                if !traits.contains(&trait_path) {
                    traits.push(trait_path);
                }
            }
        }
    }
}

/// Structs and enums with their fields, then what impls add to them.
pub(super) fn types(program: &mut Program) {
    let shared: &Program = program;
    let found: Vec<(Symbol, DefId, TypeInfo)> = (0..shared.defs.len())
        .into_par_iter()
        .with_min_len(256)
        .filter_map(|id| type_info(shared, DefId(id as u32)))
        .collect();
    for (path, def, info) in found {
        let known = program.types.entry(path).or_default();
        if known.defs.is_empty() {
            *known = info;
        } else {
            merge(known, info);
        }
        known.defs.push(def);
    }
    by_path(program);
    members(program);
}

fn type_info(program: &Program, def: DefId) -> Option<(Symbol, DefId, TypeInfo)> {
    let item = program.graph.item(def);
    if !matches!(item.kind, ItemKind::Struct(_) | ItemKind::Enum(_)) {
        return None;
    }
    let path = program.def(def).path;
    let scope = program.generic_scope(def);
    let node = program.graph.home(def);
    let place = Place { program, node, scope: &scope };
    let fields = |fields: &Fields| -> Vec<FieldInfo> {
        fields
            .all()
            .iter()
            .map(|field| FieldInfo { name: field.name, ty: place.ty(&field.ty), cfg_test: field.cfg_test })
            .collect()
    };
    let mut info = TypeInfo {
        generics: item.generics.params.iter().map(|(name, _)| *name).collect(),
        has_lifetimes: item.generics.has_lifetimes,
        must_use: item.attributes.must_use,
        ..TypeInfo::default()
    };
    match &item.kind {
        ItemKind::Struct(of_struct) => info.fields = fields(of_struct),
        ItemKind::Enum(variants) => {
            info.variants = variants.iter().map(|v| (v.name, fields(&v.fields))).collect();
        }
        _ => {}
    }
    let lookup = Lookup::settled(&program.graph);
    for (derive, written) in item.attributes.derives.iter().zip(&item.attributes.derive_paths) {
        // Derives are macros, and mostly named like the trait that is imported with them.
        let mac = lookup.macro_path(node, written);
        let resolved = match lookup.outwards(node, *derive, Namespace::Type, None) {
            _ if mac.contains("::") && !mac.starts_with("std::") => Some(derive_trait(mac)),
            Ok(Entity::External(path)) => Some(derive_trait(path)),
            _ => prelude::derived(*derive),
        };
        let path = resolved.unwrap_or(*derive);
        info.traits.push((Bound { path, args: List::from([]), assoc: List::from([]) }, None));
        if *derive == "Error" && path != "std::error::Error" {
            let path = sym("std::error::Error");
            info.traits.push((Bound { path, args: List::from([]), assoc: List::from([]) }, None));
        }
    }
    Some((path, def, info))
}

/// Derive macros are not always named like their trait's path.
fn derive_trait(path: Symbol) -> Symbol {
    match path.as_str() {
        "thiserror::Error" | "snafu::Snafu" => sym("std::error::Error"),
        _ => path,
    }
}

/// Another cfg's version of a type: what the first one lacks.
fn merge(known: &mut TypeInfo, other: TypeInfo) {
    for field in other.fields {
        if !known.fields.iter().any(|f| f.name == field.name) {
            known.fields.push(field);
        }
    }
    for (name, fields) in other.variants {
        if !known.variants.iter().any(|(n, _)| *n == name) {
            known.variants.push((name, fields));
        }
    }
    for (bound, def) in other.traits {
        if !known.traits.iter().any(|(b, _)| b.path == bound.path) {
            known.traits.push((bound, def));
        }
    }
    known.must_use |= other.must_use;
}

fn by_path(program: &mut Program) {
    for (id, def) in program.defs.iter().enumerate() {
        let item = &program.graph.files[def.file.0 as usize].items[def.item.index()];
        let wanted = matches!(
            item.kind,
            ItemKind::Fn(_)
                | ItemKind::Const { .. }
                | ItemKind::Static { .. }
                | ItemKind::Trait { .. }
                | ItemKind::TypeAlias(_)
                | ItemKind::Mod { .. }
        );
        if wanted {
            program.by_path.entry(def.path).or_default().push(DefId(id as u32));
        }
    }
}

/// Gives types what their impls have.
fn members(program: &mut Program) {
    let mut methods = Vec::new();
    for (id, def) in program.defs.iter().enumerate() {
        let hir = &program.graph.files[def.file.0 as usize];
        let item = &hir.items[def.item.index()];
        let is_fn = matches!(item.kind, ItemKind::Fn(_));
        if !is_fn && !matches!(item.kind, ItemKind::Const { .. }) {
            continue;
        }
        let Some(parent) = parent_of(hir, item) else { continue };
        methods.push((DefId(id as u32), item.name, program.graph.def_id(def.file, parent), is_fn));
    }
    for (def, name, parent, is_fn) in methods {
        if is_fn {
            program.methods_by_name.entry(name).or_default().push(def);
        }
        let Some(header) = program.impls.headers.get(&parent) else { continue };
        let Some(head) = head(&header.self_ty) else { continue };
        let plain = matches!(header.self_ty, Ty::Adt(..));
        match program.types.get_mut(&head) {
            Some(info) if plain => {
                info.methods.entry(name).or_default().push(def);
                if is_fn
                    && name == "drop"
                    && header.of_trait.as_ref().is_some_and(|t| t.path == "std::ops::Drop")
                {
                    info.drop = Some(def);
                }
            }
            _ => program.impls.foreign_methods.entry((head, name)).or_default().push(def),
        }
    }
    let mut headers: Vec<&Header> = program.impls.headers.values().collect();
    headers.sort_by_key(|header| header.def);
    let mut derefs = Vec::new();
    for header in headers {
        let Some(bound) = &header.of_trait else { continue };
        program.implementors.entry(bound.path).or_default().push(header.self_ty.clone());
        match &header.self_ty {
            Ty::Adt(path, _) if program.types.contains_key(path) => {
                if let Some(info) = program.types.get_mut(path) {
                    info.traits.push((bound.clone(), Some(header.def)));
                }
                if bound.path == "std::ops::Deref" {
                    derefs.push((*path, header.self_ty.clone()));
                }
            }
            Ty::Param(..) | Ty::Impl(_) => {
                program.impls.blanket.entry(bound.path).or_default().push(header.def);
            }
            Ty::Ref(_, inner) if matches!(**inner, Ty::Param(..)) => {
                program.impls.blanket.entry(bound.path).or_default().push(header.def);
            }
            ty => {
                if let Some(head) = head(ty) {
                    program.impls.foreign_traits.entry(head).or_default().push(header.def);
                }
            }
        }
    }
    for (path, self_ty) in derefs {
        let target = program.project(&self_ty, sym("Target"), Some(sym("std::ops::Deref")));
        let Some(info) = program.types.get_mut(&path) else { continue };
        // From the impl's parameters to the type's own.
        let own = info.generics.iter().map(|name| Ty::Param(*name, Bounds::from([]))).collect();
        let mut map = Subst::default();
        unify(&self_ty, &Ty::Adt(path, own), &mut map);
        if info.deref.is_none() && !target.is_unknown() {
            info.deref = Some(subst(&target, &map));
        }
    }
}

/// Associated types on which all impls for a type agree.
pub(super) fn settled_types(program: &mut Program) {
    let shared: &Program = program;
    let keys: Vec<(Symbol, Symbol)> = shared.assoc_impls.keys().copied().collect();
    let found: Vec<((Symbol, Symbol), Ty)> = keys
        .into_par_iter()
        .with_min_len(64)
        .filter_map(|(head, name)| {
            let self_ty = match shared.types.get(&head) {
                Some(info) => {
                    let own = info.generics.iter().map(|name| Ty::Param(*name, Bounds::from([]))).collect();
                    Ty::Adt(head, own)
                }
                None => shared.assoc_impls.get(&(head, name))?.first()?.self_ty.clone(),
            };
            let settled = shared.project(&self_ty, name, None);
            (!settled.is_unknown()).then_some(((head, name), settled))
        })
        .collect();
    program.assoc_types.extend(found);
}
