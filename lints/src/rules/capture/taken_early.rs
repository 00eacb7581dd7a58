//! Values that were taken before they were what they should be: what deferred calls are given, and what threads and
//! tasks look at again and again.

use linger_analysis::catalogue::SpawnKind;
use linger_analysis::facts::{Spawn, spawns};
use linger_analysis::flow::mir::{
    CaptureHow, Operand, Place, Point, Rvalue, Statement, StatementKind, Var, VarKind,
};
use linger_analysis::syntax::hir::{ClosureId, ExprId, ExprKind, LocalId};
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::diagnostic::Diagnostic;
use crate::rule::RuleMeta;
use crate::rules::carried::{Made, made};

/// Reports the copies that code which runs later has taken too early.
pub(super) fn find(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    meta: &'static RuleMeta,
    report: &mut Vec<Diagnostic>,
) {
    for spawn in spawns(cx.analysis, cx.body, &view.tokens) {
        match spawn.kind {
            SpawnKind::Deferred => {
                report.extend(measured(cx, view, &spawn, meta));
                report.extend(copied(cx, view, &spawn, meta));
            }
            SpawnKind::Task | SpawnKind::Thread | SpawnKind::Blocking => {
                report.extend(polled(cx, view, &spawn, meta));
            }
            _ => {}
        }
    }
}

/// The call makes a value that runs the closure when it is dropped, at the end of the scope.
fn gives_guard(cx: &BodyContext<'_>, view: &FlowView<'_>, spawn: &Spawn<'_>) -> bool {
    use linger_analysis::catalogue::Class;
    let ty = view.place_ty(&spawn.call.dest);
    ty.path().and_then(|p| cx.catalogue().resource(p)).is_some_and(|r| r.class == Class::ScopeGuard)
}

/// The closure looks at the value that the guard was given.
fn is_used(cx: &BodyContext<'_>, spawn: &Spawn<'_>) -> bool {
    let hir = cx.hir();
    let Some(closure) = spawn.closure.map(|id| hir.closure(id)) else { return false };
    closure
        .params
        .first()
        .is_some_and(|param| !matches!(hir.pat(param.pat).kind, linger_analysis::syntax::hir::PatKind::Wild))
}

/// `guard(start.elapsed(), |took| …)`: measured when the guard is made, not when it runs.
fn measured(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    spawn: &Spawn<'_>,
    meta: &'static RuleMeta,
) -> Option<Diagnostic> {
    if !gives_guard(cx, view, spawn) || !is_used(cx, spawn) {
        return None;
    }
    let first = spawn.call.args.first()?.var()?;
    let call = view.tokens.identities.defining_call(first)?;
    if !cx.facts(&call.callee.target).is_some_and(|f| f.measures) {
        return None;
    }
    let statement: &Statement = spawn.statement;
    Some(
        Diagnostic::new(
            meta,
            cx.at(call.name_span),
            format!("`{}` is called when the guard is made, not when it runs", call.name),
        )
        .label("measures next to nothing")
        .step(cx.at(statement.span), "the guard runs at the end of the scope")
        .help("give the guard the start, and measure in its closure"),
    )
}

/// `let _g = guard(count, |count| …); count += 1;`: the guard has its own copy, in its value or in its closure.
fn copied(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    spawn: &Spawn<'_>,
    meta: &'static RuleMeta,
) -> Option<Diagnostic> {
    if !gives_guard(cx, view, spawn) {
        return None;
    }
    let mut taken: Vec<Var> = Vec::new();
    if let Some(Operand::Copy(place)) = spawn.call.args.first()
        && is_used(cx, spawn)
    {
        taken.extend(place.projections.is_empty().then(|| source(view, place.var)));
    }
    if let Some(closure) = spawn.closure.and_then(|id| made(view, id)) {
        taken.extend(copies(&closure));
    }
    let guard = holder(view, spawn.call.dest.var);
    let (var, local, change) = taken.into_iter().find_map(|var| {
        let local = plain(cx, view, var)?;
        let change = changed_after(view, spawn.point, var, &[spawn.call.dest.var, guard])?;
        Some((var, local, change))
    })?;
    let name = cx.hir().local(local).name;
    Some(
        Diagnostic::new(
            meta,
            cx.at(spawn.call.name_span),
            format!("this guard has its own copy of `{name}`, and runs with the value of now"),
        )
        .label(format!("`{name}` is copied here"))
        .step(cx.at(change), "changed here, which the guard does not see")
        .step(cx.at(view.mir.var(var).span), "the variable")
        .help(format!(
            "count in the guard itself (`*guard += 1`), or share `{name}` with the closure (`Cell`, an atomic)"
        )),
    )
}

/// `spawn(move || while !stop { … }); stop = true;`: the closure has its own copy, which nobody changes.
fn polled(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    spawn: &Spawn<'_>,
    meta: &'static RuleMeta,
) -> Option<Diagnostic> {
    let id: ClosureId = spawn.closure?;
    let closure = made(view, id)?;
    let around = view.mir.blocks[closure.at.block.index()].in_loop;
    let code = cx.hir().closure(id).body;
    copies(&closure).find_map(|var| {
        let local = plain(cx, view, var)?;
        // Made anew on each turn of a loop around both: each has the value of its turn.
        if view.mir.var(var).in_loop != around {
            return None;
        }
        let look = exit_test(cx, code, local)?;
        let change = changed_after(view, closure.at, var, &[])?;
        let name = cx.hir().local(local).name;
        Some(
            Diagnostic::new(
                meta,
                cx.at(cx.hir().expr(look).span),
                format!("this looks at the closure's own copy of `{name}`, which nobody ever changes"),
            )
            .label("the same on every turn")
            .step(cx.at(spawn.call.name_span), "`move` has copied it")
            .step(cx.at(change), "only the variable outside is changed here")
            .help(format!("share `{name}` with the code outside: an atomic in an `Arc`, a token, a channel")),
        )
    })
}

/// The plain variables that a closure copies.
fn copies(made: &Made<'_>) -> impl Iterator<Item = Var> {
    made.captures.iter().filter(|c| c.how == CaptureHow::Copy).map(|c| c.var)
}

/// A local variable that is a flag or a number.
fn plain(cx: &BodyContext<'_>, view: &FlowView<'_>, var: Var) -> Option<LocalId> {
    let decl = view.mir.var(var);
    let VarKind::User(local) = decl.kind else { return None };
    (matches!(decl.ty, Ty::Prim(_)) && cx.hir().local(local).mutable).then_some(local)
}

/// The variable that a temporary copies.
fn source(view: &FlowView<'_>, var: Var) -> Var {
    match view.tokens.identities.definition(var) {
        Some(Rvalue::Use(Operand::Copy(place))) if place.projections.is_empty() => place.var,
        _ => var,
    }
}

/// The variable that the value of a temporary moves on to.
fn holder(view: &FlowView<'_>, first: Var) -> Var {
    let moved = view.statements().find_map(|(_, s)| match &s.kind {
        StatementKind::Assign { dest, value: Rvalue::Use(Operand::Move(from)) }
            if from.var == first && from.projections.is_empty() && dest.projections.is_empty() =>
        {
            Some(dest.var)
        }
        _ => None,
    });
    moved.unwrap_or(first)
}

/// Where a variable is given a new value later, before any of `until` is dropped or moved on.
fn changed_after(
    view: &FlowView<'_>,
    from: Point,
    var: Var,
    until: &[Var],
) -> Option<linger_analysis::span::Span> {
    let last = until.last().copied();
    let is_it = |place: &Place| place.var == var && place.projections.is_empty();
    let writes = |s: &Statement| match &s.kind {
        // `x += 1` is a computation that changes what it borrows.
        StatementKind::Assign { value: Rvalue::Compute(parts), .. } if matches!(parts.first(), Some(Operand::Borrow(true, place)) if is_it(place)) => {
            true
        }
        StatementKind::Assign { dest, .. } => is_it(dest),
        _ => false,
    };
    let point = view.tokens.path(
        from,
        |_, s| s.is_some_and(writes),
        |_, s| {
            s.is_some_and(|s| match &s.kind {
                StatementKind::Drop { var, .. } => until.contains(var),
                StatementKind::Assign { dest, value: Rvalue::Use(Operand::Move(p)) } => {
                    until.contains(&p.var) && Some(dest.var) != last
                }
                StatementKind::Call(call) => {
                    call.args.iter().any(|a| matches!(a, Operand::Move(p) if until.contains(&p.var)))
                }
                _ => false,
            })
        },
    )?;
    Some(view.mir.statement(point)?.span)
}

/// A test that decides whether a loop goes on, and reads this variable and constants alone: `while !stop`,
/// `if stop { break }`.
fn exit_test(cx: &BodyContext<'_>, code: ExprId, local: LocalId) -> Option<ExprId> {
    let hir = cx.hir();
    let mut found = None;
    hir.walk(code, &mut |e| {
        let body = match &hir.expr(e).kind {
            ExprKind::While { condition, body, .. } => {
                if only_reads(cx, *condition, local) {
                    found = found.or(Some(*condition));
                }
                *body
            }
            ExprKind::Loop { body, .. } | ExprKind::For { body, .. } => *body,
            _ => return found.is_none(),
        };
        hir.walk(body, &mut |e| {
            if let ExprKind::If { condition, then_branch, .. } = &hir.expr(e).kind
                && only_reads(cx, *condition, local)
                && leaves(cx, *then_branch)
            {
                found = found.or(Some(*condition));
            }
            found.is_none()
        });
        found.is_none()
    });
    found.filter(|_| !is_written(cx, code, local))
}

/// The condition mentions the variable, and nothing else that could change.
fn only_reads(cx: &BodyContext<'_>, condition: ExprId, local: LocalId) -> bool {
    let hir = cx.hir();
    let mut mentioned = false;
    let other = hir.any(condition, &mut |e| match hir.expr(e).kind {
        ExprKind::Local(l) => {
            mentioned |= l == local;
            l != local
        }
        ExprKind::Literal(_) | ExprKind::Unary { .. } | ExprKind::Binary { .. } => false,
        _ => true,
    });
    mentioned && !other
}

/// A block that does nothing but leave the loop (after a log line, perhaps).
fn leaves(cx: &BodyContext<'_>, block: ExprId) -> bool {
    let hir = cx.hir();
    hir.any(block, &mut |e| matches!(hir.expr(e).kind, ExprKind::Break { .. } | ExprKind::Return(_)))
}

fn is_written(cx: &BodyContext<'_>, code: ExprId, local: LocalId) -> bool {
    let hir = cx.hir();
    let is_it = |e: ExprId| matches!(hir.expr(e).kind, ExprKind::Local(l) if l == local);
    hir.any(code, &mut |e| match hir.expr(e).kind {
        ExprKind::Assign { place, .. } | ExprKind::AssignOp { place, .. } => is_it(place),
        ExprKind::AddressOf { mutable: true, operand, .. } => is_it(operand),
        _ => false,
    })
}
