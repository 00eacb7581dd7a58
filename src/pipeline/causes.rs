//! One cause, one finding: for one primary place the most specific rule speaks and the others become its notes.

use linger_lints::Level;

use crate::pipeline::Reported;

/// Rules by how specific they are, the most specific first. Only rules in one line compete.
const LINES: &[&[&str]] = &[
    &[
        "future_not_awaited",
        "dropped_at_once",
        "lines_never_end",
        "recv_error_spins",
        "partial_io",
        "exit_status_ignored",
        "http_status_ignored",
        "join_result_lost",
        "task_error_lost",
        "child_not_reaped",
        "send_without_receiver",
        "empty_error_arm",
        "errors_filtered_away",
        "error_defaulted",
        "ignored_result",
        "unused_result",
    ],
    &[
        "double_lock",
        "overwritten_guard",
        "lock_across_await",
        "nested_pool_acquire",
        "guard_held_through_match",
        "guard_held_through_loop",
        "guard_before_endless_loop",
        "lock_while_waiting",
    ],
];

/// Merges findings. They are in order, so what overlaps is near.
pub fn merge(kept: &mut Vec<Reported>) {
    let mut merged: Vec<Reported> = Vec::with_capacity(kept.len());
    for reported in kept.drain(..) {
        let at = reported.finding.primary.at;
        let rival = merged
            .iter_mut()
            .rev()
            .take_while(|m| m.finding.primary.at.file == at.file)
            .take(16)
            .find(|m| same_cause(m, &reported));
        match rival {
            None => merged.push(reported),
            Some(rival) => join(rival, reported),
        }
    }
    *kept = merged;
}

fn same_cause(a: &Reported, b: &Reported) -> bool {
    let (x, y) = (a.finding.primary.at, b.finding.primary.at);
    // What is allowed stays apart: it must neither speak for others nor be shown as their note.
    if (a.level == Level::Allow) != (b.level == Level::Allow) || x.file != y.file {
        return false;
    }
    if a.finding.rule.name == b.finding.rule.name {
        return x == y && a.finding.case == b.finding.case;
    }
    let overlap = x.span.lo < y.span.hi.max(y.span.lo + 1) && y.span.lo < x.span.hi.max(x.span.lo + 1);
    overlap && matches!((rank(a), rank(b)), (Some((line, _)), Some((other, _))) if line == other)
}

fn rank(reported: &Reported) -> Option<(usize, usize)> {
    LINES.iter().enumerate().find_map(|(line, rules)| {
        rules.iter().position(|name| *name == reported.finding.rule.name).map(|at| (line, at))
    })
}

/// Lets the more specific of two findings speak.
fn join(first: &mut Reported, mut second: Reported) {
    if first.finding.rule.name == second.finding.rule.name {
        first.merged.push(second.finding);
        return;
    }
    if rank(&second) < rank(first) {
        std::mem::swap(first, &mut second);
    }
    first.finding.notes.push(format!("also: {} [linger::{}]", second.finding.message, second.finding.code()));
    // The cause is as grave as the gravest that is said of it.
    first.level = first.level.max(second.level);
    first.merged.append(&mut second.merged);
    first.merged.push(second.finding);
}
