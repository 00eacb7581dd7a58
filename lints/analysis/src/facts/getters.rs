//! Functions that give a part of a parameter, or a static: `fn state(&self) -> &Mutex<State> { &self.state }`.

use std::sync::Arc;

use rayon::prelude::*;

use crate::facts::{Analysis, AnalyzedBody, Summary};
use crate::flow::identity::{Identities, NoGetters, Root};
use crate::flow::mir::Place;

/// More blocks than this is not a getter.
const MOST_BLOCKS: usize = 4;

/// Fills in `returned_part` and `returned_static` of all getters.
pub(super) fn find(analysis: &mut Analysis<'_>) {
    let found: Vec<_> = analysis
        .bodies
        .par_iter()
        .filter(|b| b.flow.root.blocks.len() <= MOST_BLOCKS)
        .filter_map(|b| Some((b.def?, getter(analysis, b)?)))
        .collect();
    for (def, summary) in found {
        analysis.summaries.insert(def, Arc::new(summary));
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
