//! Steps of a transaction.

use linger_analysis::catalogue::Class;
use linger_analysis::syntax::hir::{Body, ClosureId, ExprId, ExprKind, LocalId, PatKind};
use linger_analysis::types::ty::Ty;

use crate::context::BodyContext;
use crate::rules::result::class_of;

/// Whether a call is made on a transaction that is committed afterwards: one that the function commits itself, or the
/// connection that a closure is given which runs in one. What fails there either takes the rest with it or is missing
/// from what is committed.
pub(super) fn is_step(cx: &BodyContext<'_>, call: ExprId) -> bool {
    let body = cx.hir();
    let operands: Vec<ExprId> = match &body.expr(call).kind {
        ExprKind::MethodCall { receiver, args, .. } => {
            std::iter::once(*receiver).chain(args.iter().copied()).collect()
        }
        ExprKind::Call { args, .. } => args.to_vec(),
        _ => return false,
    };
    let inside = runs_in_transaction(cx, call);
    operands.into_iter().any(|operand| {
        let place = behind_references(body, operand);
        let is_given = matches!(body.expr(place).kind, ExprKind::Local(local) if inside.contains(&local));
        let ty = cx.ty(place).peel_refs();
        let is_transaction = class_of(cx, ty) == Some(Class::Transaction) && !ends_it(cx, call, ty);
        is_given || is_transaction && is_committed_behind(body, call)
    })
}

/// `tx.rollback()`
fn ends_it(cx: &BodyContext<'_>, call: ExprId, ty: &Ty) -> bool {
    let resource = ty.path().and_then(|path| cx.catalogue().resource(path));
    matches!(&cx.hir().expr(call).kind, ExprKind::MethodCall { method, .. }
        if resource.is_some_and(|r| r.release.contains(method)))
}

fn behind_references(body: &Body, e: ExprId) -> ExprId {
    match body.expr(e).kind {
        ExprKind::AddressOf { operand, .. } | ExprKind::Unary { operand, .. } => {
            behind_references(body, operand)
        }
        _ => e,
    }
}

fn is_committed_behind(body: &Body, call: ExprId) -> bool {
    let end = body.expr(call).span.hi;
    body.exprs.iter().any(|e| {
        e.span.hi > end
            && matches!(&e.kind, ExprKind::MethodCall { method, method_span, .. }
                if method == "commit" && method_span.lo > end)
    })
}

/// The connections that closures around a call are given by what runs them in a transaction.
fn runs_in_transaction(cx: &BodyContext<'_>, call: ExprId) -> Vec<LocalId> {
    let body = cx.hir();
    let at = body.expr(call).span;
    let mut found = Vec::new();
    for (number, expr) in body.exprs.iter().enumerate() {
        let ExprKind::MethodCall { args, .. } = &expr.kind else { continue };
        if !expr.span.contains(at) {
            continue;
        }
        let runs = cx
            .types()
            .callees
            .get(&ExprId(number as u32))
            .is_some_and(|callee| cx.facts(&callee.target).is_some_and(|f| f.runs_transaction));
        let closures = args.iter().filter_map(|a| match body.expr(*a).kind {
            ExprKind::Closure(id) => Some(id),
            _ => None,
        });
        for closure in closures.filter(|_| runs) {
            found.extend(parameters(body, closure));
        }
    }
    found
}

fn parameters(body: &Body, closure: ClosureId) -> impl Iterator<Item = LocalId> + '_ {
    body.closure(closure).params.iter().filter_map(|p| match body.pat(p.pat).kind {
        PatKind::Binding { local, .. } => Some(local),
        _ => None,
    })
}
