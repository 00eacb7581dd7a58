//! Macros that one file defines and another calls.
//!
//! Before a file is lowered, all files have said which `macro_rules!` they define. A file sees those of its own package, and the
//! exported ones of packages of the workspace that it depends on. A name that means several macros is left alone.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use linger_analysis::names::TargetKind;
use linger_analysis::symbol::{Symbol, sym};
use linger_analysis::syntax::macros::{OtherMacro, OtherMacros, SharedMacro};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::manifest::Package;

/// The macros of one package, by name; `None` for a name of several.
type Own<'a> = FxHashMap<Symbol, Option<&'a SharedMacro>>;

/// The macros of a program.
pub struct Macros<'a> {
    /// Packages by folder, each with what its files see, once asked.
    packages: FxHashMap<&'a Path, (&'a Package, OnceLock<Arc<OtherMacros>>)>,
    /// Packages by the name of their library.
    libraries: FxHashMap<&'a str, &'a Package>,
    /// By manifest; packages without macros are not there.
    own: FxHashMap<&'a Path, Own<'a>>,
    none: Arc<OtherMacros>,
}

impl<'a> Macros<'a> {
    /// The macros of some files.
    pub fn of(
        packages: &'a [Package],
        files: impl Iterator<Item = (&'a Path, &'a [SharedMacro])>,
    ) -> Macros<'a> {
        let by_folder = packages.iter().filter_map(|p| Some((p.manifest.parent()?, (p, OnceLock::new()))));
        let libraries = packages.iter().flat_map(|p| p.crates.iter().map(move |k| (k, p)));
        let libraries = libraries.filter(|(k, _)| k.kind == TargetKind::Lib);
        let mut macros = Self {
            packages: by_folder.collect(),
            libraries: libraries.map(|(k, p)| (k.name.as_str(), p)).collect(),
            own: FxHashMap::default(),
            none: Arc::default(),
        };
        for (path, shared) in files.filter(|(_, shared)| !shared.is_empty()) {
            let Some((package, _)) = macros.package_of(path) else { continue };
            let own = macros.own.entry(&package.manifest).or_default();
            for one in shared {
                own.entry(one.name)
                    .and_modify(|known| *known = known.filter(|k| k.rules == one.rules))
                    .or_insert(Some(one));
            }
        }
        macros
    }

    fn package_of(&self, file: &Path) -> Option<&(&'a Package, OnceLock<Arc<OtherMacros>>)> {
        file.ancestors().skip(1).find_map(|folder| self.packages.get(folder))
    }

    /// What a file may call without defining it.
    pub fn seen_from(&self, file: &Path) -> &Arc<OtherMacros> {
        if self.own.is_empty() {
            return &self.none;
        }
        match self.package_of(file) {
            Some((package, seen)) => seen.get_or_init(|| Arc::new(self.seen_in(package))),
            None => &self.none,
        }
    }

    fn seen_in(&self, package: &Package) -> OtherMacros {
        let mut seen = OtherMacros::default();
        let mut several = Vec::new();
        let dependencies: FxHashSet<&str> =
            package.crates.iter().flat_map(|k| &k.dependencies).map(|(_, name)| name.as_str()).collect();
        for library in dependencies {
            let other = self.libraries.get(library).filter(|other| other.manifest != package.manifest);
            let Some(own) = other.and_then(|other| self.own.get(other.manifest.as_path())) else { continue };
            for (name, shared) in own {
                let Some(shared) = shared.filter(|s| s.is_exported) else { continue };
                let exported = OtherMacro { rules: Arc::clone(&shared.rules), krate: Some(sym(library)) };
                if seen.insert(*name, exported).is_some() {
                    several.push(*name);
                }
            }
        }
        seen.retain(|name, _| !several.contains(name));
        for (name, shared) in self.own.get(package.manifest.as_path()).into_iter().flatten() {
            match shared {
                Some(shared) => {
                    let own = OtherMacro { rules: Arc::clone(&shared.rules), krate: None };
                    drop(seen.insert(*name, own));
                }
                None => drop(seen.remove(name)),
            }
        }
        seen
    }
}
