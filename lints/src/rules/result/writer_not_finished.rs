//! Writers that are dropped with something left to write.

use linger_analysis::catalogue::{Class, OnDrop, Resource};
use linger_analysis::flow::mir::{
    Operand, Owner, Point, ReturnKind, Rvalue, Statement, StatementKind, Terminator,
};
use linger_analysis::flow::tokens::{End, EndAt, Source, Token, TokenId};
use linger_analysis::span::Span;
use linger_analysis::syntax::hir::ExprKind;
use linger_analysis::types::infer::Target;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::result::propagate::flush_at_end;
use crate::rules::result::writing::{
    ends_writing, is_abandoned_by, is_explicit_drop, is_finished_by, is_sync, is_writing, is_written_by,
};
use crate::rules::result::{is_memory, is_memory_or_stdio};
use crate::rules::support::{noun, resource};

declare_rule! {
    /// A writer is written to and dropped without a flush or finish.
    ///
    /// ## Why it matters
    ///
    /// Drop cannot report an error. A `BufWriter` hides it when its last block cannot be written; an encoder
    /// or an async writer may not write the end at all. The function says `Ok` and the file is cut off.
    ///
    /// ## Example
    ///
    /// ```rust,fires
    /// use std::io::Write;
    ///
    /// fn save(path: &str, lines: &[String]) -> std::io::Result<()> {
    ///     let mut out = std::io::BufWriter::new(std::fs::File::create(path)?);
    ///     for line in lines {
    ///         writeln!(out, "{line}")?;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// ```rust,clean
    /// use std::io::Write;
    ///
    /// fn save(path: &str, lines: &[String]) -> std::io::Result<()> {
    ///     let mut out = std::io::BufWriter::new(std::fs::File::create(path)?);
    ///     for line in lines {
    ///         writeln!(out, "{line}")?;
    ///     }
    ///     out.flush()
    /// }
    /// ```
    ///
    /// ## Limits
    ///
    /// A writer that is handed on by value is its receiver's to finish, unless that is a function of the program that
    /// takes any writer, writes to it and drops it. Standard output counts by default where the
    /// function returns the other errors of writing to it.
    WriterNotFinished("writer_not_finished") {
        group: Result,
        cases: {
            file: Warn = "a file, socket or archive",
            stdout: Warn = "buffered standard output, in a function that returns the other errors of writing to it",
            synced: Allow = "a tokio file that is synced and not flushed: the sync waits, and keeps the error of the write",
            stdio: Allow = "any other buffered standard stream",
        },
        since: "0.1.0",
        fixes: Sometimes,
    }
}

impl Rule for WriterNotFinished {
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
    for (id, token) in tokens.iter() {
        if !token.is(Class::BufferedWriter) || token.source != Source::Call {
            continue;
        }
        let Some(resource) = resource(cx, token) else { continue };
        if !matches!(resource.drop, OnDrop::FlushesIgnoringErrors | OnDrop::DiscardsBuffer) {
            continue;
        }
        let ends: Vec<_> = tokens.ends.iter().filter(|e| e.token == id).collect();
        // Handed on by value to who may finish it: then it is somebody else's.
        let is_dropped = |end: &EndAt| matches!(end.how, End::Dropped(_));
        if !ends.iter().all(|e| is_dropped(e) || is_dropped_by(cx, view, id, e, resource)) {
            continue;
        }
        let ty = &view.mir.var(token.first).ty;
        let whole = ty.as_result().map_or_else(|| ty.clone(), |(ok, _)| ok);
        // A type of the program that holds a writer has its own ways to finish it; a file that was opened to be
        // read, or that a buffer was put around, is not the writer.
        let opened = tokens
            .identities
            .defining_call(token.first)
            .is_some_and(|c| c.name.as_str() == "open" && !c.is_method);
        let wrapped = tokens.iter().any(|(other, t)| {
            other != id
                && t.is(Class::BufferedWriter)
                && (t.span.contains(token.span) && t.span != token.span || is_moved_into(view, id, t))
        });
        if whole.path() != Some(resource.ty) || opened || wrapped {
            continue;
        }
        let is_stdio = whole.args().iter().any(|t| is_memory_or_stdio(cx, t));
        let is_stderr = whole.any(&mut |t| t.path().is_some_and(|p| cx.catalogue().is_standard_error(p)));
        let to_memory = whole.args().iter().any(|t| is_memory(cx, t));
        if to_memory {
            continue;
        }
        let on = |at: Point, o: &Operand| o.place().is_some_and(|p| view.in_hand().reaches(at, p.var, id));
        let touches = |at: Point, statement: &Statement| match &statement.kind {
            StatementKind::Call(call) => call.args.iter().any(|o| on(at, o)),
            StatementKind::Macro { args, .. } => args.iter().any(|o| on(at, o)),
            _ => false,
        };
        let releases = |at: Point, statement: &Statement| match &statement.kind {
            StatementKind::Call(call) => {
                let mut lent = call.args.iter().enumerate().filter(|(_, o)| on(at, o));
                let ends = ends_writing(resource, call);
                lent.any(|(argument, _)| ends || is_finished_by(cx, resource, call, argument))
            }
            // `w.write_all(b).and_then(|()| w.flush())`
            StatementKind::Assign { value: Rvalue::Closure { id: closure, captures }, .. } => {
                captures.iter().any(|c| view.in_hand().reaches(at, c.var, id))
                    && cx.flows().iter().any(|f| {
                        f.mir.owner == Owner::Closure(*closure)
                            && f.mir.calls().any(|(_, _, call)| ends_writing(resource, call))
                    })
            }
            _ => false,
        };
        let writes = |at: Point, statement: &Statement| match &statement.kind {
            StatementKind::Call(call) => {
                let mut lent = call.args.iter().enumerate().filter(|(_, o)| on(at, o));
                let takes = cx.facts(&call.callee.target).is_some_and(|f| f.leaves_unflushed);
                takes
                    || lent.any(|(argument, _)| {
                        is_writing(cx, call, argument) || is_written_by(cx, call, argument)
                    })
            }
            StatementKind::Macro { .. } => true,
            _ => false,
        };
        // What an encoder gives back when it is finished holds the encoder's last bytes.
        let given_back = view.mir.statement(token.at).filter(|s| is_given_back(cx, view, s));
        let written = view
            .mir
            .statements()
            .find(|(p, s)| *p != token.at && touches(*p, s) && writes(*p, s) && !releases(*p, s))
            .or(given_back.map(|s| (token.at, s)));
        let is_returned = |span: Span| is_error_returned(cx, span);
        let case = |span: Span| match is_stdio {
            false => "file",
            true if !is_stderr && is_returned(span) => "stdout",
            true => "stdio",
        };
        let Some((written_at, written)) = written else {
            continue;
        };
        let way = tokens.path(
            written_at,
            |p, s| {
                s.is_none()
                    && matches!(
                        view.mir.blocks[p.block.index()].terminator,
                        Terminator::Return { kind: ReturnKind::End | ReturnKind::Explicit, .. }
                    )
            },
            |p, s| {
                let block = &view.mir.blocks[p.block.index()];
                // Where the variable is found to hold nothing, nothing was written.
                let is_gone = |s: &Statement| {
                    matches!(s.kind, StatementKind::Vacant(var) if view.in_hand().owns(p, var, id))
                };
                block.on_failure || block.on_error_arm || s.is_some_and(|s| releases(p, s) || is_gone(s))
            },
        );
        let unless_failed =
            view.mir.statements().any(|(p, s)| releases(p, s) && is_finished_unless_failed(cx, s.span));
        if way.is_none() || unless_failed || cx.has_reason(token.span) {
            continue;
        }
        let Some(end) = ends.iter().max_by_key(|e| e.span.hi) else { continue };
        let what = noun(token);
        let synced = view.mir.statements().find_map(|(p, s)| match &s.kind {
            StatementKind::Call(call) if is_sync(call) && touches(p, s) => Some((s.span, call.name)),
            _ => None,
        });
        let loss = match synced {
            Some(_) => "an error of the last write is lost, which the sync does not report",
            None => loss(resource),
        };
        let mut finding = Diagnostic::new(
            &META,
            cx.at(token.span),
            match resource.drop {
                OnDrop::DiscardsBuffer => format!("this {what} is never flushed or finished: {loss}"),
                _ => format!("this {what} is left to its Drop to flush or finish: {loss}"),
            },
        )
        .case(if synced.is_some() { "synced" } else { case(written.span) })
        .label("made here")
        .step(cx.at(written.span), "written to here");
        if let Some((span, name)) = synced {
            finding = finding.step(cx.at(span), format!("`{name}` waits for the write and keeps its error"));
        }
        finding = match is_dropped(end) {
            true => finding
                .step(cx.at(end.span), "dropped here; Drop cannot report an error")
                .help("flush or finish it on the success path and look at the result"),
            false => finding
                .step(cx.at(end.span), "handed over here to who drops it; Drop cannot report an error")
                .help("lend it (`&mut`) instead, flush or finish it afterwards, and look at the result"),
        }
        .confidence(token.known.into());
        // Where it is handed over there is nothing left to flush at the end.
        if ends.iter().all(|e| is_dropped(e))
            && let Some(fix) = flush_at_end(cx, view, id, resource)
        {
            finding = finding.fix(fix);
        }
        report.push(finding);
    }
}

/// Whether a writer is given by value to what makes another: `BufWriter::new(file)`.
fn is_moved_into(view: &FlowView<'_>, id: TokenId, outer: &Token) -> bool {
    let Some(StatementKind::Call(call)) = view.mir.statement(outer.at).map(|s| &s.kind) else { return false };
    call.args.iter().any(|o| matches!(o, Operand::Move(p) if view.in_hand().owns(outer.at, p.var, id)))
}

/// Whether it is finished under a condition that only asks whether an error was noted before:
/// `if failed.is_none() { … }`.
fn is_finished_unless_failed(cx: &BodyContext<'_>, finish: Span) -> bool {
    let body = cx.hir();
    body.exprs.iter().any(|e| match &e.kind {
        ExprKind::If { condition, then_branch, else_branch: None } => {
            let asks = matches!(&body.expr(*condition).kind, ExprKind::MethodCall { receiver, method, .. }
                if matches!(method.as_str(), "is_none" | "is_ok")
                    && matches!(body.expr(*receiver).kind, ExprKind::Local(_)));
            asks && body.expr(*then_branch).span.contains(finish)
        }
        _ => false,
    })
}

/// Whether a call drops it unfinished: `drop(writer)`, or a function that takes it by value and does not flush it.
fn is_dropped_by(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    id: TokenId,
    end: &EndAt,
    resource: &Resource,
) -> bool {
    let Some(StatementKind::Call(call)) = view.mir.statement(end.at).map(|s| &s.kind) else { return false };
    if let Target::External(path) = call.callee.target {
        return is_explicit_drop(call) || cx.catalogue().facts(path).is_some_and(|f| f.leaves_unflushed);
    }
    let is_it = |o: &Operand| matches!(o, Operand::Move(p) if view.in_hand().reaches(end.at, p.var, id));
    end.how == End::Passed
        && call.args.iter().position(is_it).is_some_and(|at| is_abandoned_by(cx, resource, call, at))
}

/// What a drop without a flush costs.
fn loss(resource: &Resource) -> &'static str {
    match resource.drop {
        OnDrop::DiscardsBuffer => "what is still buffered is lost",
        _ => "an error of the last write is lost",
    }
}

/// Whether the error of what stands there is returned with `?`.
fn is_error_returned(cx: &BodyContext<'_>, at: Span) -> bool {
    cx.hir().exprs.iter().any(|e| match e.kind {
        ExprKind::Try { operand } => cx.hir().expr(operand).span.contains(at),
        _ => false,
    })
}

/// Whether a call finishes one writer and gives back the writer below it.
fn is_given_back(cx: &BodyContext<'_>, view: &FlowView<'_>, statement: &Statement) -> bool {
    let StatementKind::Call(call) = &statement.kind else { return false };
    let Target::External(path) = &call.callee.target else { return false };
    let receiver = call.args.first().map(|o| view.operand_ty(o).peel_refs().clone());
    let is_writer = receiver
        .and_then(|ty| cx.catalogue().resource(ty.path()?))
        .is_some_and(|r| r.class == Class::BufferedWriter);
    call.is_method && is_writer && cx.catalogue().facts(*path).is_some_and(|f| f.releases)
}
