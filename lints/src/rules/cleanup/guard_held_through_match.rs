//! Guards made in the scrutinee of `match` and `if let`.

use linger_analysis::catalogue::Class;
use linger_analysis::flow::mir::DropHow;
use linger_analysis::flow::tokens::{End, Source, Token};
use linger_analysis::span::Span;
use linger_analysis::syntax::hir::{ExprId, ExprKind};

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::cleanup::held::{Harm, Repeat, needless};
use crate::rules::fixes::let_before_scrutinee;
use crate::rules::support::noun;

declare_rule! {
    /// A temporary guard made in a scrutinee is held while an arm waits, locks, calls back or does I/O.
    ///
    /// ## Why it matters
    ///
    /// The temporaries of a `match` or `if let` head live to the end of the whole construct; before edition
    /// 2024 those of `if let` even through `else`. An arm that awaits, takes another lock or calls a handler
    /// does so with the guard held, which nobody sees when reading it.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// fn next(queue: &std::sync::Mutex<Vec<u64>>) {
    ///     match queue.lock().unwrap().pop() {
    ///         Some(job) => std::thread::sleep(std::time::Duration::from_millis(job)),
    ///         None => {}
    ///     }
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// fn next(queue: &std::sync::Mutex<Vec<u64>>) {
    ///     let job = queue.lock().unwrap().pop();
    ///     match job {
    ///         Some(job) => std::thread::sleep(std::time::Duration::from_millis(job)),
    ///         None => {}
    ///     }
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Arms that only work on what the guard lends are left alone.
    GuardHeldThroughMatch("guard_held_through_match") {
        group: Cleanup,
        cases: {
            busy: Warn = "an arm waits, awaits, does I/O, calls back or takes the same lock",
            brief: Allow = "an arm takes another lock, mostly for a moment, or runs a callback that the guard lends",
        },
        since: "0.1.0",
        fixes: Sometimes,
        compiler_lints: ["clippy::significant_drop_in_scrutinee", "if_let_rescope"],
    }
}

impl Rule for GuardHeldThroughMatch {
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
    for (id, token) in tokens.iter() {
        let is_guard =
            token.is(Class::LockGuard) || token.is(Class::RefcellBorrow) || token.is(Class::MapGuard);
        if !is_guard || token.source != Source::Call {
            continue;
        }
        let Some(end) = tokens
            .ends
            .iter()
            .filter(|e| e.token == id && e.how == End::Dropped(DropHow::ScrutineeEnd))
            .max_by_key(|e| e.span.hi)
        else {
            continue;
        };
        let Some((scrutinee, whole, keyword)) = construct(cx, token) else { continue };
        let head = cx.hir().expr(scrutinee).span;
        let found = needless(cx, view, id, Repeat::No, |span| whole.contains(span) && span.lo >= head.hi);
        let Some(busy) = found else { continue };
        let what = noun(token);
        let case = if busy.harm <= Harm::Locks { "brief" } else { "busy" };
        let mut finding = Diagnostic::new(
            &META,
            cx.at(token.span),
            format!("{what} made in the head of this `{keyword}` is held through its arms"),
        )
        .case(case)
        .label("acquired here")
        .step(cx.at(busy.span), busy.text)
        .confidence(token.known.into());
        for step in busy.way {
            finding = finding.step(step, "there");
        }
        if let Some(fix) = let_before_scrutinee(cx, scrutinee) {
            finding = finding.fix(fix);
        }
        report.push(
            finding
                .step(cx.at(end.span), "released only here")
                .help("take the value in a `let` statement first, so that the guard ends there"),
        );
    }
}

/// The scrutinee and the whole construct whose head makes the token.
fn construct(cx: &BodyContext<'_>, token: &Token) -> Option<(ExprId, Span, &'static str)> {
    let body = cx.hir();
    let makes = |e: ExprId| body.expr(e).span.contains(token.span);
    body.exprs.iter().find_map(|expr| match &expr.kind {
        ExprKind::Match { scrutinee, .. } if makes(*scrutinee) => Some((*scrutinee, expr.span, "match")),
        ExprKind::If { condition, .. } if makes(*condition) => {
            let scrutinee = body.exprs.iter().find_map(|e| match &e.kind {
                ExprKind::Let { scrutinee, .. } if makes(*scrutinee) => Some(*scrutinee),
                _ => None,
            });
            Some((scrutinee.unwrap_or(*condition), expr.span, "if let"))
        }
        _ => None,
    })
}
