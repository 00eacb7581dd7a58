//! Circumstances in which the error of a critical call is of no account.

use linger_analysis::catalogue::FunctionFacts;
use linger_analysis::flow::identity::{Identity, Root};
use linger_analysis::flow::mir::{Call, Operand, Point, Var, VarKind};
use linger_analysis::syntax::hir::{Body, ExprId, ExprKind, Literal, LocalId, PatId, PatKind};

use crate::context::{BodyContext, FlowView};
use crate::rules::shapes::is_variant;

/// Whether a call is made for something that a program can do without: `write_debug_dump`, `log_file.flush()`.
pub(super) fn is_best_effort(cx: &BodyContext<'_>, view: &FlowView<'_>, call: &Call) -> bool {
    let here = cx.body.def.map(|d| cx.program().item(d).name);
    let mut names: Vec<&str> = here.iter().map(|n| n.as_str()).chain([call.name.as_str()]).collect();
    let mut vars: Vec<Var> = call.args.iter().filter_map(Operand::place).map(|p| p.var).collect();
    let ids = &view.tokens.identities;
    // What an argument was made from: `BufWriter::new(log_file)`.
    let made_from: Vec<Var> = vars
        .iter()
        .filter_map(|v| ids.defining_call(*v))
        .flat_map(|c| c.args.iter().filter_map(Operand::place).map(|p| p.var))
        .collect();
    vars.extend(made_from);
    let identities: Vec<Identity> = call.args.iter().filter_map(|a| ids.operand(a)).collect();
    names.extend(identities.iter().flat_map(|i| i.path.iter().map(|s| s.as_str())));
    let locals = vars.iter().filter_map(|v| match view.mir.var(*v).kind {
        VarKind::User(local) | VarKind::Capture(local) => Some(local),
        _ => None,
    });
    let roots = identities.iter().filter_map(|i| match i.root {
        Root::Local(local) => Some(local),
        _ => None,
    });
    let hir = cx.hir();
    names.extend(locals.chain(roots).filter_map(|l| hir.locals.get(l.index())).map(|l| l.name.as_str()));
    names.iter().any(|n| cx.catalogue().is_best_effort(n))
}

/// Whether the argument with which a call is made cannot do harm: `set_nonblocking(false)`, a mode that others may
/// read anyway.
pub(super) fn is_harmless(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    call: &Call,
    facts: &FunctionFacts,
) -> bool {
    let hir = cx.hir();
    let text = |e: ExprId| match &hir.expr(e).kind {
        ExprKind::Literal(Literal::Bool(value)) => Some(value.to_string()),
        ExprKind::Path(path) => path.last().map(|n| n.as_str().to_owned()),
        _ => None,
    };
    if facts.harmless_when_constant && is_constant_call(hir, call) {
        return true;
    }
    let is_literal = |o: &Operand| match o {
        Operand::Constant(e) => facts.harmless_with.is_some() && text(*e) == facts.harmless_with,
        _ => false,
    };
    if facts.harmless_with.is_some() {
        return call.args.iter().skip(1).any(is_literal);
    }
    call.args
        .last()
        .and_then(Operand::place)
        .and_then(|p| view.tokens.identities.defining_call(p.var))
        .filter(|made| made.name.as_str() == "from_mode")
        .and_then(|made| made.args.first())
        .is_some_and(|mode| !is_private(cx, mode))
}

/// Whether a method is given nothing but constants: `set_read_timeout(Some(Duration::from_secs(5)))`.
fn is_constant_call(hir: &Body, call: &Call) -> bool {
    hir.exprs.iter().any(|e| match &e.kind {
        ExprKind::MethodCall { method_span, args, .. } => {
            *method_span == call.name_span && args.iter().all(|arg| is_constant(hir, *arg))
        }
        _ => false,
    })
}

fn is_constant(hir: &Body, e: ExprId) -> bool {
    match &hir.expr(e).kind {
        // `Duration::from_secs(0)` is an error.
        ExprKind::Literal(Literal::Int(value, _)) => *value != Some(0),
        ExprKind::Literal(_) | ExprKind::Path(_) => true,
        ExprKind::Call { callee, args } => {
            matches!(hir.expr(*callee).kind, ExprKind::Path(_))
                && args.iter().all(|arg| is_constant(hir, *arg))
        }
        _ => false,
    }
}

/// `0o600`: nobody but the owner.
fn is_private(cx: &BodyContext<'_>, mode: &Operand) -> bool {
    match mode {
        Operand::Constant(e) => {
            matches!(cx.hir().expr(*e).kind, ExprKind::Literal(Literal::Int(Some(bits), _)) if bits & 0o077 == 0)
        }
        _ => false,
    }
}

/// Whether the error that led here is what comes out of it, whatever happens to this one:
/// `Err(error) => { let _ = undo(); report(error) }`.
pub(super) fn gives_error_on(cx: &BodyContext<'_>, e: ExprId) -> bool {
    let body = cx.hir();
    let inside = |outer: ExprId| body.any(outer, &mut |part| part == e);
    body.exprs.iter().enumerate().any(|(at, outer)| {
        let ExprKind::Match { arms, .. } = &outer.kind else { return false };
        cx.ty(ExprId(at as u32)).as_result().is_some()
            && arms.iter().any(|arm| {
                let Some(error) = bound_error(body, arm.pat) else { return false };
                let ExprKind::Block(block) = &body.expr(arm.body).kind else { return false };
                let is_error =
                    |part: ExprId| matches!(body.expr(part).kind, ExprKind::Local(l) if l == error);
                inside(arm.body)
                    && block
                        .tail
                        .is_some_and(|tail| !inside(tail) && body.any(tail, &mut |part| is_error(part)))
            })
    })
}

/// `Err(error)`
fn bound_error(body: &Body, pat: PatId) -> Option<LocalId> {
    let PatKind::TupleStruct { args, .. } = &body.pat(pat).kind else { return None };
    match body.pat(*args.first()?).kind {
        PatKind::Binding { local, .. } if is_variant(body, pat, &["Err"]) => Some(local),
        _ => None,
    }
}

/// Whether a stream that is shut down was made here and used for nothing: no end of anything can be lost.
pub(super) fn is_unused(view: &FlowView<'_>, call: &Call) -> bool {
    let ids = &view.tokens.identities;
    let Some(stream) = call.args.first().and_then(|a| ids.operand(a)) else { return false };
    let is_own = matches!(stream.root, Root::Local(_) | Root::Temp(_));
    call.name == "shutdown"
        && is_own
        && view.mir.calls().all(|(_, _, other)| {
            std::ptr::eq(other, call)
                || other.args.iter().filter_map(|a| ids.operand(a)).all(|i| i.root != stream.root)
        })
}

/// Whether the file that a call works on is looked at afterwards: read back, opened, removed. That tells of a failure.
pub(super) fn is_looked_at_later(cx: &BodyContext<'_>, view: &FlowView<'_>, call: &Call, at: Point) -> bool {
    if call.is_method {
        return false;
    }
    let ids = &view.tokens.identities;
    // The file that is made: the second of `copy` and `rename`, the first of `write` and `set_permissions`.
    let is_pair = matches!(call.name.as_str(), "copy" | "rename" | "hard_link" | "symlink");
    let Some(file) = call.args.get(usize::from(is_pair)).and_then(|a| ids.operand(a)) else { return false };
    let looks = |statement: &linger_analysis::flow::mir::Statement| match &statement.kind {
        linger_analysis::flow::mir::StatementKind::Call(other) => {
            let is_io = cx.facts(&other.callee.target).is_some_and(|f| f.io);
            let only = other.args.first().and_then(|a| ids.operand(a));
            is_io && !other.is_method && only.is_some_and(|i| i.same(&file))
        }
        _ => false,
    };
    view.tokens.path(at, |p, s| p != at && s.is_some_and(looks), |_, _| false).is_some()
}
