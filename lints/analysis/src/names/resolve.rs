//! Paths to what they mean.

use crate::catalogue::Catalogue;
use crate::names::scopes::{Entry, Extern, ModId};
use crate::names::{GenericScope, Namespace, Program, Resolution, memo, prelude};
use crate::span::FileId;
use crate::symbol::{Symbol, sym};
use crate::syntax::hir::{ModuleIndex, PathRef};
use crate::syntax::items::ItemKind;
use crate::types::ty::Ty;

/// Longest chain of imports that is followed.
const FUEL: u32 = 16;

impl Program {
    /// The module of a file's module.
    pub(crate) fn module_of(&self, file: FileId, module: ModuleIndex) -> Option<ModId> {
        self.scopes.of_file.get(&(file, module)).copied()
    }

    /// What `path` means in `module` of `file`.
    #[must_use]
    pub fn resolve(
        &self,
        file: FileId,
        module: ModuleIndex,
        scope: &GenericScope,
        path: &PathRef,
        ns: Namespace,
    ) -> Resolution {
        let Some(at) = self.module_of(file, module) else { return Resolution::Unknown };
        if let Some(qself) = &path.qself {
            let ty = self.lower_in(at, scope, &qself.0);
            return match path.segments.get(qself.1..).and_then(|rest| rest.first()) {
                Some(segment) => Resolution::Assoc(ty, segment.name),
                None => Resolution::Ty(ty),
            };
        }
        let Some(first) = path.segments.first() else { return Resolution::Unknown };
        if !path.global {
            if first.name.as_str() == "Self"
                && let Some(ty) = &scope.self_ty
            {
                return self.in_type(ty.clone(), path, 1);
            }
            if let Some((_, ty)) = scope.params.iter().rev().find(|(name, _)| *name == first.name) {
                return self.in_type(ty.clone(), path, 1);
            }
        }
        match self.entry_of(at, path, ns, FUEL) {
            Some((entry, used)) => self.finish(at, scope, entry, path, used, ns),
            None => {
                if path.segments.len() <= 2 && prelude::is_primitive(first.name.as_str()) && !path.global {
                    return self.in_type(Ty::Prim(first.name), path, 1);
                }
                Resolution::Unknown
            }
        }
    }

    fn in_type(&self, ty: Ty, path: &PathRef, used: usize) -> Resolution {
        match path.segments.get(used) {
            None => Resolution::Ty(ty),
            Some(segment) => {
                if let Some(owner) = ty.path()
                    && self.types.get(&owner).is_some_and(|t| t.variants.iter().any(|(v, _)| *v == segment.name))
                {
                    return Resolution::Variant(owner, segment.name);
                }
                Resolution::Assoc(ty, segment.name)
            }
        }
    }

    /// Turns an entry found for the first `used` segments into a resolution of the whole path.
    fn finish(
        &self,
        at: ModId,
        scope: &GenericScope,
        entry: Entry,
        path: &PathRef,
        used: usize,
        ns: Namespace,
    ) -> Resolution {
        let rest = &path.segments[used..];
        match entry {
            Entry::External(base) => {
                let mut text = base.to_string();
                for segment in rest {
                    text.push_str("::");
                    text.push_str(&segment.name);
                }
                let canonical = self.catalogue.canonical(&text);
                // Written arguments, or an alias to a type: look the last segment up in the type.
                if let [last] = rest {
                    let owner = self.catalogue.canonical(&base);
                    let written = path.segments[used - 1].args.is_some();
                    if let Some(facts) = self.catalogue.type_facts(owner)
                        && (written || facts.alias.is_some())
                    {
                        let args = &path.segments[used - 1].args;
                        let ty = self.external_type(at, scope, owner, args.as_deref());
                        return Resolution::Assoc(ty, last.name);
                    }
                }
                Resolution::External(canonical)
            }
            Entry::Module(module) => {
                if rest.is_empty() {
                    return Resolution::Unknown;
                }
                let _ = module;
                Resolution::Unknown
            }
            Entry::Variant(def, name) => Resolution::Variant(self.def(def).path, name),
            Entry::Def(def) => {
                let item = self.item(def);
                let path_symbol = self.def(def).path;
                match rest {
                    [] => match &item.kind {
                        ItemKind::TypeAlias(_) if ns == Namespace::Type => Resolution::Def(def),
                        _ => Resolution::Def(def),
                    },
                    [first, ..] => match &item.kind {
                        ItemKind::Enum(variants) if variants.iter().any(|v| v.name == first.name) => {
                            Resolution::Variant(path_symbol, first.name)
                        }
                        ItemKind::Trait { .. } => match self.trait_methods.get(&(path_symbol, first.name)) {
                            Some(method) => Resolution::Def(*method),
                            None => Resolution::Unknown,
                        },
                        ItemKind::Struct(_) | ItemKind::Enum(_) | ItemKind::TypeAlias(_) => {
                            let type_path = PathRef {
                                segments: path.segments[..used].into(),
                                ..path.clone()
                            };
                            let ty = self.lower_path(at, scope, &type_path);
                            self.in_type(ty, path, used)
                        }
                        _ => Resolution::Unknown,
                    },
                }
            }
        }
    }

    /// Follows a path through modules. Gives what the longest module-like prefix means and how many segments
    /// it took.
    pub(crate) fn entry_of(&self, at: ModId, path: &PathRef, ns: Namespace, fuel: u32) -> Option<(Entry, usize)> {
        let segments = &path.segments;
        let last = segments.len().checked_sub(1)?;
        let space = |i: usize| if i == last { ns } else { Namespace::Type };
        let mut index = 0;
        let mut current = if path.global {
            index = 1;
            self.extern_entry(at, segments[0].name)?
        } else {
            let home = self.scopes.named(at);
            match segments[0].name.as_str() {
                "crate" | "$crate" => {
                    index = 1;
                    Entry::Module(self.scopes.roots[self.scopes.module(at).krate as usize])
                }
                "self" => {
                    index = 1;
                    Entry::Module(home)
                }
                "super" => {
                    let mut module = home;
                    while segments.get(index).is_some_and(|s| s.name.as_str() == "super") {
                        module = self.scopes.named(self.scopes.module(module).parent?);
                        index += 1;
                    }
                    Entry::Module(module)
                }
                _ => {
                    let found = self.lookup_lexical(at, segments[0].name, space(0), fuel)?;
                    index = 1;
                    found
                }
            }
        };
        while index < segments.len() {
            match current {
                Entry::Module(module) => {
                    let name = segments[index].name;
                    if name.as_str() == "self" {
                        index += 1;
                        continue;
                    }
                    current = match self.lookup_in(module, name, space(index), fuel) {
                        Some(entry) => entry,
                        // 2015: paths in `use` start at the root; `std::…` still works.
                        None if index == 0 => self.extern_entry(at, name)?,
                        None => return None,
                    };
                    index += 1;
                }
                Entry::Def(def) => {
                    let item = self.item(def);
                    if let ItemKind::Enum(variants) = &item.kind
                        && variants.iter().any(|v| v.name == segments[index].name)
                    {
                        return Some((Entry::Variant(def, segments[index].name), index + 1));
                    }
                    return Some((current, index));
                }
                Entry::External(base) => {
                    // Modules outside are only names until the catalogue knows the whole; types stop here.
                    let owner = self.catalogue.canonical(&base);
                    if self.catalogue.type_facts(owner).is_some() {
                        return Some((Entry::External(owner), index));
                    }
                    current = Entry::External(sym(&format!("{base}::{}", segments[index].name)));
                    index += 1;
                }
                Entry::Variant(..) => return Some((current, index)),
            }
        }
        Some((current, index))
    }

    fn extern_entry(&self, at: ModId, name: Symbol) -> Option<Entry> {
        let krate = self.scopes.module(at).krate as usize;
        if let Some(found) = self.scopes.externs.get(krate).and_then(|m| m.get(&name)) {
            return Some(match found {
                Extern::Program(index) => Entry::Module(self.scopes.roots[*index as usize]),
                Extern::Outside(name) => Entry::External(*name),
            });
        }
        if prelude::is_sysroot(&name) || self.catalogue.has_crate(&name) {
            return Some(Entry::External(name));
        }
        None
    }

    /// Looks a bare name up: blocks outwards, the module, extern crates, the prelude.
    pub(crate) fn lookup_lexical(&self, at: ModId, name: Symbol, ns: Namespace, fuel: u32) -> Option<Entry> {
        let mut module = at;
        loop {
            if let Some(found) = self.lookup_in(module, name, ns, fuel) {
                return Some(found);
            }
            if !self.scopes.module(module).is_block {
                break;
            }
            module = self.scopes.module(module).parent?;
        }
        if ns == Namespace::Type
            && let Some(found) = self.extern_entry(at, name)
        {
            return Some(found);
        }
        prelude::standard(&name).map(|path| Entry::External(sym(path)))
    }

    /// Looks a name up in a module: items, imports, globs.
    pub(crate) fn lookup_in(&self, module: ModId, name: Symbol, ns: Namespace, fuel: u32) -> Option<Entry> {
        let scope = self.scopes.module(module);
        let (own, imported) = match ns {
            Namespace::Type => (&scope.types, &scope.imported_types),
            Namespace::Value => (&scope.values, &scope.imported_values),
        };
        if let Some(found) = own.get(&name).or_else(|| imported.get(&name)) {
            return Some(*found);
        }
        let fuel = fuel.checked_sub(1)?;
        let elsewhere = if self.imports_done {
            !scope.glob_targets.is_empty()
        } else {
            !scope.globs.is_empty() || scope.imports.iter().any(|i| i.name == Some(name))
        };
        if !elsewhere {
            return None;
        }
        memo::once((module, name, ns), || self.lookup_imported(module, name, ns, fuel))
    }

    /// What imports and globs of a module bring in by that name.
    fn lookup_imported(&self, module: ModId, name: Symbol, ns: Namespace, fuel: u32) -> Option<Entry> {
        let scope = self.scopes.module(module);
        if !self.imports_done {
            for import in scope.imports.iter().filter(|i| i.name == Some(name)) {
                if let Some((entry, used)) = self.import_entry(module, &import.path, ns, fuel)
                    && used == import.path.segments.len()
                {
                    return Some(entry);
                }
            }
        }
        if self.imports_done {
            for target in &scope.glob_targets {
                if let Some(found) = self.lookup_glob(*target, name, ns, fuel) {
                    return Some(found);
                }
            }
        } else {
            for glob in &scope.globs {
                if let Some((entry, _)) = self.import_entry(module, &glob.path, Namespace::Type, fuel)
                    && let Some(found) = self.lookup_glob(entry, name, ns, fuel)
                {
                    return Some(found);
                }
            }
        }
        None
    }

    fn lookup_glob(&self, target: Entry, name: Symbol, ns: Namespace, fuel: u32) -> Option<Entry> {
        match target {
            Entry::Module(module) => self.lookup_in(module, name, ns, fuel),
            Entry::Def(def) => match &self.item(def).kind {
                ItemKind::Enum(variants) => {
                    variants.iter().any(|v| v.name == name).then_some(Entry::Variant(def, name))
                }
                _ => None,
            },
            Entry::External(base) => {
                let path = format!("{base}::{name}");
                let canonical = self.catalogue.canonical(&path);
                let known = self.catalogue.type_facts(canonical).is_some()
                    || self.catalogue.function(canonical).is_some();
                known.then_some(Entry::External(canonical))
            }
            Entry::Variant(..) => None,
        }
    }

    /// The path of a `use`: in edition 2015 it starts at the crate's root.
    pub(crate) fn import_entry(&self, module: ModId, path: &PathRef, ns: Namespace, fuel: u32) -> Option<(Entry, usize)> {
        let krate = self.scopes.module(module).krate as usize;
        let edition = self.crates.get(krate).map_or(2024, |c| c.edition);
        if edition < 2018 && !path.global {
            let first = path.segments.first()?.name;
            if !matches!(first.as_str(), "crate" | "self" | "super") {
                let root = self.scopes.roots[krate];
                if self.lookup_in(root, first, if path.segments.len() == 1 { ns } else { Namespace::Type }, fuel).is_some() {
                    return self.entry_of(root, path, ns, fuel);
                }
            }
        }
        // `use a::b` where the module itself imports the name `a` as well: an import must not find itself.
        self.entry_of(module, path, ns, fuel)
    }

    /// What the path of a macro call means, or its last segment alone.
    #[must_use]
    pub fn resolve_macro(&self, file: FileId, module: ModuleIndex, path: &PathRef) -> Symbol {
        let last = path.last().unwrap_or_default();
        let Some(at) = self.module_of(file, module) else { return last };
        if path.segments.len() == 1 {
            let home = self.scopes.named(at);
            for scope in [at, home] {
                let scope = self.scopes.module(scope);
                if let Some(import) = scope.imports.iter().find(|i| i.name == Some(last)) {
                    let text: Vec<&str> = import.path.segments.iter().map(|s| s.name.as_str()).collect();
                    return sym(&text.join("::"));
                }
            }
            return last;
        }
        let text: Vec<&str> = path.segments.iter().map(|s| s.name.as_str()).collect();
        sym(&text.join("::"))
    }

    /// The edition of a file.
    #[must_use]
    pub fn edition(&self, file: FileId) -> u16 {
        self.scopes
            .crate_of_file
            .get(&file)
            .and_then(|c| self.crates.get(*c as usize))
            .map_or(2024, |c| c.edition)
    }

    /// The crate that holds a file.
    #[must_use]
    pub fn crate_of(&self, file: FileId) -> Option<&crate::names::CrateInput> {
        self.scopes.crate_of_file.get(&file).and_then(|c| self.crates.get(*c as usize))
    }

    pub(crate) fn catalogue(&self) -> &'static Catalogue {
        self.catalogue
    }
}
