//! `[catalogue]` of a configuration: where its mistakes are, and entries that can never match.

use std::path::Path;

use linger_analysis::catalogue::{Catalogue, CatalogueError, Written};
use rustc_hash::FxHashSet;
use serde::Deserialize;

use crate::config::Config;
use crate::config::load::Source;
use crate::manifest::Package;

/// The same text once more, with the entries as the catalogue reads them, so that a mistake has a place.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Whole {
    catalogue: Option<Written>,
    workspace: Option<Workspace>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Workspace {
    metadata: Option<Metadata>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata {
    linger: Option<Linger>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Linger {
    catalogue: Option<Written>,
}

/// Fails when the entries cannot be read.
pub fn verify(source: &Source<'_>, table: &toml::Table) -> anyhow::Result<()> {
    let whole: Whole = source.parse()?;
    let in_manifest =
        whole.workspace.and_then(|w| w.metadata).and_then(|m| m.linger).and_then(|l| l.catalogue);
    drop(whole.catalogue.or(in_manifest));
    let text = toml::to_string(table)?;
    let Err(error) = Catalogue::extended(&text) else { return Ok(()) };
    let path = match &error {
        CatalogueError::Duplicate { path } | CatalogueError::NotAPath { path } => {
            source.text.rfind(path.as_str())
        }
        CatalogueError::Syntax { .. } => None,
    };
    Err(source.error(path.map(|at| at..at), &error.to_string()))
}

/// Entries whose crate nothing here is or depends on, and functions that are read anyway, each as a message with its place.
pub fn idle(config: &Config, root: &Path, packages: &[Package]) -> Vec<String> {
    let mut found = Vec::new();
    // Loose files may use anything.
    if packages.is_empty() || config.layers.iter().all(|l| l.file.catalogue.is_none()) {
        return found;
    }
    // What a dependency hands on has the path of the crate that it comes from.
    let own: FxHashSet<&str> =
        packages.iter().filter(|p| p.is_member).flat_map(|p| &p.crates).map(|c| c.name.as_str()).collect();
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).unwrap_or_default();
    let locked: Vec<String> = lock
        .lines()
        .filter_map(|line| Some(line.strip_prefix("name = \"")?.trim_end_matches('"').replace('-', "_")))
        .collect();
    let crates = packages.iter().flat_map(|p| &p.crates);
    let known: FxHashSet<&str> = crates
        .flat_map(|c| {
            let named = c.dependencies.iter().flat_map(|(written, name)| [written.as_str(), name.as_str()]);
            named.chain([c.name.as_str()])
        })
        .chain(["std", "core", "alloc", "proc_macro"])
        .chain(locked.iter().map(String::as_str))
        .collect();
    for layer in &config.layers {
        let Some(table) = &layer.file.catalogue else { continue };
        let text = std::fs::read_to_string(&layer.path).unwrap_or_default();
        let source = Source { path: &layer.path, text: &text };
        let lists = [("resource", "type"), ("function", "path")];
        let paths = lists.iter().flat_map(|(list, key)| {
            let entries = table.get_ref().get(*list).and_then(toml::Value::as_array).into_iter().flatten();
            entries.filter_map(|entry| Some((*list, entry.get(*key)?.as_str()?)))
        });
        for (list, path) in paths {
            let krate = path.split("::").next().unwrap_or(path);
            let at = text.find(&format!("\"{path}\"")).map(|at| at..at);
            if list == "function" && own.contains(krate) {
                let message = format!(
                    "`{path}` matches nothing: functions of this workspace are read; entries are for those of other crates"
                );
                found.push(source.error(at, &message).to_string());
                continue;
            }
            // Alternatives in braces are several crates.
            if !krate.contains('{') && !known.contains(krate) {
                let message = format!(
                    "`{path}` matches nothing: no package here is `{krate}` or depends on it{}",
                    crate::levels::nearest(krate, known.iter().copied())
                        .map(|n| format!("; did you mean `{n}`?"))
                        .unwrap_or_default()
                );
                found.push(source.error(at, &message).to_string());
            }
        }
    }
    found
}
