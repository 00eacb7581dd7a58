//! From raw findings to those that are reported: one ordered pipeline.

mod causes;

use std::collections::BTreeMap;

use linger_analysis::names::Program;
use linger_analysis::span::FileId;
use linger_lints::{Confidence, Diagnostic, Group, Level};
use rustc_hash::FxHashSet;

use crate::config::{Policy, TestsLevel};
use crate::suppress::{self, Suppression};
use crate::texts::Texts;

/// A finding with its level.
#[derive(Debug)]
pub struct Reported {
    /// The finding.
    pub finding: Diagnostic,
    /// Its level, never allow once the pipeline is through.
    pub level: Level,
    /// Findings of other rules with the same cause.
    merged: Vec<Diagnostic>,
}

impl Reported {
    /// A finding with its level.
    pub fn new(finding: Diagnostic, level: Level) -> Self {
        Self { finding, level, merged: Vec::new() }
    }
}

/// What the pipeline needs to know.
pub struct Settings<'s> {
    /// Levels by file.
    pub policy: &'s Policy<'s>,
    /// Least confidence.
    pub min_confidence: Option<Confidence>,
    /// Suppressions must give a reason.
    pub require_reason: bool,
    /// Files that are reported on.
    pub reported: &'s FxHashSet<FileId>,
}

/// Runs the pipeline up to what the code itself says; the baseline and `--since` come behind it.
pub fn process(
    program: &Program,
    findings: Vec<Diagnostic>,
    settings: &Settings<'_>,
    texts: &Texts,
) -> Vec<Reported> {
    // Elsewhere nothing was asked for. A step or a hidden place elsewhere does not matter.
    let findings = findings.into_iter().filter(|f| settings.reported.contains(&f.primary.at.file));
    // Levels first: what is allowed must not speak for others. It stays until suppressions have seen it, so that
    // they count as used.
    let mut kept: Vec<Reported> = findings
        .map(|finding| {
            let level = level(&finding, program, settings);
            Reported::new(finding, level)
        })
        .collect();
    for reported in &mut kept {
        as_indented(&mut reported.finding, program, texts);
    }
    // In order from here on, whichever thread found what.
    in_order(&mut kept, program);
    // One cause is one finding, also when several rules see it.
    causes::merge(&mut kept);
    // What the compiler's own lints allow, then what linger's suppressions do.
    let mut suppressions = suppressions(program, settings, texts);
    kept.retain(|r| !is_hidden(r, program, &mut suppressions));
    kept.retain(|r| r.level > Level::Allow);
    // Suppressions that hid nothing are findings themselves, and cannot be suppressed.
    for (file, list) in &suppressions {
        let policy = settings.policy.of(&program.file(*file).path);
        let is_on = |name: &str| match linger_lints::find(name.split('/').next().unwrap_or(name)) {
            Some(rule) => policy.levels.is_on(rule.meta),
            None => true,
        };
        for finding in suppress::trouble(list, *file, settings.require_reason, &is_on) {
            let level = level(&finding, program, settings);
            if level > Level::Allow {
                kept.push(Reported::new(finding, level));
            }
        }
    }
    in_order(&mut kept, program);
    kept
}

/// Lines that a fix adds begin as the line does that it stands on: rules know how far it is indented, not with what.
fn as_indented(finding: &mut Diagnostic, program: &Program, texts: &Texts) {
    for edit in finding.fixes.iter_mut().flat_map(|fix| &mut fix.edits) {
        if !edit.replacement.contains("\n ") {
            continue;
        }
        let hir = program.file(edit.at.file);
        let text = texts.get(edit.at.file, &hir.path);
        let start = hir.source.lines.start(hir.source.lines.line(edit.at.span.lo)) as usize;
        let line = text.get(start..).unwrap_or_default();
        let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
        let blanks = line.get(..blanks).unwrap_or_default();
        if blanks.contains('\t') {
            edit.replacement =
                edit.replacement.replace(&format!("\n{}", " ".repeat(blanks.len())), &format!("\n{blanks}"));
        }
    }
}

/// The level of a finding where it stands.
fn level(finding: &Diagnostic, program: &Program, settings: &Settings<'_>) -> Level {
    let policy = settings.policy.of(&program.file(finding.primary.at.file).path);
    if settings.min_confidence.is_some_and(|least| finding.confidence < least) {
        return Level::Allow;
    }
    let level = policy.levels.of_finding(finding);
    if !finding.in_test || finding.rule.about_tests {
        return level;
    }
    match policy.tests {
        TestsLevel::Same => level,
        TestsLevel::Off => Level::Allow,
        TestsLevel::Reduced => reduced(finding, level),
    }
}

/// In tests a leak or an ignored error costs little: only what is denied by default, locks and captures stay on.
fn reduced(finding: &Diagnostic, level: Level) -> Level {
    let default = finding.rule.case(finding.case.unwrap_or("")).map_or(Level::Warn, |c| c.level);
    let everyday = matches!(finding.rule.group, Group::Result | Group::Task | Group::Cleanup);
    if everyday && default < Level::Deny { Level::Allow } else { level }
}

/// By file, place, rule and message.
fn in_order(kept: &mut [Reported], program: &Program) {
    kept.sort_by(|a, b| {
        let path = |r: &Reported| program.file(r.finding.primary.at.file).path.clone();
        let key = |r: &Reported| {
            let span = r.finding.primary.at.span;
            (span.lo, span.hi, r.finding.rule.name, r.finding.case)
        };
        (path(a), key(a)).cmp(&(path(b), key(b))).then_with(|| a.finding.message.cmp(&b.finding.message))
    });
}

/// The suppressions of all files that are reported on and have some.
fn suppressions(
    program: &Program,
    settings: &Settings<'_>,
    texts: &Texts,
) -> BTreeMap<FileId, Vec<Suppression>> {
    let mut by_file = BTreeMap::new();
    for (index, hir) in program.files().iter().enumerate() {
        let file = FileId(index as u32);
        if !settings.reported.contains(&file) {
            continue;
        }
        let mentioned = hir.source.comments.iter().any(|c| c.text.contains("linger:"))
            || hir.lint_attributes.iter().any(|a| a.lint.starts_with("linger::"));
        if mentioned {
            by_file.insert(file, suppress::read(hir, &texts.get(file, &hir.path)));
        }
    }
    by_file
}

/// Whether the code itself says that a finding is all right.
fn is_hidden(
    reported: &Reported,
    program: &Program,
    suppressions: &mut BTreeMap<FileId, Vec<Suppression>>,
) -> bool {
    // What is forbidden cannot be allowed by the code.
    if reported.level == Level::Forbid {
        return false;
    }
    let file = reported.finding.primary.at.file;
    let hir = program.file(file);
    let by_compiler = suppress::allowed_by_compiler(hir, &reported.finding);
    let Some(list) = suppressions.get_mut(&file) else { return by_compiler };
    let hidden = suppress::hides(list, hir, file, &reported.finding);
    // Who suppresses a finding that was merged into this one has a suppression that is used.
    for merged in &reported.merged {
        suppress::hides(list, hir, file, merged);
    }
    hidden || by_compiler
}
