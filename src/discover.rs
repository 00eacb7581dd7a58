//! Which files there are, and which of them are reported on.
//!
//! Names and facts come from whole workspaces, whatever is reported on: a hook that passes two files sees what a
//! full run sees. A file that no target reaches is reported on when it is named, stands under `src`, or
//! belongs to no package; test inputs, templates and fixtures, which no compiler ever reads, are not.

use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context, bail};
use globset::{Glob, GlobSet, GlobSetBuilder};
use ignore::{WalkBuilder, WalkState};
use linger_analysis::names::{CrateInput, Program, TargetKind};
use linger_analysis::span::FileId;
use linger_analysis::syntax::test_names::is_test_folder;
use rustc_hash::FxHashSet;

use crate::config::Config;
use crate::levels::nearest;
use crate::manifest::Package;
use crate::workspace;

/// What a run works on.
#[derive(Debug, Default)]
pub struct Found {
    /// Folder that paths are shown relative to.
    pub root: PathBuf,
    /// All files that names and facts come from, in order.
    pub files: Vec<PathBuf>,
    /// All packages.
    pub packages: Vec<Package>,
    /// Trouble that did not stop the search, and what was left out.
    pub notes: Vec<String>,
    /// What somebody should mend or has not meant.
    pub warnings: Vec<String>,
    /// Nothing was named, and there is no manifest here or above; there may be some below.
    is_nowhere: bool,
    /// Files and folders that were named; empty for the workspace.
    named: Vec<PathBuf>,
    /// Packages that were named.
    only_packages: Vec<String>,
    excluded: GlobSet,
}

/// Rust files and manifests below a folder.
#[derive(Default)]
pub struct Walked {
    /// Rust files.
    pub rust: Vec<PathBuf>,
    /// Every `Cargo.toml`.
    pub manifests: Vec<PathBuf>,
    /// Folders that cannot be read.
    pub notes: Vec<String>,
}

/// Finds files and packages for the paths on the command line. `buffer` is a file whose text comes from elsewhere.
pub fn discover(paths: &[PathBuf], exclude: &[String], buffer: Option<&Path>) -> anyhow::Result<Found> {
    let here = std::env::current_dir().context("the current folder cannot be read")?;
    let mut found = Found { excluded: globs(exclude)?, ..Found::default() };
    let mut roots: Vec<PathBuf> = Vec::new();
    let mut alone: Vec<PathBuf> = Vec::new();
    if paths.is_empty() && buffer.is_none() {
        let root = workspace::root_of(&here);
        found.is_nowhere = root.is_none();
        // The top of a repository whose workspaces are in folders of it.
        roots.push(root.unwrap_or_else(|| here.clone()));
    }
    for path in paths {
        let full = absolute(&here, path);
        let meta = std::fs::metadata(&full)
            .with_context(|| format!("no such file or folder: {}{}", path.display(), meant(path)))?;
        if meta.is_dir() {
            roots.push(workspace::root_of(&full).unwrap_or_else(|| full.clone()));
            found.named.push(full);
        } else if full.extension().is_some_and(|e| e == "rs") {
            alone.push(full);
        } else if full.extension().is_some_and(|e| e == "toml") {
            // Hooks and editors name manifests, too.
            found.notes.push(format!("{}: not a Rust file, left out", path.display()));
        } else {
            found.warnings.push(format!("{} is no Rust file and was left out", path.display()));
        }
    }
    alone.extend(buffer.map(|path| absolute(&here, path)));
    for file in alone {
        if let Some(root) = file.parent().and_then(workspace::root_of) {
            roots.push(root);
        }
        found.files.push(file.clone());
        found.named.push(file);
    }
    roots.sort();
    roots.dedup();
    // Hooks and scripts name files from where they are, and want them named back the same way.
    let near = !found.named.is_empty() && found.named.iter().all(|p| p.starts_with(&here));
    found.root = match roots.as_slice() {
        [one] if !near => one.clone(),
        _ => here.clone(),
    };
    // All that was named is no Rust: nothing is checked, rather than everything.
    if !paths.is_empty() && found.named.is_empty() {
        return Ok(found);
    }
    for root in &roots {
        workspace::add(root, &mut found)?;
    }
    if !found.names_something() {
        workspace::check_standing(&here, &found)?;
    }
    // A folder outside of what belongs to its workspace (a nested workspace, something ignored) was named all the same.
    for folder in found.named.clone().iter().filter(|path| path.is_dir()) {
        found.files.extend(walk(folder).rust);
    }
    found.files.sort();
    found.files.dedup();
    Ok(found)
}

impl Found {
    /// Whether files or folders were named.
    pub fn names_something(&self) -> bool {
        !self.named.is_empty()
    }

    /// Whether something in a folder, or the folder, was named.
    pub fn names_in(&self, dir: &Path) -> bool {
        self.named.iter().any(|named| named.starts_with(dir))
    }

    /// Whether something that was named has a path in it.
    pub fn is_named(&self, path: &Path) -> bool {
        self.named.iter().any(|named| path.starts_with(named))
    }

    /// Fails when nobody can say what is to be checked: a job in the wrong folder must not pass.
    pub fn is_somewhere(&self) -> anyhow::Result<()> {
        if self.is_nowhere && self.packages.is_empty() {
            bail!(
                "there is no Cargo.toml in {}, above it or below it; go to the package, or name what is to be checked: \
                 `cargo linger .`",
                self.root.display()
            );
        }
        Ok(())
    }

    /// What was named and not checked, each as a message. What is excluded is left out on purpose.
    pub fn unchecked(&self, reported: &FxHashSet<FileId>, config: &Config) -> Vec<String> {
        let checked = |path: &Path| {
            self.files
                .iter()
                .enumerate()
                .any(|(at, f)| f.starts_with(path) && reported.contains(&FileId(at as u32)))
        };
        let files: FxHashSet<&Path> =
            reported.iter().filter_map(|id| self.files.get(id.0 as usize).map(PathBuf::as_path)).collect();
        let is_excluded =
            |path: &Path| self.files.iter().any(|f| f.starts_with(path) && self.leaves_out(f, config));
        let lost =
            self.named.iter().filter(|n| !files.contains(n.as_path()) && !checked(n) && !is_excluded(n));
        lost.map(|path| {
            let shown = path.strip_prefix(&self.root).ok().filter(|p| !p.as_os_str().is_empty());
            let shown = shown.unwrap_or(path).display();
            match self.only_packages.as_slice() {
                [] if self.files.iter().any(|f| f.starts_with(path)) => {
                    format!("nothing was checked in {shown}: no target of a package has the files there")
                }
                [] => format!("nothing was checked in {shown}: it has no Rust file"),
                only => format!("nothing was checked in {shown}: it has no Rust file of {}", only.join(", ")),
            }
        })
        .collect()
    }

    /// Whether a file is to be left out.
    fn leaves_out(&self, path: &Path, config: &Config) -> bool {
        let relative = path.strip_prefix(&self.root).unwrap_or(path);
        self.excluded.is_match(relative) || config.excludes(path)
    }

    /// Whether a file lies in what is checked: links in a project must not lead fixes to other people's files.
    pub fn may_write(&self, path: &Path) -> bool {
        // What is named elsewhere was meant; below the root a link may have led there.
        let elsewhere = self.named.iter().filter(|p| !p.starts_with(&self.root));
        let named = elsewhere.map(|p| if p.is_dir() { p.as_path() } else { p.parent().unwrap_or(p) });
        named.chain([self.root.as_path()]).any(|root| crate::files::lies_in(path, root))
    }

    /// Restricts what is reported on to some packages.
    pub fn only(&mut self, packages: &[String]) -> anyhow::Result<()> {
        for name in packages {
            if !self.packages.iter().any(|p| p.name == *name) {
                let near = nearest(name, self.packages.iter().map(|p| p.name.as_str()));
                let near = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
                bail!("there is no package `{name}` here{near}");
            }
        }
        self.only_packages = packages.to_vec();
        Ok(())
    }

    /// Adds files that an editor has and the disk has not yet.
    pub fn add_unsaved<'p>(&mut self, buffers: impl Iterator<Item = &'p PathBuf>) {
        let named = &self.named;
        let is_ours = |path: &&PathBuf| {
            let is_rust = path.extension().is_some_and(|e| e == "rs");
            is_rust && named.iter().any(|n| path.starts_with(n)) && !path.exists()
        };
        self.files.extend(buffers.filter(is_ours).cloned());
        self.files.sort();
        self.files.dedup();
    }

    /// Keeps only the packages of some files and what those depend on, to answer for these files first. Does nothing
    /// when one of them is in no package.
    pub fn keep_near(&mut self, near: &[PathBuf]) {
        let mut kept: Vec<&Package> = Vec::new();
        for file in near {
            let Some(package) = self.package_of(file) else { return };
            kept.push(package);
        }
        if kept.is_empty() {
            return;
        }
        let mut at = 0;
        while let Some(package) = kept.get(at).copied() {
            at += 1;
            let wanted: FxHashSet<&str> =
                package.crates.iter().flat_map(|c| &c.dependencies).map(|(_, name)| name.as_str()).collect();
            for other in &self.packages {
                let is_new = !kept.iter().any(|k| k.manifest == other.manifest);
                if is_new && other.crates.iter().any(|c| wanted.contains(c.name.as_str())) {
                    kept.push(other);
                }
            }
        }
        let manifests: FxHashSet<PathBuf> = kept.iter().map(|p| p.manifest.clone()).collect();
        let mut files = std::mem::take(&mut self.files);
        files.retain(|file| self.package_of(file).is_some_and(|p| manifests.contains(&p.manifest)));
        self.files = files;
    }

    /// The package whose folder holds a file.
    pub fn package_of(&self, file: &Path) -> Option<&Package> {
        self.packages
            .iter()
            .filter(|p| p.manifest.parent().is_some_and(|dir| file.starts_with(dir)))
            .max_by_key(|p| p.manifest.components().count())
    }

    /// The targets of all packages, and editions for files that none of them reaches.
    pub fn crates(&self, loose_edition: u16) -> Vec<CrateInput> {
        let loose = |root: &Path, edition: u16| CrateInput {
            name: String::new(),
            package: String::new(),
            kind: TargetKind::Loose,
            for_tests: false,
            root: root.to_path_buf(),
            edition,
            dependencies: Vec::new(),
        };
        let everywhere = self.root.ancestors().last().unwrap_or(&self.root);
        let mut crates: Vec<CrateInput> = Vec::new();
        for package in &self.packages {
            let folder = package.manifest.parent().and_then(|dir| dir.strip_prefix(&self.root).ok());
            let for_tests = folder.is_some_and(is_test_folder);
            crates.extend(package.crates.iter().map(|krate| CrateInput { for_tests, ..krate.clone() }));
        }
        crates.push(loose(everywhere, loose_edition));
        crates.extend(self.packages.iter().filter_map(|p| Some(loose(p.manifest.parent()?, p.edition))));
        crates
    }

    /// The files that are reported on. `broken` are those that could not be read as Rust.
    pub fn reported(
        &mut self,
        program: &Program,
        config: &Config,
        broken: &FxHashSet<FileId>,
    ) -> FxHashSet<FileId> {
        let mut reported = FxHashSet::default();
        let (mut unreached, mut no_code) = (0, Vec::new());
        for (index, file) in program.files().iter().enumerate() {
            let id = FileId(index as u32);
            let path = &file.path;
            let relative = path.strip_prefix(&self.root).unwrap_or(path);
            let package = self.package_of(path);
            let in_packages = self.only_packages.is_empty()
                || package.is_some_and(|package| self.only_packages.contains(&package.name));
            if self.leaves_out(path, config) || !in_packages {
                continue;
            }
            let named: Vec<&PathBuf> = self.named.iter().filter(|named| path.starts_with(named)).collect();
            if !self.named.is_empty() && named.is_empty() {
                continue;
            }
            let dir = package.and_then(|p| p.manifest.parent());
            let is_compiled = program.crate_of(id).is_some_and(|c| c.kind != TargetKind::Loose);
            // A template or a fixture: cargo never compiles it.
            if broken.contains(&id) && !is_compiled && !self.packages.is_empty() && !self.named.contains(path)
            {
                no_code.push(relative.display().to_string());
                continue;
            }
            let is_wanted = match dir {
                None => true,
                Some(dir) => {
                    package.is_some_and(|p| p.is_member || !named.is_empty())
                        && (is_compiled
                            || path.starts_with(dir.join("src"))
                            || named.iter().any(|n| !dir.starts_with(n)))
                }
            };
            if is_wanted {
                reported.insert(id);
            } else {
                unreached += 1;
            }
        }
        if !no_code.is_empty() {
            self.notes.push(format!(
                "left out, since no target reaches them and they do not parse: {}",
                no_code.join(", ")
            ));
        }
        if unreached > 0 {
            self.notes.push(format!(
                "{unreached} files that no target of the workspace reaches were not reported on"
            ));
        }
        reported
    }
}

/// A path without `.` and `..`, from the root.
pub fn absolute(here: &Path, path: &Path) -> PathBuf {
    here.join(path).components().fold(PathBuf::new(), |mut out, part| {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
        out
    })
}

/// What may have been meant by a path that leads nowhere.
fn meant(path: &Path) -> String {
    let Some(word) = path.to_str() else { return String::new() };
    if word.starts_with('-') {
        return "; options go before `--`".to_owned();
    }
    let commands = crate::cli::commands();
    let near = nearest(word, commands.iter().map(String::as_str));
    near.map(|near| format!("; did you mean the command `{near}`?")).unwrap_or_default()
}

fn globs(patterns: &[String]) -> anyhow::Result<GlobSet> {
    let mut builder = GlobSetBuilder::new();
    for pattern in patterns {
        builder.add(Glob::new(pattern).with_context(|| format!("not a glob: {pattern}"))?);
        builder.add(Glob::new(&format!("{}/**", pattern.trim_end_matches('/')))?);
    }
    Ok(builder.build()?)
}

/// Rust files and manifests below a folder, found in parallel. `.gitignore` counts; build output and vendored code
/// are left out unless they are the folder itself.
pub fn walk(root: &Path) -> Walked {
    let top = root.to_path_buf();
    let walked = Mutex::new(Walked::default());
    WalkBuilder::new(root)
        .hidden(true)
        .require_git(false)
        .threads(rayon::current_num_threads().min(8))
        .filter_entry(move |entry| {
            let is_dir = entry.file_type().is_some_and(|t| t.is_dir());
            !is_dir || entry.path() == top || !is_foreign(entry.path())
        })
        .build_parallel()
        .run(|| {
            Box::new(|entry| {
                let Ok(mut walked) = walked.lock() else { return WalkState::Quit };
                match entry {
                    Ok(entry) if entry.file_type().is_some_and(|t| t.is_file()) => {
                        let path = entry.path();
                        if path.extension().is_some_and(|e| e == "rs") {
                            walked.rust.push(path.to_path_buf());
                        } else if entry.file_name() == "Cargo.toml" {
                            walked.manifests.push(path.to_path_buf());
                        }
                    }
                    Ok(_) => {}
                    Err(error) => walked.notes.push(error.to_string()),
                }
                WalkState::Continue
            })
        });
    let mut walked = walked.into_inner().unwrap_or_default();
    walked.notes.sort();
    walked
}

/// Build output and vendored code.
fn is_foreign(dir: &Path) -> bool {
    let name = dir.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    match name {
        "target" => dir.join("CACHEDIR.TAG").is_file() || dir.join(".rustc_info.json").is_file(),
        "vendor" | "third_party" | "third-party" | "node_modules" => true,
        _ => dir.join(".cargo-checksum.json").is_file(),
    }
}
