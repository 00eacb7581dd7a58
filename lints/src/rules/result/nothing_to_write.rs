//! Writers that have nothing left to write when they are closed: the error of that says nothing.

use linger_analysis::catalogue::Class;
use linger_analysis::flow::identity::Identity;
use linger_analysis::flow::mir::{
    Call, Operand, Owner, Place, Point, Rvalue, Statement, StatementKind, VarKind,
};
use linger_analysis::flow::tokens::{mentions, path_from_start};
use linger_analysis::syntax::hir::{ExprId, ExprKind};
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::rules::result::class_of;
use crate::rules::shapes::is_variant;

/// Whether a call, whose error is thrown away by `e` at a point, closes a writer that keeps nothing back any more.
pub(super) fn has_nothing_to_write(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    call: &Call,
    at: Point,
    e: ExprId,
) -> bool {
    if !call.is_method || !matches!(call.name.as_str(), "shutdown" | "close") {
        return false;
    }
    let Some(writer) = call.args.first().and_then(|a| view.tokens.identities.operand(a)) else {
        return false;
    };
    ends_plain_socket(cx, view, call, at)
        || is_flushed_before(cx, view, call, &writer)
        || is_behind_own_failure(cx, view, &writer, e)
}

/// Whether a socket without a buffer is closed just before its drop, which tells the peer the same.
fn ends_plain_socket(cx: &BodyContext<'_>, view: &FlowView<'_>, call: &Call, at: Point) -> bool {
    let Some(socket) = call.args.first().and_then(Operand::var) else { return false };
    let decl = view.mir.var(socket);
    let is_own = match (decl.kind, view.mir.owner) {
        (VarKind::User(_) | VarKind::Param(_) | VarKind::Temp(_), _) => true,
        (VarKind::Capture(_), Owner::Closure(id)) => cx.hir().closure(id).is_move,
        _ => false,
    };
    let known = decl.ty.path().and_then(|path| cx.catalogue().resource(path));
    let is_plain = known.is_some_and(|known| known.class == Class::Socket && known.unbuffered);
    let uses = |s: &Statement| {
        let mut found = false;
        mentions(s, &mut |var| found |= var == socket);
        found && !matches!(s.kind, StatementKind::Drop { .. } | StatementKind::Vacant(_))
    };
    let ends = |s: &Statement| matches!(s.kind, StatementKind::Drop { var, .. } if var == socket);
    is_own
        && is_plain
        && view
            .tokens
            .path(at, |point, s| point != at && s.is_some_and(uses), |_, s| s.is_some_and(ends))
            .is_none()
}

/// Whether the writer was flushed on every way that leads to a call, somebody looked at the error of that, and
/// nothing was written since.
fn is_flushed_before(cx: &BodyContext<'_>, view: &FlowView<'_>, call: &Call, writer: &Identity) -> bool {
    let on = call.callee.self_ty.as_ref().or_else(|| call.args.first().map(|a| view.operand_ty(a)));
    if !on.is_some_and(|ty| is_done_by_flush(cx, ty.peel_refs())) {
        return false;
    }
    let ids = &view.tokens.identities;
    let is_writer = |o: &Operand| ids.operand(o).is_some_and(|i| i.same(writer));
    let is_call =
        |s: &Statement| matches!(&s.kind, StatementKind::Call(c) if std::ptr::eq::<Call>(&**c, call));
    // What is left of it behind `?` is no `Result` any more.
    let is_thrown_away = |flush: &Call| {
        view.statements().any(|(_, s)| match &s.kind {
            StatementKind::Discard { value, .. } => {
                let ty = view.operand_ty(value);
                ty.good_value().is_some()
                    && value
                        .var()
                        .and_then(|var| ids.defining_call(var))
                        .is_some_and(|c| std::ptr::eq(c, flush))
            }
            _ => false,
        })
    };
    let flushes = |s: &Statement| match &s.kind {
        StatementKind::Call(c) => {
            c.name == "flush" && c.args.first().is_some_and(is_writer) && !is_thrown_away(c)
        }
        _ => false,
    };
    let flushed = view.mir.statements().any(|(_, s)| flushes(s))
        && path_from_start(view.mir, &mut |_, s| s.is_some_and(is_call), &mut |_, s| s.is_some_and(flushes))
            .is_none();
    flushed
        && view.statements().filter(|(_, s)| !is_call(s) && !flushes(s) && writes(view, s, &is_writer)).all(
            |(point, _)| {
                view.tokens
                    .path(point, |_, s| s.is_some_and(is_call), |_, s| s.is_some_and(flushes))
                    .is_none()
            },
        )
}

/// Whether a statement may write: a call or macro that is lent the writer so that it can be changed, or a closure that
/// takes it along.
fn writes(view: &FlowView<'_>, s: &Statement, is_writer: &dyn Fn(&Operand) -> bool) -> bool {
    let is_lent = |o: &Operand| {
        let only_looks =
            matches!(o, Operand::Borrow(false, _)) || matches!(view.operand_ty(o), Ty::Ref(false, _));
        !only_looks && is_writer(o)
    };
    match &s.kind {
        StatementKind::Call(call) => call.args.iter().any(is_lent),
        StatementKind::Macro { args, .. } => args.iter().any(is_writer),
        StatementKind::Assign { value: Rvalue::Closure { captures, .. }, .. } => {
            captures.iter().any(|c| is_writer(&Operand::Copy(Place::whole(c.var))))
        }
        _ => false,
    }
}

/// Whether a flush writes all that a writer of this type holds. An encoder has a trailer to write at its end.
fn is_done_by_flush(cx: &BodyContext<'_>, ty: &Ty) -> bool {
    let by_itself = match class_of(cx, ty) {
        Some(Class::File | Class::Socket) => true,
        Some(Class::BufferedWriter) => {
            let known = ty.path().and_then(|path| cx.catalogue().resource(path));
            known.is_some_and(|known| known.release.iter().any(|name| *name == "flush"))
        }
        _ => false,
    };
    let may_be_inside = |inner: &Ty| match inner {
        Ty::Adt(path, _) => cx.program().types.contains_key(path) || is_done_by_flush(cx, inner),
        _ => true,
    };
    by_itself && ty.args().iter().all(|inner| may_be_inside(inner.peel_refs()))
}

/// Whether it is closed where something that it was used for has just failed: `if let Err(e) = writer.write_all(..)`.
fn is_behind_own_failure(cx: &BodyContext<'_>, view: &FlowView<'_>, writer: &Identity, e: ExprId) -> bool {
    let body = cx.hir();
    let ids = &view.tokens.identities;
    let inside = |outer: ExprId| body.any(outer, &mut |part| part == e);
    let used_in = |tried: ExprId| {
        view.mir.calls().any(|(_, s, call)| {
            s.expr.is_some_and(|made| body.any(tried, &mut |part| part == made))
                && call.args.iter().any(|a| ids.operand(a).is_some_and(|i| i.same(writer)))
        })
    };
    body.exprs.iter().any(|outer| match &outer.kind {
        ExprKind::If { condition, then_branch, .. } => {
            inside(*then_branch)
                && body.any(*condition, &mut |part| match body.expr(part).kind {
                    ExprKind::Let { pat, scrutinee } => is_variant(body, pat, &["Err"]) && used_in(scrutinee),
                    _ => false,
                })
        }
        ExprKind::Match { scrutinee, arms } => {
            arms.iter().any(|arm| is_variant(body, arm.pat, &["Err"]) && inside(arm.body))
                && used_in(*scrutinee)
        }
        _ => false,
    })
}
