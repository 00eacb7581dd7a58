//! Replaces type parameters, and finds what they stand for by matching.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::symbol::Symbol;
use crate::types::ty::{Args, Bound, Bounds, Ty};

/// What type parameters stand for.
pub type Subst = FxHashMap<Symbol, Ty>;

/// `ty` with the parameters in `map` replaced; others stay.
#[must_use]
pub fn subst(ty: &Ty, map: &Subst) -> Ty {
    if map.is_empty() || !mentions(ty, map) {
        return ty.clone();
    }
    let list = |types: &Args| -> Args { types.iter().map(|t| subst(t, map)).collect() };
    let one = |t: &Arc<Ty>| Arc::new(subst(t, map));
    match ty {
        Ty::Unknown | Ty::Var(_) | Ty::Never | Ty::Prim(_) => ty.clone(),
        Ty::Adt(path, args) => Ty::Adt(*path, list(args)),
        Ty::Ref(mutable, t) => Ty::Ref(*mutable, one(t)),
        Ty::Ptr(t) => Ty::Ptr(one(t)),
        Ty::Tuple(parts) => Ty::Tuple(list(parts)),
        Ty::Slice(t) => Ty::Slice(one(t)),
        Ty::Array(t) => Ty::Array(one(t)),
        Ty::Fn(args, ret) => Ty::Fn(list(args), one(ret)),
        Ty::Closure(id, ret) => Ty::Closure(*id, one(ret)),
        Ty::Future(t, id) => Ty::Future(one(t), *id),
        Ty::Iterator(t) => Ty::Iterator(one(t)),
        Ty::Dyn(bounds) => Ty::Dyn(subst_bounds(bounds, map)),
        Ty::Impl(bounds) => Ty::Impl(subst_bounds(bounds, map)),
        Ty::Param(name, bounds) => match map.get(name) {
            Some(found) => found.clone(),
            None => Ty::Param(*name, subst_bounds(bounds, map)),
        },
    }
}

fn subst_bounds(bounds: &Bounds, map: &Subst) -> Bounds {
    let one = |bound: &Bound| Bound {
        path: bound.path,
        args: bound.args.iter().map(|t| subst(t, map)).collect(),
        assoc: bound.assoc.iter().map(|(name, t)| (*name, subst(t, map))).collect(),
    };
    bounds.iter().map(one).collect()
}

fn mentions(ty: &Ty, map: &Subst) -> bool {
    ty.any(&mut |t| matches!(t, Ty::Param(name, _) if map.contains_key(name)))
}

/// Matches `ty` against `pattern`, whose parameters are bound in `map`. What is unknown matches everything.
pub fn unify(pattern: &Ty, ty: &Ty, map: &mut Subst) -> bool {
    match (pattern, ty) {
        (Ty::Param(name, _), _) => {
            if !ty.is_unknown() {
                match map.get(name) {
                    None => {
                        map.insert(*name, ty.clone());
                    }
                    Some(known) if known.is_unknown() => {
                        map.insert(*name, ty.clone());
                    }
                    Some(_) => {}
                }
            }
            true
        }
        (Ty::Unknown | Ty::Var(_), _) | (_, Ty::Unknown | Ty::Var(_) | Ty::Param(..)) => true,
        (Ty::Adt(a, xs), Ty::Adt(b, ys)) => a == b && unify_lists(xs, ys, map),
        (Ty::Prim(a), Ty::Prim(b)) => a == b || literal(*b, *a) || literal(*a, *b),
        (Ty::Never, Ty::Never) => true,
        (Ty::Ref(_, a), Ty::Ref(_, b))
        | (Ty::Ptr(a), Ty::Ptr(b))
        | (Ty::Slice(a), Ty::Slice(b))
        | (Ty::Array(a), Ty::Array(b))
        | (Ty::Iterator(a), Ty::Iterator(b))
        | (Ty::Future(a, _), Ty::Future(b, _)) => unify(a, b, map),
        (Ty::Tuple(a), Ty::Tuple(b)) => a.len() == b.len() && unify_lists(a, b, map),
        (Ty::Fn(a, r), Ty::Fn(b, s)) => a.len() == b.len() && unify_lists(a, b, map) && unify(r, s, map),
        (Ty::Fn(_, r), Ty::Closure(_, s)) => unify(r, s, map),
        (Ty::Dyn(a), Ty::Dyn(b)) => a.first().map(|b| b.path) == b.first().map(|b| b.path),
        (Ty::Impl(_), _) => true,
        _ => false,
    }
}

/// Arguments that are not written match everything.
fn unify_lists(patterns: &[Ty], types: &[Ty], map: &mut Subst) -> bool {
    patterns.iter().zip(types).all(|(pattern, ty)| unify(pattern, ty, map))
}

fn literal(literal: Symbol, ty: Symbol) -> bool {
    match literal.as_str() {
        "{integer}" => ty.as_str().starts_with(['i', 'u']),
        "{float}" => ty.as_str().starts_with('f'),
        _ => false,
    }
}

/// Pairs parameters with arguments.
#[must_use]
pub fn pair(names: &[Symbol], args: &[Ty]) -> Subst {
    let known = |i: usize| args.get(i).cloned().unwrap_or_default();
    names.iter().enumerate().map(|(i, name)| (*name, known(i))).collect()
}
