//! Linking: effects travel from callees to callers until nothing changes.

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
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
    let mut summaries: FxHashMap<DefId, Summary> = FxHashMap::default();
    let mut sites: FxHashMap<DefId, Vec<Site>> = FxHashMap::default();
    let mut callers: FxHashMap<DefId, Vec<DefId>> = FxHashMap::default();
    for (def, direct) in found {
        for site in &direct.sites {
            for target in &site.targets {
                callers.entry(*target).or_default().push(def);
            }
        }
        let known = analysis.summary(def).cloned().unwrap_or_default();
        let summary = Summary {
            returned_part: known.returned_part,
            returned_static: known.returned_static,
            returned_guard: direct.summary.returned_guard.clone().or(known.returned_guard),
            ..direct.summary
        };
        summaries.insert(def, summary);
        sites.insert(def, direct.sites);
    }
    let mut order: Vec<DefId> = summaries.keys().copied().collect();
    order.sort_unstable();
    let mut waiting: FxHashSet<DefId> = order.iter().copied().collect();
    let mut work = order;
    while let Some(def) = work.pop() {
        waiting.remove(&def);
        if pull(def, &sites, &mut summaries)
            && let Some(above) = callers.get(&def)
        {
            for caller in above {
                if waiting.insert(*caller) {
                    work.push(*caller);
                }
            }
        }
    }
    analysis.summaries = summaries.into_iter().map(|(d, s)| (d, Arc::new(s))).collect();
    super::spawns::find_wrappers(analysis);
}

fn returns_guard(analysis: &Analysis<'_>, body: &super::AnalyzedBody) -> bool {
    let owned = analysis.ownership.owned(&body.types.ret);
    owned.iter().any(|o| is_lock(o.class) || is_pooled(o.class))
}

/// Takes over the effects of everybody that `def` calls. Says whether that changed anything.
fn pull(def: DefId, sites: &FxHashMap<DefId, Vec<Site>>, summaries: &mut FxHashMap<DefId, Summary>) -> bool {
    let Some(own) = sites.get(&def) else { return false };
    let Some(mut summary) = summaries.get(&def).cloned() else { return false };
    let mut changed = false;
    for site in own {
        for target in &site.targets {
            if *target == def {
                continue;
            }
            let Some(callee) = summaries.get(target) else { continue };
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
            changed |= super::callbacks::pass_on(&mut summary, callee, site);
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
                    changed |= note(&mut summary, kind, site.at, effect.what, effect.depth + 1);
                }
            }
        }
    }
    if changed {
        summaries.insert(def, summary);
    }
    changed
}

pub(super) fn outward(inner: &Identity, site: &Site) -> Option<Identity> {
    match inner.root {
        Root::Static(_) => Some(inner.clone()),
        Root::Param(index) => {
            let mut outer = site.args.get(index as usize)?.clone()?;
            outer.path.extend(inner.path.iter().copied());
            outer.indexed |= inner.indexed;
            Some(outer)
        }
        Root::Local(_) | Root::Temp(_) => None,
    }
}
