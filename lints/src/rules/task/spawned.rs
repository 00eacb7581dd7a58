//! Work that is started to run elsewhere, and what becomes of its handle.

use linger_analysis::catalogue::{Class, SpawnKind};
use linger_analysis::facts::{Endless, Spawn, endless, spawns};
use linger_analysis::flow::identity::Root;
use linger_analysis::flow::mir::{Call, Operand, Owner, Rvalue, StatementKind};
use linger_analysis::flow::tokens::{End, TokenId};
use linger_analysis::span::Span;
use linger_analysis::syntax::hir::{ClosureId, ExprId, ExprKind, Literal, PatKind};
use linger_analysis::types::infer::{Known, Target};
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::diagnostic::{Confidence, Diagnostic};
use crate::rule::RuleMeta;
use crate::rules::carried::made;

/// What becomes of a handle.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Dropped, or never given: the work runs on by itself.
    Detached,
    /// Kept, awaited, aborted or handed on; or not known.
    Kept,
}

/// What becomes of the handle of a spawn.
pub(crate) fn fate(cx: &BodyContext<'_>, view: &FlowView<'_>, spawn: &Spawn<'_>) -> Fate {
    if spawn.is_kept || is_in_set(cx, view, spawn) {
        return Fate::Kept;
    }
    let dest = &spawn.call.dest;
    let ty = view.place_ty(dest);
    if holds_nothing(ty) {
        return Fate::Detached;
    }
    let token = view.tokens.iter().find(|(_, t)| t.at == spawn.point);
    let Some((id, token)) = token else { return Fate::Kept };
    if token.is(Class::AbortOnDrop) {
        return if is_let_go(cx, view, id) { Fate::Detached } else { Fate::Kept };
    }
    if !token.is(Class::TaskHandle) && !token.is(Class::ThreadHandle) {
        return Fate::Kept;
    }
    if is_used(cx, view, id) { Fate::Kept } else { Fate::Detached }
}

/// There is no handle in what a spawn gives: `()`, `bool`, `Result<(), SpawnError>`.
fn holds_nothing(ty: &Ty) -> bool {
    match ty {
        Ty::Prim(_) => true,
        _ => ty.is_unit() || ty.as_result().is_some_and(|(ok, _)| ok.is_unit()),
    }
}

/// A handle that cancels its task when it is dropped is told not to: `task.detach()`.
fn is_let_go(cx: &BodyContext<'_>, view: &FlowView<'_>, id: TokenId) -> bool {
    view.tokens.ends.iter().filter(|e| e.token == id).any(|end| {
        view.mir.statement(end.at).is_some_and(|s| match &s.kind {
            StatementKind::Call(call) => cx.facts(&call.callee.target).is_some_and(|f| f.forgets),
            _ => false,
        })
    })
}

/// The spawn is a method of a set that cancels its tasks when it is dropped, or of a runtime that takes them along.
fn is_in_set(cx: &BodyContext<'_>, view: &FlowView<'_>, spawn: &Spawn<'_>) -> bool {
    if !spawn.call.is_method {
        return false;
    }
    let ty = spawn.call.callee.self_ty.clone().unwrap_or_else(|| match spawn.call.args.first() {
        Some(receiver) => view.operand_ty(receiver).clone(),
        None => Ty::Unknown,
    });
    let in_static = || {
        let receiver = spawn.call.args.first().and_then(|a| view.tokens.identities.operand(a));
        receiver.is_some_and(|i| matches!(i.root, Root::Static(_)))
    };
    ty.peel_refs().path().and_then(|p| cx.catalogue().resource(p)).is_some_and(|r| match r.class {
        Class::TaskSet | Class::AbortOnDrop => true,
        // Only futures go with the runtime: what blocks a thread of it goes on.
        Class::Runtime => spawn.kind == SpawnKind::Task && !in_static(),
        _ => false,
    })
}

/// Whether anything but drops happens to a token: it is moved on, awaited, or a method is called on it that is
/// more than a look (`is_finished`, `id`).
fn is_used(cx: &BodyContext<'_>, view: &FlowView<'_>, id: TokenId) -> bool {
    let moved = view.tokens.ends.iter().filter(|e| e.token == id).any(|end| match end.how {
        End::Dropped(_) => false,
        // `drop(handle)` and `mem::forget(handle)` detach too.
        End::Passed => !view.mir.statement(end.at).is_some_and(|s| match &s.kind {
            StatementKind::Call(call) => {
                is_thrown_away(cx, &call.callee.target) || is_mapped_away(cx, view, call)
            }
            _ => false,
        }),
        _ => true,
    });
    if moved {
        return true;
    }
    let mut used = false;
    view.tokens.walk(|_, state, statement| {
        let touched = match &statement.kind {
            StatementKind::Call(call)
                if is_thrown_away(cx, &call.callee.target) || is_mapped_away(cx, view, call) =>
            {
                return;
            }
            StatementKind::Call(call) => &call.args[..],
            StatementKind::Await { operands, .. } => &operands[..],
            StatementKind::Macro { args, .. } => &args[..],
            _ => return,
        };
        let look = matches!(&statement.kind, StatementKind::Call(c) if is_look(&c.name) || keeps_handle(cx, &c.callee.target));
        used |= !look && touched.iter().any(|o| o.place().is_some_and(|p| state.reached(p.var).contains(id)));
    });
    used
}

fn is_look(name: &str) -> bool {
    matches!(name, "is_finished" | "id" | "thread" | "fmt")
}

/// `unwrap` and `?` of what gives the handle.
fn keeps_handle(cx: &BodyContext<'_>, target: &Target) -> bool {
    cx.facts(target).is_some_and(|f| f.transparent)
}

fn is_thrown_away(cx: &BodyContext<'_>, target: &Target) -> bool {
    matches!(target, Target::External(path) if path.starts_with("std::mem::")
        && cx.catalogue().facts(*path).is_some_and(|f| f.releases || f.forgets))
}

/// `spawned.map(|_| ())`: the closure does not even look at the handle.
fn is_mapped_away(cx: &BodyContext<'_>, view: &FlowView<'_>, call: &Call) -> bool {
    let hir = cx.hir();
    matches!(&call.callee.target, Target::External(path)
        if matches!(path.as_str(), "std::result::Result::map" | "std::option::Option::map"))
        && call
            .args
            .get(1)
            .and_then(Operand::var)
            .and_then(|v| match view.tokens.identities.definition(v) {
                Some(Rvalue::Closure { id, .. }) => Some(hir.closure(*id)),
                _ => None,
            })
            .and_then(|closure| closure.params.first())
            .is_some_and(|param| matches!(hir.pat(param.pat).kind, PatKind::Wild))
}

/// The endless loop that spawned code may get into.
pub(crate) fn endless_loop(cx: &BodyContext<'_>, spawn: &Spawn<'_>) -> Option<Endless> {
    if let Some(closure) = spawn.closure {
        let closure: ClosureId = closure;
        return endless(cx.analysis, cx.body, cx.body.flow.get(Owner::Closure(closure)));
    }
    let def = spawn.function?;
    let found = cx.analysis.summary(def)?.stays_in.clone();
    // A function that is called here gives what is run; only its future, or itself by name, runs there.
    let is_async = cx.program().def(def).signature.as_ref().is_some_and(|s| s.is_async);
    let by_name = matches!(spawn.kind, SpawnKind::Thread | SpawnKind::Blocking);
    (is_async || by_name).then_some(found).flatten()
}

/// Code that takes no object along and works on a static belongs to the process and to no object: a free function
/// starts it, perhaps with a name or a path.
fn serves_static(cx: &BodyContext<'_>, view: &FlowView<'_>, spawn: &Spawn<'_>) -> bool {
    let Some(id) = spawn.closure else { return false };
    let is_free =
        cx.body.def.and_then(|d| cx.program().def(d).signature.as_ref()).is_none_or(|s| s.self_ty.is_none());
    let takes_nothing = made(view, id).is_some_and(|made| {
        made.captures.is_empty()
            || is_free && made.captures.iter().all(|c| is_plain(cx, &view.mir.var(c.var).ty))
    });
    takes_nothing
        && cx.flows().iter().filter(|v| v.mir.owner == Owner::Closure(id)).any(|inner| {
            inner.mir.calls().any(|(_, _, call)| {
                call.is_method
                    && call
                        .args
                        .first()
                        .and_then(|a| inner.tokens.identities.operand(a))
                        .is_some_and(|i| matches!(i.root, Root::Static(_)))
            })
        })
}

/// The loop serves a listener with an address that is written there: a second one finds that taken, and ends.
fn serves_fixed_address(cx: &BodyContext<'_>, endless: &Endless) -> bool {
    let holds = |outer: Span| outer.contains(endless.at.span);
    let around = cx.analysis.bodies_of(endless.at.file).iter().find(|b| {
        let hir = cx.analysis.hir(b);
        holds(hir.expr(hir.root).span)
    });
    let Some(hir) = around.map(|b| cx.analysis.hir(b)) else { return false };
    let is_fixed = |e: &ExprId| match &hir.expr(*e).kind {
        ExprKind::Literal(Literal::Str(address)) => !address.ends_with(":0"),
        _ => false,
    };
    hir.exprs.iter().any(|e| {
        let ExprKind::Call { callee, args } = &e.kind else { return false };
        let ExprKind::Path(path) = &hir.expr(*callee).kind else { return false };
        let listens = path.segments.iter().any(|s| {
            let name = s.name.as_str();
            name.contains("bind") || name.contains("listen") || name.ends_with("Listener") || name == "Server"
        });
        listens && e.span.hi <= endless.at.span.lo && args.iter().any(is_fixed)
    })
}

/// Text, paths, numbers, durations: data of std that stands for no object.
fn is_plain(cx: &BodyContext<'_>, ty: &Ty) -> bool {
    match ty {
        Ty::Prim(_) => true,
        Ty::Ref(_, inner) | Ty::Slice(inner) | Ty::Array(inner) => is_plain(cx, inner),
        Ty::Tuple(parts) => parts.iter().all(|part| is_plain(cx, part)),
        Ty::Adt(path, args) => {
            path.starts_with("std::")
                && !cx.catalogue().is_shared_pointer(*path)
                && cx.catalogue().resource(*path).is_none()
                && args.iter().all(|arg| is_plain(cx, arg))
        }
        _ => false,
    }
}

/// Reports the spawns of some kinds that are detached and never end.
pub(crate) fn never_stopping(
    cx: &BodyContext<'_>,
    meta: &'static RuleMeta,
    kinds: &[SpawnKind],
    noun: &str,
    help: &str,
    heed_reasons: bool,
    report: &mut Vec<Diagnostic>,
) {
    for view in cx.flows() {
        for spawn in spawns(cx.analysis, cx.body, &view.tokens) {
            if !kinds.contains(&spawn.kind) || spawn.call.callee.known != Known::Resolved {
                continue;
            }
            let Some(endless) = endless_loop(cx, &spawn) else { continue };
            if fate(cx, view, &spawn) != Fate::Detached || heed_reasons && cx.has_reason(spawn.statement.span)
            {
                continue;
            }
            let once = cx.analysis.is_once(cx.body, view.mir.owner)
                || serves_static(cx, view, &spawn)
                || serves_fixed_address(cx, &endless);
            let mut finding = Diagnostic::new(
                meta,
                cx.at(spawn.call.name_span),
                format!("this {noun} never ends, and nothing can stop it"),
            )
            .case(if once { "once" } else { "many" })
            .label("started here, and its handle is dropped")
            .confidence(Confidence::from(spawn.call.callee.known));
            for step in &endless.way {
                finding = finding.step(*step, "which goes on here");
            }
            finding = finding.step(endless.at, "no `break`, `return` or `?` leaves this loop");
            report.push(finding.help(help));
        }
    }
}
