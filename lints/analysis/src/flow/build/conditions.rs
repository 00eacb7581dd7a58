//! Conditions: lazy operators, `let` chains, and where their temporaries end.

use smallvec::smallvec;

use crate::flow::build::Builder;
use crate::flow::build::scopes::ScopeKind;
use crate::flow::mir::{BlockId, BranchKind, Place, Terminator};
use crate::syntax::hir::{BinaryOp, ExprId, ExprKind, UnaryOp};
use crate::types::ty::Ty;

impl Builder<'_, '_> {
    /// Evaluates a condition: continues in the current block when it holds; when it fails, leaves the scopes
    /// beyond `depth` and goes to `otherwise`.
    pub(super) fn condition(&mut self, e: ExprId, otherwise: BlockId, depth: usize) {
        let body = self.flows.cx.body;
        match &body.expr(e).kind {
            ExprKind::Binary { op: BinaryOp::And, lhs, rhs } => {
                let (lhs, rhs) = (*lhs, *rhs);
                self.condition(lhs, otherwise, depth);
                if self.has_let(lhs) && self.has_let(rhs) {
                    // What a later link of the chain makes ends before what an earlier one has bound.
                    self.push_scope(ScopeKind::Head, self.span(rhs));
                    self.push_scope(ScopeKind::Block, self.span(rhs));
                }
                self.condition(rhs, otherwise, depth);
            }
            ExprKind::Binary { op: BinaryOp::Or, lhs, rhs } => {
                let (lhs, rhs) = (*lhs, *rhs);
                let holds = self.new_block();
                let second = self.new_block();
                self.condition(lhs, second, self.scopes.len());
                self.goto(holds);
                self.switch_to(second);
                self.condition(rhs, otherwise, depth);
                self.goto(holds);
                self.switch_to(holds);
            }
            ExprKind::Unary { op: UnaryOp::Not, operand } if self.is_lazy(*operand) => {
                let operand = *operand;
                let fails = self.new_block();
                self.condition(operand, fails, self.scopes.len());
                self.leave_scopes(depth, self.span(e));
                self.goto(otherwise);
                self.switch_to(fails);
            }
            ExprKind::Let { pat, scrutinee } => {
                let (pat, scrutinee) = (*pat, *scrutinee);
                let place = self.as_scrutinee(|b| b.place(scrutinee));
                let by_reference = matches!(self.ty(scrutinee), Ty::Ref(..))
                    || (self.is_place(scrutinee) && self.ty(scrutinee).is_unknown());
                let matched = self.new_block();
                let failed = self.new_block();
                let targets = smallvec![matched, failed];
                self.terminate(Terminator::Branch { on: e, targets, kind: BranchKind::Let });
                self.switch_to(failed);
                if self.matches_all_full(pat) {
                    self.vacant(&place, self.span(scrutinee));
                }
                self.leave_scopes(depth, self.span(e));
                self.goto(otherwise);
                self.switch_to(matched);
                self.mir.blocks[matched.index()].on_error_arm = self.is_error_pattern(pat);
                self.bind(pat, &place, Some(e), by_reference);
            }
            _ => {
                self.in_scope(ScopeKind::Condition, self.span(e), |b| {
                    // The truth value outlives the condition's temporaries.
                    let var = b.new_var(crate::flow::mir::VarKind::Temp(e), Ty::prim("bool"), b.span(e));
                    b.expr_into(Place::whole(var), e);
                });
                let emptiness = self.emptiness(e);
                let holds = self.new_block();
                let fails = self.new_block();
                self.terminate(Terminator::Branch {
                    on: e,
                    targets: smallvec![holds, fails],
                    kind: BranchKind::If,
                });
                self.switch_to(fails);
                if let Some((place, false)) = &emptiness {
                    self.vacant(place, self.span(e));
                }
                self.leave_scopes(depth, self.span(e));
                self.goto(otherwise);
                self.switch_to(holds);
                if let Some((place, true)) = &emptiness {
                    self.vacant(place, self.span(e));
                }
            }
        }
    }

    /// `x.is_none()`, `x.is_some()` and the like: the variable, and whether it is empty when this holds.
    pub(super) fn emptiness(&mut self, e: ExprId) -> Option<(Place, bool)> {
        let body = self.flows.cx.body;
        let ExprKind::MethodCall { receiver, method, args, .. } = &body.expr(e).kind else { return None };
        let empty_when_true = match method.as_str() {
            "is_none" | "is_err" => true,
            "is_some" | "is_ok" => false,
            _ => return None,
        };
        let is_local = matches!(body.expr(*receiver).kind, ExprKind::Local(_));
        // A guard of an empty `Option` is a guard.
        let ty = self.ty(*receiver).peel_refs();
        let is_own = ty.is_unknown() || ty.good_value().is_some();
        (is_local && is_own && args.is_empty()).then(|| (self.place(*receiver), empty_when_true))
    }

    fn is_lazy(&self, e: ExprId) -> bool {
        matches!(
            self.flows.cx.body.expr(e).kind,
            ExprKind::Binary { op: BinaryOp::And | BinaryOp::Or, .. }
                | ExprKind::Unary { op: UnaryOp::Not, .. }
        )
    }

    /// Whether the condition holds a `let`.
    pub(super) fn has_let(&self, e: ExprId) -> bool {
        match &self.flows.cx.body.expr(e).kind {
            ExprKind::Let { .. } => true,
            ExprKind::Binary { op: BinaryOp::And, lhs, rhs } => self.has_let(*lhs) || self.has_let(*rhs),
            _ => false,
        }
    }

    /// `a && b`, `a || b` as a value.
    pub(super) fn lazy_into(&mut self, dest: Place, e: ExprId, op: BinaryOp, lhs: ExprId, rhs: ExprId) {
        let join = self.new_block();
        let right = self.new_block();
        self.in_scope(ScopeKind::Condition, self.span(lhs), |b| b.expr_into(dest.clone(), lhs));
        let targets = smallvec![right, join];
        let _ = op;
        self.terminate(Terminator::Branch { on: e, targets, kind: BranchKind::Lazy });
        self.switch_to(right);
        self.in_scope(ScopeKind::Condition, self.span(rhs), |b| b.expr_into(dest, rhs));
        self.goto(join);
        self.switch_to(join);
    }
}
