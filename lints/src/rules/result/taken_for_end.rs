//! Reads of files whose error is taken for the end of the file.

use linger_analysis::catalogue::Class;
use linger_analysis::syntax::hir::{Arm, Body, ExprId, ExprKind, Literal, LocalId, PatId, PatKind, StmtKind};
use linger_analysis::types::infer::{Known, Target};
use linger_analysis::types::ty::Ty;

use crate::context::BodyContext;
use crate::rules::result::class_of;
use crate::rules::result::thrown_away::let_init;

/// A read whose error ends a loop or an iterator as the end of the file does.
pub(super) struct TakenForEnd {
    /// The call that reads.
    pub call: ExprId,
    /// The end is that of an iterator, whose items could be errors.
    pub of_iterator: bool,
}

/// Such reads of a function.
pub(super) fn taken_for_end(cx: &BodyContext<'_>) -> Vec<TakenForEnd> {
    let body = cx.hir();
    let reads = body.exprs.iter().enumerate().filter_map(|(at, e)| match &e.kind {
        ExprKind::While { condition, .. } => match &body.expr(*condition).kind {
            // `while let Ok(n) = r.read_line(&mut line)`: whoever looks at the count knows of the end.
            ExprKind::Let { pat, scrutinee } if binds_count(body, *pat) => {
                (!is_thrown_away(body, *scrutinee)).then_some((*scrutinee, false))
            }
            _ => None,
        },
        ExprKind::Match { scrutinee, arms } if ends_alike(body, arms) => Some((*scrutinee, false)),
        ExprKind::MethodCall { receiver, method, args, .. } => match method.as_str() {
            "unwrap_or" | "unwrap_or_default" => {
                let is_count = args.first().is_none_or(|a| is_zero(body, *a));
                (is_count && !ends_nothing(body, ExprId(at as u32))).then_some((*receiver, false))
            }
            "ok" if is_item_of_iterator(cx, ExprId(at as u32)) => Some((*receiver, true)),
            _ => None,
        },
        _ => None,
    });
    reads
        .map(|(value, of_iterator)| TakenForEnd { call: through_await(body, value), of_iterator })
        .filter(|found| reads_file(cx, found.call))
        .collect()
}

fn through_await(body: &Body, value: ExprId) -> ExprId {
    match body.expr(value).kind {
        ExprKind::Await { operand } => operand,
        _ => value,
    }
}

/// `read_line`, `read_until` of a file, or of any reader that lines are read from: no socket, pipe, or terminal is known
/// to be behind it, where an error is an end. A plain `read` only of a file.
fn reads_file(cx: &BodyContext<'_>, call: ExprId) -> bool {
    let ExprKind::MethodCall { method, .. } = &cx.hir().expr(call).kind else { return false };
    let Some(callee) = cx.types().callees.get(&call).filter(|c| c.known == Known::Resolved) else {
        return false;
    };
    let Target::External(path) = callee.target else { return false };
    let Some(reader) = callee.self_ty.as_ref() else { return false };
    let facts = cx.catalogue().facts(path);
    let is_file = reader.any(&mut |ty| class_of(cx, ty) == Some(Class::File));
    let is_any = path.as_str().starts_with("std::")
        && reader.any(&mut |ty| matches!(ty.peel_refs(), Ty::Param(..) | Ty::Impl(_)));
    match method.as_str() {
        "read_line" | "read_until" => facts.is_some_and(|f| f.appends) && (is_file || is_any),
        "read" => facts.is_some_and(|f| f.partial_io) && is_file,
        _ => false,
    }
}

/// `Ok(n)`
fn binds_count(body: &Body, pat: PatId) -> bool {
    matches!(&body.pat(pat).kind, PatKind::TupleStruct { path, args }
        if path.last().is_some_and(|n| n == "Ok")
            && args.iter().all(|a| matches!(body.pat(*a).kind, PatKind::Binding { .. })))
}

/// `Ok(0) | Err(_) => break`, or two arms that break alike.
fn ends_alike(body: &Body, arms: &[Arm]) -> bool {
    let ends = |arm: &&Arm| arm.guard.is_none() && is_bare_break(body, arm.body);
    let alternatives = arms.iter().filter(ends).flat_map(|arm| match &body.pat(arm.pat).kind {
        PatKind::Or(all) => all.to_vec(),
        _ => vec![arm.pat],
    });
    let (mut end, mut error) = (false, false);
    for pat in alternatives {
        let PatKind::TupleStruct { path, args } = &body.pat(pat).kind else { continue };
        match (path.last().map(|n| n.as_str()), args.first().map(|a| &body.pat(*a).kind)) {
            (Some("Ok"), Some(PatKind::Literal(Literal::Int(Some(0), _)))) => end = true,
            (Some("Err"), Some(PatKind::Wild)) => error = true,
            _ => {}
        }
    }
    end && error
}

fn is_bare_break(body: &Body, code: ExprId) -> bool {
    match &body.expr(code).kind {
        ExprKind::Break { value: None, .. } => true,
        ExprKind::Block(block) => match (block.stmts.as_slice(), block.tail) {
            ([], Some(tail)) => is_bare_break(body, tail),
            ([only], None) => {
                matches!(only.kind, StmtKind::Expr { expr, .. } if is_bare_break(body, expr))
            }
            _ => false,
        },
        _ => false,
    }
}

/// Whether a loop goes on whatever the count that it gives a name to: it has another end.
fn ends_nothing(body: &Body, count: ExprId) -> bool {
    let at = body.expr(count).span;
    let named = body.locals.iter().enumerate().map(|(local, _)| LocalId(local as u32));
    let Some(count) = named.into_iter().find(|local| let_init(body, *local) == Some(count)) else {
        return false;
    };
    let loops = body.exprs.iter().filter_map(|e| match &e.kind {
        ExprKind::While { condition, body: turn, .. } => Some((e.span, Some(*condition), *turn)),
        ExprKind::Loop { body: turn, .. } | ExprKind::For { body: turn, .. } => Some((e.span, None, *turn)),
        _ => None,
    });
    let around = loops.filter(|(span, ..)| span.contains(at)).min_by_key(|(span, ..)| span.hi - span.lo);
    let Some((_, condition, turn)) = around else { return false };
    let names = |e: ExprId| {
        body.any(e, &mut |part| matches!(body.expr(part).kind, ExprKind::Local(local) if local == count))
    };
    let leaves = |e: ExprId| {
        body.any(e, &mut |part| matches!(body.expr(part).kind, ExprKind::Break { .. } | ExprKind::Return(_)))
    };
    let decides = |e: ExprId| match &body.expr(e).kind {
        ExprKind::If { condition, then_branch, else_branch } => {
            names(*condition) && (leaves(*then_branch) || else_branch.is_some_and(leaves))
        }
        ExprKind::Match { scrutinee, arms } => names(*scrutinee) && arms.iter().any(|arm| leaves(arm.body)),
        _ => false,
    };
    !condition.is_some_and(names) && !body.any(turn, &mut |e| decides(e))
}

/// Whether nobody looks at what was read: it is read only to be gone.
fn is_thrown_away(body: &Body, call: ExprId) -> bool {
    let ExprKind::MethodCall { method, args, .. } = &body.expr(through_await(body, call)).kind else {
        return false;
    };
    let Some(ExprKind::AddressOf { operand, .. }) = args.first().map(|a| &body.expr(*a).kind) else {
        return false;
    };
    let ExprKind::Local(buffer) = body.expr(*operand).kind else { return false };
    let uses = body.exprs.iter().filter(|e| matches!(e.kind, ExprKind::Local(local) if local == buffer));
    method == "read" && uses.count() == 1
}

fn is_zero(body: &Body, value: ExprId) -> bool {
    matches!(body.expr(value).kind, ExprKind::Literal(Literal::Int(Some(0), _)))
}

/// `r.read_until(..).ok()?` in a closure of `from_fn`, or in `Iterator::next`.
fn is_item_of_iterator(cx: &BodyContext<'_>, ok: ExprId) -> bool {
    let body = cx.hir();
    let at = body.expr(ok).span;
    let is_asked = body.exprs.iter().any(|e| matches!(e.kind, ExprKind::Try { operand } if operand == ok));
    let in_next = || cx.body.def.is_some_and(|def| cx.program().item(def).name == "next");
    let in_from_fn = || {
        body.exprs.iter().any(|e| match &e.kind {
            ExprKind::Call { callee, args } => {
                let closure = args.first().map(|a| &body.expr(*a).kind);
                matches!(&body.expr(*callee).kind, ExprKind::Path(p) if p.last().is_some_and(|n| n == "from_fn"))
                    && matches!(closure, Some(ExprKind::Closure(id)) if body.closure(*id).span.contains(at))
            }
            _ => false,
        })
    };
    is_asked && (in_next() || in_from_fn())
}
