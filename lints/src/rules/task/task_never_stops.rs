//! Async tasks without an end.

use linger_analysis::catalogue::SpawnKind;

use super::spawned::never_stopping;
use crate::context::BodyContext;
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};

declare_rule! {
    /// A task loops for ever, and nobody can stop it.
    ///
    /// ## Why it matters
    ///
    /// A spawned task lives until its future is done. Without an exit from its loop and without a handle it
    /// outlives the object, request or connection that it was started for, and with it all it has captured:
    /// every new one leaks another task.
    ///
    /// ## Example
    ///
    /// ```rust,ignore,fires
    /// pub fn watch(cache: std::sync::Arc<Cache>) {
    ///     tokio::spawn(async move {
    ///         loop {
    ///             tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    ///             cache.sweep();
    ///         }
    ///     });
    /// }
    ///
    /// pub struct Cache;
    ///
    /// impl Cache {
    ///     fn sweep(&self) {}
    /// }
    /// ```
    ///
    /// Keep only a `Weak`, so that the task ends with its object (or select on a token):
    ///
    /// ```rust,ignore,clean
    /// pub fn watch(cache: std::sync::Weak<Cache>) {
    ///     tokio::spawn(async move {
    ///         while let Some(cache) = cache.upgrade() {
    ///             cache.sweep();
    ///             drop(cache);
    ///             tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    ///         }
    ///     });
    /// }
    ///
    /// pub struct Cache;
    ///
    /// impl Cache {
    ///     fn sweep(&self) {}
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A loop that ends when a channel closes counts as one that ends, also when its senders never go away.
    TaskNeverStops("task_never_stops") {
        group: Task,
        cases: {
            many: Warn = "spawned for each object, request or connection, or by a library",
            once: Allow = "spawned once in the life of the process",
        },
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for TaskNeverStops {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        let help = "keep the handle and abort it when its owner goes (a `JoinSet`, an abort-on-drop handle), or give \
                    the loop a way out: a cancellation token in a `select!`, a channel that closes, a `Weak` to \
                    its object";
        never_stopping(cx, &META, &[SpawnKind::Task], "task", help, false, report);
    }
}
