//! Futures that are made and thrown away.

use linger_analysis::catalogue::Timer;
use linger_analysis::flow::mir::{Call, Discard, Operand, StatementKind, Var};
use linger_analysis::names::DefId;
use linger_analysis::symbol::Symbol;
use linger_analysis::syntax::hir::ClosureKind;
use linger_analysis::types::infer::{Known, Target};
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::{Applicability, Confidence, Diagnostic, Fix};
use crate::rule::{Rule, RuleMeta};
use crate::rules::support::short;

declare_rule! {
    /// A future is made and dropped without ever being awaited: its code does not run.
    ///
    /// ## Why it matters
    ///
    /// Calling an `async fn` runs none of its code; only `.await` (or a spawn) does. `let _ = send(x);` silences
    /// the compiler's warning and with it the only hint that nothing is sent.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// async fn notify(_: u32) {}
    ///
    /// async fn close(id: u32) {
    ///     let _ = notify(id);
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// async fn notify(_: u32) {}
    ///
    /// async fn close(id: u32) {
    ///     notify(id).await;
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Functions that return a boxed or unnamed future without being `async` may have begun their work already and
    /// are left alone. A future that is bound to a name and then dropped is not reported.
    FutureNotAwaited("future_not_awaited") {
        group: Task,
        level: Deny,
        since: "0.1.0",
        fixes: Sometimes,
        compiler_lints: ["clippy::let_underscore_future"],
    }
}

impl Rule for FutureNotAwaited {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            for (_, statement) in view.statements() {
                let StatementKind::Discard { value, shape } = &statement.kind else { continue };
                if !matches!(shape, Discard::Statement | Discard::LetUnderscore | Discard::AssignUnderscore) {
                    continue;
                }
                let Some(lazy) = value.var().and_then(|v| lazy(cx, view, v)) else { continue };
                // A guess at the callee may have met a function of the same name that is not async.
                if lazy.known != Known::Resolved {
                    continue;
                }
                let at = cx.at(view.mir.var(lazy.var).span);
                let mut finding = Diagnostic::new(
                    &META,
                    at,
                    format!("{} is never awaited, so its code does not run", lazy.what),
                )
                .label("the future is made here and dropped at once")
                .confidence(Confidence::from(lazy.known));
                if view.mir.is_async {
                    finding = finding.help("await it").fix(
                        Fix::new("await the future", Applicability::MaybeIncorrect)
                            .insert_after(at, ".await"),
                    );
                } else {
                    finding = finding
                        .help("await it in async code, or give it to the runtime (`spawn`, `block_on`)");
                }
                report.push(finding);
            }
        }
    }
}

/// A future that does nothing before it is polled.
struct Lazy {
    var: Var,
    what: String,
    known: Known,
}

fn lazy(cx: &BodyContext<'_>, view: &FlowView<'_>, var: Var) -> Option<Lazy> {
    let ty = &view.mir.var(var).ty;
    let call = made_by(view, var);
    match (ty, call) {
        (Ty::Future(_, Some(id)), None) => (cx.hir().closure(*id).kind == ClosureKind::AsyncBlock)
            .then(|| Lazy { var, what: "this `async` block".to_owned(), known: Known::Resolved }),
        (_, Some(call)) => {
            let is_lazy = match &call.callee.target {
                Target::Def(def) => {
                    matches!(ty, Ty::Future(..))
                        && cx.program().def(*def).signature.as_ref().is_some_and(|s| s.is_async)
                        && !is_made_sync(cx, *def)
                        && !has_blocking_twin(cx, *def)
                }
                Target::External(path) => {
                    let is_timer = cx
                        .catalogue()
                        .facts(*path)
                        .is_some_and(|f| matches!(f.timer, Some(Timer::After | Timer::At)));
                    // A generic function (`Vec::swap_remove`) may give any future back that it was given.
                    let gives =
                        cx.catalogue().function(*path).is_some_and(|s| matches!(s.ret, Ty::Future(..)));
                    gives && is_known_type(cx, call) && matches!(ty, Ty::Future(..)) && !passes_on(call)
                        || is_timer
                }
                _ => false,
            };
            is_lazy.then(|| Lazy {
                var,
                what: format!("the future of `{}`", call.name),
                known: call.callee.known,
            })
        }
        _ => None,
    }
}

/// A method of a type that nothing is known of was found by its name alone.
fn is_known_type(cx: &BodyContext<'_>, call: &Call) -> bool {
    match call.callee.self_ty.as_ref().and_then(|t| t.peel_refs().path()) {
        Some(path) => cx.program().types.contains_key(&path) || cx.catalogue().type_facts(path).is_some(),
        None => true,
    }
}

/// Attributes that turn an `async fn` into one that blocks (`#[tokio::main]`, `#[tokio::test]`).
fn is_made_sync(cx: &BodyContext<'_>, def: DefId) -> bool {
    let attributes = &cx.program().item(def).attributes;
    attributes.is_async_main
        || attributes.is_test
        || attributes.others.iter().any(|a| matches!(short(a), "main" | "test" | "maybe_async"))
}

/// Whether the program has a function of the same name, of a type or trait of the same name, that is not async: two
/// modules of which one is compiled (`#[cfg(feature = "async")] pub use asynchronous::*;`).
fn has_blocking_twin(cx: &BodyContext<'_>, def: DefId) -> bool {
    let owner_and_name = |path: Symbol| {
        let mut segments = path.as_str().rsplit("::");
        let name = segments.next()?;
        Some((segments.next()?, name))
    };
    let own = cx.program().def(def);
    cx.program().defs.iter().any(|other| {
        other.path != own.path
            && other.krate == own.krate
            && other.signature.as_ref().is_some_and(|s| !s.is_async)
            && owner_and_name(other.path) == owner_and_name(own.path)
    })
}

/// The call that gave the very value of a variable.
fn made_by<'m>(view: &FlowView<'m>, var: Var) -> Option<&'m Call> {
    let mut calls = view.mir.calls().filter(|(_, _, c)| c.dest.var == var && c.dest.projections.is_empty());
    let (_, _, call) = calls.next()?;
    calls.next().is_none().then_some(call)
}

/// A combinator on something that may be at work already (`handle.map(..)`).
fn passes_on(call: &Call) -> bool {
    call.args.iter().any(|a| matches!(a, Operand::Move(_)))
}
