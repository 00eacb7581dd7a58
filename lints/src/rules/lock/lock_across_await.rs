//! Guards that live over an `.await`.

use linger_analysis::catalogue::{AcrossAwait, Class};
use linger_analysis::flow::mir::StatementKind;
use linger_analysis::flow::tokens::{Source, TokenId};
use linger_analysis::names::DefId;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::fixes::drop_before;
use crate::rules::serialising::serialises_tests;
use crate::rules::support::{held_until, noun};

declare_rule! {
    /// A guard is alive at an `.await`.
    ///
    /// ## Why it matters
    ///
    /// At an `.await` the task may be parked. With a blocking mutex every thread that then wants the lock
    /// stops, and so may the whole runtime. A `RefCell` borrow panics when another task of the thread borrows
    /// meanwhile, a `DashMap` reference keeps a shard locked, and an entered span is credited with whatever
    /// else the thread does.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// async fn flush() {}
    ///
    /// async fn bump(counter: &std::sync::Mutex<u32>) {
    ///     let mut counter = counter.lock().unwrap();
    ///     *counter += 1;
    ///     flush().await;
    /// }
    /// ```
    ///
    /// End the guard first:
    ///
    /// ```rust,clean
    /// async fn flush() {}
    ///
    /// async fn bump(counter: &std::sync::Mutex<u32>) {
    ///     {
    ///         let mut counter = counter.lock().unwrap();
    ///         *counter += 1;
    ///     }
    ///     flush().await;
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A guard that a helper returns is known when the helper's signature names its type. A lock that only makes tests
    /// run one after another (one of `()`, in test code) is left alone. A root future that shares the only thread of its
    /// runtime with tasks is taken for one that does not.
    LockAcrossAwait("lock_across_await") {
        group: Lock,
        cases: {
            blocking: Deny = "guards that block threads, borrows, map guards, entered spans",
            test_span: Allow = "entered spans in test code",
            root_span: Allow = "entered spans in the root future of a program, which stays on its thread",
            async_lock: Allow = "guards of async locks, connections and permits",
        },
        since: "0.1.0",
        fixes: Sometimes,
        compiler_lints: ["clippy::await_holding_lock", "clippy::await_holding_refcell_ref", "clippy::await_holding_span_guard"],
    }
}

impl Rule for LockAcrossAwait {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows().iter().filter(|v| v.mir.is_async) {
            in_flow(cx, view, report);
        }
    }
}

fn in_flow(cx: &BodyContext<'_>, view: &FlowView<'_>, report: &mut Vec<Diagnostic>) {
    let tokens = &view.tokens;
    let mut seen: Vec<TokenId> = Vec::new();
    tokens.walk(|point, state, statement| {
        let StatementKind::Await { operands, .. } = &statement.kind else { return };
        let going_in = operands.iter().filter_map(|o| o.var()).fold(Default::default(), |set, var| {
            linger_analysis::flow::tokens::TokenSet::union(set, state.owned(var))
        });
        for id in state.alive().without(going_in).iter() {
            let token = tokens.token(id);
            if seen.contains(&id)
                || token.source != Source::Call
                || token.at == point
                || serialises_tests(cx, token)
            {
                continue;
            }
            let Some((class, across)) = token.owned.iter().find_map(|o| {
                let resource = cx.catalogue().resource(o.ty)?;
                (resource.across_await != AcrossAwait::Allowed || is_async_hold(o.class))
                    .then_some((o.class, resource.across_await))
            }) else {
                continue;
            };
            let case = match (across, class) {
                // What is credited to the wrong span in a test misleads nobody for long.
                (_, Class::SpanGuard) if cx.body.in_test => "test_span",
                (_, Class::SpanGuard) if is_root(cx, view) => "root_span",
                (
                    AcrossAwait::Deadlocks,
                    Class::LockGuard | Class::RefcellBorrow | Class::MapGuard | Class::SpanGuard,
                ) => "blocking",
                (_, Class::LockGuard | Class::PoolConnection | Class::Permit | Class::MapGuard) => {
                    "async_lock"
                }
                _ => continue,
            };
            seen.push(id);
            let what = noun(token);
            let verb = match class {
                Class::LockGuard | Class::MapGuard => "locked here",
                Class::RefcellBorrow => "borrowed here",
                Class::SpanGuard => "entered here",
                _ => "acquired here",
            };
            let mut finding =
                Diagnostic::new(&META, cx.at(token.span), format!("{what} is held across an `.await`"))
                    .case(case)
                    .label(verb)
                    .step(cx.at(statement.span), "the task may be parked here")
                    .confidence(token.known.into());
            if let Some((span, text)) = held_until(view, token) {
                finding = finding.step(cx.at(span), text);
            }
            let help = match class {
                Class::SpanGuard => {
                    "instrument the future with the span (`.instrument(span)`) instead of entering it"
                }
                Class::RefcellBorrow => "end the borrow before the `.await`: copy out what is needed",
                _ if case == "async_lock" => "end it before awaiting what does not need it",
                _ => "end the guard before the `.await` (a block, `drop(..)`), or use the runtime's own lock",
            };
            if let Some(fix) = drop_before(cx, view, id, point) {
                finding = finding.fix(fix);
            }
            report.push(finding.help(help));
        }
    });
}

/// Whether a flow is the root future of the program itself, as opposed to a part that something else may need one day.
/// The tasks of a runtime with several threads run on others than its own.
fn is_root(cx: &BodyContext<'_>, view: &FlowView<'_>) -> bool {
    let is_async = |def: DefId| cx.program().def(def).signature.as_ref().is_none_or(|s| s.is_async);
    let is_given_to_runtime = cx.body.def.is_some_and(|def| {
        let callers = cx.analysis.callers.get(&def).map_or(&[][..], |all| all);
        cx.program().item(def).attributes.is_async_main
            || callers.iter().all(|caller| caller.from.is_some_and(|from| !is_async(from)))
    });
    is_given_to_runtime && cx.analysis.runs_in_root(cx.body, view.mir.owner)
}

fn is_async_hold(class: Class) -> bool {
    matches!(class, Class::LockGuard | Class::PoolConnection | Class::Permit)
}
