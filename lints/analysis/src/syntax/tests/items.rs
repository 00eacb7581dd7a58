//! Items, imports, types and item macros.

use super::file;
use crate::syntax::hir::ModuleIndex;
use crate::syntax::items::{FileHir, ItemKind, SelfKind};
use crate::syntax::print::{print_path, print_type};

fn names(file: &FileHir) -> Vec<String> {
    file.items.iter().map(|item| item.name.to_string()).collect()
}

#[test]
fn imports_are_flat() {
    let file = file(
        "use a::b; pub use ::c::{self, d as e, f::*, g as _, self as h}; use crate::x::{y::{z}}; use self::q;",
    );
    let found: Vec<String> = file
        .imports
        .iter()
        .map(|import| {
            let name = import.name.map_or("-", |name| name.as_str());
            let glob = if import.is_glob { "*" } else { "" };
            let public = if import.is_public { "pub " } else { "" };
            format!("{public}{}{glob} {name}", print_path(&import.path))
        })
        .collect();
    assert_eq!(
        found,
        [
            "a::b b",
            "pub ::c c",
            "pub ::c::d e",
            "pub ::c::f* -",
            "pub ::c::g -",
            "pub ::c h",
            "crate::x::y::z z",
            "self::q q"
        ]
    );
}

#[test]
fn items_inside_macros_are_lowered() {
    let file = file(
        "cfg_rt! { pub fn a() {} mod b { fn c() {} } }
         cfg_if::cfg_if! { if #[cfg(test)] { fn d() {} } else if #[cfg(unix)] { use x::y; } else { fn e() {} } }
         bitflags! { struct F: u8 { const A = 1; } }",
    );
    assert_eq!(names(&file), ["a", "b", "c", "d", "e", "bitflags"]);
    assert!(file.items[3].attributes.cfg_test && !file.items[4].attributes.cfg_test);
    assert_eq!(file.imports.len(), 1);
    assert!(matches!(file.items[5].kind, ItemKind::OpaqueMacro { .. }));
}

#[test]
fn constants_have_a_body_where_something_can_happen() {
    let file = file(
        "const A: u8 = 1 + !B as u8; const C: [&str; 2] = [\"a\", super::NAME]; static D: (bool, i8) = (true, -1);
         const E: fn() = run; const F: u8 = min(1, 2); static G: [u8; 2] = { [0; 2] }; const H: S = S { a: 1 };",
    );
    let with_code: Vec<&str> = file
        .items
        .iter()
        .filter(|item| {
            matches!(
                item.kind,
                ItemKind::Const { body: Some(_), .. } | ItemKind::Static { body: Some(_), .. }
            )
        })
        .map(|item| item.name.as_str())
        .collect();
    assert_eq!(with_code, ["E", "F", "G", "H"]);
}

#[test]
fn constants_keep_a_whole_number() {
    let file = file(
        "const A: u64 = 1_000; const B: u64 = (7u64); const C: f32 = 1.0; const D: u8 = 1 + 1; const E: u8 = A;",
    );
    let numbers: Vec<Option<u64>> = file
        .items
        .iter()
        .map(|item| match item.kind {
            ItemKind::Const { number, .. } => number,
            _ => None,
        })
        .collect();
    assert_eq!(numbers, [Some(1000), Some(7), None, None, None]);
}

#[test]
fn statics_of_macros_are_wrapped() {
    let file = file(
        "lazy_static! { pub static ref A: Mutex<u8> = Mutex::new(1); static ref B: u8 = 2; }
         thread_local!(static C: Cell<u8> = const { Cell::new(1) });",
    );
    let types: Vec<String> = file
        .items
        .iter()
        .map(|item| match &item.kind {
            ItemKind::Static { ty, .. } => format!("{} {}", item.name, print_type(ty)),
            kind => panic!("{kind:?}"),
        })
        .collect();
    assert_eq!(
        types,
        ["A lazy_static::Lazy<Mutex<u8>>", "B lazy_static::Lazy<u8>", "C std::thread::LocalKey<Cell<u8>>"]
    );
}

#[test]
fn methods_belong_to_their_impl() {
    let file = file(
        "impl<T: A + ?Sized> Tr<u8> for S<T> where T::X: B {
            const K: u8 = 1; type Y = u8;
            fn a(&self) {} fn b(&mut self) {} fn c(self: Pin<&mut Self>) {} fn d(self: Arc<Self>) {} fn e() -> u8 { 1 }
         }
         trait Tr<X>: Send + 'static { fn r(&self); fn p() {} type Y: Iterator; }",
    );
    let kinds: Vec<SelfKind> = file
        .items
        .iter()
        .filter_map(|item| match &item.kind {
            ItemKind::Fn(function) => Some(function.self_kind),
            _ => None,
        })
        .collect();
    use SelfKind::{Mut, None as Static, Owned, Ref};
    assert_eq!(kinds, [Ref, Mut, Mut, Owned, Static, Ref, Static]);
    assert_eq!(file.items[0].generics.params[0].1.len(), 1);
    assert_eq!(file.items[0].generics.predicates.len(), 1);
    assert!(file.items[1..8].iter().all(|item| item.parent.is_some_and(|parent| parent.index() == 0)));
    let ItemKind::Impl { trait_path: Some(path), self_ty } = &file.items[0].kind else { panic!("no impl") };
    assert_eq!((print_path(path), print_type(self_ty)), ("Tr<u8>".into(), "S<T>".into()));
}

#[test]
fn types_are_kept() {
    let file = file(
        "fn f(a: &'a mut dyn Fn(u8, &str) -> T, b: impl Iterator<Item = u8> + 'a, c: [u8; 3], d: <A as B>::C) -> ! {}",
    );
    let ItemKind::Fn(function) = &file.items[0].kind else { panic!("no function") };
    assert_eq!(
        function.params.iter().map(print_type).collect::<Vec<_>>(),
        ["&mut dyn Fn<(u8, &str), Output = T>", "impl Iterator<Item = u8>", "[u8; _]", "<A as 1>::B::C"]
    );
    assert_eq!(print_type(&function.ret), "!");
}

#[test]
fn items_in_blocks_have_a_module() {
    let file = file("fn f() { use a::b; { fn g() { fn h() {} } } struct S; } fn i() {}");
    let modules: Vec<(String, u32)> =
        file.items.iter().map(|item| (item.name.to_string(), item.module.0)).collect();
    assert_eq!(modules, [("f", 0), ("g", 2), ("h", 3), ("S", 1), ("i", 0)].map(|(n, m)| (n.to_owned(), m)));
    assert_eq!(file.modules[2].parent, Some(ModuleIndex(1)));
    assert_eq!(file.imports[0].module, ModuleIndex(1));
}

#[test]
fn the_tree_crosses_threads() {
    fn sendable<T: Send + Sync + 'static>() {}
    sendable::<FileHir>();
}

#[test]
fn raw_identifiers_lose_their_mark() {
    assert_eq!(names(&file("fn r#type() {} mod r#fn {}")), ["type", "fn"]);
}
