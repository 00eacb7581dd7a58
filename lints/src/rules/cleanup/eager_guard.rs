//! Resources made for a branch that may not want them.

use linger_analysis::catalogue::{Class, OnDrop};
use linger_analysis::flow::mir::{Call, Operand, Statement};
use linger_analysis::flow::tokens::{Source, Token};
use linger_analysis::span::Span;
use linger_analysis::syntax::hir::ExprKind;
use linger_analysis::types::infer::{Known, Target};

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Fix};
use crate::rule::{Rule, RuleMeta};
use crate::rules::support::{is_test_or_sample, noun, resource};

declare_rule! {
    /// A guard or other resource is made as the argument of a combinator that may throw it away.
    ///
    /// ## Why it matters
    ///
    /// `then_some`, `unwrap_or` and `or` take values, not closures: the lock is taken, the file opened, the
    /// process started on every call, also when the value is not wanted. Then it is dropped at once.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// fn serialised(wanted: bool, order: &std::sync::Mutex<()>) {
    ///     let _guard = wanted.then_some(order.lock().unwrap());
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// fn serialised(wanted: bool, order: &std::sync::Mutex<()>) {
    ///     let _guard = wanted.then(|| order.lock().unwrap());
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Only resources that are made in the argument itself count, not ones that were there before.
    EagerGuard("eager_guard") {
        group: Cleanup,
        cases: {
            made: Warn = "made on every call",
            test: Allow = "the same in tests, fuzz targets and samples",
        },
        since: "0.1.0",
        fixes: Sometimes,
        compiler_lints: ["clippy::or_fun_call"],
    }
}

impl Rule for EagerGuard {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            in_flow(cx, view, report);
        }
    }
}

fn in_flow(cx: &BodyContext<'_>, view: &FlowView<'_>, report: &mut Vec<Diagnostic>) {
    let tokens = &view.tokens;
    for (point, statement, call) in view.mir.calls() {
        let Some(lazy) = lazy_form(cx, call) else { continue };
        if !view.is_reachable(point) || call.callee.known != Known::Resolved {
            continue;
        }
        // The receiver comes first.
        let Some(Operand::Move(place)) = call.args.get(1) else { continue };
        let state = tokens.state_at(point);
        for id in state.owned(place.var).iter() {
            let token = tokens.token(id);
            let made_here = statement.span.contains(token.span) && token.span.lo >= call.name_span.hi;
            if token.source != Source::Call || !made_here || !matters(cx, token) || !is_made(view, token) {
                continue;
            }
            let what = noun(token);
            let mut finding = Diagnostic::new(
                &META,
                cx.at(token.span),
                format!("{what} is made even when `{}` throws it away", call.name),
            )
            .case(if is_test_or_sample(cx) { "test" } else { "made" })
            .label("made on every call")
            .confidence(token.known.into())
            .help(format!("give a closure to `{lazy}`, which runs only when the value is wanted"));
            if let Some(argument) = argument(cx, statement) {
                let on_result = call.callee.self_ty.as_ref().is_some_and(|t| t.as_result().is_some());
                let closure = if on_result { "|_| " } else { "|| " };
                finding = finding.fix(
                    Fix::new(format!("make it in a closure for `{lazy}`"), Applicability::MaybeIncorrect)
                        .replace(cx.at(call.name_span), lazy.clone())
                        .insert_before(cx.at(argument), closure),
                );
            }
            report.push(finding);
        }
    }
}

/// The only argument of a method call, when it can stand in a closure: no `?`, `return` or `.await` in it.
fn argument(cx: &BodyContext<'_>, statement: &Statement) -> Option<Span> {
    let body = cx.hir();
    let ExprKind::MethodCall { args, .. } = &body.expr(statement.expr?).kind else { return None };
    let [argument] = args.as_ref() else { return None };
    let span = body.expr(*argument).span;
    let leaves = body.exprs.iter().any(|e| {
        let goes = matches!(
            e.kind,
            ExprKind::Try { .. }
                | ExprKind::Return(_)
                | ExprKind::Await { .. }
                | ExprKind::Break { .. }
                | ExprKind::Continue { .. }
        );
        goes && span.contains(e.span)
    });
    (!leaves).then_some(span)
}

/// The combinator that takes a closure, for one that takes a value.
fn lazy_form(cx: &BodyContext<'_>, call: &Call) -> Option<String> {
    let lazy = cx.facts(&call.callee.target)?.lazy_form.as_ref()?;
    Some(lazy.to_string())
}

/// Whether the resource is surely made: a function of the program may give something that can hold one and is
/// empty.
fn is_made(view: &FlowView<'_>, token: &Token) -> bool {
    token.lock.is_some()
        || view
            .tokens
            .identities
            .defining_call(token.first)
            .is_some_and(|call| matches!(call.callee.target, Target::External(_)))
}

/// Whether making and dropping it does something.
fn matters(cx: &BodyContext<'_>, token: &Token) -> bool {
    resource(cx, token).is_some_and(|r| r.drop != OnDrop::Nothing)
        && !token.owned.iter().all(|o| matches!(o.class, Class::Sender | Class::Receiver | Class::Other))
}
