//! Processes whose failure nobody sees.

use linger_analysis::catalogue::Class;
use linger_analysis::flow::mir::{Discard, Operand, Projection, Rvalue, StatementKind, VarKind};

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::result::{class_of, discards, is_teardown, origin};

declare_rule! {
    /// A process is waited for and nobody looks at its exit status.
    ///
    /// ## Why it matters
    ///
    /// `?` on `status()` or `wait()` says that the process was started, not that it succeeded. A command that
    /// failed is then taken for one that worked.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// fn sync() -> std::io::Result<()> {
    ///     std::process::Command::new("rsync").arg("-a").status()?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// fn sync() -> std::io::Result<()> {
    ///     let status = std::process::Command::new("rsync").arg("-a").status()?;
    ///     if !status.success() {
    ///         return Err(std::io::Error::other(format!("rsync failed: {status}")));
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A child that was killed before is waited for only to be reaped; that is left alone.
    ExitStatusIgnored("exit_status_ignored") {
        group: Result,
        level: Warn,
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for ExitStatusIgnored {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            discarded(cx, view, report);
            output_only(cx, view, report);
        }
    }
}

fn discarded(cx: &BodyContext<'_>, view: &FlowView<'_>, report: &mut Vec<Diagnostic>) {
    for (_, var, shape, span, _) in discards(view) {
        // A whole `Result` that is thrown away on purpose is another matter.
        if class_of(cx, &view.mir.var(var).ty) != Some(Class::ExitStatus)
            || shape == Discard::LetUnderscoreTyped
        {
            continue;
        }
        let Some((call, _, _)) = origin(cx, view, var) else { continue };
        if kills(view) || is_teardown(cx) || cx.has_reason(span) {
            continue;
        }
        report.push(
            Diagnostic::new(
                &META,
                cx.at(span),
                "the exit status is not looked at: a process that fails is taken for one that worked",
            )
            .label(format!("the status of `{}` is dropped here", call.name))
            .confidence(call.callee.known.into())
            .help("check `status.success()` and report the failure"),
        );
    }
}

/// `.output()` whose `stdout` or `stderr` is read and whose `status` never is.
fn output_only(cx: &BodyContext<'_>, view: &FlowView<'_>, report: &mut Vec<Diagnostic>) {
    for (index, decl) in view.mir.vars.iter().enumerate() {
        let is_user = matches!(decl.kind, VarKind::User(_) | VarKind::Temp(_));
        if !is_user || !decl.ty.is("std::process::Output") {
            continue;
        }
        let var = linger_analysis::flow::mir::Var(index as u32);
        let (mut reads, mut status, mut whole) = (false, false, false);
        for (_, statement) in view.statements() {
            for_each_place(&statement.kind, &mut |place, is_move| {
                if place.var != var {
                    return;
                }
                match place.projections.iter().find_map(|p| match p {
                    Projection::Field(name) => Some(*name),
                    _ => None,
                }) {
                    Some(name) if name.as_str() == "status" => status = true,
                    Some(name) if name.as_str() == "stdout" => reads = true,
                    Some(_) => {}
                    None => whole |= is_move || !matches!(statement.kind, StatementKind::Discard { .. }),
                }
            });
        }
        if !reads || status || whole {
            continue;
        }
        let Some((call, _, _)) = origin(cx, view, var) else { continue };
        report.push(
            Diagnostic::new(
                &META,
                cx.at(decl.span),
                "the output of a process is used although it may have failed",
            )
            .label("its `stdout` is read, its `status` never")
            .confidence(call.callee.known.into())
            .help("check `output.status.success()` before using what it printed"),
        );
    }
}

fn kills(view: &FlowView<'_>) -> bool {
    view.mir.calls().any(|(_, _, c)| {
        c.name.contains("kill")
            || c.name.contains("signal")
            || matches!(c.name.as_str(), "terminate" | "interrupt")
    })
}

/// Visits the places that a statement reads.
fn for_each_place(kind: &StatementKind, see: &mut dyn FnMut(&linger_analysis::flow::mir::Place, bool)) {
    let mut operand = |o: &Operand| {
        if let Some(place) = o.place() {
            see(place, matches!(o, Operand::Move(_)));
        }
    };
    match kind {
        StatementKind::Assign { value, .. } => match value {
            Rvalue::Use(o) => operand(o),
            Rvalue::Ref(_, place) => see(place, false),
            Rvalue::Aggregate { parts, .. } => parts.iter().for_each(|(_, o)| operand(o)),
            Rvalue::Compute(operands) => operands.iter().for_each(operand),
            Rvalue::Closure { captures, .. } => {
                captures.iter().for_each(|c| see(&linger_analysis::flow::mir::Place::whole(c.var), true))
            }
            Rvalue::Opaque => {}
        },
        StatementKind::Call(call) => call.args.iter().for_each(operand),
        StatementKind::Await { operands, .. } => operands.iter().for_each(operand),
        StatementKind::Macro { args, .. } => args.iter().for_each(operand),
        StatementKind::Discard { value, .. } => operand(value),
        StatementKind::Drop { .. } | StatementKind::Vacant(_) => {}
    }
}
