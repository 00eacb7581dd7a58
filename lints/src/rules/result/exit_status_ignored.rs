//! Processes whose failure nobody sees.

use linger_analysis::catalogue::Class;
use linger_analysis::flow::mir::{Discard, Operand, Projection, Rvalue, StatementKind, Var, VarKind};
use linger_analysis::types::infer::Target;
use linger_analysis::types::ty::Ty;

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
    for output in outputs(view) {
        let uses = uses(view, &output);
        if !uses.is_read || uses.status || uses.is_passed || is_validated(cx, view, &output) {
            continue;
        }
        // The variable that was filled by the process; the others were moved out of it.
        let made = output.iter().find_map(|var| Some((view.mir.var(*var).span, origin(cx, view, *var)?.0)));
        let Some((span, call)) = made else { continue };
        if cx.has_reason(span) {
            continue;
        }
        report.push(
            Diagnostic::new(
                &META,
                cx.at(span),
                "the output of a process is used although it may have failed",
            )
            .label("its `stdout` is read, its `status` never")
            .confidence(call.callee.known.into())
            .help("check `output.status.success()` before using what it printed"),
        );
    }
}

/// The outputs of processes: each with all variables that it goes through as a whole, in order.
fn outputs(view: &FlowView<'_>) -> Vec<Vec<Var>> {
    let vars = view.mir.vars.iter().enumerate().filter(|(_, decl)| {
        matches!(decl.kind, VarKind::User(_) | VarKind::Temp(_))
            && decl.ty.peel_refs().is("std::process::Output")
    });
    let mut groups: Vec<Vec<Var>> = vars.map(|(index, _)| vec![Var(index as u32)]).collect();
    for (_, statement) in view.statements() {
        let StatementKind::Assign { dest, value } = &statement.kind else { continue };
        let from = match value {
            Rvalue::Use(operand) => operand.place(),
            Rvalue::Ref(_, place) => Some(place),
            _ => None,
        };
        let Some(from) = from.filter(|f| f.projections.iter().all(|p| matches!(p, Projection::Deref))) else {
            continue;
        };
        let at = |var: Var| groups.iter().position(|g| g.contains(&var));
        if let (Some(one), Some(other)) = (at(dest.var), at(from.var))
            && one != other
        {
            let (first, second) = (one.min(other), one.max(other));
            let moved = groups.swap_remove(second);
            groups[first].extend(moved);
        }
    }
    for group in &mut groups {
        group.sort_unstable();
    }
    groups
}

/// What is done with an output.
#[derive(Default)]
struct Uses {
    /// `stdout` or `stderr` is read.
    is_read: bool,
    /// `status` is read.
    status: bool,
    /// It goes elsewhere as a whole.
    is_passed: bool,
}

fn uses(view: &FlowView<'_>, output: &[Var]) -> Uses {
    let mut uses = Uses::default();
    for (_, statement) in view.statements() {
        let stays = match &statement.kind {
            StatementKind::Assign { dest, .. } => output.contains(&dest.var),
            StatementKind::Discard { .. } => true,
            _ => false,
        };
        for_each_place(&statement.kind, &mut |place, is_move| {
            if !output.contains(&place.var) {
                return;
            }
            let field = place.projections.iter().find_map(|p| match p {
                Projection::Field(name) => Some(name.as_str()),
                _ => None,
            });
            match field {
                Some("status") => uses.status = true,
                Some("stdout" | "stderr") => uses.is_read = true,
                Some(_) => {}
                None => uses.is_passed |= is_move && !stays,
            }
        });
    }
    uses
}

/// Whether the program asks a question of what was printed: empty, equal, contains, the second word of it. A failure
/// answers it.
fn is_validated(cx: &BodyContext<'_>, view: &FlowView<'_>, output: &[Var]) -> bool {
    let mut derived: Vec<Var> = output.to_vec();
    loop {
        let before = derived.len();
        for (_, statement) in view.statements() {
            let dest = match &statement.kind {
                StatementKind::Assign { dest, .. } => dest,
                StatementKind::Call(call) => &call.dest,
                _ => continue,
            };
            let mut is_derived = false;
            for_each_place(&statement.kind, &mut |place, _| is_derived |= derived.contains(&place.var));
            if is_derived && !derived.contains(&dest.var) {
                let asks = matches!(&statement.kind, StatementKind::Call(call)
                    if matches!(call.callee.target, Target::External(path)
                        if cx.catalogue().facts(path).is_some_and(|f| f.asks)));
                if asks || view.mir.var(dest.var).ty == Ty::prim("bool") {
                    return true;
                }
                derived.push(dest.var);
            }
        }
        if derived.len() == before {
            return false;
        }
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
