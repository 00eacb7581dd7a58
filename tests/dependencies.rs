//! Signatures of dependencies: from cargo's own sources, when they are there, and once.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up its files fails")]

use std::fs;
use std::path::Path;
use std::process::Command;

/// A workspace with a dependency in a cargo home of its own. `lending` hands on what `lending_core` has.
fn workspace(dir: &Path) {
    let write = |path: &str, text: &str| {
        let path = dir.join(path);
        fs::create_dir_all(path.parent().expect("a path with a folder")).expect("a path with a folder");
        fs::write(path, text).expect("a file of the test");
    };
    write(
        "app/Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\nlent = { package = \"lending\", version = \"1\" }\nabsent = \"1\"\n",
    );
    write(
        "app/Cargo.lock",
        r#"version = 4
[[package]]
name = "app"
version = "0.1.0"
dependencies = ["absent", "lending"]
[[package]]
name = "absent"
version = "1.0.0"
source = "registry+https://example.invalid/index"
[[package]]
name = "lending"
version = "1.2.0"
source = "registry+https://example.invalid/index"
dependencies = ["lending_core"]
[[package]]
name = "lending_core"
version = "1.0.0"
source = "registry+https://example.invalid/index"
"#,
    );
    write(
        "app/src/lib.rs",
        "pub fn f(shelf: &lent::Shelf) {\n    let _ = shelf.book();\n    let _ = shelf.count();\n    let _ = absent::call();\n}\n\
         pub fn g(shelf: &lent::Shelf, place: lent::Place) {\n    let _ = shelf.above.book();\n    if let lent::Place::On(board) = place {\n        let _ = board.book();\n    }\n    let _ = lent::FIRST.book();\n}\n\
         pub fn h(shelf: lent::Shelf) {\n    use lent::prelude::*;\n    for book in shelf {\n        let _ = book.lend();\n    }\n}\n",
    );
    let home = "home/registry/src/index";
    write(
        &format!("{home}/lending-1.2.0/Cargo.toml"),
        "[package]\nname = \"lending\"\nversion = \"1.2.0\"\nedition = \"2021\"\n[dependencies]\nlending_core = \"1\"\n",
    );
    write(&format!("{home}/lending-1.2.0/src/lib.rs"), "pub use lending_core::*;\n");
    write(
        &format!("{home}/lending_core-1.0.0/Cargo.toml"),
        "[package]\nname = \"lending_core\"\nversion = \"1.0.0\"\nedition = \"2021\"\n",
    );
    write(
        &format!("{home}/lending_core-1.0.0/src/lib.rs"),
        "mod shelf;\npub use shelf::*;\npub mod prelude { pub use crate::shelf::traits::*; }\n",
    );
    write(
        &format!("{home}/lending_core-1.0.0/src/shelf.rs"),
        "mod deep { pub struct Shelf { pub above: super::Board }\n pub enum Place { On(super::Board), Nowhere }\n }\npub use deep::*;\npub struct Board;\npub static FIRST: Board = Board;\n\
         impl Board { pub fn book(&self) -> std::io::Result<u32> { Ok(0) } }\nimpl Iterator for Shelf { type Item = Book; fn next(&mut self) -> Option<Book> { None } }\n\
         pub struct Book;\npub mod traits { pub trait Lend { fn lend(&self) -> std::io::Result<()>; } }\nimpl Shelf {\n    pub fn book(&self) -> std::io::Result<u32> { broken( }\n    pub fn count(&self) -> u32 { 0 }\n}\n",
    );
}

fn lint(dir: &Path, more: &[&str]) -> String {
    let done = Command::new(env!("CARGO_BIN_EXE_cargo-linger"))
        .args(["-A", "all", "-W", "ignored_result/any", "--message-format", "short"])
        .args(more)
        .current_dir(dir.join("app"))
        .env("CARGO_HOME", dir.join("home"))
        .env("XDG_CACHE_HOME", dir.join("cache"))
        .output()
        .unwrap();
    String::from_utf8(done.stdout).expect("a file of the test")
}

#[test]
fn a_dependency_tells_what_its_functions_return() {
    let dir = tempfile::tempdir().unwrap();
    workspace(dir.path());
    // `book` is a Result through a re-export of another crate under a new name; its body does not even parse.
    let first = lint(dir.path(), &[]);
    assert!(first.contains("src/lib.rs:2:"), "{first}");
    // Its fields, variants, statics and traits behind a glob, and what iterating over it gives, are known too.
    let lines: Vec<&str> =
        first.lines().filter_map(|l| l.strip_prefix("src/lib.rs:")?.split(':').next()).collect();
    assert_eq!(lines, ["2", "7", "9", "11", "16"], "{first}");
    assert!(lint(dir.path(), &["--no-dependencies"]).is_empty());
}

#[test]
fn sources_are_read_once() {
    let dir = tempfile::tempdir().unwrap();
    workspace(dir.path());
    let first = lint(dir.path(), &[]);
    fs::remove_dir_all(dir.path().join("home/registry/src/index/lending_core-1.0.0/src")).unwrap();
    assert_eq!(first, lint(dir.path(), &[]), "the second run lives on what the first has kept");
}

#[test]
fn absent_sources_and_broken_locks_are_no_errors() {
    let dir = tempfile::tempdir().unwrap();
    workspace(dir.path());
    fs::remove_dir_all(dir.path().join("home")).unwrap();
    assert!(lint(dir.path(), &[]).is_empty());
    fs::write(dir.path().join("app/Cargo.lock"), "this is [not TOML").unwrap();
    assert!(lint(dir.path(), &[]).is_empty());
}

#[test]
fn of_two_versions_the_one_that_the_lock_file_names_counts() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    workspace(root);
    // Another `lending` in the same lock file, whose books cannot fail.
    let home = root.join("home/registry/src/index/lending-2.0.0");
    fs::create_dir_all(home.join("src")).unwrap();
    fs::write(
        home.join("Cargo.toml"),
        "[package]\nname = \"lending\"\nversion = \"2.0.0\"\nedition = \"2021\"\n",
    )
    .unwrap();
    fs::write(home.join("src/lib.rs"), "pub struct Shelf;\nimpl Shelf { pub fn book(&self) -> u32 { 0 } }\n")
        .unwrap();
    let lock = root.join("app/Cargo.lock");
    let two = format!(
        "{}[[package]]\nname = \"lending\"\nversion = \"2.0.0\"\nsource = \"registry+https://example.invalid/index\"\n",
        fs::read_to_string(&lock).unwrap()
    );
    fs::write(&lock, two.replace("\"absent\", \"lending\"", "\"absent\", \"lending 1.2.0\"")).unwrap();
    assert!(lint(root, &[]).contains("src/lib.rs:2:"));
    fs::write(&lock, two.replace("\"absent\", \"lending\"", "\"absent\", \"lending 2.0.0\"")).unwrap();
    assert!(!lint(root, &[]).contains("src/lib.rs:2:"));
}
