//! A Drop that kills the child of its type, and lets the handle go without a wait.

use linger_analysis::catalogue::Class;
use linger_analysis::flow::mir::{Call, Operand};
use linger_analysis::span::{FileSpan, Span};
use linger_analysis::types::infer::Target;

use crate::context::{BodyContext, FlowView};
use crate::diagnostic::{Confidence, Diagnostic};
use crate::rule::RuleMeta;
use crate::rules::cleanup::drops::drop_of;

/// Calls between the Drop and the kill that are followed.
const DEPTH: u8 = 2;

pub(super) fn find(cx: &BodyContext<'_>, meta: &'static RuleMeta, report: &mut Vec<Diagnostic>) {
    if cx.body.in_test || drop_of(cx).is_none() {
        return;
    }
    let Does::Kills { statement, name, kill } = does(cx, DEPTH) else { return };
    if cx.has_reason(statement) {
        return;
    }
    let here = cx.at(name);
    let mut finding = Diagnostic::new(meta, here, "this child process is killed and then not waited for")
        .case("only_killed")
        .label("killed here, and its handle is dropped with the value")
        .confidence(Confidence::Certain);
    if kill != here {
        finding = finding.step(kill, "this kills it");
    }
    report.push(finding.help("call `wait()` after `kill()`: it takes the dead process out of the table"));
}

/// What code does with the child that it can reach.
enum Does {
    /// It looks at it at most.
    Nothing,
    /// It kills it, itself or through a function that it calls, and nobody waits.
    Kills { statement: Span, name: Span, kill: FileSpan },
    /// It waits, or hands the child on to somebody who may.
    MayWait,
}

fn does(cx: &BodyContext<'_>, depth: u8) -> Does {
    let mut found = Does::Nothing;
    for view in cx.flows() {
        for (_, statement, call) in view.mir.calls() {
            if call.name.contains("wait") {
                return Does::MayWait;
            }
            let (span, name) = (statement.span, call.name_span);
            match &call.callee.target {
                Target::External(_) if is_kill(cx, call) => {
                    found = Does::Kills { statement: span, name, kill: cx.at(name) };
                }
                Target::External(_) if hands_on(cx, view, call) => return Does::MayWait,
                Target::External(_) => {}
                target if call.args.iter().any(|o| may_hold(cx, view, o)) => {
                    let Target::Def(def) = target else { return Does::MayWait };
                    let (Some(depth), Some(body)) = (depth.checked_sub(1), cx.analysis.body_of(*def)) else {
                        return Does::MayWait;
                    };
                    match does(&BodyContext::new(cx.analysis, body), depth) {
                        Does::Nothing => {}
                        Does::Kills { kill, .. } => found = Does::Kills { statement: span, name, kill },
                        Does::MayWait => return Does::MayWait,
                    }
                }
                _ => {}
            }
        }
    }
    found
}

fn is_kill(cx: &BodyContext<'_>, call: &Call) -> bool {
    let owner = call.callee.self_ty.as_ref().and_then(|ty| ty.peel_refs().path());
    call.name == "kill"
        && owner
            .and_then(|p| cx.catalogue().resource(p))
            .is_some_and(|r| r.class == Class::Child && r.needs_reaping)
}

/// Whether an argument may be the child, or something that it is a part of.
fn may_hold(cx: &BodyContext<'_>, view: &FlowView<'_>, operand: &Operand) -> bool {
    let ty = view.operand_ty(operand);
    ty.is_unknown() || cx.analysis.ownership.owns(ty.peel_refs(), Class::Child)
}

/// `reaper.push(child)`: the child goes to somebody else.
fn hands_on(cx: &BodyContext<'_>, view: &FlowView<'_>, call: &Call) -> bool {
    let Target::External(path) = &call.callee.target else { return false };
    let facts = cx.catalogue().facts(*path);
    let stays = facts.is_some_and(|f| f.transparent || f.takes_out) || path.ends_with("mem::drop");
    !stays
        && call.args.iter().skip(usize::from(call.is_method)).any(|o| {
            matches!(o, Operand::Move(_)) && cx.analysis.ownership.owns(view.operand_ty(o), Class::Child)
        })
}
