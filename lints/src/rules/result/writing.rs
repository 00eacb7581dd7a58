//! What functions do with a writer that is lent to them.

use linger_analysis::catalogue::Resource;
use linger_analysis::facts::AnalyzedBody;
use linger_analysis::flow::identity::Identities;
use linger_analysis::flow::mir::{Call, Operand, StatementKind};
use linger_analysis::names::DefId;
use linger_analysis::types::infer::Target;
use linger_analysis::types::ty::Ty;

use crate::context::BodyContext;
use crate::rules::result::names_parameter;

/// How far a writer that is lent is followed.
const FAR_ENOUGH: u32 = 3;

/// Flushes, finishes, or closes.
pub(crate) fn ends_writing(resource: &Resource, call: &Call) -> bool {
    resource.release.contains(&call.name)
        || matches!(
            call.name.as_str(),
            "flush" | "finish" | "try_finish" | "shutdown" | "into_inner" | "close" | "finalize" | "end"
        )
        || is_sync(call) && !resource.sync_hides_errors
}

/// Puts on the disk what was written.
pub(crate) fn is_sync(call: &Call) -> bool {
    matches!(call.name.as_str(), "sync_all" | "sync_data")
}

/// `drop(writer)`
pub(crate) fn is_explicit_drop(call: &Call) -> bool {
    matches!(call.callee.target, Target::External(path) if path.as_str() == "std::mem::drop")
}

/// Whether a function finishes the writer that is lent to it as that argument: `copy(&mut from, &mut to)`, a helper.
pub(crate) fn is_finished_by(
    cx: &BodyContext<'_>,
    resource: &Resource,
    call: &Call,
    argument: usize,
) -> bool {
    match &call.callee.target {
        Target::External(path) => {
            !is_explicit_drop(call) && cx.catalogue().facts(*path).is_some_and(|f| f.releases)
        }
        Target::Def(def) => finishes(cx, resource, *def, argument, &mut Vec::new()),
        // Whichever implementation is meant: each must.
        Target::AnyOf(defs) => {
            !defs.is_empty() && defs.iter().all(|d| finishes(cx, resource, *d, argument, &mut Vec::new()))
        }
        _ => false,
    }
}

/// `asked` are the functions that called each other to get here: one that calls itself is as good as its other calls.
fn finishes(
    cx: &BodyContext<'_>,
    resource: &Resource,
    def: DefId,
    argument: usize,
    asked: &mut Vec<DefId>,
) -> bool {
    if asked.contains(&def) {
        return true;
    }
    if asked.len() > FAR_ENOUGH as usize {
        return false;
    }
    asked.push(def);
    let found = match cx.analysis.body_of(def) {
        Some(body) => finishes_in(cx, resource, body, argument, asked),
        // A trait's method without a body: what implementations do is their own.
        None => implementations_finish(cx, resource, def, argument, asked),
    };
    asked.pop();
    found
}

fn implementations_finish(
    cx: &BodyContext<'_>,
    resource: &Resource,
    def: DefId,
    argument: usize,
    asked: &mut Vec<DefId>,
) -> bool {
    let item = cx.program().item(def);
    if item.parent.is_none() {
        return false;
    }
    let all = cx.program().methods_by_name.get(&item.name);
    let mut others = all.into_iter().flatten().filter(|d| cx.analysis.body_of(**d).is_some()).peekable();
    others.peek().is_some() && others.all(|d| finishes(cx, resource, *d, argument, asked))
}

fn finishes_in(
    cx: &BodyContext<'_>,
    resource: &Resource,
    body: &AnalyzedBody,
    argument: usize,
    asked: &mut Vec<DefId>,
) -> bool {
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
                        || match &call.callee.target {
                            Target::External(path) => cx.catalogue().facts(*path).is_some_and(|f| f.releases),
                            Target::Def(next) => finishes(cx, resource, *next, at, asked),
                            Target::AnyOf(all) => {
                                !all.is_empty() && all.iter().all(|d| finishes(cx, resource, *d, at, asked))
                            }
                            _ => false,
                        })
            })
        })
    })
}

/// Whether a function writes to the writer that it takes by value as that argument, and drops it unfinished. Only for
/// what it takes as any writer at all: a parameter of the writer's own type is its own business.
pub(crate) fn is_abandoned_by(
    cx: &BodyContext<'_>,
    resource: &Resource,
    call: &Call,
    argument: usize,
) -> bool {
    let Target::Def(def) = call.callee.target else { return false };
    let Some(body) = cx.analysis.body_of(def) else { return false };
    let mir = &body.flow.root;
    let Some(param) = mir.params.get(argument).copied() else { return false };
    let is_any = matches!(mir.var(param).ty, Ty::Param(..) | Ty::Impl(_));
    let is_moved = mir.statements().any(|(_, statement)| statement.kind.moves(param));
    is_any && !is_moved && is_written_by(cx, call, argument) && !is_finished_by(cx, resource, call, argument)
}

/// Whether a call, by its name, writes to the writer that it is given as that argument. A method that puts something into
/// its receiver reads from what else it is given: `store.put(name, &mut file)`.
pub(crate) fn is_writing(cx: &BodyContext<'_>, call: &Call, argument: usize) -> bool {
    !matches!(
        call.name.as_str(),
        "unwrap" | "expect" | "by_ref" | "get_ref" | "with_context" | "context" | "map_err"
    ) && cx.catalogue().writes_by_name(call.name, call.is_method && argument > 0)
}

/// Whether a function of the program writes to the writer that is lent to it as that argument.
pub(crate) fn is_written_by(cx: &BodyContext<'_>, call: &Call, argument: usize) -> bool {
    matches!(call.callee.target, Target::Def(def) if writes(cx, def, argument, FAR_ENOUGH))
}

fn writes(cx: &BodyContext<'_>, def: DefId, argument: usize, depth: u32) -> bool {
    let Some(body) = cx.analysis.body_of(def) else { return false };
    body.flow.all().any(|mir| {
        let ids = Identities::new(cx.analysis.flow_context(body), mir, cx.analysis);
        let is_it = |o: &Operand| {
            ids.operand(o).is_some_and(|i| {
                i.path.is_empty() && names_parameter(cx.analysis.hir(body), mir, i.root, argument)
            })
        };
        mir.statements().any(|(_, statement)| match &statement.kind {
            StatementKind::Call(call) => call.args.iter().enumerate().any(|(at, o)| {
                let further = || match call.callee.target {
                    Target::Def(next) => depth > 0 && writes(cx, next, at, depth - 1),
                    _ => false,
                };
                is_it(o) && (is_writing(cx, call, at) || further())
            }),
            StatementKind::Macro { args, .. } => args.first().is_some_and(is_it),
            _ => false,
        })
    })
}
