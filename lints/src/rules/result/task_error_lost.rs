//! Tasks whose errors nobody reads.

use linger_analysis::catalogue::{Class, SpawnKind};
use linger_analysis::facts::{Spawn, spawns};
use linger_analysis::flow::mir::{Call, StatementKind};
use linger_analysis::names::DefId;
use linger_analysis::syntax::hir::ExprKind;
use linger_analysis::types::infer::{Known, Target};
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::result::class_of;
use crate::rules::result::told::{closure_may_lose, function_may_lose};

declare_rule! {
    /// A spawned task or thread returns a `Result` and nobody ever awaits its handle.
    ///
    /// ## Why it matters
    ///
    /// The `?` inside the task ends it, and the error goes nowhere: no log, no restart, no report. The program
    /// looks alive and does half of its work.
    ///
    /// ## Example
    ///
    /// ```rust,ignore,fires
    /// fn start(path: String) {
    ///     tokio::spawn(async move {
    ///         let text = tokio::fs::read_to_string(path).await?;
    ///         println!("{text}");
    ///         Ok::<(), std::io::Error>(())
    ///     });
    /// }
    /// ```
    ///
    /// ```rust,ignore,clean
    /// fn start(path: String) {
    ///     tokio::spawn(async move {
    ///         match tokio::fs::read_to_string(path).await {
    ///             Ok(text) => println!("{text}"),
    ///             Err(error) => eprintln!("cannot read: {error}"),
    ///         }
    ///     });
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A handle that is stored or passed on is taken as awaited there. A task that only ever ends well, or that logs or
    /// sends on each error before it ends with it, is left alone. So is one that ends because the receiver of what it
    /// sends on is gone. Of threads only those count that do nothing but to call a function of the program.
    TaskErrorLost("task_error_lost") {
        group: Result,
        level: Warn,
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for TaskErrorLost {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            for spawn in spawns(cx.analysis, cx.body, &view.tokens) {
                // What a helper does with what the code gives is the helper's.
                if !matches!(spawn.kind, SpawnKind::Task | SpawnKind::Blocking | SpawnKind::Thread)
                    || spawn.call.callee.known != Known::Resolved
                    || !spawn.is_all
                    || spawn.is_kept
                    || keeps_output(cx, &spawn)
                    || spawn.kind == SpawnKind::Thread && !runs_function(cx, &spawn)
                {
                    continue;
                }
                let output = match (spawn.closure, spawn.function) {
                    (Some(id), _) => cx.types().closure_ret.get(id.index()).cloned(),
                    (None, Some(def)) => {
                        output_of(cx, def, spawn.kind).map(|output| given(view, &spawn, output))
                    }
                    _ => None,
                };
                let Some(output) = output else { continue };
                let told = match (spawn.closure, spawn.function) {
                    (Some(id), _) => !closure_may_lose(cx, id),
                    (None, Some(def)) => !function_may_lose(cx, def),
                    _ => false,
                };
                if told {
                    continue;
                }
                // The error of a send only says that nobody waits for the answer.
                let Some((_, error)) = output.as_result() else { continue };
                // `Result<T, ()>` has nothing to tell.
                if error.is_unknown()
                    || error.is_unit()
                    || matches!(error, Ty::Param(..))
                    || error.is("std::convert::Infallible")
                    || error.path().is_some_and(|p| p.contains("SendError"))
                {
                    continue;
                }
                let Some(handle) = spawn.handle else { continue };
                // A set keeps what its tasks give: what it hands out here can only abort.
                if !is_sure_of_output(cx, spawn.call) {
                    continue;
                }
                let dropped = view.statements().any(|(_, s)| match &s.kind {
                    StatementKind::Discard { value, .. } => value.var() == Some(handle),
                    _ => false,
                });
                if !dropped || cx.has_reason(spawn.statement.span) {
                    continue;
                }
                let (what, awaits, help) = match spawn.kind {
                    SpawnKind::Thread => ("thread", "joins", "keep the handle and join it"),
                    _ => ("task", "awaits", "keep the handle and await it"),
                };
                report.push(
                    Diagnostic::new(
                        &META,
                        cx.at(spawn.call.name_span),
                        format!(
                            "this {what} returns a `Result` and nobody {awaits} its handle: its error is lost"
                        ),
                    )
                    .label("the handle is dropped here")
                    .help(format!("handle the error inside the {what}, or {help}")),
                );
            }
        }
    }
}

/// What a task that runs a function gives. A future that comes out of something else that a function returns is not its.
fn output_of(cx: &BodyContext<'_>, def: DefId, kind: SpawnKind) -> Option<Ty> {
    let signature = cx.program().def(def).signature.as_ref()?;
    match &signature.ret {
        ret if signature.is_async || kind != SpawnKind::Task => Some(ret.clone()),
        Ty::Future(output, _) => Some((**output).clone()),
        _ => None,
    }
}

/// Where a function says `Result<(), E>`, what it gives with the arguments of this call.
fn given(view: &FlowView<'_>, spawn: &Spawn<'_>, output: Ty) -> Ty {
    let is_open = |ty: &Ty| ty.any(&mut |t| matches!(t, Ty::Param(..)));
    if !is_open(&output) {
        return output;
    }
    let futures = spawn.call.args.iter().filter_map(|arg| match view.operand_ty(arg) {
        Ty::Future(output, _) => Some((**output).clone()),
        _ => None,
    });
    futures.into_iter().find(|ty| !is_open(ty)).unwrap_or(output)
}

/// Whether an async function of the program around the code gives no error on: `spawn(logged(async { … }))`.
fn keeps_output(cx: &BodyContext<'_>, spawn: &Spawn<'_>) -> bool {
    let (Some(_), Some(def)) = (spawn.closure, spawn.function) else { return false };
    output_of(cx, def, spawn.kind).is_some_and(|output| output.is_unit())
}

/// Whether all that a thread does is to call a function of the program that gives a `Result`. A closure of its own may have
/// become one only for its `?`, as one that reads until the end of a stream.
fn runs_function(cx: &BodyContext<'_>, spawn: &Spawn<'_>) -> bool {
    let Some(closure) = spawn.closure else { return spawn.function.is_some() };
    let body = cx.hir();
    let mut call = body.closure(closure).body;
    while let ExprKind::Block(block) = &body.expr(call).kind {
        match block.tail.filter(|_| block.stmts.is_empty()) {
            Some(tail) => call = tail,
            None => return false,
        }
    }
    let Some(Target::Def(def)) = cx.types().callees.get(&call).map(|callee| &callee.target) else {
        return false;
    };
    let signature = cx.program().def(*def).signature.as_ref();
    signature.is_some_and(|signature| signature.ret.as_result().is_some())
}

/// Whether the handle is what the task's output comes through.
fn is_sure_of_output(cx: &BodyContext<'_>, call: &Call) -> bool {
    let set = call.callee.self_ty.as_ref().and_then(|ty| class_of(cx, ty.peel_refs()));
    set != Some(Class::TaskSet)
}
