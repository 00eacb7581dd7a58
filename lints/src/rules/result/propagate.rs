//! Fixes that return an error with `?`, where the function takes it.

use linger_analysis::catalogue::Resource;
use linger_analysis::flow::mir::{Owner, StatementKind, Var, VarKind};
use linger_analysis::flow::tokens::{Token, TokenId};
use linger_analysis::span::Span;
use linger_analysis::symbol::sym;
use linger_analysis::syntax::hir::{ExprId, ExprKind, MacroKind, PatKind, StmtKind};
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::diagnostic::{Applicability, Fix};
use crate::rules::fixes::{has_own_name, indent};

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
    if !returns_error(cx, &error) {
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

/// Whether the function returns a `Result` into whose error `?` turns this one.
pub(super) fn returns_error(cx: &BodyContext<'_>, error: &Ty) -> bool {
    let Some((_, wanted)) = cx.types().ret.as_result() else { return false };
    if error.is_unknown() {
        return false;
    }
    let converts = || {
        let info = wanted.path().and_then(|p| cx.program().types.get(&p));
        info.is_some_and(|info| {
            let is_it = |args: &[Ty]| args.first() == Some(error);
            info.traits.iter().any(|(b, _)| b.path.as_str() == "std::convert::From" && is_it(&b.args))
        })
    };
    wanted == *error || returns_any(cx) || converts()
}

/// Whether the function returns an error that any other turns into.
pub(super) fn returns_any(cx: &BodyContext<'_>) -> bool {
    match cx.types().ret.as_result() {
        Some((_, Ty::Adt(path, args))) if path.as_str() == "std::boxed::Box" => args.first().is_some_and(
            |t| matches!(t, Ty::Dyn(bounds) if bounds.iter().any(|b| b.path.as_str() == "std::error::Error")),
        ),
        Some((_, Ty::Adt(path, _))) => matches!(path.as_str(), "anyhow::Error" | "eyre::Report"),
        _ => false,
    }
}

/// `.error_for_status()?` behind the `?` that gives a response, where that method gives the same error.
pub(super) fn raise_status(cx: &BodyContext<'_>, view: &FlowView<'_>, token: &Token) -> Option<Fix> {
    let raises = token
        .owned
        .iter()
        .filter_map(|o| cx.catalogue().resource(o.ty))
        .any(|r| r.release.contains(&sym("error_for_status")));
    if !raises || view.mir.owner != Owner::Root {
        return None;
    }
    let hir = cx.hir();
    let parent = |e: ExprId, is_it: &dyn Fn(&ExprKind) -> bool| {
        let at = hir.exprs.iter().skip(e.index()).position(|o| is_it(&o.kind))?;
        u32::try_from(at + e.index()).ok().map(ExprId)
    };
    let call = token.expr?;
    let result = parent(call, &|k| matches!(k, ExprKind::Await { operand } if *operand == call));
    let result = result.unwrap_or(call);
    let raised = parent(result, &|k| matches!(k, ExprKind::Try { operand } if *operand == result))?;
    let (_, error) = cx.ty(result).as_result()?;
    let span = hir.expr(raised).span;
    returns_error(cx, &error).then(|| {
        Fix::new("make an error of a failing status", Applicability::MaybeIncorrect)
            .insert_after(cx.at(span), ".error_for_status()?")
    })
}

/// `writer.flush()?;` in front of the `Ok(…)` that a function ends with.
pub(super) fn flush_at_end(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    id: TokenId,
    resource: &Resource,
) -> Option<Fix> {
    let hir = cx.hir();
    if view.mir.owner != Owner::Root || !resource.release.contains(&sym("flush")) {
        return None;
    }
    let ExprKind::Block(root) = &hir.expr(hir.root).kind else { return None };
    let tail = root.tail?;
    let ExprKind::Call { callee, .. } = &hir.expr(tail).kind else { return None };
    if !matches!(&hir.expr(*callee).kind, ExprKind::Path(p) if p.last().is_some_and(|n| n == "Ok")) {
        return None;
    }
    let is_named = |var: &Var| matches!(view.mir.var(*var).kind, VarKind::User(_));
    let holders: Vec<Var> = view.in_hand().holders(id).filter(is_named).collect();
    let [holder] = holders.as_slice() else { return None };
    let VarKind::User(local) = view.mir.var(*holder).kind else { return None };
    // Declared by a statement of the function's own block, so that it is still there at the end.
    let binds = |pat| matches!(hir.pat(pat).kind, PatKind::Binding { local: l, .. } if l == local);
    let is_outermost = root.stmts.iter().any(|s| matches!(&s.kind, StmtKind::Let { pat, .. } if binds(*pat)));
    let io_error = Ty::Adt(sym("std::io::Error"), std::iter::empty().collect());
    if !is_outermost || !has_own_name(cx, local) || !returns_error(cx, &io_error) {
        return None;
    }
    // The trait is in scope where another of its methods is called.
    let in_scope = view.mir.statements().any(|(_, s)| match &s.kind {
        StatementKind::Call(call) => call.is_method && call.name.starts_with("write"),
        StatementKind::Macro { .. } => s.expr.is_some_and(
            |e| matches!(&hir.expr(e).kind, ExprKind::Macro(call) if call.kind == MacroKind::Write),
        ),
        _ => false,
    });
    if !in_scope {
        return None;
    }
    let name = hir.local(local).name;
    let at = hir.expr(tail).span;
    let wait = if resource.ty.starts_with("std::") { "" } else { ".await" };
    Some(
        Fix::new(format!("flush `{name}` at the end"), Applicability::MaybeIncorrect)
            .insert_before(cx.at(at), format!("{name}.flush(){wait}?;\n{}", indent(cx, at))),
    )
}
