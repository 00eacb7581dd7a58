//! Items of modules and blocks.

use syn::{ForeignItem, Item as SynItem, StaticMutability, Visibility};

use crate::span::Span;
use crate::symbol::{Symbol, sym};
use crate::syntax::hir::{ItemIndex, ModuleIndex, TypeRef};
use crate::syntax::items::{Attributes, Field, Fields, Generics, Item, ItemKind, Variant};
use crate::syntax::lower::attributes::is_only_in_tests;
use crate::syntax::lower::{Lower, name};

/// What every item has.
pub(super) struct Head<'a> {
    pub(super) ident: &'a proc_macro2::Ident,
    pub(super) attrs: &'a [syn::Attribute],
    pub(super) vis: &'a Visibility,
    pub(super) span: Span,
}

impl Lower {
    pub(super) fn items(&mut self, items: &[SynItem]) {
        for item in items {
            self.item(item);
        }
    }

    pub(super) fn item(&mut self, item: &SynItem) {
        match item {
            SynItem::Fn(item) => self.function(item),
            SynItem::Struct(item) => self.structure(item),
            SynItem::Union(item) => {
                let span = self
                    .start(&item.vis, item.union_token.span)
                    .to(self.span(item.fields.brace_token.span.close()));
                let fields = Fields::Named(self.named_fields(&item.fields));
                let head = Head { ident: &item.ident, attrs: &item.attrs, vis: &item.vis, span };
                self.add_item(&head, self.generics(&item.generics), ItemKind::Struct(fields));
            }
            SynItem::Enum(item) => self.enumeration(item),
            SynItem::Trait(item) => self.trait_item(item),
            SynItem::Impl(item) => self.impl_item(item),
            SynItem::Type(item) => {
                let span = self.start(&item.vis, item.type_token.span).to(self.span(item.semi_token.span));
                let head = Head { ident: &item.ident, attrs: &item.attrs, vis: &item.vis, span };
                let kind = ItemKind::TypeAlias(Some(self.ty(&item.ty)));
                self.add_item(&head, self.generics(&item.generics), kind);
            }
            SynItem::TraitAlias(item) => {
                let span = self.start(&item.vis, item.trait_token.span).to(self.span(item.semi_token.span));
                let head = Head { ident: &item.ident, attrs: &item.attrs, vis: &item.vis, span };
                let kind = ItemKind::Trait { supertraits: self.bounds(&item.bounds) };
                self.add_item(&head, self.generics(&item.generics), kind);
            }
            SynItem::Const(item) => {
                let span = self.start(&item.vis, item.const_token.span).to(self.span(item.semi_token.span));
                let head = Head { ident: &item.ident, attrs: &item.attrs, vis: &item.vis, span };
                let kind = ItemKind::Const { ty: self.ty(&item.ty), body: None, number: None };
                let index = self.add_item(&head, self.generics(&item.generics), kind);
                self.set_value(index, &item.expr);
            }
            SynItem::Static(item) => {
                let span = self.start(&item.vis, item.static_token.span).to(self.span(item.semi_token.span));
                let head = Head { ident: &item.ident, attrs: &item.attrs, vis: &item.vis, span };
                let mutable = matches!(item.mutability, StaticMutability::Mut(_));
                let kind = ItemKind::Static { ty: self.ty(&item.ty), body: None, mutable };
                let index = self.add_item(&head, Generics::default(), kind);
                self.set_value(index, &item.expr);
            }
            SynItem::Mod(item) => self.module_item(item),
            SynItem::ExternCrate(item) => {
                let span = self.start(&item.vis, item.extern_token.span).to(self.span(item.semi_token.span));
                let ident = item.rename.as_ref().map_or(&item.ident, |(_, rename)| rename);
                let head = Head { ident, attrs: &item.attrs, vis: &item.vis, span };
                let kind = ItemKind::ExternCrate { original: name(&item.ident) };
                self.add_item(&head, Generics::default(), kind);
            }
            SynItem::ForeignMod(block) => self.foreign_block(block),
            SynItem::Use(item) => {
                let span = self.start(&item.vis, item.use_token.span).to(self.span(item.semi_token.span));
                self.lint_attributes(&item.attrs, span);
                self.use_item(item, is_public(&item.vis));
            }
            SynItem::Macro(item) => {
                let mut span = self.macro_span(&item.mac);
                if let Some(semicolon) = &item.semi_token {
                    span = span.to(self.span(semicolon.span));
                }
                match &item.ident {
                    Some(ident) => {
                        let head = Head { ident, attrs: &item.attrs, vis: &Visibility::Inherited, span };
                        self.add_item(&head, Generics::default(), ItemKind::MacroRules);
                    }
                    None => self.item_macro_call(&item.mac, &item.attrs, span),
                }
            }
            _ => {}
        }
    }

    /// Appends an item to the current module and parent.
    pub(super) fn add_item(&mut self, head: &Head<'_>, generics: Generics, kind: ItemKind) -> ItemIndex {
        let attributes = self.attributes(head.attrs, head.span);
        let name_span = self.span(head.ident.span());
        let public = is_public(head.vis);
        self.push_item(name(head.ident), name_span, head.span, public, attributes, generics, kind)
    }

    #[allow(clippy::too_many_arguments, reason = "one for each field of an item")]
    pub(super) fn push_item(
        &mut self,
        name: Symbol,
        name_span: Span,
        span: Span,
        is_public: bool,
        attributes: Attributes,
        generics: Generics,
        kind: ItemKind,
    ) -> ItemIndex {
        let index = ItemIndex(self.file.items.len() as u32);
        let (module, parent) = (self.module, self.parent);
        self.file.items.push(Item {
            name,
            name_span,
            span,
            module,
            parent,
            is_public,
            attributes,
            generics,
            kind,
        });
        index
    }

    /// Lowers the value of a constant or static into a body, unless nothing can happen in it: bindings to C consist of
    /// tens of thousands of numbers. Of those a constant keeps the number itself.
    pub(super) fn set_value(&mut self, index: ItemIndex, value: &syn::Expr) {
        if is_plain(value) {
            if let ItemKind::Const { number, .. } = &mut self.file.items[index.index()].kind {
                *number = whole_number(value);
            }
            return;
        }
        let value = self.value_body(index, value);
        if let ItemKind::Const { body, .. } | ItemKind::Static { body, .. } =
            &mut self.file.items[index.index()].kind
        {
            *body = Some(value);
        }
    }

    /// Lowers the code of a function into a body.
    pub(super) fn set_body(&mut self, index: ItemIndex, sig: &syn::Signature, block: &syn::Block) {
        let code = self.function_body(index, sig, block);
        if let ItemKind::Fn(function) = &mut self.file.items[index.index()].kind {
            function.body = Some(code);
        }
    }

    /// The first token of an item: its visibility or the token given.
    pub(super) fn start(&self, vis: &Visibility, token: proc_macro2::Span) -> Span {
        match vis {
            Visibility::Public(token) => self.span(token.span),
            Visibility::Restricted(restricted) => self.span(restricted.pub_token.span),
            Visibility::Inherited => self.span(token),
        }
    }

    fn function(&mut self, item: &syn::ItemFn) {
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

    fn structure(&mut self, item: &syn::ItemStruct) {
        let end = match (&item.semi_token, &item.fields) {
            (Some(semicolon), _) => semicolon.span,
            (None, syn::Fields::Named(fields)) => fields.brace_token.span.close(),
            (None, syn::Fields::Unnamed(fields)) => fields.paren_token.span.close(),
            (None, syn::Fields::Unit) => item.ident.span(),
        };
        let span = self.start(&item.vis, item.struct_token.span).to(self.span(end));
        let head = Head { ident: &item.ident, attrs: &item.attrs, vis: &item.vis, span };
        let kind = ItemKind::Struct(self.fields(&item.fields));
        self.add_item(&head, self.generics(&item.generics), kind);
    }

    fn enumeration(&mut self, item: &syn::ItemEnum) {
        let span = self.start(&item.vis, item.enum_token.span).to(self.span(item.brace_token.span.close()));
        let variants = item.variants.iter().map(|variant| {
            let fields = self.fields(&variant.fields);
            self.lint_attributes(&variant.attrs, self.span(variant.ident.span()));
            Variant { name: name(&variant.ident), fields }
        });
        let variants = variants.collect();
        let head = Head { ident: &item.ident, attrs: &item.attrs, vis: &item.vis, span };
        self.add_item(&head, self.generics(&item.generics), ItemKind::Enum(variants));
    }

    fn fields(&mut self, fields: &syn::Fields) -> Fields {
        match fields {
            syn::Fields::Unit => Fields::Unit,
            syn::Fields::Named(fields) => Fields::Named(self.named_fields(fields)),
            syn::Fields::Unnamed(fields) => Fields::Tuple(
                fields
                    .unnamed
                    .iter()
                    .enumerate()
                    .map(|(position, field)| {
                        let span = self.printed(&field.ty);
                        self.lint_attributes(&field.attrs, span);
                        let cfg_test = is_only_in_tests(&field.attrs);
                        Field { name: sym(&position.to_string()), ty: self.ty(&field.ty), span, cfg_test }
                    })
                    .collect(),
            ),
        }
    }

    fn named_fields(&mut self, fields: &syn::FieldsNamed) -> Vec<Field> {
        let mut out = Vec::with_capacity(fields.named.len());
        for field in &fields.named {
            let Some(ident) = &field.ident else { continue };
            let span = self.span(ident.span());
            if !field.attrs.is_empty() {
                self.lint_attributes(&field.attrs, span.to(self.printed(&field.ty)));
            }
            let cfg_test = is_only_in_tests(&field.attrs);
            out.push(Field { name: name(ident), ty: self.ty(&field.ty), span, cfg_test });
        }
        out
    }

    fn module_item(&mut self, item: &syn::ItemMod) {
        let end = match (&item.content, &item.semi) {
            (Some((brace, _)), _) => brace.span.close(),
            (None, Some(semicolon)) => semicolon.span,
            (None, None) => item.ident.span(),
        };
        let span = self.start(&item.vis, item.mod_token.span).to(self.span(end));
        let head = Head { ident: &item.ident, attrs: &item.attrs, vis: &item.vis, span };
        let index = self.add_item(&head, Generics::default(), ItemKind::Mod { inline: None });
        let Some((_, items)) = &item.content else { return };
        let cfg_test = self.file.items[index.index()].attributes.cfg_test;
        let module = self.add_module(name(&item.ident), false, cfg_test, span);
        self.file.items[index.index()].kind = ItemKind::Mod { inline: Some(module) };
        self.inside(module, |lower| lower.items(items));
    }

    fn inside(&mut self, module: ModuleIndex, code: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.module, module);
        code(self);
        self.module = outer;
    }

    fn foreign_block(&mut self, block: &syn::ItemForeignMod) {
        let whole = self.span(block.abi.extern_token.span).to(self.span(block.brace_token.span.close()));
        let outer = self.attributes(&block.attrs, whole);
        for item in &block.items {
            match item {
                ForeignItem::Fn(item) => {
                    let start = match &item.vis {
                        Visibility::Inherited => self.signature_start(&item.sig),
                        vis => self.start(vis, item.sig.fn_token.span),
                    };
                    let span = start.to(self.span(item.semi_token.span));
                    let head = Head { ident: &item.sig.ident, attrs: &item.attrs, vis: &item.vis, span };
                    let mut function = self.signature(&item.sig, true);
                    function.is_unsafe |= !matches!(item.sig.safety, syn::Safety::Safe(_));
                    let kind = ItemKind::Fn(Box::new(function));
                    let index = self.add_item(&head, self.generics(&item.sig.generics), kind);
                    self.file.items[index.index()].attributes.cfg_test |= outer.cfg_test;
                }
                ForeignItem::Static(item) => {
                    let span =
                        self.start(&item.vis, item.static_token.span).to(self.span(item.semi_token.span));
                    let head = Head { ident: &item.ident, attrs: &item.attrs, vis: &item.vis, span };
                    let mutable = matches!(item.mutability, StaticMutability::Mut(_));
                    let kind = ItemKind::Static { ty: self.ty(&item.ty), body: None, mutable };
                    self.add_item(&head, Generics::default(), kind);
                }
                ForeignItem::Type(item) => {
                    let span =
                        self.start(&item.vis, item.type_token.span).to(self.span(item.semi_token.span));
                    let head = Head { ident: &item.ident, attrs: &item.attrs, vis: &item.vis, span };
                    self.add_item(&head, Generics::default(), ItemKind::TypeAlias(None));
                }
                _ => {}
            }
        }
    }

    /// An entry of `lazy_static!` or `thread_local!`: a static whose type is wrapped.
    pub(super) fn wrapped_static(
        &mut self,
        head: &Head<'_>,
        wrapper: &str,
        ty: &syn::Type,
        value: &syn::Expr,
    ) {
        let mut path = self.synthetic_path(wrapper, head.span);
        let args = crate::syntax::hir::GenericArgs { types: vec![self.ty(ty)], bindings: Vec::new() };
        if let Some(last) = path.segments.last_mut() {
            last.args = Some(Box::new(args));
        }
        let kind = ItemKind::Static { ty: TypeRef::Path(Box::new(path)), body: None, mutable: false };
        let index = self.add_item(head, Generics::default(), kind);
        self.set_value(index, value);
    }
}

/// `pub` of some kind.
pub(super) fn is_public(vis: &Visibility) -> bool {
    !matches!(vis, Visibility::Inherited)
}

/// The value of a literal such as `50` or `1_000u64`.
fn whole_number(value: &syn::Expr) -> Option<u64> {
    match value {
        syn::Expr::Lit(literal) => match &literal.lit {
            syn::Lit::Int(number) => number.base10_parse().ok(),
            _ => None,
        },
        syn::Expr::Paren(inner) => whole_number(&inner.expr),
        syn::Expr::Group(inner) => whole_number(&inner.expr),
        _ => None,
    }
}

/// Whether an expression only names and combines values. A name in small letters may be a function, which whoever looks
/// for its callers must see.
fn is_plain(mut value: &syn::Expr) -> bool {
    use syn::Expr;
    // A sum of thousands leans to the left.
    while let Expr::Binary(binary) = value {
        if !is_plain(&binary.right) {
            return false;
        }
        value = &binary.left;
    }
    match value {
        Expr::Lit(_) => true,
        Expr::Path(path) => path.path.segments.last().is_some_and(|last| {
            last.arguments.is_none() && !last.ident.to_string().starts_with(|c: char| c.is_lowercase())
        }),
        Expr::Paren(inner) => is_plain(&inner.expr),
        Expr::Group(inner) => is_plain(&inner.expr),
        Expr::Unary(unary) => is_plain(&unary.expr),
        Expr::Reference(reference) => is_plain(&reference.expr),
        Expr::Cast(cast) => is_plain(&cast.expr),
        Expr::Array(array) => array.elems.iter().all(is_plain),
        Expr::Tuple(tuple) => tuple.elems.iter().all(is_plain),
        Expr::Repeat(repeat) => is_plain(&repeat.expr) && is_plain(&repeat.len),
        _ => false,
    }
}
