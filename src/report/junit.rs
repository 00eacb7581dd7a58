//! JUnit XML: each finding is a test that failed; a clean run is one that passed.

use std::io::Write;

use crate::report::xml::{escape, escape_lines};
use crate::report::{Sources, full_text, level_name, message};
use crate::run::Outcome;
use crate::text::printable;

/// Prints one document.
pub fn print(outcome: &Outcome, sources: &Sources<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
    let count = outcome.findings.len();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"linger\" tests=\"{}\" failures=\"{count}\" errors=\"0\">",
        count.max(1)
    )?;
    if count == 0 {
        writeln!(out, "  <testsuite name=\"linger\" tests=\"1\" failures=\"0\" errors=\"0\">")?;
        writeln!(out, "    <testcase name=\"no findings\" classname=\"linger\"/>\n  </testsuite>")?;
    }
    let by_file = outcome.findings.chunk_by(|a, b| a.finding.primary.at.file == b.finding.primary.at.file);
    for findings in by_file {
        let Some(first) = findings.first() else { continue };
        let path = escape(&sources.path(first.finding.primary.at.file));
        let class = path.strip_suffix(".rs").unwrap_or(&path);
        let count = findings.len();
        writeln!(out, "  <testsuite name=\"{path}\" tests=\"{count}\" failures=\"{count}\" errors=\"0\">")?;
        for reported in findings {
            let position = sources.position(reported.finding.primary.at);
            writeln!(
                out,
                "    <testcase name=\"linger::{}\" classname=\"{class}\" file=\"{path}\" line=\"{}\">",
                escape(&reported.finding.code()),
                position.line,
            )?;
            writeln!(
                out,
                "      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>",
                level_name(reported.level),
                escape(&message(&reported.finding)),
                escape_lines(&printable(&format!(
                    "{}:{}:{}: {}",
                    crate::text::one_line(&sources.path(first.finding.primary.at.file)),
                    position.line,
                    position.column,
                    full_text(&reported.finding, sources)
                ))),
            )?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")?;
    Ok(())
}
