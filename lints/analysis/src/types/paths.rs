//! Paths: what they stand for, constructors, and functions as values.

use crate::names::{DefId, FieldInfo, Namespace, Resolution, Signature};
use crate::symbol::{Symbol, sym};
use crate::syntax::hir::{ExprId, GenericArgs, PathRef};
use crate::syntax::items::{Fields, ItemKind};
use crate::types::context::{Infer, Subst};
use crate::types::infer::Target;
use crate::types::patterns::tuple_field;
use crate::types::table::{Sig, Table};
use crate::types::ty::Ty;
use crate::types::vars::{callable, is_float, is_integer, last};

/// A struct or variant made or matched by its name.
pub(super) struct Made {
    /// Its canonical path, `my_crate::Kind::A`.
    pub(super) path: Symbol,
    /// The type that it makes, with variables as arguments.
    pub(super) ty: Ty,
    /// Its fields in order.
    pub(super) fields: Vec<(Symbol, Ty)>,
    /// Written with parentheses or nothing: it is also a function or constant.
    pub(super) kind: Shape,
}

/// How a struct or variant is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Unit,
    Tuple,
    Named,
    /// Not known.
    Open,
}

/// A function with variables for its type parameters.
pub(super) struct Function {
    pub(super) target: Target,
    pub(super) path: Symbol,
    /// Parameters as declared, `self` included when called by path.
    pub(super) params: Vec<Ty>,
    /// What a call gives, as declared.
    pub(super) ret: Ty,
    pub(super) subst: Subst,
    pub(super) self_ty: Option<Ty>,
    /// See [`crate::catalogue::ExternalSignature::awaited`].
    pub(super) awaited: Option<Ty>,
    /// A constructor of a wrapper: its type parameters are the types of these arguments.
    pub(super) wraps: Vec<(usize, Ty)>,
}

impl Infer<'_> {
    pub(super) fn resolve(&self, path: &PathRef, namespace: Namespace) -> Resolution {
        if let Some(qself) = &path.qself
            && matches!(qself.0, crate::syntax::hir::TypeRef::Infer)
        {
            // `<_ as Trait>::method(x)` is `Trait::method(x)`.
            let plain = PathRef { qself: None, ..path.clone() };
            return self.program.resolve(self.file, self.module, &self.scope, &plain, namespace);
        }
        self.program.resolve(self.file, self.module, &self.scope, path, namespace)
    }

    /// The struct or variant that a path names, when it names one.
    pub(super) fn constructor(&mut self, found: &Resolution, path: &PathRef) -> Option<Made> {
        match found {
            Resolution::Def(def) => {
                let item = self.program.item(*def);
                match &item.kind {
                    ItemKind::Struct(fields) => {
                        let made = self.struct_made(self.program.def(*def).path, shape(fields))?;
                        self.bind_written_args(&made.ty, path.segments.last()?.args.as_deref());
                        Some(made)
                    }
                    ItemKind::TypeAlias(_) => {
                        let ty = self.lower_ty(&crate::syntax::hir::TypeRef::Path(Box::new(path.clone())));
                        self.made_of_type(&ty)
                    }
                    _ => None,
                }
            }
            Resolution::Variant(owner, variant) => {
                let made = self.variant_made(*owner, *variant)?;
                let generic = path.segments.iter().rev().take(2).find_map(|s| s.args.as_deref());
                self.bind_written_args(&made.ty, generic);
                Some(made)
            }
            Resolution::Ty(ty) => {
                let ty = ty.clone();
                self.made_of_type(&ty)
            }
            Resolution::Assoc(ty, name) => {
                let owner = ty.path()?;
                let made = self.variant_made(owner, *name)?;
                self.vars.unify(&made.ty, ty);
                Some(made)
            }
            Resolution::External(whole) => {
                let made = self.external_made(*whole)?;
                let generic = path.segments.iter().rev().take(2).find_map(|s| s.args.as_deref());
                self.bind_written_args(&made.ty, generic);
                Some(made)
            }
            Resolution::Unknown => None,
        }
    }

    fn made_of_type(&mut self, ty: &Ty) -> Option<Made> {
        let path = ty.path()?;
        let made = match self.own_type(path) {
            Some(info) => {
                let def = *info.defs.first()?;
                let shape = match &self.program.item(def).kind {
                    ItemKind::Struct(fields) => shape(fields),
                    _ => return None,
                };
                self.struct_made(path, shape)?
            }
            None => self.external_made(path)?,
        };
        self.vars.unify(&made.ty, ty);
        Some(made)
    }

    fn struct_made(&mut self, path: Symbol, kind: Shape) -> Option<Made> {
        let info = self.own_type(path)?;
        let ty = self.with_fresh_args(path);
        let fields = self.fields_of(&info.fields, &ty);
        Some(Made { path, ty, fields, kind })
    }

    fn variant_made(&mut self, owner: Symbol, variant: Symbol) -> Option<Made> {
        let path = sym(&format!("{owner}::{variant}"));
        let Some(info) = self.own_type(owner) else { return self.external_made(path) };
        let (_, fields) = info.variants.iter().find(|(name, _)| *name == variant)?;
        let kind = match fields.first() {
            None => Shape::Unit,
            Some(first) if first.name.starts_with(|c: char| c.is_ascii_digit()) => Shape::Tuple,
            Some(_) => Shape::Named,
        };
        let ty = self.with_fresh_args(owner);
        let fields = self.fields_of(fields, &ty);
        Some(Made { path, ty, fields, kind })
    }

    fn fields_of(&mut self, fields: &[FieldInfo], ty: &Ty) -> Vec<(Symbol, Ty)> {
        let map = self.subst_of(ty);
        fields
            .iter()
            .map(|f| {
                let field = self.subst(&f.ty, &map);
                (f.name, self.compute(&field))
            })
            .collect()
    }

    fn external_made(&mut self, path: Symbol) -> Option<Made> {
        let (owner, name) = path.rsplit_once("::")?;
        let variant = Table::get()
            .variant(sym(owner), sym(name))
            // A tuple struct is listed as its own variant.
            .or_else(|| Table::get().variant(path, sym(name)));
        if let Some((pattern, parts)) = variant {
            let mut map = Subst::default();
            let ty = self.instantiate(pattern, &mut map);
            let fields: Vec<(Symbol, Ty)> = parts
                .iter()
                .enumerate()
                .map(|(i, part)| {
                    let part = self.subst(part, &map);
                    (tuple_field(i), self.compute(&part))
                })
                .collect();
            let kind = if fields.is_empty() { Shape::Unit } else { Shape::Tuple };
            return Some(Made { path, ty, fields, kind });
        }
        if !name.starts_with(char::is_uppercase) || name.chars().all(|c| !c.is_lowercase()) && name.len() > 2
        {
            return None;
        }
        let is_type = |p: &str| self.catalogue.type_facts(sym(p)).is_some_and(|f| !f.is_trait);
        let ty = if is_type(&path) {
            self.with_fresh_args(path)
        } else if is_type(owner) {
            self.with_fresh_args(sym(owner))
        } else {
            return None;
        };
        let known = self.facts_that(&ty, |facts| {
            match facts.variants.iter().find(|(variant, _)| variant.as_str() == name) {
                Some((_, fields)) => Some(fields.clone()),
                None => (facts.path == path && !facts.fields.is_empty()).then(|| facts.fields.clone()),
            }
        });
        let Some(known) = known else {
            return Some(Made { path, ty, fields: Vec::new(), kind: Shape::Open });
        };
        let map = self.subst_of(&ty);
        let fields: Vec<(Symbol, Ty)> = known
            .iter()
            .map(|(name, field)| {
                let field = self.subst(field, &map);
                (*name, self.compute(&field))
            })
            .collect();
        let kind = match fields.first() {
            None => Shape::Unit,
            Some((first, _)) if first.starts_with(|c: char| c.is_ascii_digit()) => Shape::Tuple,
            Some(_) => Shape::Named,
        };
        Some(Made { path, ty, fields, kind })
    }

    /// `pattern` with a variable for each parameter.
    pub(super) fn instantiate(&mut self, pattern: &Ty, map: &mut Subst) -> Ty {
        self.fresh_params(pattern, map);
        self.subst(pattern, map)
    }

    /// Gives each type parameter in `ty` that has nothing in `map` a variable.
    pub(super) fn fresh_params(&mut self, ty: &Ty, map: &mut Subst) {
        let mut names = Vec::new();
        ty.any(&mut |t| {
            if let Ty::Param(name, _) = t {
                names.push(*name);
            }
            false
        });
        for name in names {
            // `Self::Item` is found through `Self`.
            if !name.contains("::") {
                map.entry(name).or_insert_with(|| self.vars.free());
            }
        }
    }

    /// `Type::<A>`: the written arguments.
    fn bind_written_args(&mut self, ty: &Ty, args: Option<&GenericArgs>) {
        let (Ty::Adt(_, vars), Some(written)) = (ty, args) else { return };
        for (var, written) in vars.iter().zip(&written.types) {
            let written = self.lower_ty(written);
            self.vars.unify(var, &written);
        }
    }

    /// The type of a path used as a value.
    pub(super) fn path_value(&mut self, id: ExprId, path: &PathRef, expected: Option<&Ty>) -> Ty {
        let found = self.resolve(path, Namespace::Value);
        if let Some(made) = self.constructor(&found, path) {
            self.paths.insert(id, made.path);
            return match made.kind {
                Shape::Tuple => Ty::Fn(made.fields.into_iter().map(|(_, t)| t).collect(), made.ty.into()),
                // A variant of unknown shape is a function where one is wanted.
                Shape::Open => match expected.and_then(|t| callable(&mut self.vars, t)) {
                    Some((params, _)) => Ty::Fn(params, made.ty.into()),
                    None => made.ty,
                },
                _ => made.ty,
            };
        }
        if let Some(function) = self.function(&found, path) {
            self.paths.insert(id, function.path);
            let params: Vec<Ty> = function.params.iter().map(|t| self.subst(t, &function.subst)).collect();
            if let Some((args, _)) = expected.and_then(|t| callable(&mut self.vars, t)) {
                for (param, arg) in params.iter().zip(args.iter()) {
                    self.vars.unify(param, arg);
                }
            }
            let ret = self.subst(&function.ret, &function.subst);
            let ret = self.compute(&ret);
            return Ty::Fn(params.into(), ret.into());
        }
        match &found {
            Resolution::Def(def) => {
                self.paths.insert(id, self.program.def(*def).path);
                self.item_type(*def)
            }
            Resolution::External(path) => {
                self.paths.insert(id, *path);
                self.external_constant(*path)
            }
            Resolution::Assoc(ty, name) => self.associated_constant(id, ty, *name),
            Resolution::Variant(owner, name) => {
                self.paths.insert(id, sym(&format!("{owner}::{name}")));
                self.with_fresh_args(*owner)
            }
            Resolution::Ty(_) | Resolution::Unknown => Ty::Unknown,
        }
    }

    /// The type of a constant or static of the program.
    fn item_type(&mut self, def: DefId) -> Ty {
        let at = self.program.def(def);
        let item = self.program.item(def);
        match &item.kind {
            ItemKind::Const { ty, .. } | ItemKind::Static { ty, .. } => {
                let scope = self.program.generic_scope(def);
                let lowered = self.program.lower_type(at.file, item.module, &scope, ty);
                self.refresh(&lowered)
            }
            _ => Ty::Unknown,
        }
    }

    fn associated_constant(&mut self, id: ExprId, ty: &Ty, name: Symbol) -> Ty {
        match ty {
            Ty::Adt(path, _) => {
                let whole = sym(&format!("{path}::{name}"));
                if let Some(def) = self.program.by_path.get(&whole).and_then(|defs| defs.first()) {
                    self.paths.insert(id, whole);
                    let found = self.item_type(*def);
                    let map = self.subst_of(ty);
                    return self.subst(&found, &map);
                }
                self.paths.insert(id, whole);
                self.external_constant(whole)
            }
            Ty::Prim(prim) => {
                self.paths.insert(id, sym(&format!("{prim}::{name}")));
                primitive_constant(prim, &name)
            }
            Ty::Param(_, bounds) => {
                for bound in bounds.iter() {
                    let whole = sym(&format!("{}::{name}", bound.path));
                    if let Some(def) = self.program.by_path.get(&whole).and_then(|defs| defs.first()) {
                        self.paths.insert(id, whole);
                        return self.item_type(*def);
                    }
                }
                Ty::Unknown
            }
            _ => Ty::Unknown,
        }
    }

    fn external_constant(&mut self, path: Symbol) -> Ty {
        let Some((owner, name)) = path.rsplit_once("::") else { return Ty::Unknown };
        match owner.rsplit("::").next() {
            Some(prim) if is_integer(prim) || is_float(prim) || prim == "char" => {
                primitive_constant(prim, name)
            }
            _ if matches!(path.as_str(), "std::time::Duration::ZERO" | "std::time::Duration::MAX") => {
                Ty::adt("std::time::Duration", [])
            }
            _ if owner == "std::time" && name == "UNIX_EPOCH" => Ty::adt("std::time::SystemTime", []),
            _ => match self.catalogue.constant(path) {
                Some(ty) => self.refresh(&ty),
                // An alias in the catalogue whose name is that of a static says what type it has.
                None => self.catalogue.type_facts(path).and_then(|f| f.alias.clone()).unwrap_or(Ty::Unknown),
            },
        }
    }

    /// The function that a path names.
    pub(super) fn function(&mut self, found: &Resolution, path: &PathRef) -> Option<Function> {
        let turbofish = path.segments.last().and_then(|s| s.args.as_deref());
        match found {
            Resolution::Def(def) => {
                let signature = self.program.def(*def).signature.clone()?;
                Some(self.program_function(*def, &signature, None, turbofish))
            }
            Resolution::External(whole) => {
                let owner_args = path.segments.iter().rev().nth(1).and_then(|s| s.args.as_deref());
                // `OsString::parse_as(x)` of a trait of the program that is implemented for a type outside.
                if let Some((owner, name)) = whole.rsplit_once("::")
                    && self.program.has_foreign_method(sym(owner), sym(name))
                    && self.catalogue.function(*whole).is_none_or(|f| f.path != *whole)
                {
                    let ty = self.with_fresh_args(sym(owner));
                    self.bind_written_args(&ty, owner_args);
                    return self.associated_function(&ty, sym(name), turbofish);
                }
                let found = self.external_function(*whole, None, turbofish, owner_args);
                found.or_else(|| self.function_in_scope(*whole, turbofish))
            }
            Resolution::Assoc(ty, name) => self.associated_function(ty, *name, turbofish),
            _ => None,
        }
    }

    fn associated_function(
        &mut self,
        ty: &Ty,
        name: Symbol,
        turbofish: Option<&GenericArgs>,
    ) -> Option<Function> {
        let ty = &self.refresh(ty);
        let defs = self.program_methods(ty, name);
        if let Some(def) = defs.first() {
            let signature = self.program.def(*def).signature.clone()?;
            let mut function = self.program_function(*def, &signature, Some(ty), turbofish);
            if defs.len() > 1 {
                function.target = Target::AnyOf(defs);
            }
            return Some(function);
        }
        if let Some(head) = ty.path().or(match ty {
            Ty::Prim(name) => Some(*name),
            _ => None,
        }) && self.program.has_foreign_method(head, name)
            // Of those that std implements too (`usize::try_from(n)`) the argument decides which is meant.
            && self.universal_function(ty, name).is_none()
            && let Some(def) = self.extension_function(ty, name)
        {
            let signature = self.program.def(def).signature.clone()?;
            return Some(self.program_function(def, &signature, Some(ty), turbofish));
        }
        match ty {
            Ty::Adt(path, _) => {
                if let Some(function) = self.function_of_traits(*path, ty, name, turbofish) {
                    return Some(function);
                }
                let whole = sym(&format!("{path}::{name}"));
                let found = self.external_function(whole, Some(ty), turbofish, None);
                found.or_else(|| self.universal_function(ty, name))
            }
            Ty::Prim(prim) => {
                let whole = sym(&format!("{prim}::{name}"));
                let found = self.external_function(whole, Some(ty), turbofish, None);
                found.or_else(|| self.universal_function(ty, name))
            }
            Ty::Slice(_) | Ty::Array(_) => {
                self.external_function(sym(&format!("slice::{name}")), Some(ty), turbofish, None)
            }
            Ty::Param(_, bounds) | Ty::Dyn(bounds) | Ty::Impl(bounds) => {
                let found = self.with_supertraits(bounds).iter().find_map(|b| {
                    let whole = sym(&format!("{}::{name}", b.path));
                    self.external_function(whole, Some(ty), turbofish, None)
                });
                found.or_else(|| self.universal_function(ty, name))
            }
            _ => self.universal_function(ty, name),
        }
    }

    /// `Permissions::from_mode(m)` of a trait that the file imports.
    fn function_in_scope(&mut self, whole: Symbol, turbofish: Option<&GenericArgs>) -> Option<Function> {
        let (owner, name) = whole.rsplit_once("::")?;
        let (owner, name) = (sym(owner), sym(name));
        self.catalogue.type_facts(owner).filter(|facts| !facts.is_trait)?;
        let traits = self.imported_traits();
        let mut found = traits.iter().filter_map(|t| self.catalogue.trait_method(*t, name));
        let one = found.next()?;
        if found.any(|other| other.path != one.path) {
            return None;
        }
        let ty = self.with_fresh_args(owner);
        self.external_function(one.path, Some(&ty), turbofish, None)
    }

    /// A function that a type of the program has from a trait outside of it, be it derived:
    /// `Arguments::try_parse_from` of `clap::Parser`.
    fn function_of_traits(
        &mut self,
        path: Symbol,
        ty: &Ty,
        name: Symbol,
        turbofish: Option<&GenericArgs>,
    ) -> Option<Function> {
        let info = self.own_type(path)?;
        let found =
            info.traits.iter().find_map(|(bound, _)| self.catalogue.trait_method(bound.path, name))?;
        // Those that nearly all types have are better known than by their trait's signature.
        if Table::get().function(found.path).is_some() {
            return None;
        }
        match self.universal_function(ty, name) {
            Some(function) => Some(function),
            None => self.external_function(found.path, Some(ty), turbofish, None),
        }
    }

    /// Functions of traits that most types have: `T::default()`, `T::from(x)`.
    fn universal_function(&mut self, ty: &Ty, name: Symbol) -> Option<Function> {
        let (path, params, ret) = match name.as_str() {
            "default" => ("std::default::Default::default", vec![], ty.clone()),
            "from" => ("std::convert::From::from", vec![Ty::Unknown], ty.clone()),
            "from_iter" => {
                let items = self.vars.free();
                let collected = Ty::adt("?Collect", [ty.clone(), Ty::adt("?Item", [items.clone()])]);
                ("std::iter::FromIterator::from_iter", vec![items], collected)
            }
            "clone" => ("std::clone::Clone::clone", vec![ty.clone().reference(false)], ty.clone()),
            "try_from" => (
                "std::convert::TryFrom::try_from",
                vec![Ty::Unknown],
                Ty::adt("std::result::Result", [ty.clone(), Ty::adt("?ConvertError", [ty.clone()])]),
            ),
            "from_str" => (
                "std::str::FromStr::from_str",
                vec![Ty::Unknown],
                Ty::adt("std::result::Result", [ty.clone(), Ty::adt("?ParseError", [ty.clone()])]),
            ),
            "to_string" => {
                ("std::string::ToString::to_string", vec![Ty::Unknown], Ty::adt("std::string::String", []))
            }
            "into" => ("std::convert::Into::into", vec![ty.clone()], self.vars.free()),
            "as_ref" => ("std::convert::AsRef::as_ref", vec![ty.clone().reference(false)], Ty::Unknown),
            "eq" => ("std::cmp::PartialEq::eq", vec![Ty::Unknown, Ty::Unknown], Ty::prim("bool")),
            "cmp" => {
                ("std::cmp::Ord::cmp", vec![Ty::Unknown, Ty::Unknown], Ty::adt("std::cmp::Ordering", []))
            }
            "deserialize" => (
                "serde::Deserialize::deserialize",
                vec![Ty::Unknown],
                Ty::adt("std::result::Result", [ty.clone(), Ty::Unknown]),
            ),
            _ => return None,
        };
        Some(Function {
            target: Target::External(sym(path)),
            path: sym(path),
            params,
            ret,
            subst: Subst::default(),
            self_ty: Some(ty.clone()),
            awaited: None,
            wraps: Vec::new(),
        })
    }

    /// A function of the program with variables for its generics.
    pub(super) fn program_function(
        &mut self,
        def: DefId,
        signature: &Signature,
        self_ty: Option<&Ty>,
        turbofish: Option<&GenericArgs>,
    ) -> Function {
        let mut subst = Subst::default();
        for name in signature.generics.iter().filter(|n| !n.contains("::")) {
            let var = self.vars.free();
            subst.insert(*name, var);
        }
        let own = &self.program.item(def).generics.params;
        if let Some(written) = turbofish {
            for ((name, _), written) in own.iter().zip(&written.types) {
                let written = self.lower_ty(written);
                if let Some(var) = subst.get(name).cloned() {
                    self.vars.unify(&var, &written);
                }
            }
        }
        if let Some(ty) = self_ty {
            if let Some(declared) = &signature.self_ty {
                let here = self.subst(declared, &subst);
                self.vars.unify(&here, ty);
                // `impl<T: Future<Output = O>, O> Trait<O> for T`
                if let Ty::Param(name, bounds) = declared
                    && name.as_str() != "Self"
                {
                    self.follow_bounds(bounds, ty, &subst);
                }
            }
            subst.entry(sym("Self")).or_insert_with(|| ty.clone());
            if let (Some(of_trait), Ty::Param(_, bounds) | Ty::Dyn(bounds) | Ty::Impl(bounds)) =
                (signature.of_trait, ty)
                && let Some(bound) = bounds.iter().find(|b| b.path == of_trait)
            {
                self.bind_trait_args(of_trait, &bound.args, &subst);
            }
        } else if let Some(declared) = &signature.self_ty {
            // `Trait::method(x)`: `Self` is what `x` is.
            let declared = match declared {
                Ty::Param(..) => self.vars.free(),
                other => self.subst(other, &subst),
            };
            subst.entry(sym("Self")).or_insert(declared);
        }
        // `#[tokio::main]` makes a plain function of it.
        let is_async = signature.is_async && !self.program.interface_item(def).attributes.is_async_main;
        let ret =
            if is_async { Ty::Future(signature.ret.clone().into(), None) } else { signature.ret.clone() };
        Function {
            target: Target::Def(def),
            path: self.program.def(def).path,
            params: signature.params.clone(),
            ret,
            subst,
            self_ty: self_ty.cloned(),
            awaited: None,
            wraps: Vec::new(),
        }
    }

    /// `T: Trait<A>`: the trait's own parameters are known.
    fn bind_trait_args(&mut self, of_trait: Symbol, args: &[Ty], subst: &Subst) {
        let Some(def) = self.program.by_path.get(&of_trait).and_then(|defs| defs.first()) else { return };
        let names = &self.program.item(*def).generics.params;
        for ((name, _), arg) in names.iter().zip(args) {
            if let Some(var) = subst.get(name).cloned() {
                self.vars.unify(&var, arg);
            }
        }
    }

    /// A signature of the table.
    pub(super) fn table_function(
        &mut self,
        sig: &Sig,
        turbofish: Option<&GenericArgs>,
        mut subst: Subst,
    ) -> Function {
        for ty in sig.params.iter().chain([&sig.ret]) {
            self.fresh_params(ty, &mut subst);
        }
        if let Some(written) = turbofish {
            for (name, written) in sig.turbofish.iter().zip(&written.types) {
                let written = self.lower_ty(written);
                if let Some(var) = subst.get(name).cloned() {
                    self.vars.unify(&var, &written);
                }
            }
        }
        Function {
            target: Target::External(sig.path),
            path: sig.path,
            params: sig.params.clone(),
            ret: sig.ret.clone(),
            subst,
            self_ty: None,
            awaited: None,
            wraps: Vec::new(),
        }
    }

    /// A function outside of the program by its path; `self_ty` when it was found through a type.
    fn external_function(
        &mut self,
        path: Symbol,
        self_ty: Option<&Ty>,
        turbofish: Option<&GenericArgs>,
        owner_args: Option<&GenericArgs>,
    ) -> Option<Function> {
        if let Some(sig) = Table::get().function(path) {
            let mut function = self.table_function(sig, turbofish, Subst::default());
            function.self_ty = self_ty.cloned();
            return Some(function);
        }
        let (owner, name) = path.rsplit_once("::")?;
        let owner = match owner {
            "rustc_hash::FxHashMap" | "fxhash::FxHashMap" | "fnv::FnvHashMap" => {
                sym("std::collections::HashMap")
            }
            "rustc_hash::FxHashSet" | "fxhash::FxHashSet" | "fnv::FnvHashSet" => {
                sym("std::collections::HashSet")
            }
            other => sym(other),
        };
        // `T::default()` gives a `T`, also of a crate that nothing is known of.
        if name == "default" && last(&owner).starts_with(char::is_uppercase) && self_ty.is_none() {
            let ty = self.with_fresh_args(owner);
            return self.universal_function(&ty, sym(name));
        }
        let signature = self.catalogue.function(path);
        // `PathBuf::from` gives a `PathBuf` whatever the trait's signature can say.
        let says_nothing = match &signature {
            None => true,
            Some(signature) => {
                signature.path != path
                    || signature.ret.is_unknown()
                    || matches!(name, "from" | "default" | "from_str" | "try_from" | "from_iter")
            }
        };
        if says_nothing && self.catalogue.type_facts(owner).is_some_and(|f| !f.is_trait) {
            let ty = match self_ty {
                Some(ty) => ty.clone(),
                None => {
                    let ty = self.with_fresh_args(owner);
                    self.bind_written_args(&ty, owner_args);
                    ty
                }
            };
            if let Some(function) = self.universal_function(&ty, sym(name)) {
                return Some(function);
            }
        }
        let signature = signature?;
        let owner_ty = match self_ty {
            Some(ty) => Some(ty.clone()),
            None if self.catalogue.type_facts(owner).is_some_and(|f| !f.is_trait) => {
                let ty = self.with_fresh_args(owner);
                self.bind_written_args(&ty, owner_args);
                Some(ty)
            }
            None => None,
        };
        let mut subst = owner_ty.as_ref().map(|ty| self.subst_of(ty)).unwrap_or_default();
        if let Some(ty) = &owner_ty {
            subst.insert(sym("Self"), ty.clone());
        }
        self.fresh_params(&signature.ret, &mut subst);
        let is_method = !matches!(signature.self_kind, crate::syntax::items::SelfKind::None);
        let mut params = vec![Ty::Unknown; usize::from(signature.arity) + usize::from(is_method)];
        if is_method && let (Some(ty), Some(first)) = (&owner_ty, params.first_mut()) {
            *first = match signature.self_kind {
                crate::syntax::items::SelfKind::Ref => ty.clone().reference(false),
                crate::syntax::items::SelfKind::Mut => ty.clone().reference(true),
                _ => ty.clone(),
            };
        }
        let wraps = match &owner_ty {
            Some(ty) if !is_method => wrapped(name, ty, signature.arity),
            _ => Vec::new(),
        };
        if let (Some(written), false) = (turbofish, is_method) {
            // The only parameters of the catalogue's functions are those in the result.
            let mut own: Vec<Symbol> = Vec::new();
            let generics =
                owner_ty.as_ref().and_then(Ty::path).map(|p| self.generics_of(p)).unwrap_or_default();
            signature.ret.any(&mut |t| {
                if let Ty::Param(name, _) = t
                    && !generics.contains(name)
                    && !own.contains(name)
                {
                    own.push(*name);
                }
                false
            });
            if let ([one], [written]) = (own.as_slice(), written.types.as_slice()) {
                let written = self.lower_ty(written);
                if let Some(var) = subst.get(one).cloned() {
                    self.vars.unify(&var, &written);
                }
            }
        }
        let awaited = signature.awaited.clone();
        Some(Function {
            target: Target::External(signature.path),
            path: signature.path,
            params,
            ret: signature.ret.clone(),
            subst,
            self_ty: owner_ty,
            awaited,
            wraps,
        })
    }

    pub(super) fn struct_literal(
        &mut self,
        id: ExprId,
        path: &PathRef,
        fields: &[(Symbol, ExprId)],
        base: Option<ExprId>,
        expected: Option<&Ty>,
    ) -> Ty {
        let found = self.resolve(path, Namespace::Type);
        let made = self.constructor(&found, path);
        if let Some(made) = &made {
            self.paths.insert(id, made.path);
            if let Some(expected) = expected {
                self.vars.unify(&made.ty, expected);
            }
        }
        for (name, value) in fields {
            let field =
                made.as_ref().and_then(|m| m.fields.iter().find(|(n, _)| n == name)).map(|(_, t)| t.clone());
            match field {
                Some(field) => {
                    self.check(*value, &field);
                }
                None => {
                    self.infer(*value);
                }
            }
        }
        let ty = match made {
            Some(made) => made.ty,
            None => {
                let ty = self.lower_ty(&crate::syntax::hir::TypeRef::Path(Box::new(path.clone())));
                if matches!(ty, Ty::Adt(..)) { ty } else { Ty::Unknown }
            }
        };
        if let Some(base) = base {
            self.check(base, &ty);
        }
        ty
    }
}

/// `Wrapper::new(x)`: which arguments are values of the type's parameters. Known of constructors that take
/// what they wrap: a type with one parameter takes it first (`Mutex::new(x)`, `GzEncoder::new(w, level)`,
/// `BufReader::with_capacity(n, r)`), one with as many parameters as `new` takes arguments takes them in order.
fn wrapped(name: &str, ty: &Ty, arity: u8) -> Vec<(usize, Ty)> {
    let args = ty.args();
    match (name, args, arity) {
        ("new", [one], 1..) => vec![(0, one.clone())],
        ("with_capacity", [one], 2) => vec![(1, one.clone())],
        ("new", many, n) if many.len() == usize::from(n) => many.iter().cloned().enumerate().collect(),
        _ => Vec::new(),
    }
}

fn shape(fields: &Fields) -> Shape {
    match fields {
        Fields::Unit => Shape::Unit,
        Fields::Tuple(_) => Shape::Tuple,
        Fields::Named(_) => Shape::Named,
    }
}

fn primitive_constant(prim: &str, name: &str) -> Ty {
    match name {
        "BITS" | "DIGITS" | "MANTISSA_DIGITS" | "RADIX" => Ty::prim("u32"),
        _ => Ty::prim(last(prim)),
    }
}
