//! `--since REV`: only findings that touch changed lines.

use crate::git::{Changed, Repository};
use crate::run::Outcome;

/// Keeps findings of which any place, shown or not, overlaps a changed line: a change at the end of a resource's life
/// makes the finding new as much as one at its start.
pub fn keep_changed(outcome: &mut Outcome, revision: &str) -> anyhow::Result<()> {
    let changed = Repository::at(&outcome.found.root)?.changed_since(revision)?;
    let before = outcome.findings.len();
    let program = &outcome.program;
    // git shows paths with links resolved.
    let real = |path: &std::path::Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let mut paths = rustc_hash::FxHashMap::default();
    outcome.findings.retain(|reported| {
        reported.finding.places().any(|at| {
            let hir = program.file(at.file);
            let path = paths.entry(at.file).or_insert_with(|| real(&hir.path));
            match changed.get(path.as_path()) {
                None => false,
                Some(Changed::Whole) => true,
                Some(Changed::Lines(lines)) => {
                    let first = hir.source.lines.line(at.span.lo) + 1;
                    let last = hir.source.lines.line(at.span.hi.saturating_sub(1).max(at.span.lo)) + 1;
                    lines.iter().any(|(from, to)| *from <= last && first <= *to)
                }
            }
        })
    });
    outcome.old = before - outcome.findings.len();
    Ok(())
}
