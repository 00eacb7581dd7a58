//! A finding: where, what, why, and what to do about it. No renderer's types occur here.

use linger_analysis::span::{FileSpan, Span};
use linger_analysis::symbol::Symbol;

use crate::rule::RuleMeta;

/// A place with a few words about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// The place.
    pub at: FileSpan,
    /// What happens there: lower case, no full stop. May be empty for a primary label.
    pub text: String,
}

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Confidence {
    /// One step was inferred from a shape that fits exactly one entry of the catalogue.
    Likely,
    /// Types and paths were resolved.
    #[default]
    Certain,
}

/// How far a fix can be trusted, as rustc has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applicability {
    /// Keeps behaviour, compiles and never lengthens a hold: `--fix` applies it.
    MachineApplicable,
    /// Probably right: `--unsafe-fixes` applies it.
    MaybeIncorrect,
    /// Shown only: something in it must be filled in by hand.
    HasPlaceholders,
}

/// One replacement of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What goes.
    pub at: FileSpan,
    /// What comes instead.
    pub replacement: String,
}

/// A way to mend the code: all edits together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, in the imperative: "bind the guard to a name".
    pub title: String,
    /// The edits; they do not overlap.
    pub edits: Vec<Edit>,
    /// How far it can be trusted.
    pub applicability: Applicability,
}

/// A finding.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// The rule that speaks.
    pub rule: &'static RuleMeta,
    /// Which of its cases; `None` for rules without named cases.
    pub case: Option<&'static str>,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// The cause.
    pub primary: Label,
    /// The life of the resource, in order.
    pub steps: Vec<Label>,
    /// Places that belong to the finding without being shown: a change there makes it new for `--since`.
    pub hidden: Vec<FileSpan>,
    /// Background.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Vec<String>,
    /// How sure it is.
    pub confidence: Confidence,
    /// Ways to mend it; alternatives of each other.
    pub fixes: Vec<Fix>,
    /// It is in test code. The driver finds that out by itself; a rule may say so where only it knows.
    pub in_test: bool,
    /// Path of the item around the primary place, for the baseline. Filled in by the driver.
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

    /// Names the case; it must be one that the rule declares.
    #[must_use]
    pub fn case(mut self, case: &'static str) -> Self {
        self.case = Some(case);
        self
    }

    /// Words at the primary place ("locked here").
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// The next step in the life of the resource.
    #[must_use]
    pub fn step(mut self, at: FileSpan, text: impl Into<String>) -> Self {
        self.steps.push(Label { at, text: text.into() });
        self
    }

    /// A place that belongs to the finding without being shown.
    #[must_use]
    pub fn hidden(mut self, at: FileSpan) -> Self {
        self.hidden.push(at);
        self
    }

    /// A line of background.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// A line of advice.
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

    /// A way to mend it.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }

    /// Marks it as being in test code.
    #[must_use]
    pub fn in_test(mut self, in_test: bool) -> Self {
        self.in_test = in_test;
        self
    }

    /// `rule` or `rule/case`.
    #[must_use]
    pub fn code(&self) -> String {
        match self.case {
            Some(case) => format!("{}/{case}", self.rule.name),
            None => self.rule.name.to_owned(),
        }
    }

    /// Every place of the finding, the primary one first.
    pub fn places(&self) -> impl Iterator<Item = FileSpan> + '_ {
        std::iter::once(self.primary.at)
            .chain(self.steps.iter().map(|step| step.at))
            .chain(self.hidden.iter().copied())
    }
}

impl Fix {
    /// A fix without edits yet.
    #[must_use]
    pub fn new(title: impl Into<String>, applicability: Applicability) -> Self {
        Self { title: title.into(), edits: Vec::new(), applicability }
    }

    /// Replaces `at`.
    #[must_use]
    pub fn replace(mut self, at: FileSpan, replacement: impl Into<String>) -> Self {
        self.edits.push(Edit { at, replacement: replacement.into() });
        self
    }

    /// Inserts before `at`.
    #[must_use]
    pub fn insert_before(self, at: FileSpan, text: impl Into<String>) -> Self {
        self.replace(FileSpan { file: at.file, span: at.span.start() }, text)
    }

    /// Inserts behind `at`.
    #[must_use]
    pub fn insert_after(self, at: FileSpan, text: impl Into<String>) -> Self {
        let end = Span::new(at.span.hi, at.span.hi);
        self.replace(FileSpan { file: at.file, span: end }, text)
    }

    /// Removes `at`.
    #[must_use]
    pub fn remove(self, at: FileSpan) -> Self {
        self.replace(at, "")
    }
}
