//! Processes that run on when the time they are waited for is up.

use linger_analysis::catalogue::Timer;
use linger_analysis::flow::mir::{Call, Operand, Owner, Rvalue, Var};
use linger_analysis::flow::tokens::End;
use linger_analysis::types::infer::{Known, Target};

use crate::context::{BodyContext, FlowView};
use crate::diagnostic::{Confidence, Diagnostic};
use crate::rule::RuleMeta;
use crate::rules::support::short;

/// Reports timeouts around the wait for a process that nothing ends when the time is up.
pub(super) fn find(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    meta: &'static RuleMeta,
    report: &mut Vec<Diagnostic>,
) {
    for (_, statement, call) in view.mir.calls() {
        if !cx.facts(&call.callee.target).is_some_and(|f| f.timer == Some(Timer::After))
            || call.args.len() < 2
        {
            continue;
        }
        let waited = call.args.iter().filter_map(Operand::var).find_map(|v| waited_for(cx, view, v, 0));
        let Some((inner, wait)) = waited else { continue };
        if wait.callee.known != Known::Resolved || cx.has_reason(statement.span) || is_ended(cx, inner, wait)
        {
            continue;
        }
        report.push(
            Diagnostic::new(meta, cx.at(call.name_span), "the process runs on when the time is up")
                .case("left_running")
                .label("drops only the wait for it")
                .step(cx.at(wait.name_span), "this does not kill the process when it is dropped")
                .confidence(Confidence::Certain)
                .help("set `.kill_on_drop(true)` on the command, or `kill()` the child when the time is up"),
        );
    }
}

/// The wait for a process that a future stands for: the call that made it, or one in the block that it is.
fn waited_for<'m>(
    cx: &'m BodyContext<'_>,
    view: &'m FlowView<'m>,
    var: Var,
    depth: u32,
) -> Option<(&'m FlowView<'m>, &'m Call)> {
    let ids = &view.tokens.identities;
    if let Some(Rvalue::Closure { id, .. }) = ids.definition(var) {
        let inner = cx.flows().iter().find(|v| v.mir.owner == Owner::Closure(*id))?;
        return inner
            .mir
            .calls()
            .map(|(_, _, call)| call)
            .find(|call| cx.facts(&call.callee.target).is_some_and(|f| f.leaves_process))
            .map(|call| (inner, call));
    }
    let call = ids.defining_call(var)?;
    let known = cx.facts(&call.callee.target)?;
    if known.leaves_process {
        return Some((view, call));
    }
    let inner = call.args.first().and_then(Operand::var)?;
    (known.transparent && depth < 4).then(|| waited_for(cx, view, inner, depth + 1)).flatten()
}

/// Whether something ends the process, or may: it kills on drop, is killed or waited for once more, or others made it
/// or have a hold of it.
fn is_ended(cx: &BodyContext<'_>, view: &FlowView<'_>, wait: &Call) -> bool {
    let mut made_here = false;
    let mut waits = 0usize;
    for flow in cx.flows() {
        for (_, _, call) in flow.mir.calls() {
            match call.name.as_str() {
                "kill_on_drop" | "kill" | "start_kill" | "id" => return true,
                "new" => {
                    made_here |= matches!(&call.callee.target, Target::External(path)
                        if path.ends_with("process::Command::new"));
                }
                _ => {}
            }
            waits += usize::from(cx.facts(&call.callee.target).is_some_and(|f| f.leaves_process));
        }
    }
    if !made_here {
        return true;
    }
    let Target::External(path) = &wait.callee.target else { return true };
    match short(path) {
        "output" | "status" => is_lent(view, wait),
        "wait_with_output" => false,
        // The handle is there still: whoever else gets it may kill it.
        _ => waits > 1 || !is_dropped_here(view, wait),
    }
}

/// The command is a parameter, a field, or comes from another function.
fn is_lent(view: &FlowView<'_>, wait: &Call) -> bool {
    use linger_analysis::flow::identity::Root;
    let command = wait.args.first().and_then(|a| view.tokens.identities.operand(a));
    command.is_none_or(|i| match i.root {
        Root::Param(_) | Root::Static(_) => true,
        Root::Local(_) | Root::Temp(_) => !i.path.is_empty(),
    })
}

/// The child that is waited for was started in this flow, and is only dropped in it.
fn is_dropped_here(view: &FlowView<'_>, wait: &Call) -> bool {
    let Some(child) = wait.args.first().and_then(Operand::place).map(|p| p.var) else { return false };
    let mut found = false;
    for (id, token) in view.tokens.iter() {
        if !token.is(linger_analysis::catalogue::Class::Child) {
            continue;
        }
        let holds = token.first == child
            || view.tokens.identities.place(&linger_analysis::flow::mir::Place::whole(child)).root
                == view.tokens.identities.place(&linger_analysis::flow::mir::Place::whole(token.first)).root;
        if holds {
            found =
                view.tokens.ends.iter().filter(|e| e.token == id).all(|e| matches!(e.how, End::Dropped(_)));
        }
    }
    found
}
