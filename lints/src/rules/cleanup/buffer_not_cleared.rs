//! Buffers that grow because nobody empties them.

use linger_analysis::flow::mir::{
    Call, LoopId, Operand, Place, Projection, Rvalue, Statement, StatementKind, Var, VarKind,
};
use linger_analysis::types::infer::Known;
use linger_analysis::types::ty::Ty;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Fix};
use crate::rule::{Rule, RuleMeta};

declare_rule! {
    /// A buffer that a call appends to is used again on the next turn without being cleared.
    ///
    /// ## Why it matters
    ///
    /// `read_line`, `read_until` and `read_to_end` append. A buffer that is declared outside of the loop and not
    /// cleared holds all lines so far: the second turn works on the first line again, and memory grows.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// use std::io::BufRead;
    ///
    /// fn total(mut input: impl BufRead) -> std::io::Result<u64> {
    ///     let (mut line, mut sum) = (String::new(), 0);
    ///     while input.read_line(&mut line)? > 0 {
    ///         sum += line.trim().parse().unwrap_or(0);
    ///     }
    ///     Ok(sum)
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// use std::io::BufRead;
    ///
    /// fn total(mut input: impl BufRead) -> std::io::Result<u64> {
    ///     let (mut line, mut sum) = (String::new(), 0);
    ///     while input.read_line(&mut line)? > 0 {
    ///         sum += line.trim().parse().unwrap_or(0);
    ///         line.clear();
    ///     }
    ///     Ok(sum)
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A buffer that the loop only measures or searches is meant to grow, and so is one that is read only after
    /// the loop.
    BufferNotCleared("buffer_not_cleared") {
        group: Cleanup,
        level: Warn,
        since: "0.1.0",
        fixes: Sometimes,
    }
}

impl Rule for BufferNotCleared {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) {
        for view in cx.flows() {
            for (point, statement, call) in view.mir.calls() {
                let appends = cx.facts(&call.callee.target).is_some_and(|f| f.appends && f.io);
                let turning = view.mir.blocks[point.block.index()].in_loop;
                let Some(id) = turning.filter(|_| appends && view.is_reachable(point)) else { continue };
                if call.callee.known != Known::Resolved || cx.has_reason(statement.span) {
                    continue;
                }
                let Some(found) = grows(view, id, call) else { continue };
                let info = &view.mir.loops[id.0 as usize];
                let mut finding = Diagnostic::new(
                    &META,
                    cx.at(statement.span),
                    format!("`{}` appends, and the buffer is never cleared in this loop", call.name),
                )
                .label("appends to what earlier turns have read")
                .step(cx.at(found.declared), "the buffer is older than the loop")
                .step(cx.at(found.read), "here all that was read so far is taken for the latest")
                .help("call `clear()` on it before reading, or declare it inside of the loop");
                if let (Some(name), Some(start)) = (found.name, first_in_block(cx, info.expr)) {
                    finding = finding.fix(
                        Fix::new(
                            "clear the buffer at the start of each turn",
                            Applicability::HasPlaceholders,
                        )
                        .insert_before(cx.at(start), format!("{name}.clear(); ")),
                    );
                }
                report.push(finding);
            }
        }
    }
}

struct Grows {
    declared: linger_analysis::span::Span,
    read: linger_analysis::span::Span,
    name: Option<String>,
}

/// The start of the body of a `loop` or `for`, where every turn begins.
fn first_in_block(
    cx: &BodyContext<'_>,
    e: linger_analysis::syntax::hir::ExprId,
) -> Option<linger_analysis::span::Span> {
    use linger_analysis::syntax::hir::ExprKind;
    let body = cx.hir();
    let (ExprKind::Loop { body: inner, .. } | ExprKind::For { body: inner, .. }) = &body.expr(e).kind else {
        return None;
    };
    match &body.expr(*inner).kind {
        ExprKind::Block(block) => block.stmts.first().map(|s| s.span),
        _ => None,
    }
}

/// Whether a buffer that is older than the loop is read as a whole in it and never emptied.
fn grows(view: &FlowView<'_>, id: LoopId, call: &Call) -> Option<Grows> {
    let var = referred(view, call.args.last()?.place()?)?.0;
    let decl = view.mir.var(var);
    let VarKind::User(local) = decl.kind else { return None };
    if view.mir.loop_in(decl.in_loop, id) || matches!(decl.ty, Ty::Ref(..)) {
        return None;
    }
    let mut read = None;
    for (point, statement) in view.statements() {
        if !view.mir.block_in_loop(point.block, id) {
            continue;
        }
        match uses(view, statement, var) {
            Use::None => {}
            Use::Read => read = read.or(Some(statement.span)),
            Use::MayEmpty => return None,
        }
    }
    let name = view.tokens.context().body.local(local).name.to_string();
    Some(Grows { declared: decl.span, read: read?, name: Some(name) })
}

/// The variable that a place is or refers to, whether it may be changed through it, and whether all of it is meant.
fn referred(view: &FlowView<'_>, place: &Place) -> Option<(Var, bool, bool)> {
    let mut var = place.var;
    let mut whole = !place.projections.contains(&Projection::Index);
    let mut mutable = false;
    for _ in 0..8 {
        match view.tokens.identities.definition(var) {
            Some(Rvalue::Ref(m, inner)) => {
                mutable |= *m;
                whole &= !inner.projections.contains(&Projection::Index);
                var = inner.var;
            }
            Some(Rvalue::Use(Operand::Copy(inner) | Operand::Move(inner)))
                if matches!(view.mir.var(var).ty, Ty::Ref(..)) =>
            {
                var = inner.var;
            }
            _ => return Some((var, mutable, whole)),
        }
    }
    None
}

enum Use {
    None,
    Read,
    MayEmpty,
}

/// Methods that measure or search: what they are asked of is meant to grow.
const MEASURES: &[&str] = &[
    "len",
    "is_empty",
    "ends_with",
    "starts_with",
    "contains",
    "find",
    "rfind",
    "last",
    "capacity",
    "reserve",
    "windows",
    "as_str",
    "as_bytes",
    "as_slice",
    "as_ref",
    "deref",
    "borrow",
    "position",
];

fn uses(view: &FlowView<'_>, statement: &Statement, var: Var) -> Use {
    let is_it = |place: &Place| referred(view, place).filter(|(v, ..)| *v == var);
    match &statement.kind {
        StatementKind::Call(call) => {
            let appends = matches!(
                call.name.as_str(),
                "read_line"
                    | "read_until"
                    | "read_to_end"
                    | "read_to_string"
                    | "push"
                    | "push_str"
                    | "reserve"
            );
            let mut found = Use::None;
            for arg in &call.args {
                let Some((_, mutable, whole)) = arg.place().and_then(is_it) else { continue };
                let moved = matches!(arg, Operand::Move(p) if p.var == var);
                let lent = mutable || matches!(arg, Operand::Borrow(true, _));
                if moved || !whole || lent && !appends {
                    return Use::MayEmpty;
                }
                if !appends && !MEASURES.contains(&call.name.as_str()) {
                    found = Use::Read;
                }
            }
            found
        }
        StatementKind::Macro { args, .. } => {
            let mut found = Use::None;
            for arg in args {
                let Some((_, mutable, whole)) = arg.place().and_then(is_it) else { continue };
                if mutable || !whole || matches!(arg, Operand::Borrow(true, _) | Operand::Move(_)) {
                    return Use::MayEmpty;
                }
                found = Use::Read;
            }
            found
        }
        StatementKind::Assign { dest, value } => {
            let gives_away = match value {
                Rvalue::Use(Operand::Move(p)) => p.var == var,
                Rvalue::Closure { captures, .. } => captures.iter().any(|c| c.var == var),
                Rvalue::Aggregate { parts, .. } => {
                    parts.iter().filter_map(|(_, o)| o.place()).any(|p| p.var == var)
                }
                _ => false,
            };
            if dest.var == var || gives_away { Use::MayEmpty } else { Use::None }
        }
        StatementKind::Drop { var: dropped, .. } if *dropped == var => Use::MayEmpty,
        _ => Use::None,
    }
}
