//! Copies that a closure changes in vain.

use linger_analysis::syntax::hir::{ClosureId, ClosureKind, ExprId, ExprKind, LocalId};

use crate::context::BodyContext;
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};

declare_rule! {
    /// A `move` closure changes its own copy of a variable, and the code around it reads the old value.
    ///
    /// ## Why it matters
    ///
    /// `move` takes `Copy` values by copying them. What the closure writes to its copy nobody else sees: a counter
    /// stays at zero, a flag is never set. The compiler says nothing.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// fn count(items: &[u32]) -> u32 {
    ///     let mut count = 0;
    ///     items.iter().for_each(move |_| count += 1);
    ///     count
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// fn count(items: &[u32]) -> u32 {
    ///     let mut count = 0;
    ///     items.iter().for_each(|_| count += 1);
    ///     count
    /// }
    /// ```
    ///
    /// The other way round, a value that was taken too early: a deferred call that is given the time which has passed
    /// before it runs, or a number that is still counted; a thread or task that looks again and again at its own
    /// copy of a flag, which the code outside sets in vain.
    ///
    /// ## Limits
    ///
    /// Only whole variables are followed, and only those that the code reads again after the closure without
    /// having written them before.
    StaleCapture("stale_capture") {
        group: Capture,
        level: Warn,
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for StaleCapture {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for index in 0..cx.hir().closures.len() {
            in_closure(cx, ClosureId(index as u32), report);
        }
        if !cx.hir().closures.is_empty() {
            for view in cx.flows() {
                super::taken_early::find(cx, view, &META, report);
            }
        }
    }
}

fn in_closure(cx: &BodyContext<'_>, id: ClosureId, report: &mut Vec<Diagnostic>) {
    let hir = cx.hir();
    let closure = hir.closure(id);
    if !closure.is_move || closure.kind == ClosureKind::AsyncClosure {
        return;
    }
    for local in &closure.captures {
        let ty = cx.types().local(*local);
        if ty.is_unknown()
            || !cx.analysis.ownership.is_copy(ty)
            || matches!(ty, linger_analysis::types::ty::Ty::Ref(..))
        {
            continue;
        }
        let Some(write) = written(cx, closure.body, *local) else { continue };
        // State of the closure itself (`move || { n += 1; n > 3 }`) is read inside.
        if is_read(cx, closure.body, *local) {
            continue;
        }
        let Some(read) = first_use_after(cx, closure.span.hi, *local) else { continue };
        if is_written_at(cx, read, *local) {
            continue;
        }
        let name = hir.local(*local).name;
        report.push(
            Diagnostic::new(
                &META,
                cx.at(hir.expr(write).span),
                format!("this changes the closure's own copy of `{name}`, not the variable outside"),
            )
            .label("`move` has copied it")
            .step(cx.at(hir.expr(read).span), "the old value is read here")
            .help(
                "capture it by reference (no `move`), share it (`Cell`, an atomic), or return the new value",
            ),
        );
    }
}

/// Where code writes a variable.
fn written(cx: &BodyContext<'_>, within: ExprId, local: LocalId) -> Option<ExprId> {
    let hir = cx.hir();
    let mut found = None;
    hir.walk(within, &mut |e| {
        if found.is_none() && is_written_at_assign(cx, e, local) {
            found = Some(e);
        }
        found.is_none()
    });
    found
}

/// Whether code mentions a variable otherwise than to write it.
fn is_read(cx: &BodyContext<'_>, within: ExprId, local: LocalId) -> bool {
    let hir = cx.hir();
    let mut mentions = 0usize;
    let mut writes = 0usize;
    hir.walk(within, &mut |e| {
        mentions += usize::from(matches!(hir.expr(e).kind, ExprKind::Local(l) if l == local));
        writes += usize::from(is_written_at_assign(cx, e, local));
        true
    });
    mentions > writes
}

fn is_written_at_assign(cx: &BodyContext<'_>, e: ExprId, local: LocalId) -> bool {
    let hir = cx.hir();
    match hir.expr(e).kind {
        ExprKind::Assign { place, .. } | ExprKind::AssignOp { place, .. } => {
            matches!(hir.expr(place).kind, ExprKind::Local(l) if l == local)
        }
        _ => false,
    }
}

/// The first mention of a variable behind a place in the text, in the code that declares it.
fn first_use_after(cx: &BodyContext<'_>, behind: u32, local: LocalId) -> Option<ExprId> {
    let hir = cx.hir();
    (0..hir.exprs.len())
        .map(|i| ExprId(i as u32))
        .filter(|e| {
            matches!(hir.expr(*e).kind, ExprKind::Local(l) if l == local) && hir.expr(*e).span.lo >= behind
        })
        .min_by_key(|e| hir.expr(*e).span.lo)
}

/// Whether a mention is the place of a plain assignment, so that the old value is not read.
fn is_written_at(cx: &BodyContext<'_>, mention: ExprId, local: LocalId) -> bool {
    let hir = cx.hir();
    hir.exprs.iter().any(|e| matches!(e.kind, ExprKind::Assign { place, .. } if place == mention))
        || matches!(hir.expr(mention).kind, ExprKind::Local(l) if l != local)
}
