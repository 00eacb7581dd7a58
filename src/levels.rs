//! Levels: defaults, configuration, command line.

use anyhow::bail;
use linger_lints::{Case, Confidence, Diagnostic, Group, Level, RuleMeta, all};

/// One setting: what it names and the level.
#[derive(Debug, Clone)]
pub struct Setting {
    target: Target,
    level: Level,
}

#[derive(Debug, Clone)]
enum Target {
    Rule(&'static str, Option<String>),
    Group(Group),
    Strict,
    Default,
    All,
    Warnings,
}

/// All settings, the later ones win.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    settings: Vec<Setting>,
    deny_warnings: bool,
    allow_warnings: bool,
}

impl Levels {
    /// Adds a setting. Fails on a name that does not exist, with the nearest one that does.
    pub fn set(&mut self, name: &str, level: Level) -> anyhow::Result<()> {
        let target = target(name)?;
        if matches!(target, Target::Warnings) {
            self.deny_warnings = level >= Level::Deny;
            self.allow_warnings = level == Level::Allow;
            return Ok(());
        }
        self.settings.push(Setting { target, level });
        Ok(())
    }

    /// The level of a case.
    pub fn of(&self, rule: &RuleMeta, case: &Case) -> Level {
        let mut level = case.level;
        for setting in &self.settings {
            if level == Level::Forbid {
                break;
            }
            let applies = match &setting.target {
                Target::Rule(name, None) => *name == rule.name && (case.level > Level::Allow || !rule.on_by_default()),
                Target::Rule(name, Some(only)) => *name == rule.name && only == case.name,
                Target::Group(group) => *group == rule.group && case.level > Level::Allow,
                Target::Strict => case.level == Level::Allow,
                Target::Default => case.level > Level::Allow,
                Target::All => true,
                Target::Warnings => false,
            };
            // A group is no reason to lower what is denied: `-W all` keeps denials.
            let lowers = matches!(setting.target, Target::All | Target::Strict | Target::Default | Target::Group(_))
                && setting.level == Level::Warn
                && level > Level::Warn;
            if applies && !lowers {
                level = setting.level;
            }
        }
        level
    }

    /// The level of a finding.
    pub fn of_finding(&self, finding: &Diagnostic) -> Level {
        let rule = finding.rule;
        let name = finding.case.unwrap_or("");
        let Some(case) = rule.case(name).or_else(|| rule.cases.first()) else { return Level::Warn };
        let mut level = self.of(rule, case);
        // What rests on an inferred step is never an error by default.
        if finding.confidence == Confidence::Likely && level == Level::Deny && case.level == Level::Deny {
            level = Level::Warn;
        }
        if rule.name == "syntax_error" && level > Level::Warn {
            return Level::Warn;
        }
        if level == Level::Warn && rule.name != "syntax_error" {
            if self.deny_warnings {
                level = Level::Deny;
            } else if self.allow_warnings {
                level = Level::Allow;
            }
        }
        level
    }

    /// Whether some case of a rule is on.
    pub fn is_on(&self, rule: &RuleMeta) -> bool {
        rule.cases.iter().any(|case| self.of(rule, case) > Level::Allow)
    }
}

fn target(name: &str) -> anyhow::Result<Target> {
    let name = name.strip_prefix("linger::").unwrap_or(name);
    let (rule, case) = match name.split_once('/') {
        Some((rule, case)) => (rule, Some(case)),
        None => (name, None),
    };
    if let Some(found) = linger_lints::find(rule) {
        if let Some(case) = case
            && found.meta.case(case).is_none()
        {
            let cases: Vec<&str> = found.meta.cases.iter().map(|c| c.name).filter(|n| !n.is_empty()).collect();
            bail!("rule `{rule}` has no case `{case}`{}", list("; its cases are ", &cases));
        }
        return Ok(Target::Rule(found.meta.name, case.map(str::to_owned)));
    }
    let group = Group::ALL.into_iter().find(|g| g.name() == name);
    Ok(match (name, group) {
        (_, Some(group)) => Target::Group(group),
        ("strict", _) => Target::Strict,
        ("default", _) => Target::Default,
        ("all", _) => Target::All,
        ("warnings", _) => Target::Warnings,
        _ => bail!("there is no rule or group `{name}`{}", did_you_mean(name)),
    })
}

fn list(before: &str, names: &[&str]) -> String {
    if names.is_empty() { String::new() } else { format!("{before}{}", names.join(", ")) }
}

/// The nearest rule or group, when one is near.
pub fn did_you_mean(name: &str) -> String {
    let names = all().iter().map(|r| r.meta.name).chain(Group::ALL.iter().map(|g| g.name())).chain([
        "strict", "default", "all", "warnings",
    ]);
    names
        .map(|n| (strsim::damerau_levenshtein(n, name), n))
        .min()
        .filter(|(distance, n)| *distance <= n.len().max(3) / 3)
        .map(|(_, n)| format!("; did you mean `{n}`?"))
        .unwrap_or_default()
}
