//! Things with a costly Drop that pile up.

use linger_analysis::catalogue::Class;
use linger_analysis::flow::mir::{
    CaptureHow, LoopId, LoopKind, Operand, Owner, Rvalue, StatementKind, Var, VarKind,
};
use linger_analysis::flow::tokens::Source;
use linger_analysis::syntax::hir::{ExprKind, Literal};
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::support::noun;

declare_rule! {
    /// Something with a costly Drop goes into a collection on each turn of a loop and is never taken out.
    ///
    /// ## Why it matters
    ///
    /// Go's defer in a loop: files, sockets, connections, permits and guards stay open until the loop is done,
    /// or for ever when it never is, and the process runs out of descriptors or memory.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// fn serve(listener: std::net::TcpListener) {
    ///     let mut clients = Vec::new();
    ///     loop {
    ///         let (client, _) = listener.accept().unwrap();
    ///         clients.push(client);
    ///     }
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// fn serve(listener: std::net::TcpListener) {
    ///     loop {
    ///         let (client, _) = listener.accept().unwrap();
    ///         drop(client);
    ///     }
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A collection that is read, passed on, returned or stored after the loop is taken as wanted.
    CleanupPilesUpInLoop("cleanup_piles_up_in_loop") {
        group: Cleanup,
        level: Warn,
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for CleanupPilesUpInLoop {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            in_flow(cx, view, report);
        }
    }
}

const COSTLY: &[Class] = &[
    Class::File,
    Class::FileLock,
    Class::Socket,
    Class::Connection,
    Class::PoolConnection,
    Class::TempPath,
    Class::LockGuard,
    Class::Permit,
    Class::Transaction,
    Class::ScopeGuard,
    Class::Child,
    Class::Mmap,
];

/// What is held rather than used.
const HELD: &[Class] = &[Class::LockGuard, Class::Permit];

fn in_flow(cx: &BodyContext<'_>, view: &FlowView<'_>, report: &mut Vec<Diagnostic>) {
    let tokens = &view.tokens;
    if view.mir.loops.is_empty() || tokens.tokens.is_empty() {
        return;
    }
    tokens.walk(|point, state, statement| {
        let StatementKind::Call(call) = &statement.kind else { return };
        let Some(Operand::Borrow(true, place)) = call.args.first() else { return };
        if !call.is_method
            || !matches!(call.name.as_str(), "push" | "push_back" | "push_front" | "insert" | "extend")
        {
            return;
        }
        let Some(inner) = view.mir.blocks[point.block.index()].in_loop else { return };
        let collection = place.var;
        // What the caller lent lives on after the function: it is stored, not piled up to be dropped.
        let ty = &view.mir.var(collection).ty;
        // `Option::insert` puts the new one in the place of the old.
        if place.is_indirect() || matches!(ty, Ty::Ref(..)) || ty.as_option().is_some() {
            return;
        }
        // What a closure borrows lives on in the function around it.
        if is_borrowed_capture(cx, view, collection) {
            return;
        }
        // The outermost loop that turns while the collection lives.
        let Some(turning) = outermost(view, inner, collection) else { return };
        let info = &view.mir.loops[turning.0 as usize];
        for arg in &call.args[1..] {
            let Some(var) = arg.var() else { continue };
            for id in state.owned(var).iter() {
                let token = tokens.token(id);
                let costly = token.owned.iter().any(|o| COSTLY.contains(&o.class));
                if !costly || token.source != Source::Call || !view.mir.block_in_loop(token.at.block, turning)
                {
                    continue;
                }
                let taken_out = takes_out(view, turning, collection);
                let used_after = used_after(view, turning, collection);
                let endless = is_endless_or_input_driven(cx, view, turning);
                // Locks that are taken one after the other for what follows the loop are wanted together.
                let wanted =
                    info.kind == LoopKind::For && token.owned.iter().all(|o| HELD.contains(&o.class));
                if taken_out
                    || wanted
                    || is_small(cx, view, turning)
                    || used_after && !(endless && never_exits(view, turning))
                {
                    continue;
                }
                let what = noun(token);
                let ending = if used_after || never_exits(view, turning) {
                    "and the loop never takes them out"
                } else {
                    "and is only dropped after the loop"
                };
                report.push(
                    Diagnostic::new(
                        &META,
                        cx.at(statement.span),
                        format!("{what} piles up on each turn of this loop, {ending}"),
                    )
                    .label("kept here")
                    .step(cx.at(token.span), "made on each turn here")
                    .step(cx.at(info.head), "the loop")
                    .confidence(token.known.into())
                    .help("end it within the turn, or take finished ones out of the collection in the loop"),
                );
                return;
            }
        }
    });
}

/// Whether a variable of a closure is one of the function around it, by reference.
fn is_borrowed_capture(cx: &BodyContext<'_>, view: &FlowView<'_>, var: Var) -> bool {
    let (Owner::Closure(id), VarKind::Capture(local)) = (view.mir.owner, view.mir.var(var).kind) else {
        return false;
    };
    cx.flows().iter().flat_map(|outer| outer.statements().map(move |(_, s)| (outer, s))).any(|(outer, s)| {
        matches!(&s.kind, StatementKind::Assign { value: Rvalue::Closure { id: made, captures, .. }, .. }
            if *made == id && captures.iter().any(|c| {
                let is_it = matches!(outer.mir.var(c.var).kind, VarKind::User(l) | VarKind::Capture(l) if l == local);
                is_it && matches!(c.how, CaptureHow::Ref | CaptureHow::RefMut)
            }))
    })
}

fn outermost(view: &FlowView<'_>, inner: LoopId, collection: Var) -> Option<LoopId> {
    let declared = view.mir.var(collection).in_loop;
    let mut found = None;
    let mut current = Some(inner);
    while let Some(id) = current {
        if Some(id) == declared {
            break;
        }
        found = Some(id);
        current = view.mir.loops[id.0 as usize].parent;
    }
    found
}

/// Whether the loop calls something on the collection that may take elements out, or hands it to somebody.
fn takes_out(view: &FlowView<'_>, turning: LoopId, collection: Var) -> bool {
    view.mir.calls().any(|(point, _, call)| {
        if !view.mir.block_in_loop(point.block, turning) {
            return false;
        }
        call.args.iter().enumerate().any(|(i, arg)| {
            let Some(place) = arg.place() else { return false };
            let is_it = place.var == collection || refers_to(view, place.var, collection);
            let puts = i == 0
                && call.is_method
                && matches!(
                    call.name.as_str(),
                    "push"
                        | "push_back"
                        | "push_front"
                        | "insert"
                        | "extend"
                        | "len"
                        | "is_empty"
                        | "contains"
                        | "reserve"
                );
            is_it && !puts
        })
    })
}

fn refers_to(view: &FlowView<'_>, var: Var, collection: Var) -> bool {
    let identity = view.tokens.identities.place(&linger_analysis::flow::mir::Place::whole(var));
    let own = view.tokens.identities.place(&linger_analysis::flow::mir::Place::whole(collection));
    identity == own
}

/// Whether anything but its drop happens to the collection outside the loop, after it was filled.
fn used_after(view: &FlowView<'_>, turning: LoopId, collection: Var) -> bool {
    let info = &view.mir.loops[turning.0 as usize];
    let uses = |operand: &Operand| {
        operand.place().is_some_and(|p| p.var == collection || refers_to(view, p.var, collection))
    };
    view.mir.statements().any(|(point, s)| {
        if view.mir.block_in_loop(point.block, turning) || s.span.lo < info.span.hi {
            return false;
        }
        match &s.kind {
            StatementKind::Call(call) => call.args.iter().any(uses),
            StatementKind::Macro { args, .. } => args.iter().any(uses),
            StatementKind::Await { operands, .. } => operands.iter().any(uses),
            StatementKind::Assign { value, .. } => match value {
                linger_analysis::flow::mir::Rvalue::Use(o) => uses(o),
                linger_analysis::flow::mir::Rvalue::Ref(_, p) => p.var == collection,
                linger_analysis::flow::mir::Rvalue::Aggregate { parts, .. } => {
                    parts.iter().any(|(_, o)| uses(o))
                }
                linger_analysis::flow::mir::Rvalue::Closure { captures, .. } => {
                    captures.iter().any(|c| c.var == collection)
                }
                _ => false,
            },
            _ => false,
        }
    })
}

fn never_exits(view: &FlowView<'_>, id: LoopId) -> bool {
    !view.tokens.is_reachable(view.mir.loops[id.0 as usize].exit)
}

/// `loop`, or a loop over connections, messages, directory entries or lines.
fn is_endless_or_input_driven(_cx: &BodyContext<'_>, view: &FlowView<'_>, id: LoopId) -> bool {
    let info = &view.mir.loops[id.0 as usize];
    match info.kind {
        LoopKind::Loop => true,
        LoopKind::WhileLet | LoopKind::While => true,
        LoopKind::For => view.mir.calls().any(|(_, s, call)| {
            info.head.contains(s.span)
                && matches!(
                    call.name.as_str(),
                    "incoming" | "read_dir" | "lines" | "into_iter_receiver" | "iter_messages"
                )
        }),
    }
}

/// `for _ in 0..N` with a literal of at most 16.
fn is_small(cx: &BodyContext<'_>, view: &FlowView<'_>, id: LoopId) -> bool {
    let body = cx.hir();
    let ExprKind::For { iterable, .. } = &body.expr(view.mir.loops[id.0 as usize].expr).kind else {
        return false;
    };
    let ExprKind::Range { end: Some(end), .. } = &body.expr(*iterable).kind else { return false };
    matches!(body.expr(*end).kind, ExprKind::Literal(Literal::Int(Some(n), _)) if n <= 16)
}
