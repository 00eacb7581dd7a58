//! Tests of the names layer on small sources.

use std::path::PathBuf;
use std::sync::Arc;

use crate::catalogue::Catalogue;
use crate::names::methods::MethodTarget;
use crate::names::{CrateInput, DefId, GenericScope, Namespace, Program, Resolution, TargetKind};
use crate::span::FileId;
use crate::symbol::sym;
use crate::syntax::hir::{ModuleIndex, PathRef, Segment};
use crate::syntax::items::ItemKind;
use crate::syntax::parse::parse_file;
use crate::types::ty::Ty;

/// A crate with that root.
fn krate(name: &str, kind: TargetKind, root: &str, dependencies: &[(&str, &str)]) -> CrateInput {
    CrateInput {
        name: name.to_owned(),
        package: name.to_owned(),
        kind,
        for_tests: false,
        root: PathBuf::from(root),
        edition: 2021,
        dependencies: dependencies.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect(),
    }
}

fn program(files: &[(&str, &str)], crates: Vec<CrateInput>) -> Program {
    let files =
        files.iter().map(|(path, text)| Arc::new(parse_file(PathBuf::from(path), text).expect("it parses")));
    Program::build(files.collect(), crates)
}

/// One library of one file.
fn single(text: &str) -> Program {
    let dependencies =
        [("tokio", "tokio"), ("parking_lot", "parking_lot"), ("anyhow", "anyhow"), ("futures", "futures")];
    program(&[("src/lib.rs", text)], vec![krate("app", TargetKind::Lib, "src/lib.rs", &dependencies)])
}

fn path(text: &str) -> PathRef {
    let segments = text.split("::").map(|name| Segment { name: sym(name), args: None }).collect();
    PathRef { segments, ..PathRef::default() }
}

impl Program {
    fn file_at(&self, path: &str) -> FileId {
        let found = self.files.iter().position(|f| f.path.as_os_str() == path).expect("the file is there");
        FileId(found as u32)
    }

    /// What `text` means in the root module of `file`, as a path.
    fn value(&self, file: &str, text: &str) -> String {
        self.shown(&self.resolve(
            self.file_at(file),
            ModuleIndex(0),
            &GenericScope::default(),
            &path(text),
            Namespace::Value,
        ))
    }

    fn named(&self, file: &str, text: &str) -> String {
        self.shown(&self.resolve(
            self.file_at(file),
            ModuleIndex(0),
            &GenericScope::default(),
            &path(text),
            Namespace::Type,
        ))
    }

    fn shown(&self, resolution: &Resolution) -> String {
        match resolution {
            Resolution::Def(def) => self.path_of(*def).to_string(),
            Resolution::Variant(path, name) => format!("{path}::{name}"),
            Resolution::External(path) => format!("<{path}>"),
            Resolution::Assoc(ty, name) => format!("{} . {name}", full(ty)),
            Resolution::Ty(ty) => full(ty),
            Resolution::Unknown => "?".to_owned(),
        }
    }

    fn named_def(&self, path: &str) -> DefId {
        let found = self.defs.iter().position(|def| def.path == path);
        DefId(found.unwrap_or_else(|| panic!("no {path}")) as u32)
    }

    fn ret(&self, path: &str) -> String {
        full(&self.def(self.named_def(path)).signature.as_ref().expect("a function").ret)
    }

    fn field(&self, of: &str, name: &str) -> String {
        let field = self.types[&sym(of)].fields.iter().find(|f| f.name == name).expect("a field");
        full(&field.ty)
    }

    /// What a method call on what `path` returns calls.
    fn method(&self, path: &str, name: &str) -> String {
        let ty = self.def(self.named_def(path)).signature.as_ref().expect("a function").ret.clone();
        match self.find_method(Catalogue::builtin(), &ty, sym(name)) {
            None => "?".to_owned(),
            Some(found) => match found.target {
                MethodTarget::Defs(defs) => {
                    defs.iter().map(|d| self.path_of(*d).to_string()).collect::<Vec<_>>().join(" ")
                }
                MethodTarget::External(signature) => format!("<{}>", signature.path),
            },
        }
    }
}

/// A type with whole paths.
fn full(ty: &Ty) -> String {
    let list = |types: &[Ty]| types.iter().map(full).collect::<Vec<_>>().join(", ");
    match ty {
        Ty::Adt(path, args) if args.is_empty() => path.to_string(),
        Ty::Adt(path, args) => format!("{path}<{}>", list(args)),
        Ty::Ref(_, inner) => format!("&{}", full(inner)),
        Ty::Tuple(parts) => format!("({})", list(parts)),
        Ty::Future(output, _) => format!("future {}", full(output)),
        Ty::Iterator(item) => format!("iterator {}", full(item)),
        Ty::Slice(item) => format!("[{}]", full(item)),
        other => other.to_string(),
    }
}

#[test]
fn renames_and_prelude() {
    let p = single(
        "use std::sync::{Mutex as Lock, self as s}; use std::io::{self, Write as _};
         pub fn f() {} use self::f as g;",
    );
    assert_eq!(p.value("src/lib.rs", "Lock::new"), "<std::sync::Mutex::new>");
    assert_eq!(p.value("src/lib.rs", "s::RwLock::new"), "<std::sync::RwLock::new>");
    assert_eq!(p.value("src/lib.rs", "g"), "app::f");
    assert_eq!(p.value("src/lib.rs", "Some"), "<std::option::Option::Some>");
    assert_eq!(p.value("src/lib.rs", "drop"), "<std::mem::drop>");
    assert_eq!(p.named("src/lib.rs", "core::cell::RefCell"), "<std::cell::RefCell>");
    assert_eq!(p.named("src/lib.rs", "u32"), "u32");
    assert_eq!(p.value("src/lib.rs", "nothing"), "?");
    assert_eq!(p.value("src/lib.rs", "io::stdout"), "<std::io::stdout>");
}

#[test]
fn globs_and_their_cycles() {
    let p = single(
        "pub mod a { pub use super::b::*; pub fn one() {} fn hidden() {} }
         pub mod b { pub use super::a::*; pub fn two() {} use std::fmt::Result; }
         use a::*; use b::*;",
    );
    assert_eq!(p.value("src/lib.rs", "one"), "app::a::one");
    assert_eq!(p.value("src/lib.rs", "two"), "app::b::two");
    assert_eq!(p.value("src/lib.rs", "b::one"), "app::a::one");
    assert_eq!(p.value("src/lib.rs", "three"), "?");
    // Private names do not come through a glob.
    assert_eq!(p.value("src/lib.rs", "hidden"), "?");
    assert_eq!(p.named("src/lib.rs", "Result"), "<std::result::Result>");
}

#[test]
fn globs_of_other_crates_and_of_parents() {
    let p = single(
        "use std::sync::*; use std::collections::HashMap;
         mod tests { use super::*; fn f() { let _: Mutex<HashMap<u8, u8>>; } pub fn t(x: Mutex<HashMap<u8, u8>>) -> Mutex<u8> { x } }",
    );
    assert_eq!(p.value("src/lib.rs", "Mutex::new"), "<std::sync::Mutex::new>");
    assert_eq!(p.ret("app::tests::t"), "std::sync::Mutex<u8>");
    assert_eq!(p.named("src/lib.rs", "Nonsense"), "?");
}

#[test]
fn cyclic_reexports_end() {
    let p = single(
        "pub use a::x; pub mod a { pub use crate::b::x; } pub mod b { pub use crate::a::x; } use c::c; mod c { pub use super::c; }",
    );
    assert_eq!(p.value("src/lib.rs", "x"), "?");
    assert_eq!(p.value("src/lib.rs", "a::x"), "?");
}

#[test]
fn chains_of_reexports_across_members() {
    let p = program(
        &[
            (
                "core/src/lib.rs",
                "pub mod imp { pub struct Pool; impl Pool { pub fn get(&self) -> u8 { 0 } pub fn new() -> Self { Pool } } pub enum Kind { A, B } } pub use imp::*;",
            ),
            (
                "facade/src/lib.rs",
                "pub use inner_core as inner; pub use inner_core::Pool as Connections; pub mod prelude { pub use crate::inner::*; }",
            ),
            (
                "app/src/main.rs",
                "use facade::prelude::*; use facade::Connections; use Kind::B; fn f() -> Connections { todo!() }",
            ),
        ],
        vec![
            krate("app", TargetKind::Bin, "app/src/main.rs", &[("facade", "facade")]),
            krate("facade", TargetKind::Lib, "facade/src/lib.rs", &[("inner_core", "my_core")]),
            krate("my_core", TargetKind::Lib, "core/src/lib.rs", &[]),
        ],
    );
    let main = "app/src/main.rs";
    assert_eq!(p.value(main, "Connections::new"), "my_core::imp::Pool::new");
    assert_eq!(p.value(main, "Pool::get"), "my_core::imp::Pool::get");
    assert_eq!(p.value(main, "Kind::A"), "my_core::imp::Kind::A");
    assert_eq!(p.value(main, "B"), "my_core::imp::Kind::B");
    assert_eq!(p.ret("app::f"), "my_core::imp::Pool");
    assert_eq!(p.method("app::f", "get"), "my_core::imp::Pool::get");
}

#[test]
fn two_crates_of_one_name() {
    let p = program(
        &[
            ("src/lib.rs", "pub fn run() {} pub struct S;"),
            ("src/main.rs", "fn main() { app::run(); } fn run() {}"),
            ("other/tests/it.rs", "fn a() {}"),
            ("more/tests/it.rs", "fn a() {}"),
        ],
        vec![
            krate("app", TargetKind::Bin, "src/main.rs", &[]),
            krate("app", TargetKind::Lib, "src/lib.rs", &[]),
            krate("it", TargetKind::Test, "other/tests/it.rs", &[]),
            krate("it", TargetKind::Test, "more/tests/it.rs", &[]),
        ],
    );
    assert_eq!(p.value("src/main.rs", "app::run"), "app::run");
    assert_eq!(p.value("src/main.rs", "run"), "app{bin}::run");
    assert_eq!(p.value("other/tests/it.rs", "a"), "it::a");
    assert_eq!(p.value("more/tests/it.rs", "a"), "it{2}::a");
    assert!(p.def(p.named_def("it::a")).in_test);
}

#[test]
fn renamed_dependencies() {
    let p = program(
        &[("src/lib.rs", "use rt::sync::Mutex; extern crate parking_lot as pl; fn f() { rt::spawn(); }")],
        vec![krate("app", TargetKind::Lib, "src/lib.rs", &[("rt", "tokio"), ("parking_lot", "parking_lot")])],
    );
    assert_eq!(p.value("src/lib.rs", "rt::task::spawn"), "<tokio::spawn>");
    assert_eq!(p.value("src/lib.rs", "Mutex::new"), "<tokio::sync::Mutex::new>");
    assert_eq!(p.value("src/lib.rs", "pl::Mutex::new"), "<parking_lot::Mutex::new>");
}

#[test]
fn modules_over_files() {
    let p = program(
        &[
            (
                "src/lib.rs",
                "pub mod a; pub mod b; #[path = \"odd/place.rs\"] pub mod c; pub mod inline { pub mod deep; #[path = \"x.rs\"] pub mod y; } #[cfg(test)] mod tests;",
            ),
            ("src/a.rs", "pub mod inner; pub fn f() {}"),
            ("src/a/inner.rs", "pub fn f() { super::f(); crate::b::f(); }"),
            ("src/b/mod.rs", "pub mod inner; pub fn f() {}"),
            ("src/b/inner.rs", "pub fn f() {}"),
            ("src/odd/place.rs", "pub mod beside;"),
            ("src/odd/beside.rs", "pub fn f() {}"),
            ("src/inline/deep.rs", "pub fn f() {}"),
            ("src/inline/x.rs", "pub fn f() {}"),
            ("src/tests.rs", "fn helper() {}"),
        ],
        vec![krate("app", TargetKind::Lib, "./src/../src/lib.rs", &[])],
    );
    for (text, wanted) in [
        ("a::inner::f", "app::a::inner::f"),
        ("b::inner::f", "app::b::inner::f"),
        ("c::beside::f", "app::c::beside::f"),
        ("inline::deep::f", "app::inline::deep::f"),
        ("inline::y::f", "app::inline::y::f"),
    ] {
        assert_eq!(p.value("src/lib.rs", text), wanted);
    }
    assert_eq!(p.value("src/a/inner.rs", "super::f"), "app::a::f");
    assert_eq!(p.value("src/a/inner.rs", "super::super::b::f"), "app::b::f");
    assert!(p.def(p.named_def("app::tests::helper")).in_test);
    assert!(!p.def(p.named_def("app::a::f")).in_test);
}

#[test]
fn a_file_in_two_crates_belongs_to_the_library() {
    let p = program(
        &[
            ("src/main.rs", "mod util; fn main() { util::f(); }"),
            ("src/lib.rs", "pub mod util;"),
            ("src/util.rs", "pub fn f() {}"),
        ],
        vec![
            krate("tool", TargetKind::Bin, "src/main.rs", &[]),
            krate("lib", TargetKind::Lib, "src/lib.rs", &[]),
        ],
    );
    assert_eq!(p.value("src/main.rs", "util::f"), "lib::util::f");
}

#[test]
fn a_file_in_no_package() {
    let p = program(
        &[
            (
                "x/my-tool.rs",
                "use tokio::sync::Mutex; use strange::Thing; mod part; fn main() { part::f(); }",
            ),
            ("x/my-tool/part.rs", "pub fn f() {}"),
        ],
        Vec::new(),
    );
    assert_eq!(p.value("x/my-tool.rs", "Mutex::new"), "<tokio::sync::Mutex::new>");
    assert_eq!(p.value("x/my-tool.rs", "Thing::new"), "<strange::Thing::new>");
    assert_eq!(p.value("x/my-tool.rs", "part::f"), "my_tool::part::f");
    assert_eq!(p.edition(FileId(0)), 2021);
}

#[test]
fn function_local_imports_and_items() {
    let p =
        single("mod m { pub fn f() {} } fn outer() { use m::f; struct S; impl S { fn g(&self) {} } f(); }");
    let file = p.file(FileId(0));
    let block = file.modules.iter().position(|m| m.is_block).expect("the block is a module");
    let found = p.resolve(
        FileId(0),
        ModuleIndex(block as u32),
        &GenericScope::default(),
        &path("f"),
        Namespace::Value,
    );
    assert_eq!(p.shown(&found), "app::m::f");
    assert_eq!(p.value("src/lib.rs", "f"), "?");
    let own = format!("app::{{block#{block}}}::S");
    assert!(p.types.contains_key(&sym(&own)), "{:?}", p.types.keys());
    assert!(p.by_path.contains_key(&sym(&format!("{own}::g"))));
}

#[test]
fn variants() {
    let p = single(
        "mod e { pub enum E { A, B(u8) } impl E { pub fn new() -> E { Self::A } } } use e::E::{self, A}; mod all { pub use super::e::E::*; }
         type Short = E; enum Io<T> { X(T) } impl<T> Io<T> { fn f(&self) {} } use std::io::ErrorKind::*;",
    );
    let lib = "src/lib.rs";
    assert_eq!(p.value(lib, "A"), "app::e::E::A");
    assert_eq!(p.value(lib, "E::B"), "app::e::E::B");
    assert_eq!(p.value(lib, "all::B"), "app::e::E::B");
    assert_eq!(p.value(lib, "Short::B"), "app::e::E::B");
    assert_eq!(p.value(lib, "Short::new"), "app::e::E . new");
    assert_eq!(p.value(lib, "E::new"), "app::e::E::new");
}

#[test]
fn aliases_with_parameters() {
    let p = single(
        "pub type Result<T> = std::result::Result<T, Error>; pub struct Error; use std::io; use std::fmt;
         type Db<X> = tokio::sync::Mutex<Vec<X>>; type Deep<Y> = Db<Option<Y>>;
         fn a() -> Result<u8> {} fn b() -> io::Result<()> {} fn c() -> Deep<String> {} fn d() -> fmt::Result {}
         fn e() -> anyhow::Result<u8> {} fn g() -> std::sync::LockResult<u8> {}
         type Loop = Loop2; type Loop2 = Loop; fn h() -> Loop {}",
    );
    assert_eq!(p.ret("app::a"), "std::result::Result<u8, app::Error>");
    assert_eq!(p.ret("app::b"), "std::result::Result<(), std::io::Error>");
    assert_eq!(
        p.ret("app::c"),
        "tokio::sync::Mutex<std::vec::Vec<std::option::Option<std::string::String>>>"
    );
    assert_eq!(p.ret("app::d"), "std::result::Result<(), std::fmt::Error>");
    assert_eq!(p.ret("app::e"), "std::result::Result<u8, anyhow::Error>");
    assert!(p.ret("app::g").starts_with("std::result::Result<u8, std::sync::PoisonError<u8>"));
    assert_eq!(p.ret("app::h"), "_");
    assert!(p.value("src/lib.rs", "Db::new").starts_with("tokio::sync::Mutex<"));
    assert!(p.value("src/lib.rs", "Db::new").ends_with(" . new"));
}

#[test]
fn futures_and_iterators_are_shapes() {
    let p = single(
        "use std::{pin::Pin, future::Future}; use futures::future::BoxFuture;
         fn a() -> impl Future<Output = u8> + Send {} fn b() -> Pin<Box<dyn Future<Output = Vec<u8>> + Send>> {}
         fn c<'a>() -> BoxFuture<'a, u8> {} fn d() -> impl Iterator<Item = u8> {} fn e() -> Box<dyn Iterator<Item = u8>> {}
         async fn f() -> u8 { 1 } fn g() -> impl futures::Stream<Item = u8> {}",
    );
    assert_eq!(p.ret("app::a"), "future u8");
    assert_eq!(p.ret("app::b"), "future std::vec::Vec<u8>");
    assert_eq!(p.ret("app::c"), "future u8");
    assert_eq!(p.ret("app::d"), "iterator u8");
    assert_eq!(p.ret("app::e"), "std::boxed::Box<iterator u8>");
    assert_eq!(p.ret("app::f"), "u8");
    assert_eq!(p.ret("app::g"), "iterator u8");
}

#[test]
fn macros_do_not_hide_crates() {
    let p = single(
        "use anyhow::{anyhow, Context}; use tokio::select; #[macro_export] macro_rules! own { () => {} }",
    );
    assert_eq!(p.named("src/lib.rs", "anyhow::Error"), "<anyhow::Error>");
    let at = |text: &str| p.resolve_macro(FileId(0), ModuleIndex(0), &path(text)).to_string();
    assert_eq!(at("select"), "tokio::select");
    assert_eq!(at("tokio::join"), "tokio::join");
    assert_eq!(at("println"), "std::println");
    assert_eq!(at("anyhow"), "anyhow::anyhow");
    assert_eq!(at("own"), "app::own");
    assert_eq!(at("foreign"), "foreign");
}

#[test]
fn macros_of_other_members() {
    let p = program(
        &[
            ("a/src/lib.rs", "#[macro_export] macro_rules! check { () => {} }"),
            ("b/src/lib.rs", "use helper::*;"),
            ("c/src/lib.rs", "#[macro_use] extern crate helper;"),
            ("d/src/lib.rs", "use helper::check;"),
            ("e/src/lib.rs", ""),
        ],
        vec![
            krate("helper", TargetKind::Lib, "a/src/lib.rs", &[]),
            krate("b", TargetKind::Lib, "b/src/lib.rs", &[("helper", "helper")]),
            krate("c", TargetKind::Lib, "c/src/lib.rs", &[("helper", "helper")]),
            krate("d", TargetKind::Lib, "d/src/lib.rs", &[("helper", "helper")]),
            krate("e", TargetKind::Lib, "e/src/lib.rs", &[("helper", "helper")]),
        ],
    );
    for file in ["a", "b", "c", "d"] {
        let file = p.file_at(&format!("{file}/src/lib.rs"));
        assert_eq!(p.resolve_macro(file, ModuleIndex(0), &path("check")).as_str(), "helper::check");
    }
    let other = p.file_at("e/src/lib.rs");
    assert_eq!(p.resolve_macro(other, ModuleIndex(0), &path("check")).as_str(), "check");
}

#[test]
fn both_sides_of_a_cfg_are_kept() {
    let p = program(
        &[
            (
                "src/lib.rs",
                "#[cfg(unix)] #[path = \"unix.rs\"] mod imp; #[cfg(windows)] #[path = \"windows.rs\"] mod imp; #[cfg(a)] struct S { a: u8 } #[cfg(b)] struct S { b: u8 } use imp::only_windows;",
            ),
            ("src/unix.rs", "pub fn f() {}"),
            ("src/windows.rs", "pub fn f() {} pub fn only_windows() {}"),
        ],
        vec![krate("app", TargetKind::Lib, "src/lib.rs", &[])],
    );
    assert_eq!(p.by_path[&sym("app::imp::f")].len(), 2);
    assert_eq!(p.value("src/lib.rs", "only_windows"), "app::imp::only_windows");
    let info = &p.types[&sym("app::S")];
    assert_eq!((info.defs.len(), info.fields.len()), (2, 2));
}

#[test]
fn edition_2015() {
    let mut input = krate("app", TargetKind::Lib, "src/lib.rs", &[("log", "log")]);
    input.edition = 2015;
    let p = program(
        &[
            ("src/lib.rs", "extern crate log; pub mod a; pub mod b { pub fn f() {} }"),
            ("src/a.rs", "use b::f; use ::b::f as g; use log::info; pub fn h() { ::b::f(); }"),
        ],
        vec![input],
    );
    assert_eq!(p.value("src/a.rs", "f"), "app::b::f");
    assert_eq!(p.value("src/a.rs", "g"), "app::b::f");
    assert_eq!(p.value("src/a.rs", "info"), "<log::info>");
}

#[test]
fn fields_impls_and_methods() {
    let p = single(
        "use std::sync::{Arc, Mutex}; use std::ops::Deref;
         pub struct State<T> { pub map: Mutex<Vec<T>>, next: Option<Box<State<T>>> }
         pub struct Handle(Arc<State<String>>);
         impl Deref for Handle { type Target = State<String>; fn deref(&self) -> &Self::Target { &self.0 } }
         impl Drop for Handle { fn drop(&mut self) {} }
         impl<T: Clone> State<T> { fn first(&self) -> Option<T> { None } }
         pub trait Named { type Id: Clone; fn id(&self) -> Self::Id; fn shout(&self) {} }
         impl Named for Handle { type Id = u64; fn id(&self) -> u64 { 1 } }
         trait Ext { fn twice(&self) {} } impl<T: Named> Ext for T {}
         trait StrExt { fn loud(&self); } impl StrExt for str { fn loud(&self) {} }
         fn handle() -> &'static Handle {} fn text() -> String {} fn boxed() -> Box<dyn Named<Id = u8>> {}
         fn param<N: Named>() -> N {} fn projected() -> <Handle as Named>::Id {} fn lock() -> Arc<Mutex<u8>> {}
         #[derive(Clone, Debug)] struct Plain; fn plain() -> Plain {}",
    );
    assert_eq!(p.field("app::State", "map"), "std::sync::Mutex<std::vec::Vec<T>>");
    assert_eq!(p.method("app::handle", "first"), "app::State::first");
    assert_eq!(p.method("app::handle", "shout"), "app::Named::shout");
    assert_eq!(p.method("app::handle", "id"), "app::Handle::id");
    assert_eq!(p.method("app::handle", "twice"), "app::Ext::twice");
    assert!(p.method("app::text", "loud").ends_with("::loud"));
    assert_eq!(p.method("app::text", "trim"), "<str::trim>");
    assert_eq!(p.method("app::boxed", "id"), "app::Named::id");
    assert_eq!(p.method("app::param", "id"), "app::Named::id");
    assert_eq!(p.method("app::lock", "lock"), "<std::sync::Mutex::lock>");
    assert_eq!(p.method("app::plain", "clone"), "<std::clone::Clone::clone>");
    assert_eq!(p.method("app::plain", "nothing"), "?");
    assert_eq!(p.ret("app::projected"), "u64");
    let info = &p.types[&sym("app::Handle")];
    assert!(info.drop.is_some());
    assert_eq!(full(info.deref.as_ref().expect("it derefs")), "app::State<std::string::String>");
    let handle = Ty::adt("app::Handle", []).reference(false);
    let map = p.field_type(Catalogue::builtin(), &handle, sym("map")).expect("a field");
    assert_eq!(full(&map), "std::sync::Mutex<std::vec::Vec<std::string::String>>");
}

#[test]
fn several_impls_of_one_trait_leave_the_choice() {
    let p = single(
        "struct E; struct A; struct B; impl From<A> for E { fn from(a: A) -> E { E } } impl From<B> for E { fn from(b: B) -> E { E } }
         impl E { fn new() -> Self { E } } struct G<T>(T); impl G<u8> { fn pick(&self) -> u8 { 0 } } impl G<String> { fn pick(&self) -> String { todo!() } }
         fn g() -> G<String> {}",
    );
    assert_eq!(p.value("src/lib.rs", "E::from"), "app::E . from");
    assert_eq!(p.value("src/lib.rs", "E::new"), "app::E::new");
    let ty = p.def(p.named_def("app::g")).signature.as_ref().expect("a function").ret.clone();
    let found = p.find_method(Catalogue::builtin(), &ty, sym("pick")).expect("a method");
    let MethodTarget::Defs(defs) = found.target else { panic!("of the program") };
    assert_eq!(defs.len(), 1);
    assert!(p.def(defs[0]).signature.as_ref().is_some_and(|s| full(&s.ret) == "std::string::String"));
}

#[test]
fn impls_say_what_their_own_items_are() {
    let p = single(
        "trait Op { type Out; fn go(&self) -> Self::Out; } struct S;
         trait Other { type Out; fn gone(&self) -> Self::Out; }
         impl Op for S { type Out = u8; fn go(&self) -> Self::Out { 0 } }
         impl Other for S { type Out = Vec<u8>; fn gone(&self) -> Self::Out { vec![] } }",
    );
    assert_eq!(p.ret("app::S::go"), "u8");
    assert_eq!(p.ret("app::S::gone"), "std::vec::Vec<u8>");
    // Two traits differ: without a trait's name nothing settles it.
    assert!(!p.assoc_types.contains_key(&(sym("app::S"), sym("Out"))));
}

#[test]
fn names_of_one_unknown_glob() {
    let p = single(
        "use std::sync::atomic::{AtomicBool, Ordering::*}; fn f(a: AtomicBool) {} mod b { use unheard_of::prelude::*; } 
         mod c { use super::d::*; use tokio::sync::*; } mod d { pub use strange_crate::*; }",
    );
    assert_eq!(p.value("src/lib.rs", "Relaxed"), "<std::sync::atomic::Ordering::Relaxed>");
    assert_eq!(p.value("src/lib.rs", "Some"), "<std::option::Option::Some>");
    assert_eq!(p.value("src/lib.rs", "relaxed"), "?");
    assert_eq!(p.value("src/lib.rs", "MAX_SIZE"), "?");
}

#[test]
fn models_of_loom_are_passed_over() {
    let p = single(
        "#[cfg(loom)] mod sync { pub use loom::sync::Mutex; } #[cfg(not(loom))] mod sync { pub use std::sync::Mutex; }
         use sync::Mutex; #[cfg(loom)] use loom::sync::RwLock; #[cfg(not(loom))] use std::sync::RwLock;
         pub struct S; impl S { #[cfg(loom)] fn new() -> S { S } #[cfg(not(loom))] const fn new() -> S { S } }",
    );
    assert_eq!(p.named("src/lib.rs", "Mutex"), "<std::sync::Mutex>");
    assert_eq!(p.named("src/lib.rs", "RwLock"), "<std::sync::RwLock>");
    assert_eq!(p.value("src/lib.rs", "S::new"), "app::S::new");
}

#[test]
fn test_code() {
    let p = single(
        "#[cfg(test)] mod tests { fn helper() {} } #[test] fn t() { fn inner() {} } fn plain() {}
         #[cfg(test)] impl S { fn only() {} } struct S;",
    );
    for (name, wanted) in
        [("app::tests::helper", true), ("app::t", true), ("app::plain", false), ("app::S::only", true)]
    {
        assert_eq!(p.def(p.named_def(name)).in_test, wanted, "{name}");
    }
    let nested = p.defs.iter().position(|d| d.path.ends_with("::inner")).expect("inner");
    assert!(p.defs[nested].in_test);
    assert!(matches!(p.item(DefId(nested as u32)).kind, ItemKind::Fn(_)));
}

#[test]
fn missing_files_and_roots_do_no_harm() {
    let p = program(
        &[("src/a.rs", "mod gone; use crate::nowhere::Thing; fn f() -> Thing {} impl Thing { fn x() {} }")],
        vec![krate("app", TargetKind::Lib, "src/lib.rs", &[])],
    );
    assert_eq!(p.ret("a::f"), "_");
    assert_eq!(p.crates.len(), 2);
}

#[test]
fn aliases_that_name_themselves() {
    let p = single(
        "type C = (C, C); type D<T> = E<D<T>>; type E<T> = Vec<D<E<T>>>; type F<T: Into<F<T>>> = Vec<T>;
         type X = (X, Y, Z, Plain); type Y = (X, Y, Z, Plain); type Z = (X, Y, Z, Plain); type Plain = Vec<u8>;
         struct S; impl Iterator for S { type Item = (<Self as Iterator>::Item, <S as Iterator>::Item, u8); }
         fn c() -> C {} fn d() -> D<u8> {} fn e() -> E<u8> {} fn f() -> F<u8> {} fn x() -> X {} fn s() -> <S as Iterator>::Item {}",
    );
    assert_eq!(p.ret("app::c"), "(_, _)");
    assert_eq!(p.ret("app::d"), "std::vec::Vec<_>");
    assert_eq!(p.ret("app::e"), "std::vec::Vec<_>");
    assert_eq!(p.ret("app::f"), "std::vec::Vec<u8>");
    let plain = "std::vec::Vec<u8>";
    assert_eq!(
        p.ret("app::x"),
        format!("(_, (_, _, (_, _, _, {plain}), {plain}), (_, _, _, {plain}), {plain})")
    );
    assert_eq!(p.ret("app::s"), "(_, _, u8)");
}

#[test]
fn aliases_that_double() {
    let chain: String = (2..=30).map(|n| format!("type A{n}<T> = A{0}<A{0}<T>>; ", n - 1)).collect();
    let plain: String = (1..=60).map(|n| format!("type B{n} = (B{0}, B{0}); ", n - 1)).collect();
    let p = single(&format!(
        "type A1<T> = (T, T); {chain} type B0 = u8; {plain} fn small() -> A2<u8> {{}} fn large() -> A30<u8> {{}} fn long() -> B60 {{}}"
    ));
    assert_eq!(p.ret("app::small"), "((u8, u8), (u8, u8))");
    assert!(p.ret("app::large").len() < 10_000);
    assert!(p.ret("app::long").len() < 10_000);
}
