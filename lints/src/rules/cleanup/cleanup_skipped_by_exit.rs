//! Ends of the process that run no destructors.

use linger_analysis::catalogue::Class;
use linger_analysis::facts::EffectKind;
use linger_analysis::flow::mir::{Call, StatementKind};
use linger_analysis::flow::tokens::Token;
use linger_analysis::types::infer::{Known, Target};

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::support::{noun, short};

declare_rule! {
    /// The process ends while something is alive whose Drop matters.
    ///
    /// ## Why it matters
    ///
    /// `process::exit`, `abort` and `exec` run no destructors: buffered output is lost, temporary files stay,
    /// the terminal stays raw, background workers do not flush.
    ///
    /// ## Example
    ///
    /// ```rust,no_run,fires
    /// use std::io::Write;
    ///
    /// fn main() {
    ///     let file = std::fs::File::create("report.txt").unwrap();
    ///     let mut report = std::io::BufWriter::new(file);
    ///     writeln!(report, "done").unwrap();
    ///     std::process::exit(3);
    /// }
    /// ```
    ///
    /// ```rust,no_run,clean
    /// use std::io::Write;
    ///
    /// fn main() {
    ///     let file = std::fs::File::create("report.txt").unwrap();
    ///     let mut report = std::io::BufWriter::new(file);
    ///     writeln!(report, "done").unwrap();
    ///     drop(report);
    ///     std::process::exit(3);
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Values of functions further up the stack are not seen.
    CleanupSkippedByExit("cleanup_skipped_by_exit") {
        group: Cleanup,
        level: Warn,
        since: "0.1.0",
        fixes: None,
        compiler_lints: ["clippy::exit"],
    }
}

impl Rule for CleanupSkippedByExit {
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
    tokens.walk(|_, state, statement| {
        let StatementKind::Call(call) = &statement.kind else { return };
        if state.alive().is_empty() {
            return;
        }
        let Some(exit) = exit(cx, call) else { return };
        let lost: Vec<&Token> =
            state.alive().iter().map(|id| tokens.token(id)).filter(|t| matters(cx, t)).collect();
        let Some(first) = lost.first() else { return };
        let what = noun(cx, first);
        let mut finding = Diagnostic::new(
            &META,
            cx.at(statement.span),
            format!("`{exit}` ends the process while {what} is alive, and its Drop does not run"),
        )
        .label("no destructor runs here")
        .confidence(call.callee.known.into());
        for token in &lost {
            finding = finding.step(cx.at(token.span), format!("{} is made here", noun(cx, token)));
        }
        report.push(
            finding.help("drop (or flush and finish) it first, or return from `main` with an `ExitCode`"),
        );
    });
}

/// The function that ends the process, when a call does.
fn exit(cx: &BodyContext<'_>, call: &Call) -> Option<String> {
    match &call.callee.target {
        Target::External(path) => {
            let ends = cx.catalogue().facts(*path).is_some_and(|f| f.ends_process);
            (ends && call.callee.known == Known::Resolved).then(|| short(path).to_owned())
        }
        Target::Def(def) => {
            let summary = cx.analysis.summary(*def)?;
            let effect = summary.effects.get(&EffectKind::EndsProcess)?;
            (summary.never_returns && effect.depth == 0).then(|| call.name.to_string())
        }
        _ => None,
    }
}

/// Whether Drop does something for this token that the end of the process does not.
fn matters(cx: &BodyContext<'_>, token: &Token) -> bool {
    token.owned.iter().any(|o| match o.class {
        Class::BufferedWriter
        | Class::TempPath
        | Class::WorkerGuard
        | Class::TerminalMode
        | Class::Transaction
        | Class::ScopeGuard => true,
        Class::Other => cx
            .program()
            .types
            .get(&o.ty)
            .and_then(|t| t.drop)
            .and_then(|d| cx.analysis.summary(d))
            .is_some_and(|s| {
                s.effects.contains_key(&EffectKind::Io) || s.effects.contains_key(&EffectKind::Waits)
            }),
        _ => false,
    })
}
