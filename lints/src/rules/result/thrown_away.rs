//! Values that what is around their call throws away.

use linger_analysis::flow::mir::{StatementKind, Var, VarKind};
use linger_analysis::flow::tokens::mentions;
use linger_analysis::syntax::hir::{
    Arm, Body, ExprId, ExprKind, LocalId, MacroKind, PatKind, Stmt, StmtKind,
};

use crate::context::{BodyContext, FlowView};
use crate::rules::shapes::{does_nothing, is_variant, looks_at_nothing};

/// `let _count = …`: a name that says that nobody reads it, and nobody does.
pub(super) fn is_unread(cx: &BodyContext<'_>, view: &FlowView<'_>, var: Var) -> bool {
    let VarKind::User(local) = view.mir.var(var).kind else { return false };
    let named = cx.hir().locals.get(local.index()).is_some_and(|l| l.name.as_str().starts_with('_'));
    named
        && !view.statements().any(|(_, s)| {
            let mut found = false;
            let fills = match &s.kind {
                StatementKind::Assign { dest, .. } | StatementKind::Await { dest, .. } => dest.var == var,
                StatementKind::Call(call) => call.dest.var == var,
                StatementKind::Drop { .. } => true,
                _ => false,
            };
            mentions(s, &mut |v| found |= v == var);
            found && !fills
        })
}

/// The calls whose value is mapped to something else unseen: `call.map(drop)?`, `call.and_then(|_| next())`.
pub(super) fn mapped_away(body: &Body) -> impl Iterator<Item = ExprId> {
    body.exprs.iter().filter_map(|e| match &e.kind {
        ExprKind::MethodCall { receiver, method, args, .. }
            if matches!(method.as_str(), "map" | "and_then") && throws_away(body, *args.first()?) =>
        {
            source(body, *receiver)
        }
        _ => None,
    })
}

/// `drop`, `|_| …`
fn throws_away(body: &Body, function: ExprId) -> bool {
    match &body.expr(function).kind {
        ExprKind::Path(path) => path.last().is_some_and(|n| n == "drop"),
        ExprKind::Closure(id) => {
            let mut params = body.closure(*id).params.iter();
            params.all(|p| matches!(body.pat(p.pat).kind, PatKind::Wild))
        }
        _ => false,
    }
}

/// A call whose good value a `match` or `if let` leaves out.
pub(super) struct Matched {
    /// The call.
    pub call: ExprId,
    /// The whole `match` or `if`.
    pub all: ExprId,
    /// The good arm is a plain answer: `Ok(_) => Status::Installed`.
    pub answers: bool,
    /// Nothing depends on it: the good arm is empty, and the bad one stays in the function.
    pub goes_on: bool,
}

/// `match call { Ok(_) => next(), Err(e) => … }`, `if let Err(e) = call { … }`
pub(super) fn matched_away(body: &Body) -> impl Iterator<Item = Matched> {
    body.exprs.iter().enumerate().filter_map(|(at, e)| {
        let (value, goes_on, answers) = match &e.kind {
            ExprKind::Match { scrutinee, arms } => {
                let unseen = |arm: &&Arm| {
                    arm.guard.is_none()
                        && is_variant(body, arm.pat, &["Ok"])
                        && looks_at_nothing(body, arm.pat)
                };
                let good = arms.iter().find(unseen)?;
                let bad = arms.iter().find(|arm| is_variant(body, arm.pat, &["Err"]))?;
                if arms.len() > 2 {
                    return None;
                }
                (
                    *scrutinee,
                    does_nothing(body, good.body) && !leaves(body, bad.body),
                    is_answer(body, good.body),
                )
            }
            ExprKind::If { condition, then_branch, else_branch: None } => match body.expr(*condition).kind {
                ExprKind::Let { pat, scrutinee } if is_variant(body, pat, &["Err"]) => {
                    (scrutinee, !leaves(body, *then_branch), false)
                }
                _ => return None,
            },
            _ => return None,
        };
        Some(Matched { call: source(body, value)?, all: ExprId(at as u32), answers, goes_on })
    })
}

/// `true`, `Status::Installed`
fn is_answer(body: &Body, value: ExprId) -> bool {
    match &body.expr(value).kind {
        ExprKind::Literal(_) | ExprKind::Path(_) => true,
        ExprKind::Block(block) if block.stmts.is_empty() => {
            block.tail.is_some_and(|tail| is_answer(body, tail))
        }
        _ => false,
    }
}

/// Whether code ends by going elsewhere: `return`, `break`, a panic, the end of the process.
pub(super) fn leaves(body: &Body, code: ExprId) -> bool {
    match &body.expr(code).kind {
        ExprKind::Return(_) | ExprKind::Break { .. } | ExprKind::Continue { .. } => true,
        ExprKind::Macro(mac) => matches!(mac.kind, MacroKind::Panic | MacroKind::Bail),
        ExprKind::Call { callee, .. } => {
            matches!(&body.expr(*callee).kind, ExprKind::Path(p) if p.last().is_some_and(|n| n == "exit"))
        }
        ExprKind::Block(block) => match (block.tail, block.stmts.last()) {
            (Some(tail), _) => leaves(body, tail),
            (None, Some(Stmt { kind: StmtKind::Expr { expr, .. }, .. })) => leaves(body, *expr),
            _ => false,
        },
        _ => false,
    }
}

/// The call that gives a value: through `?`, `.await`, `unwrap`, and a variable that is used only here.
pub(super) fn source(body: &Body, value: ExprId) -> Option<ExprId> {
    match &body.expr(value).kind {
        ExprKind::Try { operand } | ExprKind::Await { operand } | ExprKind::Cast { operand, .. } => {
            source(body, *operand)
        }
        ExprKind::MethodCall { receiver, method, .. }
            if matches!(
                method.as_str(),
                "unwrap" | "expect" | "ok" | "map_err" | "context" | "with_context"
            ) =>
        {
            source(body, *receiver)
        }
        ExprKind::MethodCall { .. } => Some(value),
        ExprKind::Local(count) => {
            let uses = body.exprs.iter().filter(|e| matches!(e.kind, ExprKind::Local(l) if l == *count));
            if uses.count() != 1 {
                return None;
            }
            let_init(body, *count).and_then(|init| source(body, init))
        }
        _ => None,
    }
}

/// What a `let` gives to a local that it binds as a whole.
pub(super) fn let_init(body: &Body, local: LocalId) -> Option<ExprId> {
    body.exprs.iter().find_map(|e| match &e.kind {
        ExprKind::Block(block) => block.stmts.iter().find_map(|s| match s.kind {
            StmtKind::Let { pat, init, .. } => match body.pat(pat).kind {
                PatKind::Binding { local: bound, .. } if bound == local => init,
                _ => None,
            },
            StmtKind::Expr { .. } => None,
        }),
        _ => None,
    })
}
