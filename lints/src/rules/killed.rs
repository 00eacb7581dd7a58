//! Processes that are told to end.

use linger_analysis::catalogue::Class;
use linger_analysis::flow::mir::{Call, Operand, Statement, StatementKind};
use linger_analysis::flow::tokens::path_from_start;
use linger_analysis::types::infer::Target;
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::rules::support::short;

/// Whether a call waits for a child that was killed on every way that leads there: it ends in a moment, and its status
/// says nothing.
pub(crate) fn is_killed_before(view: &FlowView<'_>, wait: &Call) -> bool {
    let ids = &view.tokens.identities;
    let child = |call: &Call| call.args.first().and_then(|o| ids.operand(o));
    let Some(waited) = child(wait) else { return false };
    let is_wait =
        |s: &Statement| matches!(&s.kind, StatementKind::Call(c) if std::ptr::eq::<Call>(&**c, wait));
    let kills = |s: &Statement| match &s.kind {
        StatementKind::Call(c) => {
            matches!(c.name.as_str(), "kill" | "start_kill") && child(c).as_ref() == Some(&waited)
        }
        _ => false,
    };
    view.mir.statements().any(|(_, s)| kills(s))
        && path_from_start(view.mir, &mut |_, s| s.is_some_and(is_wait), &mut |_, s| s.is_some_and(kills))
            .is_none()
}

/// Whether a flow tells some process to end, by whatever way: a function of the program must be given the process.
pub(crate) fn kills(cx: &BodyContext<'_>, view: &FlowView<'_>) -> bool {
    view.mir.calls().any(|(_, _, call)| {
        let name = call.name.as_str();
        let ends = name.contains("kill") && name != "kill_on_drop"
            || name.contains("signal")
            || matches!(name, "terminate" | "interrupt");
        ends && (!matches!(call.callee.target, Target::Def(_))
            || call
                .args
                .iter()
                .filter_map(Operand::place)
                .any(|p| stands_for_process(cx, &view.mir.var(p.var).ty)))
    })
}

/// A child, what holds one, or the number of one.
fn stands_for_process(cx: &BodyContext<'_>, ty: &Ty) -> bool {
    let ty = ty.peel_refs();
    matches!(ty, Ty::Prim(name) if !matches!(name.as_str(), "str" | "bool" | "char"))
        || ty.path().is_some_and(|p| short(&p).ends_with("Pid"))
        || cx.analysis.ownership.owned(ty).iter().any(|owned| owned.class == Class::Child)
}
