//! Loops that a closed channel turns into a spin.

use linger_analysis::catalogue::Class;
use linger_analysis::facts::spawns;
use linger_analysis::flow::identity::Root;
use linger_analysis::flow::mir::{
    BlockId, BranchKind, LoopId, LoopInfo, LoopKind, Mir, Owner, Rvalue, Statement, StatementKind,
    Terminator, Var, VarKind,
};
use linger_analysis::span::Span;
use linger_analysis::syntax::hir::{ClosureId, ExprId, ExprKind, LocalId, PatKind};
use linger_analysis::types::infer::Target;
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::result::receives::{Receive, in_let, in_match, lives_on, received};

declare_rule! {
    /// A loop receives from a channel and goes round again when that fails, with no way out.
    ///
    /// ## Why it matters
    ///
    /// A receive fails when all senders are gone, and from then on it fails at once, every time: the loop never
    /// ends and takes a whole core.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// fn work(jobs: std::sync::mpsc::Receiver<u32>) {
    ///     loop {
    ///         if let Ok(job) = jobs.recv() {
    ///             println!("{job}");
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// fn work(jobs: std::sync::mpsc::Receiver<u32>) {
    ///     while let Ok(job) = jobs.recv() {
    ///         println!("{job}");
    ///     }
    /// }
    /// ```
    ///
    /// A branch of a `select!` that does not look at what it received is the same: it is always ready then.
    ///
    /// A listener is the same when the process has no file descriptor left: `accept` fails at once until somebody
    /// closes one, and servers such as `hyper` and `axum` sleep before they try again.
    ///
    /// ## Limits
    ///
    /// A loop that can be left on the failing path, or that waits for something else on it, is left alone, and so is
    /// a receiver beside whose sender stands in the same struct or function, which keeps the channel open.
    RecvErrorSpins("recv_error_spins") {
        group: Result,
        cases: {
            plain: Deny = "a plain receive",
            select: Warn = "a branch of a `select!`, beside which others may still end the loop",
            accept: Warn = "a listener, whose error may stay for a while",
        },
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for RecvErrorSpins {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            for (number, block) in view.mir.blocks.iter().enumerate() {
                let at = BlockId(number as u32);
                let Terminator::Branch { on, targets, kind } = &block.terminator else { continue };
                let Some(own) = plain_loop(view.mir, block.in_loop) else { continue };
                let receives: Vec<Receive> = match kind {
                    BranchKind::Let => in_let(cx, *on, targets).into_iter().collect(),
                    BranchKind::Match => in_match(cx, *on, targets).into_iter().collect(),
                    BranchKind::Select => in_select(cx, *on, targets),
                    _ => continue,
                };
                for receive in receives {
                    let info = &view.mir.loops[own.0 as usize];
                    if lives_on(cx, info, receive.call)
                        && spins(cx, view, at, own, &receive)
                        && match receive.accepts {
                            true => !cx.has_reason(receive.span),
                            false => !is_kept_open(cx, view, receive.call),
                        }
                    {
                        report.push(finding(cx, info, &receive));
                    }
                }
            }
        }
    }
}

fn finding(cx: &BodyContext<'_>, info: &LoopInfo, receive: &Receive) -> Diagnostic {
    let name = receive.name;
    if receive.accepts {
        let message =
            format!("with no file descriptor left this loop spins: `{name}` fails at once, again and again");
        return Diagnostic::new(&META, cx.at(receive.span), message)
            .case("accept")
            .label("a failure goes round the loop again without a pause")
            .step(cx.at(Span::new(info.span.lo, info.span.lo + 4)), "the loop")
            .help("sleep for a moment before the next `accept`, or leave the loop");
    }
    let head = Span::new(info.span.lo, info.head.hi.max(info.span.lo + 4));
    let message =
        format!("once the channel is closed this loop spins: `{name}` fails at once, again and again");
    let finding = Diagnostic::new(&META, cx.at(receive.span), message);
    match receive.select {
        None => finding
            .case("plain")
            .label("a failure goes round the loop again")
            .step(cx.at(head), "this loop has no way out")
            .help("use `while let`, or leave the loop in an `else`"),
        Some(_) => finding
            .case("select")
            .label("this branch wins every time then, and stays in the loop")
            .step(cx.at(head), "the loop")
            .help("match on what is received, and leave the loop or switch the branch off (`, if open`) when it is closed"),
    }
}

/// A plain `loop` right around a block.
fn plain_loop(mir: &Mir, at: Option<LoopId>) -> Option<LoopId> {
    at.filter(|id| mir.loops[id.0 as usize].kind == LoopKind::Loop)
}

/// `_ = rx.recv() => …`
fn in_select(cx: &BodyContext<'_>, on: ExprId, targets: &[BlockId]) -> Vec<Receive> {
    let ExprKind::Select(select) = &cx.hir().expr(on).kind else { return Vec::new() };
    let branches = select.branches.iter().zip(targets);
    branches
        .filter(|(b, _)| {
            b.condition.is_none()
                && !b.is_channel_operation
                && matches!(cx.hir().pat(b.pat).kind, PatKind::Wild)
        })
        .filter_map(|(b, target)| {
            let (receive, is_made_here) = received(cx, b.future, *target)?;
            (is_made_here && !receive.accepts).then_some(Receive { select: Some(on), ..receive })
        })
        .collect()
}

/// Whether the failing path can only come back: it never leaves the loop and waits for nothing but the channel.
fn spins(cx: &BodyContext<'_>, view: &FlowView<'_>, at: BlockId, own: LoopId, receive: &Receive) -> bool {
    let mir = view.mir;
    let mut seen = vec![false; mir.blocks.len()];
    let mut queue = vec![receive.failed];
    let mut comes_back = false;
    while let Some(block) = queue.pop() {
        if std::mem::replace(&mut seen[block.index()], true) {
            continue;
        }
        let data = &mir.blocks[block.index()];
        comes_back |= block == mir.loops[own.0 as usize].header;
        if !mir.block_in_loop(block, own)
            || matches!(data.terminator, Terminator::Return { .. } | Terminator::Diverge { .. })
        {
            return false;
        }
        let is_receive = |s: &Statement| match receive.select {
            None => receive.span.contains(s.span),
            Some(select) => s.expr == Some(select) || is_made_for(cx, select, s.span),
        };
        if data.statements.iter().filter(|s| !is_receive(s)).any(|s| waits(cx, s)) {
            return false;
        }
        // It fails again.
        match block == at {
            true => queue.push(receive.failed),
            false => queue.extend(data.terminator.successors().iter().copied()),
        }
    }
    comes_back
}

/// Whether a range is in one of the futures that a `select!` waits for: to make a future is not to wait.
fn is_made_for(cx: &BodyContext<'_>, select: ExprId, span: Span) -> bool {
    let body = cx.hir();
    matches!(&body.expr(select).kind, ExprKind::Select(select)
        if select.branches.iter().any(|b| body.expr(b.future).span.contains(span)))
}

fn waits(cx: &BodyContext<'_>, statement: &Statement) -> bool {
    match &statement.kind {
        StatementKind::Await { .. } => true,
        StatementKind::Call(call) => match &call.callee.target {
            Target::External(path) => {
                cx.catalogue().facts(*path).is_some_and(|f| f.waits || f.blocks || f.ends_process)
            }
            Target::Def(def) => cx
                .analysis
                .summary(*def)
                .is_some_and(|s| s.never_returns || !s.effects.is_empty() || s.awaits),
            _ => false,
        },
        _ => false,
    }
}

/// Whether a sender of such a channel stays beside the receiver: in the same struct, or in the function.
fn is_kept_open(cx: &BodyContext<'_>, view: &FlowView<'_>, call: ExprId) -> bool {
    let ExprKind::MethodCall { receiver, .. } = cx.hir().expr(call).kind else { return false };
    let module = |ty: &Ty| ty.path().and_then(|p| Some(p.as_str().rsplit_once("::")?.0.to_owned()));
    let Some(channel) = module(cx.ty(receiver).peel_refs()) else { return false };
    let sends = |ty: &Ty| {
        ty.any(&mut |t| {
            module(t).as_ref() == Some(&channel)
                && t.path().and_then(|p| cx.catalogue().resource(p)).is_some_and(|r| r.class == Class::Sender)
        })
    };
    let beside = match cx.hir().expr(receiver).kind {
        ExprKind::Field { base, .. } => {
            let owner = cx.ty(base).peel_refs().path();
            owner
                .and_then(|p| cx.program().types.get(&p))
                .is_some_and(|info| info.fields.iter().any(|field| sends(&field.ty)))
        }
        _ => false,
    };
    if let ExprKind::Local(local) = cx.hir().expr(receiver).kind
        && comes_from_keeper(cx, view, local, &|ty| sends(ty))
    {
        return true;
    }
    let is_variable = |kind: VarKind| matches!(kind, VarKind::User(_) | VarKind::Capture(_));
    let mut variables = view.mir.vars.iter().enumerate().filter(|(_, v)| is_variable(v.kind));
    beside
        || variables.any(|(number, v)| {
            matches!(v.ty, Ty::Adt(..) | Ty::Ref(..)) && sends(&v.ty) && stays(cx, view, Var(number as u32))
        })
}

/// Whether a receiver was asked of a variable that has the sender in a field and stays: `let rx = watcher.subscribe()`.
/// What a function keeps, a task that it starts does not.
fn comes_from_keeper(
    cx: &BodyContext<'_>,
    looping: &FlowView<'_>,
    receiver: LocalId,
    sends: &dyn Fn(&Ty) -> bool,
) -> bool {
    let is_spawned = |id: ClosureId| {
        cx.flows().iter().any(|view| {
            spawns(cx.analysis, cx.body, &view.tokens).iter().any(|spawn| spawn.closure == Some(id))
        })
    };
    let goes_away = match looping.mir.owner {
        Owner::Closure(id) => {
            std::iter::successors(Some(id), |id| cx.hir().closure(*id).parent).any(is_spawned)
        }
        Owner::Root => false,
    };
    let is_there = |keeper: LocalId| {
        !goes_away
            || looping
                .mir
                .vars
                .iter()
                .any(|v| matches!(v.kind, VarKind::User(l) | VarKind::Capture(l) if l == keeper))
    };
    cx.flows().iter().any(|view| {
        let Some(var) = view.mir.vars.iter().position(|v| v.kind == VarKind::User(receiver)) else {
            return false;
        };
        let ids = &view.tokens.identities;
        let asked = ids.defining_call(Var(var as u32)).filter(|call| call.is_method);
        let Some(Root::Local(keeper)) =
            asked.and_then(|call| call.args.first()).and_then(|a| ids.operand(a)).map(|i| i.root)
        else {
            return false;
        };
        view.mir.vars.iter().enumerate().any(|(number, v)| {
            v.kind == VarKind::User(keeper)
                && is_there(keeper)
                && has_sender(cx, &v.ty, sends, 3)
                && stays(cx, view, Var(number as u32))
        })
    })
}

/// Whether a type of the program has a sender in a field, or in a field of a field.
fn has_sender(cx: &BodyContext<'_>, ty: &Ty, sends: &dyn Fn(&Ty) -> bool, depth: u8) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    ty.any(&mut |part| {
        let info = part.path().and_then(|p| cx.program().types.get(&p));
        info.is_some_and(|i| i.fields.iter().any(|f| sends(&f.ty) || has_sender(cx, &f.ty, sends, depth)))
    })
}

/// Whether a sender stays in the function: itself, or in what it was given to (`let watcher = watch(tx);`).
fn stays(cx: &BodyContext<'_>, view: &FlowView<'_>, sender: Var) -> bool {
    let mut moves = view.mir.statements().filter(|(_, s)| s.kind.moves(sender)).peekable();
    let is_given_away = |statement: &Statement| match &statement.kind {
        StatementKind::Call(call) => {
            *view.place_ty(&call.dest) == Ty::unit()
                || matches!(call.callee.target, Target::External(path)
                    if path.as_str() == "std::mem::drop" || cx.catalogue().facts(path).is_some_and(|f| f.spawns.is_some()))
        }
        StatementKind::Assign { value: Rvalue::Closure { id, .. }, .. } => {
            spawns(cx.analysis, cx.body, &view.tokens).iter().any(|spawn| spawn.closure == Some(*id))
        }
        _ => false,
    };
    moves.peek().is_none() || !moves.all(|(_, s)| is_given_away(s))
}
