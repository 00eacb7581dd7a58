//! `select!` of tokio, futures and crossbeam.

use proc_macro2::{Group, Ident, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, Macro, Pat, Token, token};

use crate::span::Span;
use crate::symbol::sym;
use crate::syntax::hir::{ExprId, ExprKind, PatKind, Select, SelectBranch};
use crate::syntax::lower::Lower;

/// A branch as parsed.
enum Branch {
    Future {
        pat: Box<Pat>,
        future: Box<Expr>,
        condition: Option<Box<Expr>>,
        handler: Expr,
    },
    /// `recv(rx) -> pat => handler`
    Channel {
        operation: Ident,
        args: Vec<Expr>,
        close: proc_macro2::Span,
        pat: Option<Box<Pat>>,
        handler: Expr,
    },
    Otherwise(Expr),
}

impl Lower {
    /// `None` when the arguments follow none of the known grammars.
    #[inline(never)]
    pub(super) fn select_call(&mut self, mac: &Macro, span: Span) -> Option<ExprId> {
        let parsed = branches.parse2(mac.tokens.clone()).ok()?;
        let path = self.path(&mac.path, None);
        let mut found = Vec::new();
        let mut otherwise = None;
        for branch in parsed {
            match branch {
                Branch::Otherwise(handler) => otherwise = Some(self.expr(&handler)),
                Branch::Future { pat, future, condition, handler } => {
                    let future = self.expr(&future);
                    let condition = condition.as_ref().map(|condition| self.expr(condition));
                    found.push(self.branch(&pat, future, condition, &handler, false));
                }
                Branch::Channel { operation, args, close, pat, handler } => {
                    let future = self.channel_operation(&operation, &args, close);
                    let branch = match pat {
                        Some(pat) => self.branch(&pat, future, None, &handler, true),
                        None => self.channel_branch(future, &handler),
                    };
                    found.push(branch);
                }
            }
        }
        Some(
            self.add_expr(
                ExprKind::Select(Box::new(Select { path, branches: found.into(), otherwise })),
                span,
            ),
        )
    }

    fn branch(
        &mut self,
        pat: &Pat,
        future: ExprId,
        condition: Option<ExprId>,
        handler: &Expr,
        is_channel_operation: bool,
    ) -> SelectBranch {
        let scope = self.enter_scope();
        let pat = self.pattern(pat);
        let (handler, outer) = self.expr_outer(handler);
        self.leave_scope(scope);
        let span = self.pat_span(pat).to(self.expr_span(future)).to(outer);
        SelectBranch { pat, future, condition, handler, span, is_channel_operation }
    }

    /// `recv(rx) => handler`, without a pattern.
    fn channel_branch(&mut self, future: ExprId, handler: &Expr) -> SelectBranch {
        let start = self.expr_span(future);
        let pat = self.add_pat(PatKind::Wild, start);
        let (handler, outer) = self.expr_outer(handler);
        SelectBranch {
            pat,
            future,
            condition: None,
            handler,
            span: start.to(outer),
            is_channel_operation: true,
        }
    }

    /// `recv(rx)` as `rx.recv()`, `send(tx, x)` as `tx.send(x)`: that gives it the right type.
    fn channel_operation(&mut self, operation: &Ident, args: &[Expr], close: proc_macro2::Span) -> ExprId {
        let method_span = self.span(operation.span());
        let span = method_span.to(self.span(close));
        let Some((receiver, args)) = args.split_first() else {
            return self.add_expr(ExprKind::Missing, span);
        };
        let receiver = self.expr(receiver);
        let args = self.exprs(args);
        let method = sym(&operation.to_string());
        self.add_expr(ExprKind::MethodCall { receiver, method, method_span, turbofish: None, args }, span)
    }
}

fn branches(input: ParseStream<'_>) -> syn::Result<Vec<Branch>> {
    if input.peek(syn::Ident) && input.peek2(Token![;]) {
        // `biased;`
        input.parse::<Ident>()?;
        input.parse::<Token![;]>()?;
    }
    let mut out = Vec::new();
    while !input.is_empty() {
        out.push(branch(input)?);
        input.parse::<Option<Token![,]>>()?;
    }
    Ok(out)
}

fn branch(input: ParseStream<'_>) -> syn::Result<Branch> {
    let word = input.fork().call(Ident::parse_any).map(|ident| ident.to_string()).unwrap_or_default();
    let is_otherwise = matches!(word.as_str(), "else" | "complete" | "default");
    if is_otherwise && input.peek2(Token![=>]) {
        input.call(Ident::parse_any)?;
        return Ok(Branch::Otherwise(handler(input)?));
    }
    let is_channel = matches!(word.as_str(), "recv" | "send" | "default") && input.peek2(token::Paren);
    if is_channel && (input.peek3(Token![->]) || input.peek3(Token![=>])) {
        return channel(input, &word);
    }
    let pat = Box::new(Pat::parse_multi_with_leading_vert(input)?);
    input.parse::<Token![=]>()?;
    let future = Box::new(input.parse()?);
    let mut condition = None;
    if input.peek(Token![,]) && input.peek2(Token![if]) {
        input.parse::<Token![,]>()?;
        input.parse::<Token![if]>()?;
        condition = Some(Box::new(input.parse()?));
    }
    Ok(Branch::Future { pat, future, condition, handler: handler(input)? })
}

fn channel(input: ParseStream<'_>, word: &str) -> syn::Result<Branch> {
    let operation = input.call(Ident::parse_any)?;
    let TokenTree::Group(group) = input.parse::<TokenTree>()? else {
        return Err(input.error("expected parentheses"));
    };
    let args = arguments(&group)?;
    let mut pat = None;
    if input.peek(Token![->]) {
        input.parse::<Token![->]>()?;
        pat = Some(Box::new(Pat::parse_multi_with_leading_vert(input)?));
    }
    let handler = handler(input)?;
    if word == "default" {
        return Ok(Branch::Otherwise(handler));
    }
    Ok(Branch::Channel { operation, args, close: group.span_close(), pat, handler })
}

fn arguments(group: &Group) -> syn::Result<Vec<Expr>> {
    let args = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(group.stream())?;
    Ok(args.into_iter().collect())
}

/// `=> handler`; like the body of a match arm, a block ends it without a comma.
fn handler(input: ParseStream<'_>) -> syn::Result<Expr> {
    input.parse::<Token![=>]>()?;
    Expr::parse_with_earlier_boundary_rule(input)
}
