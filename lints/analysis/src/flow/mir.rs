//! The control-flow graph of a body: a small, honest MIR built from syntax.
//!
//! Every drop is explicit and stands on every path that takes it: end of scope, end of statement,
//! overwriting, early exits. Whether the dropped variable still holds something there is a question for
//! [`crate::flow::tokens`].

use std::sync::Arc;

use smallvec::SmallVec;

use crate::span::Span;
use crate::symbol::Symbol;
use crate::syntax::hir::{ClosureId, ExprId, LocalId};
use crate::types::infer::Callee;
use crate::types::ty::Ty;

/// A variable or temporary of a [`Mir`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Var(pub u32);

impl Var {
    /// The position in [`Mir::vars`].
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A basic block.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct BlockId(pub u32);

impl BlockId {
    /// The position in [`Mir::blocks`].
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A statement by its position; `index == statements.len()` is the terminator.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Point {
    /// The block.
    pub block: BlockId,
    /// The statement in it.
    pub index: u32,
}

/// What a [`Mir`] is the flow of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Owner {
    /// The function, constant or static itself.
    Root,
    /// A closure or async block inside it.
    Closure(ClosureId),
}

/// The flow of one body, closure or async block.
#[derive(Clone, Debug)]
pub struct Mir {
    /// Whose flow this is.
    pub owner: Owner,
    /// Variables and temporaries.
    pub vars: Vec<VarDecl>,
    /// Basic blocks; the first is the entry.
    pub blocks: Vec<BasicBlock>,
    /// Loops, outer ones first.
    pub loops: Vec<LoopInfo>,
    /// Parameters in order (`self` first); pattern bindings are assigned from them.
    pub params: Vec<Var>,
    /// What is returned.
    pub return_var: Var,
    /// Code here runs as a future (async fn, async block, async closure).
    pub is_async: bool,
    /// The whole code.
    pub span: Span,
}

/// A variable or temporary.
#[derive(Clone, Debug)]
pub struct VarDecl {
    /// What it is.
    pub kind: VarKind,
    /// Its type.
    pub ty: Ty,
    /// The binding, or the expression whose value the temporary is.
    pub span: Span,
    /// The loop it is declared in (dropped on each turn).
    pub in_loop: Option<LoopId>,
}

/// What a variable is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VarKind {
    /// A `let`, pattern or parameter binding.
    User(LocalId),
    /// A local of the surrounding body that a closure takes along.
    Capture(LocalId),
    /// A parameter before its pattern is applied.
    Param(u32),
    /// The value of an expression.
    Temp(ExprId),
    /// The returned value.
    Return,
}

/// A loop.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct LoopId(pub u32);

/// What is known of a loop.
#[derive(Clone, Debug)]
pub struct LoopInfo {
    /// The loop expression.
    pub expr: ExprId,
    /// `loop`, `while`, `while let`, `for`.
    pub kind: LoopKind,
    /// Where each turn starts.
    pub header: BlockId,
    /// Where control goes after the loop.
    pub exit: BlockId,
    /// The loop around it.
    pub parent: Option<LoopId>,
    /// The whole loop.
    pub span: Span,
    /// The keyword and what follows up to the body.
    pub head: Span,
}

/// Kinds of loops.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LoopKind {
    /// `loop`
    Loop,
    /// `while condition`
    While,
    /// `while let`
    WhileLet,
    /// `for`
    For,
}

/// A basic block.
#[derive(Clone, Debug)]
pub struct BasicBlock {
    /// Straight-line code.
    pub statements: Vec<Statement>,
    /// How it ends.
    pub terminator: Terminator,
    /// The innermost loop around it.
    pub in_loop: Option<LoopId>,
    /// Reached only when a `?` or an error return failed before.
    pub on_failure: bool,
    /// An `Err(_)` arm starts here. It may go on as if nothing had happened.
    pub on_error_arm: bool,
}

/// A statement.
#[derive(Clone, Debug)]
pub struct Statement {
    /// What it does.
    pub kind: StatementKind,
    /// Where.
    pub span: Span,
    /// The expression it was made for.
    pub expr: Option<ExprId>,
}

/// What a statement does.
#[derive(Clone, Debug)]
pub enum StatementKind {
    /// `dest = value`; what `dest` held before was dropped by a [`StatementKind::Drop`] in front.
    Assign {
        /// Left.
        dest: Place,
        /// Right.
        value: Rvalue,
    },
    /// `dest = callee(args)`
    Call(Box<Call>),
    /// `dest = operand.await`; several operands for `join!` and `select!`.
    Await {
        /// Where the output goes.
        dest: Place,
        /// The futures.
        operands: Vec<Operand>,
        /// Plain `.await`, `join!`, `select!`, `for await`.
        kind: AwaitKind,
    },
    /// The variable is dropped here, if it still holds its value.
    Drop {
        /// The variable.
        var: Var,
        /// Why here.
        how: DropHow,
    },
    /// On this branch the variable is known to hold nothing that needs care (`None`, `Err`).
    Vacant(Var),
    /// A value is thrown away without a name: `expr;`, `let _ = expr;`, `_ = expr;`.
    Discard {
        /// What is thrown away.
        value: Operand,
        /// In which form.
        shape: Discard,
    },
    /// A macro call that is not expanded.
    Macro {
        /// The macro call.
        expr: ExprId,
        /// Its arguments; by reference for formatting macros.
        args: Vec<Operand>,
        /// Its value.
        dest: Place,
    },
}

impl StatementKind {
    /// Whether it moves a variable, or a part of it, into something else: another variable, a value, a call, a closure, a
    /// future that is awaited.
    #[must_use]
    pub fn moves(&self, var: Var) -> bool {
        let moved = |o: &Operand| matches!(o, Operand::Move(place) if place.var == var);
        match self {
            Self::Assign { value, .. } => match value {
                Rvalue::Use(operand) => moved(operand),
                Rvalue::Aggregate { parts, .. } => parts.iter().any(|(_, o)| moved(o)),
                Rvalue::Closure { captures, .. } => {
                    captures.iter().any(|c| c.var == var && c.how == CaptureHow::Move)
                }
                Rvalue::Ref(..) | Rvalue::Compute(_) | Rvalue::Opaque => false,
            },
            Self::Call(call) => call.args.iter().any(moved),
            Self::Await { operands, .. } => operands.iter().any(moved),
            Self::Macro { args, .. } => args.iter().any(moved),
            Self::Drop { .. } | Self::Vacant(_) | Self::Discard { .. } => false,
        }
    }
}

/// How an await waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AwaitKind {
    /// `.await`
    Await,
    /// `join!`, `try_join!`
    Join,
    /// `select!`
    Select,
    /// A stream's next item, or `yield`.
    Stream,
}

/// A call.
#[derive(Clone, Debug)]
pub struct Call {
    /// Where the result goes.
    pub dest: Place,
    /// What is called.
    pub callee: Arc<Callee>,
    /// Method name, last path segment, or empty.
    pub name: Symbol,
    /// Arguments; for methods the receiver first.
    pub args: Vec<Operand>,
    /// Written as `x.f(..)`.
    pub is_method: bool,
    /// Where the name stands.
    pub name_span: Span,
}

/// Form of a discarded value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Discard {
    /// `expr;`
    Statement,
    /// `let _ = expr;`
    LetUnderscore,
    /// `let _: T = expr;`
    LetUnderscoreTyped,
    /// `_ = expr;`
    AssignUnderscore,
    /// A part that a pattern does not bind: `let (a, _) = expr;`
    PatternPart,
}

/// Why a value is dropped at a point.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DropHow {
    /// The scope of a named variable ends.
    ScopeEnd,
    /// A temporary's statement ends.
    StatementEnd,
    /// A temporary of the head of `match`, `if let`, `while let` or `for`, at the end of that construct.
    ScrutineeEnd,
    /// A temporary of a block's tail expression.
    TailEnd,
    /// A temporary of a condition or lazy operand.
    ConditionEnd,
    /// A new value is assigned.
    Overwritten,
}

/// A value on the right of an assignment.
#[derive(Clone, Debug)]
pub enum Rvalue {
    /// Copies or moves.
    Use(Operand),
    /// `&place`, `&mut place`
    Ref(bool, Place),
    /// Struct, tuple, array, enum variant.
    Aggregate {
        /// Canonical path of the struct or variant; `None` for tuples and arrays.
        path: Option<Symbol>,
        /// Parts with their field names (numbers for tuples).
        parts: Box<[(Symbol, Operand)]>,
    },
    /// A closure or async block with what it takes along.
    Closure {
        /// Which.
        id: ClosureId,
        /// The captured variables, each by move, copy or reference.
        captures: Vec<Capture>,
    },
    /// Arithmetic, comparison, cast: operands are read.
    Compute(Vec<Operand>),
    /// A literal, constant or something not understood.
    Opaque,
}

/// A captured variable.
#[derive(Clone, Debug)]
pub struct Capture {
    /// The local.
    pub local: LocalId,
    /// The variable outside.
    pub var: Var,
    /// How it is taken.
    pub how: CaptureHow,
}

/// How a closure takes a variable.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CaptureHow {
    /// By reference.
    Ref,
    /// By mutable reference.
    RefMut,
    /// A copy.
    Copy,
    /// Moved in.
    Move,
}

/// An operand.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// Moved out of the place.
    Move(Place),
    /// Copied (the type is `Copy`).
    Copy(Place),
    /// Borrowed for the call (auto-ref of a receiver, arguments of formatting macros).
    Borrow(bool, Place),
    /// A constant, literal, function or static read.
    Constant(ExprId),
}

impl Operand {
    /// The place, unless it is a constant.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Move(place) | Self::Copy(place) | Self::Borrow(_, place) => Some(place),
            Self::Constant(_) => None,
        }
    }

    /// The whole variable, when nothing is projected.
    #[must_use]
    pub fn var(&self) -> Option<Var> {
        self.place().filter(|p| p.projections.is_empty()).map(|p| p.var)
    }
}

/// A variable and a path into it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The variable.
    pub var: Var,
    /// The path.
    pub projections: Projections,
}

impl Place {
    /// The whole variable.
    #[must_use]
    pub fn whole(var: Var) -> Self {
        Self { var, projections: Projections::default() }
    }

    /// One step further.
    #[must_use]
    pub fn project(mut self, step: Projection) -> Self {
        self.projections.push(step);
        self
    }

    /// It is what `Err(e)` binds, or a part of that: where a call failed there is nothing of what it would have given.
    #[must_use]
    pub fn is_of_error(&self) -> bool {
        self.projections.iter().any(|p| matches!(p, Projection::Field(name) if name.as_str() == "Err"))
    }

    /// The place is reached through a dereference or index, so that it is not owned by the variable.
    #[must_use]
    pub fn is_indirect(&self) -> bool {
        self.projections.iter().any(|p| matches!(p, Projection::Deref))
    }
}

/// The path of a [`Place`]. Most are empty, so that an empty one takes a word.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Projections(Option<Box<SmallVec<[Projection; 2]>>>);

impl Projections {
    fn push(&mut self, step: Projection) {
        self.0.get_or_insert_default().push(step);
    }
}

impl std::ops::Deref for Projections {
    type Target = [Projection];

    fn deref(&self) -> &[Projection] {
        self.0.as_deref().map_or(&[], |steps| steps)
    }
}

impl<'p> IntoIterator for &'p Projections {
    type Item = &'p Projection;
    type IntoIter = std::slice::Iter<'p, Projection>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// A step of a path into a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Projection {
    /// `.name`, `.0`, or a part of a pattern.
    Field(Symbol),
    /// `*x`, explicit or automatic.
    Deref,
    /// `x[i]`
    Index,
}

/// How a block ends.
#[derive(Clone, Debug)]
pub enum Terminator {
    /// Not finished by the builder: code behind is unreachable.
    Unreachable,
    /// To one block.
    Goto(BlockId),
    /// To one of several.
    Branch {
        /// The condition, scrutinee, or `?` operand.
        on: ExprId,
        /// Successors.
        targets: SmallVec<[BlockId; 2]>,
        /// What decides.
        kind: BranchKind,
    },
    /// Returns to the caller.
    Return {
        /// How.
        kind: ReturnKind,
        /// Where.
        span: Span,
    },
    /// Never goes on: panic, process exit, a call that diverges.
    Diverge {
        /// Where.
        span: Span,
    },
}

impl Terminator {
    /// The successors.
    #[must_use]
    pub fn successors(&self) -> &[BlockId] {
        match self {
            Self::Goto(target) => std::slice::from_ref(target),
            Self::Branch { targets, .. } => targets,
            Self::Unreachable | Self::Return { .. } | Self::Diverge { .. } => &[],
        }
    }
}

/// What decides a branch.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BranchKind {
    /// `if`: then, else.
    If,
    /// `if let`, `let else`, `while let`: matches, does not.
    Let,
    /// `match`: arms in order.
    Match,
    /// `?`: goes on, fails.
    Question,
    /// A `for` head: another item, exhausted.
    Next,
    /// `select!`: branches in order, `else` last.
    Select,
    /// Statements under `#[cfg(…)]` that exclude each other, in order; last, where none of them is there.
    Cfg,
    /// A lazy operator: evaluates the right side, or not.
    Lazy,
}

/// How a function returns.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ReturnKind {
    /// The end of the body.
    End,
    /// `return x`
    Explicit,
    /// `?` failed.
    Question,
    /// `return Err(..)`, a tail `Err(..)`, `bail!`
    Failure,
}

impl Mir {
    /// The statement at a point; `None` for a terminator.
    #[must_use]
    pub fn statement(&self, point: Point) -> Option<&Statement> {
        self.blocks[point.block.index()].statements.get(point.index as usize)
    }

    /// The declaration of a variable.
    #[must_use]
    pub fn var(&self, var: Var) -> &VarDecl {
        &self.vars[var.index()]
    }

    /// All statements with their points.
    pub fn statements(&self) -> impl Iterator<Item = (Point, &Statement)> {
        self.blocks.iter().enumerate().flat_map(|(b, block)| {
            block
                .statements
                .iter()
                .enumerate()
                .map(move |(i, s)| (Point { block: BlockId(b as u32), index: i as u32 }, s))
        })
    }

    /// All calls with their points.
    pub fn calls(&self) -> impl Iterator<Item = (Point, &Statement, &Call)> {
        self.statements().filter_map(|(p, s)| match &s.kind {
            StatementKind::Call(call) => Some((p, s, &**call)),
            _ => None,
        })
    }

    /// Whether block `block` lies in `outer` or a loop inside it.
    #[must_use]
    pub fn block_in_loop(&self, block: BlockId, outer: LoopId) -> bool {
        self.loop_in(self.blocks[block.index()].in_loop, outer)
    }

    /// Whether control can go from one block to another, without leaving a loop when one is given.
    #[must_use]
    pub fn leads_to(&self, from: BlockId, to: BlockId, within: Option<LoopId>) -> bool {
        let mut seen = vec![false; self.blocks.len()];
        let mut work = vec![from];
        while let Some(block) = work.pop() {
            if block == to {
                return true;
            }
            let is_outside = within.is_some_and(|id| !self.block_in_loop(block, id));
            if !is_outside && !std::mem::replace(&mut seen[block.index()], true) {
                work.extend(self.blocks[block.index()].terminator.successors());
            }
        }
        false
    }

    /// Whether `inner` is `outer` or lies inside it.
    #[must_use]
    pub fn loop_in(&self, inner: Option<LoopId>, outer: LoopId) -> bool {
        let mut current = inner;
        while let Some(id) = current {
            if id == outer {
                return true;
            }
            current = self.loops[id.0 as usize].parent;
        }
        false
    }
}
