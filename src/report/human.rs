//! With the source, for people: rendered by codespan.

use std::io::{IsTerminal, Write};

use codespan_reporting::diagnostic::{Diagnostic as Rendered, Label as RenderedLabel, Severity};
use codespan_reporting::files::{Error, Files};
use codespan_reporting::term;
use codespan_reporting::term::termcolor::{Ansi, NoColor, WriteColor};
use linger_analysis::span::{FileId, FileSpan};
use linger_lints::Level;

use crate::cli::Color;
use crate::pipeline::Reported;
use crate::report::Sources;
use crate::run::Outcome;
use crate::text::printable;

/// Files as codespan wants them; texts are cleaned, byte for byte, of what a terminal would interpret.
struct Shown<'o> {
    sources: &'o Sources<'o>,
    texts: rustc_hash::FxHashMap<FileId, String>,
}

impl<'a> Files<'a> for Shown<'_> {
    type FileId = FileId;
    type Name = String;
    type Source = &'a str;

    fn name(&'a self, id: FileId) -> Result<String, Error> {
        Ok(printable(&self.sources.path(id)))
    }

    fn source(&'a self, id: FileId) -> Result<&'a str, Error> {
        self.texts.get(&id).map(String::as_str).ok_or(Error::FileMissing)
    }

    fn line_index(&'a self, id: FileId, byte: usize) -> Result<usize, Error> {
        let text = self.source(id)?;
        Ok(text.as_bytes()[..byte.min(text.len())].iter().filter(|b| **b == b'\n').count())
    }

    fn line_range(&'a self, id: FileId, line: usize) -> Result<std::ops::Range<usize>, Error> {
        let text = self.source(id)?;
        let mut start = 0;
        for (index, content) in text.split_inclusive('\n').enumerate() {
            if index == line {
                return Ok(start..start + content.len());
            }
            start += content.len();
        }
        Ok(text.len()..text.len())
    }
}

/// Makes control characters visible without moving any byte.
fn same_length(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' | '\r' => c.to_string(),
            c if c.is_control() => "?".repeat(c.len_utf8()),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => "?".repeat(c.len_utf8()),
            c => c.to_string(),
        })
        .collect()
}

/// Prints all findings and a closing line.
pub fn print(outcome: &Outcome, color: Color, quiet: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let sources = Sources::new(outcome);
    let texts = outcome
        .findings
        .iter()
        .flat_map(|r| r.finding.places())
        .map(|p| (p.file, same_length(sources.text(p.file))))
        .collect();
    let shown = Shown { sources: &sources, texts };
    let colored = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
    };
    let mut buffer: Box<dyn WriteColor> =
        if colored { Box::new(Ansi::new(Vec::new())) } else { Box::new(NoColor::new(Vec::new())) };
    let config = term::Config::default();
    drop(buffer.flush());
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
    if !quiet {
        summary(outcome)?;
    }
    Ok(())
}

/// One finding as plain text.
pub fn plain(outcome: &Outcome, sources: &Sources<'_>, reported: &Reported) -> String {
    let _ = outcome;
    let texts =
        reported.finding.places().map(|p| (p.file, same_length(sources.text(p.file)))).collect();
    let shown = Shown { sources, texts };
    let diagnostic = diagnostic(reported, &shown);
    term::emit_into_string(&term::Config::default(), &shown, &diagnostic).unwrap_or_default()
}

fn diagnostic(reported: &Reported, shown: &Shown<'_>) -> Rendered<FileId> {
    let finding = &reported.finding;
    let severity = if reported.level >= Level::Deny { Severity::Error } else { Severity::Warning };
    let range = |at: FileSpan| {
        let len = shown.texts.get(&at.file).map_or(0, String::len);
        let end = (at.span.hi as usize).min(len);
        (at.span.lo as usize).min(end)..end
    };
    let mut labels =
        vec![RenderedLabel::primary(finding.primary.at.file, range(finding.primary.at)).with_message(printable(&finding.primary.text))];
    for step in &finding.steps {
        labels.push(RenderedLabel::secondary(step.at.file, range(step.at)).with_message(printable(&step.text)));
    }
    let mut notes: Vec<String> = finding.notes.iter().map(|n| format!("note: {}", printable(n))).collect();
    notes.extend(finding.help.iter().map(|h| format!("help: {}", printable(h))));
    Rendered::new(severity)
        .with_code(format!("linger::{}", finding.code()))
        .with_message(printable(&finding.message))
        .with_labels(labels)
        .with_notes(notes)
}

/// The closing line, on stderr like cargo's.
fn summary(outcome: &Outcome) -> anyhow::Result<()> {
    let errors = outcome.findings.iter().filter(|r| r.level >= Level::Deny).count();
    let warnings = outcome.findings.len() - errors;
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let files = outcome.program.files.len();
    let mut err = std::io::stderr().lock();
    match (errors, warnings) {
        (0, 0) => writeln!(err, "linger: {} checked, nothing found", count(files, "file"))?,
        _ => writeln!(err, "linger: {} checked: {}, {}", count(files, "file"), count(errors, "error"), count(warnings, "warning"))?,
    }
    Ok(())
}
