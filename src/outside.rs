//! Packages outside of a workspace that its members depend on by path.

use std::path::{Path, PathBuf};

use rustc_hash::FxHashSet;

use crate::discover::{Found, walk};
use crate::manifest;
use crate::workspace::root_of;

/// No workspace reaches out to more.
const MOST: usize = 100;

/// Adds them: they tell names and types, and nothing in them is reported on.
pub fn add(root: &Path, found: &mut Found) {
    let members = found.packages.iter().filter(|p| p.is_member);
    let mut wanted: Vec<PathBuf> = members.flat_map(|p| p.path_dependencies.clone()).collect();
    let mut seen: FxHashSet<PathBuf> = FxHashSet::default();
    while let Some(dir) = wanted.pop() {
        if dir.starts_with(root) || seen.len() >= MOST || !seen.insert(dir.clone()) {
            continue;
        }
        let path = dir.join("Cargo.toml");
        if found.packages.iter().any(|p| p.manifest == path) {
            continue;
        }
        let Ok(table) = manifest::read(&path) else { continue };
        // What it inherits is in a workspace of its own.
        let above = root_of(&dir).and_then(|above| manifest::read(&above.join("Cargo.toml")).ok());
        let Some(mut package) = manifest::package(&path, &table, above.as_ref()) else { continue };
        package.is_member = false;
        wanted.extend(package.path_dependencies.iter().cloned());
        found.packages.push(package);
        found.files.extend(walk(&dir.join("src")).rust);
    }
}
