//! Names outside of the program.

use std::hash::BuildHasher;
use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::catalogue::{Catalogue, TypeFacts};
use crate::symbol::{Symbol, sym};

/// What the names layer asks about crates outside of the program.
pub trait ExternalIndex: Send + Sync {
    /// Follows re-exports: `tokio::task::spawn` → `tokio::spawn`; unknown paths come back unchanged.
    fn canonical(&self, path: &str) -> Symbol;
    /// Whether anything is known at this canonical path.
    fn has_path(&self, path: Symbol) -> bool;
    /// Whether this crate is known.
    fn has_crate(&self, name: &str) -> bool;
    /// What is known of a type.
    fn type_facts(&self, path: Symbol) -> Option<Arc<TypeFacts>>;
}

impl ExternalIndex for Catalogue {
    fn canonical(&self, path: &str) -> Symbol {
        Catalogue::canonical(self, path)
    }

    fn has_path(&self, path: Symbol) -> bool {
        Catalogue::type_facts(self, path).is_some()
            || Catalogue::function(self, path).is_some()
            || Catalogue::has_learnt(self, path)
    }

    fn has_crate(&self, name: &str) -> bool {
        Catalogue::has_crate(self, name)
    }

    fn type_facts(&self, path: Symbol) -> Option<Arc<TypeFacts>> {
        Catalogue::type_facts(self, path)
    }
}

/// The shipped catalogue: names and types in it are the same whatever a user adds.
pub(super) struct Shipped;

impl ExternalIndex for Shipped {
    fn canonical(&self, path: &str) -> Symbol {
        Catalogue::builtin().canonical(path)
    }

    fn has_path(&self, path: Symbol) -> bool {
        ExternalIndex::has_path(Catalogue::builtin(), path)
    }

    fn has_crate(&self, name: &str) -> bool {
        Catalogue::builtin().has_crate(name)
    }

    fn type_facts(&self, path: Symbol) -> Option<Arc<TypeFacts>> {
        Catalogue::builtin().type_facts(path)
    }
}

/// What a prefix and a name come to.
#[derive(Clone, Copy)]
struct Joined {
    path: Symbol,
    known: bool,
}

type Shard = RwLock<FxHashMap<(Symbol, Symbol), Joined>>;

const SHARDS: usize = 16;

/// Joins paths outside of the program, each pair once: the same few thousand occur over and over.
pub(super) struct Externals {
    pub(super) index: Arc<dyn ExternalIndex>,
    joined: [Shard; SHARDS],
}

impl Externals {
    pub(super) fn new(index: Arc<dyn ExternalIndex>) -> Self {
        Self { index, joined: std::array::from_fn(|_| Shard::default()) }
    }

    /// `prefix::name`, canonical.
    pub(super) fn join(&self, prefix: Symbol, name: Symbol) -> Symbol {
        self.joined(prefix, name).path
    }

    /// `prefix::name`, canonical, when something is known there.
    pub(super) fn find(&self, prefix: Symbol, name: Symbol) -> Option<Symbol> {
        let joined = self.joined(prefix, name);
        joined.known.then_some(joined.path)
    }

    fn joined(&self, prefix: Symbol, name: Symbol) -> Joined {
        let key = (prefix, name);
        let shard = &self.joined[FxBuildHasher.hash_one(key) as usize >> 7 & (SHARDS - 1)];
        if let Some(found) = shard.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return *found;
        }
        let text = format!("{prefix}::{name}");
        let path = self.index.canonical(&text);
        // A re-export that leads elsewhere is known, even when its target has no section of its own.
        let std_root = path.as_str() == text || text.starts_with("core::") || text.starts_with("alloc::");
        let known = !std_root || self.index.has_path(path) || std_prelude_module(prefix, name);
        let joined = Joined { path: io_prelude(path), known };
        shard.write().unwrap_or_else(PoisonError::into_inner).insert(key, joined);
        joined
    }
}

fn std_prelude_module(prefix: Symbol, name: Symbol) -> bool {
    prefix == "std::io::prelude" && matches!(name.as_str(), "Read" | "Write" | "BufRead" | "Seek")
}

fn io_prelude(path: Symbol) -> Symbol {
    match path.as_str().strip_prefix("std::io::prelude::") {
        Some(rest) => sym(&format!("std::io::{rest}")),
        None => path,
    }
}
