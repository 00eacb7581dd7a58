//! Inference made visible: each expression with its type, and the share of calls that are resolved.

use std::fmt::Write as _;

use crate::catalogue::Catalogue;
use crate::names::{GlobalBody, Program};
use crate::syntax::hir::{Body, ExprId, ExprKind};
use crate::types::context::infer;
use crate::types::infer::{BodyTypes, Callee, Known, Target};

/// Each expression of a body in source order: line, what it is, its type, and for calls what is called and
/// how that is known.
#[must_use]
pub fn print(program: &Program, catalogue: &Catalogue, body: GlobalBody) -> String {
    let file = program.file(body.file);
    let Some(hir) = file.bodies.get(body.body.index()) else { return String::new() };
    let types = infer(program, catalogue, body);
    let mut order: Vec<ExprId> =
        (0..hir.exprs.len()).filter_map(|i| u32::try_from(i).ok()).map(ExprId).collect();
    order.sort_by_key(|id| {
        let span = hir.expr(*id).span;
        (span.lo, std::cmp::Reverse(span.hi))
    });
    let mut out = String::new();
    for id in order {
        let expr = hir.expr(id);
        let line = file.source.lines.line(expr.span.lo) + 1;
        let _ = write!(out, "{line}: {}: {}", summary(hir, id), types.expr(id));
        if let Some(callee) = types.callees.get(&id) {
            let _ = write!(out, "  -> {}", describe(program, callee));
        } else if let Some(path) = types.paths.get(&id).or_else(|| types.macros.get(&id)) {
            let _ = write!(out, "  = {path}");
        }
        out.push('\n');
    }
    out
}

/// The calls of a body whose callee is known: what they call, and what they give.
pub fn resolutions<'a>(
    program: &'a Program,
    hir: &'a Body,
    types: &'a BodyTypes,
) -> impl Iterator<Item = (ExprId, String)> + 'a {
    let ids = (0..hir.exprs.len()).filter_map(|i| u32::try_from(i).ok()).map(ExprId);
    ids.filter_map(|id| {
        let callee = types.callees.get(&id).filter(|c| c.target != Target::Unknown)?;
        Some((id, format!("{}: {}", describe(program, callee), types.expr(id))))
    })
}

fn describe(program: &Program, callee: &Callee) -> String {
    let target = match &callee.target {
        Target::Def(def) => program.def(*def).path.to_string(),
        Target::AnyOf(defs) => {
            let first = defs.first().map(|d| program.def(*d).path.to_string()).unwrap_or_default();
            format!("{first} or {} more", defs.len().saturating_sub(1))
        }
        Target::External(path) => path.to_string(),
        Target::Constructor(path) => format!("{path} (constructor)"),
        Target::Local(_) => "local closure".to_owned(),
        Target::Value => "function value".to_owned(),
        Target::Unknown => return "?".to_owned(),
    };
    let known = match callee.known {
        Known::Resolved => "resolved",
        Known::Inferred => "inferred",
    };
    match &callee.self_ty {
        Some(ty) => format!("{target} ({known}, on {ty})"),
        None => format!("{target} ({known})"),
    }
}

/// An expression in a few characters, rebuilt from the tree since the text is not kept.
fn summary(body: &Body, id: ExprId) -> String {
    match &body.expr(id).kind {
        ExprKind::Local(local) => body.local(*local).name.to_string(),
        ExprKind::Path(path) => path_text(path),
        ExprKind::Call { callee, args } => format!("{}({})", summary(body, *callee), dots(args.len())),
        ExprKind::MethodCall { receiver, method, args, .. } => {
            let mut receiver = summary(body, *receiver);
            if receiver.chars().count() > 40 {
                receiver = "…".to_owned();
            }
            format!("{receiver}.{method}({})", dots(args.len()))
        }
        ExprKind::Field { base, name } => format!("{}.{name}", summary(body, *base)),
        ExprKind::Index { base, .. } => format!("{}[…]", summary(body, *base)),
        ExprKind::Await { operand } => format!("{}.await", summary(body, *operand)),
        ExprKind::Try { operand } => format!("{}?", summary(body, *operand)),
        ExprKind::AddressOf { mutable, operand, .. } => {
            format!("&{}{}", if *mutable { "mut " } else { "" }, summary(body, *operand))
        }
        ExprKind::Macro(call) => format!("{}!({})", path_text(&call.path), dots(call.args.len())),
        ExprKind::Literal(_) => "literal".to_owned(),
        ExprKind::Closure(_) => "closure".to_owned(),
        ExprKind::Block(_) => "block".to_owned(),
        ExprKind::Struct { path, .. } => format!("{} {{…}}", path_text(path)),
        other => {
            // The name of the kind alone.
            let name = format!("{other:?}");
            name.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_lowercase()
        }
    }
}

fn dots(count: usize) -> &'static str {
    if count == 0 { "" } else { "…" }
}

fn path_text(path: &crate::syntax::hir::PathRef) -> String {
    path.segments.iter().map(|s| s.name.as_str()).collect::<Vec<_>>().join("::")
}

/// How many calls are resolved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResolutionShare {
    /// Calls of paths: functions and constructors.
    pub path_calls: usize,
    /// Those whose callee is known.
    pub resolved_path_calls: usize,
    /// Method calls.
    pub method_calls: usize,
    /// Those whose callee is known.
    pub resolved_methods: usize,
    /// Of these, those known by a shape alone.
    pub inferred_methods: usize,
    /// Calls of either kind whose name some function of the catalogue has.
    pub catalogued: usize,
    /// Those whose callee is known.
    pub resolved_catalogued: usize,
    /// Calls of values: closures, function pointers.
    pub value_calls: usize,
    /// Those whose callee is known to be callable.
    pub resolved_values: usize,
    /// All expressions.
    pub exprs: usize,
    /// Those with a known type.
    pub typed: usize,
}

impl ResolutionShare {
    /// Counts a body.
    pub fn add(&mut self, catalogue: &Catalogue, body: &Body, types: &BodyTypes) {
        for (i, expr) in body.exprs.iter().enumerate() {
            let Ok(id) = u32::try_from(i).map(ExprId) else { continue };
            self.exprs += 1;
            self.typed += usize::from(types.exprs().nth(i).is_some_and(|t| !t.is_unknown()));
            let callee = types.callees.get(&id);
            let resolved = callee.is_some_and(|c| c.target != Target::Unknown);
            match &expr.kind {
                ExprKind::MethodCall { method, .. } => {
                    self.count_name(catalogue, method.as_str(), resolved);
                    self.method_calls += 1;
                    self.resolved_methods += usize::from(resolved);
                    self.inferred_methods +=
                        usize::from(resolved && callee.is_some_and(|c| c.known == Known::Inferred));
                }
                ExprKind::Call { callee, .. } => {
                    if let ExprKind::Path(path) = &body.expr(*callee).kind {
                        let name = path.segments.last().map_or("", |s| s.name.as_str());
                        self.count_name(catalogue, name, resolved);
                        self.path_calls += 1;
                        self.resolved_path_calls += usize::from(resolved);
                    } else {
                        self.value_calls += 1;
                        self.resolved_values += usize::from(resolved);
                    }
                }
                _ => {}
            }
        }
    }

    fn count_name(&mut self, catalogue: &Catalogue, name: &str, resolved: bool) {
        let is_known = catalogue.has_function_named(name);
        self.catalogued += usize::from(is_known);
        self.resolved_catalogued += usize::from(is_known && resolved);
    }

    /// Counts what another share has counted.
    pub fn merge(&mut self, other: &Self) {
        self.path_calls += other.path_calls;
        self.resolved_path_calls += other.resolved_path_calls;
        self.method_calls += other.method_calls;
        self.resolved_methods += other.resolved_methods;
        self.inferred_methods += other.inferred_methods;
        self.catalogued += other.catalogued;
        self.resolved_catalogued += other.resolved_catalogued;
        self.value_calls += other.value_calls;
        self.resolved_values += other.resolved_values;
        self.exprs += other.exprs;
        self.typed += other.typed;
    }
}
