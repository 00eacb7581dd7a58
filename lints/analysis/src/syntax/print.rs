//! A compact picture of a body, for tests and debugging.

use std::fmt::Write;

use crate::symbol::Symbol;
use crate::syntax::hir::{
    Block, Body, ExprId, ExprKind, GenericArgs, LocalId, PatId, PatKind, PathRef, StmtKind, TypeRef,
};

/// Prints the body's root; variables as `name#number`.
#[must_use]
pub fn print_body(body: &Body) -> String {
    let mut printer = Printer { body, out: String::new() };
    printer.expr(body.root);
    printer.out
}

/// Prints a path as written, without its position.
#[must_use]
pub fn print_path(path: &PathRef) -> String {
    let mut out = String::new();
    if let Some(qself) = &path.qself {
        let _ = write!(out, "<{} as {}>::", print_type(&qself.0), qself.1);
    }
    if path.global {
        out.push_str("::");
    }
    for (position, segment) in path.segments.iter().enumerate() {
        if position > 0 {
            out.push_str("::");
        }
        out.push_str(&segment.name);
        if let Some(args) = &segment.args {
            out.push_str(&print_args(args));
        }
    }
    out
}

/// Prints a type as written.
#[must_use]
pub fn print_type(ty: &TypeRef) -> String {
    let list = |types: &[TypeRef]| types.iter().map(print_type).collect::<Vec<_>>().join(", ");
    let bounds = |paths: &[PathRef]| paths.iter().map(print_path).collect::<Vec<_>>().join(" + ");
    match ty {
        TypeRef::Unknown => "?".to_owned(),
        TypeRef::Infer => "_".to_owned(),
        TypeRef::Never => "!".to_owned(),
        TypeRef::Path(path) => print_path(path),
        TypeRef::Ref(true, inner) => format!("&mut {}", print_type(inner)),
        TypeRef::Ref(false, inner) => format!("&{}", print_type(inner)),
        TypeRef::Ptr(inner) => format!("*{}", print_type(inner)),
        TypeRef::Tuple(types) => format!("({})", list(types)),
        TypeRef::Array(inner) => format!("[{}; _]", print_type(inner)),
        TypeRef::Slice(inner) => format!("[{}]", print_type(inner)),
        TypeRef::Fn(params, ret) => format!("fn({}) -> {}", list(params), print_type(ret)),
        TypeRef::Impl(paths) => format!("impl {}", bounds(paths)),
        TypeRef::Dyn(paths) => format!("dyn {}", bounds(paths)),
    }
}

fn print_args(args: &GenericArgs) -> String {
    let types = args.types.iter().map(print_type);
    let bindings = args.bindings.iter().map(|(name, ty)| format!("{name} = {}", print_type(ty)));
    format!("<{}>", types.chain(bindings).collect::<Vec<_>>().join(", "))
}

struct Printer<'a> {
    body: &'a Body,
    out: String,
}

impl Printer<'_> {
    fn text(&mut self, text: impl AsRef<str>) {
        self.out.push_str(text.as_ref());
    }

    fn local(&mut self, local: LocalId) {
        let _ = write!(self.out, "{}#{}", self.body.local(local).name, local.0);
    }

    fn label(&mut self, label: Option<Symbol>) {
        if let Some(label) = label {
            let _ = write!(self.out, "{label}: ");
        }
    }

    fn list(&mut self, open: &str, exprs: &[ExprId], close: &str) {
        self.text(open);
        for (position, expr) in exprs.iter().enumerate() {
            if position > 0 {
                self.text(", ");
            }
            self.expr(*expr);
        }
        self.text(close);
    }

    fn pats(&mut self, open: &str, pats: &[PatId], separator: &str, close: &str) {
        self.text(open);
        for (position, pat) in pats.iter().enumerate() {
            if position > 0 {
                self.text(separator);
            }
            self.pat(*pat);
        }
        self.text(close);
    }

    fn optional(&mut self, before: &str, expr: Option<ExprId>) {
        if let Some(expr) = expr {
            self.text(before);
            self.expr(expr);
        }
    }

    fn operation(&mut self, name: impl std::fmt::Debug, operands: &[ExprId]) {
        let _ = write!(self.out, "{name:?}");
        self.list("(", operands, ")");
    }

    fn expr(&mut self, id: ExprId) {
        match &self.body.expr(id).kind {
            ExprKind::Missing => self.text("<missing>"),
            ExprKind::Literal(literal) => {
                let _ = write!(self.out, "{literal:?}");
            }
            ExprKind::Local(local) => self.local(*local),
            ExprKind::Path(path) => self.text(print_path(path)),
            ExprKind::Call { callee, args } => {
                self.expr(*callee);
                self.list("(", args, ")");
            }
            ExprKind::MethodCall { receiver, method, turbofish, args, .. } => {
                self.expr(*receiver);
                let _ = write!(self.out, ".{method}");
                if let Some(args) = turbofish {
                    self.text(print_args(args));
                }
                self.list("(", args, ")");
            }
            ExprKind::Field { base, name } => {
                self.expr(*base);
                let _ = write!(self.out, ".{name}");
            }
            ExprKind::Index { base, index } => {
                self.expr(*base);
                self.list("[", &[*index], "]");
            }
            ExprKind::Unary { op, operand } => self.operation(op, &[*operand]),
            ExprKind::Binary { op, lhs, rhs } => self.operation(op, &[*lhs, *rhs]),
            ExprKind::Assign { place, value } => self.list("(", &[*place, *value], " =)"),
            ExprKind::AssignOp { op, place, value } => {
                let _ = write!(self.out, "{op:?}=");
                self.list("(", &[*place, *value], ")");
            }
            ExprKind::Underscore => self.text("_"),
            ExprKind::AddressOf { mutable, raw, operand } => {
                self.text(if *raw { "&raw " } else { "&" });
                self.text(if *mutable { "mut " } else { "" });
                self.expr(*operand);
            }
            ExprKind::Cast { operand, ty } => {
                self.expr(*operand);
                self.text(format!(" as {}", print_type(ty)));
            }
            ExprKind::Let { pat, scrutinee } => {
                self.text("let ");
                self.pat(*pat);
                self.text(" = ");
                self.expr(*scrutinee);
            }
            ExprKind::If { condition, then_branch, else_branch } => {
                self.text("if ");
                self.expr(*condition);
                self.optional(" ", Some(*then_branch));
                self.optional(" else ", *else_branch);
            }
            ExprKind::While { label, condition, body } => {
                self.label(*label);
                self.optional("while ", Some(*condition));
                self.optional(" ", Some(*body));
            }
            ExprKind::Loop { label, body } => {
                self.label(*label);
                self.optional("loop ", Some(*body));
            }
            ExprKind::For { label, pat, iterable, body, is_await } => {
                self.label(*label);
                self.text(if *is_await { "for await " } else { "for " });
                self.pat(*pat);
                self.optional(" in ", Some(*iterable));
                self.optional(" ", Some(*body));
            }
            ExprKind::Match { scrutinee, arms } => {
                self.optional("match ", Some(*scrutinee));
                self.text(" { ");
                for arm in arms {
                    self.pat(arm.pat);
                    self.optional(" if ", arm.guard);
                    self.optional(" => ", Some(arm.body));
                    self.text(", ");
                }
                self.text("}");
            }
            ExprKind::Block(block) => self.block(block),
            ExprKind::Closure(id) => {
                let closure = self.body.closure(*id);
                let _ = write!(self.out, "{:?}", closure.kind);
                self.text(if closure.is_move { " move[" } else { "[" });
                for (position, capture) in closure.captures.iter().enumerate() {
                    self.text(if position > 0 { ", " } else { "" });
                    self.local(*capture);
                }
                let params: Vec<PatId> = closure.params.iter().map(|param| param.pat).collect();
                self.pats("] |", &params, ", ", "| ");
                self.expr(closure.body);
            }
            ExprKind::Await { operand } => self.list("", &[*operand], ".await"),
            ExprKind::Try { operand } => self.list("", &[*operand], "?"),
            ExprKind::Return(value) => {
                self.text("return");
                self.optional(" ", *value);
            }
            ExprKind::Break { label, value } => {
                self.text("break");
                self.text(label.map(|label| format!(" {label}")).unwrap_or_default());
                self.optional(" ", *value);
            }
            ExprKind::Continue { label } => {
                self.text("continue");
                self.text(label.map(|label| format!(" {label}")).unwrap_or_default());
            }
            ExprKind::Struct { path, fields, base } => {
                self.text(print_path(path));
                self.text(" { ");
                for (name, value) in fields {
                    let _ = write!(self.out, "{name}: ");
                    self.list("", &[*value], ", ");
                }
                self.optional("..", *base);
                self.text("}");
            }
            ExprKind::Tuple(parts) => self.list("(", parts, ")"),
            ExprKind::Array(parts) => self.list("[", parts, "]"),
            ExprKind::Repeat { value, count } => {
                self.list("[", &[*value], "; ");
                self.list("", &[*count], "]");
            }
            ExprKind::Range { start, end } => {
                self.optional("", *start);
                self.text("..");
                self.optional("", *end);
            }
            ExprKind::Yield(value) => {
                self.text("yield");
                self.optional(" ", *value);
            }
            ExprKind::Macro(call) => {
                let _ = write!(self.out, "{}!:{:?}", print_path(&call.path), call.kind);
                self.list("(", &call.args, ")");
            }
            ExprKind::Select(select) => {
                self.text("select { ");
                for branch in &select.branches {
                    self.pat(branch.pat);
                    self.text(if branch.is_channel_operation { " <- " } else { " = " });
                    self.expr(branch.future);
                    self.optional(", if ", branch.condition);
                    self.optional(" => ", Some(branch.handler));
                    self.text(", ");
                }
                self.optional("else => ", select.otherwise);
                self.text("}");
            }
        }
    }

    fn block(&mut self, block: &Block) {
        self.label(block.label);
        if block.kind != crate::syntax::hir::BlockKind::Plain {
            let _ = write!(self.out, "{:?} ", block.kind);
        }
        self.text("{ ");
        for stmt in &block.stmts {
            match &stmt.kind {
                StmtKind::Let { pat, ty, init, else_branch } => {
                    self.text("let ");
                    self.pat(*pat);
                    self.text(ty.as_ref().map(|ty| format!(": {}", print_type(ty))).unwrap_or_default());
                    self.optional(" = ", *init);
                    self.optional(" else ", *else_branch);
                    self.text("; ");
                }
                StmtKind::Expr { expr, semicolon } => {
                    self.list("", &[*expr], if *semicolon { "; " } else { " " });
                }
            }
        }
        self.optional("", block.tail);
        self.text(if block.tail.is_some() { " }" } else { "}" });
    }

    fn pat(&mut self, id: PatId) {
        match &self.body.pat(id).kind {
            PatKind::Missing => self.text("<missing>"),
            PatKind::Wild => self.text("_"),
            PatKind::Rest => self.text(".."),
            PatKind::Binding { local, sub } => {
                self.local(*local);
                if let Some(sub) = sub {
                    self.text(" @ ");
                    self.pat(*sub);
                }
            }
            PatKind::Tuple(parts) => self.pats("(", parts, ", ", ")"),
            PatKind::TupleStruct { path, args } => {
                self.text(print_path(path));
                self.pats("(", args, ", ", ")");
            }
            PatKind::Struct { path, fields, rest } => {
                self.text(print_path(path));
                self.text(" { ");
                for (name, pat) in fields {
                    let _ = write!(self.out, "{name}: ");
                    self.pats("", &[*pat], "", ", ");
                }
                self.text(if *rest { "..}" } else { "}" });
            }
            PatKind::Path(path) => self.text(print_path(path)),
            PatKind::Literal(literal) => {
                let _ = write!(self.out, "{literal:?}");
            }
            PatKind::Range => self.text("<range>"),
            PatKind::Ref(inner) => self.pats("&", &[*inner], "", ""),
            PatKind::Slice(parts) => self.pats("[", parts, ", ", "]"),
            PatKind::Or(parts) => self.pats("", parts, " | ", ""),
            PatKind::Typed { pat, ty } => {
                self.pat(*pat);
                self.text(format!(": {}", print_type(ty)));
            }
        }
    }
}
