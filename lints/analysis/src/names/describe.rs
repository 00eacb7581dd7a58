//! A crate's signatures in the notation of the catalogue, so that a dependency is read once and then looked up.

use std::fmt::Write;

use rustc_hash::FxHashMap;

use crate::catalogue::Catalogue;
use crate::names::graph::{Entity, NodeId};
use crate::names::{Def, DefId, Program, Signature, TypeInfo};
use crate::symbol::{Symbol, sym};
use crate::syntax::items::{Item, ItemKind, SelfKind};
use crate::types::ty::{Bound, Ty};

/// Associated types that are worth keeping: those of traits that are implemented once for a type.
const ASSOCIATED: [&str; 8] = ["Err", "Error", "Output", "Item", "Response", "Ok", "Key", "Value"];

impl Program {
    /// The types, traits, functions, constants, aliases and re-exports of all libraries of a program that was read
    /// for its signatures. The notation is described in the catalogue's README.
    #[must_use]
    pub fn describe(&self) -> String {
        Writer { program: self, renames: FxHashMap::default(), out: String::new() }.all()
    }

    /// What the source of a crate says beside the catalogue, which knows its functions but no fields, variants or
    /// constants. Types have the paths that the catalogue gives them.
    #[must_use]
    pub fn describe_beside(&self, catalogue: &Catalogue) -> String {
        let mut renames = FxHashMap::default();
        for (from, target) in self.exports() {
            let Entity::Def(def) = target else { continue };
            let path = self.def(def).path;
            if catalogue.type_facts(from).is_some() && catalogue.type_facts(path).is_none() {
                renames.insert(path, from);
            }
        }
        Writer { program: self, renames, out: String::new() }.beside(catalogue)
    }

    /// Public names of modules that stand for something elsewhere, sorted.
    fn exports(&self) -> Vec<(Symbol, Entity)> {
        let mut found = Vec::new();
        for (number, node) in self.graph.nodes.iter().enumerate() {
            if node.is_block || node.path.is_empty() || node.krate == u32::MAX {
                continue;
            }
            let mut seen = vec![NodeId(number as u32)];
            let mut at = 0;
            while let Some(module) = seen.get(at).copied() {
                at += 1;
                let there = self.graph.node(module);
                for (name, names) in &there.names {
                    // What a module names itself comes before what it takes from others.
                    if module != NodeId(number as u32) && node.names.contains_key(name) {
                        continue;
                    }
                    for binding in [names.ty, names.value].into_iter().flatten().filter(|b| b.public) {
                        found.push((sym(&format!("{}::{name}", node.path)), binding.entity));
                    }
                }
                for glob in there.globs.iter().filter(|g| g.public) {
                    match glob.target {
                        // Globs of globs too.
                        Entity::Module(below) if !seen.contains(&below) => seen.push(below),
                        external @ Entity::External(_) => {
                            found.push((sym(&format!("{}::*", node.path)), external));
                        }
                        _ => {}
                    }
                }
            }
        }
        found.sort_by_key(|(path, _)| path.as_str());
        found
    }

    /// What an exported name stands for, by path.
    fn target_of(&self, entity: Entity) -> Option<Symbol> {
        match entity {
            Entity::Def(def) => Some(self.def(def).path),
            Entity::Module(module) => Some(self.graph.node(module).path),
            Entity::External(path) => Some(path),
            Entity::Variant(..) => None,
        }
    }
}

struct Writer<'p> {
    program: &'p Program,
    /// Types that the catalogue knows under another path.
    renames: FxHashMap<Symbol, Symbol>,
    out: String,
}

impl Writer<'_> {
    fn all(mut self) -> String {
        self.modules();
        for (path, info) in self.types() {
            self.whole_type(path, info);
        }
        let program = self.program;
        let mut paths: Vec<(&Symbol, &Vec<DefId>)> = program.by_path.iter().collect();
        paths.sort_unstable_by_key(|(path, _)| path.as_str());
        let mut module = "";
        for (path, defs) in paths {
            let Some(def) = defs.first().filter(|_| writable(*path)) else { continue };
            let item = program.item(*def);
            match &item.kind {
                ItemKind::Trait { .. } => self.of_trait(*path, *def),
                ItemKind::TypeAlias(Some(_)) if item.parent.is_none() => self.alias(*path, *def),
                ItemKind::Fn(_) if item.parent.is_none() && item.is_public => {
                    let Some((above, name)) = path.as_str().rsplit_once("::") else { continue };
                    if above != module {
                        self.line(&format!("mod {above}"));
                        module = above;
                    }
                    self.function(sym(name), program.def(*def));
                    continue;
                }
                _ => continue,
            }
            module = "";
        }
        self.constants();
        self.out
    }

    fn beside(mut self, catalogue: &Catalogue) -> String {
        let program = self.program;
        for (from, target) in program.exports() {
            let Entity::External(target) = target else { continue };
            let known = catalogue.canonical(from.as_str()) != from || catalogue.type_facts(from).is_some();
            if !known && writable(target) && target.contains("::") && !from.ends_with('*') {
                self.line(&format!("use {from} = {target}"));
            }
        }
        for (path, info) in self.types() {
            let path = self.renamed(path);
            if catalogue.type_facts(path).is_none() {
                continue;
            }
            let before = self.out.len();
            self.line(&format!("type {path}{} ", generics(&info.generics)));
            let header = self.out.len();
            self.parts(path, info);
            if self.out.len() == header {
                self.out.truncate(before);
            }
        }
        self.constants();
        self.out
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn renamed(&self, path: Symbol) -> Symbol {
        self.renames.get(&path).copied().unwrap_or(path)
    }

    fn types<'a>(&self) -> Vec<(Symbol, &'a TypeInfo)>
    where
        Self: 'a,
    {
        let program: &'a Program = self.program;
        let mut types: Vec<(Symbol, &TypeInfo)> =
            program.types.iter().map(|(path, info)| (*path, info)).filter(|(p, _)| writable(*p)).collect();
        types.sort_unstable_by_key(|(path, _)| path.as_str());
        types
    }

    fn whole_type(&mut self, path: Symbol, info: &TypeInfo) {
        let mut traits: Vec<&str> =
            info.traits.iter().map(|(bound, _)| bound.path.as_str()).filter(|t| t.contains("::")).collect();
        traits.sort_unstable();
        traits.dedup();
        let must_use = if info.must_use { "! " } else { "" };
        self.line(&format!("type {path}{} {must_use}{}", generics(&info.generics), traits.join(",")));
        if let Some(target) = &info.deref {
            let target = self.text(target);
            self.line(&format!(" ^{target}"));
        }
        self.parts(path, info);
        let mut methods: Vec<(&Symbol, &Vec<DefId>)> = info.methods.iter().collect();
        methods.sort_unstable_by_key(|(name, _)| name.as_str());
        let program = self.program;
        for (name, defs) in methods {
            // Methods of traits are found at the trait.
            let own = defs.iter().map(|d| program.def(*d)).find(|d| {
                d.signature.as_ref().is_some_and(|s| s.of_trait.is_none())
                    && program.file(d.file).items.get(d.item.index()).is_some_and(|i| i.is_public)
            });
            if let Some(def) = own {
                self.function(*name, def);
            }
        }
    }

    /// Fields, variants and associated types.
    fn parts(&mut self, path: Symbol, info: &TypeInfo) {
        for field in &info.fields {
            let ty = self.text(&field.ty);
            // What only the crate itself can name says nothing, but a tuple's fields are counted.
            if ty != "_" || field.name.starts_with(|c: char| c.is_ascii_digit()) {
                self.line(&format!(" .{} {ty}", field.name));
            }
        }
        for (variant, fields) in &info.variants {
            self.line(&format!(" |{variant}"));
            for field in fields {
                let ty = self.text(&field.ty);
                self.line(&format!(" |{variant}.{} {ty}", field.name));
            }
        }
        let original = self.renames.iter().find(|(_, to)| **to == path).map_or(path, |(from, _)| *from);
        let program = self.program;
        let assoc = |this: &Self, name: &str| {
            program.assoc_types.get(&(original, sym(name))).map(|t| this.text(t)).filter(|t| t != "_")
        };
        for name in ASSOCIATED {
            if let Some(ty) = assoc(self, name) {
                self.line(&format!(" ={name} {ty}"));
            }
        }
        let has = |names: &[&str]| {
            let last = |path: &str| path.rsplit("::").next().is_some_and(|last| names.contains(&last));
            info.traits.iter().any(|(bound, _)| last(&bound.path))
        };
        if has(&["Iterator", "IntoIterator", "Stream"])
            && let Some(item) = assoc(self, "Item")
        {
            self.line(&format!(" %{item}"));
        }
        if has(&["Future", "IntoFuture"])
            && let Some(output) = assoc(self, "Output")
        {
            self.line(&format!(" @{output}"));
        }
    }

    fn of_trait(&mut self, path: Symbol, def: DefId) {
        let program = self.program;
        let above: Vec<&str> = program.supertraits_of(path).iter().map(|b| b.path.as_str()).collect();
        let names: Vec<Symbol> = program.item(def).generics.params.iter().map(|(name, _)| *name).collect();
        self.line(&format!("trait {path}{} {}", generics(&names), above.join(",")));
        let mut methods: Vec<(&Symbol, &DefId)> = program
            .trait_methods
            .iter()
            .filter(|((of, _), _)| *of == path)
            .map(|((_, name), def)| (name, def))
            .collect();
        methods.sort_unstable_by_key(|(name, _)| name.as_str());
        for (name, def) in methods {
            self.function(*name, program.def(*def));
        }
    }

    fn alias(&mut self, path: Symbol, def: DefId) {
        let program = self.program;
        let item: &Item = program.item(def);
        let ItemKind::TypeAlias(Some(ty)) = &item.kind else { return };
        let scope = program.generic_scope(def);
        let target = self.text(&program.lower_type(program.def(def).file, item.module, &scope, ty));
        if target == "_" {
            return;
        }
        let names: Vec<Symbol> = item.generics.params.iter().map(|(name, _)| *name).collect();
        self.line(&format!("alias {path}{} = {target}", generics(&names)));
    }

    /// `const path Type` for constants and statics, those of types too.
    fn constants(&mut self) {
        let program = self.program;
        let mut lines = Vec::new();
        for (path, defs) in &program.by_path {
            let Some(def) = defs.first().copied().filter(|_| writable(*path)) else { continue };
            let item = program.item(def);
            let (ItemKind::Const { ty, .. } | ItemKind::Static { ty, .. }) = &item.kind else { continue };
            if !item.is_public && item.parent.is_none() {
                continue;
            }
            let scope = program.generic_scope(def);
            let ty = self.text(&program.lower_type(program.def(def).file, item.module, &scope, ty));
            let (owner, name) = path.rsplit_once("::").unwrap_or_default();
            if ty != "_" {
                lines.push(format!("const {}::{name} {ty}", self.renamed(sym(owner))));
            }
        }
        lines.sort_unstable();
        lines.iter().for_each(|line| self.line(line));
    }

    /// Modules, and what they hand on: `use public::path = canonical::path`.
    fn modules(&mut self) {
        let program = self.program;
        let mut lines = Vec::new();
        for node in &program.graph.nodes {
            if !node.is_block && !node.path.is_empty() && node.krate != u32::MAX {
                // A module is something to be found, also where only modules are in it.
                lines.push(format!("mod {}", node.path));
            }
        }
        for (from, entity) in program.exports() {
            let Some(target) = program.target_of(entity) else { continue };
            let whole_crate = from.ends_with("::*");
            if from != target && writable(target) && (target.contains("::") || whole_crate) {
                lines.push(format!("use {from} = {target}"));
            }
        }
        lines.sort_unstable();
        lines.dedup();
        lines.iter().for_each(|line| self.line(line));
    }

    fn function(&mut self, name: Symbol, def: &Def) {
        let Some(signature) = &def.signature else { return };
        let Signature { params, self_kind, ret, is_async, must_use, .. } = &**signature;
        let (own, arguments) = match self_kind {
            SelfKind::None => ('-', params.len()),
            SelfKind::Ref => ('&', params.len().saturating_sub(1)),
            SelfKind::Mut => ('*', params.len().saturating_sub(1)),
            SelfKind::Owned => ('.', params.len().saturating_sub(1)),
        };
        let count = if arguments == 0 { String::new() } else { arguments.to_string() };
        let ret = if *is_async { format!("future<{}>", self.text(ret)) } else { self.text(ret) };
        let _ = writeln!(self.out, " {name}{} {own}{count} {ret}", if *must_use { "!" } else { "" });
    }

    /// A type in the notation; `_` where it does not fit.
    fn text(&self, ty: &Ty) -> String {
        let all = |types: &[Ty]| list(types.iter().map(|t| self.text(t)));
        match ty {
            Ty::Unknown | Ty::Var(_) | Ty::Closure(..) => "_".to_owned(),
            Ty::Never => "!".to_owned(),
            Ty::Prim(name) if name.starts_with('{') => "_".to_owned(),
            Ty::Prim(name) => name.to_string(),
            Ty::Adt(path, _) if !writable(*path) || !path.contains("::") => "_".to_owned(),
            Ty::Adt(path, args) if args.is_empty() => self.renamed(*path).to_string(),
            Ty::Adt(path, args) => format!("{}<{}>", self.renamed(*path), all(args)),
            Ty::Ref(true, inner) => format!("&mut {}", self.text(inner)),
            Ty::Ref(false, inner) => format!("&{}", self.text(inner)),
            Ty::Ptr(inner) => format!("*{}", self.text(inner)),
            Ty::Tuple(parts) => format!("({})", all(parts)),
            Ty::Slice(inner) => format!("[{}]", self.text(inner)),
            Ty::Array(inner) => format!("[{};]", self.text(inner)),
            Ty::Fn(args, ret) => format!("fn({})->{}", all(args), self.text(ret)),
            Ty::Future(output, _) => format!("future<{}>", self.text(output)),
            Ty::Iterator(item) => format!("iter<{}>", self.text(item)),
            Ty::Dyn(all) => self.bounds("dyn", all),
            Ty::Impl(all) => self.bounds("impl", all),
            Ty::Param(name, _) if name.starts_with(char::is_uppercase) && writable(*name) => name.to_string(),
            Ty::Param(..) => "_".to_owned(),
        }
    }

    fn bounds(&self, keyword: &str, all: &[Bound]) -> String {
        let all: Vec<String> = all
            .iter()
            .filter(|b| writable(b.path) && b.path.contains("::"))
            .map(|b| {
                let assoc = b.assoc.iter().map(|(n, t)| format!("{n}={}", self.text(t)));
                let args = list(b.args.iter().map(|t| self.text(t)).chain(assoc));
                if args.is_empty() { b.path.to_string() } else { format!("{}<{args}>", b.path) }
            })
            .collect();
        if all.is_empty() { "_".to_owned() } else { format!("{keyword} {}", all.join("+")) }
    }
}

fn generics(names: &[Symbol]) -> String {
    if names.is_empty() { String::new() } else { format!("<{}>", list(names.iter().map(|n| n.to_string()))) }
}

fn list(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(",")
}

/// Names of macros and of doubled crates do not fit the notation.
fn writable(path: Symbol) -> bool {
    path.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ':'))
}
