//! Where linger says that values are dropped, against what real programs do.
//!
//! Each row names the section of the Reference that it checks. Its code is compiled and run by `rustc`, where `d("x")`
//! makes a value that prints its name when it is dropped and `mark("x")` prints a name at once; the same code goes
//! through linger's flow, whose events along the path taken must be the same.

mod common;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use linger_analysis::catalogue::Catalogue;
use linger_analysis::facts::Analysis;
use linger_analysis::flow::Ownership;
use linger_analysis::flow::mir::{
    BlockId, CaptureHow, Mir, Operand, Place, Projection, Rvalue, StatementKind, Terminator, Var,
};
use linger_analysis::names::{CrateInput, Program, TargetKind};
use linger_analysis::syntax::hir::ExprId;
use linger_analysis::syntax::items::ItemKind;
use linger_analysis::syntax::parse::parse_file;

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

/// What the rows call.
const PRELUDE: &str = r#"#![allow(warnings)]
pub struct D(&'static str);
impl Drop for D {
    fn drop(&mut self) {
        println!("{}", self.0);
    }
}
impl D {
    fn yes(&self) -> bool { true }
    fn no(&self) -> bool { false }
    fn one(&self) -> u8 { 1 }
    fn some(&self) -> Option<u8> { Some(1) }
    fn none(&self) -> Option<u8> { None }
    fn same(&self) -> &D { self }
    fn two(&self) -> Vec<u8> { vec![1, 2] }
}
fn d(name: &'static str) -> D { D(name) }
fn pair(a: &'static str, b: &'static str) -> (D, D) { (D(a), D(b)) }
fn some_d(name: &'static str) -> Option<D> { Some(D(name)) }
fn mark(name: &'static str) { println!("{name}"); }
fn consume(_: D) {}
fn borrow(_: &D) -> u8 { 1 }
fn fails() -> Option<u8> { None }
async fn step() {}
async fn step_with(_: &D) { mark("step"); }
fn block_on(future: impl std::future::Future<Output = ()>) {
    let mut future = std::pin::pin!(future);
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    while future.as_mut().poll(&mut cx).is_pending() {}
}
"#;

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
    let mut text = PRELUDE.to_owned();
    text.push_str("fn drop_one(_: u8) {}\n");
    for (index, row) in ROWS.iter().enumerate() {
        let keyword = if row.is_async { "async fn" } else { "fn" };
        let _ = writeln!(text, "{keyword} row_{index}() {{ {} }}", row.code);
    }
    text.push_str("fn main() {\n");
    for (index, row) in ROWS.iter().enumerate() {
        let call = if row.is_async { format!("block_on(row_{index}())") } else { format!("row_{index}()") };
        let _ = writeln!(text, "    println!(\"== {index}\"); {call};");
    }
    text.push_str("}\n");
    text
}

/// What the compiled program prints, row by row; `None` without rustc.
fn observed(edition: u16) -> Option<Vec<Vec<String>>> {
    let scratch = common::scratch();
    let (file, program) = (scratch.path().join("rows.rs"), scratch.path().join("rows"));
    std::fs::write(&file, source()).expect("the source can be written");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let compiled =
        Command::new(rustc).args(["--edition", &edition.to_string(), "-o"]).arg(&program).arg(&file).output();
    let compiled = match compiled {
        Ok(output) => output,
        Err(error) => {
            eprintln!("skipped: rustc does not start ({error})");
            return None;
        }
    };
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let output = Command::new(&program).output().expect("the program runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    Some(text.split("== ").skip(1).map(|part| part.lines().skip(1).map(str::to_owned).collect()).collect())
}

/// A value: where in its variable, and its name.
type Held = (Vec<String>, String);

/// Walks one path of a flow and notes what is dropped.
struct Walk<'w> {
    mir: &'w Mir,
    literal: &'w dyn Fn(ExprId) -> String,
    held: HashMap<Var, Vec<Held>>,
    events: Vec<String>,
}

impl Walk<'_> {
    fn run(mut self, path: &[usize]) -> Vec<String> {
        let mut choices = path.iter().copied();
        let mut block = BlockId(0);
        // Enough for every row; a path that turns for ever is cut.
        for _ in 0..500 {
            let data = &self.mir.blocks[block.index()];
            for statement in &data.statements {
                self.step(&statement.kind);
            }
            block = match &data.terminator {
                Terminator::Goto(next) => *next,
                Terminator::Branch { targets, .. } => {
                    let choice = if targets.len() > 1 { choices.next().unwrap_or(0) } else { 0 };
                    targets[choice.min(targets.len() - 1)]
                }
                Terminator::Return { .. } | Terminator::Diverge { .. } | Terminator::Unreachable => {
                    return self.events;
                }
            };
        }
        self.events.push("does not end".to_owned());
        self.events
    }

    fn step(&mut self, kind: &StatementKind) {
        match kind {
            StatementKind::Assign { dest, value } => {
                let found = self.value(value);
                self.store(dest, found);
            }
            StatementKind::Call(call) => {
                let names: Vec<String> = call
                    .args
                    .iter()
                    .filter_map(|arg| match arg {
                        Operand::Constant(e) => Some((self.literal)(*e)),
                        _ => None,
                    })
                    .collect();
                let made: Vec<Held> = match call.name.as_str() {
                    "mark" => {
                        self.events.extend(names);
                        return;
                    }
                    // Its body runs when it is awaited, right away in the rows.
                    "step_with" => {
                        self.events.push("step".to_owned());
                        return;
                    }
                    "d" | "some_d" => names.into_iter().map(|n| (Vec::new(), n)).collect(),
                    "pair" => names.into_iter().enumerate().map(|(i, n)| (vec![i.to_string()], n)).collect(),
                    _ => {
                        // What goes into any other function of the rows dies there.
                        let moved: Vec<Held> = call.args.iter().flat_map(|arg| self.take(arg)).collect();
                        self.events.extend(moved.into_iter().map(|(_, name)| name));
                        Vec::new()
                    }
                };
                self.store(&call.dest, made);
            }
            StatementKind::Await { operands, .. } => {
                let moved: Vec<Held> = operands.iter().flat_map(|operand| self.take(operand)).collect();
                self.events.extend(moved.into_iter().map(|(_, name)| name));
            }
            StatementKind::Drop { var, .. } => {
                let dropped = self.held.remove(var).unwrap_or_default();
                self.events.extend(dropped.into_iter().map(|(_, name)| name));
            }
            StatementKind::Vacant(_) | StatementKind::Discard { .. } | StatementKind::Macro { .. } => {}
        }
    }

    fn value(&mut self, value: &Rvalue) -> Vec<Held> {
        match value {
            Rvalue::Use(operand) => self.take(operand),
            Rvalue::Aggregate { parts, .. } => {
                let mut found = Vec::new();
                for (name, operand) in parts {
                    for (mut path, value) in self.take(operand) {
                        path.insert(0, name.to_string());
                        found.push((path, value));
                    }
                }
                // Fields are dropped in the order of their declaration, which is that of their names in the rows.
                found.sort_by(|a, b| a.0.cmp(&b.0));
                found
            }
            Rvalue::Closure { captures, .. } => captures
                .iter()
                .filter(|c| c.how == CaptureHow::Move)
                .flat_map(|c| self.held.remove(&c.var).unwrap_or_default())
                .collect(),
            Rvalue::Ref(..) | Rvalue::Compute(_) | Rvalue::Opaque => Vec::new(),
        }
    }

    fn store(&mut self, dest: &Place, values: Vec<Held>) {
        if !values.is_empty() {
            self.held.entry(dest.var).or_default().extend(values);
        }
    }

    /// Takes what an operand moves. A part that is not told apart by its path is the whole.
    fn take(&mut self, operand: &Operand) -> Vec<Held> {
        let Operand::Move(place) = operand else { return Vec::new() };
        let Some(values) = self.held.remove(&place.var) else { return Vec::new() };
        let part: Vec<String> = place
            .projections
            .iter()
            .filter_map(|p| match p {
                Projection::Field(name) => Some(name.to_string()),
                Projection::Deref | Projection::Index => None,
            })
            .collect();
        let known = values.iter().any(|(path, _)| !path.is_empty());
        if part.is_empty() || !known {
            return values;
        }
        let (taken, left): (Vec<Held>, Vec<Held>) =
            values.into_iter().partition(|(path, _)| path.starts_with(&part));
        self.held.insert(place.var, left);
        taken.into_iter().map(|(path, name)| (path[part.len()..].to_vec(), name)).collect()
    }
}

/// What linger's flow says, row by row.
fn understood(edition: u16) -> Vec<Vec<String>> {
    let text = source();
    let root = PathBuf::from("rows.rs");
    let hir = parse_file(root.clone(), &text).expect("the rows parse");
    let krate = CrateInput {
        name: "rows".to_owned(),
        package: "rows".to_owned(),
        kind: TargetKind::Bin,
        root,
        edition,
        dependencies: Vec::new(),
    };
    let program = Program::build(vec![Arc::new(hir)], vec![krate]);
    let catalogue = Catalogue::builtin();
    let ownership = Ownership::new(&program, catalogue);
    let analysis = Analysis::new(&program, catalogue, &ownership);
    let file = &program.files[0];
    ROWS.iter()
        .enumerate()
        .map(|(index, row)| {
            let name = format!("row_{index}");
            let body = file
                .items
                .iter()
                .find_map(|item| match &item.kind {
                    ItemKind::Fn(function) if item.name.as_str() == name => function.body,
                    _ => None,
                })
                .expect("each row has a body");
            let analyzed =
                analysis.bodies.iter().find(|b| b.global.body == body).expect("each body is analysed");
            let tree = &file.bodies[body.index()];
            let literal = |e: ExprId| {
                let span = tree.expr(e).span;
                text[span.lo as usize..span.hi as usize].trim_matches('"').to_owned()
            };
            let walk = Walk {
                mir: &analyzed.flow.root,
                literal: &literal,
                held: HashMap::new(),
                events: Vec::new(),
            };
            walk.run(row.path)
        })
        .collect()
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
