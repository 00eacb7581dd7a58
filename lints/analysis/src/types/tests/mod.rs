//! Types of small sources, by family.

mod adaptors;
mod asynchronous;
mod calls;
mod closures;
mod patterns;
mod probing;
mod shapes;
mod values;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::catalogue::Catalogue;
use crate::names::{CrateInput, GlobalBody, Program, TargetKind};
use crate::span::FileId;
use crate::syntax::hir::{BodyId, ExprId, ExprKind};
use crate::syntax::items::ItemKind;
use crate::syntax::parse::parse_file;
use crate::types::infer::{BodyTypes, Known, Target, infer};

/// The inferred body of the function `f` of a source.
struct Typed {
    program: Program,
    at: GlobalBody,
    types: BodyTypes,
}

fn typed(source: &str) -> Typed {
    let root = PathBuf::from("src/lib.rs");
    let hir = parse_file(root.clone(), source).expect("the source parses");
    let names = ["tokio", "futures", "parking_lot", "anyhow", "tokio_stream", "dashmap", "crossbeam_channel"];
    let krate = CrateInput {
        name: "demo".to_owned(),
        package: "demo".to_owned(),
        kind: TargetKind::Lib,
        for_tests: false,
        root,
        edition: 2021,
        dependencies: names.iter().map(|n| ((*n).to_owned(), (*n).to_owned())).collect(),
    };
    let catalogue = Catalogue::builtin();
    let program = Program::build(vec![Arc::new(hir)], vec![krate]);
    let body = program.files[0]
        .items
        .iter()
        .find_map(|item| match &item.kind {
            ItemKind::Fn(function) if item.name.as_str() == "f" => function.body,
            _ => None,
        })
        .unwrap_or(BodyId(0));
    let at = GlobalBody { file: FileId(0), body };
    let types = infer(&program, catalogue, at);
    Typed { program, at, types }
}

impl Typed {
    fn hir(&self) -> &crate::syntax::hir::Body {
        &self.program.files[0].bodies[self.at.body.index()]
    }

    /// Types of the local variables by name, the last of each name.
    fn locals(&self) -> BTreeMap<String, String> {
        let hir = self.hir();
        hir.locals.iter().zip(&self.types.locals).map(|(l, t)| (l.name.to_string(), t.to_string())).collect()
    }

    /// What the calls of the method `name` call, in source order.
    fn methods(&self, name: &str) -> Vec<(String, Known)> {
        let hir = self.hir();
        let mut found: Vec<(u32, String, Known)> = Vec::new();
        for (i, expr) in hir.exprs.iter().enumerate() {
            let ExprKind::MethodCall { method, method_span, .. } = &expr.kind else { continue };
            if method.as_str() != name {
                continue;
            }
            let entry = match self.types.callees.get(&ExprId(i as u32)) {
                Some(callee) => (self.target(&callee.target), callee.known),
                None => ("?".to_owned(), Known::Resolved),
            };
            found.push((method_span.lo, entry.0, entry.1));
        }
        found.sort();
        found.into_iter().map(|(_, target, known)| (target, known)).collect()
    }

    fn target(&self, target: &Target) -> String {
        match target {
            Target::Def(def) => self.program.def(*def).path.to_string(),
            Target::AnyOf(defs) => format!("any of {}", defs.len()),
            Target::External(path) => path.to_string(),
            Target::Constructor(path) => format!("{path}!"),
            Target::Local(_) => "local".to_owned(),
            Target::Value => "value".to_owned(),
            Target::Unknown => "?".to_owned(),
        }
    }
}

/// Checks the types of local variables: pairs of name and type.
#[track_caller]
fn check(source: &str, expected: &[(&str, &str)]) {
    let locals = typed(source).locals();
    for (name, ty) in expected {
        assert_eq!(locals.get(*name).map(String::as_str), Some(*ty), "type of `{name}` in {source}");
    }
}

/// Checks what the first call of a method calls.
#[track_caller]
fn calls(source: &str, method: &str, expected: &str) {
    let found = typed(source).methods(method);
    assert_eq!(found.first().map(|(t, _)| t.as_str()), Some(expected), "callee of `{method}` in {source}");
}
