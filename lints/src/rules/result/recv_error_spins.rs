//! Loops that a closed channel turns into a spin.

use linger_analysis::flow::mir::{BlockId, BranchKind, LoopId, LoopKind, Mir, StatementKind, Terminator};
use linger_analysis::span::Span;
use linger_analysis::syntax::hir::{ExprId, ExprKind, PatKind};
use linger_analysis::types::infer::Target;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};

declare_rule! {
    /// A loop receives from a channel and goes round again when that fails, with no way out.
    ///
    /// ## Why it matters
    ///
    /// A receive fails when all senders are gone, and from then on it fails at once, every time: the loop never
    /// ends and takes a whole core.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// fn work(jobs: std::sync::mpsc::Receiver<u32>) {
    ///     loop {
    ///         if let Ok(job) = jobs.recv() {
    ///             println!("{job}");
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// fn work(jobs: std::sync::mpsc::Receiver<u32>) {
    ///     while let Ok(job) = jobs.recv() {
    ///         println!("{job}");
    ///     }
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A loop that can be left in any way, or that waits for something else on the failing path, is left alone.
    RecvErrorSpins("recv_error_spins") {
        group: Result,
        level: Deny,
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for RecvErrorSpins {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            for block in &view.mir.blocks {
                let Terminator::Branch { on, targets, kind: BranchKind::Let } = &block.terminator else {
                    continue;
                };
                let (Some(failed), Some(own)) = (targets.get(1), innermost(view.mir, block.in_loop)) else {
                    continue;
                };
                let Some((received, name)) = received(cx, *on) else { continue };
                if !spins(cx, view, *failed, own, received) {
                    continue;
                }
                let info = &view.mir.loops[own.0 as usize];
                report.push(
                    Diagnostic::new(
                        &META,
                        cx.at(received),
                        format!("once the channel is closed this loop spins: `{name}` fails at once, again and again"),
                    )
                    .label("a failure goes round the loop again")
                    .step(cx.at(Span::new(info.span.lo, info.head.hi.max(info.span.lo + 4))), "this loop has no way out")
                    .help("use `while let`, or leave the loop in an `else`"),
                );
            }
        }
    }
}

/// A plain `loop` right around a block.
fn innermost(mir: &Mir, at: Option<LoopId>) -> Option<LoopId> {
    at.filter(|id| mir.loops[id.0 as usize].kind == LoopKind::Loop)
}

/// `Ok(x) = rx.recv()`, `Some(x) = rx.recv().await`: where, and the function's name.
fn received(cx: &BodyContext<'_>, on: ExprId) -> Option<(Span, String)> {
    let body = cx.hir();
    let ExprKind::Let { pat, scrutinee } = &body.expr(on).kind else { return None };
    let PatKind::TupleStruct { path, .. } = &body.pat(*pat).kind else { return None };
    if !path.last().is_some_and(|n| matches!(n.as_str(), "Ok" | "Some")) {
        return None;
    }
    let call = match &body.expr(*scrutinee).kind {
        ExprKind::Await { operand } => *operand,
        _ => *scrutinee,
    };
    let ExprKind::MethodCall { method, .. } = &body.expr(call).kind else { return None };
    let Target::External(path) = &cx.types().callees.get(&call)?.target else { return None };
    let facts = cx.catalogue().facts(*path)?;
    // A receive with a deadline fails when nothing came, too.
    let receives = facts.waits && !facts.tries && method.as_str() == "recv";
    receives.then(|| (body.expr(*scrutinee).span, method.to_string()))
}

/// Whether the failing path can only come back: it never leaves the loop and waits for nothing but the channel.
fn spins(cx: &BodyContext<'_>, view: &FlowView<'_>, failed: BlockId, own: LoopId, received: Span) -> bool {
    let mir = view.mir;
    let is_inside = |block: BlockId| {
        let mut at = mir.blocks[block.index()].in_loop;
        while let Some(id) = at {
            if id == own {
                return true;
            }
            at = mir.loops[id.0 as usize].parent;
        }
        false
    };
    let mut seen = vec![false; mir.blocks.len()];
    let mut queue = vec![failed];
    let mut comes_back = false;
    while let Some(block) = queue.pop() {
        if std::mem::replace(&mut seen[block.index()], true) {
            continue;
        }
        let data = &mir.blocks[block.index()];
        comes_back |= block == mir.loops[own.0 as usize].header;
        if !is_inside(block)
            || matches!(data.terminator, Terminator::Return { .. } | Terminator::Diverge { .. })
        {
            return false;
        }
        let waits = data.statements.iter().filter(|s| !received.contains(s.span)).any(|s| match &s.kind {
            StatementKind::Await { .. } => true,
            StatementKind::Call(call) => match &call.callee.target {
                Target::External(path) => {
                    cx.catalogue().facts(*path).is_some_and(|f| f.waits || f.blocks || f.ends_process)
                }
                Target::Def(def) => cx
                    .analysis
                    .summary(*def)
                    .is_some_and(|s| s.never_returns || !s.effects.is_empty() || s.awaits),
                _ => false,
            },
            _ => false,
        });
        if waits {
            return false;
        }
        queue.extend(data.terminator.successors().iter().copied());
    }
    comes_back
}
