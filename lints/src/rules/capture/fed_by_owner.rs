//! Tasks that end with a channel, and keep alive the object that keeps its sender.

use linger_analysis::catalogue::Class;
use linger_analysis::facts::{AnalyzedBody, Spawn};
use linger_analysis::flow::identity::{Identity, Root};
use linger_analysis::flow::mir::{
    BlockId, Call, CaptureHow, Operand, Owner, Place, Point, Rvalue, StatementKind, Terminator, Var, VarKind,
};
use linger_analysis::span::Span;
use linger_analysis::types::infer::Target;

use crate::context::{BodyContext, FlowView};
use crate::rules::carried::{Into, holders, is_strong, is_within, made, object, stores};
use crate::rules::task::spawned::{Fate, endless_loop, fate};

/// Closures within closures that are followed.
const DEPTH: u8 = 4;

/// An object that its own task keeps alive.
pub(super) struct Kept {
    /// What the strong pointer is called.
    pub(super) name: String,
    /// Where the object gets hold of the task.
    pub(super) at: Span,
    /// What that means.
    pub(super) text: &'static str,
}

/// The code of a task, with what it is given.
struct Task<'a> {
    body: &'a AnalyzedBody,
    owner: Owner,
    /// Strong pointers: where they are in the task, and the objects outside.
    strong: Vec<(Root, Identity)>,
    /// Receivers: where they are in the task, and the variables outside.
    receivers: Vec<(Root, Var)>,
}

/// The object that a task keeps alive although only the end of that object ends the task.
pub(super) fn find(cx: &BodyContext<'_>, view: &FlowView<'_>, spawn: &Spawn<'_>) -> Option<Kept> {
    let task = task(cx, view, spawn)?;
    if task.strong.is_empty() || cx.body.in_test || cx.analysis.is_once(cx.body, view.mir.owner) {
        return None;
    }
    let its = BodyContext::new(cx.analysis, task.body);
    let inside = its.flows().iter().find(|v| v.mir.owner == task.owner)?;
    task.strong.iter().filter(|(root, _)| stays(&its, inside, *root)).find_map(|(_, owner)| {
        let kept = |at, text| Some(Kept { name: name(cx, owner), at, text });
        let handle = spawn.handle.and_then(|handle| deposit(cx, view, handle, owner, false, DEPTH));
        if let Some(at) = handle
            && endless_loop(cx, spawn).is_some()
        {
            return kept(
                at,
                "its handle is kept in the object that it keeps alive, so no `Drop` ever ends it",
            );
        }
        let [(receiver, outside)] = task.receivers.as_slice() else { return None };
        if handle.is_none() && fate(cx, view, spawn) != Fate::Detached {
            return None;
        }
        let (home, sender) = sender_of(cx, view, *outside)?;
        let at = deposit(cx, home, sender, owner, true, DEPTH)?;
        ends_with(&its, inside, *receiver).then_some(())?;
        kept(at, "the sender whose end would end it is kept here, in the object that it keeps alive")
    })
}

fn name(cx: &BodyContext<'_>, identity: &Identity) -> String {
    match (identity.path.last(), identity.root) {
        (Some(field), _) => field.to_string(),
        (None, Root::Local(local)) => cx.hir().local(local).name.to_string(),
        (None, _) => "Arc".to_owned(),
    }
}

fn task<'a>(cx: &BodyContext<'a>, view: &FlowView<'_>, spawn: &Spawn<'_>) -> Option<Task<'a>> {
    let mut given: Vec<(Root, Var)> = Vec::new();
    let (body, owner) = if let Some(id) = spawn.closure {
        let moved = made(view, id)?.captures.iter().filter(|c| c.how == CaptureHow::Move);
        given.extend(moved.map(|c| (Root::Local(c.local), c.var)));
        (cx.body, Owner::Closure(id))
    } else {
        let def = spawn.function?;
        let call = spawn.call.args.iter().filter_map(Operand::var).find_map(|future| {
            let outer = view.tokens.identities.returned_by(future)?;
            let inner = outer.args.iter().filter_map(Operand::var);
            let mut calls = inner.filter_map(|v| view.tokens.identities.returned_by(v));
            let is_it = |call: &&Call| call.callee.target == Target::Def(def);
            Some(outer).filter(is_it).or_else(|| calls.find(is_it))
        })?;
        given.extend(call.args.iter().enumerate().filter_map(|(index, argument)| match argument {
            Operand::Move(place) if place.projections.is_empty() => {
                Some((Root::Param(index as u32), place.var))
            }
            _ => None,
        }));
        (cx.analysis.body_of(def)?, Owner::Root)
    };
    let is = |var: Var, class: Class| {
        let ty = view.mir.var(var).ty.peel_refs();
        ty.path().and_then(|p| cx.catalogue().resource(p)).is_some_and(|r| r.class == class)
    };
    if given.iter().any(|(_, var)| is(*var, Class::CancelToken)) {
        return None;
    }
    let strong = given.iter().filter(|(_, var)| is_strong(cx, &view.mir.var(*var).ty));
    let objects = strong.filter_map(|(root, var)| {
        Some((*root, outward(cx, view, view.tokens.identities.place(&Place::whole(*var)))?))
    });
    let receivers = given.iter().filter(|(_, var)| is(*var, Class::Receiver)).copied().collect();
    Some(Task { body, owner, strong: objects.collect(), receivers })
}

/// The variable that a root is in a flow.
fn variable(view: &FlowView<'_>, root: Root) -> Option<Var> {
    match root {
        Root::Param(index) => view.mir.params.get(index as usize).copied(),
        Root::Local(local) => {
            let at = view.mir.vars.iter().position(|v| v.kind == VarKind::Capture(local))?;
            Some(Var(at as u32))
        }
        _ => None,
    }
}

/// Whether a task keeps what it was given until its end.
fn stays(cx: &BodyContext<'_>, view: &FlowView<'_>, root: Root) -> bool {
    let Some(first) = variable(view, root) else { return false };
    let held = holders(cx, view, first);
    !view
        .mir
        .calls()
        .any(|(_, _, call)| call.args.iter().any(|a| matches!(a, Operand::Move(p) if held.contains(&p.var))))
}

/// Whether a task waits for a receiver and returns only when its channel is closed.
fn ends_with(cx: &BodyContext<'_>, view: &FlowView<'_>, receiver: Root) -> bool {
    let ids = &view.tokens.identities;
    let received = |call: &Call| {
        cx.facts(&call.callee.target).is_some_and(|f| f.takes_out && f.waits)
            && call.args.first().and_then(|a| ids.operand(a)).is_some_and(|i| i.root == receiver)
    };
    let waits = view.statements().find_map(|(point, statement)| match &statement.kind {
        StatementKind::Await { dest, operands, .. } => {
            let call = operands.first().and_then(Operand::var).and_then(|v| ids.returned_by(v))?;
            received(call).then_some((point, dest.var))
        }
        StatementKind::Call(call) if !view.mir.is_async && received(call) => Some((point, call.dest.var)),
        _ => None,
    });
    let Some((point, dest)) = waits else { return false };
    let held = holders(cx, view, dest);
    let turns = view.mir.blocks[point.block.index()].in_loop.is_some();
    turns
        && view
            .tokens
            .path(
                point,
                |p, s| s.is_none() && returns(view, p),
                |_, s| s.is_some_and(|s| matches!(s.kind, StatementKind::Vacant(v) if held.contains(&v))),
            )
            .is_none()
}

fn returns(view: &FlowView<'_>, point: Point) -> bool {
    let block: BlockId = point.block;
    matches!(view.mir.blocks[block.index()].terminator, Terminator::Return { .. })
}

/// The sender that was made together with a receiver, and the flow where that was.
fn sender_of<'v>(
    cx: &'v BodyContext<'_>,
    view: &'v FlowView<'_>,
    receiver: Var,
) -> Option<(&'v FlowView<'v>, Var)> {
    let (mut view, mut var): (&FlowView<'_>, Var) = (view, receiver);
    for _ in 0..DEPTH {
        if let Some(call) = view.tokens.identities.defining_call(var) {
            let sender = view.mir.vars.iter().enumerate().find_map(|(index, decl)| {
                let it = Var(index as u32);
                let class = decl.ty.path().and_then(|p| cx.catalogue().resource(p)).map(|r| r.class);
                let same = view.tokens.identities.defining_call(it).is_some_and(|c| std::ptr::eq(c, call));
                (class == Some(Class::Sender) && same).then_some(it)
            })?;
            return Some((view, sender));
        }
        let (Owner::Closure(id), Root::Local(local)) =
            (view.mir.owner, view.tokens.identities.place(&Place::whole(var)).root)
        else {
            return None;
        };
        let (outer, made) = cx.flows().iter().find_map(|v| Some((v, made(v, id)?)))?;
        var = made.captures.iter().find(|c| c.local == local)?.var;
        view = outer;
    }
    None
}

/// What an object is in the function around the closures. Temporaries of a closure are nothing outside.
fn outward(cx: &BodyContext<'_>, view: &FlowView<'_>, identity: Identity) -> Option<Identity> {
    let (mut identity, mut owner) = (identity, view.mir.owner);
    loop {
        let Owner::Closure(id) = owner else { return Some(identity) };
        let local = match identity.root {
            Root::Local(local) => local,
            Root::Static(_) => return Some(identity),
            Root::Param(_) | Root::Temp(_) => return None,
        };
        let (outer, made) = cx.flows().iter().find_map(|v| Some((v, made(v, id)?)))?;
        let Some(capture) = made.captures.iter().find(|c| c.local == local) else { return Some(identity) };
        let mut outside = outer.tokens.identities.place(&Place::whole(capture.var));
        outside.path.extend(identity.path.iter().copied());
        outside.indexed |= identity.indexed;
        (identity, owner) = (outside, outer.mir.owner);
    }
}

/// The variables that a value is in, also as a part of structs of the program. `for_good`: no `Option` holds it, out
/// of which somebody may take it.
fn carriers(cx: &BodyContext<'_>, view: &FlowView<'_>, first: Var, for_good: bool) -> Vec<Var> {
    let mut out = vec![first];
    let mut at = 0;
    while let Some(var) = out.get(at).copied() {
        at += 1;
        let more = holders(cx, view, var).into_iter().chain(view.statements().filter_map(|(_, s)| {
            match &s.kind {
                StatementKind::Assign { dest, value: Rvalue::Aggregate { parts, .. } }
                    if dest.projections.is_empty() =>
                {
                    parts
                        .iter()
                        .any(|(_, o)| matches!(o, Operand::Move(p) if p.var == var))
                        .then_some(dest.var)
                }
                _ => None,
            }
        }));
        let more: Vec<Var> = more.collect();
        for var in more {
            let optional = for_good && view.mir.var(var).ty.as_option().is_some();
            if !optional && !out.contains(&var) {
                out.push(var);
            }
        }
    }
    out
}

/// Where a value becomes a part of `owner`.
fn deposit(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    first: Var,
    owner: &Identity,
    for_good: bool,
    depth: u8,
) -> Option<Span> {
    let depth = depth.checked_sub(1)?;
    let carriers = carriers(cx, view, first, for_good);
    let is_part = |place: &Identity| is_within(place, owner);
    let built = carriers.iter().skip(1).find(|v| {
        is_strong(cx, &view.mir.var(**v).ty)
            && outward(cx, view, view.tokens.identities.place(&Place::whole(**v))).as_ref() == Some(owner)
    });
    if let Some(var) = built {
        return Some(view.mir.var(*var).span);
    }
    let put = || {
        stores(cx, view, &carriers).into_iter().find_map(|(point, into)| {
            let (Into::Place(place) | Into::Container(place)) = into;
            let found = outward(cx, view, object(view, &view.tokens.state_at(point), &place))?;
            (is_part(&found) && found.path.len() > owner.path.len())
                .then(|| view.mir.statement(point).map(|s| s.span))
                .flatten()
        })
    };
    if !for_good && let Some(span) = put() {
        return Some(span);
    }
    for (_, statement, call) in view.mir.calls().filter(|(_, _, call)| fills(cx, call)) {
        let given = call.args.iter().skip(1).any(|a| {
            a.var().is_some_and(|v| carriers.contains(&v) || gives_back(cx, view, v, &carriers, for_good))
        });
        if given && filled(cx, view, call).is_some_and(|cell| is_part(&cell)) {
            return Some(statement.span);
        }
    }
    if let Owner::Closure(id) = view.mir.owner
        && carriers.contains(&view.mir.return_var)
        && let Some(span) = cx.flows().iter().filter(|outer| made(outer, id).is_some()).find_map(|outer| {
            outer.mir.calls().filter(|(_, _, call)| fills(cx, call)).find_map(|(_, _, call)| {
                let is_it = call.args.iter().filter_map(Operand::var).any(|v| {
                    matches!(outer.tokens.identities.definition(v), Some(Rvalue::Closure { id: it, .. }) if *it == id)
                });
                (is_it && filled(cx, outer, call).is_some_and(|cell| is_part(&cell))).then_some(call.name_span)
            })
        })
    {
        return Some(span);
    }
    view.statements().find_map(|(_, statement)| {
        let StatementKind::Assign { value: Rvalue::Closure { id, captures }, .. } = &statement.kind else {
            return None;
        };
        let capture = captures.iter().find(|c| c.how == CaptureHow::Move && carriers.contains(&c.var))?;
        let inner = cx.flows().iter().find(|v| v.mir.owner == Owner::Closure(*id))?;
        deposit(cx, inner, variable(inner, Root::Local(capture.local))?, owner, for_good, depth)
    })
}

/// A call that fills a cell for good: `OnceLock::set`, `OnceLock::get_or_init`.
fn fills(cx: &BodyContext<'_>, call: &Call) -> bool {
    cx.facts(&call.callee.target).is_some_and(|f| f.fills)
}

fn filled(cx: &BodyContext<'_>, view: &FlowView<'_>, call: &Call) -> Option<Identity> {
    outward(cx, view, view.tokens.identities.operand(call.args.first()?)?)
}

/// `|| value`: a closure that returns one of these variables, or a struct with it.
fn gives_back(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    closure: Var,
    carriers_outside: &[Var],
    for_good: bool,
) -> bool {
    let Some(Rvalue::Closure { id, captures }) = view.tokens.identities.definition(closure) else {
        return false;
    };
    let Some(inner) = cx.flows().iter().find(|v| v.mir.owner == Owner::Closure(*id)) else { return false };
    captures.iter().filter(|c| carriers_outside.contains(&c.var)).any(|c| {
        variable(inner, Root::Local(c.local))
            .is_some_and(|v| carriers(cx, inner, v, for_good).contains(&inner.mir.return_var))
    })
}
