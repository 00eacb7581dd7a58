//! Counts of `write` that are thrown away by what is around the call, or only added up.

use linger_analysis::syntax::hir::{BinaryOp, Body, ExprId, ExprKind, Literal, LocalId, PatKind, StmtKind};
use linger_analysis::types::infer::{Known, Target};

use crate::context::BodyContext;
use crate::rules::result::is_memory_or_stdio;

/// The calls whose count goes into a sum that never says where to go on: `total += out.write(bytes)?`.
pub(super) fn summed_writes(cx: &BodyContext<'_>) -> Vec<ExprId> {
    let body = cx.hir();
    // A writer that hands on to another gives the sum to its caller, who goes on from there.
    let is_writer = cx.body.def.is_some_and(|d| cx.program().item(d).name == "write");
    if is_writer {
        return Vec::new();
    }
    let sums = body.exprs.iter().filter_map(|e| match e.kind {
        ExprKind::AssignOp { op: BinaryOp::Add, place, value } => match body.expr(place).kind {
            ExprKind::Local(sum) => Some((sum, value)),
            _ => None,
        },
        _ => None,
    });
    sums.filter(|(sum, _)| !is_position(body, *sum))
        .filter_map(|(_, value)| source(body, value))
        .filter(|call| is_partial_write(cx, *call))
        .collect()
}

/// The calls whose count is mapped to nothing: `out.write(bytes).map(drop)?`.
pub(super) fn mapped_away(cx: &BodyContext<'_>) -> Vec<ExprId> {
    let body = cx.hir();
    let mapped = body.exprs.iter().filter_map(|e| match &e.kind {
        ExprKind::MethodCall { receiver, method, args, .. } if method == "map" => {
            let throws_away = args.first().is_some_and(|f| match &body.expr(*f).kind {
                ExprKind::Path(path) => path.last().is_some_and(|n| n == "drop"),
                ExprKind::Closure(id) => {
                    let mut params = body.closure(*id).params.iter();
                    params.all(|p| matches!(body.pat(p.pat).kind, PatKind::Wild))
                }
                _ => false,
            });
            throws_away.then_some(*receiver)
        }
        _ => None,
    });
    mapped.filter_map(|value| source(body, value)).filter(|call| is_partial_write(cx, *call)).collect()
}

/// The call that gives a count: through `?`, `.await`, `unwrap`, and a variable that is used only here.
fn source(body: &Body, value: ExprId) -> Option<ExprId> {
    match &body.expr(value).kind {
        ExprKind::Try { operand } | ExprKind::Await { operand } | ExprKind::Cast { operand, .. } => {
            source(body, *operand)
        }
        ExprKind::MethodCall { receiver, method, .. }
            if matches!(method.as_str(), "unwrap" | "expect" | "map_err" | "context" | "with_context") =>
        {
            source(body, *receiver)
        }
        ExprKind::MethodCall { .. } => Some(value),
        ExprKind::Local(count) => {
            let uses = body.exprs.iter().filter(|e| matches!(e.kind, ExprKind::Local(l) if l == *count));
            if uses.count() != 1 {
                return None;
            }
            let init = body.exprs.iter().find_map(|e| match &e.kind {
                ExprKind::Block(block) => block.stmts.iter().find_map(|s| match s.kind {
                    StmtKind::Let { pat, init, .. } => match body.pat(pat).kind {
                        PatKind::Binding { local, .. } if local == *count => init,
                        _ => None,
                    },
                    StmtKind::Expr { .. } => None,
                }),
                _ => None,
            });
            init.and_then(|init| source(body, init))
        }
        _ => None,
    }
}

fn is_partial_write(cx: &BodyContext<'_>, call: ExprId) -> bool {
    let ExprKind::MethodCall { method, args, .. } = &cx.hir().expr(call).kind else { return false };
    let Some(callee) = cx.types().callees.get(&call).filter(|c| c.known == Known::Resolved) else {
        return false;
    };
    let Target::External(path) = callee.target else { return false };
    method == "write"
        && cx.catalogue().facts(path).is_some_and(|f| f.partial_io)
        && !callee.self_ty.as_ref().is_some_and(|ty| is_memory_or_stdio(cx, ty))
        && !args.first().is_some_and(|bytes| is_one_byte(cx.hir(), *bytes))
}

/// `&[x]`, `"\n".as_bytes()`: one byte is written, or none.
pub(super) fn is_one_byte(body: &Body, bytes: ExprId) -> bool {
    match &body.expr(bytes).kind {
        ExprKind::AddressOf { operand, .. } => is_one_byte(body, *operand),
        ExprKind::Array(items) => items.len() == 1,
        ExprKind::MethodCall { receiver, method, .. } if method == "as_bytes" => {
            matches!(&body.expr(*receiver).kind, ExprKind::Literal(Literal::Str(text)) if text.len() == 1)
        }
        _ => false,
    }
}

/// Whether a sum says where to go on: it is part of an index, compared, or given to a call.
fn is_position(body: &Body, sum: LocalId) -> bool {
    let mentions = |e: ExprId| is_mentioned(body, e, sum);
    body.exprs.iter().any(|e| match &e.kind {
        ExprKind::Index { index, .. } => mentions(*index),
        ExprKind::Binary { op, lhs, rhs } => {
            let compares = matches!(
                op,
                BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge
            );
            compares && (mentions(*lhs) || mentions(*rhs))
        }
        ExprKind::MethodCall { args, .. } => args.iter().any(|a| mentions(*a)),
        ExprKind::Call { callee, args } => {
            let is_value = matches!(&body.expr(*callee).kind, ExprKind::Path(p)
                if p.last().is_some_and(|n| matches!(n.as_str(), "Ok" | "Some")));
            !is_value && args.iter().any(|a| mentions(*a))
        }
        _ => false,
    })
}

fn is_mentioned(body: &Body, e: ExprId, local: LocalId) -> bool {
    matches!(body.expr(e).kind, ExprKind::Local(l) if l == local)
        || body.children(e).into_iter().any(|child| is_mentioned(body, child, local))
}
