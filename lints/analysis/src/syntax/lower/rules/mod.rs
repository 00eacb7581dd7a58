//! Expansion of `macro_rules!` macros that the file itself or another file of the program defines.

mod definition;
mod matching;
mod transcribe;

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use rustc_hash::FxHashMap;
use syn::Macro;

use crate::symbol::{Symbol, sym};
use crate::syntax::hir::MacroKind;
use crate::syntax::items::{OtherMacros, SharedMacro};
use crate::syntax::lower::classify::{is_quoting, is_understood, macro_kind};
use crate::syntax::lower::{Expansion, Lower};
use definition::Definition;
use transcribe::Site;

/// Deepest nesting of calls inside expansions.
const DEPTH_LIMIT: usize = 8;
/// Most tokens that all expansions of a file may make together.
const TOKEN_LIMIT: usize = 400_000;
/// Most tokens that one call may make.
const CALL_LIMIT: usize = 20_000;

/// Line and column. (`byte_range` keeps a map of every offset that it was ever asked for.)
type Place = (usize, usize);

/// The macros that calls in one file may mean.
#[derive(Default)]
pub(crate) struct LocalMacros {
    /// Those of the file by name, each with the block where it can be called; everywhere without.
    definitions: FxHashMap<String, Vec<(Option<Range<Place>>, Rc<Definition>)>>,
    /// Those of other files.
    others: Arc<OtherMacros>,
    /// Those of other files that were read.
    read: FxHashMap<Symbol, Option<Rc<Definition>>>,
    tokens_made: usize,
}

impl LocalMacros {
    /// No macros of the file itself.
    pub(crate) fn with(others: &Arc<OtherMacros>) -> Self {
        Self { others: Arc::clone(others), ..Self::default() }
    }

    /// Finds every `macro_rules! name { … }`, inside functions and other macros too, and what of them other files see.
    pub(crate) fn collect(tokens: &TokenStream, others: &Arc<OtherMacros>) -> (Self, Vec<SharedMacro>) {
        let mut macros = Self::with(others);
        let mut shared = Vec::new();
        macros.search(tokens, Some(&mut shared), None);
        (macros, shared)
    }

    fn search(
        &mut self,
        tokens: &TokenStream,
        mut shared: Option<&mut Vec<SharedMacro>>,
        block: Option<&Range<Place>>,
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
                (3, TokenTree::Group(group)) => {
                    if let (Some(name), Some(definition)) = (name.take(), Definition::parse(group.stream())) {
                        if let Some(shared) = shared.as_deref_mut() {
                            let rules = group.stream().to_string().into();
                            shared.push(SharedMacro { name: sym(&name), is_exported, rules });
                        }
                        let places = self.definitions.entry(name).or_default();
                        places.push((block.cloned(), Rc::new(definition)));
                    }
                    is_exported = false;
                    0
                }
                (_, TokenTree::Group(group)) => {
                    is_exported |= group.delimiter() == Delimiter::Bracket && names_export(&group.stream());
                    // What a function defines is its own; what a module or an argument of a macro does may be seen outside.
                    let is_body = module != 3 && group.delimiter() == Delimiter::Brace && !after_bang;
                    let here = place(group.span().start())..place(group.span().end());
                    let within = if is_body { None } else { shared.as_deref_mut() };
                    self.search(&group.stream(), within, if is_body { Some(&here) } else { block });
                    0
                }
                _ => 0,
            };
            // `cfg_rt! {`
            after_bang = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '!');
        }
    }

    /// The definition that a call at this place means: the innermost, of these the last.
    fn own(&self, name: &str, at: Place) -> Option<&Rc<Definition>> {
        let seen = self.definitions.get(name)?.iter();
        let seen = seen.filter(|(block, _)| block.as_ref().is_none_or(|b| b.contains(&at)));
        seen.max_by_key(|(block, _)| block.as_ref().map_or((0, 0), |b| b.start)).map(|(_, d)| d)
    }

    /// The definition in another file.
    fn other(&mut self, name: Symbol) -> Option<(Rc<Definition>, Option<Symbol>)> {
        let other = self.others.get(&name)?;
        let read = self.read.entry(name).or_insert_with(|| {
            let tokens: TokenStream = other.rules.parse().ok()?;
            Definition::parse(tokens).map(Rc::new)
        });
        Some((Rc::clone(read.as_ref()?), other.krate))
    }
}

/// `#[macro_export]`, also with arguments.
fn names_export(attribute: &TokenStream) -> bool {
    attribute
        .clone()
        .into_iter()
        .next()
        .is_some_and(|t| matches!(t, TokenTree::Ident(i) if i == "macro_export"))
}

impl Lower {
    /// Expands a call of a macro of this file and parses the result; `None` if either fails.
    pub(super) fn expand<T>(
        &mut self,
        mac: &Macro,
        parse: impl FnOnce(TokenStream) -> Option<T>,
    ) -> Option<T> {
        let definition = Rc::clone(self.macros.own(&local_name(mac)?, start_of(mac))?);
        self.expand_by(mac, &definition, None, parse)
    }

    /// The same, also for macros of other files of the program.
    pub(super) fn expand_any<T>(
        &mut self,
        mac: &Macro,
        parse: impl FnOnce(TokenStream) -> Option<T>,
    ) -> Option<T> {
        if local_name(mac).is_some_and(|name| self.macros.own(&name, start_of(mac)).is_some()) {
            return self.expand(mac, parse);
        }
        let last = mac.path.segments.last()?.ident.to_string();
        if macro_kind(&last) != MacroKind::Unknown || is_quoting(&last) || is_understood(&last) {
            return None;
        }
        let name = sym(&last);
        match self.macros.other(name) {
            Some((definition, krate)) => self.expand_by(mac, &definition, krate, parse),
            None => {
                if !self.file.missing_macros.contains(&name) {
                    self.file.missing_macros.push(name);
                }
                None
            }
        }
    }

    fn expand_by<T>(
        &mut self,
        mac: &Macro,
        definition: &Definition,
        krate: Option<Symbol>,
        parse: impl FnOnce(TokenStream) -> Option<T>,
    ) -> Option<T> {
        if self.expansions.len() >= DEPTH_LIMIT || self.macros.tokens_made >= TOKEN_LIMIT {
            return None;
        }
        let call = self.expansion(mac).token;
        let site = Site { call, krate: krate.as_ref().map_or("crate", |name| name.as_str()) };
        let made = definition.expand(mac.tokens.clone(), site, CALL_LIMIT)?;
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

/// Where a call starts.
fn start_of(mac: &Macro) -> Place {
    mac.path.segments.first().map_or((0, 0), |segment| place(segment.ident.span().start()))
}

fn place(at: proc_macro2::LineColumn) -> Place {
    (at.line, at.column)
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
