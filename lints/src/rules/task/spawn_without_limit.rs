//! Spawns that nothing bounds.

use linger_analysis::catalogue::{Class, SpawnKind};
use linger_analysis::facts::spawns;
use linger_analysis::flow::identity::Identity;
use linger_analysis::flow::mir::{Call, LoopId, LoopKind, Operand, Point, StatementKind};
use linger_analysis::types::infer::{Known, Target};

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::{Confidence, Diagnostic};
use crate::rule::{Rule, RuleMeta};
use crate::rules::support::is_test_or_sample;

declare_rule! {
    /// Tasks or threads are started for each item with nothing that bounds how many there are.
    ///
    /// ## Why it matters
    ///
    /// A `JoinSet` keeps the result of every task until `join_next` takes it out, and a `FuturesUnordered` runs
    /// nothing that is not polled: a loop that only ever fills one grows without bound. And a spawn for each item
    /// of an input lets the input decide how many run at once.
    ///
    /// ## Example
    ///
    /// ```rust,ignore,fires
    /// async fn serve(listener: tokio::net::TcpListener) {
    ///     let mut connections = tokio::task::JoinSet::new();
    ///     loop {
    ///         if let Ok((stream, _)) = listener.accept().await {
    ///             connections.spawn(async move { drop(stream) });
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// ```rust,ignore,clean
    /// async fn serve(listener: tokio::net::TcpListener) {
    ///     let mut connections = tokio::task::JoinSet::new();
    ///     loop {
    ///         tokio::select! {
    ///             Ok((stream, _)) = listener.accept() => {
    ///                 connections.spawn(async move { drop(stream) });
    ///             }
    ///             Some(_) = connections.join_next() => {}
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A set in a field that other methods drain is left alone.
    SpawnWithoutLimit("spawn_without_limit") {
        group: Task,
        cases: {
            set_grows: Warn = "an endless loop fills a set of tasks and takes nothing out",
            test: Allow = "the same in tests, fuzz targets and samples",
            per_item: Allow = "a spawn for each item of an input, with no semaphore, chunks or bounded set",
        },
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for SpawnWithoutLimit {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            sets(cx, view, report);
            items(cx, view, report);
        }
    }
}

/// Sets that an endless loop fills.
fn sets(cx: &BodyContext<'_>, view: &FlowView<'_>, report: &mut Vec<Diagnostic>) {
    let ids = &view.tokens.identities;
    let mut seen: Vec<Identity> = Vec::new();
    for (point, statement) in view.statements() {
        let StatementKind::Call(call) = &statement.kind else { continue };
        if !fills_set(cx, call) {
            continue;
        }
        let Some(set) = call.args.first().and_then(|a| ids.operand(a)) else { continue };
        let Some(turning) = outermost_endless(cx, view, point, &set) else { continue };
        if seen.contains(&set) || is_drained(cx, view, turning, &set) {
            continue;
        }
        seen.push(set);
        let info = &view.mir.loops[turning.0 as usize];
        report.push(
            Diagnostic::new(&META, cx.at(call.name_span), "this set of tasks grows with every turn of the loop")
                .case(if is_test_or_sample(cx) { "test" } else { "set_grows" })
                .label("put in here, and never taken out while the loop runs")
                .step(cx.at(info.head), "the loop")
                .confidence(Confidence::from(call.callee.known))
                .help(
                    "take ended tasks out in the loop: `while let Some(_) = set.try_join_next() {}`, or a \
                     `Some(_) = set.join_next()` branch; use a `TaskTracker` when only the wait at the end matters",
                ),
        );
    }
}

/// A call that puts a task or future into a set that keeps it until somebody takes it out.
fn fills_set(cx: &BodyContext<'_>, call: &Call) -> bool {
    let Target::External(path) = &call.callee.target else { return false };
    let spawns =
        cx.catalogue().facts(*path).is_some_and(|f| f.spawns.is_some()) || call.name.as_str() == "push";
    spawns
        && call.is_method
        && call.callee.known == Known::Resolved
        && call
            .callee
            .self_ty
            .as_ref()
            .and_then(|t| t.peel_refs().path())
            .and_then(|p| cx.catalogue().resource(p))
            .is_some_and(|r| {
                r.class == Class::TaskSet
                    && r.release.iter().any(|m| matches!(m.as_str(), "join_next" | "next"))
            })
}

/// The outermost loop around a point that never ends by itself (or accepts connections) and does not make the set
/// anew.
fn outermost_endless(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    point: Point,
    set: &Identity,
) -> Option<LoopId> {
    let mut current = view.mir.blocks[point.block.index()].in_loop;
    let mut found = None;
    while let Some(id) = current {
        let info = &view.mir.loops[id.0 as usize];
        if is_declared_in(cx, set, info.span) {
            break;
        }
        if info.kind != LoopKind::For && (never_left(view, id) || accepts(cx, view, id)) {
            found = Some(id);
        }
        current = info.parent;
    }
    found
}

fn is_declared_in(cx: &BodyContext<'_>, set: &Identity, around: linger_analysis::span::Span) -> bool {
    use linger_analysis::flow::identity::Root;
    match set.root {
        Root::Local(local) => {
            let declared = cx.hir().local(local).span;
            around.lo <= declared.lo && declared.hi <= around.hi
        }
        Root::Temp(_) => true,
        // A field or parameter: other code may drain it.
        Root::Param(_) | Root::Static(_) => true,
    }
}

fn never_left(view: &FlowView<'_>, id: LoopId) -> bool {
    let exit = view.mir.loops[id.0 as usize].exit;
    !view.tokens.is_reachable(exit)
}

fn accepts(cx: &BodyContext<'_>, view: &FlowView<'_>, id: LoopId) -> bool {
    view.statements().any(|(point, s)| {
        view.mir.block_in_loop(point.block, id)
            && matches!(&s.kind, StatementKind::Call(call) if cx.facts(&call.callee.target).is_some_and(|f| f.accepts))
    })
}

/// Whether anything in the loop takes out of the set, or gets hold of it.
fn is_drained(cx: &BodyContext<'_>, view: &FlowView<'_>, id: LoopId, set: &Identity) -> bool {
    let ids = &view.tokens.identities;
    let is_set = |o: &Operand| ids.operand(o).is_some_and(|i| i == *set);
    view.statements().any(|(point, s)| {
        if !view.mir.block_in_loop(point.block, id) {
            return false;
        }
        match &s.kind {
            StatementKind::Call(call) => {
                call.args.iter().any(is_set)
                    && !fills_set(cx, call)
                    && !matches!(call.name.as_str(), "len" | "is_empty")
            }
            StatementKind::Await { operands, .. } => operands.iter().any(is_set),
            StatementKind::Macro { args, .. } => args.iter().any(is_set),
            StatementKind::Assign { value, .. } => {
                use linger_analysis::flow::mir::Rvalue;
                match value {
                    Rvalue::Closure { captures, .. } => captures
                        .iter()
                        .any(|c| ids.place(&linger_analysis::flow::mir::Place::whole(c.var)) == *set),
                    Rvalue::Use(Operand::Move(place)) => ids.place(place) == *set,
                    // `set = JoinSet::new()`
                    _ => false,
                }
            }
            _ => false,
        }
    })
}

/// A spawn for each item of an input.
fn items(cx: &BodyContext<'_>, view: &FlowView<'_>, report: &mut Vec<Diagnostic>) {
    for spawn in spawns(cx.analysis, cx.body, &view.tokens) {
        if !matches!(spawn.kind, SpawnKind::Task | SpawnKind::Thread) || fills_set(cx, spawn.call) {
            continue;
        }
        let Some(id) = view.mir.blocks[spawn.point.block.index()].in_loop else { continue };
        let info = &view.mir.loops[id.0 as usize];
        if is_small(cx, info.expr) || is_bounded(cx, view, id) {
            continue;
        }
        report.push(
            Diagnostic::new(
                &META,
                cx.at(spawn.call.name_span),
                "nothing bounds how many of these run at once",
            )
            .case("per_item")
            .label("started once for each turn")
            .step(cx.at(info.head), "the loop")
            .confidence(Confidence::from(spawn.call.callee.known))
            .help("acquire a permit of a `Semaphore` before the spawn, or use `buffer_unordered(n)`"),
        );
    }
}

/// `for i in 0..4`
fn is_small(cx: &BodyContext<'_>, turning: linger_analysis::syntax::hir::ExprId) -> bool {
    use linger_analysis::syntax::hir::{ExprKind, Literal};
    let hir = cx.hir();
    let ExprKind::For { iterable, .. } = hir.expr(turning).kind else { return false };
    match &hir.expr(iterable).kind {
        ExprKind::Array(parts) => parts.len() <= 16,
        ExprKind::Range { end: Some(end), .. } => {
            matches!(hir.expr(*end).kind, ExprKind::Literal(Literal::Int(Some(n), _)) if n <= 16)
        }
        _ => false,
    }
}

/// Something in the loop makes it wait: a permit, a task that is joined.
fn is_bounded(cx: &BodyContext<'_>, view: &FlowView<'_>, id: LoopId) -> bool {
    view.tokens.iter().any(|(_, t)| t.is(Class::Permit) && view.mir.block_in_loop(t.at.block, id))
        || view.statements().any(|(point, s)| {
            view.mir.block_in_loop(point.block, id)
                && matches!(&s.kind, StatementKind::Call(call) if matches!(call.name.as_str(), "acquire" | "acquire_owned" | "join" | "join_next"))
        })
        || cx.hir().any(view.mir.loops[id.0 as usize].expr, &mut |e| {
            super::selects::called(cx, e).is_some_and(|(f, _)| f.waits && f.releases)
        })
}
