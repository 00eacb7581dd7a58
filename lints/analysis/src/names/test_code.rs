//! Which code is test code, and editions.

use crate::names::Program;
use crate::span::FileId;
use crate::syntax::hir::{ItemIndex, ModuleIndex};

impl Program {
    /// The edition of a file (of the first crate that holds it).
    #[must_use]
    pub fn edition(&self, file: FileId) -> u16 {
        self.graph.edition(self.graph.node(self.graph.node_of(file, ModuleIndex(0))).krate)
    }

    /// The first crate that holds a file.
    #[must_use]
    pub fn crate_of(&self, file: FileId) -> Option<&crate::names::CrateInput> {
        let krate = self.graph.node(self.graph.node_of(file, ModuleIndex(0))).krate;
        self.crates.get(krate as usize)
    }

    /// Whether code at `item` is test code.
    #[must_use]
    pub fn is_test(&self, file: FileId, item: ItemIndex) -> bool {
        self.def_of_item.get(&(file, item)).is_some_and(|def| self.def(*def).in_test)
    }
}
