//! Costly things that are made again on every turn.

use linger_analysis::flow::mir::{
    Call, LoopId, Operand, Owner, Point, Projection, ReturnKind, Rvalue, Statement, StatementKind,
    Terminator, Var, VarKind,
};
use linger_analysis::types::infer::{Known, Target};

use super::journey::{Care, Stop, care_of_call, follow};
use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};

declare_rule! {
    /// A costly thing that could be made once is made on every turn of a loop.
    ///
    /// ## Why it matters
    ///
    /// HTTP clients, connection pools, runtimes, thread pools, TLS configurations and regular expressions are made
    /// to be made once and shared. Made per turn, a client opens new connections instead of using open ones
    /// again, and a runtime starts and ends its threads each time.
    ///
    /// ## Example
    ///
    /// ```rust,ignore,fires
    /// fn check(urls: &[String]) -> reqwest::Result<()> {
    ///     for url in urls {
    ///         let client = reqwest::blocking::Client::new();
    ///         client.get(url).send()?;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// ```rust,ignore,clean
    /// fn check(client: &reqwest::blocking::Client, urls: &[String]) -> reqwest::Result<()> {
    ///     for url in urls {
    ///         client.get(url).send()?;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Only what does not depend on the turn and ends with it counts. A loop that is left after a success is a
    /// retry. Closures of iterator adaptors count as loops.
    ResourceRebuiltInLoop("resource_rebuilt_in_loop") {
        group: Cleanup,
        cases: {
            turn: Warn = "on every turn of a loop",
            call: Allow = "on every call of a function, although it does not depend on the arguments",
        },
        since: "0.1.0",
        fixes: None,
        compiler_lints: ["clippy::regex_creation_in_loops"],
    }
}

impl Rule for ResourceRebuiltInLoop {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            for (point, statement, call) in view.mir.calls() {
                let costly = cx.facts(&call.callee.target).is_some_and(|f| f.costly);
                if !costly || call.callee.known != Known::Resolved || !view.is_reachable(point) {
                    continue;
                }
                if let Some(finding) = rebuilt(cx, view, point, statement, call) {
                    report.push(finding);
                }
            }
        }
    }
}

/// What happens again and again around a call.
#[derive(Clone, Copy)]
enum Turn {
    Loop(LoopId),
    /// The whole closure, which an adaptor calls for each element, or the whole function.
    Code,
}

fn rebuilt(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    point: Point,
    statement: &Statement,
    call: &Call,
) -> Option<Diagnostic> {
    let (_, stops) = follow(cx, view.mir, call.dest.var);
    let kept = stops.iter().any(|s| match s {
        Stop::Called { call, argument, .. } => {
            !matches!(call.args.get(*argument), Some(Operand::Borrow(..)))
                && care_of_call(cx, call, *argument) == Care::Takes
        }
        _ => true,
    });
    let (turn, case) = match (view.mir.blocks[point.block.index()].in_loop, view.mir.owner) {
        (Some(id), _) => (Turn::Loop(id), "turn"),
        (None, Owner::Closure(_)) if is_per_element(cx, view) => (Turn::Code, "turn"),
        (None, _) => (Turn::Code, "call"),
    };
    if kept || call.args.iter().any(|a| varies(cx, view, turn, a, &mut Vec::new())) {
        return None;
    }
    let ty = view.mir.var(call.dest.var).ty.clone();
    let ty = ty.as_result().map_or_else(|| ty.clone(), |(ok, _)| ok.clone());
    let what = match ty.path() {
        Some(path) => format!("`{}`", crate::rules::support::short(&path)),
        None => format!("what `{}` gives", call.name),
    };
    let finding = match turn {
        Turn::Loop(id) => {
            if is_retry(view, point, id) {
                return None;
            }
            Diagnostic::new(
                &META,
                cx.at(statement.span),
                format!("{what} is made again on every turn, and it is always the same"),
            )
            .label("made here")
            .step(cx.at(view.mir.loops[id.0 as usize].head), "the loop")
        }
        Turn::Code if case == "turn" => Diagnostic::new(
            &META,
            cx.at(statement.span),
            format!("{what} is made again for every element, and it is always the same"),
        )
        .label("made here"),
        Turn::Code => {
            if cx.analysis.is_once(cx.body, view.mir.owner) || view.mir.owner != Owner::Root {
                return None;
            }
            Diagnostic::new(
                &META,
                cx.at(statement.span),
                format!("{what} is made again on every call, and it is always the same"),
            )
            .label("made here")
        }
    };
    Some(
        finding
            .case(case)
            .confidence(call.callee.known.into())
            .help("make it once (before the loop, in a field, in a `LazyLock`) and use it again"),
    )
}

/// A closure that an iterator adaptor runs for each element.
fn is_per_element(cx: &BodyContext<'_>, view: &FlowView<'_>) -> bool {
    let Owner::Closure(id) = view.mir.owner else { return false };
    cx.flows().iter().any(|outer| {
        outer.mir.calls().any(|(_, _, call)| {
            let Target::External(path) = &call.callee.target else { return false };
            let adaptor = path.starts_with("std::iter::Iterator::") || path.starts_with("rayon::");
            adaptor
                && call.args.iter().skip(1).filter_map(Operand::var).any(|v| closure_in(outer, v) == Some(id))
        })
    })
}

/// The closure that a variable holds.
fn closure_in(view: &FlowView<'_>, var: Var) -> Option<linger_analysis::syntax::hir::ClosureId> {
    match view.tokens.identities.definition(var)? {
        Rvalue::Closure { id, .. } => Some(*id),
        Rvalue::Use(operand) => closure_in(view, operand.var().filter(|v| *v != var)?),
        _ => None,
    }
}

/// Whether a success leaves the loop: then it turns only after failures.
fn is_retry(view: &FlowView<'_>, from: Point, id: LoopId) -> bool {
    let info = &view.mir.loops[id.0 as usize];
    view.tokens
        .path(
            from,
            |p, s| {
                let block = &view.mir.blocks[p.block.index()];
                let returns = s.is_none()
                    && matches!(
                        block.terminator,
                        Terminator::Return { kind: ReturnKind::End | ReturnKind::Explicit, .. }
                    );
                returns || p.block == info.exit
            },
            |p, _| p.block == info.header && p.index == 0 || view.mir.blocks[p.block.index()].on_failure,
        )
        .is_some()
}

/// Whether a value may differ from turn to turn.
fn varies(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    turn: Turn,
    operand: &Operand,
    seen: &mut Vec<Var>,
) -> bool {
    let Some(place) = operand.place() else { return false };
    if place.projections.iter().any(|p| matches!(p, Projection::Index)) {
        return true;
    }
    let var = place.var;
    if seen.contains(&var) {
        return false;
    }
    seen.push(var);
    let mir = view.mir;
    let decl = mir.var(var);
    let inside = |block: linger_analysis::flow::mir::BlockId| match turn {
        Turn::Loop(id) => mir.block_in_loop(block, id),
        Turn::Code => true,
    };
    if matches!(decl.kind, VarKind::Param(_)) || mir.params.contains(&var) {
        // A method's own object is the same from call to call.
        let is_self = mir.params.first() == Some(&var) && mir.owner == Owner::Root;
        return matches!(turn, Turn::Code) && !is_self;
    }
    let mut sources = 0;
    for (point, statement) in mir.statements() {
        if !inside(point.block) {
            continue;
        }
        let changed = match &statement.kind {
            StatementKind::Assign { dest, value } if dest.var == var => match value {
                Rvalue::Use(o) => varies(cx, view, turn, o, seen),
                Rvalue::Ref(_, p) => varies(cx, view, turn, &Operand::Copy(p.clone()), seen),
                Rvalue::Aggregate { parts, .. } => parts.iter().any(|(_, o)| varies(cx, view, turn, o, seen)),
                Rvalue::Compute(all) => all.iter().any(|o| varies(cx, view, turn, o, seen)),
                Rvalue::Closure { captures, .. } => captures.iter().any(|c| {
                    varies(
                        cx,
                        view,
                        turn,
                        &Operand::Copy(linger_analysis::flow::mir::Place::whole(c.var)),
                        seen,
                    )
                }),
                Rvalue::Opaque => false,
            },
            StatementKind::Call(call) if call.dest.var == var => {
                gives_news(cx, call) || call.args.iter().any(|a| varies(cx, view, turn, a, seen))
            }
            StatementKind::Await { dest, operands, .. } if dest.var == var => {
                operands.iter().any(|o| varies(cx, view, turn, o, seen))
            }
            StatementKind::Macro { dest, args, .. } if dest.var == var => {
                args.iter().any(|a| varies(cx, view, turn, a, seen))
            }
            // Changed through a mutable borrow.
            StatementKind::Call(call) => {
                let lent = call.args.iter().any(|a| matches!(a, Operand::Borrow(true, p) if p.var == var));
                if lent && decl.in_loop.is_none() && matches!(turn, Turn::Loop(_)) {
                    return true;
                }
                continue;
            }
            _ => continue,
        };
        sources += 1;
        if changed {
            return true;
        }
    }
    // A local of the turn that nothing seen gives a value to.
    let declared_inside = match turn {
        Turn::Loop(id) => mir.loop_in(decl.in_loop, id),
        Turn::Code => !matches!(decl.kind, VarKind::Capture(_)),
    };
    sources == 0 && declared_inside
}

/// Functions whose result is not a matter of their arguments alone, as far as known.
fn gives_news(cx: &BodyContext<'_>, call: &Call) -> bool {
    match &call.callee.target {
        Target::External(path) => {
            cx.catalogue().function(*path).is_none()
                || path.ends_with("::now")
                || path.starts_with("rand")
                || cx
                    .catalogue()
                    .facts(*path)
                    .is_some_and(|f| (f.io || f.waits || f.takes_out || f.locks.is_some()) && !f.costly)
        }
        Target::Constructor(_) => false,
        _ => true,
    }
}
