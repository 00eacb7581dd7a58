//! What every rule must have: a file, a line in the registry, fixtures, documentation in one shape.

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

fn rules() -> Vec<Value> {
    let output = common::run(&common::repository(), &["rules", "--format", "json"]);
    serde_json::from_slice(&output.stdout).expect("a list of rules")
}

fn text<'a>(rule: &'a Value, key: &str) -> &'a str {
    rule[key].as_str().unwrap_or_default()
}

/// Rules that the driver itself finds: they have no fixtures, since other tests cover them.
fn is_tool(rule: &Value) -> bool {
    text(rule, "group") == "tool"
}

#[test]
fn every_rule_has_a_file_and_every_file_is_a_rule() {
    let rules = rules();
    let listed: BTreeSet<String> =
        rules.iter().map(|r| format!("{}/{}", text(r, "group"), text(r, "name"))).collect();
    let folder = common::repository().join("lints/src/rules");
    let mut files = BTreeSet::new();
    for entry in walkdir::WalkDir::new(&folder).min_depth(2) {
        let path = entry.expect("rules can be read").into_path();
        let declares = path.extension().is_some_and(|e| e == "rs")
            && std::fs::read_to_string(&path).expect("UTF-8").contains("declare_rule! {");
        if declares {
            let below = path.strip_prefix(&folder).expect("below").with_extension("");
            files.insert(below.to_string_lossy().replace('\\', "/"));
        }
    }
    assert_eq!(listed, files, "rules in the registry (left) and files that declare one (right) differ");
}

#[test]
fn every_rule_has_fixtures() {
    let fixtures = common::repository().join("fixtures");
    let mut trouble = Vec::new();
    let rules = rules();
    for rule in rules.iter().filter(|r| !is_tool(r)) {
        let name = text(rule, "name");
        let all = sources(&fixtures.join(name));
        let good = all.iter().filter(|(file, _)| file.starts_with("good")).count();
        let firing = all.iter().filter(|(_, text)| marked_lines(text, name).next().is_some()).count();
        if good == 0 {
            trouble.push(format!("{name}: no good*.rs"));
        }
        // A good file may show what only a strict case reports.
        let strict: Vec<String> = rule["cases"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|case| text(case, "level") == "allow")
            .map(|case| format!("{name}/{}", text(case, "name")).trim_end_matches('/').to_owned())
            .collect();
        for (file, code) in all.iter().filter(|(file, _)| file.starts_with("good")) {
            for index in marked_lines(code, name) {
                let line = code.lines().nth(index).unwrap_or_default();
                if !strict.iter().any(|s| line.contains(s.as_str())) {
                    trouble.push(format!("{name}: {file} has a marker of a case that is on by default"));
                }
            }
        }
        if firing == 0 {
            trouble.push(format!("{name}: no fixture in which it fires"));
        }
        if !all.iter().any(|(_, text)| fires_in_macro(text, name)) {
            trouble.push(format!("{name}: no marker within a macro call"));
        }
    }
    for entry in std::fs::read_dir(&fixtures).expect("fixtures") {
        let name = entry.expect("fixtures").file_name().to_string_lossy().into_owned();
        if !rules.iter().any(|r| text(r, "name") == name) {
            trouble.push(format!("fixtures/{name} belongs to no rule"));
        }
    }
    assert!(trouble.is_empty(), "{}", trouble.join("\n"));
}

/// All Rust files below, by name.
fn sources(dir: &Path) -> Vec<(String, String)> {
    walkdir::WalkDir::new(dir)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|e| e.path().extension().is_some_and(|x| x == "rs"))
        .map(|e| {
            let below = e.path().strip_prefix(dir).expect("below").to_string_lossy().into_owned();
            (below, std::fs::read_to_string(e.path()).expect("fixtures are UTF-8"))
        })
        .collect()
}

/// Lines (from 0) with a marker of the rule.
fn marked_lines<'t>(text: &'t str, rule: &'t str) -> impl Iterator<Item = usize> + 't {
    text.lines().enumerate().filter_map(move |(index, line)| {
        let marker = line.split_once("//~")?.1;
        marker
            .split([',', ' ', 'v', '^'])
            .chain(marker.split([',', ' ']))
            .any(|code| code.trim().split('/').next() == Some(rule))
            .then_some(index)
    })
}

/// Whether some marked line stands inside of a macro call or a `macro_rules!` definition.
fn fires_in_macro(text: &str, rule: &str) -> bool {
    let mut depth_of_macros: Vec<bool> = Vec::new();
    let mut lines_in_macro = BTreeSet::new();
    for (index, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        let mut inside = depth_of_macros.iter().any(|m| *m);
        let mut before = String::new();
        for c in code.chars() {
            match c {
                '{' | '(' | '[' => {
                    // `name! {`, `name!(` or `macro_rules! name {`
                    let opened = before.trim_end();
                    let head = opened.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_').trim_end();
                    let is_macro =
                        opened.ends_with('!') && !opened.ends_with("#!") || head.ends_with("macro_rules!");
                    depth_of_macros.push(is_macro);
                    inside |= is_macro;
                }
                '}' | ')' | ']' => {
                    depth_of_macros.pop();
                }
                _ => {}
            }
            before.push(c);
        }
        if inside {
            lines_in_macro.insert(index);
        }
    }
    marked_lines(text, rule).any(|line| lines_in_macro.contains(&line))
}

#[test]
fn documentation_has_one_shape() {
    let mut trouble = Vec::new();
    for rule in &rules() {
        let (name, docs) = (text(rule, "name"), text(rule, "docs"));
        for heading in ["## Why it matters", "## Example", "## Limits"] {
            if docs.matches(&format!("\n{heading}\n")).count() != 1 {
                trouble.push(format!("{name}: not exactly one `{heading}`"));
            }
        }
        if !docs.contains(",fires\n") || !docs.contains(",clean\n") {
            trouble.push(format!("{name}: no example that fires, or none that is clean"));
        }
        let summary = text(rule, "summary");
        if !summary.ends_with('.') || summary.matches('.').count() > 1 && summary.contains(". ") {
            trouble.push(format!("{name}: the first line is not one sentence"));
        }
        if summary.chars().count() > 110 {
            trouble.push(format!("{name}: the first line is long"));
        }
        for case in rule["cases"].as_array().into_iter().flatten() {
            let summary = text(case, "summary");
            let starts_low =
                summary.chars().next().is_none_or(|c| !c.is_uppercase() || text(case, "name").is_empty());
            if !starts_low {
                trouble.push(format!("{name}/{}: the summary starts with a capital", text(case, "name")));
            }
        }
    }
    assert!(trouble.is_empty(), "{}", trouble.join("\n"));
}

#[test]
fn messages_have_one_shape() {
    // Of all messages that the fixtures give: lower case (or code), no full stop, no "try".
    let scratch = common::scratch();
    for (name, text) in sources(&common::repository().join("fixtures")) {
        common::write(scratch.path(), &[(&name, &text)]);
    }
    let output = common::run(scratch.path(), &["--message-format", "json", "-W", "all", "."]);
    let findings = common::findings(&output);
    assert!(!findings.is_empty(), "the fixtures were not checked");
    let mut trouble = Vec::new();
    for finding in findings {
        let first = finding.message.chars().next().unwrap_or(' ');
        if first.is_uppercase() || finding.message.ends_with('.') || finding.message.contains("try ") {
            trouble.push(format!("{}: {}", finding.rule, finding.message));
        }
    }
    trouble.sort();
    trouble.dedup();
    assert!(trouble.is_empty(), "{}", trouble.join("\n"));
}
