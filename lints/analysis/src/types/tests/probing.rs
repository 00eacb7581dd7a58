//! Which of several methods of one name is called.

use super::{calls, typed};

/// A trait of the program for a type of std that has such a method itself.
const EXT: &str = "use std::process::{Command, Output}; trait Ext { KIND } impl Ext for Command { BODY } ";

#[track_caller]
fn command(kind: &str, body: &str, receiver: &str, expected: &str) {
    let source = EXT.replace("KIND", kind).replace("BODY", body)
        + &format!("fn f(mut c: Command, r: &mut Command, s: &Command) {{ let x = {receiver}; }}");
    let method = "output";
    let found = typed(&source).methods(method);
    let is_own = |target: &str| target.starts_with("demo::");
    let target = found.first().map(|(target, _)| target.as_str()).unwrap_or_default();
    let expected_own = expected == "own";
    assert_eq!(is_own(target), expected_own, "{target} for {receiver} with {kind}");
}

#[test]
fn by_value_comes_before_by_reference() {
    let by_value = ("fn output(self) -> u8;", "fn output(self) -> u8 { 1 }");
    let by_ref = ("fn output(&self) -> u8;", "fn output(&self) -> u8 { 1 }");
    let by_mut = ("fn output(&mut self) -> u8;", "fn output(&mut self) -> u8 { 1 }");
    for ((kind, body), receiver, expected) in [
        // `Command::output` takes `&mut self`.
        (by_value, "c.output()", "own"),
        (by_ref, "c.output()", "own"),
        (by_mut, "c.output()", "std"),
        (by_value, "r.output()", "std"),
        (by_ref, "r.output()", "std"),
        (by_mut, "r.output()", "std"),
        // Made by a chain that ends in the value, or in the reference.
        (by_value, "Command::new(\"x\").output()", "own"),
        (by_value, "c.arg(\"x\").output()", "std"),
    ] {
        command(kind, body, receiver, expected);
    }
}

#[test]
fn provided_methods_count_as_those_of_the_impl() {
    command("fn output(self) -> u8 where Self: Sized { 1 }", "", "c.output()", "own");
}

#[test]
fn a_trait_in_scope_comes_before_one_that_is_not() {
    let own = "trait Writeable { fn write<W>(&self, w: &mut W) -> u8; } impl Writeable for Vec<u8> { fn write<W>(&self, w: &mut W) -> u8 { 1 } }";
    let call = "fn f(v: Vec<u8>, w: &mut String) { v.write(w); }";
    let found = typed(&format!("{own} {call}")).methods("write");
    assert!(found[0].0.starts_with("demo::"), "{found:?}");
    // Both in scope: `&self` is asked before `&mut self`.
    let found = typed(&format!("use std::io::Write; {own} {call}")).methods("write");
    assert!(found[0].0.starts_with("demo::"), "{found:?}");
}

#[test]
fn own_types_are_asked_by_value_first() {
    let source = "struct S; trait T { fn go(self) -> u8; } impl T for S { fn go(self) -> u8 { 1 } } impl S { fn go(&self) -> u16 { 2 } }
        fn f(s: S) { let x = s.go(); }";
    super::check(source, &[("x", "u8")]);
    let source = "struct S; trait T { fn go(self) -> u8; } impl T for S { fn go(self) -> u8 { 1 } } impl S { fn go(&self) -> u16 { 2 } }
        fn f(s: &S) { let x = s.go(); }";
    super::check(source, &[("x", "u16")]);
    let source = "struct S; trait T { fn go(&self) -> u8; } impl T for S { fn go(&self) -> u8 { 1 } } impl S { fn go(self) -> u16 { 2 } }
        fn f(s: S) { let x = s.go(); }";
    super::check(source, &[("x", "u16")]);
}

#[test]
fn bounds_say_what_a_parameter_has() {
    let source = "use std::io::Write; fn f(w: &mut dyn foreign::Output) { w.write(b\"x\"); }";
    calls(source, "write", "?");
    let source = "use std::io::Write; trait Mine {} fn f<W: Mine>(w: &mut W) { w.write(b\"x\"); }";
    calls(source, "write", "?");
    let source = "use std::io::Write; trait Mine: Write {} fn f<W: Mine>(w: &mut W) { w.write(b\"x\"); }";
    calls(source, "write", "std::io::Write::write");
}

#[test]
fn doubles_for_tests_are_not_what_other_code_calls() {
    let source = "trait T { fn go(&self) -> u8; } struct A; impl T for A { fn go(&self) -> u8 { 1 } }
        #[cfg(any(test, feature = \"mock\"))] mod mock { pub struct B; impl super::T for B { fn go(&self) -> u8 { 2 } } }
        fn f(t: &dyn T) { t.go(); }";
    calls(source, "go", "any of 2");
}
