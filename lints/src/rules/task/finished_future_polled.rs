//! Futures that a `select!` loop polls although they are over.

use linger_analysis::catalogue::PolledAgain;
use linger_analysis::facts::endless;
use linger_analysis::flow::mir::{LoopInfo, Owner};
use linger_analysis::syntax::hir::{
    ClosureKind, ExprId, ExprKind, LocalId, MacroKind, PatKind, Select, SelectBranch, StmtKind,
};
use linger_analysis::types::infer::Target;
use linger_analysis::types::ty::Ty;

use super::selects::{binds, initial_value, looped, root};
use crate::context::BodyContext;
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::support::short;

declare_rule! {
    /// A future that was made before a `select!` loop is polled again by the next turn, although it is over.
    ///
    /// ## Why it matters
    ///
    /// A `Sleep` that is over is ready at once: its branch wins again and again, and the loop spins. A `JoinHandle`
    /// or a oneshot receiver that has given its result panics, and so does an `async fn` that has returned.
    ///
    /// ## Example
    ///
    /// ```rust,ignore,fires
    /// async fn serve(mut jobs: tokio::sync::mpsc::Receiver<u32>) {
    ///     let warn = tokio::time::sleep(std::time::Duration::from_secs(30));
    ///     tokio::pin!(warn);
    ///     loop {
    ///         tokio::select! {
    ///             _ = &mut warn => println!("this takes long"),
    ///             job = jobs.recv() => match job {
    ///                 Some(job) => println!("{job}"),
    ///                 None => break,
    ///             },
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// Switch the branch off when it has run, or leave the loop:
    ///
    /// ```rust,ignore,clean
    /// async fn serve(mut jobs: tokio::sync::mpsc::Receiver<u32>) {
    ///     let warn = tokio::time::sleep(std::time::Duration::from_secs(30));
    ///     tokio::pin!(warn);
    ///     let mut warned = false;
    ///     loop {
    ///         tokio::select! {
    ///             _ = &mut warn, if !warned => warned = true,
    ///             job = jobs.recv() => match job {
    ///                 Some(job) => println!("{job}"),
    ///                 None => break,
    ///             },
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Anything else in the loop that names the future, or a variable that the branch sets, is taken for a way to deal
    /// with it. Futures whose type is not known are not seen, and one that comes in as a parameter may be fused.
    FinishedFuturePolled("finished_future_polled") {
        group: Task,
        cases: {
            ready: Warn = "it is ready at once, so that the loop spins",
            panics: Deny = "polling it again panics",
        },
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for FinishedFuturePolled {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows().iter().filter(|v| v.mir.is_async) {
            for looped in looped(cx, view) {
                let turning = &view.mir.loops[looped.turning.0 as usize];
                let staying = looped.select.branches.iter().zip(&looped.stays).filter(|(_, stays)| **stays);
                for (branch, _) in staying {
                    report.extend(in_branch(cx, turning, looped.select, branch));
                }
            }
        }
    }
}

fn in_branch(
    cx: &BodyContext<'_>,
    turning: &LoopInfo,
    select: &Select,
    branch: &SelectBranch,
) -> Option<Diagnostic> {
    let local = borrowed(cx, branch.future)?;
    let declared = cx.hir().local(local);
    let (name, again) = once(cx, cx.ty(place_of(cx, branch.future)?), local)?;
    if turning.span.contains(declared.span)
        || branch.condition.is_some()
        || is_dealt_with(cx, turning, branch, local)
        || is_decided_behind(cx, turning, select)
        || cx.has_reason(branch.span)
    {
        return None;
    }
    let (case, message, label) = match again {
        PolledAgain::Ready => {
            ("ready", "this loop spins once the timer is over", "ready at once from then on, in every turn")
        }
        PolledAgain::Panics => (
            "panics",
            "the next turn polls a future that is over, which panics",
            "over when this branch has run",
        ),
    };
    Some(
        Diagnostic::new(&META, cx.at(cx.hir().expr(branch.future).span), message)
            .case(case)
            .label(label)
            .step(cx.at(declared.span), format!("{name} is made once, here"))
            .step(cx.at(cx.hir().expr(branch.handler).span), "this goes on with the next turn")
            .help(
                "leave the loop here, give the branch a precondition (`, if !done`), or make the future anew",
            ),
    )
}

/// What a future of this type, or behind such a pointer, is called, and what it does when it is polled again.
fn once(cx: &BodyContext<'_>, ty: &Ty, local: LocalId) -> Option<(String, PolledAgain)> {
    let ty = ty.peel_refs();
    if let Ty::Future(output, _) = ty {
        let made = initial_value(cx, cx.hir().root, local).or_else(|| pinned_where_declared(cx, local));
        let ends = **output != Ty::Never && made.is_some_and(|e| is_over_once(cx, e));
        return ends.then(|| ("the future".to_owned(), PolledAgain::Panics));
    }
    let path = ty.path()?;
    if let Some(resource) = cx.catalogue().resource(path)
        && let Some(again) = resource.polled_again
    {
        return Some((format!("the `{}`", short(&resource.ty)), again));
    }
    let is_pointer = matches!(path.as_str(), "std::pin::Pin" | "std::boxed::Box");
    ty.args().first().filter(|_| is_pointer).and_then(|inner| once(cx, inner, local))
}

/// `pin! { let future = work(); }`
fn pinned_where_declared(cx: &BodyContext<'_>, local: LocalId) -> Option<ExprId> {
    let body = cx.hir();
    let pins = body.exprs.iter().filter_map(|e| match &e.kind {
        ExprKind::Macro(call) if call.kind == MacroKind::Pin => Some(&call.args),
        _ => None,
    });
    pins.flatten().find_map(|arg| match body.expr(*arg).kind {
        ExprKind::Let { pat, scrutinee } if binds(cx, pat, local) => Some(scrutinee),
        _ => None,
    })
}

/// Whether an expression gives the future of an `async fn` of the program, or of a block, that comes to an end: pinned or
/// boxed, but not fused.
fn is_over_once(cx: &BodyContext<'_>, e: ExprId) -> bool {
    let body = cx.hir();
    match &body.expr(e).kind {
        ExprKind::Closure(id) => {
            body.closure(*id).kind == ClosureKind::AsyncBlock
                && endless(cx.analysis, cx.body, cx.body.flow.get(Owner::Closure(*id))).is_none()
        }
        ExprKind::Macro(call) if call.kind == MacroKind::Pin => {
            call.args.first().is_some_and(|a| is_over_once(cx, *a))
        }
        ExprKind::Call { args, .. } => is_call_over_once(cx, e, args.first().copied()),
        ExprKind::MethodCall { receiver, .. } => is_call_over_once(cx, e, Some(*receiver)),
        _ => false,
    }
}

fn is_call_over_once(cx: &BodyContext<'_>, call: ExprId, inner: Option<ExprId>) -> bool {
    let Some(callee) = cx.types().callees.get(&call) else { return false };
    match &callee.target {
        Target::Def(def) => {
            let is_async = cx.program().def(*def).signature.as_ref().is_some_and(|s| s.is_async);
            let stays = cx.analysis.summary(*def).is_none_or(|s| s.never_returns || s.stays_in.is_some());
            is_async && !stays
        }
        Target::External(path) => {
            let pins = matches!(path.as_str(), "std::boxed::Box::pin" | "std::boxed::Box::new");
            let is_same = cx.facts(&callee.target).is_some_and(|f| f.transparent) && short(path) != "fuse";
            (pins || is_same) && inner.is_some_and(|e| is_over_once(cx, e))
        }
        _ => false,
    }
}

/// The place behind `&mut x`, `x.as_mut()`.
fn place_of(cx: &BodyContext<'_>, e: ExprId) -> Option<ExprId> {
    match &cx.hir().expr(e).kind {
        ExprKind::AddressOf { mutable: true, operand, .. } => Some(*operand),
        ExprKind::MethodCall { receiver, method, args, .. } if method == "as_mut" && args.is_empty() => {
            Some(*receiver)
        }
        _ => None,
    }
}

fn borrowed(cx: &BodyContext<'_>, e: ExprId) -> Option<LocalId> {
    let mut place = place_of(cx, e)?;
    while let ExprKind::Unary { operand, .. } = cx.hir().expr(place).kind {
        place = operand;
    }
    match cx.hir().expr(place).kind {
        ExprKind::Local(local) => Some(local),
        _ => None,
    }
}

/// Whether what the branches give or set in this turn decides, behind the `select!`, on the end of the loop:
/// `let mut done = true; select! { … => done = false, … } if done { break }`.
fn is_decided_behind(cx: &BodyContext<'_>, turning: &LoopInfo, select: &Select) -> bool {
    let body = cx.hir();
    let (mut inside, mut deciding) = (Vec::new(), Vec::new());
    for branch in &select.branches {
        body.walk(branch.handler, &mut |e| {
            inside.push(e);
            if let ExprKind::Assign { place, .. } = &body.expr(e).kind {
                deciding.extend(root(cx, *place));
            }
            true
        });
    }
    deciding.extend(given_to(cx, select));
    // What is older than the turn is a count or state of the whole loop.
    deciding.retain(|local| turning.span.contains(body.local(*local).span));
    let asks = |e: ExprId| {
        body.any(e, &mut |e| matches!(body.expr(e).kind, ExprKind::Local(l) if deciding.contains(&l)))
    };
    let leaves = |e: ExprId| {
        body.any(e, &mut |e| matches!(body.expr(e).kind, ExprKind::Break { .. } | ExprKind::Return(_)))
    };
    body.any(turning.expr, &mut |e| {
        let condition = match &body.expr(e).kind {
            ExprKind::If { condition, .. } => *condition,
            ExprKind::Match { scrutinee, .. } => *scrutinee,
            _ => return false,
        };
        !inside.contains(&e) && asks(condition) && leaves(e)
    })
}

/// The variables that get what the branches give: `let message = select! { … };`
fn given_to(cx: &BodyContext<'_>, select: &Select) -> Vec<LocalId> {
    let body = cx.hir();
    let Some(handler) = select.branches.first().map(|branch| branch.handler) else { return Vec::new() };
    let blocks = body.exprs.iter().filter_map(|e| match &e.kind {
        ExprKind::Block(block) => Some(block),
        _ => None,
    });
    let lets = blocks.flat_map(|block| &block.stmts).filter_map(|s| match s.kind {
        StmtKind::Let { pat, init: Some(init), .. } => Some((pat, init)),
        _ => None,
    });
    lets.filter(|(_, init)| body.any(*init, &mut |e| e == handler))
        .filter_map(|(pat, _)| match body.pat(pat).kind {
            PatKind::Binding { local, .. } => Some(local),
            _ => None,
        })
        .collect()
}

/// Whether the loop names the future somewhere else, or the branch sets something that the loop looks at.
fn is_dealt_with(cx: &BodyContext<'_>, turning: &LoopInfo, branch: &SelectBranch, future: LocalId) -> bool {
    let body = cx.hir();
    let mentions = |local: LocalId, outside: ExprId| {
        let outside = body.expr(outside).span;
        body.any(turning.expr, &mut |e| {
            let expr = body.expr(e);
            matches!(expr.kind, ExprKind::Local(l) if l == local) && !outside.contains(expr.span)
        })
    };
    let mut set = Vec::new();
    body.walk(branch.handler, &mut |e| {
        if let ExprKind::Assign { place, .. } | ExprKind::AssignOp { place, .. } = &body.expr(e).kind {
            set.extend(root(cx, *place));
        }
        true
    });
    mentions(future, branch.future) || set.iter().any(|local| mentions(*local, branch.handler))
}
