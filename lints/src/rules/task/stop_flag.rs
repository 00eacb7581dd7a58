//! Flags that tell a loop to end.

use linger_analysis::catalogue::CellAccess;
use linger_analysis::facts::AnalyzedBody;
use linger_analysis::flow::identity::Root;
use linger_analysis::flow::mir::{CaptureHow, Owner, Place, Rvalue, StatementKind};
use linger_analysis::names::TargetKind;
use linger_analysis::span::{FileSpan, Span};
use linger_analysis::symbol::Symbol;
use linger_analysis::syntax::hir::{ClosureId, ExprKind};
use linger_analysis::syntax::items::SelfKind;
use linger_analysis::types::infer::Target;
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::rules::carried::made;

/// A flag that the code of a closure asks for in a loop, and that a method of a struct sets.
pub(super) struct StopFlag {
    /// Where it is asked for.
    pub(super) asked: Span,
    /// Where it is set.
    pub(super) set: FileSpan,
}

/// The flag that ends a closure's loop, when the struct that is made here keeps it too. Nothing where the closure also
/// receives: what it waits for may go with the struct.
pub(super) fn stop_flag(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    closure: ClosureId,
    owner: Symbol,
) -> Option<StopFlag> {
    let inside = cx.flows().iter().find(|f| f.mir.owner == Owner::Closure(closure))?;
    let facts = |target: &Target| cx.facts(target);
    if inside
        .mir
        .calls()
        .any(|(_, _, call)| facts(&call.callee.target).is_some_and(|f| f.fails_when_closed || f.takes_out))
    {
        return None;
    }
    let kept: Vec<_> = view
        .mir
        .statements()
        .filter_map(|(_, s)| match &s.kind {
            StatementKind::Assign { value: Rvalue::Aggregate { path: Some(path), parts }, .. }
                if *path == owner =>
            {
                Some(parts)
            }
            _ => None,
        })
        .flat_map(|parts| parts.iter())
        .filter_map(|(name, operand)| Some((*name, view.tokens.identities.operand(operand)?)))
        .collect();
    for capture in made(view, closure)?.captures.iter().filter(|c| c.how == CaptureHow::Move) {
        let flag = view.tokens.identities.place(&Place::whole(capture.var));
        let Some((field, _)) = kept.iter().find(|(_, kept)| kept.same(&flag)) else { continue };
        let asked = inside.mir.calls().find(|(at, _, call)| {
            let on = call.args.first().and_then(|a| a.place()).map(|p| inside.tokens.identities.place(p));
            inside.mir.blocks[at.block.index()].in_loop.is_some()
                && facts(&call.callee.target).is_some_and(|f| f.polls && f.cell == Some(CellAccess::Read))
                && on.is_some_and(|i| i.root == Root::Local(capture.local))
        });
        if let (Some((_, _, call)), Some(set)) = (asked, setter(cx, owner, *field)) {
            return Some(StopFlag { asked: call.name_span, set });
        }
    }
    None
}

/// The methods of a type, apart from those of tests.
pub(super) fn methods<'a>(cx: &BodyContext<'a>, owner: Symbol) -> impl Iterator<Item = &'a AnalyzedBody> {
    let program = cx.program();
    cx.analysis.bodies.iter().filter(move |body| {
        let signature = body.def.and_then(|def| program.def(def).signature.as_ref());
        !body.in_test && signature.and_then(|s| s.self_ty.as_ref()).and_then(Ty::path) == Some(owner)
    })
}

/// Where a method of the struct sets the flag in a field.
fn setter(cx: &BodyContext<'_>, owner: Symbol, field: Symbol) -> Option<FileSpan> {
    methods(cx, owner).find_map(|other| {
        let hir = cx.analysis.hir(other);
        hir.exprs.iter().enumerate().find_map(|(number, e)| {
            let ExprKind::MethodCall { receiver, method_span, .. } = &e.kind else { return None };
            let is_flag = matches!(hir.expr(*receiver).kind, ExprKind::Field { name, .. } if name == field);
            let id = linger_analysis::syntax::hir::ExprId(number as u32);
            let sets = other
                .types
                .callees
                .get(&id)
                .is_some_and(|c| cx.facts(&c.target).is_some_and(|f| f.cell == Some(CellAccess::Set)));
            (is_flag && sets).then_some(FileSpan { file: other.global.file, span: *method_span })
        })
    })
}

/// Code that only some builds have, as a help for tests.
pub(super) fn is_conditional(cx: &BodyContext<'_>, body: &AnalyzedBody) -> bool {
    let Some(def) = body.def else { return false };
    let item = cx.program().item(def);
    let around = item.parent.map(|parent| &cx.program().file(body.global.file).items[parent.index()]);
    item.attributes.is_conditional || around.is_some_and(|outer| outer.attributes.is_conditional)
}

/// In a program, a method that takes the struct away is its end, and somebody calls it.
pub(super) fn is_its_end(cx: &BodyContext<'_>, body: &AnalyzedBody) -> bool {
    let Some(def) = body.def else { return false };
    let by_value = cx.program().def(def).signature.as_ref().is_some_and(|s| s.self_kind == SelfKind::Owned);
    let in_program = cx.program().crate_of(body.global.file).is_some_and(|c| c.kind == TargetKind::Bin);
    by_value && in_program && cx.analysis.callers.get(&def).is_some()
}
