//! State that an async method takes out of its object, and puts back only when nobody drops its future.

use std::collections::HashSet;

use linger_analysis::catalogue::Class;
use linger_analysis::flow::identity::{Identity, Root};
use linger_analysis::flow::mir::{
    Call, LoopKind, Operand, Owner, Place, Point, Rvalue, Statement, StatementKind, Var, VarKind,
};
use linger_analysis::flow::tokens::mentions;
use linger_analysis::span::{FileSpan, Span};
use linger_analysis::types::infer::{Known, Target};
use linger_analysis::types::ty::Ty;

use super::cancelled_objects::{goes_with_its_object, is_made_again, only_ends};
use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::carried::{holders, is_container, made};
use crate::rules::task::busy_flag::{gate, is_atomic};

declare_rule! {
    /// An async method takes part of its object away over an `.await`, and a dropped future never gives it back.
    ///
    /// ## Why it matters
    ///
    /// Whoever calls an async method may drop its future at any `.await`: in a `select!`, a timeout, because a
    /// client has gone. What the method has taken out of the object by then is dropped with the future, and a flag
    /// that it has set stays set: the next call finds an empty field, or a lock that nobody holds any more.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// pub struct Reader {
    ///     state: Option<Vec<u8>>,
    /// }
    ///
    /// async fn fill(buffer: Vec<u8>) -> Vec<u8> {
    ///     buffer
    /// }
    ///
    /// impl Reader {
    ///     pub async fn read(&mut self) -> usize {
    ///         let buffer = self.state.take().expect("always there between two reads");
    ///         let buffer = fill(buffer).await;
    ///         let read = buffer.len();
    ///         self.state = Some(buffer);
    ///         read
    ///     }
    /// }
    /// ```
    ///
    /// Leave it in its place and wait for it there:
    ///
    /// ```rust,clean
    /// pub struct Reader {
    ///     state: Vec<u8>,
    /// }
    ///
    /// async fn fill(buffer: &mut Vec<u8>) {
    ///     buffer.push(1);
    /// }
    ///
    /// impl Reader {
    ///     pub async fn read(&mut self) -> usize {
    ///         fill(&mut self.state).await;
    ///         self.state.len()
    ///     }
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A method that takes `self` by value may lose what it likes. Values with a `Drop` that puts things back are
    /// seen only as locals of the same function.
    LostWhenCancelled("lost_when_cancelled") {
        group: Task,
        cases: {
            flag: Warn = "a flag lets one run at a time, and is cleared only behind an await",
            popped: Warn = "unfinished work is taken out of a queue and waited for outside of it",
            put_back: Warn = "taken out and put back behind an await, although the next call relies on it",
            emptied: Allow = "any other part that is missing while something is awaited",
        },
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for LostWhenCancelled {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows().iter().filter(|v| v.mir.is_async) {
            let candidates: Vec<(Point, &Statement, &Call)> = view
                .mir
                .calls()
                .filter(|(p, _, call)| view.is_reachable(*p) && (takes_out(cx, call) || is_atomic(call)))
                .collect();
            if candidates.is_empty()
                || has_guard(cx, view)
                || !is_callers(cx, view)
                || goes_with_its_object(cx)
            {
                continue;
            }
            for (point, statement, call) in candidates {
                let found = if is_atomic(call) {
                    gate(cx, view, point, statement, call)
                } else {
                    taken(cx, view, point, call)
                };
                if let Some(found) = found {
                    report.push(finding(cx, statement.span, &found));
                }
            }
        }
    }
}

/// What is lost: where the future may be dropped, and where all would have been well again.
pub(super) struct Found {
    pub(super) case: &'static str,
    /// One of several elements was taken out; otherwise all there is.
    pub(super) element: bool,
    pub(super) name: String,
    pub(super) waits: Span,
    pub(super) restored: Option<Span>,
}

fn finding(cx: &BodyContext<'_>, taken: Span, found: &Found) -> Diagnostic {
    let name = &found.name;
    let (message, label, help) = match found.case {
        "flag" => (
            format!("`{name}` stays set for good when this future is dropped before it is done"),
            "set here",
            "clear it in the Drop of a guard, which runs on every way out",
        ),
        "popped" => (
            format!("what was taken out of `{name}` is lost when this future is dropped before it is done"),
            "taken out here",
            "wait for it in its place (`front_mut()`), and take it out when it is done",
        ),
        _ if found.element => (
            format!("what was taken out of `{name}` is lost when this future is dropped before it is done"),
            "taken out here",
            "wait for it in its place, or put it back in the Drop of a guard",
        ),
        _ => (
            format!("`{name}` stays empty when this future is dropped before it is done"),
            "taken out here",
            "leave it in its place and borrow it, or put it back in the Drop of a guard",
        ),
    };
    let mut out = Diagnostic::new(&META, cx.at(found.waits), message)
        .case(found.case)
        .label("a `select!` or a timeout around the call may drop it here")
        .step(cx.at(taken), label);
    if let Some(restored) = found.restored {
        out = out.step(cx.at(restored), "only this puts it right");
    }
    if let Some(place) = cancelled_at(cx) {
        out = out.step(place, "it may be dropped half-way here");
    }
    out.help(help)
}

/// Where somebody drops the future of this function half-way, as far as the program shows.
fn cancelled_at(cx: &BodyContext<'_>) -> Option<FileSpan> {
    cx.analysis.cancelled.get(&cx.body.def?).copied()
}

/// Whether a caller has the future in hands: that of the function itself, or of a block that a function gives back.
/// Others are spawned or run to the end here (`block_on(async { … })`).
fn is_callers(cx: &BodyContext<'_>, view: &FlowView<'_>) -> bool {
    let Owner::Closure(id) = view.mir.owner else { return true };
    cx.flows().iter().filter(|outer| outer.mir.owner == Owner::Root).any(|outer| {
        made(outer, id)
            .and_then(|made| match &outer.mir.statement(made.at)?.kind {
                StatementKind::Assign { dest, .. } => Some(dest.var),
                _ => None,
            })
            .is_some_and(|block| holders(cx, outer, block).contains(&outer.mir.return_var))
    })
}

/// A local with a Drop of the program, or a scope guard, may put everything right.
fn has_guard(cx: &BodyContext<'_>, view: &FlowView<'_>) -> bool {
    view.mir.vars.iter().filter(|v| !matches!(v.kind, VarKind::Param(_))).any(|var| {
        let Some(path) = var.ty.path() else { return false };
        cx.catalogue().resource(path).is_some_and(|r| r.class == Class::ScopeGuard)
            || cx.program().types.get(&path).is_some_and(|t| t.drop.is_some())
    })
}

/// Parameters by reference and statics outlive the future; so does what is borrowed by a block that is given back.
pub(super) fn outlives(view: &FlowView<'_>, identity: &Identity) -> bool {
    match identity.root {
        Root::Static(_) => true,
        Root::Local(local) => {
            view.mir.vars.iter().any(|v| v.kind == VarKind::Capture(local) && matches!(v.ty, Ty::Ref(..)))
        }
        Root::Param(index) => view.mir.params.get(index as usize).is_some_and(|v| {
            let ty = &view.mir.var(*v).ty;
            matches!(ty, Ty::Ref(..)) || ty.is("std::sync::Arc") || ty.is("std::rc::Rc")
        }),
        _ => false,
    }
}

fn takes_out(cx: &BodyContext<'_>, call: &Call) -> bool {
    call.callee.known == Known::Resolved
        && cx.facts(&call.callee.target).is_some_and(|f| f.takes_out && !f.waits)
}

fn taken(cx: &BodyContext<'_>, view: &FlowView<'_>, point: Point, call: &Call) -> Option<Found> {
    let from = of(view, point, call.args.first()?)?;
    if !outlives(view, &from) || from.indexed {
        return None;
    }
    let name = from.path.last()?.to_string();
    let span = |p: Point| view.mir.statement(p).map(|s| s.span);
    let holders = holders(cx, view, call.dest.var);
    let work = unfinished(view, point, &holders);
    if let Some(work) = work.filter(|_| call.name.as_str() != "take") {
        if drains(view, point) || is_made_again(cx, &from) || only_ends(cx, view, work, &holders) {
            return None;
        }
        let case = if once(cx, view) { "emptied" } else { "popped" };
        return Some(Found { case, element: true, name, waits: span(work)?, restored: None });
    }
    let derived = derived(cx, view, call.dest.var);
    let puts_back = |p: Point, s: &Statement| restores(view, p, s, &from, &derived);
    // Where there was nothing to take, nothing is lost.
    let empty = |s: &Statement| matches!(s.kind, StatementKind::Vacant(v) if holders.contains(&v));
    let waiting = view.tokens.path(
        point,
        |_, s| s.is_some_and(|s| matches!(s.kind, StatementKind::Await { .. })),
        |p, s| p == point || s.is_some_and(|s| puts_back(p, s) || empty(s)),
    )?;
    let restored = view.tokens.path(waiting, |p, s| s.is_some_and(|s| puts_back(p, s)), |p, _| p == point)?;
    // An `Option` that may be empty is filled again; a collection that is empty has lost what was in it.
    let element = is_element(call);
    let taken = matches!(&call.callee.target, Target::External(p) if p.ends_with("mem::take"));
    let relied = is_relied_on(view, &holders) || cancelled_at(cx).is_some() && (taken || element);
    let case = if relied && !once(cx, view) { "put_back" } else { "emptied" };
    Some(Found { case, element, name, waits: span(waiting)?, restored: span(restored) })
}

/// `queue.pop()`, `map.remove(key)`, as opposed to `option.take()`
fn is_element(call: &Call) -> bool {
    call.is_method && call.name.as_str() != "take"
}

/// The function runs once in the life of the process, so that there is no next call.
fn once(cx: &BodyContext<'_>, view: &FlowView<'_>) -> bool {
    cx.analysis.is_once(cx.body, view.mir.owner)
}

/// `while let Some(x) = queue.pop()`: the queue is to be emptied anyway.
fn drains(view: &FlowView<'_>, point: Point) -> bool {
    let turning = view.mir.blocks[point.block.index()].in_loop;
    turning.is_some_and(|l| {
        let info = &view.mir.loops[l.0 as usize];
        info.kind == LoopKind::WhileLet
            && view
                .mir
                .statement(point)
                .is_some_and(|s| info.head.lo <= s.span.lo && s.span.hi <= info.head.hi)
    })
}

/// Where what was taken out is itself waited for.
fn unfinished(view: &FlowView<'_>, point: Point, holders: &[Var]) -> Option<Point> {
    view.tokens.path(
        point,
        |_, s| {
            s.is_some_and(|s| match &s.kind {
                StatementKind::Await { operands, .. } => {
                    operands.iter().any(|o| matches!(o, Operand::Move(p) if holders.contains(&p.var)))
                }
                _ => false,
            })
        },
        |p, _| p == point,
    )
}

/// `take().expect(..)`: the next call panics when nothing is there.
fn is_relied_on(view: &FlowView<'_>, holders: &[Var]) -> bool {
    view.mir.calls().any(|(_, _, call)| {
        matches!(call.name.as_str(), "expect" | "unwrap")
            && call.args.first().and_then(Operand::var).is_some_and(|v| holders.contains(&v))
    })
}

/// Variables whose value comes from another one, also through calls and awaits.
fn derived(cx: &BodyContext<'_>, view: &FlowView<'_>, first: Var) -> HashSet<Var> {
    let mut out = HashSet::default();
    out.insert(first);
    loop {
        let before = out.len();
        for (_, statement) in view.statements() {
            let dest = match &statement.kind {
                StatementKind::Assign { dest, .. } | StatementKind::Await { dest, .. } => dest,
                StatementKind::Call(call) => &call.dest,
                _ => continue,
            };
            // `list.push(x)`
            if let StatementKind::Call(call) = &statement.kind
                && let Some((Operand::Borrow(true, list), rest)) = call.args.split_first()
                && list.projections.is_empty()
                && rest.iter().any(|o| matches!(o, Operand::Move(p) if out.contains(&p.var)))
                && call.callee.self_ty.as_ref().is_some_and(|ty| is_container(cx, ty.peel_refs()))
            {
                out.insert(list.var);
            }
            // Parts of an object are places of their own.
            if !dest.projections.is_empty() || out.contains(&dest.var) {
                continue;
            }
            let mut from = false;
            mentions(statement, &mut |v| from |= v != dest.var && out.contains(&v));
            if from {
                out.insert(dest.var);
            }
        }
        if out.len() == before {
            return out;
        }
    }
}

/// The object that an operand means, through guards.
fn of(view: &FlowView<'_>, point: Point, operand: &Operand) -> Option<Identity> {
    Some(object_at(view, point, operand.place()?))
}

/// A place with the fields behind a guard: `state.next` of a locked `self.inner` is `self.inner.next`.
fn object_at(view: &FlowView<'_>, point: Point, place: &Place) -> Identity {
    let plain = view.tokens.identities.place(place);
    if outlives(view, &plain) {
        return plain;
    }
    let state = view.tokens.state_at(point);
    let guard = state.reached(place.var).iter().find_map(|t| view.tokens.token(t).lock.as_ref());
    match guard {
        Some(lock) => {
            let mut object = lock.place.clone();
            object.path.extend(plain.path.iter().copied());
            object.indexed |= plain.indexed;
            object
        }
        None => plain,
    }
}

/// `x = Some(..)`, `x.push_front(..)`, `x.insert(..)` of something that comes from what was taken out.
fn restores(
    view: &FlowView<'_>,
    point: Point,
    statement: &Statement,
    from: &Identity,
    derived: &HashSet<Var>,
) -> bool {
    let is_derived = |o: &Operand| o.place().is_some_and(|p| derived.contains(&p.var));
    match &statement.kind {
        StatementKind::Assign { dest, value } => {
            let value = match value {
                Rvalue::Use(operand) => is_derived(operand),
                Rvalue::Aggregate { parts, .. } => parts.iter().any(|(_, o)| is_derived(o)),
                _ => false,
            };
            value && !dest.projections.is_empty() && object_at(view, point, dest) == *from
        }
        StatementKind::Call(call) if !call.dest.projections.is_empty() => {
            call.args.iter().any(is_derived) && object_at(view, point, &call.dest) == *from
        }
        StatementKind::Call(call) => {
            let Some((receiver, rest)) = call.args.split_first() else { return false };
            rest.iter().any(|o| matches!(o, Operand::Move(_)) && is_derived(o))
                && of(view, point, receiver).as_ref() == Some(from)
        }
        _ => false,
    }
}
