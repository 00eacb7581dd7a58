//! What paths in code stand for.

use crate::names::graph::Entity;
use crate::names::lookup::{Lookup, is_camel};
use crate::names::lower::Place;
use crate::names::prelude;
use crate::names::{DefId, GenericScope, Namespace, Program, Resolution};
use crate::span::FileId;
use crate::symbol::Symbol;
use crate::syntax::hir::{GenericArgs, ModuleIndex, PathRef, Segment};
use crate::syntax::items::ItemKind;
use crate::types::ty::Ty;

impl Program {
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
        let place = Place { program: self, node: self.graph.node_of(file, module), scope };
        place.resolve(path, ns)
    }

    /// What the path of a macro call means (`tokio::select`, `std::println`), or its last segment alone.
    #[must_use]
    pub fn resolve_macro(&self, file: FileId, module: ModuleIndex, path: &PathRef) -> Symbol {
        Lookup::settled(&self.graph).macro_path(self.graph.node_of(file, module), path)
    }
}

impl Program {
    /// The method that a path means: an inherent one before those of traits, and the first of several under
    /// different cfgs. With several traits (or several `From`s) the arguments decide.
    fn only_method(&self, methods: &[DefId]) -> Option<DefId> {
        if let [one] = methods {
            return Some(*one);
        }
        let inherent = methods.iter().filter_map(|def| {
            let signature = self.def(*def).signature.as_ref()?;
            signature.of_trait.is_none().then_some((*def, &signature.self_ty))
        });
        let mut inherent = inherent.peekable();
        let (first, self_ty) = *inherent.peek()?;
        inherent.all(|(_, other)| other == self_ty).then_some(first)
    }
}

impl Place<'_> {
    fn resolve(&self, path: &PathRef, ns: Namespace) -> Resolution {
        if let Some(qself) = &path.qself {
            let rest = path.segments.get(qself.1..).unwrap_or(&[]);
            let ty = self.ty(&qself.0);
            return match rest {
                [only] => self.in_trait(&ty, path.segments.get(..qself.1), path, only),
                _ => self.within(ty, rest),
            };
        }
        let Some(first) = path.segments.first() else { return Resolution::Unknown };
        if !path.global
            && let Some(ty) = self.generic(first.name)
        {
            return match path.segments.len() {
                1 => Resolution::Ty(ty),
                _ => {
                    let rest = path.segments.get(1..).unwrap_or(&[]);
                    match rest {
                        [second, further @ ..] if first.name == "Self" && !further.is_empty() => {
                            match self.own_assoc(second.name) {
                                Some(own) => self.within(own, further),
                                None => self.within(ty, rest),
                            }
                        }
                        _ => self.within(ty, rest),
                    }
                }
            };
        }
        let primitive = !path.global && prelude::is_primitive(first.name);
        let lookup = Lookup::settled(&self.program.graph);
        let found = lookup.start(self.node, path, ns, false);
        let Ok((mut entity, used)) = found else {
            return match (primitive, path.segments.len()) {
                (true, 1) => Resolution::Ty(Ty::Prim(first.name)),
                (true, _) => self.within(Ty::Prim(first.name), path.segments.get(1..).unwrap_or(&[])),
                _ => Resolution::Unknown,
            };
        };
        if primitive && path.segments.len() == 1 && ns == Namespace::Type && !matches!(entity, Entity::Def(_))
        {
            return Resolution::Ty(Ty::Prim(first.name));
        }
        let count = path.segments.len();
        for (index, segment) in path.segments.iter().enumerate().skip(used) {
            let last = index + 1 == count;
            let before = path.segments.get(index.wrapping_sub(1)).and_then(|s| s.args.as_deref());
            match entity {
                Entity::External(_) if before.is_some_and(|args| !args.types.is_empty()) => {
                    return self.within_named(entity, before, &path.segments[index..]);
                }
                Entity::Def(def) if !matches!(self.program.graph.item(def).kind, ItemKind::Mod { .. }) => {
                    return self.within_def(def, before, &path.segments[index..]);
                }
                _ => {}
            }
            let ns = if last { ns } else { Namespace::Type };
            match lookup.member(entity, segment.name, ns, self.node) {
                Ok(found) => entity = found,
                Err(_) => return Resolution::Unknown,
            }
        }
        self.finished(entity)
    }

    fn finished(&self, entity: Entity) -> Resolution {
        match entity {
            Entity::Module(node) => {
                self.program.graph.node(node).declared_by.map_or(Resolution::Unknown, Resolution::Def)
            }
            Entity::Def(def) => Resolution::Def(def),
            Entity::Variant(def, name) => Resolution::Variant(self.program.path_of(def), name),
            Entity::External(path) => Resolution::External(path),
        }
    }

    /// Segments behind an item of the program.
    fn within_def(&self, def: DefId, args: Option<&GenericArgs>, rest: &[Segment]) -> Resolution {
        let program = self.program;
        let path = program.path_of(def);
        let bare = args.is_none_or(|args| args.types.is_empty());
        if let [only] = rest {
            match program.graph.item(def).kind {
                ItemKind::Enum(_) if program.graph.has_variant(def, only.name) => {
                    return Resolution::Variant(path, only.name);
                }
                ItemKind::Struct(_) | ItemKind::Enum(_) if bare => {
                    let methods = program.types.get(&path).and_then(|info| info.methods.get(&only.name));
                    if let Some(one) = methods.and_then(|methods| program.only_method(methods)) {
                        return Resolution::Def(one);
                    }
                }
                ItemKind::Trait { .. } => {
                    if let Some(found) = program.trait_member(path, only.name) {
                        return Resolution::Def(found);
                    }
                }
                _ => {}
            }
        }
        self.within_named(Entity::Def(def), args, rest)
    }

    fn within_named(&self, entity: Entity, args: Option<&GenericArgs>, rest: &[Segment]) -> Resolution {
        self.within(self.named(entity, args), rest)
    }

    /// Segments behind a type.
    fn within(&self, ty: Ty, rest: &[Segment]) -> Resolution {
        let Some((last, before)) = rest.split_last() else { return Resolution::Ty(ty) };
        let ty = before.iter().fold(ty, |ty, segment| self.project(&ty, segment.name, None));
        match &ty {
            Ty::Unknown => Resolution::Unknown,
            Ty::Adt(path, _) => match self.program.types.get(path) {
                Some(info) if info.variants.iter().any(|(name, _)| *name == last.name) => {
                    Resolution::Variant(*path, last.name)
                }
                // `Option::<u8>::None`
                None if is_camel(last.name.as_str()) => {
                    Resolution::External(self.program.graph.externals.join(*path, last.name))
                }
                _ => Resolution::Assoc(ty, last.name),
            },
            _ => Resolution::Assoc(ty, last.name),
        }
    }

    /// `<T as Trait>::name`
    fn in_trait(&self, ty: &Ty, of_trait: Option<&[Segment]>, path: &PathRef, last: &Segment) -> Resolution {
        let segments: Box<[Segment]> = of_trait.unwrap_or_default().into();
        if segments.is_empty() {
            return self.within(ty.clone(), std::slice::from_ref(last));
        }
        let bound = self.bound(&PathRef { global: path.global, qself: None, segments, span: path.span });
        let Some(bound) = bound else { return self.within(ty.clone(), std::slice::from_ref(last)) };
        let info = ty.path().and_then(|path| self.program.types.get(&path));
        let defs = info.and_then(|info| info.methods.get(&last.name)).map(Vec::as_slice).unwrap_or_default();
        let mut of_this = defs.iter().filter(|def| {
            let signature = self.program.def(**def).signature.as_ref();
            signature.is_some_and(|s| s.of_trait == Some(bound.path))
        });
        if let (Some(only), None) = (of_this.next(), of_this.next()) {
            return Resolution::Def(*only);
        }
        match self.program.trait_member(bound.path, last.name) {
            Some(found) => Resolution::Def(found),
            None if ty.is_unknown() => {
                Resolution::External(self.program.graph.externals.join(bound.path, last.name))
            }
            None => Resolution::Assoc(ty.clone(), last.name),
        }
    }
}
