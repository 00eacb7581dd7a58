//! A run whose answer the cache has.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use linger_analysis::names::Program;
use linger_analysis::span::FileId;
use linger_lints::Rule;
use rayon::prelude::*;

use crate::cache::{Cache, Digest};
use crate::cli::CheckArgs;
use crate::config::Config;
use crate::dependencies;
use crate::discover::Found;
use crate::run::{self, Clock, Outcome};
use crate::stored::Stored;
use crate::texts::Texts;

/// The cache for a run. `None` when it is not wanted.
pub fn cache(args: &CheckArgs, found: &Found, config: &Config) -> Option<Cache> {
    if args.no_cache || args.statistics {
        return None;
    }
    // What changes how findings are told or chosen does not change what there is.
    let mut plain = args.clone();
    (plain.quiet, plain.verbose, plain.timings, plain.exit_zero, plain.strict_parse) =
        (false, 0, false, false, false);
    (plain.fix, plain.diff, plain.unsafe_fixes, plain.allow_dirty, plain.no_baseline) =
        (false, false, false, false, false);
    (plain.since, plain.baseline, plain.jobs) = (None, None, None);
    plain.outputs.clear();
    plain.output.clear();
    plain.message_format.clear();
    let sources =
        if args.no_dependencies { String::new() } else { dependencies::fingerprint(&found.packages) };
    Cache::of(&[
        format!("{plain:?}"),
        format!("{:?}", std::env::current_dir().ok()?),
        format!("{config:?}"),
        format!("{:?}", found.packages),
        format!("{:?}", (&found.root, &found.notes)),
        sources,
    ])
}

/// The name of what was checked: the paths and contents of all files, in order.
pub fn contents<'h>(files: impl Iterator<Item = (&'h Path, &'h Digest)>) -> Digest {
    let mut hasher = blake3::Hasher::new();
    for (path, digest) in files {
        let path = path.as_os_str().as_encoded_bytes();
        hasher.update(&(path.len() as u64).to_le_bytes());
        hasher.update(path);
        hasher.update(digest.as_bytes());
    }
    hasher.finalize()
}

/// The answer of the cache, when it has one for the files as they are now; else what was found goes back.
pub fn answer(
    cache: &Cache,
    found: Found,
    texts: &Texts,
    rules: &[Box<dyn Rule>],
    clock: &mut Clock,
) -> Result<Outcome, Box<Found>> {
    if !cache.is_begun() {
        return Err(Box::new(found));
    }
    // Nothing but the bytes is read so far; a file that cannot be read is told of by a check.
    let read: Option<Vec<(Digest, usize)>> = found
        .files
        .par_iter()
        .map(|path| match texts.buffer(path) {
            Some(text) => Some((blake3::hash(text.as_bytes()), text.len())),
            None => std::fs::read(path).ok().map(|bytes| (blake3::hash(&bytes), bytes.len())),
        })
        .collect();
    clock.lap("read files");
    let answered = read.and_then(|read| told(cache, &found, texts, &read));
    clock.lap("cache");
    match answered {
        None => Err(Box::new(found)),
        Some(outcome) => Ok(Outcome {
            rules: rules.iter().map(|r| r.meta().name).collect(),
            found: Arc::new(found),
            ..outcome
        }),
    }
}

fn told(cache: &Cache, found: &Found, texts: &Texts, read: &[(Digest, usize)]) -> Option<Outcome> {
    let files = || found.files.iter().map(PathBuf::as_path);
    let stored = cache.get(&contents(files().zip(read.iter().map(|(digest, _)| digest))))?;
    recalled(stored, found, texts, read)
}

/// The run that findings were kept of. `None` when they do not fit the files.
pub fn recalled(stored: Stored, found: &Found, texts: &Texts, read: &[(Digest, usize)]) -> Option<Outcome> {
    let files = || found.files.iter().map(PathBuf::as_path);
    let lengths: Vec<usize> = read.iter().map(|(_, length)| *length).collect();
    let findings = stored.findings(&lengths)?;
    // Who has findings is shown with its lines.
    let mut shown = vec![false; found.files.len()];
    for at in findings.iter().flat_map(|reported| reported.finding.places()) {
        *shown.get_mut(at.file.0 as usize)? = true;
    }
    let files = files().zip(&shown).enumerate().map(|(number, (path, is_shown))| {
        let text = is_shown.then(|| texts.get(FileId(number as u32), path));
        Arc::new(run::empty(path, text.as_deref().unwrap_or_default()))
    });
    Some(Outcome {
        program: Arc::new(Program::bare(files.collect(), stored.crates()?)),
        findings,
        texts: texts.given(),
        hashes: read.iter().map(|(digest, _)| *digest).collect(),
        reported: stored.reported.iter().map(|number| FileId(*number)).collect(),
        broken: stored.broken,
        lines: 0,
        known: 0,
        old: 0,
        timings: Vec::new(),
        notes: stored.notes,
        warnings: Vec::new(),
        rules: Vec::new(),
        calls: Vec::new(),
        found: Arc::default(),
    })
}
