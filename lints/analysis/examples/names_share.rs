//! Prints the share of paths and types that resolve, per crate, and the most frequent ones that do not.
//!
//! `cargo run --release --example names_share -- DIRECTORY… [--misses N] [--where PATH]`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use linger_analysis::names::{CrateInput, Namespace, Program, Resolution, TargetKind};
use linger_analysis::span::FileId;
use linger_analysis::syntax::hir::{ExprKind, PatKind, PathRef, StmtKind, TypeRef};
use linger_analysis::syntax::items::ItemKind;
use linger_analysis::syntax::parse::parse_file;
use linger_analysis::types::ty::Ty;
use rayon::prelude::*;

/// Resolved and all.
#[derive(Clone, Copy, Default)]
struct Share {
    resolved: usize,
    all: usize,
}

impl Share {
    fn add(&mut self, resolved: bool) {
        self.resolved += usize::from(resolved);
        self.all += 1;
    }

    fn merge(&mut self, other: Self) {
        self.resolved += other.resolved;
        self.all += other.all;
    }

    fn percent(self) -> f64 {
        if self.all == 0 { 100.0 } else { self.resolved as f64 * 100.0 / self.all as f64 }
    }
}

#[derive(Default)]
struct Report {
    values: Share,
    types: Share,
    macros: Share,
    misses: BTreeMap<String, usize>,
}

impl Report {
    fn merge(&mut self, other: Self) {
        self.values.merge(other.values);
        self.types.merge(other.types);
        self.macros.merge(other.macros);
        for (name, count) in other.misses {
            *self.misses.entry(name).or_default() += count;
        }
    }
}

fn main() {
    let mut misses = 0;
    let mut roots = Vec::new();
    let mut wanted = None;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--misses" => misses = args.next().and_then(|n| n.parse().ok()).unwrap_or(30),
            "--where" => wanted = args.next(),
            _ => roots.push(PathBuf::from(arg)),
        }
    }
    let Ok(pool) = rayon::ThreadPoolBuilder::new().stack_size(64 << 20).build() else { return };
    pool.install(|| {
        let mut all = Report::default();
        for root in &roots {
            let name = root.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let report = one(root, wanted.as_deref());
            line(&name, &report);
            all.merge(report);
        }
        if roots.len() > 1 {
            line("all", &all);
        }
        let mut sorted: Vec<_> = all.misses.into_iter().collect();
        sorted.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        for (name, n) in sorted.iter().take(misses) {
            println!("{n:6} {name}");
        }
    });
}

fn line(name: &str, r: &Report) {
    println!(
        "{name:28} values {:6}/{:6} {:5.1} %  types {:6}/{:6} {:5.1} %  macros {:5}/{:5} {:5.1} %",
        r.values.resolved,
        r.values.all,
        r.values.percent(),
        r.types.resolved,
        r.types.all,
        r.types.percent(),
        r.macros.resolved,
        r.macros.all,
        r.macros.percent(),
    );
}

fn one(root: &Path, wanted: Option<&str>) -> Report {
    let (mut rust, mut manifests) = (Vec::new(), Vec::new());
    walk(root, &mut rust, &mut manifests);
    let crates: Vec<CrateInput> = manifests.iter().flat_map(|m| crates_of(m)).collect();
    let start = Instant::now();
    let files: Vec<_> = rust
        .par_iter()
        .filter_map(|path| {
            let text = std::fs::read_to_string(path).ok()?;
            parse_file(path.clone(), &text).ok().map(Arc::new)
        })
        .collect();
    let parsed = start.elapsed();
    let start = Instant::now();
    let program = Program::build(files, crates);
    let built = start.elapsed();
    let start = Instant::now();
    let reports: Vec<Report> = (0..program.files.len() as u32)
        .into_par_iter()
        .map(|file| of_file(&program, FileId(file), wanted))
        .collect();
    let resolved = start.elapsed();
    let mut out = Report::default();
    for report in reports {
        out.merge(report);
    }
    eprintln!(
        "{} files: parsed in {parsed:?}, indexed in {built:?}, all paths in {resolved:?}",
        program.files.len()
    );
    out
}

struct Visit<'a> {
    program: &'a Program,
    file: FileId,
    report: Report,
    wanted: Option<&'a str>,
}

fn text(path: &PathRef) -> String {
    let names: Vec<&str> = path.segments.iter().map(|s| s.name.as_str()).collect();
    names.join("::")
}

fn of_file(program: &Program, file: FileId, wanted: Option<&str>) -> Report {
    let mut visit = Visit { program, file, report: Report::default(), wanted };
    let hir = program.file(file);
    for body in &hir.bodies {
        let Some(def) = program.def_of_item.get(&(file, body.owner)) else { continue };
        let scope = program.generic_scope(*def);
        let mut modules = vec![body.module; body.exprs.len()];
        // Children stand before their parents: walk from the end to hand modules of blocks down.
        for (index, expr) in body.exprs.iter().enumerate() {
            if let ExprKind::Block(block) = &expr.kind
                && let Some(module) = block.module
            {
                for (inner, other) in body.exprs.iter().enumerate().take(index) {
                    let inside = expr.span.lo <= other.span.lo && other.span.hi <= expr.span.hi;
                    if inside && modules[inner] == body.module {
                        modules[inner] = module;
                    }
                }
            }
        }
        for (index, expr) in body.exprs.iter().enumerate() {
            let module = modules[index];
            let mut value = |path: &PathRef, ns| {
                let found = program.resolve(file, module, &scope, path, ns);
                let known = !matches!(found, Resolution::Unknown | Resolution::Ty(Ty::Unknown));
                visit.report.values.add(known);
                if !known {
                    visit.miss("value", path, expr.span.lo);
                }
            };
            match &expr.kind {
                ExprKind::Path(path) => value(path, Namespace::Value),
                ExprKind::Struct { path, .. } => value(path, Namespace::Type),
                ExprKind::Macro(call) => {
                    let known = program.resolve_macro(file, module, &call.path).as_str().contains("::");
                    visit.report.macros.add(known);
                    if !known {
                        visit.miss("macro", &call.path, expr.span.lo);
                    }
                }
                ExprKind::Cast { ty, .. } => visit.ty(ty, module, &scope, expr.span.lo),
                ExprKind::Block(block) => {
                    let module = block.module.unwrap_or(module);
                    for stmt in &block.stmts {
                        if let StmtKind::Let { ty: Some(ty), .. } = &stmt.kind {
                            visit.ty(ty, module, &scope, stmt.span.lo);
                        }
                    }
                }
                _ => {}
            }
        }
        for pat in &body.pats {
            let (path, ns) = match &pat.kind {
                PatKind::Path(path) | PatKind::TupleStruct { path, .. } => (path, Namespace::Value),
                PatKind::Struct { path, .. } => (path, Namespace::Type),
                _ => continue,
            };
            let found = program.resolve(file, body.module, &scope, path, ns);
            let known = !matches!(found, Resolution::Unknown | Resolution::Ty(Ty::Unknown));
            visit.report.values.add(known);
            if !known {
                visit.miss("pattern", path, pat.span.lo);
            }
        }
    }
    for (index, item) in hir.items.iter().enumerate() {
        let index = linger_analysis::syntax::hir::ItemIndex(index as u32);
        let Some(def) = program.def_of_item.get(&(file, index)) else { continue };
        let scope = program.generic_scope(*def);
        let lo = item.span.lo;
        match &item.kind {
            ItemKind::Fn(function) => {
                for ty in function.params.iter().chain([&function.ret]) {
                    visit.ty(ty, item.module, &scope, lo);
                }
            }
            ItemKind::Struct(fields) => {
                for field in fields.all() {
                    visit.ty(&field.ty, item.module, &scope, field.span.lo);
                }
            }
            ItemKind::Enum(variants) => {
                for field in variants.iter().flat_map(|v| v.fields.all()) {
                    visit.ty(&field.ty, item.module, &scope, field.span.lo);
                }
            }
            ItemKind::Const { ty, .. } | ItemKind::Static { ty, .. } | ItemKind::TypeAlias(Some(ty)) => {
                visit.ty(ty, item.module, &scope, lo);
            }
            ItemKind::Impl { self_ty, .. } => visit.ty(self_ty, item.module, &scope, lo),
            _ => {}
        }
    }
    visit.report
}

impl Visit<'_> {
    fn miss(&mut self, what: &str, path: &PathRef, lo: u32) {
        let name = text(path);
        if self.wanted == Some(name.as_str()) {
            let file = self.program.file(self.file);
            println!("{}:{} {name}", file.path.display(), file.source.lines.line(lo) + 1);
        }
        *self.report.misses.entry(format!("{what} {name}")).or_default() += 1;
    }

    fn ty(
        &mut self,
        ty: &TypeRef,
        module: linger_analysis::syntax::hir::ModuleIndex,
        scope: &linger_analysis::names::GenericScope,
        lo: u32,
    ) {
        if let TypeRef::Path(path) = ty {
            let known = !self.program.lower_type(self.file, module, scope, ty).is_unknown();
            self.report.types.add(known);
            if !known {
                self.miss("type", path, lo);
            }
        }
        let inner: Vec<&TypeRef> = match ty {
            TypeRef::Path(path) => {
                path.segments.iter().filter_map(|s| s.args.as_ref()).flat_map(|a| &a.types).collect()
            }
            TypeRef::Ref(_, t) | TypeRef::Ptr(t) | TypeRef::Array(t) | TypeRef::Slice(t) => vec![t],
            TypeRef::Tuple(parts) => parts.iter().collect(),
            _ => Vec::new(),
        };
        for ty in inner {
            self.ty(ty, module, scope, lo);
        }
    }
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
