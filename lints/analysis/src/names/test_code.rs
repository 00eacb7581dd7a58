//! Which code is test code, which is not for Unix, and editions.

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

    /// Whether no compilation for Unix has an item: a `#[cfg(windows)]` on it, on what it stands in, or on the `mod x;`
    /// of its file.
    #[must_use]
    pub fn is_never_on_unix(&self, file: FileId, item: ItemIndex) -> bool {
        let hir = &self.graph.files[file.0 as usize];
        let mut current = Some(item);
        let mut node = None;
        while let Some(item) = current.and_then(|index| hir.items.get(index.index())) {
            if item.attributes.never_on_unix {
                return true;
            }
            node = Some(self.graph.node_of(file, item.module));
            // Items stand behind what they belong to.
            current =
                item.parent.filter(|parent| current.is_some_and(|index| parent.index() < index.index()));
        }
        while let Some(id) = node {
            let module = self.graph.node(id);
            let declared = module.declared_by.map(|def| self.interface_item(def));
            if declared.is_some_and(|item| item.attributes.never_on_unix) {
                return true;
            }
            node = module.parent;
        }
        false
    }
}
