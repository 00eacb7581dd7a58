//! Futures that a `select!` loop polls although they are over.

use linger_analysis::catalogue::{PolledAgain, Resource};
use linger_analysis::flow::mir::LoopInfo;
use linger_analysis::syntax::hir::{ExprId, ExprKind, LocalId, SelectBranch};
use linger_analysis::types::ty::Ty;

use super::selects::{looped, root};
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
    /// or a oneshot receiver that has given its result panics.
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
    /// with it. Futures whose type is not known are not seen.
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
                    report.extend(in_branch(cx, turning, branch));
                }
            }
        }
    }
}

fn in_branch(cx: &BodyContext<'_>, turning: &LoopInfo, branch: &SelectBranch) -> Option<Diagnostic> {
    let local = borrowed(cx, branch.future)?;
    let declared = cx.hir().local(local);
    let (resource, again) = once(cx, cx.ty(place_of(cx, branch.future)?))?;
    if turning.span.contains(declared.span)
        || branch.condition.is_some()
        || is_dealt_with(cx, turning, branch, local)
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
    let name = short(&resource.ty);
    Some(
        Diagnostic::new(&META, cx.at(cx.hir().expr(branch.future).span), message)
            .case(case)
            .label(label)
            .step(cx.at(declared.span), format!("the `{name}` is made once, here"))
            .step(cx.at(cx.hir().expr(branch.handler).span), "this goes on with the next turn")
            .help(
                "leave the loop here, give the branch a precondition (`, if !done`), or make the future anew",
            ),
    )
}

/// What a future of this type, or behind such a pointer, does when it is polled again.
fn once<'a>(cx: &BodyContext<'a>, ty: &Ty) -> Option<(&'a Resource, PolledAgain)> {
    let ty = ty.peel_refs();
    let path = ty.path()?;
    if let Some(resource) = cx.catalogue().resource(path)
        && let Some(again) = resource.polled_again
    {
        return Some((resource, again));
    }
    let is_pointer = matches!(path.as_str(), "std::pin::Pin" | "std::boxed::Box");
    ty.args().first().filter(|_| is_pointer).and_then(|inner| once(cx, inner))
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
