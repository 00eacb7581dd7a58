//! Loops that ask again and again.

use linger_analysis::flow::mir::{BlockId, LoopKind, StatementKind};
use linger_analysis::syntax::hir::{ExprId, ExprKind, UnaryOp};
use linger_analysis::types::infer::{Known, Target};

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};

declare_rule! {
    /// A loop asks whether something has happened, as fast as it can.
    ///
    /// ## Why it matters
    ///
    /// Without a call that waits, yields or sleeps the loop keeps a processor at full load, and on a busy machine
    /// it keeps the other side from getting on.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// use std::sync::atomic::{AtomicBool, Ordering};
    ///
    /// fn wait(ready: &AtomicBool) {
    ///     while !ready.load(Ordering::Acquire) {}
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// fn wait(ready: &std::sync::mpsc::Receiver<()>) {
    ///     let _ = ready.recv();
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Only loops that do nothing else are reported.
    BusyWait("busy_wait") {
        group: Task,
        level: Warn,
        since: "0.1.0",
        fixes: None,
        compiler_lints: ["clippy::missing_spin_loop"],
    }
}

impl Rule for BusyWait {
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
    let hir = cx.hir();
    for info in &view.mir.loops {
        if info.kind != LoopKind::While || !view.tokens.is_reachable(info.header) {
            continue;
        }
        let ExprKind::While { condition, body, .. } = hir.expr(info.expr).kind else { continue };
        let asked = match hir.expr(condition).kind {
            ExprKind::Unary { op: UnaryOp::Not, operand } => operand,
            _ => condition,
        };
        let Some(asks) = asks(cx, asked) else { continue };
        if does_nothing(cx, body) && !has_other_statements(view, info.header) {
            report.push(
                Diagnostic::new(&META, cx.at(info.head), "this loop spins until something else happens")
                    .label(format!("`{asks}` is asked again at once"))
                    .help(
                        "wait for a channel, condition variable, `Notify` or `park`; where it can only take a few \
                         instructions, call `std::hint::spin_loop()`",
                    ),
            );
        }
    }
}

/// A question that answers at once: an atomic load, `is_finished`.
fn asks(cx: &BodyContext<'_>, e: ExprId) -> Option<String> {
    let ExprKind::MethodCall { method, .. } = cx.hir().expr(e).kind else { return None };
    let callee = cx.types().callees.get(&e)?;
    let Target::External(path) = &callee.target else { return None };
    let is_load = path.starts_with("std::sync::atomic::") && path.ends_with("::load");
    let is_look = path.ends_with("JoinHandle::is_finished");
    (callee.known == Known::Resolved && (is_load || is_look)).then(|| method.to_string())
}

fn does_nothing(cx: &BodyContext<'_>, body: ExprId) -> bool {
    matches!(&cx.hir().expr(body).kind, ExprKind::Block(block) if block.stmts.is_empty() && block.tail.is_none())
}

/// Code in the head itself that waits.
fn has_other_statements(view: &FlowView<'_>, header: BlockId) -> bool {
    view.mir.blocks[header.index()].statements.iter().any(|s| matches!(s.kind, StatementKind::Await { .. }))
}
