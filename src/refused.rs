//! What cargo refuses in a manifest, with its place: linger reads on as far as it can, and says so.

use std::path::Path;

use serde::Deserialize;
use toml::{Spanned, Table, Value};

use crate::config::load::Source;

const EDITIONS: [&str; 4] = ["2015", "2018", "2021", "2024"];

/// The parts of a manifest that decide what belongs to a workspace.
#[derive(Deserialize)]
struct Shape {
    workspace: Option<Workspace>,
    package: Option<Package>,
    project: Option<Package>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", default, expecting = "a table")]
#[derive(Default)]
struct Workspace {
    members: Vec<Spanned<String>>,
    exclude: Vec<String>,
    default_members: Vec<String>,
}

#[derive(Deserialize)]
#[serde(expecting = "a table")]
struct Package {
    name: String,
    edition: Option<Spanned<Value>>,
}

/// Whether a table looks as it should: the short way, without places, for the many manifests that are right.
pub fn is_fine(table: &Table) -> bool {
    let are_texts = |value: &Value| value.as_array().is_some_and(|list| list.iter().all(Value::is_str));
    let lists = |workspace: &Value| {
        let lists = ["members", "exclude", "default-members"];
        workspace.is_table() && lists.iter().filter_map(|key| workspace.get(key)).all(are_texts)
    };
    let describes = |package: &Value| {
        package.get("name").is_some_and(Value::is_str) && package.get("edition").is_none_or(is_edition)
    };
    let workspace = table.get("workspace");
    let package = table.get("package").or_else(|| table.get("project"));
    (workspace.is_some() || package.is_some()) && workspace.is_none_or(lists) && package.is_none_or(describes)
}

/// A year, or what the workspace says.
fn is_edition(value: &Value) -> bool {
    value.is_table() || value.as_str().is_some_and(|year| EDITIONS.contains(&year))
}

/// Why cargo refuses a manifest, as `path:line:column: message`. `None` when nothing is wrong with it.
pub fn reason(path: &Path) -> Option<String> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => return Some(format!("{} cannot be read: {error}", path.display())),
    };
    let source = Source { path, text: &text };
    let shape: Shape = match source.parse() {
        Ok(shape) => shape,
        Err(error) => return Some(error.to_string()),
    };
    let Some(package) = shape.package.or(shape.project) else {
        let message = "this manifest has neither a [package] nor a [workspace]";
        return shape.workspace.is_none().then(|| source.error(Some(0..0), message).to_string());
    };
    let edition = package.edition.filter(|edition| !is_edition(edition.get_ref()))?;
    let message = format!(
        "package `{}` has an edition that there is not; editions are \"{}\"",
        package.name,
        EDITIONS.join("\", \"")
    );
    Some(source.error(Some(edition.span()), &message).to_string())
}

/// Members of a workspace that are not there, each with the place that names it.
pub fn missing_members(path: &Path) -> Vec<String> {
    let (Some(root), Ok(text)) = (path.parent(), std::fs::read_to_string(path)) else { return Vec::new() };
    let source = Source { path, text: &text };
    // What is wrong with the manifest as a whole is said elsewhere.
    let Ok(Shape { workspace: Some(workspace), .. }) = source.parse::<Shape>() else { return Vec::new() };
    let is_missing = |member: &&Spanned<String>| {
        let name = member.get_ref();
        // A pattern may match nothing.
        !name.contains(['*', '?', '[']) && !root.join(name).join("Cargo.toml").is_file()
    };
    let message = |member: &Spanned<String>| {
        let message = format!("member `{}` is not there: no Cargo.toml in that folder", member.get_ref());
        source.error(Some(member.span()), &message).to_string()
    };
    workspace.members.iter().filter(is_missing).map(message).collect()
}
