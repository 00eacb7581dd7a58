//! Mistakes of use: a manifest that is none, the wrong folder, a name that leads nowhere. What cargo fails on must not pass
//! for "nothing found".

mod common;

use std::path::Path;
use std::process::Output;

use common::{findings, run, scratch, stderr, write};

const BAD: &str = "pub fn f(m: &std::sync::Mutex<u32>) -> u32 {\n    let a = m.lock().unwrap();\n    let b = m.lock().unwrap();\n    *a + *b\n}\n";

fn package(name: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n")
}

/// A workspace of `a` and `b` whose root manifest is given; `c` is no member.
fn workspace(root: &str) -> tempfile::TempDir {
    let dir = scratch();
    write(dir.path(), &[("Cargo.toml", root)]);
    for name in ["a", "b", "c"] {
        let (manifest, file) = (format!("{name}/Cargo.toml"), format!("{name}/src/lib.rs"));
        write(dir.path(), &[(&manifest, &package(name)), (&file, BAD)]);
    }
    dir
}

fn files(dir: &Path, args: &[&str]) -> Vec<String> {
    let mut all = vec!["--message-format", "json"];
    all.extend(args);
    findings(&run(dir, &all)).into_iter().map(|f| f.file).collect()
}

fn refused(output: &Output, part: &str) {
    let said = stderr(output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.starts_with("error: ") && said.contains(part), "{said}");
}

#[test]
fn a_root_manifest_that_cargo_refuses_is_refused() {
    for (root, place) in [
        ("[workspace]\nmembers = \"a\"\n", "Cargo.toml:2:11: invalid type"),
        ("[workspace]\nmembers = [\"a\"\n", "Cargo.toml:"),
        ("workspace = 1\n", "Cargo.toml:1:13: invalid type: integer `1`, expected a table"),
        ("[package]\nversion = \"0.1.0\"\n", "Cargo.toml:1:1: missing field `name`"),
        ("[package]\nname = \"r\"\nedition = \"2099\"\n", "Cargo.toml:3:11: package `r` has an edition"),
        ("[dependencies]\n", "Cargo.toml:1:1: this manifest has neither"),
    ] {
        let dir = workspace(root);
        refused(&run(dir.path(), &[]), place);
        // Who names files wants to hear of them, whatever is wrong around them.
        let named = run(dir.path(), &["--message-format", "json", "b/src/lib.rs"]);
        assert_eq!(findings(&named).len(), 1, "{root}");
        let all = run(dir.path(), &["."]);
        assert_ne!(all.status.code(), Some(2));
        assert!(stderr(&all).contains(&format!("/{place}")), "{}", stderr(&all));
    }
}

#[test]
fn what_is_wrong_with_a_member_is_told_and_the_rest_goes_on() {
    for (manifest, place) in [
        ("this is no manifest", "b/Cargo.toml:1:6: "),
        ("[package]\nversion = \"0.1.0\"\n", "b/Cargo.toml:1:1: missing field `name`"),
        ("[package]\nname = \"b\"\nedition = \"2099\"\n", "b/Cargo.toml:3:11: package `b` has an edition"),
    ] {
        let dir = workspace("[workspace]\nmembers = [\"a\", \"b\"]\n");
        write(dir.path(), &[("b/Cargo.toml", manifest), ("c/Cargo.toml", "no manifest")]);
        let output = run(dir.path(), &[]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1));
        assert!(said.contains("warning: ") && said.contains(place), "{said}");
        // Cargo never reads what is no member.
        assert!(!said.contains("c/Cargo.toml"), "{said}");
        assert!(stderr(&run(dir.path(), &["-v"])).contains("c/Cargo.toml:1:4"));
        assert!(files(dir.path(), &[]).contains(&"a/src/lib.rs".to_owned()));
        assert!(files(dir.path(), &[]).contains(&"b/src/lib.rs".to_owned()));
        refused(&run(&dir.path().join("b"), &[]), place);
    }
    let dir = workspace("[workspace]\nmembers = [\"a\", \"gone\", \"none/*\"]\n");
    let output = run(dir.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("/Cargo.toml:2:17: member `gone` is not there"), "{said}");
    assert_eq!(said.matches("warning: ").count(), 1, "{said}");
}

#[test]
fn where_there_is_no_manifest_something_must_be_named() {
    let dir = scratch();
    write(dir.path(), &[("loose.rs", BAD), ("linger.toml", "[rulez]\n")]);
    refused(&run(dir.path(), &["--no-config"]), "there is no Cargo.toml in ");
    assert_eq!(files(dir.path(), &["--no-config", "."]), ["loose.rs"]);
    assert_eq!(files(dir.path(), &["--no-config", "loose.rs"]), ["loose.rs"]);
    // The configuration can be looked at all the same.
    refused(&run(dir.path(), &["config", "verify"]), "linger.toml:1:2: ");
}

#[test]
fn what_was_named_and_not_checked_is_told() {
    let dir = workspace("[workspace]\nmembers = [\"a\", \"b\"]\n");
    write(dir.path(), &[("docs/a.md", ""), ("a/src/made.rs", BAD)]);
    let said = |args: &[&str]| stderr(&run(dir.path(), args));
    assert!(said(&["docs"]).contains("warning: nothing was checked in docs: it has no Rust file\n"));
    assert!(
        said(&["c", "-p", "a"]).contains("warning: nothing was checked in c: it has no Rust file of a\n")
    );
    // The same from the cache.
    assert!(said(&["c", "-p", "a"]).contains("warning: nothing was checked in c"));
    // What is excluded was meant to be: a hook names all files of a commit.
    assert!(!said(&["--exclude", "a/src/made.rs", "a/src/made.rs"]).contains("warning: nothing"));
    assert!(!said(&["a"]).contains("warning: nothing"));
}

#[test]
fn a_package_that_is_no_member_is_not_passed_over() {
    let dir = workspace("[workspace]\nmembers = [\"a\", \"b\"]\n");
    let c = dir.path().join("c");
    refused(&run(&c, &[]), "c/Cargo.toml: this package is not checked with the workspace of ");
    refused(&run(&c.join("src"), &[]), "c/Cargo.toml: this package is not checked");
    assert_eq!(files(&c, &["."]), ["src/lib.rs"]);
    assert_eq!(files(&dir.path().join("a/src"), &[]).len(), 2);
    let said = stderr(&run(dir.path(), &["-v"]));
    assert!(said.contains("note: left out, since the workspace has no such member: c\n"), "{said}");
    // It says that it belongs elsewhere, or the workspace says so.
    write(dir.path(), &[("Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\"]\nexclude = [\"c\"]\n")]);
    assert_eq!(files(&c, &[]), ["src/lib.rs"]);
}

#[test]
fn modules_without_a_file_are_told_to_who_asks() {
    let dir = workspace(&format!("{}[workspace]\n", package("r")));
    let lib = "mod there;\nmod folder;\nmod gone;\n#[cfg(windows)]\nmod other;\n\
               #[cfg_attr(unix, path = \"there.rs\")]\nmod elsewhere;\nmod inline {\n    mod inner;\n}\n";
    write(
        dir.path(),
        &[
            ("src/lib.rs", lib),
            ("src/there.rs", "mod below;\nmod missing;\n"),
            ("src/there/below.rs", ""),
            ("src/folder/mod.rs", "mod beside;\n"),
            ("src/folder/beside.rs", ""),
        ],
    );
    let said = |args: &[&str]| stderr(&run(dir.path(), args));
    assert!(!said(&[]).contains("has no file"));
    // The same from the cache.
    for _ in 0..2 {
        let said = said(&["-v"]);
        assert!(said.contains("note: src/lib.rs:3: `mod gone;` has no file"), "{said}");
        assert!(said.contains("note: src/there.rs:2: `mod missing;` has no file"), "{said}");
        assert_eq!(said.matches("has no file").count(), 2, "{said}");
    }
}
