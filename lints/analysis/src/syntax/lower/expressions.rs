//! Expressions without control flow.

use syn::{BinOp, Expr, RangeLimits, UnOp};

use crate::span::Span;
use crate::syntax::hir::{BinaryOp, BlockKind, ExprId, ExprKind, UnaryOp};
use crate::syntax::lower::literals::literal;
use crate::syntax::lower::patterns::member;
use crate::syntax::lower::types::is_mutable;
use crate::syntax::lower::{Lower, lifetime, name};

impl Lower {
    pub(super) fn expr(&mut self, expr: &Expr) -> ExprId {
        self.expr_outer(expr).0
    }

    /// An expression and its range with what the tree does not keep: parentheses, a macro call around.
    pub(super) fn expr_outer(&mut self, expr: &Expr) -> (ExprId, Span) {
        let attributes = expr_attributes(expr);
        let (id, outer) = match expr {
            Expr::Paren(paren) => (self.expr(&paren.expr), self.delimited(&paren.paren_token.span)),
            Expr::Group(group) => self.expr_outer(&group.expr),
            Expr::Macro(call) => (self.macro_expr(&call.mac), self.macro_span(&call.mac)),
            _ => {
                let id = self.plain_expr(expr);
                (id, self.expr_span(id))
            }
        };
        if !attributes.is_empty() {
            self.lint_attributes(attributes, outer);
        }
        (id, outer)
    }

    pub(super) fn exprs<'a>(&mut self, exprs: impl IntoIterator<Item = &'a Expr>) -> Box<[ExprId]> {
        exprs.into_iter().map(|expr| self.expr(expr)).collect()
    }

    fn optional(&mut self, expr: Option<&Expr>, span: &mut Span) -> Option<ExprId> {
        let (id, outer) = self.expr_outer(expr?);
        *span = span.to(outer);
        Some(id)
    }

    fn plain_expr(&mut self, expr: &Expr) -> ExprId {
        match expr {
            Expr::Path(path) => self.path_expr(path),
            Expr::Lit(lit) => {
                let span = self.span(lit.lit.span());
                self.add_expr(ExprKind::Literal(literal(&lit.lit)), span)
            }
            Expr::MethodCall(call) => self.method_call(call),
            Expr::Call(call) => self.call(call),
            Expr::Field(field) => self.field(field),
            Expr::Await(wait) => {
                let (operand, outer) = self.expr_outer(&wait.base);
                let span = outer.to(self.span(wait.await_token.span));
                self.add_expr(ExprKind::Await { operand }, span)
            }
            Expr::Try(question) => {
                let (operand, outer) = self.expr_outer(&question.expr);
                let span = outer.to(self.span(question.question_token.span));
                self.add_expr(ExprKind::Try { operand }, span)
            }
            Expr::Index(index) => {
                let (base, outer) = self.expr_outer(&index.expr);
                let span = outer.to(self.span(index.bracket_token.span.close()));
                let index = self.expr(&index.index);
                self.add_expr(ExprKind::Index { base, index }, span)
            }
            Expr::Unary(unary) => self.unary(unary),
            Expr::Binary(binary) => self.binary(binary),
            Expr::Assign(assign) => {
                let (place, left) = self.expr_outer(&assign.left);
                let (value, right) = self.expr_outer(&assign.right);
                self.add_expr(ExprKind::Assign { place, value }, left.to(right))
            }
            Expr::Infer(infer) => {
                let span = self.span(infer.underscore_token.span);
                self.add_expr(ExprKind::Underscore, span)
            }
            Expr::Reference(reference) => {
                let start = self.span(reference.and_token.span);
                let (operand, outer) = self.expr_outer(&reference.expr);
                let mutable = reference.mutability.is_some();
                self.add_expr(ExprKind::AddressOf { mutable, raw: false, operand }, start.to(outer))
            }
            Expr::RawAddr(raw) => {
                let start = self.span(raw.and_token.span);
                let (operand, outer) = self.expr_outer(&raw.expr);
                let mutable = is_mutable(&raw.mutability);
                self.add_expr(ExprKind::AddressOf { mutable, raw: true, operand }, start.to(outer))
            }
            Expr::Cast(cast) => {
                let (operand, outer) = self.expr_outer(&cast.expr);
                let ty = Box::new(self.ty(&cast.ty));
                let span = outer.to(self.printed(&cast.ty));
                self.add_expr(ExprKind::Cast { operand, ty }, span)
            }
            Expr::Tuple(tuple) => {
                let parts = self.exprs(&tuple.elems);
                self.add_expr(ExprKind::Tuple(parts), self.delimited(&tuple.paren_token.span))
            }
            Expr::Array(array) => {
                let parts = self.exprs(&array.elems);
                self.add_expr(ExprKind::Array(parts), self.delimited(&array.bracket_token.span))
            }
            Expr::Repeat(repeat) => {
                let (value, count) = (self.expr(&repeat.expr), self.expr(&repeat.len));
                self.add_expr(ExprKind::Repeat { value, count }, self.delimited(&repeat.bracket_token.span))
            }
            Expr::Range(range) => self.range(range),
            Expr::Struct(literal) => self.struct_expr(literal),
            Expr::Return(ret) => {
                let mut span = self.span(ret.return_token.span);
                let value = self.optional(ret.expr.as_deref(), &mut span);
                self.add_expr(ExprKind::Return(value), span)
            }
            Expr::Yield(yielded) => {
                let mut span = self.span(yielded.yield_token.span);
                let value = self.optional(yielded.expr.as_deref(), &mut span);
                self.add_expr(ExprKind::Yield(value), span)
            }
            Expr::Break(stop) => {
                let mut span = self.span(stop.break_token.span);
                let label = stop.label.as_ref().map(|label| {
                    span = span.to(self.span(label.ident.span()));
                    lifetime(label)
                });
                let value = self.optional(stop.expr.as_deref(), &mut span);
                self.add_expr(ExprKind::Break { label, value }, span)
            }
            Expr::Continue(next) => {
                let mut span = self.span(next.continue_token.span);
                let label = next.label.as_ref().map(|label| {
                    span = span.to(self.span(label.ident.span()));
                    lifetime(label)
                });
                self.add_expr(ExprKind::Continue { label }, span)
            }
            Expr::Block(block) => {
                let start = block.label.as_ref().map(|label| self.span(label.name.apostrophe));
                let label = block.label.as_ref().map(|label| lifetime(&label.name));
                self.block(&block.block, BlockKind::Plain, label, start)
            }
            Expr::Unsafe(block) => {
                let start = self.span(block.unsafe_token.span);
                self.block(&block.block, BlockKind::Unsafe, None, Some(start))
            }
            Expr::Const(block) => {
                let start = self.span(block.const_token.span);
                self.block(&block.block, BlockKind::Const, None, Some(start))
            }
            Expr::TryBlock(block) => {
                let start = self.span(block.try_token.span);
                self.block(&block.block, BlockKind::Try, None, Some(start))
            }
            Expr::If(branch) => self.if_expr(branch),
            Expr::Let(condition) => self.let_expr(condition),
            Expr::Match(choice) => self.match_expr(choice),
            Expr::While(repeat) => self.while_expr(repeat),
            Expr::Loop(repeat) => self.loop_expr(repeat),
            Expr::ForLoop(repeat) => self.for_expr(repeat),
            Expr::Closure(closure) => self.closure_expr(closure),
            Expr::Async(block) => self.async_expr(block),
            _ => {
                let span = self.printed(expr);
                self.add_expr(ExprKind::Missing, span)
            }
        }
    }

    fn path_expr(&mut self, path: &syn::ExprPath) -> ExprId {
        if path.qself.is_none()
            && let Some(ident) = path.path.get_ident()
            && let Some(local) = self.local_expr(ident)
        {
            return local;
        }
        let path = self.path(&path.path, path.qself.as_ref());
        let span = path.span;
        self.add_expr(ExprKind::Path(Box::new(path)), span)
    }

    fn call(&mut self, call: &syn::ExprCall) -> ExprId {
        let (callee, outer) = self.expr_outer(&call.func);
        let args = self.exprs(&call.args);
        let span = outer.to(self.span(call.paren_token.span.close()));
        self.add_expr(ExprKind::Call { callee, args }, span)
    }

    fn method_call(&mut self, call: &syn::ExprMethodCall) -> ExprId {
        let (receiver, outer) = self.expr_outer(&call.receiver);
        let args = self.exprs(&call.args);
        let turbofish = call.turbofish.as_ref().map(|args| Box::new(self.generic_args(args)));
        let method_span = self.span(call.method.span());
        let span = outer.to(self.span(call.paren_token.span.close()));
        let method = name(&call.method);
        self.add_expr(ExprKind::MethodCall { receiver, method, method_span, turbofish, args }, span)
    }

    fn field(&mut self, field: &syn::ExprField) -> ExprId {
        let (base, outer) = self.expr_outer(&field.base);
        let end = match &field.member {
            syn::Member::Named(ident) => ident.span(),
            syn::Member::Unnamed(index) => index.span,
        };
        let span = outer.to(self.span(end));
        self.add_expr(ExprKind::Field { base, name: member(&field.member) }, span)
    }

    fn unary(&mut self, unary: &syn::ExprUnary) -> ExprId {
        let (op, start) = match &unary.op {
            UnOp::Deref(token) => (UnaryOp::Deref, token.span),
            UnOp::Neg(token) => (UnaryOp::Neg, token.span),
            UnOp::Not(token) => (UnaryOp::Not, token.span),
            _ => return self.expr(&unary.expr),
        };
        let start = self.span(start);
        let (operand, outer) = self.expr_outer(&unary.expr);
        self.add_expr(ExprKind::Unary { op, operand }, start.to(outer))
    }

    fn binary(&mut self, binary: &syn::ExprBinary) -> ExprId {
        let (lhs, left) = self.expr_outer(&binary.left);
        let (rhs, right) = self.expr_outer(&binary.right);
        let kind = match operator(&binary.op) {
            (op, false) => ExprKind::Binary { op, lhs, rhs },
            (op, true) => ExprKind::AssignOp { op, place: lhs, value: rhs },
        };
        self.add_expr(kind, left.to(right))
    }

    fn range(&mut self, range: &syn::ExprRange) -> ExprId {
        let dots = match &range.limits {
            RangeLimits::HalfOpen(dots) => self.span(dots.spans[0]).to(self.span(dots.spans[1])),
            RangeLimits::Closed(dots) => self.span(dots.spans[0]).to(self.span(dots.spans[2])),
        };
        let mut span = dots;
        let start = self.optional(range.start.as_deref(), &mut span);
        let end = self.optional(range.end.as_deref(), &mut span);
        self.add_expr(ExprKind::Range { start, end }, span)
    }

    fn struct_expr(&mut self, literal: &syn::ExprStruct) -> ExprId {
        let path = self.path(&literal.path, literal.qself.as_ref());
        let fields = literal
            .fields
            .iter()
            .map(|field| {
                let value = self.expr(&field.expr);
                if !field.attrs.is_empty() {
                    self.lint_attributes(&field.attrs, self.expr_span(value));
                }
                (member(&field.member), value)
            })
            .collect();
        let base = literal.rest.as_ref().map(|base| self.expr(base));
        let span = path.span.to(self.span(literal.brace_token.span.close()));
        self.add_expr(ExprKind::Struct { path: Box::new(path), fields, base }, span)
    }
}

/// The operator, and whether it assigns.
fn operator(op: &BinOp) -> (BinaryOp, bool) {
    match op {
        BinOp::And(_) => (BinaryOp::And, false),
        BinOp::Or(_) => (BinaryOp::Or, false),
        BinOp::Eq(_) => (BinaryOp::Eq, false),
        BinOp::Ne(_) => (BinaryOp::Ne, false),
        BinOp::Lt(_) => (BinaryOp::Lt, false),
        BinOp::Le(_) => (BinaryOp::Le, false),
        BinOp::Gt(_) => (BinaryOp::Gt, false),
        BinOp::Ge(_) => (BinaryOp::Ge, false),
        BinOp::Sub(_) => (BinaryOp::Sub, false),
        BinOp::Mul(_) => (BinaryOp::Mul, false),
        BinOp::Div(_) => (BinaryOp::Div, false),
        BinOp::Rem(_) => (BinaryOp::Rem, false),
        BinOp::BitAnd(_) => (BinaryOp::BitAnd, false),
        BinOp::BitOr(_) => (BinaryOp::BitOr, false),
        BinOp::BitXor(_) => (BinaryOp::BitXor, false),
        BinOp::Shl(_) => (BinaryOp::Shl, false),
        BinOp::Shr(_) => (BinaryOp::Shr, false),
        BinOp::AddAssign(_) => (BinaryOp::Add, true),
        BinOp::SubAssign(_) => (BinaryOp::Sub, true),
        BinOp::MulAssign(_) => (BinaryOp::Mul, true),
        BinOp::DivAssign(_) => (BinaryOp::Div, true),
        BinOp::RemAssign(_) => (BinaryOp::Rem, true),
        BinOp::BitAndAssign(_) => (BinaryOp::BitAnd, true),
        BinOp::BitOrAssign(_) => (BinaryOp::BitOr, true),
        BinOp::BitXorAssign(_) => (BinaryOp::BitXor, true),
        BinOp::ShlAssign(_) => (BinaryOp::Shl, true),
        BinOp::ShrAssign(_) => (BinaryOp::Shr, true),
        // `BinOp` is open to new operators; addition is as good a stand-in as any.
        _ => (BinaryOp::Add, false),
    }
}

/// The attributes of any expression.
/// The attributes written on an expression.
pub(super) fn expr_attributes(expr: &Expr) -> &[syn::Attribute] {
    macro_rules! attributes {
        ($($variant:ident)*) => {
            match expr {
                $(Expr::$variant(inner) => &inner.attrs,)*
                _ => &[],
            }
        };
    }
    attributes!(Array Assign Async Await Binary Block Break Call Cast Closure Const Continue Field ForLoop
        Group If Index Infer Let Lit Loop Macro Match MethodCall Paren Path Range RawAddr Reference Repeat
        Return Struct Try TryBlock Tuple Unary Unsafe While Yield)
}
