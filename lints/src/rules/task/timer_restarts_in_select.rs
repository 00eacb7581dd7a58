//! Timers that other branches of a `select!` set back.

use linger_analysis::catalogue::Timer;
use linger_analysis::flow::mir::LoopInfo;
use linger_analysis::syntax::hir::{ExprId, ExprKind, Literal, LocalId, SelectBranch};
use linger_analysis::types::infer::Known;
use linger_analysis::types::ty::Ty;

use super::selects::{LoopedSelect, called, initial_value, is_tick, looped, root};
use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::{Confidence, Diagnostic};
use crate::rule::{Rule, RuleMeta};

declare_rule! {
    /// A timer is made anew on each turn of a `select!` loop, so that other branches set it back.
    ///
    /// ## Why it matters
    ///
    /// The futures of a `select!` are dropped when another branch wins. A `sleep` that is made inside of the
    /// loop starts again from zero on each turn: beside a tick that comes more often it never fires, and busy
    /// channels starve it.
    ///
    /// ## Example
    ///
    /// ```rust,ignore,fires
    /// async fn serve(mut events: tokio::sync::mpsc::Receiver<u32>) {
    ///     let mut tick = tokio::time::interval(std::time::Duration::from_millis(100));
    ///     loop {
    ///         tokio::select! {
    ///             _ = tick.tick() => println!("tick"),
    ///             _ = tokio::time::sleep(std::time::Duration::from_secs(30)) => break,
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// Make it once, and pin it:
    ///
    /// ```rust,ignore,clean
    /// async fn serve(mut events: tokio::sync::mpsc::Receiver<u32>) {
    ///     let mut tick = tokio::time::interval(std::time::Duration::from_millis(100));
    ///     let end = tokio::time::sleep(std::time::Duration::from_secs(30));
    ///     tokio::pin!(end);
    ///     loop {
    ///         tokio::select! {
    ///             _ = tick.tick() => println!("tick"),
    ///             _ = &mut end => break,
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A duration that is computed anew on each turn is taken for what is left until a deadline. Timers inside
    /// of helper functions are not seen.
    TimerRestartsInSelect("timer_restarts_in_select") {
        group: Task,
        cases: {
            tick: Deny = "another branch is a tick or timer itself, so that this one may never fire",
            starved: Warn = "busy events keep the periodic work of this branch from ever running",
            deadline: Warn = "a deadline for one answer starts again whenever the answer is not there yet",
            idle: Allow = "only incoming events set it back: an idle timeout, if that is meant",
        },
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for TimerRestartsInSelect {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows().iter().filter(|v| v.mir.is_async) {
            for select in looped(cx, view) {
                in_select(cx, view, &select, report);
            }
        }
    }
}

/// A timer that is made on each turn.
struct Restarted {
    /// The call that makes it.
    call: ExprId,
    known: Known,
    /// Milliseconds, when they are written out.
    millis: Option<u64>,
}

fn in_select(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    looped: &LoopedSelect<'_>,
    report: &mut Vec<Diagnostic>,
) {
    let turning = &view.mir.loops[looped.turning.0 as usize];
    let branches = &looped.select.branches;
    let timers: Vec<Option<Restarted>> = branches.iter().map(|b| restarted(cx, turning, b)).collect();
    for (index, timer) in timers.iter().enumerate() {
        let Some(timer) = timer else { continue };
        let (branch, own_stays) = (&branches[index], looped.stays[index]);
        let others = || (0..branches.len()).filter(move |i| *i != index && looped.stays[*i]);
        // It bounds what this turn began.
        if others().any(|i| is_of_this_turn(cx, turning, &branches[i])) {
            continue;
        }
        if others().next().is_none() || !does_something(cx, branch.handler) {
            continue;
        }
        let ticks = |i: &usize| {
            is_tick(cx, &branches[*i]) || timers[*i].as_ref().is_some_and(|other| is_shorter(other, timer))
        };
        // What ticks always is the better witness.
        let shorter = others()
            .filter(|i| !excludes(cx, branch, &branches[*i]) && !fires_once(cx, &branches[*i]))
            .filter(ticks)
            .min_by_key(|i| branches[*i].condition.is_some());
        let case = match shorter {
            Some(_) => "tick",
            // A precondition on it (`if pending`) makes it a debounce: set back on purpose.
            None if own_stays && branch.condition.is_some() => continue,
            // A timer that may also end the loop: how long nothing may happen.
            None if own_stays && ends_loop(cx, branch.handler) => "idle",
            None if own_stays => "starved",
            None if others().all(|i| waits_for_one_answer(cx, view, looped, i)) => "deadline",
            None => "idle",
        };
        let by = shorter.or_else(|| others().next()).map(|i| &branches[i]);
        let span = cx.hir().expr(timer.call).span;
        let mut finding =
            Diagnostic::new(&META, cx.at(span), "this timer starts again on every turn of the loop")
                .case(case)
                .label(match case {
                    "tick" => "made anew on each turn, so it may never fire",
                    "starved" => "made anew on each turn: while events keep coming it never fires",
                    "deadline" => "made anew on each turn, so it bounds one turn and not the whole wait",
                    _ => "made anew on each turn",
                })
                .step(cx.at(turning.head), "the loop")
                .confidence(Confidence::from(timer.known));
        if let Some(by) = by {
            finding = finding
                .step(cx.at(cx.hir().expr(by.future).span), "when this branch wins, the timer is dropped");
        }
        let help = if case == "starved" {
            "make a `tokio::time::interval` before the loop and wait for its `tick()` here"
        } else {
            "make it before the loop, pin it (`tokio::pin!`) and wait for `&mut` it; \
             `reset()` it where it shall start again"
        };
        report.push(finding.help(help));
    }
}

/// Whether the preconditions of two branches never hold together: `if idle`, `if !idle && ready`.
fn excludes(cx: &BodyContext<'_>, one: &SelectBranch, other: &SelectBranch) -> bool {
    let terms = |branch: &SelectBranch| {
        let mut out = Vec::new();
        if let Some(condition) = branch.condition {
            conjuncts(cx, condition, &mut out);
        }
        out
    };
    let others = terms(other);
    terms(one).iter().any(|(e, holds)| others.iter().any(|(o, h)| h != holds && same(cx, *e, *o)))
}

/// Whether a branch takes back what it waits on, so that it does not come again by itself: `if dirty => { dirty = false; … }`.
fn fires_once(cx: &BodyContext<'_>, branch: &SelectBranch) -> bool {
    let body = cx.hir();
    let mut flags = Vec::new();
    if let Some(condition) = branch.condition {
        conjuncts(cx, condition, &mut flags);
    }
    let is_false = |e: ExprId| matches!(body.expr(e).kind, ExprKind::Literal(Literal::Bool(false)));
    flags.iter().any(|(flag, holds)| {
        *holds
            && body.any(branch.handler, &mut |e| match body.expr(e).kind {
                ExprKind::Assign { place, value } => is_false(value) && same(cx, place, *flag),
                _ => false,
            })
    })
}

/// Whether two expressions are written the same: variables, fields, and calls without arguments.
fn same(cx: &BodyContext<'_>, one: ExprId, other: ExprId) -> bool {
    match (&cx.hir().expr(one).kind, &cx.hir().expr(other).kind) {
        (ExprKind::Local(a), ExprKind::Local(b)) => a == b,
        (ExprKind::Field { base: a, name: x }, ExprKind::Field { base: b, name: y }) => {
            x == y && same(cx, *a, *b)
        }
        (
            ExprKind::MethodCall { receiver: a, method: x, args: none, .. },
            ExprKind::MethodCall { receiver: b, method: y, args: neither, .. },
        ) => x == y && none.is_empty() && neither.is_empty() && same(cx, *a, *b),
        _ => false,
    }
}

/// The parts of `a && !b`, and whether each must hold or must not.
fn conjuncts(cx: &BodyContext<'_>, e: ExprId, out: &mut Vec<(ExprId, bool)>) {
    use linger_analysis::syntax::hir::{BinaryOp, UnaryOp};
    match &cx.hir().expr(e).kind {
        ExprKind::Binary { op: BinaryOp::And, lhs, rhs } => {
            conjuncts(cx, *lhs, out);
            conjuncts(cx, *rhs, out);
        }
        ExprKind::Unary { op: UnaryOp::Not, operand } => out.push((*operand, false)),
        _ => out.push((e, true)),
    }
}

/// A branch that waits for what this turn has started (`let answer = ask(); select! { x = answer => …`): no event that
/// comes again and again.
fn is_of_this_turn(cx: &BodyContext<'_>, turning: &LoopInfo, branch: &SelectBranch) -> bool {
    let body = cx.hir();
    let mut e = branch.future;
    while let ExprKind::AddressOf { operand, .. } = &body.expr(e).kind {
        e = *operand;
    }
    match body.expr(e).kind {
        ExprKind::Local(local) => {
            let declared = body.local(local).span;
            turning.span.lo <= declared.lo && declared.hi <= turning.span.hi
        }
        _ => false,
    }
}

/// Whether a handler may leave the loop.
fn ends_loop(cx: &BodyContext<'_>, handler: ExprId) -> bool {
    let body = cx.hir();
    body.any(handler, &mut |e| matches!(body.expr(e).kind, ExprKind::Break { .. } | ExprKind::Return(_)))
}

/// The timer that a branch waits for, when it is made on each turn with a duration that the turn does not change.
fn restarted(cx: &BodyContext<'_>, turning: &LoopInfo, branch: &SelectBranch) -> Option<Restarted> {
    let body = cx.hir();
    let mut seen: Vec<LocalId> = Vec::new();
    let mut work = vec![branch.future];
    while let Some(start) = work.pop() {
        let mut found = None;
        body.walk(start, &mut |e| {
            if found.is_some() {
                return false;
            }
            if let Some((facts, known)) = called(cx, e)
                && matches!(facts.timer, Some(Timer::After | Timer::At))
            {
                let now = facts.timer == Some(Timer::At);
                let fits = argument(cx, e)
                    .is_some_and(|d| is_same_each_turn(cx, turning, d) && (!now || from_now(cx, d)));
                found = Some(fits.then(|| Restarted {
                    call: e,
                    known,
                    millis: argument(cx, e).and_then(|d| millis(cx, d)),
                }));
                return false;
            }
            // A variable of the loop's body: what it was made of.
            if let ExprKind::Local(local) = body.expr(e).kind
                && !seen.contains(&local)
            {
                seen.push(local);
                work.extend(initial_value(cx, turning.expr, local));
            }
            true
        });
        if let Some(found) = found {
            return found;
        }
    }
    None
}

fn argument(cx: &BodyContext<'_>, call: ExprId) -> Option<ExprId> {
    match &cx.hir().expr(call).kind {
        ExprKind::Call { args, .. } => args.first().copied(),
        _ => None,
    }
}

/// Whether an expression gives the same on each turn: constants, and variables from outside that the loop does
/// not write. A call on such a value (`self.until_next()`) may be what is left until a deadline.
fn is_same_each_turn(cx: &BodyContext<'_>, turning: &LoopInfo, e: ExprId) -> bool {
    let body = cx.hir();
    !body.any(e, &mut |part| match &body.expr(part).kind {
        ExprKind::Local(local) => !is_from_outside(cx, turning, *local),
        ExprKind::MethodCall { receiver, .. } => {
            let on_constant = matches!(body.expr(*receiver).kind, ExprKind::Literal(_) | ExprKind::Path(_));
            let arithmetic = cx.ty(*receiver).peel_refs().is("std::time::Duration")
                && cx.ty(part).is("std::time::Duration");
            let plain = is_now(cx, *receiver) || on_constant || arithmetic && !mentions_now(cx, part);
            !plain
        }
        ExprKind::Await { .. } | ExprKind::Macro(_) => true,
        ExprKind::Binary { op, .. } => *op == linger_analysis::syntax::hir::BinaryOp::Sub,
        ExprKind::Call { .. } => {
            // Functions of the program may compute what is left; constructors of durations do not.
            let callee = cx.types().callees.get(&part).map(|c| &c.target);
            matches!(callee, Some(linger_analysis::types::infer::Target::Def(_)) | None)
        }
        _ => false,
    })
}

fn mentions_now(cx: &BodyContext<'_>, e: ExprId) -> bool {
    cx.hir().any(e, &mut |p| is_now(cx, p))
}

/// `Instant::now()`
fn is_now(cx: &BodyContext<'_>, e: ExprId) -> bool {
    use linger_analysis::types::infer::Target;
    matches!(cx.types().callees.get(&e).map(|c| &c.target), Some(Target::External(p)) if p.ends_with("Instant::now"))
}

/// `Instant::now() + duration`
fn from_now(cx: &BodyContext<'_>, e: ExprId) -> bool {
    matches!(cx.hir().expr(e).kind, ExprKind::Binary { .. }) && mentions_now(cx, e)
}

/// Whether a variable is declared outside of the loop and not written in it; parameters of closures that run on
/// such a variable (`idle.map(|ms| sleep(ms))`) count as it.
fn is_from_outside(cx: &BodyContext<'_>, turning: &LoopInfo, local: LocalId) -> bool {
    let body = cx.hir();
    let declared = body.local(local);
    if turning.span.lo <= declared.span.lo && declared.span.hi <= turning.span.hi {
        return closure_parameter_of(cx, turning, local)
            .is_some_and(|receiver| is_same_each_turn(cx, turning, receiver));
    }
    !body.any(turning.expr, &mut |e| match &body.expr(e).kind {
        ExprKind::Assign { place, .. } | ExprKind::AssignOp { place, .. } => {
            matches!(root(cx, *place), Some(l) if l == local)
        }
        ExprKind::AddressOf { mutable: true, operand, .. } => {
            matches!(root(cx, *operand), Some(l) if l == local)
        }
        _ => false,
    })
}

/// The receiver of the call (`x.map(|local| …)`) that hands `local` to a closure.
fn closure_parameter_of(cx: &BodyContext<'_>, turning: &LoopInfo, local: LocalId) -> Option<ExprId> {
    use linger_analysis::syntax::hir::PatKind;
    let body = cx.hir();
    let mut found = None;
    body.walk(turning.expr, &mut |e| {
        if let ExprKind::MethodCall { receiver, args, .. } = &body.expr(e).kind {
            for arg in args {
                if let ExprKind::Closure(id) = body.expr(*arg).kind
                    && body.closure(id).params.iter().any(
                        |p| matches!(body.pat(p.pat).kind, PatKind::Binding { local: l, .. } if l == local),
                    )
                {
                    found = Some(*receiver);
                }
            }
        }
        found.is_none()
    });
    found
}

/// Milliseconds of `Duration::from_secs(5)` and the like.
fn millis(cx: &BodyContext<'_>, e: ExprId) -> Option<u64> {
    let ExprKind::Call { callee, args } = &cx.hir().expr(e).kind else { return None };
    let ExprKind::Path(path) = &cx.hir().expr(*callee).kind else { return None };
    let ExprKind::Literal(Literal::Int(Some(number), _)) = cx.hir().expr(*args.first()?).kind else {
        return None;
    };
    let scale = match path.last()?.as_str() {
        "from_millis" => 1,
        "from_secs" => 1000,
        "from_mins" => 60_000,
        "from_hours" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(scale)
}

/// Of two timers that both start again, the one that is not longer sets the other back.
fn is_shorter(other: &Restarted, than: &Restarted) -> bool {
    match (other.millis, than.millis) {
        (Some(a), Some(b)) => a < b || a == b && other.call < than.call,
        _ => other.call < than.call,
    }
}

/// Whether a handler does more than to go round again or log: a timer that only wakes the loop up may be reset.
fn does_something(cx: &BodyContext<'_>, handler: ExprId) -> bool {
    use linger_analysis::syntax::hir::MacroKind;
    let body = cx.hir();
    body.any(handler, &mut |e| match &body.expr(e).kind {
        ExprKind::Call { .. }
        | ExprKind::MethodCall { .. }
        | ExprKind::Await { .. }
        | ExprKind::Break { .. }
        | ExprKind::Return(_) => true,
        // A variable of the function is a note for the code behind the `select!`, which runs on every turn.
        ExprKind::Assign { place, .. } | ExprKind::AssignOp { place, .. } => !is_note(cx, *place),
        ExprKind::Macro(call) => {
            !matches!(call.kind, MacroKind::Log | MacroKind::Format | MacroKind::Constant | MacroKind::Span)
        }
        _ => false,
    })
}

fn is_note(cx: &BodyContext<'_>, place: ExprId) -> bool {
    match &cx.hir().expr(place).kind {
        ExprKind::Local(_) => true,
        ExprKind::Tuple(parts) => parts.iter().all(|part| is_note(cx, *part)),
        _ => false,
    }
}

/// Whether a branch waits for what ends the loop, and otherwise only goes round again: it can leave the loop, and
/// its way back does nothing.
fn waits_for_one_answer(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    looped: &LoopedSelect<'_>,
    index: usize,
) -> bool {
    let _ = view;
    let body = cx.hir();
    let handler = looped.select.branches[index].handler;
    // What it gives is worked on behind the `select!`.
    let gives = cx.ty(handler);
    if !gives.is_unit() && !matches!(gives, Ty::Never | Ty::Unknown) {
        return false;
    }
    let leaves =
        body.any(handler, &mut |e| matches!(body.expr(e).kind, ExprKind::Break { .. } | ExprKind::Return(_)));
    leaves && !works_outside_of_exit(cx, handler)
}

/// Work in a handler apart from what `break` and `return` carry, conditions, and logging.
fn works_outside_of_exit(cx: &BodyContext<'_>, handler: ExprId) -> bool {
    use linger_analysis::syntax::hir::MacroKind;
    let body = cx.hir();
    let mut works = false;
    body.walk(handler, &mut |e| match &body.expr(e).kind {
        ExprKind::Return(_) | ExprKind::Break { .. } => false,
        ExprKind::Assign { .. }
        | ExprKind::AssignOp { .. }
        | ExprKind::Await { .. }
        | ExprKind::Call { .. } => {
            works = true;
            false
        }
        ExprKind::MethodCall { args, .. } => {
            works |= !args.is_empty();
            true
        }
        ExprKind::Macro(call) => {
            works |= !matches!(
                call.kind,
                MacroKind::Log | MacroKind::Format | MacroKind::Constant | MacroKind::Span
            );
            false
        }
        _ => true,
    });
    works
}
