//! Functions that give a part of a parameter, or a static: `fn state(&self) -> &Mutex<State> { &self.state }`.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::facts::change::Change;
use crate::facts::{Analysis, AnalyzedBody, Summary};
use crate::flow::identity::{Identities, Identity, NoGetters, Root};
use crate::flow::mir::{Place, Rvalue, StatementKind};
use crate::symbol::sym;
use crate::types::ty::Ty;

/// More blocks than this is not a getter.
const MOST_BLOCKS: usize = 4;
/// More than this is no adaptor: a `match` with two arms is.
const MOST_OF_ADAPTOR: usize = 16;

/// Fills in `returned_part` and `returned_static` of all getters, and `passes_on` of adaptors.
pub(super) fn find(analysis: &mut Analysis<'_>, change: &mut Change, kept: &mut FxHashMap<u32, Summary>) {
    change.search(analysis, kept, |b| {
        b.def?;
        let blocks = b.flow.root.blocks.len();
        let getter = if blocks <= MOST_BLOCKS { getter(analysis, b) } else { None };
        let adaptor = blocks <= MOST_OF_ADAPTOR && is_adaptor(analysis, b);
        let getter = getter.or_else(|| if blocks <= MOST_OF_ADAPTOR { choice(analysis, b) } else { None });
        getter.or_else(|| adaptor.then(|| Summary { passes_on: true, ..Summary::default() }))
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

/// `match self { Self::Memory(part) => part.clone(), Self::Disk(part) => part.clone() }`: which part it is does not
/// change, so it is a part of its own, with the function's name.
fn choice(analysis: &Analysis<'_>, body: &AnalyzedBody) -> Option<Summary> {
    let mir = &body.flow.root;
    let name = analysis.program.item(body.def?).name;
    let ids = Identities::new(analysis.flow_context(body), mir, &NoGetters);
    let result = match ids.definition(mir.return_var) {
        Some(Rvalue::Use(operand)) => operand.var()?,
        _ => mir.return_var,
    };
    let all = ids.alternatives(result)?;
    let is_part = |i: &Identity| i.root == Root::Param(0) && !i.path.is_empty() && !i.indexed;
    let part = [sym(&format!("{name}()"))].into_iter().collect();
    (all.len() > 1 && all.iter().all(is_part))
        .then(|| Summary { returned_part: Some((0, part)), ..Summary::default() })
}

/// `fn context(self, text: &str) -> Result<T> { self.map_err(|e| Error::new(e, text)) }`, also as a `match`.
fn is_adaptor(analysis: &Analysis<'_>, body: &AnalyzedBody) -> bool {
    let mir = &body.flow.root;
    let Some(first) = mir.params.first() else { return false };
    let is_good = |ty: &Ty| ty.as_result().is_some() || ty.as_option().is_some();
    if !is_good(&mir.var(*first).ty) || !is_good(&mir.var(mir.return_var).ty) {
        return false;
    }
    let ids = Identities::new(analysis.flow_context(body), mir, &NoGetters);
    if ids.origin(mir.return_var) == Some(*first) {
        return true;
    }
    // `Ok(value) => Ok(value)`
    let result = match ids.definition(mir.return_var) {
        Some(Rvalue::Use(operand)) => operand.var().unwrap_or(mir.return_var),
        _ => mir.return_var,
    };
    mir.statements().any(|(_, s)| match &s.kind {
        StatementKind::Assign { dest, value: Rvalue::Aggregate { path: Some(path), parts } } => {
            dest.var == result
                && path.as_str() == "std::result::Result::Ok"
                && parts.iter().any(|(_, o)| o.var().is_some_and(|v| ids.origin(v) == Some(*first)))
        }
        _ => false,
    })
}
