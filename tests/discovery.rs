//! Packages and targets, read by hand: the same as cargo says.

mod common;

use std::collections::BTreeSet;

use common::{findings, run, scratch, write};

const BAD: &str = "pub fn f(m: &std::sync::Mutex<u32>) -> u32 {\n    let a = m.lock().unwrap();\n    let b = m.lock().unwrap();\n    *a + *b\n}\n";

#[test]
fn targets_are_those_of_cargo_metadata() {
    let dir = scratch();
    let root = dir.path().canonicalize().expect("it is there");
    write(
        &root,
        &[
            (
                "Cargo.toml",
                "[workspace]\nmembers = [\"crates/*\", \"tool\"]\nexclude = [\"crates/left-out\"]\n[workspace.package]\nedition = \"2021\"\nversion = \"1.2.3\"\n[package]\nname = \"root\"\nversion.workspace = true\nedition.workspace = true\n",
            ),
            ("src/main.rs", BAD),
            ("src/bin/one.rs", BAD),
            ("src/bin/two/main.rs", BAD),
            ("build.rs", BAD),
            (
                "crates/a-lib/Cargo.toml",
                "[package]\nname = \"a-lib\"\nversion = \"0.1.0\"\n[lib]\nname = \"other_name\"\npath = \"lib/x.rs\"\n[[bin]]\nname = \"b\"\npath = \"b.rs\"\n",
            ),
            ("crates/a-lib/lib/x.rs", BAD),
            ("crates/a-lib/b.rs", BAD),
            ("crates/a-lib/tests/it.rs", BAD),
            ("crates/a-lib/examples/ex.rs", BAD),
            ("crates/a-lib/benches/be/main.rs", BAD),
            ("crates/left-out/Cargo.toml", "[package]\nname = \"left-out\"\nversion = \"0.1.0\"\n"),
            ("crates/left-out/src/lib.rs", BAD),
            (
                "tool/Cargo.toml",
                "[package]\nname = \"tool-kit\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\ndep = { path = \"../dep\" }\n",
            ),
            ("tool/src/lib.rs", BAD),
            ("dep/Cargo.toml", "[package]\nname = \"dep\"\nversion = \"0.1.0\"\n"),
            ("dep/src/lib.rs", BAD),
        ],
    );
    let metadata = cargo_metadata::MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .no_deps()
        .other_options(vec!["--offline".to_owned()])
        .exec()
        .expect("cargo reads the workspace");
    let cargo: BTreeSet<String> = metadata
        .packages
        .iter()
        .flat_map(|p| {
            p.targets.iter().map(move |t| {
                let kind = t.kind.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
                let name = t.name.replace('-', "_");
                format!("{} {} {} {} {}", p.id.repr, t.src_path, kind, name, t.edition)
            })
        })
        .collect();
    // Every target has a finding, so the lines tell of all of them.
    let output = run(&root, &["--message-format", "json", "-W", "all", "--tests", "same"]);
    let mut own = BTreeSet::new();
    for line in common::stdout(&output).lines() {
        let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let text =
            |pointer: &str| value.pointer(pointer).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
        own.insert(format!(
            "{} {} {} {} {}",
            text("/package_id"),
            text("/target/src_path"),
            text("/target/kind/0"),
            text("/target/name"),
            text("/target/edition")
        ));
    }
    let strip = |set: BTreeSet<String>| -> Vec<String> {
        let root = root.display().to_string();
        set.into_iter().map(|line| line.replace(&root, "")).collect()
    };
    assert_eq!(strip(own), strip(cargo));
}

#[test]
fn what_no_compiler_reads_is_not_reported_unless_named() {
    let dir = scratch();
    write(
        dir.path(),
        &[
            ("Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
            ("src/lib.rs", ""),
            ("src/by_macro.rs", BAD),
            ("tests/ui/fails.rs", BAD),
            ("templates/t.rs", "{{ template }}"),
            ("vendor/v/src/lib.rs", BAD),
            ("target/CACHEDIR.TAG", ""),
            ("target/out.rs", BAD),
            ("ignored/i.rs", BAD),
            (".gitignore", "/ignored\n"),
            ("nested/Cargo.toml", "[workspace]\n[package]\nname = \"n\"\nversion = \"0.1.0\"\n"),
            ("nested/src/lib.rs", BAD),
        ],
    );
    let files = |args: &[&str]| -> BTreeSet<String> {
        let mut all = vec!["--message-format", "json"];
        all.extend(args);
        findings(&run(dir.path(), &all)).into_iter().map(|f| f.file).collect()
    };
    assert_eq!(files(&[]), ["src/by_macro.rs".to_owned()].into());
    assert_eq!(files(&["."]), ["src/by_macro.rs".to_owned()].into());
    for named in [
        "tests/ui",
        "tests/ui/fails.rs",
        "vendor",
        "vendor/v/src/lib.rs",
        "target/out.rs",
        "ignored/i.rs",
        "templates/t.rs",
    ] {
        assert_eq!(files(&[named]).len(), 1, "{named}");
    }
    assert_eq!(files(&["nested"]).len(), 1);
    let notes = common::stderr(&run(dir.path(), &["-v"]));
    assert!(notes.contains("were not reported on"), "{notes}");
}

#[test]
fn broken_workspaces_are_read_as_far_as_they_go() {
    let dir = scratch();
    write(
        dir.path(),
        &[
            ("Cargo.toml", "[workspace]\nmembers = [\"a\", \"missing\"]\n"),
            ("a/Cargo.toml", "[package]\nname = \"a\"\nedition.workspace = true\n"),
            ("a/src/lib.rs", BAD),
            ("b/Cargo.toml", "this is no manifest"),
            ("b/src/lib.rs", BAD),
        ],
    );
    let found = findings(&run(dir.path(), &["--message-format", "json"]));
    assert!(found.iter().any(|f| f.file == "a/src/lib.rs"));
    // No workspace at all, only packages below.
    std::fs::remove_file(dir.path().join("Cargo.toml")).expect("it is there");
    let found = findings(&run(dir.path(), &["--message-format", "json"]));
    assert!(found.iter().any(|f| f.file == "a/src/lib.rs"));
}

/// `let _ =` on a Result of another package: its signature has to be found.
const IGNORES: &str = "pub fn f() {\n    let _ = near::go();\n}\n";
const FALLIBLE: &str = "pub fn go() -> Result<u8, String> {\n    Ok(1)\n}\n";

fn ignored(dir: &std::path::Path, args: &[&str]) -> Vec<(String, u64)> {
    let mut all = vec!["-A", "all", "-W", "ignored_result/any", "--message-format", "json"];
    all.extend(args);
    findings(&run(dir, &all)).into_iter().map(|f| (f.file, f.line)).collect()
}

#[test]
fn a_workspace_in_a_subfolder_is_found_and_one_package() {
    let dir = scratch();
    write(
        dir.path(),
        &[
            ("README.md", "no manifest here"),
            ("rust/Cargo.toml", "[workspace]\nmembers = [\"app\", \"near\"]\n"),
            (
                "rust/app/Cargo.toml",
                "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\nnear = { path = \"../near\" }\n",
            ),
            ("rust/app/src/lib.rs", IGNORES),
            ("rust/near/Cargo.toml", "[package]\nname = \"near\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
            ("rust/near/src/lib.rs", FALLIBLE),
        ],
    );
    assert_eq!(ignored(dir.path(), &[]), [("rust/app/src/lib.rs".to_owned(), 2)]);
    assert_eq!(ignored(dir.path(), &["rust/app"]), [("rust/app/src/lib.rs".to_owned(), 2)]);
    assert_eq!(ignored(&dir.path().join("rust/app"), &["src/lib.rs"]), [("src/lib.rs".to_owned(), 2)]);
}

#[test]
fn a_package_outside_of_the_workspace_tells_its_types() {
    let dir = scratch();
    write(
        dir.path(),
        &[
            ("ws/Cargo.toml", "[workspace]\nmembers = [\"app\"]\n"),
            (
                "ws/app/Cargo.toml",
                "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\nnear = { path = \"../../outside\", package = \"far\" }\n",
            ),
            ("ws/app/src/lib.rs", IGNORES),
            ("outside/Cargo.toml", "[package]\nname = \"far\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
            ("outside/src/lib.rs", "pub fn go() -> Result<u8, String> {\n    let _ = go();\n    Ok(1)\n}\n"),
        ],
    );
    // What is outside is read, and not reported on.
    assert_eq!(ignored(&dir.path().join("ws"), &[]), [("app/src/lib.rs".to_owned(), 2)]);
}

#[test]
fn macros_of_other_files_are_expanded() {
    let dir = scratch();
    write(
        dir.path(),
        &[
            ("Cargo.toml", "[workspace]\nmembers = [\"app\", \"near\"]\n"),
            (
                "app/Cargo.toml",
                "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\nnear = { path = \"../near\" }\n",
            ),
            ("app/src/lib.rs", "#[macro_use]\nmod tools;\npub mod user;\n"),
            (
                "app/src/tools.rs",
                "macro_rules! value {\n    ($e:expr) => {{\n        let found = $e;\n        found\n    }};\n}\n",
            ),
            (
                "app/src/user.rs",
                "pub fn f() {\n    let _ = value!(near::go());\n    let _ = near::twice!(1);\n    let _ = near::hidden!(1);\n}\n",
            ),
            ("near/Cargo.toml", "[package]\nname = \"near\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
            (
                "near/src/lib.rs",
                "#[macro_export]\nmacro_rules! twice {\n    ($e:expr) => {\n        $crate::checked($e)\n    };\n}\n\
                 macro_rules! hidden {\n    ($e:expr) => {\n        $crate::checked($e)\n    };\n}\n\
                 pub fn go() -> Result<u8, String> {\n    hidden!(1)\n}\npub fn checked(n: u8) -> Result<u8, String> {\n    Ok(n)\n}\n",
            ),
        ],
    );
    let found = ignored(dir.path(), &[]);
    let lines: Vec<u64> =
        found.iter().filter(|(f, _)| f == "app/src/user.rs").map(|(_, line)| *line).collect();
    assert_eq!(lines, [2, 3], "{found:?}");
}

/// `modules!(inner)` of another package declares the file that has the function.
#[test]
fn modules_that_a_macro_of_another_package_declares() {
    let dir = scratch();
    let package =
        |name: &str| format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
    write(
        dir.path(),
        &[
            ("Cargo.toml", "[workspace]\nmembers = [\"app\", \"tools\"]\n"),
            (
                "app/Cargo.toml",
                &format!("{}[dependencies]\ntools = {{ path = \"../tools\" }}\n", package("app")),
            ),
            ("app/src/lib.rs", "tools::modules!(inner);\npub fn f() {\n    let _ = go();\n}\n"),
            ("app/src/inner.rs", "pub fn go() -> Result<u8, String> {\n    Ok(1)\n}\n"),
            ("tools/Cargo.toml", &package("tools")),
            (
                "tools/src/lib.rs",
                "#[macro_export]\nmacro_rules! modules {\n    ($($name:ident)+) => {\n        \
                 $(mod $name; pub use $name::*;)+\n    };\n}\n",
            ),
        ],
    );
    assert_eq!(ignored(dir.path(), &[]), [("app/src/lib.rs".to_owned(), 3)]);
}

#[test]
fn renamed_dependencies_and_cyclic_reexports_between_files() {
    let dir = scratch();
    write(
        dir.path(),
        &[
            (
                "Cargo.toml",
                "[workspace]\nmembers = [\"app\", \"near\"]\n[workspace.dependencies]\nby = { path = \"near\", package = \"near-by\" }\n",
            ),
            (
                "app/Cargo.toml",
                "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\n\
                 other = { path = \"../near\", package = \"near-by\" }\nby = { workspace = true }\n",
            ),
            (
                "app/src/lib.rs",
                "pub fn f() {\n    let _ = other::go();\n    let _ = by::deep::go();\n    let _ = by::deep::absent();\n}\n",
            ),
            ("near/Cargo.toml", "[package]\nname = \"near-by\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
            // Each hands on what the other has, and itself.
            ("near/src/lib.rs", "pub mod deep;\npub use deep::*;\npub use self::go as again;\n"),
            (
                "near/src/deep.rs",
                "pub use crate::*;\npub use super::deep::absent;\npub fn go() -> Result<u8, String> {\n    Ok(1)\n}\n",
            ),
        ],
    );
    let lines: Vec<u64> = ignored(dir.path(), &[]).iter().map(|(_, line)| *line).collect();
    assert_eq!(lines, [2, 3]);
}

#[test]
fn a_file_in_no_package_is_checked_with_what_stands_beside_it() {
    let dir = scratch();
    write(
        dir.path(),
        &[
            (
                "main.rs",
                "mod part;\npub fn f() {\n    let _ = part::go();\n    let _ = std::fs::remove_file(\"a\");\n}\n",
            ),
            ("part.rs", FALLIBLE),
        ],
    );
    assert_eq!(ignored(dir.path(), &["."]).len(), 2);
    // Named alone, it is all that is known.
    assert_eq!(ignored(dir.path(), &["main.rs"]).len(), 1);
    // A manifest that is none does not change that.
    write(dir.path(), &[("Cargo.toml", "[package\nname = ")]);
    assert_eq!(ignored(dir.path(), &["."]).len(), 2);
}
