//! Work that is ended by the end of the function that has just started it.

use linger_analysis::catalogue::{Class, OnDrop};
use linger_analysis::facts::spawns;
use linger_analysis::flow::mir::{DropHow, Point, Statement, StatementKind};
use linger_analysis::flow::tokens::{End, Source, TokenId};
use linger_analysis::span::Span;
use linger_analysis::types::infer::Target;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::{Confidence, Diagnostic};
use crate::rule::{Rule, RuleMeta};
use crate::rules::support::{noun, resource};

declare_rule! {
    /// A local set, guard or handle that cancels when it is dropped dies right after it has started its work.
    ///
    /// ## Why it matters
    ///
    /// A `JoinSet`, an abort-on-drop handle or a drop guard ends its tasks when it goes. A function that only fills
    /// it and then returns has started tasks that never come to do anything.
    ///
    /// ## Example
    ///
    /// ```rust,ignore,fires
    /// async fn poll() {}
    ///
    /// pub fn start() {
    ///     let mut tasks = tokio::task::JoinSet::new();
    ///     tasks.spawn(poll());
    /// }
    /// ```
    ///
    /// ```rust,ignore,clean
    /// async fn poll() {}
    ///
    /// pub fn start() -> tokio::task::JoinSet<()> {
    ///     let mut tasks = tokio::task::JoinSet::new();
    ///     tasks.spawn(poll());
    ///     tasks
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A function that waits for anything at all after the start is left alone: the work may go on meanwhile.
    CancelledAtScopeEnd("cancelled_at_scope_end") {
        group: Task,
        level: Warn,
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for CancelledAtScopeEnd {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            for (id, token) in view.tokens.iter() {
                let cancels = resource(cx, token).is_some_and(|r| r.drop == OnDrop::Cancels);
                if token.source != Source::Call || token.owned.len() != 1 || !cancels {
                    continue;
                }
                let started = if token.is(Class::TaskSet) {
                    filled(cx, view, id)
                } else if token.is(Class::AbortOnDrop) || token.is(Class::CancelGuard) {
                    (!is_touched(cx, view, id)).then_some((token.at, token.span))
                } else {
                    None
                };
                let Some((from, span)) = started else { continue };
                let Some(end) = dies(view, id) else { continue };
                if view
                    .tokens
                    .path(from, |_, s| s.is_some_and(|s| waits(cx, s)), |point, _| point == end.0)
                    .is_some()
                {
                    continue;
                }
                let what = noun(token);
                report.push(
                    Diagnostic::new(
                        &META,
                        cx.at(span),
                        format!("what is started here is cancelled at once: {what} dies at the end of this scope"),
                    )
                    .label("started here")
                    .step(cx.at(token.span), format!("{what} is made here"))
                    .step(cx.at(end.1), "dropped here, which cancels it")
                    .confidence(Confidence::from(token.known))
                    .help("return it, store it, or wait for the work (`join_all`, `.await`) before the scope ends"),
                );
            }
        }
    }
}

/// The token is only ever dropped at the end of its scope: where.
fn dies(view: &FlowView<'_>, id: TokenId) -> Option<(Point, Span)> {
    let mut ends = view.tokens.ends.iter().filter(|e| e.token == id).peekable();
    let first = *ends.peek()?;
    ends.all(|e| e.how == End::Dropped(DropHow::ScopeEnd)).then_some((first.at, first.span))
}

/// The last thing that a set was given to run, when nothing else is done with it.
fn filled(cx: &BodyContext<'_>, view: &FlowView<'_>, id: TokenId) -> Option<(Point, Span)> {
    let starts: Vec<Point> = spawns(cx.analysis, cx.body, &view.tokens).iter().map(|s| s.point).collect();
    let mut last = None;
    let mut other = false;
    view.tokens.walk(|point, state, statement| {
        if !touches(state, statement, id) {
            return;
        }
        if starts.contains(&point) {
            last = Some((point, statement.span));
        } else {
            other = true;
        }
    });
    last.filter(|_| !other)
}

fn is_touched(_cx: &BodyContext<'_>, view: &FlowView<'_>, id: TokenId) -> bool {
    let mut touched = false;
    view.tokens.walk(|_, state, statement| touched |= touches(state, statement, id));
    touched
}

fn touches(state: &linger_analysis::flow::tokens::State, statement: &Statement, id: TokenId) -> bool {
    let operands = match &statement.kind {
        StatementKind::Call(call) => &call.args[..],
        StatementKind::Await { operands, .. } => &operands[..],
        StatementKind::Macro { args, .. } => &args[..],
        _ => return false,
    };
    operands.iter().any(|o| o.place().is_some_and(|p| state.reached(p.var).contains(id)))
}

/// Anything during which the work may go on.
fn waits(cx: &BodyContext<'_>, statement: &Statement) -> bool {
    match &statement.kind {
        StatementKind::Await { .. } | StatementKind::Macro { .. } => true,
        StatementKind::Call(call) => match &call.callee.target {
            Target::External(path) => {
                cx.catalogue().facts(*path).is_some_and(|f| f.waits || f.blocks || f.io)
            }
            Target::Def(def) => cx.analysis.summary(*def).is_some_and(|s| {
                use linger_analysis::facts::EffectKind::{Blocks, CallsBack, Io, Waits};
                [Waits, Blocks, Io, CallsBack].iter().any(|k| s.effects.contains_key(k))
            }),
            Target::Constructor(_) => false,
            _ => true,
        },
        _ => false,
    }
}
