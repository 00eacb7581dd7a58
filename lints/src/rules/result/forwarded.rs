//! Functions of the program that hand on the count of a partial read or write.

use linger_analysis::catalogue::Class;
use linger_analysis::flow::identity::Identities;
use linger_analysis::flow::mir::{Call, Operand, Rvalue, StatementKind, Var};
use linger_analysis::names::DefId;
use linger_analysis::types::infer::Target;

use crate::context::{BodyContext, FlowView};
use crate::rules::result::class_of;
use crate::rules::support::short;

/// How many functions deep a count is followed.
const FAR_ENOUGH: u32 = 3;

/// The call of a function of the program that gives the count of a partial call as it is.
pub(super) fn forwarded<'v>(cx: &BodyContext<'_>, view: &'v FlowView<'_>, count: Var) -> Option<&'v Call> {
    let call = view.tokens.identities.defining_call(count)?;
    matches!(call.callee.target, Target::Def(def) if hands_on_count(cx, def, FAR_ENOUGH)).then_some(call)
}

/// Whether each good value that a function gives is the count of a partial call on a file or socket.
fn hands_on_count(cx: &BodyContext<'_>, def: DefId, depth: u32) -> bool {
    let Some(body) = cx.analysis.body_of(def) else { return false };
    let mir = &body.flow.root;
    let identities = Identities::new(cx.analysis.flow_context(body), mir, cx.analysis);
    let is_partial = |call: &Call| match call.callee.target {
        Target::External(path) => {
            let receiver = call.args.first().and_then(Operand::place).map(|p| &mir.var(p.var).ty);
            let on = call.callee.self_ty.as_ref().or(receiver);
            cx.catalogue().facts(path).is_some_and(|f| f.partial_io)
                && on.is_some_and(|ty| {
                    matches!(class_of(cx, ty.peel_refs()), Some(Class::File | Class::Socket))
                })
        }
        Target::Def(next) => depth > 0 && hands_on_count(cx, next, depth - 1),
        _ => false,
    };
    let comes_from_partial = |value: &Operand| {
        value.place().and_then(|place| identities.defining_call(place.var)).is_some_and(is_partial)
    };
    let mut good = mir.statements().filter_map(|(_, statement)| match &statement.kind {
        StatementKind::Assign { dest, value } if dest.var == mir.return_var => match value {
            Rvalue::Aggregate { path: Some(path), parts } if short(path.as_str()) == "Ok" => {
                Some(parts.first().is_some_and(|(_, part)| comes_from_partial(part)))
            }
            Rvalue::Use(value) => Some(comes_from_partial(value)),
            _ => None,
        },
        StatementKind::Call(call) if call.dest.var == mir.return_var => {
            Some(identities.defining_call(mir.return_var).is_some_and(is_partial))
        }
        _ => None,
    });
    good.next().is_some_and(|first| first && good.all(|next| next))
}
