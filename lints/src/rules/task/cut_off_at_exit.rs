//! Work that the end of the program cuts off.

use linger_analysis::catalogue::SpawnKind;
use linger_analysis::facts::{EffectKind, spawns};
use linger_analysis::flow::mir::{Owner, Point, StatementKind};
use linger_analysis::types::infer::{Known, Target};

use super::spawned::{Fate, endless_loop, fate};
use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};

declare_rule! {
    /// `main` starts a finite task or thread that does I/O and returns without waiting for it.
    ///
    /// ## Why it matters
    ///
    /// When `main` returns, the process ends in the middle of whatever its threads and tasks are doing: the file is
    /// half written, the request was not sent.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// fn main() {
    ///     std::thread::spawn(|| std::fs::write("report.txt", "done"));
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// fn main() {
    ///     let writer = std::thread::spawn(|| std::fs::write("report.txt", "done"));
    ///     let _ = writer.join();
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Only what `main` itself starts, or the function of another runtime's attribute (`#[tokio::main]`); that it waits
    /// long enough in another way is not seen. By default a finding means that nothing but plain calls of known crates
    /// stands between the start and the end.
    CutOffAtExit("cut_off_at_exit") {
        group: Task,
        cases: {
            last: Warn = "nothing that could wait stands between the start and the end of the program",
            started: Allow = "whatever `main` does afterwards",
        },
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for CutOffAtExit {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        let is_main = cx.body.def.is_some_and(|def| {
            let item = cx.program().item(def);
            item.attributes.is_async_main || item.name.as_str() == "main" && item.parent.is_none()
        });
        if !is_main {
            return;
        }
        for view in cx.flows() {
            in_flow(cx, view, report);
        }
    }
}

fn in_flow(cx: &BodyContext<'_>, view: &FlowView<'_>, report: &mut Vec<Diagnostic>) {
    for spawn in spawns(cx.analysis, cx.body, &view.tokens) {
        if !matches!(spawn.kind, SpawnKind::Task | SpawnKind::Thread | SpawnKind::Blocking)
            || spawn.call.callee.known != Known::Resolved
            || fate(cx, view, &spawn) != Fate::Detached
            || endless_loop(cx, &spawn).is_some()
            || cx.facts(&spawn.call.callee.target).is_some_and(|f| f.outlives_main)
        {
            continue;
        }
        let by_function = spawn.function.and_then(|def| cx.analysis.summary(def));
        let does_io = by_function.is_some_and(|s| s.effects.contains_key(&EffectKind::Io))
            || spawn.closure.is_some_and(|id| closure_does_io(cx, Owner::Closure(id)));
        // What waits first has done nothing yet when the end comes.
        let waits = spawn.closure.is_some_and(|id| waits(cx, Owner::Closure(id)));
        let is_last = (does_io || waits) && ends_at_once(cx, view, spawn.point);
        if !does_io && !is_last {
            continue;
        }
        let name = cx.body.def.map_or("main", |def| cx.program().item(def).name.as_str());
        let ends = if name == "main" { "the process" } else { "its runtime" };
        let message = if is_last {
            format!("`{name}` returns at once, and {ends} ends before this is done")
        } else {
            format!("`{name}` may return before this has done its I/O")
        };
        report.push(
            Diagnostic::new(&META, cx.at(spawn.call.name_span), message)
                .case(if is_last { "last" } else { "started" })
                .label("started here, and nobody waits for it")
                .help(format!("keep the handle, and join or await it before `{name}` returns")),
        );
    }
}

/// Whether nothing that could take time follows: no wait, no loop, no code of the program or of unknown crates.
fn ends_at_once(cx: &BodyContext<'_>, view: &FlowView<'_>, start: Point) -> bool {
    let mir = view.mir;
    if view.mir.owner != Owner::Root || mir.blocks[start.block.index()].in_loop.is_some() {
        return false;
    }
    let mut seen = vec![false; mir.blocks.len()];
    let mut work = vec![(start.block, start.index as usize + 1)];
    while let Some((block, from)) = work.pop() {
        let block = &mir.blocks[block.index()];
        if block.in_loop.is_some()
            || block.statements.iter().skip(from).any(|s| may_take_time(cx, view, &s.kind))
        {
            return false;
        }
        for next in block.terminator.successors() {
            if !std::mem::replace(&mut seen[next.index()], true) {
                work.push((*next, 0));
            }
        }
    }
    true
}

fn may_take_time(cx: &BodyContext<'_>, view: &FlowView<'_>, kind: &StatementKind) -> bool {
    match kind {
        StatementKind::Await { .. } => true,
        StatementKind::Call(call) => match &call.callee.target {
            Target::External(path) => match cx.catalogue().facts(*path) {
                Some(facts) => facts.blocks || facts.waits || facts.io,
                None => !path.starts_with("std::"),
            },
            _ => true,
        },
        // A Drop of the program may wait for it; that of a runtime ends what runs on it.
        StatementKind::Drop { var, .. } => cx.analysis.ownership.has_drop(&view.mir.var(*var).ty),
        StatementKind::Macro { .. }
        | StatementKind::Assign { .. }
        | StatementKind::Vacant(_)
        | StatementKind::Discard { .. } => false,
    }
}

fn waits(cx: &BodyContext<'_>, owner: Owner) -> bool {
    cx.body.flow.get(owner).statements().any(|(_, s)| matches!(s.kind, StatementKind::Await { .. }))
}

fn closure_does_io(cx: &BodyContext<'_>, owner: Owner) -> bool {
    cx.body.flow.get(owner).calls().any(|(_, _, call)| match &call.callee.target {
        Target::External(path) => cx.catalogue().facts(*path).is_some_and(|f| f.io),
        Target::Def(def) => {
            cx.analysis.summary(*def).is_some_and(|s| s.effects.contains_key(&EffectKind::Io))
        }
        _ => false,
    })
}
