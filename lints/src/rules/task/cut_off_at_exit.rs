//! Work that the end of the program cuts off.

use linger_analysis::catalogue::SpawnKind;
use linger_analysis::facts::{EffectKind, spawns};
use linger_analysis::flow::mir::Owner;
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
    /// Only what `main` itself starts; that it waits long enough in another way is not seen.
    CutOffAtExit("cut_off_at_exit") {
        group: Task,
        level: Allow,
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
        {
            continue;
        }
        let by_function = spawn.function.and_then(|def| cx.analysis.summary(def));
        let does_io = by_function.is_some_and(|s| s.effects.contains_key(&EffectKind::Io))
            || spawn.closure.is_some_and(|id| closure_does_io(cx, Owner::Closure(id)));
        if !does_io {
            continue;
        }
        report.push(
            Diagnostic::new(
                &META,
                cx.at(spawn.call.name_span),
                "`main` may return before this has done its I/O",
            )
            .label("started here, and nobody waits for it")
            .help("keep the handle, and join or await it before `main` returns"),
        );
    }
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
