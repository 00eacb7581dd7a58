//! Waits for the other side without a limit.

use linger_analysis::catalogue::Timer;
use linger_analysis::flow::mir::{AwaitKind, Call, Operand, StatementKind};
use linger_analysis::types::infer::{Known, Target};

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};

declare_rule! {
    /// A connection or handshake is waited for with no limit of time.
    ///
    /// ## Why it matters
    ///
    /// The other side decides how long it takes. A peer that accepts and then says nothing holds the task, and
    /// whatever it has open, for ever.
    ///
    /// ## Example
    ///
    /// ```rust,ignore,fires
    /// async fn open() -> std::io::Result<tokio::net::TcpStream> {
    ///     tokio::net::TcpStream::connect("example.com:80").await
    /// }
    /// ```
    ///
    /// ```rust,ignore,clean
    /// async fn open() -> std::io::Result<tokio::net::TcpStream> {
    ///     let limit = std::time::Duration::from_secs(10);
    ///     tokio::time::timeout(limit, tokio::net::TcpStream::connect("example.com:80")).await?
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A limit that a caller sets further up is seen one function up only.
    WaitWithoutTimeout("wait_without_timeout") {
        group: Task,
        level: Allow,
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for WaitWithoutTimeout {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        let mut found: Vec<Diagnostic> = Vec::new();
        for view in cx.flows() {
            in_flow(cx, view, &mut found);
        }
        if !found.is_empty() && !is_limited_by_caller(cx) {
            report.append(&mut found);
        }
    }
}

fn in_flow(cx: &BodyContext<'_>, view: &FlowView<'_>, report: &mut Vec<Diagnostic>) {
    for (_, statement) in view.statements() {
        let call = match &statement.kind {
            StatementKind::Await { operands, kind: AwaitKind::Await | AwaitKind::Join, .. } => {
                let made = operands.iter().filter_map(Operand::place);
                match made
                    .filter_map(|p| view.tokens.identities.defining_call(p.var))
                    .find(|c| unlimited(cx, c))
                {
                    Some(call) => call,
                    None => continue,
                }
            }
            // Blocking ones wait where they are called.
            StatementKind::Call(call) if unlimited(cx, call) && blocks(cx, call) => call,
            _ => continue,
        };
        if cx.has_reason(statement.span) {
            continue;
        }
        report.push(
            Diagnostic::new(
                &META,
                cx.at(call.name_span),
                format!("`{}` waits for the other side with no limit of time", call.name),
            )
            .label("may never come back")
            .help(if blocks(cx, call) {
                "use the form that takes a timeout (`connect_timeout`)"
            } else {
                "wrap it in `timeout(…)`"
            }),
        );
    }
}

fn facts<'a>(cx: &BodyContext<'a>, call: &Call) -> Option<&'a linger_analysis::catalogue::FunctionFacts> {
    match &call.callee.target {
        Target::External(path) if call.callee.known == Known::Resolved => cx.catalogue().facts(*path),
        _ => None,
    }
}

fn unlimited(cx: &BodyContext<'_>, call: &Call) -> bool {
    facts(cx, call).is_some_and(|f| f.unlimited)
}

fn blocks(cx: &BodyContext<'_>, call: &Call) -> bool {
    facts(cx, call).is_some_and(|f| f.blocks)
}

/// Some caller gives the future of this function to a timer.
fn is_limited_by_caller(cx: &BodyContext<'_>) -> bool {
    let Some(def) = cx.body.def else { return false };
    let Some(callers) = cx.analysis.callers.get(&def) else { return false };
    callers.iter().filter_map(|c| c.from).filter_map(|from| cx.analysis.body_of(from)).any(|body| {
        body.flow.all().any(|mir| {
            mir.calls().any(|(_, _, call)| {
                cx.facts(&call.callee.target)
                    .is_some_and(|f| matches!(f.timer, Some(Timer::After | Timer::At)))
            })
        })
    })
}
