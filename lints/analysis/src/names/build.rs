//! Builds the program: files → modules → names → types → signatures.

use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

use crate::names::external::{ExternalIndex, Externals, Shipped};
use crate::names::graph::Graph;
use crate::names::{CrateInput, Program, imports, index, scopes, signatures, tree};
use crate::span::FileId;
use crate::syntax::hir::ModuleIndex;
use crate::syntax::items::FileHir;

impl Program {
    /// Builds the module tree, resolves imports and signatures. Files in no crate become a crate each.
    #[must_use]
    pub fn build(files: Vec<Arc<FileHir>>, crates: Vec<CrateInput>) -> Self {
        // The shipped catalogue will do: what users add are facts about paths, not new paths.
        Self::build_with(files, crates, Arc::new(Shipped))
    }

    /// As [`Program::build`], with another source of what is known of crates outside.
    #[must_use]
    pub fn build_with(
        files: Vec<Arc<FileHir>>,
        crates: Vec<CrateInput>,
        index: Arc<dyn ExternalIndex>,
    ) -> Self {
        let mut graph = tree::build(files, crates, Externals::new(index));
        scopes::bind_crates(&mut graph);
        scopes::bind_items(&mut graph);
        imports::resolve(&mut graph);
        let mut program = Self::of(graph);
        index::definitions(&mut program);
        index::forget_aliases(&mut program);
        index::impls(&mut program);
        index::types(&mut program);
        index::settled_types(&mut program);
        signatures::all(&mut program);
        program
    }

    /// Files alone, of which nothing is known but the crates of some.
    #[must_use]
    pub fn bare(files: Vec<Arc<FileHir>>, crates: Vec<(FileId, CrateInput)>) -> Self {
        let (placed, crates): (Vec<FileId>, Vec<CrateInput>) = crates.into_iter().unzip();
        let mut graph = tree::empty(files, crates, Externals::new(Arc::new(Shipped)));
        for (krate, file) in placed.into_iter().enumerate() {
            if (file.0 as usize) < graph.files.len() {
                let root = graph.node_of(file, ModuleIndex(0));
                graph.node_mut(root).krate = krate as u32;
            }
        }
        Self::of(graph)
    }

    fn of(graph: Graph) -> Self {
        Self {
            files: graph.files.clone(),
            crates: graph.crates.clone(),
            defs: Vec::new(),
            types: FxHashMap::default(),
            by_path: FxHashMap::default(),
            trait_methods: FxHashMap::default(),
            methods_by_name: FxHashMap::default(),
            implementors: FxHashMap::default(),
            def_of_item: FxHashMap::default(),
            traits_of_files: graph.files.iter().map(|_| OnceLock::new()).collect(),
            graph,
            aliases: FxHashMap::default(),
            scopes: FxHashMap::default(),
            impls: index::Impls::default(),
            assoc_types: FxHashMap::default(),
            assoc_impls: FxHashMap::default(),
            assoc_bounds: FxHashMap::default(),
            supertraits: FxHashMap::default(),
        }
    }
}
