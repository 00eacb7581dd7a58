//! Types of all expressions of a body, forward from signatures.

use std::sync::Arc;

use crate::names::DefId;
use crate::symbol::Symbol;
use crate::syntax::hir::{ExprId, LocalId};
pub use crate::types::context::infer;
pub use crate::types::expr_map::ExprMap;
use crate::types::ty::Ty;

/// How a fact is known.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Known {
    /// One step was inferred from a shape that fits exactly one entry.
    Inferred,
    /// Path and types were found.
    Resolved,
}

/// What a call calls.
#[derive(Clone, PartialEq, Debug)]
pub enum Target {
    /// A function of the program.
    Def(DefId),
    /// Several candidates of the program (trait object, `#[cfg]` alternatives).
    AnyOf(Vec<DefId>),
    /// A function outside, by canonical path (`std::sync::Mutex::lock`).
    External(Symbol),
    /// A tuple struct or variant (`std::option::Option::Some`, `my_crate::Wrapper`).
    Constructor(Symbol),
    /// A closure held in a local variable.
    Local(LocalId),
    /// Some other function value (field, argument, returned closure).
    Value,
    /// Not known.
    Unknown,
}

/// A resolved call.
#[derive(Clone, PartialEq, Debug)]
pub struct Callee {
    /// What is called.
    pub target: Target,
    /// How that is known.
    pub known: Known,
    /// For methods: the type on which the method was found, after auto-deref (`Mutex<T>` for
    /// `self.state.lock()` with `state: Arc<Mutex<T>>`).
    pub self_ty: Option<Ty>,
}

/// The types of a body.
#[derive(Clone, Debug, Default)]
pub struct BodyTypes {
    /// Type of each expression, by [`ExprId`]: a position in the table. A body has few types.
    pub(super) exprs: Box<[u32]>,
    /// The types of expressions, each once.
    pub(super) table: Box<[Ty]>,
    /// Type of each local variable, by [`LocalId`].
    pub locals: Vec<Ty>,
    /// Callee of each `Call`, `MethodCall`; absent for other expressions.
    pub callees: ExprMap<Arc<Callee>>,
    /// Canonical path of each path expression to an item (constants, statics, functions, variants).
    pub paths: ExprMap<Symbol>,
    /// Canonical path of each macro call ("std::println"; the last segment alone when not found).
    pub macros: ExprMap<Symbol>,
    /// What the body returns (for `async fn` the awaited type).
    pub ret: Ty,
    /// What each closure or async block of the body gives (async: the awaited type).
    pub closure_ret: Vec<Ty>,
}

impl BodyTypes {
    /// The type of an expression.
    #[must_use]
    pub fn expr(&self, id: ExprId) -> &Ty {
        &self.table[self.exprs[id.index()] as usize]
    }

    /// The types of all expressions, in order.
    pub fn exprs(&self) -> impl Iterator<Item = &Ty> {
        self.exprs.iter().map(|at| &self.table[*at as usize])
    }

    /// The type of a local variable.
    #[must_use]
    pub fn local(&self, id: LocalId) -> &Ty {
        &self.locals[id.index()]
    }
}
