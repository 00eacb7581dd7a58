//! Processes whose failure nobody sees.

use linger_analysis::catalogue::Class;
use linger_analysis::flow::mir::{Discard, Var, VarKind};
use linger_analysis::span::Span;
use linger_analysis::syntax::hir::{ExprId, ExprKind};
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::result::process_output::{Unchecked, runs_process, unchecked};
use crate::rules::result::thrown_away::{is_unread, let_init, mapped_away, matched_away};
use crate::rules::result::{class_of, discards, is_teardown, origin};

declare_rule! {
    /// A process is waited for and nobody looks at its exit status.
    ///
    /// ## Why it matters
    ///
    /// `?` on `status()` or `wait()` says that the process was started, not that it succeeded. A command that
    /// failed is then taken for one that worked.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// fn sync() -> std::io::Result<()> {
    ///     std::process::Command::new("rsync").arg("-a").status()?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// fn sync() -> std::io::Result<()> {
    ///     let status = std::process::Command::new("rsync").arg("-a").status()?;
    ///     if !status.success() {
    ///         return Err(std::io::Error::other(format!("rsync failed: {status}")));
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A child that was killed before is waited for only to be reaped; that is left alone.
    ExitStatusIgnored("exit_status_ignored") {
        group: Result,
        cases: {
            status: Warn = "a failure of the process is taken for success",
            lenient: Allow = "the program goes on in the same way when the process cannot be started",
        },
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for ExitStatusIgnored {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            // A whole `Result` that is thrown away on purpose is another matter.
            let dropped = discards(view).filter(|(_, _, shape, ..)| *shape != Discard::LetUnderscoreTyped);
            let dropped = dropped.map(|(_, var, _, span, _)| (var, span));
            let vars = (0..view.mir.vars.len()).map(|v| Var(v as u32));
            let unread = vars.filter(|v| is_let(cx, view, *v) && is_unread(cx, view, *v));
            for (var, span) in dropped.chain(unread.map(|v| (v, view.mir.var(v).span))) {
                report.extend(discarded(cx, view, var, span));
            }
            report.extend(unchecked(cx, view).map(|found| output_only(cx, &found)));
        }
        for call in mapped_away(cx.hir()) {
            report.extend(unseen(cx, call, "status"));
        }
        for matched in matched_away(cx.hir()) {
            // Whether it can be started at all is what was asked.
            let is_question = matched.answers || *cx.ty(matched.all) == Ty::prim("bool");
            if !is_question {
                report.extend(unseen(cx, matched.call, if matched.goes_on { "lenient" } else { "status" }));
            }
        }
    }
}

/// A pattern that binds it in an arm has asked whether there is one.
fn is_let(cx: &BodyContext<'_>, view: &FlowView<'_>, var: Var) -> bool {
    let decl = view.mir.var(var);
    matches!(decl.kind, VarKind::User(local) if is_status(cx, &decl.ty) && let_init(cx.hir(), local).is_some())
}

fn is_status(cx: &BodyContext<'_>, ty: &Ty) -> bool {
    class_of(cx, ty) == Some(Class::ExitStatus)
}

fn discarded(cx: &BodyContext<'_>, view: &FlowView<'_>, var: Var, span: Span) -> Option<Diagnostic> {
    if !is_status(cx, &view.mir.var(var).ty) {
        return None;
    }
    let (call, ..) = origin(cx, view, var)?;
    if kills(view) || is_teardown(cx) || cx.has_reason(span) {
        return None;
    }
    Some(ignored(cx, span, call.name.as_str()).case("status").confidence(call.callee.known.into()))
}

fn ignored(cx: &BodyContext<'_>, span: Span, call: &str) -> Diagnostic {
    let message = "the exit status is not looked at: a process that fails is taken for one that worked";
    Diagnostic::new(&META, cx.at(span), message)
        .label(format!("the status of `{call}` is dropped here"))
        .help("check `status.success()` and report the failure")
}

/// A call whose status is thrown away by what is around it.
fn unseen(cx: &BodyContext<'_>, call: ExprId, case: &'static str) -> Option<Diagnostic> {
    let expr = cx.hir().expr(call);
    let ExprKind::MethodCall { method, .. } = &expr.kind else { return None };
    if !runs_process(cx, call, &|ty| is_status(cx, ty)) {
        return None;
    }
    if cx.flows().iter().any(kills) || is_teardown(cx) || cx.has_reason(expr.span) {
        return None;
    }
    Some(ignored(cx, expr.span, method.as_str()).case(case))
}

fn output_only(cx: &BodyContext<'_>, found: &Unchecked) -> Diagnostic {
    let message = "the output of a process is used although it may have failed";
    Diagnostic::new(&META, cx.at(found.span), message)
        .case(if found.is_defaulted { "lenient" } else { "status" })
        .label("its `stdout` is read, its `status` never")
        .confidence(found.known.into())
        .help("check `output.status.success()` before using what it printed")
}

fn kills(view: &FlowView<'_>) -> bool {
    view.mir.calls().any(|(_, _, c)| {
        c.name.contains("kill")
            || c.name.contains("signal")
            || matches!(c.name.as_str(), "terminate" | "interrupt")
    })
}
