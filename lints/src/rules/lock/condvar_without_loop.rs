//! Condition variables whose condition is not checked again.

use linger_analysis::flow::mir::{Call, Operand, Point};
use linger_analysis::flow::tokens::Source;
use linger_analysis::types::infer::Known;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};

declare_rule! {
    /// `Condvar::wait` outside of a loop that checks the condition again.
    ///
    /// ## Why it matters
    ///
    /// A thread may wake up although nobody called `notify`, and another thread may have changed the state again
    /// before the lock is back. What follows the wait then runs on a condition that does not hold. And a `notify`
    /// that came before the wait is lost, unless the state is looked at first.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// use std::sync::{Condvar, Mutex};
    ///
    /// fn take(queue: &Mutex<Vec<u32>>, filled: &Condvar) -> Option<u32> {
    ///     let mut queue = queue.lock().unwrap();
    ///     if queue.is_empty() {
    ///         queue = filled.wait(queue).unwrap();
    ///     }
    ///     queue.pop()
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// use std::sync::{Condvar, Mutex};
    ///
    /// fn take(queue: &Mutex<Vec<u32>>, filled: &Condvar) -> Option<u32> {
    ///     let mut queue = queue.lock().unwrap();
    ///     while queue.is_empty() {
    ///         queue = filled.wait(queue).unwrap();
    ///     }
    ///     queue.pop()
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A function that waits with a guard which its caller gave it is left alone: the loop may be there. So are
    /// waits with a timeout.
    CondvarWithoutLoop("condvar_without_loop") {
        group: Lock,
        level: Warn,
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for CondvarWithoutLoop {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            for (point, statement, call) in view.mir.calls() {
                if view.is_reachable(point) && waits_once(cx, view, point, call) {
                    report.push(
                        Diagnostic::new(
                            &META,
                            cx.at(statement.span),
                            "this wait may end although the condition does not hold",
                        )
                        .label("not in a loop that checks it again")
                        .help("wait in a `while` loop, or use `wait_while`"),
                    );
                }
            }
        }
    }
}

fn waits_once(cx: &BodyContext<'_>, view: &FlowView<'_>, point: Point, call: &Call) -> bool {
    if call.callee.known != Known::Resolved
        || !cx.facts(&call.callee.target).is_some_and(|f| f.wakes_spuriously)
        || view.mir.blocks[point.block.index()].in_loop.is_some()
    {
        return false;
    }
    // The guard must be taken here; one that is given or captured has its loop elsewhere.
    let state = view.tokens.state_at(point);
    let guard = call.args.get(1).and_then(Operand::var);
    guard.is_some_and(|g| {
        let taken = state.owned(g);
        !taken.is_empty() && taken.iter().all(|t| view.tokens.token(t).source == Source::Call)
    })
}
