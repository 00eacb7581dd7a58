//! `--fix`: applies fixes, in rounds, and never leaves a file worse than it was.
//!
//! A file is written only when it is still what was checked, when the result parses, and as a whole or not at all.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};

use anyhow::bail;
use linger_analysis::span::FileId;
use linger_analysis::syntax::parse::parse_file;
use linger_lints::{Applicability, Edit, Fix};

use crate::cli::CheckArgs;
use crate::git::Repository;
use crate::pipeline::Reported;
use crate::run::{self, Outcome};

/// Fixes may uncover each other; more rounds than this means that two rules disagree.
const MOST_ROUNDS: usize = 8;

/// What was done.
#[derive(Debug, Default)]
pub struct Done {
    /// Fixes applied.
    pub fixed: usize,
    /// Files written.
    pub files: usize,
    /// Why something was not fixed.
    pub notes: Vec<String>,
}

/// The new text of a file.
struct Changed {
    file: FileId,
    text: String,
    fixes: usize,
}

/// Applies fixes until none is left. Gives what was done, and the findings that remain.
pub fn apply(args: &CheckArgs, mut outcome: Outcome) -> anyhow::Result<(Done, Outcome)> {
    let mut done = Done::default();
    if !args.allow_dirty
        && let Ok(repository) = Repository::at(&outcome.found.root)
    {
        let dirty = repository.uncommitted()?;
        if !dirty.is_empty() {
            bail!(
                "these files have changes that are not committed; commit or stash them, or say --allow-dirty:\n  {}",
                dirty.join("\n  ")
            );
        }
    }
    let mut written = std::collections::BTreeSet::new();
    for _ in 0..MOST_ROUNDS {
        let changed = changes(args, &outcome, &mut done.notes);
        if changed.is_empty() {
            break;
        }
        for change in changed {
            let path = &outcome.program.file(change.file).path;
            crate::files::replace(path, &change.text)?;
            done.fixed += change.fixes;
            written.insert(path.clone());
        }
        outcome = run::check(args)?;
    }
    done.files = written.len();
    Ok((done, outcome))
}

/// How many more findings could be fixed with `--unsafe-fixes`.
pub fn unsafe_left(args: &CheckArgs, outcome: &Outcome) -> usize {
    let has = |reported: &&Reported, wanted: Applicability| {
        reported.finding.fixes.iter().any(|fix| fix.applicability == wanted)
    };
    let only_unsafe = |reported: &&Reported| {
        has(reported, Applicability::MaybeIncorrect) && !has(reported, Applicability::MachineApplicable)
    };
    if args.unsafe_fixes { 0 } else { outcome.findings.iter().filter(only_unsafe).count() }
}

/// Prints what would be done. Gives whether there is something.
pub fn diff(args: &CheckArgs, outcome: &Outcome, out: &mut dyn Write) -> anyhow::Result<bool> {
    let mut notes = Vec::new();
    let changed = changes(args, outcome, &mut notes);
    for change in &changed {
        let before = outcome.text(change.file);
        let path = crate::text::one_line(&outcome.shown(&outcome.program.file(change.file).path));
        let diff = similar::TextDiff::from_lines(&*before, &change.text);
        let diff = diff.unified_diff().header(&format!("a/{path}"), &format!("b/{path}")).to_string();
        // A terminal would interpret what stands in the source; a file is a patch and must be exact.
        let is_seen = std::io::stdout().is_terminal();
        write!(out, "{}", if is_seen { crate::text::printable(&diff) } else { diff })?;
    }
    for note in notes {
        eprintln!("note: {}", crate::text::one_line(&note));
    }
    Ok(!changed.is_empty())
}

/// The texts after one round.
fn changes(args: &CheckArgs, outcome: &Outcome, notes: &mut Vec<String>) -> Vec<Changed> {
    let wanted = |fix: &&Fix| match fix.applicability {
        Applicability::MachineApplicable => true,
        Applicability::MaybeIncorrect => args.unsafe_fixes,
        Applicability::HasPlaceholders => false,
    };
    // Of the alternatives of a finding the first; of fixes that overlap the first, the others come in a later round.
    let mut by_file: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
    let mut count: BTreeMap<FileId, usize> = BTreeMap::new();
    for reported in &outcome.findings {
        let Some(fix) = reported.finding.fixes.iter().find(wanted) else { continue };
        let Some(first) = fix.edits.first() else { continue };
        // A half of a fix is worse than none: all edits fit, or none is made.
        let fits = fix.edits.iter().all(|edit| {
            outcome.reported.contains(&edit.at.file)
                && by_file.get(&edit.at.file).is_none_or(|taken| taken.iter().all(|t| !touch(t, edit)))
        });
        if fits {
            *count.entry(first.at.file).or_insert(0) += 1;
            for edit in &fix.edits {
                by_file.entry(edit.at.file).or_default().push(edit);
            }
        }
    }
    let mut changed = Vec::new();
    for (file, mut edits) in by_file {
        let path = &outcome.program.file(file).path;
        let shown = outcome.shown(path);
        let text = outcome.text(file);
        if !outcome.found.may_write(path) {
            notes.push(format!("{shown} lies outside of what is checked, behind a link, and was left alone"));
            continue;
        }
        // The file itself, not what was remembered of it.
        let now = std::fs::read_to_string(path).unwrap_or_default();
        let checked = outcome.hashes.get(file.0 as usize);
        if checked != Some(&blake3::hash(now.as_bytes())) || *now != *text {
            notes.push(format!("{shown} has changed meanwhile and was left alone"));
            continue;
        }
        edits.sort_by_key(|e| (e.at.span.lo, e.at.span.hi));
        match edited(&now, &edits) {
            Some(text) if parse_file(path.clone(), &text).is_ok() => {
                changed.push(Changed { file, text, fixes: count.get(&file).copied().unwrap_or(0) });
            }
            _ => notes.push(format!("{shown} would not parse after its fixes and was left alone")),
        }
    }
    changed
}

/// Whether two edits cannot be made together.
fn touch(a: &Edit, b: &Edit) -> bool {
    a.at.span.lo <= b.at.span.hi && b.at.span.lo <= a.at.span.hi
}

/// Applies edits that are in order. `None` when they do not fit the text.
fn edited(text: &str, edits: &[&Edit]) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        let (lo, hi) = (edit.at.span.lo as usize, edit.at.span.hi as usize);
        out.push_str(text.get(at..lo)?);
        out.push_str(&edit.replacement);
        text.get(lo..hi)?;
        at = hi;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}
