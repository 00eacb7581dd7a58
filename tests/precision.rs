//! `docs/precision.md` is written from the verdicts in `tests/precision` and from nothing else.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

/// Rows of a table, its comments left out.
fn rows(name: &str, columns: usize) -> Vec<Vec<String>> {
    let path = common::repository().join("tests/precision").join(name);
    let text = std::fs::read_to_string(path).expect("a table");
    let rows: Vec<Vec<String>> = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect();
    for row in &rows {
        assert_eq!(row.len(), columns, "{name}: {row:?}");
    }
    rows
}

/// A finding by where it is and its rule, without the case.
type Place = (String, String, String, String);

fn place(repository: &str, path: &str, line: &str, code: &str) -> Place {
    let rule = code.split('/').next().unwrap_or(code);
    (repository.to_owned(), path.to_owned(), line.to_owned(), rule.to_owned())
}

/// What is known of the findings of one rule or project.
#[derive(Default)]
struct Count {
    projects: BTreeSet<String>,
    right: usize,
    debatable: usize,
    wrong: usize,
    unjudged: usize,
    mended: usize,
    missed: usize,
}

impl Count {
    fn findings(&self) -> usize {
        self.right + self.debatable + self.wrong + self.unjudged
    }

    /// Share of the true ones among those that are true or false.
    fn share(&self) -> String {
        match self.right + self.wrong {
            0 => String::new(),
            decided => format!("{} %", self.right * 100 / decided),
        }
    }

    fn columns(&self) -> String {
        format!(
            "{} | {} | {} | {} | {} | {} | {} | {}",
            self.findings(),
            self.right,
            self.debatable,
            self.wrong,
            self.unjudged,
            self.share(),
            self.mended,
            self.missed
        )
    }
}

const COLUMNS: &str =
    "findings | true | debatable | false | not judged | true of decided | mended | missed |";

/// The counts by a key that is made of repository and rule.
fn count(key: impl Fn(&Place) -> String) -> BTreeMap<String, Count> {
    let verdicts: BTreeMap<Place, String> = rows("judged.tsv", 7)
        .into_iter()
        .map(|row| (place(&row[0], &row[2], &row[3], &row[4]), row[5].clone()))
        .collect();
    let reported: BTreeSet<Place> =
        rows("reported.tsv", 4).into_iter().map(|row| place(&row[0], &row[1], &row[2], &row[3])).collect();
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    for place in &reported {
        let count = counts.entry(key(place)).or_default();
        count.projects.insert(place.0.clone());
        match verdicts.get(place).map(String::as_str) {
            // Found again.
            Some("true" | "missed") => count.right += 1,
            Some("debatable") => count.debatable += 1,
            Some("false") => count.wrong += 1,
            _ => count.unjudged += 1,
        }
    }
    for (place, verdict) in verdicts.iter().filter(|(place, _)| !reported.contains(place)) {
        let count = counts.entry(key(place)).or_default();
        match verdict.as_str() {
            "true" | "missed" => count.missed += 1,
            _ => count.mended += 1,
        }
    }
    counts
}

fn rules() -> Vec<Value> {
    let output = common::run(&common::repository(), &["rules", "--format", "json"]);
    serde_json::from_slice(&output.stdout).expect("a list of rules")
}

/// Whether a case of the rule is on without being asked for.
fn is_default(rule: &Value) -> bool {
    rule["cases"].as_array().into_iter().flatten().any(|case| case["level"] != "allow")
}

/// The section `## Limits` of a rule's documentation, on one line.
fn limits(rule: &Value) -> Option<String> {
    let docs = rule["docs"].as_str()?;
    let section = docs.split("\n## ").find_map(|part| part.strip_prefix("Limits\n"))?;
    Some(section.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[test]
fn the_page_says_what_the_verdicts_say() {
    let mut page = String::from(
        "# How often linger is right\n\n\
         Written by `tests/precision.rs` from the tables in `tests/precision`: nothing here but the verdicts is written \
         by hand. `tests/precision/rerun.py --reported` runs linger with its default levels on the projects again.\n\n\
         A finding is *true* when its author would want to hear of it, *debatable* when it is right and of little worth, \
         and *false* otherwise. *Mended* ones were judged false or debatable and are no longer reported; *missed* ones \
         were judged true and are no longer found.\n\n",
    );
    let by_rule = count(|place| place.3.clone());
    let by_project = count(|place| place.0.clone());
    let projects: Vec<String> = rows("projects.tsv", 2).into_iter().map(|row| row[0].clone()).collect();

    let _ = write!(page, "## By rule\n\n{} projects. Rules that are on by default:\n\n", projects.len());
    let _ = writeln!(page, "| rule | projects | {COLUMNS}\n|---|---|---|---|---|---|---|---|---|---|");
    let all = rules();
    let default: Vec<&Value> = all.iter().filter(|rule| is_default(rule)).collect();
    let mut none = Vec::new();
    for rule in &default {
        let name = rule["name"].as_str().unwrap_or_default();
        match by_rule.get(name) {
            Some(count) => {
                let _ = writeln!(
                    page,
                    "| [`{name}`](rules/{name}.md) | {} | {} |",
                    count.projects.len(),
                    count.columns()
                );
            }
            None => none.push(format!("`{name}`")),
        }
    }
    let _ = write!(page, "\nNo finding on these projects: {}.\n\n", none.join(", "));

    let _ = writeln!(page, "## By project\n\n| project | {COLUMNS}\n|---|---|---|---|---|---|---|---|---|");
    let mut total = Count::default();
    for project in &projects {
        let empty = Count::default();
        let count = by_project.get(project).unwrap_or(&empty);
        let _ = writeln!(page, "| {project} | {} |", count.columns());
        total.right += count.right;
        total.debatable += count.debatable;
        total.wrong += count.wrong;
        total.unjudged += count.unjudged;
        total.mended += count.mended;
        total.missed += count.missed;
    }
    let _ = writeln!(page, "| all | {} |\n", total.columns());

    page.push_str(&bugs());
    page.push_str("## What linger cannot see\n\nAs each rule's documentation says.\n\n");
    for rule in &all {
        if let Some(limits) = limits(rule) {
            let _ = writeln!(page, "- `{}`: {limits}", rule["name"].as_str().unwrap_or_default());
        }
    }
    common::generated(&common::repository().join("docs/precision.md"), &page);
}

/// Historical bugs, before their fix.
fn bugs() -> String {
    let mut classes: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    for row in rows("bugs.tsv", 8) {
        classes.entry(row[0].clone()).or_default().push(row);
    }
    let number = |rows: &[Vec<String>], outcome: &str| rows.iter().filter(|row| row[1] == outcome).count();
    let all: Vec<Vec<String>> = classes.values().flatten().cloned().collect();
    let found: Vec<&Vec<String>> = all.iter().filter(|row| row[1] == "default").collect();
    let silent = found.iter().filter(|row| row[3] == "silent").count();
    let mut text = format!(
        "## Known bugs\n\nOf {} bugs from the history of public projects, the default levels find {} at their place, and all \
         rules {}. After its fix, {silent} of the {} found by default are silent.\n\n| class | bugs | by default | all rules |\n|---|---|---|---|\n",
        all.len(),
        found.len(),
        found.len() + number(&all, "strict"),
        found.len()
    );
    for (class, rows) in &classes {
        let default = number(rows, "default");
        let _ =
            writeln!(text, "| {class} | {} | {default} | {} |", rows.len(), default + number(rows, "strict"));
    }
    text.push_str("\nWhat no rule sees of them:\n\n");
    for row in all.iter().filter(|row| row[1] == "missed") {
        let _ = writeln!(text, "- {} ({} {}, `{}`): {}", row[0], row[4], row[5], row[6], row[7]);
    }
    text.push('\n');
    text
}

#[test]
fn verdicts_belong_to_projects_of_the_list() {
    let projects: BTreeSet<(String, String)> =
        rows("projects.tsv", 2).into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    let mut seen = BTreeSet::new();
    for row in rows("judged.tsv", 7) {
        assert!(projects.contains(&(row[0].clone(), row[1].clone())), "{row:?}");
        assert!(["true", "debatable", "false", "missed"].contains(&row[5].as_str()), "{row:?}");
        assert!(!row[6].is_empty(), "a verdict without a reason: {row:?}");
        assert!(seen.insert(place(&row[0], &row[2], &row[3], &row[4])), "judged twice: {row:?}");
    }
}
