//! Cells that a loop moves on while what it has started still reads them.

use linger_analysis::catalogue::{CellAccess, SpawnKind};
use linger_analysis::facts::spawns;
use linger_analysis::flow::identity::{Identity, Root};
use linger_analysis::flow::mir::{DropHow, LoopId, Operand, Owner, Place, Point, Rvalue, StatementKind, Var};
use linger_analysis::flow::tokens::End;
use linger_analysis::span::Span;
use linger_analysis::syntax::hir::{ClosureId, ExprId, ExprKind};
use linger_analysis::types::infer::{Known, Target};

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::carried::{Into, holders, made, object, stores};

declare_rule! {
    /// Tasks or closures that a loop makes read a shared cell that the loop itself moves on.
    ///
    /// ## Why it matters
    ///
    /// A task runs some time after it has been started, and a stored closure later still. By then the loop has gone
    /// on, and the cell holds the value of another turn: all of them may see the last one, and which value each of
    /// them sees changes from run to run.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    ///
    /// fn start(pages: &[String]) {
    ///     let current = Arc::new(AtomicUsize::new(0));
    ///     for (number, _) in pages.iter().enumerate() {
    ///         current.store(number, Ordering::SeqCst);
    ///         let current = Arc::clone(&current);
    ///         std::thread::spawn(move || println!("page {}", current.load(Ordering::SeqCst)));
    ///     }
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// fn start(pages: &[String]) {
    ///     for (number, _) in pages.iter().enumerate() {
    ///         std::thread::spawn(move || println!("page {number}"));
    ///     }
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Atomics, `Cell`, and what a lock or `RefCell` guards are followed; the loop must move the cell on in the same
    /// function. A cell that the task writes too is taken for one that both sides share on purpose.
    SharedLoopStateCaptured("shared_loop_state_captured") {
        group: Capture,
        level: Warn,
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for SharedLoopStateCaptured {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        if cx.hir().closures.is_empty() {
            return;
        }
        for view in cx.flows().iter().filter(|v| !v.mir.loops.is_empty()) {
            for later in later(cx, view) {
                report.extend(check(cx, view, &later));
            }
        }
    }
}

/// Code that a loop makes and that runs later.
struct Later {
    closure: ClosureId,
    at: Point,
    what: &'static str,
    span: Span,
}

fn later(cx: &BodyContext<'_>, view: &FlowView<'_>) -> Vec<Later> {
    let mut out: Vec<Later> = Vec::new();
    for spawn in spawns(cx.analysis, cx.body, &view.tokens) {
        let what = match spawn.kind {
            SpawnKind::Task => "task",
            SpawnKind::Thread | SpawnKind::Blocking | SpawnKind::Scoped => "thread",
            _ => continue,
        };
        let Some(closure) = spawn.closure else { continue };
        if spawn.call.callee.known != Known::Resolved || ends_in_turn(view, spawn.point) {
            continue;
        }
        out.push(Later { closure, at: spawn.point, what, span: spawn.call.name_span });
    }
    for (_, statement) in view.statements() {
        let StatementKind::Assign { dest, value: Rvalue::Closure { id, .. } } = &statement.kind else {
            continue;
        };
        if out.iter().any(|l| l.closure == *id) {
            continue;
        }
        let kept = stores(cx, view, &holders(cx, view, dest.var)).into_iter().find(|(point, into)| {
            let Some(turning) = view.mir.blocks[point.block.index()].in_loop else { return false };
            matches!(into, Into::Container(place) if !view.mir.loop_in(view.mir.var(place.var).in_loop, turning))
        });
        if let Some((at, _)) = kept {
            out.push(Later { closure: *id, at, what: "closure", span: statement.span });
        }
    }
    out
}

/// The handle is joined or awaited in the turn that started the work.
fn ends_in_turn(view: &FlowView<'_>, spawned: Point) -> bool {
    let turning = view.mir.blocks[spawned.block.index()].in_loop;
    let Some((id, _)) = view.tokens.iter().find(|(_, t)| t.at == spawned) else { return false };
    let moved = view.tokens.ends.iter().filter(|e| e.token == id);
    turning.is_some_and(|turning| {
        moved.clone().any(|e| {
            matches!(e.how, End::Awaited | End::Passed | End::Dropped(DropHow::StatementEnd))
                && view.mir.block_in_loop(e.at.block, turning)
                && is_wait(view, e.at)
        })
    })
}

/// `handle.join()`, `handle.await`
fn is_wait(view: &FlowView<'_>, at: Point) -> bool {
    match view.mir.statement(at).map(|s| &s.kind) {
        Some(StatementKind::Await { .. }) => true,
        Some(StatementKind::Call(call)) => call.name.as_str() == "join",
        _ => false,
    }
}

/// A use of a cell.
struct Access {
    cell: Identity,
    how: CellAccess,
    span: Span,
    point: Point,
    expr: Option<ExprId>,
    result: Option<Var>,
}

fn accesses(cx: &BodyContext<'_>, view: &FlowView<'_>) -> Vec<Access> {
    let mut out = Vec::new();
    view.tokens.walk(|point, state, statement| {
        let (span, expr) = (statement.span, statement.expr);
        let guarded = |place: &Place| {
            place.is_indirect()
                && state.reached(place.var).iter().any(|t| view.tokens.token(t).lock.is_some())
        };
        let mut add = |cell, how, result| out.push(Access { cell, how, span, point, expr, result });
        match &statement.kind {
            StatementKind::Call(call) => {
                if let Target::External(path) = &call.callee.target
                    && let Some(how) = cx.catalogue().facts(*path).and_then(|f| f.cell)
                    && let Some(cell) = call.args.first().and_then(|a| view.tokens.identities.operand(a))
                {
                    add(cell, how, Some(call.dest.var));
                }
                for operand in &call.args {
                    match operand {
                        // `guard.push(..)` may do anything.
                        Operand::Borrow(true, place) if guarded(place) => {
                            add(object(view, state, place), CellAccess::Set, None);
                        }
                        Operand::Borrow(false, place) | Operand::Copy(place) if guarded(place) => {
                            add(object(view, state, place), CellAccess::Read, None);
                        }
                        _ => {}
                    }
                }
            }
            StatementKind::Assign { dest, value } => {
                if guarded(dest) {
                    let steps =
                        expr.is_some_and(|e| matches!(cx.hir().expr(e).kind, ExprKind::AssignOp { .. }));
                    let how = if steps { CellAccess::Advance } else { CellAccess::Set };
                    add(object(view, state, dest), how, None);
                }
                let operands: &[Operand] = match value {
                    Rvalue::Use(operand) => std::slice::from_ref(operand),
                    Rvalue::Compute(operands) => operands,
                    _ => &[],
                };
                for place in operands.iter().filter_map(Operand::place).filter(|p| guarded(p)) {
                    if place != dest {
                        add(object(view, state, place), CellAccess::Read, None);
                    }
                }
            }
            StatementKind::Macro { args, .. } => {
                // Formatting looks through the guard by itself.
                let guards =
                    |p: &&Place| state.reached(p.var).iter().any(|t| view.tokens.token(t).lock.is_some());
                for place in args.iter().filter_map(Operand::place).filter(guards) {
                    add(object(view, state, place), CellAccess::Read, None);
                }
            }
            _ => {}
        }
    });
    out
}

fn check(cx: &BodyContext<'_>, view: &FlowView<'_>, later: &Later) -> Option<Diagnostic> {
    let mut turning = view.mir.blocks[later.at.block.index()].in_loop?;
    let captures = made(view, later.closure)?.captures;
    let inner = cx.flows().iter().find(|v| v.mir.owner == Owner::Closure(later.closure))?;
    let inside: Vec<(Identity, Access)> = accesses(cx, inner)
        .into_iter()
        .filter_map(|access| {
            let outside = match access.cell.root {
                Root::Static(_) => access.cell.clone(),
                Root::Local(local) => {
                    let capture = captures.iter().find(|c| c.local == local)?;
                    let mut place = view.tokens.identities.place(&Place::whole(capture.var));
                    place.path.extend(access.cell.path.iter().copied());
                    place
                }
                _ => return None,
            };
            Some((outside, access))
        })
        .collect();
    let around = accesses(cx, view);
    loop {
        for (cell, read) in inside.iter().filter(|(_, a)| a.how == CellAccess::Read) {
            let of_cell =
                around.iter().filter(|a| a.cell.same(cell) && view.mir.block_in_loop(a.point.block, turning));
            let is_shared_work = inside.iter().any(|(c, a)| c == cell && a.how != CellAccess::Read);
            if is_shared_work || is_made_in(cx, view, cell, turning) {
                continue;
            }
            let looks = |step: &Access| {
                of_cell
                    .clone()
                    .any(|a| looks(view, a) && (a.how != CellAccess::Read || !contains(step.span, a.span)))
            };
            // `cell.set(cell.get() + 1)`
            let from_itself = |step: &Access| {
                of_cell.clone().any(|a| a.how == CellAccess::Read && contains(step.span, a.span))
            };
            let moves_on = of_cell.clone().find(|a| match a.how {
                CellAccess::Read => false,
                CellAccess::Advance => looks(a),
                CellAccess::Set => is_of_turn(cx, view, a, turning) || from_itself(a) && looks(a),
            });
            if let Some(moves_on) = moves_on {
                return Some(finding(cx, later, read, moves_on));
            }
        }
        turning = view.mir.loops[turning.0 as usize].parent?;
    }
}

/// The loop reads its position from the cell, itself or as the result of moving it on.
fn looks(view: &FlowView<'_>, access: &Access) -> bool {
    match access.how {
        CellAccess::Read => true,
        CellAccess::Set => false,
        CellAccess::Advance => access.result.is_some_and(|var| {
            view.statements().any(|(_, s)| match &s.kind {
                StatementKind::Assign { value: Rvalue::Use(o), .. } => o.var() == Some(var),
                StatementKind::Assign { value: Rvalue::Compute(os), .. } => {
                    os.iter().any(|o| o.var() == Some(var))
                }
                StatementKind::Call(call) => call.args.iter().any(|o| o.var() == Some(var)),
                _ => false,
            })
        }),
    }
}

fn contains(outer: Span, inner: Span) -> bool {
    outer.lo <= inner.lo && inner.hi <= outer.hi
}

/// The cell belongs to one turn of the loop.
fn is_made_in(cx: &BodyContext<'_>, view: &FlowView<'_>, cell: &Identity, turning: LoopId) -> bool {
    match cell.root {
        Root::Local(local) => is_inside(cx.hir().local(local).span, view, turning),
        Root::Temp(_) => true,
        _ => false,
    }
}

fn is_inside(span: Span, view: &FlowView<'_>, turning: LoopId) -> bool {
    let around = view.mir.loops[turning.0 as usize].span;
    around.lo <= span.lo && span.hi <= around.hi
}

/// What is written comes from this turn: it mentions a variable of the loop.
fn is_of_turn(cx: &BodyContext<'_>, view: &FlowView<'_>, access: &Access, turning: LoopId) -> bool {
    let hir = cx.hir();
    let Some(expr) = access.expr else { return false };
    let values: Vec<ExprId> = match &hir.expr(expr).kind {
        ExprKind::MethodCall { args, .. } if access.result.is_some() => args.to_vec(),
        ExprKind::Assign { value, .. } => vec![*value],
        _ => return false,
    };
    values.iter().any(|value| {
        hir.any(*value, &mut |e| {
            matches!(hir.expr(e).kind, ExprKind::Local(l) if is_inside(hir.local(l).span, view, turning))
        })
    })
}

fn finding(cx: &BodyContext<'_>, later: &Later, read: &Access, moves_on: &Access) -> Diagnostic {
    Diagnostic::new(
        &META,
        cx.at(read.span),
        format!("this {} may see the value of another turn of the loop", later.what),
    )
    .label("read when it runs, not when it is made")
    .step(cx.at(later.span), format!("the {} is made here, once a turn", later.what))
    .step(cx.at(moves_on.span), "the loop moves the value on here")
    .help("read the value before, in the loop, and move the plain value in")
}
