//! The command line: levels, exit status, selection, output.

mod common;

use std::io::Write;
use std::process::Stdio;

use common::{findings, run, scratch, stderr, stdout, write};

const MANIFEST: &str = "[package]\nname = \"tiny\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";

/// `double_lock` is denied by default, and so is `dropped_at_once`.
const BAD: &str = "use std::sync::Mutex;

pub fn twice(m: &Mutex<u32>) -> u32 {
    let a = m.lock().unwrap();
    let b = m.lock().unwrap();
    *a + *b
}

pub fn at_once(m: &Mutex<u32>) {
    let _ = m.lock();
    drop(m);
}
";

fn tiny() -> tempfile::TempDir {
    let dir = scratch();
    write(dir.path(), &[("Cargo.toml", MANIFEST), ("src/lib.rs", BAD)]);
    dir
}

fn rules(dir: &std::path::Path, args: &[&str]) -> Vec<(String, String)> {
    let mut all = vec!["--message-format", "json"];
    all.extend(args);
    findings(&run(dir, &all)).into_iter().map(|f| (f.rule, f.level)).collect()
}

#[test]
fn both_spellings_do_the_same() {
    let dir = tiny();
    let (with, without) = (run(dir.path(), &["linger", "-q"]), run(dir.path(), &["-q"]));
    assert_eq!(with, without);
    assert_eq!(with.status.code(), Some(1));
}

#[test]
fn the_later_level_wins_and_groups_do_not_lower() {
    let dir = tiny();
    let level = |args: &[&str]| {
        let found = rules(dir.path(), args);
        found.into_iter().find(|(rule, _)| rule == "double_lock").map(|(_, level)| level)
    };
    assert_eq!(level(&[]).as_deref(), Some("error"));
    assert_eq!(level(&["-A", "double_lock"]), None);
    assert_eq!(level(&["-A", "lock"]), None);
    assert_eq!(level(&["-A", "double_lock", "-W", "double_lock"]).as_deref(), Some("warning"));
    assert_eq!(level(&["-W", "double_lock", "-A", "double_lock"]), None);
    assert_eq!(level(&["-W", "double_lock", "-D", "warnings"]).as_deref(), Some("error"));
    assert_eq!(level(&["-D", "warnings", "-W", "double_lock"]).as_deref(), Some("error"));
    assert_eq!(level(&["-W", "all"]).as_deref(), Some("error"));
    assert_eq!(level(&["-F", "double_lock", "-A", "double_lock"]).as_deref(), Some("error"));
    assert_eq!(level(&["-A", "all", "-W", "double_lock/conflict"]).as_deref(), Some("warning"));
}

#[test]
fn exit_status() {
    let dir = tiny();
    let status = |args: &[&str]| run(dir.path(), args).status.code();
    assert_eq!(status(&[]), Some(1));
    assert_eq!(status(&["--exit-zero"]), Some(0));
    assert_eq!(status(&["-A", "all"]), Some(0));
    assert_eq!(status(&["-A", "all", "-W", "lock"]), Some(0));
    assert_eq!(status(&["no/such/path"]), Some(2));
    assert_eq!(status(&["--no-such-option"]), Some(2));
    assert_eq!(status(&["-W", "no_such_rule"]), Some(2));
    assert_eq!(status(&["--help"]), Some(0));
    assert_eq!(status(&["--version"]), Some(0));
}

#[test]
fn what_is_mistyped_gets_a_suggestion() {
    let dir = tiny();
    let says = |args: &[&str], what: &str| {
        let text = stderr(&run(dir.path(), args));
        assert!(text.contains(what), "{what:?} is not in {text}");
    };
    says(&["-W", "double_lok"], "did you mean `double_lock`?");
    says(&["-W", "double_lock/x"], "its cases are");
    says(&["explain", "dropped_at_onse"], "did you mean `dropped_at_once`?");
    says(&["--message-formt", "json"], "--message-format");
    says(&["-p", "tinny"], "did you mean `tiny`?");
}

#[test]
fn files_that_cannot_be_checked_do_not_end_the_run() {
    let dir = tiny();
    let root = std::fs::read_to_string(dir.path().join("src/lib.rs")).expect("the root");
    write(
        dir.path(),
        &[
            ("src/lib.rs", &format!("{root}\nmod broken;\nmod latin;\n")),
            ("src/broken.rs", "fn half( {"),
            ("src/template.rs", "fn {{name}}() {}"),
        ],
    );
    std::fs::write(dir.path().join("src/latin.rs"), b"fn caf\xe9() {}").expect("a file");
    let all = run(dir.path(), &["--message-format", "json", "-D", "warnings", "-v"]);
    // What no crate declares is no code, unless somebody names it.
    assert!(stderr(&all).contains("do not parse: src/template.rs"), "{}", stderr(&all));
    let found = findings(&all);
    let broken: Vec<&str> =
        found.iter().filter(|f| f.rule == "syntax_error").map(|f| f.level.as_str()).collect();
    assert_eq!(broken, ["warning", "warning"], "never above warn");
    assert!(found.iter().any(|f| f.rule == "double_lock"));
    let only = |args: &[&str]| run(dir.path(), args).status.code();
    assert_eq!(only(&["-D", "warnings", "src/broken.rs"]), Some(0));
    assert_eq!(only(&["--strict-parse", "src/broken.rs"]), Some(2));
    assert_eq!(only(&["--strict-parse", "src/template.rs"]), Some(2));
    assert_eq!(only(&["--strict-parse", "src/lib.rs"]), Some(1));
}

#[test]
fn nesting_is_refused_and_not_a_crash() {
    let dir = tiny();
    let deep = format!("fn f() {{ let x = {}1{}; }}", "(".repeat(200_000), ")".repeat(200_000));
    write(dir.path(), &[("src/deep.rs", &deep)]);
    let found = findings(&run(dir.path(), &["--message-format", "json", "src/deep.rs"]));
    let messages: Vec<&str> = found.iter().map(|f| f.message.as_str()).collect();
    assert_eq!(messages, ["this file could not be checked: the code is nested too deep"]);
}

#[test]
fn only_what_is_named_is_reported_but_all_is_known() {
    let dir = scratch();
    write(
        dir.path(),
        &[
            ("Cargo.toml", MANIFEST),
            (
                "src/lib.rs",
                "pub mod state;\npub fn f(s: &state::State) -> u32 {\n    let a = s.m.lock().unwrap();\n    \
                 let b = s.m.lock().unwrap();\n    *a + *b\n}\n",
            ),
            (
                "src/state.rs",
                "pub struct State { pub m: std::sync::Mutex<u32> }\npub fn g(m: &std::sync::Mutex<u32>) { let _ = m.lock(); println!(); }\n",
            ),
            ("notes.txt", "not Rust"),
        ],
    );
    let files = |args: &[&str]| {
        let mut all = vec!["--message-format", "json"];
        all.extend(args);
        let found = findings(&run(dir.path(), &all));
        found.into_iter().map(|f| format!("{} {}", f.file, f.rule)).collect::<Vec<_>>()
    };
    assert_eq!(files(&["src/lib.rs"]), ["src/lib.rs double_lock"]);
    assert_eq!(files(&["src/state.rs"]), ["src/state.rs dropped_at_once"]);
    assert_eq!(files(&["src"]).len(), 2);
    assert_eq!(files(&["notes.txt"]), [""; 0]);
    assert_eq!(files(&["notes.txt", "src/lib.rs"]).len(), 1);
    assert_eq!(files(&["--exclude", "src/state.rs"]), ["src/lib.rs double_lock"]);
    // The names are those of the workspace root wherever linger is started.
    let inside = run(&dir.path().join("src"), &["--message-format", "json"]);
    assert_eq!(findings(&inside).len(), 2);
    assert!(findings(&inside).iter().all(|f| f.file.starts_with("src/")));
}

#[test]
fn a_loose_file_and_a_buffer() {
    let dir = scratch();
    write(dir.path(), &[("loose.rs", BAD)]);
    assert_eq!(rules(dir.path(), &["loose.rs"]).len(), 2);
    let mut child = common::linger()
        .current_dir(dir.path())
        .args(["--message-format", "json", "--stdin-filename", "loose.rs"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("linger starts");
    child.stdin.take().expect("a pipe").write_all(b"fn fine() {}\n").expect("it listens");
    let output = child.wait_with_output().expect("it ends");
    assert!(findings(&output).is_empty(), "the buffer counts, not the file");
}

#[test]
fn the_edition_of_loose_files() {
    // The temporary of a block's tail lives to the end of the statement before 2024.
    let text = "use std::sync::Mutex;
pub fn f(m: &Mutex<Vec<u8>>) -> u8 {
    if let Some(x) = m.lock().unwrap().first().copied() {
        x
    } else {
        *m.lock().unwrap().last().unwrap()
    }
}
";
    let dir = scratch();
    write(dir.path(), &[("loose.rs", text)]);
    let locks = |edition: &str| {
        let found = rules(dir.path(), &["--edition", edition, "loose.rs"]);
        found.iter().filter(|(rule, _)| rule == "double_lock").count()
    };
    assert_eq!((locks("2021"), locks("2024")), (1, 0));
    assert_eq!(run(dir.path(), &["--edition", "2020", "loose.rs"]).status.code(), Some(2));
}

#[test]
fn several_formats_at_once() {
    let dir = tiny();
    let args = ["--message-format", "sarif", "--output", "a.sarif", "--message-format", "short"];
    let output = run(dir.path(), &args);
    assert_eq!(stdout(&output).lines().count(), 2, "{}", stdout(&output));
    let sarif = std::fs::read_to_string(dir.path().join("a.sarif")).expect("it was written");
    assert!(sarif.contains("\"version\": \"2.1.0\""));
    let twice = run(dir.path(), &["--message-format", "sarif", "--message-format", "short"]);
    assert_eq!(twice.status.code(), Some(2));
}

#[test]
fn output_does_not_depend_on_threads() {
    let dir = scratch();
    write(dir.path(), &[("Cargo.toml", MANIFEST)]);
    let mut lib = String::new();
    for n in 0..40 {
        write(dir.path(), &[(&format!("src/m{n}.rs"), BAD)]);
        lib.push_str(&format!("pub mod m{n};\n"));
    }
    write(dir.path(), &[("src/lib.rs", &lib)]);
    let one = run(dir.path(), &["-j", "1", "-q"]);
    let many = run(dir.path(), &["-j", "8", "-q"]);
    assert_eq!(one, many);
    assert_eq!(stdout(&one).matches("error[").count(), 80);
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let dir = tiny();
    let mut child = common::linger()
        .current_dir(dir.path())
        .args(["--message-format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("linger starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(stderr(&output), "");
}

#[test]
fn explain_and_rules() {
    let dir = scratch();
    let text = stdout(&run(dir.path(), &["explain", "linger::double_lock/conflict"]));
    assert!(text.starts_with("# double_lock\n") && text.contains("## Limits"), "{text}");
    assert!(!text.contains(",fires"), "words for rustdoc are not shown");
    let table = stdout(&run(dir.path(), &["rules"]));
    assert!(table.lines().any(|l| l.starts_with("lock ") && l.contains("double_lock/conflict")), "{table}");
    for shell in ["bash", "zsh", "fish"] {
        assert!(stdout(&run(dir.path(), &["completions", shell])).contains("double_lock"));
    }
    assert!(stdout(&run(dir.path(), &["man"])).contains(".TH"));
}

#[test]
fn what_people_see() {
    let dir = tiny();
    insta::assert_snapshot!(stdout(&run(dir.path(), &["-q"])));
}
