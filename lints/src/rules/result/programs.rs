//! Programs that answer with their exit status, and commands that only ask whether a program is there.

use linger_analysis::flow::mir::{Call, StatementKind};
use linger_analysis::symbol::Symbol;
use linger_analysis::syntax::hir::{Body, ExprId, ExprKind, Literal, LocalId};
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::rules::result::thrown_away::let_init;

/// Whether the process answers with its status.
pub(super) fn is_answer(cx: &BodyContext<'_>, view: &FlowView<'_>, call: &Call) -> bool {
    expr_of(view, call).is_some_and(|e| answers_with_status(cx, e))
}

/// The expression that a call was made for.
pub(super) fn expr_of(view: &FlowView<'_>, call: &Call) -> Option<ExprId> {
    view.statements().find_map(|(_, s)| match &s.kind {
        StatementKind::Call(other) if std::ptr::eq::<Call>(&**other, call) => s.expr,
        _ => None,
    })
}

/// Whether a call runs a program whose exit status is an answer (`diff`), or means nothing (`explorer`, a shell that
/// somebody types into).
pub(super) fn answers_with_status(cx: &BodyContext<'_>, call: ExprId) -> bool {
    let body = cx.hir();
    let Some(command) = command(body, call) else { return false };
    if is_interactive(body, &command) {
        return true;
    }
    let Some(program) = command.program else { return false };
    let name = program.as_str().rsplit(['/', '\\']).next().unwrap_or_default();
    let name = name.strip_suffix(".exe").unwrap_or(name);
    cx.catalogue().answers_with_status(name, &words(body, &command))
}

/// Whether a call only finds out whether a program can be started: what it prints goes nowhere, and it is told to do
/// nothing but to tell of itself (`--version`), or nothing yet (it gets its arguments later).
pub(super) fn only_asks_whether_it_starts(cx: &BodyContext<'_>, run: ExprId) -> bool {
    const ABOUT_ITSELF: &[&str] = &["--version", "-V", "--help", "-h"];
    let body = cx.hir();
    let Some(command) = command(body, run).filter(|c| c.is_new) else { return false };
    let ExprKind::MethodCall { method_span: ran, .. } = body.expr(run).kind else { return false };
    let prints_to_nobody = cx.ty(run).any(&mut |ty: &Ty| ty.is("std::process::Output"))
        || on_streams(body, &command).any(|(stream, to)| stream == "stdout" && to == "null");
    let (mut words, mut told_later) = (Vec::new(), false);
    for (method_at, args) in arguments(body, &command) {
        if method_at > ran.lo {
            told_later = true;
        } else if !args.iter().all(|arg| literals(body, *arg, &mut words)) {
            return false;
        }
    }
    let tells_of_itself = words.iter().all(|word| ABOUT_ITSELF.contains(&word.as_str()));
    prints_to_nobody && if words.is_empty() { told_later } else { tells_of_itself }
}

/// `-i`, and somebody at the other end of all three streams: the status is that of whatever was typed last.
fn is_interactive(body: &Body, command: &Command) -> bool {
    let is_open = |wanted: &str| {
        on_streams(body, command)
            .any(|(stream, to)| stream == wanted && !matches!(to.as_str(), "null" | "piped"))
    };
    words(body, command).iter().any(|word| *word == "-i")
        && ["stdin", "stdout", "stderr"].into_iter().all(is_open)
}

/// A command, from where it is made to where it is run.
struct Command {
    /// It is made by `Command::new(..)`, not by a helper.
    is_new: bool,
    /// The literal that it is made with.
    program: Option<Symbol>,
    /// The method calls on it, and on the child that it gives.
    calls: Vec<ExprId>,
}

/// How many calls and variables a command is followed through.
const MOST_LINKS: usize = 64;

/// The command that a chain of calls runs: `Command::new("…").arg(..).spawn()?.wait()`, through variables.
fn command(body: &Body, run: ExprId) -> Option<Command> {
    let (mut at, mut calls, mut locals) = (run, Vec::new(), Vec::new());
    for _ in 0..MOST_LINKS {
        match &body.expr(at).kind {
            ExprKind::MethodCall { receiver, .. } => {
                calls.push(at);
                at = *receiver;
            }
            ExprKind::Try { operand } | ExprKind::Await { operand } | ExprKind::AddressOf { operand, .. } => {
                at = *operand;
            }
            // `match command.spawn() { Ok(child) => child, Err(error) => return … }`
            ExprKind::Match { scrutinee, .. } => at = *scrutinee,
            ExprKind::Local(local) => {
                locals.push(*local);
                at = let_init(body, *local)?;
            }
            ExprKind::Call { callee, args } => {
                let program = args.first().and_then(|arg| match body.expr(*arg).kind {
                    ExprKind::Literal(Literal::Str(name)) => Some(name),
                    _ => None,
                });
                let is_new = matches!(&body.expr(*callee).kind, ExprKind::Path(path)
                    if path.last().is_some_and(|name| name == "new"));
                let elsewhere = (0..body.exprs.len()).map(|at| ExprId(at as u32)).filter(|e| {
                    matches!(body.expr(*e).kind, ExprKind::MethodCall { .. })
                        && root(body, *e).is_some_and(|local| locals.contains(&local))
                });
                let elsewhere: Vec<ExprId> = elsewhere.filter(|e| !calls.contains(e)).collect();
                calls.extend(elsewhere);
                return Some(Command { is_new, program, calls });
            }
            _ => return None,
        }
    }
    None
}

/// What a command is told by `arg` and `args`, with where that stands.
fn arguments<'b>(body: &'b Body, command: &'b Command) -> impl Iterator<Item = (u32, &'b [ExprId])> {
    command.calls.iter().filter_map(|call| match &body.expr(*call).kind {
        ExprKind::MethodCall { method, method_span, args, .. } if *method == "arg" || *method == "args" => {
            Some((method_span.lo, &**args))
        }
        _ => None,
    })
}

/// All literals that a command is told.
fn words(body: &Body, command: &Command) -> Vec<Symbol> {
    let mut words = Vec::new();
    for (_, args) in arguments(body, command) {
        for arg in args {
            literals(body, *arg, &mut words);
        }
    }
    words
}

/// The streams that a command is given, with the function that makes each: `stdout` and `null`.
fn on_streams<'b>(body: &'b Body, command: &'b Command) -> impl Iterator<Item = (Symbol, String)> + 'b {
    command.calls.iter().filter_map(|call| {
        let ExprKind::MethodCall { method, args, .. } = &body.expr(*call).kind else { return None };
        let to = match &body.expr(*args.first()?).kind {
            ExprKind::Call { callee, .. } => match &body.expr(*callee).kind {
                ExprKind::Path(path) => path.last().map(|name| name.as_str().to_owned()),
                _ => None,
            },
            _ => None,
        };
        matches!(method.as_str(), "stdin" | "stdout" | "stderr").then(|| (*method, to.unwrap_or_default()))
    })
}

/// The variable that a chain of method calls begins with.
fn root(body: &Body, e: ExprId) -> Option<LocalId> {
    match &body.expr(e).kind {
        ExprKind::MethodCall { receiver, .. } => root(body, *receiver),
        ExprKind::Local(local) => Some(*local),
        _ => None,
    }
}

/// `"a"`, `["a", "b"]`, `&["a"]`: whether that is all there is.
fn literals(body: &Body, e: ExprId, words: &mut Vec<Symbol>) -> bool {
    match &body.expr(e).kind {
        ExprKind::Literal(Literal::Str(text)) => {
            words.push(*text);
            true
        }
        ExprKind::Array(parts) => {
            // Each of them, also behind one that is none.
            let found: Vec<bool> = parts.iter().map(|part| literals(body, *part, words)).collect();
            found.into_iter().all(|is_literal| is_literal)
        }
        ExprKind::AddressOf { operand, .. } => literals(body, *operand, words),
        _ => false,
    }
}
