//! Files that are put in place before they are on the disk.

use linger_analysis::catalogue::Class;
use linger_analysis::flow::mir::Call;
use linger_analysis::types::infer::Target;
use linger_analysis::types::ty::Ty;

use crate::context::BodyContext;
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::result::{argument_types, class_of};

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
    /// ## Limits
    ///
    /// Only a write and a rename of one function are seen together.
    UnsyncedRename("unsynced_rename") {
        group: Result,
        level: Allow,
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
            let is_file = |ty: &Ty| class_of(cx, ty) == Some(Class::File);
            let writes = |call: &Call| match &call.callee.target {
                Target::External(path) if matches!(path.as_str(), "std::fs::write" | "tokio::fs::write") => {
                    true
                }
                _ => call.name.as_str() == "write_all" && argument_types(view, call).take(1).any(is_file),
            };
            for (at, statement, call) in
                view.mir.calls().filter(|(p, _, c)| view.is_reachable(*p) && writes(c))
            {
                let is_rename = |c: &Call| {
                    matches!(&c.callee.target, Target::External(path)
                    if matches!(path.as_str(), "std::fs::rename" | "tokio::fs::rename"))
                };
                let calls = |s: Option<&linger_analysis::flow::mir::Statement>,
                             what: &dyn Fn(&Call) -> bool| {
                    matches!(s.map(|s| &s.kind), Some(linger_analysis::flow::mir::StatementKind::Call(c)) if what(c))
                };
                // Whoever calls something with `sync` in its name has thought of it.
                let way = view.tokens.path(
                    at,
                    |_, s| calls(s, &is_rename),
                    |_, s| calls(s, &|c| c.name.contains("sync") || writes(c)),
                );
                let Some(renamed) = way.and_then(|p| view.mir.statement(p)) else { continue };
                if cx.has_reason(renamed.span) {
                    continue;
                }
                report.push(
                    Diagnostic::new(
                        &META,
                        cx.at(renamed.span),
                        "a file is put in place here before its data is on the disk",
                    )
                    .label(format!("renamed right after `{}`", call.name))
                    .step(cx.at(statement.span), "written here")
                    .help("call `sync_all()` on the file before the rename"),
                );
            }
        }
    }
}
