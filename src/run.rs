//! One check: files in, findings out.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use linger_analysis::catalogue::Catalogue;
use linger_analysis::names::Program;
use linger_analysis::span::{FileId, FileSpan, Span};
use linger_analysis::syntax::items::FileHir;
use linger_analysis::syntax::macros::SharedMacro;
use linger_analysis::syntax::parse::{STACK_SIZE, parse_file_with, shared_macros};
use linger_analysis::types::print::ResolutionShare;
use linger_lints::rules::tool::syntax_error;
use linger_lints::{Confidence, Diagnostic, Level, Rule};
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::baseline::Baseline;
use crate::cache::Digest;
use crate::cli::{CheckArgs, MinConfidence};
use crate::commands::statistics;
use crate::config::{self, Config, Policy};
use crate::dependencies;
use crate::discover::{Found, absolute, discover};
use crate::inputs::{Inputs, Stopped};
use crate::lost;
use crate::macros::Macros;
use crate::pipeline::{Reported, Settings, process};
use crate::progress::Progress;
use crate::remembered;
use crate::rules;
use crate::since;
use crate::state::{self, Basis, Frame, Key, State};
use crate::stored::Stored;
use crate::texts::Texts;

/// What a check gives.
pub struct Outcome {
    /// The program, for positions.
    pub program: Arc<Program>,
    /// Files and packages.
    pub found: Arc<Found>,
    /// The findings.
    pub findings: Vec<Reported>,
    /// Texts of the files.
    pub texts: Texts,
    /// Hash of each file as it was checked, by number.
    pub hashes: Vec<Digest>,
    /// Files that were reported on.
    pub reported: FxHashSet<FileId>,
    /// Files that could not be checked.
    pub broken: usize,
    /// Number of lines read.
    pub lines: u64,
    /// Findings that the baseline knows.
    pub known: usize,
    /// Findings that `--since` left out.
    pub old: usize,
    /// Where the time went.
    pub timings: Vec<(&'static str, Duration)>,
    /// Trouble that did not stop the run.
    pub notes: Vec<String>,
    /// What is wrong with the configuration and did not stop the run.
    pub warnings: Vec<String>,
    /// Rules that were looked for.
    pub rules: Vec<&'static str>,
    /// With `--statistics`: how many calls are understood, by crate.
    pub calls: Vec<(String, ResolutionShare)>,
}

/// A file, lowered, or why not.
pub struct Read {
    /// The file; empty when there is trouble.
    pub hir: Arc<FileHir>,
    /// Of its bytes; `None` when they cannot be read.
    pub hash: Option<Digest>,
    /// What is wrong with it.
    pub trouble: Option<(String, Span)>,
}

impl Read {
    /// What is wrong with it, as a finding.
    pub fn finding(&self, file: FileId) -> Option<Diagnostic> {
        let (message, span) = self.trouble.clone()?;
        Some(Diagnostic::new(&syntax_error::META, FileSpan { file, span }, message))
    }
}

/// Sets up the threads: syntax trees are recursive, so stacks are large.
pub fn threads(jobs: Option<usize>) -> anyhow::Result<()> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(jobs.unwrap_or(0))
        .stack_size(STACK_SIZE)
        // A panic is caught where it can be told of; on the thread of the pool it is noise.
        .panic_handler(|_| {})
        .build_global()
        .context("threads cannot be started")
}

/// Finds the files of a check and reads its configuration.
pub fn prepare(args: &CheckArgs) -> anyhow::Result<(Found, Config)> {
    let mut found = discover(&args.paths, &args.exclude, args.stdin_filename.as_deref())?;
    found.only(&args.package)?;
    let config = if args.no_config {
        Config::default()
    } else {
        Config::load(args.config.as_deref(), &found.root, &found.packages)?
    };
    Ok((found, config))
}

/// Runs a check.
pub fn check(args: &CheckArgs) -> anyhow::Result<Outcome> {
    let buffers = buffer(args)?.into_iter().map(|(path, text)| (path, Arc::from(text))).collect();
    check_in(args, Inputs { buffers, ..Inputs::default() })
}

/// Runs a check on given inputs.
pub fn check_in(args: &CheckArgs, mut inputs: Inputs<'_>) -> anyhow::Result<Outcome> {
    if inputs.quick {
        for inputs in [&inputs.of_the_whole(), &inputs] {
            if let Some(outcome) = state::quick(args, inputs)? {
                return Ok(outcome);
            }
        }
    }
    let mut clock = Clock::default();
    let (mut found, config) = prepare(args)?;
    found.is_somewhere()?;
    found.add_unsaved(inputs.buffers.keys());
    found.keep_near(&inputs.near);
    let rules = build_rules(&Policy::new(&config, &args.levels)?.with_tests(args.tests), &config)?;
    let texts = Texts::new(std::mem::take(&mut inputs.buffers));
    clock.lap("find files");
    let mut progress = Progress::new(!args.quiet && inputs.kept.is_none());
    progress.reading(found.files.len());

    let cache = if inputs.kept.is_none() { remembered::cache(args, &found, &config) } else { None };
    if let Some(cache) = &cache {
        match remembered::answer(cache, found, &texts, &rules, &mut clock) {
            Ok(mut outcome) => {
                outcome.warnings = warnings(&outcome.found, &outcome.reported, &config);
                return finished(args, &config, outcome, clock);
            }
            Err(back) => found = *back,
        }
    }
    let mut read = read(&found, &texts, &inputs);
    inputs.go_on()?;
    inputs.keep_last_good(&mut read);
    let lines = read.iter().map(|r| u64::from(r.hir.source.lines.count())).sum();
    // A file that could not be read has the hash of nothing.
    let hashes = read.iter().map(|r| r.hash.unwrap_or_else(|| blake3::hash(b""))).collect();
    let is_all_read = read.iter().all(|r| r.hash.is_some());
    let trouble: Vec<Diagnostic> =
        read.iter().enumerate().filter_map(|(at, one)| one.finding(FileId(at as u32))).collect();
    let files: Vec<Arc<FileHir>> = read.into_iter().map(|one| one.hir).collect();
    clock.lap("parse and lower");

    progress.at("reading the signatures of dependencies");
    // A process that checks again learns them again when a lock file has changed.
    if !args.no_dependencies && inputs.kept.is_none_or(|kept| kept.learns_from(&found.packages)) {
        Catalogue::forget();
        let mut learnt = dependencies::read(&found.packages, inputs.kept.is_some(), !args.no_cache);
        if let Some(kept) = inputs.kept {
            learnt = kept.beside_others(learnt);
        }
        Catalogue::learn(learnt.into_values().collect());
        clock.lap("dependencies");
    }
    let edition = config.edition().filter(|_| args.edition == 2024).unwrap_or(args.edition);
    progress.at("resolving names");
    let extended;
    let mut user_catalogue = None;
    let catalogue = match config.catalogue()? {
        None => Catalogue::builtin(),
        Some((text, path)) => {
            extended = Catalogue::extended(&text)
                .map_err(|error| anyhow!("{}: in [catalogue]: {error}", path.display()))?;
            user_catalogue = Some(text);
            &extended
        }
    };
    let crates = found.crates(edition);
    let key = Key::new(&files, &crates, user_catalogue, rule_key(&rules, &config));
    // What is kept and of no use makes room first.
    let kept = inputs.take_state().and_then(|state| state.brought_to(&key, &files));
    let mut basis = kept.unwrap_or_else(|| Basis::new(Program::build(files, crates)));
    let program = Arc::clone(&basis.program);
    let unread: FxHashSet<FileId> = trouble.iter().map(|t| t.primary.at.file).collect();
    let reported = found.reported(&program, &config, &unread);
    let lost = lost::modules(&program, &found, &reported, &texts);
    found.notes.extend(lost);
    let found = Arc::new(found);
    clock.lap("names");
    // What is kept is soon up to date, and would be lost half-way.
    let stop = inputs.stop.filter(|_| !basis.is_kept());
    let go_on = || if stop.is_some_and(|s| s.load(Ordering::Relaxed)) { Err(Stopped) } else { Ok(()) };
    go_on()?;

    progress.at("following resources");
    let ownership = basis.ownership(&program, catalogue);
    let (mut analysis, again) = basis.analysis(&program, catalogue, &ownership, inputs.slot.is_some());
    clock.lap("types, flow and facts");
    go_on()?;

    let calls = if args.statistics { statistics::calls(&analysis, &reported) } else { Vec::new() };
    progress.at("looking for hazards");
    let work = rules::Work { rules: &rules, reported: &reported, stop };
    let mut findings = match inputs.slot {
        Some(_) => basis.memory.run(&work, &mut analysis, again),
        None => rules::run(&work, &analysis),
    };
    let facts = analysis.into_facts();
    let known = ownership.into_known();
    go_on()?;
    let broken = trouble.iter().filter(|t| reported.contains(&t.primary.at.file)).count();
    let config = Arc::new(config);
    if inputs.slot.is_some() {
        let frame = Frame::new(key, Arc::clone(&found), Arc::clone(&config), reported.clone());
        inputs.keep_state(State::new(frame, basis, facts, known));
    } else {
        facts.free();
    }
    // What is said of the last good version of a broken file is out of date.
    let is_broken = |d: &Diagnostic| trouble.iter().any(|t| t.primary.at.file == d.primary.at.file);
    findings.retain(|finding| !is_broken(finding));
    findings.extend(trouble.into_iter().filter(|t| reported.contains(&t.primary.at.file)));
    clock.lap("rules");

    let policy = Policy::new(&config, &args.levels)?.with_tests(args.tests);
    let settings = settings(args, &policy, &config, &reported);
    let findings = process(&program, findings, &settings, &texts);
    drop(progress);
    clock.lap("levels and suppressions");

    let outcome = Outcome {
        program,
        findings,
        texts,
        hashes,
        broken,
        lines,
        known: 0,
        old: 0,
        timings: Vec::new(),
        notes: found.notes.clone(),
        warnings: warnings(&found, &reported, &config),
        reported,
        rules: rules.iter().map(|r| r.meta().name).collect(),
        calls,
        found,
    };
    if let Some(cache) = cache.filter(|_| is_all_read) {
        let files = outcome.program.files().iter().map(|file| file.path.as_path());
        let contents = remembered::contents(files.zip(&outcome.hashes));
        cache.put(&contents, &Stored::new(&outcome));
        clock.lap("cache");
    }
    finished(args, &config, outcome, clock)
}

/// What is wrong around the files and did not stop the run.
fn warnings(found: &Found, reported: &FxHashSet<FileId>, config: &Config) -> Vec<String> {
    let mut warnings = found.warnings.clone();
    warnings.extend(found.unchecked(reported, config));
    warnings.extend(config::catalogue::idle(config, &found.root, &found.packages));
    warnings
}

/// What comes behind the findings themselves: the baseline, and `--since`.
fn finished(
    args: &CheckArgs,
    config: &Config,
    mut outcome: Outcome,
    mut clock: Clock,
) -> anyhow::Result<Outcome> {
    if let Some(baseline) = Baseline::open(args, config, &outcome)? {
        baseline.hide(&mut outcome);
        clock.lap("baseline");
    }
    if let Some(revision) = &args.since {
        since::keep_changed(&mut outcome, revision)?;
        clock.lap("changed lines");
    }
    outcome.timings = clock.laps;
    Ok(outcome)
}

/// Measures the parts of a run.
pub struct Clock {
    last: Instant,
    /// Parts and their times.
    pub laps: Vec<(&'static str, Duration)>,
}

impl Default for Clock {
    fn default() -> Self {
        Self { last: Instant::now(), laps: Vec::new() }
    }
}

impl Clock {
    /// A part is done.
    pub fn lap(&mut self, name: &'static str) {
        self.laps.push((name, self.last.elapsed()));
        self.last = Instant::now();
    }
}

impl Outcome {
    /// Whether something at deny was reported.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|r| r.level >= Level::Deny)
    }

    /// The text of a file.
    pub fn text(&self, file: FileId) -> Arc<str> {
        self.texts.get(file, &self.program.file(file).path)
    }

    /// A path as it is shown: relative to the root, with `/`.
    pub fn shown(&self, path: &Path) -> String {
        let shown = path.strip_prefix(&self.found.root).unwrap_or(path);
        let text = shown.to_string_lossy();
        if std::path::MAIN_SEPARATOR == '/' {
            text.into_owned()
        } else {
            text.replace(std::path::MAIN_SEPARATOR, "/")
        }
    }
}

/// The text on the standard input, with the file it belongs to.
fn buffer(args: &CheckArgs) -> anyhow::Result<Option<(PathBuf, String)>> {
    let Some(path) = &args.stdin_filename else { return Ok(None) };
    let here = std::env::current_dir().context("the current folder cannot be read")?;
    let text = std::io::read_to_string(std::io::stdin()).context("the standard input cannot be read")?;
    Ok(Some((absolute(&here, path), text)))
}

/// What the pipeline needs to know.
pub fn settings<'s>(
    args: &CheckArgs,
    policy: &'s Policy<'s>,
    config: &Config,
    reported: &'s FxHashSet<FileId>,
) -> Settings<'s> {
    Settings {
        policy,
        min_confidence: args.min_confidence.map(|c| match c {
            MinConfidence::Likely => Confidence::Likely,
            MinConfidence::Certain => Confidence::Certain,
        }),
        require_reason: config.require_reason(),
        reported,
    }
}

/// The rules with their options, as far as they decide what is found.
pub fn rule_key(rules: &[Box<dyn Rule>], config: &Config) -> Vec<(&'static str, String)> {
    rules.iter().map(|r| (r.meta().name, config.options(r.meta().name).to_string())).collect()
}

/// Makes the rules that are on somewhere.
pub fn build_rules(policy: &Policy<'_>, config: &Config) -> anyhow::Result<Vec<Box<dyn Rule>>> {
    linger_lints::all()
        .iter()
        .filter(|rule| policy.is_on(rule.meta))
        .map(|rule| {
            (rule.build)(config.options(rule.meta.name))
                .with_context(|| format!("the options of rule `{}`", rule.meta.name))
        })
        .collect()
}

/// Reads and lowers all files, large ones first so that none ends the run alone. In the order of the paths.
pub fn read(found: &Found, texts: &Texts, inputs: &Inputs<'_>) -> Vec<Read> {
    let mut order: Vec<(u64, usize)> = found
        .files
        .iter()
        .enumerate()
        .map(|(index, path)| (std::fs::metadata(path).map_or(0, |m| m.len()), index))
        .collect();
    order.sort_by(|a, b| b.cmp(a));
    // A macro may stand in any file, so all are opened before the first is lowered.
    let opened: Vec<(usize, Opened)> = order
        .par_iter()
        .with_max_len(1)
        .map(|(_, index)| (*index, open(&found.files[*index], texts, inputs)))
        .collect();
    let shared: Vec<(usize, Arc<[SharedMacro]>)> = opened
        .iter()
        .filter(|(_, file)| !file.macros.is_empty())
        .map(|(index, file)| (*index, Arc::clone(&file.macros)))
        .collect();
    let defined = shared.iter().map(|(index, macros)| (found.files[*index].as_path(), &**macros));
    let macros = Macros::of(&found.packages, defined);
    let mut read: Vec<(usize, Read)> = opened
        .into_par_iter()
        .with_max_len(1)
        .map(|(index, file)| (index, file.lowered(&found.files[index], &macros, texts, inputs)))
        .collect();
    read.sort_by_key(|(index, _)| *index);
    read.into_iter().map(|(_, one)| one).collect()
}

/// Reads and lowers a file of a program that is known.
pub fn read_one(path: &Path, found: &Found, program: &Program, texts: &Texts, inputs: &Inputs<'_>) -> Read {
    let files = program.files().iter().map(|file| (file.path.as_path(), &*file.macros));
    open(path, texts, inputs).lowered(path, &Macros::of(&found.packages, files), texts, inputs)
}

/// The text of a file with its hash, or why there is none.
type Text = Result<(String, Digest), NoText>;

/// Why a file has no text.
struct NoText {
    /// Of its bytes, when they can be read.
    hash: Option<Digest>,
    message: String,
    /// What can be read, up to the byte that cannot.
    head: String,
}

/// A file that was opened.
struct Opened {
    /// Its text. A run that keeps nothing reads it once more: all texts at once are a tenth of its memory.
    text: Option<Text>,
    /// What it was lowered to before.
    known: Option<Arc<FileHir>>,
    /// The macros that it shares.
    macros: Arc<[SharedMacro]>,
}

fn open(path: &Path, texts: &Texts, inputs: &Inputs<'_>) -> Opened {
    if inputs.is_stopped() {
        return Opened { text: None, known: None, macros: Arc::default() };
    }
    let Some(kept) = inputs.kept else {
        let macros = match texts.buffer(path) {
            Some(text) => macros_of(text),
            None => std::fs::read(path).ok().and_then(|bytes| macros_of(std::str::from_utf8(&bytes).ok()?)),
        };
        return Opened { text: None, known: None, macros: macros.unwrap_or_default() };
    };
    let text = text_of(path, texts);
    let Ok((code, hash)) = &text else {
        return Opened { text: Some(text), known: None, macros: Arc::default() };
    };
    let known = kept.get(path, hash);
    let macros = match &known {
        Some(known) => Some(Arc::clone(&known.macros)),
        // Who edits a file has not taken its macros back.
        None => macros_of(code).or_else(|| Some(Arc::clone(&inputs.last_good(path)?.macros))),
    };
    Opened { text: Some(text), known, macros: macros.unwrap_or_default() }
}

fn macros_of(text: &str) -> Option<Arc<[SharedMacro]>> {
    catch_unwind(|| shared_macros(text)).ok().flatten().map(Into::into)
}

fn text_of(path: &Path, texts: &Texts) -> Text {
    let bytes = match texts.buffer(path) {
        Some(text) => text.as_bytes().to_vec(),
        None => std::fs::read(path).map_err(|error| NoText {
            hash: None,
            message: format!("this file cannot be read: {error}"),
            head: String::new(),
        })?,
    };
    let hash = blake3::hash(&bytes);
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let mut bytes = error.into_bytes();
        bytes.truncate(at);
        let head = String::from_utf8(bytes).unwrap_or_default();
        NoText { hash: Some(hash), message: format!("this file is not UTF-8 (byte {at})"), head }
    })?;
    Ok((text, hash))
}

impl Opened {
    fn lowered(self, path: &Path, macros: &Macros<'_>, texts: &Texts, inputs: &Inputs<'_>) -> Read {
        let failed = |hash: Option<Digest>, text: &str, message: String, span: Span| Read {
            hir: Arc::new(empty(path, text)),
            hash,
            trouble: Some((message, span)),
        };
        if inputs.is_stopped() {
            return failed(None, "", "stopped".to_owned(), Span::default());
        }
        let (text, hash) = match self.text.unwrap_or_else(|| text_of(path, texts)) {
            Ok(text) => text,
            Err(NoText { hash, message, head }) => {
                let end = head.len().try_into().unwrap_or(u32::MAX);
                return failed(hash, &head, message, Span::new(end, end));
            }
        };
        let others = macros.seen_from(path);
        if let Some(hir) = self.known.filter(|known| known.is_same_with(others)) {
            return Read { hir, hash: Some(hash), trouble: None };
        }
        let parse = || parse_file_with(path.to_path_buf(), &text, others);
        match catch_unwind(AssertUnwindSafe(parse)) {
            Ok(Ok(mut hir)) => {
                hir.macros = self.macros;
                let hir = Arc::new(hir);
                if let Some(kept) = inputs.kept {
                    kept.put(hash, &hir);
                }
                Read { hir, hash: Some(hash), trouble: None }
            }
            Ok(Err(error)) => {
                let message = format!("this file could not be checked: {}", error.message);
                failed(Some(hash), &text, message, error.span)
            }
            Err(_) => {
                let message = "linger failed on this file (a bug in linger)".to_owned();
                failed(Some(hash), &text, message, Span::default())
            }
        }
    }
}

/// A file without contents, so that a failure has a place.
pub fn empty(path: &Path, text: &str) -> FileHir {
    FileHir {
        path: path.to_path_buf(),
        source: linger_analysis::source::SourceText {
            lines: linger_analysis::source::LineIndex::new(text),
            comments: Vec::new(),
        },
        modules: vec![linger_analysis::syntax::items::Module {
            name: linger_analysis::symbol::sym(""),
            parent: None,
            is_block: false,
            cfg_test: false,
            span: Span::new(0, text.len().try_into().unwrap_or(u32::MAX)),
        }],
        items: Vec::new(),
        bodies: Vec::new(),
        imports: Vec::new(),
        lint_attributes: Vec::new(),
        cfg_test: false,
        macros: Arc::default(),
        asked_macros: Vec::new(),
    }
}
