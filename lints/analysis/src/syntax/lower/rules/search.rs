//! Where a file defines macros, and which of them other files may call.

use std::ops::Range;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::symbol::sym;
use crate::syntax::lower::Positions;
use crate::syntax::macros::SharedMacro;
use crate::syntax::parse::MAX_DEPTH;

/// Line and column. (`byte_range` keeps a map of every offset that it was ever asked for.)
pub(super) type Place = (usize, usize);

/// The place of a token.
pub(super) fn place(at: proc_macro2::LineColumn) -> Place {
    (at.line, at.column)
}

/// A `macro_rules!` that was met.
pub(super) struct Met<'t> {
    /// Its name.
    pub(super) name: String,
    /// Its rules, in their brackets.
    pub(super) rules: &'t Group,
    /// The block where it can be called; everywhere without.
    pub(super) block: Option<&'t Range<Place>>,
    /// No function around keeps it for itself.
    is_shared: bool,
    is_exported: bool,
}

/// Goes over every `macro_rules! name { … }`, inside functions and other macros too.
pub(super) fn search(
    tokens: &TokenStream,
    block: Option<&Range<Place>>,
    is_shared: bool,
    depth: u32,
    found: &mut dyn FnMut(Met<'_>),
) {
    let mut name = None;
    let mut state = 0;
    let mut is_exported = false;
    let mut after_bang = false;
    // `mod x {`
    let mut module = 0;
    for token in tokens.clone() {
        module = match (module, &token) {
            (_, TokenTree::Ident(ident)) if ident == "mod" => 1,
            (1, TokenTree::Ident(_)) => 2,
            (2, TokenTree::Group(_)) => 3,
            _ => 0,
        };
        state = match (state, &token) {
            (_, TokenTree::Ident(ident)) if ident == "macro_rules" => 1,
            (1, TokenTree::Punct(punct)) if punct.as_char() == '!' => 2,
            (2, TokenTree::Ident(ident)) => {
                name = Some(ident.to_string());
                3
            }
            (3, TokenTree::Group(rules)) => {
                if let Some(name) = name.take() {
                    found(Met { name, rules, block, is_shared, is_exported });
                }
                is_exported = false;
                0
            }
            (_, TokenTree::Group(group)) => {
                is_exported |= group.delimiter() == Delimiter::Bracket && names_export(&group.stream());
                // What a function defines is its own; what a module or an argument of a macro does may be seen outside.
                let is_body = module != 3 && group.delimiter() == Delimiter::Brace && !after_bang;
                let here = place(group.span().start())..place(group.span().end());
                if depth < MAX_DEPTH {
                    let block = if is_body { Some(&here) } else { block };
                    search(&group.stream(), block, is_shared && !is_body, depth + 1, found);
                }
                0
            }
            _ => 0,
        };
        // `cfg_rt! {`
        after_bang = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '!');
    }
}

/// The macros in a file's tokens that other files may call.
pub(crate) fn shared_macros_in(tokens: &TokenStream, text: &str, position: &Positions) -> Vec<SharedMacro> {
    let mut shared = Vec::new();
    search(tokens, None, true, 0, &mut |met| {
        let span = position.span(met.rules.span());
        let rules = span.and_then(|s| text.get(s.lo as usize + 1..(s.hi as usize).saturating_sub(1)));
        if let Some(rules) = rules.filter(|_| met.is_shared) {
            let name = sym(&met.name);
            shared.push(SharedMacro { name, is_exported: met.is_exported, rules: rules.into() });
        }
    });
    shared
}

/// `#[macro_export]`, also with arguments.
fn names_export(attribute: &TokenStream) -> bool {
    attribute
        .clone()
        .into_iter()
        .next()
        .is_some_and(|t| matches!(t, TokenTree::Ident(i) if i == "macro_export"))
}
