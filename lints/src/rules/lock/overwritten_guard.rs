//! Guards that are replaced by a new guard of the same lock.

use linger_analysis::span::FileSpan;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::fixes::drop_before_or_hang;
use crate::rules::lock::held::{replaces, while_held};
use crate::rules::support::lock_noun;

declare_rule! {
    /// A variable that holds a guard is given a new guard of the same lock.
    ///
    /// ## Why it matters
    ///
    /// The new value is made before the old one is dropped. So the lock is taken while the old guard still holds
    /// it: the thread waits for itself, for ever.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// fn twice(jobs: &std::sync::Mutex<Vec<u32>>) {
    ///     let mut queue = jobs.lock().unwrap();
    ///     queue.push(1);
    ///     queue = jobs.lock().unwrap();
    ///     queue.push(2);
    /// }
    /// ```
    ///
    /// Drop the old guard first:
    ///
    /// ```rust,clean
    /// fn twice(jobs: &std::sync::Mutex<Vec<u32>>) {
    ///     let mut queue = jobs.lock().unwrap();
    ///     queue.push(1);
    ///     drop(queue);
    ///     queue = jobs.lock().unwrap();
    ///     queue.push(2);
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Two objects of one type are different locks unless they are proven the same.
    OverwrittenGuard("overwritten_guard") {
        group: Lock,
        level: Deny,
        since: "0.1.0",
        fixes: Sometimes,
    }
}

impl Rule for OverwrittenGuard {
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
    let mut seen: Vec<FileSpan> = Vec::new();
    while_held(cx, view, |point, held, taken| {
        let Some(new) = taken.token else { return };
        if taken.tries || !held.lock.place.same(&taken.effect.lock) || !replaces(view, held.id, new) {
            return;
        }
        if seen.contains(&taken.at) {
            return;
        }
        seen.push(taken.at);
        let noun = lock_noun(held.token);
        let mut finding = Diagnostic::new(
            &META,
            taken.at,
            format!("this {noun} is taken again before the guard that it replaces is dropped"),
        )
        .label("taken again here")
        .step(cx.at(held.token.span), "the old guard comes from here")
        .confidence(held.token.known.min(taken.known).into())
        .help("drop the old guard before the lock is taken again");
        if let Some(fix) = drop_before_or_hang(cx, view, held.id, point) {
            finding = finding.fix(fix);
        }
        report.push(finding);
    });
}
