//! Why calls are not understood: the first thing on the way to a callee that is not known.

use crate::names::Program;
use crate::syntax::hir::{Body, ExprId, ExprKind, LocalId, PatId, PatKind, PathRef, StmtKind, TypeRef};
use crate::types::infer::{BodyTypes, Target};

/// Chains are followed this far.
const DEEPEST: u32 = 40;

/// The calls of a body whose callee is not known, each with what stood in the way.
#[must_use]
pub fn unknown_calls(program: &Program, hir: &Body, types: &BodyTypes) -> Vec<(ExprId, String)> {
    let causes = Causes { program, hir, types };
    let mut found = Vec::new();
    for (index, expr) in hir.exprs.iter().enumerate() {
        let Ok(id) = u32::try_from(index).map(ExprId) else { continue };
        let target = types.callees.get(&id).map(|c| &c.target);
        match (&expr.kind, target) {
            (ExprKind::MethodCall { receiver, method, .. }, Some(Target::Unknown)) => {
                found.push((id, format!(".{method} on {}", types.expr(*receiver))));
            }
            // Calls that still wait are in no table.
            (ExprKind::MethodCall { receiver, .. }, None) => found.push((id, causes.of(*receiver, 0))),
            (ExprKind::Call { callee, .. }, Some(Target::Unknown) | None) => {
                found.push((
                    id,
                    match &hir.expr(*callee).kind {
                        ExprKind::Path(path) => format!("{}()", text(path)),
                        _ => format!("call of {}", types.expr(*callee)),
                    },
                ));
            }
            _ => {}
        }
    }
    found
}

/// Why a type is not known: the first thing on the way to it that is not.
struct Causes<'a> {
    program: &'a Program,
    hir: &'a Body,
    types: &'a BodyTypes,
}

impl Causes<'_> {
    fn of(&self, id: ExprId, depth: u32) -> String {
        if depth > DEEPEST {
            return "deep".to_owned();
        }
        let base = |base: ExprId, what: String| {
            let ty = self.types.expr(base);
            if ty.peel_refs().is_unknown() || what == "try" || what == "await" {
                self.of(base, depth + 1)
            } else {
                format!("{what} {ty}")
            }
        };
        match &self.hir.expr(id).kind {
            ExprKind::MethodCall { receiver, method, .. } => {
                match self.types.callees.get(&id).map(|c| &c.target) {
                    Some(Target::External(path)) => {
                        let through =
                            ["std::result::Result::", "std::option::Option::", "std::iter::", "std::clone::"];
                        if through.iter().any(|t| path.starts_with(t)) {
                            let below = self.of(*receiver, depth + 1);
                            return if below.starts_with("ret of ")
                                || below.starts_with("try ")
                                || below.starts_with("await ")
                            {
                                below
                            } else {
                                format!("ret of {method} on {} <- {below}", self.types.expr(*receiver))
                            };
                        }
                        format!("ret of {path}")
                    }
                    Some(Target::Def(def)) => format!("ret of own {}", self.program.def(*def).path),
                    Some(Target::Unknown) => format!("missing {method} on {}", self.types.expr(*receiver)),
                    _ => base(*receiver, format!("pending {method}")),
                }
            }
            ExprKind::Field { base: b, name } => base(*b, format!("field {name} of")),
            ExprKind::Index { base: b, .. } => base(*b, "index".to_owned()),
            ExprKind::Unary { operand, .. } => base(*operand, "unary".to_owned()),
            ExprKind::Await { operand } => base(*operand, "await".to_owned()),
            ExprKind::Try { operand } => base(*operand, "try".to_owned()),
            ExprKind::AddressOf { operand, .. } => base(*operand, "ref".to_owned()),
            ExprKind::Call { callee, .. } => match self.types.callees.get(&id).map(|c| &c.target) {
                Some(Target::External(path)) => format!("ret of {path}"),
                Some(Target::Def(def)) => format!("ret of own {}", self.program.def(*def).path),
                Some(Target::Unknown) => match &self.hir.expr(*callee).kind {
                    ExprKind::Path(p) => format!("unresolved path {}", text(p)),
                    _ => "unknown callee".to_owned(),
                },
                other => format!("call {other:?}"),
            },
            ExprKind::Path(p) => format!("path {}", text(p)),
            ExprKind::Macro(m) => format!("macro {}", text(&m.path)),
            ExprKind::Local(local) => self.local(*local, depth),
            ExprKind::Block(b) => b.tail.map_or("block".to_owned(), |t| self.of(t, depth + 1)),
            ExprKind::Closure(_) => "closure".to_owned(),
            other => {
                let name = format!("{other:?}");
                name.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
            }
        }
    }

    fn local(&self, local: LocalId, depth: u32) -> String {
        let from = |e: ExprId| {
            let ty = self.types.expr(e);
            if ty.peel_refs().is_unknown() { self.of(e, depth + 1) } else { format!("pattern on {ty}") }
        };
        for expr in &self.hir.exprs {
            match &expr.kind {
                ExprKind::Block(block) => {
                    for stmt in &block.stmts {
                        if let StmtKind::Let { pat, init: Some(init), .. } = &stmt.kind
                            && self.binds(*pat, local)
                        {
                            return from(*init);
                        }
                    }
                }
                ExprKind::Let { pat, scrutinee } if self.binds(*pat, local) => return from(*scrutinee),
                ExprKind::For { pat, iterable, .. } if self.binds(*pat, local) => {
                    let ty = self.types.expr(*iterable);
                    if ty.is_unknown() {
                        return self.of(*iterable, depth + 1);
                    }
                    return format!("item of {ty}");
                }
                ExprKind::Match { scrutinee, arms } if arms.iter().any(|a| self.binds(a.pat, local)) => {
                    return from(*scrutinee);
                }
                ExprKind::MethodCall { receiver, method, args, .. } => {
                    for arg in args {
                        if let ExprKind::Closure(c) = &self.hir.expr(*arg).kind
                            && self.hir.closure(*c).params.iter().any(|p| self.binds(p.pat, local))
                        {
                            let ty = self.types.expr(*receiver);
                            if ty.peel_refs().is_unknown() {
                                return self.of(*receiver, depth + 1);
                            }
                            return format!("closure param of .{method} on {ty}");
                        }
                    }
                }
                ExprKind::Call { callee, args } => {
                    for arg in args {
                        if let ExprKind::Closure(c) = &self.hir.expr(*arg).kind
                            && self.hir.closure(*c).params.iter().any(|p| self.binds(p.pat, local))
                        {
                            return match &self.hir.expr(*callee).kind {
                                ExprKind::Path(p) => format!("closure param of {}", text(p)),
                                _ => "closure param of call".to_owned(),
                            };
                        }
                    }
                }
                _ => {}
            }
        }
        if let Some(p) = self.hir.params.iter().find(|p| self.binds(p.pat, local)) {
            return match &p.ty {
                Some(TypeRef::Path(path)) => format!("param of type {}", text(path)),
                Some(TypeRef::Ref(_, inner)) => match &**inner {
                    TypeRef::Path(path) => format!("param of type &{}", text(path)),
                    other => format!("param of type &{other:?}").chars().take(60).collect(),
                },
                other => format!("param of type {other:?}").chars().take(60).collect(),
            };
        }
        "local".to_owned()
    }

    fn binds(&self, pat: PatId, local: LocalId) -> bool {
        match &self.hir.pat(pat).kind {
            PatKind::Binding { local: l, sub } => *l == local || sub.is_some_and(|s| self.binds(s, local)),
            PatKind::Tuple(ps)
            | PatKind::Slice(ps)
            | PatKind::Or(ps)
            | PatKind::TupleStruct { args: ps, .. } => ps.iter().any(|p| self.binds(*p, local)),
            PatKind::Struct { fields, .. } => fields.iter().any(|(_, p)| self.binds(*p, local)),
            PatKind::Ref(p) | PatKind::Typed { pat: p, .. } => self.binds(*p, local),
            _ => false,
        }
    }
}

fn text(path: &PathRef) -> String {
    path.segments.iter().map(|s| s.name.as_str()).collect::<Vec<_>>().join("::")
}
