//! Ends of the process that run no destructors.

use linger_analysis::catalogue::{Class, SpawnKind};
use linger_analysis::facts::{EffectKind, spawns};
use linger_analysis::flow::mir::{Call, Mir, Operand, Owner, Rvalue, StatementKind, Var};
use linger_analysis::flow::ownership::Owned;
use linger_analysis::flow::tokens::{Source, Token, TokenId};
use linger_analysis::names::DefId;
use linger_analysis::span::{FileSpan, Span};
use linger_analysis::syntax::hir::{ExprId, ExprKind};
use linger_analysis::types::infer::{Known, Target};

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::support::{short, touches_token};

declare_rule! {
    /// The process ends while something is alive whose Drop matters.
    ///
    /// ## Why it matters
    ///
    /// `process::exit`, `abort` and `exec` run no destructors: buffered output is lost, temporary files stay,
    /// the terminal stays raw, background workers do not flush.
    ///
    /// ## Example
    ///
    /// ```rust,no_run,fires
    /// use std::io::Write;
    ///
    /// fn main() {
    ///     let file = std::fs::File::create("report.txt").unwrap();
    ///     let mut report = std::io::BufWriter::new(file);
    ///     writeln!(report, "done").unwrap();
    ///     std::process::exit(3);
    /// }
    /// ```
    ///
    /// ```rust,no_run,clean
    /// use std::io::Write;
    ///
    /// fn main() {
    ///     let file = std::fs::File::create("report.txt").unwrap();
    ///     let mut report = std::io::BufWriter::new(file);
    ///     writeln!(report, "done").unwrap();
    ///     drop(report);
    ///     std::process::exit(3);
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// Values of functions further up the stack are not seen. A thread that ends the process is reported when
    /// `main`, or a function that it calls, puts the terminal into raw mode.
    CleanupSkippedByExit("cleanup_skipped_by_exit") {
        group: Cleanup,
        cases: {
            loses: Warn = "something with a Drop that does more than to free memory",
            waits: Allow = "something whose Drop only waits for a thread that ends with the process in any case",
            runtime: Allow = "only an async runtime, whose tasks are cut off",
        },
        since: "0.1.0",
        fixes: None,
        compiler_lints: ["clippy::exit"],
    }
}

impl Rule for CleanupSkippedByExit {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            in_flow(cx, view, report);
        }
        beside_a_raw_terminal(cx, report);
    }
}

fn in_flow(cx: &BodyContext<'_>, view: &FlowView<'_>, report: &mut Vec<Diagnostic>) {
    let tokens = &view.tokens;
    let mut said: Vec<TokenId> = Vec::new();
    tokens.walk(|point, state, statement| {
        let StatementKind::Call(call) = &statement.kind else { return };
        // An exit that a macro writes (`fatal!`), all of it with the span of the macro's call, is its author's way to end
        // the process, whatever is alive.
        if state.alive().is_empty() || call.name_span == statement.span {
            return;
        }
        let Some(exit) = exit(cx, call) else { return };
        let is_own = matches!(call.callee.target, Target::Def(_));
        let handed: Vec<TokenId> =
            call.args.iter().filter_map(Operand::var).flat_map(|v| state.owned(v).iter()).collect();
        let lost: Vec<(&Token, String, Loss)> = state
            .alive()
            .iter()
            // Handed or lent to the function that ends the process: it can see to it first.
            .filter(|id| !(handed.contains(id) || is_own && touches_token(view, point, call, *id)))
            // What the caller gave is one question, however many branches of a `match` exit.
            .filter(|id| !said.contains(id))
            .filter(|id| !tokens.token(*id).is(Class::Runtime) || has_work(view, *id))
            .map(|id| tokens.token(id))
            // A program that takes the place of this one often needs the file that was made for it.
            .filter(|t| !(exit == "exec" && t.is(Class::TempPath)))
            .filter_map(|t| Some((t, what_matters(cx, t)?)))
            .map(|(t, (owned, loss))| (t, format!("`{}`", short(&owned.ty)), loss))
            .collect();
        let Some((_, what, loss)) = lost.iter().max_by_key(|(.., loss)| *loss) else { return };
        said.extend(
            tokens
                .iter()
                .filter(|(_, t)| t.source == Source::Parameter)
                .map(|(id, _)| id)
                .filter(|id| lost.iter().any(|(t, ..)| std::ptr::eq(*t, tokens.token(*id)))),
        );
        // Tasks end with the process in any case. At the very end of `main`, though, a return would do.
        let case = match loss {
            Loss::Tasks if !is_end_of_main(cx, statement.span) => "runtime",
            Loss::Waiting => "waits",
            _ => "loses",
        };
        let mut finding = Diagnostic::new(
            &META,
            cx.at(statement.span),
            format!("`{exit}` ends the process while {what} is alive, and its Drop does not run"),
        )
        .case(case)
        .label("no destructor runs here")
        .confidence(call.callee.known.into());
        for (token, what, _) in &lost {
            finding = finding.step(cx.at(token.span), format!("{what} is made here"));
        }
        report.push(
            finding.help("drop (or flush and finish) it first, or return from `main` with an `ExitCode`"),
        );
    });
}

/// Whether an expression is the last statement of `main`.
fn is_end_of_main(cx: &BodyContext<'_>, span: Span) -> bool {
    if cx.body.def.is_none_or(|d| cx.program().item(d).name.as_str() != "main") {
        return false;
    }
    let body = cx.hir();
    let ExprKind::Block(block) = &body.expr(body.root).kind else { return false };
    let last = block.tail.map(|t| body.expr(t).span).or_else(|| block.stmts.last().map(|s| s.span));
    last.is_some_and(|last| last.lo == span.lo && last.hi <= span.hi + 1)
}

/// Whether a runtime was given code of the program, which may have started tasks; a bare one only has threads.
fn has_work(view: &FlowView<'_>, id: TokenId) -> bool {
    let tokens = &view.tokens;
    view.mir.calls().any(|(point, _, call)| {
        let runs = call.name == "block_on" || call.name.starts_with("spawn");
        runs && touches_token(view, point, call, id)
            && call.args.iter().skip(1).filter_map(Operand::var).any(|v| {
                tokens
                    .identities
                    .defining_call(v)
                    .is_none_or(|c| !matches!(c.callee.target, Target::External(_)))
                    && !is_plain_block(view, v)
            })
    })
}

/// An async block that calls only functions of other crates.
fn is_plain_block(view: &FlowView<'_>, var: Var) -> bool {
    let Some(Rvalue::Closure { id, .. }) = view.tokens.identities.definition(var) else { return false };
    let body = view.tokens.context().body;
    let span = body.closure(*id).span;
    !body.exprs.iter().enumerate().any(|(i, e)| {
        span.contains(e.span)
            && view.tokens.context().types.callees.get(&ExprId(i as u32)).is_some_and(|c| match &c.target {
                Target::External(path) => short(path).starts_with("spawn"),
                Target::Constructor(_) => false,
                _ => true,
            })
    })
}

/// Another thread or task ends the process, while the terminal is in a mode that outlives it and nothing there
/// restores it.
fn beside_a_raw_terminal(cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
    for started in cx.flows().iter().flat_map(|v| spawns(cx.analysis, cx.body, &v.tokens)) {
        let elsewhere = matches!(started.kind, SpawnKind::Thread | SpawnKind::Task | SpawnKind::Blocking);
        let Some(id) = started.closure.filter(|_| elsewhere) else { continue };
        let Some(view) = cx.flows().iter().find(|v| v.mir.owner == Owner::Closure(id)) else { continue };
        let found = view.mir.calls().find_map(|(p, s, c)| {
            view.is_reachable(p).then(|| exit(cx, c)).flatten().map(|name| (s.span, name))
        });
        let Some((span, name)) = found else { continue };
        let restores = view.mir.calls().any(|(_, _, call)| match &call.callee.target {
            Target::External(path) => cx.catalogue().ends_state(*path),
            Target::Def(def) => cx.analysis.summary(*def).is_some_and(|s| !s.ends.is_empty()),
            _ => call.name.contains("restore") || call.name.contains("cleanup"),
        });
        let Some((set, what)) = outliving_state(cx).filter(|_| !restores) else { continue };
        report.push(
            Diagnostic::new(
                &META,
                cx.at(span),
                format!(
                    "`{name}` ends the process from another thread and leaves behind what `{what}` set up"
                ),
            )
            .case("loses")
            .label("nothing undoes it here")
            .step(cx.at(started.statement.span), "runs beside the rest of the program")
            .step(set, "set up here; it outlives the process")
            .help("tell the main thread to end instead, so that it cleans up, or undo it here first"),
        );
    }
}

/// Whether a function is `main`, or `main` calls it.
fn is_of_main(cx: &BodyContext<'_>, def: DefId) -> bool {
    let is_main = |d: DefId| cx.program().item(d).name.as_str() == "main";
    is_main(def)
        || cx.analysis.callers.get(&def).is_some_and(|all| all.iter().any(|c| c.from.is_some_and(is_main)))
}

/// The place where the program starts a state which outlives the process, when it does that in or next to `main`.
fn outliving_state(cx: &BodyContext<'_>) -> Option<(FileSpan, &'static str)> {
    let package = |file| cx.program().crate_of(file).map(|c| c.package.as_str());
    let own = package(cx.file());
    cx.analysis
        .bodies
        .iter()
        .filter(|b| !b.in_test && package(b.global.file) == own)
        .filter(|b| b.def.is_some_and(|d| is_of_main(cx, d)))
        .find_map(|body| {
            body.flow.all().flat_map(Mir::calls).find_map(|(_, statement, call)| {
                let Target::External(path) = &call.callee.target else { return None };
                let outlives = cx.catalogue().facts(*path).is_some_and(|f| f.outlives_process);
                let at = FileSpan { file: body.global.file, span: statement.span };
                outlives.then(|| (at, short(path.as_str())))
            })
        })
}

/// The function that ends the process, when a call does.
fn exit(cx: &BodyContext<'_>, call: &Call) -> Option<String> {
    match &call.callee.target {
        Target::External(path) => {
            let ends = cx.catalogue().facts(*path).is_some_and(|f| f.ends_process);
            (ends && call.callee.known == Known::Resolved).then(|| short(path).to_owned())
        }
        Target::Def(def) => {
            let summary = cx.analysis.summary(*def)?;
            let effect = summary.effects.get(&EffectKind::EndsProcess)?;
            (summary.never_returns && effect.depth == 0).then(|| call.name.to_string())
        }
        _ => None,
    }
}

/// What the end of the process takes away from a Drop, the least first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Loss {
    /// To wait for a thread, which ends with the process as well.
    Waiting,
    /// To cut off tasks.
    Tasks,
    /// Work that nobody else does.
    Work,
}

/// What of a token has a Drop that does something which the end of the process does not.
fn what_matters<'t>(cx: &BodyContext<'_>, token: &'t Token) -> Option<(&'t Owned, Loss)> {
    let loss = |o: &Owned| match o.class {
        Class::BufferedWriter
        | Class::TempPath
        | Class::WorkerGuard
        | Class::TerminalMode
        | Class::ScopeGuard => Some(Loss::Work),
        // A transaction is rolled back when the connection is gone.
        Class::Runtime => Some(Loss::Tasks),
        Class::Other => {
            let drop = cx.program().types.get(&o.ty).and_then(|t| t.drop);
            let effects = &cx.analysis.summary(drop?)?.effects;
            let loss = effects.contains_key(&EffectKind::Io).then_some(Loss::Work);
            loss.or_else(|| effects.contains_key(&EffectKind::Waits).then_some(Loss::Waiting))
        }
        _ => None,
    };
    token.owned.iter().filter_map(|o| Some((o, loss(o)?))).max_by_key(|(_, loss)| *loss)
}
