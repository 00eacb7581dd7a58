//! Signatures of functions, and the generics in scope for an item.

use std::sync::Arc;

use rayon::prelude::*;

use crate::names::graph::parent_of;
use crate::names::lower::Place;
use crate::names::{DefId, GenericScope, Program, Signature};
use crate::symbol::sym;
use crate::syntax::hir::TypeRef;
use crate::syntax::items::ItemKind;
use crate::types::ty::{Bound, Bounds, List, Ty};

impl Program {
    /// `Self` and generic parameters for the code of an item.
    #[must_use]
    pub fn generic_scope(&self, def: DefId) -> GenericScope {
        let (file, index) = self.graph.origin(def);
        let hir = &self.graph.files[file.0 as usize];
        let item = &hir.items[index.index()];
        if let Some(known) = self.scopes.get(&def) {
            return (**known).clone();
        }
        let parent = parent_of(hir, item).filter(|parent| *parent != index);
        let mut scope = match parent {
            Some(parent) => self.generic_scope(self.graph.def_id(file, parent)),
            None => GenericScope::default(),
        };
        self.add_params(def, &mut scope);
        match &item.kind {
            ItemKind::Struct(_) | ItemKind::Enum(_) => {
                let args = scope.params.iter().map(|(_, ty)| ty.clone()).collect();
                scope.self_ty = Some(Ty::Adt(self.path_of(def), args));
            }
            ItemKind::Trait { .. } => {
                let args = scope
                    .params
                    .iter()
                    .filter(|(name, _)| *name != "Self")
                    .map(|(_, ty)| ty.clone())
                    .collect();
                let bound = Bound { path: self.path_of(def), args, assoc: List::from([]) };
                scope.self_ty = Some(Ty::Param(sym("Self"), List::from([bound])));
            }
            ItemKind::Impl { self_ty, .. } => {
                let place = Place { program: self, node: self.graph.home(def), scope: &scope };
                let self_ty = place.ty(self_ty);
                scope.self_ty = Some(self_ty);
            }
            _ => {}
        }
        scope
    }

    /// Adds an item's own parameters. Their bounds may mention each other.
    pub(super) fn add_params(&self, def: DefId, scope: &mut GenericScope) {
        let item = self.graph.item(def);
        let generics = &item.generics;
        if generics.params.is_empty() && generics.predicates.is_empty() {
            return;
        }
        let start = scope.params.len();
        for (name, _) in &generics.params {
            scope.params.push((*name, Ty::Param(*name, Bounds::from([]))));
        }
        let node = self.graph.home(def);
        let mut found: Vec<Vec<Bound>> = {
            let place = Place { program: self, node, scope };
            generics.params.iter().map(|(_, paths)| place.bounds(paths).to_vec()).collect()
        };
        let mut further = Vec::new();
        for (ty, paths) in &generics.predicates {
            let TypeRef::Path(path) = ty else { continue };
            let place = Place { program: self, node, scope };
            let bounds = place.bounds(paths);
            let names: Vec<&str> = path.segments.iter().map(|s| s.name.as_str()).collect();
            match path.as_ident() {
                Some(name) => match generics.params.iter().position(|(param, _)| *param == name) {
                    Some(at) => found[at].extend(bounds.iter().cloned()),
                    // `where T: A` on a method adds to the impl's parameter.
                    None => {
                        if let Some(Ty::Param(_, outer)) = place.generic(name).filter(|_| name != "Self") {
                            let all = outer.iter().chain(bounds.iter()).cloned().collect();
                            further.push((name, Ty::Param(name, all)));
                        }
                    }
                },
                // `where T::Item: A`
                None if path.qself.is_none() && place.generic(sym(names[0])).is_some() => {
                    let whole = sym(&names.join("::"));
                    further.push((whole, Ty::Param(whole, bounds)));
                }
                None => {}
            }
        }
        for (at, bounds) in found.into_iter().enumerate() {
            if let Some((name, ty)) = scope.params.get_mut(start + at) {
                *ty = Ty::Param(*name, bounds.into());
            }
        }
        scope.params.extend(further);
    }
}

/// Lowers the signatures of all functions.
pub(super) fn all(program: &mut Program) {
    let shared: &Program = program;
    let made: Vec<Option<Arc<Signature>>> = (0..shared.defs.len())
        .into_par_iter()
        .with_min_len(256)
        .map(|id| signature(shared, DefId(id as u32)).map(Arc::new))
        .collect();
    for (def, signature) in program.defs.iter_mut().zip(made) {
        def.signature = signature;
    }
}

fn signature(program: &Program, def: DefId) -> Option<Signature> {
    let (file, index) = program.graph.origin(def);
    let hir = &program.graph.files[file.0 as usize];
    let item = &hir.items[index.index()];
    let ItemKind::Fn(function) = &item.kind else { return None };
    let parent = parent_of(hir, item).map(|parent| program.graph.def_id(file, parent));
    let scope = program.generic_scope(def);
    let place = Place { program, node: program.graph.home(def), scope: &scope };
    let of_trait = parent.and_then(|parent| match program.impls.headers.get(&parent) {
        Some(header) => header.of_trait.as_ref().map(|bound| bound.path),
        None => {
            matches!(program.graph.item(parent).kind, ItemKind::Trait { .. }).then(|| program.path_of(parent))
        }
    });
    Some(Signature {
        params: function.params.iter().map(|ty| place.ty(ty)).collect(),
        self_kind: function.self_kind,
        ret: place.ty(&function.ret),
        is_async: function.is_async,
        must_use: item.attributes.must_use,
        self_ty: scope.self_ty.clone(),
        of_trait,
        // `T::Item` entries are no parameters.
        generics: scope
            .params
            .iter()
            .map(|(name, _)| *name)
            .filter(|name| !name.as_str().contains("::"))
            .collect(),
    })
}
