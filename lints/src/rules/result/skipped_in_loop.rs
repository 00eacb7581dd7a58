//! Loops over `Result`s that go on with the next one after an error, and cannot end there.

use std::collections::BTreeSet;

use linger_analysis::flow::mir::{
    BlockId, BranchKind, LoopId, LoopInfo, Statement, StatementKind, Terminator, Var, VarKind,
};
use linger_analysis::span::Span;
use linger_analysis::syntax::hir::{Arm, ExprId, ExprKind, LocalId, MacroKind, PatId, PatKind, UnaryOp};
use linger_analysis::types::infer::Target;

use crate::context::{BodyContext, FlowView};
use crate::rules::result::receives::pattern_of;

/// A loop that goes on after an error.
pub(super) struct SkippedInLoop {
    /// The variables that the iterator is in.
    pub iterators: Vec<Var>,
    /// Where it is asked whether there was an error.
    pub at: Span,
}

/// All such loops of a flow.
pub(super) fn skipped_in_loops(cx: &BodyContext<'_>, view: &FlowView<'_>) -> Vec<SkippedInLoop> {
    let loops = view.mir.loops.iter().enumerate();
    loops
        .filter_map(|(number, info)| {
            let (iterable, item) = head(cx, info)?;
            let at = skipped(cx, view, LoopId(u32::try_from(number).ok()?), info, item)?;
            Some(SkippedInLoop { iterators: variables(cx, view, iterable), at })
        })
        .collect()
}

/// `for item in iterable`, `while let Some(item) = iterable.next()`, where the item is a `Result`.
fn head(cx: &BodyContext<'_>, info: &LoopInfo) -> Option<(ExprId, LocalId)> {
    let body = cx.hir();
    match &body.expr(info.expr).kind {
        ExprKind::For { pat, iterable, is_await: false, .. } => Some((*iterable, result_in(cx, *pat)?)),
        ExprKind::While { condition, .. } => {
            let ExprKind::Let { pat, scrutinee } = &body.expr(*condition).kind else { return None };
            let PatKind::TupleStruct { args, .. } = &body.pat(*pat).kind else { return None };
            match &body.expr(*scrutinee).kind {
                ExprKind::MethodCall { receiver, method, .. } if method == "next" => {
                    Some((*receiver, result_in(cx, *args.first()?)?))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// The variable of a pattern that is a `Result`.
fn result_in(cx: &BodyContext<'_>, pat: PatId) -> Option<LocalId> {
    match &cx.hir().pat(pat).kind {
        PatKind::Binding { local, sub: None } => {
            cx.types().local(*local).as_result().is_some().then_some(*local)
        }
        PatKind::Tuple(parts) => parts.iter().find_map(|p| result_in(cx, *p)),
        _ => None,
    }
}

/// The variables that hold what an expression gives.
fn variables(cx: &BodyContext<'_>, view: &FlowView<'_>, e: ExprId) -> Vec<Var> {
    let body = cx.hir();
    let mut place = e;
    while let ExprKind::AddressOf { operand, .. } = body.expr(place).kind {
        place = operand;
    }
    let is_it = |kind: VarKind| match (kind, &body.expr(place).kind) {
        (VarKind::User(local), ExprKind::Local(named)) => local == *named,
        (VarKind::Temp(made), _) => made == place || made == e,
        _ => false,
    };
    let vars = view.mir.vars.iter().enumerate();
    vars.filter(|(_, var)| is_it(var.kind)).map(|(number, _)| Var(number as u32)).collect()
}

/// Where the loop finds out that an item is an error, when every way from there, and every way that does not ask, leads
/// to the next item.
fn skipped(
    cx: &BodyContext<'_>,
    view: &FlowView<'_>,
    turning: LoopId,
    info: &LoopInfo,
    item: LocalId,
) -> Option<Span> {
    let mir = view.mir;
    let mut seen = BTreeSet::new();
    let mut found = BTreeSet::new();
    let mut work = vec![(first_block(cx, view, info)?, false)];
    while let Some((block, is_error)) = work.pop() {
        if block == info.header {
            // Nobody asked: the item may have been unwrapped, or given to somebody else.
            if !is_error {
                return None;
            }
            continue;
        }
        if !seen.insert((block, is_error)) {
            continue;
        }
        let data = mir.blocks.get(block.index())?;
        let leaves = !mir.block_in_loop(block, turning) || data.terminator.successors().is_empty();
        if leaves || data.statements.iter().any(|s| may_end_or_wait(cx, s)) {
            return None;
        }
        match asked(cx, &data.terminator, item) {
            Some((at, targets)) => {
                found.insert((at.lo, at.hi));
                work.extend(targets.into_iter().map(|target| (target, true)));
            }
            None => work.extend(data.terminator.successors().iter().map(|next| (*next, is_error))),
        }
    }
    found.first().map(|(lo, hi)| Span::new(*lo, *hi))
}

/// The block that a turn starts with when there is another item.
fn first_block(cx: &BodyContext<'_>, view: &FlowView<'_>, info: &LoopInfo) -> Option<BlockId> {
    let decides = match cx.hir().expr(info.expr).kind {
        ExprKind::While { condition, .. } => (condition, BranchKind::Let),
        _ => (info.expr, BranchKind::Next),
    };
    view.mir.blocks.iter().find_map(|block| match &block.terminator {
        Terminator::Branch { on, targets, kind } if (*on, *kind) == decides => targets.first().copied(),
        _ => None,
    })
}

/// Whether a statement may end the loop by a panic or an exit, or waits, so that the loop is meant to ask again.
fn may_end_or_wait(cx: &BodyContext<'_>, statement: &Statement) -> bool {
    match &statement.kind {
        StatementKind::Await { .. } => true,
        StatementKind::Macro { expr, .. } => matches!(&cx.hir().expr(*expr).kind, ExprKind::Macro(call)
            if matches!(call.kind, MacroKind::Assert | MacroKind::Ensure | MacroKind::Unknown)),
        StatementKind::Call(call) => match &call.callee.target {
            Target::External(path) => {
                matches!(call.name.as_str(), "unwrap" | "expect")
                    || cx.catalogue().facts(*path).is_some_and(|f| f.waits || f.blocks || f.ends_process)
            }
            Target::Def(def) => cx.analysis.summary(*def).is_some_and(|s| s.never_returns),
            _ => false,
        },
        _ => false,
    }
}

/// Where a branch asks whether the item is an error, and where control goes when it is one.
fn asked(cx: &BodyContext<'_>, terminator: &Terminator, item: LocalId) -> Option<(Span, Vec<BlockId>)> {
    let Terminator::Branch { on, targets, kind } = terminator else { return None };
    let body = cx.hir();
    let span = body.expr(*on).span;
    let target = |at: usize| targets.get(at).copied();
    match (kind, &body.expr(*on).kind) {
        (BranchKind::Let, ExprKind::Let { pat, scrutinee }) if is_item(cx, *scrutinee, item) => {
            let ways = taken(cx, *pat).ways().iter().filter_map(|at| target(*at)).collect();
            Some((span, ways))
        }
        (BranchKind::Let, _) if is_item(cx, *on, item) => {
            let pat = pattern_of(cx, *on)?;
            let ways = taken(cx, pat).ways().iter().filter_map(|at| target(*at)).collect();
            Some((Span::new(body.pat(pat).span.lo, span.hi), ways))
        }
        (BranchKind::Match, ExprKind::Match { scrutinee, arms }) if is_item(cx, *scrutinee, item) => {
            let ways = arms_of_error(cx, arms).into_iter().filter_map(target).collect();
            Some((body.expr(*scrutinee).span, ways))
        }
        (BranchKind::Question, _) if is_item(cx, *on, item) => Some((span, target(1).into_iter().collect())),
        (BranchKind::If, _) => {
            let fails = asks_for_error(cx, *on, item)?;
            Some((span, target(usize::from(!fails)).into_iter().collect()))
        }
        _ => None,
    }
}

/// The item, or what has an error where the item is one: `&line`, `line.ok()`, `line.map(…)`.
fn is_item(cx: &BodyContext<'_>, e: ExprId, item: LocalId) -> bool {
    match &cx.hir().expr(e).kind {
        ExprKind::Local(local) => *local == item,
        ExprKind::AddressOf { operand, .. } => is_item(cx, *operand, item),
        ExprKind::MethodCall { receiver, method, .. } => {
            matches!(method.as_str(), "as_ref" | "as_deref" | "ok" | "map" | "map_err" | "inspect_err")
                && is_item(cx, *receiver, item)
        }
        _ => false,
    }
}

/// `line.is_err()`: yes; `line.is_ok()`: no.
fn asks_for_error(cx: &BodyContext<'_>, e: ExprId, item: LocalId) -> Option<bool> {
    match &cx.hir().expr(e).kind {
        ExprKind::Unary { op: UnaryOp::Not, operand } => asks_for_error(cx, *operand, item).map(|yes| !yes),
        ExprKind::MethodCall { receiver, method, .. } if is_item(cx, *receiver, item) => {
            match method.as_str() {
                "is_err" | "is_none" => Some(true),
                "is_ok" | "is_some" => Some(false),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether a pattern takes errors.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taken {
    All,
    Some,
    None,
}

impl Taken {
    /// Where an error goes: to what matches, or past it.
    const fn ways(self) -> &'static [usize] {
        match self {
            Self::All => &[0],
            Self::Some => &[0, 1],
            Self::None => &[1],
        }
    }
}

fn taken(cx: &BodyContext<'_>, pat: PatId) -> Taken {
    let body = cx.hir();
    match &body.pat(pat).kind {
        PatKind::Wild | PatKind::Binding { sub: None, .. } => Taken::All,
        PatKind::Binding { sub: Some(inner), .. }
        | PatKind::Ref(inner)
        | PatKind::Typed { pat: inner, .. } => taken(cx, *inner),
        PatKind::TupleStruct { path, args } => match path.last().map(|name| name.as_str()) {
            Some("Ok" | "Some") => Taken::None,
            Some("Err") => {
                let any = |kind: &PatKind| {
                    matches!(kind, PatKind::Wild | PatKind::Rest | PatKind::Binding { sub: None, .. })
                };
                if args.iter().all(|arg| any(&body.pat(*arg).kind)) { Taken::All } else { Taken::Some }
            }
            _ => Taken::Some,
        },
        PatKind::Path(path) if path.last().is_some_and(|name| name == "None") => Taken::All,
        PatKind::Or(all) => {
            let mut each = all.iter().map(|p| taken(cx, *p));
            if each.clone().any(|t| t == Taken::All) {
                Taken::All
            } else if each.all(|t| t == Taken::None) {
                Taken::None
            } else {
                Taken::Some
            }
        }
        _ => Taken::Some,
    }
}

/// The arms that an error may end up in.
fn arms_of_error(cx: &BodyContext<'_>, arms: &[Arm]) -> Vec<usize> {
    let mut found = Vec::new();
    for (number, arm) in arms.iter().enumerate() {
        let taken = taken(cx, arm.pat);
        if taken != Taken::None {
            found.push(number);
        }
        if taken == Taken::All && arm.guard.is_none() {
            break;
        }
    }
    found
}
