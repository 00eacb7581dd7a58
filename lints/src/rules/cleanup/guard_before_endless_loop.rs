//! Guards that a loop without end keeps for ever.

use linger_analysis::catalogue::Class;
use linger_analysis::flow::mir::{LoopId, Point, Rvalue, Statement, StatementKind, Terminator, Var};
use linger_analysis::flow::tokens::{Source, State, Token, TokenId};
use linger_analysis::types::infer::Known;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::cleanup::held::works_on;
use crate::rules::support::noun;

declare_rule! {
    /// A guard, permit, connection or transaction is alive at the entry of a loop that never ends.
    ///
    /// ## Why it matters
    ///
    /// What a function took before its endless loop is never given back: the lock stays locked, the connection
    /// out of its pool, the transaction open, although nothing in the loop needs it.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// fn serve(config: &std::sync::Mutex<Vec<u16>>) {
    ///     let ports = config.lock().unwrap();
    ///     println!("{} ports", ports.len());
    ///     loop {
    ///         std::thread::sleep(std::time::Duration::from_secs(1));
    ///     }
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// fn serve(config: &std::sync::Mutex<Vec<u16>>) {
    ///     let ports = config.lock().unwrap();
    ///     println!("{} ports", ports.len());
    ///     drop(ports);
    ///     loop {
    ///         std::thread::sleep(std::time::Duration::from_secs(1));
    ///     }
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Guards that are meant for the life of the process (worker guards, temporary directories, locks on files)
    /// are left alone.
    GuardBeforeEndlessLoop("guard_before_endless_loop") {
        group: Cleanup,
        level: Warn,
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for GuardBeforeEndlessLoop {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            for (index, _) in view.mir.loops.iter().enumerate() {
                at_loop(cx, view, LoopId(index as u32), report);
            }
        }
    }
}

const HELD: &[Class] = &[
    Class::LockGuard,
    Class::RefcellBorrow,
    Class::MapGuard,
    Class::Permit,
    Class::PoolConnection,
    Class::Transaction,
];

fn at_loop(cx: &BodyContext<'_>, view: &FlowView<'_>, id: LoopId, report: &mut Vec<Diagnostic>) {
    let info = &view.mir.loops[id.0 as usize];
    let entry = Point { block: info.header, index: 0 };
    if !view.is_reachable(entry) {
        return;
    }
    let alive = view.tokens.state_at(entry).alive();
    if alive.is_empty() || ends(view, entry) {
        return;
    }
    for token_id in alive.iter() {
        let token = view.tokens.token(token_id);
        let held = token.owned.iter().any(|o| HELD.contains(&o.class));
        // The outer loop around an endless one is where the finding belongs.
        let outside = !view.mir.block_in_loop(token.at.block, id);
        if !held || !outside || token.source != Source::Call || token.known != Known::Resolved {
            continue;
        }
        if is_used(view, id, token_id) || around(view, id, token) || cx.has_reason(token.span) {
            continue;
        }
        let what = noun(token);
        report.push(
            Diagnostic::new(
                &META,
                cx.at(token.span),
                format!("{what} is never given back: the loop below does not end and does not need it"),
            )
            .label("acquired here")
            .step(cx.at(info.head), "still held in this loop, which never ends")
            .confidence(token.known.into())
            .help("end it before the loop: a block around its use, or `drop(..)`"),
        );
    }
}

/// Whether control can get out of the loop: a return, or code behind it.
fn ends(view: &FlowView<'_>, entry: Point) -> bool {
    let start = Point { block: entry.block, index: 0 };
    view.tokens
        .path(
            start,
            |p, s| {
                s.is_none()
                    && matches!(
                        view.mir.blocks[p.block.index()].terminator,
                        Terminator::Return { .. } | Terminator::Diverge { .. }
                    )
            },
            |_, _| false,
        )
        .is_some()
}

/// Whether the loop works on the token, moves it, or ends it.
fn is_used(view: &FlowView<'_>, id: LoopId, token: TokenId) -> bool {
    let mut used = false;
    view.tokens.walk(|point, state, statement| {
        if !used && view.mir.block_in_loop(point.block, id) {
            used = works_on(state, statement, token) || lends(state, statement, token);
        }
    });
    let ended = view.tokens.ends.iter().any(|e| e.token == token && view.mir.block_in_loop(e.at.block, id));
    used || ended
}

/// Whether a statement borrows from the token, or puts it into a closure.
fn lends(state: &State, statement: &Statement, token: TokenId) -> bool {
    let reaches = |var: Var| state.reached(var).contains(token);
    match &statement.kind {
        StatementKind::Assign { value: Rvalue::Ref(_, place), .. } => reaches(place.var),
        StatementKind::Assign { value: Rvalue::Closure { captures, .. }, .. } => {
            captures.iter().any(|c| reaches(c.var))
        }
        _ => false,
    }
}

/// Whether the token is made in the same outer endless loop, or an inner loop of one that was reported.
fn around(view: &FlowView<'_>, id: LoopId, token: &Token) -> bool {
    let mut parent = view.mir.loops[id.0 as usize].parent;
    while let Some(outer) = parent {
        if !view.mir.block_in_loop(token.at.block, outer) {
            return true;
        }
        parent = view.mir.loops[outer.0 as usize].parent;
    }
    false
}
