//! Reading loops that an error turns into endless ones.

use linger_analysis::flow::mir::{Call, Operand, Var};
use linger_analysis::syntax::hir::{ExprKind, Literal};
use linger_analysis::types::infer::Target;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::result::skipping::{Skipping, skippings};
use crate::rules::result::{argument_types, is_memory};

declare_rule! {
    /// Errors of `lines()` are skipped, so that an error that persists loops for ever.
    ///
    /// ## Why it matters
    ///
    /// A reader that fails (a directory, a broken disk) may fail again on every call. `flatten()` and
    /// `filter_map(Result::ok)` ask again and again and never end.
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
    /// Iterators that come in as parameters are not known to be lines.
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
            let Some(source) = lines(view, iterator) else { continue };
            // What is in memory comes to its end whatever is wrong with a line.
            if argument_types(view, source).take(1).any(|ty| is_memory(cx, ty)) {
                continue;
            }
            if is_system_file(cx, view, source) {
                continue;
            }
            report.push(
                Diagnostic::new(
                    &META,
                    cx.at(call.name_span),
                    format!("an error that persists makes this `{}` go on for ever", call.name),
                )
                .label("errors are skipped here")
                .step(cx.at(source.name_span), "and asked for again here")
                .confidence(source.callee.known.into())
                .help("stop at the first error: `map_while(Result::ok)`, or handle it in a loop"),
            );
        }
    }
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
        if matches!(call.name.as_str(), "take" | "take_while" | "map_while" | "scan") {
            return None;
        }
        var = call.args.first()?.place()?.var;
    }
    None
}
