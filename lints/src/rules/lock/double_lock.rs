//! Locks that are taken twice.

use linger_analysis::catalogue::{Class, Mode};
use linger_analysis::facts::effects_of_call;
use linger_analysis::flow::mir::StatementKind;
use linger_analysis::flow::tokens::{Lock, Token};
use linger_analysis::span::FileSpan;
use linger_analysis::types::infer::Known;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::{Confidence, Diagnostic};
use crate::rule::{Rule, RuleMeta};
use crate::rules::support::{held_until, lock_noun};

declare_rule! {
    /// A lock is taken again while its guard is still alive.
    ///
    /// ## Why it matters
    ///
    /// `std` and `parking_lot` mutexes are not re-entrant: the thread waits for itself, for ever (or panics).
    /// `RefCell` panics with `BorrowMutError`, and `DashMap` deadlocks when both calls meet in one shard. The
    /// second lock often hides in a helper method, or in another temporary of the same expression.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// struct Jobs {
    ///     queue: std::sync::Mutex<Vec<u32>>,
    /// }
    ///
    /// impl Jobs {
    ///     fn len(&self) -> usize {
    ///         self.queue.lock().unwrap().len()
    ///     }
    ///
    ///     fn push(&self, job: u32) {
    ///         let mut queue = self.queue.lock().unwrap();
    ///         if self.len() < 10 {
    ///             queue.push(job);
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// Ask the guard that is already there:
    ///
    /// ```rust,clean
    /// struct Jobs {
    ///     queue: std::sync::Mutex<Vec<u32>>,
    /// }
    ///
    /// impl Jobs {
    ///     fn push(&self, job: u32) {
    ///         let mut queue = self.queue.lock().unwrap();
    ///         if queue.len() < 10 {
    ///             queue.push(job);
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Two objects of one type are different locks unless they are proven the same. Calls through trait objects
    /// and unknown generics are not followed.
    DoubleLock("double_lock") {
        group: Lock,
        cases: {
            conflict: Deny = "the second lock waits for the first",
            read_read: Allow = "two read locks: hangs when a writer waits between them",
        },
        since: "0.1.0",
        fixes: None,
        compiler_lints: ["clippy::if_let_mutex"],
    }
}

impl Rule for DoubleLock {
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
    if tokens.tokens.iter().all(|t| t.lock.is_none()) {
        return;
    }
    let mut seen: Vec<(FileSpan, FileSpan)> = Vec::new();
    tokens.walk(|point, state, statement| {
        let alive = state.alive();
        if alive.is_empty() {
            return;
        }
        // Taken here by a call or an await.
        let here: Vec<(&Lock, &Token)> = tokens
            .tokens
            .iter()
            .filter(|t| t.at == point && t.expr == statement.expr)
            .filter_map(|t| Some((t.lock.as_ref()?, t)))
            .collect();
        for id in alive.iter() {
            let held = tokens.token(id);
            let Some(lock) = &held.lock else { continue };
            // What was only tried is held once it has been unwrapped.
            let maybe = lock.tries
                && state.holders(id).all(|v| {
                    let ty = &view.mir.var(v).ty;
                    ty.as_option().is_some() || ty.as_result().is_some()
                });
            if lock.reentrant || maybe {
                continue;
            }
            for (second, token) in &here {
                if second.tries || !lock.place.same(&second.place) || held.span == token.span {
                    continue;
                }
                if shared_borrows(held, lock, second.mode) {
                    continue;
                }
                let at = cx.at(token.span);
                if push_once(&mut seen, cx.at(held.span), at) {
                    let confidence = confidence(held.known, token.known);
                    report.push(finding(cx, view, held, lock, second.mode, at, &[], confidence));
                }
            }
            let StatementKind::Call(call) = &statement.kind else { continue };
            if !here.is_empty() || !cx.analysis.runs_in_place(view.mir, &tokens.identities, call) {
                continue;
            }
            // The guard itself may be passed along, so that the callee works on it.
            if call.args.iter().any(|a| a.var().is_some_and(|v| state.owned(v).contains(id))) {
                continue;
            }
            for effect in effects_of_call(cx.analysis, &tokens.identities, call, cx.at(statement.span)) {
                if !lock.place.same(&effect.lock) || shared_borrows(held, lock, effect.mode) {
                    continue;
                }
                let at = cx.at(statement.span);
                if push_once(&mut seen, cx.at(held.span), at) {
                    let confidence = confidence(held.known, call.callee.known);
                    let mut way = effect.way.to_vec();
                    way.push(effect.at);
                    report.push(finding(cx, view, held, lock, effect.mode, at, &way, confidence));
                }
            }
        }
    });
}

/// Two `borrow()`s of a `RefCell`: no writer can queue between them, so nothing can go wrong.
fn shared_borrows(held: &Token, lock: &Lock, second: Mode) -> bool {
    lock.mode == Mode::Shared && second == Mode::Shared && held.is(Class::RefcellBorrow)
}

fn push_once(seen: &mut Vec<(FileSpan, FileSpan)>, first: FileSpan, second: FileSpan) -> bool {
    if seen.contains(&(first, second)) {
        return false;
    }
    seen.push((first, second));
    true
}

fn confidence(first: Known, second: Known) -> Confidence {
    first.min(second).into()
}

#[allow(clippy::too_many_arguments)]
fn finding(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    held: &Token,
    lock: &Lock,
    second: Mode,
    at: FileSpan,
    way: &[FileSpan],
    confidence: Confidence,
) -> Diagnostic {
    let noun = lock_noun(held);
    let both_read = lock.mode == Mode::Shared && second == Mode::Shared;
    let message = if both_read {
        format!("this read guard is alive when the same {noun} is read-locked again")
    } else {
        format!("this guard is alive when the same {noun} is taken again")
    };
    let again = if way.is_empty() { "taken again here" } else { "this call takes it again" };
    let mut finding = Diagnostic::new(&META, cx.at(held.span), message)
        .case(if both_read { "read_read" } else { "conflict" })
        .label("first taken here")
        .step(at, again)
        .confidence(confidence);
    for step in way.iter().filter(|s| **s != at) {
        finding = finding.step(*step, "taken again here");
    }
    if let Some((span, text)) = held_until(view, held) {
        finding = finding.step(cx.at(span), text);
    }
    finding.help(if way.is_empty() {
        "use the guard that is already there, or end it (a block, `drop(..)`) before taking the lock again"
    } else {
        "end the guard before this call, or give the helper the guard instead of the lock"
    })
}
