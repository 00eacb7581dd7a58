//! One check: files in, findings out.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use linger_analysis::catalogue::Catalogue;
use linger_analysis::facts::Analysis;
use linger_analysis::flow::Ownership;
use linger_analysis::names::{CrateInput, Program, TargetKind};
use linger_analysis::span::{FileId, FileSpan, Span};
use linger_analysis::syntax::items::FileHir;
use linger_analysis::syntax::parse::{STACK_SIZE, parse_file};
use linger_lints::{BodyContext, Confidence, Diagnostic, ProgramContext, Rule, rules::tool::syntax_error};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::cli::{CheckArgs, MinConfidence};
use crate::config::Config;
use crate::discover::{Found, discover};
use crate::levels::Levels;
use crate::manifest::Package;
use crate::pipeline::{Reported, Settings, process};

/// What a check gives.
pub struct Outcome {
    /// The program, for positions.
    pub program: Program,
    /// The packages.
    pub packages: Vec<Package>,
    /// Folder that paths are shown relative to.
    pub root: PathBuf,
    /// The findings.
    pub findings: Vec<Reported>,
    /// Files that could not be checked.
    pub broken: usize,
    /// Number of lines read.
    pub lines: u64,
    /// Where the time went.
    pub timings: Vec<(&'static str, Duration)>,
    /// Trouble that did not stop the run.
    pub notes: Vec<String>,
    /// Levels in force.
    pub levels: Levels,
}

/// The text of a file that failed, and why.
struct Broken {
    hir: FileHir,
    message: String,
    span: Span,
}

/// Sets up the threads: syntax trees are recursive, so stacks are large.
pub fn threads(jobs: Option<usize>) -> anyhow::Result<()> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(jobs.unwrap_or(0))
        .stack_size(STACK_SIZE)
        .build_global()
        .context("threads cannot be started")
}

/// Runs a check.
pub fn check(args: &CheckArgs) -> anyhow::Result<Outcome> {
    let mut timings = Vec::new();
    let mut clock = Instant::now();
    let mut lap = |name: &'static str, clock: &mut Instant| {
        timings.push((name, clock.elapsed()));
        *clock = Instant::now();
    };
    crate::discover::edition(args.edition)?;
    let first = discover(&args.paths, &args.exclude)?;
    let (config, _) = Config::load(args.config.as_deref(), &first.root)?;
    let found = if config.exclude.is_empty() {
        first
    } else {
        let exclude: Vec<String> = args.exclude.iter().chain(&config.exclude).cloned().collect();
        discover(&args.paths, &exclude)?
    };
    let levels = levels(args, &config)?;
    let rules = build_rules(&levels, &config)?;
    lap("find files", &mut clock);

    let (files, broken, lines) = read(&found);
    lap("parse and lower", &mut clock);

    let crates = crates(&found, &files, args.edition);
    let broken_findings: Vec<(FileId, Broken)> = Vec::new();
    let mut all: Vec<Arc<FileHir>> = files;
    let mut failures = broken_findings;
    for failure in broken {
        failures.push((FileId(all.len() as u32), failure));
    }
    // Files that failed have an empty tree, so that they can be named and shown.
    all.extend(failures.iter().map(|(_, b)| Arc::new(b.hir.clone())));
    let program = Program::build(all, crates);
    lap("names", &mut clock);

    let extended;
    let catalogue = if config.catalogue.is_empty() {
        Catalogue::builtin()
    } else {
        let text = toml::to_string(&config.catalogue).context("the catalogue of the configuration")?;
        extended = Catalogue::extended(&text).context("the catalogue of the configuration")?;
        &extended
    };
    let ownership = Ownership::new(&program, catalogue);
    let analysis = Analysis::new(&program, catalogue, &ownership);
    lap("types, flow and facts", &mut clock);

    let reported = reported_ids(&found, &program);
    let mut findings = run_rules(&analysis, &rules, reported.as_ref());
    drop(analysis);
    for (file, broken) in &failures {
        let at = FileSpan { file: *file, span: broken.span };
        findings.push(Diagnostic::new(&syntax_error::META, at, broken.message.clone()));
    }
    lap("rules", &mut clock);

    let settings = Settings {
        levels: &levels,
        tests: config.tests.level,
        min_confidence: args.min_confidence.map(|c| match c {
            MinConfidence::Likely => Confidence::Likely,
            MinConfidence::Certain => Confidence::Certain,
        }),
        reported,
    };
    let texts = |file: FileId| -> Arc<str> {
        std::fs::read_to_string(&program.file(file).path).map(Arc::from).unwrap_or_else(|_| Arc::from(""))
    };
    let findings = process(&program, findings, &settings, &texts);
    lap("levels and suppressions", &mut clock);
    Ok(Outcome {
        broken: failures.len(),
        packages: found.packages,
        root: found.root,
        notes: found.notes,
        program,
        findings,
        lines,
        timings,
        levels,
    })
}

/// Defaults, then configuration, then the command line.
fn levels(args: &CheckArgs, config: &Config) -> anyhow::Result<Levels> {
    use linger_lints::Level;
    let mut levels = Levels::default();
    config.apply(&mut levels).context("in the configuration")?;
    for (names, level) in [
        (&args.allow, Level::Allow),
        (&args.warn, Level::Warn),
        (&args.deny, Level::Deny),
        (&args.forbid, Level::Forbid),
    ] {
        for name in names {
            levels.set(name, level)?;
        }
    }
    Ok(levels)
}

fn build_rules(levels: &Levels, config: &Config) -> anyhow::Result<Vec<Box<dyn Rule>>> {
    linger_lints::all()
        .iter()
        .filter(|rule| levels.is_on(rule.meta))
        .map(|rule| {
            (rule.build)(config.options(rule.meta.name))
                .with_context(|| format!("the options of rule `{}`", rule.meta.name))
        })
        .collect()
}

/// Reads and lowers all files, large ones first so that none ends the run alone.
fn read(found: &Found) -> (Vec<Arc<FileHir>>, Vec<Broken>, u64) {
    let mut order: Vec<(u64, &PathBuf)> =
        found.files.iter().map(|p| (std::fs::metadata(p).map_or(0, |m| m.len()), p)).collect();
    order.sort_by(|a, b| b.cmp(a));
    let results: Vec<Result<FileHir, Broken>> =
        order.par_iter().with_max_len(1).map(|(_, path)| read_one(path)).collect();
    let (mut files, mut broken, mut lines) = (Vec::new(), Vec::new(), 0);
    for result in results {
        match result {
            Ok(hir) => {
                lines += u64::from(hir.source.lines.count());
                files.push(Arc::new(hir));
            }
            Err(failure) => broken.push(failure),
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    broken.sort_by(|a, b| a.hir.path.cmp(&b.hir.path));
    (files, broken, lines)
}

fn read_one(path: &PathBuf) -> Result<FileHir, Broken> {
    let failed = |text: &str, message: String, span: Span| Broken { hir: empty(path.clone(), text), message, span };
    let bytes = std::fs::read(path).map_err(|e| failed("", format!("this file cannot be read: {e}"), Span::default()))?;
    let text = String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        failed("", format!("this file is not UTF-8 (byte {at})"), Span::default())
    })?;
    match catch_unwind(AssertUnwindSafe(|| parse_file(path.clone(), &text))) {
        Ok(Ok(hir)) => Ok(hir),
        Ok(Err(error)) => Err(failed(&text, format!("this file could not be checked: {}", error.message), error.span)),
        Err(_) => Err(failed(&text, "linger failed on this file (a bug in linger)".to_owned(), Span::default())),
    }
}

/// A file without contents, so that a failure has a place.
fn empty(path: PathBuf, text: &str) -> FileHir {
    let hir = parse_file(path.clone(), "");
    match hir {
        Ok(mut hir) => {
            hir.source.lines = linger_analysis::source::LineIndex::new(text);
            hir
        }
        // An empty file always parses.
        Err(_) => unreachable!("an empty file parses"),
    }
}

fn crates(found: &Found, files: &[Arc<FileHir>], edition: u16) -> Vec<CrateInput> {
    let mut crates: Vec<CrateInput> = found.packages.iter().flat_map(|p| p.crates.iter().cloned()).collect();
    // Loose files, with the edition of the command line.
    if found.packages.is_empty() {
        crates.extend(files.iter().map(|f| CrateInput {
            name: f.path.file_stem().map(|s| s.to_string_lossy().replace('-', "_")).unwrap_or_default(),
            package: String::new(),
            kind: TargetKind::Loose,
            root: f.path.clone(),
            edition,
            dependencies: Vec::new(),
        }));
    }
    crates
}

fn reported_ids(found: &Found, program: &Program) -> Option<FxHashSet<FileId>> {
    let wanted = found.reported.as_ref()?;
    Some(
        program
            .files
            .iter()
            .enumerate()
            .filter(|(_, f)| wanted.contains(&f.path))
            .map(|(i, _)| FileId(i as u32))
            .collect(),
    )
}

/// Runs all rules over all bodies that are reported on. A panic ends one body, not the run.
fn run_rules(
    analysis: &Analysis<'_>,
    rules: &[Box<dyn Rule>],
    reported: Option<&FxHashSet<FileId>>,
) -> Vec<Diagnostic> {
    let mut findings: Vec<Diagnostic> = analysis
        .bodies
        .par_iter()
        .filter(|b| reported.is_none_or(|r| r.contains(&b.global.file)))
        .flat_map_iter(|body| {
            let mut out = Vec::new();
            let run = catch_unwind(AssertUnwindSafe(|| {
                let mut found = Vec::new();
                let cx = BodyContext::new(analysis, body);
                for rule in rules {
                    rule.body(&cx, &mut found);
                }
                found
            }));
            let enclosing = body.def.map(|d| analysis.program.def(d).path);
            match run {
                Ok(found) => out.extend(found),
                Err(_) => {
                    let hir = analysis.hir(body);
                    let at = FileSpan { file: body.global.file, span: hir.span.start() };
                    out.push(Diagnostic::new(&syntax_error::META, at, "linger failed on this function (a bug in linger)"));
                }
            }
            for finding in &mut out {
                finding.in_test = body.in_test;
                finding.enclosing = enclosing;
            }
            out
        })
        .collect();
    let mut whole = Vec::new();
    let run = catch_unwind(AssertUnwindSafe(|| {
        let mut found = Vec::new();
        let cx = ProgramContext { analysis };
        for rule in rules {
            rule.program(&cx, &mut found);
        }
        found
    }));
    if let Ok(found) = run {
        whole = found;
    }
    let tests: FxHashMap<FileId, Vec<(Span, bool)>> = whole.iter().fold(FxHashMap::default(), |mut map, f| {
        map.entry(f.primary.at.file).or_insert_with(|| {
            analysis
                .bodies
                .iter()
                .filter(|b| b.global.file == f.primary.at.file)
                .map(|b| (analysis.hir(b).span, b.in_test))
                .collect()
        });
        map
    });
    for finding in &mut whole {
        let at = finding.primary.at;
        finding.in_test |= tests
            .get(&at.file)
            .is_some_and(|spans| spans.iter().any(|(span, in_test)| *in_test && span.contains(at.span)));
    }
    findings.extend(whole);
    findings
}

/// What `cargo linger debug` prints.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Lives of resources.
    Timeline,
    /// Types of expressions.
    Types,
}

/// Prints how functions are understood. `place` is `FILE` or `FILE::FUNCTION`.
pub fn debug(place: &str, view: View, out: &mut dyn std::io::Write) -> anyhow::Result<()> {
    let (file, function) = match place.split_once(".rs::") {
        Some((file, function)) => (format!("{file}.rs"), Some(function.to_owned())),
        None => (place.to_owned(), None),
    };
    let found = discover(&[PathBuf::from(&file)], &[])?;
    let (files, _, _) = read(&found);
    let crates = crates(&found, &files, 2024);
    let program = Program::build(files, crates);
    let catalogue = Catalogue::builtin();
    let ownership = Ownership::new(&program, catalogue);
    let analysis = Analysis::new(&program, catalogue, &ownership);
    let wanted = reported_ids(&found, &program).unwrap_or_default();
    for body in &analysis.bodies {
        let path = body.def.map(|d| program.def(d).path.to_string()).unwrap_or_default();
        let named = function.as_ref().is_none_or(|f| path.ends_with(f.as_str()));
        if !wanted.contains(&body.global.file) || !named {
            continue;
        }
        let text = std::fs::read_to_string(&program.file(body.global.file).path)?;
        match view {
            View::Timeline => {
                writeln!(out, "{path}")?;
                write!(out, "{}", linger_analysis::facts::timeline(&analysis, body, &text))?;
            }
            View::Types => write!(out, "{}", linger_analysis::types::print::print(&program, catalogue, body.global))?,
        }
    }
    Ok(())
}
