//! `debug`: looks into the analysis.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use linger_analysis::catalogue::Catalogue;
use linger_analysis::facts::{Analysis, AnalyzedBody, timeline};
use linger_analysis::flow::Ownership;
use linger_analysis::names::Program;
use linger_analysis::span::FileId;
use linger_analysis::types::causes::unknown_calls;
use linger_analysis::types::print::{print, resolutions};
use rustc_hash::FxHashSet;

use crate::cli::{DebugCommand, ResolutionArgs};
use crate::commands::{cost, replay};
use crate::config::Config;
use crate::dependencies;
use crate::discover::discover;
use crate::inputs::Inputs;
use crate::run;
use crate::texts::{Buffers, Texts};

/// Prints how code is understood.
pub fn debug(what: &DebugCommand) -> anyhow::Result<u8> {
    run::threads(None)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    match what {
        DebugCommand::Timeline { place } => function(place, |seen, body, path| {
            let text = seen.texts.get(body.global.file, &seen.analysis.program.file(body.global.file).path);
            writeln!(out, "{path}")?;
            write!(out, "{}", timeline(seen.analysis, body, &text))
        })?,
        DebugCommand::Types { place } => {
            let (place, line) = with_line(place);
            // Lines of the answer begin with the line of the expression.
            let start = line.map(|line| format!("{line}: ")).unwrap_or_default();
            function(place, |seen, body, _| {
                let types = print(seen.analysis.program, seen.analysis.catalogue, body.global);
                types.lines().filter(|l| l.starts_with(&start)).try_for_each(|l| writeln!(out, "{l}"))
            })?;
        }
        DebugCommand::Cost { path } => cost::cost(path, &mut out)?,
        DebugCommand::Replay { path, edits, seed } => replay::replay(path, *edits, *seed, &mut out)?,
        DebugCommand::Resolutions(args) => with_analysis(&args.paths, |seen| match args.sample {
            Some(count) => sample(seen, count, args.seed, &mut out),
            None => not_understood(seen, args, &mut out),
        })?,
    }
    out.flush()?;
    Ok(0)
}

/// What was read for a look.
struct Seen<'a> {
    analysis: &'a Analysis<'a>,
    texts: &'a Texts,
    wanted: FxHashSet<FileId>,
}

impl Seen<'_> {
    fn bodies(&self) -> impl Iterator<Item = &AnalyzedBody> {
        self.analysis.bodies.iter().filter(|b| self.wanted.contains(&b.global.file))
    }

    fn place(&self, file: FileId, at: u32) -> String {
        let file = self.analysis.program.file(file);
        format!("{}:{}", file.path.display(), file.source.lines.line(at) + 1)
    }
}

fn with_analysis(
    paths: &[PathBuf],
    look: impl FnOnce(&Seen<'_>) -> std::io::Result<()>,
) -> anyhow::Result<()> {
    let mut found = discover(paths, &[], None)?;
    let texts = Texts::new(Buffers::default());
    let files = run::read(&found, &texts, &Inputs::default()).into_iter().map(|r| r.hir).collect();
    Catalogue::learn(dependencies::read(&found.packages, false, true).into_values().collect());
    let program = Program::build(files, found.crates(2024));
    let catalogue = Catalogue::builtin();
    let ownership = Ownership::new(&program, catalogue);
    let analysis = Analysis::new(&program, catalogue, &ownership);
    let wanted = found.reported(&program, &Config::default(), &FxHashSet::default());
    look(&Seen { analysis: &analysis, texts: &texts, wanted })?;
    Ok(())
}

/// `FILE:LINE` taken apart.
fn with_line(place: &str) -> (&str, Option<u32>) {
    match place.rsplit_once(':').map(|(file, line)| (file, line.parse())) {
        Some((file, Ok(line))) if file.ends_with(".rs") => (file, Some(line)),
        _ => (place, None),
    }
}

/// `place` is `FILE` or `FILE::FUNCTION`.
fn function(
    place: &str,
    mut show: impl FnMut(&Seen<'_>, &AnalyzedBody, &str) -> std::io::Result<()>,
) -> anyhow::Result<()> {
    let (file, function) = match place.split_once(".rs::") {
        Some((file, function)) => (format!("{file}.rs"), Some(function.to_owned())),
        None => (place.to_owned(), None),
    };
    with_analysis(&[PathBuf::from(file)], |seen| {
        for body in seen.bodies() {
            let path = body.def.map(|d| seen.analysis.program.def(d).path.to_string()).unwrap_or_default();
            if function.as_ref().is_none_or(|f| path.ends_with(f.as_str())) {
                show(seen, body, &path)?;
            }
        }
        Ok(())
    })
}

/// The order of the draw.
fn drawn_by(text: &str) -> u64 {
    use std::hash::Hasher;
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// Calls drawn at random, the same for the same seed, with what they were resolved to.
fn sample(seen: &Seen<'_>, count: usize, seed: u64, out: &mut dyn Write) -> std::io::Result<()> {
    let mut drawn = Vec::new();
    for body in seen.bodies() {
        let hir = seen.analysis.hir(body);
        for (id, what) in resolutions(seen.analysis.program, hir, &body.types) {
            let span = hir.expr(id).span;
            let place = seen.place(body.global.file, span.hi.saturating_sub(1));
            drawn.push((
                drawn_by(&format!("{seed} {place} {} {}", span.lo, span.hi)),
                place,
                body,
                span,
                what,
            ));
        }
    }
    drawn.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    drawn.truncate(count);
    drawn.sort_by(|a, b| a.1.cmp(&b.1));
    for (_, place, body, span, what) in drawn {
        let text = seen.texts.get(body.global.file, &seen.analysis.program.file(body.global.file).path);
        let text = text.get(span.lo as usize..span.hi as usize).unwrap_or_default();
        writeln!(out, "{place}: {} -> {what}", end_of(text))?;
    }
    Ok(())
}

/// The last characters of a text on one line: of a chain of calls the last counts.
fn end_of(text: &str) -> String {
    const WIDTH: usize = 110;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let skipped = line.chars().count().saturating_sub(WIDTH);
    line.chars().skip(skipped).collect()
}

/// What stands in the way of calls that are not understood: the most frequent first, or the places of those that hold a text.
fn not_understood(seen: &Seen<'_>, args: &ResolutionArgs, out: &mut dyn Write) -> std::io::Result<()> {
    let program: &Program = seen.analysis.program;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for body in seen.bodies() {
        let hir = seen.analysis.hir(body);
        for (id, cause) in unknown_calls(program, hir, &body.types) {
            match &args.only {
                Some(text) if cause.contains(text.as_str()) => {
                    let place = seen.place(body.global.file, hir.expr(id).span.hi.saturating_sub(1));
                    writeln!(out, "{place}: {cause}")?;
                }
                Some(_) => {}
                None => *counts.entry(cause).or_default() += 1,
            }
        }
    }
    let mut sorted: Vec<(String, usize)> = counts.into_iter().collect();
    sorted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (cause, count) in sorted {
        writeln!(out, "{count:6} {cause}")?;
    }
    Ok(())
}
