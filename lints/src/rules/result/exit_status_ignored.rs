//! Processes whose failure nobody sees.

use linger_analysis::catalogue::Class;
use linger_analysis::flow::mir::{Call, Discard, Operand, Rvalue, StatementKind, Var, VarKind};
use linger_analysis::flow::tokens::End;
use linger_analysis::span::Span;
use linger_analysis::symbol::Symbol;
use linger_analysis::syntax::hir::{ExprId, ExprKind};
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::killed::kills;
use crate::rules::result::process_output::{Unchecked, runs_process, unchecked};
use crate::rules::result::programs::{answers_with_status, expr_of, is_answer, only_asks_whether_it_starts};
use crate::rules::result::thrown_away::{is_unread, let_init, mapped_away, matched_away};
use crate::rules::result::{class_of, discards, fails_anyway, is_teardown, origin};

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
    /// A child that was killed before is waited for only to be reaped; that is left alone. So is a child that is kept:
    /// it can be asked for its status again. So is what is run where all ways lead to an error. Programs whose status
    /// is an answer (`diff`, `grep`) are known by name; that of a shell with `-i` and three streams says nothing.
    ExitStatusIgnored("exit_status_ignored") {
        group: Result,
        cases: {
            status: Warn = "a failure of the process is taken for success",
            decoded: Allow = "the output is decoded, and an error of that is returned: only the cause is lost",
            lenient: Allow = "the program goes on in the same way when the process cannot be started",
            probe: Allow = "`--version` and the like, unread: it is only asked whether the program can be started",
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
        if cx.is_documented_to_go_on() {
            return;
        }
        for view in cx.flows() {
            // A whole `Result` that is thrown away on purpose is another matter.
            // What a pattern takes out of an output is followed below.
            let dropped = discards(view).filter(|(_, _, shape, ..)| {
                !matches!(shape, Discard::LetUnderscoreTyped | Discard::PatternPart)
            });
            let dropped = dropped.filter(|(point, ..)| !fails_anyway(view, *point));
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
    let calls = alternatives(view, var).map(|v| Some(origin(cx, view, v)?.0)).collect::<Option<Vec<_>>>()?;
    let call = calls.first()?;
    if kills(cx, view) || is_teardown(cx) || cx.has_reason(span) {
        return None;
    }
    if calls.iter().all(|call| is_kept(view, call) || is_answer(cx, view, call)) {
        return None;
    }
    let is_probe = |call: &&Call| expr_of(view, call).is_some_and(|e| only_asks_whether_it_starts(cx, e));
    let case = if calls.iter().all(is_probe) { "probe" } else { "status" };
    let name = expr_of(view, call).and_then(|e| waiting(cx, e)).unwrap_or(call.name);
    Some(ignored(cx, span, name.as_str()).case(case).confidence(call.callee.known.into()))
}

/// The name of the call that the status comes from: `wait` in `child.wait().into_diagnostic()`.
fn waiting(cx: &BodyContext<'_>, call: ExprId) -> Option<Symbol> {
    let has_status = |e: ExprId| cx.ty(e).any(&mut |ty| is_status(cx, ty));
    match &cx.hir().expr(call).kind {
        ExprKind::MethodCall { receiver, method, .. } => {
            waiting(cx, *receiver).or_else(|| has_status(call).then_some(*method))
        }
        ExprKind::Await { operand } => waiting(cx, *operand),
        _ => None,
    }
}

/// A variable, or those that the arms of a `match` or `if` fill it from.
fn alternatives<'v>(view: &'v FlowView<'_>, var: Var) -> impl Iterator<Item = Var> + 'v {
    let arms: Vec<Var> = view
        .statements()
        .filter_map(|(_, s)| match &s.kind {
            StatementKind::Assign { dest, value: Rvalue::Use(from) } if dest.var == var => {
                from.place().map(|place| place.var)
            }
            _ => None,
        })
        .collect();
    if arms.len() > 1 { arms } else { vec![var] }.into_iter()
}

/// Whether the child that was waited for is given on: whoever has it, or its handle of the system, can ask for the
/// status again.
fn is_kept(view: &FlowView<'_>, wait: &Call) -> bool {
    let tokens = &view.tokens;
    let waited = view.statements().find_map(|(point, s)| match &s.kind {
        StatementKind::Call(call) if std::ptr::eq::<Call>(&**call, wait) => {
            Some(tokens.state_at(point).reached(call.args.first()?.place()?.var))
        }
        _ => None,
    });
    let is_given_on = |how| matches!(how, End::Returned | End::Stored);
    let gives_handle =
        |call: &Call| call.is_method && matches!(call.name.as_str(), "as_raw_handle" | "as_handle");
    waited.is_some_and(|waited| {
        let is_waited = |id| waited.contains(id) && tokens.token(id).is(Class::Child);
        tokens.ends.iter().any(|e| is_waited(e.token) && is_given_on(e.how))
            || view.mir.calls().any(|(point, _, call)| {
                let of = call.args.first().and_then(Operand::place).filter(|_| gives_handle(call));
                of.is_some_and(|of| {
                    tokens.iter().any(|(id, _)| is_waited(id) && view.in_hand().reaches(point, of.var, id))
                })
            })
    })
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
    if answers_with_status(cx, call)
        || cx.flows().iter().any(|view| kills(cx, view))
        || is_teardown(cx)
        || cx.has_reason(expr.span)
    {
        return None;
    }
    let case = if only_asks_whether_it_starts(cx, call) { "probe" } else { case };
    Some(ignored(cx, expr.span, method.as_str()).case(case))
}

fn output_only(cx: &BodyContext<'_>, found: &Unchecked) -> Diagnostic {
    let message = "the output of a process is used although it may have failed";
    Diagnostic::new(&META, cx.at(found.span), message)
        .case(match found {
            _ if found.is_defaulted => "lenient",
            _ if found.is_decoded => "decoded",
            _ => "status",
        })
        .label(format!("its `{}` is read, its `status` never", found.read))
        .confidence(found.known.into())
        .help("check `output.status.success()` before using what it printed")
}
