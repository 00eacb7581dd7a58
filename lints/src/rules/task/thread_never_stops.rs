//! Threads without an end.

use linger_analysis::catalogue::SpawnKind;

use super::spawned::never_stopping;
use crate::context::BodyContext;
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};

declare_rule! {
    /// A thread loops for ever, and nobody can stop it.
    ///
    /// ## Why it matters
    ///
    /// A thread cannot be ended from outside, and neither can a closure of `spawn_blocking`. Without an exit from
    /// its loop it outlives the object that it was started for, and keeps its stack and all it has captured:
    /// every new one leaks another thread.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// pub struct Meter;
    ///
    /// impl Meter {
    ///     pub fn new(interval: std::time::Duration) -> Self {
    ///         std::thread::spawn(move || {
    ///             loop {
    ///                 std::thread::sleep(interval);
    ///                 println!("alive");
    ///             }
    ///         });
    ///         Meter
    ///     }
    /// }
    /// ```
    ///
    /// Wait for a channel that closes with the object:
    ///
    /// ```rust,clean
    /// use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
    ///
    /// pub struct Meter {
    ///     _stop: Sender<()>,
    /// }
    ///
    /// impl Meter {
    ///     pub fn new(interval: std::time::Duration) -> Self {
    ///         let (stop, stopped) = channel();
    ///         std::thread::spawn(move || {
    ///             while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(interval) {
    ///                 println!("alive");
    ///             }
    ///         });
    ///         Meter { _stop: stop }
    ///     }
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A loop that ends when a channel closes counts as one that ends, also when its senders never go away.
    ThreadNeverStops("thread_never_stops") {
        group: Task,
        cases: {
            many: Warn = "started for each object, request or connection, or by a library",
            once: Allow = "started once in the life of the process",
        },
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for ThreadNeverStops {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        let help = "give the loop a way out that its owner can use: a stop flag that it reads, a channel that closes, \
                    a `Weak` to its object; and join the thread when the owner goes";
        never_stopping(cx, &META, &[SpawnKind::Thread, SpawnKind::Blocking], "thread", help, true, report);
    }
}
