//! Impls and traits with their items.

use syn::{ImplItem, TraitItem, Visibility};

use crate::symbol::sym;
use crate::syntax::hir::ItemIndex;
use crate::syntax::items::{Generics, ItemKind};
use crate::syntax::lower::Lower;
use crate::syntax::lower::items::Head;

impl Lower {
    pub(super) fn impl_item(&mut self, item: &syn::ItemImpl) {
        let keyword = self.span(item.impl_token.span);
        let start = item.unsafety.as_ref().map_or(keyword, |token| self.span(token.span));
        let span = start.to(self.span(item.brace_token.span.close()));
        let attributes = self.attributes(&item.attrs, span);
        let kind = ItemKind::Impl {
            // `impl !Send for T` promises nothing that could be called.
            trait_path: item.trait_.as_ref().map(|(path, _)| Box::new(self.path(path, None))),
            self_ty: self.ty(&item.self_ty),
        };
        let generics = self.generics(&item.generics);
        let index = self.push_item(sym(""), keyword, span, false, attributes, generics, kind);
        self.within(index, |lower| {
            for item in &item.items {
                lower.impl_part(item);
            }
        });
    }

    pub(super) fn trait_item(&mut self, item: &syn::ItemTrait) {
        let first = match (&item.unsafety, &item.modifiers.auto_token) {
            (Some(token), _) => token.span,
            (None, Some(token)) => token.span,
            (None, None) => item.trait_token.span,
        };
        let span = self.start(&item.vis, first).to(self.span(item.brace_token.span.close()));
        let head = Head { ident: &item.ident, attrs: &item.attrs, vis: &item.vis, span };
        let kind = ItemKind::Trait { supertraits: self.bounds(&item.supertraits) };
        let index = self.add_item(&head, self.generics(&item.generics), kind);
        self.within(index, |lower| {
            for item in &item.items {
                lower.trait_part(item);
            }
        });
    }

    fn within(&mut self, index: ItemIndex, code: impl FnOnce(&mut Self)) {
        let outer = self.parent.replace(index);
        code(self);
        self.parent = outer;
    }

    pub(super) fn impl_part(&mut self, item: &ImplItem) {
        match item {
            ImplItem::Fn(item) => {
                let start = match &item.vis {
                    Visibility::Inherited => self.signature_start(&item.sig),
                    vis => self.start(vis, item.sig.fn_token.span),
                };
                let span = start.to(self.span(item.block.brace_token.span.close()));
                let head = Head { ident: &item.sig.ident, attrs: &item.attrs, vis: &item.vis, span };
                let kind = ItemKind::Fn(Box::new(self.signature(&item.sig, false)));
                let index = self.add_item(&head, self.generics(&item.sig.generics), kind);
                self.set_body(index, &item.sig, &item.block);
            }
            ImplItem::Const(item) => {
                let span = self.start(&item.vis, item.const_token.span).to(self.span(item.semi_token.span));
                let head = Head { ident: &item.ident, attrs: &item.attrs, vis: &item.vis, span };
                let kind = ItemKind::Const { ty: self.ty(&item.ty), body: None, number: None };
                let index = self.add_item(&head, self.generics(&item.generics), kind);
                self.set_value(index, &item.expr);
            }
            ImplItem::Type(item) => {
                let span = self.start(&item.vis, item.type_token.span).to(self.span(item.semi_token.span));
                let head = Head { ident: &item.ident, attrs: &item.attrs, vis: &item.vis, span };
                let kind = ItemKind::TypeAlias(Some(self.ty(&item.ty)));
                self.add_item(&head, self.generics(&item.generics), kind);
            }
            ImplItem::Macro(item) => self.impl_macro_call(&item.mac),
            _ => {}
        }
    }

    pub(super) fn trait_part(&mut self, item: &TraitItem) {
        let vis = &Visibility::Inherited;
        match item {
            TraitItem::Fn(item) => {
                let end = match (&item.default, &item.semi_token) {
                    (Some(block), _) => block.brace_token.span.close(),
                    (None, Some(semicolon)) => semicolon.span,
                    (None, None) => item.sig.paren_token.span.close(),
                };
                let span = self.signature_start(&item.sig).to(self.span(end));
                let head = Head { ident: &item.sig.ident, attrs: &item.attrs, vis, span };
                let kind = ItemKind::Fn(Box::new(self.signature(&item.sig, false)));
                let index = self.add_item(&head, self.generics(&item.sig.generics), kind);
                if let Some(block) = &item.default {
                    self.set_body(index, &item.sig, block);
                }
            }
            TraitItem::Const(item) => {
                let span = self.span(item.const_token.span).to(self.span(item.semi_token.span));
                let head = Head { ident: &item.ident, attrs: &item.attrs, vis, span };
                let kind = ItemKind::Const { ty: self.ty(&item.ty), body: None, number: None };
                let index = self.add_item(&head, self.generics(&item.generics), kind);
                if let Some((_, value)) = &item.default {
                    self.set_value(index, value);
                }
            }
            TraitItem::Type(item) => {
                let span = self.span(item.type_token.span).to(self.span(item.semi_token.span));
                let head = Head { ident: &item.ident, attrs: &item.attrs, vis, span };
                let mut generics: Generics = self.generics(&item.generics);
                let bounds = self.bounds(&item.bounds);
                if !bounds.is_empty() {
                    // `type Item: A;` bounds the associated type like a where clause on it would.
                    let own = self.synthetic_path(&format!("Self::{}", super::name(&item.ident)), span);
                    generics.predicates.push((crate::syntax::hir::TypeRef::Path(Box::new(own)), bounds));
                }
                let kind = ItemKind::TypeAlias(item.default.as_ref().map(|(_, ty)| self.ty(ty)));
                self.add_item(&head, generics, kind);
            }
            TraitItem::Macro(item) => self.trait_macro_call(&item.mac),
            _ => {}
        }
    }
}
