//! reviewdog's diagnostic format: one object a line, columns in bytes.

use std::io::Write;

use linger_analysis::span::FileSpan;
use linger_lints::{Applicability, Level};
use serde_json::{Value, json};

use crate::report::{Sources, full_text};
use crate::run::Outcome;
use crate::text::{one_line, printable};

/// reviewdog's scanner gives up, silently, on lines of 64 KiB.
const LONGEST_LINE: usize = 60_000;

/// Prints one line for each finding.
pub fn print(outcome: &Outcome, sources: &Sources<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
    for reported in &outcome.findings {
        let finding = &reported.finding;
        let related: Vec<Value> = finding
            .steps
            .iter()
            .map(|step| json!({ "message": one_line(&step.text), "location": location(sources, step.at) }))
            .collect();
        let suggestions: Vec<Value> = finding
            .fixes
            .iter()
            .filter(|fix| fix.applicability != Applicability::HasPlaceholders)
            .flat_map(|fix| fix.edits.iter())
            .filter(|edit| edit.at.file == finding.primary.at.file)
            .map(|edit| json!({ "range": range(sources, edit.at), "text": edit.replacement }))
            .collect();
        let mut value = json!({
            "message": printable(&full_text(finding, sources)),
            "location": location(sources, finding.primary.at),
            "severity": if reported.level >= Level::Deny { "ERROR" } else { "WARNING" },
            "source": { "name": "linger", "url": env!("CARGO_PKG_REPOSITORY") },
            "code": { "value": format!("linger::{}", finding.code()) },
            "suggestions": suggestions,
            "relatedLocations": related,
        });
        let mut line = value.to_string();
        for optional in ["suggestions", "relatedLocations"] {
            if line.len() > LONGEST_LINE {
                value[optional] = json!([]);
                line = value.to_string();
            }
        }
        if line.len() > LONGEST_LINE {
            let short: String = one_line(&finding.message).chars().take(2000).collect();
            value["message"] = json!(short);
            line = value.to_string();
        }
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn location(sources: &Sources<'_>, at: FileSpan) -> Value {
    json!({ "path": sources.path(at.file), "range": range(sources, at) })
}

fn range(sources: &Sources<'_>, at: FileSpan) -> Value {
    let position = sources.position(at);
    json!({
        "start": { "line": position.line, "column": sources.byte_column(at.file, position.start) },
        "end": { "line": position.end_line, "column": sources.byte_column(at.file, position.end) },
    })
}
