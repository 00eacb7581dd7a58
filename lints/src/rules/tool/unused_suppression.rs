//! A suppression that suppresses nothing.

use crate::declare_rule;
use crate::rule::{Rule, RuleMeta};

declare_rule! {
    /// A suppression does not suppress anything.
    ///
    /// ## Why it matters
    ///
    /// A suppression that outlives its finding hides the next one. An `expect` without its finding, and a
    /// suppression that names no rule of linger's, are reported as well.
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
        level: Warn,
        since: "0.1.0",
        fixes: Always,
        about_tests: true,
    }
}

impl Rule for UnusedSuppression {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }
}
