//! Expansion of `macro_rules!` macros that the file itself or another file of the program defines.

mod definition;
mod matching;
mod search;
mod transcribe;

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use proc_macro2::TokenStream;
use rustc_hash::FxHashMap;
use syn::Macro;

use crate::symbol::{Symbol, sym};
use crate::syntax::hir::MacroKind;
use crate::syntax::lower::classify::{is_quoting, is_understood, macro_kind};
use crate::syntax::lower::{Expansion, Lower};
use crate::syntax::macros::{OtherMacro, OtherMacros};
use definition::Definition;
pub(crate) use search::shared_macros_in;
use search::{Place, place, search};
use transcribe::Site;

/// Deepest nesting of calls inside expansions.
const DEPTH_LIMIT: usize = 8;
/// Most tokens that all expansions of a file may make together.
const TOKEN_LIMIT: usize = 400_000;
/// Most tokens that one call may make.
const CALL_LIMIT: usize = 20_000;

/// A macro of the file, with the block where it can be called.
type Defined = (Option<Range<Place>>, Rc<Definition>);

/// The macros that calls in one file may mean.
#[derive(Default)]
pub(crate) struct LocalMacros {
    /// Those of the file by name, each with the block where it can be called; everywhere without.
    definitions: FxHashMap<String, Vec<Defined>>,
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

    /// Takes in the macros of the file itself.
    pub(crate) fn collect(&mut self, tokens: &TokenStream) {
        search(tokens, None, true, 0, &mut |met| {
            if let Some(definition) = Definition::parse(met.rules.stream()) {
                let places = self.definitions.entry(met.name).or_default();
                places.push((met.block.cloned(), Rc::new(definition)));
            }
        });
    }

    /// The definition that a call at this place means: the innermost, of these the last.
    fn own(&self, name: &str, at: Place) -> Option<&Rc<Definition>> {
        let seen = self.definitions.get(name)?.iter();
        let seen = seen.filter(|(block, _)| block.as_ref().is_none_or(|b| b.contains(&at)));
        seen.max_by_key(|(block, _)| block.as_ref().map_or((0, 0), |b| b.start)).map(|(_, d)| d)
    }

    /// The definition in another file.
    fn other(&mut self, name: Symbol, other: &OtherMacro) -> Option<Rc<Definition>> {
        let read = self.read.entry(name).or_insert_with(|| {
            let tokens: TokenStream = other.rules.parse().ok()?;
            Definition::parse(tokens).map(Rc::new)
        });
        read.clone()
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
        if self.macros.definitions.is_empty() {
            return None;
        }
        let definition = Rc::clone(self.macros.own(&local_name(mac)?, start_of(mac))?);
        self.expand_by(mac, &definition, None, parse)
    }

    /// The same, also for macros of other files of the program.
    pub(super) fn expand_any<T>(
        &mut self,
        mac: &Macro,
        parse: impl FnOnce(TokenStream) -> Option<T>,
    ) -> Option<T> {
        let is_own = !self.macros.definitions.is_empty()
            && local_name(mac).is_some_and(|name| self.macros.own(&name, start_of(mac)).is_some());
        if is_own {
            return self.expand(mac, parse);
        }
        let last = mac.path.segments.last()?.ident.to_string();
        if macro_kind(&last) != MacroKind::Unknown || is_quoting(&last) || is_understood(&last) {
            return None;
        }
        let name = sym(&last);
        let other = self.macros.others.get(&name).cloned();
        if !self.file.asked_macros.iter().any(|(asked, _)| *asked == name) {
            self.file.asked_macros.push((name, other.clone()));
        }
        let other = other.filter(|other| self.may_mean(mac, name, other))?;
        let definition = self.macros.other(name, &other)?;
        self.expand_by(mac, &definition, other.krate, parse)
    }

    /// Whether a call's path, or the import of its name, leads to the crate of a macro.
    fn may_mean(&self, mac: &Macro, name: Symbol, other: &OtherMacro) -> bool {
        let leads_there = |first: &str| {
            matches!(first, "crate" | "self" | "super" | "$crate") || other.krate.is_some_and(|k| k == *first)
        };
        if mac.path.segments.len() > 1 {
            return mac.path.segments.first().is_some_and(|first| leads_there(&first.ident.to_string()));
        }
        // `use anyhow::bail;` beside another `bail` of the package.
        let imports = self.file.imports.iter().filter(|i| i.name == Some(name) && i.path.segments.len() > 1);
        imports.filter_map(|i| i.path.segments.first()).all(|first| leads_there(first.name.as_str()))
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
