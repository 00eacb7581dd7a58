//! Functions that give a part of a parameter, or a static: `fn state(&self) -> &Mutex<State> { &self.state }`.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::facts::change::Change;
use crate::facts::{Analysis, AnalyzedBody, Summary};
use crate::flow::identity::{Identities, NoGetters, Root};
use crate::flow::mir::Place;

/// More blocks than this is not a getter.
const MOST_BLOCKS: usize = 4;

/// Fills in `returned_part` and `returned_static` of all getters.
pub(super) fn find(analysis: &mut Analysis<'_>, change: &mut Change, kept: &mut FxHashMap<u32, Summary>) {
    change.search(analysis, kept, |b| {
        b.def?;
        if b.flow.root.blocks.len() <= MOST_BLOCKS { getter(analysis, b) } else { None }
    });
    analysis.summaries = vec![None; analysis.bodies.0.len()];
    for (at, summary) in kept.iter() {
        // A definition that has two bodies is the last of them.
        let is_it = analysis.bodies.0.get(*at as usize).and_then(|b| analysis.position(b)) == Some(*at);
        if let Some(slot) = analysis.summaries.get_mut(*at as usize).filter(|_| is_it) {
            *slot = Some(Arc::new(summary.clone()));
        }
    }
}

fn getter(analysis: &Analysis<'_>, body: &AnalyzedBody) -> Option<Summary> {
    let mir = &body.flow.root;
    let ids = Identities::new(analysis.flow_context(body), mir, &NoGetters);
    ids.definition(mir.return_var)
        .is_some()
        .then_some(())
        .or_else(|| ids.defining_call(mir.return_var).map(|_| ()))?;
    let identity = ids.place(&Place::whole(mir.return_var));
    match identity.root {
        Root::Param(index) if !identity.indexed => {
            Some(Summary { returned_part: Some((index, identity.path)), ..Summary::default() })
        }
        Root::Static(path) if identity.path.is_empty() => {
            Some(Summary { returned_static: Some(path), ..Summary::default() })
        }
        _ => None,
    }
}
