//! Cancellation that a function is given and does not look at.

use linger_analysis::catalogue::Class;
use linger_analysis::facts::endless;
use linger_analysis::flow::mir::{Operand, Owner, StatementKind};
use linger_analysis::span::Span;
use linger_analysis::syntax::hir::{ExprKind, LocalId, PatKind};
use linger_analysis::types::infer::Target;
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};

declare_rule! {
    /// A function is given a cancellation token and never looks at it, or passes a fresh one on.
    ///
    /// ## Why it matters
    ///
    /// Whoever cancels the token expects the work to end. A loop that does not look at it runs on, and a fresh token
    /// that is made on the way cuts everything behind it off: nobody can cancel it.
    ///
    /// ## Example
    ///
    /// ```rust,ignore,fires
    /// use tokio_util::sync::CancellationToken;
    ///
    /// async fn serve(token: CancellationToken) {
    ///     if token.is_cancelled() {
    ///         return;
    ///     }
    ///     loop {
    ///         tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    ///     }
    /// }
    /// ```
    ///
    /// ```rust,ignore,clean
    /// use tokio_util::sync::CancellationToken;
    ///
    /// async fn serve(token: CancellationToken) {
    ///     while !token.is_cancelled() {
    ///         tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    ///     }
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Methods of traits are left alone (they take what the trait gives), and so are parameters whose name starts
    /// with `_`.
    CancellationNotHeeded("cancellation_not_heeded") {
        group: Task,
        level: Warn,
        since: "0.1.0",
        fixes: None,
        compiler_lints: ["unused_variables"],
    }
}

impl Rule for CancellationNotHeeded {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        let Some(signature) = cx.body.def.and_then(|d| cx.program().def(d).signature.as_ref()) else {
            return;
        };
        let tokens = parameters(cx);
        if tokens.is_empty() {
            return;
        }
        // Methods of traits take what the trait gives.
        if signature.of_trait.is_none() {
            for token in &tokens {
                never_mentioned(cx, *token, report);
            }
            around_loop(cx, &tokens, report);
        }
        for view in cx.flows() {
            fresh(cx, view, &tokens, report);
        }
    }
}

fn is_token(cx: &BodyContext<'_>, ty: &Ty) -> bool {
    ty.peel_refs()
        .path()
        .and_then(|p| cx.catalogue().resource(p))
        .is_some_and(|r| r.class == Class::CancelToken)
}

/// Parameters that are cancellation tokens.
fn parameters(cx: &BodyContext<'_>) -> Vec<LocalId> {
    let hir = cx.hir();
    hir.params
        .iter()
        .filter_map(|p| match hir.pat(p.pat).kind {
            PatKind::Binding { local, .. } => Some(local),
            _ => None,
        })
        .filter(|l| is_token(cx, cx.types().local(*l)) && !hir.local(*l).name.starts_with('_'))
        .collect()
}

fn mentions(cx: &BodyContext<'_>, local: LocalId) -> impl Iterator<Item = Span> {
    let hir = cx.hir();
    hir.exprs.iter().filter(move |e| matches!(e.kind, ExprKind::Local(l) if l == local)).map(|e| e.span)
}

fn never_mentioned(cx: &BodyContext<'_>, token: LocalId, report: &mut Vec<Diagnostic>) {
    let hir = cx.hir();
    let has_work = cx
        .body
        .flow
        .root
        .statements()
        .any(|(_, s)| matches!(s.kind, StatementKind::Await { .. } | StatementKind::Call(_)));
    // A macro that is not understood may look at it.
    let hidden = hir.exprs.iter().any(|e| {
        matches!(&e.kind, ExprKind::Macro(call) if call.kind == linger_analysis::syntax::hir::MacroKind::Unknown)
    });
    if mentions(cx, token).next().is_some() || !has_work || hidden {
        return;
    }
    let local = hir.local(token);
    report.push(
        Diagnostic::new(
            &META,
            cx.at(local.span),
            format!("`{}` is never looked at: cancelling does nothing", local.name),
        )
        .label("given here, and ignored")
        .help(format!("wait for `{}.cancelled()` in a `select!` beside the work, or pass it on", local.name)),
    );
}

/// An endless loop that does not look at the token that the function has.
fn around_loop(cx: &BodyContext<'_>, tokens: &[LocalId], report: &mut Vec<Diagnostic>) {
    let mir = cx.body.flow.get(Owner::Root);
    let Some(found) = endless(cx.analysis, cx.body, mir) else { return };
    if !found.way.is_empty() || found.at.file != cx.file() {
        return;
    }
    let Some(turning) = mir.loops.iter().find(|l| l.head == found.at.span) else { return };
    let hir = cx.hir();
    // Any token at all in the loop, also a clone or child under another name, is a look.
    let heeded = hir.any(turning.expr, &mut |e| is_token(cx, cx.ty(e)));
    let Some(token) = tokens.iter().find(|t| mentions(cx, **t).next().is_some()) else { return };
    let used_elsewhere = mentions(cx, *token).any(|span| span.lo > turning.span.hi);
    let only_checked = mentions(cx, *token).all(|span| is_checked(cx, span));
    if heeded || used_elsewhere || !only_checked {
        return;
    }
    let name = hir.local(*token).name;
    report.push(
        Diagnostic::new(
            &META,
            cx.at(turning.head),
            format!("this loop never looks at `{name}`: cancelling does not end it"),
        )
        .label("goes on for ever")
        .step(cx.at(hir.local(*token).span), "the token that should end it")
        .help(format!("wait for `{name}.cancelled()` in a `select!` inside the loop, and leave it then")),
    );
}

/// `token.is_cancelled()`: a look, not a hand-over.
fn is_checked(cx: &BodyContext<'_>, mention: Span) -> bool {
    let hir = cx.hir();
    hir.exprs.iter().any(|e| match &e.kind {
        ExprKind::MethodCall { receiver, method, .. } => {
            hir.expr(*receiver).span == mention && matches!(method.as_str(), "is_cancelled" | "cancelled")
        }
        _ => false,
    })
}

/// `run(CancellationToken::new())` where a token is at hand.
fn fresh(cx: &BodyContext<'_>, view: &FlowView<'_>, tokens: &[LocalId], report: &mut Vec<Diagnostic>) {
    for (point, _, call) in view.mir.calls() {
        if !view.tokens.is_reachable(point.block) || matches!(call.callee.target, Target::Constructor(_)) {
            continue;
        }
        let makes_anew = |o: &Operand| {
            let Operand::Move(place) = o else { return None };
            let maker = view.tokens.identities.defining_call(place.var)?;
            let direct = matches!(view.mir.var(place.var).kind, linger_analysis::flow::mir::VarKind::Temp(_));
            (direct && is_token(cx, &view.mir.var(place.var).ty) && maker.args.is_empty()).then_some(maker)
        };
        let Some(maker) = call.args.iter().find_map(makes_anew) else { continue };
        let Some(token) = tokens.first() else { continue };
        let name = cx.hir().local(*token).name;
        report.push(
            Diagnostic::new(
                &META,
                cx.at(maker.name_span),
                format!("a fresh token is passed on, which nobody can cancel, instead of `{name}`"),
            )
            .label("made and given away here")
            .step(cx.at(cx.hir().local(*token).span), "the token that is cancelled")
            .help(format!("pass `{name}.child_token()` (or a clone of it) on")),
        );
    }
}
