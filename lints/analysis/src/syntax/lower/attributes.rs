//! Attributes: tests, conditions, derives, lint levels.

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Token};

use crate::span::Span;
use crate::symbol::{Symbol, sym};
use crate::syntax::cfg::Cfg;
use crate::syntax::hir::{PathRef, Segment};
use crate::syntax::items::{Attributes, LintAttribute};
use crate::syntax::lower::Lower;
use crate::syntax::test_names::is_test_feature;

/// Last segments of attributes that make a function a test or benchmark.
const TESTS: [&str; 9] = [
    "test",
    "bench",
    "rstest",
    "test_case",
    "quickcheck",
    "wasm_bindgen_test",
    "proptest",
    "test_matrix",
    "parameterized",
];

const LEVELS: [&str; 5] = ["allow", "expect", "warn", "deny", "forbid"];

impl Lower {
    /// The attributes of an item at `scope`; lint levels among them are noted.
    pub(super) fn attributes(&mut self, attrs: &[Attribute], scope: Span) -> Attributes {
        let mut out = Attributes { cfg_test: self.cfg_test, ..Attributes::default() };
        for attr in attrs {
            read(&attr.meta, &mut out);
        }
        self.lint_attributes(attrs, scope);
        out
    }

    /// Notes the lint levels that `attrs` set for `scope`.
    pub(super) fn lint_attributes(&mut self, attrs: &[Attribute], scope: Span) {
        for attr in attrs {
            // Documentation is by far the most common attribute.
            if attr.path().is_ident("doc") {
                continue;
            }
            let mut levels = Vec::new();
            lint_levels(&attr.meta, false, &mut levels);
            if levels.is_empty() {
                continue;
            }
            let span = self.span(attr.pound_token.span).to(self.span(attr.bracket_token.span.close()));
            let found = levels.into_iter().map(|(level, lint, reason)| LintAttribute {
                level,
                lint,
                reason,
                span,
                scope,
            });
            self.file.lint_attributes.extend(found);
        }
    }
}

/// What a line of documentation says, in lower case.
fn documentation(meta: &Meta) -> String {
    match meta {
        Meta::NameValue(syn::MetaNameValue {
            value: syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }),
            ..
        }) => text.value().to_ascii_lowercase(),
        _ => String::new(),
    }
}

/// `/// Errors are logged but not propagated.`
fn says_that_it_goes_on(text: &str) -> bool {
    const SAYINGS: &[&str] = &[
        "best effort",
        "best-effort",
        "not propagated",
        "errors are logged but not",
        "errors are logged and ignored",
        "errors are only logged",
        "errors are ignored",
        "errors are swallowed",
        "failures are logged",
        "failures are ignored",
        "ignores errors",
        "ignores the error",
        "ignore errors",
        "ignore the error",
        "ignoring errors",
        "ignores any error",
        "ignoring any error",
        "ignores the exit code",
        "ignores the exit status",
    ];
    SAYINGS.iter().any(|saying| text.contains(saying))
}

fn read(meta: &Meta, out: &mut Attributes) {
    let path = meta.path();
    // Documentation is by far the most common attribute.
    if path.is_ident("doc") {
        let text = documentation(meta);
        out.goes_on |= says_that_it_goes_on(&text);
        out.leaks |= text.contains("leak");
        out.is_accepted |=
            ["acceptable", "bounded", "intentional", "on purpose"].iter().any(|w| text.contains(w));
        return;
    }
    let Some(last) = path.segments.last() else { return };
    let last = last.ident.to_string();
    let single = path.segments.len() == 1;
    match (last.as_str(), meta) {
        ("allow" | "expect" | "warn" | "deny" | "forbid", _) => {}
        ("must_use", _) => out.must_use = true,
        ("cfg", Meta::List(list)) if single => {
            let tests = requires_test(list.tokens.clone());
            out.cfg_test |= tests;
            out.is_conditional |= !tests;
            out.never_on_unix |= Cfg::parse(list.tokens.clone()).is_some_and(|cfg| cfg.is_never_on_unix());
        }
        ("cfg_attr", Meta::List(_)) if single => {
            for inner in conditional(meta) {
                read(&inner, out);
            }
        }
        ("derive", Meta::List(list)) => {
            let paths = Punctuated::<syn::Path, Token![,]>::parse_terminated.parse2(list.tokens.clone());
            for path in paths.into_iter().flatten() {
                let names: Vec<Symbol> = path.segments.iter().map(|s| sym(&s.ident.to_string())).collect();
                let Some(last) = names.last() else { continue };
                out.derives.push(*last);
                let segments = names.into_iter().map(|name| Segment { name, args: None }).collect();
                let global = path.leading_colon.is_some();
                out.derive_paths.push(PathRef { global, qself: None, segments, span: Span::default() });
            }
        }
        ("path", Meta::NameValue(value)) if single => {
            if let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &value.value {
                out.path = Some(sym(&text.value()));
            }
        }
        ("main", _) if !single => out.is_async_main = true,
        (last, _) if TESTS.contains(&last) => out.is_test = true,
        ("instrument", Meta::List(list)) => {
            let mut words = list.tokens.clone().into_iter();
            out.reports_errors |= words.any(|t| matches!(t, TokenTree::Ident(word) if word == "err"));
            out.others.push(path_text(path));
        }
        _ => out.others.push(path_text(path)),
    }
}

/// The attributes behind the condition of `cfg_attr(…, a, b)`, whatever the condition.
fn conditional(meta: &Meta) -> Vec<Meta> {
    let Meta::List(list) = meta else { return Vec::new() };
    let metas = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(list.tokens.clone());
    metas.into_iter().flatten().skip(1).collect()
}

type Level = (Symbol, Symbol, Option<Symbol>);

/// `never` says that the compiler never sees the attribute, so that only linger's own levels count.
fn lint_levels(meta: &Meta, never: bool, out: &mut Vec<Level>) {
    let Meta::List(list) = meta else { return };
    let segments: Vec<String> = list.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments[..] {
        ["cfg_attr"] => {
            let never = never || condition_is_never(&list.tokens);
            for inner in conditional(meta) {
                lint_levels(&inner, never, out);
            }
        }
        ["linger", level] if LEVELS.contains(&level) => {
            let (lints, reason) = lint_names(&list.tokens);
            out.extend(lints.into_iter().map(|lint| {
                let lint = if lint.starts_with("linger::") { lint } else { format!("linger::{lint}") };
                (sym(level), sym(&lint), reason)
            }));
        }
        [level] if !never && LEVELS.contains(&level) => {
            let (lints, reason) = lint_names(&list.tokens);
            out.extend(lints.into_iter().map(|lint| (sym(level), sym(&lint), reason)));
        }
        _ => {}
    }
}

/// `any()` holds nowhere.
fn condition_is_never(tokens: &TokenStream) -> bool {
    let mut tokens = tokens.clone().into_iter();
    let any = matches!(tokens.next(), Some(TokenTree::Ident(ident)) if ident == "any");
    any && matches!(tokens.next(), Some(TokenTree::Group(group)) if group.stream().is_empty())
}

fn lint_names(tokens: &TokenStream) -> (Vec<String>, Option<Symbol>) {
    let metas = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(tokens.clone());
    let mut names = Vec::new();
    let mut reason = None;
    for meta in metas.into_iter().flatten() {
        match &meta {
            Meta::Path(path) => names.push(path_text(path).to_string()),
            Meta::NameValue(value) if value.path.is_ident("reason") => {
                if let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &value.value {
                    reason = Some(sym(&text.value()));
                }
            }
            _ => {}
        }
    }
    (names, reason)
}

/// What the `#[cfg(…)]` among `attrs` ask for.
pub(super) fn condition(attrs: &[Attribute]) -> Option<Cfg> {
    let mut conditions = attrs.iter().filter_map(|attr| match &attr.meta {
        Meta::List(list) if list.path.is_ident("cfg") => Cfg::parse(list.tokens.clone()),
        _ => None,
    });
    let first = conditions.next()?;
    let rest: Vec<Cfg> = conditions.collect();
    Some(if rest.is_empty() { first } else { Cfg::All(std::iter::once(first).chain(rest).collect()) })
}

/// `#[cfg(test)]`
pub(super) fn is_only_in_tests(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| match &attr.meta {
        Meta::List(list) => list.path.is_ident("cfg") && requires_test(list.tokens.clone()),
        _ => false,
    })
}

/// Whether a condition holds only in tests and what supports them: `test`, `any(test, feature = "test-utils")`.
pub(super) fn requires_test(tokens: TokenStream) -> bool {
    let Ok(meta) = syn::parse2::<Meta>(tokens) else { return false };
    meta_requires_test(&meta)
}

fn meta_requires_test(meta: &Meta) -> bool {
    match meta {
        Meta::Path(path) => ["test", "doctest", "fuzzing"].iter().any(|name| path.is_ident(name)),
        Meta::List(list) => {
            let Ok(parts) = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(list.tokens.clone())
            else {
                return false;
            };
            if list.path.is_ident("all") {
                parts.iter().any(meta_requires_test)
            } else {
                list.path.is_ident("any") && !parts.is_empty() && parts.iter().all(meta_requires_test)
            }
        }
        Meta::NameValue(value) => {
            value.path.is_ident("feature")
                && matches!(&value.value, syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(name), .. })
                    if is_test_feature(&name.value()))
        }
    }
}

fn path_text(path: &syn::Path) -> Symbol {
    let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    sym(&segments.join("::"))
}
