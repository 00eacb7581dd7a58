//! Matching a call's tokens against a rule.

use std::rc::Rc;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use rustc_hash::FxHashMap;
use syn::parse::{ParseStream, Parser};
use syn::{Block, Expr, Item, Lit, Meta, Pat, Path, Stmt, Type, Visibility};

use crate::syntax::lower::rules::definition::{Fragment, Piece, Repetition};

/// What a variable stands for.
#[derive(Clone)]
pub(super) enum Binding {
    Tokens(Vec<TokenTree>),
    Many(Vec<Binding>),
}

pub(super) type Bindings = FxHashMap<Rc<str>, Binding>;

/// Matches all of `tokens`.
pub(super) fn match_all(matcher: &[Piece], tokens: &[TokenTree]) -> Option<Bindings> {
    let mut bindings = Bindings::default();
    let end = match_some(matcher, tokens, 0, &mut bindings)?;
    (end == tokens.len()).then_some(bindings)
}

/// Matches from `at` on and gives the position behind.
fn match_some(
    matcher: &[Piece],
    tokens: &[TokenTree],
    mut at: usize,
    bindings: &mut Bindings,
) -> Option<usize> {
    for (position, piece) in matcher.iter().enumerate() {
        at = match piece {
            Piece::Token(token) => {
                if !same(token, tokens.get(at)?) {
                    return None;
                }
                at + 1
            }
            Piece::Group(delimiter, inner) => {
                let TokenTree::Group(group) = tokens.get(at)? else { return None };
                if group.delimiter() != *delimiter {
                    return None;
                }
                let stream: Vec<TokenTree> = group.stream().into_iter().collect();
                let end = match_some(inner, &stream, 0, bindings)?;
                if end != stream.len() {
                    return None;
                }
                at + 1
            }
            Piece::Variable(name, fragment) => {
                let end = fragment_end(*fragment, tokens, at)?;
                let matched = bind(*fragment, &tokens[at..end]);
                bindings.insert(Rc::clone(name), Binding::Tokens(matched));
                end
            }
            Piece::Repeat { inner, separator, op } => {
                repeat(inner, separator, *op, &matcher[position + 1..], tokens, at, bindings)?
            }
            Piece::Crate => return None,
        };
    }
    Some(at)
}

fn repeat(
    inner: &[Piece],
    separator: &[TokenTree],
    op: Repetition,
    rest: &[Piece],
    tokens: &[TokenTree],
    mut at: usize,
    bindings: &mut Bindings,
) -> Option<usize> {
    let mut rounds: Vec<Bindings> = Vec::new();
    while at < tokens.len() && (op != Repetition::Optional || rounds.is_empty()) {
        // What follows the repetition wins over one more round: `$($x:tt)* ; …`.
        if separator.is_empty()
            && let Some(Piece::Token(next)) = rest.first()
            && same(next, &tokens[at])
        {
            break;
        }
        let mut start = at;
        if !rounds.is_empty() {
            let found = tokens[at..].iter().zip(separator).filter(|(found, wanted)| same(wanted, found));
            if found.count() != separator.len() {
                break;
            }
            start += separator.len();
        }
        let mut round = Bindings::default();
        match match_some(inner, tokens, start, &mut round) {
            Some(end) if end > start => {
                at = end;
                rounds.push(round);
            }
            _ => break,
        }
    }
    if op == Repetition::Some && rounds.is_empty() {
        return None;
    }
    let mut names = Vec::new();
    variables(inner, &mut names);
    for name in names {
        let many = rounds.iter_mut().filter_map(|round| round.remove(&name)).collect();
        bindings.insert(name, Binding::Many(many));
    }
    Some(at)
}

/// All variables of a matcher or template.
pub(super) fn variables(pieces: &[Piece], out: &mut Vec<Rc<str>>) {
    for piece in pieces {
        match piece {
            Piece::Variable(name, _) => out.push(Rc::clone(name)),
            Piece::Group(_, inner) | Piece::Repeat { inner, .. } => variables(inner, out),
            Piece::Token(_) | Piece::Crate => {}
        }
    }
}

fn same(left: &TokenTree, right: &TokenTree) -> bool {
    match (left, right) {
        (TokenTree::Ident(left), TokenTree::Ident(right)) => left == right,
        (TokenTree::Punct(left), TokenTree::Punct(right)) => left.as_char() == right.as_char(),
        (TokenTree::Literal(left), TokenTree::Literal(right)) => left.to_string() == right.to_string(),
        _ => false,
    }
}

/// Where the fragment that starts at `at` ends.
fn fragment_end(fragment: Fragment, tokens: &[TokenTree], at: usize) -> Option<usize> {
    if fragment == Fragment::Vis {
        return parsed_end::<Visibility>(|input| input.parse(), tokens, at);
    }
    let first = tokens.get(at)?;
    match fragment {
        Fragment::Tt => {
            // A lifetime is one token tree of two tokens here.
            Some(if is_apostrophe(first) { at + 2 } else { at + 1 })
        }
        Fragment::Ident => match first {
            TokenTree::Ident(ident) if ident != "_" => Some(at + 1),
            _ => None,
        },
        Fragment::Lifetime => is_apostrophe(first).then_some(at + 2),
        Fragment::Literal => parsed_end::<()>(
            |input| {
                input.parse::<Option<syn::Token![-]>>()?;
                input.parse::<Lit>().map(drop)
            },
            tokens,
            at,
        ),
        Fragment::Expr => match (first, tokens.get(at + 1)) {
            // `$x:expr` does not take `_` or a lone keyword; most arguments are one token.
            (TokenTree::Literal(_), next) if ends_fragment(next) => Some(at + 1),
            _ => parsed_end::<Expr>(|input| input.parse(), tokens, at),
        },
        Fragment::Ty => parsed_end::<Type>(Type::without_plus, tokens, at),
        Fragment::Pat => parsed_end::<Pat>(Pat::parse_multi_with_leading_vert, tokens, at),
        Fragment::Path => parsed_end::<Path>(|input| input.parse(), tokens, at),
        Fragment::Block => parsed_end::<Block>(|input| input.parse(), tokens, at),
        Fragment::Stmt => statement_end(tokens, at),
        Fragment::Item => parsed_end::<Item>(|input| input.parse(), tokens, at),
        Fragment::Meta => parsed_end::<Meta>(|input| input.parse(), tokens, at),
        Fragment::Vis | Fragment::None => None,
    }
}

/// A statement without its semicolon: tokens up to it, when they parse.
fn statement_end(tokens: &[TokenTree], at: usize) -> Option<usize> {
    let is_semicolon = |token: &TokenTree| super::definition::is_punct(token, ';');
    let length = tokens[at..].iter().position(is_semicolon).unwrap_or(tokens.len() - at);
    let mut stream: TokenStream = tokens[at..at + length].iter().cloned().collect();
    stream.extend([TokenTree::Punct(proc_macro2::Punct::new(';', proc_macro2::Spacing::Alone))]);
    syn::parse2::<Stmt>(stream).ok()?;
    Some(at + length)
}

fn parsed_end<T>(
    parse: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
    tokens: &[TokenTree],
    at: usize,
) -> Option<usize> {
    let stream: TokenStream = tokens[at..].iter().cloned().collect();
    let rest = |input: ParseStream<'_>| {
        parse(input)?;
        let rest: TokenStream = input.parse()?;
        Ok(rest.into_iter().count())
    };
    let rest = rest.parse2(stream).ok()?;
    tokens.len().checked_sub(rest)
}

fn is_apostrophe(token: &TokenTree) -> bool {
    super::definition::is_punct(token, '\'')
}

fn ends_fragment(next: Option<&TokenTree>) -> bool {
    match next {
        None => true,
        Some(TokenTree::Punct(punct)) => matches!(punct.as_char(), ',' | ';'),
        Some(_) => false,
    }
}

/// Matched expressions of several tokens stay one operand, whatever operators the template adds.
fn bind(fragment: Fragment, tokens: &[TokenTree]) -> Vec<TokenTree> {
    match (fragment, tokens) {
        (Fragment::Expr, [_, _, ..]) => {
            vec![TokenTree::Group(Group::new(Delimiter::None, tokens.iter().cloned().collect()))]
        }
        _ => tokens.to_vec(),
    }
}
