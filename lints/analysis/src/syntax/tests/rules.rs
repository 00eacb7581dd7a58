//! Expansion of `macro_rules!`.

use super::{body_of, file, printed};

#[test]
fn expressions_expand_with_their_arguments() {
    let rules = "macro_rules! get { ($x:expr) => { $x.lock().unwrap() }; ($x:expr, $y:ident) => { $x.$y } }";
    assert_eq!(
        printed(&format!("{rules} fn f(a: A) {{ get!(a); get!(a.b(), len) }}")),
        "{ a#0.lock().unwrap(); a#0.b().len }"
    );
    // The definition may stand behind the call and in another module.
    assert_eq!(
        printed(&format!("fn f(a: A) {{ get!(*a) }} mod m {{ {rules} }}")),
        "{ Deref(a#0).lock().unwrap() }"
    );
}

#[test]
fn operators_of_the_argument_stay_together() {
    assert_eq!(
        printed("macro_rules! twice { ($x:expr) => { $x * 2 } } fn f(a: A) { twice!(a + a) }"),
        "{ Mul(Add(a#0, a#0), Int(Some(2), u!(\"\"))) }"
    );
}

#[test]
fn repetitions_repeat() {
    let sum = "macro_rules! sum { ($first:expr $(, $rest:expr)* $(,)?) => { $first $(+ $rest)* } }";
    assert_eq!(printed(&format!("{sum} fn f(a: A) {{ sum!(a, a, a,) }}")), "{ Add(Add(a#0, a#0), a#0) }");
    let nested = "macro_rules! n { ($($k:ident: [$($v:expr),*]);* ;) => { [$(($k, $($v),*)),*] } }";
    assert_eq!(
        printed(&format!("{nested} fn f(a: A) {{ n!(x: [a, a]; y: [];) }}")),
        "{ [(x, a#0, a#0), (y)] }"
    );
    let any = "macro_rules! any { ($($x:expr),+) => { $($x)||+ } }";
    assert_eq!(printed(&format!("{any} fn f(a: A) {{ any!(a, a) }}")), "{ Or(a#0, a#0) }");
}

#[test]
fn statements_land_in_the_block_around() {
    let text = "macro_rules! bind { ($n:ident, $e:expr) => { let tmp = $e; let $n = tmp; } }
        fn f(tmp: A) { bind!(x, tmp); x; tmp }";
    assert_eq!(printed(text), "{ let tmp#1 = tmp#0; let x#2 = tmp#1; x#2; tmp#0 }");
}

#[test]
fn names_of_the_definition_do_not_leak_into_arguments() {
    let text = "macro_rules! m { ($e:expr) => {{ let a = 1; $e + a }} } fn f(a: A) { m!(a) }";
    assert_eq!(printed(text), "{ { let a#1 = Int(Some(1), u!(\"\")); Add(a#0, a#1) } }");
}

#[test]
fn positions_are_the_argument_or_the_call() {
    let text = "macro_rules! m { ($e:expr) => { $e.lock() } } fn f(a: A) { m!(a.b) }";
    let file = file(text);
    let body = body_of(&file, "f");
    let made: Vec<&str> = body
        .exprs
        .iter()
        .filter(|expr| expr.expanded)
        .map(|expr| &text[expr.span.lo as usize..expr.span.hi as usize])
        .collect();
    assert_eq!(made, ["a", "a.b", "m!(a.b)"]);
}

#[test]
fn recursion_ends() {
    let count = "macro_rules! c { () => { 0 }; ($x:tt $($r:tt)*) => { 1 + c!($($r)*) } }";
    assert!(
        printed(&format!("{count} fn f() {{ c!(a b) }}")).starts_with("{ Add(Int(Some(1), u!(\"\")), Add(")
    );
    assert!(printed("macro_rules! r { () => { r!() } } fn f() { r!() }").contains("r!:Unknown()"));
    let grow =
        "macro_rules! g { ($($x:tt)*) => { g!($($x)* $($x)* $($x)* $($x)* $($x)* $($x)* $($x)* $($x)*) } }";
    assert!(printed(&format!("{grow} fn f() {{ g!(a a a a a a a a) }}")).contains("g!:Unknown"));
}

#[test]
fn what_does_not_match_stays_a_call() {
    assert_eq!(printed("macro_rules! m { (x) => { 1 } } fn f(a: A) { m!(a) }"), "{ m!:Unknown(a#0) }");
    assert_eq!(printed("macro_rules! m { ($x:ident) => { < } } fn f(a: A) { m!(a) }"), "{ m!:Unknown(a#0) }");
}

#[test]
fn items_expand() {
    let text = "macro_rules! getters { ($($n:ident: $t:ty),*) => { $(pub fn $n() -> $t { $n!() })* } }
        getters! { f: u8, g: Vec<u8> }
        struct S; impl S { getters! { h: &'static str } }";
    let file = file(text);
    let names: Vec<&str> = file.items.iter().map(|item| item.name.as_str()).collect();
    assert_eq!(names, ["getters", "f", "g", "S", "", "h"]);
    assert!(file.items[5].parent.is_some());
    assert_eq!(file.bodies.len(), 3);
}

#[test]
fn crate_and_patterns() {
    let text = "macro_rules! p { () => { Some(_) } } macro_rules! c { () => { $crate::g() } }
        fn f(a: A) { match a { p!() => c!(), _ => 1 } }";
    assert_eq!(printed(text), "{ match a#0 { Some(_) => crate::g(), _ => Int(Some(1), u!(\"\")), } }");
}
