//! What becomes of tokens that a call is given: passed on in what it gives, kept in what it is made on, or ended.

use smallvec::SmallVec;

use crate::flow::mir::{Call, Operand, Point, Statement, Var, VarKind};
use crate::symbol::Symbol;
use crate::types::infer::Target;
use crate::types::ty::Ty;

use super::{End, EndAt, Owned, State, TokenId, TokenSet, Tokens};

impl Tokens<'_> {
    pub(super) fn call(
        &self,
        state: &mut State,
        point: Point,
        statement: &Statement,
        call: &Call,
        end: &mut dyn FnMut(EndAt),
    ) {
        let span = statement.span;
        let (mut moved, mut borrowed) = (TokenSet::default(), TokenSet::default());
        for arg in &call.args {
            self.read(state, arg, None, &mut moved, &mut borrowed);
        }
        let fresh = self.acquired_at.get(&point).map(|t| TokenSet::one(*t)).unwrap_or_default();
        if moved.is_empty() && borrowed.is_empty() {
            self.store(state, point, span, &call.dest, fresh, borrowed, end);
            return;
        }
        let ty = self.dest_ty(&call.dest, statement);
        // What only the error can hold (`PoisonError<Guard>`) came back because the call failed.
        let classes = match ty.as_result() {
            _ if moved.is_empty() => SmallVec::new(),
            Some((ok, _)) => self.cx.ownership.owned(&ok),
            None => self.cx.ownership.owned(ty),
        };
        let is_passed_on = |t: TokenId| self.token(t).goes_into(&classes);
        // `Box::new(writer)` that is a `Box<dyn Write>` from the start.
        let is_box = ty.is("std::boxed::Box") && matches!(ty.args().first(), Some(Ty::Dyn(_)));
        let boxes =
            matches!(call.callee.target, Target::External(path) if path.starts_with("std::boxed::Box::"));
        let carries =
            matches!(ty, Ty::Future(..) | Ty::Closure(..) | Ty::Impl(_) | Ty::Dyn(_) | Ty::Iterator(_))
                || is_box && boxes;
        let mut owned = fresh;
        let collection = if moved.is_empty() { None } else { self.collects(call) };
        let holder = if moved.is_empty() { None } else { self.holder(call) };
        // A guard that is taken out of an `Option` leaves it.
        if let (Target::External(path), Some(Operand::Borrow(true, place))) =
            (&call.callee.target, call.args.first())
            && path.as_str() == "std::option::Option::take"
            && place.projections.is_empty()
        {
            let locks = state.owned(place.var).iter().filter(|t| self.token(*t).lock.is_some());
            let out = locks.fold(TokenSet::default(), |all, t| all.union(TokenSet::one(t)));
            let slot = state.entry(place.var);
            slot.owned = slot.owned.without(out);
            owned = owned.union(out);
        }
        for token in moved.iter() {
            if let Some((_, kept)) = holder.as_ref().filter(|(parts, _)| self.token(token).goes_into(parts)) {
                match kept {
                    Some(var) => state.give(*var, TokenSet::one(token), TokenSet::default()),
                    None => end(EndAt { token, how: End::Passed, at: point, span }),
                }
            } else if is_passed_on(token) || (carries && self.keeps_arguments(call)) {
                owned = owned.union(TokenSet::one(token));
            } else if let Some(var) = collection {
                state.give(var, TokenSet::one(token), TokenSet::default());
            } else {
                end(EndAt { token, how: End::Passed, at: point, span });
            }
        }
        // A clone out of a guard does not need the guard.
        let can_borrow = || if self.clones(call) { has_reference(ty) } else { self.can_borrow(ty) };
        let borrowed =
            if !borrowed.is_empty() && can_borrow() { borrowed.without(owned) } else { TokenSet::default() };
        self.store(state, point, span, &call.dest, owned, borrowed, end);
    }

    /// Whether a value of this type can hold a borrow: numbers, `()`, strings and the like cannot, whatever they were
    /// read from.
    pub(super) fn can_borrow(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Ref(..) => true,
            Ty::Prim(_) | Ty::Never | Ty::Ptr(_) | Ty::Fn(..) => false,
            // A type that the caller chose is older than anything that this body makes.
            Ty::Param(..) => false,
            Ty::Tuple(parts) => parts.iter().any(|t| self.can_borrow(t)),
            Ty::Array(inner) | Ty::Slice(inner) => self.can_borrow(inner),
            Ty::Adt(path, args) if self.lends_only_arguments(path, args) => {
                args.iter().any(|t| self.can_borrow(t))
            }
            // Trivial to drop is not free of borrows: `Option<&T>`.
            Ty::Adt(_, args) => args.iter().any(|t| self.can_borrow(t)) || !self.cx.ownership.is_trivial(ty),
            _ => true,
        }
    }

    /// Types with no lifetime of their own: what they borrow stands in their type arguments.
    fn lends_only_arguments(&self, path: &Symbol, args: &[Ty]) -> bool {
        match self.cx.program.types.get(path) {
            Some(info) => !info.has_lifetimes,
            None if args.is_empty() => false,
            None => matches!(
                path.as_str(),
                "std::option::Option"
                    | "std::result::Result"
                    | "std::vec::Vec"
                    | "std::boxed::Box"
                    | "std::sync::Arc"
                    | "std::sync::Weak"
                    | "std::rc::Rc"
                    | "std::rc::Weak"
                    | "std::collections::HashMap"
                    | "std::collections::HashSet"
                    | "std::collections::BTreeMap"
                    | "std::collections::BTreeSet"
                    | "std::collections::VecDeque"
            ),
        }
    }

    fn clones(&self, call: &Call) -> bool {
        let Target::External(path) = &call.callee.target else { return false };
        self.cx.catalogue.facts(*path).is_some_and(|f| f.clones)
    }

    /// Calls that wrap a future or closure and keep what it took along (`Box::pin(fut)`, `timeout(d, fut)`,
    /// async functions).
    fn keeps_arguments(&self, call: &Call) -> bool {
        !matches!(call.callee.target, Target::Unknown)
    }

    /// What can be kept in the thing that a call is made on, and the variable that it is: `map.insert(1, guard)` gives
    /// the guard that was there before.
    fn holder(&self, call: &Call) -> Option<(SmallVec<[Owned; 2]>, Option<Var>)> {
        let place = call.args.first()?.place()?;
        let lent = self.lent_ty(place);
        if !matches!(call.args.first(), Some(Operand::Borrow(..))) && !matches!(lent, Ty::Ref(..)) {
            return None;
        }
        let ty = call.callee.self_ty.as_ref().unwrap_or(&lent);
        let mut parts = SmallVec::new();
        self.kept_in(ty.peel_refs(), &mut parts);
        let own = matches!(self.mir.var(place.var).kind, VarKind::User(_)) && !self.is_foreign(place);
        (!parts.is_empty()).then_some((parts, own.then_some(place.var)))
    }

    /// What a value of a type owns or, as a map or a cell behind a lock, may own; what a closure takes is not kept.
    fn kept_in(&self, ty: &Ty, parts: &mut SmallVec<[Owned; 2]>) {
        if let Ty::Adt(_, args) | Ty::Tuple(args) = ty {
            parts.extend(self.cx.ownership.owned(ty));
            args.iter().for_each(|part| self.kept_in(part, parts));
        }
    }

    /// The variable of a collection that a call puts its arguments into.
    fn collects(&self, call: &Call) -> Option<Var> {
        let Some(Operand::Borrow(true, place)) = call.args.first() else { return None };
        let name = call.name.as_str();
        let puts = matches!(
            name,
            "push" | "push_back" | "push_front" | "insert" | "extend" | "append" | "add" | "entry"
        );
        if !call.is_method || !puts || self.is_foreign(place) && place.projections.len() > 1 {
            return None;
        }
        matches!(self.mir.var(place.var).kind, VarKind::User(_))
            .then_some(place.var)
            .filter(|_| !self.is_foreign(place))
    }
}

/// Whether a reference stands in a type.
fn has_reference(ty: &Ty) -> bool {
    match ty {
        Ty::Ref(..) => true,
        Ty::Tuple(parts) | Ty::Adt(_, parts) => parts.iter().any(has_reference),
        Ty::Array(inner) | Ty::Slice(inner) => has_reference(inner),
        _ => false,
    }
}
