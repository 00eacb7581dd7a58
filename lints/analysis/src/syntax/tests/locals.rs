//! Scopes, shadowing and captures.

use super::{body_of, code, file, printed};
use crate::syntax::hir::ClosureKind;

#[test]
fn shadowing_sees_the_older_variable_on_the_right() {
    assert_eq!(
        code("let a = a; let a = a + 1; { let a = a; a } a"),
        "{ let a#2 = a#0; let a#3 = Add(a#2, Int(Some(1), u!(\"\"))); { let a#4 = a#3; a#4 } a#3 }"
    );
}

#[test]
fn let_else_does_not_see_its_names() {
    assert_eq!(code("let Some(a) = x() else { return a };"), "{ let Some(a#2) = x() else { return a#0 }; }");
}

#[test]
fn let_chains_bind_for_the_rest_and_the_first_block() {
    assert_eq!(
        code("if let Some(a) = a && let Ok(c) = a.g() { c } else { a }"),
        "{ if And(let Some(a#2) = a#0, let Ok(c#3) = a#2.g()) { c#3 } else { a#0 } }"
    );
    assert_eq!(
        code("while let Some(c) = a.pop() { c; } c"),
        "{ while let Some(c#2) = a#0.pop() { c#2; } c }"
    );
}

#[test]
fn alternatives_bind_one_variable() {
    assert_eq!(
        code("match a { A(x) | B { x, .. } if x > 1 => x, y @ (C | D) => y, E => x, _ => 1 }")
            .matches("x#2")
            .count(),
        4
    );
    assert_eq!(
        code("match a { A(x) | B(x) => x, y @ C => y, E => x }"),
        "{ match a#0 { A(x#2) | B(x#2) => x#2, y#3 @ C => y#3, E => x, } }"
    );
}

#[test]
fn upper_case_identifiers_are_paths() {
    let text = "fn f(x: X) { match x { None => 1, LIMIT => 2, ref Odd => 3 } }";
    assert!(printed(text).contains("None => "));
    assert!(printed(text).contains("LIMIT => "));
    assert!(printed(text).contains("Odd#1 => "));
}

#[test]
fn closures_capture_what_they_mention() {
    assert_eq!(
        code("move |x: u8, (y, _)| x + y + a"),
        "{ Closure move[a#0] |x#2, (y#3, _)| Add(Add(x#2, y#3), a#0) }"
    );
    // The outer closure captures what the inner one mentions, but not its own variables.
    assert_eq!(
        code("|| { let c = 1; async move { c; b } }"),
        "{ Closure[b#1] || { let c#2 = Int(Some(1), u!(\"\")); AsyncBlock move[c#2, b#1] || { c#2; b#1 } } }"
    );
}

#[test]
fn format_strings_capture() {
    assert_eq!(
        code(r#"|| println!("{a} {b:?} {c}")"#),
        r#"{ Closure[a#0, b#1] || println!:Print(Str(u!("{a} {b:?} {c}")), a#0, b#1) }"#
    );
}

#[test]
fn self_is_a_variable() {
    let file = file("impl S { async fn f(mut self: Box<Self>, x: u8) { async || self.x } }");
    let body = body_of(&file, "f");
    assert_eq!(body.local(crate::syntax::hir::LocalId(0)).name.as_str(), "self");
    assert!(body.locals[0].mutable);
    assert_eq!(body.closures[0].kind, ClosureKind::AsyncClosure);
    assert_eq!(body.closures[0].captures.len(), 1);
    assert_eq!(body.params.len(), 2);
}

#[test]
fn variables_know_their_closure() {
    let file = file("fn f() { let a = 1; || { let b = 2; } }");
    let closures: Vec<bool> =
        body_of(&file, "f").locals.iter().map(|local| local.closure.is_some()).collect();
    assert_eq!(closures, [false, true]);
}

#[test]
fn loops_scope_their_pattern() {
    assert_eq!(
        code("for (i, a) in a.iter().enumerate() { a; } i"),
        "{ for (i#2, a#3) in a#0.iter().enumerate() { a#3; } i }"
    );
}

#[test]
fn nested_functions_see_no_variables_of_the_outer() {
    let file = file("fn g(a: u8) { fn f() { a } let b = a; }");
    assert_eq!(crate::syntax::print::print_body(body_of(&file, "f")), "{ a }");
    assert_eq!(crate::syntax::print::print_body(body_of(&file, "g")), "{ let b#1 = a#0; }");
}
