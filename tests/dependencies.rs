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
        "pub fn f(shelf: &lent::Shelf) {\n    let _ = shelf.book();\n    let _ = shelf.count();\n    let _ = absent::call();\n}\n",
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
    write(&format!("{home}/lending_core-1.0.0/src/lib.rs"), "mod shelf;\npub use shelf::Shelf;\n");
    write(
        &format!("{home}/lending_core-1.0.0/src/shelf.rs"),
        "pub struct Shelf;\nimpl Shelf {\n    pub fn book(&self) -> std::io::Result<u32> { broken( }\n    pub fn count(&self) -> u32 { 0 }\n}\n",
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
    assert_eq!(first.lines().filter(|l| l.contains("ignored_result")).count(), 1, "{first}");
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
