//! Channels whose receiver is thrown away.

use linger_analysis::catalogue::Class;
use linger_analysis::syntax::hir::{Block, ExprId, ExprKind, LocalId, PatId, PatKind, StmtKind};
use linger_analysis::types::infer::Known;
use linger_analysis::types::ty::Ty;

use crate::context::BodyContext;
use crate::declare_rule;
use crate::diagnostic::{Applicability, Confidence, Diagnostic, Fix};
use crate::rule::{Rule, RuleMeta};
use crate::rules::support::short;

declare_rule! {
    /// A channel's receiver is dropped where the channel is made.
    ///
    /// ## Why it matters
    ///
    /// `let (tx, _) = channel()` drops the receiver in that very statement: every `send` fails, and what is sent
    /// is lost. `_rx` would keep it.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// fn start() {
    ///     let (tx, _) = std::sync::mpsc::channel();
    ///     let _ = tx.send(1);
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// fn start() -> std::sync::mpsc::Receiver<u32> {
    ///     let (tx, rx) = std::sync::mpsc::channel();
    ///     let _ = tx.send(1);
    ///     rx
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Channels that can be subscribed to later (`broadcast`, `watch`) are left alone, and so is a sender that is only
    /// handed on.
    SendWithoutReceiver("send_without_receiver") {
        group: Task,
        level: Deny,
        since: "0.1.0",
        fixes: Sometimes,
    }
}

impl Rule for SendWithoutReceiver {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        // In tests a sender is often only something to pass.
        if cx.body.in_test {
            return;
        }
        let hir = cx.hir();
        for index in 0..hir.exprs.len() {
            let e = ExprId(index as u32);
            if let ExprKind::Block(block) = &hir.expr(e).kind {
                in_block(cx, block, report);
            }
        }
    }
}

fn in_block(cx: &BodyContext<'_>, block: &Block, report: &mut Vec<Diagnostic>) {
    let hir = cx.hir();
    for stmt in &block.stmts {
        let StmtKind::Let { pat, init: Some(init), .. } = &stmt.kind else { continue };
        let PatKind::Tuple(parts) = &hir.pat(*pat).kind else { continue };
        let [sender, receiver] = **parts else { continue };
        if !matches!(hir.pat(receiver).kind, PatKind::Wild) {
            continue;
        }
        let Ty::Tuple(types) = cx.ty(*init) else { continue };
        let (Some(tx), Some(rx)) = (types.first(), types.get(1)) else { continue };
        let (Some(local), true) =
            (bound(cx, sender), is(cx, tx, Class::Sender) && is(cx, rx, Class::Receiver))
        else {
            continue;
        };
        // `subscribe()` makes new receivers.
        let subscribes = tx
            .path()
            .is_some_and(|p| cx.catalogue().method(p, linger_analysis::symbol::sym("subscribe")).is_some());
        let known = cx.types().callees.get(init).map_or(Known::Inferred, |c| c.known);
        if subscribes || !sends(cx, local) || known != Known::Resolved {
            continue;
        }
        report.push(
            Diagnostic::new(
                &META,
                cx.at(hir.pat(receiver).span),
                format!(
                    "the receiver of this channel is dropped at once, so every `send` of the `{}` fails",
                    name(tx)
                ),
            )
            .label("`_` binds nothing: the receiver is dropped here")
            .step(cx.at(hir.expr(*init).span), "the channel")
            .confidence(Confidence::from(known))
            .help("keep the receiver (`_rx` lives to the end of the scope) and give it to whoever receives")
            .fix(
                // It lives longer then: only whoever wrote it can say that this is meant.
                Fix::new("keep it to the end of the block", Applicability::MaybeIncorrect)
                    .replace(cx.at(hir.pat(receiver).span), "_receiver"),
            ),
        );
    }
}

fn name(ty: &Ty) -> String {
    ty.path().map(|p| short(&p).to_owned()).unwrap_or_default()
}

fn bound(cx: &BodyContext<'_>, pat: PatId) -> Option<LocalId> {
    match cx.hir().pat(pat).kind {
        PatKind::Binding { local, sub: None } => Some(local),
        _ => None,
    }
}

fn is(cx: &BodyContext<'_>, ty: &Ty, class: Class) -> bool {
    ty.path().and_then(|p| cx.catalogue().resource(p)).is_some_and(|r| r.class == class)
}

/// Whether the code sends with it. A sender that is only handed on is a stand-in for code that wants one.
fn sends(cx: &BodyContext<'_>, local: LocalId) -> bool {
    let hir = cx.hir();
    hir.exprs.iter().any(|e| match &e.kind {
        ExprKind::MethodCall { receiver, method, .. } => {
            method.contains("send") && matches!(hir.expr(*receiver).kind, ExprKind::Local(l) if l == local)
        }
        _ => false,
    })
}
