//! Packages by their `Cargo.toml`, read by hand.
//!
//! cargo itself is not asked: `cargo metadata` costs more than checking a small workspace, needs a workspace
//! that is whole, and is one more program to run on code that is not trusted. What names and editions need is
//! in the manifest.

use std::path::{Path, PathBuf};

use linger_analysis::names::{CrateInput, TargetKind};
use toml::{Table, Value};

/// A package.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its name as in the manifest.
    pub name: String,
    /// Its version; `0.0.0` without one.
    pub version: String,
    /// Its manifest.
    pub manifest: PathBuf,
    /// Its targets.
    pub crates: Vec<CrateInput>,
    /// `[package.metadata.linger]`
    pub metadata: Option<Value>,
}

impl Package {
    /// Cargo's id of a package on disk.
    pub fn id(&self) -> String {
        let dir = self.manifest.parent().unwrap_or(Path::new(""));
        let last = dir.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if last == self.name {
            format!("path+file://{}#{}", dir.display(), self.version)
        } else {
            format!("path+file://{}#{}@{}", dir.display(), self.name, self.version)
        }
    }
}

/// Reads a manifest as a table. `None` when there is none; an error text when it cannot be read.
pub fn read(path: &Path) -> Result<Table, String> {
    let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    text.parse::<Table>().map_err(|e| e.message().to_owned())
}

/// Whether a manifest is the root of a workspace.
pub fn is_workspace_root(table: &Table) -> bool {
    table.contains_key("workspace")
}

/// The package that a manifest describes; `workspace` is the root's manifest, for inherited values.
pub fn package(path: &Path, table: &Table, workspace: Option<&Table>) -> Option<Package> {
    let dir = path.parent()?;
    let own = table.get("package").or_else(|| table.get("project"))?.as_table()?;
    let inherited = |key: &str| -> Option<String> {
        match own.get(key)? {
            Value::String(text) => Some(text.clone()),
            Value::Table(t) if t.get("workspace").and_then(Value::as_bool) == Some(true) => workspace?
                .get("workspace")?
                .get("package")?
                .get(key)?
                .as_str()
                .map(str::to_owned),
            _ => None,
        }
    };
    let name = own.get("name")?.as_str()?.to_owned();
    let edition = inherited("edition").and_then(|e| e.parse().ok()).unwrap_or(2015);
    let dependencies = dependencies(table, workspace);
    let mut package = Package {
        version: inherited("version").unwrap_or_else(|| "0.0.0".to_owned()),
        manifest: path.to_path_buf(),
        crates: Vec::new(),
        metadata: own.get("metadata").and_then(|m| m.get("linger")).cloned(),
        name,
    };
    let mut add = |name: &str, kind: TargetKind, root: PathBuf| {
        if root.is_file() && !package.crates.iter().any(|c| c.root == root) {
            package.crates.push(CrateInput {
                name: name.replace('-', "_"),
                package: package.name.clone(),
                kind,
                root,
                edition,
                dependencies: dependencies.clone(),
            });
        }
    };
    let own_name = own.get("name")?.as_str()?;
    let lib = table.get("lib");
    let lib_name = lib.and_then(|l| l.get("name")).and_then(Value::as_str).unwrap_or(own_name);
    let lib_path = lib.and_then(|l| l.get("path")).and_then(Value::as_str).unwrap_or("src/lib.rs");
    add(lib_name, TargetKind::Lib, dir.join(lib_path));
    for (key, folder, kind) in [
        ("bin", "src/bin", TargetKind::Bin),
        ("test", "tests", TargetKind::Test),
        ("bench", "benches", TargetKind::Bench),
        ("example", "examples", TargetKind::Example),
    ] {
        for target in table.get(key).and_then(Value::as_array).into_iter().flatten() {
            let Some(name) = target.get("name").and_then(Value::as_str) else { continue };
            let root = match target.get("path").and_then(Value::as_str) {
                Some(path) => dir.join(path),
                None => [format!("{folder}/{name}.rs"), format!("{folder}/{name}/main.rs")]
                    .iter()
                    .map(|p| dir.join(p))
                    .find(|p| p.is_file())
                    .unwrap_or_else(|| dir.join("src/main.rs")),
            };
            add(name, kind, root);
        }
        if kind == TargetKind::Bin {
            add(own_name, kind, dir.join("src/main.rs"));
        }
        for (name, root) in discovered(&dir.join(folder)) {
            add(&name, kind, root);
        }
    }
    let build = own.get("build").and_then(Value::as_str).unwrap_or("build.rs");
    add("build_script_build", TargetKind::BuildScript, dir.join(build));
    Some(package)
}

/// Targets that cargo finds by itself: files, and folders with a `main.rs`.
fn discovered(folder: &Path) -> Vec<(String, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<(String, PathBuf)> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = path.file_stem()?.to_str()?.to_owned();
            if path.extension().is_some_and(|e| e == "rs") {
                Some((name, path))
            } else {
                let main = path.join("main.rs");
                main.is_file().then_some((name, main))
            }
        })
        .collect();
    found.sort();
    found
}

/// All dependencies: the name in code and the name of the crate.
fn dependencies(table: &Table, workspace: Option<&Table>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut add = |deps: Option<&Value>| {
        for (name, value) in deps.and_then(Value::as_table).into_iter().flatten() {
            let inherited = value.get("workspace").and_then(Value::as_bool) == Some(true);
            let source = if inherited {
                workspace
                    .and_then(|w| w.get("workspace")?.get("dependencies")?.get(name))
                    .unwrap_or(value)
            } else {
                value
            };
            let package = source.get("package").and_then(Value::as_str).unwrap_or(name);
            found.push((name.replace('-', "_"), package.replace('-', "_")));
        }
    };
    const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];
    for kind in KINDS {
        add(table.get(kind));
    }
    for target in table.get("target").and_then(Value::as_table).into_iter().flatten() {
        for kind in KINDS {
            add(target.1.get(kind));
        }
    }
    found
}
