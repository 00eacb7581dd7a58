//! Traits that a file has in scope: those of the program and those outside of it.

use std::sync::Arc;

use crate::catalogue::Catalogue;
use crate::names::graph::{Entity, NodeId};
use crate::names::{GenericScope, Namespace, Program, Resolution};
use crate::span::FileId;
use crate::symbol::Symbol;
use crate::syntax::hir::ModuleIndex;
use crate::syntax::items::ItemKind;

/// Modules that a file takes all names of, at most.
const MODULES: usize = 64;

/// Traits whose methods a file may call, by canonical path.
#[derive(Clone, Debug, Default)]
pub(super) struct TraitsInScope {
    outside: Arc<[Symbol]>,
    own: Arc<[Symbol]>,
}

impl Program {
    /// Traits outside of the program that a file imports: by name, as `_`, and through globs, also those of the
    /// program's own modules (`use super::*`, `use crate::prelude::*`).
    #[must_use]
    pub fn imported_traits(&self, catalogue: &Catalogue, file: FileId) -> Arc<[Symbol]> {
        self.traits_of(catalogue, file).outside
    }

    /// Traits of the program that a file declares, imports or has through globs.
    #[must_use]
    pub fn own_traits(&self, catalogue: &Catalogue, file: FileId) -> Arc<[Symbol]> {
        self.traits_of(catalogue, file).own
    }

    fn traits_of(&self, catalogue: &Catalogue, file: FileId) -> TraitsInScope {
        let Some(memo) = self.traits_of_files.get(file.0 as usize) else { return TraitsInScope::default() };
        memo.get_or_init(|| {
            let (outside, own) = self.traits_in_scope(catalogue, file);
            TraitsInScope { outside: outside.into(), own: own.into() }
        })
        .clone()
    }

    fn traits_in_scope(&self, catalogue: &Catalogue, file: FileId) -> (Vec<Symbol>, Vec<Symbol>) {
        let mut outside: Vec<Symbol> = Vec::new();
        let mut inside: Vec<Symbol> = Vec::new();
        let mut add = |found: Entity| match found {
            Entity::External(path)
                if !outside.contains(&path) && catalogue.type_facts(path).is_some_and(|f| f.is_trait) =>
            {
                outside.push(path);
            }
            Entity::Def(def) => {
                let path = self.path_of(def);
                if matches!(self.interface_item(def).kind, ItemKind::Trait { .. }) && !inside.contains(&path)
                {
                    inside.push(path);
                }
            }
            _ => {}
        };
        let import = |file: FileId, module: Option<ModuleIndex>, add: &mut dyn FnMut(Entity)| {
            let Some(hir) = self.graph.files.get(file.0 as usize) else { return };
            // Of another module only what has no name: the others are among its names.
            let wanted = |import: &&crate::syntax::items::Import| {
                !import.is_glob
                    && module.is_none_or(|m| import.module == m && import.name.is_none() && import.is_public)
            };
            for import in hir.imports.iter().filter(wanted) {
                let scope = GenericScope::default();
                match self.resolve(file, import.module, &scope, &import.path, Namespace::Type) {
                    Resolution::External(path) => add(Entity::External(path)),
                    Resolution::Def(def) => add(Entity::Def(def)),
                    _ => {}
                }
            }
        };
        import(file, None, &mut add);
        let first = self.graph.first_node.get(file.0 as usize).copied().unwrap_or_default();
        let count = self.file(file).modules.len() as u32;
        let own: Vec<NodeId> = (first..first + count).map(NodeId).collect();
        let mut seen = own.clone();
        let mut at = 0;
        while let Some(node) = seen.get(at).copied() {
            at += 1;
            let Some(module) = self.graph.nodes.get(node.0 as usize) else { continue };
            let is_own = own.contains(&node);
            for binding in module.names.values().filter_map(|names| names.ty) {
                if !is_own || matches!(binding.entity, Entity::Def(_)) {
                    add(binding.entity);
                }
            }
            if !is_own {
                let base = self.graph.first_node.get(module.file.0 as usize).copied().unwrap_or_default();
                import(module.file, Some(ModuleIndex(node.0.saturating_sub(base))), &mut add);
            }
            for glob in &module.globs {
                match glob.target {
                    Entity::Module(below) if seen.len() < MODULES && !seen.contains(&below) => {
                        seen.push(below);
                    }
                    Entity::External(path) => {
                        for found in catalogue.traits_in(path).iter() {
                            add(Entity::External(*found));
                        }
                    }
                    _ => {}
                }
            }
        }
        // Names stand in no order.
        inside.sort_unstable();
        (outside, inside)
    }
}
