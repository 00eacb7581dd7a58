//! Loops that ask again and again.

use linger_analysis::catalogue::{Class, Timer};
use linger_analysis::flow::mir::{Call, LoopId, Operand, Point, Statement, StatementKind};
use linger_analysis::flow::tokens::End;
use linger_analysis::types::infer::Target;

use super::turning::idle_turn;
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
    /// An interval that is made anew in each turn of a loop does not wait either: its first tick is there at once.
    ///
    /// ## Limits
    ///
    /// There must be a way round the loop that does nothing but ask: a loop that counts, prints or calls what is not
    /// known on each way is left alone.
    BusyWait("busy_wait") {
        group: Task,
        cases: {
            asks: Warn = "a way round the loop does nothing but ask",
            tick: Warn = "an interval is made anew for each tick, whose first is there at once",
        },
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
            for number in 0..view.mir.loops.len() {
                report.extend(asking(cx, view, LoopId(number as u32)));
            }
            ticking(cx, view, report);
        }
    }
}

fn asking(cx: &BodyContext<'_>, view: &FlowView<'_>, id: LoopId) -> Option<Diagnostic> {
    let question = idle_turn(cx, view, id)?;
    let head = view.mir.loops[id.0 as usize].head;
    let finding = Diagnostic::new(&META, cx.at(head), "this loop spins until something else happens")
        .case("asks")
        .label(format!("`{}` is asked again at once", question.name));
    let finding = match head.contains(question.span) {
        true => finding,
        false => finding.step(cx.at(question.span), "asked here, and nothing waits until it is asked again"),
    };
    Some(finding.help(
        "wait for a channel, condition variable, `Notify` or `park`; where it can only take a few \
         instructions, call `std::hint::spin_loop()`",
    ))
}

/// `interval.tick().await; …; interval = time::interval(period);`
fn ticking(cx: &BodyContext<'_>, view: &FlowView<'_>, report: &mut Vec<Diagnostic>) {
    let timer = |statement: &Statement| match &statement.kind {
        StatementKind::Call(call) => match call.callee.target {
            Target::External(path) => cx.catalogue().facts(path)?.timer,
            _ => None,
        },
        _ => None,
    };
    for (id, token) in view.tokens.iter().filter(|(_, t)| t.is(Class::Timer)) {
        let is_made_at_once = view.mir.statement(token.at).is_some_and(|s| timer(s) == Some(Timer::Every));
        let is_in_loop = view.mir.blocks[token.at.block.index()].in_loop.is_some();
        if !is_made_at_once || !is_in_loop || cx.has_reason(token.span) {
            continue;
        }
        let on_it = |at: Point, call: &Call| {
            call.args.iter().filter_map(Operand::place).any(|p| view.in_hand().reaches(at, p.var, id))
        };
        let ticks = |at: Point, s: Option<&Statement>| {
            s.is_some_and(|s| {
                timer(s) == Some(Timer::Tick)
                    && matches!(&s.kind, StatementKind::Call(call) if on_it(at, call))
            })
        };
        let is_set_back =
            view.mir.calls().any(|(at, _, call)| call.name.starts_with("reset") && on_it(at, call));
        let is_kept = view.tokens.ends.iter().any(|e| e.token == id && !matches!(e.how, End::Dropped(_)));
        let mut all = view.statements().filter(|(at, s)| ticks(*at, Some(s))).peekable();
        let Some((_, first)) = all.peek().copied() else { continue };
        let again = |at: Point| view.tokens.path(at, ticks, |p, _| p == token.at).is_some();
        if is_set_back || is_kept || all.any(|(at, _)| again(at)) {
            continue;
        }
        report.push(
            Diagnostic::new(
                &META,
                cx.at(token.span),
                "this interval never waits: its first tick is there at once",
            )
            .case("tick")
            .label("made anew for each tick")
            .step(cx.at(first.span), "the only tick that it gives")
            .confidence(token.known.into())
            .help("make it before the loop, or wait with `sleep`; `reset_after` changes its period"),
        );
    }
}
