//! Objects for which a dropped future is no loss: they go with it, or make again what is missing.

use linger_analysis::catalogue::{Class, OnDrop};
use linger_analysis::flow::identity::Identity;
use linger_analysis::flow::mir::{
    Mir, Operand, Place, Point, Rvalue, Statement, StatementKind, Var, VarKind,
};
use linger_analysis::flow::tokens::mentions;
use linger_analysis::syntax::hir::{Body, ExprKind};
use linger_analysis::types::infer::Target;
use linger_analysis::types::ty::Ty;

use super::stop_flag::methods;
use crate::context::{BodyContext, FlowView};

/// Whether all that call the method have the object as a local of the same future: a dropped future takes it along.
pub(super) fn goes_with_its_object(cx: &BodyContext<'_>) -> bool {
    let Some(def) = cx.body.def.filter(|def| !cx.program().item(*def).is_public) else { return false };
    let is_inherent = cx.program().def(def).signature.as_ref().is_some_and(|s| s.of_trait.is_none());
    let Some(callers) = cx.analysis.callers.get(&def).filter(|_| is_inherent) else { return false };
    let mut seen = false;
    let all = callers.iter().all(|caller| {
        let Some(body) = caller.from.and_then(|from| cx.analysis.body_of(from)) else { return false };
        body.flow.all().all(|mir| {
            mir.calls().filter(|(_, _, c)| matches!(c.callee.target, Target::Def(d) if d == def)).all(
                |(_, _, call)| {
                    seen = true;
                    mir.is_async && call.args.first().and_then(Operand::place).is_some_and(|p| is_own(mir, p))
                },
            )
        })
    });
    all && seen
}

/// A variable of the flow itself, or a reference to one.
fn is_own(mir: &Mir, place: &Place) -> bool {
    let var = mir.var(place.var);
    match var.kind {
        VarKind::User(_) => place.projections.is_empty() && !matches!(var.ty, Ty::Ref(..) | Ty::Unknown),
        VarKind::Temp(_) => mir.statements().any(|(_, s)| {
            matches!(&s.kind, StatementKind::Assign { dest, value: Rvalue::Ref(_, of) }
                if dest.var == place.var && of.var != place.var && is_own(mir, of))
        }),
        _ => false,
    }
}

/// Whether a method puts what is missing into a map again: `if !map.contains_key(k) { map.insert(k, …) }`.
pub(super) fn is_made_again(cx: &BodyContext<'_>, from: &Identity) -> bool {
    let Some(field) = from.path.last() else { return false };
    let signature = cx.body.def.and_then(|def| cx.program().def(def).signature.as_ref());
    let Some(owner) = signature.and_then(|s| s.self_ty.as_ref()).and_then(Ty::path) else { return false };
    methods(cx, owner).any(|other| {
        let hir = cx.analysis.hir(other);
        let calls = |name: &str| is_called_on(hir, field.as_str(), name);
        calls("contains_key") && calls("insert")
    })
}

fn is_called_on(hir: &Body, field: &str, wanted: &str) -> bool {
    hir.exprs.iter().any(|e| match &e.kind {
        ExprKind::MethodCall { receiver, method, .. } => {
            method.as_str() == wanted
                && matches!(hir.expr(*receiver).kind, ExprKind::Field { name, .. } if name.as_str() == field)
        }
        _ => false,
    })
}

/// What is waited for is the end of a task that goes on by itself and gives nothing, and nothing else was taken out
/// with it that is of use then: `workers.remove(id)?.handle.await`.
pub(super) fn only_ends(cx: &BodyContext<'_>, view: &FlowView<'_>, work: Point, holders: &[Var]) -> bool {
    let goes_on = |ty: &Ty| {
        let gives_nothing = |value: &Ty| value.as_result().map_or(value.is_unit(), |(ok, _)| ok.is_unit());
        let resource = ty.path().and_then(|path| cx.catalogue().resource(path));
        ty.args().first().is_some_and(gives_nothing)
            && resource.is_some_and(|r| r.class == Class::TaskHandle && r.drop == OnDrop::Detaches)
    };
    let waited_for = view.mir.statement(work).and_then(|s| s.expr).map(|e| &cx.hir().expr(e).kind);
    let is_handle = matches!(waited_for, Some(ExprKind::Await { operand }) if goes_on(cx.ty(*operand)));
    let uses = |statement: &Statement| {
        let mut found = false;
        mentions(statement, &mut |v| found |= holders.contains(&v));
        found && !matches!(statement.kind, StatementKind::Drop { .. })
    };
    is_handle && view.tokens.path(work, |_, s| s.is_some_and(uses), |_, _| false).is_none()
}
