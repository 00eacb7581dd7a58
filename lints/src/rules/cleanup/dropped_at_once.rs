//! Values that are only there to live for a while.

use linger_analysis::catalogue::Class;
use linger_analysis::flow::mir::{Discard, DropHow, Mir, Operand, StatementKind, VarKind};
use linger_analysis::flow::tokens::{End, Source, Token, TokenId};
use linger_analysis::span::Span;
use linger_analysis::syntax::hir::{ExprId, ExprKind, StmtKind};
use linger_analysis::types::infer::{Known, Target};
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Fix};
use crate::rule::{Rule, RuleMeta};
use crate::rules::cleanup::left_outside;
use crate::rules::support::{noun, resource};

declare_rule! {
    /// A value whose only purpose is to live for a while dies in the statement that makes it.
    ///
    /// ## Why it matters
    ///
    /// `let _ = m.lock()` binds nothing: the guard is dropped at the semicolon and the code below runs
    /// unprotected. The same happens to entered spans, permits, temporary directories, scope guards and
    /// everything else that works by being alive. The compiler says so for std's mutexes only.
    ///
    /// ## Example
    ///
    /// ```rust,compile_fail,fires
    /// fn update(order: &std::sync::RwLock<()>, total: &std::sync::atomic::AtomicU32) {
    ///     let _ = order.write();
    ///     total.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    /// }
    /// ```
    ///
    /// A name keeps it alive to the end of the block, even one that starts with an underscore:
    ///
    /// ```rust,clean
    /// fn update(order: &std::sync::RwLock<()>, total: &std::sync::atomic::AtomicU32) {
    ///     let _order = order.write();
    ///     total.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// The last statement of a block is left alone, and so is a lock that is taken only to wait for its holder
    /// (followed by a notification or a return); the strict case `barrier` shows such locks. `let _ =` of a lock of
    /// std is reported in all places, as rustc does; for waiting there is `drop(m.lock())`.
    DroppedAtOnce("dropped_at_once") {
        group: Cleanup,
        cases: {
            value: Deny = "a guard, permit, directory or handle",
            parameter: Warn = "a guard that a function is given for the future or stream that it returns",
            path: Warn = "only the path of a temporary file or directory is kept",
            barrier: Allow = "a lock in the last statement, as if to wait for its holder",
        },
        since: "0.1.0",
        fixes: Sometimes,
        compiler_lints: ["let_underscore_lock", "clippy::let_underscore_lock"],
    }
}

impl Rule for DroppedAtOnce {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            discarded(cx, view, report);
            path_of_dead_directory(cx, view, report);
            for guard in left_outside::guards(cx, view).into_iter().filter(|g| !cx.has_reason(g.span)) {
                let message = format!("{} is dropped when the function returns", noun(guard));
                report.push(
                    Diagnostic::new(&META, cx.at(guard.span), message)
                        .case("parameter")
                        .label("not taken along by what is returned")
                        .confidence(guard.known.into())
                        .help("name it inside of the block, so that it lives as long: `let _guard = guard;`"),
                );
            }
        }
    }
}

fn discarded(cx: &BodyContext<'_>, view: &FlowView<'_>, report: &mut Vec<Diagnostic>) {
    let tokens = &view.tokens;
    let mut seen: Vec<TokenId> = Vec::new();
    tokens.walk(|_, state, statement| {
        let StatementKind::Discard { value, shape } = &statement.kind else { return };
        let (Some(place), Some(e)) = (value.place(), statement.expr) else { return };
        if *shape == Discard::LetUnderscoreTyped {
            return;
        }
        for id in state.owned(place.var).iter() {
            let token = tokens.token(id);
            if seen.contains(&id) || token.source != Source::Call || !is_useless(cx, view, token, *shape) {
                continue;
            }
            let Some(position) = position(cx, e) else { continue };
            // Made before and moved into what is thrown away here (a task that takes it along): not at once.
            // A comment that wants it to live gives no reason to drop it.
            let wanted = cx.has_reason_with(position.span, &["hold", "held", "keep", "kept alive", "stay"]);
            let reason = cx.has_reason(position.span) && !wanted
                || cx.has_reason_with(position.span, &["initiali", "trigger", "force", "wait for"]);
            if reason || is_for_its_effect(cx, e) || !position.span.contains(token.span) {
                continue;
            }
            let barrier = !is_refused_by_rustc(cx, token, *shape)
                && (position.is_last || is_barrier(cx, token, &position) || is_test_gate(cx, view, token));
            // The last statement is where most things end anyway; a lock there is a way to wait.
            if barrier && (!token.is(Class::LockGuard) || *shape == Discard::Statement) {
                continue;
            }
            seen.push(id);
            let case = if barrier { "barrier" } else { "value" };
            report.push(finding(cx, token, *shape, position.span, statement.span).case(case));
        }
    });
}

fn is_useless(cx: &BodyContext<'_>, view: &FlowView<'_>, token: &Token, shape: Discard) -> bool {
    // Futures and builders that nobody drives are another rule's, and a guess is not enough here.
    let useless = token.known == Known::Resolved
        && !token.owned.iter().all(|o| o.class == Class::Other)
        && resource(cx, token).is_some_and(|r| r.useless_when_dropped_at_once);
    // Guards that come and go with a call are how one waits; other classes are only wrong with a name to bind.
    useless
        && !(shape == Discard::Statement && works_besides(view, token))
        && is_for_that_alone(cx, view, token)
        && !(shape == Discard::PatternPart && is_incidental(cx, token))
        // A test subscribes to have a subscriber, not to read.
        && !(cx.body.in_test && token.is(Class::Subscription))
}

/// Whether the call that gives the value does other work as well: a function of the program that takes a value or
/// closure over (`cell.set(value)`), and gives a guard on top.
fn works_besides(view: &FlowView<'_>, token: &Token) -> bool {
    let Some(statement) = view.mir.statement(token.at) else { return false };
    let StatementKind::Call(call) = &statement.kind else { return false };
    let own = matches!(call.callee.target, Target::Def(_) | Target::AnyOf(_));
    own && call.args.iter().skip(usize::from(call.is_method)).any(|argument| match argument {
        Operand::Move(_) => !matches!(view.operand_ty(argument), Ty::Ref(..) | Ty::Prim(_)),
        _ => false,
    })
}

/// Whether the value exists to hold the resource: a guard, also in a wrapper, or the resource itself. What holds a
/// directory or subscription among other things is made for those.
fn is_for_that_alone(cx: &BodyContext<'_>, view: &FlowView<'_>, token: &Token) -> bool {
    let guard = token.owned.iter().any(|o| {
        matches!(
            o.class,
            Class::LockGuard | Class::SpanGuard | Class::ContextGuard | Class::Permit | Class::MapGuard
        )
    });
    let ty = &view.mir.var(token.first).ty;
    let given = ty.as_result().map_or_else(|| ty.clone(), |(ok, _)| ok);
    let given = given.as_option().unwrap_or_else(|| given.clone());
    let parts: Vec<&Ty> = match &given {
        Ty::Tuple(parts) => parts.iter().collect(),
        other => vec![other],
    };
    let direct = parts
        .iter()
        .filter(|t| !cx.analysis.ownership.owned(t).is_empty())
        .all(|t| t.path().is_none_or(|p| cx.catalogue().resource(p).is_some()));
    // A mapped guard is a reference to data: who throws it away wanted what making it does.
    let mapped = token.owned.iter().any(|o| o.ty.contains("::Mapped"));
    (guard || direct) && !mapped
}

/// A part of a tuple that nobody asked for: the other end of a channel, a guard that a test has no use for.
fn is_incidental(cx: &BodyContext<'_>, token: &Token) -> bool {
    token.is(Class::Receiver) || token.is(Class::LockGuard) && cx.body.in_test
}

fn finding(cx: &BodyContext<'_>, token: &Token, shape: Discard, statement: Span, value: Span) -> Diagnostic {
    let what = noun(token);
    let message = match shape {
        Discard::PatternPart => format!("{what} is dropped at once: the pattern does not bind it"),
        _ => format!("{what} is dropped in the statement that makes it"),
    };
    let mut finding = Diagnostic::new(&META, cx.at(token.span), message)
        .label("made here")
        .step(cx.at(statement.last_byte()), "and dropped here")
        .confidence(token.known.into());
    finding = match shape {
        Discard::LetUnderscore => {
            // `let _ = …`: the underscore stands behind `let `.
            let name = cx.at(Span::new(statement.lo + 4, statement.lo + 5));
            let fix = Fix::new(
                "give it a name, so that it lives to the end of the block",
                Applicability::MaybeIncorrect,
            )
            .replace(name, "_guard");
            finding.help("`_` binds nothing; a name such as `_guard` keeps the value alive").fix(fix)
        }
        Discard::Statement => {
            let fix =
                Fix::new("bind it, so that it lives to the end of the block", Applicability::MaybeIncorrect)
                    .insert_before(cx.at(value), "let _guard = ");
            finding.help("bind it: `let _guard = …`").fix(fix)
        }
        _ => finding.help("bind it to a name such as `_guard`"),
    };
    finding
}

/// The place of a statement in its block.
struct Position {
    span: Span,
    is_last: bool,
    next: Option<ExprId>,
}

fn position(cx: &BodyContext<'_>, e: ExprId) -> Option<Position> {
    let body = cx.hir();
    body.exprs.iter().find_map(|expr| {
        let ExprKind::Block(block) = &expr.kind else { return None };
        let index = block.stmts.iter().position(|s| match &s.kind {
            StmtKind::Let { init, .. } => *init == Some(e),
            StmtKind::Expr { expr, .. } => {
                *expr == e || matches!(body.expr(*expr).kind, ExprKind::Assign { value, .. } if value == e)
            }
        })?;
        let next = block.stmts.get(index + 1).map_or(block.tail, |s| match &s.kind {
            StmtKind::Expr { expr, .. } => Some(*expr),
            StmtKind::Let { init, .. } => *init,
        });
        let is_last = index + 1 == block.stmts.len() && block.tail.is_none_or(|t| is_plain(cx, t));
        Some(Position { span: block.stmts[index].span, is_last, next })
    })
}

/// `Ok(())`, `()`, a literal, a name, a value put together from such: nothing happens any more.
fn is_plain(cx: &BodyContext<'_>, e: ExprId) -> bool {
    use linger_analysis::types::infer::Target;
    let body = cx.hir();
    let is_quiet = || {
        cx.types().callees.get(&e).is_some_and(|c| match &c.target {
            Target::External(path) => {
                cx.catalogue().facts(*path).is_none_or(|f| !f.io && !f.waits && f.locks.is_none())
            }
            _ => false,
        })
    };
    match &body.expr(e).kind {
        ExprKind::MethodCall { receiver, args, .. } => {
            is_quiet() && is_plain(cx, *receiver) && args.iter().all(|a| is_plain(cx, *a))
        }
        ExprKind::Call { args, .. } if is_quiet() => args.iter().all(|a| is_plain(cx, *a)),
        ExprKind::Literal(_) | ExprKind::Path(_) | ExprKind::Local(_) => true,
        ExprKind::Tuple(parts) => parts.iter().all(|p| is_plain(cx, *p)),
        ExprKind::Call { args, callee } => {
            matches!(body.expr(*callee).kind, ExprKind::Path(_))
                && matches!(cx.types().callees.get(&e).map(|c| &c.target), Some(Target::Constructor(_)))
                && args.iter().all(|a| is_plain(cx, *a))
        }
        _ => false,
    }
}

/// `let _ = …` of a lock of std: `let_underscore_lock` of rustc denies it wherever it stands, and `drop(…)` says the same
/// for those who mean to wait.
fn is_refused_by_rustc(cx: &BodyContext<'_>, token: &Token, shape: Discard) -> bool {
    shape == Discard::LetUnderscore && resource(cx, token).is_some_and(|r| r.underscore_denied_by_rustc)
}

/// A lock taken only to wait for its holder: a notification or a return follows.
fn is_barrier(cx: &BodyContext<'_>, token: &Token, position: &Position) -> bool {
    if !token.is(Class::LockGuard) {
        return false;
    }
    let Some(next) = position.next else { return false };
    match &cx.hir().expr(next).kind {
        ExprKind::MethodCall { method, .. } => {
            let name = method.as_str();
            name.starts_with("notify") || name.starts_with("unpark") || name.starts_with("wake")
        }
        ExprKind::Return(_) => true,
        _ => false,
    }
}

/// A lock around nothing in a test: whoever holds it holds others up, and who takes it only to let go waits for that.
fn is_test_gate(cx: &BodyContext<'_>, view: &FlowView<'_>, token: &Token) -> bool {
    cx.body.in_test
        && token.is(Class::LockGuard)
        && view.mir.var(token.first).ty.any(&mut |t| t.args().last().is_some_and(Ty::is_unit))
}

/// Names of calls that are made for what they do; that they give a guard of the result comes on top.
const EFFECTS: [&str; 5] = ["get_or_init", "get_or_try_init", "get_or_insert", "or_insert", "or_default"];

/// Functions of the program that are followed to one of these.
const FAR_ENOUGH: u32 = 3;

fn is_effect(name: &str) -> bool {
    EFFECTS.iter().any(|effect| name.starts_with(effect))
}

/// Whether a call leads to one that fills a cell the first time: `let _ = self.keys().await?;` warms a cache.
fn fills_cell(cx: &BodyContext<'_>, call: ExprId, depth: u32) -> bool {
    cx.types().callees.get(&call).is_some_and(|callee| leads_to_effect(cx, &callee.target, depth))
}

fn leads_to_effect(cx: &BodyContext<'_>, target: &Target, depth: u32) -> bool {
    let Target::Def(def) = target else { return false };
    let body = cx.analysis.body_of(*def).filter(|_| depth > 0);
    body.is_some_and(|body| {
        body.flow.all().flat_map(Mir::calls).any(|(_, _, call)| {
            is_effect(call.name.as_str()) || leads_to_effect(cx, &call.callee.target, depth - 1)
        })
    })
}

/// `cell.get_or_init(start).await?;`, `ready.wait_while(guard, |r| !*r)`
fn is_for_its_effect(cx: &BodyContext<'_>, mut e: ExprId) -> bool {
    let hir = cx.hir();
    loop {
        let facts = cx.types().callees.get(&e).and_then(|c| cx.facts(&c.target));
        if facts.is_some_and(|f| f.waits && f.locks.is_none() && !f.acquires) {
            return true;
        }
        e = match &hir.expr(e).kind {
            ExprKind::MethodCall { receiver, method, .. } => {
                if is_effect(method.as_str()) || fills_cell(cx, e, FAR_ENOUGH) {
                    return true;
                }
                *receiver
            }
            ExprKind::Await { operand } | ExprKind::Try { operand } => *operand,
            _ => return false,
        };
    }
}

/// `tempdir()?.path().to_owned()`: the path outlives the directory.
fn path_of_dead_directory(cx: &BodyContext<'_>, view: &FlowView<'_>, report: &mut Vec<Diagnostic>) {
    let tokens = &view.tokens;
    for (id, token) in tokens.iter() {
        if !token.is(Class::TempPath) || token.source != Source::Call {
            continue;
        }
        let mut ends = tokens.ends.iter().filter(|e| e.token == id).peekable();
        if ends.peek().is_none()
            || !ends.all(|e| matches!(e.how, End::Dropped(DropHow::StatementEnd | DropHow::TailEnd)))
        {
            continue;
        }
        // Something that was read from it is kept: the statement binds a value made by one of its methods.
        let keeps = view.mir.calls().any(|(p, _, call)| {
            call.is_method
                && matches!(
                    call.name.as_str(),
                    "path" | "to_path_buf" | "to_owned" | "join" | "as_ref" | "into"
                )
                && call.args.first().and_then(|a| a.place()).is_some_and(|place| {
                    matches!(view.mir.var(place.var).kind, VarKind::Temp(_))
                        && tokens.state_at(p).owned(place.var).contains(id)
                })
        });
        if keeps && is_bound(cx, token.span) {
            let what = noun(token);
            report.push(
                Diagnostic::new(
                    &META,
                    cx.at(token.span),
                    format!("{what} is removed again at the end of this statement"),
                )
                .case("path")
                .label("made here; only its path is kept")
                .confidence(token.known.into())
                .help("bind it to a name that lives as long as the path is used"),
            );
        }
    }
}

/// Whether the expression at `span` gives what a `let` binds, also as the last expression of a block or branch.
fn is_bound(cx: &BodyContext<'_>, span: Span) -> bool {
    cx.hir().exprs.iter().any(|expr| match &expr.kind {
        ExprKind::Block(block) => block.stmts.iter().any(|s| match &s.kind {
            StmtKind::Let { init: Some(init), .. } => gives(cx, *init, span),
            _ => false,
        }),
        _ => false,
    })
}

/// Whether the value of `e` is made by methods of what stands at `span`.
fn gives(cx: &BodyContext<'_>, e: ExprId, span: Span) -> bool {
    let expr = cx.hir().expr(e);
    if !expr.span.contains(span) {
        return false;
    }
    match &expr.kind {
        ExprKind::MethodCall { .. } | ExprKind::AddressOf { .. } => expr.span.lo == span.lo,
        ExprKind::Block(block) => block.tail.is_some_and(|tail| gives(cx, tail, span)),
        ExprKind::If { then_branch, else_branch, .. } => {
            gives(cx, *then_branch, span) || else_branch.is_some_and(|e| gives(cx, e, span))
        }
        ExprKind::Match { arms, .. } => arms.iter().any(|arm| gives(cx, arm.body, span)),
        _ => false,
    }
}
