//! Macro calls in item position: their items are lowered as if they stood there.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Expr, Item, Macro, Stmt, Token, Type, Visibility};

use crate::span::Span;
use crate::symbol::{Symbol, sym};
use crate::syntax::cfg::Cfg;
use crate::syntax::items::{Generics, ItemKind};
use crate::syntax::lower::Lower;
use crate::syntax::lower::attributes::requires_test;
use crate::syntax::lower::items::Head;

/// `static ref NAME: T = value;`
struct WrappedStatic {
    attrs: Vec<Attribute>,
    vis: Visibility,
    keyword: proc_macro2::Span,
    ident: proc_macro2::Ident,
    ty: Type,
    value: Expr,
}

impl WrappedStatic {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let keyword = input.parse::<Token![static]>()?.span;
        input.parse::<Option<Token![ref]>>()?;
        let ident = input.parse()?;
        input.parse::<Token![:]>()?;
        let ty = input.parse()?;
        input.parse::<Token![=]>()?;
        let value = input.parse()?;
        if !input.is_empty() {
            input.parse::<Token![;]>()?;
        }
        Ok(Self { attrs, vis, keyword, ident, ty, value })
    }
}

/// A branch of `cfg_if!`.
pub(super) struct CfgBranch {
    only_tests: bool,
    condition: Cfg,
    tokens: TokenStream,
}

impl Lower {
    /// Whether a macro call in statement position declares items.
    pub(super) fn is_item_macro(&self, mac: &Macro) -> bool {
        wrapper(mac).is_some() && statics(mac).is_some()
    }

    /// A macro call among items.
    pub(super) fn item_macro_call(&mut self, mac: &Macro, attrs: &[Attribute], span: Span) {
        let attributes = self.attributes(attrs, span);
        let outer = std::mem::replace(&mut self.cfg_test, attributes.cfg_test);
        if !self.item_macro_parts(mac) {
            let path = self.path(&mac.path, None);
            let name = path.last().unwrap_or_else(|| sym(""));
            self.push_item(
                name,
                path.span,
                span,
                false,
                attributes,
                Generics::default(),
                ItemKind::OpaqueMacro { declares: declared_names(&mac.tokens) },
            );
        }
        self.cfg_test = outer;
    }

    fn item_macro_parts(&mut self, mac: &Macro) -> bool {
        if let (Some(wrapper), Some(entries)) = (wrapper(mac), statics(mac)) {
            for entry in &entries {
                let start = self.start(&entry.vis, entry.keyword);
                let end = self.printed(&entry.value);
                let head =
                    Head { ident: &entry.ident, attrs: &entry.attrs, vis: &entry.vis, span: start.to(end) };
                self.wrapped_static(&head, wrapper, &entry.ty, &entry.value);
            }
            return true;
        }
        if let Some(branches) = cfg_if(mac) {
            for branch in branches {
                let outer = self.cfg_test;
                self.cfg_test |= branch.only_tests;
                if let Ok(items) = many::<Item>.parse2(branch.tokens) {
                    self.items(&items);
                }
                self.cfg_test = outer;
            }
            return true;
        }
        if let Some(items) = self.expand(mac, |tokens| many::<Item>.parse2(tokens).ok()) {
            self.expanded(mac, |lower| lower.items(&items));
            return true;
        }
        match many::<Item>.parse2(mac.tokens.clone()) {
            Ok(items) if !items.is_empty() && !items.iter().any(|item| matches!(item, Item::Verbatim(_))) => {
                self.items(&items);
                true
            }
            // Not before: items that stand in the call keep their places.
            _ => match self.expand_any(mac, |tokens| many::<Item>.parse2(tokens).ok()) {
                Some(items) => {
                    self.expanded(mac, |lower| lower.items(&items));
                    true
                }
                None => false,
            },
        }
    }

    pub(super) fn impl_macro_call(&mut self, mac: &Macro) {
        self.parts(mac, |lower, part: &syn::ImplItem| lower.impl_part(part));
    }

    pub(super) fn trait_macro_call(&mut self, mac: &Macro) {
        self.parts(mac, |lower, part: &syn::TraitItem| lower.trait_part(part));
    }

    /// What a macro call in an impl or trait stands for; the order is that of [`Self::item_macro_parts`].
    fn parts<T: Parse>(&mut self, mac: &Macro, part: impl Fn(&mut Self, &T)) {
        if let Some(parts) = self.expand(mac, |tokens| many::<T>.parse2(tokens).ok()) {
            self.expanded(mac, |lower| parts.iter().for_each(|one| part(lower, one)));
        } else if let Ok(parts) = many::<T>.parse2(mac.tokens.clone()) {
            parts.iter().for_each(|one| part(self, one));
        } else if let Some(parts) = self.expand_any(mac, |tokens| many::<T>.parse2(tokens).ok()) {
            self.expanded(mac, |lower| parts.iter().for_each(|one| part(lower, one)));
        }
    }

    /// The statements of each branch, when `mac` is a `cfg_if!`.
    pub(super) fn cfg_if_statements(&self, mac: &Macro) -> Option<Vec<(Cfg, Vec<Stmt>)>> {
        let statements = |branch: CfgBranch| {
            Some((branch.condition, syn::Block::parse_within.parse2(branch.tokens).ok()?))
        };
        cfg_if(mac)?.into_iter().map(statements).collect()
    }
}

const ITEM_KEYWORDS: [&str; 9] = ["fn", "struct", "enum", "union", "trait", "type", "const", "static", "mod"];

/// The names behind item keywords, outside of any braces.
fn declared_names(tokens: &TokenStream) -> Vec<Symbol> {
    let mut names = Vec::new();
    let mut declares = false;
    for token in tokens.clone() {
        let TokenTree::Ident(ident) = token else {
            declares = false;
            continue;
        };
        let word = ident.to_string();
        if ITEM_KEYWORDS.contains(&word.as_str()) {
            declares = true;
        } else if std::mem::take(&mut declares) {
            names.push(sym(&word));
        }
    }
    names
}

/// Any number of items.
fn many<T: Parse>(input: ParseStream<'_>) -> syn::Result<Vec<T>> {
    let mut items = Vec::new();
    while !input.is_empty() {
        // A stray semicolon is common between macro-made items.
        if input.parse::<Option<Token![;]>>()?.is_none() {
            items.push(input.parse()?);
        }
    }
    Ok(items)
}

/// The type that the statics of a known macro are wrapped in.
fn wrapper(mac: &Macro) -> Option<&'static str> {
    let last = mac.path.segments.last()?;
    if last.ident == "lazy_static" {
        Some("lazy_static::Lazy")
    } else if last.ident == "thread_local" {
        Some("std::thread::LocalKey")
    } else {
        None
    }
}

fn statics(mac: &Macro) -> Option<Vec<WrappedStatic>> {
    let list = |input: ParseStream<'_>| {
        let mut entries = Vec::new();
        while !input.is_empty() {
            entries.push(WrappedStatic::parse(input)?);
        }
        Ok(entries)
    };
    list.parse2(mac.tokens.clone()).ok()
}

/// `if #[cfg(a)] { … } else if #[cfg(b)] { … } else { … }`
fn cfg_if(mac: &Macro) -> Option<Vec<CfgBranch>> {
    if mac.path.segments.last()?.ident != "cfg_if" {
        return None;
    }
    let mut only_tests = false;
    let mut written = None;
    // What excludes the branches before.
    let mut before: Vec<Cfg> = Vec::new();
    let mut branches = Vec::new();
    for token in mac.tokens.clone() {
        let TokenTree::Group(group) = token else { continue };
        match group.delimiter() {
            Delimiter::Bracket => {
                let condition = group.stream().into_iter().find_map(|token| match token {
                    TokenTree::Group(condition) => Some(condition.stream()),
                    _ => None,
                });
                only_tests = condition.clone().is_some_and(requires_test);
                written = condition.and_then(Cfg::parse);
            }
            Delimiter::Brace => {
                let own = written.take();
                let parts = before.iter().cloned().chain(own.clone());
                let condition = Cfg::All(parts.collect());
                before.extend(own.map(Cfg::negated));
                branches.push(CfgBranch { only_tests, condition, tokens: group.stream() });
                only_tests = false;
            }
            _ => {}
        }
    }
    Some(branches)
}
