//! Summaries of functions, linked over the call graph to a fixpoint.
//!
//! Every body is typed and lowered to its flow once ([`Analysis`]). From the flows come *direct* facts and
//! call sites; a worklist then carries effects from callees to callers until nothing changes. Traits objects
//! and generics widen to nothing: an unknown callee has no effects, and rules stay silent about it.

mod callbacks;
mod callers;
mod cancel;
mod cancelled;
mod change;
mod cycles;
mod direct;
mod effects;
mod endless;
mod failures;
mod getters;
mod given;
mod keep;
mod link;
pub(crate) mod reads;
mod spawns;
mod timeline;
mod turn;
mod weight;

use std::sync::Arc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::catalogue::{Catalogue, Class, Mode};
use crate::flow::identity::{Getters, Identity};
use crate::flow::mir::{Mir, Owner, Point};
use crate::flow::tokens::{ReturnedGuard, Summaries, Tokens};
use crate::flow::{BodyFlow, FlowContext, Ownership};
use crate::names::{DefId, GlobalBody, Program};
use crate::span::{FileId, FileSpan, Span};
use crate::symbol::Symbol;
use crate::syntax::hir::Body;
use crate::syntax::items::ItemKind;
use crate::types::infer::{BodyTypes, Known};

pub use callbacks::{Callback, callbacks_of_call};
pub use callers::{Caller, Callers};
pub use cancel::{Loss, loss, of_call as loss_of_call};
pub use cancelled::Cancelled;
pub use direct::{Site, effects_of_call};
pub use endless::{Endless, endless};
pub use failures::Failure;
pub use keep::{Facts, Look};
pub use spawns::{Spawn, SpawnedParam, spawns};
pub use timeline::timeline;
pub use weight::Weight;

/// What a function may do while it runs, apart from locks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum EffectKind {
    /// Waits for another thread, task or process.
    Waits,
    /// Blocks its thread.
    Blocks,
    /// Does network or disk I/O.
    Io,
    /// Ends the process.
    EndsProcess,
    /// Spawns a task or thread.
    Spawns,
    /// Calls a function value that it was given.
    CallsBack,
    /// Waits in a way that panics where a runtime runs already.
    EntersRuntime,
}

/// All kinds of effects.
pub const EFFECTS: [EffectKind; 7] = [
    EffectKind::Waits,
    EffectKind::Blocks,
    EffectKind::Io,
    EffectKind::EndsProcess,
    EffectKind::Spawns,
    EffectKind::CallsBack,
    EffectKind::EntersRuntime,
];

/// An effect with the place that causes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Effect {
    /// The call (in this function) through which it comes about.
    pub at: FileSpan,
    /// The external function at the end of the way.
    pub what: Symbol,
    /// How many calls of the program lie between.
    pub depth: u8,
    /// How much it matters, when it is a wait.
    pub weight: Weight,
}

/// A lock that a function takes while it runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LockEffect {
    /// The lock, in terms of the function's parameters.
    pub lock: Identity,
    /// Exclusive or shared.
    pub mode: Mode,
    /// Where the lock is taken in the end.
    pub at: FileSpan,
    /// The calls on the way, outermost first; empty when it is taken in the function itself.
    pub way: SmallVec<[FileSpan; 2]>,
    /// What is taken: a guard, a connection, a permit; `Other` for calls that lock and unlock by themselves.
    pub class: Class,
    /// How its type is known.
    pub known: Known,
    /// The parameter, an `Option`, without which it is not taken.
    pub only_with: Option<u32>,
}

impl LockEffect {
    /// Not a lock but a pool or semaphore, which has several to give.
    #[must_use]
    pub fn is_pooled(&self) -> bool {
        crate::flow::tokens::is_pooled(self.class)
    }

    /// The first place of the way, or the lock itself.
    #[must_use]
    pub fn first(&self) -> FileSpan {
        self.way.first().copied().unwrap_or(self.at)
    }
}

/// A parameter that a function calls or awaits while it runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunsParam {
    /// Its number (`self` is 0 in methods).
    pub param: u32,
    /// The function waits for its end and for nothing else meanwhile, so that it ends no sooner.
    pub to_the_end: bool,
    /// The locks held meanwhile, in terms of the function's parameters.
    pub held: SmallVec<[LockEffect; 1]>,
}

/// What is known of a function.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Summary {
    /// Locks it takes.
    pub locks: Vec<LockEffect>,
    /// The lock whose guard it returns.
    pub returned_guard: Option<ReturnedGuard>,
    /// What it returns may hold a lock, a borrow or an entered span.
    pub returns_held: bool,
    /// The part of a parameter that it returns.
    pub returned_part: Option<(u32, SmallVec<[Symbol; 3]>)>,
    /// The static that it returns.
    pub returned_static: Option<Symbol>,
    /// It gives the good value of its first parameter on: `self.map_err(…)`.
    pub passes_on: bool,
    /// Other effects.
    pub effects: FxHashMap<EffectKind, Effect>,
    /// It can never return: the loop that it stays in.
    pub endless: Option<FileSpan>,
    /// The endless loop that it, or a function it calls, may get into.
    pub stays_in: Option<Endless>,
    /// For async functions: what is lost when the future is dropped half-way.
    pub loss: Option<Loss>,
    /// Its error means that data was not written: where it comes from.
    pub failure: Option<Failure>,
    /// Functions that it calls, itself or through others, to start a state (`enable_raw_mode`).
    pub starts: SmallVec<[Symbol; 1]>,
    /// Functions that it calls, itself or through others, to end one.
    pub ends: SmallVec<[Symbol; 1]>,
    /// No path returns (endless, panics, or ends the process).
    pub never_returns: bool,
    /// Parameters that it runs in a new task, thread or pool.
    pub spawned_params: SmallVec<[SpawnedParam; 1]>,
    /// Callbacks among its parameters that it runs itself, and the locks that it holds meanwhile.
    pub runs_params: SmallVec<[RunsParam; 1]>,
    /// It awaits something.
    pub awaits: bool,
}

/// Most effects that a summary keeps; beyond it a function does so much that a finding would not help.
pub(crate) const MOST_LOCKS: usize = 24;

/// A body with its types and flow.
pub struct AnalyzedBody {
    /// Which.
    pub global: GlobalBody,
    /// The item it belongs to.
    pub def: Option<DefId>,
    /// Its types.
    pub types: BodyTypes,
    /// Its flow.
    pub flow: BodyFlow,
    /// It runs as a future.
    pub is_async: bool,
    /// The edition of its file.
    pub edition: u16,
    /// It is test code.
    pub in_test: bool,
}

/// All bodies of a program. Whoever goes through them reads everything ([`reads`]).
pub struct Bodies(pub(crate) Vec<AnalyzedBody>);

impl std::ops::Deref for Bodies {
    type Target = [AnalyzedBody];

    fn deref(&self) -> &[AnalyzedBody] {
        reads::everything();
        &self.0
    }
}

/// Everything known of a program.
pub struct Analysis<'a> {
    /// The program.
    pub program: &'a Program,
    /// Other people's APIs.
    pub catalogue: &'a Catalogue,
    /// What types own.
    pub ownership: &'a Ownership<'a>,
    /// All bodies, by file and number.
    pub bodies: Bodies,
    /// Summaries of functions, by the positions of their bodies.
    summaries: Vec<Option<Arc<Summary>>>,
    /// Callers of functions.
    pub callers: Callers,
    /// Async functions whose future somebody drops half-way, and where.
    pub cancelled: Cancelled,
    /// The body of each function, by its position in [`Analysis::bodies`].
    by_def: FxHashMap<DefId, u32>,
    kept: keep::Kept,
}

impl Getters for Analysis<'_> {
    fn returned_part(&self, def: DefId) -> Option<(u32, SmallVec<[Symbol; 3]>)> {
        self.summary(def)?.returned_part.clone()
    }

    fn returned_static(&self, def: DefId) -> Option<Symbol> {
        self.summary(def)?.returned_static
    }

    fn passes_on(&self, def: DefId) -> bool {
        self.summary(def).is_some_and(|s| s.passes_on)
    }
}

impl Summaries for Analysis<'_> {
    fn returned_guard(&self, def: DefId) -> Option<ReturnedGuard> {
        self.summary(def)?.returned_guard.clone()
    }

    fn returns_held(&self, def: DefId) -> Option<bool> {
        self.summary(def).map(|s| s.returns_held)
    }
}

impl<'a> Analysis<'a> {
    /// Types and lowers every body, and links the facts.
    #[must_use]
    pub fn new(program: &'a Program, catalogue: &'a Catalogue, ownership: &'a Ownership<'a>) -> Self {
        Self::make(program, catalogue, ownership, false)
    }

    /// The bodies of a file.
    #[must_use]
    pub fn bodies_of(&self, file: FileId) -> &[AnalyzedBody] {
        reads::file(file);
        let start = self.bodies.0.partition_point(|b| b.global.file < file);
        let end = self.bodies.0.partition_point(|b| b.global.file <= file);
        self.bodies.0.get(start..end).unwrap_or_default()
    }

    /// What is known of a function.
    #[must_use]
    pub fn summary(&self, def: DefId) -> Option<&Summary> {
        reads::def(def);
        self.summaries.get(*self.by_def.get(&def)? as usize)?.as_deref()
    }

    /// The states that a function starts and leaves to its caller to end, by the functions that start them.
    #[must_use]
    pub fn leaves_started(&self, def: DefId) -> SmallVec<[Symbol; 1]> {
        let Some(summary) = self.summary(def) else { return SmallVec::new() };
        let is_ended =
            |start: &Symbol| self.catalogue.state_ends(*start).iter().any(|end| summary.ends.contains(end));
        summary.starts.iter().copied().filter(|s| !is_ended(s)).collect()
    }

    /// The body of a function.
    #[must_use]
    pub fn body_of(&self, def: DefId) -> Option<&AnalyzedBody> {
        reads::file(self.program.def(def).file);
        self.bodies.0.get(*self.by_def.get(&def)? as usize)
    }

    /// Where the body of a definition is; a definition that has two is the last of them.
    fn position(&self, body: &AnalyzedBody) -> Option<u32> {
        self.by_def.get(&body.def?).copied()
    }

    /// The tree of a body.
    #[must_use]
    pub fn hir(&self, body: &AnalyzedBody) -> &'a Body {
        // Who has the body has noted that.
        &self.program.files[body.global.file.0 as usize].bodies[body.global.body.index()]
    }

    /// What the flow layer needs to know of a body.
    #[must_use]
    pub fn flow_context<'b>(&'b self, body: &'b AnalyzedBody) -> FlowContext<'b> {
        FlowContext {
            program: self.program,
            catalogue: self.catalogue,
            ownership: self.ownership,
            body: self.hir(body),
            types: &body.types,
            edition: body.edition,
            is_async: body.is_async,
        }
    }

    /// The resources of a flow of a body.
    #[must_use]
    pub fn tokens<'b>(&'b self, body: &'b AnalyzedBody, mir: &'b Mir) -> Tokens<'b> {
        Tokens::new(self.flow_context(body), mir, self)
    }
}

fn analyze<'a>(
    program: &'a Program,
    catalogue: &'a Catalogue,
    ownership: &'a Ownership<'a>,
    global: GlobalBody,
) -> AnalyzedBody {
    let file = program.file(global.file);
    let body = &file.bodies[global.body.index()];
    let types = crate::types::infer::infer(program, catalogue, global);
    let item = &file.items[body.owner.index()];
    let is_async = matches!(&item.kind, ItemKind::Fn(f) if f.is_async);
    let edition = program.edition(global.file);
    let cx = FlowContext { program, catalogue, ownership, body, types: &types, edition, is_async };
    let flow = BodyFlow::build(cx);
    let def = program.def_of_item.get(&(global.file, body.owner)).copied();
    let in_test = program.is_test(global.file, body.owner);
    AnalyzedBody { global, def, types, flow, is_async, edition, in_test }
}

/// A span of a file.
pub(crate) fn at(file: FileId, span: Span) -> FileSpan {
    FileSpan { file, span }
}

/// Which flow of which body, and where in it.
#[derive(Clone, Copy, Debug)]
pub struct Position {
    /// The flow.
    pub owner: Owner,
    /// The point.
    pub point: Point,
}
