//! The documentation of the rules is true: examples fire or are clean, and what is generated is fresh.

mod common;

use std::collections::BTreeSet;

use serde_json::Value;

/// A code block of a rule's documentation.
struct Example {
    rule: String,
    fires: bool,
    code: String,
}

/// All examples, with the lines that rustdoc hides (`# …`) as code.
fn examples() -> Vec<Example> {
    let output = common::run(&common::repository(), &["rules", "--format", "json"]);
    let rules: Vec<Value> = serde_json::from_slice(&output.stdout).expect("a list of rules");
    let mut found = Vec::new();
    for rule in &rules {
        let name = rule["name"].as_str().unwrap_or_default();
        let mut open: Option<(Option<bool>, String)> = None;
        for line in rule["docs"].as_str().unwrap_or_default().lines() {
            match (&mut open, line.strip_prefix("```")) {
                (None, Some(info)) => {
                    let has = |word: &str| info.split(',').any(|w| w == word);
                    let kind = if has("fires") {
                        Some(true)
                    } else if has("clean") {
                        Some(false)
                    } else {
                        None
                    };
                    open = Some((kind, String::new()));
                }
                (Some((kind, code)), Some(_)) => {
                    if let Some(fires) = *kind {
                        found.push(Example { rule: name.to_owned(), fires, code: std::mem::take(code) });
                    }
                    open = None;
                }
                (Some((_, code)), None) => {
                    let line = if line == "#" { "" } else { line.strip_prefix("# ").unwrap_or(line) };
                    code.push_str(line);
                    code.push('\n');
                }
                (None, None) => {}
            }
        }
    }
    found
}

#[test]
fn examples_fire_or_are_clean() {
    let scratch = common::scratch();
    let examples = examples();
    for (index, example) in examples.iter().enumerate() {
        common::write(scratch.path(), &[(&format!("example_{index}.rs"), &example.code)]);
    }
    let output = common::run(scratch.path(), &["--message-format", "json", "-W", "all", "."]);
    let found: BTreeSet<(String, String)> =
        common::findings(&output).into_iter().map(|f| (f.file, f.rule)).collect();
    let trouble: Vec<String> = examples
        .iter()
        .enumerate()
        .filter(|(index, e)| found.contains(&(format!("example_{index}.rs"), e.rule.clone())) != e.fires)
        .map(|(_, e)| {
            let what = if e.fires { "does not fire" } else { "fires" };
            format!("{}: an example {what}:\n{}", e.rule, e.code)
        })
        .collect();
    assert!(trouble.is_empty(), "{}", trouble.join("\n"));
}

#[test]
fn the_table_of_rules_in_the_readme_is_fresh() {
    let path = common::repository().join("README.md");
    let readme = std::fs::read_to_string(&path).expect("a README");
    let (from, to) = ("<!-- rules: generated -->\n", "<!-- end of rules -->");
    let (before, rest) = readme.split_once(from).expect("the start of the table");
    let (_, after) = rest.split_once(to).expect("the end of the table");
    let output = common::run(&common::repository(), &["rules", "--format", "markdown"]);
    let wanted = format!("{before}{from}\n{}\n{to}{after}", common::stdout(&output).trim());
    common::generated(&path, &wanted);
}
