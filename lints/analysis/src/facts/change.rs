//! What is done again after a change.
//!
//! The facts come in stages: getters, guards, direct facts, linking, wrappers of spawns, endless loops, losses,
//! failures, callers, futures that are dropped.
//! In each stage a body's result follows from the body, the interfaces of all files, and the summaries of the
//! functions it asked about. While a program is *remembered*, the results of each stage are kept, and so is who asked
//! about whom ([`super::reads`]). After a change of bodies a stage is done again for the bodies that changed and for
//! those that asked about a function whose summary came out differently in this stage or one before; for all others
//! the inputs are equal, so the results are. What is done again is never fewer than that, and may be more.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::reads::{self, Reads};
use crate::facts::{Analysis, AnalyzedBody};
use crate::names::DefId;
use crate::span::FileId;

/// Who asked about whom; bodies by position. It only grows, until the program is read anew.
#[derive(Default)]
pub(super) struct Readers {
    defs: FxHashMap<DefId, Vec<u32>>,
    files: FxHashMap<FileId, Vec<u32>>,
    everything: FxHashSet<u32>,
    /// What is entered already.
    known: FxHashSet<(u32, Subject)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Subject {
    Def(DefId),
    File(FileId),
}

impl Readers {
    /// Enters what a body read.
    pub(super) fn enter(&mut self, body: u32, own: FileId, reads: Reads) {
        for def in reads.defs {
            if self.known.insert((body, Subject::Def(def))) {
                self.defs.entry(def).or_default().push(body);
            }
        }
        for file in reads.files {
            if file != own && self.known.insert((body, Subject::File(file))) {
                self.files.entry(file).or_default().push(body);
            }
        }
        if reads.everything {
            self.everything.insert(body);
        }
    }
}

/// Which bodies are done again.
pub(super) struct Change {
    /// All of them: nothing is remembered yet.
    all: bool,
    /// Whether results are kept for the next time.
    pub(super) remember: bool,
    again: FxHashSet<u32>,
    /// Functions whose summary differs from the last time's.
    differing: FxHashSet<DefId>,
    pub(super) readers: Readers,
}

impl Change {
    /// Everything is done.
    pub(super) fn everything(remember: bool) -> Self {
        Self {
            all: true,
            remember,
            again: FxHashSet::default(),
            differing: FxHashSet::default(),
            readers: Readers::default(),
        }
    }

    /// The bodies of some files are new.
    pub(super) fn of(bodies: &[AnalyzedBody], files: &[FileId], readers: Readers) -> Self {
        let mut again = FxHashSet::default();
        for file in files {
            let start = bodies.partition_point(|b| b.global.file < *file);
            let end = bodies.partition_point(|b| b.global.file <= *file);
            again.extend(start as u32..end as u32);
            // The value of a constant there may say how long somebody waits.
            again.extend(readers.files.get(file).into_iter().flatten());
        }
        Self { all: false, remember: true, again, differing: FxHashSet::default(), readers }
    }

    /// The bodies that are done again so far.
    pub(super) fn bodies(&self) -> Vec<u32> {
        self.again.iter().copied().collect()
    }

    /// Whether all bodies are.
    pub(super) fn is_all(&self) -> bool {
        self.all
    }

    /// Functions whose summary was found to differ.
    pub(super) fn changed(&self) -> impl Iterator<Item = DefId> + '_ {
        self.differing.iter().copied()
    }

    /// Those who asked about a function ask again.
    pub(super) fn differs(&mut self, def: DefId) {
        if !self.all && self.differing.insert(def) {
            self.again.extend(self.readers.defs.get(&def).into_iter().flatten());
        }
    }

    /// The bodies that are done again, those included that only looked at a changed file or at everything.
    pub(super) fn for_rules(mut self, files: &[FileId]) -> (Vec<u32>, Readers) {
        for file in files {
            self.again.extend(self.readers.files.get(file).into_iter().flatten());
        }
        self.again.extend(&self.readers.everything);
        let mut again: Vec<u32> = self.again.into_iter().collect();
        again.sort_unstable();
        (again, self.readers)
    }

    /// Computes a stage for the bodies that are done again, and says what came out, by body.
    pub(super) fn stage<T: Send>(
        &mut self,
        analysis: &Analysis<'_>,
        compute: impl Fn(&AnalyzedBody) -> T + Sync,
    ) -> Vec<(u32, T)> {
        let remember = self.remember;
        let one = |at: u32| {
            let body = analysis.bodies.0.get(at as usize)?;
            if !remember {
                return Some((at, body.global.file, compute(body), None));
            }
            let (value, reads) = reads::note(|| compute(body));
            Some((at, body.global.file, value, Some(reads)))
        };
        let done: Vec<(u32, FileId, T, Option<Reads>)> = if self.all {
            (0..analysis.bodies.0.len() as u32).into_par_iter().filter_map(one).collect()
        } else {
            let mut again: Vec<u32> = self.again.iter().copied().collect();
            again.sort_unstable();
            again.into_par_iter().filter_map(one).collect()
        };
        let mut out = Vec::with_capacity(done.len());
        for (at, file, value, reads) in done {
            if let Some(reads) = reads {
                self.readers.enter(at, file, reads);
            }
            out.push((at, value));
        }
        out
    }

    /// A stage that finds something for few bodies. `kept` holds what the last time found, and then what this time
    /// does, by body.
    pub(super) fn search<T: Send + PartialEq>(
        &mut self,
        analysis: &Analysis<'_>,
        kept: &mut FxHashMap<u32, T>,
        compute: impl Fn(&AnalyzedBody) -> Option<T> + Sync,
    ) {
        for (at, found) in self.stage(analysis, compute) {
            let before = kept.remove(&at);
            if before != found
                && let Some(def) = analysis.bodies.0.get(at as usize).and_then(|b| b.def)
            {
                self.differs(def);
            }
            if let Some(found) = found {
                kept.insert(at, found);
            }
        }
    }

    /// Rounds of a search, in each of which a body sees what the rounds before have found; it ends with the first
    /// round without a find. `apply` enters what a round found.
    pub(super) fn rounds<T: Send + PartialEq + Clone>(
        &mut self,
        analysis: &mut Analysis<'_>,
        kept: &mut Vec<FxHashMap<u32, T>>,
        most: usize,
        compute: impl Fn(&Analysis<'_>, &AnalyzedBody) -> Option<T> + Sync,
        apply: impl Fn(&mut crate::facts::Summary, T),
    ) {
        kept.resize_with(most.max(kept.len()), FxHashMap::default);
        let mut over = false;
        for round in kept.iter_mut() {
            if over {
                // What the last time found in rounds that this time has no need of.
                for at in round.keys() {
                    if let Some(def) = analysis.bodies.0.get(*at as usize).and_then(|b| b.def) {
                        self.differs(def);
                    }
                }
                round.clear();
                continue;
            }
            let shared: &Analysis<'_> = analysis;
            self.search(shared, round, |body| compute(shared, body));
            over = round.is_empty();
            let mut found: Vec<(u32, T)> = round.iter().map(|(at, found)| (*at, found.clone())).collect();
            found.sort_by_key(|(at, _)| *at);
            for (at, found) in found {
                let def = analysis.bodies.0.get(at as usize).and_then(|b| b.def);
                let position = def.and_then(|def| analysis.by_def.get(&def));
                if let Some(slot) = position.and_then(|at| analysis.summaries.get_mut(*at as usize)) {
                    apply(std::sync::Arc::make_mut(slot.get_or_insert_default()), found);
                }
            }
        }
    }
}
