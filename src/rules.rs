//! Runs the rules over all bodies, or again over those that a change concerns.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use linger_analysis::facts::{Analysis, AnalyzedBody, Look};
use linger_analysis::span::{FileId, FileSpan, Span};
use linger_lints::rules::tool::syntax_error;
use linger_lints::{BodyContext, Diagnostic, Fix, Gathered, ProgramContext, Rule};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::reasons;

/// What is to be done.
pub struct Work<'w> {
    /// The rules.
    pub rules: &'w [Box<dyn Rule>],
    /// Files whose findings are wanted.
    pub reported: &'w FxHashSet<FileId>,
    /// Set when nobody waits for the answer any more.
    pub stop: Option<&'w AtomicBool>,
}

/// What the rules say of one body.
#[derive(Default)]
struct Said {
    found: Vec<Diagnostic>,
    /// Notes of rules, by the rule's position.
    gathered: Vec<(usize, Gathered)>,
}

/// What the rules said the last time, by body.
#[derive(Default)]
pub struct Memory {
    said: FxHashMap<u32, Said>,
    reported: FxHashSet<FileId>,
}

/// Runs all rules, and keeps nothing.
pub fn run(work: &Work<'_>, analysis: &Analysis<'_>) -> Vec<Diagnostic> {
    let said: Vec<Said> = analysis.bodies.par_iter().map(|body| work.look(analysis, body)).collect();
    let mut findings = work.whole(analysis, said.iter());
    findings.extend(said.into_iter().flat_map(|said| said.found));
    findings
}

impl Memory {
    /// Runs the rules over all bodies, or `again` over some, and gives all findings.
    pub fn run(
        &mut self,
        work: &Work<'_>,
        analysis: &mut Analysis<'_>,
        again: Option<Vec<u32>>,
    ) -> Vec<Diagnostic> {
        let shared: &Analysis<'_> = analysis;
        let bodies: Vec<u32> = match again {
            None => {
                self.said.clear();
                (0..shared.bodies.len() as u32).collect()
            }
            Some(mut again) => {
                // Files that are reported on for the first time.
                let before = &self.reported;
                let is_new = |b: &AnalyzedBody| {
                    work.reported.contains(&b.global.file) && !before.contains(&b.global.file)
                };
                if work.reported.iter().any(|file| !before.contains(file)) {
                    let all = shared.bodies.iter().enumerate();
                    again.extend(all.filter(|(_, b)| is_new(b)).map(|(at, _)| at as u32));
                    again.sort_unstable();
                    again.dedup();
                }
                again
            }
        };
        self.reported.clone_from(work.reported);
        let done: Vec<(u32, Said, Look)> = bodies
            .into_par_iter()
            .filter_map(|at| {
                let body = shared.bodies.get(at as usize)?;
                let (said, look) = Look::note(|| work.look(shared, body));
                Some((at, said, look))
            })
            .collect();
        for (at, said, look) in done {
            analysis.remember(at, look);
            if said.found.is_empty() && said.gathered.is_empty() {
                self.said.remove(&at);
            } else {
                self.said.insert(at, said);
            }
        }
        let mut order: Vec<u32> = self.said.keys().copied().collect();
        order.sort_unstable();
        let mut findings = work.whole(analysis, order.iter().filter_map(|at| self.said.get(at)));
        findings.extend(order.iter().filter_map(|at| self.said.get(at)).flat_map(|said| said.found.clone()));
        findings
    }
}

impl Work<'_> {
    fn is_stopped(&self) -> bool {
        self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed))
    }

    /// Looks at one body. A panic ends one body, not the run.
    fn look(&self, analysis: &Analysis<'_>, body: &AnalyzedBody) -> Said {
        if self.is_stopped() {
            return Said::default();
        }
        let is_reported = self.reported.contains(&body.global.file);
        let run = catch_unwind(AssertUnwindSafe(|| {
            let mut said = Said::default();
            let cx = BodyContext::new(analysis, body);
            for (number, rule) in self.rules.iter().enumerate() {
                if is_reported {
                    rule.body(&cx, &mut said.found);
                }
                said.gathered.extend(rule.gather(&cx).map(|noted| (number, noted)));
            }
            for finding in &mut said.found {
                finding.fixes.retain(|fix| is_at_hand(analysis, body, fix));
                reasons::add(analysis, body, finding);
            }
            said
        }));
        let mut said = run.unwrap_or_else(|_| {
            let at = FileSpan { file: body.global.file, span: analysis.hir(body).span.start() };
            let message = "linger failed on this function (a bug in linger)";
            let found = is_reported.then(|| Diagnostic::new(&syntax_error::META, at, message));
            Said { found: found.into_iter().collect(), gathered: Vec::new() }
        });
        locate(analysis, &mut said.found);
        said
    }

    /// What rules find in the program as a whole.
    fn whole<'s>(&self, analysis: &Analysis<'_>, said: impl Iterator<Item = &'s Said>) -> Vec<Diagnostic> {
        let mut gathered: Vec<Vec<&Gathered>> = vec![Vec::new(); self.rules.len()];
        for (number, noted) in said.flat_map(|s| &s.gathered) {
            if let Some(list) = gathered.get_mut(*number) {
                list.push(noted);
            }
        }
        let mut findings: Vec<Diagnostic> = self
            .rules
            .par_iter()
            .zip(&gathered)
            .flat_map_iter(|(rule, gathered)| {
                let run = catch_unwind(AssertUnwindSafe(|| {
                    let mut found = Vec::new();
                    rule.program(&ProgramContext { analysis, gathered }, &mut found);
                    found
                }));
                run.unwrap_or_else(|_| {
                    let at = FileSpan { file: FileId(0), span: Span::default() };
                    let message = format!("linger failed in rule `{}` (a bug in linger)", rule.meta().name);
                    vec![Diagnostic::new(&syntax_error::META, at, message)]
                })
            })
            .collect();
        locate(analysis, &mut findings);
        findings
    }
}

/// Says for each finding in which item it is, and whether that is test code.
fn locate(analysis: &Analysis<'_>, findings: &mut [Diagnostic]) {
    for finding in findings {
        let at = finding.primary.at;
        let around = analysis.bodies_of(at.file).iter().filter(|b| analysis.hir(b).span.contains(at.span));
        let around = around.min_by_key(|body| {
            let span = analysis.hir(body).span;
            span.hi - span.lo
        });
        if let Some(body) = around {
            finding.in_test |= body.in_test;
            if finding.enclosing.is_none() {
                finding.enclosing = body.def.map(|def| analysis.program.def(def).path);
            }
        }
    }
}

/// Whether the text that a fix changes is the code itself: what a macro made is not there to be changed.
fn is_at_hand(analysis: &Analysis<'_>, body: &AnalyzedBody, fix: &Fix) -> bool {
    let expanded = |at: FileSpan| {
        at.file == body.global.file
            && analysis.hir(body).exprs.iter().any(|e| e.expanded && e.span.contains(at.span))
    };
    !fix.edits.iter().any(|edit| expanded(edit.at))
}
