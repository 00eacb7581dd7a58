//! `explain RULE`

use std::io::Write;

use anyhow::bail;

use crate::documentation;

/// Tells what there is to say about a rule.
pub fn explain(name: &str) -> anyhow::Result<u8> {
    let name = name.strip_prefix("linger::").unwrap_or(name);
    let name = name.split('/').next().unwrap_or(name);
    let Some(text) = documentation::of_rule(name) else {
        bail!("there is no rule `{name}`{}", crate::levels::did_you_mean(name));
    };
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(0)
}
