//! Linking: effects travel from callees to callers until nothing changes.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::facts::change::Change;
use crate::facts::cycles;
use crate::facts::direct::{Direct, Site, direct};
use crate::facts::effects::note;
use crate::facts::{Analysis, EFFECTS, Effect, EffectKind, LockEffect, MOST_LOCKS, Summary};
use crate::flow::identity::{Identity, Root};
use crate::flow::tokens::{ReturnedGuard, is_lock, is_pooled};

/// Longest way of calls that a finding can explain.
const LONGEST_WAY: usize = 4;

/// What linking keeps for the next time, by body.
#[derive(Default)]
pub(super) struct Linked {
    direct: Vec<Option<Arc<Direct>>>,
    summaries: Vec<Option<Arc<Summary>>>,
    /// Whom each function calls.
    calls: Vec<Vec<u32>>,
    /// Functions that call each other, called ones first.
    groups: Vec<Vec<u32>>,
    /// The group of each function that is in a circle of calls.
    circles: FxHashMap<u32, Arc<[u32]>>,
}

/// What is found in a round about the guards that functions return.
pub(super) type Guards = Vec<FxHashMap<u32, (Option<ReturnedGuard>, bool)>>;

/// Finds the guards that functions return, which is needed to see the locks of their callers: two rounds, so that a
/// wrapper of a wrapper is known.
pub(super) fn guards(analysis: &mut Analysis<'_>, change: &mut Change, kept: &mut Guards) {
    change.rounds(
        analysis,
        kept,
        2,
        |analysis, body| {
            body.def?;
            returns_guard(analysis, body).then(|| {
                let summary = direct(analysis, body).summary;
                (summary.returned_guard, summary.returns_held)
            })
        },
        |summary, (guard, held)| {
            summary.returned_guard = guard;
            summary.returns_held = held;
        },
    );
}

/// Computes all summaries.
pub(super) fn link(analysis: &mut Analysis<'_>, change: &mut Change, kept: &mut Linked) {
    let count = analysis.bodies.0.len();
    kept.direct.resize_with(count, || None);
    kept.summaries.resize_with(count, || None);
    kept.calls.resize_with(count, Vec::new);
    // What must be settled anew, whoever else is.
    let mut stale = vec![change.is_all(); count];
    // What is known from the stages before is part of a summary.
    for at in change.changed().filter_map(|def| analysis.by_def.get(&def)) {
        stale[*at as usize] = true;
    }
    let mut is_same_graph = !change.is_all();
    for (at, found) in change.stage(analysis, |b| b.def.map(|_| Arc::new(direct(analysis, b)))) {
        // A definition that has two bodies is the last of them.
        let found = found.filter(|_| analysis.position(&analysis.bodies.0[at as usize]) == Some(at));
        let at = at as usize;
        if kept.direct[at] == found {
            continue;
        }
        let sites = found.iter().flat_map(|d| &d.sites).flat_map(|s| &s.targets);
        let calls: Vec<u32> = sites.filter_map(|t| analysis.by_def.get(t).copied()).collect();
        is_same_graph &= kept.calls[at] == calls;
        kept.calls[at] = calls;
        kept.direct[at] = found;
        stale[at] = true;
    }
    if !is_same_graph {
        kept.groups = cycles::groups(&kept.calls);
        let before = std::mem::take(&mut kept.circles);
        for group in kept.groups.iter().filter(|group| group.len() > 1) {
            let circle: Arc<[u32]> = group.as_slice().into();
            kept.circles.extend(group.iter().map(|at| (*at, Arc::clone(&circle))));
        }
        let members = before.keys().chain(kept.circles.keys());
        for at in members.filter(|at| before.get(at) != kept.circles.get(at)) {
            stale[*at as usize] = true;
        }
    }
    let now = std::mem::take(&mut kept.summaries);
    let mut graph = Graph { analysis, direct: &kept.direct, now };
    let mut differs = vec![false; count];
    for group in &kept.groups {
        let is_stale = |at: &u32| {
            let at = *at as usize;
            stale[at] || kept.calls[at].iter().any(|callee| differs[*callee as usize])
        };
        if !group.iter().any(is_stale) {
            continue;
        }
        let before: Vec<Option<Arc<Summary>>> =
            group.iter().map(|at| graph.now[*at as usize].take()).collect();
        graph.settle(group, &kept.calls);
        for (at, before) in group.iter().zip(before) {
            differs[*at as usize] = graph.now[*at as usize] != before;
        }
    }
    let now = graph.now;
    for (body, _) in analysis.bodies.0.iter().zip(&differs).filter(|(_, differs)| **differs) {
        if let Some(def) = body.def {
            change.differs(def);
        }
    }
    if change.remember {
        kept.summaries.clone_from(&now);
    } else {
        *kept = Linked::default();
    }
    analysis.summaries = now;
}

fn returns_guard(analysis: &Analysis<'_>, body: &super::AnalyzedBody) -> bool {
    let owned = analysis.ownership.owned(&body.types.ret);
    owned.iter().any(|o| is_lock(o.class) || is_pooled(o.class))
}

/// Functions with what they do and whom they call, by body.
struct Graph<'g> {
    analysis: &'g Analysis<'g>,
    direct: &'g [Option<Arc<Direct>>],
    /// Their summaries; `None` until they are settled, and for what is no function.
    now: Vec<Option<Arc<Summary>>>,
}

impl Graph<'_> {
    /// What a function does by itself.
    fn own(&self, at: u32) -> Option<Summary> {
        let direct = self.direct[at as usize].as_ref()?;
        let known = self.analysis.summaries.get(at as usize)?.as_deref();
        let summary = direct.summary.clone();
        Some(Summary {
            returned_part: known.and_then(|k| k.returned_part.clone()),
            returned_static: known.and_then(|k| k.returned_static),
            passes_on: known.is_some_and(|k| k.passes_on),
            returned_guard: summary
                .returned_guard
                .clone()
                .or_else(|| known.and_then(|k| k.returned_guard.clone())),
            ..summary
        })
    }

    /// Adds to functions that call each other what those do whom they call.
    fn settle(&mut self, group: &[u32], calls: &[Vec<u32>]) {
        for at in group {
            self.now[*at as usize] = self.own(*at).map(Arc::new);
        }
        if let [one] = group {
            self.pull(*one);
            return;
        }
        let mut callers: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        for at in group {
            for callee in calls[*at as usize].iter().filter(|c| group.binary_search(c).is_ok()) {
                callers.entry(*callee).or_default().push(*at);
            }
        }
        let mut waiting: FxHashSet<u32> = group.iter().copied().collect();
        let mut work: Vec<u32> = group.to_vec();
        while let Some(at) = work.pop() {
            waiting.remove(&at);
            if self.pull(at) {
                for caller in callers.get(&at).into_iter().flatten() {
                    if waiting.insert(*caller) {
                        work.push(*caller);
                    }
                }
            }
        }
    }

    /// Takes over the effects of everybody that a function calls. Says whether that changed anything.
    fn pull(&mut self, at: u32) -> bool {
        let Some(direct) = self.direct[at as usize].as_ref().filter(|d| !d.sites.is_empty()) else {
            return false;
        };
        let Some(mut summary) = self.now[at as usize].take() else { return false };
        let changed = self.pull_into(at, &direct.sites, Arc::make_mut(&mut summary));
        self.now[at as usize] = Some(summary);
        changed
    }

    fn pull_into(&self, at: u32, sites: &[Site], summary: &mut Summary) -> bool {
        let mut changed = false;
        for site in sites {
            for target in &site.targets {
                let Some(&target) = self.analysis.by_def.get(target) else { continue };
                // Itself is not there while it pulls.
                let Some(callee) = self.now[target as usize].as_deref().filter(|_| target != at) else {
                    continue;
                };
                for effect in &callee.locks {
                    if effect.way.len() >= LONGEST_WAY || summary.locks.len() >= MOST_LOCKS {
                        continue;
                    }
                    let Some(lock) = outward(&effect.lock, site).filter(|_| !site.leaves_out(effect)) else {
                        continue;
                    };
                    if !matches!(lock.root, Root::Param(_) | Root::Static(_))
                        || summary
                            .locks
                            .iter()
                            .any(|l| l.lock == lock && l.mode == effect.mode && l.only_with.is_none())
                    {
                        continue;
                    }
                    let mut way: SmallVec<_> = effect.way.clone();
                    way.insert(0, site.at);
                    summary.locks.push(LockEffect {
                        lock,
                        mode: effect.mode,
                        at: effect.at,
                        way,
                        class: effect.class,
                        known: effect.known,
                        only_with: None,
                    });
                    changed = true;
                }
                changed |= super::callbacks::pass_on(summary, callee, site);
                for (from, to) in [(&callee.starts, &mut summary.starts), (&callee.ends, &mut summary.ends)] {
                    for path in from {
                        if !to.contains(path) {
                            to.push(*path);
                            changed = true;
                        }
                    }
                }
                // A callee that runs the caller's own closure calls nothing foreign.
                let runs_own = !callee.runs_params.is_empty()
                    && callee.runs_params.iter().all(|r| site.given.contains(&r.param));
                for kind in EFFECTS {
                    // To get a lock is no wait of its own, whatever is done to get it.
                    let is_for_lock = matches!(kind, EffectKind::Waits | EffectKind::Blocks)
                        && (callee.returned_guard.is_some() || callee.returns_held);
                    if let Some(effect) = callee.effects.get(&kind)
                        && !(runs_own && kind == EffectKind::CallsBack)
                        && usize::from(effect.depth) < LONGEST_WAY
                        && !is_for_lock
                    {
                        let depth = effect.depth + 1;
                        changed |= note(summary, kind, Effect { at: site.at, depth, ..effect.clone() });
                    }
                }
            }
        }
        changed
    }
}

pub(super) fn outward(inner: &Identity, site: &Site) -> Option<Identity> {
    match inner.root {
        Root::Static(_) => Some(inner.clone()),
        Root::Param(index) => {
            let mut outer = (**site.args.get(index as usize)?.as_ref()?).clone();
            outer.path.extend(inner.path.iter().copied());
            outer.indexed |= inner.indexed;
            Some(outer)
        }
        Root::Local(_) | Root::Temp(_) => None,
    }
}
