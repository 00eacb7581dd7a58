//! Errors that become a default value.

use linger_analysis::syntax::hir::{Body, ExprId, ExprKind};
use linger_analysis::types::infer::{Known, Target};
use linger_analysis::types::ty::Ty;

use crate::context::BodyContext;
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::result::{fails_anyway, is_critical};

declare_rule! {
    /// An error becomes a default value: `read(path).unwrap_or_default()`.
    ///
    /// ## Why it matters
    ///
    /// "There is nothing" and "it could not be read" become the same. A store that is down looks like an empty one,
    /// and what is decided on that ground is wrong, or even written back.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// struct Store;
    ///
    /// impl Store {
    ///     async fn devices(&self) -> std::io::Result<Vec<String>> {
    ///         Ok(Vec::new())
    ///     }
    ///     async fn identity(&self) -> std::io::Result<String> {
    ///         Ok(String::new())
    ///     }
    /// }
    ///
    /// async fn load(store: &Store) -> std::io::Result<(Vec<String>, Option<String>)> {
    ///     let devices = store.devices().await?;
    ///     let identity = store.identity().await.ok();
    ///     Ok((devices, identity))
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// struct Store;
    ///
    /// impl Store {
    ///     async fn devices(&self) -> std::io::Result<Vec<String>> {
    ///         Ok(Vec::new())
    ///     }
    ///     async fn identity(&self) -> std::io::Result<Option<String>> {
    ///         Ok(None)
    ///     }
    /// }
    ///
    /// async fn load(store: &Store) -> std::io::Result<(Vec<String>, Option<String>)> {
    ///     let devices = store.devices().await?;
    ///     let identity = store.identity().await?;
    ///     Ok((devices, identity))
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A comment on the statement, or above it, counts as a reason.
    ErrorDefaulted("error_defaulted") {
        group: Result,
        cases: {
            nothing_found: Warn = "the call has a value for nothing found, and other errors of the same object are returned in the same function",
            unlike_others: Allow = "other errors of the same object are returned in the same function",
            any: Allow = "any other error of input and output that becomes a default value",
        },
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for ErrorDefaulted {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        let body = cx.hir();
        for (number, expr) in body.exprs.iter().enumerate() {
            let ExprKind::MethodCall { receiver, method, args, .. } = &expr.kind else { continue };
            let defaulting = matches!(
                (method.as_str(), args.len()),
                ("ok" | "unwrap_or_default", 0) | ("unwrap_or" | "unwrap_or_else", 1)
            );
            if !defaulting || is_statement(body, ExprId(number as u32)) {
                continue;
            }
            let result = cx.ty(*receiver).clone();
            let (call, awaited) = match &body.expr(*receiver).kind {
                ExprKind::Await { operand } => (*operand, true),
                _ => (*receiver, false),
            };
            let unlike =
                awaited && (result.as_result().is_some() || result.is_unknown()) && is_unlike(cx, call);
            let costs = || {
                let callee = cx.types().callees.get(&call).filter(|c| c.known == Known::Resolved);
                matches!(callee.map(|c| &c.target), Some(Target::External(path))
                    if cx.catalogue().facts(*path).is_some_and(|f| f.io || is_critical(f)))
            };
            let at = ExprId(number as u32);
            let case = match () {
                () if unlike
                    && has_value_for_nothing(cx, at, &result)
                    && !is_before_error(cx, at)
                    && !args.iter().any(|arg| tells(body, *arg)) =>
                {
                    "nothing_found"
                }
                () if unlike => "unlike_others",
                () if result.as_result().is_some() && costs() => "any",
                () => continue,
            };
            if cx.has_reason(expr.span) {
                continue;
            }
            report.push(
                Diagnostic::new(&META, cx.at(expr.span), "an error becomes a default value here")
                    .case(case)
                    .label("a failure looks like nothing found")
                    .help("return the error, or handle the one that is meant (not found) by its kind"),
            );
        }
    }
}

/// A closure that says in the log, or on the standard error, that there was an error.
fn tells(body: &Body, function: ExprId) -> bool {
    let ExprKind::Closure(id) = body.expr(function).kind else { return false };
    body.any(body.closure(id).body, &mut |e| match &body.expr(e).kind {
        ExprKind::Macro(call) => {
            call.path.last().is_some_and(|name| matches!(name.as_str(), "error" | "warn" | "eprintln"))
        }
        _ => false,
    })
}

/// Whether "nothing" is one of the answers: `Result<Option<T>, _>`, a list. Then an error is something else.
fn has_value_for_nothing(cx: &BodyContext<'_>, at: ExprId, result: &Ty) -> bool {
    let body = cx.hir();
    let is_flattened = body.exprs.iter().any(|e| {
        matches!(&e.kind, ExprKind::MethodCall { receiver, method, args, .. }
            if *receiver == at && method == "flatten" && args.is_empty())
    });
    let is_option = || result.as_result().is_some_and(|(found, _)| found.as_option().is_some());
    is_flattened || is_option()
}

/// Whether an error is returned anyway: the text of a response that failed.
fn is_before_error(cx: &BodyContext<'_>, at: ExprId) -> bool {
    cx.flows()
        .iter()
        .any(|view| view.statements().any(|(point, s)| s.expr == Some(at) && fails_anyway(view, point)))
}

/// Whether the same function returns errors of other awaited calls on the same object.
fn is_unlike(cx: &BodyContext<'_>, call: ExprId) -> bool {
    let body = cx.hir();
    let ExprKind::MethodCall { receiver: object, .. } = &body.expr(call).kind else { return false };
    body.exprs.iter().any(|e| {
        let ExprKind::Try { operand } = &e.kind else { return false };
        let ExprKind::Await { operand } = &body.expr(*operand).kind else { return false };
        matches!(&body.expr(*operand).kind, ExprKind::MethodCall { receiver, .. }
            if is_same_field(body, *receiver, *object))
    })
}

/// `self.store` twice.
fn is_same_field(body: &Body, a: ExprId, b: ExprId) -> bool {
    match (&body.expr(a).kind, &body.expr(b).kind) {
        (ExprKind::Local(a), ExprKind::Local(b)) => a == b,
        (ExprKind::Field { base: a, name: first }, ExprKind::Field { base: b, name: second }) => {
            first == second && is_same_field(body, *a, *b)
        }
        _ => false,
    }
}

/// `x.ok();` is `ignored_result`.
fn is_statement(body: &Body, e: ExprId) -> bool {
    use linger_analysis::syntax::hir::StmtKind;
    body.exprs.iter().any(|other| {
        matches!(&other.kind, ExprKind::Block(block)
            if block.stmts.iter().any(|s| matches!(s.kind, StmtKind::Expr { expr, semicolon: true } if expr == e)))
    })
}
