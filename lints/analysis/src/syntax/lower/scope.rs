//! Local variables: where they are declared, what a name means, what a closure captures.

use proc_macro2::Ident;
use rustc_hash::FxHashSet;

use crate::span::Span;
use crate::symbol::Symbol;
use crate::syntax::hir::{Closure, ClosureId, Expr, ExprId, ExprKind, Local, LocalId, ModuleIndex, Pat};
use crate::syntax::lower::{Lower, name};

/// The body being lowered.
#[derive(Default)]
pub(super) struct BodyState {
    pub(super) exprs: Vec<Expr>,
    pub(super) pats: Vec<Pat>,
    pub(super) locals: Vec<Local>,
    pub(super) closures: Vec<Closure>,
    /// Names in scope, innermost last.
    names: Vec<Name>,
    /// Names bound by the pattern at hand: alternatives of an or-pattern bind each only once.
    pattern: Vec<Name>,
    /// Closures around, outermost first.
    pub(super) open: Vec<ClosureId>,
    /// Where the `for` of a `for await` stands.
    pub(super) await_loops: FxHashSet<u32>,
    /// Module of the innermost block, if it declares items.
    pub(super) block_module: Option<ModuleIndex>,
}

impl BodyState {
    /// Nothing of the last body stays.
    pub(super) fn clear(&mut self) {
        self.exprs.clear();
        self.pats.clear();
        self.locals.clear();
        self.closures.clear();
        self.names.clear();
        self.pattern.clear();
        self.open.clear();
        self.await_loops.clear();
        self.block_module = None;
    }
}

#[derive(Clone, Copy)]
struct Name {
    name: Symbol,
    local: LocalId,
    /// The macro call whose expansion introduced the name, unless the name came from its arguments.
    origin: Option<Span>,
}

/// How many names were in scope.
#[derive(Clone, Copy)]
pub(super) struct ScopeMark(usize);

impl Lower {
    pub(super) fn enter_scope(&self) -> ScopeMark {
        ScopeMark(self.body.names.len())
    }

    pub(super) fn leave_scope(&mut self, mark: ScopeMark) {
        self.body.names.truncate(mark.0);
    }

    /// Declares a variable; visible once [`Lower::bind_pattern`] ends the pattern.
    pub(super) fn declare(&mut self, ident: &Ident, mutable: bool, by_ref: bool) -> LocalId {
        let span = self.span(ident.span());
        let (name, origin) = (name(ident), self.origin(span));
        let known = self.body.pattern.iter().find(|known| known.name == name && known.origin == origin);
        if let Some(known) = known {
            return known.local;
        }
        let local = LocalId(self.body.locals.len() as u32);
        let closure = self.body.open.last().copied();
        self.body.locals.push(Local { name, span, mutable, by_ref, closure });
        self.body.pattern.push(Name { name, local, origin });
        local
    }

    /// Makes the next pattern bind these variables again where it has their names.
    pub(super) fn declare_again(&mut self, locals: &[LocalId]) {
        let names = &self.body.names;
        let visible = |known: &&Name| {
            let latest = names.iter().rev().find(|n| n.name == known.name && n.origin == known.origin);
            locals.contains(&known.local) && latest.is_some_and(|latest| latest.local == known.local)
        };
        let again: Vec<Name> = names.iter().filter(visible).copied().collect();
        self.body.pattern.extend(again);
    }

    /// Brings the names of the pattern just lowered into scope.
    pub(super) fn bind_pattern(&mut self) {
        let names = std::mem::take(&mut self.body.pattern);
        self.body.names.extend(names);
    }

    /// The expression for a lone identifier, if it is a variable in scope.
    pub(super) fn local_expr(&mut self, ident: &Ident) -> Option<ExprId> {
        let span = self.span(ident.span());
        let local = self.resolve(name(ident), span)?;
        Some(self.add_expr(ExprKind::Local(local), span))
    }

    /// What a name written at `span` means; every closure between use and declaration captures it.
    pub(super) fn resolve(&mut self, name: Symbol, span: Span) -> Option<LocalId> {
        let local = self.lookup(name, span)?;
        let declared_in = self.body.locals[local.index()].closure;
        for open in self.body.open.iter().rev() {
            if Some(*open) == declared_in {
                break;
            }
            let captures = &mut self.body.closures[open.index()].captures;
            if !captures.contains(&local) {
                captures.push(local);
            }
        }
        Some(local)
    }

    /// As [`Lower::resolve`], without a use.
    pub(super) fn lookup(&self, name: Symbol, span: Span) -> Option<LocalId> {
        let origin = self.origin(span);
        let visible =
            |known: &&Name| known.name == name && (known.origin.is_none() || known.origin == origin);
        self.body.names.iter().rev().find(visible).map(|known| known.local)
    }

    /// The macro call whose definition wrote the token at `span`: such tokens carry the call's span.
    fn origin(&self, span: Span) -> Option<Span> {
        self.expansions.iter().any(|expansion| expansion.call == span).then_some(span)
    }
}
