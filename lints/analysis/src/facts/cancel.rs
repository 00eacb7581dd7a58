//! What is lost when a future is dropped before it is done: cancel safety of the program's own async functions.
//!
//! A function is not cancel safe when it awaits an operation that is not (`read_exact` on a stream of its caller),
//! or when it takes something out of its caller's state (a message, an element) and hands it to another await.
//! What belongs to the function alone is not lost: it is only begun anew.

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::facts::change::Change;
use crate::facts::{Analysis, AnalyzedBody, at};
use crate::flow::identity::{Identities, Identity, Root};
use crate::flow::mir::{AwaitKind, Call, Mir, Operand, Rvalue, StatementKind, Var, VarKind};
use crate::names::DefId;
use crate::span::FileSpan;
use crate::symbol::Symbol;
use crate::types::infer::{Known, Target};
use crate::types::ty::Ty;

/// Something that is lost when a future is dropped half-way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Loss {
    /// Where the function may be when that happens.
    pub at: FileSpan,
    /// The operation at the end of the way (`read_exact`, `recv`).
    pub what: Symbol,
    /// Something was taken out before and is lost as a whole; otherwise an operation is cut in the middle.
    pub taken: Option<FileSpan>,
    /// Whose state is affected, in terms of the function's parameters and captures.
    pub of: Identity,
    /// Calls of the program on the way, outermost first.
    pub way: SmallVec<[FileSpan; 2]>,
}

const LONGEST_WAY: usize = 4;

/// Fills in [`super::Summary::loss`] of all async functions.
pub(super) fn find(analysis: &mut Analysis<'_>, change: &mut Change, kept: &mut Vec<FxHashMap<u32, Loss>>) {
    change.rounds(
        analysis,
        kept,
        LONGEST_WAY,
        |analysis, body| {
            let def = body.def.filter(|_| body.is_async)?;
            let is_known = analysis.summary(def).is_some_and(|s| s.loss.is_some());
            if is_known { None } else { loss(analysis, body, &body.flow.root) }
        },
        |summary, loss| summary.loss = Some(loss),
    );
}

/// What is lost when the future of a flow is dropped half-way.
#[must_use]
pub fn loss(analysis: &Analysis<'_>, body: &AnalyzedBody, mir: &Mir) -> Option<Loss> {
    let ids = Identities::new(analysis.flow_context(body), mir, analysis);
    let file = body.global.file;
    for (_, statement) in mir.statements() {
        let StatementKind::Await { operands, kind: AwaitKind::Await | AwaitKind::Join, .. } = &statement.kind
        else {
            continue;
        };
        for call in operands.iter().filter_map(Operand::place).filter_map(|p| ids.defining_call(p.var)) {
            if let Some(mut found) = of_call(analysis, &ids, call, at(file, statement.span))
                && is_from_outside(mir, &ids, &found.of)
            {
                found.at = at(file, statement.span);
                return Some(found);
            }
        }
    }
    taken_out(analysis, body, mir, &ids)
}

/// What a call's future loses when it is dropped half-way, in terms of the code that makes the call.
#[must_use]
pub fn of_call(analysis: &Analysis<'_>, ids: &Identities<'_>, call: &Call, here: FileSpan) -> Option<Loss> {
    if call.callee.known != Known::Resolved {
        return None;
    }
    match &call.callee.target {
        Target::External(path) => {
            let facts = analysis.catalogue.facts(*path)?;
            if facts.cancel_safe != Some(false) || !facts.io {
                return None;
            }
            let of = ids.operand(call.args.first()?)?;
            Some(Loss { at: here, what: call.name, taken: None, of, way: SmallVec::new() })
        }
        Target::Def(def) => of_function(analysis, ids, call, *def, here),
        // Through a trait any implementation may be meant; that of a test's double is not what runs.
        Target::AnyOf(defs) => defs
            .iter()
            .filter(|def| !analysis.program.def(**def).in_test)
            .find_map(|def| of_function(analysis, ids, call, *def, here)),
        _ => None,
    }
}

/// What the future of a function of the program loses, in terms of the code that calls it.
fn of_function(
    analysis: &Analysis<'_>,
    ids: &Identities<'_>,
    call: &Call,
    def: DefId,
    here: FileSpan,
) -> Option<Loss> {
    let inner = analysis.summary(def)?.loss.as_ref()?;
    if inner.way.len() >= LONGEST_WAY {
        return None;
    }
    let of = crate::flow::tokens::translate(ids, &inner.of, call)?;
    let mut way = inner.way.clone();
    way.insert(0, inner.at);
    Some(Loss { at: here, what: inner.what, taken: inner.taken, of, way })
}

/// Whether an object lives longer than the flow: it comes from a parameter, a capture or a static.
fn is_from_outside(mir: &Mir, ids: &Identities<'_>, identity: &Identity) -> bool {
    let _ = ids;
    match identity.root {
        Root::Static(_) => true,
        // What a function takes by value dies with it; what a generic parameter is, its caller knows (`&mut stream`).
        Root::Param(index) => mir.params.get(index as usize).is_some_and(|v| {
            matches!(mir.var(*v).ty, Ty::Ref(true, _) | Ty::Param(..) | Ty::Impl(_)) || is_shared(mir, *v)
        }),
        Root::Local(local) => {
            mir.vars.iter().any(|v| v.kind == VarKind::Capture(local)) && !captures_by_move(mir, ids)
        }
        Root::Temp(_) => false,
    }
}

fn is_shared(mir: &Mir, var: Var) -> bool {
    matches!(mir.var(var).ty, Ty::Ref(false, _))
}

fn captures_by_move(mir: &Mir, ids: &Identities<'_>) -> bool {
    match mir.owner {
        crate::flow::Owner::Closure(id) => ids.context().body.closure(id).is_move,
        crate::flow::Owner::Root => false,
    }
}

/// A value that is taken out of the caller's state and then handed to another await.
fn taken_out(analysis: &Analysis<'_>, body: &AnalyzedBody, mir: &Mir, ids: &Identities<'_>) -> Option<Loss> {
    let file = body.global.file;
    for (_, statement) in mir.statements() {
        let (taken, dest, of, what) = match &statement.kind {
            StatementKind::Await { dest, operands, kind: AwaitKind::Await } => {
                let call = operands.first().and_then(Operand::place).and_then(|p| ids.defining_call(p.var));
                let Some(call) = call else { continue };
                (call, dest.var, call.args.first(), call.name)
            }
            // The future of `recv()` is not what it receives.
            StatementKind::Call(call) if !matches!(mir.var(call.dest.var).ty, Ty::Future(..)) => {
                (&**call, call.dest.var, call.args.first(), call.name)
            }
            _ => continue,
        };
        let Target::External(path) = &taken.callee.target else { continue };
        let takes = analysis.catalogue.facts(*path).is_some_and(|f| f.takes_out || f.accepts);
        if !takes || taken.callee.known != Known::Resolved {
            continue;
        }
        let Some(of) = of.and_then(|o| ids.operand(o)) else { continue };
        if !is_from_outside(mir, ids, &of) {
            continue;
        }
        let holders = holders(mir, dest);
        let later = mir.statements().find(|(_, s)| match &s.kind {
            StatementKind::Await { operands, kind: AwaitKind::Await | AwaitKind::Join, .. } => {
                operands.iter().any(|o| {
                    let Some(place) = o.place() else { return false };
                    holders.contains(&place.var)
                        || ids
                            .defining_call(place.var)
                            .is_some_and(|call| is_given(ids, call, taken, dest, &holders))
                })
            }
            _ => false,
        });
        if let Some((_, later)) = later
            && !std::ptr::eq(later, statement)
        {
            return Some(Loss {
                at: at(file, later.span),
                what,
                taken: Some(at(file, statement.span)),
                of,
                way: SmallVec::new(),
            });
        }
    }
    None
}

/// Whether a call is given what was taken out, itself or in a future: `timeout(limit, handshake(connection))`.
fn is_given(ids: &Identities<'_>, call: &Call, taken: &Call, dest: Var, holders: &FxHashSet<Var>) -> bool {
    let directly = |call: &Call| {
        call.args.iter().any(|a| matches!(a, Operand::Move(p) if holders.contains(&p.var) && p.var != dest))
    };
    let inside = || {
        call.args.iter().filter_map(Operand::var).filter_map(|v| ids.returned_by(v)).any(|inner| {
            matches!(ids.mir().var(inner.dest.var).ty, Ty::Future(..))
                && !std::ptr::eq(inner, taken)
                && directly(inner)
        })
    };
    !std::ptr::eq(call, taken) && (directly(call) || inside())
}

/// The variables that the value of `first` moves through, parts included.
fn holders(mir: &Mir, first: Var) -> FxHashSet<Var> {
    let mut out = FxHashSet::default();
    out.insert(first);
    loop {
        let before = out.len();
        for (_, statement) in mir.statements() {
            if let StatementKind::Assign { dest, value: Rvalue::Use(operand) } = &statement.kind
                && operand.place().is_some_and(|p| out.contains(&p.var))
                && dest.projections.is_empty()
            {
                out.insert(dest.var);
            }
        }
        if out.len() == before {
            return out;
        }
    }
}
