//! `let _ = f();` becomes `f()?;` where the function takes the error.

use linger_analysis::flow::mir::Owner;
use linger_analysis::span::Span;
use linger_analysis::syntax::hir::{ExprId, ExprKind, StmtKind};

use crate::context::{BodyContext, FlowView};
use crate::diagnostic::{Applicability, Fix};

/// The fix for a statement that throws away the `Result` of an expression, or of the receiver of its `.ok()`.
pub(super) fn propagate(cx: &BodyContext<'_>, view: &FlowView<'_>, e: ExprId, by_ok: bool) -> Option<Fix> {
    if view.mir.owner != Owner::Root {
        return None;
    }
    let hir = cx.hir();
    let value = match &hir.expr(e).kind {
        ExprKind::MethodCall { receiver, .. } if by_ok => *receiver,
        _ => e,
    };
    let (_, error) = cx.ty(value).as_result()?;
    let (_, wanted) = cx.types().ret.as_result()?;
    let takes_any = wanted.path().is_some_and(|p| matches!(p.as_str(), "anyhow::Error" | "eyre::Report"));
    if error.is_unknown() || !(wanted == error || takes_any) {
        return None;
    }
    let (whole, inner) = (hir.expr(e).span, hir.expr(value).span);
    let statement = hir.exprs.iter().find_map(|other| {
        let ExprKind::Block(block) = &other.kind else { return None };
        let is_it = |kind: &StmtKind| match kind {
            StmtKind::Let { init, .. } => *init == Some(e),
            StmtKind::Expr { expr, semicolon } => *semicolon && hir.expr(*expr).span.contains(whole),
        };
        block.stmts.iter().filter(|s| s.span.contains(whole)).find(|s| is_it(&s.kind))
    })?;
    // `_ = f();` and `let _ = f();` begin in front of the call, on the same line or the one before.
    Some(
        Fix::new("return the error", Applicability::MaybeIncorrect)
            .replace(cx.at(Span::new(statement.span.lo, whole.lo)), "")
            .replace(cx.at(Span::new(inner.hi, whole.hi)), "?"),
    )
}
