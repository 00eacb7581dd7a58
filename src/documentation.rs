//! Where the documentation of a rule is, and how it reads.

use std::fmt::Write;

use linger_lints::{FixAvailability, Level, RuleMeta};
use serde_json::Value;

/// The address of a rule's page.
pub fn page(rule: &str) -> String {
    format!("{}/blob/main/docs/rules/{rule}.md", env!("CARGO_PKG_REPOSITORY"))
}

/// What there is to say about a rule, in Markdown. `None` when there is no such rule.
pub fn of_rule(name: &str) -> Option<String> {
    let mut out = String::new();
    // Writing into a string does not fail.
    describe(linger_lints::find(name)?.meta, &mut out).ok()?;
    Some(out)
}

fn describe(meta: &RuleMeta, out: &mut String) -> std::fmt::Result {
    writeln!(out, "# {}\n", meta.name)?;
    writeln!(out, "Group {} ({}), since {}.", meta.group.name(), meta.group.summary(), meta.since)?;
    for case in meta.cases {
        let level = if case.level == Level::Allow { "allow, on with `-W strict`" } else { case.level.name() };
        match case.name {
            "" => writeln!(out, "Default level: {level}.")?,
            name => writeln!(out, "- `{}/{name}` ({level}): {}", meta.name, case.summary)?,
        }
    }
    match meta.fixes {
        FixAvailability::None => {}
        FixAvailability::Sometimes => writeln!(out, "`--fix` can sometimes mend it.")?,
        FixAvailability::Always => writeln!(out, "`--fix` can mend it.")?,
    }
    if !meta.compiler_lints.is_empty() {
        writeln!(out, "Says the same as {}, and honours their `allow`.", meta.compiler_lints.join(", "))?;
    }
    writeln!(out, "\n{}", visible(&meta.markdown()))?;
    let schema = (meta.options_schema)().to_value();
    if let Some(options) = schema.get("properties").and_then(Value::as_object).filter(|o| !o.is_empty()) {
        writeln!(out, "## Options\n\nIn `linger.toml`, under `[rules.{}]`:\n", meta.name)?;
        for (name, option) in options {
            let text = option.get("description").and_then(Value::as_str).unwrap_or_default();
            let default = option.get("default").map(|d| format!(" (default `{d}`)")).unwrap_or_default();
            writeln!(out, "- `{name}`{default}: {}", text.replace('\n', " "))?;
        }
    }
    Ok(())
}

/// Without the lines that rustdoc hides, and without its words on code blocks.
fn visible(markdown: &str) -> String {
    let mut out = String::new();
    let mut in_code = false;
    for line in markdown.lines() {
        let is_fence = line.starts_with("```");
        if is_fence {
            in_code = !in_code;
        }
        if in_code && (line == "#" || line.starts_with("# ")) {
            continue;
        }
        let line = match line.split_once(',') {
            Some((fence, _)) if is_fence => fence,
            _ => line,
        };
        out.push_str(line);
        out.push('\n');
    }
    out
}
