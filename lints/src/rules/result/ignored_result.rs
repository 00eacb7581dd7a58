//! Results thrown away on purpose.

use linger_analysis::catalogue::{Class, FunctionFacts, IfIgnored};
use linger_analysis::facts::Failure;
use linger_analysis::flow::mir::{Call, Discard, Var, VarKind};
use linger_analysis::span::Span;
use linger_analysis::syntax::hir::{Body, ExprId, ExprKind, LocalId, PatKind, StmtKind};
use linger_analysis::types::infer::{Known, Target};
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::result::circumstances::{
    gives_error_on, is_best_effort, is_harmless, is_looked_at_later, is_unused,
};
use crate::rules::result::nothing_to_write::has_nothing_to_write;
use crate::rules::result::propagate::propagate;
use crate::rules::result::thrown_away::is_unread;
use crate::rules::result::told::closure_may_lose;
use crate::rules::result::transaction::is_step;
use crate::rules::result::{
    argument_types, class_of, discards, fails_anyway, flushes_nothing_known, is_any_writer, is_critical,
    is_handled, is_join_error, is_memory_or_stdio, is_teardown, origin,
};
use crate::rules::support::short;

declare_rule! {
    /// A `Result` is thrown away whose error costs data, state or safety.
    ///
    /// ## Why it matters
    ///
    /// `let _ = file.sync_all();` says that nobody cares; for most calls that is true, and linger is silent
    /// about them. For a commit, a rename, a flush or a permission it means that the program goes on as if the
    /// step had worked.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// fn publish(from: &std::path::Path, to: &std::path::Path) {
    ///     let _ = std::fs::rename(from, to);
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// fn publish(from: &std::path::Path, to: &std::path::Path) -> std::io::Result<()> {
    ///     std::fs::rename(from, to)
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A comment on the statement that says why, or that it is meant, counts as a reason; one that only names the step
    /// does not. The case `any` reports every
    /// ignored `Result` there is. A list counts where it is dropped at once (`join_all(jobs).await;`, `let _ = …`).
    /// A writer that was flushed and not written to since, or that has just failed, may be closed in silence.
    /// `let _lock = …` of a `Result` counts, except of one that only says that a lock is poisoned.
    IgnoredResult("ignored_result") {
        group: Result,
        cases: {
            critical: Warn = "the loss costs data, state or safety",
            several: Warn = "a list of them, which no compiler warns of",
            ended: Allow = "a list of what tasks have ended with, which return nothing",
            any: Allow = "any other ignored `Result`",
        },
        since: "0.1.0",
        fixes: Sometimes,
        compiler_lints: ["clippy::let_underscore_must_use", "clippy::unused_result_ok"],
    }
}

impl Rule for IgnoredResult {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            report.extend(locks_that_may_be_none(cx, view));
            for (point, var, shape, span, expr) in discards(view) {
                let Some(e) = expr else { continue };
                let ty = &view.mir.var(var).ty;
                if shape != Discard::PatternPart
                    && let Some(call) = view.tokens.identities.defining_call(var)
                    && !handles_inside(cx, e)
                    && !all_tell(cx, e)
                    && let Some(finding) = in_list(cx, call, ty, span)
                {
                    report.push(finding);
                    continue;
                }
                let by_ok = shape == Discard::Statement && is_ok_call(cx, e);
                let explicit = matches!(shape, Discard::LetUnderscore | Discard::AssignUnderscore);
                if !(by_ok || explicit && ty.as_result().is_some()) {
                    continue;
                }
                let quiet = |call: &Call| {
                    argument_types(view, call).any(|t| is_memory_or_stdio(cx, t))
                        || is_any_writer(view, call)
                        || flushes_nothing_known(cx, view, call)
                        || is_teardown(cx)
                        || is_handled(cx, e)
                        || cx.has_reason_to_ignore(span)
                        || cx.has_reason_behind(span)
                        || is_best_effort(cx, view, call)
                        || cx.is_documented_to_go_on()
                        || fails_anyway(view, point)
                        || gives_error_on(cx, e)
                };
                let critical = origin(cx, view, var).and_then(|(call, path, facts)| {
                    let facts = facts.filter(|f| is_critical(f))?;
                    let of_no_account = is_harmless(cx, view, call, facts)
                        || is_looked_at_later(cx, view, call, point)
                        || is_unused(view, call)
                        || has_nothing_to_write(cx, view, call, point, e);
                    (!of_no_account && !quiet(call)).then_some((path, facts))
                });
                let inner = view.tokens.identities.defining_call(var).and_then(|call| {
                    let failure = failure_of(cx, call)?;
                    (!quiet(call)).then_some((call, failure))
                });
                let in_transaction = is_step(cx, thrown_away(cx, e))
                    && !is_handled(cx, e)
                    && !cx.has_reason_to_ignore(span)
                    && !cx.has_reason_behind(span);
                let finding = match (critical, inner) {
                    (None, None) if in_transaction => Diagnostic::new(
                        &META,
                        cx.at(span),
                        "the error of a step of a transaction is ignored: the rest is committed without it",
                    )
                    .case("critical")
                    .label("thrown away here")
                    .help("return it with `?`, so that everything is rolled back, or use a savepoint"),
                    (Some((path, facts)), _) => Diagnostic::new(
                        &META,
                        cx.at(span),
                        format!("the error of `{}` is ignored: {}", short(&path), loss(facts)),
                    )
                    .case("critical")
                    .label("thrown away here")
                    .help("return it with `?`, handle it, or say in a comment why it does not matter"),
                    (None, Some((call, failure))) => {
                        let facts = cx.catalogue().facts(failure.what);
                        let lost = facts.map_or_else(|| "data may be lost".to_owned(), loss);
                        let mut finding = Diagnostic::new(
                            &META,
                            cx.at(span),
                            format!("the error of `{}` is ignored: {lost}", call.name),
                        )
                        .case("critical")
                        .label("thrown away here");
                        for step in &failure.way {
                            finding = finding.step(*step, "handed on here");
                        }
                        finding
                            .step(failure.at, format!("`{}` may fail here", short(&failure.what)))
                            .help("return it with `?`, handle it, or say in a comment why it does not matter")
                    }
                    (None, None) => Diagnostic::new(&META, cx.at(span), "a `Result` is ignored")
                        .case("any")
                        .label("thrown away here")
                        .help("return it with `?`, handle it, or say in a comment why it does not matter"),
                };
                let mut finding = finding;
                if finding.case == Some("critical")
                    && let Some(fix) = propagate(cx, view, e, by_ok)
                {
                    finding = finding.fix(fix);
                }
                report.push(finding);
            }
        }
    }
}

/// `let _lock = lock_file(path);`, which holds a `Result`: where the lock was not taken nobody knows. A poisoned lock is
/// held all the same.
fn locks_that_may_be_none<'v>(
    cx: &'v BodyContext<'_>,
    view: &'v FlowView<'_>,
) -> impl Iterator<Item = Diagnostic> + 'v {
    let vars = (0..view.mir.vars.len()).map(|v| Var(v as u32)).filter(|v| is_unread(cx, view, *v));
    vars.filter_map(|var| {
        let decl = view.mir.var(var);
        let VarKind::User(local) = decl.kind else { return None };
        let (held, error) = decl.ty.as_result()?;
        let name = cx.hir().local(local).name;
        let is_lock = match class_of(cx, &held) {
            // A permit fails only where somebody closes the semaphore.
            Some(class) => matches!(class, Class::LockGuard | Class::FileLock),
            None => {
                !held.is_unit() && !held.is_unknown() && name.as_str().split('_').any(|word| word == "lock")
            }
        };
        let is_held_anyway = error.is_unknown() || error.path().is_some_and(|p| short(&p) == "PoisonError");
        if !is_lock || is_held_anyway || cx.body.in_test || cx.has_reason_to_ignore(decl.span) {
            return None;
        }
        Some(
            Diagnostic::new(
                &META,
                cx.at(decl.span),
                format!(
                    "`{name}` is a `Result`: where the lock was not taken, nobody knows and nothing is locked"
                ),
            )
            .case("critical")
            .label("kept and never looked at")
            .help("take the lock out of it with `?`"),
        )
    })
}

/// `in_parallel(jobs).await?;`, which gives a `Vec<Result<…>>`: one for each of what it was given to run.
fn in_list(cx: &BodyContext<'_>, call: &Call, list: &Ty, span: Span) -> Option<Diagnostic> {
    // What holds one result, or none yet, is no list of them.
    let is_one = |path: &str| matches!(short(path), "Option" | "Result" | "Poll");
    let is_list = |ty: &Ty| ty.path().is_some_and(|p| !is_one(&p) && cx.catalogue().is_container(p));
    let in_it = |ty: &Ty| ty.args().first().filter(|_| is_list(ty)).and_then(Ty::as_result);
    let (given, error) = in_it(list)?;
    // A function that says itself that it gives `Result`s may have looked at them (a quorum, a best effort).
    let knows = match call.callee.target {
        Target::Def(def) => {
            let signature = cx.program().def(def).signature.as_ref()?;
            signature.ret.any(&mut |ty| in_it(ty).is_some())
        }
        Target::External(_) => false,
        _ => true,
    };
    if knows {
        return None;
    }
    let is_send_error = error.path().is_some_and(|p| short(&p) == "SendError");
    // Comments inside of a closure are not about it.
    let start = Span::new(span.lo, span.lo + 1);
    if error.is_unknown() || is_send_error || is_teardown(cx) || cx.has_reason_to_ignore(start) {
        return None;
    }
    let case = if is_join_error(&error) && given.as_result().is_none() { "ended" } else { "several" };
    Some(
        Diagnostic::new(
            &META,
            cx.at(span),
            "a list of `Result`s is dropped: whatever failed, nobody will know",
        )
        .case(case)
        .label("each of them may hold an error")
        .help("look at each (`for result in … { result?; }`), or collect them into one `Result`"),
    )
}

/// Whether something in an expression, or in the variables that it is made of, handles errors (`inspect_err`).
fn handles_inside(cx: &BodyContext<'_>, e: ExprId) -> bool {
    let body = cx.hir();
    let mut work = vec![e];
    let mut seen = Vec::new();
    while let Some(next) = work.pop() {
        let mut handles = false;
        body.walk(next, &mut |part| {
            // `map_err(..)?` only gives it on.
            handles |= matches!(&body.expr(part).kind, ExprKind::MethodCall { method, args, .. }
                if !args.is_empty() && matches!(method.as_str(), "inspect_err" | "or_else" | "unwrap_or_else" | "map_or_else"));
            if let ExprKind::Local(local) = body.expr(part).kind
                && !seen.contains(&local)
            {
                seen.push(local);
                work.extend(initial_value(body, local));
            }
            !handles
        });
        if handles {
            return true;
        }
    }
    false
}

/// Whether what is run was put into a list of async blocks, each of which tells of its own error:
/// `jobs.push(async move { match job.await { Ok(()) => Ok(()), Err(error) => { error!(..); Err(error) } } })`.
fn all_tell(cx: &BodyContext<'_>, e: ExprId) -> bool {
    let body = cx.hir();
    let is_named = |list: LocalId| {
        body.any(e, &mut |part| matches!(body.expr(part).kind, ExprKind::Local(local) if local == list))
    };
    let mut pushed = body
        .exprs
        .iter()
        .filter_map(|e| match &e.kind {
            ExprKind::MethodCall { receiver, method, args, .. } if method == "push" && args.len() == 1 => {
                match body.expr(*receiver).kind {
                    ExprKind::Local(list) if is_named(list) => args.first().copied(),
                    _ => None,
                }
            }
            _ => None,
        })
        .peekable();
    let tells = |job: ExprId| match body.expr(job).kind {
        ExprKind::Closure(id) => !closure_may_lose(cx, id),
        _ => false,
    };
    pushed.peek().is_some() && pushed.all(tells)
}

/// What a variable is initialised with.
fn initial_value(body: &Body, local: LocalId) -> Option<ExprId> {
    body.exprs.iter().find_map(|e| match &e.kind {
        ExprKind::Block(block) => block.stmts.iter().find_map(|s| match s.kind {
            StmtKind::Let { pat, init, .. } => {
                init.filter(|_| matches!(body.pat(pat).kind, PatKind::Binding { local: l, .. } if l == local))
            }
            _ => None,
        }),
        _ => None,
    })
}

/// The call whose result an expression is: through `.await`, `.ok()` and the like.
fn thrown_away(cx: &BodyContext<'_>, e: ExprId) -> ExprId {
    match &cx.hir().expr(e).kind {
        ExprKind::Await { operand } => thrown_away(cx, *operand),
        ExprKind::MethodCall { receiver, args, .. }
            if args.is_empty() && cx.ty(*receiver).as_result().is_some() =>
        {
            thrown_away(cx, *receiver)
        }
        _ => e,
    }
}

/// `x.ok();` of a `Result`.
fn is_ok_call(cx: &BodyContext<'_>, e: ExprId) -> bool {
    match &cx.hir().expr(e).kind {
        ExprKind::MethodCall { receiver, method, args, .. } => {
            method.as_str() == "ok" && args.is_empty() && cx.ty(*receiver).as_result().is_some()
        }
        _ => false,
    }
}

/// What is lost, in words.
fn loss(facts: &FunctionFacts) -> String {
    facts.loss.clone().unwrap_or_else(|| match facts.if_ignored {
        Some(IfIgnored::DataLoss) => "data may be lost, and nobody will know".to_owned(),
        Some(IfIgnored::Security) => "the protection may not be in force".to_owned(),
        _ => "the program goes on as if it had worked".to_owned(),
    })
}

/// Why a function of the program fails, when that means that data was not written.
fn failure_of<'a>(cx: &BodyContext<'a>, call: &Call) -> Option<&'a Failure> {
    match call.callee.target {
        Target::Def(def) if call.callee.known == Known::Resolved => {
            cx.analysis.summary(def)?.failure.as_ref()
        }
        _ => None,
    }
}
