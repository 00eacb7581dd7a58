//! Macro calls and `select!`.

use smallvec::{SmallVec, smallvec};

use crate::flow::build::Builder;
use crate::flow::build::scopes::ScopeKind;
use crate::flow::mir::{
    AwaitKind, BlockId, BranchKind, Operand, Place, ReturnKind, Rvalue, StatementKind, Terminator, VarKind,
};
use crate::syntax::hir::{ExprId, ExprKind, MacroCall, MacroKind, Select};

impl Builder<'_, '_> {
    pub(super) fn macro_into(&mut self, dest: Place, e: ExprId, call: &MacroCall) {
        let span = self.span(e);
        match call.kind {
            MacroKind::Assert if is_plain_assert(call) => {
                // `if !condition { panic!(message) }`: the condition's temporaries are gone before the message
                // is made.
                if let Some((condition, message)) = call.args.split_first() {
                    self.in_scope(ScopeKind::Condition, span, |b| {
                        let args = vec![b.borrow(*condition, false)];
                        b.push(StatementKind::Macro { expr: e, args, dest: dest.clone() }, span, Some(e));
                    });
                    if let Some((place, true)) = self.emptiness(*condition) {
                        self.vacant(&place, span);
                    }
                    self.in_scope(ScopeKind::Statement, span, |b| {
                        let args = message.iter().map(|a| b.borrow(*a, false)).collect();
                        b.push(StatementKind::Macro { expr: e, args, dest }, span, Some(e));
                    });
                }
            }
            MacroKind::Format | MacroKind::Print | MacroKind::Log | MacroKind::Assert | MacroKind::Span => {
                // They expand to blocks or matches of their own: what their arguments make ends with them.
                self.in_scope(ScopeKind::Statement, span, |b| {
                    let args = call.args.iter().map(|a| b.borrow(*a, false)).collect();
                    b.push(StatementKind::Macro { expr: e, args, dest }, span, Some(e));
                });
            }
            MacroKind::Write => {
                let args = call.args.iter().enumerate().map(|(i, a)| self.borrow(*a, i == 0)).collect();
                self.push(StatementKind::Macro { expr: e, args, dest }, span, Some(e));
            }
            MacroKind::Ensure => {
                let args: Vec<_> = call.args.iter().map(|a| self.borrow(*a, false)).collect();
                self.push(StatementKind::Macro { expr: e, args, dest }, span, Some(e));
                let (goes_on, fails) = (self.new_block(), self.new_block());
                let targets = smallvec![goes_on, fails];
                self.terminate(Terminator::Branch { on: e, targets, kind: BranchKind::Question });
                self.switch_to(fails);
                self.mir.blocks[fails.index()].on_failure = true;
                self.leave_scopes(0, span);
                self.terminate(Terminator::Return { kind: ReturnKind::Failure, span });
                self.switch_to(goes_on);
            }
            MacroKind::Panic => {
                let args = call.args.iter().map(|a| self.borrow(*a, false)).collect();
                self.push(StatementKind::Macro { expr: e, args, dest }, span, Some(e));
                self.terminate(Terminator::Diverge { span });
            }
            MacroKind::Bail => {
                let args = call.args.iter().map(|a| self.borrow(*a, false)).collect();
                self.push(StatementKind::Macro { expr: e, args, dest }, span, Some(e));
                self.leave_scopes(0, span);
                self.terminate(Terminator::Return { kind: ReturnKind::Failure, span });
            }
            MacroKind::Vec => match call.args.first() {
                Some(list) => self.expr_into(dest, *list),
                None => self.assign(dest, Rvalue::Opaque, e),
            },
            MacroKind::Join | MacroKind::TryJoin => {
                let operands = call.args.iter().map(|a| self.operand(*a)).collect();
                self.push(StatementKind::Await { dest, operands, kind: AwaitKind::Join }, span, Some(e));
            }
            MacroKind::Pin => {
                let Some(arg) = call.args.first().copied() else {
                    return self.assign(dest, Rvalue::Opaque, e);
                };
                let by_std = self.flows.cx.types.macros.get(&e).is_some_and(|path| path.starts_with("std::"));
                let place = match (&self.flows.cx.body.expr(arg).kind, self.innermost_block()) {
                    // `tokio::pin!(work);` gives the variable back under its name.
                    (ExprKind::Local(_), _) if !by_std => self.place(arg),
                    (_, Some(depth)) => self.extended_temp(arg, depth),
                    (_, None) => self.temp(arg),
                };
                self.assign(dest, Rvalue::Ref(true, place), e);
            }
            MacroKind::Defer => {
                let Some(arg) = call.args.first().copied() else { return };
                let var = self.new_var(VarKind::Temp(arg), self.ty(arg).clone(), span);
                self.expr_into(Place::whole(var), arg);
                self.schedule(var);
            }
            MacroKind::Constant => self.assign(dest, Rvalue::Opaque, e),
            MacroKind::Unknown => {
                let args: Vec<_> = call
                    .args
                    .iter()
                    .map(|a| match &self.flows.cx.body.expr(*a).kind {
                        // A bare name may be moved, borrowed or assigned: the most is assumed.
                        ExprKind::Local(_) => self.operand(*a),
                        // It may put each argument into a statement of its own, so temporaries are not said to
                        // live any longer.
                        _ => self.in_scope(ScopeKind::Statement, span, |b| b.borrow(*a, true)),
                    })
                    .collect();
                self.push(StatementKind::Macro { expr: e, args, dest }, span, Some(e));
            }
        }
    }

    /// `select!`: all futures are made, one wins, the others are dropped, its handler runs.
    pub(super) fn select_into(&mut self, dest: Place, e: ExprId, select: &Select) {
        let span = self.span(e);
        self.push_scope(ScopeKind::Statement, span);
        let mut futures: Vec<Operand> = Vec::new();
        let mut channels = Vec::new();
        for branch in &select.branches {
            if let Some(condition) = branch.condition {
                self.borrow(condition, false);
            }
            let operand = self.operand(branch.future);
            if branch.is_channel_operation { channels.push(operand) } else { futures.push(operand) }
        }
        let unit = Place::whole(self.new_var(VarKind::Temp(e), crate::types::ty::Ty::unit(), span));
        if channels.is_empty() {
            self.push(
                StatementKind::Await { dest: unit, operands: futures, kind: AwaitKind::Select },
                span,
                Some(e),
            );
        } else {
            self.push(StatementKind::Macro { expr: e, args: channels, dest: unit }, span, Some(e));
        }
        self.pop_scope();
        let join = self.new_block();
        let count = select.branches.len() + usize::from(select.otherwise.is_some());
        let starts: SmallVec<[BlockId; 2]> = (0..count).map(|_| self.new_block()).collect();
        let targets = if starts.is_empty() { smallvec![join] } else { starts.clone() };
        self.terminate(Terminator::Branch { on: e, targets, kind: BranchKind::Select });
        for (branch, start) in select.branches.iter().zip(&starts) {
            self.switch_to(*start);
            self.push_scope(ScopeKind::Block, branch.span);
            let out = self.new_var(VarKind::Temp(branch.future), crate::types::ty::Ty::Unknown, branch.span);
            self.schedule(out);
            self.assign(Place::whole(out), Rvalue::Opaque, branch.future);
            self.bind(branch.pat, &Place::whole(out), Some(branch.future), false);
            self.branch_into(dest.clone(), branch.handler);
            self.pop_scope();
            self.goto(join);
        }
        if let (Some(otherwise), Some(start)) = (select.otherwise, starts.last()) {
            self.switch_to(*start);
            self.branch_into(dest, otherwise);
            self.goto(join);
        }
        self.switch_to(join);
    }
}

/// `assert!` and `debug_assert!`, whose first argument is a condition.
fn is_plain_assert(call: &MacroCall) -> bool {
    call.path.last().is_some_and(|n| matches!(n.as_str(), "assert" | "debug_assert"))
}
