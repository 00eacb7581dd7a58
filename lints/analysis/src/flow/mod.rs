//! Control flow with drop scopes, and what it says about resources.

pub mod build;
pub mod exclusive;
pub mod identity;
pub mod mir;
pub mod ownership;
pub mod tokens;

use std::cell::RefCell;
use std::sync::Arc;

use crate::catalogue::Catalogue;
use crate::names::Program;
use crate::syntax::hir::{Body, ClosureId};
use crate::types::infer::BodyTypes;

pub use mir::{Mir, Owner};
pub use ownership::{Known, Ownership};

/// What the flow of a body is built from.
#[derive(Clone, Copy)]
pub struct FlowContext<'a> {
    /// The program.
    pub program: &'a Program,
    /// Other people's APIs.
    pub catalogue: &'a Catalogue,
    /// What types own.
    pub ownership: &'a Ownership<'a>,
    /// The tree.
    pub body: &'a Body,
    /// Its types.
    pub types: &'a BodyTypes,
    /// The edition of the file.
    pub edition: u16,
    /// The function runs as a future.
    pub is_async: bool,
}

/// The flow of a function and of the closures and async blocks in it.
#[derive(Clone, Debug)]
pub struct BodyFlow {
    /// The function, constant or static itself.
    pub root: Arc<Mir>,
    /// Closures and async blocks, by [`ClosureId`].
    pub closures: Vec<Arc<Mir>>,
}

impl BodyFlow {
    /// Builds the flow of a body and everything inside it.
    #[must_use]
    pub fn build(cx: FlowContext<'_>) -> Self {
        let flows = Flows { cx, closures: RefCell::new(vec![None; cx.body.closures.len()]) };
        let root = Arc::new(build::Builder::new(&flows, Owner::Root).finish_root());
        let closures = (0..cx.body.closures.len()).map(|i| flows.closure(ClosureId(i as u32))).collect();
        Self { root, closures }
    }

    /// The flow of a part.
    #[must_use]
    pub fn get(&self, owner: Owner) -> &Mir {
        match owner {
            Owner::Root => &self.root,
            Owner::Closure(id) => &self.closures[id.index()],
        }
    }

    /// All flows, the function itself first.
    pub fn all(&self) -> impl Iterator<Item = &Mir> {
        std::iter::once(&*self.root).chain(self.closures.iter().map(|m| &**m))
    }
}

/// Flows under construction: closures are built when their parent meets them, since how a variable is
/// captured follows from its use inside.
pub(crate) struct Flows<'a> {
    pub(crate) cx: FlowContext<'a>,
    closures: RefCell<Vec<Option<Arc<Mir>>>>,
}

impl Flows<'_> {
    pub(crate) fn closure(&self, id: ClosureId) -> Arc<Mir> {
        if let Some(done) = &self.closures.borrow()[id.index()] {
            return Arc::clone(done);
        }
        let mir = Arc::new(build::Builder::new(self, Owner::Closure(id)).finish_closure(id));
        self.closures.borrow_mut()[id.index()] = Some(Arc::clone(&mir));
        mir
    }
}
