//! Raw descriptors and handles that nothing closes.

use linger_analysis::flow::mir::{Call, Mir, Operand, Rvalue, Var};
use linger_analysis::symbol::Symbol;
use linger_analysis::syntax::hir::{ExprId, ExprKind};
use linger_analysis::types::infer::{Known, Target};
use linger_analysis::types::ty::Ty;

use super::journey::{Care, RELEASERS, Stop, follow, is_used_as_number, outcome, says};
use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::support::{is_test_or_sample, short};

declare_rule! {
    /// A raw descriptor or handle is acquired and nothing closes it.
    ///
    /// ## Why it matters
    ///
    /// A plain number has no Drop. A descriptor that is neither closed nor wrapped in an owner stays open until
    /// the process ends, and a process that does this often runs out of them.
    ///
    /// ## Example
    ///
    /// ```rust,ignore,fires
    /// fn wait() -> std::io::Result<()> {
    ///     let poll = epoll::create(true)?;
    ///     epoll::wait(poll, -1, &mut [])?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// ```rust,ignore,clean
    /// fn wait() -> std::io::Result<()> {
    ///     let poll = epoll::create(true)?;
    ///     let result = epoll::wait(poll, -1, &mut []);
    ///     epoll::close(poll)?;
    ///     result.map(|_| ())
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A function that closes or wraps any handle is taken to close this one; a handle that is returned is its
    /// caller's.
    UnreleasedHandle("unreleased_handle") {
        group: Cleanup,
        cases: {
            leak: Warn = "nothing on the way of the handle releases it",
            test: Allow = "the same in tests, fuzz targets and samples",
        },
        since: "0.1.0",
        fixes: None,
    }
}

impl Rule for UnreleasedHandle {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            for (point, statement, call) in view.mir.calls() {
                if !view.is_reachable(point) || call.callee.known != Known::Resolved {
                    continue;
                }
                let Target::External(path) = &call.callee.target else { continue };
                let Some(facts) = cx.catalogue().facts(*path) else { continue };
                if !facts.acquires_raw || facts.forgets || closes(view) || is_elsewhere(call) {
                    continue;
                }
                if statement.expr.is_some_and(|e| names(cx, e, &facts.replaces_with)) {
                    continue;
                }
                let Some(holder) = holder(view, call) else { continue };
                let (vars, stops) = follow(cx, view.mir, holder);
                let owned = is_owned(cx, view.mir, call, &vars, &stops);
                let (care, bare) = outcome(cx, &stops);
                if owned || care != Care::Lends {
                    continue;
                }
                let name = short(path);
                let release = facts.undone_by.first().map_or("its release function", |r| short(r));
                report.push(
                    Diagnostic::new(
                        &META,
                        cx.at(statement.span),
                        format!(
                            "the {} that `{name}` gives is never {}",
                            if release.contains("unmap") { "mapping" } else { "handle" },
                            if release.contains("unmap") { "taken back" } else { "closed" },
                        ),
                    )
                    .case(if is_test_or_sample(cx) { "test" } else { "leak" })
                    .label(if bare.is_some() { "stored in a type that has no Drop" } else { "acquired here" })
                    .help(if release.contains("unmap") {
                        format!("keep it in a type whose `Drop` calls `{release}`, or call that on every path")
                    } else {
                        format!(
                            "wrap it in an owner (`OwnedFd`, `File::from_raw_fd`) at once, or call `{release}` on every path"
                        )
                    }),
                );
            }
        }
    }
}

/// The variable that gets the handle: the result, or the array that a pointer argument points into (`pipe(fds)`).
fn holder(view: &FlowView<'_>, call: &Call) -> Option<Var> {
    let mut pointers = call.args.iter().filter(|a| {
        matches!(a, Operand::Borrow(true, _)) || matches!(view.operand_ty(a), Ty::Ptr(_) | Ty::Ref(true, _))
    });
    match (pointers.next(), call.name.as_str()) {
        (None, _) | (Some(_), "mmap" | "mmap64" | "open" | "openat" | "creat" | "fopen" | "opendir") => {
            Some(call.dest.var)
        }
        (Some(pointer), "pipe" | "pipe2" | "socketpair") => array(view, pointer.var()?),
        _ => None,
    }
}

/// The array behind `fds.as_mut_ptr()` or `&mut fds`.
fn array(view: &FlowView<'_>, pointer: Var) -> Option<Var> {
    let mut var = pointer;
    for _ in 0..6 {
        if matches!(view.mir.var(var).ty, Ty::Array(_)) {
            return Some(var);
        }
        var = match view.tokens.identities.definition(var) {
            Some(Rvalue::Ref(_, place)) => place.var,
            Some(Rvalue::Use(operand)) => operand.place()?.var,
            _ => {
                let made = view.mir.calls().find(|(_, _, c)| c.dest.var == var)?;
                made.2.args.first()?.place()?.var
            }
        };
    }
    None
}

/// `dup2` replaces a handle that was there.
fn is_elsewhere(call: &Call) -> bool {
    call.name.contains("dup2") || call.name.contains("dup3") || call.name.contains("fdopen")
}

/// Whether one of the constants stands in an expression.
fn names(cx: &BodyContext<'_>, e: ExprId, constants: &[Symbol]) -> bool {
    let body = cx.hir();
    !constants.is_empty()
        && body.any(e, &mut |e| match &body.expr(e).kind {
            ExprKind::Path(path) => path.segments.last().is_some_and(|s| constants.contains(&s.name)),
            _ => false,
        })
}

/// Whether the function closes a handle, or gives one an owner.
fn closes(view: &FlowView<'_>) -> bool {
    view.mir.calls().any(|(_, _, c)| says(&c.name, RELEASERS))
}

/// Whether the handle is a value with a Drop in the version of the crate that is used here: the table has one
/// version, and older ones gave plain numbers.
fn is_owned(cx: &BodyContext<'_>, mir: &Mir, call: &Call, vars: &[Var], stops: &[Stop<'_>]) -> bool {
    let asked = stops.iter().any(|s| {
        matches!(s, Stop::Called { call, argument: 0, .. }
            if call.is_method && matches!(call.name.as_str(), "as_raw_fd" | "as_fd" | "into_raw_fd"))
    });
    let owner = mir
        .var(call.dest.var)
        .ty
        .any(&mut |t| t.path().is_some_and(|p| p.as_str() == "std::os::fd::OwnedFd"));
    asked || owner && !is_used_as_number(cx, mir, vars, stops)
}
