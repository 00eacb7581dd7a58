//! Resources of a body and what becomes of each: a forward dataflow over the control-flow graph.
//!
//! A *token* stands for one acquisition. The state says which variables may hold which tokens; moves hand
//! them on, drops and calls that take them end them. "May" on some path is what the state answers; questions
//! about all paths are asked of [`Tokens::path`].

mod calls;

use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};

use crate::catalogue::{Class, Mode};
use crate::flow::FlowContext;
use crate::flow::identity::{Getters, Identities, Identity};
use crate::flow::mir::{
    BlockId, Call, CaptureHow, DropHow, Mir, Operand, Place, Point, Projection, Rvalue, Statement,
    StatementKind, Terminator, Var, VarKind,
};
use crate::flow::ownership::Owned;
use crate::span::Span;
use crate::symbol::Symbol;
use crate::syntax::hir::{ExprId, ExprKind, MacroKind};
use crate::types::infer::{Known, Target};
use crate::types::ty::Ty;

/// An acquisition, by its number in [`Tokens::tokens`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct TokenId(pub u8);

/// A set of tokens. Bodies with more acquisitions than bits lose the last ones.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct TokenSet(u128);

impl TokenSet {
    /// The set of one.
    #[must_use]
    pub const fn one(id: TokenId) -> Self {
        Self(1 << id.0)
    }

    /// Whether nothing is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether `id` is in it.
    #[must_use]
    pub const fn contains(self, id: TokenId) -> bool {
        self.0 & (1 << id.0) != 0
    }

    /// Both together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those that are not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Those in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The tokens in it.
    pub fn iter(self) -> impl Iterator<Item = TokenId> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let next = (left != 0).then(|| TokenId(left.trailing_zeros() as u8))?;
            left &= left - 1;
            Some(next)
        })
    }
}

const MOST_TOKENS: usize = 128;

/// One acquisition of a resource.
#[derive(Clone, Debug)]
pub struct Token {
    /// Where it is made; the entry point for parameters.
    pub at: Point,
    /// The call that makes it, or the parameter.
    pub span: Span,
    /// The expression that makes it.
    pub expr: Option<ExprId>,
    /// Which resources it is.
    pub owned: SmallVec<[Owned; 2]>,
    /// How it came about.
    pub source: Source,
    /// The lock behind a guard.
    pub lock: Option<Lock>,
    /// How its type is known.
    pub known: Known,
    /// The variable that holds it first.
    pub first: Var,
}

impl Token {
    /// Whether it is, or holds, a resource of a class.
    #[must_use]
    pub fn is(&self, class: Class) -> bool {
        self.owned.iter().any(|o| o.class == class)
    }
}

/// How a token came about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Source {
    /// A call of this body, or a literal of a type with a Drop.
    Call,
    /// A parameter taken by value.
    Parameter,
    /// Moved into the closure from outside.
    Capture,
    /// Taken out of something that held it already (`self.permit.take()`, `guards.pop()`).
    Taken,
}

/// The lock that a guard holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lock {
    /// The lock object.
    pub place: Identity,
    /// Exclusive or shared.
    pub mode: Mode,
    /// The thread may take it again.
    pub reentrant: bool,
    /// `try_lock` and the like: never waits.
    pub tries: bool,
    /// What is held: a guard, or a connection or permit of a pool, which has several to give.
    pub class: Class,
}

/// What variables hold at a point.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct State {
    holders: Vec<Holder>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Holder {
    var: Var,
    owned: TokenSet,
    borrowed: TokenSet,
}

impl State {
    /// Tokens that a variable owns.
    #[must_use]
    pub fn owned(&self, var: Var) -> TokenSet {
        self.holders.iter().find(|h| h.var == var).map(|h| h.owned).unwrap_or_default()
    }

    /// Tokens that a variable owns or refers to.
    #[must_use]
    pub fn reached(&self, var: Var) -> TokenSet {
        self.holders.iter().find(|h| h.var == var).map(|h| h.owned.union(h.borrowed)).unwrap_or_default()
    }

    /// All tokens alive here.
    #[must_use]
    pub fn alive(&self) -> TokenSet {
        self.holders.iter().fold(TokenSet::default(), |all, h| all.union(h.owned))
    }

    /// The variables that own a token.
    pub fn holders(&self, token: TokenId) -> impl Iterator<Item = Var> {
        self.holders.iter().filter(move |h| h.owned.contains(token)).map(|h| h.var)
    }

    fn entry(&mut self, var: Var) -> &mut Holder {
        let index = match self.holders.binary_search_by_key(&var, |h| h.var) {
            Ok(index) => index,
            Err(index) => {
                let empty = Holder { var, owned: TokenSet::default(), borrowed: TokenSet::default() };
                self.holders.insert(index, empty);
                index
            }
        };
        &mut self.holders[index]
    }

    fn give(&mut self, var: Var, owned: TokenSet, borrowed: TokenSet) {
        if owned.is_empty() && borrowed.is_empty() {
            return;
        }
        let entry = self.entry(var);
        entry.owned = entry.owned.union(owned);
        entry.borrowed = entry.borrowed.union(borrowed).without(entry.owned);
    }

    fn take(&mut self, var: Var) -> TokenSet {
        match self.holders.iter_mut().find(|h| h.var == var) {
            Some(holder) => std::mem::take(&mut holder.owned),
            None => TokenSet::default(),
        }
    }

    fn clear(&mut self, var: Var) {
        self.holders.retain(|h| h.var != var);
    }

    fn join(&mut self, other: &Self) -> bool {
        let mut changed = false;
        for holder in &other.holders {
            let known = self.entry(holder.var);
            let owned = known.owned.union(holder.owned);
            let borrowed = known.borrowed.union(holder.borrowed).without(owned);
            changed |= owned != known.owned || borrowed != known.borrowed;
            (known.owned, known.borrowed) = (owned, borrowed);
        }
        changed
    }

    /// What of the state matters in a block further down: references that are not mentioned there or behind
    /// are left out, or the state of a long function would hold every temporary it ever made.
    fn for_block(&self, order: &Order, there: u32, forward: bool) -> Self {
        let matters = |h: &&Holder| {
            !h.owned.is_empty()
                || (!h.borrowed.is_empty() && (!forward || order.last_mention[h.var.index()] >= there))
        };
        Self { holders: self.holders.iter().filter(matters).copied().collect() }
    }
}

/// How a token ends at a point.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum End {
    /// Dropped.
    Dropped(DropHow),
    /// Moved into a call whose result does not hold it: the callee's duty.
    Passed,
    /// Returned to the caller.
    Returned,
    /// Stored in something that the body does not own (`self.x = …`, a field behind a reference).
    Stored,
    /// Moved into a closure, task or macro.
    Captured,
    /// Awaited (futures and handles).
    Awaited,
}

/// One end of a token's life.
#[derive(Clone, Copy, Debug)]
pub struct EndAt {
    /// Which.
    pub token: TokenId,
    /// How.
    pub how: End,
    /// Where.
    pub at: Point,
    /// Where in the text.
    pub span: Span,
}

/// The resources of one flow.
pub struct Tokens<'a> {
    /// The flow.
    pub mir: &'a Mir,
    /// Identities of its places.
    pub identities: Identities<'a>,
    /// All acquisitions.
    pub tokens: Vec<Token>,
    /// Ends of all lives, in order of blocks.
    pub ends: Vec<EndAt>,
    entry: Vec<Option<State>>,
    acquired_at: FxHashMap<Point, TokenId>,
    cx: FlowContext<'a>,
}

/// What functions of the program are known to do with resources, beyond [`Getters`].
pub trait Summaries: Getters {
    /// The lock whose guard a function returns, in terms of its parameters.
    fn returned_guard(&self, def: crate::names::DefId) -> Option<ReturnedGuard>;

    /// Whether a function may return something that holds a lock, a borrow or an entered span. `None` when
    /// its code is not known.
    fn returns_held(&self, def: crate::names::DefId) -> Option<bool>;
}

/// A guard that a function returns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReturnedGuard {
    /// The lock, in terms of the function's parameters.
    pub lock: Identity,
    /// Exclusive or shared.
    pub mode: Mode,
    /// It only tries.
    pub tries: bool,
    /// What it is: a guard, a connection, a permit.
    pub class: Class,
}

impl Summaries for crate::flow::identity::NoGetters {
    fn returned_guard(&self, _: crate::names::DefId) -> Option<ReturnedGuard> {
        None
    }

    fn returns_held(&self, _: crate::names::DefId) -> Option<bool> {
        None
    }
}

impl<'a> Tokens<'a> {
    /// Finds the acquisitions of a flow and follows them.
    #[must_use]
    pub fn new(cx: FlowContext<'a>, mir: &'a Mir, summaries: &'a dyn Summaries) -> Self {
        let identities = Identities::new(cx, mir, summaries);
        let mut this = Self {
            mir,
            identities,
            tokens: Vec::new(),
            ends: Vec::new(),
            entry: vec![None; mir.blocks.len()],
            acquired_at: FxHashMap::default(),
            cx,
        };
        let initial = this.parameters();
        this.acquisitions(summaries);
        if !this.tokens.is_empty() {
            this.solve(initial);
        } else {
            this.entry = reachable(mir).into_iter().map(|r| r.then(State::default)).collect();
        }
        this
    }

    /// The token behind an id.
    #[must_use]
    pub fn token(&self, id: TokenId) -> &Token {
        &self.tokens[id.0 as usize]
    }

    /// All tokens with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (TokenId, &Token)> {
        self.tokens.iter().enumerate().map(|(i, t)| (TokenId(i as u8), t))
    }

    /// Whether a block can be reached.
    #[must_use]
    pub fn is_reachable(&self, block: BlockId) -> bool {
        self.entry[block.index()].is_some()
    }

    fn add(&mut self, token: Token) -> Option<TokenId> {
        if self.tokens.len() >= MOST_TOKENS {
            return None;
        }
        let id = TokenId(self.tokens.len() as u8);
        self.tokens.push(token);
        Some(id)
    }

    fn parameters(&mut self) -> State {
        let mut state = State::default();
        let start = Point { block: BlockId(0), index: 0 };
        for (index, decl) in self.mir.vars.iter().enumerate() {
            let var = Var(index as u32);
            let is_param = self.mir.params.contains(&var);
            let source = match decl.kind {
                VarKind::Capture(_) => Source::Capture,
                _ if is_param => Source::Parameter,
                _ => continue,
            };
            if source == Source::Capture && !self.capture_is_moved() {
                continue;
            }
            let owned = self.cx.ownership.owned(&decl.ty);
            if owned.is_empty() {
                continue;
            }
            let token = Token {
                at: start,
                span: decl.span,
                expr: None,
                owned,
                source,
                lock: None,
                known: Known::Resolved,
                first: var,
            };
            if let Some(id) = self.add(token) {
                state.give(var, TokenSet::one(id), TokenSet::default());
            }
        }
        state
    }

    fn capture_is_moved(&self) -> bool {
        match self.mir.owner {
            crate::flow::Owner::Closure(id) => self.cx.body.closure(id).is_move,
            crate::flow::Owner::Root => false,
        }
    }

    fn acquisitions(&mut self, summaries: &dyn Summaries) {
        let mir = self.mir;
        for (point, statement) in mir.statements() {
            let (dest, operands, call): (&Place, &[Operand], Option<&Call>) = match &statement.kind {
                StatementKind::Call(call) => (&call.dest, &call.args, Some(call)),
                StatementKind::Await { dest, operands, .. } => (dest, operands, None),
                StatementKind::Assign { dest, value: Rvalue::Aggregate { path: Some(path), .. } } => {
                    self.built(point, statement, dest, *path);
                    continue;
                }
                _ => continue,
            };
            let owned = self.owned_on_success(self.dest_ty(dest, statement));
            if owned.is_empty() {
                continue;
            }
            // What goes in by value and comes out again is not new.
            let mut inside: SmallVec<[Owned; 4]> = SmallVec::new();
            for operand in operands {
                if let Operand::Move(place) = operand {
                    inside.extend(self.cx.ownership.owned(self.place_ty(place)));
                }
            }
            let mut fresh: SmallVec<[Owned; 2]> = owned.into_iter().filter(|o| !inside.contains(o)).collect();
            // A type that can hold a guard is not yet a guard: the function must take one. What the user calls a guard is one.
            if let Some(call) = call
                && let Target::Def(def) = &call.callee.target
                && summaries.returns_held(*def) == Some(false)
            {
                fresh.retain(|o| !is_held(o.class) || self.cx.catalogue.is_own(o.ty));
            }
            if fresh.is_empty() {
                continue;
            }
            let taken = operands.iter().any(|o| match o {
                Operand::Borrow(_, place) | Operand::Copy(place) => {
                    let lent = self.lent_ty(place);
                    let inside = self.cx.ownership.owned(lent.peel_refs());
                    fresh.iter().all(|f| inside.contains(f))
                }
                _ => false,
            });
            let origin = match call {
                Some(call) => Some(call),
                None => operands
                    .first()
                    .and_then(Operand::place)
                    .and_then(|p| self.identities.defining_call(p.var)),
            };
            // A guard that comes out of a holder (`last.take()`) was taken long before, and of a lock that is not known.
            let lock = origin.filter(|_| !taken).and_then(|c| self.lock_of(c, &fresh, summaries));
            let token = Token {
                at: point,
                span: statement.span,
                expr: statement.expr,
                owned: fresh,
                source: if taken { Source::Taken } else { Source::Call },
                lock,
                known: origin.map_or(Known::Inferred, |c| c.callee.known),
                first: dest.var,
            };
            if let Some(id) = self.add(token) {
                self.acquired_at.insert(point, id);
            }
        }
    }

    /// `Cleanup { path }`: a value whose type has a Drop of its own is a resource wherever it is made.
    fn built(&mut self, point: Point, statement: &Statement, dest: &Place, path: Symbol) {
        let has_drop = self.cx.program.types.get(&path).is_some_and(|info| info.drop.is_some());
        if !has_drop || !dest.projections.is_empty() {
            return;
        }
        let class = self.cx.catalogue.resource(path).map_or(Class::Other, |r| r.class);
        let token = Token {
            at: point,
            span: statement.span,
            expr: statement.expr,
            owned: smallvec![Owned { ty: path, class }],
            source: Source::Call,
            lock: None,
            known: Known::Resolved,
            first: dest.var,
        };
        if let Some(id) = self.add(token) {
            self.acquired_at.insert(point, id);
        }
    }

    /// The lock that a call takes, when its result is a guard.
    #[must_use]
    fn lock_of(&self, call: &Call, owned: &[Owned], summaries: &dyn Summaries) -> Option<Lock> {
        let guard = owned.iter().find(|o| is_lock(o.class) || is_pooled(o.class))?;
        let pooled = !is_lock(guard.class);
        let resource = self.cx.catalogue.resource(guard.ty);
        let reentrant = resource.is_some_and(|r| r.reentrant);
        match &call.callee.target {
            Target::External(path) => {
                let facts = self.cx.catalogue.facts(*path);
                let tries = facts.is_some_and(|f| f.tries);
                let mode = if pooled {
                    facts.is_some_and(|f| f.acquires || f.tries).then_some(Mode::Shared)?
                } else {
                    facts.and_then(|f| f.locks).or_else(|| resource.and_then(|r| r.mode))?
                };
                let place = self.identities.operand(call.args.first()?)?;
                Some(Lock { place, mode, reentrant, tries, class: guard.class })
            }
            Target::Def(def) => {
                let returned = summaries.returned_guard(*def)?;
                let place = self.translate(&returned.lock, call)?;
                Some(Lock {
                    place,
                    mode: returned.mode,
                    reentrant,
                    tries: returned.tries,
                    class: returned.class,
                })
            }
            _ => None,
        }
    }

    /// An identity in terms of a callee's parameters, seen from the caller.
    #[must_use]
    pub fn translate(&self, inner: &Identity, call: &Call) -> Option<Identity> {
        translate(&self.identities, inner, call)
    }

    /// What a value of this type owns; of a `Result<Guard, Permit>` what its `Ok` does, as an `Err` ends the token.
    fn owned_on_success(&self, ty: &Ty) -> SmallVec<[Owned; 2]> {
        match ty.as_result().map(|(ok, _)| self.cx.ownership.owned(&ok)) {
            Some(owned) if !owned.is_empty() => owned,
            _ => self.cx.ownership.owned(ty),
        }
    }

    /// The type of a call's destination; what an expression gives when the destination is a part of a variable.
    fn dest_ty<'t>(&'t self, dest: &Place, statement: &Statement) -> &'t Ty {
        if dest.projections.is_empty() {
            let ty = &self.mir.var(dest.var).ty;
            if !ty.is_unknown() {
                return ty;
            }
        }
        match statement.expr {
            Some(e) => self.cx.types.expr(e),
            None => &Ty::Unknown,
        }
    }

    /// The type of a place; unknown behind projections other than the parts of `Option`, `Result` and tuples.
    fn place_ty<'t>(&'t self, place: &Place) -> &'t Ty {
        if place.projections.is_empty() { &self.mir.var(place.var).ty } else { &Ty::Unknown }
    }

    /// The type behind a borrowed place: that of the callee's receiver, or of the whole variable.
    fn lent_ty(&self, place: &Place) -> Ty {
        let base = &self.mir.var(place.var).ty;
        let mut ty = base.clone();
        for step in &place.projections {
            ty = match step {
                Projection::Deref => match self.cx.program.deref(self.cx.catalogue, &ty) {
                    Some(inner) => inner,
                    None => return Ty::Unknown,
                },
                Projection::Field(name) => match self.cx.program.field_type(self.cx.catalogue, &ty, *name) {
                    Some(field) => field,
                    None => return Ty::Unknown,
                },
                Projection::Index => return Ty::Unknown,
            };
        }
        ty
    }

    fn solve(&mut self, initial: State) {
        let order = Order::new(self.mir);
        let mut work = std::collections::BTreeSet::from([0u32]);
        self.entry[0] = Some(initial);
        let mut steps = 0usize;
        let limit = 64 * self.mir.blocks.len() + 1024;
        while let Some(position) = work.pop_first() {
            steps += 1;
            if steps > limit {
                break;
            }
            let block = order.blocks[position as usize];
            let Some(mut state) = self.entry[block.index()].clone() else { continue };
            let data = &self.mir.blocks[block.index()];
            for (index, statement) in data.statements.iter().enumerate() {
                let point = Point { block, index: index as u32 };
                self.transfer(&mut state, point, statement, &mut |_| {});
            }
            for next in data.terminator.successors() {
                let there = order.position[next.index()];
                let onward = state.for_block(&order, there, there > position);
                match &mut self.entry[next.index()] {
                    Some(known) => {
                        if known.join(&onward) {
                            work.insert(there);
                        }
                    }
                    slot @ None => {
                        *slot = Some(onward);
                        work.insert(there);
                    }
                }
            }
        }
        let mut ends = Vec::new();
        self.replay(&mut |_, _, _| {}, &mut |end| ends.push(end));
        self.ends = ends;
    }

    /// Visits every reachable statement with the state before it.
    pub fn walk(&self, mut visit: impl FnMut(Point, &State, &Statement)) {
        self.replay(&mut visit, &mut |_| {});
    }

    fn replay(&self, visit: &mut dyn FnMut(Point, &State, &Statement), end: &mut dyn FnMut(EndAt)) {
        for (index, data) in self.mir.blocks.iter().enumerate() {
            let block = BlockId(index as u32);
            let Some(mut state) = self.entry[index].clone() else { continue };
            for (index, statement) in data.statements.iter().enumerate() {
                let point = Point { block, index: index as u32 };
                visit(point, &state, statement);
                if !self.tokens.is_empty() {
                    self.transfer(&mut state, point, statement, end);
                }
            }
            if let Terminator::Return { span, .. } = data.terminator {
                let at = Point { block, index: data.statements.len() as u32 };
                for token in state.owned(self.mir.return_var).iter() {
                    end(EndAt { token, how: End::Returned, at, span });
                }
            }
        }
    }

    /// The state right before a point, or right before a block's terminator.
    #[must_use]
    pub fn state_at(&self, point: Point) -> State {
        let Some(mut state) = self.entry[point.block.index()].clone() else { return State::default() };
        let data = &self.mir.blocks[point.block.index()];
        let many = if self.tokens.is_empty() { 0 } else { point.index as usize };
        for (index, statement) in data.statements.iter().enumerate().take(many) {
            let at = Point { block: point.block, index: index as u32 };
            self.transfer(&mut state, at, statement, &mut |_| {});
        }
        state
    }

    fn transfer(&self, state: &mut State, point: Point, statement: &Statement, end: &mut dyn FnMut(EndAt)) {
        let span = statement.span;
        match &statement.kind {
            StatementKind::Assign { dest, value } => self.assign(state, point, span, dest, value, end),
            StatementKind::Call(call) => self.call(state, point, statement, call, end),
            StatementKind::Await { dest, operands, .. } => {
                let mut borrowed = TokenSet::default();
                for operand in operands {
                    match operand {
                        Operand::Move(place) => {
                            for token in state.take(place.var).iter() {
                                end(EndAt { token, how: End::Awaited, at: point, span });
                            }
                        }
                        Operand::Copy(place) | Operand::Borrow(_, place) => {
                            borrowed = borrowed.union(state.reached(place.var));
                        }
                        Operand::Constant(_) => {}
                    }
                }
                let fresh = self.acquired_at.get(&point).map(|t| TokenSet::one(*t)).unwrap_or_default();
                self.store(state, point, span, dest, fresh, TokenSet::default(), end);
            }
            StatementKind::Drop { var, how } => {
                for token in state.owned(*var).iter() {
                    end(EndAt { token, how: End::Dropped(*how), at: point, span });
                }
                state.clear(*var);
            }
            StatementKind::Vacant(var) => state.clear(*var),
            StatementKind::Discard { .. } => {}
            StatementKind::Macro { args, expr, .. } => {
                let takes = match &self.cx.body.expr(*expr).kind {
                    ExprKind::Macro(call) => call.kind == MacroKind::Unknown,
                    _ => true,
                };
                if takes {
                    for arg in args {
                        if let Operand::Move(place) = arg {
                            for token in state.take(place.var).iter() {
                                end(EndAt { token, how: End::Captured, at: point, span });
                            }
                        }
                    }
                }
            }
        }
    }

    fn assign(
        &self,
        state: &mut State,
        point: Point,
        span: Span,
        dest: &Place,
        value: &Rvalue,
        end: &mut dyn FnMut(EndAt),
    ) {
        let (mut owned, mut borrowed) = (TokenSet::default(), TokenSet::default());
        let to = if dest.projections.is_empty() { &self.mir.var(dest.var).ty } else { &Ty::Unknown };
        match value {
            Rvalue::Use(operand) => self.read(state, operand, Some(to), &mut owned, &mut borrowed),
            Rvalue::Ref(_, place) => borrowed = state.reached(place.var),
            Rvalue::Aggregate { parts, .. } => {
                for (_, operand) in parts {
                    self.read(state, operand, None, &mut owned, &mut borrowed);
                }
                owned =
                    owned.union(self.acquired_at.get(&point).map(|t| TokenSet::one(*t)).unwrap_or_default());
            }
            Rvalue::Closure { captures, .. } => {
                for capture in captures {
                    match capture.how {
                        CaptureHow::Move => {
                            borrowed = borrowed.union(state.reached(capture.var));
                            owned = owned.union(state.take(capture.var));
                        }
                        CaptureHow::Copy | CaptureHow::Ref | CaptureHow::RefMut => {
                            borrowed = borrowed.union(state.reached(capture.var));
                        }
                    }
                }
                borrowed = borrowed.without(owned);
            }
            Rvalue::Compute(_) | Rvalue::Opaque => {}
        }
        if !borrowed.is_empty() && !to.is_unknown() && !self.can_borrow(to) {
            borrowed = TokenSet::default();
        }
        self.store(state, point, span, dest, owned, borrowed, end);
    }

    /// Puts tokens into a place: what is not owned by the body is stored elsewhere.
    #[allow(clippy::too_many_arguments)]
    fn store(
        &self,
        state: &mut State,
        point: Point,
        span: Span,
        dest: &Place,
        owned: TokenSet,
        borrowed: TokenSet,
        end: &mut dyn FnMut(EndAt),
    ) {
        if dest.projections.is_empty() {
            state.clear(dest.var);
        } else if self.is_foreign(dest) {
            for token in owned.iter() {
                end(EndAt { token, how: End::Stored, at: point, span });
            }
            return;
        }
        state.give(dest.var, owned, borrowed);
    }

    /// Whether a place lies behind a reference, so that what is stored there outlives the body. A variable of unknown
    /// type may be one: `for (_, state) in states.iter_mut()`.
    fn is_foreign(&self, place: &Place) -> bool {
        let ty = &self.mir.var(place.var).ty;
        place.is_indirect()
            || matches!(ty, Ty::Ref(..))
            || ty.is_unknown() && matches!(place.projections.first(), Some(Projection::Field(_)))
    }

    fn read(
        &self,
        state: &mut State,
        operand: &Operand,
        to: Option<&Ty>,
        owned: &mut TokenSet,
        borrowed: &mut TokenSet,
    ) {
        match operand {
            Operand::Move(place) => {
                let all = state.reached(place.var);
                let own = state.owned(place.var);
                *borrowed = borrowed.union(all.without(own));
                if own.is_empty() {
                    return;
                }
                match place.projections.last() {
                    Some(Projection::Field(name)) if name.as_str() == "Err" => {
                        state.clear(place.var);
                        return;
                    }
                    None => {
                        *owned = owned.union(state.take(place.var));
                        return;
                    }
                    _ => {}
                }
                // A part is moved out: the tokens that such a part can own.
                let part: TokenSet = match to {
                    Some(ty) if !ty.is_unknown() => {
                        let parts = self.cx.ownership.owned(ty);
                        let fitting = |fits: &dyn Fn(&Token) -> bool| {
                            own.iter()
                                .filter(|t| fits(self.token(*t)))
                                .fold(TokenSet::default(), |s, t| s.union(TokenSet::one(t)))
                        };
                        match fitting(&|token| token.goes_into(&parts)) {
                            // The lock of a map's `Entry` goes into its `OccupiedEntry`.
                            none if none.is_empty() => fitting(&|token| token.locks_as(&parts)),
                            some => some,
                        }
                    }
                    // What the whole is by its own type stays: a `Child` whose `stdin` is taken is still to be waited for.
                    _ if place.projections.len() == 1 => {
                        let whole = self.mir.var(place.var).ty.path();
                        own.iter()
                            .filter(|t| !self.token(*t).owned.iter().any(|o| Some(o.ty) == whole))
                            .fold(TokenSet::default(), |s, t| s.union(TokenSet::one(t)))
                    }
                    _ => TokenSet::default(),
                };
                *owned = owned.union(part);
                let from_collection = place.projections.iter().any(|p| matches!(p, Projection::Index));
                if !from_collection {
                    let entry = state.entry(place.var);
                    entry.owned = entry.owned.without(part);
                }
            }
            Operand::Copy(place) | Operand::Borrow(_, place) => {
                *borrowed = borrowed.union(state.reached(place.var))
            }
            Operand::Constant(_) => {}
        }
    }

    /// Whether control can go from behind `from` to a point where `goal` holds, without passing one where
    /// `avoid` holds. `goal` and `avoid` see terminators as `None`.
    #[must_use]
    pub fn path(
        &self,
        from: Point,
        mut goal: impl FnMut(Point, Option<&Statement>) -> bool,
        mut avoid: impl FnMut(Point, Option<&Statement>) -> bool,
    ) -> Option<Point> {
        path(self.mir, from, &mut goal, &mut avoid)
    }
}

/// See [`Tokens::path`].
#[must_use]
pub fn path(
    mir: &Mir,
    from: Point,
    goal: &mut dyn FnMut(Point, Option<&Statement>) -> bool,
    avoid: &mut dyn FnMut(Point, Option<&Statement>) -> bool,
) -> Option<Point> {
    search(mir, Point { block: from.block, index: from.index + 1 }, goal, avoid)
}

/// See [`Tokens::path`]: from the start of the code, whose first statement is looked at, too.
#[must_use]
pub fn path_from_start(
    mir: &Mir,
    goal: &mut dyn FnMut(Point, Option<&Statement>) -> bool,
    avoid: &mut dyn FnMut(Point, Option<&Statement>) -> bool,
) -> Option<Point> {
    search(mir, Point { block: BlockId(0), index: 0 }, goal, avoid)
}

fn search(
    mir: &Mir,
    first: Point,
    goal: &mut dyn FnMut(Point, Option<&Statement>) -> bool,
    avoid: &mut dyn FnMut(Point, Option<&Statement>) -> bool,
) -> Option<Point> {
    let mut seen = vec![false; mir.blocks.len()];
    let mut work = vec![(first.block, first.index)];
    while let Some((block, start)) = work.pop() {
        let data = &mir.blocks[block.index()];
        let mut stopped = false;
        for index in start as usize..=data.statements.len() {
            let point = Point { block, index: index as u32 };
            let statement = data.statements.get(index);
            if goal(point, statement) {
                return Some(point);
            }
            if avoid(point, statement) {
                stopped = true;
                break;
            }
        }
        if stopped {
            continue;
        }
        for next in data.terminator.successors() {
            if !std::mem::replace(&mut seen[next.index()], true) {
                work.push((*next, 0));
            }
        }
    }
    None
}

/// An identity in terms of a callee's parameters, seen from the caller.
#[must_use]
pub fn translate(identities: &Identities<'_>, inner: &Identity, call: &Call) -> Option<Identity> {
    use crate::flow::identity::Root;
    match inner.root {
        Root::Static(_) => Some(inner.clone()),
        Root::Param(index) => {
            let mut outer = identities.operand(call.args.get(index as usize)?)?;
            outer.path.extend(inner.path.iter().copied());
            outer.indexed |= inner.indexed;
            Some(outer)
        }
        Root::Local(_) | Root::Temp(_) => None,
    }
}

/// Reverse postorder of the blocks, and the last block in it that mentions each variable.
struct Order {
    blocks: Vec<BlockId>,
    position: Vec<u32>,
    last_mention: Vec<u32>,
}

impl Order {
    fn new(mir: &Mir) -> Self {
        let mut postorder = Vec::with_capacity(mir.blocks.len());
        let mut seen = vec![false; mir.blocks.len()];
        let mut stack = vec![(BlockId(0), 0usize)];
        seen[0] = true;
        while let Some((block, next)) = stack.pop() {
            match mir.blocks[block.index()].terminator.successors().get(next) {
                Some(child) => {
                    stack.push((block, next + 1));
                    if !std::mem::replace(&mut seen[child.index()], true) {
                        stack.push((*child, 0));
                    }
                }
                None => postorder.push(block),
            }
        }
        postorder.reverse();
        let mut position = vec![0; mir.blocks.len()];
        for (index, block) in postorder.iter().enumerate() {
            position[block.index()] = index as u32;
        }
        let mut last_mention = vec![0; mir.vars.len()];
        for (index, block) in postorder.iter().enumerate() {
            for statement in &mir.blocks[block.index()].statements {
                mentions(statement, &mut |var| last_mention[var.index()] = index as u32);
            }
        }
        Self { blocks: postorder, position, last_mention }
    }
}

/// The variables that a statement mentions.
pub fn mentions(statement: &Statement, see: &mut dyn FnMut(Var)) {
    let mut operand = |o: &Operand| {
        if let Some(place) = o.place() {
            see(place.var);
        }
    };
    match &statement.kind {
        StatementKind::Assign { dest, value } => {
            match value {
                Rvalue::Use(o) => operand(o),
                Rvalue::Ref(_, place) => see(place.var),
                Rvalue::Aggregate { parts, .. } => parts.iter().for_each(|(_, o)| operand(o)),
                Rvalue::Compute(operands) => operands.iter().for_each(operand),
                Rvalue::Closure { captures, .. } => captures.iter().for_each(|c| see(c.var)),
                Rvalue::Opaque => {}
            }
            see(dest.var);
        }
        StatementKind::Call(call) => {
            call.args.iter().for_each(operand);
            see(call.dest.var);
        }
        StatementKind::Await { dest, operands, .. } => {
            operands.iter().for_each(operand);
            see(dest.var);
        }
        StatementKind::Macro { args, dest, .. } => {
            args.iter().for_each(operand);
            see(dest.var);
        }
        StatementKind::Drop { var, .. } | StatementKind::Vacant(var) => see(*var),
        StatementKind::Discard { value, .. } => operand(value),
    }
}

fn reachable(mir: &Mir) -> Vec<bool> {
    let mut seen = vec![false; mir.blocks.len()];
    let mut work = vec![BlockId(0)];
    while let Some(block) = work.pop() {
        if std::mem::replace(&mut seen[block.index()], true) {
            continue;
        }
        work.extend(mir.blocks[block.index()].terminator.successors());
    }
    seen
}

impl<'a> Tokens<'a> {
    /// What the flow was built from.
    #[must_use]
    pub fn context(&self) -> FlowContext<'a> {
        self.cx
    }
}

/// Whether a resource class locks something.
#[must_use]
pub fn is_lock(class: Class) -> bool {
    matches!(class, Class::LockGuard | Class::RefcellBorrow | Class::MapGuard)
}

/// Whether a resource class is one of several that a pool or semaphore gives out.
#[must_use]
pub fn is_pooled(class: Class) -> bool {
    matches!(class, Class::PoolConnection | Class::Permit | Class::Transaction)
}

/// Resources that are states of being held, not values that happen to be there.
fn is_held(class: Class) -> bool {
    matches!(
        class,
        Class::LockGuard | Class::RefcellBorrow | Class::MapGuard | Class::SpanGuard | Class::Permit
    )
}

impl Token {
    /// Whether it can be in a value that owns `parts`: a lock goes where a lock can be, whatever its guard owns besides.
    fn goes_into(&self, parts: &[Owned]) -> bool {
        let has_lock = self.owned.iter().any(|o| is_lock(o.class));
        self.owned.iter().any(|o| (!has_lock || is_lock(o.class)) && parts.contains(o))
    }

    /// Whether a value that owns `parts` holds the same kind of lock, under another type.
    fn locks_as(&self, parts: &[Owned]) -> bool {
        let same = |o: &Owned| is_lock(o.class) && parts.iter().any(|p| p.class == o.class);
        self.owned.iter().any(same)
    }

    /// Whether it is, or holds, a lock, a borrow or an entered span.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.owned.iter().any(|o| is_held(o.class))
    }
}
