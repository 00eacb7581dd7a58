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

/// Replaces what stands between two marks.
fn between(text: &str, from: &str, to: &str, new: &str) -> String {
    let (before, rest) = text.split_once(from).expect("the start");
    let (_, after) = rest.split_once(to).expect("the end");
    format!("{before}{from}\n{}\n{to}{after}", new.trim())
}

/// The type of a value in words.
fn kind(schema: &Value) -> String {
    if let Some(values) = choices(schema) {
        return values.iter().map(|v| format!("`{v}`")).collect::<Vec<_>>().join(", ");
    }
    if schema["$ref"] == "#/$defs/level" {
        return "level".to_owned();
    }
    let name = |value: &Value| match value.as_str() {
        Some("array") => format!("list of {}s", schema["items"]["type"].as_str().unwrap_or("string")),
        other => other.unwrap_or("string").to_owned(),
    };
    match &schema["type"] {
        Value::Array(types) => types.iter().find(|t| **t != "null").map_or_else(String::new, name),
        one => name(one),
    }
}

/// The words that a value may be: `enum`, or `const`s side by side, `null` aside.
fn choices(schema: &Value) -> Option<Vec<String>> {
    if let Some(values) = schema["enum"].as_array() {
        return Some(
            values.iter().filter(|v| !v.is_null()).map(|v| v.to_string().replace('"', "")).collect(),
        );
    }
    if let Some(value) = schema.get("const") {
        return Some(vec![value.to_string().replace('"', "")]);
    }
    let among = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array())?;
    let found: Vec<String> = among.iter().filter_map(choices).flatten().collect();
    (!found.is_empty()).then_some(found)
}

/// A table of the keys of an object.
fn keys(schema: &Value) -> String {
    let mut table = String::from("| key | value | meaning |\n|---|---|---|\n");
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    for (key, value) in schema["properties"].as_object().into_iter().flatten() {
        let text = value["description"].as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|");
        let must = if required.contains(&Value::from(key.as_str())) { " (required)" } else { "" };
        table.push_str(&format!("| `{key}` | {}{must} | {} |\n", kind(value), text.trim_end_matches('.')));
    }
    table
}

#[test]
fn the_reference_of_the_configuration_is_fresh() {
    let root = common::repository();
    let schema = std::fs::read_to_string(root.join("linger.schema.json")).expect("the schema");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let property = |name: &str| &schema["properties"][name];
    let text = |value: &Value| value["description"].as_str().unwrap_or_default().to_owned();
    let mut out = String::new();
    let simple = ["exclude", "baseline", "require_reason", "edition"];
    for name in simple {
        out.push_str(&format!("### `{name}`\n\n{}: {}.\n\n", kind(property(name)), text(property(name))));
    }
    let levels = &schema["$defs"]["level"];
    out.push_str(&format!(
        "### `[rules]`\n\nThe {}. A key is a rule, `\"rule/case\"` or a group; a value is a level ({}), or a table with \
         `level` and the rule's options. The groups:\n\n| group | what is in it |\n|---|---|\n",
        text(property("rules")),
        kind(levels)
    ));
    let rules = property("rules")["properties"].as_object().expect("rules");
    let known: BTreeSet<String> =
        self::rules().iter().map(|r| r["name"].as_str().unwrap_or_default().to_owned()).collect();
    for (name, value) in rules.iter().filter(|(name, _)| !name.contains('/') && !known.contains(*name)) {
        out.push_str(&format!("| `{name}` | {} |\n", text(value)));
    }
    out.push_str("\nThe [pages of the rules](rules/README.md) have the cases. Rules with options:\n\n| rule | option | value | meaning |\n|---|---|---|---|\n");
    for (name, value) in rules {
        let table = value["anyOf"][1]["properties"].as_object().into_iter().flatten();
        for (option, value) in table.filter(|(option, _)| *option != "level") {
            let default = value.get("default").map(|d| format!(" (default `{d}`)")).unwrap_or_default();
            let text = text(value).replace('\n', " ");
            out.push_str(&format!(
                "| [`{name}`](rules/{name}.md) | `{option}` | {}{default} | {} |\n",
                kind(value),
                text.trim_end_matches('.')
            ));
        }
    }
    let tests = &property("tests")["properties"]["level"];
    out.push_str(&format!(
        "\n### `[tests]`\n\n`level`: {}: {}.\n\n### `[[overrides]]`\n\nA list of {}. `paths` are globs relative to the \
         file, `rules` has levels as above (options are the same everywhere), `tests` as above.\n\n",
        text(property("tests")),
        text(tests),
        text(property("overrides"))
    ));
    let catalogue = property("catalogue");
    out.push_str(&format!("### `[catalogue]`\n\n{}.\n\n", text(catalogue)));
    for list in ["resource", "function"] {
        let items = &catalogue["properties"][list];
        let summary = text(items);
        let summary = summary.trim_end_matches('.');
        out.push_str(&format!("#### `[[catalogue.{list}]]`\n\n{summary}.\n\n{}\n", keys(&items["items"])));
    }
    let lists = ["container", "shared_pointer", "request"];
    out.push_str("#### Lists of types\n\n| key | meaning |\n|---|---|\n");
    for list in lists {
        let text = text(&catalogue["properties"][list]);
        out.push_str(&format!("| `catalogue.{list}` | {} |\n", text.trim_end_matches('.')));
    }
    let shown: BTreeSet<&str> =
        simple.into_iter().chain(["rules", "tests", "overrides", "catalogue"]).collect();
    let all: BTreeSet<&str> =
        schema["properties"].as_object().expect("keys").keys().map(String::as_str).collect();
    assert_eq!(shown, all, "a key that the reference leaves out");
    let path = root.join("docs/configuration.md");
    let found = std::fs::read_to_string(&path).expect("the reference");
    let wanted =
        between(&found, "<!-- keys: generated from linger.schema.json -->\n", "<!-- end of keys -->", &out);
    common::generated(&path, &wanted);
}

#[test]
fn the_book_has_all_pages() {
    let docs = common::repository().join("docs");
    let mut summary = String::from(
        "# Summary\n\n[linger](README.md)\n\n- [Turn it on in an old code base](adoption.md)\n- [Configuration](configuration.md)\n\
         - [CI and hooks](ci/README.md)\n- [Editors](editors.md)\n- [What linger cannot see](limits.md)\n- [How often linger is right](precision.md)\n- [Speed](speed.md)\n- [Rules](rules/README.md)\n",
    );
    let mut group = String::new();
    for rule in rules() {
        let text = |key: &str| rule[key].as_str().unwrap_or_default().to_owned();
        if group != text("group") {
            group = text("group");
            summary.push_str(&format!("  - [{group}]()\n"));
        }
        summary.push_str(&format!("    - [{0}](rules/{0}.md)\n", text("name")));
    }
    common::generated(&docs.join("SUMMARY.md"), &summary);
    for page in walkdir::WalkDir::new(&docs).into_iter().flatten().map(walkdir::DirEntry::into_path) {
        let below = page.strip_prefix(&docs).unwrap_or(&page).to_string_lossy().replace('\\', "/");
        if below.ends_with(".md") && below != "SUMMARY.md" {
            assert!(summary.contains(&format!("]({below})")), "{below} is on no page of the book");
        }
    }
}

/// A heading as it is linked to: as GitHub and mdBook make it.
fn anchor(heading: &str) -> String {
    let text: String =
        heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_')).collect();
    text.trim().to_lowercase().replace(' ', "-")
}

fn has_anchor(path: &std::path::Path, wanted: &str) -> bool {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let headings = text.lines().filter(|l| l.starts_with('#'));
    headings.map(|l| anchor(l.trim_start_matches('#'))).any(|found| found == wanted)
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
                if in_code || target.contains("://") {
                    continue;
                }
                let (file, heading) = target.split_once('#').unwrap_or((target, ""));
                let there =
                    if file.is_empty() { path.clone() } else { path.parent().unwrap_or(&root).join(file) };
                // A page without a link is a title in the book's list.
                let is_title = target.is_empty() && path.ends_with("SUMMARY.md");
                assert!(is_title || there.exists(), "{}: {target}", path.display());
                assert!(heading.is_empty() || has_anchor(&there, heading), "{}: {target}", path.display());
                // What the book shows must be in the book.
                let in_book = path.starts_with(root.join("docs"));
                let within = std::fs::canonicalize(&there).is_ok_and(|t| {
                    t.starts_with(std::fs::canonicalize(root.join("docs")).unwrap_or_default())
                });
                assert!(!in_book || is_title || within, "{}: {target} leads out of the book", path.display());
            }
        }
    }
}
