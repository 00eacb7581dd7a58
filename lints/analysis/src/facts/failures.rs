//! Functions whose error means that data was not written: `save` fails when its `rename` does.
//!
//! Only errors that a function hands on count, by `?` or as what it returns. What goes to sockets does not: there
//! the other side has gone away most of the time, and knows.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::catalogue::{Class, IfIgnored};
use crate::facts::change::Change;
use crate::facts::{Analysis, AnalyzedBody, at};
use crate::flow::mir::{BranchKind, Terminator};
use crate::span::FileSpan;
use crate::symbol::Symbol;
use crate::syntax::hir::{Body, ExprId, ExprKind};
use crate::types::infer::{Callee, Known, Target};
use crate::types::ty::Ty;

/// Where an error of a function comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The call at the end of the way.
    pub at: FileSpan,
    /// What is called there (`std::fs::rename`).
    pub what: Symbol,
    /// Calls of the program on the way, outermost first.
    pub way: SmallVec<[FileSpan; 2]>,
}

/// A function so many calls away does much else.
const LONGEST_WAY: usize = 2;

/// Fills in [`super::Summary::failure`].
pub(super) fn find(
    analysis: &mut Analysis<'_>,
    change: &mut Change,
    kept: &mut Vec<FxHashMap<u32, Failure>>,
) {
    change.rounds(
        analysis,
        kept,
        LONGEST_WAY + 1,
        |analysis, body| {
            let is_known = analysis.summary(body.def?).is_some_and(|s| s.failure.is_some());
            let fails = body.types.ret.as_result().is_some();
            if is_known || !fails { None } else { failure(analysis, body) }
        },
        |summary, failure| summary.failure = Some(failure),
    );
}

fn failure(analysis: &Analysis<'_>, body: &AnalyzedBody) -> Option<Failure> {
    let hir = analysis.hir(body);
    let mut handed_on: Vec<ExprId> = Vec::new();
    for block in &body.flow.root.blocks {
        if let Terminator::Branch { on, kind: BranchKind::Question, .. } = &block.terminator {
            causes(hir, *on, &mut handed_on);
        }
    }
    causes(hir, hir.root, &mut handed_on);
    handed_on.iter().find_map(|e| {
        let callee = body.types.callees.get(e)?;
        let here = at(body.global.file, hir.expr(*e).span);
        match &callee.target {
            _ if callee.known != Known::Resolved => None,
            Target::External(path) => loses_data(analysis, callee, *path).then(|| Failure {
                at: here,
                what: *path,
                way: SmallVec::new(),
            }),
            Target::Def(def) => {
                let inner = analysis.summary(*def)?.failure.as_ref()?;
                if inner.way.len() >= LONGEST_WAY {
                    return None;
                }
                let mut way = inner.way.clone();
                way.insert(0, here);
                Some(Failure { way, ..inner.clone() })
            }
            _ => None,
        }
    })
}

/// The calls that a `Result` comes from.
fn causes(hir: &Body, e: ExprId, out: &mut Vec<ExprId>) {
    match &hir.expr(e).kind {
        ExprKind::MethodCall { receiver, method, .. } => match method.as_str() {
            "map_err" | "context" | "with_context" | "wrap_err" | "wrap_err_with" | "map" | "inspect_err"
            | "chain_err" => causes(hir, *receiver, out),
            _ => out.push(e),
        },
        ExprKind::Call { .. } => out.push(e),
        ExprKind::Await { operand } | ExprKind::Try { operand } => causes(hir, *operand, out),
        ExprKind::Block(block) => {
            if let Some(tail) = block.tail {
                causes(hir, tail, out);
            }
        }
        ExprKind::If { then_branch, else_branch, .. } => {
            causes(hir, *then_branch, out);
            if let Some(other) = else_branch {
                causes(hir, *other, out);
            }
        }
        ExprKind::Match { arms, .. } => arms.iter().for_each(|arm| causes(hir, arm.body, out)),
        _ => {}
    }
}

/// Whether an error of this call means that something was not written, or that a protection is not in force.
fn loses_data(analysis: &Analysis<'_>, callee: &Callee, path: Symbol) -> bool {
    let Some(facts) = analysis.catalogue.facts(path) else { return false };
    if !matches!(facts.if_ignored, Some(IfIgnored::DataLoss | IfIgnored::Security)) || facts.reads_body {
        return false;
    }
    let of_a_trait = path
        .rsplit_once("::")
        .and_then(|(owner, _)| analysis.catalogue.type_facts(crate::symbol::sym(owner)))
        .is_some_and(|t| t.is_trait);
    let is_file = |ty: &Ty| {
        ty.path().and_then(|p| analysis.catalogue.resource(p)).is_some_and(|r| r.class == Class::File)
    };
    !of_a_trait || callee.self_ty.as_ref().is_some_and(|ty| ty.any(&mut |t| is_file(t)))
}
