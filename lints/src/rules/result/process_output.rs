//! What processes printed, and whether anybody asks whether they failed.

use linger_analysis::flow::mir::{
    Call, Operand, Owner, Place, Point, Projection, Rvalue, Statement, StatementKind, Var, VarKind,
};
use linger_analysis::names::DefId;
use linger_analysis::span::Span;
use linger_analysis::syntax::hir::{Body, ClosureId, ExprId, ExprKind, Literal, PatId, PatKind};
use linger_analysis::types::infer::{Known, Target};
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::rules::killed::is_killed_before;
use crate::rules::result::lenient::{has_empty_error_arm, is_defaulted, is_swallowed_around};
use crate::rules::result::programs::is_answer;
use crate::rules::result::thrown_away::source;
use crate::rules::result::{fails_anyway, origin};

/// An output whose `stdout` or `stderr` is read and whose `status` never is.
pub(super) struct Unchecked {
    /// Where it is bound, or the call that gives it.
    pub span: Span,
    /// How the call is known.
    pub known: Known,
    /// Where the process cannot be started an empty value takes its place, as it does where a process fails silently.
    pub is_defaulted: bool,
    /// What was printed is decoded, and an error of that is raised: a failure does not go unseen, only its cause does.
    pub is_decoded: bool,
    /// `stdout` or `stderr`, whichever is read.
    pub read: &'static str,
}

pub(super) fn unchecked<'v>(
    cx: &'v BodyContext<'_>,
    view: &'v FlowView<'_>,
) -> impl Iterator<Item = Unchecked> + 'v {
    outputs(view).into_iter().filter_map(move |output| {
        let uses = uses(cx, view, &output);
        let read = uses.read?;
        if uses.status || uses.is_passed || is_validated(cx, view, &output, FAR_ENOUGH) {
            return None;
        }
        let is_decoded = is_decoded(cx, view, &output);
        let is_dispensable = has_empty_error_arm(cx.hir(), view, &output) || is_swallowed_around(cx, view);
        let found = match handed(cx, view, &output) {
            Some(handed) if is_validated_behind(cx, handed.adaptor) => return None,
            Some(handed) => Unchecked {
                span: cx.hir().expr(handed.call).span,
                known: Known::Resolved,
                is_defaulted: is_dispensable || is_defaulted(cx.hir(), handed.adaptor),
                is_decoded,
                read,
            },
            // The variable that was filled by the process; the others were moved out of it.
            None => output.iter().find_map(|var| {
                let call = origin(cx, view, *var)?.0;
                let span = view.mir.var(*var).span;
                // What was printed can only become part of an error.
                let fails_anyway = point_of(view, call).is_some_and(|point| fails_anyway(view, point));
                let is_of_account =
                    !fails_anyway && !is_killed_before(view, call) && !is_answer(cx, view, call);
                is_of_account.then_some(Unchecked {
                    span,
                    known: call.callee.known,
                    is_defaulted: is_dispensable,
                    is_decoded,
                    read,
                })
            })?,
        };
        (!cx.has_reason(found.span)).then_some(found)
    })
}

fn point_of(view: &FlowView<'_>, call: &Call) -> Option<Point> {
    view.mir.calls().find_map(|(point, _, other)| std::ptr::eq(other, call).then_some(point))
}

/// How many closures deep what was printed is followed.
const FAR_ENOUGH: u32 = 3;

/// An output that a closure is given: `cmd.output().ok().and_then(|o| …)`.
struct Handed {
    /// The call that takes the closure.
    adaptor: ExprId,
    /// The call that gives the output.
    call: ExprId,
}

fn handed(cx: &BodyContext<'_>, view: &FlowView<'_>, output: &[Var]) -> Option<Handed> {
    let Owner::Closure(id) = view.mir.owner else { return None };
    if !output.iter().any(|var| view.mir.params.contains(var)) {
        return None;
    }
    let body = cx.hir();
    let is_it = |e: &ExprId| matches!(body.expr(*e).kind, ExprKind::Closure(c) if c == id);
    let (at, receiver) = body.exprs.iter().enumerate().find_map(|(at, e)| match &e.kind {
        ExprKind::MethodCall { receiver, args, .. } if args.iter().any(is_it) => Some((at, *receiver)),
        _ => None,
    })?;
    let call = source(body, receiver)?;
    let is_process = runs_process(cx, call, &|ty| ty.is("std::process::Output"));
    is_process.then_some(Handed { adaptor: ExprId(at as u32), call })
}

/// Whether an external function, which is no adaptor of a `Result`, gives what is known of a process that ended.
pub(super) fn runs_process(cx: &BodyContext<'_>, call: ExprId, known: &dyn Fn(&Ty) -> bool) -> bool {
    let Some(callee) = cx.types().callees.get(&call) else { return false };
    let on_result = |ty: &Ty| ty.peel_refs().good_value().is_some();
    matches!(callee.target, Target::External(_))
        && callee.known == Known::Resolved
        && !callee.self_ty.as_ref().is_some_and(on_result)
        && cx.ty(call).any(&mut |ty| known(ty))
}

/// Whether a question is asked of what comes out of a call.
fn is_validated_behind(cx: &BodyContext<'_>, call: ExprId) -> bool {
    cx.flows().iter().any(|view| {
        view.mir.calls().any(|(_, statement, made)| {
            statement.expr == Some(call) && is_validated(cx, view, &[made.dest.var], FAR_ENOUGH)
        })
    })
}

/// The outputs of processes: each with all variables that it goes through as a whole, in order.
fn outputs(view: &FlowView<'_>) -> Vec<Vec<Var>> {
    let vars = view.mir.vars.iter().enumerate().filter(|(_, decl)| {
        matches!(decl.kind, VarKind::User(_) | VarKind::Temp(_) | VarKind::Param(_))
            && decl.ty.peel_refs().is("std::process::Output")
    });
    let mut groups: Vec<Vec<Var>> = vars.map(|(index, _)| vec![Var(index as u32)]).collect();
    let mut taken: Vec<(&Place, Var)> = Vec::new();
    for (_, statement) in view.statements() {
        let StatementKind::Assign { dest, value } = &statement.kind else { continue };
        let from = match value {
            Rvalue::Use(operand) => operand.place(),
            Rvalue::Ref(_, place) => Some(place),
            _ => None,
        };
        let Some(from) = from else { continue };
        let at = |var: Var| groups.iter().position(|g| g.contains(&var));
        let is_whole = from.projections.iter().all(|p| matches!(p, Projection::Deref));
        // Each arm of a `match` has a variable of its own for it: `Ok(o) if o.status.success() => …, Ok(o) => …`.
        let other = match taken.iter().find(|(place, _)| *place == from) {
            Some((_, other)) => *other,
            None if is_whole => from.var,
            None => {
                taken.extend(at(dest.var).is_some().then_some((from, dest.var)));
                continue;
            }
        };
        if let (Some(one), Some(other)) = (at(dest.var), at(other))
            && one != other
        {
            let (first, second) = (one.min(other), one.max(other));
            let moved = groups.swap_remove(second);
            groups[first].extend(moved);
        }
    }
    for group in &mut groups {
        group.sort_unstable();
    }
    groups
}

/// What is done with an output.
#[derive(Default)]
struct Uses {
    /// `stdout` or `stderr`, whichever is read; the first when both are.
    read: Option<&'static str>,
    /// `status` is read.
    status: bool,
    /// It goes elsewhere as a whole.
    is_passed: bool,
}

fn uses(cx: &BodyContext<'_>, view: &FlowView<'_>, output: &[Var]) -> Uses {
    let mut uses = Uses::default();
    for (_, statement) in view.statements() {
        if let StatementKind::Call(call) = &statement.kind {
            let is_whole = |place: &Place| {
                output.contains(&place.var)
                    && place.projections.iter().all(|p| matches!(p, Projection::Deref))
            };
            uses.is_passed |= call.args.iter().filter_map(Operand::place).any(is_whole)
                && may_look_at_status(cx, &call.callee.target);
        }
        let stays = match &statement.kind {
            StatementKind::Assign { dest, .. } => output.contains(&dest.var),
            StatementKind::Discard { .. } => true,
            _ => false,
        };
        for_each_place(&statement.kind, &mut |place, is_move| {
            if !output.contains(&place.var) {
                return;
            }
            let field = place.projections.iter().find_map(|p| match p {
                Projection::Field(name) => Some(name.as_str()),
                _ => None,
            });
            match field {
                Some("status") => uses.status = true,
                Some("stdout") => uses.read = Some("stdout"),
                Some("stderr") => uses.read = uses.read.or(Some("stderr")),
                Some(_) => {}
                None => uses.is_passed |= is_move && !stays,
            }
        });
    }
    uses
}

/// Whether a function that is lent an output may look at its status: `check(&output)?`, `output.exit_ok()?`. One of the
/// program that only reads what was printed does not.
fn may_look_at_status(cx: &BodyContext<'_>, target: &Target) -> bool {
    let only_reads = |def: &DefId| {
        let body = cx.analysis.body_of(*def).map(|body| cx.analysis.hir(body));
        body.is_some_and(|body| {
            let reads = |wanted: &[&str]| {
                body.exprs.iter().any(
                    |e| matches!(&e.kind, ExprKind::Field { name, .. } if wanted.contains(&name.as_str())),
                )
            };
            reads(&["stdout", "stderr"]) && !reads(&["status"])
        })
    };
    match target {
        Target::Def(def) => !only_reads(def),
        Target::AnyOf(defs) => !defs.iter().any(only_reads),
        Target::External(path) => !path.starts_with("std::"),
        Target::Local(_) | Target::Value | Target::Unknown => true,
        Target::Constructor(_) => false,
    }
}

/// Whether the program asks a question of what was printed: empty, equal, contains, the second word of it. A failure
/// answers it.
fn is_validated(cx: &BodyContext<'_>, view: &FlowView<'_>, output: &[Var], depth: u32) -> bool {
    let mut derived: Vec<Var> = output.to_vec();
    let asked = walk_derived(view, output, &mut |statement, dest| {
        derived.push(dest);
        view.mir.var(dest).ty == Ty::prim("bool") || asks(cx, view, &statement.kind, depth)
    });
    asked || is_compared(cx.hir(), view, &derived)
}

/// `match text.as_str() { "active" => … }`
fn is_compared(body: &Body, view: &FlowView<'_>, derived: &[Var]) -> bool {
    let is_derived = |e: ExprId| {
        matches!(body.expr(e).kind, ExprKind::Local(local)
            if derived.iter().any(|var| matches!(view.mir.var(*var).kind, VarKind::User(l) if l == local)))
    };
    let is_text = |pat: PatId| matches!(body.pat(pat).kind, PatKind::Literal(Literal::Str(_)));
    body.exprs.iter().any(|e| match &e.kind {
        ExprKind::Match { scrutinee, arms } => {
            arms.iter().any(|arm| is_text(arm.pat)) && body.any(*scrutinee, &mut |part| is_derived(part))
        }
        _ => false,
    })
}

/// Whether what was printed is decoded, and the error of that returned or turned into a panic.
fn is_decoded(cx: &BodyContext<'_>, view: &FlowView<'_>, output: &[Var]) -> bool {
    walk_derived(view, output, &mut |statement, _| {
        let StatementKind::Call(call) = &statement.kind else { return false };
        cx.facts(&call.callee.target).is_some_and(|f| f.decodes)
            && statement.expr.is_some_and(|e| is_raised(cx.hir(), e))
    })
}

/// `call?`, `call.unwrap()`, also behind `map_err` and the like.
fn is_raised(body: &Body, call: ExprId) -> bool {
    body.exprs.iter().enumerate().any(|(at, e)| match &e.kind {
        ExprKind::Try { operand } => *operand == call,
        ExprKind::MethodCall { receiver, method, .. } if *receiver == call => match method.as_str() {
            "unwrap" | "expect" => true,
            "map_err" | "context" | "with_context" | "wrap_err" | "wrap_err_with" | "ok" | "map" => {
                is_raised(body, ExprId(at as u32))
            }
            _ => false,
        },
        _ => false,
    })
}

/// Goes through the statements that work on what was printed, and what is made of it, until `found`.
fn walk_derived(view: &FlowView<'_>, output: &[Var], found: &mut dyn FnMut(&Statement, Var) -> bool) -> bool {
    let mut derived: Vec<Var> = output.to_vec();
    loop {
        let before = derived.len();
        for (_, statement) in view.statements() {
            let dest = match &statement.kind {
                StatementKind::Assign { dest, .. } => dest,
                StatementKind::Call(call) => &call.dest,
                _ => continue,
            };
            let mut is_derived = false;
            for_each_place(&statement.kind, &mut |place, _| is_derived |= derived.contains(&place.var));
            if is_derived && !derived.contains(&dest.var) {
                if found(statement, dest.var) {
                    return true;
                }
                derived.push(dest.var);
            }
        }
        if derived.len() == before {
            return false;
        }
    }
}

/// Whether a call that is given what was printed asks a question of it, itself or by a closure.
fn asks(cx: &BodyContext<'_>, view: &FlowView<'_>, kind: &StatementKind, depth: u32) -> bool {
    let StatementKind::Call(call) = kind else { return false };
    let known = cx.facts(&call.callee.target).is_some_and(|f| f.asks);
    // What is asked of each line is not asked of the whole.
    let on = call.callee.self_ty.as_ref().map(Ty::peel_refs);
    let is_whole = on.is_some_and(|ty| ty.good_value().is_some());
    let mut closures = call.args.iter().filter_map(Operand::var).filter_map(|var| closure_of(view, var));
    known
        || is_read_into_value(cx, &call.callee.target)
        || is_whole
            && depth > 0
            && closures.any(|id| {
                let inner = cx.flows().iter().find(|v| v.mir.owner == Owner::Closure(id));
                inner.is_some_and(|inner| is_validated(cx, inner, &inner.mir.params, depth - 1))
            })
}

/// Whether a function of the program makes a value of what was printed, one that is no text any more, and may say
/// that it cannot: `fn version_in(output: &[u8]) -> Option<Version>`.
fn is_read_into_value(cx: &BodyContext<'_>, target: &Target) -> bool {
    let Target::Def(def) = target else { return false };
    let Some(signature) = cx.program().def(*def).signature.as_ref() else { return false };
    let made = signature.ret.as_option().or_else(|| signature.ret.as_result().map(|(ok, _)| ok));
    made.is_some_and(|made| made.path().is_some_and(|path| cx.program().types.contains_key(&path)))
}

fn closure_of(view: &FlowView<'_>, var: Var) -> Option<ClosureId> {
    match view.tokens.identities.definition(var)? {
        Rvalue::Closure { id, .. } => Some(*id),
        _ => None,
    }
}

/// Visits the places that a statement reads.
fn for_each_place(kind: &StatementKind, see: &mut dyn FnMut(&Place, bool)) {
    let mut operand = |o: &Operand| {
        if let Some(place) = o.place() {
            see(place, matches!(o, Operand::Move(_)));
        }
    };
    match kind {
        StatementKind::Assign { value, .. } => match value {
            Rvalue::Use(o) => operand(o),
            Rvalue::Ref(_, place) => see(place, false),
            Rvalue::Aggregate { parts, .. } => parts.iter().for_each(|(_, o)| operand(o)),
            Rvalue::Compute(operands) => operands.iter().for_each(operand),
            Rvalue::Closure { captures, .. } => captures.iter().for_each(|c| see(&Place::whole(c.var), true)),
            Rvalue::Opaque => {}
        },
        StatementKind::Call(call) => call.args.iter().for_each(operand),
        StatementKind::Await { operands, .. } => operands.iter().for_each(operand),
        StatementKind::Macro { args, .. } => args.iter().for_each(operand),
        StatementKind::Discard { value, .. } => operand(value),
        StatementKind::Drop { .. } | StatementKind::Vacant(_) => {}
    }
}
