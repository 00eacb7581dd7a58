//! `explain RULE`

use std::io::Write;

use anyhow::bail;
use linger_lints::all;

use crate::documentation;
use crate::levels::nearest;

/// Tells what there is to say about a rule.
pub fn explain(name: &str) -> anyhow::Result<u8> {
    let name = name.strip_prefix("linger::").unwrap_or(name);
    let name = name.split('/').next().unwrap_or(name);
    let Some(text) = documentation::of_rule(name) else {
        bail!("there is no rule `{name}`{}", instead(name));
    };
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(0)
}

/// What there is to explain instead: the nearest rule, the rules of a group, or those that have the word in their name.
fn instead(name: &str) -> String {
    let rules = || all().iter().map(|rule| rule.meta);
    if let Some(near) = nearest(name, rules().map(|rule| rule.name)) {
        return format!("; did you mean `{near}`?");
    }
    let of_group: Vec<&str> = rules().filter(|r| r.group.name() == name).map(|r| r.name).collect();
    if !of_group.is_empty() {
        return format!("; the rules of that group are `{}`", of_group.join("`, `"));
    }
    let alike: Vec<&str> =
        rules().map(|r| r.name).filter(|rule| name.len() > 2 && abbreviates(name, rule)).collect();
    match alike.as_slice() {
        [] => "; `cargo linger rules` lists them".to_owned(),
        [one] => format!("; did you mean `{one}`?"),
        several => format!("; did you mean one of `{}`?", several.join("`, `")),
    }
}

/// Whether a word is a part of a name, or what is left of the name when letters are left out.
fn abbreviates(word: &str, name: &str) -> bool {
    if name.split('_').any(|part| part == word) {
        return true;
    }
    let mut rest = name.chars();
    word.chars().next() == name.chars().next() && word.chars().all(|c| rest.any(|r| r == c))
}
