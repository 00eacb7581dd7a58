//! Receivers that wait for a sender in their own scope.

use linger_analysis::catalogue::Class;
use linger_analysis::flow::mir::{LoopInfo, LoopKind, Statement, StatementKind, Var, VarKind};
use linger_analysis::span::Span;
use linger_analysis::syntax::hir::{ExprId, ExprKind, LocalId, PatKind, StmtKind};
use linger_analysis::types::infer::{Known, Target};
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Fix};
use crate::rule::{Rule, RuleMeta};
use crate::rules::fixes::{has_own_name, indent, statement_around};

declare_rule! {
    /// A receiver is drained until its channel closes while the original sender is alive in the same scope.
    ///
    /// ## Why it matters
    ///
    /// A channel closes when its last sender is dropped. Where clones went to the workers and the original stays
    /// behind, the loop over the receiver never ends, although everything has been received.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// fn sum() -> u32 {
    ///     let (tx, rx) = std::sync::mpsc::channel();
    ///     for i in 0..4 {
    ///         let tx = tx.clone();
    ///         std::thread::spawn(move || tx.send(i));
    ///     }
    ///     let mut sum = 0;
    ///     for x in rx {
    ///         sum += x;
    ///     }
    ///     sum
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// fn sum() -> u32 {
    ///     let (tx, rx) = std::sync::mpsc::channel();
    ///     for i in 0..4 {
    ///         let tx = tx.clone();
    ///         std::thread::spawn(move || tx.send(i));
    ///     }
    ///     drop(tx);
    ///     let mut sum = 0;
    ///     for x in rx {
    ///         sum += x;
    ///     }
    ///     sum
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Both ends must be local variables of one function; loops with another way out are left alone.
    SenderKeptAlive("sender_kept_alive") {
        group: Capture,
        level: Deny,
        since: "0.1.0",
        fixes: Sometimes,
    }
}

impl Rule for SenderKeptAlive {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        let pairs = pairs(cx);
        if pairs.is_empty() {
            return;
        }
        for view in cx.flows() {
            for info in &view.mir.loops {
                let Some(receiver) = drained(cx, info) else { continue };
                let Some(pair) = pairs.iter().find(|p| p.receiver == receiver) else { continue };
                if !view.tokens.is_reachable(info.header)
                    || mentions(cx, info.expr, pair.sender)
                    || has_other_exit(cx, info)
                {
                    continue;
                }
                if is_alive(view, pair.sender, info) {
                    let mut finding = finding(cx, info, pair);
                    finding.fixes.extend(drop_it_first(cx, view, info, pair));
                    report.push(finding);
                }
            }
        }
    }
}

/// `let (tx, rx) = channel();`
struct Pair {
    sender: LocalId,
    receiver: LocalId,
    made: ExprId,
}

fn pairs(cx: &BodyContext<'_>) -> Vec<Pair> {
    let hir = cx.hir();
    let mut out = Vec::new();
    for expr in &hir.exprs {
        let ExprKind::Block(block) = &expr.kind else { continue };
        for stmt in &block.stmts {
            let StmtKind::Let { pat, init: Some(init), .. } = &stmt.kind else { continue };
            let PatKind::Tuple(parts) = &hir.pat(*pat).kind else { continue };
            let [first, second] = **parts else { continue };
            let (PatKind::Binding { local: sender, .. }, PatKind::Binding { local: receiver, .. }) =
                (&hir.pat(first).kind, &hir.pat(second).kind)
            else {
                continue;
            };
            let known = cx.types().callees.get(init).is_some_and(|c| c.known == Known::Resolved);
            let fits = is(cx, cx.types().local(*sender), Class::Sender)
                && is(cx, cx.types().local(*receiver), Class::Receiver);
            if known && fits {
                out.push(Pair { sender: *sender, receiver: *receiver, made: *init });
            }
        }
    }
    out
}

fn is(cx: &BodyContext<'_>, ty: &Ty, class: Class) -> bool {
    ty.path().and_then(|p| cx.catalogue().resource(p)).is_some_and(|r| r.class == class)
}

/// The local receiver that a loop takes messages from until there are no more.
fn drained(cx: &BodyContext<'_>, info: &LoopInfo) -> Option<LocalId> {
    let hir = cx.hir();
    let source = match hir.expr(info.expr).kind {
        ExprKind::For { iterable, .. } => {
            if let Some(local) = local_of(cx, iterable) {
                return is(cx, cx.types().local(local).peel_refs(), Class::Receiver).then_some(local);
            }
            iterable
        }
        ExprKind::While { condition, .. } if info.kind == LoopKind::WhileLet => {
            match hir.expr(condition).kind {
                ExprKind::Let { scrutinee, .. } => match hir.expr(scrutinee).kind {
                    ExprKind::Await { operand } => operand,
                    _ => scrutinee,
                },
                _ => return None,
            }
        }
        _ => return None,
    };
    let ExprKind::MethodCall { receiver, .. } = hir.expr(source).kind else { return None };
    let Some(Target::External(path)) = cx.types().callees.get(&source).map(|c| &c.target) else {
        return None;
    };
    let takes = cx.catalogue().facts(*path).is_some_and(|f| f.takes_out && f.waits);
    takes.then(|| local_of(cx, receiver)).flatten()
}

fn local_of(cx: &BodyContext<'_>, e: ExprId) -> Option<LocalId> {
    match cx.hir().expr(e).kind {
        ExprKind::Local(local) => Some(local),
        ExprKind::AddressOf { operand, .. } => local_of(cx, operand),
        _ => None,
    }
}

fn mentions(cx: &BodyContext<'_>, within: ExprId, local: LocalId) -> bool {
    let hir = cx.hir();
    hir.any(within, &mut |e| matches!(hir.expr(e).kind, ExprKind::Local(l) if l == local))
}

fn has_other_exit(cx: &BodyContext<'_>, info: &LoopInfo) -> bool {
    let hir = cx.hir();
    hir.any(info.expr, &mut |e| match &hir.expr(e).kind {
        ExprKind::Break { .. } | ExprKind::Return(_) | ExprKind::Try { .. } => true,
        // A macro that is not understood may leave the loop, or mention the sender.
        ExprKind::Macro(call) => matches!(
            call.kind,
            linger_analysis::syntax::hir::MacroKind::Unknown
                | linger_analysis::syntax::hir::MacroKind::Bail
                | linger_analysis::syntax::hir::MacroKind::Ensure
        ),
        _ => false,
    })
}

/// Whether the sender is, on some way, neither moved nor dropped between its declaration and the loop.
fn is_alive(view: &FlowView<'_>, sender: LocalId, info: &LoopInfo) -> bool {
    let Some(var) = view.mir.vars.iter().position(|v| v.kind == VarKind::User(sender)) else { return false };
    let var = Var(var as u32);
    let assigned = view.statements().find(|(_, s)| gives(s, var)).map(|(p, _)| p);
    let Some(start) = assigned else { return false };
    // Any move at all on the way, also on one branch, is somebody's plan: only senders that stay put count.
    let moved_before = view
        .statements()
        .any(|(point, s)| takes(s, var) && s.span.lo < info.span.lo && view.tokens.is_reachable(point.block));
    !moved_before
        && view
            .tokens
            .path(start, |point, _| point.block == info.header, |_, s| s.is_some_and(|s| takes(s, var)))
            .is_some()
}

fn gives(statement: &Statement, var: Var) -> bool {
    match &statement.kind {
        StatementKind::Assign { dest, .. } => dest.var == var && dest.projections.is_empty(),
        StatementKind::Call(call) => call.dest.var == var,
        _ => false,
    }
}

fn takes(statement: &Statement, var: Var) -> bool {
    statement.kind.moves(var)
        || matches!(statement.kind, StatementKind::Drop { var: dropped, .. } if dropped == var)
}

fn finding(cx: &BodyContext<'_>, info: &LoopInfo, pair: &Pair) -> Diagnostic {
    let hir = cx.hir();
    let name = hir.local(pair.sender).name;
    Diagnostic::new(&META, cx.at(info.head), format!("this loop never ends: `{name}` keeps the channel open"))
        .label("waits until the last sender is gone")
        .step(cx.at(hir.expr(pair.made).span), "the channel")
        .step(cx.at(hir.local(pair.sender).span), "this sender lives to the end of the scope")
        .help(format!("drop it before the loop: `drop({name});`"))
}

/// `drop(tx);` in front of the loop, where that compiles: the sender is only called before, by the code itself and no
/// closure, and never mentioned again. The loop hangs today, so that no behaviour is lost.
fn drop_it_first(cx: &BodyContext<'_>, view: &FlowView<'_>, info: &LoopInfo, pair: &Pair) -> Option<Fix> {
    let hir = cx.hir();
    let local = hir.local(pair.sender);
    let var = view.mir.vars.iter().find(|v| v.kind == VarKind::User(pair.sender))?;
    let whole = statement_around(cx, info.span).filter(|s| s.lo == info.span.lo)?;
    // In a loop around both it would be moved twice.
    if !has_own_name(cx, pair.sender) || var.in_loop != info.parent {
        return None;
    }
    let called: Vec<Span> = hir
        .exprs
        .iter()
        .filter_map(|e| match e.kind {
            ExprKind::MethodCall { receiver, .. } => Some(hir.expr(receiver).span),
            _ => None,
        })
        .collect();
    let in_closure = |at: Span| hir.closures.iter().any(|c| c.span.contains(at) && !c.span.contains(whole));
    let fits = hir.exprs.iter().all(|e| {
        !matches!(e.kind, ExprKind::Local(l) if l == pair.sender)
            || (e.span.hi <= whole.lo && called.contains(&e.span) && !in_closure(e.span))
    });
    fits.then(|| {
        Fix::new(format!("drop `{}` before the loop", local.name), Applicability::MachineApplicable)
            .insert_before(cx.at(whole), format!("drop({});\n{}", local.name, indent(cx, whole)))
    })
}
