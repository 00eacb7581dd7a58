//! Signatures of dependencies, from the sources that cargo keeps on disk.
//!
//! `Cargo.lock` says which versions, cargo's home folder has the sources. Nothing is fetched and nothing is run: what is not
//! there is not known. A crate is read when a file of the workspace names it, or a crate that is read hands it on
//! (`pub use`). Of what the catalogue knows only that is taken which it lacks: fields, variants, constants.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use linger_analysis::catalogue::Catalogue;
use linger_analysis::names::{CrateInput, Program, TargetKind};
use linger_analysis::syntax::hir::ModuleIndex;
use linger_analysis::syntax::items::{FileHir, ItemKind};
use linger_analysis::syntax::parse::parse_signatures;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;

use crate::cache;
use crate::manifest::{self, Package};

/// Larger files are tables that were generated.
const MAX_FILE: u64 = 2 << 20;

/// Counts changes of what is kept.
const NOTATION: u32 = 7;

/// Crates that are read in one run; no workspace names more by itself.
const MAX_CRATES: usize = 1000;

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Locked>,
}

/// A package of a lock file.
#[derive(Deserialize, Clone)]
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

/// A lock file, by name.
struct Locks {
    packages: FxHashMap<String, Vec<Locked>>,
}

impl Locks {
    fn read(path: &Path) -> Option<Self> {
        let lock: Lock = toml::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
        let mut packages: FxHashMap<String, Vec<Locked>> = FxHashMap::default();
        for package in lock.package {
            packages.entry(package.name.replace('-', "_")).or_default().push(package);
        }
        Some(Self { packages })
    }

    /// The package that `from` means by `name` (with underscores): lock files add the version where there are several.
    fn dependency(&self, from: &Locked, name: &str) -> Option<&Locked> {
        let candidates = self.packages.get(name)?;
        from.dependencies.iter().find_map(|text| {
            let mut words = text.split(' ');
            let (found, version) = (words.next()?, words.next());
            (found.replace('-', "_") == name).then_some(())?;
            candidates.iter().find(|c| version.is_none_or(|v| c.version == v))
        })
    }
}

/// A package that is to be read.
struct Wanted {
    locked: Locked,
    dir: PathBuf,
}

/// Signatures by the name of their package.
pub type Learnt = BTreeMap<String, String>;

/// The signatures of the dependencies that the files lowered so far name, in the catalogue's notation; of `all`
/// dependencies where more files are to come. Without `remember` nothing is taken from the last run, and nothing is
/// left for the next.
pub fn read(packages: &[Package], all: bool, remember: bool) -> Learnt {
    let mut read = Learnt::new();
    let Some(sources) = Sources::find() else { return read };
    let mut locks: FxHashMap<PathBuf, Option<Locks>> = FxHashMap::default();
    for package in packages {
        let Some(lock) = lock_file(&package.manifest) else { continue };
        locks.entry(lock.clone()).or_insert_with(|| Locks::read(&lock));
    }
    let own: FxHashSet<String> = packages
        .iter()
        .flat_map(|p| &p.crates)
        .filter(|c| c.kind == TargetKind::Lib)
        .map(|c| c.name.clone())
        .collect();
    let mut seen: FxHashSet<String> = own;
    let mut seen_count = 0;
    let mut queue: VecDeque<(PathBuf, Wanted)> = VecDeque::new();
    let mut want = |lock: &Path, from: &Locked, name: &str, queue: &mut VecDeque<(PathBuf, Wanted)>| {
        let Some(locks) = locks.get(lock).and_then(Option::as_ref) else { return };
        // Bindings are large, and nothing in them is a resource that another crate would not wrap.
        let is_bindings = name.ends_with("_sys") || name == "windows" || name.starts_with("windows_");
        if is_bindings || seen.contains(name) {
            return;
        }
        let Some(locked) = locks.dependency(from, name) else { return };
        let Some(dir) = sources.of(locked) else { return };
        seen.insert(name.to_owned());
        queue.push_back((lock.to_path_buf(), Wanted { locked: locked.clone(), dir }));
    };
    for package in packages {
        let Some(lock) = lock_file(&package.manifest) else { continue };
        let Some(Some(known)) = locks.get(&lock) else { continue };
        let Some(member) = known
            .packages
            .get(&package.name.replace('-', "_"))
            .and_then(|all| all.iter().find(|p| p.source.is_none()))
        else {
            continue;
        };
        for (written, name) in package.crates.iter().flat_map(|c| &c.dependencies) {
            // Every name in a lowered file is interned, so what is not was never written. A library may have another
            // name than its package (`md5` of `md-5`).
            let is_named = |name: &str| all || ustr::existing_ustr(name).is_some();
            if is_named(written) || (written.contains('_') && is_named(&written.replace('_', ""))) {
                want(&lock, member, name, &mut queue);
            }
        }
    }
    while !queue.is_empty() && seen_count < MAX_CRATES {
        let batch: Vec<(PathBuf, Wanted)> = queue.drain(..).collect();
        seen_count += batch.len();
        let found: Vec<Option<Signatures>> =
            batch.par_iter().map(|(_, wanted)| signatures(wanted, remember)).collect();
        for ((lock, wanted), found) in batch.into_iter().zip(found) {
            let Some(found) = found else { continue };
            for name in found.handed_on.split_whitespace() {
                want(&lock, &wanted.locked, name, &mut queue);
            }
            read.insert(wanted.locked.name, found.text);
        }
    }
    read
}

/// What is kept of a crate.
struct Signatures {
    /// Crates that it hands on, with blanks between them: the first line of the kept file.
    handed_on: String,
    /// Its signatures.
    text: String,
}

/// The signatures of a package: from the cache, or read and put there.
fn signatures(wanted: &Wanted, remember: bool) -> Option<Signatures> {
    let kept = if remember { cache_file(&wanted.locked) } else { None };
    if let Some(known) = kept.as_deref().and_then(read_kept) {
        return Some(known);
    }
    let (krate, files) = library(wanted)?;
    let handed_on = handed_on(&krate, &files).join(" ");
    let files = files.into_iter().map(Arc::new).collect();
    let catalogue = Catalogue::builtin();
    let is_known = catalogue.has_crate(&krate.name);
    let program = Program::build(files, vec![krate]);
    let text = if is_known { program.describe_beside(catalogue) } else { program.describe() };
    if let Some(path) = kept {
        let text = format!("# {handed_on}\n{text}");
        // Without a cache the next run reads the sources again.
        drop(cache::write(&path, &cache::wrapped(text.as_bytes())));
    }
    Some(Signatures { handed_on, text })
}

/// What is kept of a crate; `None` when it is damaged.
fn read_kept(path: &Path) -> Option<Signatures> {
    let bytes = std::fs::read(path).ok()?;
    let kept = std::str::from_utf8(cache::unwrapped(&bytes)?).ok()?;
    let (handed_on, text) = kept.strip_prefix("# ")?.split_once('\n')?;
    Some(Signatures { handed_on: handed_on.to_owned(), text: text.to_owned() })
}

/// The lock files that hold for some packages, each with its text.
pub fn locks(packages: &[Package]) -> BTreeMap<PathBuf, cache::Digest> {
    let mut locks = BTreeMap::new();
    for lock in packages.iter().filter_map(|p| lock_file(&p.manifest)) {
        if !locks.contains_key(&lock)
            && let Ok(text) = std::fs::read(&lock)
        {
            locks.insert(lock, blake3::hash(&text));
        }
    }
    locks
}

/// Which sources of dependencies there are, for who keeps findings that rest on them: the lock files, and whether each
/// locked package is on disk.
pub fn fingerprint(packages: &[Package]) -> String {
    let Some(sources) = Sources::find() else { return String::new() };
    let mut locks: Vec<PathBuf> = packages.iter().filter_map(|p| lock_file(&p.manifest)).collect();
    locks.sort();
    locks.dedup();
    let mut out = format!("{:?} {:?}", sources.registries, sources.checkouts);
    for path in locks {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        out.push_str(&format!("\n{} {}\n", path.display(), blake3::hash(text.as_bytes()).to_hex()));
        let Ok(lock) = toml::from_str::<Lock>(&text) else { continue };
        out.extend(lock.package.iter().map(|p| if sources.of(p).is_some() { '1' } else { '0' }));
    }
    out
}

/// Sources of a locked version never change, so its name is enough.
fn cache_file(locked: &Locked) -> Option<PathBuf> {
    // A name out of a lock file must not lead out of the folder.
    if [&locked.name, &locked.version].iter().any(|text| text.contains(['/', '\\'])) {
        return None;
    }
    let source = blake3::hash(locked.source.as_deref()?.as_bytes()).to_hex();
    let source = source.get(..16)?;
    let version = env!("CARGO_PKG_VERSION");
    let file = format!("{}-{}-{source}.txt", locked.name, locked.version);
    Some(cache::home()?.join(format!("signatures-{version}-{NOTATION}")).join(file))
}

/// The lock file that holds for a manifest: the nearest above.
fn lock_file(manifest: &Path) -> Option<PathBuf> {
    manifest.ancestors().skip(1).map(|dir| dir.join("Cargo.lock")).find(|path| path.is_file())
}

/// The folders where cargo keeps sources.
struct Sources {
    registries: Vec<PathBuf>,
    checkouts: Vec<PathBuf>,
}

impl Sources {
    fn find() -> Option<Self> {
        let home = std::env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))?;
        let below = |path: PathBuf| -> Vec<PathBuf> {
            let mut found: Vec<PathBuf> =
                std::fs::read_dir(path).into_iter().flatten().flatten().map(|e| e.path()).collect();
            found.sort();
            found
        };
        Some(Self {
            registries: below(home.join("registry/src")),
            checkouts: below(home.join("git/checkouts")),
        })
    }

    /// The folder of a locked package, when it is on disk.
    fn of(&self, locked: &Locked) -> Option<PathBuf> {
        let source = locked.source.as_deref()?;
        if source.starts_with("registry+") || source.starts_with("sparse+") {
            let folder = format!("{}-{}", locked.name, locked.version);
            return self.registries.iter().map(|r| r.join(&folder)).find(|dir| dir.is_dir());
        }
        // `git+https://host/owner/name?rev=…#0123456789…`: `name-<hash>/0123456`.
        let (url, revision) = source.strip_prefix("git+")?.split_once('#')?;
        let name = url.split('?').next()?.trim_end_matches('/').rsplit('/').next()?.trim_end_matches(".git");
        let short = revision.get(..7)?;
        let checkout = self.checkouts.iter().find_map(|dir| {
            let own = dir.file_name()?.to_str()?.rsplit_once('-')?.0 == name;
            let checkout = dir.join(short);
            (own && checkout.is_dir()).then_some(checkout)
        })?;
        package_below(&checkout, &locked.name, 3)
    }
}

/// The folder of a package in a checkout.
fn package_below(dir: &Path, name: &str, depth: u32) -> Option<PathBuf> {
    let is_it = |dir: &Path| {
        let table = manifest::read(&dir.join("Cargo.toml")).ok()?;
        (table.get("package")?.get("name")?.as_str()? == name).then_some(())
    };
    if is_it(dir).is_some() {
        return Some(dir.to_path_buf());
    }
    let below = std::fs::read_dir(dir).ok()?.flatten().map(|e| e.path());
    let mut below: Vec<PathBuf> = below.filter(|p| depth > 0 && p.is_dir()).collect();
    below.sort();
    below.iter().find_map(|dir| package_below(dir, name, depth - 1))
}

/// The library of a package: its root and the files that its modules lead to.
fn library(wanted: &Wanted) -> Option<(CrateInput, Vec<FileHir>)> {
    let manifest = wanted.dir.join("Cargo.toml");
    let table = manifest::read(&manifest).ok()?;
    let package = manifest::package(&manifest, &table, None)?;
    let krate = package.crates.into_iter().find(|c| c.kind == TargetKind::Lib)?;
    let mut files = Vec::new();
    let mut seen = FxHashSet::default();
    // A file, and the folder where its modules are.
    let mut level = vec![(krate.root.clone(), krate.root.parent()?.to_path_buf())];
    while !level.is_empty() {
        level.retain(|(path, _)| seen.insert(path.clone()));
        let parsed: Vec<(FileHir, PathBuf)> =
            level.par_iter().filter_map(|(path, dir)| Some((lowered(path)?, dir.clone()))).collect();
        level.clear();
        for (file, dir) in parsed {
            level.extend(declared(&file, &dir));
            files.push(file);
        }
    }
    Some((krate, files))
}

fn lowered(path: &Path) -> Option<FileHir> {
    if std::fs::metadata(path).ok()?.len() > MAX_FILE {
        return None;
    }
    let text = std::fs::read_to_string(path).ok()?;
    // A bug on someone else's code must not end the run.
    std::panic::catch_unwind(|| parse_signatures(path.to_path_buf(), &text).ok()).ok().flatten()
}

/// The files that the modules of a file stand in, each with the folder of its own modules.
fn declared(file: &FileHir, dir: &Path) -> Vec<(PathBuf, PathBuf)> {
    let mut found = Vec::new();
    for item in &file.items {
        if !matches!(item.kind, ItemKind::Mod { inline: None }) || item.attributes.cfg_test {
            continue;
        }
        let dir = inside(file, dir, item.module);
        let name = item.name.as_str();
        if let Some(path) = item.attributes.path {
            let base = file.path.parent().unwrap_or(&dir);
            let path = base.join(path.as_str());
            let below = path.parent().map(Path::to_path_buf).unwrap_or_default();
            if path.is_file() {
                found.push((path, below));
            }
            continue;
        }
        let below = dir.join(name);
        for path in [dir.join(format!("{name}.rs")), below.join("mod.rs")] {
            if path.is_file() {
                found.push((path, below.clone()));
                break;
            }
        }
    }
    found
}

/// The folder of an inline module.
fn inside(file: &FileHir, dir: &Path, module: ModuleIndex) -> PathBuf {
    let mut names = Vec::new();
    let mut at = Some(module);
    while let Some(module) = at.and_then(|m| file.modules.get(m.0 as usize)) {
        if module.parent.is_some() && !module.is_block {
            names.push(module.name);
        }
        at = module.parent;
    }
    names.iter().rev().fold(dir.to_path_buf(), |dir, name| dir.join(name.as_str()))
}

/// Crates that a library hands on by `pub use` or names in its aliases' paths.
fn handed_on(krate: &CrateInput, files: &[FileHir]) -> Vec<String> {
    let mut found = FxHashSet::default();
    for import in files.iter().flat_map(|f| &f.imports).filter(|i| i.is_public) {
        if let Some(first) = import.path.segments.first() {
            found.insert(first.name);
        }
    }
    krate
        .dependencies
        .iter()
        .filter(|(written, _)| found.iter().any(|f| f == written))
        .map(|(_, name)| name.clone())
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect()
}
