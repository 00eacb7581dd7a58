//! Blocks and statements.

use syn::{Expr, Stmt as SynStmt};

use crate::span::Span;
use crate::symbol::{Symbol, sym};
use crate::syntax::cfg::Cfg;
use crate::syntax::hir::{Block, BlockKind, ExprId, ExprKind, LocalId, ModuleIndex, PatId, Stmt, StmtKind};
use crate::syntax::lower::Lower;
use crate::syntax::lower::attributes::condition;
use crate::syntax::lower::expressions::expr_attributes;

/// What a block collects.
#[derive(Default)]
pub(super) struct Collected {
    stmts: Vec<Stmt>,
    tail: Option<ExprId>,
    tail_condition: Option<Box<Cfg>>,
    /// Names declared under a condition: the other branch declares the same variable.
    conditional: Vec<(Cfg, LocalId)>,
}

impl Collected {
    /// Puts everything from statement `first` on under a condition.
    fn under(&mut self, first: usize, condition: &Cfg) {
        let together = |inner: Option<Box<Cfg>>| match inner {
            Some(inner) => Cfg::All([condition.clone(), *inner].into()),
            None => condition.clone(),
        };
        if first == self.stmts.len() && self.tail.is_some() {
            self.tail_condition = Some(Box::new(together(self.tail_condition.take())));
        }
        for stmt in self.stmts.iter_mut().skip(first) {
            stmt.condition = Some(Box::new(together(stmt.condition.take())));
        }
    }
}

/// The attributes of a statement. Those before an operator hang on its first operand.
fn statement_attributes(stmt: &SynStmt) -> &[syn::Attribute] {
    let mut expr = match stmt {
        SynStmt::Local(local) => return &local.attrs,
        SynStmt::Macro(call) => return &call.attrs,
        SynStmt::Item(_) => return &[],
        SynStmt::Expr(expr, _) => expr,
    };
    loop {
        let attributes = expr_attributes(expr);
        expr = match expr {
            _ if !attributes.is_empty() => return attributes,
            Expr::Assign(assign) => &assign.left,
            Expr::Binary(binary) => &binary.left,
            Expr::Cast(cast) => &cast.expr,
            _ => return &[],
        };
    }
}

impl Lower {
    /// A block; `start` is where its label or keyword stands.
    pub(super) fn block(
        &mut self,
        block: &syn::Block,
        kind: BlockKind,
        label: Option<Symbol>,
        start: Option<Span>,
    ) -> ExprId {
        let braces = self.delimited(&block.brace_token.span);
        let span = start.map_or(braces, |start| start.to(braces));
        self.block_of(&block.stmts, kind, label, span)
    }

    /// Statements without braces of their own: the argument of a macro.
    pub(super) fn statements_block(&mut self, stmts: &[SynStmt], span: Span) -> ExprId {
        self.block_of(stmts, BlockKind::Plain, None, span)
    }

    #[inline(never)]
    fn block_of(&mut self, stmts: &[SynStmt], kind: BlockKind, label: Option<Symbol>, span: Span) -> ExprId {
        let scope = self.enter_scope();
        let outer_module = self.module;
        let outer_block = self.body.block_module.take();
        // Items are visible in the whole block, so their module opens before the first statement.
        if stmts.iter().any(|stmt| matches!(stmt, SynStmt::Item(_))) {
            self.block_module(span);
        }
        let mut collected = Collected::default();
        self.statements(stmts, span, true, &mut collected);
        let module = self.body.block_module;
        self.module = outer_module;
        self.body.block_module = outer_block;
        self.leave_scope(scope);
        let Collected { stmts, tail, tail_condition, .. } = collected;
        let block = Block { kind, label, stmts, tail, tail_condition, module };
        self.add_expr(ExprKind::Block(Box::new(block)), span)
    }

    /// The anonymous module of the innermost block.
    fn block_module(&mut self, span: Span) -> ModuleIndex {
        if let Some(module) = self.body.block_module {
            return module;
        }
        let module = self.add_module(sym(""), true, false, span);
        self.module = module;
        self.body.block_module = Some(module);
        module
    }

    /// Adds statements to a block; with `tail`, the last one may be the block's value.
    fn statements(&mut self, stmts: &[SynStmt], block: Span, tail: bool, out: &mut Collected) {
        for (position, stmt) in stmts.iter().enumerate() {
            let is_last = tail && position + 1 == stmts.len();
            let attributes_before = self.file.lint_attributes.len();
            let statements_before = out.stmts.len();
            let condition = condition(statement_attributes(stmt));
            let span = match stmt {
                SynStmt::Local(local) => self.let_statement(local, condition.as_ref(), out),
                SynStmt::Item(item) => {
                    self.block_module(block);
                    self.item(item);
                    continue;
                }
                SynStmt::Expr(Expr::Verbatim(tokens), _) if tokens.is_empty() => continue,
                SynStmt::Expr(Expr::Macro(call), semicolon) => {
                    let end = semicolon.as_ref().map(|semicolon| self.span(semicolon.span));
                    self.macro_statement(&call.mac, &call.attrs, end, is_last, block, out)
                }
                SynStmt::Macro(call) => {
                    let end = call.semi_token.as_ref().map(|semicolon| self.span(semicolon.span));
                    self.macro_statement(&call.mac, &call.attrs, end, is_last, block, out)
                }
                SynStmt::Expr(expr, semicolon) => {
                    let (expr, outer) = self.expr_outer(expr);
                    let end = semicolon.as_ref().map(|semicolon| self.span(semicolon.span));
                    self.push_expr(expr, outer, end, is_last, out)
                }
            };
            if let Some(condition) = condition {
                out.under(statements_before, &condition);
            }
            // An attribute before a statement hangs on its first operand, but means the statement.
            for attribute in &mut self.file.lint_attributes[attributes_before..] {
                if attribute.span.hi <= span.lo {
                    attribute.scope = attribute.scope.to(span);
                }
            }
        }
    }

    fn push_expr(
        &mut self,
        expr: ExprId,
        outer: Span,
        end: Option<Span>,
        is_last: bool,
        out: &mut Collected,
    ) -> Span {
        let span = end.map_or(outer, |end| outer.to(end));
        if is_last && end.is_none() {
            out.tail = Some(expr);
        } else {
            let kind = StmtKind::Expr { expr, semicolon: end.is_some() };
            out.stmts.push(Stmt { kind, span, condition: None });
        }
        span
    }

    fn let_statement(&mut self, local: &syn::Local, condition: Option<&Cfg>, out: &mut Collected) -> Span {
        let span = self.span(local.let_token.span).to(self.span(local.semi_token.span));
        let init = local.init.as_ref().map(|init| self.expr(&init.expr));
        let diverge = local.init.as_ref().and_then(|init| init.diverge.as_ref());
        // The block after `else` does not see the names.
        let else_branch = diverge.map(|(_, block)| self.expr(block));
        let (pat, ty) = match &local.pat {
            syn::Pat::Type(typed) => (&*typed.pat, Some(Box::new(self.ty(&typed.ty)))),
            pat => (pat, None),
        };
        let pat = match condition {
            Some(condition) => self.conditional_pattern(pat, condition, out),
            None => self.pattern(pat),
        };
        let kind = StmtKind::Let { pat, ty, init, else_branch };
        out.stmts.push(Stmt { kind, span, condition: None });
        self.lint_attributes(&local.attrs, span);
        span
    }

    /// The pattern of a `let` under a condition: names that an excluding condition declared stay the same
    /// variables, so that the code behind means both.
    fn conditional_pattern(&mut self, pat: &syn::Pat, condition: &Cfg, out: &mut Collected) -> PatId {
        let others = out.conditional.iter().filter(|(other, _)| other.excludes(condition));
        let others: Vec<LocalId> = others.map(|(_, local)| *local).collect();
        let first_new = self.body.locals.len();
        self.declare_again(&others);
        let pat = self.pattern(pat);
        let declared = (first_new..self.body.locals.len()).map(|index| LocalId(index as u32));
        out.conditional.extend(declared.map(|local| (condition.clone(), local)));
        pat
    }

    /// A macro call as a statement: its expansion may declare variables and items of this block.
    fn macro_statement(
        &mut self,
        mac: &syn::Macro,
        attrs: &[syn::Attribute],
        end: Option<Span>,
        is_last: bool,
        block: Span,
        out: &mut Collected,
    ) -> Span {
        let call = self.macro_span(mac);
        let span = end.map_or(call, |end| call.to(end));
        self.lint_attributes(attrs, span);
        if self.is_item_macro(mac) {
            self.block_module(block);
            self.item_macro_call(mac, attrs, span);
            return span;
        }
        if let Some(branches) = self.cfg_if_statements(mac) {
            // At the end of a block each branch gives its value.
            let is_value = is_last && end.is_none();
            for (at, (condition, branch)) in branches.iter().enumerate() {
                let before = out.stmts.len();
                if is_value {
                    let value = self.statements_block(branch, call);
                    self.push_expr(value, call, None, at + 1 == branches.len(), out);
                } else {
                    self.statements(branch, block, false, out);
                }
                out.under(before, condition);
            }
            return span;
        }
        if let Some(stmts) =
            self.expand_any(mac, |tokens| syn::parse::Parser::parse2(syn::Block::parse_within, tokens).ok())
        {
            // `m!(…);` makes a statement of the last expression too.
            let has_value = is_last && end.is_none();
            match &stmts[..] {
                [SynStmt::Expr(expr, None)] => {
                    let (expr, _) = self.expanded(mac, |lower| lower.expr_outer(expr));
                    return self.push_expr(expr, call, end, is_last, out);
                }
                stmts => self.expanded(mac, |lower| lower.statements(stmts, block, has_value, out)),
            }
            return span;
        }
        let expr = self.macro_expr_opaque(mac, call);
        self.push_expr(expr, call, end, is_last, out)
    }
}
