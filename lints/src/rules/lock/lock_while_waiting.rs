//! Locks that are held while the thread or task waits for something else.

use std::cell::OnceCell;

use linger_analysis::catalogue::{AcrossAwait, Class, FunctionFacts};
use linger_analysis::facts::{EffectKind, Weight};
use linger_analysis::flow::mir::{Call, LoopKind, Operand, Point, Rvalue, StatementKind, Var, VarKind};
use linger_analysis::flow::tokens::{End, Source, State, Token, TokenId, mentions};
use linger_analysis::span::FileSpan;
use linger_analysis::symbol::Symbol;
use linger_analysis::types::infer::{Known, Target};
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::fixes::drop_before;
use crate::rules::lock::filled_once::is_filled_once;
use crate::rules::support::{held_until, noun, resource, short};

declare_rule! {
    /// A lock is held while the code waits for a thread, a message, a process, the clock or the network.
    ///
    /// ## Why it matters
    ///
    /// Everybody who wants the lock waits too. When the thread, task or peer that is waited for needs the lock
    /// itself, nobody goes on any more.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// use std::sync::Mutex;
    /// use std::thread::JoinHandle;
    ///
    /// fn stop(state: &Mutex<Vec<u32>>, worker: JoinHandle<()>) {
    ///     let mut state = state.lock().unwrap();
    ///     state.clear();
    ///     worker.join().ok();
    /// }
    /// ```
    ///
    /// End the guard first:
    ///
    /// ```rust,clean
    /// use std::sync::Mutex;
    /// use std::thread::JoinHandle;
    ///
    /// fn stop(state: &Mutex<Vec<u32>>, worker: JoinHandle<()>) {
    ///     state.lock().unwrap().clear();
    ///     worker.join().ok();
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// What is waited for through the guard itself is left alone, and so is the lock of a condition variable.
    /// Sending is not counted: most channels have room. Nor is what a function does to get a lock that it returns.
    LockWhileWaiting("lock_while_waiting") {
        group: Lock,
        cases: {
            waiting: Warn = "the guard gives access to something",
            brief: Allow = "a few milliseconds, the first time only, or for a thread that was just started or the answer to a closure",
            serialized: Allow = "the guard only lets one in at a time (`Mutex<()>`, `_guard`), the function returns it, or its lock is made for tasks",
        },
        since: "0.1.0",
        fixes: Sometimes,
    }
}

impl Rule for LockWhileWaiting {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            in_flow(cx, view, report);
        }
    }
}

fn in_flow(cx: &BodyContext<'_>, view: &FlowView<'_>, report: &mut Vec<Diagnostic>) {
    let tokens = &view.tokens;
    if cx.body.in_test || !tokens.tokens.iter().any(is_lock) {
        return;
    }
    let mut seen: Vec<TokenId> = Vec::new();
    let fed = OnceCell::new();
    tokens.walk(|point, state, statement| {
        let (operands, call, is_await) = match &statement.kind {
            StatementKind::Call(call) => (&call.args[..], Some(&**call), false),
            StatementKind::Await { operands, .. } => {
                let future = operands.first().and_then(Operand::var);
                (&operands[..], future.and_then(|v| tokens.identities.defining_call(v)), true)
            }
            _ => return,
        };
        let Some(call) = call.filter(|c| !cx.analysis.only_asks(cx.body, c, statement.expr)) else { return };
        let alive = state.alive();
        if alive.is_empty() {
            return;
        }
        let Some(wait) = wait(cx, view, point, call, is_await) else { return };
        for id in alive.iter() {
            let token = tokens.token(id);
            if seen.contains(&id)
                || !is_lock(token)
                || token.source != Source::Call
                || token.known != Known::Resolved
                || is_await == blocks_threads(cx, token)
                || is_maybe(view, state, id)
                || works_through(state, operands, call, id)
                || call
                    .args
                    .iter()
                    .filter_map(Operand::place)
                    .any(|p| fed.get_or_init(|| fed_by_guards(view)).contains(&(p.var, id)))
                || feeds_loop(view, point, id)
                || has_reason(cx, view, token)
            {
                continue;
            }
            seen.push(id);
            let is_serialized = is_await || guards_nothing(view, state, id) || is_handed_on(view, token);
            let case = match wait.weight {
                _ if is_serialized => "serialized",
                Weight::Lasting if is_filled_once(cx, view, id, point) => "brief",
                Weight::Lasting => "waiting",
                // Tasks run on threads other than those that a program hands errands to.
                Weight::Errand if view.mir.is_async => "waiting",
                _ => "brief",
            };
            let mut finding = Diagnostic::new(
                &META,
                cx.at(token.span),
                format!("{} is held while the code waits for something else", noun(token)),
            )
            .case(case)
            .label("locked here")
            .step(cx.at(statement.span), wait.text.clone())
            .confidence(call.callee.known.into());
            if let Some(inside) = wait.inside {
                finding = finding.step(inside, "there");
            }
            if let Some((span, text)) = held_until(view, token) {
                finding = finding.step(cx.at(span), text);
            }
            if let Some(fix) = drop_before(cx, view, id, point) {
                finding = finding.fix(fix);
            }
            report
                .push(finding.help("take out of the lock what is needed, and end the guard before waiting"));
        }
    });
}

/// What is changed by calls that are lent something of a guard (`choice.add(&guard.receiver)`): a wait on that is a wait
/// through the guard.
fn fed_by_guards(view: &FlowView<'_>) -> Vec<(Var, TokenId)> {
    let mut fed = Vec::new();
    view.tokens.walk(|_, state, statement| {
        let StatementKind::Call(call) = &statement.kind else { return };
        let Some(changed) = call.args.first().and_then(Operand::place) else { return };
        for argument in call.args.iter().skip(1).filter_map(Operand::place) {
            let lends = matches!(view.place_ty(argument), Ty::Ref(..));
            for id in state.reached(argument.var).iter().filter(|_| lends) {
                if !state.reached(changed.var).contains(id) {
                    fed.extend(
                        [changed.var].into_iter().chain(origin(view, changed.var)).map(|var| (var, id)),
                    );
                }
            }
        }
    });
    fed
}

/// The variable that a reference points to.
fn origin(view: &FlowView<'_>, var: Var) -> Option<Var> {
    match view.tokens.identities.definition(var)? {
        Rvalue::Ref(_, place) => Some(place.var),
        _ => None,
    }
}

/// A guard itself; types that keep one in a field do so for as long as they live.
fn is_lock(token: &Token) -> bool {
    token.owned.first().is_some_and(|o| matches!(o.class, Class::LockGuard | Class::MapGuard))
}

/// Whether a comment says why the lock is held; one above several locks in a row speaks for all of them.
fn has_reason(cx: &BodyContext<'_>, view: &FlowView<'_>, token: &Token) -> bool {
    let line = |token: &Token| cx.source().lines.line(token.span.lo);
    let mut token = token;
    for _ in 0..view.tokens.tokens.len() {
        if cx.has_reason(token.span) {
            return true;
        }
        match view.tokens.tokens.iter().find(|t| is_lock(t) && line(t) + 1 == line(token)) {
            Some(before) => token = before,
            None => return false,
        }
    }
    false
}

/// Guards of locks that stop threads: over an `.await` they are another rule's.
fn blocks_threads(cx: &BodyContext<'_>, token: &Token) -> bool {
    resource(cx, token).is_none_or(|r| r.across_await == AcrossAwait::Deadlocks)
}

/// A guard that may not be there: only tried, not unwrapped.
fn is_maybe(view: &FlowView<'_>, state: &State, id: TokenId) -> bool {
    let token = view.tokens.token(id);
    token.lock.as_ref().is_some_and(|l| l.reentrant || l.tries)
        && state.holders(id).all(|v| view.mir.var(v).ty.good_value().is_some())
        || token.lock.as_ref().is_some_and(|l| l.reentrant)
}

/// Whether the wait goes through the guard, or gets it.
fn works_through(state: &State, operands: &[Operand], call: &Call, id: TokenId) -> bool {
    let touches = |o: &Operand| o.place().is_some_and(|p| state.reached(p.var).contains(id));
    operands.iter().any(touches) || call.args.iter().any(touches)
}

/// Whether the wait is in a `for` loop over what the lock protects: each turn needs the guard again.
fn feeds_loop(view: &FlowView<'_>, point: Point, id: TokenId) -> bool {
    let mut around = view.mir.blocks[point.block.index()].in_loop;
    while let Some(current) = around {
        let info = &view.mir.loops[current.0 as usize];
        if info.kind == LoopKind::For {
            let turn = view.mir.blocks[info.header.index()].terminator.successors().first();
            let item = turn.and_then(|t| view.mir.blocks[t.index()].statements.first());
            if let Some(item) = item {
                let state = view.tokens.state_at(Point { block: info.header, index: 0 });
                let mut found = false;
                mentions(item, &mut |var| found |= state.reached(var).contains(id));
                if found {
                    return true;
                }
            }
        }
        around = info.parent;
    }
    false
}

/// Whether nobody looks at what the lock protects: `Mutex<()>`, `let _guard = …`.
fn guards_nothing(view: &FlowView<'_>, state: &State, id: TokenId) -> bool {
    state.holders(id).any(|v| {
        let decl = view.mir.var(v);
        let is_unit = |ty: &Ty| matches!(ty, Ty::Adt(_, args) if args.iter().any(|a| matches!(a, Ty::Tuple(parts) if parts.is_empty())));
        let unnamed = match decl.kind {
            VarKind::User(local) => view.tokens.context().body.local(local).name.starts_with('_'),
            _ => false,
        };
        unnamed || is_unit(&decl.ty) || decl.ty.as_result().is_some_and(|(ok, _)| is_unit(&ok))
    })
}

/// Whether the function gives the guard to its caller: to hold it is what it is for.
fn is_handed_on(view: &FlowView<'_>, token: &Token) -> bool {
    let ends = view.tokens.ends.iter();
    ends.filter(|e| view.tokens.token(e.token).at == token.at).any(|e| e.how == End::Returned)
}

struct Wait {
    text: String,
    inside: Option<FileSpan>,
    weight: Weight,
}

/// What a call (or the future that it gives) waits for.
fn wait(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    point: Point,
    call: &Call,
    is_await: bool,
) -> Option<Wait> {
    if call.callee.known != Known::Resolved {
        return None;
    }
    match &call.callee.target {
        // What async code itself blocks its thread with is another rule's.
        Target::External(_) if view.mir.is_async && !is_await => None,
        Target::External(path) => {
            let facts = cx.catalogue().facts(*path)?;
            // A blocking call waits at once, a future when it is awaited.
            if let Some(function) = given_function(cx, call, is_await) {
                let text = format!("`{}` waits here", short(&function));
                return Some(Wait { text, inside: None, weight: Weight::Lasting });
            }
            let now = facts.blocks != is_await;
            (now && is_wait(cx, *path, facts)).then(|| {
                let weight = cx.analysis.weight(cx.body, &view.tokens, point, call);
                Wait { text: format!("`{}` waits here", short(path)), inside: None, weight }
            })
        }
        Target::Def(def) => {
            let signature = cx.program().def(*def).signature.as_ref()?;
            if signature.is_async != is_await {
                return None;
            }
            let summary = cx.analysis.summary(*def)?;
            // To get a lock is another subject, whatever is done to get it.
            if summary.returned_guard.is_some()
                || cx.analysis.ownership.owns(&signature.ret, Class::LockGuard)
            {
                return None;
            }
            let effects = [EffectKind::Waits, EffectKind::Blocks].iter().filter_map(|kind| {
                let effect = summary.effects.get(kind)?;
                let facts = cx.catalogue().facts(effect.what)?;
                let now = facts.blocks != is_await;
                (effect.depth == 0 && now && is_wait(cx, effect.what, facts)).then_some(effect)
            });
            let effect = effects.reduce(|a, b| if b.weight > a.weight { b } else { a })?;
            let text = format!("`{}` waits (`{}`)", call.name, short(&effect.what));
            Some(Wait { text, inside: Some(effect.at), weight: effect.weight })
        }
        _ => None,
    }
}

/// A waiting function that an `Option` or `Result` is told to call: `handle.take().map(JoinHandle::join)`.
fn given_function(cx: &BodyContext<'_>, call: &Call, is_await: bool) -> Option<Symbol> {
    let Target::External(path) = &call.callee.target else { return None };
    let runs_it = path.starts_with("std::option::Option::") || path.starts_with("std::result::Result::");
    call.args.iter().filter(|_| runs_it && !is_await).find_map(|argument| {
        let Operand::Constant(e) = argument else { return None };
        let function = *cx.types().paths.get(e)?;
        let facts = cx.catalogue().facts(function)?;
        (facts.blocks && is_wait(cx, function, facts)).then_some(function)
    })
}

fn is_wait(cx: &BodyContext<'_>, path: Symbol, facts: &FunctionFacts) -> bool {
    let sends = path
        .rsplit_once("::")
        .and_then(|(ty, _)| cx.catalogue().resource(linger_analysis::symbol::sym(ty)))
        .is_some_and(|r| r.class == Class::Sender);
    let waits = facts.waits || facts.network || facts.timer.is_some() || (facts.blocks && !facts.io);
    waits && !sends && !facts.tries && !facts.acquires && facts.locks.is_none() && !facts.diverges
}
