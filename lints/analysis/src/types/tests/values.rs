//! Literals, constructors, fields, operators, joins, constants.

use super::check;

#[test]
fn literals_take_the_type_that_they_meet() {
    check(
        "fn g(x: u8) {} fn f() { let a = 1; g(a); let b = 2.0; let c = 3; let d = c + 4u64; let e = \"x\"; let h = 'c'; }",
        &[("a", "u8"), ("b", "{float}"), ("c", "u64"), ("d", "u64"), ("e", "&str"), ("h", "char")],
    );
}

#[test]
fn fields_go_through_pointers_and_tuples() {
    check(
        "use std::sync::Arc; struct A { b: Arc<B> } struct B { c: (u8, String) }
         fn f(a: &A) { let x = a.b.c.1.len(); let y = &a.b.c; let (p, q) = y; }",
        &[("x", "usize"), ("p", "&u8"), ("q", "&String")],
    );
}

#[test]
fn generic_structs_learn_their_arguments() {
    check(
        "struct W<T> { inner: T } impl<T> W<T> { fn get(&self) -> &T { &self.inner } fn new(inner: T) -> Self { W { inner } } }
         fn f() { let w = W { inner: 1u8 }; let x = w.get(); let v = W::new(String::new()); let y = v.get(); let z = v.inner; }",
        &[("w", "W<u8>"), ("x", "&u8"), ("v", "W<String>"), ("y", "&String"), ("z", "String")],
    );
}

#[test]
fn branches_join_in_the_first_that_is_known() {
    check(
        "fn f(c: bool) { let a = if c { return; } else { 1u8 }; let b = match c { true => None, false => Some(1u16) };
         let d = loop { if c { break 1u32; } }; let e = 'x: { if c { break 'x 1u64; } 2 }; }",
        &[("a", "u8"), ("b", "Option<u16>"), ("d", "u32"), ("e", "u64")],
    );
}

#[test]
fn constants_statics_and_thread_locals() {
    check(
        "use std::sync::{LazyLock, Mutex, OnceLock}; use std::cell::RefCell;
         static M: LazyLock<Mutex<u8>> = LazyLock::new(|| Mutex::new(0)); const N: u16 = 3;
         static O: OnceLock<String> = OnceLock::new();
         thread_local! { static L: RefCell<Vec<u8>> = RefCell::new(Vec::new()); }
         fn f() { let g = M.lock().unwrap(); let n = N; let m = u32::MAX; let o = O.get_or_init(|| String::new());
         let l = L.with(|v| v.borrow().len()); }",
        &[("g", "MutexGuard<u8>"), ("n", "u16"), ("m", "u32"), ("o", "&String"), ("l", "usize")],
    );
}

#[test]
fn indexing_ranges_and_slices() {
    check(
        "use std::collections::HashMap; fn f(v: Vec<u8>, m: HashMap<String, u16>, s: &str) {
         let a = v[0]; let b = &v[1..]; let c = m[\"x\"]; let d = &s[..1]; let e = 0..v.len(); }",
        &[("a", "u8"), ("b", "&[u8]"), ("c", "u16"), ("d", "&str"), ("e", "Range<usize>")],
    );
}

#[test]
fn the_question_mark_unwraps() {
    check(
        "fn g() -> std::io::Result<u8> { Ok(1) } fn f() -> std::io::Result<()> { let a = g()?; let b = Some(1u8)?;
         let c = std::fs::File::open(\"x\")?; Ok(()) }",
        &[("a", "u8"), ("b", "u8"), ("c", "File")],
    );
}

#[test]
fn containers_learn_from_what_is_put_in() {
    check(
        "use std::collections::HashMap; fn f() { let mut v = Vec::new(); v.push(1u8); let mut m = HashMap::new();
         m.insert(String::new(), 1u16); let x = v.pop(); let y = m.get(\"a\"); let mut o = None; if x.is_some() { o = Some(1u8); } }",
        &[("v", "Vec<u8>"), ("x", "Option<u8>"), ("y", "Option<&u16>"), ("o", "Option<u8>")],
    );
}

#[test]
fn what_is_not_known_stays_unknown() {
    check(
        "fn g(x: &str) {} fn f(u: nowhere::Thing) { let a = u.field; let b = a.method(); g(&b); let c = nowhere::call(); }",
        &[("a", "_"), ("b", "_"), ("c", "_")],
    );
}
