//! Work that goes on for long.

use linger_analysis::catalogue::SpawnKind;
use linger_analysis::facts::Spawn;
use linger_analysis::flow::mir::{LoopInfo, LoopKind, Mir, Owner};
use linger_analysis::symbol::{Symbol, sym};
use linger_analysis::syntax::hir::{Body, ExprKind};
use linger_analysis::types::infer::Target;

use crate::context::BodyContext;

/// The code of a task turns in a loop; going through a list once does not take long.
pub(super) fn is_long(cx: &BodyContext<'_>, spawn: &Spawn<'_>) -> bool {
    code(cx, spawn).is_some_and(|(hir, mir)| mir.loops.iter().any(|info| turns(spawn, hir, info)))
}

/// Whether all loops of the code end when nobody sends to it any more: `while let Some(x) = rx.recv().await`.
pub(super) fn ends_with_channel(cx: &BodyContext<'_>, spawn: &Spawn<'_>) -> bool {
    let Some((hir, mir)) = code(cx, spawn) else { return false };
    let receives = |info: &LoopInfo| {
        matches!(info.kind, LoopKind::While | LoopKind::WhileLet)
            && mir.calls().any(|(_, s, call)| {
                info.head.contains(s.span)
                    && matches!(call.callee.target, Target::External(path) if is_only_receiver(cx, path))
            })
    };
    // A loop inside of another ends with it at the latest.
    let is_inside = |info: &LoopInfo| {
        let around = std::iter::successors(info.parent, |id| mir.loops.get(id.0 as usize)?.parent);
        around.filter_map(|id| mir.loops.get(id.0 as usize)).any(|outer| turns(spawn, hir, outer))
    };
    mir.loops.iter().filter(|info| turns(spawn, hir, info) && !is_inside(info)).all(receives)
}

/// The code that is spawned.
fn code<'c>(cx: &'c BodyContext<'_>, spawn: &Spawn<'_>) -> Option<(&'c Body, &'c Mir)> {
    match (spawn.closure, spawn.function) {
        (Some(id), _) => Some((cx.hir(), cx.body.flow.get(Owner::Closure(id)))),
        (None, Some(def)) => cx.analysis.body_of(def).map(|b| (cx.analysis.hir(b), &*b.flow.root)),
        _ => None,
    }
}

fn turns(spawn: &Spawn<'_>, hir: &Body, info: &LoopInfo) -> bool {
    spawn.kind != SpawnKind::Task || !matches!(hir.expr(info.expr).kind, ExprKind::For { .. })
}

/// Receives from a channel that is made for this receiver. One of many who have subscribed may be gone long before the
/// senders are.
fn is_only_receiver(cx: &BodyContext<'_>, function: Symbol) -> bool {
    let module = function.rsplitn(3, "::").nth(2).unwrap_or_default();
    let subscribes = cx.catalogue().method(sym(&format!("{module}::Sender")), sym("subscribe")).is_some();
    !subscribes && cx.catalogue().facts(function).is_some_and(|f| f.fails_when_closed && f.takes_out)
}
