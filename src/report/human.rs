//! With the source, for people: rendered by codespan.

use std::io::Write;

use codespan_reporting::diagnostic::{Diagnostic as Rendered, Label as RenderedLabel, Severity};
use codespan_reporting::files::{Error, Files, column_index};
use codespan_reporting::term;
use codespan_reporting::term::termcolor::Ansi;
use linger_analysis::span::{FileId, FileSpan};
use linger_lints::Level;
use rustc_hash::FxHashMap;

use crate::pipeline::Reported;
use crate::report::Sources;
use crate::run::Outcome;
use crate::text::{one_line, printable, same_length};

/// Files as codespan wants them; texts are cleaned, byte for byte, of what a terminal would interpret.
struct Shown<'o> {
    sources: &'o Sources<'o>,
    texts: FxHashMap<FileId, String>,
}

impl<'o> Shown<'o> {
    fn new<'r>(sources: &'o Sources<'o>, findings: impl Iterator<Item = &'r Reported>) -> Self {
        let mut texts = FxHashMap::default();
        for place in findings.flat_map(|r| r.finding.places()) {
            texts.entry(place.file).or_insert_with(|| same_length(sources.text(place.file)));
        }
        Self { sources, texts }
    }
}

impl<'a> Files<'a> for Shown<'_> {
    type FileId = FileId;
    type Name = String;
    type Source = &'a str;

    fn name(&'a self, id: FileId) -> Result<String, Error> {
        Ok(one_line(&self.sources.path(id)))
    }

    fn source(&'a self, id: FileId) -> Result<&'a str, Error> {
        self.texts.get(&id).map(String::as_str).ok_or(Error::FileMissing)
    }

    fn line_index(&'a self, id: FileId, byte: usize) -> Result<usize, Error> {
        Ok(self.sources.line_index(id, byte))
    }

    fn column_number(&'a self, id: FileId, line: usize, byte: usize) -> Result<usize, Error> {
        let column = column_index(self.source(id)?, self.line_range(id, line)?, byte);
        // A byte order mark is no column.
        let mark = usize::from(line == 0 && byte > 0 && self.source(id)?.starts_with('\u{feff}'));
        Ok(column - mark.min(column) + 1)
    }

    fn line_range(&'a self, id: FileId, line: usize) -> Result<std::ops::Range<usize>, Error> {
        Ok(self.sources.line_range(id, line))
    }
}

/// Prints all findings.
pub fn print(
    outcome: &Outcome,
    sources: &Sources<'_>,
    colored: bool,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let shown = Shown::new(sources, outcome.findings.iter());
    let config = term::Config::default();
    for reported in &outcome.findings {
        let diagnostic = diagnostic(reported, &shown);
        if colored {
            let mut ansi = Ansi::new(Vec::new());
            term::emit_to_write_style(&mut ansi, &config, &shown, &diagnostic)?;
            out.write_all(&ansi.into_inner())?;
        } else {
            let text = term::emit_into_string(&config, &shown, &diagnostic)?;
            out.write_all(text.as_bytes())?;
        }
    }
    Ok(())
}

/// Findings as plain text, one by one.
pub struct Plain<'o>(Shown<'o>);

impl<'o> Plain<'o> {
    /// For the findings of a run.
    pub fn new(outcome: &Outcome, sources: &'o Sources<'o>) -> Self {
        Self(Shown::new(sources, outcome.findings.iter()))
    }

    /// One finding.
    pub fn render(&self, reported: &Reported) -> String {
        let diagnostic = diagnostic(reported, &self.0);
        term::emit_into_string(&term::Config::default(), &self.0, &diagnostic).unwrap_or_default()
    }
}

fn diagnostic(reported: &Reported, shown: &Shown<'_>) -> Rendered<FileId> {
    let finding = &reported.finding;
    let severity = if reported.level >= Level::Deny { Severity::Error } else { Severity::Warning };
    let range = |at: FileSpan| {
        let len = shown.texts.get(&at.file).map_or(0, String::len);
        let end = (at.span.hi as usize).min(len);
        (at.span.lo as usize).min(end)..end
    };
    let primary = RenderedLabel::primary(finding.primary.at.file, range(finding.primary.at));
    let mut labels = vec![primary.with_message(printable(&finding.primary.text))];
    for step in &finding.steps {
        labels
            .push(RenderedLabel::secondary(step.at.file, range(step.at)).with_message(printable(&step.text)));
    }
    let mut notes: Vec<String> = finding.notes.iter().map(|n| format!("note: {}", printable(n))).collect();
    notes.extend(finding.help.iter().map(|h| format!("help: {}", printable(h))));
    Rendered::new(severity)
        .with_code(format!("linger::{}", finding.code()))
        .with_message(one_line(&finding.message))
        .with_labels(labels)
        .with_notes(notes)
}
