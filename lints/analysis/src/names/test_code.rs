//! Which code is test code, and editions.

use crate::names::{CrateInput, Program, TargetKind};
use crate::span::FileId;
use crate::syntax::hir::{ItemIndex, ModuleIndex};

/// Whether all of a crate is test code.
pub(super) fn is_test_crate(krate: &CrateInput) -> bool {
    krate.for_tests || matches!(krate.kind, TargetKind::Test | TargetKind::Bench | TargetKind::Example)
}

impl Program {
    /// The edition of a file (of the first crate that holds it).
    #[must_use]
    pub fn edition(&self, file: FileId) -> u16 {
        self.graph.edition(self.graph.node(self.graph.node_of(file, ModuleIndex(0))).krate)
    }

    /// The first crate that holds a file.
    #[must_use]
    pub fn crate_of(&self, file: FileId) -> Option<&CrateInput> {
        let krate = self.graph.node(self.graph.node_of(file, ModuleIndex(0))).krate;
        self.crates.get(krate as usize)
    }

    /// Whether code at `item` is test code.
    #[must_use]
    pub fn is_test(&self, file: FileId, item: ItemIndex) -> bool {
        self.def_of_item.get(&(file, item)).is_some_and(|def| self.def(*def).in_test)
    }
}
