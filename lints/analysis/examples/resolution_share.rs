//! Prints the share of calls whose callee is known, per crate, and the most frequent names that are not.
//!
//! `cargo run --release --example resolution_share -- DIRECTORY… [--names N] [--where NAME] [--types FILE] [--sample N]`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use linger_analysis::catalogue::Catalogue;
use linger_analysis::names::{CrateInput, GlobalBody, Program, TargetKind};
use linger_analysis::span::FileId;
use linger_analysis::syntax::hir::{
    Body, BodyId, ExprId, ExprKind, LocalId, PatId, PatKind, StmtKind, TypeRef,
};
use linger_analysis::syntax::parse::parse_file;
use linger_analysis::types::infer::{BodyTypes, Target, infer};
use linger_analysis::types::print::{ResolutionShare, print};
use rayon::prelude::*;

/// How many resolutions to print, spread evenly.
static SAMPLE: AtomicUsize = AtomicUsize::new(0);

fn main() {
    let mut names = 0;
    let mut wanted: Option<String> = None;
    let mut types: Option<String> = None;
    let mut roots = Vec::new();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--names" => names = args.next().and_then(|n| n.parse().ok()).unwrap_or(30),
            "--where" => wanted = args.next(),
            "--sample" => SAMPLE.store(args.next().and_then(|n| n.parse().ok()).unwrap_or(100), Relaxed),
            "--types" => types = args.next(),
            _ => roots.push(PathBuf::from(arg)),
        }
    }
    let pool = rayon::ThreadPoolBuilder::new().stack_size(64 << 20).build();
    let Ok(pool) = pool else { return };
    pool.install(|| {
        let mut all = ResolutionShare::default();
        let mut missing: BTreeMap<(bool, String), usize> = BTreeMap::new();
        for root in &roots {
            let share = one(root, &mut missing, wanted.as_deref(), types.as_deref());
            line(&root.file_name().unwrap_or_default().to_string_lossy(), &share);
            all.merge(&share);
        }
        if roots.len() > 1 {
            line("all", &all);
        }
        let mut sorted: Vec<_> = missing.into_iter().collect();
        sorted.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        for ((method, name), n) in sorted.iter().take(names) {
            println!("{n:6} {}{name}", if *method { "." } else { "" });
        }
    });
}

fn line(name: &str, s: &ResolutionShare) {
    let percent = |a: usize, b: usize| if b == 0 { 100.0 } else { a as f64 * 100.0 / b as f64 };
    println!(
        "{name:28} methods {:6}/{:6} {:5.1} %  paths {:6}/{:6} {:5.1} %  values {:4}/{:4}  inferred {:3}  typed {:5.1} %",
        s.resolved_methods,
        s.method_calls,
        percent(s.resolved_methods, s.method_calls),
        s.resolved_path_calls,
        s.path_calls,
        percent(s.resolved_path_calls, s.path_calls),
        s.resolved_values,
        s.value_calls,
        s.inferred_methods,
        percent(s.typed, s.exprs),
    );
}

fn one(
    root: &Path,
    missing: &mut BTreeMap<(bool, String), usize>,
    wanted: Option<&str>,
    types: Option<&str>,
) -> ResolutionShare {
    let (mut rust, mut manifests) = (Vec::new(), Vec::new());
    walk(root, &mut rust, &mut manifests);
    let crates: Vec<CrateInput> = manifests.iter().flat_map(|m| crates_of(m)).collect();
    let files: Vec<_> = rust
        .par_iter()
        .filter_map(|path| {
            let text = std::fs::read_to_string(path).ok()?;
            parse_file(path.clone(), &text).ok().map(Arc::new)
        })
        .collect();
    let program = Program::build(files, crates);
    let catalogue = Catalogue::builtin();
    let bodies: Vec<GlobalBody> = program
        .files()
        .iter()
        .enumerate()
        .flat_map(|(f, hir)| {
            (0..hir.bodies.len()).map(move |b| GlobalBody { file: FileId(f as u32), body: BodyId(b as u32) })
        })
        .collect();
    let start = std::time::Instant::now();
    let found: Vec<_> = bodies
        .par_iter()
        .map(|at| {
            let hir = &program.file(at.file).bodies[at.body.index()];
            let inferred = infer(&program, catalogue, *at);
            let mut share = ResolutionShare::default();
            share.add(hir, &inferred);
            let mut names = Vec::new();
            for (id, callee) in &inferred.callees {
                if callee.target != Target::Unknown {
                    continue;
                }
                let expr = hir.expr(*id);
                let (method, name, why) = match &expr.kind {
                    ExprKind::MethodCall { receiver, method, .. } => {
                        (true, method.to_string(), inferred.expr(*receiver).to_string())
                    }
                    ExprKind::Call { callee, .. } => match &hir.expr(*callee).kind {
                        ExprKind::Path(path) => {
                            let text: Vec<&str> = path.segments.iter().map(|s| s.name.as_str()).collect();
                            (false, text.join("::"), String::new())
                        }
                        _ => continue,
                    },
                    _ => continue,
                };
                names.push((method, name, why, expr.span.lo));
            }
            // Calls that still wait are in no table.
            for (i, expr) in hir.exprs.iter().enumerate() {
                let id = linger_analysis::syntax::hir::ExprId(i as u32);
                if let ExprKind::MethodCall { receiver, .. } = &expr.kind
                    && !inferred.callees.contains_key(&id)
                {
                    let cause = Causes { program: &program, hir, types: &inferred }.of(*receiver, 0);
                    names.push((true, "?".to_owned(), cause, expr.span.hi));
                }
            }
            (*at, share, names)
        })
        .collect();
    let elapsed = start.elapsed();
    let sample = SAMPLE.load(Relaxed);
    if sample > 0 {
        let mut lines = Vec::new();
        for at in &bodies {
            let hir = &program.file(at.file).bodies[at.body.index()];
            let inferred = infer(&program, catalogue, *at);
            let mut ids: Vec<ExprId> = inferred.callees.keys().copied().collect();
            ids.sort_unstable();
            for id in ids {
                let callee = &inferred.callees[&id];
                if callee.target == Target::Unknown
                    || !matches!(hir.expr(id).kind, ExprKind::MethodCall { .. })
                {
                    continue;
                }
                lines.push((
                    *at,
                    hir.expr(id).span,
                    format!("{:?}", callee.known),
                    describe(&program, &callee.target),
                    callee.self_ty.clone(),
                    inferred.expr(id).clone(),
                ));
            }
        }
        let step = lines.len().div_ceil(sample).max(1);
        for (at, span, known, target, self_ty, ty) in lines.iter().skip(step / 2).step_by(step) {
            let file = program.file(at.file);
            let text = std::fs::read_to_string(&file.path).unwrap_or_default();
            let text = text.get(span.lo as usize..span.hi as usize).unwrap_or_default();
            let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let tail: String = text.chars().rev().take(110).collect::<Vec<_>>().into_iter().rev().collect();
            let line = file.source.lines.line(span.lo) + 1;
            let name = file.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            println!(
                "{name}:{line} `{tail}`\n    {known} {target} on {} gives {ty}",
                self_ty.clone().unwrap_or_default()
            );
        }
    }
    let mut all = ResolutionShare::default();
    for (at, share, names) in found {
        all.merge(&share);
        let file = program.file(at.file);
        for (method, name, why, lo) in names {
            if wanted.is_some_and(|w| w == name || why.contains(w)) {
                println!("{}:{} on {why}", file.path.display(), file.source.lines.line(lo) + 1);
            }
            let key = if method { format!("{name} on {why}") } else { name };
            *missing.entry((method, key)).or_default() += 1;
        }
        if types.is_some_and(|t| file.path.ends_with(t)) {
            println!("{}", print(&program, catalogue, at));
        }
    }
    eprintln!("{} bodies in {elapsed:?}", bodies.len());
    all
}

fn describe(program: &Program, target: &Target) -> String {
    match target {
        Target::Def(def) => program.def(*def).path.to_string(),
        Target::AnyOf(defs) => format!("any of {}", defs.len()),
        other => format!("{other:?}"),
    }
}

/// Why a type is not known: the first thing on the way to it that is not.
struct Causes<'a> {
    program: &'a Program,
    hir: &'a Body,
    types: &'a BodyTypes,
}

impl Causes<'_> {
    fn of(&self, id: ExprId, depth: u32) -> String {
        if depth > 40 {
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

fn text(path: &linger_analysis::syntax::hir::PathRef) -> String {
    path.segments.iter().map(|s| s.name.as_str()).collect::<Vec<_>>().join("::")
}

fn walk(dir: &Path, rust: &mut Vec<PathBuf>, manifests: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                walk(&path, rust, manifests);
            }
        } else if name.ends_with(".rs") {
            rust.push(path);
        } else if name == "Cargo.toml" {
            manifests.push(path);
        }
    }
}

/// The targets of a package, as far as a plain reading of its manifest shows them.
fn crates_of(manifest: &Path) -> Vec<CrateInput> {
    let Some(dir) = manifest.parent() else { return Vec::new() };
    let Ok(text) = std::fs::read_to_string(manifest) else { return Vec::new() };
    let Ok(toml) = text.parse::<toml::Table>() else { return Vec::new() };
    let Some(package) = toml.get("package").and_then(|p| p.as_table()) else { return Vec::new() };
    let Some(name) = package.get("name").and_then(|n| n.as_str()) else { return Vec::new() };
    let edition =
        package.get("edition").and_then(|e| e.as_str()).and_then(|e| e.parse().ok()).unwrap_or(2021);
    let mut dependencies = Vec::new();
    for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
        for (key, value) in toml.get(section).and_then(|d| d.as_table()).into_iter().flatten() {
            let real = value.get("package").and_then(|p| p.as_str()).unwrap_or(key);
            dependencies.push((key.replace('-', "_"), real.replace('-', "_")));
        }
    }
    let lib = toml.get("lib").and_then(|l| l.as_table());
    let lib_name = lib.and_then(|l| l.get("name")).and_then(|n| n.as_str()).unwrap_or(name).replace('-', "_");
    let lib_path = lib.and_then(|l| l.get("path")).and_then(|n| n.as_str()).unwrap_or("src/lib.rs");
    let mut crates = Vec::new();
    let mut add = |name: String, kind, root: PathBuf| {
        if root.is_file() {
            crates.push(CrateInput {
                name,
                package: package.get("name").and_then(|n| n.as_str()).unwrap_or_default().to_owned(),
                kind,
                root,
                edition,
                dependencies: dependencies.clone(),
            });
        }
    };
    add(lib_name, TargetKind::Lib, dir.join(lib_path));
    add(name.replace('-', "_"), TargetKind::Bin, dir.join("src/main.rs"));
    for (folder, kind) in [
        ("src/bin", TargetKind::Bin),
        ("tests", TargetKind::Test),
        ("benches", TargetKind::Bench),
        ("examples", TargetKind::Example),
    ] {
        for entry in std::fs::read_dir(dir.join(folder)).into_iter().flatten().flatten() {
            let path = entry.path();
            let stem = path.file_stem().map(|s| s.to_string_lossy().replace('-', "_")).unwrap_or_default();
            if path.is_dir() {
                add(stem, kind, path.join("main.rs"));
            } else if path.extension().is_some_and(|e| e == "rs") {
                add(stem, kind, path);
            }
        }
    }
    crates
}
