//! Responses whose status nobody looks at.

use linger_analysis::catalogue::Class;
use linger_analysis::flow::mir::{Operand, StatementKind};
use linger_analysis::flow::tokens::{End, Source};

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::support::noun;

declare_rule! {
    /// The body of an HTTP response is used without a look at its status.
    ///
    /// ## Why it matters
    ///
    /// Clients report an error when there is no response, not when the response is `404` or `500`. The text of
    /// an error page is then parsed, stored or shown as if it were the answer.
    ///
    /// ## Example
    ///
    /// ```rust,ignore,fires
    /// async fn fetch(client: &reqwest::Client, url: &str) -> Result<String, reqwest::Error> {
    ///     client.get(url).send().await?.text().await
    /// }
    /// ```
    ///
    /// ```rust,ignore,clean
    /// async fn fetch(client: &reqwest::Client, url: &str) -> Result<String, reqwest::Error> {
    ///     client.get(url).send().await?.error_for_status()?.text().await
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A response that is handed to somebody else is theirs to check.
    HttpStatusIgnored("http_status_ignored") {
        group: Result,
        level: Warn,
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for HttpStatusIgnored {
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
    for (id, token) in tokens.iter() {
        if !token.is(Class::HttpResponse) || token.source != Source::Call {
            continue;
        }
        // A helper of the program that gives a response may have looked at it.
        let made_outside = tokens
            .identities
            .defining_call(token.first)
            .is_some_and(|c| matches!(c.callee.target, linger_analysis::types::infer::Target::External(_)));
        if !made_outside {
            continue;
        }
        let (mut used, mut elsewhere) = (None, false);
        tokens.walk(|point, state, statement| {
            if point == token.at {
                return;
            }
            let touches = |o: &Operand| o.place().is_some_and(|p| state.reached(p.var).contains(id));
            match &statement.kind {
                StatementKind::Call(call) if call.args.iter().any(touches) => {
                    let on_it = call.args.first().is_some_and(touches);
                    match call.name.as_str() {
                        "json" | "text" | "text_with_charset" | "bytes" | "chunk" | "bytes_stream"
                        | "copy_to" | "into_body" | "into_string" | "into_json" | "into_reader" | "body"
                        | "body_mut" | "read_to_end" | "into_bytes" | "collect" | "body_string"
                        | "body_json" | "body_bytes"
                            if on_it =>
                        {
                            used.get_or_insert((statement.span, call.name));
                        }
                        "headers" | "content_length" | "url" | "version" | "unwrap" | "expect" | "header" => {
                        }
                        "map_err" | "with_context" | "context" | "map" | "and_then" | "instrument" => {}
                        _ => elsewhere = true,
                    }
                }
                StatementKind::Macro { args, .. } if args.iter().any(touches) => elsewhere = true,
                _ => {}
            }
        });
        let handed_on = tokens
            .ends
            .iter()
            .any(|e| e.token == id && matches!(e.how, End::Returned | End::Stored | End::Captured));
        let Some((span, name)) = used else { continue };
        if elsewhere || handed_on || cx.has_reason(token.span) {
            continue;
        }
        let what = noun(cx, token);
        report.push(
            Diagnostic::new(
                &META,
                cx.at(token.span),
                format!("the body of this {what} is used whatever its status"),
            )
            .label("received here")
            .step(cx.at(span), format!("`{name}` reads the body"))
            .confidence(token.known.into())
            .help("call `error_for_status()?`, or look at `status()` first"),
        );
    }
}
