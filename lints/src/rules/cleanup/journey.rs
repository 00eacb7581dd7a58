//! Where a plain value goes: a descriptor, a raw pointer, a leaked reference, the path of a directory.
//!
//! Such a value has no Drop and may be copied, so it is followed by its uses, without regard to their order.

use linger_analysis::facts::AnalyzedBody;
use linger_analysis::flow::mir::{Call, Mir, Operand, Point, Rvalue, StatementKind, Var};
use linger_analysis::flow::tokens::path;
use linger_analysis::names::DefId;
use linger_analysis::symbol::Symbol;
use linger_analysis::types::infer::Target;
use linger_analysis::types::ty::Ty;

use crate::context::BodyContext;

/// A use of the value.
pub(super) enum Stop<'v> {
    /// It is returned.
    Returned,
    /// It is stored in something that is not a local of its own.
    Stored,
    /// It becomes part of a struct.
    Built(Symbol),
    /// A closure takes it along.
    Captured,
    /// It is given to a call as this argument.
    Called { point: Point, call: &'v Call, argument: usize },
    /// It is given to a macro that is not understood.
    Macro,
}

/// All uses of the value that `start` holds, and of its copies.
pub(super) fn follow<'v>(cx: &BodyContext<'_>, mir: &'v Mir, start: Var) -> (Vec<Var>, Vec<Stop<'v>>) {
    let mut vars = vec![start];
    loop {
        let before = vars.len();
        for (_, statement) in mir.statements() {
            let next = match &statement.kind {
                StatementKind::Assign { dest, value } if dest.projections.is_empty() => {
                    let passes = match value {
                        Rvalue::Use(o) => holds(&vars, o),
                        Rvalue::Ref(_, place) => vars.contains(&place.var),
                        Rvalue::Aggregate { path, parts } => {
                            path.is_none_or(|p| p.starts_with("std::"))
                                && parts.iter().any(|(_, o)| holds(&vars, o))
                        }
                        _ => false,
                    };
                    passes.then_some(dest.var)
                }
                StatementKind::Call(call) if is_transparent(cx, call) => {
                    call.args.iter().take(1).any(|a| holds(&vars, a)).then_some(call.dest.var)
                }
                StatementKind::Await { dest, operands, .. } => {
                    operands.iter().any(|o| holds(&vars, o)).then_some(dest.var)
                }
                _ => None,
            };
            if let Some(var) = next
                && !vars.contains(&var)
            {
                vars.push(var);
            }
        }
        if vars.len() == before {
            break;
        }
    }
    let stops = stops(cx, mir, &vars);
    (vars, stops)
}

/// Whether an operand is the value, or a part of it; the error of a call that failed is not.
fn holds(vars: &[Var], operand: &Operand) -> bool {
    operand.place().is_some_and(|p| vars.contains(&p.var) && !p.is_of_error())
}

/// Adaptors, and views of the same thing (`leaked.as_bytes()`).
pub(super) fn is_transparent(cx: &BodyContext<'_>, call: &Call) -> bool {
    let Target::External(path) = &call.callee.target else {
        return matches!(&call.callee.target, Target::Constructor(path) if path.starts_with("std::"));
    };
    cx.catalogue().facts(*path).is_some_and(|f| f.transparent || f.same_object)
        || path.starts_with("pointer::")
        || path.starts_with("std::ptr::NonNull::")
        || (path.starts_with("std::")
            && (call.name.starts_with("as_")
                || call.name.starts_with("from_bytes_with_nul")
                || call.name == "into"))
}

fn stops<'v>(cx: &BodyContext<'_>, mir: &'v Mir, vars: &[Var]) -> Vec<Stop<'v>> {
    let mut out = Vec::new();
    if vars.contains(&mir.return_var) {
        out.push(Stop::Returned);
    }
    for (point, statement) in mir.statements() {
        match &statement.kind {
            StatementKind::Assign { dest, value } => match value {
                Rvalue::Use(o) if holds(vars, o) && !dest.projections.is_empty() => out.push(Stop::Stored),
                Rvalue::Aggregate { path: Some(path), parts }
                    if !path.starts_with("std::") && parts.iter().any(|(_, o)| holds(vars, o)) =>
                {
                    out.push(Stop::Built(*path));
                }
                Rvalue::Closure { captures, .. } if captures.iter().any(|c| vars.contains(&c.var)) => {
                    out.push(Stop::Captured);
                }
                _ => {}
            },
            StatementKind::Call(call) if !is_transparent(cx, call) => {
                for (argument, _) in call.args.iter().enumerate().filter(|(_, a)| holds(vars, a)) {
                    out.push(Stop::Called { point, call, argument });
                }
            }
            StatementKind::Macro { args, .. } if args.iter().any(|a| is_given(vars, a)) => {
                out.push(Stop::Macro);
            }
            _ => {}
        }
    }
    out
}

fn is_given(vars: &[Var], operand: &Operand) -> bool {
    holds(vars, operand) && !matches!(operand, Operand::Borrow(..))
}

/// What somebody does with a plain value that is handed to him.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Care {
    /// Uses it and forgets it: the duty to release stays.
    Lends,
    /// Nobody knows.
    Unknown,
    /// Keeps it, wraps it, gives it back, or releases it.
    Takes,
}

/// Calls of the program that are still followed.
const DEEPEST: u32 = 3;

/// What a call does with an argument.
pub(super) fn care_of_call(cx: &BodyContext<'_>, call: &Call, argument: usize) -> Care {
    care(cx, call, argument, 0)
}

/// Names of functions that keep what they are given.
const KEEPERS: &[&str] = &[
    "from",
    "into",
    "new",
    "wrap",
    "own",
    "take",
    "set",
    "store",
    "add",
    "insert",
    "push",
    "extend",
    "send",
    "register",
    "keep",
    "with",
    "spawn",
    "enable",
    "init",
    "install",
    "build",
    "append",
    "enter",
    "cache",
    "intern",
    "compare_exchange",
    "swap",
    "replace",
    "get_or_init",
];

/// Names of functions that release what they are given.
pub(super) const RELEASERS: &[&str] = &[
    "close", "from_raw", "free", "destroy", "unmap", "release", "dealloc", "remove", "unlink", "fdopen",
    "munmap",
];

pub(super) fn says(name: &str, words: &[&str]) -> bool {
    words.iter().any(|w| name == *w || name.starts_with(&format!("{w}_")) || name.contains(&format!("_{w}")))
}

fn care(cx: &BodyContext<'_>, call: &Call, argument: usize, depth: u32) -> Care {
    let name = call.name.as_str();
    match &call.callee.target {
        Target::External(path) => {
            let facts = cx.catalogue().facts(*path);
            if facts.is_some_and(|f| f.releases || f.spawns.is_some()) || says(name, RELEASERS) {
                Care::Takes
            } else if cx.catalogue().is_system_interface(*path) {
                Care::Lends
            } else if says(name, KEEPERS) {
                Care::Takes
            } else if cx.catalogue().function(*path).is_some() {
                Care::Lends
            } else {
                Care::Unknown
            }
        }
        Target::Def(def) => callee(cx, *def, argument, depth),
        Target::Unknown if !says(name, KEEPERS) && !says(name, RELEASERS) => Care::Unknown,
        _ => Care::Takes,
    }
}

fn callee(cx: &BodyContext<'_>, def: DefId, argument: usize, depth: u32) -> Care {
    let body: Option<&AnalyzedBody> = cx.analysis.body_of(def);
    let Some(body) = body.filter(|_| depth < DEEPEST) else { return Care::Unknown };
    let mir = &body.flow.root;
    let Some(param) = mir.params.get(argument) else { return Care::Unknown };
    let (_, stops) = follow(cx, mir, *param);
    stops.iter().map(|s| care_of_stop(cx, s, depth + 1)).max().unwrap_or(Care::Lends)
}

fn care_of_stop(cx: &BodyContext<'_>, stop: &Stop<'_>, depth: u32) -> Care {
    match stop {
        Stop::Called { call, argument, .. } => care(cx, call, *argument, depth),
        Stop::Macro => Care::Unknown,
        _ => Care::Takes,
    }
}

/// What the whole journey comes to; struct literals of types without a Drop are told apart.
pub(super) fn outcome(cx: &BodyContext<'_>, stops: &[Stop<'_>]) -> (Care, Option<Symbol>) {
    let mut bare = None;
    let mut all = Care::Lends;
    for stop in stops {
        match stop {
            Stop::Built(path) if is_bare(cx, *path) => bare = Some(*path),
            other => all = all.max(care_of_stop(cx, other, 0)),
        }
    }
    (all, bare)
}

/// A struct of the program that has no Drop, and no method that releases anything.
fn is_bare(cx: &BodyContext<'_>, path: Symbol) -> bool {
    let Some(info) = cx.program().types.get(&path) else { return false };
    info.drop.is_none()
        && !info.methods.values().flatten().any(|def| {
            cx.analysis
                .body_of(*def)
                .is_some_and(|b| b.flow.all().any(|m| m.calls().any(|(_, _, c)| says(&c.name, RELEASERS))))
        })
}

/// Whether a value is used as only a plain number can be: handed over again and again, or where a number is
/// wanted. Tables know one version of a crate; an older one gave numbers where the new one gives owners.
pub(super) fn is_used_as_number(cx: &BodyContext<'_>, mir: &Mir, vars: &[Var], stops: &[Stop<'_>]) -> bool {
    let given = |stop: &Stop<'_>| match stop {
        Stop::Called { point, call, argument } => match call.args.get(*argument) {
            Some(Operand::Move(place)) if vars.contains(&place.var) => Some((*point, place.var)),
            _ => None,
        },
        _ => None,
    };
    let is_given_behind = |from: Point, var: Var| {
        let mut later = stops.iter().filter_map(given).filter(|(_, v)| *v == var).map(|(p, _)| p);
        later.any(|to| to != from && path(mir, from, &mut |p, _| p == to, &mut |_, _| false).is_some())
    };
    stops.iter().any(|stop| {
        if let Stop::Returned = stop {
            return matches!(mir.var(mir.return_var).ty.good_value(), Some(Ty::Prim(_)));
        }
        let Stop::Called { point, call, argument } = stop else { return false };
        let Some((_, var)) = given(stop) else { return false };
        let turns = mir.blocks[point.block.index()].in_loop;
        let again = turns.is_some() && mir.var(var).in_loop != turns || is_given_behind(*point, var);
        let wanted = match &call.callee.target {
            // What C takes has no owner.
            Target::External(path) => path.starts_with("libc::"),
            Target::Def(def) => cx
                .program()
                .def(*def)
                .signature
                .as_ref()
                .and_then(|s| s.params.get(*argument))
                .is_some_and(|t| matches!(t, Ty::Prim(_))),
            _ => false,
        };
        again || wanted
    })
}
