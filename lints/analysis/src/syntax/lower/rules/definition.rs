//! The rules of a macro, read into matchers and templates.

use std::rc::Rc;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::syntax::lower::rules::matching::match_all;
use crate::syntax::lower::rules::transcribe::{Made, Site, transcribe};

/// Longest separator of a repetition, in tokens: `>>=`.
const SEPARATOR_LIMIT: usize = 3;

/// All rules of one macro.
pub(super) struct Definition {
    rules: Vec<Rule>,
}

struct Rule {
    matcher: Vec<Piece>,
    template: Vec<Piece>,
}

/// A piece of a matcher or template.
pub(super) enum Piece {
    /// A token to match or write as it is.
    Token(TokenTree),
    /// A delimited group.
    Group(Delimiter, Vec<Piece>),
    /// `$name:fragment` in a matcher (with its fragment), `$name` in a template.
    Variable(Rc<str>, Fragment),
    /// `$( … ) separator op`
    Repeat { inner: Vec<Piece>, separator: Vec<TokenTree>, op: Repetition },
    /// `$crate`
    Crate,
}

/// How often a repetition may occur.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Repetition {
    Any,
    Some,
    Optional,
}

/// What a variable matches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fragment {
    Expr,
    Ident,
    Ty,
    Pat,
    Literal,
    Tt,
    Path,
    Block,
    Stmt,
    Lifetime,
    Item,
    Vis,
    Meta,
    /// In a template, or a fragment that is not known.
    None,
}

impl Fragment {
    fn of(name: &str) -> Self {
        match name {
            "expr" | "expr_2021" => Self::Expr,
            "ident" => Self::Ident,
            "ty" => Self::Ty,
            "pat" | "pat_param" => Self::Pat,
            "literal" => Self::Literal,
            "tt" => Self::Tt,
            "path" => Self::Path,
            "block" => Self::Block,
            "stmt" => Self::Stmt,
            "lifetime" => Self::Lifetime,
            "item" => Self::Item,
            "vis" => Self::Vis,
            "meta" => Self::Meta,
            _ => Self::None,
        }
    }
}

impl Definition {
    pub(super) fn parse(tokens: TokenStream) -> Option<Self> {
        let mut rules = Vec::new();
        let mut tokens = tokens.into_iter().peekable();
        while tokens.peek().is_some() {
            let TokenTree::Group(matcher) = tokens.next()? else { return None };
            for arrow in ['=', '>'] {
                if !is_punct(&tokens.next()?, arrow) {
                    return None;
                }
            }
            let TokenTree::Group(template) = tokens.next()? else { return None };
            rules.push(Rule {
                matcher: pieces(matcher.stream(), true)?,
                template: pieces(template.stream(), false)?,
            });
            if tokens.peek().is_some_and(|token| is_punct(token, ';')) {
                tokens.next();
            }
        }
        Some(Self { rules })
    }

    /// Expands a call with the first rule that matches; every token of the template gets the span of the call.
    pub(super) fn expand(&self, arguments: TokenStream, site: Site<'_>, limit: usize) -> Option<Made> {
        let arguments: Vec<TokenTree> = arguments.into_iter().collect();
        self.rules.iter().find_map(|rule| {
            let bindings = match_all(&rule.matcher, &arguments)?;
            Some(transcribe(&rule.template, &bindings, site, limit))
        })?
    }
}

fn pieces(tokens: TokenStream, matcher: bool) -> Option<Vec<Piece>> {
    let mut out = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let piece = match token {
            TokenTree::Group(group) => Piece::Group(group.delimiter(), pieces(group.stream(), matcher)?),
            token if is_punct(&token, '$') => match tokens.next()? {
                TokenTree::Ident(ident) if ident == "crate" => Piece::Crate,
                TokenTree::Ident(ident) => {
                    let name: Rc<str> = ident.to_string().into();
                    let mut fragment = Fragment::None;
                    if matcher {
                        if !is_punct(&tokens.next()?, ':') {
                            return None;
                        }
                        let TokenTree::Ident(kind) = tokens.next()? else { return None };
                        fragment = Fragment::of(&kind.to_string());
                    }
                    Piece::Variable(name, fragment)
                }
                TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
                    let inner = pieces(group.stream(), matcher)?;
                    // `,*` and `||*`: the operators themselves are never separators.
                    let mut separator = Vec::new();
                    let op = loop {
                        let token = tokens.next()?;
                        if let Some(op) = repetition(&token) {
                            break op;
                        }
                        if separator.len() == SEPARATOR_LIMIT {
                            return None;
                        }
                        separator.push(token);
                    };
                    Piece::Repeat { inner, separator, op }
                }
                _ => return None,
            },
            token => Piece::Token(token),
        };
        out.push(piece);
    }
    Some(out)
}

fn repetition(token: &TokenTree) -> Option<Repetition> {
    match token {
        TokenTree::Punct(punct) => match punct.as_char() {
            '*' => Some(Repetition::Any),
            '+' => Some(Repetition::Some),
            '?' => Some(Repetition::Optional),
            _ => None,
        },
        _ => None,
    }
}

pub(super) fn is_punct(token: &TokenTree, char: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == char)
}
