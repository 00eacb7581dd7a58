//! The module tree over files: which file is which module of which crate.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::names::external::Externals;
use crate::names::graph::{Graph, Node, NodeId};
use crate::names::test_code::is_test_crate;
use crate::names::{CrateInput, TargetKind};
use crate::span::FileId;
use crate::symbol::{Symbol, sym};
use crate::syntax::hir::{ItemIndex, ModuleIndex};
use crate::syntax::items::{FileHir, ItemKind};
use crate::syntax::test_names::is_test_support;

/// A file whose modules are to be placed.
struct Visit {
    file: FileId,
    krate: u32,
    /// The module that declares it.
    parent: Option<(NodeId, ItemIndex)>,
    path: Symbol,
    in_test: bool,
    /// Where `mod x;` in it looks for files.
    directory: PathBuf,
}

/// Places every file in the module tree of a crate. Names are not bound yet.
pub(super) fn build(files: Vec<Arc<FileHir>>, crates: Vec<CrateInput>, externals: Externals) -> Graph {
    let mut graph = empty(files, crates, externals);
    let by_path = graph.files.iter().enumerate().map(|(i, f)| (normalise(&f.path), FileId(i as u32)));
    // The first file of a path wins, as it does for the driver.
    let mut paths: FxHashMap<PathBuf, FileId> = FxHashMap::default();
    for (path, file) in by_path {
        paths.entry(path).or_insert(file);
    }
    let mut tree = Tree { claimed: vec![false; graph.files.len()], paths, taken: FxHashSet::default() };
    let mut order: Vec<u32> = (0..graph.crates.len() as u32).collect();
    // A file in several crates belongs to the library; the sort is stable.
    order.sort_by_key(|krate| match graph.crates[*krate as usize].kind {
        TargetKind::Lib => 0,
        TargetKind::Bin => 1,
        _ => 2,
    });
    for krate in order {
        let input = &graph.crates[krate as usize];
        let path = tree.crate_path(&input.name, input.kind);
        graph.crate_paths[krate as usize] = path;
        let Some(file) = tree.paths.get(&normalise(&input.root)).copied() else { continue };
        tree.root(&mut graph, krate, file, path);
    }
    tree.loose_files(&mut graph);
    graph
}

/// Files and modules that have no place yet.
pub(super) fn empty(files: Vec<Arc<FileHir>>, crates: Vec<CrateInput>, externals: Externals) -> Graph {
    let mut nodes = Vec::new();
    let mut first_node = Vec::with_capacity(files.len());
    let mut first_def = Vec::with_capacity(files.len() + 1);
    let mut defs = 0;
    for (number, file) in files.iter().enumerate() {
        first_node.push(nodes.len() as u32);
        first_def.push(defs);
        defs += file.items.len() as u32;
        for module in &file.modules {
            nodes.push(Node {
                file: FileId(number as u32),
                krate: u32::MAX,
                parent: None,
                is_block: module.is_block,
                in_test: module.cfg_test || file.cfg_test,
                path: Symbol::default(),
                declared_by: None,
                alternates: Vec::new(),
                names: FxHashMap::default(),
                globs: Vec::new(),
            });
        }
    }
    first_def.push(defs);
    let count = crates.len();
    Graph {
        files,
        nodes,
        first_node,
        first_def,
        roots: vec![None; count],
        crate_paths: vec![Symbol::default(); count],
        crates,
        extern_prelude: Vec::new(),
        macros: Vec::new(),
        macro_crates: Vec::new(),
        libraries: FxHashMap::default(),
        shared: FxHashMap::default(),
        externals,
    }
}

struct Tree {
    claimed: Vec<bool>,
    paths: FxHashMap<PathBuf, FileId>,
    /// First segments that are in use.
    taken: FxHashSet<Symbol>,
}

impl Tree {
    /// The first segment of a crate's paths: its name, made unique.
    fn crate_path(&mut self, name: &str, kind: TargetKind) -> Symbol {
        let plain = sym(name);
        if self.taken.insert(plain) {
            return plain;
        }
        if kind == TargetKind::Bin {
            let binary = sym(&format!("{name}{{bin}}"));
            if self.taken.insert(binary) {
                return binary;
            }
        }
        let mut number = 2_u32;
        loop {
            let next = sym(&format!("{name}{{{number}}}"));
            if self.taken.insert(next) {
                return next;
            }
            number += 1;
        }
    }

    fn root(&mut self, graph: &mut Graph, krate: u32, file: FileId, path: Symbol) {
        graph.roots[krate as usize] = Some(graph.node_of(file, ModuleIndex(0)));
        if self.claimed[file.0 as usize] {
            return;
        }
        let in_test = is_test_crate(&graph.crates[krate as usize]);
        let directory = parent_directory(&graph.files[file.0 as usize].path);
        self.claimed[file.0 as usize] = true;
        let mut queue = vec![Visit { file, krate, parent: None, path, in_test, directory }];
        while let Some(visit) = queue.pop() {
            self.file(graph, visit, &mut queue);
        }
    }

    /// Places the modules of a file and queues the files that it declares.
    fn file(&mut self, graph: &mut Graph, visit: Visit, queue: &mut Vec<Visit>) {
        let hir = Arc::clone(&graph.files[visit.file.0 as usize]);
        let count = hir.modules.len();
        let mut directories = vec![PathBuf::new(); count];
        let own_directory = parent_directory(&hir.path);
        let mut inline = FxHashMap::default();
        for (index, item) in hir.items.iter().enumerate() {
            if let ItemKind::Mod { inline: Some(module) } = item.kind {
                inline.insert(module, ItemIndex(index as u32));
            }
        }
        let tests: Vec<_> =
            hir.items.iter().filter(|item| item.attributes.is_test).map(|item| item.span).collect();
        for (index, module) in hir.modules.iter().enumerate() {
            let id = graph.node_of(visit.file, ModuleIndex(index as u32));
            // A module stands after the one around it.
            let outer = module.parent.filter(|parent| parent.index() < index);
            let (parent, path, directory, mut in_test) = match outer {
                None if index == 0 => {
                    (visit.parent.map(|(node, _)| node), visit.path, visit.directory.clone(), visit.in_test)
                }
                _ => {
                    let outer = outer.unwrap_or(ModuleIndex(0));
                    let parent = graph.node_of(visit.file, outer);
                    let around = graph.node(parent);
                    let base = &directories[outer.index()];
                    let (path, directory) = if module.is_block {
                        (sym(&format!("{}::{{block#{index}}}", around.path)), base.clone())
                    } else {
                        let written = inline
                            .get(&ModuleIndex(index as u32))
                            .and_then(|item| hir.items[item.index()].attributes.path);
                        let step = written.unwrap_or(module.name);
                        (sym(&format!("{}::{}", around.path, module.name)), base.join(step.as_str()))
                    };
                    (Some(parent), path, directory, around.in_test)
                }
            };
            in_test |= module.is_block
                && tests.iter().any(|test| test.lo <= module.span.lo && module.span.hi <= test.hi);
            directories[index] = directory;
            let declared = match inline.get(&ModuleIndex(index as u32)) {
                Some(item) => {
                    in_test |=
                        hir.items[item.index()].attributes.cfg_test || is_test_support(module.name.as_str());
                    Some(graph.def_id(visit.file, *item))
                }
                None => None,
            };
            let outer_declaration = visit.parent.filter(|_| index == 0);
            let declared = declared.or_else(|| {
                let (node, item) = outer_declaration?;
                Some(graph.def_id(graph.node(node).file, item))
            });
            let node = graph.node_mut(id);
            node.krate = visit.krate;
            node.parent = parent;
            node.path = path;
            node.in_test |= in_test;
            node.declared_by = declared;
        }
        for (index, item) in hir.items.iter().enumerate() {
            let ItemKind::Mod { inline: None } = item.kind else { continue };
            let module = item.module;
            let Some((file, directory)) = self.declared_file(
                &directories[module.index()],
                module,
                item.attributes.path,
                item.name,
                &own_directory,
            ) else {
                continue;
            };
            if std::mem::replace(&mut self.claimed[file.0 as usize], true) {
                graph.shared.insert((visit.file, ItemIndex(index as u32)), file);
                continue;
            }
            let around = graph.node_of(visit.file, module);
            queue.push(Visit {
                file,
                krate: visit.krate,
                parent: Some((around, ItemIndex(index as u32))),
                path: sym(&format!("{}::{}", graph.node(around).path, item.name)),
                in_test: graph.node(around).in_test
                    || item.attributes.cfg_test
                    || is_test_support(item.name.as_str()),
                directory,
            });
        }
    }

    /// The file of `mod name;`, and where that file's own declarations look.
    fn declared_file(
        &self,
        directory: &Path,
        module: ModuleIndex,
        written: Option<Symbol>,
        name: Symbol,
        own_directory: &Path,
    ) -> Option<(FileId, PathBuf)> {
        if let Some(written) = written {
            // Relative to the file; in an inline module relative to that module's directory.
            let base = if module.0 == 0 { own_directory } else { directory };
            let path = normalise(&base.join(written.as_str()));
            let file = *self.paths.get(&path)?;
            return Some((file, parent_directory(&path)));
        }
        let plain = name.as_str().trim_start_matches("r#");
        let inner = directory.join(plain);
        let beside = normalise(&directory.join(format!("{plain}.rs")));
        if let Some(file) = self.paths.get(&beside) {
            return Some((*file, inner));
        }
        let file = *self.paths.get(&normalise(&inner.join("mod.rs")))?;
        Some((file, inner))
    }

    /// Files that no crate reaches become crates; those that another such file declares come with it.
    fn loose_files(&mut self, graph: &mut Graph) {
        let open: Vec<FileId> =
            (0..graph.files.len() as u32).map(FileId).filter(|f| !self.claimed[f.0 as usize]).collect();
        if open.is_empty() {
            return;
        }
        let mut declared = FxHashSet::default();
        for file in &open {
            let hir = &graph.files[file.0 as usize];
            let own = parent_directory(&hir.path);
            let directory = natural_directory(&hir.path);
            for item in &hir.items {
                if !matches!(item.kind, ItemKind::Mod { inline: None }) || item.module.0 != 0 {
                    continue;
                }
                if let Some((target, _)) =
                    self.declared_file(&directory, item.module, item.attributes.path, item.name, &own)
                    && target != *file
                {
                    declared.insert(target);
                }
            }
        }
        let (inner, roots): (Vec<FileId>, Vec<FileId>) =
            open.into_iter().partition(|file| declared.contains(file));
        for file in roots.into_iter().chain(inner) {
            if !self.claimed[file.0 as usize] {
                self.loose(graph, file);
            }
        }
    }

    fn loose(&mut self, graph: &mut Graph, file: FileId) {
        let path = graph.files[file.0 as usize].path.clone();
        let stem =
            path.file_stem().map_or_else(|| "file".to_owned(), |stem| stem.to_string_lossy().into_owned());
        let name: String = stem.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
        let krate = graph.crates.len() as u32;
        // A crate input that names a folder says which edition the loose files below it have.
        let edition = graph
            .crates
            .iter()
            .filter(|c| c.kind == TargetKind::Loose && path.starts_with(&c.root))
            .max_by_key(|c| c.root.components().count())
            .map_or(2021, |c| c.edition);
        let root = self.crate_path(&name, TargetKind::Loose);
        graph.crates.push(CrateInput {
            name: name.clone(),
            package: name,
            kind: TargetKind::Loose,
            for_tests: false,
            root: path.clone(),
            edition,
            dependencies: Vec::new(),
        });
        graph.roots.push(None);
        graph.crate_paths.push(root);
        graph.roots[krate as usize] = Some(graph.node_of(file, ModuleIndex(0)));
        self.claimed[file.0 as usize] = true;
        // Not every loose file is a crate's root: a stray `foo.rs` has its modules in `foo/`.
        let directory = natural_directory(&path);
        let mut queue = vec![Visit { file, krate, parent: None, path: root, in_test: false, directory }];
        while let Some(visit) = queue.pop() {
            self.file(graph, visit, &mut queue);
        }
    }
}

/// Where the modules of a file are by its name alone.
fn natural_directory(path: &Path) -> PathBuf {
    let parent = parent_directory(path);
    match path.file_stem().map(|stem| stem.to_string_lossy()) {
        Some(stem) if !matches!(&*stem, "mod" | "lib" | "main" | "build") => parent.join(&*stem),
        _ => parent,
    }
}

fn parent_directory(path: &Path) -> PathBuf {
    normalise(path).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// `path` without `.` and `..`, by its text alone.
pub(super) fn normalise(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                let steps_up = matches!(out.components().next_back(), None | Some(Component::ParentDir));
                if steps_up || !out.pop() {
                    out.push("..");
                }
            }
            other => out.push(other),
        }
    }
    out
}
