//! From raw findings to those that are reported: one ordered pipeline.

use std::collections::BTreeMap;
use std::sync::Arc;

use linger_analysis::names::Program;
use linger_analysis::span::FileId;
use linger_lints::{Confidence, Diagnostic, Group, Level};
use rustc_hash::FxHashSet;

use crate::levels::Levels;
use crate::suppress;

/// A finding with its level.
#[derive(Debug)]
pub struct Reported {
    /// The finding.
    pub finding: Diagnostic,
    /// Its level, never allow.
    pub level: Level,
}

/// What the pipeline needs to know.
pub struct Settings<'s> {
    /// Levels.
    pub levels: &'s Levels,
    /// Level of test code, when set.
    pub tests: Option<Level>,
    /// Least confidence.
    pub min_confidence: Option<Confidence>,
    /// Files that are reported on; all when `None`.
    pub reported: Option<FxHashSet<FileId>>,
}

/// Rules by how specific they are: of two findings with one cause the earlier rule speaks.
const MOST_SPECIFIC_FIRST: &[&str] = &[
    "future_not_awaited",
    "overwritten_guard",
    "dropped_at_once",
    "recv_error_spins",
    "lines_never_end",
    "partial_io",
    "writer_not_finished",
    "exit_status_ignored",
    "http_status_ignored",
    "join_result_lost",
    "task_error_lost",
    "ignored_result",
    "unused_result",
    "double_lock",
    "lock_across_await",
    "lock_while_waiting",
    "guard_held_through_match",
    "guard_held_through_loop",
];

/// Runs the pipeline. `texts` gives the text of a file.
pub fn process(
    program: &Program,
    findings: Vec<Diagnostic>,
    settings: &Settings<'_>,
    texts: &dyn Fn(FileId) -> Arc<str>,
) -> Vec<Reported> {
    let mut kept = leveled(findings, settings);
    in_order(&mut kept, program);
    // Two rules (or one rule by two ways) may see one cause.
    one_cause_one_finding(&mut kept);
    suppressed(&mut kept, program, settings, texts);
    if let Some(files) = &settings.reported {
        kept.retain(|r| files.contains(&r.finding.primary.at.file));
    }
    in_order(&mut kept, program);
    kept
}

/// Attaches levels, and drops what is allowed, unsure, or test code that nobody asked about.
fn leveled(findings: Vec<Diagnostic>, settings: &Settings<'_>) -> Vec<Reported> {
    findings
        .into_iter()
        .filter(|f| settings.min_confidence.is_none_or(|least| f.confidence >= least))
        .filter_map(|finding| {
            let mut level = settings.levels.of_finding(&finding);
            if finding.in_test && !finding.rule.about_tests {
                level = match settings.tests {
                    Some(Level::Allow) => Level::Allow,
                    Some(_) => level,
                    None => by_test_policy(&finding, level),
                };
            }
            (level > Level::Allow).then_some(Reported { finding, level })
        })
        .collect()
}

/// In tests a leak or an ignored error costs little: only what is denied by default, and locks, stay on.
fn by_test_policy(finding: &Diagnostic, level: Level) -> Level {
    let default = finding.rule.case(finding.case.unwrap_or("")).map_or(Level::Warn, |c| c.level);
    let everyday = matches!(finding.rule.group, Group::Result | Group::Task | Group::Cleanup);
    if everyday && default < Level::Deny { Level::Allow } else { level }
}

fn in_order(kept: &mut [Reported], program: &Program) {
    kept.sort_by(|a, b| {
        let key = |r: &Reported| {
            let at = r.finding.primary.at;
            (program.file(at.file).path.clone(), at.span.lo, at.span.hi, r.finding.rule.name)
        };
        key(a).cmp(&key(b)).then_with(|| a.finding.message.cmp(&b.finding.message))
    });
}

fn one_cause_one_finding(kept: &mut Vec<Reported>) {
    let rank = |r: &Reported| {
        MOST_SPECIFIC_FIRST.iter().position(|n| *n == r.finding.rule.name).unwrap_or(MOST_SPECIFIC_FIRST.len())
    };
    let mut best: BTreeMap<(FileId, u32, u32), usize> = BTreeMap::new();
    let mut drop = vec![false; kept.len()];
    for index in 0..kept.len() {
        let at = kept[index].finding.primary.at;
        match best.get(&(at.file, at.span.lo, at.span.hi)).copied() {
            None => {
                best.insert((at.file, at.span.lo, at.span.hi), index);
            }
            Some(other) => {
                let same_rule = kept[other].finding.rule.name == kept[index].finding.rule.name;
                let both_ranked = rank(&kept[other]) < MOST_SPECIFIC_FIRST.len() && rank(&kept[index]) < MOST_SPECIFIC_FIRST.len();
                if same_rule && kept[other].finding.case == kept[index].finding.case {
                    drop[index] = true;
                } else if both_ranked {
                    let (winner, loser) = if rank(&kept[index]) < rank(&kept[other]) { (index, other) } else { (other, index) };
                    drop[loser] = true;
                    let note = format!("also: {} [linger::{}]", kept[loser].finding.message, kept[loser].finding.rule.name);
                    kept[winner].finding.notes.push(note);
                    best.insert((at.file, at.span.lo, at.span.hi), winner);
                }
            }
        }
    }
    let mut index = 0;
    kept.retain(|_| {
        index += 1;
        !drop[index - 1]
    });
}

/// Takes out what the code itself allows, and reports suppressions that hide nothing.
fn suppressed(
    kept: &mut Vec<Reported>,
    program: &Program,
    settings: &Settings<'_>,
    texts: &dyn Fn(FileId) -> Arc<str>,
) {
    let mut by_file: BTreeMap<FileId, Vec<suppress::Suppression>> = BTreeMap::new();
    for (index, hir) in program.files.iter().enumerate() {
        let file = FileId(index as u32);
        let mentioned = hir.source.comments.iter().any(|c| c.text.contains("linger:"))
            || hir.lint_attributes.iter().any(|a| a.lint.starts_with("linger::"));
        if mentioned && settings.reported.as_ref().is_none_or(|r| r.contains(&file)) {
            by_file.insert(file, suppress::read(hir, &texts(file)));
        }
    }
    kept.retain(|reported| {
        let file = reported.finding.primary.at.file;
        let hir = program.file(file);
        // What is forbidden cannot be allowed by the code.
        if reported.level == Level::Forbid {
            return true;
        }
        if suppress::allowed_by_compiler(hir, &reported.finding) {
            return false;
        }
        !by_file.get_mut(&file).is_some_and(|s| suppress::hides(s, hir, file, &reported.finding))
    });
    let is_on = |name: &str| match linger_lints::find(name.split('/').next().unwrap_or(name)) {
        Some(rule) => settings.levels.is_on(rule.meta),
        None => true,
    };
    for (file, suppressions) in &by_file {
        let unused = suppress::unused(suppressions, *file, &is_on);
        kept.extend(leveled(unused, settings));
    }
}
