//! What a rule is.

use std::fmt;

use crate::context::{BodyContext, ProgramContext};
use crate::diagnostic::Diagnostic;

/// Lint levels, as in rustc.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Off.
    Allow,
    /// Reported; the run succeeds.
    Warn,
    /// Reported; the run fails.
    Deny,
    /// As deny, and cannot be lowered.
    Forbid,
}

/// Groups of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// Released late, early, or never.
    Cleanup,
    /// What a closure or task takes along.
    Capture,
    /// Failures that nobody reads.
    Result,
    /// Work with no way to stop.
    Task,
    /// Guards, borrows and pools.
    Lock,
    /// About linger itself.
    Meta,
}

impl Group {
    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cleanup => "cleanup",
            Self::Capture => "capture",
            Self::Result => "result",
            Self::Task => "task",
            Self::Lock => "lock",
            Self::Meta => "meta",
        }
    }
}

/// A degree of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case {
    /// Its name; empty for the only case of a rule.
    pub name: &'static str,
    /// Its default level. `Allow` means that it belongs to the group `strict`.
    pub level: Level,
    /// What it covers, in a line.
    pub summary: &'static str,
}

/// The declaration of a rule.
#[derive(Debug)]
pub struct RuleMeta {
    /// Its name.
    pub name: &'static str,
    /// Its group.
    pub group: Group,
    /// What it reports, in a line.
    pub summary: &'static str,
    /// Full documentation, Markdown.
    pub docs: &'static str,
    /// Its cases; at least one.
    pub cases: &'static [Case],
    /// The version that brought it.
    pub since: &'static str,
    /// It is about tests, and so on in test code.
    pub about_tests: bool,
    /// Lints of rustc and clippy for the same thing, whose `allow` counts.
    pub compiler_lints: &'static [&'static str],
    /// The file that holds it.
    pub file: &'static str,
}

impl RuleMeta {
    /// The default level of a case; the first case's for `None` and unknown names.
    #[must_use]
    pub fn level(&self, case: Option<&str>) -> Level {
        let found = case.and_then(|c| self.cases.iter().find(|k| k.name == c));
        found.or_else(|| self.cases.first()).map_or(Level::Warn, |c| c.level)
    }

    /// Whether some case is on by default.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.cases.iter().any(|c| c.level != Level::Allow)
    }
}

/// Options of a rule that could not be read.
#[derive(Debug)]
pub struct OptionsError(pub String);

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OptionsError {}

/// A rule. Immutable, built once from its options.
pub trait Rule: Send + Sync {
    /// Its declaration.
    fn meta(&self) -> &'static RuleMeta;

    /// Looks at one function (with the closures and async blocks in it).
    fn body(&self, _cx: &BodyContext<'_>, _report: &mut Vec<Diagnostic>) {}

    /// Looks at the whole program.
    fn program(&self, _cx: &ProgramContext<'_>, _report: &mut Vec<Diagnostic>) {}
}
