//! A program that is kept between checks: for the language server and `--watch`.
//!
//! A check that finds the same files, targets, rules and options as the one before, and in each changed file the same
//! interface ([`linger_analysis::syntax::Interface`]), keeps names and types of the program, and brings only the facts
//! up to date ([`Analysis::again`]); rules look again at the bodies that this concerns. In all other cases everything is
//! done anew. What was found is the same as without anything kept.

use std::path::PathBuf;
use std::sync::Arc;

use linger_analysis::catalogue::Catalogue;
use linger_analysis::facts::{Analysis, Facts};
use linger_analysis::flow::{Known, Ownership};
use linger_analysis::names::{CrateInput, Program};
use linger_analysis::span::FileId;
use linger_analysis::syntax::items::FileHir;
use linger_lints::Diagnostic;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::baseline::Baseline;
use crate::cli::CheckArgs;
use crate::config::{Config, Policy};
use crate::discover::Found;
use crate::inputs::Inputs;
use crate::pipeline::process;
use crate::rules::{Memory, Work};
use crate::run::{self, Clock, Outcome};
use crate::texts::Texts;

/// What must be equal, beside the files' interfaces, for a kept program to be of use.
#[derive(PartialEq)]
pub struct Key {
    files: Vec<PathBuf>,
    crates: Vec<CrateInput>,
    catalogue: Option<String>,
    rules: Vec<(&'static str, String)>,
}

impl Key {
    /// The key of a check.
    pub fn new(
        files: &[Arc<FileHir>],
        crates: &[CrateInput],
        catalogue: Option<String>,
        rules: Vec<(&'static str, String)>,
    ) -> Self {
        let files = files.iter().map(|file| file.path.clone()).collect();
        Self { files, crates: crates.to_vec(), catalogue, rules }
    }
}

/// What a check starts from: a program, and what is known of it already.
pub struct Basis {
    /// The program.
    pub program: Arc<Program>,
    /// What the rules said.
    pub memory: Memory,
    kept: Option<(Facts, Known)>,
    changed: Vec<FileId>,
}

impl Basis {
    /// A program of which nothing is known.
    pub fn new(program: Program) -> Self {
        Self { program: Arc::new(program), memory: Memory::default(), kept: None, changed: Vec::new() }
    }

    /// Whether it is brought up to date rather than made anew.
    pub fn is_kept(&self) -> bool {
        self.kept.is_some()
    }

    /// What types own.
    pub fn ownership<'a>(&mut self, program: &'a Program, catalogue: &'a Catalogue) -> Ownership<'a> {
        match self.kept.take() {
            None => Ownership::new(program, catalogue),
            Some((facts, known)) => {
                self.kept = Some((facts, Known::default()));
                Ownership::with(program, catalogue, known)
            }
        }
    }

    /// The facts, and which bodies the rules must look at again (all, when nothing was known).
    pub fn analysis<'a>(
        &mut self,
        program: &'a Program,
        catalogue: &'a Catalogue,
        ownership: &'a Ownership<'a>,
        remember: bool,
    ) -> (Analysis<'a>, Option<Vec<u32>>) {
        match self.kept.take() {
            Some((facts, _)) => {
                let (analysis, again) = Analysis::again(program, catalogue, ownership, facts, &self.changed);
                (analysis, Some(again))
            }
            None if remember => (Analysis::remembered(program, catalogue, ownership), None),
            None => (Analysis::new(program, catalogue, ownership), None),
        }
    }
}

/// What a program was made for.
pub struct Frame {
    key: Key,
    found: Arc<Found>,
    config: Arc<Config>,
    reported: FxHashSet<FileId>,
    by_path: FxHashMap<PathBuf, FileId>,
}

impl Frame {
    /// The frame of a check.
    pub fn new(key: Key, found: Arc<Found>, config: Arc<Config>, reported: FxHashSet<FileId>) -> Self {
        let numbers = key.files.iter().enumerate();
        let by_path = numbers.map(|(number, path)| (path.clone(), FileId(number as u32))).collect();
        Self { key, found, config, reported, by_path }
    }
}

/// A program that is kept.
pub struct State {
    frame: Frame,
    program: Arc<Program>,
    memory: Memory,
    facts: Facts,
    known: Known,
}

/// Files that are not what they were, by number.
type Changed = Vec<(FileId, Arc<FileHir>)>;

impl State {
    /// Keeps what a check has made.
    pub fn new(frame: Frame, basis: Basis, facts: Facts, known: Known) -> Self {
        Self { frame, program: basis.program, memory: basis.memory, facts, known }
    }

    /// Takes over the present files. `None` when more than bodies has changed.
    pub fn brought_to(self, key: &Key, files: &[Arc<FileHir>]) -> Option<Basis> {
        if self.frame.key != *key {
            return None;
        }
        let pairs = files.iter().zip(self.program.files()).enumerate();
        let changed: Changed = pairs
            .filter(|(_, (new, old))| !Arc::ptr_eq(new, old))
            .map(|(number, (new, _))| (FileId(number as u32), Arc::clone(new)))
            .collect();
        if self.fits(&changed) { self.with(changed).map(|(_, basis)| basis) } else { None }
    }

    /// Whether some files can be replaced without making the program anew.
    fn fits(&self, changed: &Changed) -> bool {
        changed.iter().all(|(id, file)| self.program.fits(*id, file))
    }

    /// Replaces files, which must fit. `None` when somebody still looks at the program as it was.
    fn with(mut self, changed: Changed) -> Option<(Frame, Basis)> {
        let ids = changed.iter().map(|(id, _)| *id).collect();
        let program = Arc::get_mut(&mut self.program)?;
        for (id, file) in changed {
            program.replace(id, file);
        }
        let kept = Some((self.facts, self.known));
        Some((self.frame, Basis { program: self.program, memory: self.memory, kept, changed: ids }))
    }
}

/// Answers for texts that are not saved, from the kept program alone: nothing is read from the disk, so other files are
/// as the last whole check saw them. `None` when that is not possible.
pub fn quick(args: &CheckArgs, inputs: &Inputs<'_>) -> anyhow::Result<Option<Outcome>> {
    let Some(state) = inputs.take_state() else { return Ok(None) };
    let mut clock = Clock::default();
    let texts = Texts::new(inputs.buffers.clone());
    let mut changed = Changed::new();
    let mut trouble = Vec::new();
    let mut asked = FxHashSet::default();
    for path in &inputs.near {
        let id = state.frame.by_path.get(path).copied().filter(|id| state.frame.reported.contains(id));
        let Some(id) = id else {
            inputs.keep_state(state);
            return Ok(None);
        };
        asked.insert(id);
        let read = run::read_one(path, &state.frame.found, &state.program, &texts, inputs);
        match read.finding(id) {
            // The others are answered for as if it still were what it was when it could be read.
            Some(finding) => trouble.push(finding),
            None if state.program.files().get(id.0 as usize).is_some_and(|f| Arc::ptr_eq(f, &read.hir)) => {}
            None => changed.push((id, read.hir)),
        }
    }
    clock.lap("parse and lower");
    let config = Arc::clone(&state.frame.config);
    let rules = Policy::new(&config, &args.levels)
        .and_then(|policy| run::build_rules(&policy.with_tests(args.tests), &config));
    let rules = rules.ok().filter(|rules| run::rule_key(rules, &config) == state.frame.key.rules);
    let (Some(rules), true) = (rules, !inputs.is_stopped() && state.fits(&changed)) else {
        inputs.keep_state(state);
        return inputs.go_on().map(|()| None).map_err(Into::into);
    };
    let extended;
    let catalogue = match &state.frame.key.catalogue {
        None => Catalogue::builtin(),
        Some(text) => {
            extended = Catalogue::extended(text)?;
            &extended
        }
    };
    let Some((frame, mut basis)) = state.with(changed) else { return Ok(None) };
    let program = Arc::clone(&basis.program);
    let found = Arc::clone(&frame.found);
    clock.lap("names");
    let ownership = basis.ownership(&program, catalogue);
    let (mut analysis, again) = basis.analysis(&program, catalogue, &ownership, true);
    clock.lap("types, flow and facts");
    let work = Work { rules: &rules, reported: &frame.reported, stop: None };
    let mut findings = basis.memory.run(&work, &mut analysis, again);
    let facts = analysis.into_facts();
    let known = ownership.into_known();
    inputs.keep_state(State::new(frame, basis, facts, known));
    clock.lap("rules");

    let is_broken = |d: &Diagnostic| trouble.iter().any(|t| t.primary.at.file == d.primary.at.file);
    findings.retain(|finding| asked.contains(&finding.primary.at.file) && !is_broken(finding));
    let broken = trouble.len();
    findings.extend(trouble);
    let policy = Policy::new(&config, &args.levels)?.with_tests(args.tests);
    let findings = process(&program, findings, &run::settings(args, &policy, &config, &asked), &texts);
    let mut outcome = Outcome {
        program,
        findings,
        texts,
        hashes: Vec::new(),
        reported: asked,
        broken,
        lines: 0,
        known: 0,
        old: 0,
        timings: Vec::new(),
        warnings: Vec::new(),
        notes: Vec::new(),
        rules: rules.iter().map(|r| r.meta().name).collect(),
        calls: Vec::new(),
        found,
    };
    if let Some(baseline) = Baseline::open(args, &config, &outcome)? {
        baseline.hide(&mut outcome);
    }
    clock.lap("levels and suppressions");
    outcome.timings = clock.laps;
    Ok(Some(outcome))
}
