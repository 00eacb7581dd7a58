//! One check: files in, findings out.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use linger_analysis::catalogue::Catalogue;
use linger_analysis::facts::Analysis;
use linger_analysis::flow::Ownership;
use linger_analysis::names::Program;
use linger_analysis::span::{FileId, FileSpan, Span};
use linger_analysis::syntax::items::FileHir;
use linger_analysis::syntax::parse::{STACK_SIZE, parse_file};
use linger_analysis::types::print::ResolutionShare;
use linger_lints::rules::tool::syntax_error;
use linger_lints::{BodyContext, Confidence, Diagnostic, Level, ProgramContext, Rule};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::baseline::Baseline;
use crate::cli::{CheckArgs, MinConfidence};
use crate::commands::statistics;
use crate::config::{Config, Policy};
use crate::dependencies;
use crate::discover::{Found, absolute, discover};
use crate::inputs::Inputs;
use crate::macros;
use crate::pipeline::{Reported, Settings, process};
use crate::since;
use crate::texts::Texts;

/// What a check gives.
pub struct Outcome {
    /// The program, for positions.
    pub program: Program,
    /// Files and packages.
    pub found: Found,
    /// The findings.
    pub findings: Vec<Reported>,
    /// Texts of the files.
    pub texts: Texts,
    /// Hash of each file as it was checked, by number.
    pub hashes: Vec<u64>,
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
    /// Rules that were looked for.
    pub rules: Vec<&'static str>,
    /// With `--statistics`: how many calls are understood, by crate.
    pub calls: Vec<(String, ResolutionShare)>,
}

/// A file, lowered, or why not.
pub struct Read {
    /// What it was lowered to.
    pub hir: Arc<FileHir>,
    /// The hash of its text.
    pub hash: u64,
    trouble: Option<(String, Span)>,
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
    let mut clock = Clock::default();
    let (mut found, config) = prepare(args)?;
    found.add_unsaved(inputs.buffers.keys());
    found.keep_near(&inputs.near);
    let policy = Policy::new(&config, &args.levels)?.with_tests(args.tests);
    let rules = build_rules(&policy, &config)?;
    let texts = Texts::new(std::mem::take(&mut inputs.buffers));
    clock.lap("find files");

    let read = read(&found, &texts, &inputs);
    inputs.go_on()?;
    let lines = read.iter().map(|r| u64::from(r.hir.source.lines.count())).sum();
    let hashes = read.iter().map(|r| r.hash).collect();
    let mut trouble = Vec::new();
    let mut files = Vec::with_capacity(read.len());
    for one in read {
        let file = FileId(files.len() as u32);
        trouble.extend(
            one.trouble.map(|(message, span)| {
                Diagnostic::new(&syntax_error::META, FileSpan { file, span }, message)
            }),
        );
        files.push(one.hir);
    }
    clock.lap("parse and lower");

    // A server learns them again when a lock file has changed, or when another crate is named.
    if !args.no_dependencies
        && inputs.kept.is_none_or(|kept| kept.is_news(dependencies::state(&found.packages)))
    {
        Catalogue::learn(dependencies::read(&found.packages));
        clock.lap("dependencies");
    }
    let edition = config.edition().filter(|_| args.edition == 2024).unwrap_or(args.edition);
    let program = Program::build(files, found.crates(edition));
    let reported = found.reported(&program, &config);
    clock.lap("names");
    inputs.go_on()?;

    let extended;
    let catalogue = match config.catalogue()? {
        None => Catalogue::builtin(),
        Some((text, path)) => {
            extended = Catalogue::extended(&text)
                .map_err(|error| anyhow!("{}: in [catalogue]: {error}", path.display()))?;
            &extended
        }
    };
    let ownership = Ownership::new(&program, catalogue);
    let analysis = Analysis::new(&program, catalogue, &ownership);
    clock.lap("types, flow and facts");
    inputs.go_on()?;

    let calls = if args.statistics { statistics::calls(&analysis, &reported) } else { Vec::new() };
    let mut findings = run_rules(&analysis, &rules, &reported, &inputs);
    inputs.go_on()?;
    // Millions of small parts: freed by all threads.
    analysis.bodies.into_par_iter().for_each(drop);
    let broken = trouble.iter().filter(|t| reported.contains(&t.primary.at.file)).count();
    findings.extend(trouble);
    clock.lap("rules");

    let settings = Settings {
        policy: &policy,
        min_confidence: args.min_confidence.map(|c| match c {
            MinConfidence::Likely => Confidence::Likely,
            MinConfidence::Certain => Confidence::Certain,
        }),
        require_reason: config.require_reason(),
        reported: &reported,
    };
    let findings = process(&program, findings, &settings, &texts);
    clock.lap("levels and suppressions");

    let mut outcome = Outcome {
        program,
        findings,
        texts,
        hashes,
        reported,
        broken,
        lines,
        known: 0,
        old: 0,
        timings: Vec::new(),
        notes: std::mem::take(&mut found.notes),
        rules: rules.iter().map(|r| r.meta().name).collect(),
        calls,
        found,
    };
    if let Some(baseline) = Baseline::open(args, &config, &outcome)? {
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
struct Clock {
    last: Instant,
    laps: Vec<(&'static str, Duration)>,
}

impl Default for Clock {
    fn default() -> Self {
        Self { last: Instant::now(), laps: Vec::new() }
    }
}

impl Clock {
    fn lap(&mut self, name: &'static str) {
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

fn build_rules(policy: &Policy<'_>, config: &Config) -> anyhow::Result<Vec<Box<dyn Rule>>> {
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
    let mut read: Vec<(usize, Read)> = order
        .par_iter()
        .with_max_len(1)
        .map(|(_, index)| (*index, read_one(&found.files[*index], texts, inputs)))
        .collect();
    read.sort_by_key(|(index, _)| *index);
    let mut read: Vec<Read> = read.into_iter().map(|(_, one)| one).collect();
    macros::expand(found, &mut read, texts, inputs);
    read
}

fn read_one(path: &Path, texts: &Texts, inputs: &Inputs<'_>) -> Read {
    let failed = |text: &str, message: String, span: Span| Read {
        hir: Arc::new(empty(path, text)),
        hash: hash(text),
        trouble: Some((message, span)),
    };
    let bytes = match texts.buffer(path) {
        Some(text) => text.as_bytes().to_vec(),
        None => match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) => return failed("", format!("this file cannot be read: {error}"), Span::default()),
        },
    };
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            return failed("", format!("this file is not UTF-8 (byte {at})"), Span::default());
        }
    };
    let hashed = hash(&text);
    if let Some(hir) = inputs.kept.and_then(|kept| kept.get(path, hashed, text.len())) {
        return Read { hir, hash: hashed, trouble: None };
    }
    if inputs.is_stopped() {
        return failed("", "stopped".to_owned(), Span::default());
    }
    match catch_unwind(AssertUnwindSafe(|| parse_file(path.to_path_buf(), &text))) {
        Ok(Ok(hir)) => {
            let hir = Arc::new(hir);
            if let Some(kept) = inputs.kept {
                kept.put(hashed, text.len(), &hir);
            }
            Read { hir, hash: hashed, trouble: None }
        }
        Ok(Err(error)) => {
            failed(&text, format!("this file could not be checked: {}", error.message), error.span)
        }
        Err(_) => failed(&text, "linger failed on this file (a bug in linger)".to_owned(), Span::default()),
    }
}

/// A hash of a text, to see whether a file has changed meanwhile.
pub fn hash(text: &str) -> u64 {
    use std::hash::Hasher;
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// A file without contents, so that a failure has a place.
fn empty(path: &Path, text: &str) -> FileHir {
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
        macros: Vec::new(),
        missing_macros: Vec::new(),
    }
}

/// Runs all rules. A panic ends one body, not the run.
fn run_rules(
    analysis: &Analysis<'_>,
    rules: &[Box<dyn Rule>],
    reported: &FxHashSet<FileId>,
    inputs: &Inputs<'_>,
) -> Vec<Diagnostic> {
    let mut findings: Vec<Diagnostic> = analysis
        .bodies
        .par_iter()
        .filter(|b| reported.contains(&b.global.file) && !inputs.is_stopped())
        .flat_map_iter(|body| {
            let run = catch_unwind(AssertUnwindSafe(|| {
                let mut found = Vec::new();
                let cx = BodyContext::new(analysis, body);
                for rule in rules {
                    rule.body(&cx, &mut found);
                }
                found
            }));
            run.unwrap_or_else(|_| {
                let at = FileSpan { file: body.global.file, span: analysis.hir(body).span.start() };
                vec![Diagnostic::new(
                    &syntax_error::META,
                    at,
                    "linger failed on this function (a bug in linger)",
                )]
            })
        })
        .collect();
    let cx = ProgramContext { analysis };
    let whole: Vec<Diagnostic> = rules
        .par_iter()
        .flat_map_iter(|rule| {
            let run = catch_unwind(AssertUnwindSafe(|| {
                let mut found = Vec::new();
                rule.program(&cx, &mut found);
                found
            }));
            run.unwrap_or_else(|_| {
                let at = FileSpan { file: FileId(0), span: Span::default() };
                let message = format!("linger failed in rule `{}` (a bug in linger)", rule.meta().name);
                vec![Diagnostic::new(&syntax_error::META, at, message)]
            })
        })
        .collect();
    findings.extend(whole);
    locate(analysis, &mut findings);
    findings
}

/// Says for each finding in which item it is, and whether that is test code.
fn locate(analysis: &Analysis<'_>, findings: &mut [Diagnostic]) {
    let mut bodies: FxHashMap<FileId, Vec<usize>> = FxHashMap::default();
    for finding in findings.iter() {
        bodies.entry(finding.primary.at.file).or_default();
    }
    for (index, body) in analysis.bodies.iter().enumerate() {
        if let Some(list) = bodies.get_mut(&body.global.file) {
            list.push(index);
        }
    }
    for finding in findings {
        let at = finding.primary.at;
        let around = bodies
            .get(&at.file)
            .into_iter()
            .flatten()
            .map(|index| &analysis.bodies[*index])
            .filter(|body| analysis.hir(body).span.contains(at.span))
            .min_by_key(|body| {
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
