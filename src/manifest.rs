//! Packages by their `Cargo.toml`, read by hand.
//!
//! cargo itself is not asked: `cargo metadata` costs more than checking a small workspace (0.05 to 0.17 s), needs a
//! workspace that is whole, and is one more program to run on code that is not trusted. What names and editions
//! need is in the manifest; a test compares the outcome with `cargo metadata`.

use std::path::{Path, PathBuf};

use globset::{GlobSet, GlobSetBuilder};
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
    /// 2015, 2018, 2021 or 2024.
    pub edition: u16,
    /// Folders of dependencies by path.
    pub path_dependencies: Vec<PathBuf>,
    /// It belongs to the workspace that is checked.
    pub is_member: bool,
}

/// Which folders a workspace counts as its own.
#[derive(Debug)]
pub struct Members {
    root: PathBuf,
    members: GlobSet,
    exclude: Vec<PathBuf>,
}

impl Members {
    /// Reads `members` and `exclude` of a root manifest.
    pub fn new(root: &Path, table: &Table) -> Self {
        let list = |key: &str| -> Vec<&str> {
            let list = table.get("workspace").and_then(|w| w.get(key)).and_then(Value::as_array);
            list.into_iter().flatten().filter_map(Value::as_str).collect()
        };
        let mut members = GlobSetBuilder::new();
        for pattern in list("members") {
            let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
            // What cargo would refuse matches nothing.
            if let Ok(glob) = globset::GlobBuilder::new(pattern).literal_separator(true).build() {
                members.add(glob);
            }
        }
        let members = members.build().unwrap_or_else(|_| GlobSet::empty());
        Self {
            root: root.to_path_buf(),
            members,
            exclude: list("exclude").iter().map(|e| root.join(e)).collect(),
        }
    }

    /// Whether a folder is left out in so many words.
    pub fn excludes(&self, dir: &Path) -> bool {
        self.exclude.iter().any(|e| dir.starts_with(e)) && !self.lists(dir)
    }

    /// Whether a package in that folder is a member.
    pub fn has(&self, dir: &Path) -> bool {
        dir == self.root || (self.lists(dir) && !self.exclude.iter().any(|e| dir == e))
    }

    fn lists(&self, dir: &Path) -> bool {
        dir.strip_prefix(&self.root).is_ok_and(|below| self.members.is_match(below))
    }
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
            Value::Table(t) if t.get("workspace").and_then(Value::as_bool) == Some(true) => {
                workspace?.get("workspace")?.get("package")?.get(key)?.as_str().map(str::to_owned)
            }
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
        edition,
        path_dependencies: path_dependencies(dir, table, workspace),
        is_member: true,
        name,
    };
    let mut add = |name: &str, kind: TargetKind, root: PathBuf| {
        if root.is_file() && !package.crates.iter().any(|c| c.root == root) {
            package.crates.push(CrateInput {
                name: name.replace('-', "_"),
                package: package.name.clone(),
                kind,
                for_tests: false,
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

/// All dependency tables of a manifest.
fn dependency_tables(table: &Table) -> impl Iterator<Item = &Table> {
    const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];
    let targets = table.get("target").and_then(Value::as_table).into_iter().flatten().map(|(_, t)| t);
    let own = KINDS.into_iter().filter_map(|kind| table.get(kind));
    let by_target = targets.flat_map(|t| KINDS.into_iter().filter_map(move |kind| t.get(kind)));
    own.chain(by_target).filter_map(Value::as_table)
}

/// Where a dependency is described: at the workspace when it says so.
fn described<'t>(name: &str, value: &'t Value, workspace: Option<&'t Table>) -> (&'t Value, bool) {
    let inherited = value.get("workspace").and_then(Value::as_bool) == Some(true);
    let above = || workspace?.get("workspace")?.get("dependencies")?.get(name);
    match inherited.then(above).flatten() {
        Some(found) => (found, true),
        None => (value, false),
    }
}

/// Folders of dependencies by path.
fn path_dependencies(dir: &Path, table: &Table, workspace: Option<&Table>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for (name, value) in dependency_tables(table).flatten() {
        let (source, inherited) = described(name, value, workspace);
        // A path of the workspace is relative to its root, which is the nearest folder above that has it.
        if let Some(path) = source.get("path").and_then(Value::as_str) {
            if inherited {
                let bases = dir.ancestors().map(|base| crate::discover::absolute(base, Path::new(path)));
                found.extend(bases.filter(|p| p.join("Cargo.toml").is_file()).last());
            } else {
                found.push(crate::discover::absolute(dir, Path::new(path)));
            }
        }
    }
    found
}

/// All dependencies: the name in code and the name of the crate.
fn dependencies(table: &Table, workspace: Option<&Table>) -> Vec<(String, String)> {
    dependency_tables(table)
        .flatten()
        .map(|(name, value)| {
            let (source, _) = described(name, value, workspace);
            let package = source.get("package").and_then(Value::as_str).unwrap_or(name);
            (name.replace('-', "_"), package.replace('-', "_"))
        })
        .collect()
}
