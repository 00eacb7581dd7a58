//! Whether the errors that a piece of code ends with are told to somebody before they leave it.

use std::cell::RefCell;
use std::collections::HashMap;

use linger_analysis::catalogue::{Catalogue, Class, IfIgnored};
use linger_analysis::facts::AnalyzedBody;
use linger_analysis::names::DefId;
use linger_analysis::symbol::{Symbol, sym};
use linger_analysis::syntax::hir::{
    Block, Body, ClosureId, ExprId, ExprKind, LocalId, MacroKind, Stmt, StmtKind,
};
use linger_analysis::types::infer::Target;

use crate::context::BodyContext;
use crate::rules::result::thrown_away::let_init;
use crate::rules::shapes::is_variant;

/// How many calls deep the errors are followed.
const FAR_ENOUGH: u32 = 3;

/// Whether a closure or async block may end in an error that nobody was told of. That of its last call may be one that
/// says nothing: `async move { tx.send(answer) }`.
pub(super) fn closure_may_lose(cx: &BodyContext<'_>, closure: ClosureId) -> bool {
    let code = Code { cx, analyzed: cx.body, hir: cx.hir(), known: RefCell::default() };
    let root = code.hir.closure(closure).body;
    code.leaves_with_error(root, FAR_ENOUGH)
        || !ends_in_benign_call(cx, cx.body, root, true) && code.value(root, FAR_ENOUGH)
}

/// The same of a function, whichever of its `#[cfg]` alternatives it is; one whose code is not known may.
pub(super) fn function_may_lose(cx: &BodyContext<'_>, def: DefId) -> bool {
    let program = cx.program();
    let alternatives = cx.analysis.bodies_of(program.def(def).file).iter().filter_map(|body| body.def);
    let mut others = alternatives.filter(|other| {
        *other != def
            && program.item(def).attributes.is_conditional
            && program.path_of(*other) == program.path_of(def)
    });
    in_function(cx, def, FAR_ENOUGH) || others.any(|other| in_function(cx, other, FAR_ENOUGH))
}

fn in_function(cx: &BodyContext<'_>, def: DefId, depth: u32) -> bool {
    if cx.program().item(def).attributes.reports_errors {
        return false;
    }
    let Some(analyzed) = cx.analysis.body_of(def).filter(|_| depth > 0) else { return true };
    let code = Code { cx, analyzed, hir: cx.analysis.hir(analyzed), known: RefCell::default() };
    code.may_lose(code.hir.root, depth - 1)
}

/// A body in which errors arise.
struct Code<'c, 'a> {
    cx: &'c BodyContext<'a>,
    analyzed: &'c AnalyzedBody,
    hir: &'c Body,
    /// What was found of variables: each may be named many times.
    known: RefCell<HashMap<LocalId, bool>>,
}

impl Code<'_, '_> {
    /// Whether code with ways out of its own loses an error on one of them.
    fn may_lose(&self, root: ExprId, depth: u32) -> bool {
        self.value(root, depth) || self.leaves_with_error(root, depth)
    }

    /// The same of the ways out before its end.
    fn leaves_with_error(&self, root: ExprId, depth: u32) -> bool {
        let mut lost = false;
        self.hir.walk(root, &mut |e| {
            lost = lost
                || match &self.hir.expr(e).kind {
                    ExprKind::Try { operand } => self.value(*operand, depth),
                    ExprKind::Return(Some(value)) => {
                        self.value(*value, depth)
                            && !(makes_error(self.hir, *value) && self.is_logged_before(e))
                    }
                    ExprKind::Macro(call) => {
                        matches!(call.kind, MacroKind::Bail | MacroKind::Ensure | MacroKind::TryJoin)
                            && !self.is_logged_before(e)
                    }
                    _ => false,
                };
            // What a closure ends with is its caller's.
            !lost && !matches!(self.hir.expr(e).kind, ExprKind::Closure(_))
        });
        lost
    }

    /// Whether a value may be an error that nobody was told of.
    fn value(&self, e: ExprId, depth: u32) -> bool {
        let hir = self.hir;
        match &hir.expr(e).kind {
            ExprKind::Block(block) => block.tail.is_some_and(|tail| {
                let told = match hir.expr(tail).kind {
                    ExprKind::Local(local) => asks_for_error(hir, block, local),
                    _ => makes_error(hir, tail) && logs(hir, block, tail),
                };
                !told && self.value(tail, depth)
            }),
            ExprKind::If { then_branch, else_branch, .. } => {
                self.value(*then_branch, depth) || else_branch.is_some_and(|e| self.value(e, depth))
            }
            ExprKind::Match { scrutinee, .. } if self.is_told_when_kept(*scrutinee) => false,
            ExprKind::Match { arms, .. } => arms.iter().any(|arm| self.value(arm.body, depth)),
            ExprKind::Loop { body, .. } => hir.any(*body, &mut |inner| {
                matches!(hir.expr(inner).kind, ExprKind::Break { value: Some(value), .. } if self.value(value, depth))
            }),
            ExprKind::Await { operand } | ExprKind::Try { operand } => self.value(*operand, depth),
            ExprKind::Local(local) => {
                if let Some(known) = self.known.borrow().get(local) {
                    return *known;
                }
                let lost = let_init(hir, *local).is_none_or(|init| self.value(init, depth));
                self.known.borrow_mut().insert(*local, lost);
                lost
            }
            ExprKind::Closure(id) => self.may_lose(hir.closure(*id).body, depth),
            ExprKind::Macro(call) => call.kind != MacroKind::Panic,
            // `return` and what leaves in another way are seen where they stand.
            ExprKind::Return(_) | ExprKind::Break { .. } | ExprKind::Continue { .. } => false,
            ExprKind::Call { callee, args } => {
                let is_ok = matches!(&hir.expr(*callee).kind, ExprKind::Path(p) if p.last().is_some_and(|n| n == "Ok"));
                !is_ok && !args.iter().any(|arg| self.is_pinned(*callee, *arg, depth)) && self.call(e, depth)
            }
            ExprKind::MethodCall { method, receiver, args, .. } => match method.as_str() {
                "inspect_err" => false,
                "map_err" | "or_else" | "ok_or_else" | "unwrap_or_else" if args.iter().any(|arg| self.tells(*arg)) => false,
                "map_err" | "map" | "context" | "with_context" | "inspect" | "instrument"
                | "in_current_span" => self.value(*receiver, depth),
                _ => self.call(e, depth),
            },
            _ => true,
        }
    }

    /// A call of a function of the program that tells of all its errors does not lose them. The error of a send has
    /// nothing to tell but that nobody receives any more, that of a semaphore but that it was closed.
    fn call(&self, e: ExprId, depth: u32) -> bool {
        match self.analyzed.types.callees.get(&e).map(|callee| &callee.target) {
            Some(Target::Def(def)) => in_function(self.cx, *def, depth),
            Some(Target::External(path)) => !only_tells_of_end(self.cx.catalogue(), *path),
            _ => true,
        }
    }

    /// An error that was kept for later where it was told: `if let Err(e) = step { error!("{e}"); first = Some(e); }`.
    fn is_told_when_kept(&self, kept: ExprId) -> bool {
        let hir = self.hir;
        let ExprKind::Local(kept) = hir.expr(kept).kind else { return false };
        let is_told = |keeping: ExprId| {
            let at = hir.expr(keeping).span;
            hir.exprs.iter().any(|e| match &e.kind {
                ExprKind::If { condition, then_branch, .. } => {
                    match (&hir.expr(*condition).kind, &hir.expr(*then_branch).kind) {
                        (ExprKind::Let { pat, .. }, ExprKind::Block(block)) => {
                            is_variant(hir, *pat, &["Err"])
                                && hir.expr(*then_branch).span.contains(at)
                                && logs(hir, block, keeping)
                        }
                        _ => false,
                    }
                }
                _ => false,
            })
        };
        let mut keeps = hir
            .exprs
            .iter()
            .enumerate()
            .filter_map(|(at, e)| match e.kind {
                ExprKind::Assign { place, .. } => {
                    let is_it = matches!(hir.expr(place).kind, ExprKind::Local(local) if local == kept);
                    is_it.then_some(ExprId(at as u32))
                }
                _ => None,
            })
            .peekable();
        keeps.peek().is_some() && keeps.all(is_told)
    }

    /// `Box::pin(async { … })` of what tells of its errors.
    fn is_pinned(&self, callee: ExprId, arg: ExprId, depth: u32) -> bool {
        let is_pin =
            matches!(&self.hir.expr(callee).kind, ExprKind::Path(p) if p.last().is_some_and(|n| n == "pin"));
        is_pin && !self.value(arg, depth)
    }

    /// A closure that logs, or hands something to somebody.
    fn tells(&self, function: ExprId) -> bool {
        let hir = self.hir;
        let ExprKind::Closure(id) = hir.expr(function).kind else { return false };
        hir.any(hir.closure(id).body, &mut |e| match &hir.expr(e).kind {
            ExprKind::Macro(call) => matches!(call.kind, MacroKind::Log | MacroKind::Print),
            ExprKind::MethodCall { method, .. } => method.contains("send"),
            _ => false,
        })
    }

    /// Whether a line of the log stands in the block that ends with a `return`.
    fn is_logged_before(&self, leaving: ExprId) -> bool {
        let hir = self.hir;
        let at = hir.expr(leaving).span;
        hir.exprs.iter().any(|e| match &e.kind {
            ExprKind::Block(block) => {
                let ends = block.tail == Some(leaving)
                    || block.stmts.last().is_some_and(|s| {
                        matches!(s.kind, StmtKind::Expr { expr, .. } if expr == leaving)
                            && block.tail.is_none()
                    });
                ends && e.span.contains(at) && logs(hir, block, leaving)
            }
            _ => false,
        })
    }
}

/// Whether code ends in a call whose error says nothing, or in one of a function that does nothing else.
fn ends_in_benign_call(cx: &BodyContext<'_>, code: &AnalyzedBody, root: ExprId, is_task: bool) -> bool {
    let hir = cx.analysis.hir(code);
    let mut at = root;
    loop {
        at = match &hir.expr(at).kind {
            ExprKind::Block(block) if is_task || block.stmts.is_empty() => match block.tail {
                Some(tail) => tail,
                None => return false,
            },
            ExprKind::Await { operand } => *operand,
            _ => break,
        };
    }
    match code.types.callees.get(&at).map(|callee| &callee.target) {
        Some(Target::Def(def)) => cx
            .analysis
            .body_of(*def)
            .filter(|_| is_task)
            .is_some_and(|inner| ends_in_benign_call(cx, inner, cx.analysis.hir(inner).root, false)),
        Some(target) => cx.facts(target).is_some_and(|f| f.if_ignored == Some(IfIgnored::Benign)),
        None => false,
    }
}

/// A send that fails only when the receiver is gone, a permit that is not given only when nobody gives any more.
fn only_tells_of_end(catalogue: &Catalogue, function: Symbol) -> bool {
    let owner = function.rsplit_once("::").and_then(|(ty, _)| catalogue.resource(sym(ty)));
    let is_sender = owner.is_some_and(|r| r.class == Class::Sender);
    catalogue.facts(function).is_some_and(|f| {
        (is_sender || f.acquires) && f.if_ignored == Some(IfIgnored::Benign) && f.loss.is_none()
    })
}

/// `Err(..)`, written there.
fn makes_error(hir: &Body, e: ExprId) -> bool {
    matches!(&hir.expr(e).kind, ExprKind::Call { callee, .. }
        if matches!(&hir.expr(*callee).kind, ExprKind::Path(p) if p.last().is_some_and(|n| n == "Err")))
}

/// Whether a block tells of the error that it ends with: by a warning or an error of the log in it, or by any line of the
/// log right before.
fn logs(hir: &Body, block: &Block, leaving: ExprId) -> bool {
    let macro_of = |s: &Stmt| match s.kind {
        StmtKind::Expr { expr, .. } => match &hir.expr(expr).kind {
            ExprKind::Macro(call) => Some(call),
            _ => None,
        },
        StmtKind::Let { .. } => None,
    };
    let warns = |s: &Stmt| {
        macro_of(s).is_some_and(|call| {
            call.kind == MacroKind::Print && call.path.last().is_some_and(|n| n.starts_with('e'))
                || call.kind == MacroKind::Log
                    && call.path.last().is_some_and(|n| n == "error" || n == "warn")
        })
    };
    let is_leaving = |s: &&Stmt| matches!(s.kind, StmtKind::Expr { expr, .. } if expr == leaving);
    let before = block.stmts.iter().rev().find(|s| !is_leaving(s));
    block.stmts.iter().any(warns) || before.and_then(macro_of).is_some_and(|call| call.kind == MacroKind::Log)
}

/// `if let Err(error) = &result { … }` in a block that ends with `result`.
fn asks_for_error(hir: &Body, block: &Block, result: LocalId) -> bool {
    let is_it =
        |e: ExprId| hir.any(e, &mut |part| matches!(hir.expr(part).kind, ExprKind::Local(l) if l == result));
    let asks = |e: ExprId| match &hir.expr(e).kind {
        ExprKind::Let { pat, scrutinee } => is_variant(hir, *pat, &["Err"]) && is_it(*scrutinee),
        ExprKind::Match { scrutinee, arms } => {
            is_it(*scrutinee) && arms.iter().any(|arm| is_variant(hir, arm.pat, &["Err"]))
        }
        _ => false,
    };
    block.stmts.iter().any(|s| match s.kind {
        StmtKind::Expr { expr, .. } => hir.any(expr, &mut |e| asks(e)),
        StmtKind::Let { .. } => false,
    })
}
