//! What a rule reports.

use linger_analysis::span::FileSpan;
use linger_analysis::symbol::Symbol;

use crate::rule::RuleMeta;

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Confidence {
    /// One step was inferred from a shape that fits exactly one entry.
    Likely,
    /// Types and paths were resolved.
    Certain,
}

/// A place with a word about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub at: FileSpan,
    /// What happens there.
    pub text: String,
}

/// One replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty for an insertion.
    pub at: FileSpan,
    /// By what.
    pub replacement: String,
}

/// Whether a fix may be applied without a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Applicability {
    /// It compiles and keeps behaviour.
    MachineApplicable,
    /// Probably what is wanted.
    MaybeIncorrect,
    /// It holds places that a person must fill in.
    HasPlaceholders,
}

/// A way to mend a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does.
    pub title: String,
    /// The edits; they do not overlap.
    pub edits: Vec<Edit>,
    /// Whether it may be applied without a look.
    pub applicability: Applicability,
}

/// A finding.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// The rule.
    pub rule: &'static RuleMeta,
    /// The case of the rule, when it has several.
    pub case: Option<&'static str>,
    /// One sentence, lower case, no full stop.
    pub message: String,
    /// The cause.
    pub primary: Label,
    /// The life of the resource, in order.
    pub steps: Vec<Label>,
    /// Places where a suppression counts too.
    pub hidden: Vec<FileSpan>,
    /// Background.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Vec<String>,
    /// How sure it is.
    pub confidence: Confidence,
    /// Ways to mend it.
    pub fixes: Vec<Fix>,
    /// It stands in test code.
    pub in_test: bool,
    /// The item around it.
    pub enclosing: Option<Symbol>,
}

impl Diagnostic {
    /// A certain finding of `rule` at `at`.
    #[must_use]
    pub fn new(rule: &'static RuleMeta, at: FileSpan, message: impl Into<String>) -> Self {
        Self {
            rule,
            case: None,
            message: message.into(),
            primary: Label { at, text: String::new() },
            steps: Vec::new(),
            hidden: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
            confidence: Confidence::Certain,
            fixes: Vec::new(),
            in_test: false,
            enclosing: None,
        }
    }

    /// Names the case.
    #[must_use]
    pub fn case(mut self, case: &'static str) -> Self {
        self.case = Some(case);
        self
    }

    /// A word at the primary place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// A step of the life.
    #[must_use]
    pub fn step(mut self, at: FileSpan, text: impl Into<String>) -> Self {
        self.steps.push(Label { at, text: text.into() });
        self
    }

    /// A note.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// What to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// How sure it is.
    #[must_use]
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    /// A fix.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, edits: Vec<Edit>, applicability: Applicability) -> Self {
        self.fixes.push(Fix { title: title.into(), edits, applicability });
        self
    }

    /// A place where a suppression counts too.
    #[must_use]
    pub fn hidden(mut self, at: FileSpan) -> Self {
        self.hidden.push(at);
        self
    }
}
