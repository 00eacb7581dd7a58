//! What a rule is and what it is given.

use std::fmt;

use crate::context::{BodyContext, ProgramContext};
use crate::diagnostic::Diagnostic;

/// What happens with a finding.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Not shown.
    Allow,
    /// Shown.
    Warn,
    /// Shown, and the exit status is 1.
    Deny,
    /// As deny, and nothing in the code can change it.
    Forbid,
}

impl Level {
    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
            Self::Forbid => "forbid",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The families of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Released late, early, or never.
    Cleanup,
    /// What a closure or task takes along.
    Capture,
    /// Failures that nobody reads.
    Result,
    /// Tasks, threads, processes and timers with no way to stop.
    Task,
    /// Guards, borrows and pools.
    Lock,
    /// About the run itself.
    Tool,
}

impl Group {
    /// All groups, in the order of the rule table.
    pub const ALL: [Self; 6] =
        [Self::Cleanup, Self::Capture, Self::Result, Self::Task, Self::Lock, Self::Tool];

    /// As it is written on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cleanup => "cleanup",
            Self::Capture => "capture",
            Self::Result => "result",
            Self::Task => "task",
            Self::Lock => "lock",
            Self::Tool => "tool",
        }
    }

    /// What the rules of the group have in common.
    #[must_use]
    pub const fn summary(self) -> &'static str {
        match self {
            Self::Cleanup => "released late, early, or never",
            Self::Capture => "what a closure or task takes along",
            Self::Result => "failures that nobody reads",
            Self::Task => "tasks, threads, processes and timers with no way to stop",
            Self::Lock => "guards, borrows and pools",
            Self::Tool => "about the run itself",
        }
    }
}

/// A degree of a rule, with a level of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case {
    /// Its name, as in `ignored_result/critical`; empty for the only case of a rule without named ones.
    pub name: &'static str,
    /// The level without configuration. `Allow` means that the group `strict` switches it on.
    pub level: Level,
    /// When it speaks.
    pub summary: &'static str,
}

/// Whether a rule can mend what it finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixAvailability {
    /// Never.
    None,
    /// In some cases.
    Sometimes,
    /// Always.
    Always,
}

/// Everything there is to say about a rule without running it.
#[derive(Debug)]
pub struct RuleMeta {
    /// `dropped_at_once`
    pub name: &'static str,
    /// Its family.
    pub group: Group,
    /// The first line of its documentation.
    pub summary: &'static str,
    /// Its documentation in Markdown, one leading space on each line (see [`RuleMeta::markdown`]).
    pub docs: &'static str,
    /// Its cases, at least one.
    pub cases: &'static [Case],
    /// The version that brought it.
    pub since: &'static str,
    /// Whether it offers fixes.
    pub fixes: FixAvailability,
    /// It speaks of test code, so the policy for test code does not silence it.
    pub about_tests: bool,
    /// Lints of rustc (`let_underscore_lock`) and clippy (`clippy::mem_forget`) that say the same: where the
    /// code allows one of them, the rule is silent.
    pub compiler_lints: &'static [&'static str],
    /// The file that declares it.
    pub source_file: &'static str,
    /// JSON schema of its options.
    pub options_schema: fn() -> schemars::Schema,
}

impl RuleMeta {
    /// The documentation as Markdown text.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = String::with_capacity(self.docs.len());
        for line in self.docs.lines() {
            out.push_str(line.strip_prefix(' ').unwrap_or(line).trim_end());
            out.push('\n');
        }
        out
    }

    /// The case of that name; the empty name is the only case of a rule without named ones.
    #[must_use]
    pub fn case(&self, name: &str) -> Option<&'static Case> {
        self.cases.iter().find(|case| case.name == name)
    }

    /// Whether its cases have names.
    #[must_use]
    pub fn has_named_cases(&self) -> bool {
        self.cases.iter().any(|case| !case.name.is_empty())
    }

    /// Whether some case is on without configuration.
    #[must_use]
    pub fn on_by_default(&self) -> bool {
        self.cases.iter().any(|case| case.level > Level::Allow)
    }
}

/// What a rule notes of a body.
pub type Gathered = Box<dyn std::any::Any + Send + Sync>;

/// A rule: an immutable value, made once from its options.
pub trait Rule: Send + Sync {
    /// Its declaration.
    fn meta(&self) -> &'static RuleMeta;

    /// Looks at one body.
    fn body(&self, _cx: &BodyContext<'_>, _report: &mut Vec<Diagnostic>) {}

    /// Notes what [`Rule::program`] needs to know of a body. Bodies that are not reported on are asked too.
    fn gather(&self, _cx: &BodyContext<'_>) -> Option<Gathered> {
        None
    }

    /// Looks at the program as a whole, once; rather at what was gathered than at all bodies again.
    fn program(&self, _cx: &ProgramContext<'_>, _report: &mut Vec<Diagnostic>) {}
}

/// The options of a rule that has none.
#[derive(Debug, Clone, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoOptions {}

/// Options that do not fit.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct OptionsError {
    /// What is wrong, as `toml` says it (names the key).
    pub message: String,
}
