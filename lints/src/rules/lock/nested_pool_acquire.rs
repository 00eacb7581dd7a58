//! Connections and permits that are taken while one of the same pool is held.

use std::cell::OnceCell;

use linger_analysis::catalogue::Class;
use linger_analysis::flow::mir::{Operand, Point, StatementKind};
use linger_analysis::flow::tokens::is_pooled;
use linger_analysis::span::FileSpan;
use linger_analysis::types::infer::Target;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::lock::held::while_held;
use crate::rules::support::held_until;

declare_rule! {
    /// A second connection or permit of a pool is taken while the first is held.
    ///
    /// ## Why it matters
    ///
    /// When as many tasks as the pool has connections hold their first one, each waits for a second, and none
    /// comes back: all of them hang until a timeout. With a pool of one it happens at once.
    ///
    /// ## Example
    ///
    /// ```rust,ignore,fires
    /// async fn copy(limit: &tokio::sync::Semaphore) -> Result<(), tokio::sync::AcquireError> {
    ///     let reading = limit.acquire().await?;
    ///     let writing = limit.acquire().await?;
    ///     drop((reading, writing));
    ///     Ok(())
    /// }
    /// ```
    ///
    /// Take all that is needed at once, give the first back before, or hand it on:
    ///
    /// ```rust,ignore,clean
    /// async fn copy(limit: &tokio::sync::Semaphore) -> Result<(), tokio::sync::AcquireError> {
    ///     let both = limit.acquire_many(2).await?;
    ///     drop(both);
    ///     Ok(())
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Two pools of one type are different unless they are proven the same. Nothing is known of their sizes. What a
    /// program does once, its test included, is taken to be alone with the pool.
    NestedPoolAcquire("nested_pool_acquire") {
        group: Lock,
        cases: {
            held: Warn = "the first is held by code that several tasks may run at a time",
            once: Allow = "in test code, or in code that a program runs once: nobody else takes part of the pool",
        },
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for NestedPoolAcquire {
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
    let is_once = OnceCell::new();
    while_held(cx, view, |point, held, taken| {
        if !is_pooled(held.lock.class)
            || !taken.effect.is_pooled()
            || taken.tries
            || !held.lock.place.same(&taken.effect.lock)
            || seen.iter().any(|known| is_same_place(known, &taken.at))
            || is_to_fail(view, point)
        {
            return;
        }
        seen.push(taken.at);
        let is_once =
            *is_once.get_or_init(|| cx.body.in_test || cx.analysis.is_once(cx.body, view.mir.owner));
        let (what, pool) = match held.lock.class {
            Class::Permit => ("permit", "semaphore"),
            Class::Transaction => ("transaction", "pool"),
            _ => ("connection", "pool"),
        };
        let second = if taken.effect.class == Class::Permit { "permit" } else { "connection" };
        let mut finding = Diagnostic::new(
            &META,
            taken.at,
            format!("another {second} of the same {pool} is taken while this {what} is held"),
        )
        .case(if is_once { "once" } else { "held" })
        .label(if taken.effect.at == taken.at { "taken here" } else { "this call takes it" })
        .step(cx.at(held.token.span), format!("the {what} comes from here"))
        .confidence(held.token.known.min(taken.known).into());
        for step in taken.effect.way.iter().chain([&taken.effect.at]).filter(|s| **s != taken.at) {
            finding = finding.step(*step, "taken here");
        }
        if let Some((span, text)) = held_until(view, held.token) {
            finding = finding.step(cx.at(span), text);
        }
        report.push(finding.help(match held.lock.class {
            Class::Permit => "take all permits in one call, or give the first back before",
            _ => "use the one that is already there, or give it back before",
        }));
    });
}

/// Whether one is the call and the other the `.await` of what it gives.
fn is_same_place(one: &FileSpan, other: &FileSpan) -> bool {
    one.file == other.file && (one.span.contains(other.span) || other.span.contains(one.span))
}

/// Whether what is asked for at a point is expected not to come: `pool.get().await.unwrap_err()`.
fn is_to_fail(view: &FlowView<'_>, point: Point) -> bool {
    let ids = &view.tokens.identities;
    let statement =
        view.mir.blocks.get(point.block.index()).and_then(|b| b.statements.get(point.index as usize));
    let asked = match statement.map(|s| &s.kind) {
        Some(StatementKind::Call(call)) => Some(&**call),
        Some(StatementKind::Await { operands, .. }) => {
            operands.first().and_then(Operand::var).and_then(|v| ids.defining_call(v))
        }
        _ => None,
    };
    asked.is_some_and(|asked| {
        view.mir.calls().any(|(_, _, call)| {
            matches!(&call.callee.target, Target::External(path)
                if matches!(path.as_str(), "std::result::Result::unwrap_err" | "std::result::Result::expect_err"))
                && call.args.first().and_then(Operand::var).and_then(|v| ids.defining_call(v)).is_some_and(|c| std::ptr::eq(c, asked))
        })
    })
}
