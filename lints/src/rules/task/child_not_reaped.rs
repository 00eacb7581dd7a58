//! Child processes that nobody waits for.

use linger_analysis::catalogue::Class;
use linger_analysis::flow::mir::{BlockId, Operand, Point, Statement, StatementKind, Terminator};
use linger_analysis::flow::tokens::{End, Token, TokenId};
use linger_analysis::types::infer::Target;
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::{Confidence, Diagnostic};
use crate::rule::{Rule, RuleMeta};
use crate::rules::support::short;
use crate::rules::task::child_exceptions::{is_last_act, is_let_go, is_nobodys_zombie};
use crate::rules::task::{child_left_running, killed_in_drop};

declare_rule! {
    /// A child process is started and never waited for.
    ///
    /// ## Why it matters
    ///
    /// Dropping a `std::process::Child` neither ends the process nor waits for it. Once it has ended it stays in
    /// the process table as a zombie until its parent is gone, also after `kill()`: a program that runs for long
    /// collects them until no process can be started any more.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// pub fn beep() {
    ///     match std::process::Command::new("beep").spawn() {
    ///         Ok(child) => println!("beeping as {}", child.id()),
    ///         Err(error) => println!("no beep: {error}"),
    ///     }
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// pub fn beep() {
    ///     match std::process::Command::new("beep").spawn() {
    ///         Ok(mut child) => {
    ///             std::thread::spawn(move || child.wait());
    ///         }
    ///         Err(error) => println!("no beep: {error}"),
    ///     }
    /// }
    /// ```
    ///
    /// A process of an async runtime is reaped in any case, but it runs on when the future that waits for it is
    /// dropped, for instance by a timeout around `Command::output()`: its command must `kill_on_drop(true)`.
    ///
    /// ## Limits
    ///
    /// A child that is moved on or lent to other code is that code's duty.
    ChildNotReaped("child_not_reaped") {
        group: Task,
        cases: {
            never: Warn = "no path waits for it",
            only_killed: Warn = "it is killed and then not waited for",
            early_exit: Allow = "a `?` or `return` between the start and the wait jumps over the wait",
            left_running: Warn = "it runs on when the time that it is waited for is up",
            detached: Allow = "never waited for, but made to go on without its parent: `setsid`, or a comment",
            once: Allow = "never waited for, but started only once in the life of the process",
        },
        since: "0.1.0",
        fixes: None,
        compiler_lints: ["clippy::zombie_processes"],
    }
}

impl Rule for ChildNotReaped {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        let before = report.len();
        killed_in_drop::find(cx, &META, report);
        let is_said = report.len() > before;
        for view in cx.flows() {
            child_left_running::find(cx, view, &META, report);
            for (id, token) in view.tokens.iter() {
                if is_zombie(cx, token)
                    && !is_nobodys_zombie(cx, view, token)
                    && let Some(finding) = follow(cx, view, id, token)
                    && !(is_said && finding.case == Some("only_killed"))
                {
                    report.push(finding);
                }
            }
        }
    }
}

/// The token is a child process made here that nobody else reaps.
fn is_zombie(cx: &BodyContext<'_>, token: &Token) -> bool {
    use linger_analysis::flow::tokens::Source;
    token.source == Source::Call
        && token.owned.len() == 1
        && token.owned.iter().all(|o| {
            o.class == Class::Child && cx.catalogue().resource(o.ty).is_some_and(|r| r.needs_reaping)
        })
}

/// What code does with a child.
#[derive(Default)]
struct Uses {
    waits: bool,
    kills: Option<linger_analysis::span::Span>,
    elsewhere: bool,
}

fn follow(cx: &BodyContext<'_>, view: &FlowView<'_>, id: TokenId, token: &Token) -> Option<Diagnostic> {
    let mut dropped = None;
    for end in view.tokens.ends.iter().filter(|e| e.token == id) {
        match end.how {
            End::Dropped(_) => {
                let failing = view.mir.blocks[end.at.block.index()].on_failure;
                if dropped.is_none() || !failing {
                    dropped = Some((end, failing));
                }
            }
            End::Passed if is_discarding(cx, view, end.at) => dropped = Some((end, false)),
            // `child.wait_with_output()`, or handed on.
            _ => return early(cx, view, id, token),
        }
    }
    let uses = uses(cx, view, id);
    if uses.elsewhere {
        return None;
    }
    if uses.waits {
        return early(cx, view, id, token);
    }
    // Dropped nowhere: the process never gets that far.
    let (end, _) = dropped?;
    if ends_with_process(view, end.at) || is_last_act(cx) {
        return None;
    }
    let once = cx.analysis.is_once(cx.body, view.mir.owner);
    let (case, message) = match uses.kills {
        _ if once => ("once", "this child process is never waited for"),
        None if is_let_go(cx, token) => ("detached", "this child process is never waited for"),
        Some(_) => ("only_killed", "this child process is killed and then not waited for"),
        None => ("never", "this child process is never waited for"),
    };
    let mut finding = Diagnostic::new(&META, cx.at(name_span(view, token)), message)
        .case(case)
        .label("started here; when it ends it stays a zombie")
        .confidence(Confidence::from(token.known));
    if let Some(kill) = uses.kills {
        finding = finding.step(cx.at(kill), "killed, but not reaped");
    }
    Some(finding.help(match uses.kills {
        Some(_) => "call `wait()` after `kill()`: it takes the dead process out of the table",
        None => "call `wait()` when it is done, or give it to a thread that does",
    }))
}

/// Whether the process ends right behind a point, on every way: nobody is left to be a parent.
fn ends_with_process(view: &FlowView<'_>, at: Point) -> bool {
    let returns = |point: Point, statement: Option<&Statement>| {
        statement.is_none()
            && matches!(view.mir.blocks[point.block.index()].terminator, Terminator::Return { .. })
    };
    view.mir.blocks[at.block.index()].in_loop.is_none()
        && view.tokens.path(at, returns, |_, _| false).is_none()
}

/// Where the name of the call stands that starts it; chains over several lines start elsewhere.
fn name_span(view: &FlowView<'_>, token: &Token) -> linger_analysis::span::Span {
    view.mir
        .statement(token.at)
        .and_then(|s| match &s.kind {
            StatementKind::Call(call) => Some(call.name_span),
            _ => None,
        })
        .unwrap_or(token.span)
}

/// The child is waited for or handed on, but a way out before that drops it.
fn early(cx: &BodyContext<'_>, view: &FlowView<'_>, id: TokenId, token: &Token) -> Option<Diagnostic> {
    let end = view.tokens.ends.iter().filter(|e| e.token == id).find(|e| {
        matches!(e.how, End::Dropped(_))
            && view.mir.blocks[e.at.block.index()].on_failure
            && !reaped_before(cx, view, id, e.at.block)
    })?;
    Some(
        Diagnostic::new(
            &META,
            cx.at(name_span(view, token)),
            "this child process is left behind when a step before the wait fails",
        )
        .case("early_exit")
        .label("started here")
        .step(cx.at(end.span), "dropped without a wait on this way out")
        .confidence(Confidence::from(token.known))
        .help("wait for it (or kill it and wait) on this way too, for instance with a guard"),
    )
}

/// Whether a wait lies on every way from the start to `goal`.
fn reaped_before(cx: &BodyContext<'_>, view: &FlowView<'_>, id: TokenId, goal: BlockId) -> bool {
    let token = view.tokens.token(id);
    view.tokens
        .path(
            token.at,
            |point, _| point.block == goal,
            |point, statement| {
                statement.is_some_and(|s| {
                    let mut uses = Uses::default();
                    look(cx, view, id, point, s, &mut uses);
                    uses.waits || uses.elsewhere
                })
            },
        )
        .is_none()
}

fn uses(cx: &BodyContext<'_>, view: &FlowView<'_>, id: TokenId) -> Uses {
    let mut uses = Uses::default();
    for (point, statement) in view.statements().filter(|(p, _)| *p != view.tokens.token(id).at) {
        look(cx, view, id, point, statement, &mut uses);
    }
    uses
}

fn look(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    id: TokenId,
    point: Point,
    statement: &Statement,
    uses: &mut Uses,
) {
    use linger_analysis::flow::mir::Rvalue;
    match &statement.kind {
        StatementKind::Call(call) => {
            let reaching = |o: &Operand| reaches_child(cx, view, point, id, o);
            if !call.args.iter().any(reaching) {
                return;
            }
            let Target::External(path) = &call.callee.target else {
                let is_adaptor = matches!(call.callee.target, Target::Def(def)
                    if cx.analysis.summary(def).is_some_and(|s| s.passes_on));
                uses.elsewhere |= !is_adaptor;
                return;
            };
            let name = short(path);
            let facts = cx.catalogue().facts(*path);
            let own = call
                .callee
                .self_ty
                .as_ref()
                .and_then(|t| t.peel_refs().path())
                .or_else(|| call.args.first().and_then(|o| view.operand_ty(o).peel_refs().path()));
            let on_child =
                own.and_then(|p| cx.catalogue().resource(p)).is_some_and(|r| r.class == Class::Child);
            match name {
                "wait" | "wait_with_output" | "try_wait" | "wait_timeout" if on_child => uses.waits = true,
                "kill" if on_child => uses.kills = Some(statement.span),
                "id" if on_child => {}
                _ if facts.is_some_and(|f| f.transparent)
                    || is_discarding_target(cx, &call.callee.target) => {}
                "fmt" | "is_ok" | "is_err" => {}
                _ => uses.elsewhere = true,
            }
        }
        StatementKind::Macro { args, expr, .. } => {
            use linger_analysis::syntax::hir::{ExprKind, MacroKind};
            let unknown = match &cx.hir().expr(*expr).kind {
                ExprKind::Macro(call) => call.kind == MacroKind::Unknown,
                _ => true,
            };
            uses.elsewhere |= unknown && args.iter().any(|o| reaches_child(cx, view, point, id, o));
        }
        StatementKind::Assign { value: Rvalue::Closure { captures, .. }, .. } => {
            uses.elsewhere |= captures.iter().any(|c| {
                view.in_hand().reaches(point, c.var, id) && may_be_child(cx, &view.mir.var(c.var).ty)
            });
        }
        _ => {}
    }
}

/// The operand is the child, a reference to it, or something that holds it; its pipes are not.
fn reaches_child(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    point: Point,
    id: TokenId,
    operand: &Operand,
) -> bool {
    let Some(place) = operand.place() else { return false };
    if !view.in_hand().reaches(point, place.var, id) || !place.projections.iter().all(is_transparent_step) {
        return false;
    }
    may_be_child(cx, &view.mir.var(place.var).ty)
}

fn is_transparent_step(step: &linger_analysis::flow::mir::Projection) -> bool {
    use linger_analysis::flow::mir::Projection;
    match step {
        Projection::Deref | Projection::Index => true,
        Projection::Field(name) => matches!(name.as_str(), "Ok" | "Some" | "0"),
    }
}

fn may_be_child(cx: &BodyContext<'_>, ty: &Ty) -> bool {
    let ty = ty.peel_refs();
    ty.is_unknown()
        || cx.analysis.ownership.owns(ty, Class::Child)
        || matches!(ty, Ty::Param(..) | Ty::Dyn(_) | Ty::Impl(_))
}

fn is_discarding(cx: &BodyContext<'_>, view: &FlowView<'_>, at: linger_analysis::flow::mir::Point) -> bool {
    matches!(view.mir.statement(at).map(|s| &s.kind), Some(StatementKind::Call(call)) if is_discarding_target(cx, &call.callee.target))
}

/// `drop(child)`, `mem::forget(child)`
fn is_discarding_target(cx: &BodyContext<'_>, target: &Target) -> bool {
    matches!(target, Target::External(path) if path.starts_with("std::mem::")
        && cx.catalogue().facts(*path).is_some_and(|f| f.releases || f.forgets))
}
