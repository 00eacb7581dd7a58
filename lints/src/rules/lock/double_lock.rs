//! Locks that are taken twice.

use std::collections::HashMap;

use linger_analysis::catalogue::{Class, Mode};
use linger_analysis::facts::{LockEffect, callbacks_of_call};
use linger_analysis::flow::exclusive::exclude_each_other;
use linger_analysis::flow::mir::{Operand, Point, ReturnKind, StatementKind, Terminator};
use linger_analysis::flow::tokens::{Lock, Token, is_pooled, path_from_start};
use linger_analysis::names::DefId;
use linger_analysis::span::FileSpan;
use linger_analysis::symbol::Symbol;
use linger_analysis::types::infer::{Known, Target};

use crate::context::{BodyContext, FlowView, ProgramContext};
use crate::declare_rule;
use crate::diagnostic::{Confidence, Diagnostic};
use crate::rule::{Gathered, Rule, RuleMeta};
use crate::rules::fixes::drop_before_or_hang;
use crate::rules::lock::held::{Holding, Taken, replaces, while_held};
use crate::rules::lock::lock_names::from_owner;
use crate::rules::support::{held_from, lock_noun};

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
    /// and unknown generics are not followed. A writer is one anywhere in the program, of a static or of a field of the
    /// same type; whether it can run at that time is not asked.
    DoubleLock("double_lock") {
        group: Lock,
        cases: {
            conflict: Deny = "the second lock waits for the first",
            read_read: Warn = "two read locks of what the program also locks for writing: hangs when the writer waits between them",
            weak: Allow = "two read locks, and no writer was seen, or the second is taken deep in other calls",
        },
        since: "0.1.0",
        fixes: Sometimes,
        compiler_lints: ["clippy::if_let_mutex"],
    }
}

impl Rule for DoubleLock {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        if is_wanted(cx) {
            return;
        }
        for view in cx.flows() {
            in_flow(cx, view, report);
        }
    }

    fn gather(&self, cx: &BodyContext<'_>) -> Option<Gathered> {
        if cx.body.in_test {
            return None;
        }
        let mut noted = Noted::default();
        for view in cx.flows() {
            for (name, finding) in read_twice(cx, view) {
                // A row of getters is one mistake.
                if name.is_none() || noted.read_twice.iter().all(|(known, _)| *known != name) {
                    noted.read_twice.push((name, finding));
                }
            }
            noted.written.extend(written(cx, view));
        }
        (!noted.read_twice.is_empty() || !noted.written.is_empty()).then(|| -> Gathered { Box::new(noted) })
    }

    fn program(&self, cx: &ProgramContext<'_>, report: &mut Vec<Diagnostic>) {
        let mut written: HashMap<&str, FileSpan> = HashMap::new();
        for (name, at) in cx.gathered::<Noted>().flat_map(|n| &n.written) {
            written.entry(name).or_insert(*at);
        }
        for (name, finding) in cx.gathered::<Noted>().flat_map(|n| &n.read_twice) {
            let writer = name.as_deref().and_then(|name| written.get(name));
            report.push(match writer {
                Some(at) => finding
                    .clone()
                    .case("read_read")
                    .step(*at, "a writer that waits here in between waits for both, and the second for it"),
                None => finding.clone().case("weak"),
            });
        }
    }
}

/// What a body does to read-write locks.
#[derive(Default)]
struct Noted {
    /// Locks that are locked for writing, by name.
    written: Vec<(String, FileSpan)>,
    /// Locks that are read again while they are read, with the finding.
    read_twice: Vec<(Option<String>, Diagnostic)>,
}

fn written<'a>(
    cx: &'a BodyContext<'_>,
    view: &'a FlowView<'_>,
) -> impl Iterator<Item = (String, FileSpan)> + 'a {
    view.tokens.iter().filter_map(move |(_, token)| {
        let lock = token.lock.as_ref()?;
        let waits = lock.mode == Mode::Exclusive && lock.class == Class::LockGuard && !lock.tries;
        let name = if waits { from_owner(cx, view, &lock.place)? } else { return None };
        Some((name, cx.at(token.span)))
    })
}

/// Read locks that are taken again while they are held. Those of maps are for one shard of many.
fn read_twice(cx: &BodyContext<'_>, view: &FlowView<'_>) -> Vec<(Option<String>, Diagnostic)> {
    let mut seen: Vec<(FileSpan, FileSpan)> = Vec::new();
    let mut found = Vec::new();
    // What the same call locks for writing is told of already.
    let mut conflicts: Vec<(FileSpan, FileSpan)> = Vec::new();
    while_held(cx, view, |point, held, taken| {
        let (lock, token) = (held.lock, held.token);
        let pair = (cx.at(token.span), taken.at);
        let is_conflict = lock.mode == Mode::Exclusive || taken.effect.mode == Mode::Exclusive;
        // One that waits for nobody in the queue is neither.
        if !is_conflict && taken.effect.mode != Mode::Shared || !is_taken_again(cx, view, point, held, taken)
        {
            return;
        }
        if is_conflict {
            conflicts.push(pair);
        } else if goes_another_way(view, token, taken, cx) {
            // It ends somewhere, and most often on the next turn.
        } else if push_once(&mut seen, pair.0, pair.1) {
            // Longer ways often hang on what the call is given.
            let is_near = taken.effect.way.len() <= 1 && lock.class == Class::LockGuard;
            let name = if is_near { from_owner(cx, view, &lock.place) } else { None };
            let confidence = confidence(token.known, taken.known);
            found.push((pair, name, finding(cx, view, point, held, taken, confidence)));
        }
    });
    found.retain(|(pair, _, _)| !conflicts.contains(pair));
    found.into_iter().map(|(_, name, finding)| (name, finding)).collect()
}

/// Whether a function calls itself with a lock held that it does not take on every way.
fn goes_another_way(view: &FlowView<'_>, held: &Token, taken: &Taken, cx: &BodyContext<'_>) -> bool {
    taken.effect.at == cx.at(held.span)
        && taken.effect.way.len() == 1
        && path_from_start(
            view.mir,
            &mut |point, statement| {
                let block = view.mir.blocks.get(point.block.index());
                statement.is_none()
                    && block.is_some_and(|b| matches!(b.terminator, Terminator::Return { .. }))
            },
            &mut |point, _| point == held.at,
        )
        .is_some()
}

/// Whether it is the lock that is held, and taking it is no way to replace what is held.
fn is_taken_again(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    point: Point,
    held: &Holding<'_>,
    taken: &Taken,
) -> bool {
    let (lock, token) = (held.lock, held.token);
    let again = taken.token.map(|id| view.tokens.token(id));
    !taken.tries
        && !is_pooled(lock.class)
        && !taken.effect.is_pooled()
        && lock.place.same(&taken.effect.lock)
        && !shared_borrows(token, lock, taken.effect.mode)
        && again.is_none_or(|t| t.span != token.span)
        && taken.token.is_none_or(|id| !replaces(view, held.id, id))
        && !fills_first(cx, view, token, lock, taken)
        && !exclude_each_other(view.mir, cx.hir(), token.at, point)
}

/// A test that wants the panic.
fn is_wanted(cx: &BodyContext<'_>) -> bool {
    let is_it = |name: &Symbol| name.as_str() == "should_panic";
    cx.body.in_test
        && cx.body.def.is_some_and(|def| cx.program().item(def).attributes.others.iter().any(is_it))
}

fn in_flow(cx: &BodyContext<'_>, view: &FlowView<'_>, report: &mut Vec<Diagnostic>) {
    let mut seen: Vec<(FileSpan, FileSpan)> = Vec::new();
    while_held(cx, view, |point, held, taken| {
        let (lock, token) = (held.lock, held.token);
        let both_read = lock.mode != Mode::Exclusive && taken.effect.mode != Mode::Exclusive;
        if both_read || !is_taken_again(cx, view, point, held, taken) {
            return;
        }
        if push_once(&mut seen, cx.at(token.span), taken.at) {
            let confidence = confidence(token.known, taken.known);
            let mut finding = finding(cx, view, point, held, taken, confidence);
            if confidence == Confidence::Certain {
                finding.fixes.extend(drop_before_or_hang(cx, view, held.id, point));
            }
            report.push(finding);
        }
    });
    around_callbacks(cx, view, report);
}

/// A getter that fills an empty cell before it lends it, called again while what it lent is alive: the cell is full by
/// now, and the conflicting half of the getter does not run.
fn fills_first(cx: &BodyContext<'_>, view: &FlowView<'_>, held: &Token, lock: &Lock, taken: &Taken) -> bool {
    if lock.mode == Mode::Exclusive || taken.effect.at == taken.at {
        return false;
    }
    let call = match view.mir.statement(held.at).map(|s| &s.kind) {
        Some(StatementKind::Call(call)) => Some(&**call),
        Some(StatementKind::Await { operands, .. }) => {
            let future = operands.first().and_then(Operand::var);
            future.and_then(|var| view.tokens.identities.defining_call(var))
        }
        _ => None,
    };
    let Some(Target::Def(getter)) = call.map(|call| &call.callee.target) else { return false };
    is_filled(cx, *getter, &taken.effect)
}

/// Whether the way to a lock leads through a function that has run before, to a place there or below that it may leave
/// out: `if self.cache.borrow().is_none() { self.cache.replace(..) }` is done by then.
fn is_filled(cx: &BodyContext<'_>, getter: DefId, effect: &LockEffect) -> bool {
    let program = cx.program();
    let is_inside = |step: &FileSpan| {
        program.def(getter).file == step.file && program.item(getter).span.contains(step.span)
    };
    effect.way.iter().chain([&effect.at]).any(is_inside) && is_conditional(cx, effect.at)
}

/// Whether the function around a place may return without getting there.
fn is_conditional(cx: &BodyContext<'_>, at: FileSpan) -> bool {
    let mut flows = cx.analysis.bodies_of(at.file).iter().map(|b| &b.flow.root);
    let Some(mir) = flows.find(|mir| mir.statements().any(|(_, s)| s.span == at.span)) else { return true };
    path_from_start(
        mir,
        &mut |point, statement| {
            let end = &mir.blocks[point.block.index()].terminator;
            statement.is_none()
                && matches!(end, Terminator::Return { kind: ReturnKind::End | ReturnKind::Explicit, .. })
        },
        &mut |_, statement| statement.is_some_and(|s| s.span == at.span),
    )
    .is_some()
}

/// Closures that are given to a function which holds a lock while it runs them, and that take the same lock.
fn around_callbacks(cx: &BodyContext<'_>, view: &FlowView<'_>, report: &mut Vec<Diagnostic>) {
    for (_, statement, call) in view.mir.calls() {
        let Target::Def(function) = call.callee.target else { continue };
        for callback in callbacks_of_call(cx.analysis, cx.body, &view.tokens.identities, call) {
            let pairs = callback.held.iter().flat_map(|h| callback.locks.iter().map(move |l| (h, l)));
            let mut conflicts = pairs.filter(|(held, taken)| {
                held.lock.same(&taken.lock)
                    && !held.is_pooled()
                    && (held.mode == Mode::Exclusive || taken.mode == Mode::Exclusive)
            });
            let Some((held, taken)) = conflicts
                .find(|(held, taken)| held.mode == Mode::Exclusive || !is_filled(cx, function, taken))
            else {
                continue;
            };
            let name = call.name;
            let finding = Diagnostic::new(
                &META,
                taken.first(),
                format!("`{name}` holds this lock while it runs the closure, which takes it again"),
            )
            .case("conflict")
            .label("taken again here")
            .step(cx.at(statement.span), "the closure is run by this call")
            .step(held.at, "which took the lock here")
            .confidence(call.callee.known.into())
            .help("use what the closure is given, or take the lock after the call");
            report.push(finding);
        }
    }
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

fn finding(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    point: Point,
    held: &Holding<'_>,
    taken: &Taken,
    confidence: Confidence,
) -> Diagnostic {
    let (lock, held) = (held.lock, held.token);
    let noun = lock_noun(held);
    let both_read = lock.mode != Mode::Exclusive && taken.effect.mode != Mode::Exclusive;
    let message = if both_read {
        format!("this read guard is alive when the same {noun} is read-locked again")
    } else {
        format!("this guard is alive when the same {noun} is taken again")
    };
    let mut way: Vec<FileSpan> = taken.effect.way.to_vec();
    if taken.effect.at != taken.at {
        way.push(taken.effect.at);
    }
    let again = match (way.is_empty(), taken.in_callback) {
        (true, _) => "taken again here",
        (false, false) => "this call takes it again",
        (false, true) => "a closure that this call runs takes it again",
    };
    let mut finding = Diagnostic::new(&META, cx.at(held.span), message)
        .case("conflict")
        .label("first taken here")
        .step(taken.at, again)
        .confidence(confidence);
    for step in way.iter().filter(|s| **s != taken.at) {
        let text = if *step == taken.effect.at { "taken again here" } else { "through this call" };
        finding = finding.step(*step, text);
    }
    if let Some((span, text)) = held_from(view, held, point) {
        finding = finding.step(cx.at(span), text);
    }
    finding.help(if way.is_empty() {
        "use the guard that is already there, or end it (a block, `drop(..)`) before taking the lock again"
    } else {
        "end the guard before this call, or give the helper the guard instead of the lock"
    })
}
