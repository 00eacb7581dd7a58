//! Writers that are dropped with something left to write.

use linger_analysis::catalogue::{Class, OnDrop, Resource};
use linger_analysis::flow::identity::Identities;
use linger_analysis::flow::mir::{
    Call, Operand, Owner, Point, ReturnKind, Rvalue, Statement, StatementKind, Terminator,
};
use linger_analysis::flow::tokens::{End, Source};
use linger_analysis::names::DefId;
use linger_analysis::types::infer::Target;

use crate::context::{BodyContext, FlowView};
use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::rule::{Rule, RuleMeta};
use crate::rules::result::{is_memory_or_stdio, names_parameter};
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
    /// A writer that is handed on by value is its receiver's to finish.
    WriterNotFinished("writer_not_finished") {
        group: Result,
        cases: {
            file: Warn = "a file, socket or archive",
            stdio: Allow = "buffered standard output",
        },
        since: "0.1.0",
        fixes: None,
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
        // Handed on by value somewhere: then it is somebody else's.
        if ends.iter().any(|e| !matches!(e.how, End::Dropped(_))) {
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
            other != id && t.is(Class::BufferedWriter) && t.span.contains(token.span) && t.span != token.span
        });
        if whole.path() != Some(resource.ty) || opened || wrapped {
            continue;
        }
        let to_memory = whole.args().iter().any(|t| {
            t.peel_refs().path().is_some_and(|p| {
                matches!(
                    p.as_str(),
                    "std::vec::Vec" | "std::io::Cursor" | "bytes::BytesMut" | "std::io::Sink"
                )
            }) || matches!(t.peel_refs(), linger_analysis::types::ty::Ty::Slice(_))
        });
        if to_memory {
            continue;
        }
        let is_stdio = whole.args().iter().any(is_memory_or_stdio);
        let touches = |point: Point, statement: &Statement| {
            let state = tokens.state_at(point);
            let on = |o: &Operand| o.place().is_some_and(|p| state.reached(p.var).contains(id));
            match &statement.kind {
                StatementKind::Call(call) => call.args.iter().any(on),
                StatementKind::Macro { args, .. } => args.iter().any(on),
                _ => false,
            }
        };
        let releases = |point: Point, statement: &Statement| {
            let state = tokens.state_at(point);
            let on = |o: &Operand| o.place().is_some_and(|p| state.reached(p.var).contains(id));
            match &statement.kind {
                StatementKind::Call(call) => {
                    (ends_writing(resource, call) && call.args.iter().any(on))
                        || call
                            .args
                            .iter()
                            .enumerate()
                            .any(|(at, o)| on(o) && is_finished_by(cx, resource, call, at))
                }
                // `w.write_all(b).and_then(|()| w.flush())`
                StatementKind::Assign { value: Rvalue::Closure { id: closure, captures }, .. } => {
                    captures.iter().any(|c| state.reached(c.var).contains(id))
                        && cx.flows().iter().any(|f| {
                            f.mir.owner == Owner::Closure(*closure)
                                && f.mir.calls().any(|(_, _, call)| ends_writing(resource, call))
                        })
                }
                _ => false,
            }
        };
        let writes = |statement: &Statement| match &statement.kind {
            StatementKind::Call(call) => {
                let name = call.name.as_str();
                !matches!(
                    name,
                    "unwrap" | "expect" | "by_ref" | "get_ref" | "with_context" | "context" | "map_err"
                ) && (name.contains("write")
                    || name.contains("put")
                    || name.contains("append")
                    || name.contains("copy")
                    || name.contains("serialize")
                    || name.contains("send")
                    || name.contains("emit")
                    || name.contains("print")
                    || name.contains("dump")
                    || name.contains("save")
                    || name.contains("to_writer")
                    || name.contains("encode")
                    || name.contains("add"))
            }
            StatementKind::Macro { .. } => true,
            _ => false,
        };
        // What an encoder gives back when it is finished holds the encoder's last bytes.
        let given_back = view.mir.statement(token.at).filter(|s| is_given_back(cx, view, s));
        let written = view
            .mir
            .statements()
            .find(|(p, s)| *p != token.at && writes(s) && touches(*p, s) && !releases(*p, s))
            .or(given_back.map(|s| (token.at, s)));
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
                block.on_failure || block.on_error_arm || s.is_some_and(|s| releases(p, s))
            },
        );
        if way.is_none() || cx.has_reason(token.span) {
            continue;
        }
        let Some(end) = ends.iter().max_by_key(|e| e.span.hi) else { continue };
        let what = noun(cx, token);
        let loss = match resource.drop {
            OnDrop::DiscardsBuffer => "what is still buffered is lost",
            _ => "an error of the last write is lost",
        };
        report.push(
            Diagnostic::new(
                &META,
                cx.at(token.span),
                format!("this {what} is never flushed or finished: {loss}"),
            )
            .case(if is_stdio { "stdio" } else { "file" })
            .label("made here")
            .step(cx.at(written.span), "written to here")
            .step(cx.at(end.span), "dropped here; Drop cannot report an error")
            .confidence(token.known.into())
            .help("flush or finish it on the success path and look at the result"),
        );
    }
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

/// How far a writer that is lent is followed.
const FAR_ENOUGH: u32 = 3;

/// Flushes, finishes, or closes.
fn ends_writing(resource: &Resource, call: &Call) -> bool {
    resource.release.contains(&call.name)
        || matches!(
            call.name.as_str(),
            "flush"
                | "finish"
                | "try_finish"
                | "shutdown"
                | "into_inner"
                | "close"
                | "sync_all"
                | "sync_data"
                | "finalize"
                | "end"
        )
}

/// Whether a function finishes the writer that is lent to it as that argument: `copy(&mut from, &mut to)`, a helper.
fn is_finished_by(cx: &BodyContext<'_>, resource: &Resource, call: &Call, argument: usize) -> bool {
    match &call.callee.target {
        Target::External(path) => cx.catalogue().facts(*path).is_some_and(|f| f.releases),
        Target::Def(def) => finishes(cx, resource, *def, argument, FAR_ENOUGH),
        // Whichever implementation is meant: each must.
        Target::AnyOf(defs) => {
            !defs.is_empty() && defs.iter().all(|d| finishes(cx, resource, *d, argument, FAR_ENOUGH))
        }
        _ => false,
    }
}

fn finishes(cx: &BodyContext<'_>, resource: &Resource, def: DefId, argument: usize, depth: u32) -> bool {
    let Some(body) = cx.analysis.body_of(def) else {
        // A trait's method without a body: what implementations do is their own.
        return cx.program().item(def).parent.is_some() && depth > 0 && {
            let name = cx.program().item(def).name;
            let all = cx.program().methods_by_name.get(&name);
            let mut others =
                all.into_iter().flatten().filter(|d| cx.analysis.body_of(**d).is_some()).peekable();
            others.peek().is_some() && others.all(|d| finishes(cx, resource, *d, argument, depth - 1))
        };
    };
    body.flow.all().any(|mir| {
        let ids = Identities::new(cx.analysis.flow_context(body), mir, cx.analysis);
        mir.calls().any(|(_, _, call)| {
            let is_it = |o: &Operand| {
                ids.operand(o).is_some_and(|i| {
                    i.path.is_empty() && names_parameter(cx.analysis.hir(body), mir, i.root, argument)
                })
            };
            call.args.iter().enumerate().any(|(at, o)| {
                is_it(o)
                    && (ends_writing(resource, call)
                        || matches!(&call.callee.target, Target::External(p) if cx.catalogue().facts(*p).is_some_and(|f| f.releases))
                        || matches!(call.callee.target, Target::Def(next) if depth > 0 && finishes(cx, resource, next, at, depth - 1)))
            })
        })
    })
}
