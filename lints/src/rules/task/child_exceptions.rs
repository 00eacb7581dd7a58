//! Child processes that leave no zombie, or that nobody could wait for.

use linger_analysis::catalogue::Class;
use linger_analysis::flow::mir::{Mir, Point, StatementKind, Terminator, VarKind};
use linger_analysis::flow::tokens::{Token, path};
use linger_analysis::symbol::Symbol;
use linger_analysis::syntax::hir::{ExprKind, Literal};
use linger_analysis::types::infer::Target;

use crate::context::{BodyContext, FlowView};
use crate::rules::support::short;

/// Whether there is no zombie, or nobody to reap it.
pub(super) fn is_nobodys_zombie(cx: &BodyContext<'_>, view: &FlowView<'_>, token: &Token) -> bool {
    is_for_windows(view)
        || cx.is_never_on_unix(token.span)
        || is_made_of_nothing(view, token)
        || is_windows_program(cx, view, token)
        || has_cfg_twin(cx, view, token)
        || becomes_daemon(cx)
}

/// `Default::default()` of something that may hold a child: no process is started.
pub(super) fn is_made_of_nothing(view: &FlowView<'_>, token: &Token) -> bool {
    view.mir.statement(token.at).is_some_and(
        |s| matches!(&s.kind, StatementKind::Call(call) if call.name == "default" && call.args.is_empty()),
    )
}

/// Whether the child is made to go on without its parent: in a session or group of its own, or with a comment that says
/// so.
pub(super) fn is_let_go(cx: &BodyContext<'_>, token: &Token) -> bool {
    let apart = |name: &str| matches!(name, "process_group" | "setsid" | "daemon");
    cx.flows().iter().any(|view| view.mir.calls().any(|(_, _, call)| apart(&call.name)))
        || cx.has_reason_with(token.span, &["orphan", "detach", "outlive", "on its own", "fire and forget"])
}

/// Whether all that call the function end the process right behind it, as in `restart(); exit(0)`.
pub(super) fn is_last_act(cx: &BodyContext<'_>) -> bool {
    let Some(def) = cx.body.def else { return false };
    let Some(callers) = cx.analysis.callers.get(&def) else { return false };
    callers.iter().all(|caller| {
        let Some(body) = caller.from.and_then(|from| cx.analysis.body_of(from)) else { return false };
        !caller.repeated
            && body.flow.all().all(|mir| {
                mir.calls().all(|(point, _, call)| {
                    !matches!(call.callee.target, Target::Def(called) if called == def)
                        || !returns_behind(mir, point)
                })
            })
    })
}

/// Whether a function can return, or stay, behind a point.
fn returns_behind(mir: &Mir, from: Point) -> bool {
    path(
        mir,
        from,
        &mut |point, statement| {
            let block = &mir.blocks[point.block.index()];
            // A loop there may never end.
            statement.is_none()
                && (matches!(block.terminator, Terminator::Return { .. }) || block.in_loop.is_some())
        },
        &mut |_, _| false,
    )
    .is_some()
}

/// The child makes itself a child of somebody else before it runs the program: `pre_exec(|| libc::daemon(…))`.
fn becomes_daemon(cx: &BodyContext<'_>) -> bool {
    let calls = |test: &dyn Fn(&Symbol) -> bool| {
        cx.flows().iter().any(|view| {
            view.mir
                .calls()
                .any(|(_, _, call)| matches!(&call.callee.target, Target::External(path) if test(path)))
        })
    };
    calls(&|path| matches!(short(path), "pre_exec" | "before_exec"))
        && calls(&|path| cx.catalogue().facts(*path).is_some_and(|f| f.forks))
}

/// Zombies are a matter of Unix.
fn is_for_windows(view: &FlowView<'_>) -> bool {
    view.mir.calls().any(|(_, _, call)| {
        matches!(&call.callee.target, Target::External(path) if path.starts_with("std::os::windows"))
    })
}

/// A program that there is only on Windows: `Command::new("cmd").args(["/c", "start"])`.
fn is_windows_program(cx: &BodyContext<'_>, view: &FlowView<'_>, token: &Token) -> bool {
    let hir = cx.hir();
    let Some(start) = view.mir.statement(token.at).and_then(|s| s.expr) else { return false };
    hir.any(start, &mut |e| {
        let ExprKind::Call { args, .. } = &hir.expr(e).kind else { return false };
        args.first().is_some_and(|a| match &hir.expr(*a).kind {
            ExprKind::Literal(Literal::Str(name)) => {
                name.ends_with(".exe")
                    || matches!(name.as_str(), "cmd" | "explorer" | "powershell" | "taskkill")
            }
            _ => false,
        })
    })
}

/// `#[cfg(windows)] let child = start(); #[cfg(unix)] let child = start();`: both stand in the tree, and the first
/// looks as if nobody used it.
fn has_cfg_twin(cx: &BodyContext<'_>, view: &FlowView<'_>, token: &Token) -> bool {
    let VarKind::User(local) = view.mir.var(token.first).kind else { return false };
    let name = cx.hir().local(local).name;
    view.tokens.iter().any(|(_, other)| {
        other.at != token.at
            && other.is(Class::Child)
            && matches!(view.mir.var(other.first).kind, VarKind::User(l) if l != local && cx.hir().local(l).name == name)
    })
}
