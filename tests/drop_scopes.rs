//! Where linger says that values are dropped, against what real programs do.
//!
//! Each row names the section of the Reference that it checks. Its code is compiled and run by `rustc`, where `d("x")`
//! makes a value that prints its name when it is dropped and `mark("x")` prints a name at once; the same code goes
//! through linger's flow, whose events along the path taken must be the same.

mod common;
mod drops;

use std::fmt::Write as _;

use drops::walk::Way;
use drops::{Compiled, Followed};

/// A small program.
struct Row {
    /// Section of the Reference.
    section: &'static str,
    /// The body of a function without parameters.
    code: &'static str,
    /// Which way each branch goes, in the order in which they are met; the first way afterwards.
    path: &'static [usize],
    is_async: bool,
}

const fn row(section: &'static str, path: &'static [usize], code: &'static str) -> Row {
    Row { section, code, path, is_async: false }
}

const fn async_row(section: &'static str, path: &'static [usize], code: &'static str) -> Row {
    Row { section, code, path, is_async: true }
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    row("destructors.scope.bindings: reverse order of declaration", &[],
        r#"let a = d("a"); let b = d("b"); mark("end");"#),
    row("destructors.scope.bindings: inner block first", &[],
        r#"let a = d("a"); { let b = d("b"); mark("in"); } mark("out");"#),
    row("destructors.scope.bindings: shadowing drops nothing", &[],
        r#"let a = d("1"); let a = d("2"); mark("end");"#),
    row("destructors.scope.bindings: an underscore name holds", &[],
        r#"let _a = d("a"); mark("end");"#),
    row("destructors.scope.temporary: expression statement", &[],
        r#"d("a"); mark("end");"#),
    row("destructors.scope.temporary: receiver of a let", &[],
        r#"let x = d("a").one(); mark("end");"#),
    row("destructors.scope.temporary: several in one statement, reverse order", &[],
        r#"let x = d("a").one() + d("b").one(); mark("end");"#),
    row("destructors.scope.temporary: arguments", &[],
        r#"borrow(&d("a")); mark("end");"#),
    row("destructors.scope.temporary: `let _ =` a value", &[],
        r#"let _ = d("a"); mark("end");"#),
    row("destructors.scope.temporary: `_ =` a value", &[],
        r#"_ = d("a"); mark("end");"#),
    row("destructors.scope.temporary: condition of if", &[0],
        r#"if d("a").yes() { mark("then"); } mark("end");"#),
    row("destructors.scope.temporary: condition of while", &[1],
        r#"while d("a").no() { mark("body"); } mark("end");"#),
    row("destructors.scope.temporary: match scrutinee", &[0],
        r#"match d("a").some() { Some(_) => mark("arm"), None => {} } mark("end");"#),
    row("destructors.scope.temporary: match guard", &[0, 0],
        r#"match 1u8 { x if d("a").yes() => mark("arm"), _ => {} } mark("end");"#),
    row("destructors.scope.temporary: body of an arm", &[0],
        r#"match 1u8 { 1 => borrow(&d("a")), _ => 0 }; mark("end");"#),
    row("destructors.scope.temporary: if let that matches", &[0],
        r#"if let Some(_) = d("a").some() { mark("then"); } mark("end");"#),
    row("destructors.scope.temporary: if let with else (edition 2024)", &[1],
        r#"if let Some(_) = d("a").none() { mark("then"); } else { mark("else"); } mark("end");"#),
    row("destructors.scope.temporary: else if after if let (edition 2024)", &[1, 0],
        r#"if let Some(_) = d("a").none() {} else if d("b").yes() { mark("else"); } mark("end");"#),
    row("destructors.scope.temporary: while let", &[0],
        r#"while let Some(_) = d("a").some() { mark("body"); break; } mark("end");"#),
    row("destructors.scope.temporary: while let that ends", &[1],
        r#"while let Some(_) = d("a").none() { mark("body"); } mark("end");"#),
    row("destructors.scope.temporary: head of for", &[0, 0, 1],
        r#"for _ in d("a").two() { mark("turn"); } mark("end");"#),
    row("destructors.scope.temporary: let else that matches", &[0],
        r#"let Some(_) = d("a").some() else { return }; mark("end");"#),
    row("destructors.scope.temporary: let else that leaves", &[1],
        r#"let Some(_) = d("a").none() else { mark("else"); return }; mark("end");"#),
    row("destructors.scope.temporary: first operand of a lazy operator", &[0, 0],
        r#"let x = d("a").yes() && { mark("right"); true }; mark("end");"#),
    row("destructors.scope.temporary: second operand of a lazy operator", &[0],
        r#"let x = true && d("b").yes() ; mark("end");"#),
    row("destructors.scope.temporary: tail of a block (edition 2024)", &[],
        r#"let x = { let b = d("b"); d("a").one() }; mark("end");"#),
    row("destructors.scope.temporary: tail of the function (edition 2024)", &[],
        r#"let b = d("b"); let _: () = { mark("tail"); }; drop_one(d("a").one())"#),
    row("destructors.scope.lifetime-extension: let of a reference", &[],
        r#"let x = &d("a"); mark("end");"#),
    row("destructors.scope.lifetime-extension: `let _ =` of a reference", &[],
        r#"let _ = &d("a"); mark("end");"#),
    row("destructors.scope.lifetime-extension: tuple of references", &[],
        r#"let x = (&d("a"), 1); mark("end");"#),
    row("destructors.scope.lifetime-extension: ref pattern", &[],
        r#"let ref x = d("a"); mark("end");"#),
    row("destructors.scope.lifetime-extension: block tail", &[],
        r#"let x = { &d("a") }; mark("end");"#),
    row("destructors.scope.lifetime-extension: not through a method", &[],
        r#"let x = d("a").same().one(); mark("end");"#),
    row("destructors.operation: assignment drops the old value", &[],
        r#"let mut a = d("1"); a = d("2"); mark("end");"#),
    row("destructors.operation: assignment to a moved variable drops nothing", &[],
        r#"let mut a = d("1"); consume(a); a = d("2"); mark("end");"#),
    row("destructors.uninitialized: assigned later", &[],
        r#"let a; let b = d("b"); a = d("a"); mark("end");"#),
    row("destructors.moved: into a call", &[],
        r#"let a = d("a"); let b = d("b"); consume(a); mark("end");"#),
    row("destructors.moved: drop", &[],
        r#"let a = d("a"); drop(a); mark("end");"#),
    row("destructors.moved: into another name", &[],
        r#"let a = d("a"); let b = d("b"); let c = a; mark("end");"#),
    row("destructors.moved: on one branch", &[0],
        r#"let a = d("a"); if true { consume(a); } mark("end");"#),
    row("destructors.moved: not on the other branch", &[1],
        r#"let a = d("a"); if false { consume(a); } mark("end");"#),
    row("destructors.moved: part of a tuple", &[],
        r#"let t = (d("a"), d("b")); let a = t.0; mark("end");"#),
    row("patterns.wildcard: `let _ =` a place moves nothing", &[],
        r#"let a = d("a"); let _ = a; mark("end");"#),
    row("patterns.wildcard: part of a call's result", &[],
        r#"let (a, _) = pair("a", "b"); mark("end");"#),
    row("patterns.wildcard: both parts are bound", &[],
        r#"let (a, b) = pair("a", "b"); mark("end");"#),
    row("patterns.wildcard: parts of a tuple expression", &[],
        r#"let (a, _) = (d("a"), d("b")); mark("end");"#),
    row("destructors.scope.binding.match-arm: bound by an arm", &[0],
        r#"match some_d("a") { Some(a) => mark("arm"), None => {} } mark("end");"#),
    row("destructors.scope.binding.match-arm: bound by if let", &[0],
        r#"if let Some(a) = some_d("a") { mark("then"); } mark("end");"#),
    row("destructors.scope.function: return", &[0],
        r#"let a = d("a"); if true { let b = d("b"); mark("out"); return; } mark("end");"#),
    row("destructors.scope.loop: break", &[0],
        r#"let a = d("a"); loop { let b = d("b"); if true { break; } mark("no"); } mark("end");"#),
    row("destructors.scope.loop: continue", &[0, 0, 1],
        r#"for _ in [1] { let b = d("b"); if true { continue; } mark("no"); } mark("end");"#),
    row("destructors.scope.operator.question: leaves", &[1],
        r#"let a = d("a"); let r: Option<u8> = (|| None)(); let Some(_) = r else { let b = d("b"); return }; mark("no");"#),
    row("destructors.composite: struct fields in order", &[],
        r#"struct S { x: D, y: D } let s = S { y: d("y"), x: d("x") }; mark("end");"#),
    row("types.closure.capture: moved into a closure", &[],
        r#"let a = d("a"); let c = move || { let _ = &a; }; let b = d("b"); mark("end");"#),
    row("types.closure.capture: borrowed by a closure", &[],
        r#"let a = d("a"); let c = || { let _ = a.one(); }; let b = d("b"); mark("end");"#),
    row("destructors.scope.temporary: a value before what it was made of", &[],
        r#"borrow(&d("a").other("b")); mark("end");"#),
    row("destructors.scope.temporary: guard that fails, on to a later arm", &[0, 1, 1],
        r#"match 1u8 { x if d("a").no() => mark("no"), 2 => mark("two"), _ => mark("arm") } mark("end");"#),
    row("destructors.scope.binding.match-arm: a guard takes nothing", &[0, 1],
        r#"match some_d("a") { Some(a) if a.no() => mark("no"), _ => mark("arm") } mark("end");"#),
    row("destructors.scope.operands: dropped first when a later operand leaves", &[0],
        r#"consume_two(same(d("a")), match d("b").some() { Some(_) => return, None => d("c") });"#),
    row("destructors.scope.lifetime-extension: tail behind statements", &[],
        r#"let x = { mark("in"); &d("a") }; mark("end");"#),
    row("destructors.scope.lifetime-extension: branches", &[0],
        r#"let x = if true { &d("a") } else { &d("b") }; mark("end");"#),
    row("destructors.scope.lifetime-extension: arms", &[1],
        r#"let x = match false { true => &d("a"), false => &d("b") }; mark("end");"#),
    row("destructors.scope.lifetime-extension: through a dereference", &[],
        r#"let x = &*Box::new(d("a")); mark("end");"#),
    row("destructors.scope.lifetime-extension: through an index", &[],
        r#"let x = &[d("a"), d("b")][0]; mark("end");"#),
    row("destructors.scope.lifetime-extension: ref pattern of a field", &[],
        r#"let ref x = (d("a"), d("b")).0; mark("end");"#),
    row("destructors.scope.lifetime-extension: ref pattern with else", &[0],
        r#"let Some(ref x) = some_d("a") else { return }; mark("end");"#),
    row("expr.assign.destructure: `_ =` a reference", &[],
        r#"_ = &d("a"); mark("end");"#),
    row("expr.assign.destructure: what is left goes before what is overwritten", &[],
        r#"let mut a = d("1"); (a, _) = (d("2"), d("3")); mark("end");"#),
    row("expr.assign.evaluation: to itself", &[],
        r#"let mut a = d("1"); a = a; mark("end");"#),
    async_row("async: a local lives over an await", &[],
        r#"let a = d("a"); step().await; mark("end");"#),
    async_row("async: a temporary lives over the await of its statement", &[],
        r#"step_with(&d("a")).await; mark("end");"#),
    async_row("async: a scope ends before an await", &[],
        r#"{ let a = d("a"); } step().await; mark("end");"#),
    async_row("async: match scrutinee over an await", &[0],
        r#"match d("a").some() { Some(_) => step().await, None => {} } mark("end");"#),
];

/// Rows (edition, section) in which linger is known to be wrong; a row that is right must not be here.
const KNOWN: &[(u16, &str)] = &[];

fn source() -> String {
    let mut text = drops::prelude();
    for (index, row) in ROWS.iter().enumerate() {
        let keyword = if row.is_async { "async fn" } else { "fn" };
        let _ = writeln!(text, "{keyword} row_{index}() {{ {} }}", row.code);
    }
    text.push_str("fn main() {\n");
    for (index, row) in ROWS.iter().enumerate() {
        let call = if row.is_async { format!("block_on(row_{index}())") } else { format!("row_{index}()") };
        let _ = writeln!(text, "    run({index}, || {call});");
    }
    text.push_str("}\n");
    text
}

/// What the compiled program prints, row by row; `None` without rustc.
fn observed(edition: u16) -> Option<Vec<Vec<String>>> {
    let scratch = common::scratch();
    let text = source();
    match drops::compile(scratch.path(), &text, edition) {
        Compiled::Program(program) => {
            let mut printed = drops::printed(&program);
            Some((0..ROWS.len()).map(|index| printed.remove(&index).unwrap_or_default()).collect())
        }
        Compiled::Missing => None,
        Compiled::Errors(lines) => {
            let wrong: Vec<&str> = lines.iter().filter_map(|line| text.lines().nth(line - 1)).collect();
            panic!("rows that do not compile in {edition}: {wrong:#?}")
        }
    }
}

/// What linger's flow says, row by row.
fn understood(edition: u16) -> Vec<Vec<String>> {
    let functions = ROWS.iter().enumerate().map(|(index, row)| Followed {
        name: format!("row_{index}"),
        parameters: Vec::new(),
        way: Way::Fixed(row.path),
    });
    drops::understood(&source(), edition, functions.collect())
}

fn compare(edition: u16) {
    let Some(observed) = observed(edition) else { return };
    let understood = understood(edition);
    let mut trouble = Vec::new();
    for ((row, real), ours) in ROWS.iter().zip(&observed).zip(&understood) {
        let known = KNOWN.contains(&(edition, row.section));
        if (real == ours) == known {
            let what = if known { "right now: take it out of KNOWN" } else { "differs" };
            trouble.push(format!(
                "{} {what}\n    {}\n    rustc:  {real:?}\n    linger: {ours:?}",
                row.section, row.code
            ));
        }
    }
    assert!(trouble.is_empty(), "edition {edition}, {} rows:\n{}", trouble.len(), trouble.join("\n"));
}

#[test]
fn edition_2021() {
    compare(2021);
}

#[test]
fn edition_2024() {
    compare(2024);
}

/// Guards the comparison itself: rows that name the edition differ between editions, and no others.
#[test]
fn editions_differ_where_the_rows_say_so() {
    let both = understood(2021).into_iter().zip(understood(2024));
    for (row, (old, new)) in ROWS.iter().zip(both) {
        assert_eq!(old != new, row.section.contains("(edition 2024)"), "{}: {old:?} {new:?}", row.section);
    }
}
