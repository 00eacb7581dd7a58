//! The code of `Drop` implementations.

use linger_analysis::facts::{Spawn, spawns};
use linger_analysis::flow::mir::Owner;
use linger_analysis::symbol::Symbol;

use crate::context::{BodyContext, FlowView};

/// The type whose `Drop::drop` this body is.
pub(crate) fn drop_of(cx: &BodyContext<'_>) -> Option<Symbol> {
    let def = cx.body.def?;
    let ty = cx.program().def(def).signature.as_ref()?.self_ty.as_ref()?.path()?;
    (cx.program().types.get(&ty)?.drop == Some(def)).then_some(ty)
}

/// The flows that run as part of the function: closures that are run elsewhere are left out.
pub(super) fn running_here<'c, 'a>(cx: &'c BodyContext<'a>) -> Vec<&'c FlowView<'a>> {
    let views = cx.flows();
    let started: Vec<Spawn<'_>> =
        views.iter().flat_map(|v| spawns(cx.analysis, cx.body, &v.tokens)).collect();
    views
        .iter()
        .filter(|v| match v.mir.owner {
            Owner::Root => true,
            Owner::Closure(id) => started.iter().all(|s| s.closure != Some(id)),
        })
        .collect()
}
