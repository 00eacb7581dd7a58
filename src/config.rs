//! `linger.toml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use linger_lints::Level;
use serde::Deserialize;

use crate::levels::Levels;

/// The configuration of a run.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Levels (and options) of rules and groups.
    pub rules: BTreeMap<String, RuleSetting>,
    /// Globs of files to leave out.
    pub exclude: Vec<String>,
    /// How test code is treated.
    pub tests: Tests,
    /// What is known of other APIs, beyond the shipped catalogue.
    pub catalogue: toml::Table,
}

/// A level alone, or a table with options.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum RuleSetting {
    /// `double_lock = "warn"`
    Level(Level),
    /// `double_lock = { level = "warn", … }`
    Table(toml::Table),
}

/// `[tests]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tests {
    /// `allow` switches all rules off there, `warn` or `deny` treats it as other code.
    pub level: Option<Level>,
}

impl Config {
    /// Reads the given file, or the nearest `linger.toml` at or above `root`.
    pub fn load(given: Option<&Path>, root: &Path) -> anyhow::Result<(Self, Option<PathBuf>)> {
        let path = match given {
            Some(path) => Some(path.to_path_buf()),
            None => root.ancestors().map(|d| d.join("linger.toml")).find(|p| p.is_file()),
        };
        let Some(path) = path else { return Ok((Self::default(), None)) };
        let text = std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let config = toml::from_str(&text).map_err(|error| {
            let place = error.span().map(|span| {
                let before = &text[..span.start.min(text.len())];
                let line = before.matches('\n').count() + 1;
                let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
                format!(":{line}:{column}")
            });
            anyhow!("{}{}: {}", path.display(), place.unwrap_or_default(), error.message())
        })?;
        Ok((config, Some(path)))
    }

    /// Applies the levels of the file.
    pub fn apply(&self, levels: &mut Levels) -> anyhow::Result<()> {
        for (name, setting) in &self.rules {
            let level = match setting {
                RuleSetting::Level(level) => Some(*level),
                RuleSetting::Table(table) => match table.get("level") {
                    Some(value) => Some(
                        value.clone().try_into().map_err(|_| anyhow!("`rules.{name}.level` is not a level"))?,
                    ),
                    None => None,
                },
            };
            if let Some(level) = level {
                levels.set(name, level)?;
            }
        }
        Ok(())
    }

    /// The options of a rule, without its level.
    pub fn options(&self, rule: &str) -> toml::Table {
        match self.rules.get(rule) {
            Some(RuleSetting::Table(table)) => {
                let mut table = table.clone();
                table.remove("level");
                table
            }
            _ => toml::Table::new(),
        }
    }
}
