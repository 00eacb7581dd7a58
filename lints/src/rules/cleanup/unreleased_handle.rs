//! Raw descriptors and handles that nothing closes.

use linger_analysis::flow::mir::{Place, Rvalue, StatementKind, Var};
use linger_analysis::types::infer::{Known, Target};

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::support::short;

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
        level: Warn,
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
                if !cx.catalogue().facts(*path).is_some_and(|f| f.acquires_raw) || closes(view) {
                    continue;
                }
                // Handles that come out through a pointer are not followed; `dup2` replaces one that was there.
                let through_pointer = call.args.iter().any(|a| {
                    matches!(a, linger_analysis::flow::mir::Operand::Borrow(true, _))
                        || matches!(
                            view.operand_ty(a),
                            linger_analysis::types::ty::Ty::Ptr(_)
                                | linger_analysis::types::ty::Ty::Ref(true, _)
                        )
                });
                let other_rule = cx.catalogue().facts(*path).is_some_and(|f| f.forgets);
                if through_pointer
                    || other_rule
                    || call.name.contains("dup2")
                    || call.name.contains("dup3")
                    || call.name.contains("fdopen")
                {
                    continue;
                }
                let fate = fate(cx, view, call.dest.var);
                let (Fate::Kept | Fate::StoredWithoutDrop) = fate else { continue };
                let name = short(path);
                let finding = Diagnostic::new(
                    &META,
                    cx.at(statement.span),
                    format!("the handle that `{name}` gives is never closed"),
                )
                .label(match fate {
                    Fate::StoredWithoutDrop => "stored in a type that has no Drop",
                    _ => "acquired here",
                })
                .help("wrap it in `OwnedFd` or `File::from_raw_fd` at once, or close it on every path");
                report.push(finding);
            }
        }
    }
}

/// Whether the function closes a handle, or gives one an owner.
fn closes(view: &FlowView<'_>) -> bool {
    view.mir.calls().any(|(_, _, c)| {
        let name = c.name.as_str();
        name.contains("close")
            || name.contains("from_raw")
            || name.contains("munmap")
            || name.contains("free")
            || name.contains("destroy")
    })
}

enum Fate {
    Kept,
    StoredWithoutDrop,
    HandedOn,
}

/// What becomes of a value: it stays a local number, or goes into a struct, or away.
fn fate(cx: &BodyContext<'_>, view: &FlowView<'_>, start: Var) -> Fate {
    if start == view.mir.return_var {
        return Fate::HandedOn;
    }
    let comes_from = |place: &Place| {
        let mut var = place.var;
        for _ in 0..8 {
            if var == start {
                return true;
            }
            match view.tokens.identities.definition(var) {
                Some(Rvalue::Use(o)) => match o.place() {
                    Some(p) => var = p.var,
                    None => return false,
                },
                _ => match view.tokens.identities.defining_call(var) {
                    Some(c) if c.dest.var != var => var = c.dest.var,
                    _ => return false,
                },
            }
        }
        false
    };
    for (_, s) in view.statements() {
        let StatementKind::Assign { dest, value } = &s.kind else { continue };
        match value {
            Rvalue::Aggregate { path: Some(path), parts }
                if parts.iter().any(|(_, o)| o.place().is_some_and(&comes_from)) =>
            {
                let is_wrapper = path.starts_with("std::");
                if is_wrapper {
                    if dest.var == view.mir.return_var {
                        return Fate::HandedOn;
                    }
                    continue;
                }
                let has_drop = cx.program().types.get(path).is_some_and(|t| t.drop.is_some());
                return if has_drop { Fate::HandedOn } else { Fate::StoredWithoutDrop };
            }
            Rvalue::Use(o)
                if o.place().is_some_and(&comes_from)
                    && (dest.var == view.mir.return_var || !dest.projections.is_empty()) =>
            {
                return Fate::HandedOn;
            }
            Rvalue::Aggregate { path: None, parts }
                if dest.var == view.mir.return_var
                    && parts.iter().any(|(_, o)| o.place().is_some_and(&comes_from)) =>
            {
                return Fate::HandedOn;
            }
            _ => {}
        }
    }
    Fate::Kept
}
