//! Checkstyle XML.

use std::io::Write;

use crate::report::xml::{escape, escape_lines};
use crate::report::{Sources, full_text, level_name};
use crate::run::Outcome;
use crate::text::printable;

/// Prints one document.
pub fn print(outcome: &Outcome, sources: &Sources<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">")?;
    // Findings are in the order of their files.
    let by_file = outcome.findings.chunk_by(|a, b| a.finding.primary.at.file == b.finding.primary.at.file);
    for findings in by_file {
        let Some(first) = findings.first() else { continue };
        writeln!(out, "  <file name=\"{}\">", escape(&sources.path(first.finding.primary.at.file)))?;
        for reported in findings {
            let position = sources.position(reported.finding.primary.at);
            writeln!(
                out,
                "    <error line=\"{}\" column=\"{}\" severity=\"{}\" message=\"{}\" source=\"linger::{}\"/>",
                position.line,
                position.column,
                level_name(reported.level),
                escape_lines(&printable(&full_text(&reported.finding, sources))),
                escape(&reported.finding.code()),
            )?;
        }
        writeln!(out, "  </file>")?;
    }
    writeln!(out, "</checkstyle>")?;
    Ok(())
}
