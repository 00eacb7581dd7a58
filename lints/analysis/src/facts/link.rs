//! Linking: effects travel from callees to callers until nothing changes.

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::facts::direct::{Direct, Site, direct, note};
use crate::facts::{Analysis, EFFECTS, LockEffect, MOST_LOCKS, Summary};
use crate::flow::identity::{Identity, Root};
use crate::flow::tokens::{is_lock, is_pooled};
use crate::names::DefId;

/// Longest way of calls that a finding can explain.
const LONGEST_WAY: usize = 4;

/// Computes all summaries.
pub(super) fn link(analysis: &mut Analysis<'_>) {
    // Guards that functions return are needed to see the locks of their callers: two rounds, so that a wrapper
    // of a wrapper is known.
    for _ in 0..2 {
        let guards: Vec<_> = analysis
            .bodies
            .par_iter()
            .filter(|b| returns_guard(analysis, b))
            .filter_map(|b| {
                let summary = direct(analysis, b).summary;
                Some((b.def?, summary.returned_guard, summary.returns_held))
            })
            .collect();
        for (def, guard, held) in guards {
            let mut summary = analysis.summary(def).cloned().unwrap_or_default();
            summary.returned_guard = guard;
            summary.returns_held = held;
            analysis.summaries.insert(def, Arc::new(summary));
        }
    }
    let found: Vec<(DefId, Direct)> =
        analysis.bodies.par_iter().filter_map(|b| Some((b.def?, direct(analysis, b)))).collect();
    let mut graph = Graph::default();
    for (def, _) in &found {
        let next = graph.position.len() as u32;
        graph.position.entry(*def).or_insert(next);
    }
    let count = graph.position.len();
    graph.summaries.resize_with(count, Box::default);
    graph.sites.resize_with(count, Vec::new);
    let mut callers: Vec<Vec<u32>> = vec![Vec::new(); count];
    for (def, direct) in found {
        let Some(&at) = graph.position.get(&def) else { continue };
        for target in direct.sites.iter().flat_map(|s| &s.targets) {
            if let Some(target) = graph.position.get(target) {
                callers[*target as usize].push(at);
            }
        }
        let mut summary = direct.summary;
        (summary.returned_part, summary.returned_static) = (None, None);
        if let Some(known) = analysis.summary(def) {
            summary.returned_part.clone_from(&known.returned_part);
            summary.returned_static = known.returned_static;
            if summary.returned_guard.is_none() {
                summary.returned_guard.clone_from(&known.returned_guard);
            }
        }
        graph.summaries[at as usize] = summary;
        graph.sites[at as usize] = direct.sites;
    }
    let mut order: Vec<(DefId, u32)> = graph.position.iter().map(|(def, at)| (*def, *at)).collect();
    order.sort_unstable();
    let mut waiting = vec![true; count];
    let mut work: Vec<u32> = order.into_iter().map(|(_, at)| at).collect();
    while let Some(at) = work.pop() {
        waiting[at as usize] = false;
        if graph.pull(at) {
            for caller in &callers[at as usize] {
                if !std::mem::replace(&mut waiting[*caller as usize], true) {
                    work.push(*caller);
                }
            }
        }
    }
    let Graph { position, mut summaries, .. } = graph;
    // Most functions have nothing to tell, and share that.
    let nothing = Arc::new(Summary::default());
    analysis.summaries = position
        .into_iter()
        .map(|(def, at)| {
            let summary = std::mem::take(&mut summaries[at as usize]);
            (def, if *summary == *nothing { Arc::clone(&nothing) } else { Arc::new(*summary) })
        })
        .collect();
    super::spawns::find_wrappers(analysis);
}

fn returns_guard(analysis: &Analysis<'_>, body: &super::AnalyzedBody) -> bool {
    let owned = analysis.ownership.owned(&body.types.ret);
    owned.iter().any(|o| is_lock(o.class) || is_pooled(o.class))
}

/// Functions with what they do and whom they call, by position.
#[derive(Default)]
struct Graph {
    position: FxHashMap<DefId, u32>,
    summaries: Vec<Box<Summary>>,
    sites: Vec<Vec<Site>>,
}

impl Graph {
    /// Takes over the effects of everybody that a function calls. Says whether that changed anything.
    fn pull(&mut self, at: u32) -> bool {
        if self.sites[at as usize].is_empty() {
            return false;
        }
        let mut summary = std::mem::take(&mut self.summaries[at as usize]);
        let changed = self.pull_into(at, &mut summary);
        self.summaries[at as usize] = summary;
        changed
    }

    fn pull_into(&self, at: u32, summary: &mut Summary) -> bool {
        let mut changed = false;
        for site in &self.sites[at as usize] {
            for target in &site.targets {
                let Some(&target) = self.position.get(target) else { continue };
                if target == at {
                    continue;
                }
                let callee = &self.summaries[target as usize];
                for effect in &callee.locks {
                    if effect.way.len() >= LONGEST_WAY || summary.locks.len() >= MOST_LOCKS {
                        continue;
                    }
                    let Some(lock) = outward(&effect.lock, site) else { continue };
                    if !matches!(lock.root, Root::Param(_) | Root::Static(_))
                        || summary.locks.iter().any(|l| l.lock == lock && l.mode == effect.mode)
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
                for kind in EFFECTS {
                    if let Some(effect) = callee.effects.get(&kind)
                        && usize::from(effect.depth) < LONGEST_WAY
                    {
                        changed |= note(summary, kind, site.at, effect.what, effect.depth + 1);
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
