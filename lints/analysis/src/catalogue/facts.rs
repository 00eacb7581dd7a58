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
    /// Writers to memory, whose errors cannot happen.
    pub(super) memory_writers: FxHashSet<Symbol>,
    /// Standard streams, whose errors have nowhere to go.
    pub(super) standard_streams: FxHashSet<Symbol>,
    /// Those of them that are for diagnostics.
    pub(super) standard_errors: FxHashSet<Symbol>,
    /// Words in names of functions that write to what they are methods of or are given.
    pub(super) writing_verbs: Vec<String>,
    /// Words in names of methods that write to what they are methods of, and read from what they are given.
    pub(super) putting_verbs: Vec<String>,
    /// Words in names of things that a program can do without.
    pub(super) best_effort_words: Vec<String>,
    /// Programs whose exit status is an answer or says nothing, some with the arguments that it takes for that.
    pub(super) answering_programs: Vec<String>,
    /// Iterators that never come to an end by themselves.
    pub(super) endless: FxHashSet<Symbol>,
}

/// A file of facts as it is written.
#[derive(Debug, Default, Clone, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Written {
    /// Generic types that own values of their arguments.
    container: Vec<String>,
    /// Pointers whose clone points to the same object.
    shared_pointer: Vec<String>,
    /// What handlers of requests are given.
    request: Vec<String>,
    /// Writers to memory, whose errors cannot happen.
    memory_writer: Vec<String>,
    /// Standard streams, whose errors have nowhere to go.
    standard_stream: Vec<String>,
    /// Standard streams for diagnostics: not what a program is run for.
    standard_error: Vec<String>,
    /// Words in names of functions that write to what they are methods of or are given.
    writing_verb: Vec<String>,
    /// Words in names of methods that write to what they are methods of, and read from what they are given.
    putting_verb: Vec<String>,
    /// Words in names of things that a program can do without.
    best_effort_word: Vec<String>,
    /// Programs whose exit status is an answer or says nothing, some with the arguments that it takes for that.
    answering_program: Vec<String>,
    /// Iterators that never come to an end by themselves.
    endless: Vec<String>,
    /// Types whose values stand for something that must be released.
    resource: Vec<Resource>,
    /// Functions and methods.
    function: Vec<FunctionFacts>,
}

impl Facts {
    /// Reads a file; every path may have alternatives in braces.
    pub(super) fn parse(text: &str) -> Result<Self, CatalogueError> {
        let file: Written = toml::from_str(text).map_err(|e| CatalogueError::syntax(text, &e))?;
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
        for path in file.memory_writer.iter().flat_map(|p| expand(p)) {
            facts.memory_writers.insert(checked(&path)?);
        }
        for path in file.standard_stream.iter().flat_map(|p| expand(p)) {
            facts.standard_streams.insert(checked(&path)?);
        }
        for path in file.standard_error.iter().flat_map(|p| expand(p)) {
            let path = checked(&path)?;
            facts.standard_streams.insert(path);
            facts.standard_errors.insert(path);
        }
        facts.writing_verbs = file.writing_verb;
        facts.putting_verbs = file.putting_verb;
        facts.best_effort_words = file.best_effort_word;
        facts.answering_programs = file.answering_program;
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
