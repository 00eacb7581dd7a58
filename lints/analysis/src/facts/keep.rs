//! Facts that outlive a check, and how they are brought up to date.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::catalogue::Catalogue;
use crate::facts::callers::{Called, Callers, called};
use crate::facts::cancelled::{Cancelled, Futures, futures};
use crate::facts::change::{Change, Readers};
use crate::facts::link::{Guards, Linked};
use crate::facts::reads::{self, Reads};
use crate::facts::spawns::SpawnedParams;
use crate::facts::{
    Analysis, AnalyzedBody, Bodies, Endless, Failure, Loss, Summary, analyze, cancel, endless, failures,
    getters, link, spawns,
};
use crate::flow::Ownership;
use crate::names::{GlobalBody, Program};
use crate::span::FileId;
use crate::syntax::hir::BodyId;

/// What the stages found the last time, by body, and who asked about whom.
#[derive(Default)]
pub(super) struct Kept {
    getters: FxHashMap<u32, Summary>,
    guards: Guards,
    linked: Linked,
    wrappers: Vec<FxHashMap<u32, SpawnedParams>>,
    endless: Vec<FxHashMap<u32, Endless>>,
    losses: Vec<FxHashMap<u32, Loss>>,
    failures: Vec<FxHashMap<u32, Failure>>,
    called: Vec<Vec<Called>>,
    futures: Vec<Futures>,
    readers: Readers,
}

/// The facts about a program, without the program.
pub struct Facts {
    bodies: Vec<AnalyzedBody>,
    callers: Callers,
    cancelled: Cancelled,
    summaries: Vec<Option<std::sync::Arc<Summary>>>,
    by_def: FxHashMap<crate::names::DefId, u32>,
    kept: Kept,
}

/// What a rule has read while it looked at a body, to be handed to [`Analysis::remember`].
pub struct Look(Reads);

impl Look {
    /// Notes what `look` reads.
    pub fn note<R>(look: impl FnOnce() -> R) -> (R, Self) {
        let (result, reads) = reads::note(look);
        (result, Self(reads))
    }
}

impl<'a> Analysis<'a> {
    /// As [`Analysis::new`], with all that [`Analysis::again`] needs later.
    #[must_use]
    pub fn remembered(program: &'a Program, catalogue: &'a Catalogue, ownership: &'a Ownership<'a>) -> Self {
        Self::make(program, catalogue, ownership, true)
    }

    pub(super) fn make(
        program: &'a Program,
        catalogue: &'a Catalogue,
        ownership: &'a Ownership<'a>,
        remember: bool,
    ) -> Self {
        let all: Vec<GlobalBody> = program
            .files
            .iter()
            .enumerate()
            .flat_map(|(f, file)| {
                (0..file.bodies.len())
                    .map(move |b| GlobalBody { file: FileId(f as u32), body: BodyId(b as u32) })
            })
            .collect();
        let bodies: Vec<AnalyzedBody> =
            all.into_par_iter().map(|global| analyze(program, catalogue, ownership, global)).collect();
        let by_def = bodies.iter().enumerate().filter_map(|(i, b)| Some((b.def?, i as u32))).collect();
        let mut this = Self {
            program,
            catalogue,
            ownership,
            bodies: Bodies(bodies),
            summaries: Vec::new(),
            callers: Callers::default(),
            cancelled: Cancelled::default(),
            by_def,
            kept: Kept::default(),
        };
        let change = this.derive(Change::everything(remember));
        this.kept.readers = change.readers;
        this
    }

    /// Brings facts up to date after the bodies of some files have changed, and nothing else has. Gives the positions
    /// of all bodies that must be looked at again.
    #[must_use]
    pub fn again(
        program: &'a Program,
        catalogue: &'a Catalogue,
        ownership: &'a Ownership<'a>,
        facts: Facts,
        files: &[FileId],
    ) -> (Self, Vec<u32>) {
        let Facts { bodies, callers, cancelled, summaries, by_def, mut kept } = facts;
        let mut change = Change::of(&bodies, files, std::mem::take(&mut kept.readers));
        let mut this = Self {
            program,
            catalogue,
            ownership,
            bodies: Bodies(bodies),
            summaries,
            callers,
            cancelled,
            by_def,
            kept,
        };
        let new: Vec<AnalyzedBody> = change
            .bodies()
            .into_par_iter()
            .filter_map(|at| {
                let global = this.bodies.0.get(at as usize)?.global;
                Some(analyze(program, catalogue, ownership, global))
            })
            .collect();
        for body in new {
            let at = this.bodies.0.partition_point(|b| b.global < body.global);
            if let Some(slot) = this.bodies.0.get_mut(at) {
                *slot = body;
            }
        }
        change = this.derive(change);
        let (again, readers) = change.for_rules(files);
        this.kept.readers = readers;
        (this, again)
    }

    /// Computes the facts of all bodies that a change concerns, stage by stage.
    fn derive(&mut self, mut change: Change) -> Change {
        let mut kept = std::mem::take(&mut self.kept);
        getters::find(self, &mut change, &mut kept.getters);
        link::guards(self, &mut change, &mut kept.guards);
        link::link(self, &mut change, &mut kept.linked);
        spawns::find_wrappers(self, &mut change, &mut kept.wrappers);
        endless::find(self, &mut change, &mut kept.endless);
        cancel::find(self, &mut change, &mut kept.losses);
        failures::find(self, &mut change, &mut kept.failures);
        self.find_callers(&mut change, &mut kept.called);
        self.find_cancelled(&mut change, &mut kept.futures);
        if change.remember {
            self.kept = kept;
        }
        change
    }

    fn find_callers(&mut self, change: &mut Change, kept: &mut Vec<Vec<Called>>) {
        kept.resize_with(self.bodies.0.len(), Vec::new);
        let mut is_new = change.is_all();
        for (at, calls) in change.stage(self, |body| called(self, body)) {
            let Some(slot) = kept.get_mut(at as usize) else { continue };
            if *slot != calls {
                is_new = true;
                *slot = calls;
            }
        }
        if !is_new {
            return;
        }
        let callers = Callers::collect(kept.iter().flatten());
        for def in callers.differing(&self.callers) {
            change.differs(def);
        }
        self.callers = callers;
    }

    fn find_cancelled(&mut self, change: &mut Change, kept: &mut Vec<Futures>) {
        kept.resize_with(self.bodies.0.len(), Futures::default);
        let mut is_new = change.is_all();
        for (at, found) in change.stage(self, |body| futures(self, body)) {
            let Some(slot) = kept.get_mut(at as usize) else { continue };
            if *slot != found {
                is_new = true;
                *slot = found;
            }
        }
        if !is_new {
            return;
        }
        let body_of = |def| self.by_def.get(&def).and_then(|at| kept.get(*at as usize));
        let cancelled = Cancelled::collect(kept.iter(), body_of);
        for def in cancelled.differing(&self.cancelled) {
            change.differs(def);
        }
        self.cancelled = cancelled;
    }

    /// Keeps what was read while a body was looked at, so that [`Analysis::again`] tells when to look again.
    pub fn remember(&mut self, body: u32, look: Look) {
        if let Some(own) = self.bodies.0.get(body as usize).map(|b| b.global.file) {
            self.kept.readers.enter(body, own, look.0);
        }
    }

    /// The facts alone.
    #[must_use]
    pub fn into_facts(self) -> Facts {
        let Self { bodies, callers, cancelled, summaries, by_def, kept, .. } = self;
        Facts { bodies: bodies.0, callers, cancelled, summaries, by_def, kept }
    }
}

impl Facts {
    /// Frees them with all threads: they are millions of small parts.
    pub fn free(self) {
        self.bodies.into_par_iter().for_each(drop);
    }
}
