//! Values taken out of Drop's reach.

use linger_analysis::flow::mir::{Call, StatementKind, Var};
use linger_analysis::syntax::items::ItemKind;
use linger_analysis::types::infer::{Known, Target};

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::support::short;

declare_rule! {
    /// A resource is taken out of Drop's reach and nothing releases it.
    ///
    /// ## Why it matters
    ///
    /// `mem::forget`, `Box::leak`, `into_raw_fd` and `TempDir::keep` hand the duty to release to the program.
    /// Where nobody takes it, each call leaks: a descriptor, a directory, a piece of memory for ever.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// use std::os::fd::IntoRawFd;
    ///
    /// fn register(file: std::fs::File) {
    ///     let fd = file.into_raw_fd();
    ///     println!("watching {fd}");
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// use std::os::fd::AsRawFd;
    ///
    /// fn register(file: &std::fs::File) {
    ///     let fd = file.as_raw_fd();
    ///     println!("watching {fd}");
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A release anywhere in the crate (`from_raw_fd`, `close`, `remove_dir_all`) is taken as the matching one.
    /// Leaked memory is reported only where it happens again and again: in loops and in async functions.
    ForgottenResource("forgotten_resource") {
        group: Cleanup,
        cases: {
            handle: Warn = "a descriptor, guard, file, temporary directory or task",
            memory: Warn = "memory, in a loop or an async function",
            once: Allow = "memory, anywhere else",
            deliberate: Allow = "`mem::forget` of a guard or other resource",
        },
        since: "0.1.0",
        fixes: None,
        compiler_lints: ["clippy::mem_forget"],
    }
}

impl Rule for ForgottenResource {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        if !is_function(cx) {
            return;
        }
        for view in cx.flows() {
            for (point, statement, call) in view.mir.calls() {
                if !view.is_reachable(point) || call.callee.known != Known::Resolved {
                    continue;
                }
                let Target::External(path) = &call.callee.target else { continue };
                if !cx.catalogue().facts(*path).is_some_and(|f| f.forgets) {
                    continue;
                }
                let name = short(path);
                let argument = call.args.first().map(|a| view.operand_ty(a).clone()).unwrap_or_default();
                let owned = cx.analysis.ownership.owned(&argument);
                let releases: &[&str] = match name {
                    "into_raw_fd" | "into_raw_socket" | "into_raw_handle" => {
                        &["from_raw_fd", "from_raw_socket", "from_raw_handle", "close"]
                    }
                    "keep" | "into_path" | "into_temp_path" => {
                        &["remove_dir_all", "remove_file", "remove_dir"]
                    }
                    "into_raw" => &["from_raw"],
                    _ => &[],
                };
                let (case, what) = match name {
                    "leak" => {
                        let again =
                            view.mir.blocks[point.block.index()].in_loop.is_some() || view.mir.is_async;
                        (if again { "memory" } else { "once" }, "leaks memory that is never given back")
                    }
                    "into_raw_fd" | "into_raw_socket" | "into_raw_handle" => {
                        ("handle", "gives a descriptor that nobody closes")
                    }
                    "keep" | "into_path" => {
                        ("handle", "keeps a temporary file or directory that nobody removes")
                    }
                    "forget" if !owned.is_empty() => {
                        ("deliberate", "forgets a resource that nobody releases")
                    }
                    _ => continue,
                };
                if is_handed_on(view, call) && name != "leak" && name != "keep" && name != "into_path" {
                    continue;
                }
                if released_in_crate(cx, releases) || cx.has_reason(statement.span) {
                    continue;
                }
                report.push(
                    Diagnostic::new(&META, cx.at(statement.span), format!("`{name}` {what}"))
                        .case(case)
                        .label("Drop will not run for this")
                        .help("keep the owner alive as long as it is used, or release it where it is no longer needed"),
                );
            }
        }
    }
}

/// Statics and constants are made once.
fn is_function(cx: &BodyContext<'_>) -> bool {
    cx.body.def.is_some_and(|d| {
        let item = cx.program().item(d);
        matches!(item.kind, ItemKind::Fn(_)) && item.name.as_str() != "main"
    })
}

/// The raw value is returned, stored or wrapped again.
fn is_handed_on(view: &FlowView<'_>, call: &Call) -> bool {
    use linger_analysis::flow::mir::Rvalue;
    let Some(mut current) = call.dest.projections.is_empty().then_some(call.dest.var) else { return true };
    for _ in 0..6 {
        if current == view.mir.return_var {
            return true;
        }
        let mut next: Option<Var> = None;
        for (_, s) in view.mir.statements() {
            let StatementKind::Assign { dest, value } = &s.kind else { continue };
            let reads = match value {
                Rvalue::Use(o) => o.place().is_some_and(|p| p.var == current),
                Rvalue::Aggregate { parts, .. } => {
                    parts.iter().any(|(_, o)| o.place().is_some_and(|p| p.var == current))
                }
                _ => false,
            };
            if reads {
                if !dest.projections.is_empty() || matches!(value, Rvalue::Aggregate { .. }) {
                    return true;
                }
                next = Some(dest.var);
            }
        }
        match next {
            Some(var) => current = var,
            None => return false,
        }
    }
    false
}

/// Whether some function of the same package releases such a thing.
fn released_in_crate(cx: &BodyContext<'_>, releases: &[&str]) -> bool {
    use linger_analysis::names::TargetKind;
    let package = |file| {
        cx.program().crate_of(file).map(|c| match c.kind {
            TargetKind::Loose => c.root.display().to_string(),
            _ => c.package.clone(),
        })
    };
    let own = package(cx.file());
    !releases.is_empty()
        && cx
            .analysis
            .bodies
            .iter()
            .filter(|b| package(b.global.file) == own)
            .any(|b| b.flow.all().any(|m| m.calls().any(|(_, _, c)| releases.contains(&c.name.as_str()))))
}
