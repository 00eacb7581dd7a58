//! From `syn`'s tree to the owned one.
//!
//! One [`Lower`] goes over one file. The file's parts grow in place; the body at hand is in
//! [`Lower::body`] and is put aside while an item inside of it is lowered.

mod arguments;
mod attributes;
mod blocks;
mod calls;
mod classify;
mod closures;
mod control;
mod expressions;
mod format;
mod functions;
mod impls;
mod imports;
mod item_macros;
mod items;
mod literals;
mod patterns;
mod positions;
mod rules;
mod scope;
mod select;
mod types;

use std::cell::Cell;

use proc_macro2::Span as TokenSpan;

use crate::span::Span;
use crate::symbol::{Symbol, sym, sym_of};
use crate::syntax::hir::{Expr, ExprId, ExprKind, ItemIndex, ModuleIndex, Pat, PatId, PatKind};
use crate::syntax::items::{FileHir, Module};
pub(crate) use positions::Positions;
pub(crate) use rules::{LocalMacros, shared_macros_in};
use scope::BodyState;

/// A call of a macro of this file whose expansion is being lowered.
#[derive(Clone, Copy)]
struct Expansion {
    /// The whole call.
    call: Span,
    /// The same, as the tokens of the definition carry it.
    token: TokenSpan,
}

/// The walk over one file.
pub(crate) struct Lower {
    /// Grows as items are met.
    pub(crate) file: FileHir,
    position: Positions,
    macros: LocalMacros,
    module: ModuleIndex,
    /// The impl or trait around.
    parent: Option<ItemIndex>,
    body: BodyState,
    /// States of bodies that are done, for their room.
    spare: Vec<BodyState>,
    /// Inside a branch of an item macro that is only compiled for tests.
    cfg_test: bool,
    /// Calls of `macro_rules!` macros whose expansion is being lowered, outermost first.
    expansions: Vec<Expansion>,
    /// The last known position, for the rare token without one.
    here: Cell<Span>,
}

impl Lower {
    pub(crate) fn new(file: FileHir, position: Positions, macros: LocalMacros) -> Self {
        Self {
            file,
            here: Cell::new(Span::new(position.offset(), position.offset())),
            position,
            macros,
            module: ModuleIndex(0),
            parent: None,
            body: BodyState::default(),
            spare: Vec::new(),
            cfg_test: false,
            expansions: Vec::new(),
        }
    }

    /// Lowers a whole file.
    pub(crate) fn file(mut self, file: &syn::File, whole: Span) -> FileHir {
        let attributes = self.attributes(&file.attrs, whole);
        self.file.cfg_test = attributes.cfg_test;
        self.file.modules.push(Module {
            name: sym(""),
            parent: None,
            is_block: false,
            cfg_test: attributes.cfg_test,
            span: whole,
        });
        self.items(&file.items);
        self.file
    }

    /// A token's position in the file.
    fn span(&self, span: TokenSpan) -> Span {
        let Some(mut span) = self.position.span(span) else {
            // Tokens that were made rather than read have no position.
            return self.here.get();
        };
        // Delimiters that a macro wrote report the call's first and last byte: they mean the call.
        let written_by = |call: &Span| {
            (span.lo == call.lo && span.hi == call.lo + 1) || (span.hi == call.hi && span.lo + 1 == call.hi)
        };
        if let Some(call) =
            self.expansions.iter().rev().map(|expansion| expansion.call).find(|call| written_by(call))
        {
            span = call;
        }
        self.here.set(span);
        span
    }

    /// From the opening to the closing delimiter.
    fn delimited(&self, span: &proc_macro2::extra::DelimSpan) -> Span {
        self.span(span.open()).to(self.span(span.close()))
    }

    /// From the first to the last token; only for small trees, as it prints them.
    fn printed(&self, tree: &impl quote::ToTokens) -> Span {
        use syn::spanned::Spanned;
        self.span(tree.span())
    }

    fn add_expr(&mut self, kind: ExprKind, span: Span) -> ExprId {
        let id = ExprId(self.body.exprs.len() as u32);
        let expanded = !self.expansions.is_empty();
        self.body.exprs.push(Expr { kind, span, expanded });
        id
    }

    fn add_pat(&mut self, kind: PatKind, span: Span) -> PatId {
        let id = PatId(self.body.pats.len() as u32);
        self.body.pats.push(Pat { kind, span });
        id
    }

    fn expr_span(&self, id: ExprId) -> Span {
        self.body.exprs[id.index()].span
    }

    fn pat_span(&self, id: PatId) -> Span {
        self.body.pats[id.index()].span
    }

    /// Adds a module inside the current one.
    fn add_module(&mut self, name: Symbol, is_block: bool, cfg_test: bool, span: Span) -> ModuleIndex {
        let index = ModuleIndex(self.file.modules.len() as u32);
        let outer = &self.file.modules[self.module.index()];
        let cfg_test = cfg_test || outer.cfg_test;
        self.file.modules.push(Module { name, parent: Some(self.module), is_block, cfg_test, span });
        index
    }
}

/// An identifier without `r#`; the same as `unraw`, which would allocate twice.
fn name(ident: &proc_macro2::Ident) -> Symbol {
    sym_of(ident, |text| text.strip_prefix("r#").unwrap_or(text))
}

/// A label or lifetime with its apostrophe.
fn lifetime(lifetime: &syn::Lifetime) -> Symbol {
    sym_of(lifetime, |text| text)
}
