//! The index of all items: types with fields and methods, traits, signatures.

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::catalogue::Catalogue;
use crate::names::scopes::{Entry, Extern, ModId};
use crate::names::tree::{Tree, is_test_kind};
use crate::names::{CrateInput, Def, DefId, FieldInfo, GenericScope, Namespace, Program, Signature, TargetKind, TypeInfo};
use crate::span::FileId;
use crate::symbol::{Symbol, sym};
use crate::syntax::hir::ItemIndex;
use crate::syntax::items::{FileHir, ItemKind};
use crate::types::ty::{Bound, Ty};

impl Program {
    /// Builds the module tree, resolves imports and reads all signatures. Files in no crate become a crate each.
    #[must_use]
    pub fn build(files: Vec<Arc<FileHir>>, crates: Vec<CrateInput>) -> Self {
        let catalogue = Catalogue::builtin();
        let mut crates = crates;
        let mut tree = Tree::new(&files);
        tree.build(&mut crates);
        let mut scopes = std::mem::take(&mut tree.scopes);
        scopes.externs = externs(&crates);
        let mut program = Self {
            files,
            crates,
            defs: Vec::new(),
            types: FxHashMap::default(),
            by_path: FxHashMap::default(),
            trait_methods: FxHashMap::default(),
            methods_by_name: FxHashMap::default(),
            implementors: FxHashMap::default(),
            def_of_item: FxHashMap::default(),
            blanket_methods: FxHashMap::default(),
            assoc_types: FxHashMap::default(),
            scopes,
            catalogue,
            imports_done: false,
        };
        program.declare();
        program.resolve_imports();
        let impls = program.impl_targets();
        program.name_members(&impls);
        program.index_impls(&impls);
        program.index_types();
        program.signatures();
        program
    }

    /// Gives every item a definition and enters free items into their modules.
    fn declare(&mut self) {
        let files = self.files.clone();
        for (f, hir) in files.iter().enumerate() {
            let file = FileId(f as u32);
            let krate = self.scopes.crate_of_file.get(&file).copied().unwrap_or(0);
            let test_target = self.crates.get(krate as usize).is_some_and(|c| is_test_kind(c.kind));
            for (i, item) in hir.items.iter().enumerate() {
                let index = ItemIndex(i as u32);
                let id = DefId(self.defs.len() as u32);
                let module = self.scopes.of_file.get(&(file, item.module)).copied();
                let base = module.map(|m| self.scopes.module(m).path).unwrap_or_default();
                let in_test = test_target
                    || item.attributes.cfg_test
                    || item.attributes.is_test
                    || module.is_some_and(|m| self.scopes.module(m).in_test)
                    || item.parent.is_some_and(|p| {
                        self.def_of_item.get(&(file, p)).is_some_and(|d| self.defs[d.0 as usize].in_test)
                    });
                let path = sym(&format!("{base}::{}", item.name));
                self.defs.push(Def { path, file, item: index, krate, in_test, signature: None });
                self.def_of_item.insert((file, index), id);
                let (Some(module), None) = (module, item.parent) else { continue };
                let scope = self.scopes.module_mut(module);
                let entry = Entry::Def(id);
                match &item.kind {
                    ItemKind::Struct(fields) => {
                        scope.types.entry(item.name).or_insert(entry);
                        if !matches!(fields, crate::syntax::items::Fields::Named(_)) {
                            scope.values.entry(item.name).or_insert(entry);
                        }
                    }
                    ItemKind::Enum(_) | ItemKind::Trait { .. } | ItemKind::TypeAlias(_) => {
                        scope.types.entry(item.name).or_insert(entry);
                    }
                    ItemKind::Fn(_) | ItemKind::Const { .. } | ItemKind::Static { .. } => {
                        scope.values.entry(item.name).or_insert(entry);
                    }
                    ItemKind::ExternCrate { original } => {
                        let krate = self.scopes.externs.get(krate as usize).and_then(|m| m.get(original)).copied();
                        let entry = match krate {
                            Some(Extern::Program(i)) => Entry::Module(self.scopes.roots[i as usize]),
                            Some(Extern::Outside(name)) => Entry::External(name),
                            None => Entry::External(*original),
                        };
                        self.scopes.module_mut(module).types.insert(item.name, entry);
                    }
                    ItemKind::Mod { .. }
                    | ItemKind::Impl { .. }
                    | ItemKind::MacroRules
                    | ItemKind::OpaqueMacro => {}
                }
            }
        }
        for (index, def) in self.defs.iter().enumerate() {
            let item = &self.files[def.file.0 as usize].items[def.item.index()];
            if item.parent.is_none() && !matches!(item.kind, ItemKind::Impl { .. }) {
                self.by_path.entry(def.path).or_default().push(DefId(index as u32));
            }
        }
    }

    /// Resolves every import once, so that later look-ups only read.
    fn resolve_imports(&mut self) {
        let this = &*self;
        type Found = (Vec<(Symbol, Option<Entry>, Option<Entry>)>, Vec<Entry>);
        let resolved: Vec<Found> = (0..self.scopes.modules.len())
            .into_par_iter()
            .map(|m| {
                let id = ModId(m as u32);
                let scope = this.scopes.module(id);
                let whole = |import: &crate::names::scopes::PendingImport, ns| {
                    this.import_entry(id, &import.path, ns, 12)
                        .filter(|(_, used)| *used == import.path.segments.len())
                        .map(|(entry, _)| canonical(this, entry))
                };
                let named = scope
                    .imports
                    .iter()
                    .filter_map(|i| Some((i.name?, whole(i, Namespace::Type), whole(i, Namespace::Value))))
                    .collect();
                let globs = scope.globs.iter().filter_map(|g| whole(g, Namespace::Type)).collect();
                (named, globs)
            })
            .collect();
        for (index, (named, globs)) in resolved.into_iter().enumerate() {
            let scope = &mut self.scopes.modules[index];
            for (name, ty, value) in named {
                if let Some(entry) = ty {
                    scope.imported_types.insert(name, entry);
                }
                if let Some(entry) = value {
                    scope.imported_values.insert(name, entry);
                }
            }
            scope.glob_targets = globs;
        }
        self.imports_done = true;
    }

    /// The types (and traits) of all impls.
    fn impl_targets(&self) -> FxHashMap<DefId, ImplTarget> {
        (0..self.defs.len())
            .into_par_iter()
            .filter_map(|i| {
                let id = DefId(i as u32);
                let def = self.def(id);
                let item = self.item(id);
                let ItemKind::Impl { trait_path, self_ty } = &item.kind else { return None };
                let at = self.module_of(def.file, item.module)?;
                let scope = self.params_scope(at, None, &item.generics, &GenericScope::default());
                let ty = self.lower_in(at, &scope, self_ty);
                let scope = GenericScope { self_ty: Some(ty.clone()), ..scope };
                let bound = trait_path.as_ref().and_then(|path| {
                    self.lower_bounds(at, &scope, std::slice::from_ref(&**path)).first().cloned()
                });
                Some((id, ImplTarget { ty, bound }))
            })
            .collect()
    }

    /// Members of impls and traits get the path of their owner.
    fn name_members(&mut self, impls: &FxHashMap<DefId, ImplTarget>) {
        for index in 0..self.defs.len() {
            let id = DefId(index as u32);
            let file = self.def(id).file;
            let item = self.item(id);
            let Some(parent) = item.parent else { continue };
            let name = item.name;
            let Some(owner) = self.def_of_item.get(&(file, parent)).copied() else { continue };
            let base = match impls.get(&owner) {
                Some(target) => match target.ty.peel_refs() {
                    Ty::Adt(path, _) => path.to_string(),
                    other => other.to_string(),
                },
                None => self.def(owner).path.to_string(),
            };
            self.defs[index].path = sym(&format!("{base}::{name}"));
            let path = self.defs[index].path;
            self.by_path.entry(path).or_default().push(id);
        }
    }

    fn index_impls(&mut self, impls: &FxHashMap<DefId, ImplTarget>) {
        let mut order: Vec<DefId> = impls.keys().copied().collect();
        order.sort_unstable();
        let mut members: FxHashMap<DefId, Vec<DefId>> = FxHashMap::default();
        for index in 0..self.defs.len() {
            let id = DefId(index as u32);
            let (file, parent) = (self.def(id).file, self.item(id).parent);
            if let Some(owner) = parent.and_then(|p| self.def_of_item.get(&(file, p))) {
                members.entry(*owner).or_default().push(id);
            }
        }
        for index in 0..self.defs.len() {
            let id = DefId(index as u32);
            if !matches!(self.item(id).kind, ItemKind::Trait { .. }) {
                continue;
            }
            let path = self.def(id).path;
            for member in members.get(&id).into_iter().flatten() {
                let name = self.item(*member).name;
                if matches!(self.item(*member).kind, ItemKind::Fn(_)) {
                    self.trait_methods.insert((path, name), *member);
                    self.methods_by_name.entry(name).or_default().push(*member);
                }
            }
        }
        for id in order {
            let Some(target) = impls.get(&id) else { continue };
            let file = self.def(id).file;
            let own: Vec<DefId> = members.get(&id).cloned().unwrap_or_default();
            let type_path = target.ty.peel_refs().path();
            for member in &own {
                let name = self.item(*member).name;
                match &self.item(*member).kind {
                    ItemKind::Fn(_) => {
                        self.methods_by_name.entry(name).or_default().push(*member);
                        match (&target.ty, type_path) {
                            (Ty::Param(..), _) => self.blanket_methods.entry(name).or_default().push(*member),
                            (_, Some(path)) => {
                                self.types.entry(path).or_default().methods.entry(name).or_default().push(*member);
                            }
                            _ => {}
                        }
                    }
                    ItemKind::TypeAlias(Some(ty)) => {
                        let Some(path) = type_path else { continue };
                        let ty = ty.clone();
                        let module = self.item(id).module;
                        let scope = self.generic_scope(*member);
                        let lowered = self.lower_type(file, module, &scope, &ty);
                        if target.bound.as_ref().is_some_and(|b| b.path.as_str() == "std::ops::Deref")
                            && name.as_str() == "Target"
                        {
                            self.types.entry(path).or_default().deref = Some(lowered.clone());
                        }
                        self.assoc_types.entry((path, name)).or_insert(lowered);
                    }
                    _ => {}
                }
            }
            if let Some(bound) = &target.bound {
                self.implementors.entry(bound.path).or_default().push(target.ty.clone());
                if let Some(path) = type_path {
                    let drop = (bound.path.as_str() == "std::ops::Drop")
                        .then(|| own.iter().copied().find(|m| self.item(*m).name.as_str() == "drop"))
                        .flatten();
                    let info = self.types.entry(path).or_default();
                    info.traits.push((bound.clone(), Some(id)));
                    if drop.is_some() {
                        info.drop = drop;
                    }
                }
            }
        }
    }

    fn index_types(&mut self) {
        let this = &*self;
        let found: Vec<(Symbol, DefId, TypeInfo)> = (0..self.defs.len())
            .into_par_iter()
            .filter_map(|i| {
                let id = DefId(i as u32);
                let def = this.def(id);
                let item = this.item(id);
                let at = this.module_of(def.file, item.module)?;
                let mut info = TypeInfo {
                    generics: item.generics.params.iter().map(|(n, _)| *n).collect(),
                    must_use: item.attributes.must_use,
                    ..TypeInfo::default()
                };
                let scope = this.generic_scope(id);
                let lower = |fields: &[crate::syntax::items::Field]| -> Vec<FieldInfo> {
                    fields
                        .iter()
                        .map(|f| FieldInfo { name: f.name, ty: this.lower_in(at, &scope, &f.ty) })
                        .collect()
                };
                match &item.kind {
                    ItemKind::Struct(fields) => info.fields = lower(fields.all()),
                    ItemKind::Enum(variants) => {
                        info.variants = variants.iter().map(|v| (v.name, lower(v.fields.all()))).collect();
                    }
                    _ => return None,
                }
                for derive in &item.attributes.derives {
                    let path = super::prelude::standard(derive).map_or(*derive, sym);
                    let bound = Bound { path, args: Arc::from([]), assoc: Arc::from([]) };
                    info.traits.push((bound, None));
                }
                Some((def.path, id, info))
            })
            .collect();
        for (path, id, info) in found {
            let known = self.types.entry(path).or_default();
            known.defs.push(id);
            if known.defs.len() == 1 {
                known.generics = info.generics;
                known.fields = info.fields;
                known.variants = info.variants;
            } else {
                // Another definition under another cfg: its fields are candidates too.
                for field in info.fields {
                    if !known.fields.iter().any(|f| f.name == field.name) {
                        known.fields.push(field);
                    }
                }
                for variant in info.variants {
                    if !known.variants.iter().any(|(n, _)| *n == variant.0) {
                        known.variants.push(variant);
                    }
                }
            }
            known.traits.extend(info.traits);
            known.must_use |= info.must_use;
        }
    }

    fn signatures(&mut self) {
        let this = &*self;
        let found: Vec<(usize, Signature)> = (0..self.defs.len())
            .into_par_iter()
            .filter_map(|i| {
                let id = DefId(i as u32);
                let def = this.def(id);
                let item = this.item(id);
                let ItemKind::Fn(function) = &item.kind else { return None };
                let at = this.module_of(def.file, item.module)?;
                let scope = this.generic_scope(id);
                let lower = |t| this.lower_in(at, &scope, t);
                let parent = item.parent.and_then(|p| this.def_of_item.get(&(def.file, p)).copied());
                let of_trait = parent.and_then(|p| {
                    let parent_item = this.item(p);
                    match &parent_item.kind {
                        ItemKind::Trait { .. } => Some(this.def(p).path),
                        ItemKind::Impl { trait_path: Some(path), .. } => {
                            this.lower_bounds(at, &scope, std::slice::from_ref(&**path)).first().map(|b| b.path)
                        }
                        _ => None,
                    }
                });
                Some((
                    i,
                    Signature {
                        params: function.params.iter().map(lower).collect(),
                        self_kind: function.self_kind,
                        ret: lower(&function.ret),
                        is_async: function.is_async,
                        must_use: item.attributes.must_use,
                        self_ty: scope.self_ty.clone(),
                        of_trait,
                        generics: scope.params.iter().map(|(n, _)| *n).collect(),
                    },
                ))
            })
            .collect();
        for (index, signature) in found {
            self.defs[index].signature = Some(Arc::new(signature));
        }
    }

    /// Whether code of an item is test code.
    #[must_use]
    pub fn is_test(&self, file: FileId, item: ItemIndex) -> bool {
        self.def_of_item.get(&(file, item)).is_some_and(|d| self.def(*d).in_test)
    }
}

/// What an impl is for.
pub(super) struct ImplTarget {
    ty: Ty,
    bound: Option<Bound>,
}

fn canonical(program: &Program, entry: Entry) -> Entry {
    match entry {
        Entry::External(path) => Entry::External(program.catalogue.canonical(&path)),
        other => other,
    }
}

/// The extern crates of every crate.
fn externs(crates: &[CrateInput]) -> Vec<FxHashMap<Symbol, Extern>> {
    let libs: FxHashMap<&str, u32> = crates
        .iter()
        .enumerate()
        .filter(|(_, c)| c.kind == TargetKind::Lib)
        .map(|(i, c)| (c.name.as_str(), i as u32))
        .collect();
    let by_package: FxHashMap<&str, u32> = crates
        .iter()
        .enumerate()
        .filter(|(_, c)| c.kind == TargetKind::Lib)
        .map(|(i, c)| (c.package.as_str(), i as u32))
        .collect();
    crates
        .iter()
        .enumerate()
        .map(|(index, krate)| {
            let mut map: FxHashMap<Symbol, Extern> = FxHashMap::default();
            for (name, package) in &krate.dependencies {
                let known = libs
                    .get(package.as_str())
                    .or_else(|| by_package.get(package.as_str()))
                    .or_else(|| by_package.get(package.replace('_', "-").as_str()));
                let target = match known {
                    Some(i) => Extern::Program(*i),
                    None => Extern::Outside(sym(package)),
                };
                map.insert(sym(name), target);
            }
            if krate.kind != TargetKind::Lib
                && let Some(own) = by_package.get(krate.package.as_str())
                && *own != index as u32
            {
                map.insert(sym(&crates[*own as usize].name), Extern::Program(*own));
            }
            map
        })
        .collect()
}
