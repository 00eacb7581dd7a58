//! The module tree over files.

use std::path::{Component, Path, PathBuf};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::names::scopes::{ModId, ModuleScope, PendingImport, Scopes};
use crate::names::{CrateInput, TargetKind};
use crate::span::FileId;
use crate::symbol::{Symbol, sym};
use crate::syntax::hir::ModuleIndex;
use crate::syntax::items::{FileHir, ItemKind};

/// Follows `mod` declarations from the roots of all crates.
pub(super) struct Tree<'a> {
    pub(super) files: &'a [std::sync::Arc<FileHir>],
    pub(super) by_path: FxHashMap<PathBuf, FileId>,
    pub(super) scopes: Scopes,
    visited: FxHashSet<FileId>,
}

impl<'a> Tree<'a> {
    pub(super) fn new(files: &'a [std::sync::Arc<FileHir>]) -> Self {
        let by_path =
            files.iter().enumerate().map(|(i, f)| (normalize(&f.path), FileId(i as u32))).collect();
        Self { files, by_path, scopes: Scopes::default(), visited: FxHashSet::default() }
    }

    /// Builds the tree; files that no crate reaches become crates of their own.
    pub(super) fn build(&mut self, crates: &mut Vec<CrateInput>) {
        let mut order: Vec<usize> = (0..crates.len()).collect();
        order.sort_by_key(|i| rank(crates[*i].kind));
        let mut roots = vec![None; crates.len()];
        let lib_names: FxHashSet<(String, String)> = crates
            .iter()
            .filter(|c| c.kind == TargetKind::Lib)
            .map(|c| (c.package.clone(), c.name.clone()))
            .collect();
        for index in order {
            let input = &crates[index];
            let taken = input.kind != TargetKind::Lib
                && lib_names.contains(&(input.package.clone(), input.name.clone()));
            let name = if taken { format!("{}{{bin}}", input.name) } else { input.name.clone() };
            if let Some(file) = self.by_path.get(&normalize(&input.root)).copied() {
                roots[index] = Some(self.root(file, &name, index as u32, is_test_kind(input.kind)));
            }
        }
        for index in 0..self.files.len() {
            let file = FileId(index as u32);
            if self.visited.contains(&file) {
                continue;
            }
            let path = self.files[index].path.clone();
            // A module that nobody declares (behind a macro, or of a target that was not found) most likely
            // belongs to the crate whose folder it lies in.
            let home = crates
                .iter()
                .enumerate()
                .filter_map(|(i, c)| {
                    let dir = normalize(c.root.parent()?);
                    normalize(&path).starts_with(&dir).then(|| (dir.components().count(), i))
                })
                .max_by_key(|(depth, i)| (*depth, std::cmp::Reverse(*i)))
                .map(|(_, i)| i);
            let (edition, dependencies, package, kind) = match home {
                Some(i) => {
                    (crates[i].edition, crates[i].dependencies.clone(), crates[i].package.clone(), crates[i].kind)
                }
                None => (2024, Vec::new(), String::new(), TargetKind::Loose),
            };
            let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
            let krate = crates.len() as u32;
            crates.push(CrateInput {
                name: format!("{}{{file{index}}}", stem.replace('-', "_")),
                package,
                kind: if is_test_kind(kind) { kind } else { TargetKind::Loose },
                root: path,
                edition,
                dependencies,
            });
            let name = crates[krate as usize].name.clone();
            roots.push(Some(self.root(file, &name, krate, is_test_kind(kind))));
        }
        // Crates whose root is missing get an empty root, so that indices agree.
        let roots = roots
            .into_iter()
            .enumerate()
            .map(|(i, r)| r.unwrap_or_else(|| self.module(sym(""), None, i as u32, false, false)))
            .collect();
        self.scopes.roots = roots;
    }

    fn root(&mut self, file: FileId, name: &str, krate: u32, in_test: bool) -> ModId {
        let dir = self.files[file.0 as usize].path.parent().map(Path::to_path_buf).unwrap_or_default();
        let id = self.module(sym(name), None, krate, false, in_test);
        self.enter(file, id, krate, &dir, in_test);
        id
    }

    fn module(&mut self, path: Symbol, parent: Option<ModId>, krate: u32, is_block: bool, in_test: bool) -> ModId {
        let id = ModId(self.scopes.modules.len() as u32);
        self.scopes.modules.push(ModuleScope {
            path,
            parent,
            krate,
            is_block,
            in_test,
            types: FxHashMap::default(),
            values: FxHashMap::default(),
            imports: Vec::new(),
            globs: Vec::new(),
            imported_types: FxHashMap::default(),
            imported_values: FxHashMap::default(),
            glob_targets: Vec::new(),
        });
        id
    }

    /// Takes in a file as module `id`; `dir` is where its child modules' files lie.
    fn enter(&mut self, file: FileId, id: ModId, krate: u32, dir: &Path, in_test: bool) {
        if !self.visited.insert(file) {
            return;
        }
        let hir = std::sync::Arc::clone(&self.files[file.0 as usize]);
        let in_test = in_test || hir.cfg_test;
        self.scopes.crate_of_file.insert(file, krate);
        let mut ids: Vec<ModId> = Vec::with_capacity(hir.modules.len());
        let mut dirs: Vec<PathBuf> = Vec::with_capacity(hir.modules.len());
        for (index, module) in hir.modules.iter().enumerate() {
            let this = match module.parent {
                None => {
                    dirs.push(dir.to_path_buf());
                    self.scopes.module_mut(id).in_test |= in_test;
                    id
                }
                Some(parent) => {
                    let above = ids.get(parent.index()).copied().unwrap_or(id);
                    let base = self.scopes.module(above).path;
                    let tested = in_test || module.cfg_test || self.scopes.module(above).in_test;
                    let own_dir = dirs.get(parent.index()).cloned().unwrap_or_else(|| dir.to_path_buf());
                    if module.is_block {
                        dirs.push(own_dir);
                        let path = sym(&format!("{base}::{{block{}.{index}}}", file.0));
                        self.module(path, Some(above), krate, true, tested)
                    } else {
                        dirs.push(own_dir.join(module.name.as_str()));
                        let path = sym(&format!("{base}::{}", module.name));
                        self.module(path, Some(above), krate, false, tested)
                    }
                }
            };
            ids.push(this);
            self.scopes.of_file.insert((file, ModuleIndex(index as u32)), this);
        }
        for import in &hir.imports {
            let Some(module) = ids.get(import.module.index()).copied() else { continue };
            let pending =
                PendingImport { name: import.name, path: import.path.clone(), is_public: import.is_public };
            let scope = self.scopes.module_mut(module);
            if import.is_glob { scope.globs.push(pending) } else { scope.imports.push(pending) }
        }
        for item in &hir.items {
            let ItemKind::Mod { inline } = &item.kind else { continue };
            let Some(above) = ids.get(item.module.index()).copied() else { continue };
            let name = item.name;
            let child = match inline {
                Some(index) => match ids.get(index.index()) {
                    Some(id) => *id,
                    None => continue,
                },
                None => {
                    let base = &dirs[item.module.index().min(dirs.len() - 1)];
                    let file_dir = hir.path.parent().unwrap_or(Path::new(""));
                    let found = match item.attributes.path {
                        Some(path) => {
                            let inline = !std::ptr::eq(base.as_path(), dir) && base.as_path() != dir;
                            let from = if inline { base.as_path() } else { file_dir };
                            self.by_path.get(&normalize(&from.join(path.as_str()))).map(|f| (*f, None))
                        }
                        None => {
                            let plain = normalize(&base.join(format!("{name}.rs")));
                            let nested = normalize(&base.join(name.as_str()).join("mod.rs"));
                            let plain = self.by_path.get(&plain).copied();
                            plain
                                .or_else(|| self.by_path.get(&nested).copied())
                                .map(|f| (f, Some(base.join(name.as_str()))))
                        }
                    };
                    let Some((child_file, child_dir)) = found else { continue };
                    if let Some(known) = self.scopes.of_file.get(&(child_file, ModuleIndex(0))) {
                        *known
                    } else {
                        let path = sym(&format!("{}::{name}", self.scopes.module(above).path));
                        let tested = self.scopes.module(above).in_test || item.attributes.cfg_test;
                        let id = self.module(path, Some(above), krate, false, tested);
                        let dir = child_dir.unwrap_or_else(|| {
                            let path = &self.files[child_file.0 as usize].path;
                            let parent = path.parent().map(Path::to_path_buf).unwrap_or_default();
                            match path.file_stem().and_then(|s| s.to_str()) {
                                Some("mod") | None => parent,
                                Some(stem) => parent.join(stem),
                            }
                        });
                        self.enter(child_file, id, krate, &dir, tested);
                        id
                    }
                }
            };
            self.scopes.module_mut(above).types.insert(name, crate::names::scopes::Entry::Module(child));
        }
    }
}

fn rank(kind: TargetKind) -> u8 {
    match kind {
        TargetKind::Lib => 0,
        TargetKind::Bin => 1,
        TargetKind::Example => 2,
        TargetKind::Test => 3,
        TargetKind::Bench => 4,
        TargetKind::BuildScript => 5,
        TargetKind::Loose => 6,
    }
}

/// Tests, benchmarks and examples.
pub(super) fn is_test_kind(kind: TargetKind) -> bool {
    matches!(kind, TargetKind::Test | TargetKind::Bench | TargetKind::Example)
}

/// Takes `.` and `..` out of a path without looking at the disk.
pub(super) fn normalize(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}
