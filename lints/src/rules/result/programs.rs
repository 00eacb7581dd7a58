//! Programs that answer with their exit status.

use linger_analysis::flow::mir::{Call, StatementKind};
use linger_analysis::symbol::Symbol;
use linger_analysis::syntax::hir::{Body, ExprId, ExprKind, Literal, LocalId};

use crate::context::{BodyContext, FlowView};
use crate::rules::result::thrown_away::let_init;

/// Whether the process answers with its status.
pub(super) fn is_answer(cx: &BodyContext<'_>, view: &FlowView<'_>, call: &Call) -> bool {
    let expr = view.statements().find_map(|(_, s)| match &s.kind {
        StatementKind::Call(other) if std::ptr::eq::<Call>(&**other, call) => s.expr,
        _ => None,
    });
    expr.is_some_and(|e| answers_with_status(cx, e))
}

/// Whether a call runs a program by name whose exit status is an answer (`diff`), or means nothing (`explorer`).
pub(super) fn answers_with_status(cx: &BodyContext<'_>, call: ExprId) -> bool {
    let body = cx.hir();
    let Some((program, local)) = program(body, call, 16) else { return false };
    let mut words: Vec<Symbol> = Vec::new();
    for (at, e) in body.exprs.iter().enumerate() {
        let ExprKind::MethodCall { args, .. } = &e.kind else { continue };
        let at = ExprId(at as u32);
        let on_it = |found: Option<LocalId>| found.is_some() && found == local;
        if on_it(root(body, at)) || body.any(call, &mut |part| part == at) {
            args.iter().for_each(|arg| literals(body, *arg, &mut words));
        }
    }
    let name = program.as_str().rsplit(['/', '\\']).next().unwrap_or_default();
    let name = name.strip_suffix(".exe").unwrap_or(name);
    cx.catalogue().answers_with_status(name, &words)
}

/// The literal in `Command::new("…")` that a chain of calls begins with, and the variable that holds the command.
fn program(body: &Body, e: ExprId, fuel: u32) -> Option<(Symbol, Option<LocalId>)> {
    let fuel = fuel.checked_sub(1)?;
    match &body.expr(e).kind {
        ExprKind::MethodCall { receiver, .. } => program(body, *receiver, fuel),
        ExprKind::Try { operand } | ExprKind::Await { operand } | ExprKind::AddressOf { operand, .. } => {
            program(body, *operand, fuel)
        }
        ExprKind::Local(local) => {
            let (name, inner) = program(body, let_init(body, *local)?, fuel)?;
            Some((name, inner.or(Some(*local))))
        }
        ExprKind::Call { args, .. } => match body.expr(*args.first()?).kind {
            ExprKind::Literal(Literal::Str(name)) => Some((name, None)),
            _ => None,
        },
        _ => None,
    }
}

/// The variable that a chain of method calls begins with.
fn root(body: &Body, e: ExprId) -> Option<LocalId> {
    match &body.expr(e).kind {
        ExprKind::MethodCall { receiver, .. } => root(body, *receiver),
        ExprKind::Local(local) => Some(*local),
        _ => None,
    }
}

/// `"a"`, `["a", "b"]`, `&["a"]`
fn literals(body: &Body, e: ExprId, words: &mut Vec<Symbol>) {
    match &body.expr(e).kind {
        ExprKind::Literal(Literal::Str(text)) => words.push(*text),
        ExprKind::Array(parts) => parts.iter().for_each(|part| literals(body, *part, words)),
        ExprKind::AddressOf { operand, .. } => literals(body, *operand, words),
        _ => {}
    }
}
