//! Which files there are, and which of them are reported on.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use globset::{Glob, GlobSet, GlobSetBuilder};
use ignore::WalkBuilder;
use rustc_hash::FxHashSet;

use crate::manifest::{self, Package};

/// What a run works on.
#[derive(Debug, Default)]
pub struct Found {
    /// Folder that paths are shown relative to.
    pub root: PathBuf,
    /// All files that names and facts come from.
    pub files: Vec<PathBuf>,
    /// All packages.
    pub packages: Vec<Package>,
    /// Files that are reported on; `None` for all.
    pub reported: Option<FxHashSet<PathBuf>>,
    /// Trouble that did not stop the search.
    pub notes: Vec<String>,
}

/// Finds files and packages for the paths on the command line.
pub fn discover(paths: &[PathBuf], exclude: &[String]) -> anyhow::Result<Found> {
    let here = std::env::current_dir().context("the current folder cannot be read")?;
    let excluded = globs(exclude)?;
    let mut found = Found::default();
    let mut roots: Vec<PathBuf> = Vec::new();
    if paths.is_empty() {
        let root = workspace_root(&here);
        found.root = root.clone().unwrap_or_else(|| here.clone());
        roots.push(found.root.clone());
    } else {
        let mut wanted = FxHashSet::default();
        for path in paths {
            let full = absolute(&here, path);
            let meta = std::fs::metadata(&full)
                .with_context(|| format!("no such file or folder: {}", path.display()))?;
            if meta.is_dir() {
                wanted.extend(rust_files(&full, &excluded, true, &mut found.notes));
                roots.push(workspace_root(&full).unwrap_or(full));
            } else if full.extension().is_some_and(|e| e == "rs") {
                let parent = full.parent().unwrap_or(&here).to_path_buf();
                match workspace_root(&parent) {
                    Some(root) => roots.push(root),
                    None => found.files.push(full.clone()),
                }
                wanted.insert(full);
            }
        }
        // Hooks and scripts name files from where they are, and want them named back the same way.
        let near = wanted.iter().all(|p| p.starts_with(&here));
        found.root = match roots.first() {
            Some(root) if !near => root.clone(),
            _ => here.clone(),
        };
        found.reported = Some(wanted);
    }
    roots.sort();
    roots.dedup();
    let mut all: FxHashSet<PathBuf> = found.files.drain(..).collect();
    for root in &roots {
        all.extend(rust_files(root, &excluded, false, &mut found.notes));
        packages(root, &mut found);
    }
    // A file that is named is checked also where the walk would have left it out.
    all.extend(found.reported.iter().flatten().cloned());
    found.files = all.into_iter().collect();
    found.files.sort();
    Ok(found)
}

fn absolute(here: &Path, path: &Path) -> PathBuf {
    let joined = here.join(path);
    joined.components().fold(PathBuf::new(), |mut out, part| {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
        out
    })
}

fn globs(patterns: &[String]) -> anyhow::Result<GlobSet> {
    let mut builder = GlobSetBuilder::new();
    for pattern in patterns {
        builder.add(Glob::new(pattern).with_context(|| format!("not a glob: {pattern}"))?);
    }
    Ok(builder.build()?)
}

/// The nearest workspace root (or package) at or above a folder.
fn workspace_root(from: &Path) -> Option<PathBuf> {
    let mut nearest = None;
    for dir in from.ancestors() {
        let path = dir.join("Cargo.toml");
        if !path.is_file() {
            continue;
        }
        let is_root = manifest::read(&path).is_ok_and(|t| manifest::is_workspace_root(&t));
        if is_root {
            return Some(dir.to_path_buf());
        }
        nearest.get_or_insert_with(|| dir.to_path_buf());
    }
    nearest
}

/// Rust files below a folder. `.gitignore` counts; build output and vendored code are left out unless they are
/// named.
fn rust_files(root: &Path, excluded: &GlobSet, named: bool, notes: &mut Vec<String>) -> Vec<PathBuf> {
    let top = root.to_path_buf();
    let walk = WalkBuilder::new(root)
        .hidden(true)
        .require_git(false)
        .filter_entry(move |entry| {
            let is_dir = entry.file_type().is_some_and(|t| t.is_dir());
            !is_dir || entry.path() == top || !is_foreign(entry.path())
        })
        .build();
    let _ = named;
    let mut found = Vec::new();
    for entry in walk {
        match entry {
            Ok(entry) => {
                let path = entry.path();
                let is_rust = path.extension().is_some_and(|e| e == "rs");
                let is_file = entry.file_type().is_some_and(|t| t.is_file());
                let relative = path.strip_prefix(root).unwrap_or(path);
                if is_rust && is_file && !excluded.is_match(relative) {
                    found.push(path.to_path_buf());
                }
            }
            Err(error) => notes.push(error.to_string()),
        }
    }
    found
}

/// Build output and vendored code.
fn is_foreign(dir: &Path) -> bool {
    let name = dir.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    match name {
        "target" => dir.join("CACHEDIR.TAG").is_file() || dir.join(".rustc_info.json").is_file() || dir.join("debug").is_dir(),
        "vendor" | "third_party" | "node_modules" => true,
        _ => dir.join(".cargo-checksum.json").is_file(),
    }
}

/// All packages below a root.
fn packages(root: &Path, found: &mut Found) {
    let workspace = manifest::read(&root.join("Cargo.toml")).ok();
    let walk = WalkBuilder::new(root)
        .hidden(true)
        .require_git(false)
        .filter_entry(|entry| {
            let is_dir = entry.file_type().is_some_and(|t| t.is_dir());
            !is_dir || !is_foreign(entry.path()) || entry.depth() == 0
        })
        .build();
    for entry in walk.flatten() {
        if entry.file_name() != "Cargo.toml" {
            continue;
        }
        match manifest::read(entry.path()) {
            Ok(table) => {
                let nested = manifest::is_workspace_root(&table);
                let above = if nested { Some(&table) } else { workspace.as_ref() };
                if let Some(package) = manifest::package(entry.path(), &table, above)
                    && !found.packages.iter().any(|p| p.manifest == package.manifest)
                {
                    found.packages.push(package);
                }
            }
            Err(error) => found.notes.push(format!("{}: {error}", entry.path().display())),
        }
    }
}

/// Checks that an edition exists.
pub fn edition(edition: u16) -> anyhow::Result<()> {
    if !matches!(edition, 2015 | 2018 | 2021 | 2024) {
        bail!("there is no edition {edition}; editions are 2015, 2018, 2021 and 2024");
    }
    Ok(())
}
