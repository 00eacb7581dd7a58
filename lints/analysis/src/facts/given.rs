//! Code that runs only when the caller gives something: `if let Some(id) = id { … }` of a parameter.

use crate::flow::identity::{Identities, Root};
use crate::flow::mir::{Call, Mir, Operand, Owner, Place, Var, VarKind};
use crate::span::Span;
use crate::symbol::Symbol;
use crate::syntax::hir::{Body, ExprId, ExprKind, LocalId, PatId, PatKind};

/// The parameter, an `Option`, without which the code at `code` does not run.
pub(super) fn only_with(mir: &Mir, ids: &Identities<'_>, code: Span) -> Option<u32> {
    if mir.owner != Owner::Root {
        return None;
    }
    let hir = ids.context().body;
    let is_in = |e: ExprId| hir.expr(e).span.contains(code);
    hir.exprs.iter().filter(|e| e.span.contains(code)).find_map(|e| {
        let asked = match &e.kind {
            ExprKind::If { condition, then_branch, .. } if is_in(*then_branch) => {
                match hir.expr(*condition).kind {
                    ExprKind::Let { pat, scrutinee } if is_some(hir, pat) => scrutinee,
                    _ => return None,
                }
            }
            ExprKind::Match { scrutinee, arms } => {
                let arm = arms.iter().find(|arm| is_in(arm.body))?;
                is_some(hir, arm.pat).then_some(*scrutinee)?
            }
            _ => return None,
        };
        match hir.expr(asked).kind {
            ExprKind::Local(local) => parameter(mir, ids, local),
            _ => None,
        }
    })
}

/// Whether a call leaves out what it is given for a parameter: `None`.
pub(super) fn leaves_out(ids: &Identities<'_>, call: &Call, param: u32) -> bool {
    call.args.get(param as usize).is_some_and(|argument| is_none(ids.context().body, argument))
}

/// The arguments of a call that are `None`.
pub(super) fn left_out<'c>(ids: &'c Identities<'_>, call: &'c Call) -> impl Iterator<Item = u32> + 'c {
    (0u32..).zip(&call.args).filter(|(_, a)| is_none(ids.context().body, a)).map(|(index, _)| index)
}

fn is_none(hir: &Body, argument: &Operand) -> bool {
    let Operand::Constant(e) = argument else { return false };
    matches!(&hir.expr(*e).kind, ExprKind::Path(path) if is_named(path.last(), "None"))
}

fn is_some(hir: &Body, pat: PatId) -> bool {
    matches!(&hir.pat(pat).kind, PatKind::TupleStruct { path, .. } if is_named(path.last(), "Some"))
}

fn is_named(name: Option<Symbol>, expected: &str) -> bool {
    name.is_some_and(|name| name.as_str() == expected)
}

/// The parameter that a variable is, when nothing else is ever put there.
fn parameter(mir: &Mir, ids: &Identities<'_>, local: LocalId) -> Option<u32> {
    let (var, _) = (0u32..).zip(&mir.vars).find(|(_, decl)| decl.kind == VarKind::User(local))?;
    let identity = ids.place(&Place::whole(Var(var)));
    match identity.root {
        Root::Param(index) if identity.path.is_empty() => Some(index),
        _ => None,
    }
}
