//! Expansion of `macro_rules!` macros that the file itself defines.

mod definition;
mod matching;
mod transcribe;

use std::rc::Rc;

use proc_macro2::{TokenStream, TokenTree};
use rustc_hash::FxHashMap;
use syn::Macro;

use crate::syntax::lower::{Expansion, Lower};
use definition::Definition;

/// Deepest nesting of calls inside expansions.
const DEPTH_LIMIT: usize = 8;
/// Most tokens that all expansions of a file may make together.
const TOKEN_LIMIT: usize = 400_000;
/// Most tokens that one call may make.
const CALL_LIMIT: usize = 20_000;

/// The macros of one file, wherever in it they are defined.
#[derive(Default)]
pub(crate) struct LocalMacros {
    definitions: FxHashMap<String, Rc<Definition>>,
    tokens_made: usize,
}

impl LocalMacros {
    /// Finds every `macro_rules! name { … }`, inside functions and other macros too.
    pub(crate) fn collect(tokens: &TokenStream) -> Self {
        let mut macros = Self::default();
        macros.search(tokens);
        macros
    }

    fn search(&mut self, tokens: &TokenStream) {
        let mut name = None;
        let mut state = 0;
        for token in tokens.clone() {
            state = match (state, &token) {
                (_, TokenTree::Ident(ident)) if ident == "macro_rules" => 1,
                (1, TokenTree::Punct(punct)) if punct.as_char() == '!' => 2,
                (2, TokenTree::Ident(ident)) => {
                    name = Some(ident.to_string());
                    3
                }
                (3, TokenTree::Group(group)) => {
                    if let (Some(name), Some(definition)) = (name.take(), Definition::parse(group.stream())) {
                        self.definitions.insert(name, Rc::new(definition));
                    }
                    0
                }
                (_, TokenTree::Group(group)) => {
                    self.search(&group.stream());
                    0
                }
                _ => 0,
            };
        }
    }
}

impl Lower {
    /// Expands a call of a macro of this file and parses the result; `None` if either fails.
    pub(super) fn expand<T>(
        &mut self,
        mac: &Macro,
        parse: impl FnOnce(TokenStream) -> Option<T>,
    ) -> Option<T> {
        // Most files define no macro.
        if self.macros.definitions.is_empty()
            || self.expansions.len() >= DEPTH_LIMIT
            || self.macros.tokens_made >= TOKEN_LIMIT
        {
            return None;
        }
        let definition = Rc::clone(self.macros.definitions.get(&local_name(mac)?)?);
        let call = self.expansion(mac);
        let made = definition.expand(mac.tokens.clone(), call.token, CALL_LIMIT)?;
        self.macros.tokens_made += made.count;
        parse(made.tokens)
    }

    /// Lowers what a call was expanded to.
    pub(super) fn expanded<T>(&mut self, mac: &Macro, code: impl FnOnce(&mut Self) -> T) -> T {
        let expansion = self.expansion(mac);
        self.expansions.push(expansion);
        let result = code(self);
        self.expansions.pop();
        result
    }
}

impl Lower {
    fn expansion(&self, mac: &Macro) -> Expansion {
        let call = self.macro_span(mac);
        // A call that a macro wrote means the call of that macro, even if its name was an argument.
        if let Some(around) = self.expansions.iter().find(|around| around.call == call) {
            return *around;
        }
        let close = mac.delimiter.span().close();
        let first = mac.path.segments.first().map_or(close, |segment| segment.ident.span());
        Expansion { call, token: first.join(close).unwrap_or(close) }
    }
}

/// The name of a macro called without a path, or through `crate` or `self`.
fn local_name(mac: &Macro) -> Option<String> {
    let segments = &mac.path.segments;
    let last = segments.last()?;
    let is_local = match segments.len() {
        1 => mac.path.leading_colon.is_none(),
        2 => segments[0].ident == "crate" || segments[0].ident == "self",
        _ => false,
    };
    is_local.then(|| last.ident.to_string())
}
