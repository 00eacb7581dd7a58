//! Fields and methods of types, through references, smart pointers and guards.

use std::sync::Arc;

use crate::catalogue::ExternalSignature;
use crate::names::{DefId, Program};
use crate::symbol::{Symbol, sym};
use crate::types::ty::{Args, Bound, Ty};

/// A method that was found.
#[derive(Clone, Debug)]
pub struct MethodMatch {
    /// What was found.
    pub found: Found,
    /// The type it was found on, after auto-deref.
    pub self_ty: Ty,
    /// Type parameters of that type (or trait) and what they are here.
    pub substitution: Vec<(Symbol, Ty)>,
}

/// Where a method lives.
#[derive(Clone, Debug)]
pub enum Found {
    /// In the program; several when `#[cfg]` or a trait object offers several.
    Defs(Vec<DefId>),
    /// Outside.
    External(Arc<ExternalSignature>),
}

/// Longest chain of dereferences.
const DEREFS: usize = 8;

impl Program {
    /// What `*ty` is, when `ty` can be dereferenced.
    #[must_use]
    pub fn deref(&self, ty: &Ty) -> Option<Ty> {
        match ty {
            Ty::Ref(_, inner) => Some((**inner).clone()),
            Ty::Adt(path, args) => {
                if let Some(info) = self.types.get(path)
                    && let Some(target) = &info.deref
                {
                    return Some(subst(target, &pairs(&info.generics, args)));
                }
                let facts = self.catalogue().type_facts(*path)?;
                let target = facts.deref.as_ref()?;
                Some(subst(target, &pairs(&facts.generics, args)))
            }
            _ => None,
        }
    }

    /// The type itself and everything it dereferences to.
    pub(crate) fn deref_chain(&self, ty: &Ty) -> Vec<Ty> {
        let mut chain = vec![ty.clone()];
        for _ in 0..DEREFS {
            let Some(next) = chain.last().and_then(|t| self.deref(t)) else { break };
            if next.is_unknown() || chain.contains(&next) {
                break;
            }
            chain.push(next);
        }
        if let Some(Ty::Array(inner)) = chain.last() {
            let slice = Ty::Slice(Arc::clone(inner));
            chain.push(slice);
        }
        chain
    }

    /// The type of `value.name`.
    #[must_use]
    pub fn field_type(&self, ty: &Ty, name: Symbol) -> Option<Ty> {
        for step in self.deref_chain(ty) {
            match &step {
                Ty::Tuple(parts) => {
                    if let Some(found) = name.parse::<usize>().ok().and_then(|i| parts.get(i)) {
                        return Some(found.clone());
                    }
                }
                Ty::Adt(path, args) => {
                    if let Some(info) = self.types.get(path)
                        && let Some(field) = info.fields.iter().find(|f| f.name == name)
                    {
                        return Some(subst(&field.ty, &pairs(&info.generics, args)));
                    }
                    if let Some(found) = external_field(path, name) {
                        return Some(found);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// Types of the fields of a struct or variant, in order, for patterns and constructors.
    #[must_use]
    pub fn variant_fields(&self, ty: &Ty, variant: Option<Symbol>) -> Option<Vec<(Symbol, Ty)>> {
        let Ty::Adt(path, args) = ty else { return None };
        let info = self.types.get(path)?;
        let map = pairs(&info.generics, args);
        let fields = match variant {
            None => &info.fields,
            Some(name) => &info.variants.iter().find(|(n, _)| *n == name)?.1,
        };
        Some(fields.iter().map(|f| (f.name, subst(&f.ty, &map))).collect())
    }

    /// Finds the method `name` of a value of type `ty`.
    #[must_use]
    pub fn find_method(&self, ty: &Ty, name: Symbol) -> Option<MethodMatch> {
        for step in self.deref_chain(ty) {
            if let Some(found) = self.method_of(&step, name) {
                return Some(found);
            }
        }
        // Traits of the program that every type has.
        let blanket = self.blanket_methods.get(&name)?;
        if ty.is_unknown() || blanket.len() != 1 {
            return None;
        }
        Some(MethodMatch {
            found: Found::Defs(blanket.clone()),
            self_ty: ty.clone(),
            substitution: vec![(sym("Self"), ty.clone())],
        })
    }

    /// A method of exactly this type, without dereferencing.
    #[must_use]
    pub fn method_of(&self, ty: &Ty, name: Symbol) -> Option<MethodMatch> {
        let found = |found, substitution| Some(MethodMatch { found, self_ty: ty.clone(), substitution });
        match ty {
            Ty::Adt(path, args) => {
                if let Some(info) = self.types.get(path) {
                    let map = pairs(&info.generics, args);
                    if let Some(defs) = info.methods.get(&name) {
                        return found(Found::Defs(prefer_inherent(self, defs)), map);
                    }
                    for (bound, _) in &info.traits {
                        if let Some(method) = self.bound_method(bound, name) {
                            let mut map = map.clone();
                            map.push((sym("Self"), ty.clone()));
                            return found(method, map);
                        }
                    }
                }
                let signature = self.catalogue().method(*path, name)?;
                let mut map = match self.catalogue().type_facts(*path) {
                    Some(facts) => pairs(&facts.generics, args),
                    None => Vec::new(),
                };
                map.push((sym("Self"), ty.clone()));
                found(Found::External(signature), map)
            }
            Ty::Param(_, bounds) | Ty::Impl(bounds) | Ty::Dyn(bounds) => {
                for bound in bounds.iter() {
                    if let Some(method) = self.bound_method(bound, name) {
                        let method = match (method, ty) {
                            // Calls through `dyn` and generics reach any implementation.
                            (Found::Defs(defs), _) => Found::Defs(defs),
                            (other, _) => other,
                        };
                        return found(method, vec![(sym("Self"), ty.clone())]);
                    }
                }
                None
            }
            Ty::Prim(prim) => {
                let signature = self.catalogue().method(*prim, name)?;
                found(Found::External(signature), Vec::new())
            }
            Ty::Slice(item) => {
                let signature = self.catalogue().method(sym("slice"), name)?;
                found(Found::External(signature), vec![(sym("T"), (**item).clone())])
            }
            Ty::Array(item) => {
                let signature = self.catalogue().method(sym("array"), name)?;
                found(Found::External(signature), vec![(sym("T"), (**item).clone())])
            }
            _ => None,
        }
    }

    /// A method of a trait or its supertraits.
    fn bound_method(&self, bound: &Bound, name: Symbol) -> Option<Found> {
        self.trait_method_of(bound.path, name, 4)
    }

    fn trait_method_of(&self, path: Symbol, name: Symbol, fuel: u32) -> Option<Found> {
        if let Some(def) = self.trait_methods.get(&(path, name)) {
            return Some(Found::Defs(vec![*def]));
        }
        let fuel = fuel.checked_sub(1)?;
        if let Some(def) = self.by_path.get(&path).and_then(|d| d.first()) {
            let item = self.item(*def);
            if let crate::syntax::items::ItemKind::Trait { supertraits } = &item.kind {
                let at = self.module_of(self.def(*def).file, item.module)?;
                let bounds = self.lower_bounds(at, &super::GenericScope::default(), supertraits);
                for bound in bounds.iter() {
                    if let Some(found) = self.trait_method_of(bound.path, name, fuel) {
                        return Some(found);
                    }
                }
            }
            return None;
        }
        self.catalogue().trait_method(path, name).map(Found::External)
    }
}

/// Inherent methods win over trait methods.
fn prefer_inherent(program: &Program, defs: &[DefId]) -> Vec<DefId> {
    let inherent: Vec<DefId> = defs
        .iter()
        .copied()
        .filter(|d| {
            let item = program.item(*d);
            let file = program.def(*d).file;
            item.parent.is_some_and(|p| {
                matches!(
                    program.file(file).items[p.index()].kind,
                    crate::syntax::items::ItemKind::Impl { trait_path: None, .. }
                )
            })
        })
        .collect();
    if inherent.is_empty() { defs.to_vec() } else { inherent }
}

/// Public fields of a few external structs that resources hide in.
fn external_field(path: &str, name: Symbol) -> Option<Ty> {
    let option = |inner: &str| Some(Ty::adt("std::option::Option", [Ty::adt(inner, [])]));
    match (path, name.as_str()) {
        ("std::process::Child", "stdin") => option("std::process::ChildStdin"),
        ("std::process::Child", "stdout") => option("std::process::ChildStdout"),
        ("std::process::Child", "stderr") => option("std::process::ChildStderr"),
        ("tokio::process::Child", "stdin") => option("tokio::process::ChildStdin"),
        ("tokio::process::Child", "stdout") => option("tokio::process::ChildStdout"),
        ("tokio::process::Child", "stderr") => option("tokio::process::ChildStderr"),
        ("std::process::Output", "status") => Some(Ty::adt("std::process::ExitStatus", [])),
        ("std::process::Output", "stdout" | "stderr") => Some(Ty::adt("std::vec::Vec", [Ty::prim("u8")])),
        _ => None,
    }
}

/// Parameters with their arguments.
pub(crate) fn pairs(generics: &[Symbol], args: &Args) -> Vec<(Symbol, Ty)> {
    generics.iter().enumerate().map(|(i, g)| (*g, args.get(i).cloned().unwrap_or_default())).collect()
}

/// Replaces parameters by what they are; parameters that are not in `map` stay.
#[must_use]
pub fn subst(ty: &Ty, map: &[(Symbol, Ty)]) -> Ty {
    if map.is_empty() {
        return ty.clone();
    }
    let list = |args: &Args| -> Args { args.iter().map(|t| subst(t, map)).collect() };
    let bounds = |all: &[Bound]| -> Arc<[Bound]> {
        all.iter()
            .map(|b| Bound {
                path: b.path,
                args: b.args.iter().map(|t| subst(t, map)).collect(),
                assoc: b.assoc.iter().map(|(n, t)| (*n, subst(t, map))).collect(),
            })
            .collect()
    };
    match ty {
        Ty::Param(name, _) => match map.iter().find(|(n, _)| n == name) {
            Some((_, to)) => to.clone(),
            None => ty.clone(),
        },
        Ty::Adt(path, args) => Ty::Adt(*path, list(args)),
        Ty::Ref(mutable, inner) => Ty::Ref(*mutable, Arc::new(subst(inner, map))),
        Ty::Ptr(inner) => Ty::Ptr(Arc::new(subst(inner, map))),
        Ty::Tuple(parts) => Ty::Tuple(list(parts)),
        Ty::Slice(inner) => Ty::Slice(Arc::new(subst(inner, map))),
        Ty::Array(inner) => Ty::Array(Arc::new(subst(inner, map))),
        Ty::Fn(params, ret) => Ty::Fn(list(params), Arc::new(subst(ret, map))),
        Ty::Closure(id, ret) => Ty::Closure(*id, Arc::new(subst(ret, map))),
        Ty::Future(output, id) => Ty::Future(Arc::new(subst(output, map)), *id),
        Ty::Iterator(item) => Ty::Iterator(Arc::new(subst(item, map))),
        Ty::Dyn(all) => Ty::Dyn(bounds(all)),
        Ty::Impl(all) => Ty::Impl(bounds(all)),
        Ty::Unknown | Ty::Var(_) | Ty::Never | Ty::Prim(_) => ty.clone(),
    }
}
