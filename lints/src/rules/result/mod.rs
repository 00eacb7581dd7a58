//! Failures that nobody reads.

mod circumstances;
mod counts;
pub mod empty_error_arm;
pub mod error_defaulted;
pub mod error_source_lost;
pub mod errors_filtered_away;
pub mod exit_status_ignored;
mod forwarded;
pub mod http_status_ignored;
pub mod ignored_result;
pub mod join_result_lost;
mod lagging;
mod lenient;
pub mod lines_never_end;
pub mod logged_and_continued;
mod nothing_to_write;
pub mod partial_io;
mod process_output;
mod programs;
mod propagate;
mod receives;
pub mod recv_error_spins;
mod skipped_in_loop;
mod skipping;
mod taken_for_end;
pub mod task_error_lost;
mod thrown_away;
mod told;
mod transaction;
pub mod unsynced_rename;
pub mod unused_result;
pub mod writer_not_finished;
pub(crate) mod writing;

use linger_analysis::catalogue::{Class, FunctionFacts, IfIgnored};
use linger_analysis::flow::identity::Root;
use linger_analysis::flow::mir::{Call, Mir, Operand, Owner, StatementKind, Var};
use linger_analysis::span::Span;
use linger_analysis::symbol::Symbol;
use linger_analysis::syntax::hir::{Body, ExprId, ExprKind, PatKind};
use linger_analysis::types::infer::{Known, Target};
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::rules::support::short;

/// The external function behind a value, with its facts: through `?`, `.await` and adaptors.
pub(crate) fn origin<'v>(
    cx: &'v BodyContext<'_>,
    view: &'v FlowView<'_>,
    var: Var,
) -> Option<(&'v Call, Symbol, Option<&'v FunctionFacts>)> {
    let mut call = view.tokens.identities.defining_call(var)?;
    // `timeout(limit, file.write(text)).await??`
    if let Target::External(path) = &call.callee.target
        && cx.catalogue().facts(*path).is_some_and(|f| f.timer.is_some())
        && let Some(inner) = call.args.get(1).and_then(Operand::place)
    {
        call = view.tokens.identities.defining_call(inner.var)?;
    }
    match &call.callee.target {
        Target::External(path) if call.callee.known == Known::Resolved && is_known(cx, call) => {
            Some((call, *path, cx.catalogue().facts(*path)))
        }
        _ => None,
    }
}

/// The class that the catalogue gives a type, when it is a resource.
pub(crate) fn class_of(cx: &BodyContext<'_>, ty: &Ty) -> Option<Class> {
    cx.catalogue().resource(ty.path()?).map(|r| r.class)
}

/// The error that a task has ended with.
pub(crate) fn is_join_error(ty: &Ty) -> bool {
    ty.path().is_some_and(|p| short(&p) == "JoinError")
}

/// Whether losing the error of a call costs something.
pub(crate) fn is_critical(facts: &FunctionFacts) -> bool {
    matches!(
        facts.if_ignored,
        Some(IfIgnored::DataLoss | IfIgnored::State | IfIgnored::Security | IfIgnored::Leak)
    )
}

/// Drop and functions that end things: nobody is left to tell.
pub(crate) fn is_teardown(cx: &BodyContext<'_>) -> bool {
    let Some(def) = cx.body.def else { return false };
    let name = cx.program().item(def).name;
    let name = name.as_str();
    const VERBS: &[&str] = &[
        "drop",
        "shutdown",
        "close",
        "stop",
        "cleanup",
        "abort",
        "cancel",
        "teardown",
        "exit",
        "restore",
        "kill",
        "disconnect",
    ];
    VERBS.iter().any(|v| name == *v || name.starts_with(&format!("{v}_")) || name.ends_with(&format!("_{v}")))
}

/// Writers whose errors cannot happen or have nowhere to go: memory, standard streams.
pub(crate) fn is_memory_or_stdio(cx: &BodyContext<'_>, ty: &Ty) -> bool {
    ty.any(&mut |t| t.path().is_some_and(|p| cx.catalogue().is_standard_stream(p)))
        || ty.any(&mut |t| is_memory(cx, t))
}

/// A writer to memory.
pub(crate) fn is_memory(cx: &BodyContext<'_>, ty: &Ty) -> bool {
    ty.peel_refs().path().is_some_and(|p| cx.catalogue().is_memory_writer(p))
        || matches!(ty.peel_refs(), Ty::Slice(_))
}

/// The types of a call's arguments.
pub(crate) fn argument_types<'v>(view: &'v FlowView<'_>, call: &'v Call) -> impl Iterator<Item = &'v Ty> {
    call.args.iter().filter_map(Operand::place).map(|p| &view.mir.var(p.var).ty)
}

/// Whether a closure in the chain of an expression handles the error.
pub(crate) fn is_handled(cx: &BodyContext<'_>, e: ExprId) -> bool {
    let body = cx.hir();
    match &body.expr(e).kind {
        ExprKind::MethodCall { receiver, method, args, .. } => {
            let handles = matches!(
                method.as_str(),
                "map_err"
                    | "inspect_err"
                    | "unwrap_or_else"
                    | "or_else"
                    | "map_or_else"
                    | "log_err"
                    | "warn_on_err"
            ) && !args.is_empty();
            handles || is_handled(cx, *receiver)
        }
        ExprKind::Await { operand } | ExprKind::Try { operand } => is_handled(cx, *operand),
        _ => false,
    }
}

/// Whether everything behind a statement fails anyway: the next return is an error.
pub(crate) fn fails_anyway(view: &FlowView<'_>, point: linger_analysis::flow::mir::Point) -> bool {
    use linger_analysis::flow::mir::{ReturnKind, Terminator};
    let succeeds = view.tokens.path(
        point,
        |p, s| {
            s.is_none()
                && matches!(
                    view.mir.blocks[p.block.index()].terminator,
                    Terminator::Return { kind: ReturnKind::End | ReturnKind::Explicit, .. }
                )
        },
        |p, _| view.mir.blocks[p.block.index()].on_failure,
    );
    let errors = view.mir.blocks.iter().any(|b| {
        b.on_failure
            || matches!(
                b.terminator,
                Terminator::Return { kind: ReturnKind::Failure | ReturnKind::Question, .. }
            )
    });
    succeeds.is_none() && errors
}

/// All reachable discards: the point, the variable, the form, the whole statement.
pub(crate) fn discards<'v>(
    view: &'v FlowView<'_>,
) -> impl Iterator<
    Item = (
        linger_analysis::flow::mir::Point,
        Var,
        linger_analysis::flow::mir::Discard,
        Span,
        Option<ExprId>,
    ),
> + 'v {
    view.statements().filter_map(|(point, s)| match &s.kind {
        StatementKind::Discard { value, shape } => Some((point, value.var()?, *shape, s.span, s.expr)),
        _ => None,
    })
}

/// Whether the receiver's type is known well enough to believe in a method of a trait: `write` of a type that
/// nobody described may be anything.
fn is_known(cx: &BodyContext<'_>, call: &Call) -> bool {
    match call.callee.self_ty.as_ref().map(Ty::peel_refs) {
        Some(Ty::Adt(path, _)) => {
            let krate = path.split("::").next().unwrap_or(path);
            cx.program().types.contains_key(path) || cx.catalogue().has_crate(krate)
        }
        Some(Ty::Unknown | Ty::Var(_)) => false,
        _ => true,
    }
}

/// `dyn Write`, `W: Write`: what is behind is not known; most often it is memory or a standard stream.
pub(crate) fn is_any_writer(view: &FlowView<'_>, call: &Call) -> bool {
    let on = |ty: &Ty| {
        matches!(ty.peel_refs(), Ty::Dyn(_) | Ty::Impl(_) | Ty::Param(..) | Ty::Unknown)
            || ty
                .peel_refs()
                .args()
                .iter()
                .any(|t| matches!(t.peel_refs(), Ty::Dyn(_) | Ty::Impl(_) | Ty::Param(..)))
    };
    call.is_method
        && matches!(call.name.as_str(), "flush" | "write_all" | "write" | "shutdown" | "write_str")
        && (call.callee.self_ty.as_ref().is_none_or(on) || argument_types(view, call).take(1).any(on))
}

/// Whether a flush has nothing to say: on what keeps nothing back, or into a writer of the program, of which nobody
/// knows where it leads. To close such a writer itself says as little.
pub(crate) fn flushes_nothing_known(cx: &BodyContext<'_>, view: &FlowView<'_>, call: &Call) -> bool {
    let Some(writer) = argument_types(view, call).next() else { return false };
    let writer = writer.peel_refs();
    let own = |ty: &Ty| ty.peel_refs().path().is_some_and(|p| cx.program().types.contains_key(&p));
    match call.name.as_str() {
        "flush" => {}
        "shutdown" | "close" => return call.is_method && own(writer),
        _ => return false,
    }
    let unbuffered =
        writer.path().and_then(|p| cx.catalogue().resource(p)).is_some_and(|known| known.unbuffered);
    unbuffered || own(writer) || writer.args().iter().any(own)
}

/// Whether a root is that parameter, also inside an async block or closure that captures it.
pub(crate) fn names_parameter(body: &Body, mir: &Mir, root: Root, parameter: usize) -> bool {
    match root {
        Root::Param(number) => mir.owner == Owner::Root && number as usize == parameter,
        Root::Local(local) => body
            .params
            .get(parameter)
            .is_some_and(|p| matches!(body.pat(p.pat).kind, PatKind::Binding { local: l, .. } if l == local)),
        _ => false,
    }
}
