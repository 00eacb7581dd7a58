//! Counts of `read` and `write` that nobody looks at.

use linger_analysis::catalogue::{Class, FunctionFacts};
use linger_analysis::flow::mir::{Call, Discard, Operand, Place, Rvalue, StatementKind, Var, VarKind};
use linger_analysis::span::Span;
use linger_analysis::syntax::hir::{ExprId, ExprKind};
use linger_analysis::types::infer::Target;
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Fix};
use crate::rule::{Rule, RuleMeta};
use crate::rules::result::counts::{
    is_harmless_raw, is_literal, is_nothing, is_number, is_one_byte, is_raw_read, mapped_writes,
    matched_writes, summed_writes, takes_no_buffer,
};
use crate::rules::result::forwarded::forwarded;
use crate::rules::result::thrown_away::is_unread;
use crate::rules::result::{argument_types, class_of, discards, is_memory_or_stdio, origin};

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
    /// A count that is bound to a used name is taken as looked at. A read into a buffer that nobody looks at afterwards
    /// is a way to wait, or to throw away. In tests, where both ends are one author's, it is the case `test`.
    PartialIo("partial_io") {
        group: Result,
        cases: {
            count: Deny = "the count is ignored",
            test: Allow = "the count is ignored in test code",
        },
        since: "0.1.0",
        fixes: Sometimes,
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
                // `let _ = w.write(b)` gives up the error too: that is `ignored_result`. A bare `w.write(b);` of
                // a `Result` draws a warning of the compiler; where it stands, it is another `write`.
                let ty = &view.mir.var(var).ty;
                let is_count = matches!(ty, Ty::Prim(_));
                // A raw call has its error in the count.
                let is_wanted = *ty == Ty::prim("isize") && shape != Discard::Statement;
                if is_count && !is_wanted && shape != Discard::LetUnderscoreTyped {
                    check(cx, view, var, span, DROPPED, report);
                }
            }
            // `let _written = file.write(bytes).await;` has the count in a `Result`.
            let is_count = |var: &Var| {
                let ty = &view.mir.var(*var).ty;
                matches!(ty.as_result().map_or_else(|| ty.clone(), |(count, _)| count), Ty::Prim(_))
            };
            let counts = (0..view.mir.vars.len()).map(|v| Var(v as u32)).filter(is_count);
            for var in counts.filter(|v| is_unread(cx, view, *v)) {
                check(cx, view, var, view.mir.var(var).span, "nobody reads this count", report);
            }
            let end = view.mir.return_var;
            if writer_ends_here(cx, view, end)
                && let Some((call, ..)) = origin(cx, view, end)
            {
                let label = "only the count comes back, and the writer is gone: nobody can write the rest";
                check(cx, view, end, call.name_span, label, report);
            }
        }
        for call in summed_writes(cx) {
            around(cx, call, "the count is only added up: nobody writes the rest", report);
        }
        for call in mapped_writes(cx) {
            around(cx, call, "the count is thrown away", report);
        }
        for call in matched_writes(cx) {
            around(cx, call, "only its error is looked at", report);
        }
    }
}

/// A count that is lost by what is around the call.
fn around(cx: &BodyContext<'_>, call: ExprId, what: &str, report: &mut Vec<Diagnostic>) {
    let case = if cx.body.in_test { "test" } else { "count" };
    report.push(
        Diagnostic::new(
            &META,
            cx.at(cx.hir().expr(call).span),
            format!("`write` may write only a part, and {what}"),
        )
        .case(case)
        .label("the count comes from here")
        .help("use `write_all`, or a loop that goes on behind what was written"),
    );
}

/// What is said of a count that a statement drops.
const DROPPED: &str = "the count is dropped here";

fn check(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    count: Var,
    span: Span,
    label: &str,
    report: &mut Vec<Diagnostic>,
) {
    let partial = |facts: Option<&FunctionFacts>| facts.is_some_and(|f| f.partial_io);
    let outside = origin(cx, view, count).filter(|(_, _, facts)| partial(*facts)).map(|(call, ..)| call);
    let Some(call) = outside.or_else(|| forwarded(cx, view, count)) else { return };
    let is_dropped = label == DROPPED;
    let is_outside = matches!(call.callee.target, Target::External(_));
    let is_read = is_raw_read(call.name.as_str());
    let expr = view.statements().find_map(|(_, s)| match &s.kind {
        StatementKind::Call(other) if std::ptr::eq(&**other, call) => s.expr,
        _ => None,
    });
    let args: &[ExprId] = match expr.map(|e| &cx.hir().expr(e).kind) {
        Some(ExprKind::MethodCall { args, .. } | ExprKind::Call { args, .. }) => args,
        _ => &[],
    };
    let is_plain = matches!(call.name.as_str(), "read" | "write");
    if call.is_method && is_outside && is_plain && expr.is_some() && takes_no_buffer(cx, args) {
        return;
    }
    let is_raw = !call.is_method && view.mir.var(count).ty == Ty::prim("isize");
    if is_raw && (!is_dropped || is_harmless_raw(cx, call.name.as_str(), args)) {
        return;
    }
    if argument_types(view, call).take(1).any(|t| is_memory_or_stdio(cx, t))
        && !is_stdout_of(cx, view, call, args)
    {
        return;
    }
    // Other reads have an address or a length in that place.
    let fills_buffer = !is_raw && matches!(call.name.as_str(), "read" | "read_vectored" | "read_at");
    if fills_buffer && is_thrown_away(view, call) {
        return;
    }
    if call.is_method && args.first().is_some_and(|bytes| is_nothing(cx.hir(), *bytes)) {
        return;
    }
    // One byte is written, or none: a nudge down a pipe or socket. In a file it is missed.
    let is_file = argument_types(view, call)
        .take(1)
        .any(|t| class_of(cx, t.peel_refs()) == Some(Class::BufferedWriter));
    if call.is_method && !is_file && args.first().is_some_and(|bytes| is_one_byte(cx.hir(), *bytes)) {
        return;
    }
    // The number that goes with a descriptor.
    let sends_descriptor = call.name.as_str().starts_with("send_with_fd");
    if sends_descriptor && args.first().is_some_and(|bytes| is_number(cx.hir(), *bytes)) {
        return;
    }
    let (what, instead) = match (is_raw, is_read) {
        (true, true) => ("may read fewer bytes than were asked for, or fail", "the result: an error is -1"),
        (true, false) => ("may write only a part, or fail", "the result: an error is -1"),
        (false, true) => ("may read fewer bytes than the buffer holds", "`read_exact`, or use the count"),
        (false, false) => ("may write only a part", "`write_all`, or a loop that uses the count"),
    };
    let mut finding =
        Diagnostic::new(&META, cx.at(span), format!("`{}` {what}, and the count is ignored", call.name))
            .case(if cx.body.in_test { "test" } else { "count" })
            .label(label)
            .confidence(call.callee.known.into())
            .help(format!("use {instead}"));
    let whole = match call.name.as_str() {
        "write" => Some("write_all"),
        "read" => Some("read_exact"),
        _ => None,
    };
    // Where a count is wanted, the other method gives none.
    if let Some(whole) = whole.filter(|_| is_dropped && !is_raw && is_outside) {
        finding = finding.fix(
            Fix::new(format!("use `{whole}`"), Applicability::MaybeIncorrect)
                .replace(cx.at(call.name_span), whole),
        );
    }
    report.push(finding);
}

/// More than a literal is written to the standard output itself: a pipe behind it takes a part.
fn is_stdout_of(cx: &BodyContext<'_>, view: &FlowView<'_>, call: &Call, args: &[ExprId]) -> bool {
    let is_stdout = |ty: &Ty| {
        let path = ty.peel_refs().path();
        path.is_some_and(|p| cx.catalogue().is_standard_stream(p) && !cx.catalogue().is_standard_error(p))
    };
    let bytes = args.first().filter(|_| call.is_method && call.name == "write");
    argument_types(view, call).take(1).any(is_stdout) && bytes.is_some_and(|b| !is_literal(cx.hir(), *b))
}

/// Whether a flow gives back the count of a write to a writer of its own, which ends with it:
/// `File::create(path).and_then(|mut f| f.write(text))`.
fn writer_ends_here(cx: &BodyContext<'_>, view: &FlowView<'_>, end: Var) -> bool {
    let Some((call, ..)) = origin(cx, view, end) else { return false };
    let Some(writer) = call.args.first().and_then(Operand::place) else { return false };
    let writer = lender(view, writer.var);
    let decl = view.mir.var(writer);
    call.name.as_str() == "write"
        && matches!(decl.kind, VarKind::User(_) | VarKind::Temp(_))
        && matches!(class_of(cx, &decl.ty), Some(Class::File | Class::Socket | Class::BufferedWriter))
}

/// Whether nobody looks at what was read: the buffer is mentioned nowhere but in this and other reads.
fn is_thrown_away(view: &FlowView<'_>, call: &Call) -> bool {
    let Some(buffer) = call.args.get(1).and_then(Operand::place) else { return false };
    let buffer = lender(view, buffer.var);
    let is_own = matches!(view.mir.var(buffer).kind, VarKind::User(_) | VarKind::Temp(_));
    is_own
        && view.statements().all(|(_, statement)| match &statement.kind {
            StatementKind::Call(other) => {
                let mentions = |o: &Operand| o.var().is_some_and(|v| lender(view, v) == buffer);
                let fills = other.name == call.name && other.args.len() == call.args.len();
                let others = other.args.iter().enumerate().filter(|(at, _)| !fills || *at != 1);
                // What makes it, and the index of a slice of it, hand it on to a variable that is looked at by itself.
                lender(view, other.dest.var) == buffer || !others.map(|(_, o)| o).any(mentions)
            }
            StatementKind::Assign { dest, value } => {
                let reads = |place: &Place| -> bool { lender(view, place.var) == buffer };
                let is_read = match value {
                    Rvalue::Use(operand) => operand.place().is_some_and(reads),
                    Rvalue::Ref(_, place) => reads(place),
                    Rvalue::Aggregate { parts, .. } => parts.iter().filter_map(|(_, o)| o.place()).any(reads),
                    Rvalue::Compute(operands) => operands.iter().filter_map(Operand::place).any(reads),
                    Rvalue::Closure { captures, .. } => captures.iter().any(|c| c.var == buffer),
                    Rvalue::Opaque => false,
                };
                !is_read || lender(view, dest.var) == buffer
            }
            StatementKind::Await { .. } => true,
            StatementKind::Macro { args, .. } => {
                args.iter().filter_map(Operand::place).all(|p| lender(view, p.var) != buffer)
            }
            _ => true,
        })
}

/// The variable that a temporary reference leads to.
fn lender(view: &FlowView<'_>, var: Var) -> Var {
    let mut var = var;
    for _ in 0..4 {
        if !matches!(view.mir.var(var).kind, VarKind::Temp(_)) {
            break;
        }
        let from = match view.tokens.identities.definition(var) {
            Some(Rvalue::Ref(_, place)) => Some(place.var),
            Some(Rvalue::Use(operand)) => operand.var(),
            _ => None,
        };
        match from {
            Some(from) if from != var => var = from,
            _ => break,
        }
    }
    var
}
