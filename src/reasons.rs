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
        // A finding may point at the name of a method: what is around it counts.
        let around = hir.exprs.iter().filter(|e| e.span.contains(at)).map(|e| e.span.hi - e.span.lo).min();
        for (index, expr) in hir.exprs.iter().enumerate() {
            if !expr.span.contains(at) || Some(expr.span.hi - expr.span.lo) != around {
                continue;
            }
            let id = ExprId(index as u32);
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
