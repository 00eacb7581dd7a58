//! What linger's flow says is dropped along a path, and what a compiled program prints: for the tests that compare.

#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod generate;
pub mod outcome;
pub mod walk;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use linger_analysis::catalogue::Catalogue;
use linger_analysis::facts::Analysis;
use linger_analysis::flow::Ownership;
use linger_analysis::names::{CrateInput, Program, TargetKind};
use linger_analysis::syntax::hir::ExprId;
use linger_analysis::syntax::items::ItemKind;
use linger_analysis::syntax::parse::parse_file;

use walk::{Walk, Way};

/// What all programs call.
pub fn prelude() -> String {
    let (head, calls) = include_str!("prelude.rs").split_once('\n').expect("two lines");
    format!("{head}\n{}\n{calls}", include_str!("outcome.rs"))
}

/// What the compiler made of a source.
pub enum Compiled {
    /// The program, in the folder.
    Program(PathBuf),
    /// Lines with errors, from 1.
    Errors(Vec<usize>),
    /// There is no rustc.
    Missing,
}

/// Compiles `text` in `folder`.
pub fn compile(folder: &Path, text: &str, edition: u16) -> Compiled {
    let (file, program) = (folder.join("program.rs"), folder.join("program"));
    std::fs::write(&file, text).expect("the source can be written");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--edition", &edition.to_string(), "-Cdebuginfo=0", "--error-format=short", "-o"])
        .arg(&program)
        .arg(&file)
        .output();
    let output = match output {
        Ok(output) => output,
        Err(error) => {
            eprintln!("skipped: rustc does not start ({error})");
            return Compiled::Missing;
        }
    };
    if output.status.success() {
        return Compiled::Program(program);
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<usize> = errors
        .lines()
        .filter(|line| line.contains(": error"))
        .filter_map(|line| line.split_once("program.rs:")?.1.split(':').next()?.parse().ok())
        .collect();
    assert!(!lines.is_empty(), "{errors}");
    Compiled::Errors(lines)
}

/// What a program prints, part by part; each part begins with `== number`.
pub fn printed(program: &Path) -> HashMap<usize, Vec<String>> {
    let output = Command::new(program).output().expect("the program runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.split("== ")
        .skip(1)
        .map(|part| {
            let mut lines = part.lines().map(str::to_owned);
            (lines.next().and_then(|n| n.parse().ok()).expect("a number"), lines.collect())
        })
        .collect()
}

/// A function to follow: its name, what its parameters hold, and which way its branches go.
pub struct Followed<'f> {
    pub name: String,
    pub parameters: Vec<Vec<String>>,
    pub way: Way<'f>,
}

/// What linger's flow says of each function of `text`.
pub fn understood(text: &str, edition: u16, functions: Vec<Followed<'_>>) -> Vec<Vec<String>> {
    let root = PathBuf::from("rows.rs");
    let hir = parse_file(root.clone(), text).expect("the programs parse");
    let krate = CrateInput {
        name: "rows".to_owned(),
        package: "rows".to_owned(),
        kind: TargetKind::Bin,
        root,
        edition,
        dependencies: Vec::new(),
        for_tests: false,
    };
    let program = Program::build(vec![Arc::new(hir)], vec![krate]);
    let catalogue = Catalogue::builtin();
    let ownership = Ownership::new(&program, catalogue);
    let analysis = Analysis::new(&program, catalogue, &ownership);
    let file = &program.files()[0];
    let bodies: HashMap<&str, _> = file
        .items
        .iter()
        .filter_map(|item| match &item.kind {
            ItemKind::Fn(function) => Some((item.name.as_str(), function.body?)),
            _ => None,
        })
        .collect();
    functions
        .into_iter()
        .map(|function| {
            let body = bodies[function.name.as_str()];
            let analyzed =
                analysis.bodies.iter().find(|b| b.global.body == body).expect("each body is analysed");
            let tree = &file.bodies[body.index()];
            let source = |e: ExprId| {
                let span = tree.expr(e).span;
                text[span.lo as usize..span.hi as usize].to_owned()
            };
            Walk::new(&analyzed.flow.root, tree, &source, function.parameters).run(function.way)
        })
        .collect()
}
