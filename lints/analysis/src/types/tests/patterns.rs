//! Patterns and binding modes.

use super::check;

#[test]
fn references_bind_by_reference() {
    check(
        "struct S { a: u8, b: Option<String> } enum E { A(u8), B { x: String } }
         fn f(o: &Option<String>, s: &mut S, e: E, p: &(u8, u16)) {
         if let Some(x) = o {} let S { a, b: Some(y) } = s else { return }; match e { E::A(n) => {} E::B { x: z } => {} }
         let &(q, r) = p; }",
        &[("x", "&String"), ("a", "&mut u8"), ("y", "&mut String"), ("n", "u8"), ("z", "String"), ("q", "u8"), ("r", "u16")],
    );
}

#[test]
fn for_loops_know_their_items() {
    check(
        "use std::collections::HashMap; fn f(v: Vec<u8>, m: HashMap<u8, String>, rx: std::sync::mpsc::Receiver<u16>) {
         for a in &v {} for (k, w) in &m {} for b in v {} for c in 0..3u32 {} for d in rx {} for (i, e) in [1u8].iter().enumerate() {}
         for (k2, w2) in m {} }",
        &[("a", "&u8"), ("k", "&u8"), ("w", "&String"), ("b", "u8"), ("c", "u32"), ("d", "u16"), ("i", "usize"), ("e", "&u8"), ("w2", "String")],
    );
}

#[test]
fn slices_or_patterns_and_bindings_with_parts() {
    check(
        "enum E { A(u8), B(u8) } fn f(s: &[u8], e: E, o: Option<u16>) { if let [first, rest @ ..] = s {}
         let (E::A(x) | E::B(x)) = e; if let whole @ Some(part) = o {} }",
        &[("first", "&u8"), ("rest", "&[u8]"), ("x", "u8"), ("whole", "Option<u16>"), ("part", "u16")],
    );
}

#[test]
fn let_else_and_while_let() {
    check(
        "fn f(mut v: Vec<u8>, r: Result<u8, String>) { let Ok(a) = r else { return }; while let Some(b) = v.pop() {} }",
        &[("a", "u8"), ("b", "u8")],
    );
}
