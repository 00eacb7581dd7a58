//! Where a value goes: through moves, `Some(..)`, `Box::new(..)`, and what passes it through.

use linger_analysis::flow::identity::{Identity, Root};
use linger_analysis::flow::mir::{Call, CaptureHow, Operand, Place, Point, Rvalue, StatementKind, Var};
use linger_analysis::flow::tokens::State;
use linger_analysis::syntax::hir::{ClosureId, LocalId};
use linger_analysis::types::infer::Target;
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};

/// The variables that hold a value, itself or wrapped.
pub(crate) fn holders(cx: &BodyContext<'_>, view: &FlowView<'_>, first: Var) -> Vec<Var> {
    let mut out = vec![first];
    loop {
        let before = out.len();
        for (_, statement) in view.statements() {
            let held = |o: &Operand| {
                !matches!(o, Operand::Borrow(..))
                    && o.place().is_some_and(|p| out.contains(&p.var) && !p.is_of_error())
            };
            let dest = match &statement.kind {
                StatementKind::Assign { dest, value: Rvalue::Use(operand) } if held(operand) => dest,
                StatementKind::Assign { dest, value: Rvalue::Compute(operands) }
                    if operands.iter().any(held) =>
                {
                    dest
                }
                StatementKind::Assign { dest, value: Rvalue::Aggregate { path, parts } }
                    if is_wrapper(cx, *path) && parts.iter().any(|(_, o)| held(o)) =>
                {
                    dest
                }
                StatementKind::Call(call) if wraps(cx, call) && call.args.iter().any(held) => &call.dest,
                _ => continue,
            };
            if dest.projections.is_empty() && !out.contains(&dest.var) {
                out.push(dest.var);
            }
        }
        if out.len() == before {
            return out;
        }
    }
}

/// A tuple, `Some(x)`: no struct of the program, whose fields are places of their own.
fn is_wrapper(cx: &BodyContext<'_>, path: Option<linger_analysis::symbol::Symbol>) -> bool {
    path.is_none_or(|p| !cx.program().types.contains_key(&p))
}

/// `Some(x)`, `Box::new(x)`, `x.unwrap()`: the same value in other clothes.
fn wraps(cx: &BodyContext<'_>, call: &Call) -> bool {
    match &call.callee.target {
        Target::Constructor(_) => true,
        Target::Def(def) => cx.analysis.summary(*def).is_some_and(|s| s.passes_on),
        Target::External(path) => {
            cx.catalogue().facts(*path).is_some_and(|f| f.transparent)
                || call.name.as_str() == "new"
                    && path.as_str().rsplit_once("::").is_some_and(|(owner, _)| {
                        let owner = linger_analysis::symbol::sym(owner);
                        cx.catalogue().is_container(owner) || cx.catalogue().is_shared_pointer(owner)
                    })
        }
        _ => false,
    }
}

/// A place that a value is put into, apart from plain variables.
pub(crate) enum Into {
    /// `place = value`, with a field or a dereference on the way.
    Place(Place),
    /// `place.push(value)`, `place.insert(key, value)`
    Container(Place),
}

/// The places and containers that any of these variables is put into.
pub(crate) fn stores(cx: &BodyContext<'_>, view: &FlowView<'_>, holders: &[Var]) -> Vec<(Point, Into)> {
    let held = |o: &Operand| matches!(o, Operand::Move(p) if holders.contains(&p.var));
    view.statements()
        .filter_map(|(point, statement)| match &statement.kind {
            StatementKind::Assign { dest, value: Rvalue::Use(operand) }
                if held(operand) && !dest.projections.is_empty() =>
            {
                Some((point, Into::Place(dest.clone())))
            }
            StatementKind::Assign { dest, value: Rvalue::Aggregate { path, parts } }
                if is_wrapper(cx, *path)
                    && parts.iter().any(|(_, o)| held(o))
                    && !dest.projections.is_empty() =>
            {
                Some((point, Into::Place(dest.clone())))
            }
            StatementKind::Call(call) if wraps(cx, call) => (call.args.iter().any(held)
                && !call.dest.projections.is_empty())
            .then(|| (point, Into::Place(call.dest.clone()))),
            StatementKind::Call(call) => {
                let (Operand::Borrow(true, receiver), rest) = call.args.split_first()? else { return None };
                let into = call.callee.self_ty.as_ref().is_some_and(|t| is_container(cx, t.peel_refs()));
                (into && rest.iter().any(held)).then(|| (point, Into::Container(receiver.clone())))
            }
            _ => None,
        })
        .collect()
}

/// A collection.
pub(crate) fn is_container(cx: &BodyContext<'_>, ty: &Ty) -> bool {
    ty.path().is_some_and(|p| cx.catalogue().is_container(p))
}

/// The object behind a place; for what is reached through a guard, the object that is locked.
pub(crate) fn object(view: &FlowView<'_>, state: &State, place: &Place) -> Identity {
    let guard = state.reached(place.var).iter().find_map(|t| view.tokens.token(t).lock.as_ref());
    match guard {
        Some(lock) => lock.place.clone(),
        None => view.tokens.identities.place(place),
    }
}

/// A closure or async block with what it takes along.
pub(crate) struct Made<'m> {
    /// Where it is made.
    pub(crate) at: Point,
    /// What it takes along.
    pub(crate) captures: &'m [linger_analysis::flow::mir::Capture],
}

/// Where a closure of this flow is made.
pub(crate) fn made<'m>(view: &FlowView<'m>, id: ClosureId) -> Option<Made<'m>> {
    let mir = view.mir;
    mir.statements().find_map(|(at, s)| match &s.kind {
        StatementKind::Assign { value: Rvalue::Closure { id: found, captures }, .. } if *found == id => {
            Some(Made { at, captures })
        }
        _ => None,
    })
}

/// Whether a value of this type keeps what it points to alive: a shared pointer, but no `Weak`.
pub(crate) fn is_strong(cx: &BodyContext<'_>, ty: &Ty) -> bool {
    ty.path().is_some_and(|p| {
        cx.catalogue().is_shared_pointer(p)
            && cx.catalogue().type_facts(p).is_some_and(|facts| facts.deref.is_some())
    })
}

/// The captures that keep a shared object alive, with that object.
pub(crate) fn strong<'m>(
    cx: &BodyContext<'_>,
    view: &FlowView<'m>,
    captures: &'m [linger_analysis::flow::mir::Capture],
) -> Vec<(LocalId, Identity)> {
    captures
        .iter()
        .filter(|c| c.how == CaptureHow::Move && is_strong(cx, &view.mir.var(c.var).ty))
        .map(|c| (c.local, view.tokens.identities.place(&Place::whole(c.var))))
        .collect()
}

/// Whether one object is another, or surely a part of it.
pub(crate) fn is_within(inner: &Identity, outer: &Identity) -> bool {
    inner.root == outer.root
        && !matches!(outer.root, Root::Temp(_))
        && !inner.indexed
        && !outer.indexed
        && inner.path.starts_with(&outer.path)
}
