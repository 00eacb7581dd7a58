//! `Err(_) => {}`

use linger_analysis::span::Span;
use linger_analysis::syntax::hir::{ExprId, ExprKind};
use linger_analysis::types::infer::{Known, Target};

use crate::context::BodyContext;
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::result::{is_critical, is_memory_or_stdio, is_teardown};
use crate::rules::shapes::{asked_for_error, does_nothing, is_any_error};
use crate::rules::support::short;

declare_rule! {
    /// An arm for the error does nothing: `Err(_) => {}`, `if let Err(_) = … {}`.
    ///
    /// ## Why it matters
    ///
    /// It looks like handling and is none: the program goes on as if the call had worked.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// fn replace(from: &str, to: &str) {
    ///     match std::fs::rename(from, to) {
    ///         Ok(()) => println!("saved"),
    ///         Err(_) => {}
    ///     }
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// fn replace(from: &str, to: &str) {
    ///     match std::fs::rename(from, to) {
    ///         Ok(()) => println!("saved"),
    ///         Err(error) => eprintln!("not saved: {error}"),
    ///     }
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A comment in the arm, or above it, counts as a reason.
    EmptyErrorArm("empty_error_arm") {
        group: Result,
        cases: {
            critical: Warn = "the loss costs data, state or safety",
            any: Allow = "any other empty arm for an error",
        },
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for EmptyErrorArm {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        let body = cx.hir();
        for expr in &body.exprs {
            match &expr.kind {
                ExprKind::Match { scrutinee, arms } => {
                    let arm = arms.iter().find(|a| {
                        a.guard.is_none() && is_any_error(body, a.pat) && does_nothing(body, a.body)
                    });
                    if let Some(arm) = arm {
                        check(cx, *scrutinee, arm.span, report);
                    }
                }
                ExprKind::If { condition, then_branch, else_branch: None } => {
                    if let Some(scrutinee) = asked_for_error(body, *condition)
                        && does_nothing(body, *then_branch)
                    {
                        check(cx, scrutinee, expr.span, report);
                    }
                }
                _ => {}
            }
        }
    }
}

fn check(cx: &BodyContext<'_>, scrutinee: ExprId, arm: Span, report: &mut Vec<Diagnostic>) {
    let body = cx.hir();
    if cx.ty(scrutinee).as_result().is_none()
        || cx.has_reason(arm)
        || cx.has_reason(body.expr(scrutinee).span)
    {
        return;
    }
    let call = match &body.expr(scrutinee).kind {
        ExprKind::Await { operand } => *operand,
        _ => scrutinee,
    };
    let callee = cx.types().callees.get(&call);
    let critical = callee.filter(|c| c.known == Known::Resolved).and_then(|c| {
        let Target::External(path) = &c.target else { return None };
        let facts = cx.catalogue().facts(*path).filter(|f| is_critical(f))?;
        let quiet = is_teardown(cx) || c.self_ty.as_ref().is_some_and(|t| is_memory_or_stdio(cx, t));
        (!quiet).then_some((*path, facts))
    });
    let (case, message) = match critical {
        Some((path, facts)) => {
            let loss =
                facts.loss.clone().unwrap_or_else(|| "the program goes on as if it had worked".to_owned());
            ("critical", format!("the error of `{}` ends in an empty arm: {loss}", short(&path)))
        }
        None => ("any", "an error ends in an empty arm".to_owned()),
    };
    report.push(
        Diagnostic::new(&META, cx.at(arm), message)
            .case(case)
            .label("nothing is done about it here")
            .step(cx.at(body.expr(scrutinee).span), "it comes from here")
            .help("return it, handle it, or say in a comment why it does not matter"),
    );
}
