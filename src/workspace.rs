//! The packages of a workspace: which are members, which are not, and what is wrong with them.

use std::path::{Path, PathBuf};

use anyhow::bail;
use rustc_hash::FxHashSet;

use crate::discover::{Found, walk};
use crate::manifest::{self, Package};
use crate::refused;

/// The workspace root that a folder belongs to, or the nearest package.
pub fn root_of(from: &Path) -> Option<PathBuf> {
    let mut nearest: Option<PathBuf> = None;
    for dir in from.ancestors() {
        let path = dir.join("Cargo.toml");
        if !path.is_file() {
            continue;
        }
        let Ok(table) = manifest::read(&path) else {
            nearest.get_or_insert_with(|| dir.to_path_buf());
            continue;
        };
        if manifest::is_workspace_root(&table) {
            let members = manifest::Members::new(dir, &table);
            // A package that the workspace above excludes is a workspace of its own.
            return match nearest {
                Some(nearest) if members.excludes(&nearest) => Some(nearest),
                _ => Some(dir.to_path_buf()),
            };
        }
        nearest.get_or_insert_with(|| dir.to_path_buf());
    }
    nearest
}

/// Adds the files and packages of a workspace.
///
/// # Errors
/// When nothing was named and cargo refuses the manifest of the root: nobody knows what would have been checked.
pub fn add(root: &Path, found: &mut Found) -> anyhow::Result<()> {
    let root_manifest = root.join("Cargo.toml");
    if !found.names_something()
        && root_manifest.is_file()
        && let Some(reason) = refused::reason(&root_manifest)
    {
        bail!("{reason}");
    }
    let walked = walk(root);
    found.notes.extend(walked.notes);
    let table = manifest::read(&root_manifest).ok();
    let members = table.as_ref().map(|table| manifest::Members::new(root, table));
    let mut nested: Vec<PathBuf> = Vec::new();
    let mut packages = Vec::new();
    // Parents come before what is in them, so that a nested workspace is known before its members.
    let mut manifests = walked.manifests;
    manifests.sort_by_key(|path| (path.components().count(), path.clone()));
    let mut workspaces: Vec<(PathBuf, toml::Table)> = Vec::new();
    let mut refused: Vec<PathBuf> = Vec::new();
    for path in manifests {
        let dir = path.parent().unwrap_or(root).to_path_buf();
        let own = match manifest::read(&path) {
            Ok(own) => own,
            Err(_) => {
                refused.push(path);
                continue;
            }
        };
        if !refused::is_fine(&own) {
            refused.push(path.clone());
        }
        let is_nested = dir != root && manifest::is_workspace_root(&own);
        if is_nested {
            nested.push(dir.clone());
            workspaces.push((dir.clone(), own.clone()));
        }
        let above = workspaces
            .iter()
            .filter(|(w, _)| dir.starts_with(w))
            .max_by_key(|(w, _)| w.components().count())
            .map(|(_, table)| table)
            .or(table.as_ref());
        let Some(mut package) = manifest::package(&path, &own, above) else { continue };
        package.is_member = match &members {
            // There is no workspace, only packages below a folder: all of them count.
            None => true,
            Some(members) => !nested.iter().any(|n| dir.starts_with(n)) && members.has(&dir),
        };
        packages.push(package);
    }
    // A path dependency of a member is a member, too, and so on.
    loop {
        let wanted: FxHashSet<PathBuf> = packages
            .iter()
            .filter(|p: &&Package| p.is_member)
            .flat_map(|p| p.path_dependencies.clone())
            .collect();
        let mut more = false;
        for package in packages.iter_mut().filter(|p| !p.is_member) {
            let dir = package.manifest.parent().unwrap_or(root);
            let excluded = members.as_ref().is_some_and(|m| m.excludes(dir))
                || nested.iter().any(|n| dir.starts_with(n));
            if wanted.contains(dir) && !excluded {
                package.is_member = true;
                more = true;
            }
        }
        if !more {
            break;
        }
    }
    let is_own = |dir: &Path| {
        let is_listed =
            || members.as_ref().is_none_or(|m| m.has(dir) && !nested.iter().any(|n| dir.starts_with(n)));
        let mut known = packages.iter().filter(|p| p.is_member);
        is_listed()
            || known.any(|p| p.manifest.parent() == Some(dir) || p.path_dependencies.iter().any(|d| d == dir))
    };
    for path in refused {
        let Some(reason) = refused::reason(&path) else { continue };
        // What cargo never reads (a template, a test input) concerns nobody.
        let is_own = path.parent().is_some_and(is_own);
        if is_own { &mut found.warnings } else { &mut found.notes }.push(reason);
    }
    found.warnings.extend(table.iter().flat_map(|_| refused::missing_members(&root_manifest)));
    let foreign: Vec<PathBuf> = packages
        .iter()
        .filter(|p| !p.is_member && !found.names_in(p.manifest.parent().unwrap_or(root)))
        .filter_map(|p| p.manifest.parent().map(Path::to_path_buf))
        .collect();
    let unnamed = foreign.iter().filter(|dir| !found.is_named(dir));
    let names: Vec<String> =
        unnamed.map(|dir| dir.strip_prefix(root).unwrap_or(dir).display().to_string()).collect();
    if !names.is_empty() {
        found.notes.push(format!("left out, since the workspace has no such member: {}", names.join(", ")));
    }
    let own: Vec<PathBuf> = packages
        .iter()
        .filter(|p| p.is_member)
        .filter_map(|p| p.manifest.parent().map(Path::to_path_buf))
        .collect();
    // The innermost package decides.
    let depth = |dirs: &[PathBuf], file: &Path| {
        dirs.iter().filter(|d| file.starts_with(d)).map(|d| d.components().count()).max().unwrap_or(0)
    };
    found.files.extend(walked.rust.into_iter().filter(|f| {
        let outside = depth(&foreign, f);
        outside == 0 || outside < depth(&own, f)
    }));
    found.packages.extend(
        packages
            .into_iter()
            .filter(|p| p.manifest.parent().is_some_and(|dir| !foreign.iter().any(|f| f == dir))),
    );
    crate::outside::add(root, found);
    Ok(())
}

/// Fails when the package that somebody stands in is not checked with the workspace around it, as cargo does.
pub fn check_standing(here: &Path, found: &Found) -> anyhow::Result<()> {
    let Some(dir) = here.ancestors().find(|dir| dir.join("Cargo.toml").is_file()) else { return Ok(()) };
    let path = dir.join("Cargo.toml");
    if dir == found.root {
        return Ok(());
    }
    if let Some(reason) = refused::reason(&path) {
        bail!("{reason}");
    }
    if found.packages.iter().any(|p| p.manifest == path) {
        return Ok(());
    }
    let own = manifest::read(&path).unwrap_or_default();
    // It says itself that its workspace is elsewhere.
    if own.get("package").is_some_and(|package| package.get("workspace").is_some()) {
        return Ok(());
    }
    let root = found.root.join("Cargo.toml");
    bail!(
        "{}: this package is not checked with the workspace of {}: it is no member, or git ignores it. List it in \
         `members` or `exclude` there, or check it alone with `cargo linger .`",
        path.display(),
        root.display()
    );
}
