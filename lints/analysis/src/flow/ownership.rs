//! What values of a type own: which resources, and whether moving or copying applies.

use std::hash::BuildHasher;
use std::sync::{PoisonError, RwLock};

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::catalogue::{Catalogue, Class};
use crate::names::Program;
use crate::symbol::{Symbol, sym};
use crate::types::ty::Ty;

/// A resource that values of some type own, directly or in a field.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Owned {
    /// The resource's own type, by canonical path.
    pub ty: Symbol,
    /// Its class.
    pub class: Class,
}

/// Resources by type, for the whole program.
pub struct Ownership<'a> {
    program: &'a Program,
    catalogue: &'a Catalogue,
    known: Known,
}

/// What is known of types: it follows from the interfaces of all files, and outlives a change of bodies.
#[derive(Default)]
pub struct Known {
    /// Program types: what their fields own (through containers and other program types).
    program_types: FxHashMap<Symbol, Vec<Owned>>,
    /// Program types that are `Copy`.
    copy_types: FxHashSet<Symbol>,
    /// Program types whose drop runs code of the program, directly or in a field.
    with_drop: FxHashSet<Symbol>,
    /// What types with arguments own, once asked: the fields of a type are walked once, not for each variable.
    asked: Asked,
}

/// Answers by type, in several parts so that threads seldom meet.
type Asked = [RwLock<FxHashMap<Ty, SmallVec<[Owned; 2]>>>; 32];

/// How deep types are searched; deeper ones own nothing that matters in practice.
const DEPTH: u32 = 6;

impl<'a> Ownership<'a> {
    /// Computes what every type of the program owns.
    #[must_use]
    pub fn new(program: &'a Program, catalogue: &'a Catalogue) -> Self {
        let mut this = Self { program, catalogue, known: Known::default() };
        let copy = sym("Copy");
        for (path, info) in &program.types {
            let derives_copy = info.defs.iter().any(|d| program.item(*d).attributes.derives.contains(&copy));
            if derives_copy || info.traits.iter().any(|(b, _)| b.path.as_str() == "std::marker::Copy") {
                this.known.copy_types.insert(*path);
            }
        }
        let mut owned = FxHashMap::default();
        for path in program.types.keys() {
            let mut found = Vec::new();
            let mut seen = FxHashSet::default();
            let mut drops = false;
            this.collect_fields(*path, &mut found, &mut seen, &mut drops, 0);
            if drops {
                this.known.with_drop.insert(*path);
            }
            if !found.is_empty() {
                found.sort_unstable();
                found.dedup();
                owned.insert(*path, found);
            }
        }
        this.known.program_types = owned;
        this
    }

    /// With what is known already of the types of this program.
    #[must_use]
    pub fn with(program: &'a Program, catalogue: &'a Catalogue, known: Known) -> Self {
        Self { program, catalogue, known }
    }

    /// What is known, without the program.
    #[must_use]
    pub fn into_known(self) -> Known {
        self.known
    }

    fn collect_fields(
        &self,
        path: Symbol,
        found: &mut Vec<Owned>,
        seen: &mut FxHashSet<Symbol>,
        drops: &mut bool,
        depth: u32,
    ) {
        if depth > DEPTH || !seen.insert(path) {
            return;
        }
        let Some(info) = self.program.types.get(&path) else { return };
        *drops |= info.drop.is_some();
        match self.catalogue.resource(path) {
            Some(resource) => found.push(Owned { ty: path, class: resource.class }),
            // A type with a Drop of its own holds something open, whatever that is.
            None if info.drop.is_some() => found.push(Owned { ty: path, class: Class::Other }),
            None => {}
        }
        let fields = info.fields.iter().chain(info.variants.iter().flat_map(|(_, fields)| fields));
        for field in fields.filter(|field| !field.cfg_test) {
            self.collect(&field.ty, found, seen, drops, depth + 1);
        }
    }

    fn collect(
        &self,
        ty: &Ty,
        found: &mut Vec<Owned>,
        seen: &mut FxHashSet<Symbol>,
        drops: &mut bool,
        depth: u32,
    ) {
        if depth > DEPTH {
            return;
        }
        match ty {
            Ty::Adt(path, args) => {
                if let Some(resource) = self.catalogue.resource(*path) {
                    let owned = Owned { ty: *path, class: resource.class };
                    if !found.contains(&owned) {
                        found.push(owned);
                    }
                    // A guard lends what it protects; a writer owns the file below it.
                    if !matches!(resource.class, Class::BufferedWriter) {
                        return;
                    }
                }
                if self.program.types.contains_key(path) {
                    self.collect_fields(*path, found, seen, drops, depth);
                } else if !self.catalogue.is_container(*path) {
                    return;
                }
                for arg in args.iter() {
                    self.collect(arg, found, seen, drops, depth + 1);
                }
            }
            Ty::Tuple(parts) => parts.iter().for_each(|t| self.collect(t, found, seen, drops, depth + 1)),
            Ty::Array(t) | Ty::Slice(t) | Ty::Iterator(t) => self.collect(t, found, seen, drops, depth + 1),
            _ => {}
        }
    }

    /// The resources that a value of this type owns.
    #[must_use]
    pub fn owned(&self, ty: &Ty) -> SmallVec<[Owned; 2]> {
        match ty {
            Ty::Adt(path, args) if args.is_empty() && self.catalogue.resource(*path).is_none() => {
                self.known.program_types.get(path).map(|v| v.iter().copied().collect()).unwrap_or_default()
            }
            Ty::Adt(..) | Ty::Tuple(_) | Ty::Array(_) | Ty::Slice(_) | Ty::Iterator(_) => {
                let part = FxBuildHasher.hash_one(ty) as usize % self.known.asked.len();
                let Some(part) = self.known.asked.get(part) else { return SmallVec::new() };
                if let Some(known) = part.read().unwrap_or_else(PoisonError::into_inner).get(ty) {
                    return known.clone();
                }
                let mut found = Vec::new();
                self.collect(ty, &mut found, &mut FxHashSet::default(), &mut false, 0);
                let found: SmallVec<[Owned; 2]> = found.into_iter().collect();
                part.write().unwrap_or_else(PoisonError::into_inner).insert(ty.clone(), found.clone());
                found
            }
            _ => SmallVec::new(),
        }
    }

    /// Whether a value of this type owns a resource of a class.
    #[must_use]
    pub fn owns(&self, ty: &Ty, class: Class) -> bool {
        self.owned(ty).iter().any(|o| o.class == class)
    }

    /// Whether values are copied, not moved. Unknown types are moved.
    #[must_use]
    pub fn is_copy(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Prim(name) => name.as_str() != "str",
            Ty::Ref(mutable, _) => !mutable,
            Ty::Ptr(_) | Ty::Fn(..) | Ty::Never => true,
            Ty::Tuple(parts) => parts.iter().all(|t| self.is_copy(t)),
            Ty::Array(t) => self.is_copy(t),
            // `Result<T, E>` is `Copy` only where its arguments are.
            Ty::Adt(path, args) => {
                args.iter().all(|t| self.is_copy(t))
                    && (self.known.copy_types.contains(path)
                        || self.catalogue.type_facts(*path).is_some_and(|f| {
                            args.len() >= f.generics.len()
                                && f.traits.iter().any(|t| matches!(t.as_str(), "std::marker::Copy" | "Copy"))
                        }))
            }
            _ => false,
        }
    }

    /// Whether the drop of a value runs code of the program.
    #[must_use]
    pub fn has_drop(&self, ty: &Ty) -> bool {
        ty.path().is_some_and(|p| self.known.with_drop.contains(&p))
    }

    /// Whether dropping a value can never matter, so that no drop needs to be kept for it.
    #[must_use]
    pub fn is_trivial(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Prim(_) | Ty::Ref(..) | Ty::Ptr(_) | Ty::Fn(..) | Ty::Never => true,
            Ty::Tuple(parts) => parts.iter().all(|t| self.is_trivial(t)),
            Ty::Array(t) | Ty::Slice(t) => self.is_trivial(t),
            Ty::Adt(path, args) => match path.as_str() {
                "std::string::String" | "std::path::PathBuf" | "std::ffi::OsString" => true,
                "std::vec::Vec" | "std::option::Option" | "std::boxed::Box" => {
                    !args.is_empty() && args.iter().all(|t| self.is_trivial(t))
                }
                _ => self.known.copy_types.contains(path),
            },
            _ => false,
        }
    }
}
