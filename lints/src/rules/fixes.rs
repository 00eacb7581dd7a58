//! Ways to end a guard earlier. None of them lets anything live longer than before.

use linger_analysis::flow::mir::{Point, StatementKind, VarKind};
use linger_analysis::flow::tokens::{End, TokenId, mentions};
use linger_analysis::span::Span;
use linger_analysis::symbol::Symbol;
use linger_analysis::syntax::hir::{ExprId, ExprKind, LocalId};
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::diagnostic::{Applicability, Fix};

/// As [`drop_before`], where the program hangs or panics today if the guard is alive at `point`: no behaviour is lost.
pub(crate) fn drop_before_or_hang(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    id: TokenId,
    point: Point,
) -> Option<Fix> {
    let mut fix = drop_before(cx, view, id, point)?;
    fix.applicability = Applicability::MachineApplicable;
    Some(fix)
}

/// `drop(guard);` in front of the statement at `point`, when nothing there or behind needs the guard.
pub(crate) fn drop_before(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    id: TokenId,
    point: Point,
) -> Option<Fix> {
    let tokens = &view.tokens;
    let at = view.mir.statement(point)?.span;
    let state = tokens.state_at(point);
    let mut holders = state.holders(id);
    let (Some(holder), None) = (holders.next(), holders.next()) else { return None };
    let VarKind::User(local) = view.mir.var(holder).kind else { return None };
    // Where it is moved or dropped on some way already, or only lent, `drop` would not compile or do nothing.
    let goes = tokens.ends.iter().any(|end| end.token == id && !matches!(end.how, End::Dropped(_)));
    if goes || !has_own_name(cx, local) || matches!(cx.types().local(local), Ty::Ref(..)) {
        return None;
    }
    // Dropped once: not in a loop that the variable outlives.
    if view.mir.var(holder).in_loop != view.mir.blocks[point.block.index()].in_loop {
        return None;
    }
    let whole = statement_around(cx, at)?;
    let needs = |at: Point, statement: &linger_analysis::flow::mir::Statement| {
        if matches!(statement.kind, StatementKind::Drop { .. } | StatementKind::Vacant(_)) {
            return false;
        }
        let mut found = false;
        mentions(statement, &mut |var| found |= view.in_hand().reaches(at, var, id));
        found
    };
    let inside = view.statements().any(|(p, s)| whole.contains(s.span) && needs(p, s));
    let behind = tokens.path(point, |p, s| s.is_some_and(|s| needs(p, s)), |_, _| false);
    if inside || behind.is_some() {
        return None;
    }
    let name = cx.hir().local(local).name;
    Some(
        Fix::new(format!("drop `{name}` first"), Applicability::MaybeIncorrect)
            .insert_before(cx.at(whole), format!("drop({name});\n{}", indent(cx, whole))),
    )
}

/// Whether the name of a variable means nothing else anywhere in the body, and what it binds is its own.
pub(crate) fn has_own_name(cx: &BodyContext<'_>, local: LocalId) -> bool {
    let found = cx.hir().local(local);
    !found.by_ref && cx.hir().locals.iter().filter(|l| l.name == found.name).count() == 1
}

/// The value of a scrutinee taken by a `let`, so that the temporaries of the head end there.
pub(crate) fn let_before_scrutinee(cx: &BodyContext<'_>, scrutinee: ExprId) -> Option<Fix> {
    let body = cx.hir();
    let ty = cx.ty(scrutinee);
    // What is lent cannot outlive the guard, and what holds something itself would live longer.
    if !is_plain(ty) || !cx.analysis.ownership.owned(ty).is_empty() {
        return None;
    }
    let span = body.expr(scrutinee).span;
    let construct = body.exprs.iter().find(|e| match &e.kind {
        ExprKind::Match { scrutinee: s, .. }
        | ExprKind::Let { scrutinee: s, .. }
        | ExprKind::For { iterable: s, .. } => *s == scrutinee,
        _ => false,
    })?;
    let is_statement = statement_around(cx, construct.span).is_some_and(|s| s.lo == construct.span.lo);
    let is_free = body.locals.iter().all(|l| l.name.as_str() != "value");
    if matches!(construct.kind, ExprKind::Match { .. }) && is_statement && is_free {
        let keyword = Span::new(construct.span.lo, span.lo);
        let fix = Fix::new("take the value in a `let` first", Applicability::MaybeIncorrect);
        return Some(
            fix.replace(cx.at(keyword), "let value = ")
                .insert_after(cx.at(span), format!(";\n{}match value", indent(cx, construct.span))),
        );
    }
    Some(
        Fix::new("take the value in a block of its own", Applicability::MaybeIncorrect)
            .insert_before(cx.at(span), "{ let value = ")
            .insert_after(cx.at(span), "; value }"),
    )
}

/// A known type with no reference and nothing of unknown shape in it.
fn is_plain(ty: &Ty) -> bool {
    match ty {
        Ty::Prim(_) => true,
        Ty::Tuple(parts) => parts.iter().all(is_plain),
        Ty::Adt(path, args) => !lends(*path) && args.iter().all(is_plain),
        Ty::Param(..) => true,
        _ => false,
    }
}

fn lends(path: Symbol) -> bool {
    path.starts_with("std::cell::") || path.contains("Guard") || path.contains("::iter")
}

/// The innermost statement (or tail) of a block around a place.
pub(crate) fn statement_around(cx: &BodyContext<'_>, at: Span) -> Option<Span> {
    let body = cx.hir();
    let blocks = body.exprs.iter().filter_map(|e| match &e.kind {
        ExprKind::Block(block) => Some(block),
        _ => None,
    });
    blocks
        .flat_map(|b| b.stmts.iter().map(|s| s.span).chain(b.tail.map(|t| body.expr(t).span)))
        .filter(|s| s.contains(at))
        .min_by_key(|s| s.hi - s.lo)
}

/// The white space in front of a statement that starts its line.
pub(crate) fn indent(cx: &BodyContext<'_>, at: Span) -> String {
    let lines = &cx.source().lines;
    " ".repeat((at.lo - lines.start(lines.line(at.lo))) as usize)
}
