//! Closures, async blocks and the code macros turn into them.

use syn::{Expr, Pat, ReturnType};

use crate::span::Span;
use crate::syntax::hir::{BlockKind, Closure, ClosureId, ClosureKind, ExprId, ExprKind, Param, TypeRef};
use crate::syntax::lower::Lower;

impl Lower {
    #[inline(never)]
    pub(super) fn closure_expr(&mut self, closure: &syn::ExprClosure) -> ExprId {
        let kind = if closure.asyncness.is_some() { ClosureKind::AsyncClosure } else { ClosureKind::Closure };
        let first = match (&closure.lifetimes, &closure.constness, &closure.asyncness, &closure.capture) {
            (Some(lifetimes), ..) => lifetimes.for_token.span,
            (_, Some(token), ..) => token.span,
            (_, _, Some(token), _) => token.span,
            (_, _, _, Some(token)) => token.span,
            _ => closure.inputs_begin.span,
        };
        let start = self.span(first);
        let ret = match &closure.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(self.ty(ty)),
        };
        let is_move = closure.capture.is_some();
        self.closure_with(kind, is_move, ret, start, |lower, id| {
            let params = closure.inputs.iter().map(|input| lower.closure_param(input)).collect();
            lower.body.closures[id.index()].params = params;
            lower.expr_outer(&closure.body)
        })
    }

    /// Lowers a closure whose body `code` makes, with parameters and names of its own.
    pub(super) fn closure_with(
        &mut self,
        kind: ClosureKind,
        is_move: bool,
        ret: Option<TypeRef>,
        start: Span,
        code: impl FnOnce(&mut Self, ClosureId) -> (ExprId, Span),
    ) -> ExprId {
        let id = ClosureId(self.body.closures.len() as u32);
        let parent = self.body.open.last().copied();
        self.body.closures.push(Closure {
            kind,
            is_move,
            params: Vec::new(),
            ret,
            body: ExprId(0),
            parent,
            captures: Vec::new(),
            span: start,
        });
        self.body.open.push(id);
        let scope = self.enter_scope();
        let (body, outer) = code(self, id);
        self.leave_scope(scope);
        self.body.open.pop();
        let span = start.to(outer);
        let closure = &mut self.body.closures[id.index()];
        closure.body = body;
        closure.span = span;
        self.add_expr(ExprKind::Closure(id), span)
    }

    fn closure_param(&mut self, input: &Pat) -> Param {
        match input {
            Pat::Type(typed) => {
                let ty = self.ty(&typed.ty);
                Param { pat: self.pattern(&typed.pat), ty: Some(ty) }
            }
            input => Param { pat: self.pattern(input), ty: None },
        }
    }

    pub(super) fn async_expr(&mut self, block: &syn::ExprAsync) -> ExprId {
        let start = self.span(block.async_token.span);
        self.closure_with(ClosureKind::AsyncBlock, block.capture.is_some(), None, start, |lower, _| {
            let body = lower.block(&block.block, BlockKind::Plain, None, None);
            (body, lower.expr_span(body))
        })
    }

    /// Statements of a macro that become a closure or an async block.
    pub(super) fn statements_closure(
        &mut self,
        kind: ClosureKind,
        stmts: &[syn::Stmt],
        span: Span,
    ) -> ExprId {
        let is_move = kind == ClosureKind::AsyncBlock;
        self.closure_with(kind, is_move, None, span, |lower, _| {
            let body = lower.statements_block(stmts, span);
            (body, span)
        })
    }

    /// The expression of a static or constant, as a body of its own.
    pub(super) fn value_body(
        &mut self,
        owner: crate::syntax::hir::ItemIndex,
        value: &Expr,
    ) -> crate::syntax::hir::BodyId {
        self.with_body(owner, |lower| {
            let (root, span) = lower.expr_outer(value);
            (Vec::new(), root, span)
        })
    }
}
