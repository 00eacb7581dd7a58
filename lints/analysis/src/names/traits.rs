//! Traits outside of the program that a file has in scope.

use std::sync::Arc;

use crate::catalogue::Catalogue;
use crate::names::graph::{Entity, NodeId};
use crate::names::{GenericScope, Namespace, Program, Resolution};
use crate::span::FileId;
use crate::symbol::Symbol;

/// Modules that a file takes all names of, at most.
const MODULES: usize = 64;

impl Program {
    /// Traits outside of the program that a file imports: by name, as `_`, and through globs, also those of the
    /// program's own modules (`use super::*`, `use crate::prelude::*`).
    #[must_use]
    pub fn imported_traits(&self, catalogue: &Catalogue, file: FileId) -> Arc<[Symbol]> {
        let Some(memo) = self.traits_of_files.get(file.0 as usize) else { return Arc::from([]) };
        Arc::clone(memo.get_or_init(|| self.traits_in_scope(catalogue, file).into()))
    }

    fn traits_in_scope(&self, catalogue: &Catalogue, file: FileId) -> Vec<Symbol> {
        let mut traits: Vec<Symbol> = Vec::new();
        let add = |traits: &mut Vec<Symbol>, path: Symbol| {
            if !traits.contains(&path) && catalogue.type_facts(path).is_some_and(|f| f.is_trait) {
                traits.push(path);
            }
        };
        for import in self.file(file).imports.iter().filter(|i| !i.is_glob) {
            let scope = GenericScope::default();
            let found = self.resolve(file, import.module, &scope, &import.path, Namespace::Type);
            if let Resolution::External(path) = found {
                add(&mut traits, path);
            }
        }
        let first = self.graph.first_node.get(file.0 as usize).copied().unwrap_or_default();
        let count = self.file(file).modules.len() as u32;
        let own: Vec<NodeId> = (first..first + count).map(NodeId).collect();
        let mut seen = own.clone();
        let mut at = 0;
        while let Some(node) = seen.get(at).copied() {
            at += 1;
            let Some(module) = self.graph.nodes.get(node.0 as usize) else { continue };
            if !own.contains(&node) {
                for binding in module.names.values().filter_map(|names| names.ty) {
                    if let Entity::External(path) = binding.entity {
                        add(&mut traits, path);
                    }
                }
            }
            for glob in &module.globs {
                match glob.target {
                    Entity::Module(below) if seen.len() < MODULES && !seen.contains(&below) => {
                        seen.push(below);
                    }
                    Entity::External(path) => {
                        for found in catalogue.traits_in(path).iter() {
                            add(&mut traits, *found);
                        }
                    }
                    _ => {}
                }
            }
        }
        traits
    }
}
