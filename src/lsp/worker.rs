//! Checks, on a thread of their own, so that the editor is always answered.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crossbeam_channel::{Receiver, Sender};
use linger_lints::rules::tool::syntax_error;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::cli::CheckArgs;
use crate::inputs::{Inputs, Kept, Stopped};
use crate::lsp::findings::{Abilities, Shown, by_file};
use crate::run;
use crate::texts::Buffers;

/// What is to be checked.
pub struct Job {
    /// Folders that the editor has open; files of no folder stand for themselves.
    pub roots: Vec<PathBuf>,
    /// Texts of open files.
    pub buffers: Buffers,
    /// Versions of open files.
    pub versions: FxHashMap<PathBuf, i32>,
    /// Answer for the open files only, from their packages and what those depend on.
    pub near: bool,
    /// Somebody is typing: what does not parse is not worth a word.
    pub typing: bool,
    /// Set when something newer comes.
    pub stop: Arc<AtomicBool>,
    /// Options.
    pub args: CheckArgs,
    /// What can be shown.
    pub abilities: Abilities,
}

/// What was found.
pub struct Answer {
    /// Findings by file, files without any left out.
    pub files: FxHashMap<PathBuf, Vec<Shown>>,
    /// Versions of open files that this is about.
    pub versions: FxHashMap<PathBuf, i32>,
    /// It is about the open files only.
    pub near: bool,
    /// Why there is no answer for some folders.
    pub trouble: Vec<String>,
}

/// Works until nobody asks any more.
pub fn work(jobs: &Receiver<Job>, answers: &Sender<Answer>) {
    let kept = Kept::default();
    while let Ok(job) = jobs.recv() {
        // A panic of the driver itself costs this answer, not the server.
        let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(&job, &kept)));
        let answer = checked.unwrap_or_else(|_| {
            let trouble = vec!["linger failed (a bug in linger)".to_owned()];
            Some(Answer { files: FxHashMap::default(), versions: FxHashMap::default(), near: true, trouble })
        });
        if let Some(answer) = answer
            && answers.send(answer).is_err()
        {
            return;
        }
        if !job.near {
            kept.forget_lost();
            kept.forget_closed(&job.roots);
        }
    }
}

/// `None` when the job was stopped, or says nothing worth showing.
fn check(job: &Job, kept: &Kept) -> Option<Answer> {
    let mut answer = Answer {
        files: FxHashMap::default(),
        versions: job.versions.clone(),
        near: job.near,
        trouble: Vec::new(),
    };
    for root in &job.roots {
        let open: Vec<PathBuf> = job.buffers.keys().filter(|path| path.starts_with(root)).cloned().collect();
        if job.near && open.is_empty() {
            continue;
        }
        let mut args = job.args.clone();
        args.paths = vec![root.clone()];
        // An open file is worth an answer also when no target reaches it.
        args.paths.extend(open.iter().filter(|path| path.is_file() && *path != root).cloned());
        let inputs = Inputs {
            buffers: job.buffers.clone(),
            kept: Some(kept),
            stop: Some(&job.stop),
            near: if job.near { open } else { Vec::new() },
            slot: Some((root.clone(), job.near)),
            quick: job.near,
            lenient: true,
        };
        match run::check_in(&args, inputs) {
            Ok(outcome) => {
                if args.timings {
                    let laps = outcome.timings.iter();
                    let laps: Vec<String> = laps
                        .map(|(name, time)| format!("{name} {:.1} ms", time.as_secs_f64() * 1e3))
                        .collect();
                    eprintln!("linger: {}: {}", if job.near { "near" } else { "all" }, laps.join(", "));
                }
                let broken: FxHashSet<PathBuf> = outcome
                    .findings
                    .iter()
                    .filter(|r| r.finding.rule.name == syntax_error::META.name)
                    .map(|r| outcome.program.file(r.finding.primary.at.file).path.clone())
                    .collect();
                if job.typing && job.buffers.keys().any(|path| broken.contains(path)) {
                    return None;
                }
                answer.files.extend(by_file(&outcome, job.abilities));
            }
            Err(error) if error.is::<Stopped>() => return None,
            Err(error) => answer.trouble.push(format!("{error:#}")),
        }
    }
    Some(answer)
}
