//! The names that items introduce into their modules, and those of other crates.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::names::TargetKind;
use crate::names::graph::{Binding, Entity, Graph, Names, NodeId, parent_of};
use crate::span::FileId;
use crate::symbol::{Symbol, sym};
use crate::syntax::hir::{ItemIndex, ModuleIndex};
use crate::syntax::items::{Fields, ItemKind};

/// A name that an item introduces.
struct Introduced {
    node: NodeId,
    name: Symbol,
    binding: Binding,
    ty: bool,
    value: bool,
}

/// Binds the names of all items.
pub(super) fn bind_items(graph: &mut Graph) {
    let files: Vec<FileId> = (0..graph.files.len() as u32).map(FileId).collect();
    let shared: &Graph = graph;
    let modules = modules_of(shared);
    let introduced: Vec<Vec<Introduced>> =
        files.par_iter().map(|file| of_file(shared, *file, &modules)).collect();
    for one in introduced.into_iter().flatten() {
        add(graph, &one);
    }
}

/// Definition of a `mod` → the module.
fn modules_of(graph: &Graph) -> FxHashMap<(FileId, ItemIndex), NodeId> {
    let mut out = FxHashMap::default();
    for (index, node) in graph.nodes.iter().enumerate() {
        if let Some(def) = node.declared_by {
            out.insert(graph.origin(def), NodeId(index as u32));
        }
    }
    out
}

fn of_file(graph: &Graph, file: FileId, modules: &FxHashMap<(FileId, ItemIndex), NodeId>) -> Vec<Introduced> {
    let hir = &graph.files[file.0 as usize];
    let mut out = Vec::with_capacity(hir.items.len());
    // Behind all others, so that items which can be read win.
    let mut made = Vec::new();
    for (index, item) in hir.items.iter().enumerate() {
        if parent_of(hir, item).is_some() {
            continue;
        }
        let index = ItemIndex(index as u32);
        let def = Entity::Def(graph.def_id(file, index));
        let (entity, ty, value) = match &item.kind {
            ItemKind::Fn(_) | ItemKind::Static { .. } => (def, false, true),
            ItemKind::Const { .. } if item.name != "_" => (def, false, true),
            ItemKind::Struct(Fields::Named(_))
            | ItemKind::Enum(_)
            | ItemKind::Trait { .. }
            | ItemKind::TypeAlias(_) => (def, true, false),
            ItemKind::Struct(_) => (def, true, true),
            ItemKind::OpaqueMacro { declares } => {
                made_by_macro(graph, file, item.module, declares, &mut made);
                continue;
            }
            ItemKind::Mod { .. } => match modules.get(&(file, index)) {
                Some(node) => (Entity::Module(*node), true, false),
                // The file belongs to another module (or crate) already, or is not there.
                None => match shared_module(graph, file, index) {
                    Some(node) => (Entity::Module(node), true, false),
                    None => continue,
                },
            },
            _ => continue,
        };
        let node = graph.node_of(file, item.module);
        let binding = Binding { entity, public: item.is_public, imported: false };
        out.push(Introduced { node, name: item.name, binding, ty, value });
    }
    out.append(&mut made);
    out
}

/// Names that a macro declares which linger cannot expand: they hide what a glob brings, and nothing is known
/// of them.
fn made_by_macro(
    graph: &Graph,
    file: FileId,
    module: ModuleIndex,
    names: &[Symbol],
    out: &mut Vec<Introduced>,
) {
    let node = graph.node_of(file, module);
    let within = graph.node(node).path;
    out.extend(names.iter().map(|name| {
        let entity = Entity::External(sym(&format!("{within}::{name}")));
        let binding = Binding { entity, public: true, imported: false };
        Introduced { node, name: *name, binding, ty: true, value: true }
    }));
}

/// The module of `mod x;` whose file another declaration claimed first.
fn shared_module(graph: &Graph, file: FileId, item: ItemIndex) -> Option<NodeId> {
    let target = graph.shared.get(&(file, item))?;
    Some(graph.node_of(*target, ModuleIndex(0)))
}

fn add(graph: &mut Graph, one: &Introduced) {
    let names = graph.node_mut(one.node).names.entry(one.name).or_default();
    let mut alternate = None;
    if one.ty {
        match names.ty {
            None => names.ty = Some(one.binding),
            // The same module under two cfgs.
            Some(Binding { entity: Entity::Module(first), .. }) => {
                if let Entity::Module(second) = one.binding.entity
                    && first != second
                {
                    alternate = Some((first, second));
                }
            }
            Some(_) => {}
        }
    }
    if one.value && names.value.is_none() {
        names.value = Some(one.binding);
    }
    if let Some((first, second)) = alternate {
        graph.node_mut(first).alternates.push(second);
    }
}

/// Finds what each crate calls other crates, and its macros.
pub(super) fn bind_crates(graph: &mut Graph) {
    for (krate, input) in graph.crates.iter().enumerate() {
        if input.kind == TargetKind::Lib {
            graph.libraries.entry(sym(&input.name)).or_insert(krate as u32);
        }
    }
    let mut preludes: Vec<FxHashMap<Symbol, Entity>> = Vec::with_capacity(graph.crates.len());
    for (krate, input) in graph.crates.iter().enumerate() {
        let mut names = FxHashMap::default();
        for name in ["std", "core", "alloc", "proc_macro", "test"] {
            names.insert(
                sym(name),
                Entity::External(if name == "core" || name == "alloc" { sym("std") } else { sym(name) }),
            );
        }
        for (written, name) in &input.dependencies {
            names.insert(sym(written), crate_entity(graph, sym(name)));
        }
        // The package's own library.
        if !matches!(input.kind, TargetKind::Lib | TargetKind::BuildScript | TargetKind::Loose) {
            let own = graph
                .crates
                .iter()
                .position(|c| c.kind == TargetKind::Lib && c.package == input.package && same_tree(c, input));
            if let Some(own) = own
                && own != krate
                && let Some(root) = graph.roots[own]
            {
                names.insert(sym(&graph.crates[own].name), Entity::Module(root));
            }
        }
        preludes.push(names);
    }
    graph.extern_prelude = preludes;
    let mut macros = vec![FxHashSet::default(); graph.crates.len()];
    for (number, file) in graph.files.iter().enumerate() {
        let krate = graph.node(graph.node_of(FileId(number as u32), ModuleIndex(0))).krate;
        let Some(set) = macros.get_mut(krate as usize) else { continue };
        set.extend(file.items.iter().filter(|i| matches!(i.kind, ItemKind::MacroRules)).map(|i| i.name));
    }
    graph.macros = macros;
    extern_crates(graph);
}

/// Two packages may have one name; the nearer root is the package's own.
fn same_tree(library: &crate::names::CrateInput, other: &crate::names::CrateInput) -> bool {
    let near = library.root.parent().and_then(std::path::Path::parent);
    near.is_none_or(|package| other.root.starts_with(package) || package.as_os_str().is_empty())
}

/// A crate by its own name: a member's library or something outside.
fn crate_entity(graph: &Graph, name: Symbol) -> Entity {
    let root = graph.libraries.get(&name).and_then(|krate| graph.roots[*krate as usize]);
    match (name.as_str(), root) {
        (_, Some(root)) => Entity::Module(root),
        ("core" | "alloc", None) => Entity::External(sym("std")),
        _ => Entity::External(name),
    }
}

/// `extern crate a as b;`
fn extern_crates(graph: &mut Graph) {
    let mut found = Vec::new();
    let mut macro_crates = vec![Vec::new(); graph.crates.len()];
    for (number, file) in graph.files.iter().enumerate() {
        for item in &file.items {
            let ItemKind::ExternCrate { original } = item.kind else { continue };
            let node = graph.node_of(FileId(number as u32), item.module);
            let krate = graph.node(node).krate;
            let Some(prelude) = graph.extern_prelude.get(krate as usize) else { continue };
            let entity = if original == "self" {
                graph.roots[krate as usize].map(Entity::Module)
            } else {
                Some(prelude.get(&original).copied().unwrap_or_else(|| crate_entity(graph, original)))
            };
            if let Some(entity) = entity {
                if item.attributes.others.iter().any(|a| *a == "macro_use") {
                    macro_crates[krate as usize].push(entity);
                }
                found.push((
                    node,
                    item.name,
                    krate,
                    Binding { entity, public: item.is_public, imported: false },
                ));
            }
        }
    }
    graph.macro_crates = macro_crates;
    for (node, name, krate, binding) in found {
        // In the root of a crate it adds to the names that every module sees.
        if graph.node(node).parent.is_none() {
            graph.extern_prelude[krate as usize].entry(name).or_insert(binding.entity);
        }
        let names: &mut Names = graph.node_mut(node).names.entry(name).or_default();
        names.ty.get_or_insert(binding);
    }
}
