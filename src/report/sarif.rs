//! SARIF 2.1.0, for code scanning.

use std::io::Write;

use linger_analysis::span::FileSpan;
use linger_lints::Level;
use serde_json::{Value, json};

use crate::report::Sources;
use crate::run::Outcome;
use crate::text::printable;

/// Prints one SARIF log.
pub fn print(outcome: &Outcome, out: &mut dyn Write) -> anyhow::Result<()> {
    let sources = Sources::new(outcome);
    let rules: Vec<Value> = linger_lints::all()
        .iter()
        .map(|rule| {
            let meta = rule.meta;
            json!({
                "id": format!("linger::{}", meta.name),
                "name": meta.name,
                "shortDescription": { "text": meta.summary },
                "fullDescription": { "text": meta.summary },
                "help": { "text": meta.markdown(), "markdown": meta.markdown() },
                "properties": { "tags": [meta.group.name()], "precision": "high" },
                "defaultConfiguration": { "level": level(meta.cases.iter().map(|c| c.level).max().unwrap_or(Level::Warn)) },
            })
        })
        .collect();
    let mut seen: rustc_hash::FxHashMap<String, usize> = rustc_hash::FxHashMap::default();
    let results: Vec<Value> = outcome
        .findings
        .iter()
        .map(|reported| {
            let finding = &reported.finding;
            let index = linger_lints::all().iter().position(|r| r.meta.name == finding.rule.name);
            let steps: Vec<Value> = finding
                .steps
                .iter()
                .map(|s| {
                    let mut place = location(&sources, s.at);
                    place["message"] = json!({ "text": printable(&s.text) });
                    place
                })
                .collect();
            let key = format!(
                "{}:{}:{}:{}",
                finding.rule.name,
                sources.path(finding.primary.at.file),
                finding.enclosing.map(|e| e.to_string()).unwrap_or_default(),
                sources.line(finding.primary.at.file, sources.position(finding.primary.at).line).trim(),
            );
            let count = seen.entry(key.clone()).or_insert(0);
            *count += 1;
            let print = format!("{:016x}:{count}", hash(&key));
            let mut value = json!({
                "ruleId": format!("linger::{}", finding.rule.name),
                "level": level(reported.level),
                "message": { "text": text(reported) },
                "locations": [location(&sources, finding.primary.at)],
                "partialFingerprints": { "linger/v1": print },
            });
            if let Some(index) = index {
                value["ruleIndex"] = json!(index);
            }
            if !steps.is_empty() {
                let mut flow = vec![json!({ "location": location(&sources, finding.primary.at) })];
                flow.extend(steps.iter().map(|s| json!({ "location": s })));
                value["codeFlows"] = json!([{ "threadFlows": [{ "locations": flow }] }]);
                value["relatedLocations"] = json!(steps);
            }
            value
        })
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "linger",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)?;
    Ok(())
}

fn text(reported: &crate::pipeline::Reported) -> String {
    let mut text = printable(&reported.finding.message);
    for help in &reported.finding.help {
        text.push_str(&format!("\nhelp: {}", printable(help)));
    }
    text
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Allow => "none",
        Level::Warn => "warning",
        Level::Deny | Level::Forbid => "error",
    }
}

fn location(sources: &Sources<'_>, at: FileSpan) -> Value {
    let position = sources.position(at);
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(&sources.path(at.file)) },
            "region": {
                "startLine": position.line, "startColumn": position.column,
                "endLine": position.end_line, "endColumn": position.end_column,
            },
        },
    })
}

/// Percent-encodes a relative path.
fn uri(path: &str) -> String {
    path.bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => char::from(b).to_string(),
            _ => format!("%{b:02X}"),
        })
        .collect()
}

/// FNV-1a: the same on every machine and in every version.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}
