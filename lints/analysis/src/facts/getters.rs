//! Functions that give a part of a parameter, or a static: `fn state(&self) -> &Mutex<State> { &self.state }`.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::facts::change::Change;
use crate::facts::{Analysis, AnalyzedBody, Summary};
use crate::flow::identity::{Identities, Identity, NoGetters, Root};
use crate::flow::mir::{Place, Rvalue, StatementKind, Var};
use crate::symbol::sym;

/// More blocks than this is not a getter.
const MOST_BLOCKS: usize = 4;
/// More than this is no adaptor: a `match` with two arms is.
const MOST_OF_ADAPTOR: usize = 16;

/// Fills in `returned_part` and `returned_static` of all getters, and `passes_on` of adaptors.
pub(super) fn find(analysis: &mut Analysis<'_>, change: &mut Change, kept: &mut FxHashMap<u32, Summary>) {
    change.search(analysis, kept, |b| {
        b.def?;
        known(analysis, b)
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

fn known(analysis: &Analysis<'_>, body: &AnalyzedBody) -> Option<Summary> {
    let mir = &*body.flow.root;
    if mir.blocks.len() > MOST_OF_ADAPTOR {
        return None;
    }
    let ids = Identities::new(analysis.flow_context(body), mir, &NoGetters);
    if mir.blocks.len() <= MOST_BLOCKS
        && let Some(summary) = getter(&ids)
    {
        return Some(summary);
    }
    // The `match` that the function ends with gives its answer to a variable of its own.
    let result = match ids.definition(mir.return_var) {
        Some(Rvalue::Use(operand)) => operand.var().unwrap_or(mir.return_var),
        _ => mir.return_var,
    };
    if is_choice(&ids, result) {
        let name = analysis.program.item(body.def?).name;
        let part = [sym(&format!("{name}()"))].into_iter().collect();
        return Some(Summary { returned_part: Some((0, part)), ..Summary::default() });
    }
    is_adaptor(&ids, result).then(|| Summary { passes_on: true, ..Summary::default() })
}

fn getter(ids: &Identities<'_>) -> Option<Summary> {
    let mir = ids.mir();
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
fn is_choice(ids: &Identities<'_>, result: Var) -> bool {
    let is_part = |i: &Identity| i.root == Root::Param(0) && !i.path.is_empty() && !i.indexed;
    ids.alternatives(result).is_some_and(|all| all.len() > 1 && all.iter().all(is_part))
}

/// `fn context(self, text: &str) -> Result<T> { self.map_err(|e| Error::new(e, text)) }`, also as a `match`.
fn is_adaptor(ids: &Identities<'_>, result: Var) -> bool {
    let mir = ids.mir();
    let Some(first) = mir.params.first() else { return false };
    let is_good = |var: Var| mir.var(var).ty.good_value().is_some();
    if !is_good(*first) || !is_good(mir.return_var) {
        return false;
    }
    let is_first = |var: Var| ids.origin(var) == Some(*first);
    // `Ok(value) => Ok(value)`
    is_first(mir.return_var)
        || mir.statements().any(|(_, s)| match &s.kind {
            StatementKind::Assign { dest, value: Rvalue::Aggregate { path: Some(path), parts } } => {
                dest.var == result
                    && path.as_str() == "std::result::Result::Ok"
                    && parts.iter().any(|(_, o)| o.var().is_some_and(is_first))
            }
            _ => false,
        })
}
