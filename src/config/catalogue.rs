//! `[catalogue]` of a configuration: where its mistakes are, and entries that can never match.

use std::path::Path;

use linger_analysis::catalogue::{Catalogue, CatalogueError, Written};
use rustc_hash::FxHashSet;
use serde::Deserialize;
use toml::{Spanned, Table};

use crate::config::Config;
use crate::config::load::Source;
use crate::manifest::Package;

/// The same text once more, for what cannot be told from a table: where its entries are.
#[derive(Deserialize)]
struct Whole<T> {
    catalogue: Option<T>,
    workspace: Option<Workspace<T>>,
}

#[derive(Deserialize)]
struct Workspace<T> {
    metadata: Option<Metadata<T>>,
}

#[derive(Deserialize)]
struct Metadata<T> {
    linger: Option<Linger<T>>,
}

#[derive(Deserialize)]
struct Linger<T> {
    catalogue: Option<T>,
}

/// The entries with their places.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Entries {
    resource: Vec<Spanned<Table>>,
    function: Vec<Spanned<Table>>,
}

/// What an entry cannot do without.
const OF_A_RESOURCE: [&str; 4] = ["type", "class", "drop", "across_await"];
const OF_A_FUNCTION: [&str; 1] = ["path"];

/// Fails when the entries cannot be read.
pub fn verify(source: &Source<'_>, table: &Table) -> anyhow::Result<()> {
    if let Err(error) = source.parse::<Whole<Written>>() {
        let is_lack = error.to_string().contains("missing field");
        return Err(incomplete(source).filter(|_| is_lack).unwrap_or(error));
    }
    let text = toml::to_string(table)?;
    let Err(error) = Catalogue::extended(&text) else { return Ok(()) };
    let path = match &error {
        CatalogueError::NotAPath { path } if path.is_empty() => {
            return Err(incomplete(source).unwrap_or_else(|| source.error(None, &error.to_string())));
        }
        CatalogueError::Duplicate { path } | CatalogueError::NotAPath { path } => {
            source.text.rfind(path.as_str())
        }
        CatalogueError::Syntax { .. } => None,
    };
    Err(source.error(path.map(|at| at..at), &error.to_string()))
}

/// The first entry that lacks something, with all that it lacks.
fn incomplete(source: &Source<'_>) -> Option<anyhow::Error> {
    let whole: Whole<Entries> = source.parse().ok()?;
    let in_manifest = || whole.workspace?.metadata?.linger?.catalogue;
    let entries = whole.catalogue.or_else(in_manifest)?;
    let resources = entries.resource.iter().map(|entry| (entry, OF_A_RESOURCE.as_slice()));
    let functions = entries.function.iter().map(|entry| (entry, OF_A_FUNCTION.as_slice()));
    resources.chain(functions).find_map(|(entry, needed)| {
        let lacks = needed.iter().filter(|key| !entry.get_ref().contains_key(**key));
        let lacks: Vec<String> = lacks.map(|key| format!("`{key}`")).collect();
        let message = format!("this entry lacks {}", lacks.join(", "));
        (!lacks.is_empty()).then(|| source.error(Some(entry.span()), &message))
    })
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
