//! The owned tree of a body: expressions, patterns and statements in arenas, local variables resolved.
//!
//! `syn`'s tree is neither `Send` nor small, so a file is lowered to this on the thread that parsed it.
//! Names of local variables are resolved here, since that needs nothing but the body itself.

use crate::span::Span;
use crate::symbol::Symbol;
use crate::syntax::cfg::Cfg;

macro_rules! index_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub struct $name(pub u32);

        impl $name {
            /// The position in its arena.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

index_type!(
    /// An expression of a [`Body`].
    ExprId
);
index_type!(
    /// A pattern of a [`Body`].
    PatId
);
index_type!(
    /// A local variable of a [`Body`] (parameters included; closures inside share the table).
    LocalId
);
index_type!(
    /// A body of a file, see [`crate::syntax::items::FileHir::bodies`].
    BodyId
);
index_type!(
    /// A module of a file, see [`crate::syntax::items::FileHir::modules`].
    ModuleIndex
);
index_type!(
    /// An item of a file, see [`crate::syntax::items::FileHir::items`].
    ItemIndex
);
index_type!(
    /// A closure or async block of a [`Body`].
    ClosureId
);

/// The code of one function, constant or static; closures and async blocks nest inside.
#[derive(Debug, Clone)]
pub struct Body {
    /// All expressions; children stand before their parents.
    pub exprs: Vec<Expr>,
    /// All patterns.
    pub pats: Vec<Pat>,
    /// All local variables, in order of declaration.
    pub locals: Vec<Local>,
    /// All closures and async blocks, in order of appearance.
    pub closures: Vec<Closure>,
    /// Parameters, `self` first (as a binding named `self`).
    pub params: Vec<Param>,
    /// The body expression: a block for functions, any expression for constants.
    pub root: ExprId,
    /// The module that names are looked up in.
    pub module: ModuleIndex,
    /// The item whose body this is.
    pub owner: ItemIndex,
    /// The whole body, braces included.
    pub span: Span,
}

impl Body {
    /// The expression behind an id.
    #[must_use]
    pub fn expr(&self, id: ExprId) -> &Expr {
        &self.exprs[id.index()]
    }

    /// The pattern behind an id.
    #[must_use]
    pub fn pat(&self, id: PatId) -> &Pat {
        &self.pats[id.index()]
    }

    /// The local variable behind an id.
    #[must_use]
    pub fn local(&self, id: LocalId) -> &Local {
        &self.locals[id.index()]
    }

    /// The closure or async block behind an id.
    #[must_use]
    pub fn closure(&self, id: ClosureId) -> &Closure {
        &self.closures[id.index()]
    }
}

/// A parameter of a function or closure.
#[derive(Debug, Clone)]
pub struct Param {
    /// What it binds.
    pub pat: PatId,
    /// Its written type; `None` for closure parameters without one. `self` forms are written out
    /// (`&self` is `&Self`).
    pub ty: Option<TypeRef>,
}

/// A local variable.
#[derive(Debug, Clone)]
pub struct Local {
    /// Its name.
    pub name: Symbol,
    /// Where the name is bound.
    pub span: Span,
    /// Declared `mut`.
    pub mutable: bool,
    /// Bound by reference (`ref x`).
    pub by_ref: bool,
    /// The innermost closure or async block that it is declared in; `None` is the function itself.
    pub closure: Option<ClosureId>,
}

/// A closure or an async block. Its body is an expression of the same arena.
#[derive(Debug, Clone)]
pub struct Closure {
    /// Closure, async closure or async block.
    pub kind: ClosureKind,
    /// `move`.
    pub is_move: bool,
    /// Parameters, empty for async blocks.
    pub params: Vec<Param>,
    /// The written return type.
    pub ret: Option<TypeRef>,
    /// The code.
    pub body: ExprId,
    /// The closure around it, if any.
    pub parent: Option<ClosureId>,
    /// Locals declared outside that its code (or a closure inside) mentions, each once.
    pub captures: Vec<LocalId>,
    /// The whole expression.
    pub span: Span,
}

/// What kind of body of its own a [`Closure`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClosureKind {
    /// `|x| …`
    Closure,
    /// `async |x| …`
    AsyncClosure,
    /// `async { … }`
    AsyncBlock,
}

/// An expression.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// From its first to its last token.
    pub span: Span,
    /// It stands in code that a `macro_rules!` expansion made, so its span may point into the macro.
    pub expanded: bool,
}

/// The kinds of expressions. Parentheses and groups are gone.
#[derive(Debug, Clone)]
pub enum ExprKind {
    /// Not understood (tokens that `syn` keeps verbatim).
    Missing,
    /// `1`, `"x"`, `true`
    Literal(Literal),
    /// A local variable, `self` included.
    Local(LocalId),
    /// A path to an item, a constant, a unit struct, a function.
    Path(Box<PathRef>),
    /// `f(x)`; `Some(x)` and tuple structs too.
    Call {
        /// The called expression, most often a path.
        callee: ExprId,
        /// Arguments.
        args: Box<[ExprId]>,
    },
    /// `x.f(y)`
    MethodCall {
        /// `x`
        receiver: ExprId,
        /// `f`
        method: Symbol,
        /// Where `f` stands.
        method_span: Span,
        /// `::<T>`
        turbofish: Option<Box<GenericArgs>>,
        /// Arguments without the receiver.
        args: Box<[ExprId]>,
    },
    /// `x.name` or `x.0`
    Field {
        /// `x`
        base: ExprId,
        /// The field; tuple fields by their number.
        name: Symbol,
    },
    /// `x[i]`
    Index {
        /// `x`
        base: ExprId,
        /// `i`
        index: ExprId,
    },
    /// `!x`, `-x`, `*x`
    Unary {
        /// The operator.
        op: UnaryOp,
        /// `x`
        operand: ExprId,
    },
    /// `a + b`, `a && b`, `a < b`
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Left.
        lhs: ExprId,
        /// Right.
        rhs: ExprId,
    },
    /// `place = value`; `_ = value` has [`ExprKind::Underscore`] as its place.
    Assign {
        /// Left; may be a destructuring tuple.
        place: ExprId,
        /// Right.
        value: ExprId,
    },
    /// `place += value`
    AssignOp {
        /// The operator without `=`.
        op: BinaryOp,
        /// Left.
        place: ExprId,
        /// Right.
        value: ExprId,
    },
    /// `_` on the left of an assignment.
    Underscore,
    /// `&x`, `&mut x`, `&raw const x`
    AddressOf {
        /// `&mut`
        mutable: bool,
        /// `&raw`
        raw: bool,
        /// `x`
        operand: ExprId,
    },
    /// `x as T`
    Cast {
        /// `x`
        operand: ExprId,
        /// `T`
        ty: Box<TypeRef>,
    },
    /// `let PAT = x` as a condition of `if` or `while`, also inside `&&` chains.
    Let {
        /// The pattern.
        pat: PatId,
        /// `x`
        scrutinee: ExprId,
    },
    /// `if c { } else { }`; `if let` has an [`ExprKind::Let`] in its condition.
    If {
        /// The condition.
        condition: ExprId,
        /// A block.
        then_branch: ExprId,
        /// A block or another `if`.
        else_branch: Option<ExprId>,
    },
    /// `while c { }`, `while let …`
    While {
        /// `'a:`
        label: Option<Symbol>,
        /// The condition.
        condition: ExprId,
        /// A block.
        body: ExprId,
    },
    /// `loop { }`
    Loop {
        /// `'a:`
        label: Option<Symbol>,
        /// A block.
        body: ExprId,
    },
    /// `for p in x { }`
    For {
        /// `'a:`
        label: Option<Symbol>,
        /// `p`
        pat: PatId,
        /// `x`
        iterable: ExprId,
        /// A block.
        body: ExprId,
        /// `for await` of stream macros.
        is_await: bool,
    },
    /// `match x { … }`; `matches!` is lowered to this too.
    Match {
        /// `x`
        scrutinee: ExprId,
        /// The arms.
        arms: Box<[Arm]>,
    },
    /// `{ … }`, `unsafe { … }`, `const { … }`, `'a: { … }`
    Block(Box<Block>),
    /// A closure or async block.
    Closure(ClosureId),
    /// `x.await`
    Await {
        /// `x`
        operand: ExprId,
    },
    /// `x?`
    Try {
        /// `x`
        operand: ExprId,
    },
    /// `return x`
    Return(Option<ExprId>),
    /// `break 'a x`
    Break {
        /// `'a`
        label: Option<Symbol>,
        /// `x`
        value: Option<ExprId>,
    },
    /// `continue 'a`
    Continue {
        /// `'a`
        label: Option<Symbol>,
    },
    /// `S { a: x, ..base }`
    Struct {
        /// `S`
        path: Box<PathRef>,
        /// The fields that are given.
        fields: Box<[(Symbol, ExprId)]>,
        /// `base`
        base: Option<ExprId>,
    },
    /// `(a, b)`; `()` is the empty tuple.
    Tuple(Box<[ExprId]>),
    /// `[a, b]`; also `vec![a, b]` inside its macro call.
    Array(Box<[ExprId]>),
    /// `[x; n]`
    Repeat {
        /// `x`
        value: ExprId,
        /// `n`
        count: ExprId,
    },
    /// `a..b`
    Range {
        /// `a`
        start: Option<ExprId>,
        /// `b`
        end: Option<ExprId>,
    },
    /// `yield x` (stream macros)
    Yield(Option<ExprId>),
    /// A call of a macro that is not expanded; what could be parsed of its arguments.
    Macro(Box<MacroCall>),
    /// `select! { … }` of tokio or futures.
    Select(Box<Select>),
}

/// A literal value, kept only as far as rules need it.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `"…"`; at most the first 120 bytes.
    Str(Symbol),
    /// `b"…"`
    ByteStr,
    /// `c"…"`
    CStr,
    /// `'x'`
    Char,
    /// `b'x'`
    Byte,
    /// `1u8`; the value when it fits 64 bits, and the suffix (empty without).
    Int(Option<u64>, Symbol),
    /// `1.0f32` with its suffix (empty without).
    Float(Symbol),
    /// `true`
    Bool(bool),
}

/// Unary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    /// `!`
    Not,
    /// `-`
    Neg,
    /// `*`
    Deref,
}

/// Binary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    /// `&&`
    And,
    /// `||`
    Or,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Rem,
    /// `&`
    BitAnd,
    /// `|`
    BitOr,
    /// `^`
    BitXor,
    /// `<<`
    Shl,
    /// `>>`
    Shr,
}

/// An arm of a `match`.
#[derive(Debug, Clone)]
pub struct Arm {
    /// The pattern.
    pub pat: PatId,
    /// `if guard`
    pub guard: Option<ExprId>,
    /// The value.
    pub body: ExprId,
    /// Pattern to body.
    pub span: Span,
}

/// A block.
#[derive(Debug, Clone)]
pub struct Block {
    /// Plain, unsafe, const.
    pub kind: BlockKind,
    /// `'a:`
    pub label: Option<Symbol>,
    /// The statements.
    pub stmts: Vec<Stmt>,
    /// The final expression without a semicolon.
    pub tail: Option<ExprId>,
    /// What the `#[cfg(…)]` of the final expression asks for.
    pub tail_condition: Option<Box<Cfg>>,
    /// The anonymous module of the items declared inside, when there are any. Names inside the block
    /// are looked up there.
    pub module: Option<ModuleIndex>,
}

/// What a block is introduced by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockKind {
    /// `{}`
    Plain,
    /// `unsafe {}`
    Unsafe,
    /// `const {}`
    Const,
    /// `try {}`
    Try,
}

/// A statement.
#[derive(Debug, Clone)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// Semicolon included.
    pub span: Span,
    /// What its `#[cfg(…)]` asks for.
    pub condition: Option<Box<Cfg>>,
}

/// The kinds of statements. Items are not kept here, see [`Block::module`].
#[derive(Debug, Clone)]
pub enum StmtKind {
    /// `let p: T = x else { … };`
    Let {
        /// `p`
        pat: PatId,
        /// `T`
        ty: Option<Box<TypeRef>>,
        /// `x`
        init: Option<ExprId>,
        /// The block after `else`.
        else_branch: Option<ExprId>,
    },
    /// `x;`, or `x` of block-like form without a semicolon that is not the tail.
    Expr {
        /// `x`
        expr: ExprId,
        /// Ends in `;`.
        semicolon: bool,
    },
}

/// A call of a macro.
#[derive(Debug, Clone)]
pub struct MacroCall {
    /// The path as written.
    pub path: PathRef,
    /// What is known of its evaluation.
    pub kind: MacroKind,
    /// Arguments that parsed as expressions. Variables mentioned inside format strings and in
    /// arguments that did not parse are listed as [`ExprKind::Local`] too.
    pub args: Box<[ExprId]>,
    /// The first string literal (format string, message), if any.
    pub format: Option<Symbol>,
    /// What `cfg!` asks.
    pub condition: Option<Box<Cfg>>,
}

/// How a macro evaluates its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MacroKind {
    /// `format!` and relatives that build a value: arguments by reference.
    Format,
    /// `println!`, `print!`, `eprintln!`, `eprint!`, `dbg!`: prints; arguments by reference (`dbg!` by value).
    Print,
    /// `log`/`tracing` macros (`info!`, `warn!`, `error!`, `debug!`, `trace!`, `event!`): arguments by reference.
    Log,
    /// `write!`, `writeln!`: first argument is the destination, by mutable reference; a `Result`.
    Write,
    /// `panic!`, `unreachable!`, `todo!`, `unimplemented!`: diverges.
    Panic,
    /// `bail!`, `return_err!`-like macros known to return early with an error.
    Bail,
    /// `ensure!`: first argument is a condition, may return early.
    Ensure,
    /// `assert!`, `assert_eq!`, `assert_ne!`, `debug_assert…!`: may panic.
    Assert,
    /// `vec![..]`: one argument, an [`ExprKind::Array`] or [`ExprKind::Repeat`].
    Vec,
    /// `join!`: every argument is a future and is awaited here.
    Join,
    /// `try_join!`: as [`MacroKind::Join`], then `?`-like result.
    TryJoin,
    /// `pin!(x)`, `pin_mut!(x)`: takes `x` by value and pins it in the enclosing scope.
    Pin,
    /// `defer! { … }`: the single argument is a closure that runs when the scope ends.
    Defer,
    /// `concat!`, `env!`, `include_str!`, `stringify!`, `line!`, `cfg!`: no run-time effect.
    Constant,
    /// `info_span!`, `span!`…: makes a `tracing::Span`.
    Span,
    /// Unknown: `args` is what happened to parse; each may be moved, borrowed or ignored.
    Unknown,
}

/// `select!`.
#[derive(Debug, Clone)]
pub struct Select {
    /// The path as written (`tokio::select`, `futures::select`, `select_biased`).
    pub path: PathRef,
    /// Branches in order.
    pub branches: Box<[SelectBranch]>,
    /// The handler of `else =>`, `complete =>` or `default =>`.
    pub otherwise: Option<ExprId>,
}

/// `pat = future, if condition => handler`
#[derive(Debug, Clone)]
pub struct SelectBranch {
    /// The pattern; crossbeam's `recv(rx) -> msg` binds `msg`.
    pub pat: PatId,
    /// The future. It is made on each evaluation of the `select!`.
    pub future: ExprId,
    /// `if condition`
    pub condition: Option<ExprId>,
    /// What runs when it wins.
    pub handler: ExprId,
    /// Pattern to handler.
    pub span: Span,
    /// `crossbeam_channel::select!` form (`recv(..) -> ..`): not a future, blocks the thread.
    pub is_channel_operation: bool,
}

/// A pattern.
#[derive(Debug, Clone)]
pub struct Pat {
    /// What it is.
    pub kind: PatKind,
    /// From its first to its last token.
    pub span: Span,
}

/// The kinds of patterns.
#[derive(Debug, Clone)]
pub enum PatKind {
    /// Not understood.
    Missing,
    /// `_`
    Wild,
    /// `..` in a tuple, slice or struct.
    Rest,
    /// `x`, `ref mut x`, `x @ p`. An identifier that starts with an upper-case letter and has no
    /// sub-pattern is a [`PatKind::Path`].
    Binding {
        /// The variable.
        local: LocalId,
        /// `@ p`
        sub: Option<PatId>,
    },
    /// `(a, b)`
    Tuple(Box<[PatId]>),
    /// `Some(a)`
    TupleStruct {
        /// `Some`
        path: Box<PathRef>,
        /// The parts; may hold a [`PatKind::Rest`].
        args: Box<[PatId]>,
    },
    /// `S { a, b: p, .. }`
    Struct {
        /// `S`
        path: Box<PathRef>,
        /// Field and pattern.
        fields: Box<[(Symbol, PatId)]>,
        /// Ends in `..`
        rest: bool,
    },
    /// `None`, `Kind::A`, a constant.
    Path(Box<PathRef>),
    /// `1`, `"x"`
    Literal(Literal),
    /// `1..=2`
    Range,
    /// `&p`
    Ref(PatId),
    /// `[a, .., b]`
    Slice(Box<[PatId]>),
    /// `a | b`
    Or(Box<[PatId]>),
    /// `p: T` (closure parameters)
    Typed {
        /// `p`
        pat: PatId,
        /// `T`
        ty: Box<TypeRef>,
    },
}

/// A path as written.
#[derive(Debug, Clone, Default)]
pub struct PathRef {
    /// Starts with `::`.
    pub global: bool,
    /// `<T as Trait>::…`: the type, and how many of the segments belong to the trait.
    pub qself: Option<Box<(TypeRef, usize)>>,
    /// The segments. `self`, `super`, `crate`, `Self` are segments like others; `$crate` is `crate`.
    pub segments: Box<[Segment]>,
    /// The whole path.
    pub span: Span,
}

impl PathRef {
    /// The last segment's name.
    #[must_use]
    pub fn last(&self) -> Option<Symbol> {
        self.segments.last().map(|s| s.name)
    }

    /// The name, when the path is a single plain identifier.
    #[must_use]
    pub fn as_ident(&self) -> Option<Symbol> {
        match &*self.segments {
            [one] if !self.global && self.qself.is_none() => Some(one.name),
            _ => None,
        }
    }
}

/// A segment of a path.
#[derive(Debug, Clone)]
pub struct Segment {
    /// Its name.
    pub name: Symbol,
    /// `<…>` or the `Fn(A) -> B` sugar.
    pub args: Option<Box<GenericArgs>>,
}

/// Generic arguments; lifetimes are left out, constants are [`TypeRef::Unknown`].
#[derive(Debug, Clone, Default)]
pub struct GenericArgs {
    /// Types in order. For the `Fn(A, B) -> C` sugar: one tuple type `(A, B)`.
    pub types: Vec<TypeRef>,
    /// `Item = T`; the `Fn(..) -> C` sugar is a binding of `Output`.
    pub bindings: Vec<(Symbol, TypeRef)>,
}

/// A type as written.
#[derive(Debug, Clone)]
pub enum TypeRef {
    /// Not understood (macros, verbatim), or a constant argument.
    Unknown,
    /// `_`
    Infer,
    /// `!`
    Never,
    /// `Vec<T>`, `Self`, `T::Item`
    Path(Box<PathRef>),
    /// `&T`, `&mut T`
    Ref(bool, Box<TypeRef>),
    /// `*const T`
    Ptr(Box<TypeRef>),
    /// `(A, B)`; `()` is the empty tuple.
    Tuple(Vec<TypeRef>),
    /// `[T; n]`
    Array(Box<TypeRef>),
    /// `[T]`
    Slice(Box<TypeRef>),
    /// `fn(A) -> B`
    Fn(Vec<TypeRef>, Box<TypeRef>),
    /// `impl A + B`; lifetimes and `?Sized` left out.
    Impl(Vec<PathRef>),
    /// `dyn A + B`
    Dyn(Vec<PathRef>),
}

impl TypeRef {
    /// `()`
    #[must_use]
    pub fn unit() -> Self {
        Self::Tuple(Vec::new())
    }
}
