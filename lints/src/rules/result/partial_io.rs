//! Counts of `read` and `write` that nobody looks at.

use linger_analysis::flow::mir::Discard;

use crate::context::BodyContext;
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::result::{argument_types, discards, is_memory_or_stdio, origin};

declare_rule! {
    /// The count that `read` or `write` gives is ignored.
    ///
    /// ## Why it matters
    ///
    /// Both may transfer fewer bytes than asked for. The rest of a short write is never written, and a short
    /// read leaves old bytes in the buffer.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// use std::io::Write;
    ///
    /// fn greet(stream: &mut std::net::TcpStream, text: &[u8]) -> std::io::Result<()> {
    ///     stream.write(text)?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// use std::io::Write;
    ///
    /// fn greet(stream: &mut std::net::TcpStream, text: &[u8]) -> std::io::Result<()> {
    ///     stream.write_all(text)
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A count that is bound to a used name is taken as looked at.
    PartialIo("partial_io") {
        group: Result,
        level: Deny,
        since: "0.1.0",
        fixes: None,
        compiler_lints: ["clippy::unused_io_amount"],
    }
}

impl Rule for PartialIo {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            for (_, var, shape, span, _) in discards(view) {
                let ty = &view.mir.var(var).ty;
                // `let _ = w.write(b)` gives up the error too: that is `ignored_result`. A bare `w.write(b);` of
                // a `Result` draws a warning of the compiler; where it stands, it is another `write`.
                let is_count = matches!(ty, linger_analysis::types::ty::Ty::Prim(_));
                if !is_count || shape == Discard::LetUnderscoreTyped {
                    continue;
                }
                let Some((call, _, Some(facts))) = origin(cx, view, var) else { continue };
                if !facts.partial_io || argument_types(view, call).take(1).any(is_memory_or_stdio) {
                    continue;
                }
                let (what, instead) = if call.name.contains("read") {
                    ("may read fewer bytes than the buffer holds", "`read_exact`, or use the count")
                } else {
                    ("may write only a part", "`write_all`, or a loop that uses the count")
                };
                report.push(
                    Diagnostic::new(
                        &META,
                        cx.at(span),
                        format!("`{}` {what}, and the count is ignored", call.name),
                    )
                    .label("the count is dropped here")
                    .confidence(call.callee.known.into())
                    .help(format!("use {instead}")),
                );
            }
        }
    }
}
