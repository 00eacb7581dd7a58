//! Calls that block the thread inside of async code.

use std::cell::OnceCell;

use linger_analysis::catalogue::{Class, FunctionFacts, Mode, SpawnKind};
use linger_analysis::facts::{EffectKind, spawns};
use linger_analysis::flow::mir::{Call, Operand, Owner, Point, Rvalue, Statement, StatementKind, Var};
use linger_analysis::span::{FileSpan, Span};
use linger_analysis::syntax::hir::{ClosureId, ClosureKind, ExprId, ExprKind, PatId};
use linger_analysis::types::infer::{Known, Target};

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::{Confidence, Diagnostic};
use crate::rule::{Rule, RuleMeta};
use crate::rules::killed::is_killed_before;
use crate::rules::shapes::is_variant;
use crate::rules::support::short;

declare_rule! {
    /// Async code calls something that blocks its thread.
    ///
    /// ## Why it matters
    ///
    /// The thread runs many tasks. While it sleeps, waits for a channel, a thread or a process, none of them moves;
    /// when what it waits for is one of them, it waits for ever.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// async fn retry() {
    ///     std::thread::sleep(std::time::Duration::from_secs(1));
    /// }
    /// ```
    ///
    /// ```rust,ignore,clean
    /// async fn retry() {
    ///     tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Functions of the program are followed over one call. File I/O is not reported.
    /// A root future that has the only thread of its runtime is taken for one that has not. A plain `sleep` is reported
    /// there, too: the runtime's own takes its place, and nobody has to know what will run beside it one day.
    BlockingInAsync("blocking_in_async") {
        group: Task,
        cases: {
            waits: Warn = "sleeps, or waits for a channel, thread, process or future",
            panics: Warn = "waits in a way that panics where a runtime runs",
            alone: Allow = "nobody waits meanwhile: in the root future of a program, or for what an exclusive guard gives access to",
            in_callee: Allow = "the same inside of a function that is called here",
            network: Allow = "other blocking network and database calls",
        },
        since: "0.1.0",
        fixes: None,
        compiler_lints: ["clippy::disallowed_methods"],
    }
}

impl Rule for BlockingInAsync {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        let main = cx.body.def.is_some_and(|d| cx.program().item(d).attributes.is_async_main);
        for view in cx.flows() {
            // The code of `#[tokio::main]` itself runs in `block_on`, on a thread that is its own. In a closure it is
            // not known what is meant to take time.
            let only_panics = !view.mir.is_async || main && view.mir.owner == Owner::Root;
            in_flow(cx, view, only_panics, report);
        }
    }
}

fn in_flow(cx: &BodyContext<'_>, view: &FlowView<'_>, only_panics: bool, report: &mut Vec<Diagnostic>) {
    // Asked once something is found: it looks through the flows around a closure.
    let runs = OnceCell::new();
    for (point, statement) in view.statements() {
        let StatementKind::Call(call) = &statement.kind else { continue };
        if call.callee.known != Known::Resolved || cx.has_reason(statement.span) {
            continue;
        }
        if is_awaited(cx, statement)
            || is_over(cx, view, call)
            || is_killed_before(view, call)
            || cx.analysis.only_asks(cx.body, call, statement.expr)
        {
            continue;
        }
        let Some(blocking) = blocking(cx, call).filter(|b| !only_panics || b.case == "panics") else {
            continue;
        };
        if blocking.case == "panics" && no_runtime_runs(cx, statement.span) {
            continue;
        }
        if !*runs.get_or_init(|| runs_as_future(cx, view)) {
            return;
        }
        let case = match blocking.case {
            "waits" if !sleeps(cx, call) && is_alone(cx, view, point, call) => "alone",
            case => case,
        };
        let mut finding = Diagnostic::new(
            &META,
            cx.at(call.name_span),
            format!("`{}` blocks the thread inside of async code", blocking.name),
        )
        .case(case)
        .label(match case {
            "panics" => "it panics where a runtime runs already",
            "alone" => "nothing else runs there, as far as can be seen",
            _ => "no other task of this thread moves meanwhile",
        })
        .confidence(Confidence::from(call.callee.known));
        if let Some(at) = blocking.at {
            finding = finding.step(at, "it blocks here");
        }
        report.push(finding.help(blocking.help));
    }
}

/// What is awaited gives a future: under another feature the name stands for another function.
fn is_awaited(cx: &BodyContext<'_>, statement: &Statement) -> bool {
    cx.hir()
        .exprs
        .iter()
        .any(|e| matches!(e.kind, ExprKind::Await { operand } if Some(operand) == statement.expr))
}

/// Whether code is only got to where `Handle::try_current()` has failed.
fn no_runtime_runs(cx: &BodyContext<'_>, code: Span) -> bool {
    let body = cx.hir();
    let asks = |e: ExprId| {
        body.any(e, &mut |part| {
            let callee = cx.types().callees.get(&part);
            callee.and_then(|c| cx.facts(&c.target)).is_some_and(|f| f.asks_for_runtime)
        })
    };
    let is_in = |e: ExprId| body.expr(e).span.contains(code);
    let fails = |pat: PatId| is_variant(body, pat, &["Err"]);
    let succeeds = |pat: PatId| is_variant(body, pat, &["Ok"]);
    body.exprs.iter().any(|e| match &e.kind {
        ExprKind::Match { scrutinee, arms } if e.span.contains(code) => {
            let in_arm = arms.iter().position(|arm| is_in(arm.body));
            // `_` behind `Ok(..)` is what is left.
            in_arm.and_then(|at| arms.split_at_checked(at)).is_some_and(|(before, from)| {
                let is_rest = before.iter().any(|arm| arm.guard.is_none() && succeeds(arm.pat));
                from.first().is_some_and(|arm| fails(arm.pat) || is_rest && !succeeds(arm.pat))
            }) && asks(*scrutinee)
        }
        ExprKind::If { condition, then_branch, else_branch } if e.span.contains(code) => {
            let (then, otherwise) = (is_in(*then_branch), else_branch.is_some_and(is_in));
            let fits = match &body.expr(*condition).kind {
                ExprKind::Let { pat, .. } => then && fails(*pat) || otherwise && succeeds(*pat),
                ExprKind::MethodCall { method, .. } => match method.as_str() {
                    "is_err" => then,
                    "is_ok" => otherwise,
                    _ => false,
                },
                _ => false,
            };
            fits && asks(*condition)
        }
        _ => false,
    })
}

/// A join in code that asks `is_finished` first: it gives what is there already.
fn is_over(cx: &BodyContext<'_>, view: &FlowView<'_>, call: &Call) -> bool {
    let is_thread = |call: &Call| {
        let ty = call.callee.self_ty.as_ref().and_then(|t| t.peel_refs().path());
        ty.and_then(|p| cx.catalogue().resource(p)).is_some_and(|r| r.class == Class::ThreadHandle)
    };
    is_thread(call)
        && cx
            .flows()
            .iter()
            .filter(|v| v.mir.owner == view.mir.owner || !v.mir.is_async)
            .any(|v| v.mir.calls().any(|(_, _, c)| c.name.as_str() == "is_finished" && is_thread(c)))
}

struct Blocking {
    name: String,
    case: &'static str,
    at: Option<FileSpan>,
    help: &'static str,
}

const HELP: &str = "use the async counterpart, or move it to `spawn_blocking`";

fn blocking(cx: &BodyContext<'_>, call: &Call) -> Option<Blocking> {
    match &call.callee.target {
        Target::External(path) => {
            let facts = cx.catalogue().facts(*path)?;
            let case = case(facts)?;
            Some(Blocking { name: short(path).to_owned(), case, at: None, help: HELP })
        }
        Target::Def(def) => {
            let signature = cx.program().def(*def).signature.as_ref()?;
            if signature.is_async {
                return None;
            }
            let name = call.name.to_string();
            let enters = cx.analysis.summary(*def)?.effects.get(&EffectKind::EntersRuntime);
            if let Some(effect) = enters.filter(|e| e.depth == 0 && !cx.program().def(*def).in_test) {
                return Some(Blocking { name, case: "panics", at: Some(effect.at), help: HELP });
            }
            let effect = cx.analysis.summary(*def)?.effects.get(&EffectKind::Blocks)?;
            let facts = cx.catalogue().facts(effect.what)?;
            if effect.depth != 0 || case(facts)? != "waits" || cx.program().def(*def).in_test {
                return None;
            }
            Some(Blocking { name, case: "in_callee", at: Some(effect.at), help: HELP })
        }
        _ => None,
    }
}

/// Waits that last; locks and files are somebody else's subject.
fn case(facts: &FunctionFacts) -> Option<&'static str> {
    if facts.panics_in_runtime {
        return Some("panics");
    }
    if !facts.blocks || facts.locks.is_some() || facts.spawns.is_some() || facts.tries || facts.runs_once {
        return None;
    }
    // The end of a scope waits too, but for what was started right there.
    if facts.path.ends_with("::scope") {
        return None;
    }
    Some(match facts {
        _ if facts.io && !facts.waits => "network",
        _ => "waits",
    })
}

fn sleeps(cx: &BodyContext<'_>, call: &Call) -> bool {
    cx.facts(&call.callee.target).is_some_and(|f| f.sleeps)
}

/// Whether nobody waits while a call does: nothing runs beside it, or the one who may use what it waits for is here.
fn is_alone(cx: &BodyContext<'_>, view: &FlowView<'_>, point: Point, call: &Call) -> bool {
    let through_guard = || {
        let state = view.tokens.state_at(point);
        call.args.first().and_then(Operand::place).is_some_and(|used| {
            state.reached(used.var).iter().any(|id| {
                let lock = view.tokens.token(id).lock.as_ref();
                lock.is_some_and(|l| l.class == Class::LockGuard && l.mode == Mode::Exclusive)
            })
        })
    };
    cx.analysis.runs_in_root(cx.body, view.mir.owner) || through_guard()
}

/// Whether a flow runs when a task is polled: as async code, or as a closure that the standard library calls for it on
/// the spot (`names.iter().find(|n| …)`).
fn runs_as_future(cx: &BodyContext<'_>, view: &FlowView<'_>) -> bool {
    if view.mir.is_async {
        return !runs_on_its_own_thread(cx, view);
    }
    let Owner::Closure(id) = view.mir.owner else { return false };
    let around = cx.hir().closure(id).parent.map_or(Owner::Root, Owner::Closure);
    cx.flows().iter().filter(|outer| outer.mir.owner == around).any(|outer| {
        let mut calls = outer.mir.calls().filter_map(|(_, _, call)| match &call.callee.target {
            Target::External(path) => Some((call, *path)),
            _ => None,
        });
        let is_called = calls.any(|(call, path)| {
            path.starts_with("std::")
                && !path.ends_with("::new")
                && path.rsplit("::").nth(1).is_some_and(|ty| matches!(ty, "Iterator" | "Option" | "Result"))
                && cx.catalogue().facts(path).is_none_or(|f| f.spawns.is_none())
                && call.args.iter().filter_map(Operand::var).any(|v| is_closure(outer, v, id))
        });
        is_called && runs_as_future(cx, outer)
    })
}

fn is_closure(view: &FlowView<'_>, var: Var, closure: ClosureId) -> bool {
    matches!(view.tokens.identities.definition(var), Some(Rvalue::Closure { id, .. }) if *id == closure)
}

/// The code is given to a thread of its own (`block_on` in a thread, `spawn_blocking`, `block_in_place`).
fn runs_on_its_own_thread(cx: &BodyContext<'_>, view: &FlowView<'_>) -> bool {
    let Owner::Closure(id) = view.mir.owner else { return false };
    let around: Vec<ClosureId> = std::iter::successors(Some(id), |id| cx.hir().closure(*id).parent).collect();
    // A plain closure in between: where it runs is not known.
    if around.iter().any(|id| cx.hir().closure(*id).kind == ClosureKind::Closure) {
        return true;
    }
    cx.flows().iter().any(|outer| {
        spawns(cx.analysis, cx.body, &outer.tokens).iter().any(|spawn| {
            matches!(spawn.kind, SpawnKind::Thread | SpawnKind::Blocking)
                && spawn.closure.is_some_and(|c| around.contains(&c))
        })
    })
}
