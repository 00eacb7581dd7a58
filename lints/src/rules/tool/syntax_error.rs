//! A file that could not be checked.

use crate::declare_rule;
use crate::rule::{Rule, RuleMeta};

declare_rule! {
    /// A file could not be checked.
    ///
    /// ## Why it matters
    ///
    /// What linger cannot read it cannot check: the file does not parse, is not UTF-8, could not be read, is
    /// nested too deep, or made linger fail. The run goes on with the other files. This is never more than a
    /// warning, so that `-D warnings` does not fail on a file with syntax of tomorrow's compiler; under
    /// `--strict-parse` it makes the exit status 2.
    ///
    /// ## Example
    ///
    /// ```text,fires
    /// fn half( {
    /// ```
    ///
    /// ```rust,clean
    /// fn whole() {}
    /// ```
    ///
    /// ## Limits
    ///
    /// In a cargo project, a file that does not parse and that no crate declares as a module is a template or test
    /// data: it is only named by `--verbose`, unless it is named on the command line.
    SyntaxError("syntax_error") {
        group: Tool,
        level: Warn,
        since: "0.1.0",
        fixes: None,
        about_tests: true,
    }
}

impl Rule for SyntaxError {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }
}
