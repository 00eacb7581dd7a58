//! Files that are put in place before they are on the disk.

use linger_analysis::catalogue::{Class, OnPath, Resource};
use linger_analysis::flow::mir::{Call, Operand, Point, Statement, StatementKind};
use linger_analysis::types::infer::Target;
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::result::writing::{ends_writing, is_finished_by, is_sync, is_writing};
use crate::rules::result::{argument_types, class_of};
use crate::rules::support::does;

declare_rule! {
    /// A file is written and renamed over another with no `sync_all` between.
    ///
    /// ## Why it matters
    ///
    /// After a crash the new name may lead to an empty file: many file systems put the rename on the disk before the
    /// data. The old content is gone, which the temporary file was there to prevent.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// fn save(text: &str) -> std::io::Result<()> {
    ///     std::fs::write("state.new", text)?;
    ///     std::fs::rename("state.new", "state")
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// use std::io::Write;
    ///
    /// fn save(text: &str) -> std::io::Result<()> {
    ///     let mut file = std::fs::File::create("state.new")?;
    ///     file.write_all(text.as_bytes())?;
    ///     file.sync_all()?;
    ///     std::fs::rename("state.new", "state")
    /// }
    /// ```
    ///
    /// A tokio file keeps the error of its last write for the next call that asks, and a sync does not ask: flush before
    /// the sync.
    ///
    /// ## Limits
    ///
    /// Only a write or sync and a rename of one function are seen together.
    UnsyncedRename("unsynced_rename") {
        group: Result,
        cases: {
            unsynced: Allow = "nothing is synced",
            unflushed: Warn = "a tokio file is synced and not flushed: the error of its last write is lost",
        },
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for UnsyncedRename {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            for (at, statement, call) in view.mir.calls().filter(|(p, ..)| view.is_reachable(*p)) {
                if writes(cx, view, call) {
                    report.extend(unsynced(cx, view, at, statement, call));
                }
                if is_sync(call) {
                    report.extend(unflushed(cx, view, at, call));
                }
            }
        }
    }
}

/// `fs::write(..)`, or a write to a file.
fn writes(cx: &BodyContext<'_>, view: &FlowView<'_>, call: &Call) -> bool {
    let is_file = |ty: &Ty| class_of(cx, ty) == Some(Class::File);
    does(cx, call, OnPath::Writes)
        || call.name.as_str() == "write_all" && argument_types(view, call).take(1).any(is_file)
}

fn unsynced(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    at: Point,
    statement: &Statement,
    call: &Call,
) -> Option<Diagnostic> {
    // Whoever calls something with `sync` in its name has thought of it.
    let renamed = renamed_behind(cx, view, at, &|c| c.name.contains("sync") || writes(cx, view, c))?;
    if cx.has_reason(renamed.span) {
        return None;
    }
    Some(
        Diagnostic::new(
            &META,
            cx.at(renamed.span),
            "a file is put in place here before its data is on the disk",
        )
        .case("unsynced")
        .label(format!("renamed right after `{}`", call.name))
        .step(cx.at(statement.span), "written here")
        .help("call `sync_all()` on the file before the rename"),
    )
}

/// The sync of a file that keeps the error of its last write to itself.
fn unflushed(cx: &BodyContext<'_>, view: &FlowView<'_>, at: Point, call: &Call) -> Option<Diagnostic> {
    let ty = call.callee.self_ty.as_ref()?.peel_refs();
    let resource = cx.catalogue().resource(ty.path()?).filter(|r| r.sync_hides_errors)?;
    let renamed = renamed_behind(cx, view, at, &|_| false)?;
    if is_flushed(cx, resource) || is_only_opened(cx, resource) || cx.has_reason(renamed.span) {
        return None;
    }
    let message = "an error of the last write is lost here, and the file is put in place all the same";
    Some(
        Diagnostic::new(&META, cx.at(call.name_span), message)
            .case("unflushed")
            .label(format!("`{}` waits for the write and keeps its error", call.name))
            .step(cx.at(renamed.span), "put in place here")
            .confidence(call.callee.known.into())
            .help(format!("call `flush().await?` before `{}`: it gives the error", call.name)),
    )
}

/// The first rename on a way behind a point.
fn renamed_behind<'v>(
    cx: &BodyContext<'_>,
    view: &'v FlowView<'_>,
    at: Point,
    stops: &dyn Fn(&Call) -> bool,
) -> Option<&'v Statement> {
    let is_rename = |c: &Call| does(cx, c, OnPath::Renames);
    let calls = |s: Option<&Statement>, what: &dyn Fn(&Call) -> bool| matches!(s.map(|s| &s.kind), Some(StatementKind::Call(c)) if what(c));
    let way = view.tokens.path(at, |_, s| calls(s, &is_rename), |_, s| calls(s, stops))?;
    view.mir.statement(way)
}

/// Whether anything in the file flushes such a writer, or lends it to a function that does.
fn is_flushed(cx: &BodyContext<'_>, resource: &Resource) -> bool {
    let is_it = |ty: &Ty| ty.any(&mut |t| t.path() == Some(resource.ty));
    let ends = cx.analysis.bodies_of(cx.file()).iter().flat_map(|body| body.flow.all()).any(|mir| {
        mir.calls().any(|(_, _, call)| {
            !is_sync(call) && ends_writing(resource, call) && call.callee.self_ty.as_ref().is_some_and(is_it)
        })
    });
    let lent = |view: &FlowView<'_>| {
        let is_it = |o: &Operand| o.place().is_some_and(|p| is_it(&view.mir.var(p.var).ty));
        view.mir.calls().any(|(_, _, call)| {
            call.args.iter().enumerate().any(|(n, o)| is_it(o) && is_finished_by(cx, resource, call, n))
        })
    };
    ends || cx.flows().iter().any(lent)
}

/// Whether the function opens such a file itself and writes nothing to it.
fn is_only_opened(cx: &BodyContext<'_>, resource: &Resource) -> bool {
    let calls = || cx.flows().iter().flat_map(|view| view.mir.calls().map(move |(_, _, call)| (view, call)));
    let is_it = |ty: &Ty| ty.any(&mut |t| t.path() == Some(resource.ty));
    let opens = |call: &Call| {
        matches!(call.callee.target, Target::External(_))
            && matches!(call.name.as_str(), "open" | "create" | "create_new")
    };
    let opened = calls().any(|(view, call)| opens(call) && is_it(view.place_ty(&call.dest)));
    let written = calls().any(|(view, call)| {
        call.args.iter().enumerate().any(|(at, o)| {
            o.place().is_some_and(|p| is_it(&view.mir.var(p.var).ty)) && is_writing(cx, call, at)
        })
    });
    opened && !written
}
