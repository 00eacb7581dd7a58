//! Shapes of patterns and code that several rules ask for.

use linger_analysis::syntax::hir::{BinaryOp, Body, ExprId, ExprKind, PatId, PatKind};

/// `Err(..)`, `None`: one of the variants of these names, in each alternative.
pub(crate) fn is_variant(body: &Body, pat: PatId, names: &[&str]) -> bool {
    match &body.pat(pat).kind {
        PatKind::TupleStruct { path, .. } | PatKind::Path(path) => {
            path.last().is_some_and(|n| names.contains(&n.as_str()))
        }
        PatKind::Or(all) => all.iter().all(|p| is_variant(body, *p, names)),
        _ => false,
    }
}

/// `Err(_)`, `Err(error)`: whatever the error is.
pub(crate) fn is_any_error(body: &Body, pat: PatId) -> bool {
    is_variant(body, pat, &["Err"])
        && parts(body, pat, |part| matches!(part, PatKind::Wild | PatKind::Binding { sub: None, .. }))
}

/// What a condition asks for an error: `f()` of `if let Err(e) = f()`, also in a chain (`known && let Err(e) = f()`).
pub(crate) fn asked_for_error(body: &Body, condition: ExprId) -> Option<ExprId> {
    match &body.expr(condition).kind {
        ExprKind::Let { pat, scrutinee } if is_any_error(body, *pat) => Some(*scrutinee),
        // Behind it may stand which errors are meant.
        ExprKind::Binary { op: BinaryOp::And, rhs, .. } => asked_for_error(body, *rhs),
        _ => None,
    }
}

/// `Ok(_)`: nobody looks at the parts of the variant.
pub(crate) fn looks_at_nothing(body: &Body, pat: PatId) -> bool {
    parts(body, pat, |part| matches!(part, PatKind::Wild))
}

fn parts(body: &Body, pat: PatId, fits: impl Fn(&PatKind) -> bool + Copy) -> bool {
    match &body.pat(pat).kind {
        PatKind::TupleStruct { args, .. } => args.iter().all(|part| fits(&body.pat(*part).kind)),
        PatKind::Or(all) => all.iter().all(|p| parts(body, *p, fits)),
        _ => false,
    }
}

/// `{}`, `()`, `{ () }`
pub(crate) fn does_nothing(body: &Body, code: ExprId) -> bool {
    match &body.expr(code).kind {
        ExprKind::Block(block) => block.stmts.is_empty() && block.tail.is_none_or(|t| does_nothing(body, t)),
        ExprKind::Tuple(parts) => parts.is_empty(),
        _ => false,
    }
}
