//! Inference variables and unification.
//!
//! A variable is *free* (a type argument that the code itself will settle: `Vec::new()`) or *opaque* (the
//! value of something not understood). The difference matters where Rust coerces: `f(&x)` settles a free
//! variable as the compiler does, but must not make an opaque `x` what `f` wants, since `x` may deref to it.

use std::sync::Arc;

use crate::symbol::sym;
use crate::syntax::hir::ClosureId;
use crate::types::ty::{Args, Bound, Bounds, List, MOST_PARTS, Ty};

/// Types nest at most this far; what lies deeper is unknown. Also stops cyclic types.
const DEEPEST: usize = 24;
/// Most parts that one question looks at, some of them again and again.
const MOST_STEPS: usize = 10_000;

#[derive(Clone, Debug)]
enum Slot {
    Free,
    Opaque,
    Link(u32),
    Bound(Ty),
}

/// The variables of a body.
#[derive(Debug, Default)]
pub(super) struct Vars {
    slots: Vec<Slot>,
    /// Parameter types of each closure.
    closures: Vec<Option<Args>>,
    /// How many parts the question that is being answered may still look at.
    steps: usize,
}

impl Vars {
    /// A variable that the code will settle.
    pub(super) fn free(&mut self) -> Ty {
        self.push(Slot::Free)
    }

    /// A variable for something not understood so far.
    pub(super) fn opaque(&mut self) -> Ty {
        self.push(Slot::Opaque)
    }

    /// A variable that is `ty` until something more exact comes: literals.
    pub(super) fn bound(&mut self, ty: Ty) -> Ty {
        self.push(Slot::Bound(ty))
    }

    /// Counts a part; `false` when there were too many.
    fn step(&mut self) -> bool {
        let left = self.steps.checked_sub(1);
        self.steps = left.unwrap_or(0);
        left.is_some()
    }

    fn push(&mut self, slot: Slot) -> Ty {
        let index = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        self.slots.push(slot);
        Ty::Var(index)
    }

    /// Tells the parameter types of a closure.
    pub(super) fn set_closure(&mut self, id: ClosureId, params: Args) {
        if self.closures.len() <= id.index() {
            self.closures.resize(id.index() + 1, None);
        }
        if let Some(slot) = self.closures.get_mut(id.index()) {
            *slot = Some(params);
        }
    }

    /// The parameter types of a closure.
    pub(super) fn closure(&self, id: ClosureId) -> Option<Args> {
        self.closures.get(id.index())?.clone()
    }

    fn root(&mut self, var: u32) -> u32 {
        let mut at = var;
        while let Some(Slot::Link(next)) = self.slots.get(at as usize) {
            at = *next;
        }
        if at != var
            && let Some(slot) = self.slots.get_mut(var as usize)
        {
            *slot = Slot::Link(at);
        }
        at
    }

    fn slot(&self, root: u32) -> &Slot {
        self.slots.get(root as usize).unwrap_or(&Slot::Opaque)
    }

    fn set(&mut self, root: u32, slot: Slot) {
        if let Some(place) = self.slots.get_mut(root as usize) {
            *place = slot;
        }
    }

    /// The type with its outermost variable resolved.
    pub(super) fn shallow(&mut self, ty: &Ty) -> Ty {
        let mut ty = ty.clone();
        for _ in 0..DEEPEST {
            let Ty::Var(var) = ty else { return ty };
            let root = self.root(var);
            match self.slot(root) {
                Slot::Bound(inner) => ty = inner.clone(),
                _ => return Ty::Var(root),
            }
        }
        ty
    }

    /// Whether nothing is known of it, not even that it will be settled.
    pub(super) fn is_open(&mut self, ty: &Ty) -> bool {
        self.shallow(ty).is_unknown()
    }

    /// Whether it is a variable of something not understood.
    pub(super) fn is_opaque(&mut self, ty: &Ty) -> bool {
        match self.shallow(ty) {
            Ty::Unknown => true,
            Ty::Var(var) => matches!(self.slot(var), Slot::Opaque),
            _ => false,
        }
    }

    /// The type without variables; what is open becomes unknown.
    pub(super) fn deep(&mut self, ty: &Ty) -> Ty {
        self.steps = MOST_STEPS;
        let deep = self.map(ty, DEEPEST);
        // Many expressions have the type of one variable: the next finds it done, and shares its parts.
        if let Ty::Var(var) = ty
            && !deep.is_unknown()
        {
            let root = self.root(*var);
            if matches!(self.slot(root), Slot::Bound(inner) if !matches!(inner, Ty::Var(_))) {
                self.set(root, Slot::Bound(deep.clone()));
            }
        }
        deep
    }

    /// The variable that a variable is the same as.
    pub(super) fn root_of(&mut self, ty: &Ty) -> Option<u32> {
        match ty {
            Ty::Var(var) => Some(self.root(*var)),
            _ => None,
        }
    }

    /// A part of a type; the same one when no variable is in it.
    fn map_part(&mut self, ty: &Arc<Ty>, depth: usize) -> Arc<Ty> {
        if self.is_settled(ty, depth) { Arc::clone(ty) } else { Arc::new(self.map(ty, depth)) }
    }

    fn map(&mut self, ty: &Ty, depth: usize) -> Ty {
        let Some(depth) = depth.checked_sub(1).filter(|_| self.step()) else { return Ty::Unknown };
        match self.shallow(ty) {
            Ty::Var(_) => Ty::Unknown,
            Ty::Adt(path, args) => Ty::Adt(path, self.map_all(&args, depth)),
            Ty::Ref(m, t) => Ty::Ref(m, self.map_part(&t, depth)),
            Ty::Ptr(t) => Ty::Ptr(self.map_part(&t, depth)),
            Ty::Tuple(parts) => Ty::Tuple(self.map_all(&parts, depth)),
            Ty::Slice(t) => Ty::Slice(self.map_part(&t, depth)),
            Ty::Array(t) => Ty::Array(self.map_part(&t, depth)),
            Ty::Fn(args, ret) => Ty::Fn(self.map_all(&args, depth), self.map_part(&ret, depth)),
            Ty::Closure(id, ret) => Ty::Closure(id, self.map_part(&ret, depth)),
            Ty::Future(t, id) => Ty::Future(self.map_part(&t, depth), id),
            Ty::Iterator(t) => Ty::Iterator(self.map_part(&t, depth)),
            Ty::Dyn(bounds) => Ty::Dyn(self.map_bounds(bounds, depth)),
            Ty::Impl(bounds) => Ty::Impl(self.map_bounds(bounds, depth)),
            Ty::Param(name, bounds) => Ty::Param(name, self.map_bounds(bounds, depth)),
            plain @ (Ty::Unknown | Ty::Never | Ty::Prim(_)) => plain,
        }
    }

    fn map_all(&mut self, types: &Args, depth: usize) -> Args {
        if types.iter().all(|t| self.is_settled(t, depth)) {
            return types.clone();
        }
        types.iter().map(|t| self.map(t, depth)).collect()
    }

    /// Whether no variable is in a type, as far as the kinds of types go that are made often.
    fn is_settled(&mut self, ty: &Ty, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1).filter(|_| self.step()) else { return false };
        match ty {
            Ty::Unknown | Ty::Never | Ty::Prim(_) => true,
            Ty::Adt(_, parts) | Ty::Tuple(parts) => parts.iter().all(|t| self.is_settled(t, depth)),
            Ty::Ref(_, t)
            | Ty::Ptr(t)
            | Ty::Slice(t)
            | Ty::Array(t)
            | Ty::Closure(_, t)
            | Ty::Future(t, _)
            | Ty::Iterator(t) => self.is_settled(t, depth),
            Ty::Var(_) | Ty::Fn(..) | Ty::Dyn(_) | Ty::Impl(_) | Ty::Param(..) => false,
        }
    }

    fn map_bounds(&mut self, bounds: Bounds, depth: usize) -> Bounds {
        if bounds.iter().all(|b| b.args.is_empty() && b.assoc.is_empty()) {
            return bounds;
        }
        bounds
            .iter()
            .map(|b| Bound {
                path: b.path,
                args: self.map_all(&b.args, depth),
                assoc: b.assoc.iter().map(|(n, t)| (*n, self.map(t, depth))).collect(),
            })
            .collect()
    }

    /// Makes both the same as far as that is possible; contradictions are left alone, since what they mean
    /// is a coercion.
    pub(super) fn unify(&mut self, a: &Ty, b: &Ty) {
        self.steps = MOST_STEPS;
        self.join(a, b, false, DEEPEST);
    }

    /// Settles a variable of any kind: what stood for something not understood is understood now.
    pub(super) fn settle(&mut self, var: &Ty, ty: &Ty) {
        if let Ty::Var(index) = self.shallow(var) {
            let ty = self.shallow(ty);
            if ty.is_unknown() {
                if let Ty::Var(other) = ty
                    && other != index
                {
                    self.set(index, Slot::Link(other));
                }
            } else if !self.occurs_or_grows(index, &ty) {
                self.set(index, Slot::Bound(ty));
            }
        } else {
            self.unify(var, ty);
        }
    }

    fn join(&mut self, a: &Ty, b: &Ty, under_ref: bool, depth: usize) {
        let Some(depth) = depth.checked_sub(1).filter(|_| self.step()) else { return };
        if self.narrow_literal(a, b) || self.narrow_literal(b, a) {
            return;
        }
        match (self.shallow(a), self.shallow(b)) {
            (Ty::Unknown | Ty::Never, _) | (_, Ty::Unknown | Ty::Never) => {}
            (Ty::Var(x), Ty::Var(y)) => {
                if x != y && matches!(self.slot(x), Slot::Free) {
                    self.set(x, Slot::Link(y));
                } else if x != y {
                    self.set(y, Slot::Link(x));
                }
            }
            (Ty::Var(x), ty) | (ty, Ty::Var(x)) => {
                let allowed = match self.slot(x) {
                    Slot::Free => true,
                    _ => !under_ref && never_coerced_to(&ty),
                };
                if allowed && !self.occurs_or_grows(x, &ty) {
                    self.set(x, Slot::Bound(ty));
                }
            }
            (Ty::Adt(p, xs), Ty::Adt(q, ys)) if p == q => self.join_all(&xs, &ys, depth),
            (Ty::Tuple(xs), Ty::Tuple(ys)) if xs.len() == ys.len() => self.join_all(&xs, &ys, depth),
            (Ty::Ref(_, x), Ty::Ref(_, y)) => self.join(&x, &y, true, depth),
            (Ty::Ptr(x) | Ty::Ref(_, x), Ty::Ptr(y)) | (Ty::Ptr(x), Ty::Ref(_, y)) => {
                self.join(&x, &y, true, depth)
            }
            (Ty::Slice(x) | Ty::Array(x), Ty::Slice(y) | Ty::Array(y))
            | (Ty::Iterator(x), Ty::Iterator(y))
            | (Ty::Future(x, _), Ty::Future(y, _)) => self.join(&x, &y, false, depth),
            (Ty::Fn(xs, x), Ty::Fn(ys, y)) => {
                self.join_all(&xs, &ys, depth);
                self.join(&x, &y, false, depth);
            }
            (Ty::Closure(id, x), Ty::Fn(ys, y)) | (Ty::Fn(ys, y), Ty::Closure(id, x)) => {
                if let Some(xs) = self.closure(id) {
                    self.join_all(&xs, &ys, depth);
                }
                self.join(&x, &y, false, depth);
            }
            (Ty::Dyn(xs) | Ty::Impl(xs), Ty::Dyn(ys) | Ty::Impl(ys)) => {
                for (x, y) in xs.iter().zip(ys.iter()).filter(|(x, y)| x.path == y.path) {
                    self.join_all(&x.args, &y.args, depth);
                    for (name, ty) in x.assoc.iter() {
                        if let Some((_, other)) = y.assoc.iter().find(|(n, _)| n == name) {
                            self.join(ty, other, false, depth);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn join_all(&mut self, xs: &[Ty], ys: &[Ty], depth: usize) {
        for (x, y) in xs.iter().zip(ys) {
            self.join(x, y, false, depth);
        }
    }

    /// A literal takes the number type that it meets.
    fn narrow_literal(&mut self, literal: &Ty, number: &Ty) -> bool {
        let Ty::Var(var) = literal else { return false };
        let root = self.root(*var);
        let Slot::Bound(Ty::Prim(kind)) = self.slot(root) else { return false };
        let integer = match kind.as_str() {
            "{integer}" => true,
            "{float}" => false,
            _ => return false,
        };
        let Ty::Prim(name) = self.shallow(number) else { return false };
        let fits = if integer { is_integer(&name) } else { is_float(&name) };
        if fits {
            self.set(root, Slot::Bound(Ty::Prim(name)));
        }
        fits
    }

    /// Whether a variable is in a type, or the type too large for it.
    fn occurs_or_grows(&mut self, var: u32, ty: &Ty) -> bool {
        let before = std::mem::replace(&mut self.steps, MOST_PARTS);
        let found = self.occurs(var, ty, DEEPEST);
        self.steps = before;
        found
    }

    fn occurs(&mut self, var: u32, ty: &Ty, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1).filter(|_| self.step()) else { return true };
        match self.shallow(ty) {
            Ty::Var(other) => other == var,
            Ty::Unknown | Ty::Never | Ty::Prim(_) => false,
            Ty::Adt(_, args) | Ty::Tuple(args) => args.iter().any(|t| self.occurs(var, t, depth)),
            Ty::Ref(_, t)
            | Ty::Ptr(t)
            | Ty::Slice(t)
            | Ty::Array(t)
            | Ty::Closure(_, t)
            | Ty::Future(t, _)
            | Ty::Iterator(t) => self.occurs(var, &t, depth),
            Ty::Fn(args, ret) => {
                args.iter().any(|t| self.occurs(var, t, depth)) || self.occurs(var, &ret, depth)
            }
            Ty::Dyn(bounds) | Ty::Impl(bounds) | Ty::Param(_, bounds) => bounds.iter().any(|b| {
                b.args.iter().any(|t| self.occurs(var, t, depth))
                    || b.assoc.iter().any(|(_, t)| self.occurs(var, t, depth))
            }),
        }
    }
}

/// Whether a value in a place of this type has exactly this type, for want of coercions to it.
fn never_coerced_to(ty: &Ty) -> bool {
    match ty {
        Ty::Prim(_) => true,
        Ty::Tuple(parts) => !parts.is_empty(),
        Ty::Adt(path, args) => {
            !matches!(
                path.as_str(),
                "std::boxed::Box" | "std::sync::Arc" | "std::rc::Rc" | "std::pin::Pin" | "std::cell::Ref"
            ) || !args.iter().any(|t| matches!(t, Ty::Dyn(_) | Ty::Slice(_) | Ty::Var(_) | Ty::Unknown))
        }
        _ => false,
    }
}

/// `u8`, …, `isize`
pub(super) fn is_integer(name: &str) -> bool {
    matches!(
        name,
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "i8" | "i16" | "i32" | "i64" | "i128" | "isize"
    )
}

/// `f32`, `f64`
pub(super) fn is_float(name: &str) -> bool {
    matches!(name, "f32" | "f64" | "f16" | "f128")
}

/// A callable type's parameters and result: functions, `Fn` bounds, boxes and references of such. Closures
/// keep their parameters in [`Vars`].
pub(super) fn callable(vars: &mut Vars, ty: &Ty) -> Option<(Args, Ty)> {
    let mut ty = vars.shallow(ty);
    for _ in 0..DEEPEST {
        ty = match ty {
            Ty::Fn(args, ret) => return Some((args, (*ret).clone())),
            Ty::Closure(id, ret) => return Some((vars.closure(id)?, (*ret).clone())),
            Ty::Dyn(bounds) | Ty::Impl(bounds) | Ty::Param(_, bounds) => return fn_bound(vars, &bounds),
            Ty::Ref(_, inner) => vars.shallow(&inner),
            Ty::Adt(path, args)
                if matches!(
                    path.as_str(),
                    "std::boxed::Box" | "std::sync::Arc" | "std::rc::Rc" | "std::pin::Pin"
                ) =>
            {
                vars.shallow(args.first()?)
            }
            _ => return None,
        };
    }
    None
}

/// `Fn(A) -> B` among bounds.
pub(super) fn fn_bound(vars: &mut Vars, bounds: &[Bound]) -> Option<(Args, Ty)> {
    let bound = bounds.iter().find(|b| {
        matches!(last(&b.path), "Fn" | "FnMut" | "FnOnce" | "AsyncFn" | "AsyncFnMut" | "AsyncFnOnce")
    })?;
    let args = match bound.args.first().map(|t| vars.shallow(t)) {
        Some(Ty::Tuple(parts)) => parts,
        _ => Args::from([]),
    };
    let ret = assoc(bound, "Output").unwrap_or_else(Ty::unit);
    let ret = if last(&bound.path).starts_with("Async") { Ty::Future(Arc::new(ret), None) } else { ret };
    Some((args, ret))
}

/// The associated type of a bound.
pub(super) fn assoc(bound: &Bound, name: &str) -> Option<Ty> {
    bound.assoc.iter().find(|(n, _)| n.as_str() == name).map(|(_, t)| t.clone())
}

/// The last segment of a path.
pub(super) fn last(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

/// A stream of `item`, as `impl Stream<Item = …>`.
pub(super) fn stream_of(item: Ty) -> Ty {
    let bound = Bound {
        path: sym("futures_core::Stream"),
        args: Args::from([]),
        assoc: List::from([(sym("Item"), item)]),
    };
    Ty::Impl(List::from([bound]))
}
