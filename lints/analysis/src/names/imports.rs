//! Resolves all `use` declarations, in rounds until nothing more is found.
//!
//! Rounds need no recursion and so no guard against cycles of re-exports; names that come through globs are
//! looked up when they are asked for, which keeps the tables small.

use rayon::prelude::*;

use crate::names::Namespace;
use crate::names::graph::{Binding, Entity, Glob, Graph, NodeId, names_of};
use crate::names::lookup::Lookup;
use crate::span::FileId;
use crate::symbol::Symbol;
use crate::syntax::items::Import;

/// Rounds after which even a strange program is left alone.
const ROUNDS: usize = 64;

/// A `use` that may still give something.
struct Open {
    node: NodeId,
    file: FileId,
    import: u32,
    /// A glob that has its target.
    done: bool,
}

#[derive(Default)]
struct Found {
    ty: Option<Entity>,
    value: Option<Entity>,
    mac: Option<Symbol>,
}

/// Resolves the imports of the whole program.
pub(super) fn resolve(graph: &mut Graph) {
    let mut open = declare(graph);
    let mut patient = true;
    for _ in 0..ROUNDS {
        let shared: &Graph = graph;
        let found: Vec<Found> = open.par_iter().map(|one| look(shared, one, patient)).collect();
        let mut changed = false;
        for (one, found) in open.iter_mut().zip(&found) {
            changed |= apply(graph, one, found);
        }
        open.retain(|one| !one.done);
        if !changed {
            if !patient {
                break;
            }
            patient = false;
        }
    }
}

/// Lists all imports and marks the names that they will introduce.
fn declare(graph: &mut Graph) -> Vec<Open> {
    let mut open = Vec::new();
    for number in 0..graph.files.len() {
        let file = FileId(number as u32);
        let hir = std::sync::Arc::clone(&graph.files[number]);
        for (index, import) in hir.imports.iter().enumerate() {
            // `use a as _` introduces nothing that could be named.
            if import.name.is_none() && !import.is_glob {
                continue;
            }
            let node = graph.node_of(file, import.module);
            if let Some(name) = import.name {
                graph.node_mut(node).names.entry(name).or_default().pending = true;
            }
            open.push(Open { node, file, import: index as u32, done: false });
        }
    }
    open
}

fn import_of<'g>(graph: &'g Graph, open: &Open) -> &'g Import {
    &graph.files[open.file.0 as usize].imports[open.import as usize]
}

fn look(graph: &Graph, open: &Open, patient: bool) -> Found {
    let import = import_of(graph, open);
    // A glob introduces no name of its own, but its path starts the way other imports' paths do.
    let own = (open.node, import.name.unwrap_or_default());
    let lookup = Lookup { graph, patient, own: Some(own) };
    let ty = lookup.use_path(open.node, &import.path, Namespace::Type).ok();
    if import.is_glob {
        return Found { ty, ..Found::default() };
    }
    if let Some(Entity::External(path)) = ty {
        return Found { ty, value: ty, mac: Some(path) };
    }
    let value = lookup.use_path(open.node, &import.path, Namespace::Value).ok();
    let mac = macro_of(graph, &lookup, open.node, import);
    Found { ty, value, mac }
}

/// `use crate::name;` of a macro of the program, or a re-export of one.
fn macro_of(graph: &Graph, lookup: &Lookup<'_>, node: NodeId, import: &Import) -> Option<Symbol> {
    let last = import.path.last()?;
    let count = import.path.segments.len();
    if count == 1 {
        return lookup.own_macro(graph.node(node).krate, last);
    }
    let (mut entity, used) = lookup.start(node, &import.path, Namespace::Type, true).ok()?;
    for name in names_of(&import.path).take(count - 1).skip(used) {
        entity = lookup.member(entity, name, Namespace::Type, node).ok()?;
    }
    let Entity::Module(module) = entity else { return None };
    let there = graph.node(module);
    let own = module == node && import.name == Some(last);
    let imported = there.names.get(&last).and_then(|names| names.mac).filter(|_| !own);
    imported.or_else(|| lookup.own_macro(there.krate, last))
}

/// Enters what a round found; whether that is news.
fn apply(graph: &mut Graph, open: &mut Open, found: &Found) -> bool {
    let (name, public, is_glob) = {
        let import = import_of(graph, open);
        (import.name, import.is_public, import.is_glob)
    };
    let node = graph.node_mut(open.node);
    if is_glob {
        let Some(target) = found.ty else { return false };
        open.done = true;
        // `use self::*` would only go in circles.
        if target != Entity::Module(open.node) {
            node.globs.push(Glob { target, public });
        }
        return true;
    }
    let Some(name) = name else { return false };
    let names = node.names.entry(name).or_default();
    let mut changed = false;
    if let Some(entity) = found.ty {
        changed |= enter(&mut names.ty, entity, public);
    }
    if let Some(entity) = found.value {
        changed |= enter(&mut names.value, entity, public);
    }
    if found.mac.is_some() && names.mac.is_none() {
        names.mac = found.mac;
        changed = true;
    }
    if changed {
        names.pending = false;
    }
    open.done = matches!(found.ty, Some(Entity::External(_)));
    changed
}

fn enter(slot: &mut Option<Binding>, entity: Entity, public: bool) -> bool {
    match slot {
        None => {
            *slot = Some(Binding { entity, public, imported: true });
            true
        }
        // Under another cfg: what is known says more. loom's models of std types are for tests of concurrency.
        Some(Binding { entity: Entity::External(first), .. })
            if is_second_choice(first)
                && entity != Entity::External(*first)
                && !matches!(entity, Entity::External(path) if is_second_choice(&path)) =>
        {
            *slot = Some(Binding { entity, public, imported: true });
            true
        }
        Some(_) => false,
    }
}

/// A path into a crate that the catalogue does not know, or into a model of the real one.
fn is_second_choice(path: &str) -> bool {
    let krate = path.split("::").next().unwrap_or(path);
    krate == "loom" || !crate::catalogue::Catalogue::builtin().has_crate(krate)
}
