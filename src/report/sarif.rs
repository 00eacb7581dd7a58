//! SARIF 2.1.0, for code scanning.

use std::io::Write;

use linger_analysis::span::FileSpan;
use linger_lints::{Applicability, Confidence, Diagnostic, Fix, Level, RuleMeta};
use rustc_hash::FxHashMap;
use serde_json::{Value, json};

use crate::pipeline::Reported;
use crate::report::{Position, Sources, level_name};
use crate::run::Outcome;
use crate::text::{one_line, printable, stable_hash};

/// Places of one finding that GitHub takes.
const MOST_PLACES: usize = 900;

/// Prints one SARIF log.
pub fn print(outcome: &Outcome, sources: &Sources<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
    let writer = Writer { sources };
    let rules: Vec<Value> = linger_lints::all().iter().map(|rule| describe(rule.meta)).collect();
    let mut fingerprints = Fingerprints::default();
    let mut hashes = LineHashes::default();
    let results: Vec<Value> =
        outcome.findings.iter().map(|r| writer.result(r, &mut fingerprints, &mut hashes)).collect();
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
            "automationDetails": { "id": "cargo-linger/" },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)?;
    Ok(())
}

/// A rule for the tool's list.
fn describe(meta: &RuleMeta) -> Value {
    let markdown = meta.markdown();
    let worst = meta.cases.iter().map(|c| c.level).max().unwrap_or(Level::Warn);
    json!({
        "id": format!("linger::{}", meta.name),
        "name": camel_case(meta.name),
        "shortDescription": { "text": meta.summary },
        "fullDescription": { "text": meta.summary },
        "help": { "text": markdown, "markdown": markdown },
        "helpUri": format!("{}/blob/main/docs/rules/{}.md", env!("CARGO_PKG_REPOSITORY"), meta.name),
        "properties": {
            "tags": ["resource-lifetime", meta.group.name()],
            "precision": "high",
            "problem.severity": if worst >= Level::Deny { "error" } else { "warning" },
        },
        "defaultConfiguration": { "level": level(worst.max(Level::Warn)), "enabled": meta.on_by_default() },
    })
}

fn camel_case(name: &str) -> String {
    name.split('_')
        .map(|word| {
            let mut chars = word.chars();
            chars.next().map(|c| c.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
        })
        .collect()
}

struct Writer<'w> {
    sources: &'w Sources<'w>,
}

impl Writer<'_> {
    fn result(&self, reported: &Reported, fingerprints: &mut Fingerprints, hashes: &mut LineHashes) -> Value {
        let finding = &reported.finding;
        let index = linger_lints::all().iter().position(|r| r.meta.name == finding.rule.name);
        let primary = self.location(finding.primary.at, Some(&finding.primary.text));
        let mut value = json!({
            "ruleId": format!("linger::{}", finding.rule.name),
            "level": level_name(reported.level),
            "message": { "text": text(finding) },
            "locations": [self.location(finding.primary.at, None)],
            "partialFingerprints": {
                "primaryLocationLineHash": hashes.of(finding.primary.at, self.sources),
                "linger/v1": fingerprints.of(finding, self.sources),
            },
            "properties": {
                "confidence": if finding.confidence == Confidence::Certain { "certain" } else { "likely" },
                "case": finding.case,
            },
        });
        if let Some(index) = index {
            value["ruleIndex"] = json!(index);
        }
        if !finding.steps.is_empty() {
            let steps: Vec<Value> =
                finding.steps.iter().take(MOST_PLACES).map(|s| self.location(s.at, Some(&s.text))).collect();
            let flow: Vec<Value> =
                std::iter::once(&primary).chain(&steps).map(|place| json!({ "location": place })).collect();
            value["codeFlows"] = json!([{ "threadFlows": [{ "locations": flow }] }]);
            let related: Vec<Value> = steps
                .into_iter()
                .enumerate()
                .map(|(id, mut place)| {
                    place["id"] = json!(id + 1);
                    place
                })
                .collect();
            value["relatedLocations"] = json!(related);
        }
        let fixes: Vec<Value> = finding
            .fixes
            .iter()
            .filter(|fix| fix.applicability != Applicability::HasPlaceholders)
            .map(|fix| self.fix(fix))
            .collect();
        if !fixes.is_empty() {
            value["fixes"] = json!(fixes);
        }
        value
    }

    fn location(&self, at: FileSpan, message: Option<&str>) -> Value {
        let mut place = json!({
            "physicalLocation": { "artifactLocation": self.artifact(at), "region": self.region(at) },
        });
        if let Some(text) = message.filter(|t| !t.is_empty()) {
            place["message"] = json!({ "text": printable(text) });
        }
        place
    }

    fn artifact(&self, at: FileSpan) -> Value {
        let path = self.sources.path_in_repository(at.file);
        if std::path::Path::new(&path).is_absolute() {
            return json!({ "uri": format!("file://{}", encoded(&path)) });
        }
        json!({ "uri": encoded(&path) })
    }

    fn region(&self, at: FileSpan) -> Value {
        let Position { line, column, end_line, end_column, .. } = self.sources.position(at);
        json!({ "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column })
    }

    fn fix(&self, fix: &Fix) -> Value {
        let mut by_file: Vec<(linger_analysis::span::FileId, Vec<Value>)> = Vec::new();
        for edit in &fix.edits {
            let replacement = json!({
                "deletedRegion": self.region(edit.at),
                "insertedContent": { "text": edit.replacement },
            });
            match by_file.iter_mut().find(|(file, _)| *file == edit.at.file) {
                Some((_, list)) => list.push(replacement),
                None => by_file.push((edit.at.file, vec![replacement])),
            }
        }
        let changes: Vec<Value> = by_file
            .into_iter()
            .map(|(file, replacements)| {
                let at = FileSpan { file, span: linger_analysis::span::Span::default() };
                json!({ "artifactLocation": self.artifact(at), "replacements": replacements })
            })
            .collect();
        json!({ "description": { "text": one_line(&fix.title) }, "artifactChanges": changes })
    }
}

/// The message as a sentence, with the advice. Brackets would be links.
fn text(finding: &Diagnostic) -> String {
    let mut text = printable(&finding.message);
    for help in &finding.help {
        text.push_str(&format!("\nhelp: {}", printable(help)));
    }
    text.replace('[', "\\[").replace(']', "\\]")
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Allow => "none",
        Level::Warn => "warning",
        Level::Deny | Level::Forbid => "error",
    }
}

/// Percent-encodes a path.
fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte))
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Fingerprints that stay when code moves: rule, path, item, the text of the line, and which of equal ones it is.
#[derive(Default)]
pub struct Fingerprints {
    seen: FxHashMap<String, usize>,
}

impl Fingerprints {
    /// The fingerprint of a finding. Unique within a run.
    pub fn of(&mut self, finding: &Diagnostic, sources: &Sources<'_>) -> String {
        let at = finding.primary.at;
        let line = sources.line(at.file, sources.position(at).line);
        let normal = line.split_whitespace().collect::<Vec<_>>().join(" ");
        let item = finding.enclosing.map(|e| e.to_string()).unwrap_or_default();
        let key = format!("{}\n{}\n{item}\n{normal}", finding.code(), sources.path(at.file));
        let count = self.seen.entry(key.clone()).or_insert(0);
        *count += 1;
        format!("{:016x}{:04x}", stable_hash(&key), count)
    }
}

/// GitHub's own fingerprint: the rolling hash that its upload action computes over the hundred characters from the
/// start of the line on, and which of equal ones it is.
#[derive(Default)]
struct LineHashes {
    by_file: FxHashMap<linger_analysis::span::FileId, Vec<String>>,
}

impl LineHashes {
    fn of(&mut self, at: FileSpan, sources: &Sources<'_>) -> String {
        let lines = self.by_file.entry(at.file).or_insert_with(|| line_hashes(sources.text(at.file)));
        lines.get(sources.position(at).line - 1).cloned().unwrap_or_default()
    }
}

/// The hash of each line of a text.
fn line_hashes(text: &str) -> Vec<String> {
    const WINDOW: usize = 100;
    const MOD: u64 = 37;
    let first_mod = (0..WINDOW).fold(1u64, |product, _| product.wrapping_mul(MOD));
    let mut window = [0u64; WINDOW];
    let mut line_numbers: [Option<usize>; WINDOW] = [None; WINDOW];
    let (mut index, mut hash) = (0usize, 0u64);
    let mut line = 0usize;
    let mut line_start = true;
    let mut previous_cr = false;
    let mut found: Vec<String> = Vec::new();
    let mut counts: FxHashMap<u64, usize> = FxHashMap::default();
    let mut output = |line: usize, hash: u64| {
        let count = counts.entry(hash).or_insert(0);
        *count += 1;
        if found.len() <= line {
            found.resize(line + 1, String::new());
        }
        found[line] = format!("{hash:x}:{count}");
    };
    let mut step = |unit: u64, starts: Option<usize>, output: &mut dyn FnMut(usize, u64)| {
        if let Some(line) = line_numbers[index].take() {
            output(line, hash);
        }
        line_numbers[index] = starts;
        let old = std::mem::replace(&mut window[index], unit);
        hash = MOD.wrapping_mul(hash).wrapping_add(unit).wrapping_sub(first_mod.wrapping_mul(old));
        index = (index + 1) % WINDOW;
    };
    for unit in text.encode_utf16().chain([0xffff]) {
        // Blanks do not count, and a line end is one character however it is written.
        if unit == u16::from(b' ') || unit == u16::from(b'\t') || (previous_cr && unit == u16::from(b'\n')) {
            previous_cr = false;
            continue;
        }
        previous_cr = unit == u16::from(b'\r');
        let unit = if previous_cr { u16::from(b'\n') } else { unit };
        let starts = line_start.then_some(line);
        step(u64::from(unit), starts, &mut output);
        line_start = unit == u16::from(b'\n');
        if line_start {
            line += 1;
        }
    }
    // The windows that the end of the file cut short are filled with nothing.
    for _ in 0..WINDOW {
        step(0, None, &mut output);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::line_hashes;

    #[test]
    fn line_hashes_are_those_of_the_upload_action() {
        // From the action's own tests.
        assert_eq!(
            line_hashes(" a\nb\n  \t\tc\n d"),
            ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]
        );
    }
}
