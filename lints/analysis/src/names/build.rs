//! Builds the program: files → modules → names → types → signatures.

use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

use crate::names::external::{ExternalIndex, Externals, Shipped};
use crate::names::{CrateInput, Program, imports, index, scopes, signatures, tree};
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
        let mut program = Self {
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
        };
        index::definitions(&mut program);
        index::forget_aliases(&mut program);
        index::impls(&mut program);
        index::types(&mut program);
        index::settled_types(&mut program);
        signatures::all(&mut program);
        program
    }
}
