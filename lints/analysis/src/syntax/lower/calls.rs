//! Macro calls in expression position.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Macro, Pat, Stmt, Token};

use crate::span::Span;
use crate::syntax::cfg::Cfg;
use crate::syntax::hir::{ClosureKind, ExprId, ExprKind, MacroCall, MacroKind};
use crate::syntax::lower::Lower;
use crate::syntax::lower::classify::{is_quoting, macro_kind};

impl Lower {
    /// From the first token of the path to the closing delimiter.
    pub(super) fn macro_span(&self, mac: &Macro) -> Span {
        let close = self.span(mac.delimiter.span().close());
        match (&mac.path.leading_colon, mac.path.segments.first()) {
            (Some(colons), _) => self.span(colons.spans[0]).to(close),
            (None, Some(segment)) => self.span(segment.ident.span()).to(close),
            (None, None) => close,
        }
    }

    #[inline(never)]
    pub(super) fn macro_expr(&mut self, mac: &Macro) -> ExprId {
        let span = self.macro_span(mac);
        let expansion = self.expand_any(mac, |tokens| {
            let expr = syn::parse2::<Expr>(tokens.clone()).map(|expr| vec![Stmt::Expr(expr, None)]);
            expr.or_else(|_| syn::Block::parse_within.parse2(tokens)).ok()
        });
        match expansion.as_deref() {
            Some([Stmt::Expr(expr, None)]) => self.expanded(mac, |lower| lower.expr(expr)),
            Some(stmts) => self.expanded(mac, |lower| lower.statements_block(stmts, span)),
            None => self.macro_expr_opaque(mac, span),
        }
    }

    /// A call that is not expanded from a definition of this file.
    pub(super) fn macro_expr_opaque(&mut self, mac: &Macro, span: Span) -> ExprId {
        let name = mac.path.segments.last().map(|s| s.ident.unraw().to_string()).unwrap_or_default();
        let special = match name.as_str() {
            "select" | "select_biased" => self.select_call(mac, span),
            "matches" => self.matches_macro(mac, span),
            "vec" => return self.vec_call(mac, span),
            "stream" | "try_stream" => self.stream_call(mac),
            "try" => syn::parse2::<Expr>(mac.tokens.clone()).ok().map(|expr| {
                let operand = self.expr(&expr);
                self.add_expr(ExprKind::Try { operand }, span)
            }),
            "addr_of" | "addr_of_mut" => syn::parse2::<Expr>(mac.tokens.clone()).ok().map(|expr| {
                let operand = self.expr(&expr);
                let mutable = name == "addr_of_mut";
                self.add_expr(ExprKind::AddressOf { mutable, raw: true, operand }, span)
            }),
            _ => None,
        };
        if let Some(expr) = special {
            return expr;
        }
        let kind = macro_kind(&name);
        let (args, format) = match kind {
            MacroKind::Constant => (Vec::new(), None),
            MacroKind::Defer => (self.deferred(&mac.tokens, span).into_iter().collect(), None),
            _ if is_quoting(&name) => (self.interpolated(&mac.tokens), None),
            _ => self.arguments(&mac.tokens, kind, span),
        };
        let path = self.path(&mac.path, None);
        let condition = if name == "cfg" { Cfg::parse(mac.tokens.clone()).map(Box::new) } else { None };
        let call = MacroCall { path, kind, args: args.into(), format, condition };
        self.add_expr(ExprKind::Macro(Box::new(call)), span)
    }

    fn vec_call(&mut self, mac: &Macro, span: Span) -> ExprId {
        let group = proc_macro2::Group::new(proc_macro2::Delimiter::Bracket, mac.tokens.clone());
        let array = syn::parse2::<Expr>(TokenTree::Group(group).into());
        let (args, format) = match array {
            Ok(Expr::Array(array)) => {
                let parts = self.exprs(&array.elems);
                (vec![self.add_expr(ExprKind::Array(parts), self.delimited(mac.delimiter.span()))], None)
            }
            Ok(Expr::Repeat(repeat)) => {
                let (value, count) = (self.expr(&repeat.expr), self.expr(&repeat.len));
                let kind = ExprKind::Repeat { value, count };
                (vec![self.add_expr(kind, self.delimited(mac.delimiter.span()))], None)
            }
            _ => self.arguments(&mac.tokens, MacroKind::Unknown, span),
        };
        let path = self.path(&mac.path, None);
        let call = MacroCall { path, kind: MacroKind::Vec, args: args.into(), format, condition: None };
        self.add_expr(ExprKind::Macro(Box::new(call)), span)
    }

    fn matches_macro(&mut self, mac: &Macro, span: Span) -> Option<ExprId> {
        let parts = |input: ParseStream<'_>| {
            let scrutinee: Expr = input.parse()?;
            input.parse::<Token![,]>()?;
            let pat = Pat::parse_multi_with_leading_vert(input)?;
            let guard = if input.peek(Token![if]) {
                input.parse::<Token![if]>()?;
                Some(input.parse::<Expr>()?)
            } else {
                None
            };
            input.parse::<Option<Token![,]>>()?;
            Ok((scrutinee, pat, guard))
        };
        let (scrutinee, pat, guard) = parts.parse2(mac.tokens.clone()).ok()?;
        Some(self.matches_call(&scrutinee, &pat, guard.as_ref(), span))
    }

    /// `stream! { … yield x; … }`
    fn stream_call(&mut self, mac: &Macro) -> Option<ExprId> {
        let tokens = self.without_for_await(mac.tokens.clone());
        let stmts = syn::Block::parse_within.parse2(tokens).ok()?;
        let span = self.macro_span(mac);
        Some(self.statements_closure(ClosureKind::AsyncBlock, &stmts, span))
    }

    /// `for await` is no syntax that `syn` knows: drops the `await` and notes where it stood.
    fn without_for_await(&mut self, tokens: TokenStream) -> TokenStream {
        let mut after_for = None;
        let mut out = Vec::new();
        for token in tokens {
            let token = match token {
                TokenTree::Ident(ident) if ident == "await" && after_for.is_some() => {
                    self.body.await_loops.extend(after_for.take().map(|span: Span| span.lo));
                    continue;
                }
                TokenTree::Group(group) => {
                    let mut inner =
                        proc_macro2::Group::new(group.delimiter(), self.without_for_await(group.stream()));
                    inner.set_span(group.span());
                    TokenTree::Group(inner)
                }
                token => token,
            };
            after_for = match &token {
                TokenTree::Ident(ident) if ident == "for" => Some(self.span(ident.span())),
                _ => None,
            };
            out.push(token);
        }
        out.into_iter().collect()
    }

    fn deferred(&mut self, tokens: &TokenStream, span: Span) -> Option<ExprId> {
        let stmts = syn::Block::parse_within.parse2(tokens.clone()).ok()?;
        Some(self.statements_closure(ClosureKind::Closure, &stmts, span))
    }
}
