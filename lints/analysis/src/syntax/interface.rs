//! What the rest of a program can see of a file: its items, imports and modules, without positions and without code.
//!
//! Two versions of a file with equal interfaces differ in bodies, comments and positions alone, so names, signatures
//! and types of everybody else stay what they are. Every field is named here, so that a new one must be judged.

use crate::symbol::{Symbol, sym};
use crate::syntax::hir::{Body, GenericArgs, PathRef, Segment, TypeRef};
use crate::syntax::items::{
    Attributes, Field, Fields, FileHir, FnItem, Generics, Import, Item, ItemKind, Module, Variant,
};
use crate::syntax::macros::SharedMacro;

/// An interface as words. Symbols are interned, so their addresses stand for them: it holds within one process.
#[derive(PartialEq, Eq, Debug, Default)]
pub struct Interface(Vec<u64>);

impl Interface {
    /// The interface of a file.
    #[must_use]
    pub fn of(file: &FileHir) -> Self {
        let mut words = Self::default();
        let FileHir {
            path: _,
            source: _,
            modules,
            items,
            bodies,
            imports,
            lint_attributes: _,
            cfg_test,
            macros,
            asked_macros: _,
        } = file;
        words.flag(*cfg_test);
        words.each(modules, |words, module| words.module(module, items));
        words.each(items, Self::item);
        words.each(imports, Self::import);
        words.each(bodies, |words, body: &Body| {
            words.number(body.owner.0);
            words.number(body.module.0);
        });
        words.each(macros, |words, shared| {
            let SharedMacro { name, is_exported, rules } = shared;
            words.symbol(*name);
            words.flag(*is_exported);
            // Interned, so that equal rules are one word.
            words.symbol(sym(rules));
        });
        words
    }

    fn word(&mut self, word: u64) {
        self.0.push(word);
    }

    fn number(&mut self, number: u32) {
        self.word(u64::from(number));
    }

    fn flag(&mut self, flag: bool) {
        self.word(u64::from(flag));
    }

    fn symbol(&mut self, symbol: Symbol) {
        self.word(symbol.as_str().as_ptr() as usize as u64);
    }

    /// Numbers of what may be absent; 0 is absence.
    fn maybe(&mut self, number: Option<u32>) {
        self.word(number.map_or(0, |n| u64::from(n) + 1));
    }

    fn maybe_symbol(&mut self, symbol: Option<Symbol>) {
        self.flag(symbol.is_some());
        self.symbol(symbol.unwrap_or_default());
    }

    fn each<T>(&mut self, all: &[T], one: impl Fn(&mut Self, &T)) {
        self.word(all.len() as u64);
        for item in all {
            one(self, item);
        }
    }

    fn module(&mut self, module: &Module, items: &[Item]) {
        let Module { name, parent, is_block, cfg_test, span } = module;
        self.symbol(*name);
        self.maybe(parent.map(|p| p.0));
        self.flag(*is_block);
        self.flag(*cfg_test);
        // A block with items is test code when a test function is around it: the one use that names make of positions.
        self.flag(*is_block && items.iter().any(|i| i.attributes.is_test && i.span.contains(*span)));
    }

    fn import(&mut self, import: &Import) {
        let Import { module, path, name, is_glob, is_public } = import;
        self.number(module.0);
        self.path(path);
        self.maybe_symbol(*name);
        self.flag(*is_glob);
        self.flag(*is_public);
    }

    fn item(&mut self, item: &Item) {
        let Item { name, name_span: _, span: _, module, parent, is_public, attributes, generics, kind } =
            item;
        self.symbol(*name);
        self.number(module.0);
        self.maybe(parent.map(|p| p.0));
        self.flag(*is_public);
        self.attributes(attributes);
        self.generics(generics);
        self.kind(kind);
    }

    fn attributes(&mut self, attributes: &Attributes) {
        let Attributes {
            must_use,
            is_test,
            cfg_test,
            is_conditional,
            never_on_unix,
            is_async_main,
            reports_errors,
            goes_on,
            leaks,
            is_accepted,
            derives,
            derive_paths,
            path,
            others,
        } = attributes;
        for flag in [
            must_use,
            is_test,
            cfg_test,
            is_conditional,
            never_on_unix,
            is_async_main,
            reports_errors,
            goes_on,
            leaks,
            is_accepted,
        ] {
            self.flag(*flag);
        }
        self.each(derives, |words, symbol| words.symbol(*symbol));
        self.each(derive_paths, Self::path);
        self.maybe_symbol(*path);
        self.each(others, |words, symbol| words.symbol(*symbol));
    }

    fn generics(&mut self, generics: &Generics) {
        let Generics { params, has_lifetimes, predicates } = generics;
        self.each(params, |words, (name, bounds)| {
            words.symbol(*name);
            words.each(bounds, Self::path);
        });
        self.flag(*has_lifetimes);
        self.each(predicates, |words, (ty, bounds)| {
            words.ty(ty);
            words.each(bounds, Self::path);
        });
    }

    fn kind(&mut self, kind: &ItemKind) {
        match kind {
            ItemKind::Fn(function) => {
                let FnItem { params, self_kind, ret, is_async, is_unsafe, is_foreign, body } = &**function;
                self.word(1);
                self.each(params, Self::ty);
                self.number(*self_kind as u32);
                self.ty(ret);
                for flag in [is_async, is_unsafe, is_foreign] {
                    self.flag(*flag);
                }
                self.maybe(body.map(|b| b.0));
            }
            ItemKind::Struct(fields) => {
                self.word(2);
                self.fields(fields);
            }
            ItemKind::Enum(variants) => {
                self.word(3);
                self.each(variants, |words, Variant { name, fields }| {
                    words.symbol(*name);
                    words.fields(fields);
                });
            }
            ItemKind::Trait { supertraits } => {
                self.word(4);
                self.each(supertraits, Self::path);
            }
            ItemKind::Impl { trait_path, self_ty } => {
                self.word(5);
                self.each(trait_path.as_slice(), |words, path| words.path(path));
                self.ty(self_ty);
            }
            ItemKind::TypeAlias(ty) => {
                self.word(6);
                self.each(ty.as_slice(), Self::ty);
            }
            ItemKind::Const { ty, body, number } => {
                self.word(7);
                self.ty(ty);
                self.maybe(body.map(|b| b.0));
                self.flag(number.is_some());
                self.word(number.unwrap_or_default());
            }
            ItemKind::Static { ty, body, mutable } => {
                self.word(8);
                self.ty(ty);
                self.maybe(body.map(|b| b.0));
                self.flag(*mutable);
            }
            ItemKind::Mod { inline } => {
                self.word(9);
                self.maybe(inline.map(|m| m.0));
            }
            ItemKind::ExternCrate { original } => {
                self.word(10);
                self.symbol(*original);
            }
            ItemKind::MacroRules => self.word(11),
            ItemKind::OpaqueMacro { declares } => {
                self.word(12);
                self.each(declares, |words, symbol| words.symbol(*symbol));
            }
        }
    }

    fn fields(&mut self, fields: &Fields) {
        self.word(match fields {
            Fields::Unit => 0,
            Fields::Tuple(_) => 1,
            Fields::Named(_) => 2,
        });
        self.each(fields.all(), |words, Field { name, ty, span: _, cfg_test }| {
            words.symbol(*name);
            words.ty(ty);
            words.flag(*cfg_test);
        });
    }

    fn path(&mut self, path: &PathRef) {
        let PathRef { global, qself, segments, span: _ } = path;
        self.flag(*global);
        self.each(qself.as_slice(), |words, of| {
            words.ty(&of.0);
            words.word(of.1 as u64);
        });
        self.each(segments, |words, Segment { name, args }| {
            words.symbol(*name);
            words.each(args.as_slice(), |words, args| {
                let GenericArgs { types, bindings } = &**args;
                words.each(types, Self::ty);
                words.each(bindings, |words, (name, ty)| {
                    words.symbol(*name);
                    words.ty(ty);
                });
            });
        });
    }

    fn ty(&mut self, ty: &TypeRef) {
        match ty {
            TypeRef::Unknown => self.word(0),
            TypeRef::Infer => self.word(1),
            TypeRef::Never => self.word(2),
            TypeRef::Path(path) => {
                self.word(3);
                self.path(path);
            }
            TypeRef::Ref(mutable, inner) => {
                self.word(4 + u64::from(*mutable));
                self.ty(inner);
            }
            TypeRef::Ptr(inner) => {
                self.word(6);
                self.ty(inner);
            }
            TypeRef::Tuple(parts) => {
                self.word(7);
                self.each(parts, Self::ty);
            }
            TypeRef::Array(inner) => {
                self.word(8);
                self.ty(inner);
            }
            TypeRef::Slice(inner) => {
                self.word(9);
                self.ty(inner);
            }
            TypeRef::Fn(params, ret) => {
                self.word(10);
                self.each(params, Self::ty);
                self.ty(ret);
            }
            TypeRef::Impl(bounds) => {
                self.word(11);
                self.each(bounds, Self::path);
            }
            TypeRef::Dyn(bounds) => {
                self.word(12);
                self.each(bounds, Self::path);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Interface;
    use crate::syntax::parse_file;

    fn interface(text: &str) -> Interface {
        Interface::of(&parse_file("a.rs".into(), text).expect("valid code"))
    }

    #[test]
    fn bodies_and_positions_do_not_count() {
        let first = interface("use a::b;\nstruct S { x: u8 }\nimpl S { fn f(&self) -> u8 { self.x } }");
        let second =
            interface("use a::b; // c\n\nstruct S { x: u8 }\nimpl S { fn f(&self) -> u8 { loop {} } }");
        assert_eq!(first, second);
    }

    #[test]
    fn what_others_see_counts() {
        let base = "use a::b;\nstruct S { x: u8 }\nimpl S { fn f(&self, y: Vec<u8>) -> u8 { self.x } }";
        for (from, to) in [
            ("a::b", "a::c"),
            ("x: u8", "x: u16"),
            ("&self, y", "&mut self, y"),
            ("Vec<u8>", "Vec<u16>"),
            ("-> u8 {", "-> u16 {"),
            ("fn f", "pub fn f"),
            ("fn f", "fn g"),
            ("self.x }", "struct In; self.x }"),
            ("struct S", "#[must_use] struct S"),
        ] {
            assert_ne!(interface(base), interface(&base.replacen(from, to, 1)), "{from} -> {to}");
        }
    }
}
