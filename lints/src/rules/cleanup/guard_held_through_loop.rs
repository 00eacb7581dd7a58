//! Guards made in the head of a loop.

use linger_analysis::catalogue::Class;
use linger_analysis::flow::identity::Root;
use linger_analysis::flow::mir::{DropHow, LoopInfo, LoopKind, Point, Var, VarKind};
use linger_analysis::flow::tokens::{End, Source, Token, TokenId};
use linger_analysis::syntax::hir::{ExprId, ExprKind};
use linger_analysis::types::infer::Target;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::cleanup::held::{Harm, Repeat, needless};
use crate::rules::fixes::let_before_scrutinee;
use crate::rules::support::noun;

declare_rule! {
    /// A temporary guard made in the head of a loop lives through the whole body.
    ///
    /// ## Why it matters
    ///
    /// The head of `while let` and `for` keeps its temporaries until the body is done, in every edition. In
    /// `while let Some(job) = queue.lock().unwrap().pop() { run(job) }` the queue stays locked while the job
    /// runs: other workers wait, and a job that wants the queue waits for ever.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// fn drain(queue: &std::sync::Mutex<Vec<u64>>) {
    ///     while let Some(job) = queue.lock().unwrap().pop() {
    ///         std::thread::sleep(std::time::Duration::from_millis(job));
    ///     }
    /// }
    /// ```
    ///
    /// Take the value by a `let`, so that the guard ends with that statement:
    ///
    /// ```rust,clean
    /// fn drain(queue: &std::sync::Mutex<Vec<u64>>) {
    ///     loop {
    ///         let job = queue.lock().unwrap().pop();
    ///         let Some(job) = job else { break };
    ///         std::thread::sleep(std::time::Duration::from_millis(job));
    ///     }
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Whether a body takes long is judged by what it calls: awaits, locks, waits, I/O and callbacks, also one
    /// or two calls deep.
    GuardHeldThroughLoop("guard_held_through_loop") {
        group: Cleanup,
        cases: {
            busy: Warn = "the body blocks, waits, calls back or does I/O, or takes a lock on each turn of `for`",
            quiet: Allow = "the body does nothing that takes long",
        },
        since: "0.1.0",
        fixes: Sometimes,
        compiler_lints: ["clippy::significant_drop_in_scrutinee"],
    }
}

impl Rule for GuardHeldThroughLoop {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            for info in &view.mir.loops {
                if matches!(info.kind, LoopKind::WhileLet | LoopKind::For) {
                    in_loop(cx, view, info, report);
                }
            }
        }
    }
}

fn in_loop(cx: &BodyContext<'_>, view: &FlowView<'_>, info: &LoopInfo, report: &mut Vec<Diagnostic>) {
    let tokens = &view.tokens;
    for (id, token) in tokens.iter() {
        let is_guard =
            token.is(Class::LockGuard) || token.is(Class::RefcellBorrow) || token.is(Class::MapGuard);
        if !is_guard || token.source != Source::Call || !info.head.contains(token.span) {
            continue;
        }
        let lives = tokens.ends.iter().any(|e| {
            e.token == id && e.how == End::Dropped(DropHow::ScrutineeEnd) && e.span.lo >= info.head.hi
        });
        if !lives {
            continue;
        }
        let repeat = match info.kind {
            LoopKind::For if is_lent(cx, view, info, id) => Repeat::Lent,
            LoopKind::For => Repeat::Loop,
            _ => Repeat::No,
        };
        let found =
            needless(cx, view, id, repeat, |span| info.span.contains(span) && span.lo >= info.head.hi);
        // Nobody waits yet for a lock that this function has just made.
        let found = found.filter(|busy| busy.harm > Harm::Locks || !is_new(view, token));
        // Between two turns of `while let` the guard ends; another lock is mostly taken for a moment.
        let found = found.filter(|busy| busy.harm > Harm::Locks || info.kind == LoopKind::For);
        let what = noun(token);
        let head = if info.kind == LoopKind::For { "for" } else { "while let" };
        let mut finding = Diagnostic::new(
            &META,
            cx.at(token.span),
            format!("{what} made in the head of `{head}` is held through the whole body"),
        )
        .case(if found.is_some() { "busy" } else { "quiet" })
        .label("acquired here")
        .confidence(token.known.into());
        if let Some(busy) = found {
            finding = finding.step(cx.at(busy.span), busy.text);
            for step in busy.way {
                finding = finding.step(step, "there");
            }
        }
        let until = if info.kind == LoopKind::For {
            "released only here, when the loop is done"
        } else {
            "released only here, on each turn"
        };
        let mut finding = finding
            .step(cx.at(info.span.last_byte()), until)
            .help("take the value in a `let` statement before the body, so that the guard ends there");
        finding.fixes.extend(source(cx, info).and_then(|e| let_before_scrutinee(cx, e)));
        report.push(finding);
    }
}

/// Whether the lock of a guard is made in this very flow: `let device = Arc::new(Mutex::new(..))`.
fn is_new(view: &FlowView<'_>, token: &Token) -> bool {
    let Some(lock) = token.lock.as_ref().filter(|l| l.place.path.is_empty()) else { return false };
    let Root::Local(local) = lock.place.root else { return false };
    let made = (0u32..).zip(&view.mir.vars).find(|(_, decl)| decl.kind == VarKind::User(local));
    made.and_then(|(index, _)| view.tokens.identities.defining_call(Var(index)))
        .is_some_and(|call| matches!(call.callee.target, Target::External(path) if path.ends_with("::new")))
}

/// What the head of a loop takes its values from.
fn source(cx: &BodyContext<'_>, info: &LoopInfo) -> Option<ExprId> {
    let body = cx.hir();
    match body.expr(info.expr).kind {
        ExprKind::For { iterable, .. } => Some(iterable),
        ExprKind::While { condition, .. } => match body.expr(condition).kind {
            ExprKind::Let { scrutinee, .. } => Some(scrutinee),
            _ => None,
        },
        _ => None,
    }
}

/// Whether the iterator of a `for` loop owns the guard or borrows from it.
fn is_lent(cx: &BodyContext<'_>, view: &FlowView<'_>, info: &LoopInfo, id: TokenId) -> bool {
    let ExprKind::For { iterable, .. } = &cx.hir().expr(info.expr).kind else { return false };
    let state = view.tokens.state_at(Point { block: info.header, index: 0 });
    view.mir.vars.iter().enumerate().any(|(index, decl)| {
        decl.kind == VarKind::Temp(*iterable) && state.reached(Var(index as u32)).contains(id)
    })
}
