//! cargo's `compiler-message` lines, as rust-analyzer and rustfix read them.

use std::io::Write;

use linger_analysis::names::TargetKind;
use linger_analysis::span::FileSpan;
use linger_lints::{Applicability, Label};
use serde_json::{Value, json};

use crate::pipeline::Reported;
use crate::report::{Sources, human, level_name, message};
use crate::run::Outcome;
use crate::text::{one_line, printable};

/// Prints one JSON object a line.
pub fn print(outcome: &Outcome, sources: &Sources<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
    let plain = human::Plain::new(outcome, sources);
    for reported in &outcome.findings {
        let line = compiler_message(outcome, sources, &plain, reported);
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn compiler_message(
    outcome: &Outcome,
    sources: &Sources<'_>,
    plain: &human::Plain<'_>,
    reported: &Reported,
) -> Value {
    let finding = &reported.finding;
    let file = finding.primary.at.file;
    let path = &outcome.program.file(file).path;
    let mut spans = vec![span(sources, &finding.primary, true)];
    spans.extend(finding.steps.iter().map(|s| span(sources, s, false)));
    let mut children: Vec<Value> = Vec::new();
    for note in &finding.notes {
        children.push(child("note", note));
    }
    for help in &finding.help {
        children.push(child("help", help));
    }
    for fix in &finding.fixes {
        let applicability = match fix.applicability {
            Applicability::MachineApplicable => "MachineApplicable",
            Applicability::MaybeIncorrect => "MaybeIncorrect",
            Applicability::HasPlaceholders => "HasPlaceholders",
        };
        let mut spans: Vec<Value> = fix
            .edits
            .iter()
            .map(|edit| {
                let mut value = span(sources, &Label { at: edit.at, text: String::new() }, true);
                value["suggested_replacement"] = json!(edit.replacement);
                value["suggestion_applicability"] = json!(applicability);
                value
            })
            .collect();
        // rust-analyzer offers a fix where its spans are: at the finding too, and there nothing is replaced.
        spans.push(span(sources, &Label { at: finding.primary.at, text: String::new() }, true));
        children.push(json!({
            "message": one_line(&fix.title), "code": null, "level": "help", "spans": spans,
            "children": [], "rendered": null,
        }));
    }
    let package = outcome.found.package_of(path);
    let krate = outcome.program.crate_of(file);
    let kind = match krate.map(|c| c.kind) {
        Some(TargetKind::Bin) => "bin",
        Some(TargetKind::Test) => "test",
        Some(TargetKind::Bench) => "bench",
        Some(TargetKind::Example) => "example",
        Some(TargetKind::BuildScript) => "custom-build",
        _ => "lib",
    };
    let name = krate.map_or_else(String::new, |c| c.name.clone());
    let root = krate.map_or_else(|| path.display().to_string(), |c| c.root.display().to_string());
    json!({
        "reason": "compiler-message",
        "package_id": package
            .map_or_else(|| format!("path+file://{}#0.0.0", outcome.found.root.display()), crate::manifest::Package::id),
        "manifest_path": package.map(|p| p.manifest.display().to_string()),
        "target": {
            "kind": [kind], "crate_types": [if kind == "lib" { "lib" } else { "bin" }], "name": name,
            "src_path": root, "edition": krate.map_or(2024, |c| c.edition).to_string(),
            "doc": false, "doctest": false, "test": true,
        },
        "message": {
            "message": message(finding),
            "code": { "code": format!("linger::{}", finding.rule.name), "explanation": null },
            "level": level_name(reported.level),
            "spans": spans,
            "children": children,
            "rendered": plain.render(reported),
        },
    })
}

fn child(level: &str, text: &str) -> Value {
    json!({ "message": printable(text), "code": null, "level": level, "spans": [], "children": [], "rendered": null })
}

fn span(sources: &Sources<'_>, label: &Label, is_primary: bool) -> Value {
    let at: FileSpan = label.at;
    let position = sources.position(at);
    let text: Vec<Value> = (position.line..=position.end_line)
        .map(|line| {
            let content = sources.line(at.file, line);
            let length = content.chars().count() + 1;
            json!({
                "text": content,
                "highlight_start": if line == position.line { position.column } else { 1 },
                "highlight_end": if line == position.end_line { position.end_column } else { length },
            })
        })
        .collect();
    json!({
        "file_name": sources.path(at.file),
        "byte_start": position.start, "byte_end": position.end,
        "line_start": position.line, "line_end": position.end_line,
        "column_start": position.column, "column_end": position.end_column,
        "is_primary": is_primary,
        "text": text,
        "label": if label.text.is_empty() { Value::Null } else { json!(printable(&label.text)) },
        "suggested_replacement": null, "suggestion_applicability": null, "expansion": null,
    })
}
