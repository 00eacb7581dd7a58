//! Counts of `write` that are thrown away by what is around the call, or only added up.

use linger_analysis::syntax::hir::{BinaryOp, Body, ExprId, ExprKind, Literal, LocalId, MacroKind};
use linger_analysis::types::infer::Known;
use linger_analysis::types::ty::Ty;

use crate::context::BodyContext;
use crate::rules::result::is_memory_or_stdio;
use crate::rules::result::thrown_away::{mapped_away, matched_away, source};

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
pub(super) fn mapped_writes(cx: &BodyContext<'_>) -> impl Iterator<Item = ExprId> {
    mapped_away(cx.hir()).filter(|call| is_partial_write(cx, *call))
}

/// The calls that are asked for an error and for nothing else: `if let Err(e) = out.write(bytes)`.
pub(super) fn matched_writes(cx: &BodyContext<'_>) -> impl Iterator<Item = ExprId> {
    // A future has no error to ask for: where it is not awaited, it is another `write`.
    let gives_result = |call: ExprId| match cx.ty(call) {
        Ty::Future(..) => {
            cx.hir().exprs.iter().any(|e| matches!(e.kind, ExprKind::Await { operand } if operand == call))
        }
        ty => ty.as_result().is_some(),
    };
    matched_away(cx.hir())
        .map(|matched| matched.call)
        .filter(move |call| is_partial_write(cx, *call) && gives_result(*call))
}

fn is_partial_write(cx: &BodyContext<'_>, call: ExprId) -> bool {
    let ExprKind::MethodCall { method, args, .. } = &cx.hir().expr(call).kind else { return false };
    let Some(callee) = cx.types().callees.get(&call).filter(|c| c.known == Known::Resolved) else {
        return false;
    };
    method.as_str().starts_with("write")
        && cx.facts(&callee.target).is_some_and(|f| f.partial_io)
        && !callee.self_ty.as_ref().is_some_and(|ty| is_memory_or_stdio(cx, ty))
        && args.first().is_some_and(|bytes| {
            !takes_no_buffer(cx, args) && !is_one_byte(cx.hir(), *bytes) && !is_nothing(cx.hir(), *bytes)
        })
}

/// `write(1)`, `read()`, `write(message)`: methods of something that counts events or sends messages, whatever its type
/// was taken for. A buffer is lent.
pub(super) fn takes_no_buffer(cx: &BodyContext<'_>, args: &[ExprId]) -> bool {
    let is_value = |ty: &Ty| match ty {
        Ty::Prim(name) => *name != "str",
        Ty::Adt(..) | Ty::Param(..) | Ty::Tuple(_) => true,
        _ => false,
    };
    args.first().is_none_or(|first| is_value(cx.ty(*first)))
}

/// `&[]`: nothing is written, and no part of it left out.
pub(super) fn is_nothing(body: &Body, bytes: ExprId) -> bool {
    match &body.expr(bytes).kind {
        ExprKind::AddressOf { operand, .. } => is_nothing(body, *operand),
        ExprKind::Array(items) => items.is_empty(),
        _ => false,
    }
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

/// `&n.to_le_bytes()`: a few bytes that go along with something else.
pub(super) fn is_number(body: &Body, bytes: ExprId) -> bool {
    match &body.expr(bytes).kind {
        ExprKind::AddressOf { operand: inner, .. } | ExprKind::Index { base: inner, .. } => {
            is_number(body, *inner)
        }
        ExprKind::MethodCall { method, .. } => {
            matches!(method.as_str(), "to_le_bytes" | "to_be_bytes" | "to_ne_bytes")
        }
        _ => false,
    }
}

/// Text or bytes that stand in the program: so few that they go out in one piece.
pub(super) fn is_literal(body: &Body, bytes: ExprId) -> bool {
    match &body.expr(bytes).kind {
        ExprKind::AddressOf { operand, .. } | ExprKind::Cast { operand, .. } => is_literal(body, *operand),
        ExprKind::MethodCall { receiver, method, .. } => {
            matches!(method.as_str(), "as_bytes" | "as_ref" | "as_ptr" | "cast")
                && is_literal(body, *receiver)
        }
        ExprKind::Macro(mac) => mac.kind == MacroKind::Format,
        ExprKind::Literal(_) | ExprKind::Path(_) | ExprKind::Array(_) => true,
        _ => false,
    }
}

/// Whether nobody misses what a raw `write(fd, bytes, length)` or `read` leaves out: the standard streams, a number that
/// wakes somebody up, what is in the program's text, a buffer that nobody looks at.
pub(super) fn is_harmless_raw(cx: &BodyContext<'_>, name: &str, args: &[ExprId]) -> bool {
    let [fd, bytes, rest @ ..] = args else { return true };
    let body = cx.hir();
    let standard = match &body.expr(*fd).kind {
        ExprKind::Literal(_) => true,
        ExprKind::Path(path) => path.last().is_some_and(|n| n.as_str().ends_with("_FILENO")),
        _ => false,
    };
    // The lists of `writev` and `readv` have a count of parts there.
    let is_word =
        !name.ends_with("tev") && !name.ends_with("dv") && rest.first().is_some_and(|n| is_word(body, *n));
    let is_read = is_raw_read(name);
    standard || is_word || (is_read && is_named_once(body, *bytes)) || (!is_read && is_literal(body, *bytes))
}

/// `read`, `pread`, `readv`, `recv`
pub(super) fn is_raw_read(name: &str) -> bool {
    name.contains("read") || name.contains("recv")
}

/// The size of a number or of a type: such little pieces go through a pipe whole.
fn is_word(body: &Body, length: ExprId) -> bool {
    match &body.expr(length).kind {
        ExprKind::Literal(Literal::Int(Some(length), _)) => *length <= 8,
        ExprKind::Cast { operand, .. } => is_word(body, *operand),
        ExprKind::Call { callee, .. } => matches!(&body.expr(*callee).kind, ExprKind::Path(path)
            if path.last().is_some_and(|n| matches!(n.as_str(), "size_of" | "size_of_val"))),
        _ => false,
    }
}

/// Whether a pointer leads to a variable that is named nowhere else, except for its length.
fn is_named_once(body: &Body, pointer: ExprId) -> bool {
    let mut at = pointer;
    let local = loop {
        match &body.expr(at).kind {
            ExprKind::AddressOf { operand, .. } | ExprKind::Cast { operand, .. } => at = *operand,
            ExprKind::MethodCall { receiver, .. } => at = *receiver,
            ExprKind::Local(local) => break *local,
            _ => return false,
        }
    };
    let named = |e: &ExprKind| matches!(e, ExprKind::Local(l) if *l == local);
    let all = body.exprs.iter().filter(|e| named(&e.kind)).count();
    let lengths = body.exprs.iter().filter(|e| {
        matches!(&e.kind, ExprKind::MethodCall { receiver, method, .. }
        if method == "len" && named(&body.expr(*receiver).kind))
    });
    all == lengths.count() + 1
}
