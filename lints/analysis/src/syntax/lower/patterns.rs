//! Patterns and the variables they bind.

use syn::{Member, Pat};

use crate::span::Span;
use crate::symbol::{Symbol, sym};
use crate::syntax::hir::{PatId, PatKind};
use crate::syntax::lower::literals::literal;
use crate::syntax::lower::{Lower, name};

impl Lower {
    /// Lowers a whole pattern; its names are in scope afterwards.
    pub(super) fn pattern(&mut self, pat: &Pat) -> PatId {
        let id = self.pat(pat);
        self.bind_pattern();
        id
    }

    fn pat(&mut self, pat: &Pat) -> PatId {
        self.pat_outer(pat).0
    }

    /// A pattern and its range with the parentheses around, which the tree does not keep.
    fn pat_outer(&mut self, pat: &Pat) -> (PatId, Span) {
        if let Pat::Paren(paren) = pat {
            return (self.pat(&paren.pat), self.delimited(&paren.paren_token.span));
        }
        let id = self.plain_pat(pat);
        (id, self.pat_span(id))
    }

    fn pats<'a>(&mut self, pats: impl Iterator<Item = &'a Pat>) -> Box<[PatId]> {
        pats.map(|pat| self.pat(pat)).collect()
    }

    fn plain_pat(&mut self, pat: &Pat) -> PatId {
        match pat {
            Pat::Ident(ident) => self.ident_pat(ident),
            Pat::Wild(wild) => self.add_pat(PatKind::Wild, self.span(wild.underscore_token.span)),
            Pat::Rest(rest) => {
                let [first, last] = rest.dot2_token.spans;
                self.add_pat(PatKind::Rest, self.span(first).to(self.span(last)))
            }
            Pat::Lit(lit) => {
                let span = self.span(lit.lit.span());
                self.add_pat(PatKind::Literal(literal(&lit.lit)), span)
            }
            Pat::Tuple(tuple) => {
                let parts = self.pats(tuple.elems.iter());
                self.add_pat(PatKind::Tuple(parts), self.delimited(&tuple.paren_token.span))
            }
            Pat::TupleStruct(tuple) => {
                let path = self.path(&tuple.path, tuple.qself.as_ref());
                let args = self.pats(tuple.elems.iter());
                let span = path.span.to(self.span(tuple.paren_token.span.close()));
                self.add_pat(PatKind::TupleStruct { path: Box::new(path), args }, span)
            }
            Pat::Struct(pat) => self.struct_pat(pat),
            Pat::Path(path) => {
                let path = self.path(&path.path, path.qself.as_ref());
                let span = path.span;
                self.add_pat(PatKind::Path(Box::new(path)), span)
            }
            Pat::Range(range) => {
                let span = self.printed(range);
                self.add_pat(PatKind::Range, span)
            }
            Pat::Reference(reference) => {
                let start = self.span(reference.and_token.span);
                let (inner, outer) = self.pat_outer(&reference.pat);
                self.add_pat(PatKind::Ref(inner), start.to(outer))
            }
            Pat::Slice(slice) => {
                let parts = self.pats(slice.elems.iter());
                self.add_pat(PatKind::Slice(parts), self.delimited(&slice.bracket_token.span))
            }
            Pat::Or(or) => self.or_pat(or),
            Pat::Type(typed) => {
                let (inner, outer) = self.pat_outer(&typed.pat);
                let ty = self.ty(&typed.ty);
                let span = outer.to(self.printed(&typed.ty));
                self.add_pat(PatKind::Typed { pat: inner, ty: Box::new(ty) }, span)
            }
            Pat::Guard(guard) => self.pat(&guard.pat),
            Pat::Paren(paren) => self.pat(&paren.pat),
            Pat::Macro(pat) => self.macro_pat(&pat.mac),
            _ => {
                let span = self.printed(pat);
                self.add_pat(PatKind::Missing, span)
            }
        }
    }

    fn ident_pat(&mut self, pat: &syn::PatIdent) -> PatId {
        let ident_span = self.span(pat.ident.span());
        let plain = pat.by_ref.is_none() && pat.mutability.is_none() && pat.subpat.is_none();
        if plain && starts_upper(name(&pat.ident)) {
            let path = self.synthetic_path(name(&pat.ident).as_str(), ident_span);
            return self.add_pat(PatKind::Path(Box::new(path)), ident_span);
        }
        let start = match (&pat.by_ref, &pat.mutability) {
            (Some(by_ref), _) => self.span(by_ref.span),
            (None, Some(mutability)) => self.span(mutability.span),
            (None, None) => ident_span,
        };
        let local = self.declare(&pat.ident, pat.mutability.is_some(), pat.by_ref.is_some());
        let mut span = start.to(ident_span);
        let sub = pat.subpat.as_ref().map(|(_, sub)| {
            let (sub, outer) = self.pat_outer(sub);
            span = span.to(outer);
            sub
        });
        self.add_pat(PatKind::Binding { local, sub }, span)
    }

    fn struct_pat(&mut self, pat: &syn::PatStruct) -> PatId {
        let path = self.path(&pat.path, pat.qself.as_ref());
        let fields = pat.fields.iter().map(|field| (member(&field.member), self.pat(&field.pat))).collect();
        let span = path.span.to(self.span(pat.brace_token.span.close()));
        self.add_pat(PatKind::Struct { path: Box::new(path), fields, rest: pat.rest.is_some() }, span)
    }

    fn or_pat(&mut self, or: &syn::PatOr) -> PatId {
        let mut span = or.leading_vert.as_ref().map(|vert| self.span(vert.span));
        let mut cases = Vec::with_capacity(or.cases.len());
        for case in &or.cases {
            let (case, outer) = self.pat_outer(case);
            span = Some(span.map_or(outer, |span| span.to(outer)));
            cases.push(case);
        }
        // A leading bar before a single case is no alternative.
        if let [only] = cases[..] {
            return only;
        }
        let span = span.unwrap_or(self.here.get());
        self.add_pat(PatKind::Or(cases.into()), span)
    }

    fn macro_pat(&mut self, mac: &syn::Macro) -> PatId {
        let span = self.macro_span(mac);
        let lowered = self.expand(mac, |tokens| {
            syn::parse::Parser::parse2(Pat::parse_multi_with_leading_vert, tokens).ok()
        });
        match lowered {
            Some(pat) => self.expanded(mac, |lower| lower.pat(&pat)),
            None => self.add_pat(PatKind::Missing, span),
        }
    }
}

/// A field's name; tuple fields by their number.
pub(super) fn member(member: &Member) -> Symbol {
    match member {
        Member::Named(ident) => name(ident),
        Member::Unnamed(index) => sym(&index.index.to_string()),
    }
}

fn starts_upper(name: Symbol) -> bool {
    name.chars().next().is_some_and(char::is_uppercase)
}
