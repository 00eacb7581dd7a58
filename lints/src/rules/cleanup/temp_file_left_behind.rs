//! Files that are made for a while, and stay.

use linger_analysis::catalogue::OnPath;
use linger_analysis::flow::mir::{Operand, Point, Rvalue, StatementKind, Terminator, Var};
use linger_analysis::types::infer::{Known, Target};

use super::half_removed::half_removed;
use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::support::short;

declare_rule! {
    /// A file that is made for a while is not removed on every path.
    ///
    /// ## Why it matters
    ///
    /// Nobody empties the temporary directory of a server that runs for months. A file that stays there when a
    /// step in between fails is found when the disk is full.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// fn convert(text: &str) -> std::io::Result<()> {
    ///     let path = std::env::temp_dir().join("convert.txt");
    ///     std::fs::write(&path, text)?;
    ///     std::process::Command::new("convert").arg(&path).status()?;
    ///     std::fs::remove_file(&path)
    /// }
    /// ```
    ///
    /// ```rust,ignore,clean
    /// fn convert(text: &str) -> std::io::Result<()> {
    ///     let file = tempfile::NamedTempFile::new()?;
    ///     std::fs::write(file.path(), text)?;
    ///     std::process::Command::new("convert").arg(file.path()).status()?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A path that is returned or stored is somebody else's to remove. By default a finding means that one failing path
    /// removes the file and another does not.
    TempFileLeftBehind("temp_file_left_behind") {
        group: Cleanup,
        cases: {
            some_failures: Warn = "a file that is moved to its place in the end: one failing path removes it, and another does not",
            temp_dir: Allow = "a file in the temporary directory that stays on some path",
        },
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for TempFileLeftBehind {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            for (point, _, call) in view.mir.calls() {
                let from_env =
                    matches!(&call.callee.target, Target::External(p) if p.as_str() == "std::env::temp_dir");
                if from_env && call.callee.known == Known::Resolved && view.is_reachable(point) {
                    below(cx, view, call.dest.var, report);
                }
            }
            for file in half_removed(cx, view) {
                let Some((first, others)) = file.exits.split_first() else { continue };
                let mut finding = Diagnostic::new(
                    &META,
                    cx.at(*first),
                    "this way out leaves a file that another failure removes",
                )
                .case("some_failures")
                .label("leaves the function here")
                .step(cx.at(file.made), "made here")
                .step(cx.at(file.removed), "removed here when another step fails");
                for other in others.iter().take(3) {
                    finding = finding.step(cx.at(*other), "left here, too");
                }
                report.push(finding.help(
                    "put the steps into a function of their own and remove the file when that fails, or use `tempfile`",
                ));
            }
        }
    }
}

/// Reports the first thing that is made at a path below the temporary directory and may stay.
fn below(cx: &BodyContext<'_>, view: &FlowView<'_>, directory: Var, report: &mut Vec<Diagnostic>) {
    let Some(paths) = derived(view, directory) else { return };
    let given = |a: &Operand| a.place().is_some_and(|p| paths.contains(&p.var));
    let made = view.mir.calls().find(|(point, _, call)| {
        let effect = cx.facts(&call.callee.target).and_then(|f| f.on_path);
        let makes = matches!(effect, Some(OnPath::Writes | OnPath::Makes | OnPath::MakesFolder));
        makes && view.is_reachable(*point) && call.args.first().is_some_and(given)
    });
    let Some((point, statement, call)) = made else { return };
    let removes = |p: Point| {
        matches!(view.mir.statement(p).map(|s| &s.kind), Some(StatementKind::Call(c))
            if (c.name.starts_with("remove_") || c.name == "rename") && c.args.iter().any(given))
    };
    let stays = view.tokens.path(
        point,
        |p, s| {
            s.is_none() && matches!(view.mir.blocks[p.block.index()].terminator, Terminator::Return { .. })
        },
        |p, _| removes(p) || view.mir.blocks[p.block.index()].on_failure && is_own_failure(view, p, point),
    );
    let Some(end) = stays else { return };
    let Terminator::Return { span, .. } = &view.mir.blocks[end.block.index()].terminator else { return };
    report.push(
        Diagnostic::new(
            &META,
            cx.at(statement.span),
            format!("what `{}` makes in the temporary directory stays there", short(&call.name)),
        )
        .case("temp_dir")
        .label("made here")
        .step(cx.at(*span), "on this way out nothing removes it")
        .help("use `tempfile`, whose Drop removes it, or remove it on every path"),
    );
}

/// The block is the failure of the very call that makes the file.
fn is_own_failure(view: &FlowView<'_>, at: Point, made: Point) -> bool {
    let Some(call) = view.mir.statement(made) else { return false };
    let first = view.mir.blocks[at.block.index()].statements.first();
    first.is_some_and(|s| s.span.contains(call.span))
}

/// Variables that hold a path below the directory; `None` when one of them goes elsewhere.
fn derived(view: &FlowView<'_>, directory: Var) -> Option<Vec<Var>> {
    let mut vars = vec![directory];
    loop {
        let before = vars.len();
        for (_, statement) in view.mir.statements() {
            let holds = |o: &Operand| o.place().is_some_and(|p| vars.contains(&p.var));
            let next = match &statement.kind {
                StatementKind::Assign { dest, value } => match value {
                    Rvalue::Use(o) if holds(o) => {
                        if !dest.projections.is_empty() {
                            return None;
                        }
                        Some(dest.var)
                    }
                    Rvalue::Ref(_, p) if vars.contains(&p.var) => Some(dest.var),
                    Rvalue::Aggregate { parts, .. } if parts.iter().any(|(_, o)| holds(o)) => return None,
                    Rvalue::Closure { captures, .. } if captures.iter().any(|c| vars.contains(&c.var)) => {
                        return None;
                    }
                    _ => None,
                },
                StatementKind::Call(call) if call.args.first().is_some_and(holds) => {
                    let path = matches!(
                        call.name.as_str(),
                        "join"
                            | "with_extension"
                            | "with_file_name"
                            | "as_path"
                            | "to_path_buf"
                            | "clone"
                            | "to_owned"
                            | "as_ref"
                    );
                    path.then_some(call.dest.var)
                }
                _ => None,
            };
            if let Some(var) = next
                && !vars.contains(&var)
            {
                vars.push(var);
            }
        }
        if vars.len() == before {
            break;
        }
    }
    let escapes = vars.contains(&view.mir.return_var)
        || view.mir.calls().any(|(_, _, call)| {
            !matches!(call.callee.target, Target::External(_))
                && call
                    .args
                    .iter()
                    .any(|a| matches!(a, Operand::Move(p) if vars.contains(&p.var) && p.var != directory))
        });
    (!escapes).then_some(vars)
}
