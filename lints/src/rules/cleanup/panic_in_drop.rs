//! Drop implementations that may panic.

use linger_analysis::facts::EffectKind;
use linger_analysis::flow::mir::{Call, Operand, Owner, Statement, StatementKind};
use linger_analysis::span::Span;
use linger_analysis::syntax::hir::{Body, ExprId, ExprKind, MacroKind};
use linger_analysis::types::infer::{Known, Target};
use linger_analysis::types::ty::Ty;

use super::drops::{drop_of, running_here};
use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::support::short;

declare_rule! {
    /// A `Drop` implementation may panic.
    ///
    /// ## Why it matters
    ///
    /// Values are dropped while a panic unwinds, too. A second panic there ends the process at once: the first
    /// message, the other destructors and the test report are lost.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// struct Worker {
    ///     thread: Option<std::thread::JoinHandle<()>>,
    /// }
    ///
    /// impl Drop for Worker {
    ///     fn drop(&mut self) {
    ///         if let Some(thread) = self.thread.take() {
    ///             thread.join().unwrap();
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// struct Worker {
    ///     thread: Option<std::thread::JoinHandle<()>>,
    /// }
    ///
    /// impl Drop for Worker {
    ///     fn drop(&mut self) {
    ///         if let Some(thread) = self.thread.take() {
    ///             if thread.join().is_err() {
    ///                 eprintln!("the worker panicked");
    ///             }
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A Drop that asks `std::thread::panicking()` is left alone, and so is an index under a condition that asks for the
    /// length. Panics inside of functions that it calls are
    /// not followed.
    PanicInDrop("panic_in_drop") {
        group: Cleanup,
        cases: {
            likely: Warn = "an I/O error that is unwrapped, a thread that is joined and unwrapped",
            other: Allow = "`panic!`, `lock().unwrap()`, `take().unwrap()`, assertions, indexing",
        },
        since: "0.1.0",
        fixes: None,
        compiler_lints: ["clippy::unwrap_in_result", "clippy::unwrap_used", "clippy::expect_used"],
    }
}

impl Rule for PanicInDrop {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        if drop_of(cx).is_none() || asks_whether_panicking(cx) {
            return;
        }
        let running = running_here(cx);
        for span in indexings(cx, &running) {
            report.push(finding(cx, span, "other", "what it indexes may not be there", Known::Resolved));
        }
        for view in running {
            for (_, statement) in view.statements() {
                let Some((case, why, known)) = panics(cx, view, statement) else { continue };
                report.push(finding(cx, statement.span, case, &why, known));
            }
        }
    }
}

fn finding(cx: &BodyContext<'_>, at: Span, case: &'static str, why: &str, known: Known) -> Diagnostic {
    Diagnostic::new(&META, cx.at(at), format!("this Drop may panic: {why}"))
        .case(case)
        .label("a panic here while another one unwinds ends the process")
        .confidence(known.into())
        .help("report the failure and go on, or ask `std::thread::panicking()` first")
}

/// `self.list[i]`, `&text[..n]` of std's types, in the arguments of macros too, unless something around it looks at what
/// is there.
fn indexings(cx: &BodyContext<'_>, running: &[&FlowView<'_>]) -> Vec<Span> {
    let body = cx.hir();
    let runs_here = |at: Span| {
        body.closures.iter().enumerate().all(|(number, closure)| {
            !closure.span.contains(at)
                || running.iter().any(|v| matches!(v.mir.owner, Owner::Closure(id) if id.index() == number))
        })
    };
    let found = body.exprs.iter().filter(|e| match &e.kind {
        ExprKind::Index { base, index } => {
            may_be_missing(cx, *base, *index) && runs_here(e.span) && !is_looked_up(body, e.span)
        }
        _ => false,
    });
    found.map(|e| e.span).collect()
}

fn may_be_missing(cx: &BodyContext<'_>, base: ExprId, index: ExprId) -> bool {
    let index = &cx.hir().expr(index).kind;
    let is_all = matches!(index, ExprKind::Range { start: None, end: None });
    match cx.ty(base).peel_refs() {
        // The compiler looks at these.
        Ty::Array(_) => !is_all && !matches!(index, ExprKind::Literal(_)),
        Ty::Slice(_) => !is_all,
        Ty::Prim(name) => name == "str" && !is_all,
        Ty::Adt(path, _) => path.starts_with("std::") && !is_all,
        _ => false,
    }
}

/// Whether it stands in a loop or under a condition that asks how much there is, or for the key.
fn is_looked_up(body: &Body, at: Span) -> bool {
    let asks = |e: ExprId| {
        body.any(e, &mut |e| {
            matches!(&body.expr(e).kind, ExprKind::MethodCall { method, .. }
                if matches!(method.as_str(), "len" | "is_empty" | "contains_key" | "get" | "position"))
        })
    };
    body.exprs.iter().any(|e| {
        e.span.contains(at)
            && match e.kind {
                ExprKind::If { condition, .. } | ExprKind::While { condition, .. } => asks(condition),
                ExprKind::For { iterable, .. } => asks(iterable),
                _ => false,
            }
    })
}

fn asks_whether_panicking(cx: &BodyContext<'_>) -> bool {
    cx.flows().iter().flat_map(|v| v.mir.calls()).any(|(_, _, call)| call.name == "panicking")
}

fn panics(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    statement: &Statement,
) -> Option<(&'static str, String, Known)> {
    match &statement.kind {
        StatementKind::Macro { expr, .. } => {
            let ExprKind::Macro(call) = &cx.hir().expr(*expr).kind else { return None };
            let name = call.path.last()?.as_str();
            match call.kind {
                // Written on purpose, for a state that must not be: of those that were read, none wanted to be told.
                MacroKind::Panic if name == "panic" => {
                    Some(("other", "it says so".to_owned(), Known::Resolved))
                }
                MacroKind::Assert if !name.starts_with("debug_") => {
                    Some(("other", format!("`{name}!` does when it fails"), Known::Resolved))
                }
                _ => None,
            }
        }
        StatementKind::Call(call) => unwrapped(cx, view, call),
        _ => None,
    }
}

/// `unwrap` and `expect`, by what they unwrap.
fn unwrapped(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    call: &Call,
) -> Option<(&'static str, String, Known)> {
    let Target::External(path) = &call.callee.target else { return None };
    let unwraps = matches!(call.name.as_str(), "unwrap" | "expect")
        && (path.starts_with("std::result::Result") || path.starts_with("std::option::Option"));
    if !unwraps {
        return None;
    }
    let var = call.args.first().and_then(Operand::var)?;
    let other =
        || Some(("other", format!("`{}` on something that may be missing", call.name), Known::Resolved));
    let Some(source) = view.tokens.identities.defining_call(var) else { return other() };
    let likely = match &source.callee.target {
        Target::External(path) => {
            let is_io_result = view.mir.var(var).ty.as_result().is_some_and(|(_, error)| is_io_error(&error));
            cx.catalogue().facts(*path).is_some_and(|f| {
                (f.io || is_io_result || f.waits && source.name == "join")
                    && f.locks.is_none()
                    && f.spawns.is_none()
                    && !f.tries
            })
        }
        Target::Def(def) => cx
            .analysis
            .summary(*def)
            .and_then(|s| s.effects.get(&EffectKind::Io))
            .is_some_and(|effect| effect.depth == 0 && path.starts_with("std::result::Result")),
        _ => false,
    };
    if !likely {
        return other();
    }
    let what = match &source.callee.target {
        Target::External(path) => short(path.as_str()).to_owned(),
        _ => source.name.to_string(),
    };
    let why = if what == "join" {
        "the thread it joins may have panicked".to_owned()
    } else {
        format!("`{what}` may fail, and its error is unwrapped")
    };
    Some(("likely", why, source.callee.known))
}

fn is_io_error(ty: &Ty) -> bool {
    ty.path().is_some_and(|p| p.as_str() == "std::io::Error")
}
