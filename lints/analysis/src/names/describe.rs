//! A crate's signatures in the notation of the catalogue, so that a dependency is read once and then looked up.

use std::fmt::Write;

use crate::names::graph::{Entity, NodeId};
use crate::names::{Def, DefId, Program, Signature, TypeInfo};
use crate::symbol::{Symbol, sym};
use crate::syntax::items::{Item, ItemKind, SelfKind};
use crate::types::ty::{Bound, Ty};

impl Program {
    /// The types, traits, functions, aliases and re-exports of all libraries of a program that was read for its
    /// signatures. The notation is described in the catalogue's README.
    #[must_use]
    pub fn describe(&self) -> String {
        let mut out = String::new();
        self.describe_modules(&mut out);
        let mut types: Vec<(&Symbol, &TypeInfo)> = self.types.iter().collect();
        types.sort_unstable_by_key(|(path, _)| path.as_str());
        for (path, info) in types {
            if writable(*path) {
                self.describe_type(*path, info, &mut out);
            }
        }
        let mut paths: Vec<(&Symbol, &Vec<DefId>)> = self.by_path.iter().collect();
        paths.sort_unstable_by_key(|(path, _)| path.as_str());
        let mut module = "";
        for (path, defs) in paths {
            let Some(def) = defs.first().filter(|_| writable(*path)) else { continue };
            let item = self.item(*def);
            match &item.kind {
                ItemKind::Trait { .. } => self.describe_trait(*path, *def, &mut out),
                ItemKind::TypeAlias(Some(_)) if item.parent.is_none() => {
                    self.describe_alias(*path, *def, &mut out)
                }
                ItemKind::Fn(_) if item.parent.is_none() && item.is_public => {
                    let Some((above, name)) = path.as_str().rsplit_once("::") else { continue };
                    if above != module {
                        let _ = writeln!(out, "mod {above}");
                        module = above;
                    }
                    function(sym(name), self.def(*def), &mut out);
                    continue;
                }
                _ => continue,
            }
            module = "";
        }
        out
    }

    fn describe_type(&self, path: Symbol, info: &TypeInfo, out: &mut String) {
        let mut traits: Vec<&str> =
            info.traits.iter().map(|(bound, _)| bound.path.as_str()).filter(|t| t.contains("::")).collect();
        traits.sort_unstable();
        traits.dedup();
        let must_use = if info.must_use { "! " } else { "" };
        let _ = writeln!(out, "type {path}{} {must_use}{}", generics(&info.generics), traits.join(","));
        if let Some(target) = &info.deref {
            let _ = writeln!(out, " ^{}", text(target));
        }
        for field in &info.fields {
            let ty = text(&field.ty);
            // What only the crate itself can name says nothing, but a tuple's fields are counted.
            if ty != "_" || field.name.starts_with(|c: char| c.is_ascii_digit()) {
                let _ = writeln!(out, " .{} {ty}", field.name);
            }
        }
        for (variant, fields) in &info.variants {
            let _ = writeln!(out, " |{variant}");
            for field in fields {
                let _ = writeln!(out, " |{variant}.{} {}", field.name, text(&field.ty));
            }
        }
        for name in ["Err", "Error", "Output", "Item", "Response", "Ok", "Key", "Value"] {
            let found = self.assoc_types.get(&(path, sym(name))).map(text).filter(|t| t != "_");
            out.extend(found.map(|ty| format!(" ={name} {ty}\n")));
        }
        let has = |name: &str| traits.iter().any(|t| t.rsplit("::").next() == Some(name));
        let assoc = |name: &str| self.assoc_types.get(&(path, sym(name))).map(text).filter(|t| t != "_");
        if has("Iterator") || has("IntoIterator") || has("Stream") {
            out.extend(assoc("Item").map(|item| format!(" %{item}\n")));
        }
        if has("Future") || has("IntoFuture") {
            out.extend(assoc("Output").map(|output| format!(" @{output}\n")));
        }
        let mut methods: Vec<(&Symbol, &Vec<DefId>)> = info.methods.iter().collect();
        methods.sort_unstable_by_key(|(name, _)| name.as_str());
        for (name, defs) in methods {
            // Methods of traits are found at the trait.
            let own = defs.iter().map(|d| self.def(*d)).find(|d| {
                d.signature.as_ref().is_some_and(|s| s.of_trait.is_none())
                    && self.file(d.file).items.get(d.item.index()).is_some_and(|i| i.is_public)
            });
            if let Some(def) = own {
                function(*name, def, out);
            }
        }
    }

    fn describe_trait(&self, path: Symbol, def: DefId, out: &mut String) {
        let above: Vec<&str> = self.supertraits_of(path).iter().map(|b| b.path.as_str()).collect();
        let names: Vec<Symbol> = self.item(def).generics.params.iter().map(|(name, _)| *name).collect();
        let _ = writeln!(out, "trait {path}{} {}", generics(&names), above.join(","));
        let mut methods: Vec<(&Symbol, &DefId)> = self
            .trait_methods
            .iter()
            .filter(|((of, _), _)| *of == path)
            .map(|((_, name), def)| (name, def))
            .collect();
        methods.sort_unstable_by_key(|(name, _)| name.as_str());
        for (name, def) in methods {
            function(*name, self.def(*def), out);
        }
    }

    fn describe_alias(&self, path: Symbol, def: DefId, out: &mut String) {
        let item: &Item = self.item(def);
        let ItemKind::TypeAlias(Some(ty)) = &item.kind else { return };
        let target = text(&self.lower_type(self.def(def).file, item.module, &self.generic_scope(def), ty));
        if target == "_" {
            return;
        }
        let names: Vec<Symbol> = item.generics.params.iter().map(|(name, _)| *name).collect();
        let _ = writeln!(out, "alias {path}{} = {target}", generics(&names));
    }

    /// Modules, and what they hand on: `use public::path = canonical::path`.
    fn describe_modules(&self, out: &mut String) {
        let mut lines = Vec::new();
        for (number, node) in self.graph.nodes.iter().enumerate() {
            if node.is_block || node.path.is_empty() || node.krate == u32::MAX {
                continue;
            }
            // A module is something to be found, also where only modules are in it.
            lines.push(format!("mod {}\n", node.path));
            let line = |name: Symbol, entity: Entity| {
                let target = match entity {
                    Entity::Def(def) => self.def(def).path,
                    Entity::Module(module) => self.graph.node(module).path,
                    Entity::External(path) => path,
                    Entity::Variant(..) => return None,
                };
                let from = format!("{}::{name}", node.path);
                let leads_on = from != target.as_str() && writable(target) && target.contains("::");
                leads_on.then(|| format!("use {from} = {target}\n"))
            };
            for (name, names) in &node.names {
                for binding in [names.ty, names.value].into_iter().flatten().filter(|b| b.public) {
                    lines.extend(line(*name, binding.entity));
                }
            }
            // Globs of globs too.
            let mut seen = vec![NodeId(number as u32)];
            let mut at = 0;
            while let Some(module) = seen.get(at).copied() {
                at += 1;
                for glob in self.graph.node(module).globs.iter().filter(|g| g.public) {
                    match glob.target {
                        Entity::Module(below) if !seen.contains(&below) => {
                            seen.push(below);
                            for (name, names) in &self.graph.node(below).names {
                                // What a module names itself comes before what it takes from others.
                                if node.names.contains_key(name) {
                                    continue;
                                }
                                let bindings = [names.ty, names.value].into_iter().flatten();
                                for binding in bindings.filter(|b| b.public) {
                                    lines.extend(line(*name, binding.entity));
                                }
                            }
                        }
                        Entity::External(target) => {
                            lines.push(format!("use {}::* = {target}\n", node.path));
                        }
                        _ => {}
                    }
                }
            }
        }
        lines.sort_unstable();
        lines.dedup();
        out.extend(lines);
    }
}

fn function(name: Symbol, def: &Def, out: &mut String) {
    let Some(signature) = &def.signature else { return };
    let Signature { params, self_kind, ret, is_async, must_use, .. } = &**signature;
    let (own, arguments) = match self_kind {
        SelfKind::None => ('-', params.len()),
        SelfKind::Ref => ('&', params.len().saturating_sub(1)),
        SelfKind::Mut => ('*', params.len().saturating_sub(1)),
        SelfKind::Owned => ('.', params.len().saturating_sub(1)),
    };
    let count = if arguments == 0 { String::new() } else { arguments.to_string() };
    let ret = if *is_async { format!("future<{}>", text(ret)) } else { text(ret) };
    let _ = writeln!(out, " {name}{} {own}{count} {ret}", if *must_use { "!" } else { "" });
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

/// A type in the notation; `_` where it does not fit.
fn text(ty: &Ty) -> String {
    match ty {
        Ty::Unknown | Ty::Var(_) | Ty::Closure(..) => "_".to_owned(),
        Ty::Never => "!".to_owned(),
        Ty::Prim(name) if name.starts_with('{') => "_".to_owned(),
        Ty::Prim(name) => name.to_string(),
        Ty::Adt(path, _) if !writable(*path) || !path.contains("::") => "_".to_owned(),
        Ty::Adt(path, args) if args.is_empty() => path.to_string(),
        Ty::Adt(path, args) => format!("{path}<{}>", list(args.iter().map(text))),
        Ty::Ref(true, inner) => format!("&mut {}", text(inner)),
        Ty::Ref(false, inner) => format!("&{}", text(inner)),
        Ty::Ptr(inner) => format!("*{}", text(inner)),
        Ty::Tuple(parts) => format!("({})", list(parts.iter().map(text))),
        Ty::Slice(inner) => format!("[{}]", text(inner)),
        Ty::Array(inner) => format!("[{};]", text(inner)),
        Ty::Fn(args, ret) => format!("fn({})->{}", list(args.iter().map(text)), text(ret)),
        Ty::Future(output, _) => format!("future<{}>", text(output)),
        Ty::Iterator(item) => format!("iter<{}>", text(item)),
        Ty::Dyn(all) => bounds("dyn", all),
        Ty::Impl(all) => bounds("impl", all),
        Ty::Param(name, _) if name.starts_with(char::is_uppercase) && writable(*name) => name.to_string(),
        Ty::Param(..) => "_".to_owned(),
    }
}

fn bounds(keyword: &str, all: &[Bound]) -> String {
    let all: Vec<String> = all
        .iter()
        .filter(|b| writable(b.path) && b.path.contains("::"))
        .map(|b| {
            let args = b.args.iter().map(text).chain(b.assoc.iter().map(|(n, t)| format!("{n}={}", text(t))));
            let args = list(args);
            if args.is_empty() { b.path.to_string() } else { format!("{}<{args}>", b.path) }
        })
        .collect();
    if all.is_empty() { "_".to_owned() } else { format!("{keyword} {}", all.join("+")) }
}
