//! Configuration: where it is found, what wins, and how errors are told.

mod common;

use std::path::Path;

use common::{findings, repository, run, scratch, stderr, stdout, write};

const BAD: &str = "use std::sync::Mutex;\npub fn f(m: &Mutex<u32>) -> u32 {\n    let a = m.lock().unwrap();\n    let b = m.lock().unwrap();\n    *a + *b\n}\n";

fn package(name: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n")
}

/// Levels of `double_lock` by file.
fn levels(dir: &Path, args: &[&str]) -> Vec<String> {
    let mut all = vec!["--message-format", "json"];
    all.extend(args);
    findings(&run(dir, &all)).into_iter().map(|f| format!("{} {}", f.file, f.level)).collect()
}

/// The complaint about a `linger.toml`.
fn complaint(text: &str) -> String {
    let dir = scratch();
    write(dir.path(), &[("Cargo.toml", &package("p")), ("src/lib.rs", ""), ("linger.toml", text)]);
    let output = run(dir.path(), &[]);
    assert_eq!(output.status.code(), Some(2), "{text} is accepted");
    let verified = run(dir.path(), &["config", "verify"]);
    assert_eq!(verified.status.code(), Some(2), "{text} is accepted by verify");
    let text = stderr(&output);
    let place = format!("{}/", dir.path().display());
    text.trim().replace(&place, "").replace("error: ", "")
}

#[test]
fn mistakes_have_a_place_and_a_suggestion() {
    let complaints: Vec<String> = [
        "rule = 1\n",
        "[rules]\ndouble_lok = \"warn\"\n",
        "[rules]\ndouble_lock = \"wran\"\n",
        "[rules]\ndouble_lock = \"error\"\n",
        "[rules]\ndouble_lock = 3\n",
        "[rules]\n\"double_lock/nothing\" = \"warn\"\n",
        "[rules]\ndouble_lock = { level = \"warn\", no_such_option = 1 }\n",
        "[rules]\nlock = { level = \"warn\", x = 1 }\n",
        "[rules]\nwarnings = \"deny\"\n",
        "[tests]\nlevel = \"of\"\n",
        "[test]\nlevel = \"off\"\n",
        "exclude = [\"a[\"]\n",
        "exclude = \"a\"\n",
        "edition = 2020\n",
        "[[overrides]]\npath = [\"a\"]\n",
        "[[overrides]]\npaths = [\"a\"]\nrules = { double_lock = { level = \"warn\", x = 1 } }\n",
        "[[catalogue.resource]]\ntype = \"a::B\"\nclas = \"file\"\n",
        "require_reason = 1\n",
        "[rules\n",
    ]
    .into_iter()
    .map(complaint)
    .collect();
    insta::assert_snapshot!(complaints.join("\n\n"));
}

#[test]
fn the_nearest_configuration_upward_counts() {
    let dir = scratch();
    write(
        dir.path(),
        &[
            ("linger.toml", "[rules]\ndouble_lock = \"warn\"\n"),
            ("inner/Cargo.toml", &package("inner")),
            ("inner/src/lib.rs", BAD),
        ],
    );
    assert_eq!(levels(&dir.path().join("inner"), &[]), ["src/lib.rs warning"]);
    assert_eq!(levels(&dir.path().join("inner"), &["--no-config"]), ["src/lib.rs error"]);
    // The command line wins.
    assert_eq!(levels(&dir.path().join("inner"), &["-D", "double_lock"]), ["src/lib.rs error"]);
    write(dir.path(), &[("inner/linger.toml", "")]);
    assert_eq!(levels(&dir.path().join("inner"), &[]), ["src/lib.rs error"]);
    let other = dir.path().join("linger.toml");
    assert_eq!(
        levels(&dir.path().join("inner"), &["--config", &other.to_string_lossy()]),
        ["src/lib.rs warning"]
    );
}

#[test]
fn metadata_of_workspace_and_package() {
    let dir = scratch();
    write(
        dir.path(),
        &[
            (
                "Cargo.toml",
                "[workspace]\nmembers = [\"a\", \"b\"]\n[workspace.metadata.linger.rules]\ndouble_lock = \"warn\"\n",
            ),
            ("a/Cargo.toml", &package("a")),
            ("a/src/lib.rs", BAD),
            ("b/Cargo.toml", &format!("{}[package.metadata.linger.rules]\nlock = \"deny\"\n", package("b"))),
            ("b/src/lib.rs", BAD),
        ],
    );
    assert_eq!(levels(dir.path(), &[]), ["a/src/lib.rs warning", "b/src/lib.rs error"]);
    assert_eq!(levels(dir.path(), &["-p", "a"]), ["a/src/lib.rs warning"]);
    let shown = stdout(&run(dir.path(), &["config", "show", "b/src/lib.rs"]));
    let line = shown.lines().find(|l| l.contains("double_lock/conflict")).expect("the rule is shown");
    assert!(line.contains("\"deny\"") && line.contains("b/Cargo.toml"), "{line}");
    write(dir.path(), &[("linger.toml", "")]);
    let both = run(dir.path(), &[]);
    assert!(stderr(&both).contains("keep one"), "{}", stderr(&both));
}

#[test]
fn lints_linger_is_refused_with_the_reason() {
    let dir = scratch();
    write(
        dir.path(),
        &[
            ("Cargo.toml", &format!("{}\n[lints.linger]\ndouble_lock = \"warn\"\n", package("p"))),
            ("src/lib.rs", ""),
        ],
    );
    let output = run(dir.path(), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("[lints.linger] breaks the build"), "{}", stderr(&output));
}

#[test]
fn overrides_excludes_and_tests() {
    let dir = scratch();
    let in_test = "#[test]\nfn t() {\n    let m = std::sync::Mutex::new(1);\n    while let Some(_) = Some(m.lock().unwrap()) {\n        std::thread::sleep(std::time::Duration::from_secs(1));\n    }\n}\n";
    write(
        dir.path(),
        &[
            ("Cargo.toml", &package("p")),
            ("src/lib.rs", "pub mod legacy;\npub mod made;\n"),
            ("src/legacy/mod.rs", BAD),
            ("src/made.rs", BAD),
            ("tests/t.rs", in_test),
            (
                "linger.toml",
                "exclude = [\"src/made.rs\"]\n[[overrides]]\npaths = [\"src/legacy\"]\nrules = { double_lock = \"warn\" }\n",
            ),
        ],
    );
    assert_eq!(levels(dir.path(), &[]), ["src/legacy/mod.rs warning"]);
    let off = levels(dir.path(), &["--tests", "off"]);
    let same = levels(dir.path(), &["--tests", "same"]);
    assert_eq!(off.len(), 1);
    assert!(same.iter().any(|l| l.starts_with("tests/t.rs")), "{same:?}");
}

#[test]
fn own_resources_and_functions_are_known_with_their_reason() {
    let dir = scratch();
    let lib = "pub mod pool {\n    pub struct Lease;\n    impl Lease {\n        pub fn take() -> Self {\n            Lease\n        }\n    }\n}\n\
               pub fn f() {\n    let _ = pool::Lease::take();\n    work();\n}\nfn work() {}\npub async fn g() {\n    my_io::fetch();\n}\n";
    let manifest = format!("{}[dependencies]\nmy-io = \"1\"\n", package("p"));
    write(dir.path(), &[("Cargo.toml", &manifest), ("src/lib.rs", lib)]);
    let found = || stdout(&run(dir.path(), &["-q"]));
    assert_eq!(found(), "");
    let entries = "[[catalogue.resource]]\ntype = \"p::pool::Lease\"\nclass = \"permit\"\ndrop = \"returns-to-pool\"\nacross_await = \"allowed\"\nuseless_when_dropped_at_once = true\nnote = \"a lease is what keeps the others out\"\n\n\
                   [[catalogue.function]]\npath = \"my_io::fetch\"\nblocks = true\nnote = \"it waits for the disk\"\n";
    write(dir.path(), &[("linger.toml", entries)]);
    let output = run(dir.path(), &["config", "verify"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = found();
    assert!(text.contains("[linger::dropped_at_once/value]"), "{text}");
    assert!(text.contains("note: `p::pool::Lease`: a lease is what keeps the others out"), "{text}");
    assert!(text.contains("[linger::blocking_in_async/waits]"), "{text}");
    assert!(text.contains("note: `my_io::fetch`: it waits for the disk"), "{text}");
}

#[test]
fn init_writes_what_verify_accepts() {
    let dir = scratch();
    assert_eq!(run(dir.path(), &["init"]).status.code(), Some(0));
    assert_eq!(run(dir.path(), &["config", "verify"]).status.code(), Some(0));
    assert_eq!(run(dir.path(), &["init"]).status.code(), Some(2), "it is not overwritten");
    // The settings in its comments are right, too.
    let path = dir.path().join("linger.toml");
    let text = std::fs::read_to_string(&path).expect("it was written");
    let alive: String = text
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(setting) if setting.contains(" = ") || setting.starts_with("[[") => format!("{setting}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    std::fs::write(&path, alive).expect("a file");
    let output = run(dir.path(), &["config", "verify"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn what_belongs_into_the_workspace_is_told_with_its_place() {
    let dir = scratch();
    write(
        dir.path(),
        &[
            ("Cargo.toml", "[workspace]\nmembers = [\"a\"]\n"),
            ("a/Cargo.toml", &package("a")),
            ("a/src/lib.rs", ""),
        ],
    );
    let entry = "# Ours.\n[[catalogue.function]]\npath = \"x::y\"\nblocks = true\n";
    write(dir.path(), &[("a/linger.toml", entry)]);
    let output = run(dir.path(), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("a/linger.toml:2:3: a catalogue belongs"), "{}", stderr(&output));
}

#[test]
fn the_schema_is_fresh() {
    let text = stdout(&run(&repository(), &["config", "schema"]));
    common::generated(&repository().join("linger.schema.json"), &text);
}

#[test]
fn mistakes_in_the_catalogue_have_a_place_and_a_suggestion() {
    let complaints: Vec<String> = [
        "# Ours.\n\n[[catalogue.resource]]\ntype = \"a::B\"\nclas = \"file\"\n",
        "[[catalogue.resource]]\ntype = \"a::B\"\nclass = \"lokc-guard\"\ndrop = \"releases\"\n",
        "[[catalogue.resource]]\nclass = \"file\"\n",
        "# Ours.\n\n[[catalogue]]\ntype = \"a::B\"\n",
        "# Ours.\n\n[[catalogue.function]]\nblocks = true\n",
        "[[catalogue.function]]\npath = \"a::b\"\nblock = true\n",
        "[[catalogue.function]]\npath = \"a::b\"\nblocks = 1\n",
        "[[catalogue.function]]\npath = \"b\"\nblocks = true\n",
        "[[catalogue.function]]\npath = \"a::b\"\n\n[[catalogue.function]]\npath = \"a::b\"\n",
        "[[catalogue.functions]]\npath = \"a::b\"\n",
        "[[catalog.function]]\npath = \"a::b\"\n",
        "[[catalogue.function]]\npath = \"pp::b\"\nblocks = true\n",
        "[[catalogue.function]]\npath = \"p::b\"\nblocks = true\n",
    ]
    .into_iter()
    .map(|text| {
        let dir = scratch();
        write(dir.path(), &[("Cargo.toml", &package("p")), ("src/lib.rs", ""), ("linger.toml", text)]);
        let output = run(dir.path(), &["config", "verify"]);
        assert_eq!(output.status.code(), Some(2), "{text} is accepted by verify");
        stderr(&output).trim().replace(&format!("{}/", dir.path().display()), "").replace("error: ", "")
    })
    .collect();
    insta::assert_snapshot!(complaints.join("\n\n"));
    // In a manifest, too; a check says at once what can never match, and goes on.
    let dir = scratch();
    let with = |entry: &str| {
        format!("{}\n[workspace]\n[[workspace.metadata.linger.catalogue.function]]\n{entry}\n", package("p"))
    };
    write(dir.path(), &[("Cargo.toml", &with("path = \"p::b\"\nblock = true")), ("src/lib.rs", "")]);
    assert!(stderr(&run(dir.path(), &[])).contains("Cargo.toml:9:1: unknown field `block`"));
    write(dir.path(), &[("Cargo.toml", &with("path = \"pq::b\"\nblocks = true"))]);
    let output = run(dir.path(), &[]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stderr(&output).contains("Cargo.toml:8:8: `pq::b` matches nothing"), "{}", stderr(&output));
}
