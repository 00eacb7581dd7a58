//! Assertions of tests that can fail without failing the test.

use linger_analysis::catalogue::SpawnKind;
use linger_analysis::facts::spawns;
use linger_analysis::flow::mir::Owner;
use linger_analysis::syntax::hir::{ExprKind, MacroKind};
use linger_analysis::types::infer::Known;
use linger_analysis::types::ty::Ty;

use super::spawned::{Fate, fate};
use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::carried::made;

declare_rule! {
    /// A test asserts in a thread or task that it never joins.
    ///
    /// ## Why it matters
    ///
    /// A panic in a task or thread ends that one alone. Without a join the test does not hear of it: it passes with
    /// the assertion failed, or is over before the assertion was reached.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// #[cfg(test)]
    /// mod tests {
    ///     #[test]
    ///     fn adds() {
    ///         std::thread::spawn(|| {
    ///             assert_eq!(1 + 1, 2);
    ///         });
    ///     }
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// #[cfg(test)]
    /// mod tests {
    ///     #[test]
    ///     fn adds() {
    ///         let worker = std::thread::spawn(|| {
    ///             assert_eq!(1 + 1, 2);
    ///         });
    ///         worker.join().unwrap();
    ///     }
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Code that reports to the test in another way (a channel, a barrier, a connection) is left alone.
    LostAssertion("lost_assertion") {
        group: Task,
        level: Warn,
        since: "0.1.0",
        fixes: None,
        about_tests: true,
    }
}

impl Rule for LostAssertion {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        if !cx.body.in_test || cx.hir().closures.is_empty() || is_run_by_hand(cx) {
            return;
        }
        for view in cx.flows() {
            in_flow(cx, view, report);
        }
    }
}

/// `#[ignore]`: whoever runs it looks at what it prints.
fn is_run_by_hand(cx: &BodyContext<'_>) -> bool {
    cx.body.def.is_some_and(|def| {
        cx.program().item(def).attributes.others.iter().any(|attribute| attribute.as_str() == "ignore")
    })
}

fn in_flow(cx: &BodyContext<'_>, view: &FlowView<'_>, report: &mut Vec<Diagnostic>) {
    for spawn in spawns(cx.analysis, cx.body, &view.tokens) {
        if !matches!(spawn.kind, SpawnKind::Task | SpawnKind::Thread | SpawnKind::Blocking)
            || spawn.call.callee.known != Known::Resolved
        {
            continue;
        }
        let Some(id) = spawn.closure else { continue };
        let closure = cx.hir().closure(id);
        let Some(assertion) = assertion(cx, closure.body) else { continue };
        let reports = made(view, id).is_none_or(|m| m.captures.iter().any(|c| is_link(cx, view, c.var)));
        if reports || does_io(cx, Owner::Closure(id)) || fate(cx, view, &spawn) != Fate::Detached {
            continue;
        }
        let noun = if spawn.kind == SpawnKind::Task { "task" } else { "thread" };
        report.push(
            Diagnostic::new(
                &META,
                cx.at(assertion),
                format!("when this fails, the test passes all the same: nobody joins the {noun}"),
            )
            .label("panics there alone")
            .step(cx.at(spawn.call.name_span), "started here, and its handle is dropped")
            .help(if noun == "task" {
                "await the handle and `unwrap` what it gives"
            } else {
                "`join().unwrap()` the handle"
            }),
        );
    }
}

fn assertion(
    cx: &BodyContext<'_>,
    body: linger_analysis::syntax::hir::ExprId,
) -> Option<linger_analysis::span::Span> {
    let hir = cx.hir();
    let mut found = None;
    hir.walk(body, &mut |e| {
        if let ExprKind::Macro(call) = &hir.expr(e).kind
            && call.kind == MacroKind::Assert
            && found.is_none()
        {
            found = Some(hir.expr(e).span);
        }
        found.is_none()
    });
    found
}

/// Something through which the test may hear of the end: a channel, a socket, shared state. Plain values are not.
fn is_link(cx: &BodyContext<'_>, view: &FlowView<'_>, var: linger_analysis::flow::mir::Var) -> bool {
    let ty = view.mir.var(var).ty.peel_refs();
    let is_text = ty.is("std::string::String");
    ty.is_unknown() || !(is_text || cx.analysis.ownership.is_copy(ty) || *ty == Ty::prim("str"))
}

/// The other side of a connection notices when this one panics.
fn does_io(cx: &BodyContext<'_>, owner: Owner) -> bool {
    cx.body
        .flow
        .get(owner)
        .calls()
        .any(|(_, _, call)| cx.facts(&call.callee.target).is_some_and(|f| f.io || f.accepts))
}
