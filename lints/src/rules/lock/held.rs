//! What is taken while something else is held.

use linger_analysis::catalogue::Class;
use linger_analysis::facts::{LockEffect, callbacks_of_call, effects_of_call};
use linger_analysis::flow::mir::{Call, DropHow, Operand, Point, StatementKind};
use linger_analysis::flow::tokens::{End, Lock, State, Token, TokenId, is_pooled};
use linger_analysis::span::FileSpan;
use linger_analysis::types::infer::{Known, Target};
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};

/// Something that is taken: by a statement itself, by a function that it calls, or by a closure that runs there.
pub(super) struct Taken {
    /// What and how.
    pub(super) effect: LockEffect,
    /// It is only tried.
    pub(super) tries: bool,
    /// The token, when the statement itself takes it.
    pub(super) token: Option<TokenId>,
    /// How the statement's callee is known.
    pub(super) known: Known,
    /// The statement.
    pub(super) at: FileSpan,
    /// A closure takes it.
    pub(super) in_callback: bool,
}

/// Something that is held: by this flow, or by a called function while it runs a closure of this flow.
pub(super) struct Holding<'a> {
    /// What and how.
    pub(super) lock: &'a Lock,
    /// The token of this flow.
    pub(super) id: TokenId,
    /// The token of this flow.
    pub(super) token: &'a Token,
}

/// Visits whatever is taken while a token with a lock or pool is alive.
pub(super) fn while_held<'v>(
    cx: &BodyContext<'_>,
    view: &'v FlowView<'_>,
    mut visit: impl FnMut(Point, &Holding<'v>, &Taken),
) {
    let tokens = &view.tokens;
    if tokens.tokens.iter().all(|t| t.lock.is_none()) {
        return;
    }
    tokens.walk(|point, state, statement| {
        let holding: Vec<Holding<'_>> = state
            .alive()
            .iter()
            .filter_map(|id| {
                let token = tokens.token(id);
                let lock = token.lock.as_ref()?;
                let is_held = !lock.reentrant
                    && is_certain(view, state, id, lock)
                    && !is_left_behind(cx, view, state, id);
                is_held.then_some(Holding { lock, id, token })
            })
            .collect();
        if holding.is_empty() {
            return;
        }
        let at = cx.at(statement.span);
        // Taken here, by a call or an await.
        let mut taken: Vec<Taken> = Vec::new();
        for (id, token) in tokens.iter().filter(|(_, t)| t.at == point && t.expr == statement.expr) {
            let Some(lock) = &token.lock else { continue };
            let effect = LockEffect {
                lock: lock.place.clone(),
                mode: lock.mode,
                at: cx.at(token.span),
                way: Default::default(),
                class: lock.class,
                known: token.known,
                only_with: None,
            };
            let at = cx.at(token.span);
            taken.push(Taken {
                effect,
                tries: lock.tries,
                token: Some(id),
                known: token.known,
                at,
                in_callback: false,
            });
        }
        let is_direct = !taken.is_empty();
        let call = match &statement.kind {
            StatementKind::Call(call) => Some(&**call),
            _ => None,
        };
        if let Some(call) = call
            && !is_direct
            && cx.analysis.runs_in_place(view.mir, &tokens.identities, call)
        {
            let known = call.callee.known;
            let mut add = |effect: LockEffect, in_callback: bool| {
                let known = known.min(effect.known);
                taken.push(Taken { effect, tries: false, token: None, known, at, in_callback });
            };
            for effect in effects_of_call(cx.analysis, &tokens.identities, call, at) {
                add(effect, false);
            }
            for callback in callbacks_of_call(cx.analysis, cx.body, &tokens.identities, call) {
                for effect in callback.locks {
                    add(effect, true);
                }
            }
        }
        for held in &holding {
            // What is handed over may end inside.
            if !is_direct && call.is_some_and(|c| hands_over(view, state, c, held.id)) {
                continue;
            }
            for taken in &taken {
                if taken.token != Some(held.id) {
                    visit(point, held, taken);
                }
            }
        }
    });
}

/// What may be there or not (`try_lock()`, `map.get(k)`, `dirty.then(|| lock())`) is held once it has been unwrapped.
fn is_certain(view: &FlowView<'_>, state: &State, id: TokenId, lock: &Lock) -> bool {
    let maybe = |ty: &Ty| ty.as_option().is_some() || (lock.tries && ty.as_result().is_some());
    !state.holders(id).all(|v| maybe(&view.mir.var(v).ty))
}

/// Whether a guard was moved into a call that gave a stream or the like, and that function keeps no guard in it: its
/// parameter dies when it returns.
fn is_left_behind(cx: &BodyContext<'_>, view: &FlowView<'_>, state: &State, id: TokenId) -> bool {
    state.holders(id).all(|holder| {
        let Some(call) = view.tokens.identities.returned_by(holder) else { return false };
        let Target::Def(def) = call.callee.target else { return false };
        let Some(body) = cx.analysis.body_of(def).filter(|b| !b.is_async) else { return false };
        let flow = &body.flow.root;
        let given = call.args.iter().zip(&flow.params).filter(|(argument, _)| {
            matches!(argument, Operand::Move(place)
                if cx.analysis.ownership.owned(&view.mir.var(place.var).ty).iter()
                    .any(|o| view.tokens.token(id).owned.contains(o)))
        });
        let mut given = given.peekable();
        given.peek().is_some()
            && given.all(|(_, param)| !flow.statements().any(|(_, s)| s.kind.moves(*param)))
    })
}

/// Whether a call may end a guard: it is moved in, or lent in a way that can unlock it for a while
/// (`MutexGuard::unlocked(&mut guard, …)`, `condvar.wait(&mut guard)`).
fn hands_over(view: &FlowView<'_>, state: &State, call: &Call, id: TokenId) -> bool {
    call.args.iter().any(|argument| match argument {
        Operand::Move(place) if place.projections.is_empty() => {
            state.owned(place.var).contains(id)
                || (state.reached(place.var).contains(id)
                    && lends_guard_mutably(view, &view.mir.var(place.var).ty))
        }
        Operand::Borrow(true, place) if place.projections.is_empty() => state.owned(place.var).contains(id),
        _ => false,
    })
}

/// `&mut MutexGuard<T>`
fn lends_guard_mutably(view: &FlowView<'_>, ty: &Ty) -> bool {
    let Ty::Ref(true, inner) = ty else { return false };
    view.tokens
        .context()
        .ownership
        .owned(inner)
        .iter()
        .any(|o| o.class == Class::LockGuard || is_pooled(o.class))
}

/// Whether the variable that holds `old` is overwritten while `new` is alive already: `old` makes room for it.
pub(super) fn replaces(view: &FlowView<'_>, old: TokenId, new: TokenId) -> bool {
    view.tokens.ends.iter().any(|end| {
        end.token == old
            && end.how == End::Dropped(DropHow::Overwritten)
            && view.tokens.state_at(end.at).alive().contains(new)
    })
}
