//! Branches and loops.

use syn::Expr;

use crate::span::Span;
use crate::symbol::Symbol;
use crate::syntax::hir::{Arm, BlockKind, ExprId, ExprKind};
use crate::syntax::lower::{Lower, lifetime};

impl Lower {
    #[inline(never)]
    pub(super) fn if_expr(&mut self, branch: &syn::ExprIf) -> ExprId {
        let start = self.span(branch.if_token.span);
        // What the condition binds is visible in it and in the first block, not behind `else`.
        let scope = self.enter_scope();
        let condition = self.expr(&branch.cond);
        let then_branch = self.block(&branch.then_branch, BlockKind::Plain, None, None);
        self.leave_scope(scope);
        let mut span = start.to(self.expr_span(then_branch));
        let else_branch = branch.else_branch.as_ref().map(|(_, branch)| {
            let (branch, outer) = self.expr_outer(branch);
            span = span.to(outer);
            branch
        });
        self.add_expr(ExprKind::If { condition, then_branch, else_branch }, span)
    }

    pub(super) fn let_expr(&mut self, condition: &syn::ExprLet) -> ExprId {
        let start = self.span(condition.let_token.span);
        let (scrutinee, outer) = self.expr_outer(&condition.expr);
        let pat = self.pattern(&condition.pat);
        self.add_expr(ExprKind::Let { pat, scrutinee }, start.to(outer))
    }

    #[inline(never)]
    pub(super) fn match_expr(&mut self, choice: &syn::ExprMatch) -> ExprId {
        let start = self.span(choice.match_token.span);
        let scrutinee = self.expr(&choice.expr);
        let arms = choice.arms.iter().map(|arm| self.arm(arm)).collect();
        let span = start.to(self.span(choice.brace_token.span.close()));
        self.add_expr(ExprKind::Match { scrutinee, arms }, span)
    }

    fn arm(&mut self, arm: &syn::Arm) -> Arm {
        let scope = self.enter_scope();
        let (pat, guard) = self.guarded(&arm.pat);
        let (body, outer) = self.expr_outer(&arm.body);
        self.leave_scope(scope);
        let span = self.pat_span(pat).to(outer);
        if !arm.attrs.is_empty() {
            self.lint_attributes(&arm.attrs, span);
        }
        Arm { pat, guard, body, span }
    }

    /// A pattern with its `if` guard; names stay in scope.
    pub(super) fn guarded(&mut self, pat: &syn::Pat) -> (crate::syntax::hir::PatId, Option<ExprId>) {
        match pat {
            syn::Pat::Guard(guarded) => {
                let pat = self.pattern(&guarded.pat);
                (pat, Some(self.expr(&guarded.guard)))
            }
            pat => (self.pattern(pat), None),
        }
    }

    pub(super) fn while_expr(&mut self, repeat: &syn::ExprWhile) -> ExprId {
        let (label, start) = self.label(repeat.label.as_ref(), repeat.while_token.span);
        let scope = self.enter_scope();
        let condition = self.expr(&repeat.cond);
        let body = self.block(&repeat.body, BlockKind::Plain, None, None);
        self.leave_scope(scope);
        let span = start.to(self.expr_span(body));
        self.add_expr(ExprKind::While { label, condition, body }, span)
    }

    pub(super) fn loop_expr(&mut self, repeat: &syn::ExprLoop) -> ExprId {
        let (label, start) = self.label(repeat.label.as_ref(), repeat.loop_token.span);
        let body = self.block(&repeat.body, BlockKind::Plain, None, None);
        let span = start.to(self.expr_span(body));
        self.add_expr(ExprKind::Loop { label, body }, span)
    }

    pub(super) fn for_expr(&mut self, repeat: &syn::ExprForLoop) -> ExprId {
        let is_await = self.body.await_loops.contains(&self.span(repeat.for_token.span).lo);
        let (label, start) = self.label(repeat.label.as_ref(), repeat.for_token.span);
        let iterable = self.expr(&repeat.expr);
        let scope = self.enter_scope();
        let pat = self.pattern(&repeat.pat);
        let body = self.block(&repeat.body, BlockKind::Plain, None, None);
        self.leave_scope(scope);
        let span = start.to(self.expr_span(body));
        self.add_expr(ExprKind::For { label, pat, iterable, body, is_await }, span)
    }

    fn label(&self, label: Option<&syn::Label>, keyword: proc_macro2::Span) -> (Option<Symbol>, Span) {
        let keyword = self.span(keyword);
        match label {
            Some(label) => (Some(lifetime(&label.name)), self.span(label.name.apostrophe).to(keyword)),
            None => (None, keyword),
        }
    }

    /// `matches!(scrutinee, pattern if guard)`
    pub(super) fn matches_call(
        &mut self,
        scrutinee: &Expr,
        pat: &syn::Pat,
        guard: Option<&Expr>,
        span: Span,
    ) -> ExprId {
        let scrutinee = self.expr(scrutinee);
        let scope = self.enter_scope();
        let (pat, mut guard_id) = self.guarded(pat);
        if let Some(guard) = guard {
            guard_id = Some(self.expr(guard));
        }
        self.leave_scope(scope);
        let pat_span = self.pat_span(pat);
        let end = guard_id.map_or(pat_span, |guard| pat_span.to(self.expr_span(guard)));
        let literal = |value| ExprKind::Literal(crate::syntax::hir::Literal::Bool(value));
        let yes = self.add_expr(literal(true), end);
        let no = self.add_expr(literal(false), end);
        let wild = self.add_pat(crate::syntax::hir::PatKind::Wild, end);
        let arms = [
            Arm { pat, guard: guard_id, body: yes, span: end },
            Arm { pat: wild, guard: None, body: no, span: end },
        ];
        self.add_expr(ExprKind::Match { scrutinee, arms: arms.into() }, span)
    }
}
