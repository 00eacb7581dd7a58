//! The baseline: findings that are known, so that only new ones are reported.
//!
//! An entry is a file, a rule, the item around the finding and a hash of the code it points at, with a count: it
//! survives code that moves, and does not cover a new finding of the same rule in the same file. It is a ratchet:
//! `update` only removes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use crate::cli::CheckArgs;
use crate::config::Config;
use crate::pipeline::Reported;
use crate::run::Outcome;

/// The file that is used without being named.
pub const DEFAULT_FILE: &str = "linger-baseline.json";

/// The format of the file.
const VERSION: u32 = 1;

/// A baseline.
#[derive(Debug)]
pub struct Baseline {
    /// Where it is.
    pub path: PathBuf,
    counts: BTreeMap<Key, usize>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Key {
    /// Relative to the baseline, with `/`.
    file: String,
    /// `rule` or `rule/case`
    rule: String,
    /// Path of the item around it; empty outside of items.
    item: String,
    /// Of the code it points at, blanks aside.
    hash: String,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    findings: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    #[serde(flatten)]
    key: Key,
    count: usize,
}

impl Baseline {
    /// Reads the baseline that is named, configured, or lies at the root. `None` when there is none.
    pub fn open(args: &CheckArgs, config: &Config, outcome: &Outcome) -> anyhow::Result<Option<Self>> {
        if args.no_baseline {
            return Ok(None);
        }
        let path = place(args, config, outcome);
        if !path.exists() {
            if args.baseline.is_some() {
                bail!("there is no baseline {}; `cargo linger baseline write` makes one", path.display());
            }
            return Ok(None);
        }
        Self::read(path).map(Some)
    }

    /// Reads a baseline.
    pub fn read(path: PathBuf) -> anyhow::Result<Self> {
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        // The version first: what a later version has in it is not known here.
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let version: Version =
            serde_json::from_str(&text).with_context(|| format!("{} is no baseline", path.display()))?;
        if version.version != VERSION {
            bail!(
                "{} has version {}, and this linger reads version {VERSION}; write it anew with \
                 `cargo linger baseline write`",
                path.display(),
                version.version
            );
        }
        let stored: Stored =
            serde_json::from_str(&text).with_context(|| format!("{} is no baseline", path.display()))?;
        let mut counts = BTreeMap::new();
        for entry in stored.findings {
            let count: &mut usize = counts.entry(entry.key).or_insert(0);
            // A file may say anything.
            *count = count.saturating_add(entry.count);
        }
        Ok(Self { path, counts })
    }

    /// The baseline of what was found.
    pub fn of(outcome: &Outcome, path: PathBuf) -> Self {
        Self { counts: count(outcome, &path), path }
    }

    /// How many findings it holds.
    pub fn len(&self) -> usize {
        self.counts.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Takes out of a run what is known.
    pub fn hide(mut self, outcome: &mut Outcome) {
        let keys: Vec<Key> = outcome.findings.iter().map(|r| key(outcome, r, &self.path)).collect();
        let before = outcome.findings.len();
        let mut keys = keys.into_iter();
        outcome.findings.retain(|_| {
            let Some(left) = keys.next().and_then(|key| self.counts.get_mut(&key)) else { return true };
            if *left == 0 {
                return true;
            }
            *left -= 1;
            false
        });
        outcome.known = before - outcome.findings.len();
    }

    /// Removes what is mended, as far as this run looked. Gives how many findings went.
    pub fn shrink(&mut self, outcome: &Outcome) -> usize {
        let present = count(outcome, &self.path);
        let base = self.path.parent().unwrap_or(Path::new("")).to_path_buf();
        let looked_at: std::collections::BTreeSet<String> =
            outcome.reported.iter().map(|file| relative(&outcome.program.file(*file).path, &base)).collect();
        let before = self.len();
        self.counts.retain(|key, count| {
            let rule = key.rule.split('/').next().unwrap_or(&key.rule);
            let known = linger_lints::find(rule).is_some();
            let gone = !base.join(&key.file).exists() || !known;
            let judged = looked_at.contains(&key.file) && outcome.rules.contains(&rule);
            if judged {
                *count = (*count).min(present.get(key).copied().unwrap_or(0));
            }
            !gone && *count > 0
        });
        before - self.len()
    }

    /// Writes it.
    pub fn write(&self) -> anyhow::Result<()> {
        let findings =
            self.counts.iter().map(|(key, count)| Entry { key: key.clone(), count: *count }).collect();
        let mut text = serde_json::to_string_pretty(&Stored { version: VERSION, findings })?;
        text.push('\n');
        crate::files::replace(&self.path, &text)
    }
}

/// Where the baseline of a run is.
pub fn place(args: &CheckArgs, config: &Config, outcome: &Outcome) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    args.baseline
        .as_ref()
        .map(|path| crate::discover::absolute(&here, path))
        .or_else(|| config.baseline())
        .unwrap_or_else(|| outcome.found.root.join(DEFAULT_FILE))
}

fn count(outcome: &Outcome, path: &Path) -> BTreeMap<Key, usize> {
    let mut counts = BTreeMap::new();
    for reported in &outcome.findings {
        *counts.entry(key(outcome, reported, path)).or_insert(0) += 1;
    }
    counts
}

fn key(outcome: &Outcome, reported: &Reported, baseline: &Path) -> Key {
    let finding = &reported.finding;
    let at = finding.primary.at;
    let text = outcome.text(at.file);
    let code = text.get(at.span.lo as usize..at.span.hi as usize).unwrap_or_default();
    let normal = code.split_whitespace().collect::<Vec<_>>().join(" ");
    Key {
        file: relative(&outcome.program.file(at.file).path, baseline.parent().unwrap_or(Path::new(""))),
        rule: finding.code(),
        item: finding.enclosing.map(|e| e.to_string()).unwrap_or_default(),
        hash: format!("{:016x}", crate::text::stable_hash(&normal)),
    }
}

/// A path relative to a folder, with `/` on every system.
fn relative(path: &Path, base: &Path) -> String {
    let mut base = base;
    let mut up = 0;
    loop {
        if let Ok(below) = path.strip_prefix(base) {
            let below: Vec<String> =
                below.components().map(|c| c.as_os_str().to_string_lossy().into_owned()).collect();
            return "../".repeat(up) + &below.join("/");
        }
        match base.parent() {
            Some(parent) => base = parent,
            None => return path.to_string_lossy().into_owned(),
        }
        up += 1;
    }
}
