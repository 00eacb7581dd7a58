//! `rules`: the list of all rules.

use std::io::Write;

use linger_lints::{Case, FixAvailability, Level, RuleMeta, all};
use serde_json::{Value, json};

use crate::cli::RulesFormat;

/// Prints the list.
pub fn rules(format: RulesFormat) -> anyhow::Result<u8> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    match format {
        RulesFormat::Table => {
            for rule in all() {
                for case in rule.meta.cases {
                    let name = code(rule.meta, case);
                    let group = rule.meta.group.name();
                    writeln!(
                        out,
                        "{group:<8} {name:<40} {:<7} {}",
                        level(case),
                        case.summary.trim_end_matches('.')
                    )?;
                }
            }
        }
        RulesFormat::Markdown => write!(out, "{}", markdown())?,
        RulesFormat::Json => {
            let list: Vec<Value> = all().iter().map(|rule| describe(rule.meta)).collect();
            writeln!(out, "{}", serde_json::to_string_pretty(&list)?)?;
        }
    }
    out.flush()?;
    Ok(0)
}

fn code(meta: &RuleMeta, case: &Case) -> String {
    if case.name.is_empty() { meta.name.to_owned() } else { format!("{}/{}", meta.name, case.name) }
}

fn level(case: &Case) -> &'static str {
    if case.level == Level::Allow { "strict" } else { case.level.name() }
}

fn describe(meta: &RuleMeta) -> Value {
    let cases: Vec<Value> = meta
        .cases
        .iter()
        .map(|c| json!({ "name": c.name, "code": code(meta, c), "level": c.level.name(), "summary": c.summary }))
        .collect();
    json!({
        "name": meta.name,
        "group": meta.group.name(),
        "summary": meta.summary,
        "since": meta.since,
        "cases": cases,
        "fixes": match meta.fixes {
            FixAvailability::None => "none",
            FixAvailability::Sometimes => "sometimes",
            FixAvailability::Always => "always",
        },
        "about_tests": meta.about_tests,
        "compiler_lints": meta.compiler_lints,
        "options": (meta.options_schema)().to_value(),
        "docs": meta.markdown(),
    })
}

/// The table for the README.
fn markdown() -> String {
    let mut text = String::from("| rule | group | default | reports |\n|---|---|---|---|\n");
    for rule in all() {
        let meta = rule.meta;
        let levels: Vec<String> = meta
            .cases
            .iter()
            .map(
                |c| if c.name.is_empty() { level(c).to_owned() } else { format!("{}: {}", c.name, level(c)) },
            )
            .collect();
        let summary = meta.summary.trim_end_matches('.').replace('|', "\\|");
        text.push_str(&format!(
            "| `{}` | {} | {} | {summary} |\n",
            meta.name,
            meta.group.name(),
            levels.join(", ")
        ));
    }
    text
}
