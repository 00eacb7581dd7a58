//! What can stand in a configuration, with the place of each value.

use std::collections::BTreeMap;

use linger_lints::Level;
use serde::Deserialize;
use toml::{Spanned, Value};

/// One configuration.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FileConfig {
    /// Levels and options of rules; levels of groups.
    pub rules: Rules,
    /// Globs of files to leave out, relative to the file.
    pub exclude: Vec<Spanned<String>>,
    /// How test code is treated.
    pub tests: Tests,
    /// Other settings for some paths.
    pub overrides: Vec<Override>,
    /// What is known of other APIs, beyond the shipped catalogue.
    pub catalogue: Option<Spanned<toml::Table>>,
    /// Every suppression must give a reason.
    pub require_reason: Option<bool>,
    /// Edition of files outside of any package.
    pub edition: Option<Spanned<u16>>,
    /// The baseline, relative to the file.
    pub baseline: Option<Spanned<String>>,
}

/// `[rules]`: by rule, rule/case or group; the value is a level or a table with `level` and options.
pub type Rules = BTreeMap<Spanned<String>, Spanned<Value>>;

/// `[tests]`
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tests {
    /// How much is reported in test code.
    pub level: Option<TestsLevel>,
}

/// How much is reported in test code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum TestsLevel {
    /// Nothing but rules about tests
    #[serde(alias = "allow")]
    Off,
    /// What is denied by default, locks and captures, and rules about tests
    #[default]
    Reduced,
    /// The same as elsewhere
    Same,
}

impl TestsLevel {
    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Reduced => "reduced",
            Self::Same => "same",
        }
    }
}

/// `[[overrides]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// Globs of files, relative to the configuration.
    pub paths: Vec<Spanned<String>>,
    /// Levels there.
    #[serde(default)]
    pub rules: Rules,
    /// How test code is treated there.
    #[serde(default)]
    pub tests: Tests,
}

/// A setting of `[rules]`, read.
#[derive(Debug, Clone)]
pub struct RuleSetting {
    /// The level, when given.
    pub level: Option<Level>,
    /// Everything else.
    pub options: toml::Table,
}

/// Reads a setting. The error is a message for the place of the value.
pub fn setting(value: &Value) -> Result<RuleSetting, String> {
    match value {
        Value::String(text) => Ok(RuleSetting { level: Some(level(text)?), options: toml::Table::new() }),
        Value::Table(table) => {
            let mut options = table.clone();
            let level = match options.remove("level") {
                None => None,
                Some(Value::String(text)) => Some(level(&text)?),
                Some(_) => {
                    return Err("`level` is a string: \"allow\", \"warn\", \"deny\" or \"forbid\"".to_owned());
                }
            };
            Ok(RuleSetting { level, options })
        }
        other => Err(format!("a level or a table is wanted here, not {}", other.type_str())),
    }
}

fn level(text: &str) -> Result<Level, String> {
    const NAMES: [(&str, Level); 4] =
        [("allow", Level::Allow), ("warn", Level::Warn), ("deny", Level::Deny), ("forbid", Level::Forbid)];
    if let Some((_, level)) = NAMES.iter().find(|(name, _)| *name == text) {
        return Ok(*level);
    }
    // What other linters call them.
    let meant = match text {
        "error" => Some("deny"),
        "warning" => Some("warn"),
        "off" | "ignore" => Some("allow"),
        _ => crate::levels::nearest(text, NAMES.iter().map(|(name, _)| *name)),
    };
    let meant = meant.map(|m| format!("; did you mean \"{m}\"?")).unwrap_or_default();
    Err(format!("there is no level \"{text}\"; levels are allow, warn, deny and forbid{meant}"))
}
