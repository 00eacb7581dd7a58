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

/// All rules as `rules --format json` has them.
fn rules() -> Vec<Value> {
    let output = common::run(&common::repository(), &["rules", "--format", "json"]);
    serde_json::from_slice(&output.stdout).expect("a list of rules")
}

#[test]
fn each_rule_has_a_fresh_page() {
    let dir = common::repository().join("docs/rules");
    let mut expected = BTreeSet::from(["README.md".to_owned()]);
    let mut index = String::from(
        "# Rules\n\nWritten from the rules' declarations; `cargo linger explain RULE` says the same.\n",
    );
    let mut group = String::new();
    for rule in rules() {
        let text = |key: &str| rule[key].as_str().unwrap_or_default().to_owned();
        let name = text("name");
        let page = common::run(&common::repository(), &["explain", &name]);
        common::generated(&dir.join(format!("{name}.md")), &common::stdout(&page));
        expected.insert(format!("{name}.md"));
        if group != text("group") {
            group = text("group");
            index.push_str(&format!("\n## {group}\n\n"));
        }
        index.push_str(&format!("- [`{name}`]({name}.md): {}\n", text("summary").trim_end_matches('.')));
    }
    common::generated(&dir.join("README.md"), &index);
    let found: BTreeSet<String> = std::fs::read_dir(&dir)
        .expect("the folder of pages")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(found, expected, "a page of a rule that is gone");
}

#[test]
fn links_in_documents_lead_somewhere() {
    let root = common::repository();
    let documents = walkdir::WalkDir::new(root.join("docs")).into_iter().flatten().map(|e| e.into_path());
    let top = ["README.md", "ARCHITECTURE.md", "SECURITY.md"].map(|name| root.join(name));
    for path in documents.chain(top).filter(|p| p.extension().is_some_and(|e| e == "md")) {
        let text = std::fs::read_to_string(&path).expect("a document");
        let mut in_code = false;
        for line in text.lines() {
            in_code ^= line.starts_with("```");
            for target in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
                let is_elsewhere = target.contains("://") || target.starts_with('#');
                let file = target.split('#').next().unwrap_or_default();
                let there = path.parent().unwrap_or(&root).join(file);
                assert!(in_code || is_elsewhere || there.exists(), "{}: {target}", path.display());
            }
        }
    }
}
