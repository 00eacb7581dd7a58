//! Drop implementations that wait.

use linger_analysis::catalogue::Class;
use linger_analysis::flow::mir::{Operand, Owner, Projection, StatementKind};
use linger_analysis::symbol::Symbol;
use linger_analysis::syntax::hir::{ExprId, ExprKind};
use linger_analysis::types::infer::{Known, Target};

use super::drops::{drop_of, running_here};
use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::support::short;

declare_rule! {
    /// A `Drop` implementation blocks, or waits for something that nobody has told to end.
    ///
    /// ## Why it matters
    ///
    /// Nobody sees where a value is dropped. `block_on` in Drop panics or deadlocks when that is inside of an
    /// async task. A thread that is joined there while the value still holds its sender or stop flag waits for
    /// ever: fields are dropped only after the body of `drop`.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// struct Worker {
    ///     jobs: std::sync::mpsc::Sender<u32>,
    ///     thread: Option<std::thread::JoinHandle<()>>,
    /// }
    ///
    /// impl Drop for Worker {
    ///     fn drop(&mut self) {
    ///         if let Some(thread) = self.thread.take() {
    ///             let _ = thread.join();
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// Close the channel first, so that the thread's loop ends:
    ///
    /// ```rust,clean
    /// struct Worker {
    ///     jobs: Option<std::sync::mpsc::Sender<u32>>,
    ///     thread: Option<std::thread::JoinHandle<()>>,
    /// }
    ///
    /// impl Drop for Worker {
    ///     fn drop(&mut self) {
    ///         drop(self.jobs.take());
    ///         if let Some(thread) = self.thread.take() {
    ///             let _ = thread.join();
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A call before the wait that looks like a signal (`stop`, `send`, `store`, `close`, …) is believed.
    BlockingDrop("blocking_drop") {
        group: Cleanup,
        cases: {
            block_on: Warn = "runs a future to its end",
            unsignalled: Warn = "waits for a thread or channel while it still holds the sender",
            wait: Allow = "waits for a thread or channel without a signal before",
        },
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for BlockingDrop {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        let Some(ty) = drop_of(cx) else { return };
        let views = running_here(cx);
        for view in &views {
            for (point, statement, call) in view.mir.calls() {
                let Target::External(path) = &call.callee.target else { continue };
                let Some(facts) = cx.catalogue().facts(*path) else { continue };
                let waits = facts.waits && facts.blocks && facts.spawns.is_none();
                if !waits || !view.is_reachable(point) || call.callee.known != Known::Resolved {
                    continue;
                }
                let name = short(path);
                if name == "block_on"
                    && (is_announced(cx, view)
                        || is_close(cx, statement.expr)
                        || cx.has_reason(statement.span))
                {
                    continue;
                }
                let (case, message, help) = if name == "block_on" {
                    let message =
                        "`block_on` in Drop: inside of an async task it panics or blocks its thread";
                    (
                        "block_on",
                        message.to_owned(),
                        "offer an async `close`, or spawn the work and let it go",
                    )
                } else if matches!(name, "join" | "recv") && !is_signalled(cx, &views, statement.span.lo) {
                    let holds = holds_sender(cx, ty);
                    let case = if holds { "unsignalled" } else { "wait" };
                    let message = if holds {
                        format!("this Drop waits (`{name}`) while the value still holds the sender")
                    } else {
                        format!(
                            "this Drop waits (`{name}`) and nothing before it says that it is time to end"
                        )
                    };
                    (case, message, "close the channel, or set the stop flag, before waiting")
                } else {
                    continue;
                };
                report.push(
                    Diagnostic::new(&META, cx.at(statement.span), message)
                        .case(case)
                        .label("waits here")
                        .confidence(call.callee.known.into())
                        .help(help),
                );
            }
        }
    }
}

/// Whether the code is given to `block_in_place`, which tells the runtime.
fn is_announced(cx: &BodyContext<'_>, view: &FlowView<'_>) -> bool {
    let Owner::Closure(id) = view.mir.owner else { return false };
    let span = cx.hir().closure(id).span;
    cx.flows().iter().any(|outer| {
        outer.mir.calls().any(|(_, s, call)| call.name == "block_in_place" && s.span.contains(span))
    })
}

/// `block_on(self.sender.close())`: closing a channel waits for nobody.
fn is_close(cx: &BodyContext<'_>, e: Option<ExprId>) -> bool {
    let hir = cx.hir();
    let Some(args) = e.and_then(|e| match &hir.expr(e).kind {
        ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. } => Some(args),
        _ => None,
    }) else {
        return false;
    };
    args.iter().any(|a| match &hir.expr(*a).kind {
        ExprKind::MethodCall { receiver, method, .. } => {
            method.as_str() == "close"
                && cx.analysis.ownership.owns(cx.ty(*receiver).peel_refs(), Class::Sender)
        }
        _ => false,
    })
}

fn holds_sender(cx: &BodyContext<'_>, ty: Symbol) -> bool {
    cx.program()
        .types
        .get(&ty)
        .is_some_and(|info| info.fields.iter().any(|f| cx.analysis.ownership.owns(&f.ty, Class::Sender)))
}

/// Words in the names of calls that tell others to end.
const SIGNALS: &[&str] = &[
    "stop",
    "shut",
    "close",
    "cancel",
    "abort",
    "kill",
    "notify",
    "wake",
    "unpark",
    "send",
    "store",
    "set",
    "disconnect",
    "terminate",
    "exit",
    "interrupt",
    "quit",
    "finish",
    "signal",
    "swap",
    "fetch",
    "clear",
];

/// Whether something in front of `before` tells the other side to end: a call that says so, something of the
/// value taken out and dropped, a field that is assigned, or a function of the program that may do any of it.
fn is_signalled(cx: &BodyContext<'_>, views: &[&FlowView<'_>], before: u32) -> bool {
    views.iter().any(|view| {
        view.statements().filter(|(_, s)| s.span.lo < before).any(|(_, s)| match &s.kind {
            StatementKind::Call(call) => {
                let name = call.name.as_str();
                let sends = |a: &Operand| {
                    a.var().is_some_and(|v| {
                        cx.analysis.ownership.owns(view.mir.var(v).ty.peel_refs(), Class::Sender)
                    })
                };
                SIGNALS.iter().any(|w| name.contains(w))
                    || matches!(call.callee.target, Target::Def(_) | Target::AnyOf(_) | Target::Value)
                    || matches!(call.callee.target, Target::Unknown) && name != "take"
                    || matches!(name, "drop" | "take" | "replace")
                        && (call.args.iter().any(sends)
                            || cx.analysis.ownership.owns(&view.mir.var(call.dest.var).ty, Class::Sender))
            }
            StatementKind::Assign { dest, .. } => {
                // `self.exit = true`, `*self.exit.lock().unwrap() = true`
                dest.projections.iter().any(|p| matches!(p, Projection::Field(_) | Projection::Deref))
            }
            StatementKind::Macro { .. } => false,
            _ => false,
        })
    })
}
