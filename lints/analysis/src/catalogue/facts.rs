//! Reviewed facts: TOML into maps by path.

use rustc_hash::{FxHashMap, FxHashSet};

use super::error::CatalogueError;
use super::paths::expand;
use super::{FunctionFacts, Resource};
use crate::symbol::{Symbol, sym};

/// Facts of one file.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    pub(super) resources: FxHashMap<Symbol, Resource>,
    pub(super) functions: FxHashMap<Symbol, FunctionFacts>,
    /// Generic types that own values of their arguments.
    pub(super) containers: FxHashSet<Symbol>,
    /// Pointers whose clone points to the same object.
    pub(super) shared_pointers: FxHashSet<Symbol>,
    /// What handlers of requests are given.
    pub(super) requests: FxHashSet<Symbol>,
    /// Iterators that never come to an end by themselves.
    pub(super) endless: FxHashSet<Symbol>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    container: Vec<String>,
    shared_pointer: Vec<String>,
    request: Vec<String>,
    endless: Vec<String>,
    resource: Vec<Resource>,
    function: Vec<FunctionFacts>,
}

impl Facts {
    /// Reads a file; every path may have alternatives in braces.
    pub(super) fn parse(text: &str) -> Result<Self, CatalogueError> {
        let file: File = toml::from_str(text).map_err(|e| CatalogueError::syntax(text, &e))?;
        let mut facts = Self::default();
        for path in file.container.iter().flat_map(|p| expand(p)) {
            facts.containers.insert(checked(&path)?);
        }
        for path in file.shared_pointer.iter().flat_map(|p| expand(p)) {
            facts.shared_pointers.insert(checked(&path)?);
        }
        for path in file.request.iter().flat_map(|p| expand(p)) {
            facts.requests.insert(checked(&path)?);
        }
        for path in file.endless.iter().flat_map(|p| expand(p)) {
            facts.endless.insert(checked(&path)?);
        }
        for resource in file.resource {
            for path in expand(&resource.ty) {
                let ty = checked(&path)?;
                let entry = Resource { ty, ..resource.clone() };
                if facts.resources.insert(ty, entry).is_some() {
                    return Err(CatalogueError::Duplicate { path });
                }
            }
        }
        for function in file.function {
            for path in expand(&function.path) {
                let symbol = checked(&path)?;
                let entry = FunctionFacts { path: symbol, ..function.clone() };
                if facts.functions.insert(symbol, entry).is_some() {
                    return Err(CatalogueError::Duplicate { path });
                }
            }
        }
        Ok(facts)
    }
}

/// A path of two segments or more, each a name.
fn checked(path: &str) -> Result<Symbol, CatalogueError> {
    let names = path.split("::").all(|segment| {
        segment.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && segment.chars().all(|c| c.is_alphanumeric() || c == '_')
    });
    if names && path.contains("::") {
        Ok(sym(path))
    } else {
        Err(CatalogueError::NotAPath { path: path.to_owned() })
    }
}
