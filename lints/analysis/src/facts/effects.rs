//! What calls of other people's functions do, apart from locks.

use crate::catalogue::Catalogue;
use crate::facts::direct::Direct;
use crate::facts::{Analysis, AnalyzedBody, Effect, EffectKind, Summary, Weight};
use crate::flow::mir::{Call, Point};
use crate::flow::tokens::Tokens;
use crate::span::FileSpan;
use crate::symbol::Symbol;
use crate::syntax::hir::{ExprId, ExprKind};
use crate::types::infer::Target;
use crate::types::ty::Ty;

/// Effects of calls to external functions.
pub(super) fn external(
    analysis: &Analysis<'_>,
    body: &AnalyzedBody,
    tokens: &Tokens<'_>,
    point: Point,
    call: &Call,
    here: FileSpan,
    out: &mut Direct,
) {
    let summary = &mut out.summary;
    let path = match &call.callee.target {
        Target::External(path) => *path,
        // A closure of this very body is no callback: it is looked at where it is called.
        Target::Local(local) if matches!(body.types.locals.get(local.index()), Some(Ty::Closure(..))) => {
            return;
        }
        Target::Local(_) | Target::Value => {
            note(summary, EffectKind::CallsBack, Effect::here(here, call.name));
            return;
        }
        _ => return,
    };
    let catalogue = analysis.catalogue;
    let Some(facts) = catalogue.facts(path) else { return };
    if !catalogue.state_ends(path).is_empty() && !summary.starts.contains(&path) {
        summary.starts.push(path);
    }
    if catalogue.ends_state(path) && !summary.ends.contains(&path) {
        summary.ends.push(path);
    }
    let waits = !analysis.only_asks(body, call, tokens.mir.statement(point).and_then(|s| s.expr));
    let weight = match facts.waits || facts.blocks {
        true if !out.once => analysis.weight(body, tokens, point, call),
        true => Weight::Moment,
        false => Weight::Lasting,
    };
    let kinds = [
        (facts.waits && waits, EffectKind::Waits),
        (facts.blocks && waits, EffectKind::Blocks),
        (facts.io, EffectKind::Io),
        (facts.ends_process, EffectKind::EndsProcess),
        (facts.spawns.is_some(), EffectKind::Spawns),
        // Who asks whether a runtime runs knows what he does.
        (
            facts.panics_in_runtime && !out.may_wait && !asks_for_runtime(catalogue, body),
            EffectKind::EntersRuntime,
        ),
    ];
    for (is, kind) in kinds {
        if is {
            note(summary, kind, Effect { weight, ..Effect::here(here, path) });
        }
    }
}

fn asks_for_runtime(catalogue: &Catalogue, body: &AnalyzedBody) -> bool {
    body.flow.all().any(|mir| {
        mir.calls().any(|(_, _, call)| {
            matches!(&call.callee.target, Target::External(path)
                if catalogue.facts(*path).is_some_and(|f| f.asks_for_runtime))
        })
    })
}

impl Analysis<'_> {
    /// Whether a call of a function that waits is told to answer at once: `waitpid(pid, Some(WaitPidFlag::WNOHANG))`.
    #[must_use]
    pub fn only_asks(&self, body: &AnalyzedBody, call: &Call, written: Option<ExprId>) -> bool {
        let Target::External(path) = &call.callee.target else { return false };
        let words = self.catalogue.facts(*path).map_or(&[][..], |f| &f.only_asks_with);
        if words.is_empty() {
            return false;
        }
        let hir = self.hir(body);
        written.is_some_and(|e| {
            hir.any(e, &mut |part| match &hir.expr(part).kind {
                ExprKind::Path(path) => path.last().is_some_and(|name| words.contains(&name)),
                _ => false,
            })
        })
    }
}

impl Effect {
    pub(super) fn here(at: FileSpan, what: Symbol) -> Self {
        Self { at, what, depth: 0, weight: Weight::Lasting }
    }
}

/// Enters an effect, unless one is known that is nearer, or as near and matters as much.
pub(super) fn note(summary: &mut Summary, kind: EffectKind, effect: Effect) -> bool {
    match summary.effects.get_mut(&kind) {
        Some(known) if known.weight >= effect.weight || known.depth < effect.depth => false,
        Some(known) => {
            *known = effect;
            true
        }
        None => {
            summary.effects.insert(kind, effect);
            true
        }
    }
}
