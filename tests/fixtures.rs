//! Every rule against its fixtures.
//!
//! `fixtures/<rule>/*.rs` are files on their own; `x.2021.rs` is checked as edition 2021, all others as 2024. A
//! folder with a `Cargo.toml` is a package. A line that a finding is expected on ends in `//~ rule` or
//! `//~ rule/case` (several with commas); `//~v rule` speaks of the next line, `//~^ rule` of the one before.
//! `//~ FIXME rule` marks a finding that is missing although it should be there. Files named `good*` have none.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use common::Finding;

/// A marker in a fixture.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Marker {
    line: u64,
    /// `rule` or `rule/case`
    code: String,
    /// Known to be missing.
    fixme: bool,
}

impl Marker {
    fn rule(&self) -> &str {
        self.code.split('/').next().unwrap_or(&self.code)
    }

    fn fits(&self, finding: &Finding) -> bool {
        self.line == finding.line && (self.code == finding.code || self.code == finding.rule)
    }
}

/// Reads the markers of a fixture, and gives the text without them, so that they cannot pass for a reason.
fn markers(text: &str) -> (Vec<Marker>, String) {
    let mut found = Vec::new();
    let mut clean = String::with_capacity(text.len());
    for (index, line) in text.split('\n').enumerate() {
        let number = index as u64 + 1;
        let mut parts = line.split("//~");
        clean.push_str(parts.next().unwrap_or_default().trim_end());
        clean.push('\n');
        for part in parts {
            let (line, rest) = match part.chars().next() {
                Some('v') => (number + 1, &part[1..]),
                Some('^') => (number - 1, &part[1..]),
                _ => (number, part),
            };
            let rest = rest.trim();
            let (fixme, rest) = match rest.strip_prefix("FIXME") {
                Some(rest) => (true, rest),
                None => (false, rest),
            };
            for code in rest.split(',').map(str::trim).filter(|c| !c.is_empty()) {
                found.push(Marker { line, code: code.to_owned(), fixme });
            }
        }
    }
    clean.truncate(clean.len().saturating_sub(1));
    (found, clean)
}

/// One run: files of one edition, or one package.
struct Batch {
    name: String,
    edition: &'static str,
    /// Path in the scratch folder → rule whose fixture it is, and its markers.
    files: BTreeMap<String, (String, Vec<Marker>)>,
    packages: bool,
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = walkdir::WalkDir::new(dir)
        .into_iter()
        .map(|entry| entry.expect("fixtures can be read").into_path())
        .filter(|path| path.is_file())
        .collect();
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) -> Vec<Marker> {
    std::fs::create_dir_all(to.parent().expect("a folder")).expect("a folder of the scratch tree");
    let text = std::fs::read_to_string(from).expect("fixtures are UTF-8");
    if from.extension().is_none_or(|e| e != "rs") {
        std::fs::write(to, text).expect("a copy");
        return Vec::new();
    }
    let (markers, clean) = markers(&text);
    std::fs::write(to, clean).expect("a copy");
    markers
}

/// Lays the fixtures out in `scratch`.
fn batches(scratch: &Path) -> Vec<Batch> {
    let fixtures = common::repository().join("fixtures");
    let mut loose: BTreeMap<&'static str, BTreeMap<String, (String, Vec<Marker>)>> = BTreeMap::new();
    let mut batches = Vec::new();
    for rule_dir in std::fs::read_dir(&fixtures).expect("fixtures").map(|e| e.expect("fixtures").path()) {
        if !rule_dir.is_dir() {
            continue;
        }
        let rule = rule_dir.file_name().and_then(|n| n.to_str()).expect("a rule's name").to_owned();
        for path in std::fs::read_dir(&rule_dir).expect("fixtures").map(|e| e.expect("fixtures").path()) {
            let name = path.file_name().and_then(|n| n.to_str()).expect("a name").to_owned();
            if path.is_dir() {
                let base = format!("packages/{rule}/{name}");
                let mut files = BTreeMap::new();
                for file in rust_files(&path) {
                    let inside = file.strip_prefix(&path).expect("below").to_string_lossy().into_owned();
                    let to = scratch.join(&base).join(&inside);
                    let markers = copy(&file, &to);
                    if inside.ends_with(".rs") {
                        files.insert(inside, (rule.clone(), markers));
                    }
                }
                batches.push(Batch { name: base, edition: "2024", files, packages: true });
            } else if name.ends_with(".rs") {
                let edition = ["2015", "2018", "2021"]
                    .into_iter()
                    .find(|e| name.ends_with(&format!(".{e}.rs")))
                    .unwrap_or("2024");
                let key = format!("{rule}/{name}");
                let markers = copy(&path, &scratch.join(edition).join(&key));
                loose.entry(edition).or_default().insert(key, (rule.clone(), markers));
            }
        }
    }
    for (edition, files) in loose {
        batches.push(Batch { name: edition.to_owned(), edition, files, packages: false });
    }
    batches
}

fn check(batch: &Batch, scratch: &Path, trouble: &mut Vec<String>) {
    let dir = scratch.join(&batch.name);
    let output =
        common::run(&dir, &["--message-format", "json", "-W", "all", "--edition", batch.edition, "."]);
    let found = common::findings(&output);
    let mut by_file: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &found {
        by_file.entry(&finding.file).or_default().push(finding);
    }
    for (file, (rule, markers)) in &batch.files {
        // A fixture speaks of its own rule, and of those that it names.
        let rules: BTreeSet<&str> =
            markers.iter().map(Marker::rule).chain([rule.as_str(), "syntax_error"]).collect();
        let findings: Vec<&&Finding> = by_file
            .get(file.as_str())
            .into_iter()
            .flatten()
            .filter(|f| rules.contains(f.rule.as_str()))
            .collect();
        let shown = if batch.packages { format!("{}/{file}", batch.name) } else { file.clone() };
        for marker in markers {
            let there = findings.iter().any(|f| marker.fits(f));
            if there == marker.fixme {
                let what = if there { "found now, drop FIXME" } else { "not found" };
                trouble.push(format!("{shown}:{}: {} {what}", marker.line, marker.code));
            }
        }
        for finding in findings {
            if !markers.iter().any(|m| m.fits(finding)) {
                trouble.push(format!(
                    "{shown}:{}: unexpected {}: {}",
                    finding.line, finding.code, finding.message
                ));
            }
        }
    }
}

#[test]
fn findings_are_where_the_markers_are() {
    let scratch = common::scratch();
    let mut trouble = Vec::new();
    for batch in batches(scratch.path()) {
        check(&batch, scratch.path(), &mut trouble);
    }
    trouble.sort();
    assert!(trouble.is_empty(), "{} differences:\n{}", trouble.len(), trouble.join("\n"));
}

#[test]
fn markers_are_read() {
    let (found, clean) = markers("a(); //~ one, two/x\n//~v three\nb();\n//~^ FIXME four");
    let short: Vec<(u64, &str, bool)> = found.iter().map(|m| (m.line, m.code.as_str(), m.fixme)).collect();
    assert_eq!(short, [(1, "one", false), (1, "two/x", false), (3, "three", false), (3, "four", true)]);
    assert_eq!(clean, "a();\n\nb();\n");
}
