//! Values taken out of Drop's reach.

use linger_analysis::catalogue::{Class, FunctionFacts};
use linger_analysis::flow::mir::{
    Call, Discard, Operand, Owner, Point, Statement, StatementKind, Terminator, Var,
};
use linger_analysis::flow::tokens::path_from_start;
use linger_analysis::names::TargetKind;
use linger_analysis::span::{FileSpan, Span};
use linger_analysis::symbol::Symbol;
use linger_analysis::syntax::hir::{ExprId, ExprKind};
use linger_analysis::syntax::items::ItemKind;
use linger_analysis::types::infer::{Known, Target};
use linger_analysis::types::ty::Ty;

use super::drops::drop_of;
use super::journey::{Care, RELEASERS, Stop, care_of_call, follow, outcome, says};
use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::support::short;

declare_rule! {
    /// A resource is taken out of Drop's reach and nothing releases it.
    ///
    /// ## Why it matters
    ///
    /// `mem::forget`, `Box::leak`, `into_raw_fd` and `TempDir::keep` hand the duty to release to the program.
    /// Where nobody takes it, each call leaks: a descriptor, a directory, a piece of memory for ever.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// use std::os::fd::IntoRawFd;
    ///
    /// fn register(file: std::fs::File) {
    ///     let fd = file.into_raw_fd();
    ///     println!("watching {fd}");
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// use std::os::fd::AsRawFd;
    ///
    /// fn register(file: &std::fs::File) {
    ///     let fd = file.as_raw_fd();
    ///     println!("watching {fd}");
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A release anywhere in the crate (`from_raw_fd`, `close`, `remove_dir_all`) is taken as the matching one,
    /// unless the descriptor is plainly seen to go nowhere; so is a kept path that is handed on by value. Leaked memory is reported only where it can grow: in
    /// loops, in async functions, and in functions that return it or leak it for the sake of one call; where a comment
    /// says that it is meant for the life of the process, it is the strict case `once`.
    ForgottenResource("forgotten_resource") {
        group: Cleanup,
        cases: {
            handle: Warn = "a descriptor, guard, file, temporary directory or task",
            memory: Warn = "memory, again and again: in a loop, a handler, or for each call",
            once: Allow = "memory, once, for something that is kept, or with a comment that says so",
            deliberate: Allow = "`mem::forget` of a guard or other resource",
        },
        since: "0.1.0",
        fixes: None,
        compiler_lints: ["clippy::mem_forget"],
    }
}

impl Rule for ForgottenResource {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        if !is_function(cx) {
            return;
        }
        freed_by_halves(cx, report);
        for view in cx.flows() {
            for (point, statement, call) in view.mir.calls() {
                let Target::External(path) = &call.callee.target else { continue };
                let Some(facts) = cx.catalogue().facts(*path).filter(|f| f.forgets) else { continue };
                if !view.is_reachable(point) {
                    continue;
                }
                let Some((case, what)) = forgotten(cx, view, point, call, facts) else { continue };
                let resolved = call.callee.known == Known::Resolved;
                if case != "memory" && cx.has_reason(statement.span) || !resolved && case != "handle" {
                    continue;
                }
                let is_said = case == "memory" && (is_said_to_stay(cx, statement.span) || is_documented(cx));
                let case = if is_said { "once" } else { case };
                let name = short(path);
                report.push(
                    Diagnostic::new(&META, cx.at(statement.span), format!("`{name}` {what}"))
                        .case(case)
                        .label("Drop will not run for this")
                        .confidence(call.callee.known.into())
                        .help(match case {
                            "memory" | "once" => {
                                "keep the owner alive as long as it is used, or keep what was leaked and use it again"
                            }
                            _ => "keep the owner alive as long as it is used, or release it where it is no longer needed",
                        }),
                );
            }
        }
    }
}

/// The case and the words for a call that takes something out of Drop's reach.
fn forgotten(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    point: Point,
    call: &Call,
    facts: &FunctionFacts,
) -> Option<(&'static str, &'static str)> {
    let argument = call.args.first().map(|a| view.operand_ty(a).clone()).unwrap_or_default();
    let undone = |word: &str| facts.undone_by.iter().any(|p| short(p).contains(word));
    if facts.acquires_raw {
        return is_lost_descriptor(cx, view, call, facts)
            .then_some(("handle", "gives a descriptor that nobody closes"));
    }
    if undone("remove") {
        let words = "keeps a temporary file or directory that nobody removes";
        // Who throws the path away wants the thing to stay.
        if view.mir.statements().any(|(_, s)| {
            matches!(&s.kind, StatementKind::Discard { value, shape: Discard::LetUnderscore | Discard::AssignUnderscore }
                if value.var() == Some(call.dest.var))
        }) {
            return Some(("deliberate", words));
        }
        // Who keeps it in some cases and tells the user where it is was asked to.
        let (vars, stops) = follow(cx, view.mir, call.dest.var);
        let is_choice = || {
            let ends = |p: Point, s: Option<&Statement>| {
                s.is_none()
                    && matches!(view.mir.blocks[p.block.index()].terminator, Terminator::Return { .. })
            };
            let avoid = |p: Point| p == point || view.mir.blocks[p.block.index()].on_failure;
            path_from_start(view.mir, &mut |p, s| ends(p, s), &mut |p, _| avoid(p)).is_some()
        };
        if is_shown(view, &vars) && is_choice() {
            return Some(("deliberate", words));
        }
        let stays = !released_in_crate(cx, facts) && !is_handed_on(cx, &stops, view);
        return stays.then_some(("handle", words));
    }
    if call.name == "leak" {
        let initialises = view.mir.owner != Owner::Root && cx.analysis.is_once(cx.body, view.mir.owner);
        if initialises {
            return None;
        }
        let case = memory(cx, view, point, call, facts)?;
        return Some((case, "leaks memory that is never given back"));
    }
    if call.name != "forget" || cx.analysis.ownership.owned(&argument).is_empty() {
        return None;
    }
    if undone("add_permits") && cx.analysis.ownership.owns(&argument, Class::Permit) {
        let lost = !released_in_crate(cx, facts);
        return lost.then_some(("handle", "takes a permit away for ever: nothing in the crate adds one"));
    }
    if cx.analysis.ownership.owned(&argument).iter().all(|o| o.class == Class::TempPath) {
        return Some(("handle", "forgets a temporary file or directory that nobody removes"));
    }
    Some(("deliberate", "forgets a resource that nobody releases"))
}

/// Whether a macro writes one of the variables, or what a call gives for it (`path.display()`).
fn is_shown(view: &FlowView<'_>, vars: &[Var]) -> bool {
    let given_for = |var: Var| {
        let call = view.tokens.identities.defining_call(var)?;
        Some(call.args.first()?.place()?.var)
    };
    view.statements().any(|(_, s)| match &s.kind {
        StatementKind::Macro { args, .. } => args.iter().filter_map(Operand::place).any(|place| {
            vars.contains(&place.var) || given_for(place.var).is_some_and(|var| vars.contains(&var))
        }),
        _ => false,
    })
}

/// Whether the path itself is given to somebody who may well move or remove what is there.
fn is_handed_on(cx: &BodyContext<'_>, stops: &[Stop<'_>], view: &FlowView<'_>) -> bool {
    stops.iter().any(|stop| match stop {
        Stop::Called { call, argument, .. } => {
            let is_lent = call.args.get(*argument).is_some_and(|a| matches!(view.operand_ty(a), Ty::Ref(..)));
            !is_lent && care_of_call(cx, call, *argument) != Care::Lends
        }
        _ => false,
    })
}

/// A descriptor that stays a number: whoever sees it only uses it.
fn is_lost_descriptor(cx: &BodyContext<'_>, view: &FlowView<'_>, call: &Call, facts: &FunctionFacts) -> bool {
    let (_, stops) = follow(cx, view.mir, call.dest.var);
    let (care, bare) = outcome(cx, &stops);
    let sure = care == Care::Lends && bare.is_none() && !stops.is_empty();
    care != Care::Takes
        && (sure || !released_in_crate(cx, facts))
        && !cx.analysis.is_once(cx.body, view.mir.owner)
}

/// Whether leaked memory grows: on each turn of a loop, in each call of a handler, or of a function that gives
/// it away or needs it for one call only. What is kept somewhere is leaked once for each thing that is kept.
fn memory(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    point: Point,
    call: &Call,
    facts: &FunctionFacts,
) -> Option<&'static str> {
    if cx.analysis.is_once(cx.body, view.mir.owner) || is_called_by_nobody(cx) {
        return Some("once");
    }
    let (vars, stops) = follow(cx, view.mir, call.dest.var);
    // Nodes of lists and trees: what becomes a pointer is freed by one.
    let pointer = |t: &Ty| matches!(t, Ty::Ptr(_)) || t.is("std::ptr::NonNull");
    let in_struct = |path: Symbol| {
        let info = cx.program().types.get(&path);
        info.is_some_and(|i| i.fields.iter().any(|f| f.ty.any(&mut |t| pointer(t))))
    };
    let becomes_pointer = vars.iter().any(|v| view.mir.var(*v).ty.any(&mut |t| pointer(t)))
        || stops.iter().any(|stop| match stop {
            Stop::Built(path) => in_struct(*path),
            Stop::Called { call, .. } => view.place_ty(&call.dest).path().is_some_and(in_struct),
            _ => false,
        });
    if becomes_pointer && released_in_crate(cx, facts) {
        return None;
    }
    // A table of what was leaked: each name once.
    let is_entry =
        |stop: &Stop<'_>| matches!(stop, Stop::Called { call, argument: 2, .. } if call.name == "insert");
    if stops.iter().any(is_entry) && view.mir.blocks[point.block.index()].in_loop.is_none() {
        return Some("once");
    }
    let kept = stops.iter().any(|s| match s {
        Stop::Returned => false,
        Stop::Called { call, argument, .. } => care_of_call(cx, call, *argument) == Care::Takes,
        _ => true,
    });
    if view.mir.blocks[point.block.index()].in_loop.is_some() || view.mir.is_async {
        // Somebody keeps it, and the author says why that is right.
        return Some(if kept && cx.has_reason(call.name_span) { "once" } else { "memory" });
    }
    let for_each_call =
        view.mir.owner == Owner::Root && !kept && !stops.is_empty() && !gives_own_object(cx, view, call);
    Some(if for_each_call && !depends_on_cfg(cx, call.name_span) { "memory" } else { "once" })
}

/// Whether a comment says that it is meant for the life of the process. That something wants a static text is no reason
/// to give it a new one each time.
fn is_said_to_stay(cx: &BodyContext<'_>, span: Span) -> bool {
    const WORDS: [&str; 8] = [
        "lifetime of the pro",
        "lifetime of the app",
        "life of the pro",
        "life of the app",
        "process lifetime",
        "duration of the pro",
        "intentional",
        "on purpose",
    ];
    cx.has_reason_with(span, &WORDS)
}

/// `fn start() -> &'static Self`: an object of the program that is meant to live as long as that does.
fn gives_own_object(cx: &BodyContext<'_>, view: &FlowView<'_>, leak: &Call) -> bool {
    let object = view.place_ty(&leak.dest).peel_refs().path();
    object.is_some_and(|path| cx.program().types.contains_key(&path))
        && object == view.mir.var(view.mir.return_var).ty.peel_refs().path()
}

/// Whether the documentation of the function says that it leaks, and why that is right.
fn is_documented(cx: &BodyContext<'_>) -> bool {
    cx.body.def.is_some_and(|def| {
        let attributes = &cx.program().item(def).attributes;
        attributes.leaks && attributes.is_accepted
    })
}

/// A function that is private and that no code seen here calls: what does (an attribute of a derive) need not do so
/// again and again.
fn is_called_by_nobody(cx: &BodyContext<'_>) -> bool {
    cx.body.def.is_some_and(|def| {
        let item = cx.program().item(def);
        !item.is_public && item.parent.is_none() && cx.analysis.callers.get(&def).is_none()
    })
}

/// `if cfg!(test) { … }`: the code of one kind of build.
fn depends_on_cfg(cx: &BodyContext<'_>, span: Span) -> bool {
    let body = cx.hir();
    body.exprs.iter().any(|e| match &e.kind {
        ExprKind::If { condition, .. } if e.span.contains(span) => {
            let condition = body.expr(*condition).span;
            body.exprs.iter().enumerate().any(|(i, inner)| {
                condition.contains(inner.span)
                    && matches!(inner.kind, ExprKind::Macro(_))
                    && cx.types().macros.get(&ExprId(i as u32)).is_some_and(|m| m.ends_with("cfg"))
            })
        }
        _ => false,
    })
}

/// A Drop that ends what `Box::into_raw` gave with `drop_in_place` alone: the memory itself is never freed.
fn freed_by_halves(cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
    let Some(ty) = drop_of(cx) else { return };
    let mut ends = None;
    for (_, statement, call) in cx.flows().iter().flat_map(|v| v.mir.calls()) {
        if says(&call.name, RELEASERS) {
            return;
        }
        if matches!(&call.callee.target, Target::External(p) if p.as_str() == "std::ptr::drop_in_place") {
            ends = Some(statement.span);
        }
    }
    let (Some(span), Some(info)) = (ends, cx.program().types.get(&ty)) else { return };
    let boxed = info.methods.values().flatten().find_map(|def| {
        let body = cx.analysis.body_of(*def)?;
        let (_, made, call) = body.flow.root.calls().find(|(_, _, c)| {
            matches!(&c.callee.target, Target::External(p) if p.as_str() == "std::boxed::Box::into_raw")
        })?;
        let (_, stops) = follow(cx, &body.flow.root, call.dest.var);
        let stored = stops.iter().any(|s| matches!(s, Stop::Built(path) if *path == ty));
        stored.then_some(FileSpan { file: body.global.file, span: made.span })
    });
    if let Some(made) = boxed {
        report.push(
            Diagnostic::new(
                &META,
                cx.at(span),
                "the value is dropped in place, its allocation is never freed",
            )
            .case("handle")
            .label("runs the destructor only")
            .step(made, "allocated here, in a box")
            .help("`drop(Box::from_raw(ptr))` does both"),
        );
    }
}

/// Statics and constants are made once.
fn is_function(cx: &BodyContext<'_>) -> bool {
    cx.body.def.is_some_and(|d| matches!(cx.program().item(d).kind, ItemKind::Fn(_)))
}

/// Whether some function of the same package releases such a thing.
fn released_in_crate(cx: &BodyContext<'_>, facts: &FunctionFacts) -> bool {
    let package = |file| {
        cx.program().crate_of(file).map(|c| match c.kind {
            TargetKind::Loose => c.root.display().to_string(),
            _ => c.package.clone(),
        })
    };
    let own = package(cx.file());
    let releases = |name: &str| {
        facts.undone_by.iter().any(|p| short(p) == name) || facts.acquires_raw && name == "close"
    };
    cx.analysis
        .bodies
        .iter()
        .filter(|b| package(b.global.file) == own)
        .any(|b| b.flow.all().any(|m| m.calls().any(|(_, _, c)| releases(&c.name))))
}
