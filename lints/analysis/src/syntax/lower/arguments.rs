//! Arguments of macro calls, read as far as they can be.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use rustc_hash::FxHashSet;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Lit, Token};

use crate::span::Span;
use crate::symbol::{Symbol, sym};
use crate::syntax::hir::{ExprId, ExprKind, LocalId, MacroKind};
use crate::syntax::lower::literals::clipped;
use crate::syntax::lower::{Lower, format, name};

/// One part of the argument list.
enum Argument {
    Expr(Expr),
    /// A lone block, perhaps of `key: value` pairs or fields.
    Nested(TokenStream),
    Tokens(TokenStream),
}

impl Lower {
    /// The arguments of a call and its first string literal.
    pub(super) fn arguments(
        &mut self,
        tokens: &TokenStream,
        kind: MacroKind,
        span: Span,
    ) -> (Vec<ExprId>, Option<Symbol>) {
        let mut found = Found::default();
        let parts = self.split(tokens, kind);
        let strict = parts.iter().all(|part| matches!(part, Argument::Expr(_)));
        // A semicolon at the top level speaks for statements rather than a list.
        if kind == MacroKind::Unknown
            && (!strict || has_semicolon(tokens))
            && !tokens.is_empty()
            && let Ok(stmts) = syn::Block::parse_within.parse2(tokens.clone())
            && !stmts.iter().any(is_verbatim)
        {
            return (vec![self.statements_block(&stmts, span)], None);
        }
        self.collect(parts, kind, &mut found);
        (found.args, found.format)
    }

    fn collect(&mut self, parts: Vec<Argument>, kind: MacroKind, found: &mut Found) {
        for part in parts {
            match part {
                Argument::Expr(expr) => {
                    if let Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) = &expr
                        && found.format.is_none()
                    {
                        found.format = Some(clipped(&text.value()));
                        let id = self.expr(&expr);
                        found.args.push(id);
                        self.inline_captures(text, found);
                        continue;
                    }
                    let id = self.expr(&expr);
                    found.args.push(id);
                }
                Argument::Nested(tokens) => {
                    let parts = self.split(&tokens, kind);
                    self.collect(parts, kind, found);
                }
                Argument::Tokens(tokens) => self.mentions(tokens, false, found),
            }
        }
    }

    /// Cuts an argument list at its commas, semicolons and `=>`.
    fn split(&self, tokens: &TokenStream, kind: MacroKind) -> Vec<Argument> {
        let list = |input: ParseStream<'_>| {
            let mut parts = Vec::new();
            while !input.is_empty() {
                self.strip_key(input, kind)?;
                let ahead = input.fork();
                // `{ a = 1, b = x }` of logging macros lists fields.
                let fields =
                    matches!(kind, MacroKind::Log | MacroKind::Span) && input.peek(syn::token::Brace);
                let parsed = ahead.parse::<Expr>().ok();
                let parsed = parsed.filter(|expr| !fields && at_end_of_argument(&ahead) && !is_opaque(expr));
                if let Some(expr) = parsed {
                    syn::parse::discouraged::Speculative::advance_to(input, &ahead);
                    parts.push(Argument::Expr(expr));
                } else {
                    let mut skipped = Vec::new();
                    while !at_end_of_argument(input) {
                        skipped.push(input.parse::<TokenTree>()?);
                    }
                    match &skipped[..] {
                        [] => {}
                        [TokenTree::Group(group)] if group.delimiter() != Delimiter::None => {
                            parts.push(Argument::Nested(group.stream()));
                        }
                        _ => parts.push(Argument::Tokens(skipped.into_iter().collect())),
                    }
                }
                if input.peek(Token![,]) {
                    input.parse::<Token![,]>()?;
                } else if input.peek(Token![;]) {
                    input.parse::<Token![;]>()?;
                } else if input.peek(Token![=>]) {
                    input.parse::<Token![=>]>()?;
                }
            }
            Ok(parts)
        };
        list.parse2(tokens.clone()).unwrap_or_else(|_| vec![Argument::Tokens(tokens.clone())])
    }

    /// Skips `name = `, `a.b = `, `"key" = `, `target: `, `"key": ` and the sigils `%` and `?`.
    fn strip_key(&self, input: ParseStream<'_>, kind: MacroKind) -> syn::Result<()> {
        let ahead = input.fork();
        if ahead.peek(syn::LitStr) {
            ahead.parse::<Lit>()?;
            if is_assignment(&ahead) || is_colon(&ahead) {
                ahead.parse::<TokenTree>()?;
                syn::parse::discouraged::Speculative::advance_to(input, &ahead);
            }
        } else if let Ok(first) = ahead.call(Ident::parse_any) {
            while ahead.peek(Token![.]) && ahead.peek2(Ident::peek_any) {
                ahead.parse::<Token![.]>()?;
                ahead.call(Ident::parse_any)?;
            }
            let is_variable =
                kind == MacroKind::Unknown && self.lookup(name(&first), self.span(first.span())).is_some();
            if (is_assignment(&ahead) && !is_variable) || is_colon(&ahead) {
                ahead.parse::<TokenTree>()?;
                syn::parse::discouraged::Speculative::advance_to(input, &ahead);
            }
        }
        if input.peek(Token![%]) {
            input.parse::<Token![%]>()?;
        } else if input.peek(Token![?]) {
            input.parse::<Token![?]>()?;
        }
        Ok(())
    }

    /// Variables in scope that a format string names.
    fn inline_captures(&mut self, text: &syn::LitStr, found: &mut Found) {
        let span = self.span(text.span());
        let source = text.token().to_string();
        let exact = source.len() == (span.hi - span.lo) as usize;
        for (offset, capture) in format::captures(&source) {
            let Some(local) = self.resolve(sym(capture), span) else { continue };
            if !found.seen.insert(local) {
                continue;
            }
            let lo = span.lo + offset as u32;
            // A literal written by a macro has no text of its own in the file.
            let span = if exact { Span::new(lo, lo + capture.len() as u32) } else { span };
            found.args.push(self.add_expr(ExprKind::Local(local), span));
        }
    }

    /// Variables in scope among tokens that could not be read; with `marked`, only those behind `#`.
    fn mentions(&mut self, tokens: TokenStream, marked: bool, found: &mut Found) {
        let mut last = ' ';
        for token in tokens {
            let before = std::mem::replace(&mut last, ' ');
            match token {
                TokenTree::Ident(ident) if before != '.' && (!marked || before == '#') => {
                    let span = self.span(ident.span());
                    if let Some(local) = self.resolve(name(&ident), span)
                        && found.seen.insert(local)
                    {
                        found.args.push(self.add_expr(ExprKind::Local(local), span));
                    }
                }
                TokenTree::Ident(_) => {}
                TokenTree::Group(group) => self.mentions(group.stream(), marked, found),
                TokenTree::Punct(punct) => last = punct.as_char(),
                TokenTree::Literal(literal) => {
                    if !marked
                        && let Ok(text) = syn::parse2::<syn::LitStr>(TokenTree::Literal(literal).into())
                    {
                        self.inline_captures(&text, found);
                    }
                }
            }
        }
    }

    /// `#x` in quoted code.
    pub(super) fn interpolated(&mut self, tokens: &TokenStream) -> Vec<ExprId> {
        let mut found = Found::default();
        self.mentions(tokens.clone(), true, &mut found);
        found.args
    }
}

#[derive(Default)]
struct Found {
    args: Vec<ExprId>,
    format: Option<Symbol>,
    /// Variables already listed for being mentioned.
    seen: FxHashSet<LocalId>,
}

fn at_end_of_argument(input: ParseStream<'_>) -> bool {
    input.is_empty() || input.peek(Token![,]) || input.peek(Token![;]) || input.peek(Token![=>])
}

fn is_assignment(input: ParseStream<'_>) -> bool {
    input.peek(Token![=]) && !input.peek(Token![==]) && !input.peek(Token![=>])
}

fn is_colon(input: ParseStream<'_>) -> bool {
    input.peek(Token![:]) && !input.peek(Token![::])
}

/// `syn` accepts some unfinished syntax verbatim; such an argument is better searched for names.
fn is_opaque(expr: &Expr) -> bool {
    matches!(expr, Expr::Verbatim(_))
}

fn is_verbatim(stmt: &syn::Stmt) -> bool {
    matches!(stmt, syn::Stmt::Expr(Expr::Verbatim(tokens), _) if !tokens.is_empty())
        || matches!(stmt, syn::Stmt::Item(syn::Item::Verbatim(_)))
}

fn has_semicolon(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';'))
}
