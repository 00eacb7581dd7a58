//! Modules of the program and the names in them.

use rustc_hash::FxHashMap;

use crate::names::DefId;
use crate::span::FileId;
use crate::symbol::Symbol;
use crate::syntax::hir::{ModuleIndex, PathRef};

/// A module of the program.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct ModId(pub(crate) u32);

/// What a name stands for inside the layer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Entry {
    Def(DefId),
    Module(ModId),
    /// An enum and one of its variants.
    Variant(DefId, Symbol),
    /// Canonical path outside of the program.
    External(Symbol),
}

/// An import before it is resolved.
#[derive(Clone, Debug)]
pub(crate) struct PendingImport {
    pub(crate) name: Option<Symbol>,
    pub(crate) path: PathRef,
    pub(crate) is_public: bool,
}

/// A module.
#[derive(Debug)]
pub(crate) struct ModuleScope {
    pub(crate) path: Symbol,
    pub(crate) parent: Option<ModId>,
    pub(crate) krate: u32,
    pub(crate) is_block: bool,
    pub(crate) in_test: bool,
    pub(crate) types: FxHashMap<Symbol, Entry>,
    pub(crate) values: FxHashMap<Symbol, Entry>,
    pub(crate) imports: Vec<PendingImport>,
    pub(crate) globs: Vec<PendingImport>,
    /// Imports by name, resolved.
    pub(crate) imported_types: FxHashMap<Symbol, Entry>,
    pub(crate) imported_values: FxHashMap<Symbol, Entry>,
    /// Globs, resolved.
    pub(crate) glob_targets: Vec<Entry>,
}

/// All modules.
#[derive(Debug, Default)]
pub(crate) struct Scopes {
    pub(crate) modules: Vec<ModuleScope>,
    pub(crate) of_file: FxHashMap<(FileId, ModuleIndex), ModId>,
    pub(crate) roots: Vec<ModId>,
    /// Crate by the name in code, for each crate: own library and dependencies that are in the program.
    pub(crate) externs: Vec<FxHashMap<Symbol, Extern>>,
    pub(crate) crate_of_file: FxHashMap<FileId, u32>,
}

/// What an extern crate name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extern {
    /// A crate of the program.
    Program(u32),
    /// Outside: the crate's own name.
    Outside(Symbol),
}

impl Scopes {
    pub(crate) fn module(&self, id: ModId) -> &ModuleScope {
        &self.modules[id.0 as usize]
    }

    pub(crate) fn module_mut(&mut self, id: ModId) -> &mut ModuleScope {
        &mut self.modules[id.0 as usize]
    }

    /// The nearest module that is not a block.
    pub(crate) fn named(&self, id: ModId) -> ModId {
        let mut id = id;
        while self.module(id).is_block {
            match self.module(id).parent {
                Some(parent) => id = parent,
                None => break,
            }
        }
        id
    }
}
