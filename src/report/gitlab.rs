//! GitLab code quality: one JSON array.

use std::io::Write;

use linger_lints::{Confidence, Level};
use serde_json::{Value, json};

use crate::report::sarif::Fingerprints;
use crate::report::{Sources, full_text};
use crate::run::Outcome;
use crate::text::printable;

/// Prints one array, `[]` when nothing was found.
pub fn print(outcome: &Outcome, sources: &Sources<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut fingerprints = Fingerprints::default();
    let list: Vec<Value> = outcome
        .findings
        .iter()
        .map(|reported| {
            let finding = &reported.finding;
            let severity = match (reported.level, finding.confidence) {
                (Level::Deny | Level::Forbid, _) => "critical",
                (_, Confidence::Certain) => "major",
                (_, Confidence::Likely) => "minor",
            };
            let position = sources.position(finding.primary.at);
            json!({
                "description": printable(&full_text(finding, sources)),
                "check_name": format!("linger::{}", finding.code()),
                "fingerprint": fingerprints.of(finding, sources),
                "severity": severity,
                "location": {
                    "path": sources.path_in_repository(finding.primary.at.file),
                    "lines": { "begin": position.line, "end": position.end_line },
                },
            })
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &list)?;
    writeln!(out)?;
    Ok(())
}
