//! Macros that one file defines and another calls: a second look at the files that call them.
//!
//! Each file is lowered on its own at first. What it calls and does not define may be a `macro_rules!` of another file of
//! its package, or an exported one of a package of the workspace that it depends on; where that is so, the file is lowered
//! once more with these macros at hand. A name that means several macros is left alone.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use linger_analysis::names::TargetKind;
use linger_analysis::symbol::{Symbol, sym};
use linger_analysis::syntax::items::{FileHir, OtherMacro, OtherMacros, SharedMacro};
use linger_analysis::syntax::parse::parse_file_with;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::discover::Found;
use crate::inputs::Inputs;
use crate::manifest::Package;
use crate::run::{Read, hash};
use crate::texts::Texts;

/// The macros of one package, by name; `None` for a name of several.
type Own<'a> = FxHashMap<Symbol, Option<&'a SharedMacro>>;

/// Lowers the files again that call macros of other files.
pub fn expand(found: &Found, read: &mut [Read], texts: &Texts, inputs: &Inputs<'_>) {
    let mut packages: FxHashMap<&Path, Own<'_>> = FxHashMap::default();
    for one in read.iter().filter(|r| !r.hir.macros.is_empty()) {
        let Some(package) = found.package_of(&one.hir.path) else { continue };
        let own = packages.entry(&package.manifest).or_default();
        for shared in &one.hir.macros {
            own.entry(shared.name)
                .and_modify(|known| *known = known.filter(|k| k.rules == shared.rules))
                .or_insert(Some(shared));
        }
    }
    if packages.is_empty() {
        return;
    }
    let mut others: FxHashMap<&Path, (Arc<OtherMacros>, u64)> = FxHashMap::default();
    for package in &found.packages {
        let macros = seen_from(package, &found.packages, &packages);
        if !macros.is_empty() {
            let hashed = hash_of(&macros);
            others.insert(&package.manifest, (Arc::new(macros), hashed));
        }
    }
    let again: Vec<(usize, Arc<FileHir>)> = read
        .par_iter()
        .enumerate()
        .filter_map(|(index, one)| {
            let hir = &one.hir;
            if hir.missing_macros.is_empty() || inputs.is_stopped() {
                return None;
            }
            let (macros, hashed) = others.get(found.package_of(&hir.path)?.manifest.as_path())?;
            hir.missing_macros.iter().any(|name| macros.contains_key(name)).then_some(())?;
            Some((index, lowered_again(one, macros, *hashed, texts, inputs)?))
        })
        .collect();
    for (index, hir) in again {
        if let Some(one) = read.get_mut(index) {
            one.hir = hir;
        }
    }
}

/// The macros that code of a package may call without defining them in its own file.
fn seen_from(package: &Package, all: &[Package], packages: &FxHashMap<&Path, Own<'_>>) -> OtherMacros {
    let mut seen = OtherMacros::default();
    let mut several = Vec::new();
    let depends_on =
        |name: &str| package.crates.iter().flat_map(|k| &k.dependencies).any(|(_, on)| on == name);
    for other in all.iter().filter(|other| other.manifest != package.manifest) {
        let library = other.crates.iter().find(|k| k.kind == TargetKind::Lib && depends_on(&k.name));
        let (Some(library), Some(own)) = (library, packages.get(other.manifest.as_path())) else { continue };
        for (name, shared) in own {
            let Some(shared) = shared.filter(|s| s.is_exported) else { continue };
            let exported = OtherMacro { rules: Arc::clone(&shared.rules), krate: Some(sym(&library.name)) };
            if seen.insert(*name, exported).is_some() {
                several.push(*name);
            }
        }
    }
    seen.retain(|name, _| !several.contains(name));
    for (name, shared) in packages.get(package.manifest.as_path()).into_iter().flatten() {
        match shared {
            Some(shared) => {
                drop(seen.insert(*name, OtherMacro { rules: Arc::clone(&shared.rules), krate: None }));
            }
            None => drop(seen.remove(name)),
        }
    }
    seen
}

/// Changes when any of the macros does.
fn hash_of(macros: &OtherMacros) -> u64 {
    macros.iter().fold(0, |sum, (name, other)| {
        let krate = other.krate.map_or("", |k| k.as_str());
        sum ^ hash(&format!("{name} {krate} {}", other.rules))
    })
}

fn lowered_again(
    one: &Read,
    macros: &Arc<OtherMacros>,
    hashed: u64,
    texts: &Texts,
    inputs: &Inputs<'_>,
) -> Option<Arc<FileHir>> {
    let path = &one.hir.path;
    if let Some(known) = inputs.kept.and_then(|kept| kept.expanded(path, one.hash, hashed)) {
        return Some(known);
    }
    let text = match texts.buffer(path) {
        Some(text) => text.to_string(),
        None => std::fs::read_to_string(path).ok()?,
    };
    // The file has changed meanwhile: what was lowered first stays.
    if hash(&text) != one.hash {
        return None;
    }
    let lowered = catch_unwind(AssertUnwindSafe(|| parse_file_with(path.clone(), &text, macros)));
    let hir = Arc::new(lowered.ok()?.ok()?);
    if let Some(kept) = inputs.kept {
        kept.put_expanded(one.hash, hashed, &hir);
    }
    Some(hir)
}
