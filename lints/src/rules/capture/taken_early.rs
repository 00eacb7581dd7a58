//! Values that were taken before they were what they should be: what deferred calls are given.

use linger_analysis::catalogue::SpawnKind;
use linger_analysis::facts::{Spawn, spawns};
use linger_analysis::flow::mir::Statement;
use linger_analysis::types::infer::Target;

use crate::context::{BodyContext, FlowView};
use crate::diagnostic::Diagnostic;
use crate::rule::RuleMeta;

/// Reports the copies that code which runs later has taken too early.
pub(super) fn find(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    meta: &'static RuleMeta,
    report: &mut Vec<Diagnostic>,
) {
    for spawn in spawns(cx.analysis, cx.body, &view.tokens) {
        if spawn.kind == SpawnKind::Deferred {
            report.extend(measured(cx, view, &spawn, meta));
        }
    }
}

/// The call makes a value that runs the closure when it is dropped, at the end of the scope.
fn gives_guard(cx: &BodyContext<'_>, view: &FlowView<'_>, spawn: &Spawn<'_>) -> bool {
    use linger_analysis::catalogue::Class;
    let ty = view.place_ty(&spawn.call.dest);
    ty.path().and_then(|p| cx.catalogue().resource(p)).is_some_and(|r| r.class == Class::ScopeGuard)
}

/// The closure looks at the value that the guard was given.
fn is_used(cx: &BodyContext<'_>, spawn: &Spawn<'_>) -> bool {
    let hir = cx.hir();
    let Some(closure) = spawn.closure.map(|id| hir.closure(id)) else { return false };
    closure
        .params
        .first()
        .is_some_and(|param| !matches!(hir.pat(param.pat).kind, linger_analysis::syntax::hir::PatKind::Wild))
}

/// `guard(start.elapsed(), |took| …)`: measured when the guard is made, not when it runs.
fn measured(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    spawn: &Spawn<'_>,
    meta: &'static RuleMeta,
) -> Option<Diagnostic> {
    if !gives_guard(cx, view, spawn) || !is_used(cx, spawn) {
        return None;
    }
    let first = spawn.call.args.first()?.var()?;
    let call = view.tokens.identities.defining_call(first)?;
    let Target::External(path) = &call.callee.target else { return None };
    if !cx.catalogue().facts(*path).is_some_and(|f| f.measures) {
        return None;
    }
    let statement: &Statement = spawn.statement;
    Some(
        Diagnostic::new(
            meta,
            cx.at(call.name_span),
            format!("`{}` is called when the guard is made, not when it runs", call.name),
        )
        .label("measures next to nothing")
        .step(cx.at(statement.span), "the guard runs at the end of the scope")
        .help("give the guard the start, and measure in its closure"),
    )
}
