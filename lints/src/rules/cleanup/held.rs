//! What goes on while a guard is held that it is not needed for.

use linger_analysis::catalogue::{Class, Mode};
use linger_analysis::facts::{EffectKind, LockEffect, effects_of_call};
use linger_analysis::flow::identity::{Identity, Root};
use linger_analysis::flow::mir::{
    Call, LoopId, LoopInfo, Operand, Point, Rvalue, Statement, StatementKind, Var, VarKind,
};
use linger_analysis::flow::tokens::{State, Token, TokenId};
use linger_analysis::span::{FileSpan, Span};
use linger_analysis::symbol::Symbol;
use linger_analysis::syntax::hir::LocalId;
use linger_analysis::types::infer::{Known, Target};
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::rules::support::{resource, short};

/// Something that takes long, waits, or comes back into the program, so that holding a guard meanwhile matters.
pub(super) struct Activity {
    /// Where.
    pub(super) span: Span,
    /// What, as a clause: "awaits here", "`recv` waits here".
    pub(super) text: String,
    /// Places inside helpers, outermost first.
    pub(super) way: Vec<FileSpan>,
    /// How much it matters.
    pub(super) harm: Harm,
}

/// How much it matters that a guard is held meanwhile, from little to much.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Harm {
    /// It runs what the guard lends, and that can hardly be had without the guard.
    RunsLent,
    /// It takes another lock, mostly for a moment.
    Locks,
    /// It runs code that somebody else gave, which may come back for the same lock.
    CallsBack,
    /// Disk or network.
    Io,
    /// It waits for another thread, task or process.
    Waits,
    /// It takes the same lock again.
    LocksAgain,
}

/// Whether what is looked at runs again and again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// It does not.
    No,
    /// A loop.
    Loop,
    /// A loop over what the guard lends, which needs it for the next turn: only callbacks matter.
    Lent,
}

/// The first activity among the statements that `within` picks, with the guard alive and no longer needed: what works on
/// the guard or on what it lends needs it, and so does all that comes before.
pub(super) fn needless(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    id: TokenId,
    repeat: Repeat,
    within: impl Fn(Span) -> bool,
) -> Option<Activity> {
    let token = view.tokens.token(id);
    let resource = resource(cx, token);
    if resource.is_some_and(|r| r.reentrant) {
        return None;
    }
    // A shared borrow of a cell stands in the way of writers only: a callback that adds itself to the list that is run.
    let is_shared_borrow =
        token.is(Class::RefcellBorrow) && resource.is_some_and(|r| r.mode == Some(Mode::Shared));
    let mut needed_until = 0;
    let mut found: Vec<(Target, Activity)> = Vec::new();
    let mut needing: Vec<Target> = Vec::new();
    let mut lent_callback: Option<Activity> = None;
    view.tokens.walk(|point, state, statement| {
        if !state.alive().contains(id) || !within(statement.span) {
            return;
        }
        let lent = target(statement).and_then(|t| lends(view, state, t, id));
        if let Some(ty) = lent.filter(|ty| !matches!(ty, Ty::Ref(true, _))) {
            // In a loop every registered callback is run; one alone is run because it is there.
            let could_be_had = !matches!(ty, Ty::Ref(..))
                || ty.peel_refs().path().is_some_and(|p| cx.catalogue().is_shared_pointer(p));
            let harm = if repeat == Repeat::No && !could_be_had { Harm::RunsLent } else { Harm::CallsBack };
            lent_callback = activity(cx, view, token, statement).map(|a| Activity { harm, ..a });
        } else if lent.is_some() || works_on(state, statement, id) {
            // A loop in there needs it for its next turn.
            let turns = loops_around(view, point).map(|l| l.span).filter(|s| within(*s));
            needed_until = turns.map(|s| s.hi).fold(needed_until.max(statement.span.hi), u32::max);
            needing.extend(target(statement).cloned());
        } else if let Some(activity) =
            waits_in_drop(cx, view, state, token, statement).or_else(|| activity(cx, view, token, statement))
        {
            found.push((target(statement).cloned().unwrap_or(Target::Unknown), activity));
        }
    });
    // A lent `Arc<dyn Fn()>` can be cloned out, and what it runs may come back for the lock. An `&mut F` cannot.
    let lent_callback = lent_callback.filter(|_| repeat != Repeat::No || !is_shared_borrow);
    // The next turn of a loop over what is lent needs it again.
    if is_shared_borrow || (repeat != Repeat::No && needed_until > 0) {
        return lent_callback;
    }
    // What one arm does with the guard, the other does without: `Some(x) => f(Some(x)), None => f(None)`.
    let alone = found.into_iter().filter(|(target, activity)| {
        !needing.contains(target) && (repeat != Repeat::Lent || activity.harm == Harm::CallsBack)
    });
    let needless = alone.map(|(_, a)| a).filter(|a| a.span.hi > needed_until);
    // The worst of all, and of several the first.
    lent_callback.into_iter().chain(needless).max_by_key(|a| (a.harm, std::cmp::Reverse(a.span.lo)))
}

/// The loops around a point, inner ones first.
fn loops_around<'v>(view: &FlowView<'v>, point: Point) -> impl Iterator<Item = &'v LoopInfo> {
    let mir = view.mir;
    let info = move |id: LoopId| mir.loops.get(id.0 as usize);
    let innermost = mir.blocks.get(point.block.index()).and_then(|b| b.in_loop).and_then(info);
    std::iter::successors(innermost, move |l| l.parent.and_then(info))
}

/// What a statement calls.
fn target(statement: &Statement) -> Option<&Target> {
    match &statement.kind {
        StatementKind::Call(call) => Some(&call.callee.target),
        _ => None,
    }
}

/// What a statement does that a guard should not be held over. `None` for everyday code.
fn activity(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    token: &Token,
    statement: &Statement,
) -> Option<Activity> {
    let span = statement.span;
    let here = |harm: Harm, text: String| Some(Activity { span, text, way: Vec::new(), harm });
    let callback = || {
        let text = "a callback runs here".to_owned();
        here(Harm::CallsBack, text).filter(|_| !is_private(cx, token))
    };
    // Nobody waits for a borrow: only code that may come back and borrow again matters.
    let can_wait = !token.is(Class::RefcellBorrow);
    let call = match &statement.kind {
        StatementKind::Await { operands, .. } => {
            return match awaited_lock(cx, view, operands) {
                Some((name, lock)) if lock.as_ref().is_some_and(|lock| is_same(token, lock)) => {
                    here(Harm::LocksAgain, format!("`{name}` takes the same lock again here"))
                }
                Some((name, _)) => here(Harm::Locks, format!("`{name}` takes another lock here")),
                None => here(Harm::Waits, "the task may be parked here".to_owned()),
            };
        }
        StatementKind::Call(call) => call,
        _ => return None,
    };
    match &call.callee.target {
        Target::External(path) if can_wait => {
            let facts = cx.catalogue().facts(*path)?;
            let only_asks = cx.analysis.only_asks(cx.body, call, statement.expr);
            if facts.tries || only_asks || call.callee.known != Known::Resolved {
                return None;
            }
            let name = short(path);
            if facts.waits || facts.blocks {
                here(Harm::Waits, format!("`{name}` waits here"))
            } else if facts.io {
                here(Harm::Io, format!("`{name}` does I/O here"))
            } else if facts.locks.is_some() && !gives_borrow(cx, view, call) {
                let lock = call.args.first().and_then(|a| view.tokens.identities.operand(a));
                if lock.is_some_and(|lock| is_same(token, &lock)) {
                    here(Harm::LocksAgain, format!("`{name}` takes the same lock again here"))
                } else {
                    here(Harm::Locks, format!("`{name}` takes another lock here"))
                }
            } else if waits_for_readers(cx, view, token, call, path) {
                here(Harm::Waits, format!("`{name}` waits until nobody reads the value any more"))
            } else {
                None
            }
        }
        Target::Def(def) => {
            let summary = cx.analysis.summary(*def)?;
            let is_async = cx.program().def(*def).signature.as_ref().is_some_and(|s| s.is_async);
            if is_async {
                return None;
            }
            let name = call.name;
            let locks = effects_of_call(cx.analysis, &view.tokens.identities, call, cx.at(span));
            let again = locks.iter().find(|l| l.known == Known::Resolved && is_same(token, &l.lock));
            if let Some(again) = again.filter(|_| can_wait) {
                let text = format!("`{name}` takes the same lock again");
                return Some(Activity { span, text, way: vec![again.at], harm: Harm::LocksAgain });
            }
            for kind in [EffectKind::Waits, EffectKind::Blocks, EffectKind::Io, EffectKind::CallsBack] {
                let Some(effect) = summary.effects.get(&kind) else { continue };
                let is_callback = kind == EffectKind::CallsBack;
                let is_harmless = is_callback && (gives_callback(cx, view, call) || is_private(cx, token));
                if effect.depth > 1 || !(can_wait || is_callback) || is_harmless {
                    continue;
                }
                let what = short(&effect.what);
                let (harm, text) = match kind {
                    EffectKind::CallsBack => (Harm::CallsBack, format!("`{name}` calls back (`{what}`)")),
                    EffectKind::Io => (Harm::Io, format!("`{name}` does I/O (`{what}`)")),
                    _ => (Harm::Waits, format!("`{name}` waits (`{what}`)")),
                };
                return Some(Activity { span, text, way: vec![effect.at], harm });
            }
            // A borrow in there is no lock either.
            let is_lock = |l: &&LockEffect| l.known == Known::Resolved && l.class != Class::RefcellBorrow;
            let lock = summary.locks.iter().find(is_lock).filter(|_| can_wait)?;
            // Nor does it stay at that lock, when it waits or does I/O somewhere below.
            let below = [EffectKind::Waits, EffectKind::Blocks, EffectKind::Io];
            let (harm, text, way) = match below.iter().find_map(|kind| summary.effects.get(kind)) {
                Some(effect) => {
                    let what = short(&effect.what);
                    let text = format!("`{name}` takes another lock here, and gets to `{what}`");
                    (Harm::Io, text, vec![lock.at, effect.at])
                }
                None => (Harm::Locks, format!("`{name}` takes another lock here"), vec![lock.at]),
            };
            Some(Activity { span, text, way, harm })
        }
        Target::Value => callback(),
        Target::Local(local) if !is_own_closure(cx, *local) => callback(),
        _ => None,
    }
}

/// The function whose lock is waited for (`state.lock().await`), and that lock.
fn awaited_lock(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    operands: &[Operand],
) -> Option<(Symbol, Option<Identity>)> {
    let [future] = operands else { return None };
    let ids = &view.tokens.identities;
    let call = ids.returned_by(future.var()?)?;
    cx.facts(&call.callee.target).filter(|f| f.locks.is_some())?;
    Some((call.name, call.args.first().and_then(|a| ids.operand(a))))
}

/// A value that is dropped and whose Drop, which is the program's, waits: `if let Some(worker) = workers.lock().remove(id)`.
fn waits_in_drop(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    state: &State,
    held: &Token,
    statement: &Statement,
) -> Option<Activity> {
    let var = match &statement.kind {
        StatementKind::Drop { var, .. } if !state.owned(*var).is_empty() => *var,
        StatementKind::Call(call) if matches!(call.callee.target, Target::External(path) if path == "std::mem::drop") => {
            call.args.first()?.var()?
        }
        _ => return None,
    };
    let ty = view.mir.var(var).ty.path().filter(|_| !held.is(Class::RefcellBorrow))?;
    let drop = cx.program().types.get(&ty)?.drop?;
    let effects = &cx.analysis.summary(drop)?.effects;
    let effect = effects.get(&EffectKind::Waits).or_else(|| effects.get(&EffectKind::Blocks))?;
    if effect.depth > 1 {
        return None;
    }
    let text = format!("the Drop of `{}` waits (`{}`)", short(&ty), short(&effect.what));
    Some(Activity { span: statement.span, text, way: vec![effect.at], harm: Harm::Waits })
}

/// Nobody waits for a borrow.
fn gives_borrow(cx: &BodyContext<'_>, view: &FlowView<'_>, call: &Call) -> bool {
    cx.analysis.ownership.owns(&view.mir.var(call.dest.var).ty, Class::RefcellBorrow)
}

fn is_same(held: &Token, lock: &Identity) -> bool {
    held.lock.as_ref().is_some_and(|l| l.place.same(lock))
}

/// A cell that is a local of this code: what was given from outside knows nothing of it.
fn is_private(cx: &BodyContext<'_>, held: &Token) -> bool {
    let Some(place) = held.lock.as_ref().map(|l| &l.place).filter(|p| p.path.is_empty()) else {
        return false;
    };
    let Root::Local(local) = place.root else { return false };
    held.is(Class::RefcellBorrow)
        && cx.types().local(local).path().is_some_and(|p| !cx.catalogue().is_shared_pointer(p))
}

/// Whether a call waits for guards like this one: `send` of a `watch` channel for what `borrow` lends of its value.
fn waits_for_readers(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    token: &Token,
    call: &Call,
    function: &str,
) -> bool {
    let module = |path: &str, parts: usize| path.rsplitn(parts + 1, "::").last().map(str::to_owned);
    let locks = cx.catalogue().facts(linger_analysis::symbol::sym(function)).and_then(|f| f.locks_briefly);
    let guard = view.mir.var(token.first).ty.clone();
    let owner = call.callee.self_ty.as_ref().map(Ty::peel_refs);
    locks == Some(Mode::Exclusive)
        && token.is(Class::LockGuard)
        && guard.path().is_some_and(|p| module(p.as_str(), 1) == module(function, 2))
        && owner.is_some_and(|ty| !ty.args().is_empty() && ty.args() == guard.args())
}

/// A closure of this very body is no callback: what it does is its own flow.
fn is_own_closure(cx: &BodyContext<'_>, local: LocalId) -> bool {
    matches!(cx.types().locals.get(local.index()), Some(Ty::Closure(..)) | None)
}

/// Whether the call hands over what is called back: a closure, function or constructor that is written here.
fn gives_callback(cx: &BodyContext<'_>, view: &FlowView<'_>, call: &Call) -> bool {
    call.args.iter().any(|arg| {
        let ty = match arg {
            Operand::Constant(e) => cx.ty(*e),
            Operand::Move(place) | Operand::Copy(place) | Operand::Borrow(_, place) => {
                &view.mir.var(place.var).ty
            }
        };
        matches!(ty.peel_refs(), Ty::Closure(..) | Ty::Fn(..))
    })
}

/// Whether a statement works on (or through) a token.
pub(super) fn works_on(state: &State, statement: &Statement, id: TokenId) -> bool {
    let touches = |o: &Operand| o.place().is_some_and(|p| state.reached(p.var).contains(id));
    match &statement.kind {
        StatementKind::Call(call) => call.args.iter().any(touches),
        StatementKind::Await { operands, .. } => operands.iter().any(touches),
        StatementKind::Macro { args, .. } => args.iter().any(touches),
        StatementKind::Assign { dest, value } => {
            let reads = match value {
                Rvalue::Use(operand) => touches(operand),
                Rvalue::Compute(operands) => operands.iter().any(touches),
                Rvalue::Aggregate { parts, .. } => parts.iter().any(|(_, o)| touches(o)),
                _ => false,
            };
            reads || (!dest.projections.is_empty() && state.reached(dest.var).contains(id))
        }
        _ => false,
    }
}

/// The type of the called variable, when the guard lends it.
fn lends<'v>(view: &'v FlowView<'_>, state: &State, target: &Target, id: TokenId) -> Option<&'v Ty> {
    let Target::Local(local) = target else { return None };
    view.mir.vars.iter().enumerate().find_map(|(index, decl)| {
        let is_it = matches!(decl.kind, VarKind::User(l) | VarKind::Capture(l) if l == *local);
        (is_it && state.reached(Var(index as u32)).contains(id)).then_some(&decl.ty)
    })
}
