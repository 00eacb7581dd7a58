//! Findings as the cache keeps them.

use std::path::PathBuf;

use linger_analysis::names::{CrateInput, TargetKind};
use linger_analysis::span::{FileId, FileSpan, Span};
use linger_analysis::symbol::sym;
use linger_lints::{Applicability, Confidence, Diagnostic, Edit, Fix, Label, Level};
use serde::{Deserialize, Serialize};

use crate::pipeline::Reported;
use crate::run::Outcome;

/// What a run gave, apart from what is read again.
#[derive(Serialize, Deserialize)]
pub struct Stored {
    /// Numbers of the files that were reported on.
    pub reported: Vec<u32>,
    /// How many files could not be checked.
    pub broken: usize,
    /// Trouble that did not stop the run.
    pub notes: Vec<String>,
    findings: Vec<Finding>,
    /// The crates of files with findings.
    crates: Vec<(u32, Krate)>,
}

#[derive(Serialize, Deserialize)]
struct Krate {
    name: String,
    package: String,
    kind: u8,
    root: PathBuf,
    edition: u16,
}

/// Kinds of targets, by the number that is kept.
const KINDS: [TargetKind; 7] = [
    TargetKind::Lib,
    TargetKind::Bin,
    TargetKind::Test,
    TargetKind::Bench,
    TargetKind::Example,
    TargetKind::BuildScript,
    TargetKind::Loose,
];

/// A place: file, first byte, end.
type Place = (u32, u32, u32);

#[derive(Serialize, Deserialize)]
struct Finding {
    rule: String,
    case: Option<String>,
    level: Level,
    message: String,
    primary: (Place, String),
    steps: Vec<(Place, String)>,
    hidden: Vec<Place>,
    notes: Vec<String>,
    help: Vec<String>,
    certain: bool,
    fixes: Vec<StoredFix>,
    in_test: bool,
    enclosing: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct StoredFix {
    title: String,
    edits: Vec<(Place, String)>,
    /// 0 may be applied, 1 perhaps, 2 must be filled in.
    trust: u8,
}

impl Stored {
    /// The findings of a run, before the baseline and `--since`.
    pub fn new(outcome: &Outcome) -> Self {
        let mut reported: Vec<u32> = outcome.reported.iter().map(|file| file.0).collect();
        reported.sort_unstable();
        let mut shown: Vec<FileId> = outcome.findings.iter().map(|r| r.finding.primary.at.file).collect();
        shown.sort_unstable();
        shown.dedup();
        let krate = |file: FileId| {
            let krate = outcome.program.crate_of(file)?;
            let kind = KINDS.iter().position(|kind| *kind == krate.kind)?;
            let kept = Krate {
                name: krate.name.clone(),
                package: krate.package.clone(),
                kind: kind as u8,
                root: krate.root.clone(),
                edition: krate.edition,
            };
            Some((file.0, kept))
        };
        Self {
            reported,
            broken: outcome.broken,
            notes: outcome.notes.clone(),
            findings: outcome.findings.iter().map(Finding::new).collect(),
            crates: shown.into_iter().filter_map(krate).collect(),
        }
    }

    /// The crates of files with findings.
    pub fn crates(&self) -> Option<Vec<(FileId, CrateInput)>> {
        let krate = |(file, krate): &(u32, Krate)| {
            let input = CrateInput {
                name: krate.name.clone(),
                package: krate.package.clone(),
                kind: *KINDS.get(usize::from(krate.kind))?,
                // Whether a finding is in test code is kept with it.
                for_tests: false,
                root: krate.root.clone(),
                edition: krate.edition,
                dependencies: Vec::new(),
            };
            Some((FileId(*file), input))
        };
        self.crates.iter().map(krate).collect()
    }

    /// The findings, when they fit files of these lengths; of another linger's rules nothing is known.
    pub fn findings(&self, lengths: &[usize]) -> Option<Vec<Reported>> {
        self.findings.iter().map(|finding| finding.reported(lengths)).collect()
    }
}

fn kept(at: FileSpan) -> Place {
    (at.file.0, at.span.lo, at.span.hi)
}

fn place(at: Place, lengths: &[usize]) -> Option<FileSpan> {
    let (file, lo, hi) = at;
    let length = *lengths.get(file as usize)?;
    (lo <= hi && hi as usize <= length).then_some(FileSpan { file: FileId(file), span: Span::new(lo, hi) })
}

fn label(from: &(Place, String), lengths: &[usize]) -> Option<Label> {
    Some(Label { at: place(from.0, lengths)?, text: from.1.clone() })
}

impl Finding {
    fn new(reported: &Reported) -> Self {
        let found = &reported.finding;
        let with = |label: &Label| (kept(label.at), label.text.clone());
        Self {
            rule: found.rule.name.to_owned(),
            case: found.case.map(str::to_owned),
            level: reported.level,
            message: found.message.clone(),
            primary: with(&found.primary),
            steps: found.steps.iter().map(with).collect(),
            hidden: found.hidden.iter().map(|at| kept(*at)).collect(),
            notes: found.notes.clone(),
            help: found.help.clone(),
            certain: found.confidence == Confidence::Certain,
            fixes: found.fixes.iter().map(StoredFix::new).collect(),
            in_test: found.in_test,
            enclosing: found.enclosing.map(|path| path.to_string()),
        }
    }

    fn reported(&self, lengths: &[usize]) -> Option<Reported> {
        let rule = linger_lints::find(&self.rule)?.meta;
        let case = match &self.case {
            Some(name) => Some(rule.case(name)?.name),
            None => None,
        };
        let finding = Diagnostic {
            rule,
            case,
            message: self.message.clone(),
            primary: label(&self.primary, lengths)?,
            steps: self.steps.iter().map(|step| label(step, lengths)).collect::<Option<_>>()?,
            hidden: self.hidden.iter().map(|at| place(*at, lengths)).collect::<Option<_>>()?,
            notes: self.notes.clone(),
            help: self.help.clone(),
            confidence: if self.certain { Confidence::Certain } else { Confidence::Likely },
            fixes: self.fixes.iter().map(|fix| fix.fix(lengths)).collect::<Option<_>>()?,
            in_test: self.in_test,
            enclosing: self.enclosing.as_deref().map(sym),
        };
        Some(Reported::new(finding, self.level))
    }
}

impl StoredFix {
    fn new(fix: &Fix) -> Self {
        Self {
            title: fix.title.clone(),
            edits: fix.edits.iter().map(|edit| (kept(edit.at), edit.replacement.clone())).collect(),
            trust: match fix.applicability {
                Applicability::MachineApplicable => 0,
                Applicability::MaybeIncorrect => 1,
                Applicability::HasPlaceholders => 2,
            },
        }
    }

    fn fix(&self, lengths: &[usize]) -> Option<Fix> {
        let edit =
            |(at, text): &(Place, String)| Some(Edit { at: place(*at, lengths)?, replacement: text.clone() });
        Some(Fix {
            title: self.title.clone(),
            edits: self.edits.iter().map(edit).collect::<Option<_>>()?,
            applicability: match self.trust {
                0 => Applicability::MachineApplicable,
                1 => Applicability::MaybeIncorrect,
                2 => Applicability::HasPlaceholders,
                _ => return None,
            },
        })
    }
}
