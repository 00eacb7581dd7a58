//! Functions: signatures, parameters and bodies.

use syn::{FnArg, Receiver, ReceiverKind, Safety, Signature};

use crate::span::Span;
use crate::syntax::hir::{BlockKind, Body, BodyId, ExprId, ItemIndex, Param, PatKind, TypeRef};
use crate::syntax::items::{FnItem, SelfKind};
use crate::syntax::lower::Lower;

impl Lower {
    /// A function's signature; the body follows when its item has an index.
    pub(super) fn signature(&self, sig: &Signature, is_foreign: bool) -> FnItem {
        FnItem {
            params: sig
                .inputs
                .iter()
                .map(|input| match input {
                    FnArg::Receiver(receiver) => self.receiver_type(receiver),
                    FnArg::Typed(typed) => self.ty(&typed.ty),
                })
                .collect(),
            self_kind: sig.receiver().map_or(SelfKind::None, self_kind),
            ret: self.return_type(&sig.output),
            is_async: sig.asyncness.is_some(),
            is_unsafe: matches!(sig.safety, Safety::Unsafe(_)),
            is_foreign,
            body: None,
        }
    }

    /// The first token of a signature.
    pub(super) fn signature_start(&self, sig: &Signature) -> Span {
        let first = match (&sig.constness, &sig.asyncness, &sig.safety, &sig.abi) {
            (Some(token), ..) => token.span,
            (_, Some(token), ..) => token.span,
            (_, _, Safety::Unsafe(token), _) => token.span,
            (_, _, Safety::Safe(token), _) => token.span,
            (_, _, _, Some(abi)) => abi.extern_token.span,
            _ => sig.fn_token.span,
        };
        self.span(first)
    }

    fn receiver_type(&self, receiver: &Receiver) -> TypeRef {
        let span = self.span(receiver.self_token.span);
        let own = || TypeRef::Path(Box::new(self.synthetic_path("Self", span)));
        match &receiver.kind {
            ReceiverKind::Reference(_, _, mutability) => TypeRef::Ref(mutability.is_some(), Box::new(own())),
            ReceiverKind::Typed(_, ty) => self.ty(ty),
            _ => own(),
        }
    }

    pub(super) fn function_body(&mut self, owner: ItemIndex, sig: &Signature, block: &syn::Block) -> BodyId {
        self.with_body(owner, |lower| {
            let params = sig.inputs.iter().map(|input| lower.param(input)).collect();
            let root = lower.block(block, BlockKind::Plain, None, None);
            (params, root, lower.expr_span(root))
        })
    }

    fn param(&mut self, input: &FnArg) -> Param {
        match input {
            FnArg::Typed(typed) => {
                let ty = self.ty(&typed.ty);
                Param { pat: self.pattern(&typed.pat), ty: Some(ty) }
            }
            FnArg::Receiver(receiver) => {
                let ty = self.receiver_type(receiver);
                let span = self.span(receiver.self_token.span);
                let ident = proc_macro2::Ident::new("self", receiver.self_token.span);
                let local = self.declare(&ident, receiver.mutability.is_some(), false);
                let pat = self.add_pat(PatKind::Binding { local, sub: None }, span);
                self.bind_pattern();
                Param { pat, ty: Some(ty) }
            }
        }
    }

    /// Lowers a body with `code`, which gives its parameters, root and range.
    pub(super) fn with_body(
        &mut self,
        owner: ItemIndex,
        code: impl FnOnce(&mut Self) -> (Vec<Param>, ExprId, Span),
    ) -> BodyId {
        let spare = self.spare.pop().unwrap_or_default();
        let outer = std::mem::replace(&mut self.body, spare);
        let outer_parent = self.parent.take();
        let (params, root, span) = code(self);
        self.parent = outer_parent;
        let mut state = std::mem::replace(&mut self.body, outer);
        let id = BodyId(self.file.bodies.len() as u32);
        self.file.bodies.push(Body {
            // Copied to their size; the room that they grew in serves the next body.
            exprs: state.exprs.drain(..).collect(),
            pats: state.pats.drain(..).collect(),
            locals: state.locals.drain(..).collect(),
            closures: state.closures.drain(..).collect(),
            params,
            root,
            module: self.module,
            owner,
            span,
        });
        state.clear();
        self.spare.push(state);
        id
    }
}

fn self_kind(receiver: &Receiver) -> SelfKind {
    match &receiver.kind {
        ReceiverKind::Reference(_, _, Some(_)) => SelfKind::Mut,
        ReceiverKind::Reference(_, _, None) => SelfKind::Ref,
        ReceiverKind::Typed(_, ty) => typed_self_kind(ty),
        _ => SelfKind::Owned,
    }
}

/// `self: &Self` and `self: Pin<&mut Self>` borrow, other types are taken by value.
fn typed_self_kind(ty: &syn::Type) -> SelfKind {
    match ty {
        syn::Type::Reference(reference) if reference.mutability.is_some() => SelfKind::Mut,
        syn::Type::Reference(_) => SelfKind::Ref,
        syn::Type::Path(path) => {
            let Some(last) = path.path.segments.last() else { return SelfKind::Owned };
            let syn::PathArguments::AngleBracketed(args) = &last.arguments else { return SelfKind::Owned };
            match args.args.first() {
                Some(syn::GenericArgument::Type(inner)) if last.ident == "Pin" => typed_self_kind(inner),
                _ => SelfKind::Owned,
            }
        }
        _ => SelfKind::Owned,
    }
}
