//! The items of a file: what it declares, imports and allows.

use std::path::PathBuf;
use std::sync::Arc;

use crate::source::SourceText;
use crate::span::Span;
use crate::symbol::Symbol;
use crate::syntax::hir::{Body, BodyId, ItemIndex, ModuleIndex, PathRef, TypeRef};
use crate::syntax::macros::{OtherMacro, SharedMacro};

/// One file, lowered: owned, `Send`, and independent of every other file.
#[derive(Debug, Clone)]
pub struct FileHir {
    /// The path it was read from.
    pub path: PathBuf,
    /// Lines and comments (not the text itself).
    pub source: SourceText,
    /// Modules, the file's own root first; inline modules and blocks with items follow.
    pub modules: Vec<Module>,
    /// All items, those of impls and traits included, in source order.
    pub items: Vec<Item>,
    /// All bodies.
    pub bodies: Vec<Body>,
    /// `use` declarations, flattened: one entry for each name.
    pub imports: Vec<Import>,
    /// Lint attributes: `#[allow(..)]`, `#[expect(..)]`, `#[cfg_attr(any(), linger::allow(..))]`.
    pub lint_attributes: Vec<LintAttribute>,
    /// Inner `#![cfg(test)]` of the file.
    pub cfg_test: bool,
    /// `macro_rules!` that other files may call; put there by who reads a whole program.
    pub macros: Arc<[SharedMacro]>,
    /// Macros that were looked for in other files, and what was found.
    pub asked_macros: Vec<(Symbol, Option<OtherMacro>)>,
}

/// A module inside a file.
#[derive(Debug, Clone)]
pub struct Module {
    /// Its name; empty for the file's root and for blocks.
    pub name: Symbol,
    /// The module around it; `None` for the file's root.
    pub parent: Option<ModuleIndex>,
    /// An anonymous module made by a block that declares items.
    pub is_block: bool,
    /// It or a module around it in this file is under `#[cfg(test)]`.
    pub cfg_test: bool,
    /// The whole module.
    pub span: Span,
}

/// `use a::b as c;`
#[derive(Debug, Clone)]
pub struct Import {
    /// The module it stands in.
    pub module: ModuleIndex,
    /// `a::b`; for a glob the path before `*`. `use a::{self}` is `a`.
    pub path: PathRef,
    /// The name it introduces; `None` for a glob and for `as _`.
    pub name: Option<Symbol>,
    /// `use a::*`
    pub is_glob: bool,
    /// `pub`, `pub(crate)`…: visible beyond the module.
    pub is_public: bool,
}

/// An item.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its name; for impls the empty symbol.
    pub name: Symbol,
    /// Where the name stands (for impls: the `impl` keyword).
    pub name_span: Span,
    /// The whole item.
    pub span: Span,
    /// The module it stands in.
    pub module: ModuleIndex,
    /// The impl or trait it belongs to.
    pub parent: Option<ItemIndex>,
    /// `pub` of some kind.
    pub is_public: bool,
    /// Attributes that matter.
    pub attributes: Attributes,
    /// Its generic parameters (own ones only).
    pub generics: Generics,
    /// What it is.
    pub kind: ItemKind,
}

/// Attributes that matter to the analysis.
#[derive(Debug, Clone, Default)]
pub struct Attributes {
    /// `#[must_use]`
    pub must_use: bool,
    /// `#[test]`, `#[tokio::test]`, `#[rstest]`, `#[bench]`…
    pub is_test: bool,
    /// `#[cfg(test)]` or `cfg(all(test, …))` on the item itself.
    pub cfg_test: bool,
    /// Another `#[cfg(…)]` on the item itself: it may be there for other platforms or features only.
    pub is_conditional: bool,
    /// A `#[cfg(…)]` on the item itself that no compilation for Unix satisfies.
    pub never_on_unix: bool,
    /// `#[tokio::main]`, `#[async_std::main]`, `#[actix_web::main]`…
    pub is_async_main: bool,
    /// `#[instrument(err)]`: an error that the function returns is logged.
    pub reports_errors: bool,
    /// Its documentation says that its errors stay inside of it: best effort, logged, ignored.
    pub goes_on: bool,
    /// Its documentation says that it leaks.
    pub leaks: bool,
    /// Its documentation calls something acceptable, bounded or intended.
    pub is_accepted: bool,
    /// `#[derive(A, B)]`, last segments.
    pub derives: Vec<Symbol>,
    /// The same, as written.
    pub derive_paths: Vec<PathRef>,
    /// `#[path = "…"]`
    pub path: Option<Symbol>,
    /// Other attributes by their path (`async_trait`, `macro_use`, `no_mangle`, `tracing::instrument`).
    pub others: Vec<Symbol>,
}

/// Generic parameters and where clauses.
#[derive(Debug, Clone, Default)]
pub struct Generics {
    /// Type parameters in order, with their bounds (lifetimes and constants left out).
    pub params: Vec<(Symbol, Vec<PathRef>)>,
    /// It has lifetime parameters.
    pub has_lifetimes: bool,
    /// `where T: A`, with bounds of associated types (`T::Item: A`).
    pub predicates: Vec<(TypeRef, Vec<PathRef>)>,
}

/// The kinds of items.
#[derive(Debug, Clone)]
pub enum ItemKind {
    /// A function, method or foreign function.
    Fn(Box<FnItem>),
    /// A struct or union.
    Struct(Fields),
    /// An enum.
    Enum(Vec<Variant>),
    /// A trait.
    Trait {
        /// `: A + B`
        supertraits: Vec<PathRef>,
    },
    /// `impl Trait for Type`
    Impl {
        /// The trait.
        trait_path: Option<Box<PathRef>>,
        /// The type.
        self_ty: TypeRef,
    },
    /// `type A<T> = B;`; in a trait possibly without a value.
    TypeAlias(Option<TypeRef>),
    /// `const A: T = x;`
    Const {
        /// `T`
        ty: TypeRef,
        /// `x`, where something can happen in it.
        body: Option<BodyId>,
        /// `x`, where it is a whole number.
        number: Option<u64>,
    },
    /// `static A: T = x;`, also `lazy_static!` and `thread_local!` entries (their `ty` is then
    /// `lazy_static::Lazy<T>` / `std::thread::LocalKey<T>`).
    Static {
        /// `T`
        ty: TypeRef,
        /// `x`
        body: Option<BodyId>,
        /// `static mut`
        mutable: bool,
    },
    /// `mod a;` (with [`Attributes::path`]) or `mod a { … }`.
    Mod {
        /// The module, when inline.
        inline: Option<ModuleIndex>,
    },
    /// `extern crate a as b;` (the item's name is `b`)
    ExternCrate {
        /// `a`
        original: Symbol,
    },
    /// `macro_rules! a { … }`
    MacroRules,
    /// A macro call in item position whose body could not be read as items.
    OpaqueMacro {
        /// What it seems to declare: names behind `fn`, `struct` and the like.
        declares: Vec<Symbol>,
    },
}

/// A function.
#[derive(Debug, Clone)]
pub struct FnItem {
    /// Parameter types, `self` first when there is one (`&self` is `&Self`).
    pub params: Vec<TypeRef>,
    /// How `self` is taken.
    pub self_kind: SelfKind,
    /// The return type; `()` when not written. For `async fn` the awaited type.
    pub ret: TypeRef,
    /// `async fn`
    pub is_async: bool,
    /// `unsafe fn`
    pub is_unsafe: bool,
    /// Declared in an `extern` block.
    pub is_foreign: bool,
    /// The code; `None` for foreign and required trait functions.
    pub body: Option<BodyId>,
}

/// How a function takes `self`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SelfKind {
    /// Not a method.
    None,
    /// `&self`
    Ref,
    /// `&mut self`, `self: Pin<&mut Self>`
    Mut,
    /// `self`, `self: Arc<Self>`, `self: Box<Self>`
    Owned,
}

/// Fields of a struct or variant.
#[derive(Debug, Clone)]
pub enum Fields {
    /// `;`
    Unit,
    /// `(A, B)`; named `0`, `1`, …
    Tuple(Vec<Field>),
    /// `{ a: A }`
    Named(Vec<Field>),
}

impl Fields {
    /// All fields in order.
    #[must_use]
    pub fn all(&self) -> &[Field] {
        match self {
            Self::Unit => &[],
            Self::Tuple(fields) | Self::Named(fields) => fields,
        }
    }
}

/// A field.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name; tuple fields by their number.
    pub name: Symbol,
    /// Its type.
    pub ty: TypeRef,
    /// Name (or type) as written.
    pub span: Span,
    /// `#[cfg(test)]`: only tests have it.
    pub cfg_test: bool,
}

/// A variant of an enum.
#[derive(Debug, Clone)]
pub struct Variant {
    /// Its name.
    pub name: Symbol,
    /// Its fields.
    pub fields: Fields,
}

/// A lint level set by an attribute.
#[derive(Debug, Clone)]
pub struct LintAttribute {
    /// `allow`, `expect`, `warn`, `deny`, `forbid`.
    pub level: Symbol,
    /// `clippy::mem_forget`, `linger::double_lock`, `unused_must_use`.
    pub lint: Symbol,
    /// `reason = "…"` is given.
    pub reason: Option<Symbol>,
    /// The attribute itself.
    pub span: Span,
    /// What it covers: the item, statement, arm or expression behind it, or the file.
    pub scope: Span,
}
