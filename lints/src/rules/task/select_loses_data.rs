//! Branches of a `select!` that lose what they have begun.

use linger_analysis::facts::{Loss, loss, loss_of_call};
use linger_analysis::flow::identity::{Identities, Identity, Root};
use linger_analysis::flow::mir::{Call, LoopId, Owner, StatementKind};
use linger_analysis::syntax::hir::{ExprId, ExprKind, SelectBranch};
use linger_analysis::types::infer::Known;

use super::selects::{LoopedSelect, looped};
use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};

declare_rule! {
    /// A branch of a `select!` in a loop loses data when another branch wins.
    ///
    /// ## Why it matters
    ///
    /// `select!` drops the futures that did not win. One that has read half a message, or taken an element out of
    /// a queue and waits for something else, takes that with it: the next turn starts in the middle of the stream
    /// or without the element.
    ///
    /// ## Example
    ///
    /// ```rust,ignore,fires
    /// use tokio::io::AsyncReadExt;
    ///
    /// async fn serve(mut stream: tokio::net::TcpStream, mut events: tokio::sync::mpsc::Receiver<u32>) {
    ///     let mut header = [0; 16];
    ///     loop {
    ///         tokio::select! {
    ///             Some(event) = events.recv() => println!("{event}"),
    ///             Ok(_) = stream.read_exact(&mut header) => println!("{header:?}"),
    ///             else => break,
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// Read in a task of its own, or with what keeps its progress:
    ///
    /// ```rust,ignore,clean
    /// use tokio::io::AsyncReadExt;
    ///
    /// async fn serve(mut stream: tokio::net::TcpStream, mut events: tokio::sync::mpsc::Receiver<u32>) {
    ///     let mut buffer = Vec::new();
    ///     loop {
    ///         tokio::select! {
    ///             Some(event) = events.recv() => println!("{event}"),
    ///             Ok(_) = stream.read_buf(&mut buffer) => println!("{}", buffer.len()),
    ///             else => break,
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Functions of the program are followed; calls through trait objects and of unknown crates are not. Streams
    /// and queues that belong to the branch alone are begun anew without a loss.
    SelectLosesData("select_loses_data") {
        group: Task,
        level: Warn,
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for SelectLosesData {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows().iter().filter(|v| v.mir.is_async) {
            for select in looped(cx, view) {
                in_select(cx, view, &select, report);
            }
        }
    }
}

fn in_select(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    looped: &LoopedSelect<'_>,
    report: &mut Vec<Diagnostic>,
) {
    let branches = &looped.select.branches;
    for (index, branch) in branches.iter().enumerate() {
        let Some(other) = (0..branches.len()).find(|i| *i != index && looped.stays[*i]) else { continue };
        let Some(lost) = lost(cx, view, looped.turning, branch) else { continue };
        let span = cx.hir().expr(branch.future).span;
        let what = lost.what;
        let (message, label) = match (&lost.taken, lost.value) {
            (_, true) => (
                format!("the value given to `{what}` is lost when another branch of this `select!` wins"),
                "dropped with the value when another branch is first".to_owned(),
            ),
            (Some(_), _) => (
                format!("what `{what}` took out is lost when another branch of this `select!` wins"),
                "may be dropped between taking it and handing it on".to_owned(),
            ),
            (None, _) => (
                format!("`{what}` is cut in the middle when another branch of this `select!` wins"),
                "not cancel safe: what it has read or written so far is forgotten".to_owned(),
            ),
        };
        let mut finding = Diagnostic::new(&META, cx.at(span), message).label(label).step(
            cx.at(cx.hir().expr(branches[other].future).span),
            "when this branch wins, that future is dropped",
        );
        for step in &lost.way {
            finding = finding.step(*step, "it may be waiting here then");
        }
        if let Some(taken) = lost.taken {
            finding = finding.step(taken, "taken out here");
        }
        report.push(finding.help(if lost.value {
            "`reserve()` a place in the `select!` and send in the handler, or make the future before the loop and pin it"
        } else {
            "make the future before the loop, pin it and wait for `&mut` it; or run it in a task of its own and \
             receive its results through a channel"
        }));
    }
}

struct Lost {
    what: String,
    taken: Option<linger_analysis::span::FileSpan>,
    value: bool,
    way: Vec<linger_analysis::span::FileSpan>,
}

impl Lost {
    fn of(loss: Loss) -> Self {
        Self { what: loss.what.to_string(), taken: loss.taken, value: false, way: loss.way.to_vec() }
    }
}

fn lost(cx: &BodyContext<'_>, view: &FlowView<'_>, turning: LoopId, branch: &SelectBranch) -> Option<Lost> {
    let ids = &view.tokens.identities;
    if let ExprKind::Closure(id) = cx.hir().expr(branch.future).kind {
        let inner = cx.body.flow.get(Owner::Closure(id));
        let found = loss(cx.analysis, cx.body, inner)?;
        let mut lost = Lost::of(found.clone());
        lost.way.insert(0, found.at);
        return lives_longer(cx, view, turning, &found.of).then_some(lost);
    }
    let call = call_of(view, branch.future)?;
    if let Some(found) = loss_of_call(cx.analysis, ids, call, cx.at(cx.hir().expr(branch.future).span)) {
        return lives_longer(cx, view, turning, &found.of).then(|| Lost::of(found));
    }
    lost_value(cx, turning, view, branch.future, call, ids)
}

/// The call that makes the future of a branch.
fn call_of<'m>(view: &FlowView<'m>, future: ExprId) -> Option<&'m Call> {
    view.mir.statements().find_map(|(_, s)| match &s.kind {
        StatementKind::Call(call) if s.expr == Some(future) => Some(&**call),
        _ => None,
    })
}

/// Whether an object is older than the loop, so that its state carries over from turn to turn.
fn lives_longer(cx: &BodyContext<'_>, view: &FlowView<'_>, turning: LoopId, object: &Identity) -> bool {
    match object.root {
        Root::Param(_) | Root::Static(_) => true,
        Root::Local(local) => {
            let declared = cx.hir().local(local).span;
            let around = view.mir.loops[turning.0 as usize].span;
            !(around.lo <= declared.lo && declared.hi <= around.hi)
        }
        // A part of what a call before the loop gave: `let (send, recv) = connection.accept_bi().await?`.
        Root::Temp(var) => !view.mir.loop_in(view.mir.var(var).in_loop, turning),
    }
}

/// `tx.send(value)`: lost when the value cannot be made again.
fn lost_value(
    cx: &BodyContext<'_>,
    turning: LoopId,
    view: &FlowView<'_>,
    future: ExprId,
    call: &Call,
    ids: &Identities<'_>,
) -> Option<Lost> {
    let _ = ids;
    let facts = cx.facts(&call.callee.target)?;
    if facts.cancel_safe != Some(false) || facts.io || call.callee.known != Known::Resolved {
        return None;
    }
    let ExprKind::MethodCall { args, .. } = &cx.hir().expr(future).kind else { return None };
    args.iter().any(|a| is_unique(cx, view, turning, *a)).then(|| Lost {
        what: call.name.to_string(),
        taken: None,
        value: true,
        way: Vec::new(),
    })
}

/// A value that this turn alone has: a variable of the loop's body that is moved, or an element taken out.
fn is_unique(cx: &BodyContext<'_>, view: &FlowView<'_>, turning: LoopId, value: ExprId) -> bool {
    let body = cx.hir();
    match &body.expr(value).kind {
        ExprKind::Local(local) => {
            let declared = body.local(*local).span;
            let around = view.mir.loops[turning.0 as usize].span;
            let inside = around.lo <= declared.lo && declared.hi <= around.hi;
            let ty = cx.types().local(*local);
            inside
                && !ty.is_unknown()
                && !cx.analysis.ownership.is_copy(ty)
                && comes_from_taking(cx, view, turning, *local)
        }
        _ => body.any(value, &mut |e| super::selects::called(cx, e).is_some_and(|(f, _)| f.takes_out)),
    }
}

/// A variable of the loop's body that holds something received or taken out.
fn comes_from_taking(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    turning: LoopId,
    local: linger_analysis::syntax::hir::LocalId,
) -> bool {
    let around = view.mir.loops[turning.0 as usize].expr;
    super::selects::initial_value(cx, around, local).is_some_and(|init| {
        cx.hir().any(init, &mut |e| super::selects::called(cx, e).is_some_and(|(f, _)| f.takes_out))
    })
}
