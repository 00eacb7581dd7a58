//! Types, paths, bounds and generics as written.

use syn::punctuated::Punctuated;
use syn::{
    GenericArgument, GenericParam, PathArguments, PointerMutability, QSelf, ReturnType, Token, Type,
    TypeParamBound, WherePredicate,
};

use crate::span::Span;
use crate::symbol::sym;
use crate::syntax::hir::{GenericArgs, PathRef, Segment, TypeRef};
use crate::syntax::items::Generics;
use crate::syntax::lower::{Lower, name};

impl Lower {
    pub(super) fn ty(&self, ty: &Type) -> TypeRef {
        match ty {
            Type::Array(array) => TypeRef::Array(Box::new(self.ty(&array.elem))),
            Type::FnPtr(function) => TypeRef::Fn(
                function.inputs.iter().map(|input| self.ty(&input.ty)).collect(),
                Box::new(self.return_type(&function.output)),
            ),
            Type::Group(group) => self.ty(&group.elem),
            Type::Paren(paren) => self.ty(&paren.elem),
            Type::ImplTrait(bounds) => TypeRef::Impl(self.bounds(&bounds.bounds)),
            Type::TraitObject(bounds) => TypeRef::Dyn(self.bounds(&bounds.bounds)),
            Type::Infer(_) => TypeRef::Infer,
            Type::Never(_) => TypeRef::Never,
            Type::Path(path) => TypeRef::Path(Box::new(self.path(&path.path, path.qself.as_ref()))),
            Type::Ptr(pointer) => TypeRef::Ptr(Box::new(self.ty(&pointer.elem))),
            Type::Reference(reference) => {
                TypeRef::Ref(reference.mutability.is_some(), Box::new(self.ty(&reference.elem)))
            }
            Type::Slice(slice) => TypeRef::Slice(Box::new(self.ty(&slice.elem))),
            Type::Tuple(tuple) => TypeRef::Tuple(tuple.elems.iter().map(|elem| self.ty(elem)).collect()),
            _ => TypeRef::Unknown,
        }
    }

    pub(super) fn return_type(&self, output: &ReturnType) -> TypeRef {
        match output {
            ReturnType::Default => TypeRef::unit(),
            ReturnType::Type(_, ty) => self.ty(ty),
        }
    }

    /// A path; `qself` is the `<T as …>` before it.
    pub(super) fn path(&self, path: &syn::Path, qself: Option<&QSelf>) -> PathRef {
        PathRef {
            global: path.leading_colon.is_some(),
            qself: qself.map(|qself| Box::new((self.ty(&qself.ty), qself.position))),
            segments: path
                .segments
                .iter()
                .map(|segment| Segment {
                    name: name(&segment.ident),
                    args: self.path_arguments(&segment.arguments).map(Box::new),
                })
                .collect(),
            span: self.path_span(path, qself),
        }
    }

    fn path_span(&self, path: &syn::Path, qself: Option<&QSelf>) -> Span {
        // Most paths are one name, and asking for a place has its price.
        if let (None, Some(ident)) = (qself, path.get_ident()) {
            return self.span(ident.span());
        }
        let end = path.segments.last().map_or(self.here.get(), |segment| match &segment.arguments {
            PathArguments::None => self.span(segment.ident.span()),
            PathArguments::AngleBracketed(args) => self.span(args.gt_token.span),
            PathArguments::Parenthesized(args) => match &args.output {
                ReturnType::Default => self.span(args.paren_token.span.close()),
                ReturnType::Type(_, ty) => self.printed(ty),
            },
        });
        let start = match (qself, &path.leading_colon, path.segments.first()) {
            (Some(qself), _, _) => self.span(qself.lt_token.span),
            (None, Some(colons), _) => self.span(colons.spans[0]),
            (None, None, Some(segment)) => self.span(segment.ident.span()),
            (None, None, None) => end,
        };
        start.to(end)
    }

    fn path_arguments(&self, arguments: &PathArguments) -> Option<GenericArgs> {
        match arguments {
            PathArguments::None => None,
            PathArguments::AngleBracketed(args) => Some(self.generic_args(args)),
            PathArguments::Parenthesized(args) => Some(GenericArgs {
                types: vec![TypeRef::Tuple(args.inputs.iter().map(|input| self.ty(&input.ty)).collect())],
                bindings: vec![(sym("Output"), self.return_type(&args.output))],
            }),
        }
    }

    pub(super) fn generic_args(&self, args: &syn::AngleBracketedGenericArguments) -> GenericArgs {
        let mut out = GenericArgs::default();
        for arg in &args.args {
            match arg {
                GenericArgument::Type(ty) => out.types.push(self.ty(ty)),
                GenericArgument::Const(_) => out.types.push(TypeRef::Unknown),
                GenericArgument::AssocType(assoc) => {
                    out.bindings.push((name(&assoc.ident), self.ty(&assoc.ty)))
                }
                GenericArgument::Constraint(constraint) => {
                    let bounds = TypeRef::Impl(self.bounds(&constraint.bounds));
                    out.bindings.push((name(&constraint.ident), bounds));
                }
                _ => {}
            }
        }
        out
    }

    /// Trait bounds; lifetimes and `?Sized` left out.
    pub(super) fn bounds(&self, bounds: &Punctuated<TypeParamBound, Token![+]>) -> Vec<PathRef> {
        bounds
            .iter()
            .filter_map(|bound| match bound {
                TypeParamBound::Trait(bound) if bound.maybe.is_none() => Some(self.path(&bound.path, None)),
                _ => None,
            })
            .collect()
    }

    pub(super) fn generics(&self, generics: &syn::Generics) -> Generics {
        let params = generics.params.iter().filter_map(|param| match param {
            GenericParam::Type(param) => Some((name(&param.ident), self.bounds(&param.bounds))),
            _ => None,
        });
        let predicates = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
        let predicates = predicates.filter_map(|predicate| match predicate {
            WherePredicate::Type(predicate) => {
                Some((self.ty(&predicate.bounded_ty), self.bounds(&predicate.bounds)))
            }
            _ => None,
        });
        Generics {
            params: params.collect(),
            has_lifetimes: generics.lifetimes().next().is_some(),
            predicates: predicates.collect(),
        }
    }

    /// A path that nobody wrote.
    pub(super) fn synthetic_path(&self, text: &str, span: Span) -> PathRef {
        let segments = text.split("::").map(|segment| Segment { name: sym(segment), args: None }).collect();
        PathRef { global: false, qself: None, segments, span }
    }
}

/// `*mut` or `&raw mut`.
pub(super) fn is_mutable(mutability: &PointerMutability) -> bool {
    matches!(mutability, PointerMutability::Mut(_))
}
