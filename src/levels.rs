//! Levels: what is built in, configuration, command line. The later setting wins.

use anyhow::bail;
use linger_lints::{Case, Confidence, Diagnostic, Group, Level, RuleMeta, all};

/// What a setting names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A rule: those of its cases that are on by default, or all when none is.
    Rule(&'static str),
    /// One case of a rule.
    Case(&'static str, &'static str),
    /// The cases of a group that are on by default.
    Group(Group),
    /// All cases that are off by default.
    Strict,
    /// All cases that are on by default.
    Default,
    /// Everything.
    All,
    /// Whatever would be a warning.
    Warnings,
}

/// One setting.
#[derive(Debug, Clone)]
struct Setting {
    target: Target,
    level: Level,
    origin: String,
}

/// All settings in order.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    settings: Vec<Setting>,
    /// `-D warnings` and the like: as in rustc it counts at the very end.
    warnings: Option<Level>,
}

impl Levels {
    /// Adds a setting; `origin` is shown by `config show`.
    ///
    /// # Errors
    /// When the name does not exist, with the nearest one that does.
    pub fn set(&mut self, name: &str, level: Level, origin: &str) -> anyhow::Result<()> {
        match target(name)? {
            Target::Warnings => self.warnings = (level != Level::Warn).then_some(level),
            target => self.settings.push(Setting { target, level, origin: origin.to_owned() }),
        }
        Ok(())
    }

    /// These settings with more on top.
    #[must_use]
    pub fn with(&self, more: &[(Target, Level)], origin: &str) -> Self {
        let mut levels = self.clone();
        for (target, level) in more {
            levels.settings.push(Setting {
                target: target.clone(),
                level: *level,
                origin: origin.to_owned(),
            });
        }
        levels
    }

    /// The level of a case, and where it comes from.
    pub fn of(&self, rule: &RuleMeta, case: &Case) -> (Level, &str) {
        let mut level = case.level;
        let mut origin = "default";
        for setting in &self.settings {
            // What is forbidden stays so.
            if level == Level::Forbid {
                break;
            }
            if applies(&setting.target, rule, case) && !lowers(setting, level) {
                level = setting.level;
                origin = &setting.origin;
            }
        }
        (level, origin)
    }

    /// The level of a finding.
    pub fn of_finding(&self, finding: &Diagnostic) -> Level {
        let rule = finding.rule;
        let Some(case) = rule.case(finding.case.unwrap_or("")).or_else(|| rule.cases.first()) else {
            return Level::Warn;
        };
        let (mut level, origin) = self.of(rule, case);
        // What rests on an inferred step is an error only where somebody asks for it.
        if finding.confidence == Confidence::Likely && level == Level::Deny && origin == "default" {
            level = Level::Warn;
        }
        // A file that does not parse is no reason to fail: `--strict-parse` says otherwise.
        if rule.name == "syntax_error" {
            return level.min(Level::Warn);
        }
        match self.warnings {
            Some(instead) if level == Level::Warn => instead,
            _ => level,
        }
    }

    /// Whether some case of a rule is on.
    pub fn is_on(&self, rule: &RuleMeta) -> bool {
        rule.cases.iter().any(|case| self.of(rule, case).0 > Level::Allow)
    }
}

fn applies(target: &Target, rule: &RuleMeta, case: &Case) -> bool {
    let on_by_default = case.level > Level::Allow;
    match target {
        Target::Rule(name) => *name == rule.name && (on_by_default || !rule.on_by_default()),
        Target::Case(name, only) => *name == rule.name && *only == case.name,
        Target::Group(group) => *group == rule.group && on_by_default,
        Target::Strict => !on_by_default,
        Target::Default => on_by_default,
        Target::All => true,
        Target::Warnings => false,
    }
}

/// A group is no reason to lower what is denied: `-W all` switches on, it does not switch back.
fn lowers(setting: &Setting, level: Level) -> bool {
    let is_group =
        matches!(setting.target, Target::All | Target::Strict | Target::Default | Target::Group(_));
    is_group && setting.level == Level::Warn && level > Level::Warn
}

/// What a name on the command line or in the configuration stands for.
///
/// # Errors
/// When it does not exist, with the nearest one that does.
pub fn target(name: &str) -> anyhow::Result<Target> {
    let name = name.strip_prefix("linger::").unwrap_or(name);
    let (rule, case) = match name.split_once('/') {
        Some((rule, case)) => (rule, Some(case)),
        None => (name, None),
    };
    if let Some(found) = linger_lints::find(rule) {
        let Some(case) = case else { return Ok(Target::Rule(found.meta.name)) };
        let cases: Vec<&'static str> =
            found.meta.cases.iter().map(|c| c.name).filter(|n| !n.is_empty()).collect();
        if let Some(known) = cases.iter().find(|c| **c == case) {
            return Ok(Target::Case(found.meta.name, known));
        }
        let are = if cases.is_empty() {
            "; it has none".to_owned()
        } else {
            format!("; its cases are {}", cases.join(", "))
        };
        bail!("rule `{rule}` has no case `{case}`{are}");
    }
    if let Some(group) = Group::ALL.into_iter().find(|g| g.name() == name) {
        return Ok(Target::Group(group));
    }
    Ok(match name {
        "strict" => Target::Strict,
        "default" => Target::Default,
        "all" => Target::All,
        "warnings" => Target::Warnings,
        _ => bail!("there is no rule or group `{name}`{}", did_you_mean(name)),
    })
}

/// All names that a level can be set for.
pub fn names() -> impl Iterator<Item = &'static str> {
    all()
        .iter()
        .map(|r| r.meta.name)
        .chain(Group::ALL.iter().map(|g| g.name()))
        .chain(["strict", "default", "all", "warnings"])
}

/// The nearest rule or group as a question, when one is near.
pub fn did_you_mean(name: &str) -> String {
    nearest(name, names()).map(|n| format!("; did you mean `{n}`?")).unwrap_or_default()
}

/// The nearest of `names`, when one is near.
pub fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    names
        .map(|known| (strsim::damerau_levenshtein(known, name), known))
        .min()
        .filter(|(distance, known)| *distance <= known.len().max(3) / 3)
        .map(|(_, known)| known)
}
