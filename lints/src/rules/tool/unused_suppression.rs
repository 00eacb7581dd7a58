//! A suppression that suppresses nothing.

use crate::declare_rule;
use crate::rule::{Rule, RuleMeta};

declare_rule! {
    /// A suppression hides nothing, names no rule, or lacks the reason that is required.
    ///
    /// ## Why it matters
    ///
    /// A suppression that outlives its finding hides the next one. An `expect` without its finding, and a
    /// suppression that names no rule of linger's, are reported as well; with `require_reason = true` in the
    /// configuration also one that does not say why.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// fn sum(a: u32, b: u32) -> u32 {
    ///     a + b // linger: allow(double_lock) nothing is locked here
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// fn sum(a: u32, b: u32) -> u32 {
    ///     a + b
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A suppression of a rule that is switched off is left alone, since its finding was not looked for.
    UnusedSuppression("unused_suppression") {
        group: Tool,
        cases: {
            unused: Warn = "it hides nothing",
            unknown: Warn = "it names no rule",
            no_reason: Warn = "it gives no reason although the configuration requires one",
        },
        since: "0.1.0",
        fixes: Sometimes,
        about_tests: true,
    }
}

impl Rule for UnusedSuppression {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }
}
