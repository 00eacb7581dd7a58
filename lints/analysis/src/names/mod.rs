//! Names as rustc resolves them: the module tree over files, imports, and an index of all items.

mod aliases;
mod build;
mod describe;
mod external;
mod graph;
mod imports;
mod index;
mod lookup;
mod lower;
mod methods;
mod paths;
mod prelude;
mod replace;
mod scopes;
mod signatures;
pub mod subst;
mod test_code;
#[cfg(test)]
mod tests;
mod traits;
mod tree;

use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

pub use external::ExternalIndex;
pub use methods::{MethodMatch, MethodTarget};
pub(crate) use prelude::is_in_prelude;
pub use subst::{Subst, subst};

use crate::span::{FileId, FileSpan};
use crate::symbol::Symbol;
use crate::syntax::hir::{BodyId, ItemIndex};
use crate::syntax::items::{FileHir, Item, SelfKind};
use crate::types::ty::{Bound, Bounds, Ty};

/// Number of an item within the program.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct DefId(pub u32);

/// Number of a body within the program.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct GlobalBody {
    /// Its file.
    pub file: FileId,
    /// The body in that file.
    pub body: BodyId,
}

/// What kind of target a crate is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TargetKind {
    /// Library (proc macros too).
    Lib,
    /// Binary.
    Bin,
    /// Integration test.
    Test,
    /// Benchmark.
    Bench,
    /// Example.
    Example,
    /// `build.rs`
    BuildScript,
    /// A file outside of any package.
    Loose,
}

/// A crate (target) as the driver found it.
#[derive(Clone, PartialEq, Debug)]
pub struct CrateInput {
    /// Its name with underscores, as other crates write it.
    pub name: String,
    /// The package it belongs to.
    pub package: String,
    /// What it is.
    pub kind: TargetKind,
    /// Its package only serves tests, as its folder says ([`crate::syntax::test_names::is_test_folder`]).
    pub for_tests: bool,
    /// Its root file, as in [`FileHir::path`]. A [`TargetKind::Loose`] input with a folder is no crate: it says
    /// which edition files below have that no crate reaches.
    pub root: std::path::PathBuf,
    /// 2015, 2018, 2021 or 2024.
    pub edition: u16,
    /// Dependencies: the name used in code → the name of the crate (with underscores). The package's own
    /// library is added by the names layer.
    pub dependencies: Vec<(String, String)>,
}

/// An item of the program.
#[derive(Clone, Debug)]
pub struct Def {
    /// Canonical path: `my_crate::module::Type::method`. The root segment of a binary that has the name
    /// of its package's library is `name{bin}`.
    pub path: Symbol,
    /// The file.
    pub file: FileId,
    /// The item in it.
    pub item: ItemIndex,
    /// The crate, an index into [`Program::crates`].
    pub krate: u32,
    /// In test code: `#[cfg(test)]` (also on a module around it or on its `mod x;`), a feature for tests, `#[test]`, a
    /// module like `test_utils`, a target of kind test, bench or example, or a package in a folder for tests.
    pub in_test: bool,
    /// For functions.
    pub signature: Option<Arc<Signature>>,
}

/// The signature of a function of the program, in resolved types.
#[derive(Clone, Debug)]
pub struct Signature {
    /// Parameter types, `self` first.
    pub params: Vec<Ty>,
    /// How `self` is taken.
    pub self_kind: SelfKind,
    /// The return type; for `async fn` what `.await` gives.
    pub ret: Ty,
    /// `async fn`, or `async_trait` method.
    pub is_async: bool,
    /// `#[must_use]` on the function.
    pub must_use: bool,
    /// The type the function is a method of (`Self`), when in an impl.
    pub self_ty: Option<Ty>,
    /// The trait, for functions of traits and of trait impls.
    pub of_trait: Option<Symbol>,
    /// Names of generic parameters in scope (impl's and own), as they occur in [`Ty::Param`].
    pub generics: Vec<Symbol>,
}

/// A field of a struct, in resolved types.
#[derive(Clone, Debug)]
pub struct FieldInfo {
    /// Its name.
    pub name: Symbol,
    /// Its type, with the struct's own [`Ty::Param`]s.
    pub ty: Ty,
    /// Only tests have it.
    pub cfg_test: bool,
}

/// A struct, enum or union of the program.
#[derive(Clone, Debug, Default)]
pub struct TypeInfo {
    /// The definition; several when `#[cfg]` offers several.
    pub defs: Vec<DefId>,
    /// Names of its type parameters, in order.
    pub generics: Vec<Symbol>,
    /// It has lifetime parameters, so that it may lend.
    pub has_lifetimes: bool,
    /// Fields of a struct.
    pub fields: Vec<FieldInfo>,
    /// Variants of an enum: name and fields.
    pub variants: Vec<(Symbol, Vec<FieldInfo>)>,
    /// Inherent and trait methods: name → definitions.
    pub methods: FxHashMap<Symbol, Vec<DefId>>,
    /// Traits implemented (canonical paths, derives as `std::clone::Clone`…), with the impl item.
    pub traits: Vec<(Bound, Option<DefId>)>,
    /// `Target` of its `Deref` impl.
    pub deref: Option<Ty>,
    /// The `drop` method of its `Drop` impl.
    pub drop: Option<DefId>,
    /// `#[must_use]`
    pub must_use: bool,
}

/// What a path stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Resolution {
    /// An item of the program (function, struct, enum, trait, const, static, alias, module).
    Def(DefId),
    /// A variant of an enum of the program: the enum's canonical path and the variant.
    Variant(Symbol, Symbol),
    /// Something outside of the program: its canonical path (`std::sync::Mutex::new`,
    /// `std::option::Option::Some`, `tokio::spawn`), re-exports followed through the catalogue.
    External(Symbol),
    /// A type (with arguments) and one further segment that must be looked up in it: `Foo::new`,
    /// `Self::run`, `T::default`, `<Foo as Trait>::f`.
    Assoc(Ty, Symbol),
    /// A primitive type, `Self` or a type parameter used as a path of its own.
    Ty(Ty),
    /// Not found.
    Unknown,
}

/// Where a name is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Namespace {
    /// Types, traits and modules.
    Type,
    /// Functions, constants, statics, constructors.
    Value,
}

/// The generic parameters and `Self` that are in scope for a path.
#[derive(Clone, Debug, Default)]
pub struct GenericScope {
    /// `Self`
    pub self_ty: Option<Ty>,
    /// Type parameters with their bounds, outermost first.
    pub params: Vec<(Symbol, Ty)>,
}

/// All files, crates and items: what a run knows.
pub struct Program {
    /// The files, by [`FileId`].
    pub(crate) files: Vec<Arc<FileHir>>,
    /// The crates.
    pub crates: Vec<CrateInput>,
    /// All items.
    pub defs: Vec<Def>,
    /// Types by canonical path.
    pub types: FxHashMap<Symbol, TypeInfo>,
    /// Functions, constants, statics, traits, aliases and modules by canonical path.
    pub by_path: FxHashMap<Symbol, Vec<DefId>>,
    /// Methods of traits of the program: (trait path, name) → required or provided definition.
    pub trait_methods: FxHashMap<(Symbol, Symbol), DefId>,
    /// Every method definition of the program by bare name (to ask whether a name is unique).
    pub methods_by_name: FxHashMap<Symbol, Vec<DefId>>,
    /// Trait implementations: trait path → implementing types.
    pub implementors: FxHashMap<Symbol, Vec<Ty>>,
    /// Item of a file → its definition.
    pub def_of_item: FxHashMap<(FileId, ItemIndex), DefId>,
    /// Associated types that one impl settles, in the type's own parameters: (head, name). Heads of shapes are
    /// `slice`, `tuple`…
    pub assoc_types: FxHashMap<(Symbol, Symbol), Ty>,
    /// Modules and the names in them.
    graph: graph::Graph,
    /// What aliases and associated types of impls stand for, once asked.
    aliases: FxHashMap<DefId, OnceLock<Ty>>,
    /// Generics of impls.
    scopes: FxHashMap<DefId, Arc<GenericScope>>,
    impls: index::Impls,
    /// Associated types of impls, by the head of `Self` and name.
    assoc_impls: FxHashMap<(Symbol, Symbol), Vec<index::AssocType>>,
    /// Bounds that traits declare for their associated types.
    assoc_bounds: FxHashMap<(Symbol, Symbol), Bounds>,
    supertraits: FxHashMap<Symbol, Bounds>,
    /// Traits that each file has in scope, once asked.
    traits_of_files: Vec<OnceLock<traits::TraitsInScope>>,
}

impl Program {
    /// The definition behind an id.
    #[must_use]
    pub fn def(&self, id: DefId) -> &Def {
        &self.defs[id.0 as usize]
    }

    /// The canonical path of a definition.
    #[must_use]
    pub fn path_of(&self, id: DefId) -> Symbol {
        self.def(id).path
    }

    /// All files, by [`FileId`].
    #[must_use]
    pub fn files(&self) -> &[Arc<FileHir>] {
        crate::facts::reads::everything();
        &self.files
    }

    /// The file behind an id.
    #[must_use]
    pub fn file(&self, id: FileId) -> &FileHir {
        crate::facts::reads::file(id);
        &self.files[id.0 as usize]
    }

    /// The item behind a definition.
    #[must_use]
    pub fn item(&self, id: DefId) -> &Item {
        let def = self.def(id);
        &self.file(def.file).items[def.item.index()]
    }

    /// The item behind a definition, for what belongs to its file's interface: everything but its positions.
    pub(crate) fn interface_item(&self, id: DefId) -> &Item {
        let def = self.def(id);
        &self.files[def.file.0 as usize].items[def.item.index()]
    }

    /// Where the name of a definition stands.
    #[must_use]
    pub fn name_span(&self, id: DefId) -> FileSpan {
        FileSpan { file: self.def(id).file, span: self.item(id).name_span }
    }
}
