//! Drop implementations that hide the loss of data.

use linger_analysis::catalogue::IfIgnored;
use linger_analysis::flow::mir::{StatementKind, VarKind};
use linger_analysis::symbol::Symbol;
use linger_analysis::types::ty::Ty;

use super::drops::{drop_of, running_here};
use crate::context::BodyContext;
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::result::origin;

declare_rule! {
    /// A `Drop` ignores the error that tells of lost data, and the type has no other way to end.
    ///
    /// ## Why it matters
    ///
    /// Drop cannot return an error. A type that flushes, syncs or commits there and offers no `finish` or
    /// `close` that returns a `Result` leaves its users no way to learn that their data is gone.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// struct Journal {
    ///     file: std::fs::File,
    /// }
    ///
    /// impl Drop for Journal {
    ///     fn drop(&mut self) {
    ///         let _ = self.file.sync_all();
    ///     }
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// struct Journal {
    ///     file: std::fs::File,
    /// }
    ///
    /// impl Journal {
    ///     fn close(self) -> std::io::Result<()> {
    ///         self.file.sync_all()
    ///     }
    /// }
    ///
    /// impl Drop for Journal {
    ///     fn drop(&mut self) {
    ///         let _ = self.file.sync_all();
    ///     }
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Whether callers use the other way is not asked here.
    ErrorLostInDrop("error_lost_in_drop") {
        group: Cleanup,
        level: Allow,
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for ErrorLostInDrop {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        let Some(ty) = drop_of(cx) else { return };
        if offers_another_way(cx, ty) {
            return;
        }
        for view in running_here(cx) {
            for (_, statement) in view.statements() {
                let StatementKind::Discard { value, .. } = &statement.kind else { continue };
                let Some(var) = value.var() else { continue };
                // What is unwrapped is not ignored.
                let decl = view.mir.var(var);
                let is_value = matches!(decl.kind, VarKind::Temp(_)) && decl.ty.good_value().is_some();
                let Some((call, _, Some(facts))) = origin(cx, view, var).filter(|_| is_value) else {
                    continue;
                };
                if facts.if_ignored != Some(IfIgnored::DataLoss) {
                    continue;
                }
                let loss = facts.loss.as_deref().unwrap_or("data may be lost");
                report.push(
                    Diagnostic::new(
                        &META,
                        cx.at(statement.span),
                        format!("the error of `{}` is lost in Drop: {loss}", call.name),
                    )
                    .label("nobody can learn that this failed")
                    .confidence(call.callee.known.into())
                    .help("offer a method that takes `self`, ends it and returns the error, and keep Drop as a fallback"),
                );
            }
        }
    }
}

/// Verbs of methods that end a value.
const ENDS: &[&str] =
    &["close", "finish", "flush", "sync", "commit", "shutdown", "end", "stop", "persist", "into"];

/// Whether some method of the type ends it and returns a `Result`.
fn offers_another_way(cx: &BodyContext<'_>, ty: Symbol) -> bool {
    let Some(info) = cx.program().types.get(&ty) else { return true };
    info.methods.iter().any(|(name, defs)| {
        ENDS.iter().any(|verb| name.starts_with(verb) || name.contains(&format!("_{verb}")))
            && defs.iter().any(|d| {
                cx.program().def(*d).signature.as_ref().is_some_and(|s| {
                    s.ret.as_result().is_some()
                        || matches!(&s.ret, Ty::Future(output, _) if output.as_result().is_some())
                })
            })
    })
}
