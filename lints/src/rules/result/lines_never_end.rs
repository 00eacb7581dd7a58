//! Reading loops that an error turns into endless ones.

use linger_analysis::flow::mir::{Call, Operand, Var};
use linger_analysis::span::Span;
use linger_analysis::syntax::hir::{ExprKind, Literal};
use linger_analysis::types::infer::Target;
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::result::skipped_in_loop::skipped_in_loops;
use crate::rules::result::skipping::{Skipping, skippings};
use crate::rules::result::{argument_types, is_memory};

declare_rule! {
    /// Errors of `lines()` are skipped, so that an error that persists loops for ever.
    ///
    /// ## Why it matters
    ///
    /// A reader that fails (a directory, a broken disk) may fail again on every call. `flatten()` and
    /// `filter_map(Result::ok)` ask again and again and never end, and so does a loop that goes on with the next line:
    /// `let Ok(line) = line else { continue };`.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// use std::io::BufRead;
    ///
    /// fn count(reader: impl BufRead) -> usize {
    ///     reader.lines().filter_map(Result::ok).count()
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// use std::io::BufRead;
    ///
    /// fn count(reader: impl BufRead) -> usize {
    ///     reader.lines().map_while(Result::ok).count()
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Iterators that come in as parameters are not known to be lines. A loop that may end or wait on the way round after
    /// an error (it counts errors, looks at a flag) is left alone, and so is one over standard input.
    LinesNeverEnd("lines_never_end") {
        group: Result,
        level: Deny,
        since: "0.1.0",
        fixes: None,
        compiler_lints: ["clippy::lines_filter_map_ok"],
    }
}

impl Rule for LinesNeverEnd {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for Skipping { view, call, iterator, .. } in skippings(cx) {
            let Some(source) = endless_source(cx, view, iterator) else { continue };
            let message = format!("an error that persists makes this `{}` go on for ever", call.name);
            report.push(
                finding(cx, call.name_span, message, source, "and asked for again here")
                    .label("errors are skipped here")
                    .help("stop at the first error: `map_while(Result::ok)`, or handle it in a loop"),
            );
        }
        for view in cx.flows() {
            for skipped in skipped_in_loops(cx, view) {
                let Some(source) = skipped.iterators.iter().find_map(|v| endless_source(cx, view, *v)) else {
                    continue;
                };
                // A terminal or pipe that fails is gone soon, and the program with it.
                if argument_types(view, source).take(1).any(is_pipe) {
                    continue;
                }
                let message = "an error that persists makes this loop go on for ever".to_owned();
                report.push(
                    finding(cx, skipped.at, message, source, "of what is read here")
                        .label("the next line is asked for after an error, too")
                        .help("leave the loop at an error, or give up after some of them in a row"),
                );
            }
        }
    }
}

/// The standard input, or the output of a child.
fn is_pipe(reader: &Ty) -> bool {
    let is_end =
        |path: &str| path.starts_with("std::io::Stdin") || path.starts_with("std::process::ChildStd");
    reader.any(&mut |ty| ty.path().is_some_and(|path| is_end(&path)))
}

fn finding(cx: &BodyContext<'_>, at: Span, message: String, source: &Call, step: &str) -> Diagnostic {
    Diagnostic::new(&META, cx.at(at), message)
        .step(cx.at(source.name_span), step)
        .confidence(source.callee.known.into())
}

/// The `lines()` that an iterator comes from, of a reader whose errors may come again for ever.
fn endless_source<'v>(cx: &BodyContext<'_>, view: &'v FlowView<'_>, iterator: Var) -> Option<&'v Call> {
    let source = lines(view, iterator)?;
    // What is in memory comes to its end whatever is wrong with a line.
    let in_memory = argument_types(view, source).take(1).any(|ty| is_memory(cx, ty));
    (!in_memory && !is_system_file(cx, view, source)).then_some(source)
}

/// `File::open("/proc/cpuinfo")`: what the system itself writes there does not fail again and again.
fn is_system_file(cx: &BodyContext<'_>, view: &FlowView<'_>, source: &Call) -> bool {
    let mut call = source;
    for _ in 0..4 {
        if let Some(Operand::Constant(path)) = call.args.first() {
            return matches!(cx.hir().expr(*path).kind, ExprKind::Literal(Literal::Str(path))
                if path.starts_with("/proc/") || path.starts_with("/sys/"));
        }
        let reader = call.args.first().and_then(Operand::place);
        match reader.and_then(|r| view.tokens.identities.defining_call(r.var)) {
            Some(made) => call = made,
            None => return false,
        }
    }
    false
}

/// The `lines()` or `split()` of a reader that an iterator comes from, unless something bounds it.
fn lines<'v>(view: &'v FlowView<'_>, var: Var) -> Option<&'v Call> {
    let mut var = var;
    for _ in 0..8 {
        let call = view.tokens.identities.defining_call(var)?;
        if let Target::External(path) = &call.callee.target
            && matches!(path.as_str(), "std::io::BufRead::lines" | "std::io::BufRead::split")
        {
            return Some(call);
        }
        if matches!(call.name.as_str(), "take" | "take_while" | "map_while" | "scan" | "zip") {
            return None;
        }
        var = call.args.first()?.place()?.var;
    }
    None
}
