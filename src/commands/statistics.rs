//! `--statistics`: what was found, and how much of the code was understood.

use std::collections::BTreeMap;

use linger_analysis::facts::Analysis;
use linger_analysis::span::FileId;
use linger_analysis::types::print::ResolutionShare;
use linger_lints::Level;
use rustc_hash::FxHashSet;

use crate::commands::counted;
use crate::run::Outcome;

/// The share of calls whose callee is known, by crate.
pub fn calls(analysis: &Analysis<'_>, reported: &FxHashSet<FileId>) -> Vec<(String, ResolutionShare)> {
    let mut shares: BTreeMap<String, ResolutionShare> = BTreeMap::new();
    for body in analysis.bodies.iter().filter(|b| reported.contains(&b.global.file)) {
        let name = analysis.program.crate_of(body.global.file).map_or("", |c| c.name.as_str());
        shares.entry(name.to_owned()).or_default().add(analysis.catalogue, analysis.hir(body), &body.types);
    }
    shares.into_iter().collect()
}

/// Prints the numbers of a run.
pub fn print(outcome: &Outcome) {
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for reported in &outcome.findings {
        let (errors, warnings) = counts.entry(reported.finding.code()).or_default();
        if reported.level >= Level::Deny {
            *errors += 1;
        } else {
            *warnings += 1;
        }
    }
    eprintln!(
        "{}, {} lines; reported on {}",
        counted(outcome.hashes.len(), "file"),
        outcome.lines,
        counted(outcome.reported.len(), "file"),
    );
    for (code, (errors, warnings)) in counts {
        eprintln!("{errors:>7} errors {warnings:>7} warnings  {code}");
    }
    let mut all = ResolutionShare::default();
    for (_, share) in &outcome.calls {
        all.merge(share);
    }
    eprintln!("calls whose callee is known:");
    for (name, share) in outcome.calls.iter().map(|(n, s)| (n.as_str(), s)).chain([("all", &all)]) {
        eprintln!(
            "{} of methods, {} of paths, {} of names in the catalogue  {name}",
            percent(share.resolved_methods, share.method_calls),
            percent(share.resolved_path_calls, share.path_calls),
            percent(share.resolved_catalogued, share.catalogued),
        );
    }
}

fn percent(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "      -".to_owned();
    }
    format!("{:>5.1} %", part as f64 * 100.0 / whole as f64)
}
