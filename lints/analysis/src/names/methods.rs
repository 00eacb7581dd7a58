//! Methods and fields of a type, with auto-deref.

use std::sync::Arc;

use crate::catalogue::{Catalogue, ExternalSignature};
use crate::names::lower::head;
use crate::names::subst::{Subst, pair, subst, unify};
use crate::names::{DefId, FieldInfo, Program};
use crate::symbol::{Symbol, sym};
use crate::types::ty::{Bound, Ty};

/// Derefs that are followed.
const FAR_ENOUGH: usize = 16;

/// What a method call calls.
#[derive(Clone, Debug)]
pub enum MethodTarget {
    /// Functions of the program; several when `#[cfg]` or traits leave a choice.
    Defs(Vec<DefId>),
    /// A function outside.
    External(Arc<ExternalSignature>),
}

/// A method that was found.
#[derive(Clone, Debug)]
pub struct MethodMatch {
    /// What is called.
    pub target: MethodTarget,
    /// The type it was found on, after auto-deref (`Mutex<T>` for an `Arc<Mutex<T>>`).
    pub self_ty: Ty,
    /// What the parameters of its signature stand for, `Self` and `Self::Item` included.
    pub substs: Subst,
}

impl Program {
    /// The method `name` of `ty`, with auto-deref through references, smart pointers, guards and user types.
    #[must_use]
    pub fn find_method(&self, catalogue: &Catalogue, ty: &Ty, name: Symbol) -> Option<MethodMatch> {
        let mut at = ty.clone();
        let mut steps: Vec<Ty> = Vec::new();
        for _ in 0..FAR_ENOUGH {
            if at.is_unknown() {
                // Anything might be below.
                return None;
            }
            if !matches!(at, Ty::Ref(..))
                && let Some(found) = self.method_at(catalogue, &at, name)
            {
                return Some(found);
            }
            let next = self.deref(catalogue, &at);
            steps.push(at);
            match next {
                Some(next) => at = next,
                None => break,
            }
        }
        // A blanket impl fits any of them, so it comes last.
        steps.iter().find_map(|step| self.blanket_method(step, name, None))
    }

    /// What `*ty` is: references, smart pointers, guards, user `Deref`, arrays as slices.
    #[must_use]
    pub fn deref(&self, catalogue: &Catalogue, ty: &Ty) -> Option<Ty> {
        match ty {
            Ty::Ref(_, inner) => Some((**inner).clone()),
            Ty::Array(inner) => Some(Ty::Slice(Arc::clone(inner))),
            Ty::Adt(path, args) => {
                if let Some(info) = self.types.get(path) {
                    let target = info.deref.as_ref()?;
                    return Some(subst(target, &pair(&info.generics, args)));
                }
                let facts = catalogue.type_facts(*path)?;
                let target = facts.deref.as_ref()?;
                let target = subst(target, &pair(&facts.generics, args));
                // `Pin<&mut T>` gives its `T` at once.
                Some(match (path.as_str(), target) {
                    ("std::pin::Pin", Ty::Ref(_, inner)) => (*inner).clone(),
                    (_, target) => target,
                })
            }
            Ty::Param(_, bounds) | Ty::Impl(bounds) => {
                let bound = bounds
                    .iter()
                    .find(|b| matches!(b.path.as_str(), "std::ops::Deref" | "std::ops::DerefMut"))?;
                bound.assoc.iter().find(|(name, _)| *name == "Target").map(|(_, ty)| ty.clone())
            }
            _ => None,
        }
    }

    /// The method on exactly this type.
    fn method_at(&self, catalogue: &Catalogue, ty: &Ty, name: Symbol) -> Option<MethodMatch> {
        let external = |key: &str| catalogue.method(sym(key), name);
        let signature = match ty {
            Ty::Adt(path, args) => {
                if self.types.contains_key(path) {
                    return self.own_method(catalogue, ty, *path, args, name);
                }
                catalogue.method(*path, name)
            }
            Ty::Prim(prim) => catalogue.method(*prim, name),
            Ty::Slice(_) => external("slice"),
            Ty::Array(_) => external("array"),
            Ty::Ptr(_) => external("pointer"),
            Ty::Iterator(_) => [
                "std::iter::Iterator",
                "futures_core::Stream",
                "rayon::iter::ParallelIterator",
                "std::iter::DoubleEndedIterator",
                "std::iter::ExactSizeIterator",
                "rayon::iter::IndexedParallelIterator",
            ]
            .iter()
            .find_map(|path| catalogue.trait_method(sym(path), name)),
            Ty::Future(..) => catalogue.trait_method(sym("std::future::Future"), name),
            Ty::Param(_, bounds) | Ty::Impl(bounds) | Ty::Dyn(bounds) => {
                if let Some(found) =
                    bounds.iter().find_map(|b| self.trait_method_of(catalogue, ty, b, name, 8))
                {
                    return Some(found);
                }
                None
            }
            _ => None,
        };
        // `Arc::get_mut(this)` is no method: `x.get_mut()` is looked for further down.
        let signature = signature.filter(|s| s.self_kind != crate::syntax::items::SelfKind::None);
        if let Some(signature) = signature {
            let substs = self.external_substs(catalogue, ty);
            return Some(MethodMatch {
                target: MethodTarget::External(signature),
                self_ty: ty.clone(),
                substs,
            });
        }
        self.foreign_method(ty, name)
    }

    /// A method of a type of the program: inherent, of a trait impl, provided by a trait, or derived.
    fn own_method(
        &self,
        catalogue: &Catalogue,
        ty: &Ty,
        path: Symbol,
        args: &[Ty],
        name: Symbol,
    ) -> Option<MethodMatch> {
        let info = self.types.get(&path)?;
        if let Some(defs) = info.methods.get(&name) {
            let mut inherent: Vec<(DefId, Subst)> = Vec::new();
            let mut of_traits: Vec<(DefId, Subst)> = Vec::new();
            for def in defs {
                let Some(signature) = &self.def(*def).signature else { continue };
                let mut map = pair(&info.generics, args);
                let mut own = Subst::default();
                let fits = signature.self_ty.as_ref().is_none_or(|self_ty| unify(self_ty, ty, &mut own));
                if !fits {
                    continue;
                }
                map.extend(own);
                map.insert(sym("Self"), ty.clone());
                let list = if signature.of_trait.is_none() { &mut inherent } else { &mut of_traits };
                list.push((*def, map));
            }
            let chosen = if inherent.is_empty() { of_traits } else { inherent };
            if let Some((_, substs)) = chosen.first().cloned() {
                let target = MethodTarget::Defs(chosen.into_iter().map(|(def, _)| def).collect());
                return Some(MethodMatch { target, self_ty: ty.clone(), substs });
            }
        }
        info.traits.iter().find_map(|(bound, _)| self.trait_method_of(catalogue, ty, bound, name, 8))
    }

    /// A method that a trait (or one above it) gives to `ty`.
    fn trait_method_of(
        &self,
        catalogue: &Catalogue,
        ty: &Ty,
        bound: &Bound,
        name: Symbol,
        depth: u8,
    ) -> Option<MethodMatch> {
        let substs = |program: &Self| {
            let mut map = Subst::default();
            map.insert(sym("Self"), ty.clone());
            for (assoc, ty) in bound.assoc.iter() {
                map.insert(sym(&format!("Self::{assoc}")), ty.clone());
            }
            if let Some(trait_def) = program.by_path.get(&bound.path).and_then(|defs| defs.first()) {
                let generics = &program.item(*trait_def).generics.params;
                for ((name, _), arg) in generics.iter().zip(bound.args.iter()) {
                    map.insert(*name, arg.clone());
                }
            }
            if !matches!(ty, Ty::Param(..) | Ty::Impl(_) | Ty::Dyn(_)) {
                program.add_assoc(ty, bound.path, &mut map);
            }
            map
        };
        if let Some(def) = self.trait_methods.get(&(bound.path, name)) {
            let target = MethodTarget::Defs(vec![*def]);
            return Some(MethodMatch { target, self_ty: ty.clone(), substs: substs(self) });
        }
        if let Some(above) = self.supertraits.get(&bound.path) {
            let depth = depth.checked_sub(1)?;
            return above.iter().find_map(|bound| self.trait_method_of(catalogue, ty, bound, name, depth));
        }
        let signature = catalogue.trait_method(bound.path, name)?;
        Some(MethodMatch {
            target: MethodTarget::External(signature),
            self_ty: ty.clone(),
            substs: substs(self),
        })
    }

    /// `Self::Item` and the like, as an impl of the trait says.
    fn add_assoc(&self, ty: &Ty, trait_path: Symbol, map: &mut Subst) {
        let Some(head) = head(ty) else { return };
        for name in ["Item", "Output", "Target", "Error", "Err", "Ok"] {
            let name = sym(name);
            if self.assoc_impls.contains_key(&(head, name)) {
                let found = self.project(ty, name, Some(trait_path));
                if !found.is_unknown() {
                    map.insert(sym(&format!("Self::{name}")), found);
                }
            }
        }
    }

    /// Whether a trait of the program gives a type outside (by path, or a primitive) a function of that name.
    pub(crate) fn has_foreign_method(&self, head: Symbol, name: Symbol) -> bool {
        self.impls.foreign_methods.contains_key(&(head, name))
    }

    /// A trait of the program implemented for a type outside of it.
    pub(crate) fn foreign_method(&self, ty: &Ty, name: Symbol) -> Option<MethodMatch> {
        let head = head(ty)?;
        let matched = |target: Vec<DefId>, mut map: Subst| {
            map.insert(sym("Self"), ty.clone());
            MethodMatch { target: MethodTarget::Defs(target), self_ty: ty.clone(), substs: map }
        };
        if let Some(defs) = self.impls.foreign_methods.get(&(head, name)) {
            let fitting = defs.iter().filter_map(|def| {
                let signature = self.def(*def).signature.as_ref()?;
                let mut map = Subst::default();
                let pattern = signature.self_ty.as_ref()?.peel_refs();
                unify(pattern, ty, &mut map).then_some((*def, map))
            });
            let fitting: Vec<(DefId, Subst)> = fitting.collect();
            if let Some((_, map)) = fitting.first().cloned() {
                return Some(matched(fitting.into_iter().map(|(def, _)| def).collect(), map));
            }
        }
        let impls = self.impls.foreign_traits.get(&head)?;
        impls.iter().find_map(|id| {
            let header = self.impls.headers.get(id)?;
            let bound = header.of_trait.as_ref()?;
            let def = self.trait_methods.get(&(bound.path, name))?;
            let mut map = Subst::default();
            unify(header.self_ty.peel_refs(), ty, &mut map).then(|| matched(vec![*def], map))
        })
    }

    /// Functions of that name which impls of the program's traits for exactly this type have, not impls for all types with
    /// some bound nor for references to it.
    pub(crate) fn methods_of_traits(&self, ty: &Ty, name: Symbol) -> Vec<DefId> {
        let mut found: Vec<DefId> = Vec::new();
        let mut add = |def: DefId| {
            if !found.contains(&def) {
                found.push(def);
            }
        };
        let Some(head) = head(ty) else { return found };
        let fits =
            |pattern: &Ty| !matches!(pattern, Ty::Ref(..)) && unify(pattern, ty, &mut Subst::default());
        let own = self.types.get(&head).and_then(|info| info.methods.get(&name));
        for def in own.into_iter().chain(self.impls.foreign_methods.get(&(head, name))).flatten() {
            let Some(signature) = self.def(*def).signature.as_ref() else { continue };
            if signature.of_trait.is_some() && signature.self_ty.as_ref().is_some_and(fits) {
                add(*def);
            }
        }
        // What the impl leaves to its trait.
        for id in self.impls.foreign_traits.get(&head).into_iter().flatten() {
            let Some(header) = self.impls.headers.get(id) else { continue };
            let Some(bound) = &header.of_trait else { continue };
            if let Some(def) = self.trait_methods.get(&(bound.path, name))
                && fits(&header.self_ty)
                && self.member_of_impl(*id, name).is_none()
            {
                add(*def);
            }
        }
        found
    }

    /// A method by a blanket impl, when only one trait of the program offers that name.
    pub(crate) fn blanket_method(&self, ty: &Ty, name: Symbol, arity: Option<usize>) -> Option<MethodMatch> {
        let traits = self.impls.traits_with.get(&name)?;
        let takes = |path: &Symbol| {
            let def = self.trait_methods.get(&(*path, name));
            let signature = def.and_then(|def| self.def(*def).signature.as_ref());
            arity.is_none() || signature.is_none_or(|s| s.params.len().checked_sub(1) == arity)
        };
        let mut fitting = traits.iter().filter(|path| takes(path)).filter_map(|path| {
            let impls = self.impls.blanket.get(path)?;
            let mut holding = impls.iter().filter(|id| self.may_hold(**id, ty, &mut Vec::new()));
            let (one, more) = (holding.next()?, holding.next());
            // The impl's own function says what the trait's parameters are.
            let of_impl = if more.is_none() { self.member_of_impl(*one, name) } else { None };
            of_impl.or_else(|| self.trait_methods.get(&(*path, name)).copied())
        });
        let def = fitting.next()?;
        if fitting.next().is_some() {
            return None;
        }
        let mut substs = Subst::default();
        substs.insert(sym("Self"), ty.clone());
        Some(MethodMatch { target: MethodTarget::Defs(vec![def]), self_ty: ty.clone(), substs })
    }

    /// The function of that name in an impl.
    fn member_of_impl(&self, id: DefId, name: Symbol) -> Option<DefId> {
        let (file, parent) = (self.def(id).file, self.def(id).item);
        let defs = self.methods_by_name.get(&name)?;
        defs.iter().copied().find(|def| {
            let def = self.def(*def);
            def.file == file
                && self.file(file).items.get(def.item.index()).is_some_and(|i| i.parent == Some(parent))
        })
    }

    /// Whether a blanket impl's bounds can hold for `ty`, as far as impls of the program can say. `seen` are the impls
    /// that are being asked: `impl<T: Trait> Trait for &T` alone makes nothing a `Trait`.
    fn may_hold(&self, id: DefId, ty: &Ty, seen: &mut Vec<DefId>) -> bool {
        if seen.contains(&id) {
            return false;
        }
        let Some(header) = self.impls.headers.get(&id) else { return false };
        let (Ty::Param(_, bounds) | Ty::Impl(bounds)) = header.self_ty.peel_refs() else { return true };
        seen.push(id);
        let holds = bounds.iter().all(|bound| {
            // A type of the program that is no iterator has no impl for that.
            if matches!(bound.path.as_str(), "std::iter::IntoIterator" | "std::iter::Iterator")
                && let Some(info) =
                    ty.path().and_then(|path| self.types.get(&path)).filter(|i| !i.defs.is_empty())
            {
                return info.traits.iter().any(|(b, _)| b.path.starts_with("std::iter::"));
            }
            // Only traits of the program have all their impls in sight.
            if !self.supertraits.contains_key(&bound.path) {
                return true;
            }
            if let Ty::Param(_, own) | Ty::Impl(own) | Ty::Dyn(own) = ty
                && own.iter().any(|own| self.implies(own.path, bound.path, 8))
            {
                return true;
            }
            let implementing = self.implementors.get(&bound.path).map(Vec::as_slice).unwrap_or_default();
            let is_blanket = |pattern: &Ty| matches!(pattern.peel_refs(), Ty::Param(..) | Ty::Impl(_));
            let is_one = |pattern: &Ty| !is_blanket(pattern) && unify(pattern, ty, &mut Subst::default());
            let blanket = self.impls.blanket.get(&bound.path).map(Vec::as_slice).unwrap_or_default();
            implementing.iter().any(is_one) || blanket.iter().any(|id| self.may_hold(*id, ty, seen))
        });
        seen.pop();
        holds
    }

    /// Whether one trait has the other above it.
    fn implies(&self, below: Symbol, above: Symbol, depth: u8) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        below == above
            || self
                .supertraits
                .get(&below)
                .is_some_and(|bounds| bounds.iter().any(|b| self.implies(b.path, above, depth)))
    }

    /// Arguments of a type outside of the program by the names that the catalogue gives them.
    fn external_substs(&self, catalogue: &Catalogue, ty: &Ty) -> Subst {
        let mut map = match ty {
            Ty::Adt(path, args) => {
                catalogue.type_facts(*path).map(|facts| pair(&facts.generics, args)).unwrap_or_default()
            }
            Ty::Slice(inner) | Ty::Array(inner) | Ty::Ptr(inner) => {
                Subst::from_iter([(sym("T"), (**inner).clone())])
            }
            Ty::Iterator(item) => Subst::from_iter([(sym("Self::Item"), (**item).clone())]),
            Ty::Future(output, _) => Subst::from_iter([(sym("Self::Output"), (**output).clone())]),
            _ => Subst::default(),
        };
        map.insert(sym("Self"), ty.clone());
        map
    }

    /// The method of a trait of the program, or of a trait above it.
    pub(super) fn trait_member(&self, trait_path: Symbol, name: Symbol) -> Option<DefId> {
        self.trait_member_above(trait_path, name, 8)
    }

    fn trait_member_above(&self, trait_path: Symbol, name: Symbol, depth: u8) -> Option<DefId> {
        if let Some(found) = self.trait_methods.get(&(trait_path, name)) {
            return Some(*found);
        }
        let depth = depth.checked_sub(1)?;
        self.supertraits
            .get(&trait_path)?
            .iter()
            .find_map(|above| self.trait_member_above(above.path, name, depth))
    }

    /// The type of the field `name` of `ty`, with auto-deref and arguments put in.
    #[must_use]
    pub fn field_type(&self, catalogue: &Catalogue, ty: &Ty, name: Symbol) -> Option<Ty> {
        let mut at = ty.clone();
        for _ in 0..FAR_ENOUGH {
            match &at {
                Ty::Tuple(parts) => {
                    if let Some(part) = name.as_str().parse::<usize>().ok().and_then(|i| parts.get(i)) {
                        return Some(part.clone());
                    }
                }
                Ty::Adt(path, args) => {
                    if let Some(info) = self.types.get(path)
                        && let Some(field) = info.fields.iter().find(|f| f.name == name)
                    {
                        return Some(subst(&field.ty, &pair(&info.generics, args)));
                    }
                }
                _ => {}
            }
            at = self.deref(catalogue, &at)?;
        }
        None
    }

    /// The fields of a variant of `ty` (an enum of the program), with arguments put in.
    #[must_use]
    pub fn variant_fields(&self, ty: &Ty, variant: Symbol) -> Option<Vec<FieldInfo>> {
        let Ty::Adt(path, args) = ty else { return None };
        let info = self.types.get(path)?;
        let (_, fields) = info.variants.iter().find(|(name, _)| *name == variant)?;
        let map = pair(&info.generics, args);
        Some(fields.iter().map(|f| FieldInfo { ty: subst(&f.ty, &map), ..f.clone() }).collect())
    }

    /// Traits that a trait of the program demands.
    #[must_use]
    pub fn supertraits_of(&self, trait_path: Symbol) -> &[Bound] {
        self.supertraits.get(&trait_path).map(|bounds| &**bounds).unwrap_or_default()
    }

    /// The trait and `Self` of an impl.
    #[must_use]
    pub fn impl_header(&self, def: DefId) -> Option<(&Ty, Option<&Bound>)> {
        self.impls.headers.get(&def).map(|header| (&header.self_ty, header.of_trait.as_ref()))
    }
}
