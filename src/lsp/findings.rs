//! Findings as an editor shows them: diagnostics, and what can be done about them.

use std::path::{Path, PathBuf};

use linger_analysis::span::{FileId, FileSpan};
use linger_lints::{Applicability, Level};
use lsp_types::{
    CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString,
    TextEdit,
};
use rustc_hash::FxHashMap;

use crate::documentation;
use crate::lsp::position::{Encoding, Text};
use crate::lsp::uri;
use crate::pipeline::Reported;
use crate::run::Outcome;
use crate::text::printable;

/// A finding in the editor's terms.
#[derive(Debug, Clone)]
pub struct Shown {
    /// What is shown.
    pub diagnostic: Diagnostic,
    /// The rule.
    pub rule: &'static str,
    /// What can be done.
    pub actions: Vec<Action>,
}

/// Something that can be done about a finding.
#[derive(Debug, Clone)]
pub struct Action {
    /// As it stands in the menu.
    pub title: String,
    /// It is the one to take.
    pub preferred: bool,
    /// Changes by file.
    pub edits: Vec<(PathBuf, TextEdit)>,
}

/// What an editor can show.
#[derive(Debug, Clone, Copy, Default)]
pub struct Abilities {
    /// How it counts.
    pub encoding: Encoding,
    /// It shows other places beside a message.
    pub related: bool,
}

/// All findings by file.
pub fn by_file(outcome: &Outcome, abilities: Abilities) -> FxHashMap<PathBuf, Vec<Shown>> {
    let view = View { outcome, abilities };
    let mut files: FxHashMap<PathBuf, Vec<Shown>> = FxHashMap::default();
    for reported in &outcome.findings {
        let path = outcome.program.file(reported.finding.primary.at.file).path.clone();
        files.entry(path).or_default().push(view.shown(reported));
    }
    files
}

struct View<'o> {
    outcome: &'o Outcome,
    abilities: Abilities,
}

impl View<'_> {
    fn path(&self, file: FileId) -> &Path {
        &self.outcome.program.file(file).path
    }

    fn range(&self, at: FileSpan) -> lsp_types::Range {
        let text = self.outcome.text(at.file);
        Text::new(&text, self.abilities.encoding).range(at.span.lo, at.span.hi)
    }

    fn shown(&self, reported: &Reported) -> Shown {
        let finding = &reported.finding;
        let mut message = printable(&finding.message);
        let mut related = Vec::new();
        for step in &finding.steps {
            let place = uri::from_path(self.path(step.at.file));
            let range = self.range(step.at);
            match place.filter(|_| self.abilities.related) {
                Some(uri) => related.push(DiagnosticRelatedInformation {
                    location: Location { uri, range },
                    message: printable(&step.text),
                }),
                None => {
                    message.push_str(&format!("\nline {}: {}", range.start.line + 1, printable(&step.text)))
                }
            }
        }
        for note in &finding.notes {
            message.push_str(&format!("\nnote: {}", printable(note)));
        }
        for help in &finding.help {
            message.push_str(&format!("\nhelp: {}", printable(help)));
        }
        let is_error = reported.level >= Level::Deny;
        let diagnostic = Diagnostic {
            range: self.range(finding.primary.at),
            severity: Some(if is_error { DiagnosticSeverity::ERROR } else { DiagnosticSeverity::WARNING }),
            code: Some(NumberOrString::String(finding.code())),
            code_description: documentation::page(finding.rule.name)
                .parse()
                .ok()
                .map(|href| CodeDescription { href }),
            source: Some("linger".to_owned()),
            message,
            related_information: (!related.is_empty()).then_some(related),
            tags: None,
            data: None,
        };
        let mut actions = self.fixes(reported);
        // What speaks of files and of suppressions cannot be suppressed.
        if finding.rule.group != linger_lints::Group::Tool {
            actions.extend(self.suppressions(reported));
        }
        Shown { diagnostic, rule: finding.rule.name, actions }
    }

    fn fixes(&self, reported: &Reported) -> Vec<Action> {
        let fixes = &reported.finding.fixes;
        let usable = fixes.iter().filter(|fix| fix.applicability != Applicability::HasPlaceholders);
        usable
            .map(|fix| Action {
                title: printable(&fix.title),
                preferred: fix.applicability == Applicability::MachineApplicable,
                edits: fix
                    .edits
                    .iter()
                    .map(|edit| {
                        let new = TextEdit::new(self.range(edit.at), edit.replacement.clone());
                        (self.path(edit.at.file).to_path_buf(), new)
                    })
                    .collect(),
            })
            .collect()
    }

    /// Comments that hide the finding: at the statement, at the item around it, for the file.
    fn suppressions(&self, reported: &Reported) -> Vec<Action> {
        let at = reported.finding.primary.at;
        let hir = self.outcome.program.file(at.file);
        let rule = reported.finding.rule.name;
        let text = self.outcome.text(at.file);
        let index = Text::new(&text, self.abilities.encoding);
        let above = |offset: u32, keyword: &str| {
            let (start, blanks) = index.line_of(offset);
            TextEdit::new(index.range(start, start), format!("{blanks}// linger: {keyword}({rule})\n"))
        };
        let narrowest = |spans: &mut dyn Iterator<Item = linger_analysis::span::Span>| {
            spans.filter(|s| s.contains(at.span)).min_by_key(|s| s.hi - s.lo)
        };
        let statement = narrowest(&mut crate::suppress::statements(hir)).unwrap_or(at.span);
        let mut actions = vec![(format!("linger: allow `{rule}` here"), above(statement.lo, "allow"))];
        if let Some(item) = narrowest(&mut hir.items.iter().map(|item| item.span)) {
            actions.push((format!("linger: allow `{rule}` in this item"), above(item.lo, "allow")));
        }
        // A `#!` line must stay the first one.
        let top = if text.starts_with("#!/") { text.find('\n').map_or(0, |end| end as u32 + 1) } else { 0 };
        actions.push((format!("linger: allow `{rule}` in this file"), above(top, "allow-file")));
        let path = hir.path.clone();
        actions
            .into_iter()
            .map(|(title, edit)| Action { title, preferred: false, edits: vec![(path.clone(), edit)] })
            .collect()
    }
}
