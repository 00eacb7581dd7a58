//! Errors whose cause is thrown away.

use linger_analysis::syntax::hir::{ExprKind, PatKind};

use crate::context::BodyContext;
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};

declare_rule! {
    /// `map_err(|_| …)` replaces an error and throws its cause away.
    ///
    /// ## Why it matters
    ///
    /// The new error says what was attempted; why it failed is gone, and with it what a user would need to know.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// fn port(text: &str) -> Result<u16, String> {
    ///     text.parse::<u16>().map_err(|_| "not a port".to_owned())
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// fn port(text: &str) -> Result<u16, String> {
    ///     text.parse::<u16>().map_err(|error| format!("not a port: {error}"))
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Errors that carry nothing (`()`) are left alone, and so are types that are not known.
    ErrorSourceLost("error_source_lost") {
        group: Result,
        level: Allow,
        since: "0.1.0",
        fixes: None,
        compiler_lints: ["clippy::map_err_ignore"],
    }
}

impl Rule for ErrorSourceLost {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        let body = cx.hir();
        for expr in &body.exprs {
            let ExprKind::MethodCall { receiver, method, args, .. } = &expr.kind else { continue };
            let ([closure], true) = (&args[..], method.as_str() == "map_err") else { continue };
            let ExprKind::Closure(id) = body.expr(*closure).kind else { continue };
            let closure = body.closure(id);
            let is_ignored =
                |p: &linger_analysis::syntax::hir::Param| matches!(body.pat(p.pat).kind, PatKind::Wild);
            let Some((_, error)) = cx.ty(*receiver).as_result() else { continue };
            if !matches!(&closure.params[..], [one] if is_ignored(one))
                || error.is_unit()
                || error.is_unknown()
            {
                continue;
            }
            let at = body.pat(closure.params[0].pat).span;
            if cx.has_reason(at) {
                continue;
            }
            report.push(
                Diagnostic::new(&META, cx.at(at), "the cause of this error is thrown away")
                    .label(format!("a `{error}` ends here"))
                    .help("put it into the new error, as its source or in its text"),
            );
        }
    }
}
