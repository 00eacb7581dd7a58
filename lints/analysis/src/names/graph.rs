//! The modules of the program and what each name in them stands for.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::names::external::Externals;
use crate::names::{CrateInput, DefId, TargetKind};
use crate::span::FileId;
use crate::symbol::Symbol;
use crate::syntax::hir::{ItemIndex, ModuleIndex, PathRef};
use crate::syntax::items::{FileHir, Item, ItemKind};

/// Number of a module within the program.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct NodeId(pub(super) u32);

/// What a name stands for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Entity {
    /// A module.
    Module(NodeId),
    /// An item.
    Def(DefId),
    /// A variant of an enum of the program.
    Variant(DefId, Symbol),
    /// Something outside of the program, by canonical path.
    External(Symbol),
}

/// An entity, and whether it is visible beyond its module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Binding {
    pub(super) entity: Entity,
    pub(super) public: bool,
    /// It came from a `use`; items win over it.
    pub(super) imported: bool,
}

/// What one name is bound to, by namespace.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Names {
    pub(super) ty: Option<Binding>,
    pub(super) value: Option<Binding>,
    /// The path of a macro.
    pub(super) mac: Option<Symbol>,
    /// A `use` of this name has not been resolved yet: it must not be taken for something further out.
    pub(super) pending: bool,
}

/// `use a::*;`
#[derive(Clone, Copy, Debug)]
pub(super) struct Glob {
    pub(super) target: Entity,
    pub(super) public: bool,
}

/// A module: a file's root, an inline module, or a block with items.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) file: FileId,
    pub(super) krate: u32,
    /// The module that declares it, also over files; `None` for the root of a crate.
    pub(super) parent: Option<NodeId>,
    pub(super) is_block: bool,
    pub(super) in_test: bool,
    /// Canonical path.
    pub(super) path: Symbol,
    /// The `mod x` that declares it.
    pub(super) declared_by: Option<DefId>,
    /// Modules of the same name under another `#[cfg]`.
    pub(super) alternates: Vec<NodeId>,
    pub(super) names: FxHashMap<Symbol, Names>,
    pub(super) globs: Vec<Glob>,
}

/// All modules and names; read-only once imports are resolved.
pub(super) struct Graph {
    pub(super) files: Vec<Arc<FileHir>>,
    pub(super) crates: Vec<CrateInput>,
    pub(super) nodes: Vec<Node>,
    /// The first module of each file.
    pub(super) first_node: Vec<u32>,
    /// The first definition of each file; one more at the end.
    pub(super) first_def: Vec<u32>,
    /// Root module of each crate.
    pub(super) roots: Vec<Option<NodeId>>,
    /// First segment of the canonical paths of each crate.
    pub(super) crate_paths: Vec<Symbol>,
    /// Names of other crates, for each crate.
    pub(super) extern_prelude: Vec<FxHashMap<Symbol, Entity>>,
    /// `macro_rules!` of each crate.
    pub(super) macros: Vec<FxHashSet<Symbol>>,
    /// Crates that each crate names with `#[macro_use]`.
    pub(super) macro_crates: Vec<Vec<Entity>>,
    /// Libraries of the program by name.
    pub(super) libraries: FxHashMap<Symbol, u32>,
    /// `mod x;` whose file another declaration claimed first.
    pub(super) shared: FxHashMap<(FileId, ItemIndex), FileId>,
    pub(super) externals: Externals,
}

impl Graph {
    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    pub(super) fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.0 as usize]
    }

    /// The module of a file.
    pub(super) fn node_of(&self, file: FileId, module: ModuleIndex) -> NodeId {
        NodeId(self.first_node[file.0 as usize] + module.0)
    }

    pub(super) fn def_id(&self, file: FileId, item: ItemIndex) -> DefId {
        DefId(self.first_def[file.0 as usize] + item.0)
    }

    /// The file and place of a definition.
    pub(super) fn origin(&self, def: DefId) -> (FileId, ItemIndex) {
        let file = self.first_def.partition_point(|first| *first <= def.0).saturating_sub(1);
        (FileId(file as u32), ItemIndex(def.0 - self.first_def[file]))
    }

    pub(super) fn item(&self, def: DefId) -> &Item {
        let (file, item) = self.origin(def);
        &self.files[file.0 as usize].items[item.index()]
    }

    /// The node that a definition stands in.
    pub(super) fn home(&self, def: DefId) -> NodeId {
        let (file, item) = self.origin(def);
        self.node_of(file, self.files[file.0 as usize].items[item.index()].module)
    }

    pub(super) fn edition(&self, krate: u32) -> u16 {
        self.crates.get(krate as usize).map_or(2021, |krate| krate.edition)
    }

    pub(super) fn is_loose(&self, krate: u32) -> bool {
        self.crates.get(krate as usize).is_none_or(|krate| krate.kind == TargetKind::Loose)
    }

    /// The innermost module around `node` that is not a block.
    pub(super) fn real_module(&self, mut node: NodeId) -> NodeId {
        while self.node(node).is_block {
            match self.node(node).parent {
                Some(parent) => node = parent,
                None => break,
            }
        }
        node
    }

    /// Whether `inner` is `outer` or inside of it.
    pub(super) fn is_within(&self, inner: NodeId, outer: NodeId) -> bool {
        let mut at = Some(inner);
        while let Some(node) = at {
            if node == outer {
                return true;
            }
            at = self.node(node).parent;
        }
        false
    }

    /// Whether `def` is an enum with a variant of that name.
    pub(super) fn has_variant(&self, def: DefId, name: Symbol) -> bool {
        matches!(&self.item(def).kind, ItemKind::Enum(variants) if variants.iter().any(|v| v.name == name))
    }
}

/// The impl or trait that an item belongs to. Items in the body of a method have the method's impl
/// around them in the source, but belong to the block.
pub(super) fn parent_of(file: &FileHir, item: &Item) -> Option<ItemIndex> {
    item.parent.filter(|parent| file.items.get(parent.index()).is_some_and(|p| p.module == item.module))
}

/// The names of a path's segments.
pub(super) fn names_of(path: &PathRef) -> impl Iterator<Item = Symbol> + '_ {
    path.segments.iter().map(|segment| segment.name)
}
