//! Walking a body: the expressions right inside an expression, and everything below it.

use smallvec::SmallVec;

use crate::syntax::hir::{Body, ExprId, ExprKind, StmtKind};

impl Body {
    /// The expressions right inside `e`, in order of the text; a closure's or async block's body is inside it.
    #[must_use]
    pub fn children(&self, e: ExprId) -> SmallVec<[ExprId; 6]> {
        let mut out = SmallVec::new();
        match &self.expr(e).kind {
            ExprKind::Missing
            | ExprKind::Literal(_)
            | ExprKind::Local(_)
            | ExprKind::Path(_)
            | ExprKind::Underscore
            | ExprKind::Continue { .. } => {}
            ExprKind::Call { callee, args } => {
                out.push(*callee);
                out.extend(args.iter().copied());
            }
            ExprKind::MethodCall { receiver, args, .. } => {
                out.push(*receiver);
                out.extend(args.iter().copied());
            }
            ExprKind::Field { base, .. } => out.push(*base),
            ExprKind::Index { base, index } => out.extend([*base, *index]),
            ExprKind::Unary { operand, .. }
            | ExprKind::AddressOf { operand, .. }
            | ExprKind::Cast { operand, .. }
            | ExprKind::Await { operand }
            | ExprKind::Try { operand } => out.push(*operand),
            ExprKind::Binary { lhs, rhs, .. } => out.extend([*lhs, *rhs]),
            ExprKind::Assign { place, value } | ExprKind::AssignOp { place, value, .. } => {
                out.extend([*place, *value]);
            }
            ExprKind::Let { scrutinee, .. } => out.push(*scrutinee),
            ExprKind::If { condition, then_branch, else_branch } => {
                out.extend([*condition, *then_branch]);
                out.extend(*else_branch);
            }
            ExprKind::While { condition, body, .. } => out.extend([*condition, *body]),
            ExprKind::Loop { body, .. } => out.push(*body),
            ExprKind::For { iterable, body, .. } => out.extend([*iterable, *body]),
            ExprKind::Match { scrutinee, arms } => {
                out.push(*scrutinee);
                for arm in arms {
                    out.extend(arm.guard);
                    out.push(arm.body);
                }
            }
            ExprKind::Block(block) => {
                for stmt in &block.stmts {
                    match &stmt.kind {
                        StmtKind::Let { init, else_branch, .. } => {
                            out.extend(*init);
                            out.extend(*else_branch);
                        }
                        StmtKind::Expr { expr, .. } => out.push(*expr),
                    }
                }
                out.extend(block.tail);
            }
            ExprKind::Closure(id) => out.push(self.closure(*id).body),
            ExprKind::Return(value) | ExprKind::Yield(value) | ExprKind::Break { value, .. } => {
                out.extend(*value)
            }
            ExprKind::Struct { fields, base, .. } => {
                out.extend(fields.iter().map(|(_, value)| *value));
                out.extend(*base);
            }
            ExprKind::Tuple(parts) | ExprKind::Array(parts) => out.extend(parts.iter().copied()),
            ExprKind::Repeat { value, count } => out.extend([*value, *count]),
            ExprKind::Range { start, end } => {
                out.extend(*start);
                out.extend(*end);
            }
            ExprKind::Macro(call) => out.extend(call.args.iter().copied()),
            ExprKind::Select(select) => {
                for branch in &select.branches {
                    out.push(branch.future);
                    out.extend(branch.condition);
                    out.push(branch.handler);
                }
                out.extend(select.otherwise);
            }
        }
        out
    }

    /// Visits `e` and everything below it, parents first; does not go below where `visit` says `false`.
    pub fn walk(&self, e: ExprId, visit: &mut dyn FnMut(ExprId) -> bool) {
        let mut work = vec![e];
        while let Some(e) = work.pop() {
            if visit(e) {
                let children = self.children(e);
                work.extend(children.into_iter().rev());
            }
        }
    }

    /// Whether `test` holds for `e` or something below it.
    pub fn any(&self, e: ExprId, test: &mut dyn FnMut(ExprId) -> bool) -> bool {
        let mut found = false;
        self.walk(e, &mut |e| {
            found = found || test(e);
            !found
        });
        found
    }
}
