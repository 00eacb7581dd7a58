//! Why something is a hazard, in the words of the configuration: the notes of its entries in `[catalogue]`.

use linger_analysis::facts::{Analysis, AnalyzedBody};
use linger_analysis::symbol::Symbol;
use linger_analysis::syntax::hir::ExprId;
use linger_analysis::types::infer::Target;
use linger_analysis::types::ty::Ty;
use linger_lints::Diagnostic;

/// Adds the reason that the user gave for what a finding is about.
pub fn add(analysis: &Analysis<'_>, body: &AnalyzedBody, finding: &mut Diagnostic) {
    if !analysis.catalogue.is_extended() || finding.primary.at.file != body.global.file {
        return;
    }
    let hir = analysis.hir(body);
    let places: Vec<_> =
        finding.places().filter(|p| p.file == body.global.file).map(|place| place.span).collect();
    let mut reasons: Vec<String> = Vec::new();
    for at in places {
        // A finding may point at the name of a function or method: the smallest call around it counts, too.
        let around = |calls: bool| {
            let ids = (0..hir.exprs.len()).map(|index| ExprId(index as u32));
            ids.filter(|id| {
                hir.expr(*id).span.contains(at) && (!calls || body.types.callees.get(id).is_some())
            })
            .min_by_key(|id| hir.expr(*id).span.hi - hir.expr(*id).span.lo)
        };
        for id in [around(false), around(true)].into_iter().flatten() {
            let callee = body.types.callees.get(&id).and_then(|c| match &c.target {
                Target::External(path) => Some(*path),
                Target::Def(def) => Some(analysis.program.path_of(*def)),
                _ => None,
            });
            let mut paths: Vec<Symbol> = callee.into_iter().collect();
            body.types.expr(id).any(&mut |ty: &Ty| {
                paths.extend(ty.path());
                false
            });
            for path in paths {
                let Some(note) = analysis.catalogue.own_note(path) else { continue };
                let reason = format!("`{path}`: {note}");
                if !reasons.contains(&reason) {
                    reasons.push(reason);
                }
            }
        }
    }
    finding.notes.extend(reasons);
}
