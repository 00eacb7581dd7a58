//! Closures and tasks that keep alive the very object that keeps them.

use linger_analysis::catalogue::{Class, SpawnKind};
use linger_analysis::facts::{Spawn, spawns};
use linger_analysis::flow::identity::Identity;
use linger_analysis::flow::mir::{Capture, Owner, Rvalue, StatementKind};
use linger_analysis::span::Span;
use linger_analysis::syntax::hir::LocalId;
use linger_analysis::types::infer::Known;
use linger_analysis::types::ty::Ty;

use super::fed_by_owner::{self, Kept};
use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::carried::{Into, holders, is_within, made, object, stores, strong};
use crate::rules::task::spawned::{Fate, endless_loop, fate};

declare_rule! {
    /// A stored closure or an endless task holds a strong pointer to the object that stores or feeds it.
    ///
    /// ## Why it matters
    ///
    /// The object keeps the closure, the closure keeps the object: neither is ever freed, `Drop` never runs, and
    /// every new object leaks another pair. A task that waits for a channel whose sender lives in the object that
    /// the task itself keeps alive waits for ever in the same way.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// use std::cell::RefCell;
    /// use std::rc::Rc;
    ///
    /// #[derive(Default)]
    /// struct Button {
    ///     clicks: u32,
    ///     on_click: Option<Box<dyn Fn()>>,
    /// }
    ///
    /// fn wire(button: &Rc<RefCell<Button>>) {
    ///     let same = Rc::clone(button);
    ///     button.borrow_mut().on_click = Some(Box::new(move || same.borrow_mut().clicks += 1));
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// use std::cell::RefCell;
    /// use std::rc::Rc;
    ///
    /// #[derive(Default)]
    /// struct Button {
    ///     clicks: u32,
    ///     on_click: Option<Box<dyn Fn()>>,
    /// }
    ///
    /// fn wire(button: &Rc<RefCell<Button>>) {
    ///     let weak = Rc::downgrade(button);
    ///     button.borrow_mut().on_click = Some(Box::new(move || {
    ///         if let Some(button) = weak.upgrade() {
    ///             button.borrow_mut().clicks += 1;
    ///         }
    ///     }));
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// The closure must be made and stored in one function, and so must a task and what would end it. A callback that
    /// somebody removes later is not seen as removed.
    ClosureKeepsOwnerAlive("closure_keeps_owner_alive") {
        group: Capture,
        level: Warn,
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for ClosureKeepsOwnerAlive {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            stored_closures(cx, view, report);
            tasks(cx, view, report);
        }
    }
}

/// `x.callback = Some(Box::new(move || x2.…))`
fn stored_closures(cx: &BodyContext<'_>, view: &FlowView<'_>, report: &mut Vec<Diagnostic>) {
    for (_, statement) in view.statements() {
        let StatementKind::Assign { dest, value: Rvalue::Closure { captures, .. } } = &statement.kind else {
            continue;
        };
        let kept = strong(cx, view, captures);
        if kept.is_empty() || is_awaitable(&view.mir.var(dest.var).ty) {
            continue;
        }
        let Some((local, at)) = stored_in(cx, view, &holders(cx, view, dest.var), &kept) else { continue };
        let text = "stored here, in the object that it captures";
        let kept = Kept { name: named(cx, local), at, text };
        report.push(finding(cx, statement.span, &kept, "closure"));
    }
}

fn is_awaitable(ty: &Ty) -> bool {
    matches!(ty, Ty::Future(..))
}

/// Where a value is put into one of the objects that it keeps alive.
fn stored_in(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    holders: &[linger_analysis::flow::mir::Var],
    kept: &[(LocalId, Identity)],
) -> Option<(LocalId, Span)> {
    stores(cx, view, holders).into_iter().find_map(|(point, into)| {
        let (Into::Place(place) | Into::Container(place)) = into;
        let state = view.tokens.state_at(point);
        let owner = object(view, &state, &place);
        let is_part = place.projections.len() > usize::from(place.is_indirect())
            || state.reached(place.var) != linger_analysis::flow::tokens::TokenSet::default();
        let (local, _) = kept.iter().find(|(_, object)| is_part && is_within(&owner, object))?;
        Some((*local, view.mir.statement(point)?.span))
    })
}

fn tasks(cx: &BodyContext<'_>, view: &FlowView<'_>, report: &mut Vec<Diagnostic>) {
    for spawn in spawns(cx.analysis, cx.body, &view.tokens) {
        if !matches!(spawn.kind, SpawnKind::Task | SpawnKind::Thread | SpawnKind::Blocking)
            || spawn.call.callee.known != Known::Resolved
        {
            continue;
        }
        let found = in_block(cx, view, &spawn).or_else(|| fed_by_owner::find(cx, view, &spawn));
        if let Some(kept) = found {
            report.push(finding(cx, spawn.call.name_span, &kept, "task"));
        }
    }
}

/// A block that stands here, whose handle goes into the object, or that waits for what the object sends.
fn in_block(cx: &BodyContext<'_>, view: &FlowView<'_>, spawn: &Spawn<'_>) -> Option<Kept> {
    let id = spawn.closure?;
    let closure = made(view, id)?;
    let kept = strong(cx, view, closure.captures);
    if kept.is_empty() || cx.analysis.is_once(cx.body, view.mir.owner) {
        return None;
    }
    if let Some(handle) = spawn.handle
        && endless_loop(cx, spawn).is_some()
        && let Some((local, at)) = stored_in(cx, view, &holders(cx, view, handle), &kept)
    {
        let text = "its handle is kept in the object that it keeps alive, so no `Drop` ever ends it";
        return Some(Kept { name: named(cx, local), at, text });
    }
    let inner = cx.body.flow.get(Owner::Closure(id));
    if inner.loops.is_empty()
        || closure.captures.iter().any(|c| is(cx, view, c, Class::CancelToken))
        || closure.captures.iter().filter(|c| is(cx, view, c, Class::Receiver)).count() != 1
        || fate(cx, view, spawn) != Fate::Detached
    {
        return None;
    }
    let (local, at) = closure.captures.iter().filter(|c| is(cx, view, c, Class::Receiver)).find_map(|c| {
        let call = view.tokens.identities.defining_call(c.var)?;
        let source = view.tokens.identities.operand(call.args.first()?)?;
        let (local, _) = kept.iter().find(|(_, object)| is_within(&source, object))?;
        Some((*local, call.name_span))
    })?;
    let text = "the channel that it waits for closes only when the object goes";
    Some(Kept { name: named(cx, local), at, text })
}

fn named(cx: &BodyContext<'_>, local: LocalId) -> String {
    cx.hir().local(local).name.to_string()
}

fn is(cx: &BodyContext<'_>, view: &FlowView<'_>, capture: &Capture, class: Class) -> bool {
    let ty = view.mir.var(capture.var).ty.peel_refs();
    ty.path().and_then(|p| cx.catalogue().resource(p)).is_some_and(|r| r.class == class)
}

fn finding(cx: &BodyContext<'_>, span: Span, kept: &Kept, noun: &str) -> Diagnostic {
    let name = &kept.name;
    Diagnostic::new(
        &META,
        cx.at(span),
        format!(
            "this {noun} keeps alive through `{name}` the object that it belongs to: neither is ever freed"
        ),
    )
    .label(format!("takes the strong `{name}` along"))
    .step(cx.at(kept.at), kept.text)
    .help("capture a `Weak` (`downgrade`) and `upgrade` it for as long as it is needed")
}
