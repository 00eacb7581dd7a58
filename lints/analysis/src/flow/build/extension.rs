//! Temporaries that live as long as the variable they initialise (Reference, "Temporary lifetime extension").

use smallvec::{SmallVec, smallvec};

use crate::flow::build::Builder;
use crate::flow::mir::{Place, Projection};
use crate::syntax::hir::{ExprId, ExprKind, PatId, PatKind, UnaryOp};

impl Builder<'_, '_> {
    /// Finds the extending borrows of an initialiser, whose operands end with the innermost block instead of the
    /// statement: borrows themselves, also inside of tuples, arrays, structs, constructors, casts, tails of blocks,
    /// branches and arms. Tells whether there are any.
    pub(super) fn extend(&mut self, init: ExprId) -> bool {
        match self.innermost_block() {
            Some(depth) => self.extend_to(init, depth),
            None => false,
        }
    }

    fn extend_to(&mut self, e: ExprId, depth: usize) -> bool {
        let body = self.flows.cx.body;
        let parts: SmallVec<[ExprId; 4]> = match &body.expr(e).kind {
            ExprKind::AddressOf { operand, .. } => smallvec![*operand],
            ExprKind::Cast { operand, .. } => smallvec![*operand],
            ExprKind::Tuple(parts) | ExprKind::Array(parts) => parts.iter().copied().collect(),
            ExprKind::Struct { fields, .. } => fields.iter().map(|(_, field)| *field).collect(),
            ExprKind::Call { args, .. } if self.is_constructor(e) => args.iter().copied().collect(),
            ExprKind::Block(block) => block.tail.into_iter().collect(),
            ExprKind::If { then_branch, else_branch: Some(otherwise), .. } => {
                smallvec![*then_branch, *otherwise]
            }
            ExprKind::Match { arms, .. } => arms.iter().map(|arm| arm.body).collect(),
            _ => return false,
        };
        let mut found = false;
        if let ExprKind::AddressOf { operand, .. } = &body.expr(e).kind
            && self.is_value(*operand)
        {
            self.extended.insert(e, depth);
            found = true;
        }
        for part in parts {
            found |= self.extend_to(part, depth);
        }
        found
    }

    /// Whether a borrow of `e` makes a temporary, or goes into one.
    fn is_value(&self, e: ExprId) -> bool {
        match &self.flows.cx.body.expr(e).kind {
            ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => self.is_value(*base),
            ExprKind::Unary { op: UnaryOp::Deref, operand } => self.is_value(*operand),
            _ => !self.is_place(e),
        }
    }

    /// The operand of an extending borrow: its temporary ends with the block at `depth`.
    pub(super) fn extended_place(&mut self, e: ExprId, depth: usize) -> Place {
        let body = self.flows.cx.body;
        match &body.expr(e).kind {
            ExprKind::Field { base, name } if self.is_value(*base) => {
                let (base, name) = (*base, *name);
                let mut place = self.extended_place(base, depth);
                if self.derefs_to_field(base, name) {
                    place = place.project(Projection::Deref);
                }
                place.project(Projection::Field(name))
            }
            ExprKind::Index { base, index } if self.is_value(*base) => {
                let place = self.extended_place(*base, depth);
                self.operand(*index);
                place.project(Projection::Index)
            }
            ExprKind::Unary { op: UnaryOp::Deref, operand } if self.is_value(*operand) => {
                self.extended_place(*operand, depth).project(Projection::Deref)
            }
            _ if self.is_place(e) => self.place(e),
            _ => self.extended_temp(e, depth),
        }
    }

    /// The place that a pattern takes apart: a value that it borrows from lives as long as the bindings.
    pub(super) fn initial_place(&mut self, pat: PatId, init: ExprId) -> Place {
        match self.innermost_block() {
            Some(depth) if self.pattern_extends(pat) && self.is_value(init) => {
                self.extended_place(init, depth)
            }
            _ => self.place(init),
        }
    }

    /// `let ref x`, `let Some(ref x)`: the value lives as long as the binding.
    fn pattern_extends(&self, pat: PatId) -> bool {
        let body = self.flows.cx.body;
        match &body.pat(pat).kind {
            PatKind::Binding { local, .. } => body.local(*local).by_ref,
            PatKind::Tuple(parts) | PatKind::Slice(parts) => parts.iter().any(|p| self.pattern_extends(*p)),
            PatKind::TupleStruct { args, .. } => args.iter().any(|p| self.pattern_extends(*p)),
            PatKind::Struct { fields, .. } => fields.iter().any(|(_, p)| self.pattern_extends(*p)),
            PatKind::Typed { pat, .. } => self.pattern_extends(*pat),
            _ => false,
        }
    }
}
