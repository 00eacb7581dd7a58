//! Drop scopes: where variables and temporaries end.
//!
//! Reference, chapter "Destructors": a variable ends with the scope that declares it, a temporary with the
//! smallest of statement, body of `if`/`while`/`loop`, branches of `if`, arms, conditions and guards, operands
//! of lazy operators; since edition 2024 also with `if let` before `else`, and with a block's tail.

use crate::flow::build::Builder;
use crate::flow::mir::{BlockId, DropHow, Place, StatementKind, Var};
use crate::span::Span;
use crate::symbol::Symbol;

/// A scope that ends variables or temporaries.
pub(crate) struct Scope {
    kind: ScopeKind,
    span: Span,
    drops: Vec<(Var, DropHow)>,
}

/// What a scope is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ScopeKind {
    /// Ends named variables, not temporaries.
    Block,
    /// A statement.
    Statement,
    /// A condition, guard, or lazy operand.
    Condition,
    /// An arm, branch or loop body, or the tail of a block: ends temporaries of its value.
    Tail,
    /// The head and body of an `if let` (edition 2024) or `while let`.
    Head,
    /// What a call or aggregate takes by value, until it is made: after that, its parts are moved.
    Operands,
}

impl ScopeKind {
    const fn holds_temporaries(self) -> bool {
        !matches!(self, Self::Block | Self::Operands)
    }
}

/// What the temporaries now made belong to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TemporaryKind {
    /// An ordinary expression.
    Statement,
    /// The head of `match`, `if let`, `while let`, `for`.
    Scrutinee,
}

/// Something that `break` leaves.
pub(crate) struct Breakable {
    pub(super) label: Option<Symbol>,
    pub(super) is_loop: bool,
    pub(super) break_to: BlockId,
    pub(super) continue_to: Option<BlockId>,
    /// Number of scopes that stay when it is left.
    pub(super) depth: usize,
    pub(super) dest: Place,
}

impl Builder<'_, '_> {
    pub(super) fn push_scope(&mut self, kind: ScopeKind, span: Span) {
        self.scopes.push(Scope { kind, span, drops: Vec::new() });
    }

    /// Ends the innermost scope, dropping what it holds in reverse order.
    pub(super) fn pop_scope(&mut self) {
        let Some(scope) = self.scopes.pop() else { return };
        self.emit_drops(&scope.drops, scope.span);
    }

    /// Ends the scopes beyond `depth`.
    pub(super) fn pop_scopes(&mut self, depth: usize) {
        while self.scopes.len() > depth {
            self.pop_scope();
        }
    }

    /// Emits the drops of all scopes beyond `depth` without ending them: the way of `break`, `return`, `?`.
    pub(super) fn leave_scopes(&mut self, depth: usize, at: Span) {
        for index in (depth..self.scopes.len()).rev() {
            let drops = self.scopes[index].drops.clone();
            for (var, how) in drops.into_iter().rev() {
                self.push(StatementKind::Drop { var, how }, at, None);
            }
        }
    }

    fn emit_drops(&mut self, drops: &[(Var, DropHow)], span: Span) {
        let at = span.last_byte();
        for (var, how) in drops.iter().rev() {
            self.push(StatementKind::Drop { var: *var, how: *how }, at, None);
        }
    }

    /// Drops a named variable at the end of the innermost scope.
    pub(super) fn schedule(&mut self, var: Var) {
        if let Some(depth) = self.innermost_block() {
            self.schedule_in(depth, var);
        }
    }

    /// Drops a variable at the end of the scope at `depth`.
    pub(super) fn schedule_in(&mut self, depth: usize, var: Var) {
        if self.flows.cx.ownership.is_trivial(&self.mir.var(var).ty) {
            return;
        }
        if let Some(scope) = self.scopes.get_mut(depth) {
            scope.drops.push((var, DropHow::ScopeEnd));
        }
    }

    /// The innermost scope that ends named variables.
    pub(super) fn innermost_block(&self) -> Option<usize> {
        self.scopes.iter().rposition(|s| s.kind == ScopeKind::Block)
    }

    /// Drops a temporary with the innermost scope that ends temporaries.
    pub(super) fn schedule_temporary(&mut self, var: Var) {
        if self.flows.cx.ownership.is_trivial(&self.mir.var(var).ty) {
            return;
        }
        let scrutinee = self.temporaries == TemporaryKind::Scrutinee;
        if let Some(scope) = self.scopes.iter_mut().rev().find(|s| s.kind.holds_temporaries()) {
            let how = match scope.kind {
                _ if scrutinee => DropHow::ScrutineeEnd,
                ScopeKind::Statement | ScopeKind::Block | ScopeKind::Operands => DropHow::StatementEnd,
                ScopeKind::Condition => DropHow::ConditionEnd,
                ScopeKind::Tail => DropHow::TailEnd,
                ScopeKind::Head => DropHow::ScrutineeEnd,
            };
            scope.drops.push((var, how));
        }
    }

    /// Collects the operands of a call or aggregate with `f`. An early exit from one of them drops those before it;
    /// otherwise they are moved.
    pub(super) fn in_operands<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        self.push_scope(ScopeKind::Operands, Span::default());
        let value = f(self);
        self.scopes.pop();
        value
    }

    /// Drops an operand when an exit leaves the call or aggregate before it is made.
    pub(super) fn schedule_operand(&mut self, var: Var) {
        match self.scopes.last_mut() {
            Some(scope) if scope.kind == ScopeKind::Operands => {
                if !self.flows.cx.ownership.is_trivial(&self.mir.var(var).ty) {
                    scope.drops.push((var, DropHow::StatementEnd));
                }
            }
            _ => self.schedule_temporary(var),
        }
    }

    pub(super) fn as_scrutinee<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.temporaries, TemporaryKind::Scrutinee);
        let value = f(self);
        self.temporaries = before;
        value
    }

    pub(super) fn as_statement<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.temporaries, TemporaryKind::Statement);
        let value = f(self);
        self.temporaries = before;
        value
    }

    /// Runs `f` in a scope of its own.
    pub(super) fn in_scope<T>(&mut self, kind: ScopeKind, span: Span, f: impl FnOnce(&mut Self) -> T) -> T {
        self.push_scope(kind, span);
        let value = self.as_statement(f);
        self.pop_scope();
        value
    }
}
