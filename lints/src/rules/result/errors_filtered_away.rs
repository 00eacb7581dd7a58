//! Errors of single records that are left out of a result.

use linger_analysis::flow::mir::{Call, Var};
use linger_analysis::syntax::hir::ExprKind;
use linger_analysis::types::infer::Target;
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::result::is_join_error;
use crate::rules::result::lagging::{Lagging, lagging};
use crate::rules::result::skipping::{Skipping, skippings};
use crate::rules::result::taken_for_end::{TakenForEnd, taken_for_end};

declare_rule! {
    /// Records that cannot be read are left out: `rows.flatten()`, `records().filter_map(Result::ok)`.
    ///
    /// ## Why it matters
    ///
    /// The result looks complete and is not. A row that another version wrote, or a connection that broke half-way,
    /// makes a sum too small and a backup too short, and nobody will know.
    ///
    /// ## Example
    ///
    /// ```rust,ignore,fires
    /// fn names(statement: &mut rusqlite::Statement<'_>) -> rusqlite::Result<Vec<String>> {
    ///     Ok(statement.query_map([], |row| row.get(0))?.flatten().collect())
    /// }
    /// ```
    ///
    /// ```rust,ignore,clean
    /// fn names(statement: &mut rusqlite::Statement<'_>) -> rusqlite::Result<Vec<String>> {
    ///     statement.query_map([], |row| row.get(0))?.collect()
    /// }
    /// ```
    ///
    /// So does a loop over a file that ends with the first error as it does with the end of the file:
    /// `while let Ok(n) = file.read_line(&mut line)`. And so does `while let Ok(event) = events.recv().await` over a
    /// broadcast channel: a receiver that has fallen behind gets `RecvError::Lagged` once and could go on.
    ///
    /// ## Limits
    ///
    /// `lines()` of a reader is the matter of `lines_never_end`. Sockets, pipes and terminals often end with an error;
    /// only files, and readers of any type in a function that reads lines, are looked at. Iterators that come in as
    /// parameters are not known to be records.
    ErrorsFilteredAway("errors_filtered_away") {
        group: Result,
        cases: {
            records: Warn = "rows, records, entries of an archive",
            tasks: Warn = "what tasks have ended with: one that panicked looks like one that gave nothing",
            directory: Allow = "entries of a directory",
            end: Warn = "a file that cannot be read any further is taken for one that ended",
            lagged: Warn = "a receiver that has fallen behind is taken for one whose channel is closed",
            quiet_end: Allow = "the same in a function that has no way to report it",
        },
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for ErrorsFilteredAway {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for found in taken_for_end(cx) {
            report.extend(ended(cx, &found));
        }
        if !cx.body.in_test {
            report.extend(lagging(cx).iter().filter_map(|found| behind(cx, found)));
        }
        for Skipping { view, statement, call, iterator } in skippings(cx) {
            // `rows.ok().flatten()` is another `flatten`.
            let ty = &view.mir.var(iterator).ty;
            if ty.good_value().is_some() || cx.has_reason(statement.span) {
                continue;
            }
            if let Ty::Iterator(item) = ty
                && is_end_of_task(item)
            {
                report.push(tasks(cx, call));
                continue;
            }
            let Some((source, case)) = records(cx, view, iterator) else { continue };
            report.push(
                Diagnostic::new(
                    &META,
                    cx.at(call.name_span),
                    format!("what cannot be read is left out by this `{}`", call.name),
                )
                .case(case)
                .label("errors are skipped here")
                .step(cx.at(source.name_span), "and come from here")
                .confidence(source.callee.known.into())
                .help("stop at the first error (`collect::<Result<_, _>>()?`), or count and report what is left out"),
            );
        }
    }
}

/// `Result<T, JoinError>`
fn is_end_of_task(item: &Ty) -> bool {
    item.as_result().is_some_and(|(_, error)| is_join_error(&error))
}

fn tasks(cx: &BodyContext<'_>, call: &Call) -> Diagnostic {
    Diagnostic::new(
        &META,
        cx.at(call.name_span),
        format!("a task that panicked is left out by this `{}`, as if it had given nothing", call.name),
    )
    .case("tasks")
    .label("join errors are skipped here")
    .confidence(call.callee.known.into())
    .help("look at the error: resume the panic (`error.into_panic()`), or return it")
}

fn ended(cx: &BodyContext<'_>, found: &TakenForEnd) -> Option<Diagnostic> {
    let call = found.call;
    let ExprKind::MethodCall { method, method_span, .. } = &cx.hir().expr(call).kind else { return None };
    if cx.has_reason(cx.hir().expr(call).span) {
        return None;
    }
    let flow = &cx.body.flow.root;
    let can_tell = found.of_iterator || flow.var(flow.return_var).ty.any(&mut |ty| ty.as_result().is_some());
    Some(
        Diagnostic::new(
            &META,
            cx.at(*method_span),
            format!("an error of this `{method}` is taken for the end of the file"),
        )
        .case(if can_tell && !cx.body.in_test { "end" } else { "quiet_end" })
        .label("what comes behind the error is missing, and nobody will know")
        .help("give the error to the caller, and end only where 0 bytes were read"),
    )
}

fn behind(cx: &BodyContext<'_>, found: &Lagging) -> Option<Diagnostic> {
    let call = cx.hir().expr(found.call);
    let ExprKind::MethodCall { method, method_span, .. } = call.kind else { return None };
    (!cx.has_reason(call.span)).then(|| {
        Diagnostic::new(
            &META,
            cx.at(method_span),
            format!(
                "this loop ends for good when its receiver falls behind: `{method}` fails with `Lagged` then"
            ),
        )
        .case("lagged")
        .label("fails when messages were skipped, not only when the channel is closed")
        .step(cx.at(found.head), "the loop that any error ends")
        .help("go on after `RecvError::Lagged(_)`, and leave the loop at `RecvError::Closed`")
    })
}

/// The call that gives the records which an iterator is made of.
fn records<'v>(cx: &BodyContext<'_>, view: &'v FlowView<'_>, var: Var) -> Option<(&'v Call, &'static str)> {
    let mut var = var;
    for _ in 0..8 {
        let call = view.tokens.identities.defining_call(var)?;
        if let Target::External(path) = &call.callee.target {
            if cx.catalogue().facts(*path).is_some_and(|f| f.gives_records) {
                return Some((call, "records"));
            }
            if matches!(path.as_str(), "std::fs::read_dir" | "std::path::Path::read_dir") {
                return Some((call, "directory"));
            }
        }
        var = call.args.first()?.place()?.var;
    }
    None
}
