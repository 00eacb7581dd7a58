//! Outputs that a program can do without: where the process cannot be started, it goes on as if nothing was printed.

use linger_analysis::flow::mir::{Owner, Var, VarKind};
use linger_analysis::syntax::hir::{Arm, Body, ExprId, ExprKind, Literal, PatKind};
use linger_analysis::types::infer::Target;

use crate::context::{BodyContext, FlowView};
use crate::rules::result::thrown_away::leaves;
use crate::rules::shapes::is_variant;

/// `call.map(|text| …).unwrap_or_default()`
pub(super) fn is_defaulted(body: &Body, call: ExprId) -> bool {
    body.exprs.iter().enumerate().any(|(at, e)| match &e.kind {
        ExprKind::MethodCall { receiver, method, .. } if *receiver == call => {
            method == "unwrap_or_default" || is_defaulted(body, ExprId(at as u32))
        }
        _ => false,
    })
}

/// `match command.output() { Ok(output) => text(output), Err(_) => String::new() }`
pub(super) fn has_empty_error_arm(body: &Body, view: &FlowView<'_>, output: &[Var]) -> bool {
    let is_output = |arm: &Arm| {
        let PatKind::TupleStruct { args, .. } = &body.pat(arm.pat).kind else { return false };
        is_variant(body, arm.pat, &["Ok", "Some"])
            && args.iter().any(|part| match body.pat(*part).kind {
                PatKind::Binding { local, .. } => {
                    output.iter().any(|var| view.mir.var(*var).kind == VarKind::User(local))
                }
                _ => false,
            })
    };
    let is_empty = |arm: &Arm| {
        let is_other =
            is_variant(body, arm.pat, &["Err", "None"]) || matches!(body.pat(arm.pat).kind, PatKind::Wild);
        is_other && is_empty_value(body, arm.body)
    };
    body.exprs.iter().any(|e| match &e.kind {
        ExprKind::Match { arms, .. } => arms.iter().any(is_output) && arms.iter().any(is_empty),
        _ => false,
    })
}

/// `""`, `String::new()`, `Vec::new()`, `Ok(String::default())`
fn is_empty_value(body: &Body, e: ExprId) -> bool {
    match &body.expr(e).kind {
        ExprKind::Literal(Literal::Str(text)) => text.is_empty(),
        ExprKind::MethodCall { receiver, method, args, .. } => {
            args.is_empty()
                && matches!(method.as_str(), "to_string" | "to_owned" | "into" | "to_vec")
                && is_empty_value(body, *receiver)
        }
        ExprKind::Call { callee, args } => {
            let ExprKind::Path(path) = &body.expr(*callee).kind else { return false };
            let name = path.last().unwrap_or_default();
            match &args[..] {
                [] => matches!(name.as_str(), "new" | "default"),
                [only] => matches!(name.as_str(), "from" | "Ok" | "Some") && is_empty_value(body, *only),
                _ => false,
            }
        }
        ExprKind::Block(block) => {
            block.stmts.is_empty() && block.tail.is_some_and(|t| is_empty_value(body, t))
        }
        _ => false,
    }
}

/// Whether the output is asked for in a closure that is given to a function of the program, which puts something in the
/// place of whatever error the closure has: `or_nothing(|| Ok(lines(&command.output()?)))`.
pub(super) fn is_swallowed_around(cx: &BodyContext<'_>, view: &FlowView<'_>) -> bool {
    let Owner::Closure(id) = view.mir.owner else { return false };
    if view.mir.var(view.mir.return_var).ty.as_result().is_none() {
        return false;
    }
    let body = cx.hir();
    let is_it = |e: &ExprId| matches!(body.expr(*e).kind, ExprKind::Closure(c) if c == id);
    let taker = body.exprs.iter().enumerate().find_map(|(at, e)| match &e.kind {
        ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. } if args.iter().any(is_it) => {
            cx.types().callees.get(&ExprId(at as u32))
        }
        _ => None,
    });
    let Some(Target::Def(def)) = taker.map(|callee| &callee.target) else { return false };
    let gives_error = cx
        .program()
        .def(*def)
        .signature
        .as_ref()
        .is_none_or(|signature| signature.ret.good_value().is_some());
    let helper = cx.analysis.body_of(*def).map(|body| cx.analysis.hir(body));
    !gives_error && helper.is_some_and(|helper| helper.exprs.iter().any(|e| replaces_error(helper, &e.kind)))
}

/// `result.unwrap_or_else(|error| { eprintln!("{error}"); Vec::new() })`
fn replaces_error(body: &Body, e: &ExprKind) -> bool {
    let ExprKind::MethodCall { method, args, .. } = e else { return false };
    match (method.as_str(), &args[..]) {
        ("unwrap_or_default", []) | ("unwrap_or", [_]) => true,
        ("unwrap_or_else", [function]) => match body.expr(*function).kind {
            ExprKind::Closure(id) => !leaves(body, body.closure(id).body),
            _ => false,
        },
        _ => false,
    }
}
