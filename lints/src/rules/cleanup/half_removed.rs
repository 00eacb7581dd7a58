//! Files that are moved to their place when all went well, removed when one step failed, and left when another did.

use linger_analysis::catalogue::OnPath;
use linger_analysis::flow::identity::Identity;
use linger_analysis::flow::mir::{Call, Point, ReturnKind, StatementKind, Terminator};
use linger_analysis::span::Span;
use linger_analysis::syntax::hir::{ExprId, ExprKind};

use super::ways_out::walk;
use crate::context::{BodyContext, FlowView};
use crate::rules::shapes::is_variant;
use crate::rules::support::does;

/// A file that stays where it was made, when some step fails.
pub(super) struct HalfRemoved {
    /// Where it is made.
    pub(super) made: Span,
    /// Where a failure removes it.
    pub(super) removed: Span,
    /// Ways out that leave it, at least one.
    pub(super) exits: Vec<Span>,
}

/// The files of a flow that only some failures remove.
pub(super) fn half_removed(cx: &BodyContext<'_>, view: &FlowView<'_>) -> Vec<HalfRemoved> {
    let removes = view.mir.calls().any(|(_, _, call)| does(cx, call, OnPath::Removes));
    if !removes || is_cleaned_elsewhere(cx, view) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (point, statement, call) in view.mir.calls() {
        if !view.is_reachable(point) {
            continue;
        }
        let Some(path) = made(cx, view, call, statement.expr) else { continue };
        let removed = |p: Point| at_path(cx, view, p, &path, OnPath::Removes);
        let moved = |p: Point| at_path(cx, view, p, &path, OnPath::Renames);
        let is_end = |p: Point| removed(p).or_else(|| moved(p));
        let Some((_, exits)) = walk(cx, view, point, statement.span, &[], &is_end) else { continue };
        // A file that nothing moves may be meant to stay until somebody asks for it to go.
        let is_moved = view.statements().any(|(p, _)| moved(p).is_some());
        let first_removal =
            view.statements().find_map(|(p, _)| removed(p).filter(|at| on_failure(cx, view, p, *at)));
        let (true, Some(removed)) = (is_moved, first_removal) else { continue };
        let exits: Vec<Span> = exits
            .into_iter()
            .filter(|(_, kind)| matches!(kind, ReturnKind::Question | ReturnKind::Failure))
            .map(|(span, _)| span)
            .collect();
        if !exits.is_empty() {
            found.push(HalfRemoved { made: statement.span, removed, exits });
        }
    }
    found
}

/// A closure or the Drop of a value may do it on every path.
fn is_cleaned_elsewhere(cx: &BodyContext<'_>, view: &FlowView<'_>) -> bool {
    let by_closure = cx
        .flows()
        .iter()
        .filter(|v| v.mir.owner != view.mir.owner)
        .any(|v| v.mir.calls().any(|(_, _, call)| does(cx, call, OnPath::Removes)));
    by_closure || view.mir.vars.iter().any(|v| cx.analysis.ownership.has_drop(&v.ty))
}

/// The path of the file that a call makes.
fn made(cx: &BodyContext<'_>, view: &FlowView<'_>, call: &Call, expr: Option<ExprId>) -> Option<Identity> {
    let argument = match cx.facts(&call.callee.target)?.on_path? {
        OnPath::Makes | OnPath::Writes => call.args.first()?,
        OnPath::Opens if creates(cx, expr?) => call.args.get(1)?,
        _ => return None,
    };
    view.tokens.identities.operand(argument)
}

/// `OpenOptions::new().create_new(true)…open(path)`
fn creates(cx: &BodyContext<'_>, open: ExprId) -> bool {
    let body = cx.hir();
    body.any(open, &mut |e| {
        matches!(&body.expr(e).kind, ExprKind::MethodCall { method, .. }
            if matches!(method.as_str(), "create" | "create_new"))
    })
}

/// The statement at a point, when it does this to the file of a path.
fn at_path(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    point: Point,
    path: &Identity,
    what: OnPath,
) -> Option<Span> {
    let statement = view.mir.statement(point)?;
    let StatementKind::Call(call) = &statement.kind else { return None };
    let file = view.tokens.identities.operand(call.args.first()?);
    let is_it = does(cx, call, what) && file.is_some_and(|file| file.same(path));
    is_it.then_some(statement.span)
}

/// Whether it happens only because something failed: in an `Err` arm, or on the way to an error that is returned.
fn on_failure(cx: &BodyContext<'_>, view: &FlowView<'_>, from: Point, span: Span) -> bool {
    let ends = |wanted: fn(ReturnKind) -> bool| {
        view.tokens
            .path(
                from,
                |p, s| {
                    s.is_none()
                        && matches!(view.mir.blocks[p.block.index()].terminator,
                            Terminator::Return { kind, .. } if wanted(kind))
                },
                |_, _| false,
            )
            .is_some()
    };
    in_error_branch(cx, span)
        || ends(|kind| kind == ReturnKind::Failure)
            && !ends(|kind| matches!(kind, ReturnKind::End | ReturnKind::Explicit))
}

fn in_error_branch(cx: &BodyContext<'_>, span: Span) -> bool {
    let body = cx.hir();
    let within = |e: ExprId| body.expr(e).span.contains(span);
    body.exprs.iter().any(|e| match &e.kind {
        ExprKind::Match { arms, .. } => {
            arms.iter().any(|arm| within(arm.body) && is_variant(cx.hir(), arm.pat, &["Err"]))
        }
        ExprKind::If { condition, then_branch, .. } => {
            within(*then_branch)
                && match &body.expr(*condition).kind {
                    ExprKind::Let { pat, .. } => is_variant(cx.hir(), *pat, &["Err"]),
                    ExprKind::MethodCall { method, .. } => method.as_str() == "is_err",
                    _ => false,
                }
        }
        _ => false,
    })
}
