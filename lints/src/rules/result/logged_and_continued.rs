//! Errors that end in the log, while the function says that all went well.

use linger_analysis::flow::mir::{ReturnKind, Terminator};
use linger_analysis::syntax::hir::{Body, ClosureId, ExprId, ExprKind, MacroKind, StmtKind};
use linger_analysis::types::infer::{Known, Target};

use crate::context::BodyContext;
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::result::propagate::{returns_any, returns_error};
use crate::rules::result::thrown_away::let_init;
use crate::rules::result::transaction::is_step;
use crate::rules::result::{is_critical, is_memory_or_stdio, is_teardown};
use crate::rules::shapes::{asked_for_error, does_nothing, is_any_error};

declare_rule! {
    /// An error is only logged, and the function goes on and reports success.
    ///
    /// ## Why it matters
    ///
    /// Whoever called learns from the result whether to try again, to roll back, or to tell the user. A line in a
    /// log tells none of them: a job that failed counts as done.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// fn publish(from: &str, to: &str) -> std::io::Result<()> {
    ///     if let Err(error) = std::fs::rename(from, to) {
    ///         eprintln!("not published: {error}");
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// fn publish(from: &str, to: &str) -> std::io::Result<()> {
    ///     if let Err(error) = std::fs::rename(from, to) {
    ///         eprintln!("not published: {error}");
    ///         return Err(error);
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A loop that goes on with its next item is left alone, and so is an arm that does anything but log. By default
    /// it counts in a transaction that is committed afterwards, and where the last thing that a function does is to
    /// write its own error into the log and return `Ok(())`.
    LoggedAndContinued("logged_and_continued") {
        group: Result,
        cases: {
            in_transaction: Warn = "a step of a transaction whose other steps are committed",
            reports_success: Warn = "the last step of a function that then returns `Ok(())`, with an error that it could return",
            critical: Allow = "the loss costs data, state or safety",
            never_fails: Allow = "all errors of a function that returns a `Result` end in the log",
            any: Allow = "any other error that is only logged in a function that returns a `Result`",
        },
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for LoggedAndContinued {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        let body = cx.hir();
        steps_of_transactions(cx, report);
        if cx.types().ret.as_result().is_none() || is_teardown(cx) || cx.is_documented_to_go_on() {
            return;
        }
        let inner = in_loops_and_closures(body);
        let logged: Vec<(ExprId, ExprId)> = (0..body.exprs.len() as u32)
            .map(ExprId)
            .filter(|e| !inner.contains(e))
            .filter_map(|e| Some((logged_only(body, e)?, e)))
            .filter(|(scrutinee, e)| {
                let (at, call) = (body.expr(*e).span, body.expr(*scrutinee).span);
                !cx.has_reason(at) && !cx.has_reason(call) && may_fail(cx, *scrutinee)
            })
            .collect();
        let never_fails = succeeds_always(cx);
        let last = last_step(cx).filter(|_| never_fails);
        for (scrutinee, at) in logged {
            if is_step(cx, call_of(body, scrutinee)) {
                continue;
            }
            let critical = is_critical_call(cx, scrutinee);
            let reports_success = last == Some(at)
                && is_returnable(cx, scrutinee)
                && warns(body, at)
                && !critical
                && !is_dispensable(cx, scrutinee);
            let (case, message) = if reports_success {
                ("reports_success", "the error is only logged, and this function reports success")
            } else if critical {
                ("critical", "the error is only logged, and this function may still report success")
            } else if never_fails {
                ("never_fails", "this function returns a `Result`, but all its errors end in the log")
            } else {
                ("any", "the error is only logged, and this function goes on")
            };
            let mut finding = Diagnostic::new(&META, cx.at(body.expr(scrutinee).span), message)
                .case(case)
                .label("this fails")
                .step(cx.at(body.expr(at).span), "only logged here")
                .help("return the error, or say in a comment why the caller need not know");
            if let ExprKind::Block(block) = &body.expr(body.root).kind
                && let Some(tail) = block.tail
                && never_fails
            {
                finding = finding.step(cx.at(body.expr(tail).span), "success is reported here");
            }
            report.push(finding);
        }
    }
}

/// Steps of a transaction whose error is only logged: also in closures and loops, and in functions that return nothing.
fn steps_of_transactions(cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
    let body = cx.hir();
    for at in (0..body.exprs.len() as u32).map(ExprId) {
        let Some(scrutinee) = logged_only(body, at) else { continue };
        let (place, call) = (body.expr(at).span, body.expr(scrutinee).span);
        if !is_step(cx, call_of(body, scrutinee)) || cx.has_reason(place) || cx.has_reason(call) {
            continue;
        }
        report.push(
            Diagnostic::new(
                &META,
                cx.at(call),
                "the error of this step is only logged, and the transaction goes on to its commit",
            )
            .case("in_transaction")
            .label("this step fails")
            .step(cx.at(place), "only logged here")
            .help("return the error, so that everything is rolled back, or use a savepoint"),
        );
    }
}

/// Whether a program can do without what a call does, by its name: `put_stats`.
fn is_dispensable(cx: &BodyContext<'_>, scrutinee: ExprId) -> bool {
    match &cx.hir().expr(call_of(cx.hir(), scrutinee)).kind {
        ExprKind::MethodCall { method, .. } => cx.catalogue().is_best_effort(method.as_str()),
        _ => false,
    }
}

/// The last statement of a function that ends in `Ok(())`, but for log lines.
fn last_step(cx: &BodyContext<'_>) -> Option<ExprId> {
    let body = cx.hir();
    let ExprKind::Block(root) = &body.expr(body.root).kind else { return None };
    let ExprKind::Call { args, .. } = &body.expr(root.tail?).kind else { return None };
    let is_unit = |e: ExprId| matches!(&body.expr(e).kind, ExprKind::Tuple(parts) if parts.is_empty());
    if args.len() != 1 || !args.iter().all(|a| is_unit(*a)) {
        return None;
    }
    root.stmts.iter().rev().find_map(|s| match s.kind {
        StmtKind::Expr { expr, .. } if only_logs(body, expr) => None,
        StmtKind::Expr { expr, .. } => Some(Some(expr)),
        StmtKind::Let { .. } => Some(None),
    })?
}

/// Whether the function could return that error as it is.
fn is_returnable(cx: &BodyContext<'_>, scrutinee: ExprId) -> bool {
    let ty = cx.ty(scrutinee);
    ty.as_result()
        .is_some_and(|(_, error)| error.is_unknown() && returns_any(cx) || returns_error(cx, &error))
}

/// Whether what is logged is meant to be seen: not a line for debugging.
fn warns(body: &Body, at: ExprId) -> bool {
    let loud = |e: &linger_analysis::syntax::hir::Expr| match &e.kind {
        ExprKind::Macro(call) => match call.kind {
            MacroKind::Print => true,
            MacroKind::Log => {
                !call.path.last().is_some_and(|n| matches!(n.as_str(), "debug" | "trace" | "info"))
            }
            _ => false,
        },
        _ => false,
    };
    let place = body.expr(at).span;
    body.exprs.iter().any(|e| place.contains(e.span) && loud(e))
}

/// The scrutinee of `if let Err(e) = … { only logs }` and `match … { Ok(_) => {}, Err(e) => only logs }`.
fn logged_only(body: &Body, e: ExprId) -> Option<ExprId> {
    match &body.expr(e).kind {
        ExprKind::If { condition, then_branch, else_branch: None } => {
            asked_for_error(body, *condition).filter(|_| only_logs(body, *then_branch))
        }
        ExprKind::Match { scrutinee, arms } => {
            let error = arms.iter().find(|a| is_any_error(body, a.pat))?;
            let rest = arms.iter().filter(|a| !is_any_error(body, a.pat));
            let quiet = |e: ExprId| only_logs(body, e) || does_nothing(body, e);
            (arms.len() >= 2
                && error.guard.is_none()
                && only_logs(body, error.body)
                && rest.into_iter().all(|a| quiet(a.body)))
            .then_some(*scrutinee)
        }
        _ => None,
    }
}

/// One log line or more, and nothing else.
fn only_logs(body: &Body, e: ExprId) -> bool {
    match &body.expr(e).kind {
        ExprKind::Macro(call) => matches!(call.kind, MacroKind::Log | MacroKind::Print),
        ExprKind::Block(block) => {
            let of = |e: ExprId| only_logs(body, e);
            let stmts = block.stmts.iter().all(|s| matches!(s.kind, StmtKind::Expr { expr, .. } if of(expr)));
            stmts && block.tail.is_none_or(of) && (block.tail.is_some() || !block.stmts.is_empty())
        }
        _ => false,
    }
}

/// Expressions of loops, closures and async blocks: the next turn goes on, the result is not the function's.
fn in_loops_and_closures(body: &Body) -> Vec<ExprId> {
    let spans: Vec<_> = body
        .exprs
        .iter()
        .filter(|e| {
            matches!(
                e.kind,
                ExprKind::Loop { .. } | ExprKind::While { .. } | ExprKind::For { .. } | ExprKind::Closure(_)
            )
        })
        .map(|e| e.span)
        .chain((0..body.closures.len()).map(|c| body.expr(body.closure(ClosureId(c as u32)).body).span))
        .collect();
    (0..body.exprs.len() as u32)
        .map(ExprId)
        .filter(|e| spans.iter().any(|s| s.contains(body.expr(*e).span)))
        .collect()
}

/// Whether a function that may return an error never does: no `?`, no early return, `Ok(..)` at its end.
fn succeeds_always(cx: &BodyContext<'_>) -> bool {
    let body = cx.hir();
    let early = cx.body.flow.root.blocks.iter().any(|b| {
        matches!(
            b.terminator,
            Terminator::Return {
                kind: ReturnKind::Explicit | ReturnKind::Question | ReturnKind::Failure,
                ..
            }
        )
    });
    let ExprKind::Block(root) = &body.expr(body.root).kind else { return false };
    let is_ok = root.tail.is_some_and(|tail| {
        matches!(&body.expr(tail).kind, ExprKind::Call { callee, .. }
            if matches!(&body.expr(*callee).kind, ExprKind::Path(p) if p.last().is_some_and(|n| n == "Ok")))
    });
    !early && is_ok
}

/// The call that a scrutinee is, through `.await`.
fn call_of(body: &Body, e: ExprId) -> ExprId {
    match &body.expr(e).kind {
        ExprKind::Await { operand } => call_of(body, *operand),
        // `let result = step(); match result { … }`
        ExprKind::Local(result) => {
            let uses =
                body.exprs.iter().filter(|e| matches!(e.kind, ExprKind::Local(l) if l == *result)).count();
            let_init(body, *result).filter(|_| uses == 1).map_or(e, |init| call_of(body, init))
        }
        ExprKind::MethodCall { receiver, method, .. }
            if matches!(method.as_str(), "map_err" | "context" | "with_context") =>
        {
            call_of(body, *receiver)
        }
        _ => e,
    }
}

/// Errors that only say that the other side is gone, or that something was there before, are for the log.
fn may_fail(cx: &BodyContext<'_>, scrutinee: ExprId) -> bool {
    let call = call_of(cx.hir(), scrutinee);
    match cx.types().callees.get(&call).map(|c| &c.target) {
        Some(Target::External(path)) => {
            cx.catalogue().facts(*path).is_some_and(is_critical)
                || cx.catalogue().facts(*path).is_none_or(|f| f.if_ignored.is_none())
                    && !path.as_str().ends_with("::send")
        }
        Some(_) => true,
        None => false,
    }
}

fn is_critical_call(cx: &BodyContext<'_>, scrutinee: ExprId) -> bool {
    let call = call_of(cx.hir(), scrutinee);
    let Some(callee) = cx.types().callees.get(&call).filter(|c| c.known == Known::Resolved) else {
        return false;
    };
    let quiet = callee.self_ty.as_ref().is_some_and(|t| is_memory_or_stdio(cx, t));
    match &callee.target {
        Target::External(path) => !quiet && cx.catalogue().facts(*path).is_some_and(is_critical),
        Target::Def(def) => cx.analysis.summary(*def).is_some_and(|s| s.failure.is_some()),
        _ => false,
    }
}
