//! Cleanup on the main path that an early return jumps over.

use linger_analysis::flow::identity::{Identity, Root};
use linger_analysis::flow::mir::{
    Call, Operand, Point, Projection, ReturnKind, Rvalue, Statement, StatementKind, Terminator, Var, VarKind,
};
use linger_analysis::span::Span;
use linger_analysis::symbol::Symbol;
use linger_analysis::syntax::hir::{ExprId, ExprKind, Literal};
use linger_analysis::syntax::items::SelfKind;
use linger_analysis::types::infer::{Known, Target};
use linger_analysis::types::ty::Ty;

use super::journey::{Care, RELEASERS, Stop, care_of_call, follow, is_transparent, is_used_as_number, says};
use super::ways_out::{is_ended_by_callers, walk};
use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::support::short;

declare_rule! {
    /// An early return jumps over the cleanup that the main path does.
    ///
    /// ## Why it matters
    ///
    /// Where no Drop ends a state, each way out has to. A `?` between `enable_raw_mode()` and
    /// `disable_raw_mode()` leaves the terminal raw; one between setting a busy flag and clearing it leaves the
    /// object busy for ever; one between `open` and `close` leaks the descriptor. It happens only when something
    /// fails, so no test sees it.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// use std::sync::atomic::{AtomicBool, Ordering};
    ///
    /// fn reload(busy: &AtomicBool) -> std::io::Result<String> {
    ///     busy.store(true, Ordering::SeqCst);
    ///     let text = std::fs::read_to_string("config")?;
    ///     busy.store(false, Ordering::SeqCst);
    ///     Ok(text)
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// use std::sync::atomic::{AtomicBool, Ordering};
    ///
    /// fn reload(busy: &AtomicBool) -> std::io::Result<String> {
    ///     busy.store(true, Ordering::SeqCst);
    ///     let text = std::fs::read_to_string("config");
    ///     busy.store(false, Ordering::SeqCst);
    ///     text
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A closure in the function that does the cleanup (`scopeguard`, `defer!`), or a value alive whose Drop does
    /// it, covers every path. Panics and cancelled futures are not looked at. A flag counts only when every
    /// successful path resets it; a field, only when another failing path does, too. A private function whose callers
    /// all do the cleanup when it has failed is left alone. What is ended only where something else fails is meant to
    /// last: then only other failures count.
    CleanupSkippedByReturn("cleanup_skipped_by_return") {
        group: Cleanup,
        level: Warn,
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for CleanupSkippedByReturn {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            for (point, statement) in view.statements() {
                let found = match &statement.kind {
                    StatementKind::Call(call) if may_start(cx, call) => {
                        state(cx, view, point, call, statement.span)
                            .or_else(|| handle(cx, view, point, call, statement.span))
                            .or_else(|| flag(cx, view, point, statement.expr, Some(call)))
                    }
                    StatementKind::Assign { .. } => flag(cx, view, point, statement.expr, None),
                    _ => None,
                };
                let Some(found) = found else { continue };
                let Some((first, others)) = found.exits.split_first() else { continue };
                let is_ended = found.end.is_some();
                let ended = match found.end {
                    Some(_) if found.only_undone => "undone here when something else fails",
                    Some(_) => "ended here on the main path",
                    None if found.returned => "given to the caller only here",
                    None => "given an owner only here",
                };
                let mut finding = Diagnostic::new(
                    &META,
                    cx.at(*first),
                    match found.end {
                        Some(end) => format!("this way out skips {end}, which ends {}", found.what),
                        None => format!("this way out loses {}, which has no owner yet", found.what),
                    },
                )
                .label("leaves the function here")
                .step(cx.at(statement.span), "started here")
                .step(cx.at(found.ended), ended);
                for other in others.iter().take(3) {
                    finding = finding.step(cx.at(*other), "skipped here, too");
                }
                report.push(finding.help(if found.only_undone {
                    "put what undoes it into a value with a Drop (or `scopeguard`), and let that go when all is well"
                } else if is_ended {
                    "put the cleanup into a value with a Drop (or `scopeguard`), or end it before every return"
                } else {
                    "give it its owner at once, before anything that may fail"
                }));
            }
        }
    }
}

/// Most calls start nothing, and that is quickly seen.
fn may_start(cx: &BodyContext<'_>, call: &Call) -> bool {
    call.callee.known == Known::Resolved
        && match &call.callee.target {
            Target::External(path) => {
                path.starts_with("std::sync::atomic::")
                    || cx.catalogue().facts(*path).is_some_and(|f| !f.undone_by.is_empty() || f.acquires_raw)
            }
            Target::Def(def) => cx.analysis.summary(*def).is_some_and(|s| !s.starts.is_empty()),
            _ => false,
        }
}

/// Something that is started, and the ways out that do not end it.
struct Found {
    what: String,
    /// What ends it; nothing where the main path only gives it an owner.
    end: Option<String>,
    ended: Span,
    /// It is given to the caller there.
    returned: bool,
    /// It is meant to last: only ways that fail end it.
    only_undone: bool,
    exits: Vec<Span>,
}

/// A state that no value stands for: raw mode, a mount, a transaction of a manager.
fn state(cx: &BodyContext<'_>, view: &FlowView<'_>, point: Point, call: &Call, span: Span) -> Option<Found> {
    let starts: Vec<Symbol> = match &call.callee.target {
        Target::External(path) => vec![*path],
        Target::Def(def) => cx.analysis.leaves_started(*def).to_vec(),
        _ => return None,
    };
    starts.into_iter().find_map(|start| {
        let ends = cx.catalogue().state_ends(start);
        if ends.is_empty() || ends.contains(&start) {
            return None;
        }
        let is_end = |call: &Call| match &call.callee.target {
            Target::External(path) => ends.contains(path),
            Target::Def(def) => {
                cx.analysis.summary(*def).is_some_and(|s| s.ends.iter().any(|e| ends.contains(e)))
            }
            _ => false,
        };
        let in_closure = cx
            .flows()
            .iter()
            .filter(|v| v.mir.owner != view.mir.owner)
            .any(|v| v.mir.calls().any(|(_, _, c)| is_end(c)));
        let by_drop = view.mir.vars.iter().any(|v| {
            let drop = v.ty.path().and_then(|p| cx.program().types.get(&p)).and_then(|t| t.drop);
            drop.and_then(|d| cx.analysis.summary(d)).is_some_and(|s| s.ends.iter().any(|e| ends.contains(e)))
        });
        if in_closure || by_drop || is_ended_by_callers(cx, &is_end) {
            return None;
        }
        let only_undone = !ends_well(view, &is_end);
        let counts = |kind: ReturnKind| !only_undone || is_failure(kind);
        let is_ended = |s: &Statement| matches!(&s.kind, StatementKind::Call(call) if is_end(call));
        let (ended, exits) = ways_out(cx, view, point, span, &[], &is_ended, &counts)?;
        let end = ends.first().map_or("it", |e| short(e)).to_owned();
        let what = format!("what `{}` started", call.name);
        Some(Found { what, end: Some(format!("`{end}`")), ended, returned: false, only_undone, exits })
    })
}

fn is_failure(kind: ReturnKind) -> bool {
    matches!(kind, ReturnKind::Question | ReturnKind::Failure)
}

/// Whether the function can end well once a call has ended the state.
fn ends_well(view: &FlowView<'_>, is_end: &dyn Fn(&Call) -> bool) -> bool {
    let mir = view.mir;
    view.statements().filter(|(_, s)| matches!(&s.kind, StatementKind::Call(c) if is_end(c))).any(|(at, _)| {
        let succeeds = |p: Point, s: Option<&Statement>| {
            s.is_none()
                && matches!(mir.blocks[p.block.index()].terminator,
                    Terminator::Return { kind, .. } if !is_failure(kind))
        };
        // `Err(error)`, the value of an arm at the end.
        let fails = |s: &Statement| {
            matches!(&s.kind, StatementKind::Assign { dest, value: Rvalue::Aggregate { path: Some(path), .. } }
                if dest.var == mir.return_var && path.ends_with("::Err"))
        };
        view.tokens.path(at, succeeds, |_, s| s.is_some_and(fails)).is_some()
    })
}

/// A descriptor or other plain handle.
fn handle(cx: &BodyContext<'_>, view: &FlowView<'_>, point: Point, call: &Call, span: Span) -> Option<Found> {
    let Target::External(path) = &call.callee.target else { return None };
    let facts = cx.catalogue().facts(*path).filter(|f| f.acquires_raw && !f.forgets)?;
    let (vars, stops) = follow(cx, view.mir, call.dest.var);
    let owner = view
        .mir
        .var(call.dest.var)
        .ty
        .any(&mut |t| t.path().is_some_and(|p| p.as_str() == "std::os::fd::OwnedFd"));
    let stays = stops.iter().all(|s| matches!(s, Stop::Called { .. } | Stop::Returned));
    if !stays || owner && !is_used_as_number(cx, view.mir, &vars, &stops) {
        return None;
    }
    let is_it = |operand: &Operand| operand.place().is_some_and(|p| vars.contains(&p.var));
    // What is returned is the caller's.
    let is_returned = |statement: &Statement| match &statement.kind {
        StatementKind::Assign { dest, value } if dest.var == view.mir.return_var => match value {
            Rvalue::Use(operand) => is_it(operand),
            Rvalue::Aggregate { parts, .. } => parts.iter().any(|(_, operand)| is_it(operand)),
            _ => false,
        },
        _ => false,
    };
    let is_end = |statement: &Statement| match &statement.kind {
        StatementKind::Call(call) => {
            !is_transparent(cx, call)
                && call.args.iter().enumerate().any(|(i, a)| {
                    is_it(a) && (says(&call.name, RELEASERS) || care_of_call(cx, call, i) != Care::Lends)
                })
        }
        _ => is_returned(statement),
    };
    let (ended, exits) = ways_out(cx, view, point, span, &vars, &is_end, &is_failure)?;
    let returned = view.statements().any(|(_, s)| s.span == ended && is_returned(s));
    let releases = view.mir.calls().any(|(_, s, c)| {
        s.span == ended && says(&c.name, RELEASERS) && !c.name.starts_with("from_raw")
            || matches!(&c.callee.target, Target::Def(_)) && s.span == ended
    });
    let end = facts.undone_by.first().map_or("the release", |e| short(e));
    let what = format!("the handle of `{}`", call.name);
    let end = releases.then(|| format!("`{end}`"));
    Some(Found { what, end, ended, returned, only_undone: false, exits })
}

/// A flag or counter: `busy.store(true)` … `busy.store(false)`, `self.busy = true`, `fetch_add` … `fetch_sub`.
fn flag(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    point: Point,
    expr: Option<ExprId>,
    call: Option<&Call>,
) -> Option<Found> {
    let (object, on) = change(cx, view, point, expr?, call)?;
    // `kill.store(true)`, and back when the other side has ended: an order, which a failure must not take back.
    let is_order = object.path.last().is_some_and(|name| is_order(name.as_str()));
    if !on || is_order || !is_shared(view, &object) {
        return None;
    }
    let back = |p: Point| {
        let statement = view.mir.statement(p)?;
        let call = match &statement.kind {
            StatementKind::Call(call) => Some(&**call),
            StatementKind::Assign { .. } => None,
            _ => return None,
        };
        let (other, on) = change(cx, view, p, statement.expr?, call)?;
        (!on && other == object).then_some(statement.span)
    };
    let span = view.mir.statement(point)?.span;
    let succeeds = |kind: ReturnKind| !is_failure(kind);
    // Every way out but failures resets it, and there is one: only then is it a mark of being at work.
    let (ended, main) = walk(cx, view, point, span, &[], &back)?;
    let resets: Vec<Point> = view.statements().map(|(p, _)| p).filter(|p| back(*p).is_some()).collect();
    // A field may say on purpose that something failed; when other ways out reset it, it is not for that.
    if call.is_none() && resets.len() < 2 {
        return None;
    }
    let goes_on = resets.into_iter().any(|p| {
        let done = |at: Point, s: Option<&Statement>| {
            s.is_none()
                && matches!(&view.mir.blocks[at.block.index()].terminator,
                    Terminator::Return { kind, .. } if succeeds(*kind))
        };
        view.tokens.path(p, done, |at, _| at == point).is_some()
    });
    if is_handed_to_parts(view, &object) || !goes_on || main.iter().any(|(_, kind)| succeeds(*kind)) {
        return None;
    }
    let exits: Vec<Span> = main.into_iter().map(|(span, _)| span).collect();
    let name = object.path.last().map_or_else(|| "it".to_owned(), |n| format!("`{n}`"));
    let what = format!("the state of {name}");
    Some(Found { what, end: Some("the reset".to_owned()), ended, returned: false, only_undone: false, exits })
}

/// The name of a flag that tells somebody to end.
fn is_order(name: &str) -> bool {
    const ORDERS: [&str; 9] =
        ["kill", "stop", "exit", "shutdown", "quit", "cancel", "cancelled", "terminate", "abort"];
    name.split('_').any(|word| ORDERS.contains(&word))
}

/// A visitor: the object goes through a tree, which hands it on to each of its parts. Such an object is made for
/// one walk, and thrown away when that fails.
fn is_handed_to_parts(view: &FlowView<'_>, object: &Identity) -> bool {
    let ids = &view.tokens.identities;
    let is_whole =
        |operand: &Operand| ids.operand(operand).is_some_and(|i| i.root == object.root && i.path.is_empty());
    object.root == Root::Param(0)
        && view.mir.calls().any(|(_, _, call)| call.is_method && call.args.iter().skip(1).any(is_whole))
}

/// Parameters, captures and statics outlive the function; a local flag is read by nobody else.
fn is_shared(view: &FlowView<'_>, object: &Identity) -> bool {
    match object.root {
        Root::Static(_) => true,
        Root::Param(index) => view.mir.params.get(index as usize).is_some_and(|v| {
            let ty = &view.mir.var(*v).ty;
            matches!(ty, Ty::Ref(..)) || ty.is("std::sync::Arc") || ty.is("std::rc::Rc")
        }),
        Root::Local(local) => view.mir.vars.iter().any(|v| v.kind == VarKind::Capture(local)),
        Root::Temp(_) => false,
    }
}

/// A flag that is set (`true`) or reset (`false`), a counter that goes up or down.
fn change(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    point: Point,
    expr: ExprId,
    call: Option<&Call>,
) -> Option<(Identity, bool)> {
    let body = cx.hir();
    let truth = |e: ExprId| match &body.expr(e).kind {
        ExprKind::Literal(Literal::Bool(value)) => Some(*value),
        _ => None,
    };
    let ids = &view.tokens.identities;
    match call {
        Some(call) => {
            let Target::External(path) = &call.callee.target else { return None };
            if !path.starts_with("std::sync::atomic::") {
                return None;
            }
            let ExprKind::MethodCall { args, .. } = &body.expr(expr).kind else { return None };
            let on = match call.name.as_str() {
                "store" | "swap" => truth(*args.first()?)?,
                "fetch_add" => true,
                "fetch_sub" => false,
                _ => return None,
            };
            Some((ids.operand(call.args.first()?)?, on))
        }
        None => {
            let ExprKind::Assign { value, .. } = &body.expr(expr).kind else { return None };
            let StatementKind::Assign { dest, .. } = &view.mir.statement(point)?.kind else { return None };
            // What is passed around by reference is mostly thrown away when something fails; an object lives on.
            let is_method =
                cx.body.def.and_then(|d| cx.program().def(d).signature.as_ref())?.self_kind != SelfKind::None;
            let object = ids.place(dest);
            let is_field = matches!(dest.projections.last(), Some(Projection::Field(_)))
                && object.root == Root::Param(0);
            (is_method && is_field).then_some(object).zip(truth(*value))
        }
    }
}

/// Where the state is ended on some path, and the returns that are reached without that.
fn ways_out(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    from: Point,
    span: Span,
    handle: &[Var],
    is_end: &dyn Fn(&Statement) -> bool,
    counts: &dyn Fn(ReturnKind) -> bool,
) -> Option<(Span, Vec<Span>)> {
    let ends = |p: Point| match view.mir.statement(p) {
        Some(statement) if is_end(statement) => Some(statement.span),
        _ => None,
    };
    let (ended, exits) = walk(cx, view, from, span, handle, &ends)?;
    let exits: Vec<Span> =
        exits.into_iter().filter(|(_, kind)| counts(*kind)).map(|(span, _)| span).collect();
    (!exits.is_empty()).then_some((ended, exits))
}
