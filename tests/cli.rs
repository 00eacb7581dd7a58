//! The built binary as users meet it: levels, exit status, outputs, suppressions, bad input.

mod common;

use std::path::Path;
use std::process::{Output, Stdio};

use common::{findings, linger, run, scratch, stderr, stdout, write};

/// One finding at deny (line 2), one at warn (line 7).
const BOTH: &str = "\
pub fn denied(order: &std::sync::Mutex<u32>, total: &mut u32) {
    let _ = order.lock();
    *total += 1;
}

pub fn warned(queue: &std::sync::Mutex<Vec<u64>>) {
    while let Some(job) = queue.lock().unwrap().pop() {
        std::thread::sleep(std::time::Duration::from_millis(job));
    }
}
";

const WARNED: &str = "\
pub fn warned(queue: &std::sync::Mutex<Vec<u64>>) {
    while let Some(job) = queue.lock().unwrap().pop() {
        std::thread::sleep(std::time::Duration::from_millis(job));
    }
}
";

const CLEAN: &str = "pub fn nothing() {}\n";

fn code(output: &Output) -> i32 {
    output.status.code().expect("linger ends by itself")
}

/// Runs on one file; gives the output.
fn on(text: &str, args: &[&str]) -> Output {
    let dir = scratch();
    write(dir.path(), &[("a.rs", text)]);
    let mut all = args.to_vec();
    all.push("a.rs");
    run(dir.path(), &all)
}

fn short(text: &str, args: &[&str]) -> String {
    let mut all = vec!["--message-format", "short"];
    all.extend(args);
    stdout(&on(text, &all))
}

/// Rules that speak about a text, with their lines.
fn rules(text: &str) -> Vec<(String, u64)> {
    findings(&on(text, &["--message-format", "json"])).into_iter().map(|f| (f.rule, f.line)).collect()
}

#[test]
fn exit_status() {
    assert_eq!(code(&on(CLEAN, &[])), 0);
    assert_eq!(code(&on(WARNED, &[])), 0);
    assert_eq!(code(&on(BOTH, &[])), 1);
    assert_eq!(code(&on(BOTH, &["--exit-zero"])), 0);
    assert_eq!(code(&on(WARNED, &["-D", "warnings"])), 1);
    assert_eq!(code(&on(CLEAN, &["--no-such-option"])), 2);
    assert_eq!(code(&on(CLEAN, &["--edition", "1999"])), 2);
}

#[test]
fn levels_on_the_command_line() {
    let level = |args: &[&str]| -> Vec<String> {
        let mut all = vec!["--message-format", "json"];
        all.extend(args);
        findings(&on(BOTH, &all)).into_iter().map(|f| format!("{} {}", f.level, f.rule)).collect()
    };
    assert_eq!(level(&[]), ["error dropped_at_once", "warning guard_held_through_loop"]);
    assert_eq!(level(&["-A", "dropped_at_once"]), ["warning guard_held_through_loop"]);
    // Another group still has something to say of the guard.
    assert_eq!(level(&["-A", "cleanup"]), ["warning lock_while_waiting"]);
    assert_eq!(level(&["-A", "cleanup", "-A", "lock"]), Vec::<String>::new());
    assert_eq!(
        level(&["-W", "dropped_at_once/value"]),
        ["warning dropped_at_once", "warning guard_held_through_loop"]
    );
    assert_eq!(
        level(&["-D", "guard_held_through_loop"]),
        ["error dropped_at_once", "error guard_held_through_loop"]
    );
    assert_eq!(level(&["-D", "warnings"]), ["error dropped_at_once", "error guard_held_through_loop"]);
    // `-W all` adds, and lowers nothing.
    assert_eq!(level(&["-W", "all"])[0], "error dropped_at_once");
}

#[test]
fn what_is_forbidden_cannot_be_allowed_in_the_code() {
    let text = BOTH.replace("let _ = order", "// linger: allow(dropped_at_once) meant\n    let _ = order");
    assert_eq!(short(&text, &["-A", "guard_held_through_loop", "-A", "lock"]), "");
    assert!(short(&text, &["-F", "dropped_at_once"]).contains("linger::dropped_at_once"));
}

#[test]
fn unknown_rules_get_a_suggestion() {
    let output = on(CLEAN, &["-A", "droped_at_once"]);
    assert_eq!(code(&output), 2);
    assert_eq!(
        stderr(&output),
        "error: there is no rule or group `droped_at_once`; did you mean `dropped_at_once`?\n"
    );
    let output = on(CLEAN, &["-A", "dropped_at_once/vale"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("its cases are value, parameter, path"), "{}", stderr(&output));
}

#[test]
fn human_output() {
    insta::assert_snapshot!(stdout(&on(BOTH, &["--color", "never"])));
}

#[test]
fn short_output() {
    insta::assert_snapshot!(short(BOTH, &[]));
}

#[test]
fn github_output() {
    insta::assert_snapshot!(stdout(&on(BOTH, &["--message-format", "github"])));
}

#[test]
fn json_is_what_cargo_prints() {
    let output = on(BOTH, &["--message-format", "json"]);
    let text = stdout(&output);
    assert_eq!(text.lines().count(), 2);
    for line in text.lines() {
        let value: serde_json::Value = serde_json::from_str(line).expect("one object a line");
        assert_eq!(value["reason"], "compiler-message");
        assert!(value["message"]["code"]["code"].as_str().is_some_and(|c| c.starts_with("linger::")));
        assert!(value["message"]["rendered"].is_string());
        let spans = value["message"]["spans"].as_array().expect("spans");
        assert_eq!(spans.iter().filter(|s| s["is_primary"] == true).count(), 1);
        for span in spans {
            let (from, to) = (
                span["byte_start"].as_u64().expect("a number"),
                span["byte_end"].as_u64().expect("a number"),
            );
            assert!(from < to && to as usize <= BOTH.len());
            assert!(span["line_start"].as_u64().is_some_and(|l| l >= 1));
        }
    }
}

#[test]
fn sarif_has_rules_and_results() {
    let text = stdout(&on(BOTH, &["--message-format", "sarif"]));
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(value["version"], "2.1.0");
    let found = &value["runs"][0];
    let known: Vec<&str> = found["tool"]["driver"]["rules"]
        .as_array()
        .expect("rules")
        .iter()
        .filter_map(|r| r["id"].as_str())
        .collect();
    let results = found["results"].as_array().expect("results");
    assert_eq!(results.len(), 2);
    for result in results {
        assert!(known.contains(&result["ruleId"].as_str().expect("an id")), "{result}");
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "a.rs");
    }
}

#[test]
fn suppressions() {
    let with = |line: &str| BOTH.replace("    let _ = order.lock();", line);
    let loop_only = [("guard_held_through_loop".to_owned(), 7)];
    let loop_later = [("guard_held_through_loop".to_owned(), 8)];
    assert_eq!(rules(&with("    let _ = order.lock(); // linger: allow(dropped_at_once) meant")), loop_only);
    assert_eq!(
        rules(&with("    // linger: allow(dropped_at_once) meant\n    let _ = order.lock();")),
        loop_later
    );
    assert_eq!(rules(&with("    // linger: allow(cleanup) meant\n    let _ = order.lock();")), loop_later);
    assert_eq!(rules(&format!("// linger: allow(dropped_at_once) the item\n{BOTH}")), loop_later);
    assert_eq!(
        rules(&format!("// linger: allow-file(dropped_at_once, guard_held_through_loop)\n{BOTH}")),
        []
    );
    assert_eq!(
        rules(&with("    #[cfg_attr(any(), linger::allow(dropped_at_once))]\n    let _ = order.lock();")),
        loop_later
    );
}

#[test]
fn suppressions_that_hide_nothing_are_reported() {
    assert_eq!(
        rules("// linger: allow(dropped_at_once) meant\npub fn nothing() {}\n"),
        [("unused_suppression".to_owned(), 1)]
    );
    let unknown = short("// linger: allow(droped_at_once) meant\npub fn nothing() {}\n", &[]);
    assert!(unknown.contains("did you mean `dropped_at_once`?"), "{unknown}");
    // What is switched off is not expected to speak.
    assert_eq!(
        short("// linger: allow(dropped_at_once)\npub fn nothing() {}\n", &["-A", "dropped_at_once"]),
        ""
    );
}

#[test]
fn a_file_that_does_not_parse_does_not_end_the_run() {
    let dir = scratch();
    write(dir.path(), &[("a.rs", "fn broken( {"), ("b.rs", BOTH)]);
    let output = run(dir.path(), &["--message-format", "json", "."]);
    let found: Vec<(String, String)> = findings(&output).into_iter().map(|f| (f.file, f.rule)).collect();
    assert!(found.contains(&("a.rs".to_owned(), "syntax_error".to_owned())), "{found:?}");
    assert!(found.contains(&("b.rs".to_owned(), "dropped_at_once".to_owned())), "{found:?}");
    assert_eq!(code(&run(dir.path(), &["-D", "warnings", "a.rs"])), 0);
    assert_eq!(code(&run(dir.path(), &["--strict-parse", "a.rs"])), 2);
}

#[test]
fn a_file_that_is_not_utf8_is_named() {
    let dir = scratch();
    write(dir.path(), &[("b.rs", BOTH)]);
    std::fs::write(dir.path().join("a.rs"), b"// \xff\xfe\nfn f() {}\n").expect("a file");
    let output = run(dir.path(), &["--message-format", "short", "."]);
    assert!(
        stdout(&output).contains("a.rs:1:4: ") && stdout(&output).contains("b.rs"),
        "{}",
        stdout(&output)
    );
    assert_eq!(code(&output), 1);
}

#[test]
fn a_byte_order_mark_is_no_column() {
    let text = "\u{feff}fn f(m: &std::sync::Mutex<u8>) { let _ = m.lock(); end(); }\n";
    let human = stdout(&on(text, &["--color", "never"]));
    assert!(human.contains("┌─ a.rs:1:42\n"), "{human}");
    assert!(short(text, &[]).starts_with("a.rs:1:42: "), "{}", short(text, &[]));
    let rdjsonl = stdout(&on(text, &["--message-format", "rdjsonl"]));
    assert!(rdjsonl.contains("\"column\":42"), "{rdjsonl}");
}

#[test]
fn text_that_is_no_token_is_told_in_plain_words() {
    for (text, place, words) in [
        ("fn f() {\n    g(1);\n", "a.rs:1:8: ", "unclosed delimiter: this `{` is never closed"),
        ("fn f() {\n    g(1;\n}\n", "a.rs:3:1: ", "unexpected closing delimiter: this `}`"),
        ("fn f() {\n    g(\"1);\n}\n", "a.rs:2:7: ", "this string is never closed"),
        ("fn f() {}\n/* no end\n", "a.rs:2:1: ", "this comment is never closed"),
        ("fn f() { 1 ` 2 }\n", "a.rs:1:12: ", "this is no token of Rust"),
    ] {
        let said = short(text, &[]);
        assert!(said.starts_with(place) && said.contains(words), "{said}");
    }
}

#[test]
fn deep_nesting_is_refused() {
    let text = format!("fn f() {{ let _ = {}1{}; }}\n", "(".repeat(50_000), ")".repeat(50_000));
    let output = on(&text, &["--message-format", "short"]);
    assert_eq!(code(&output), 0);
    assert!(stdout(&output).contains("nested too deep"), "{}", stdout(&output));
}

#[test]
fn a_path_that_does_not_exist_is_an_error_of_use() {
    let dir = scratch();
    let output = run(dir.path(), &["nowhere.rs"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("nowhere.rs"), "{}", stderr(&output));
    for (args, hint) in [
        (&["--", "-D", "warnings"][..], "-D; options go before `--`"),
        (&["chek"], "chek; did you mean the command `check`?"),
        (&["exlpain", "double_lock"], "exlpain; did you mean the command `explain`?"),
    ] {
        let output = run(dir.path(), args);
        assert_eq!(code(&output), 2);
        assert!(stderr(&output).contains(hint), "{}", stderr(&output));
    }
}

#[test]
fn a_path_that_is_not_rust_is_skipped() {
    let dir = scratch();
    write(dir.path(), &[("notes.md", "# Notes\n")]);
    let output = run(dir.path(), &["--message-format", "short", "notes.md"]);
    assert_eq!((code(&output), stdout(&output)), (0, String::new()));
    assert!(stderr(&output).contains("warning: notes.md is no Rust file"), "{}", stderr(&output));
    // Hooks and editors name manifests, too.
    write(dir.path(), &[("Cargo.toml", "[package]\nname = \"p\"\n")]);
    let output = run(dir.path(), &["-v", "Cargo.toml"]);
    assert!(stderr(&output).starts_with("linger: 0 files checked"), "{}", stderr(&output));
    assert!(stderr(&output).contains("note: Cargo.toml: not a Rust file"), "{}", stderr(&output));
}

#[test]
fn only_named_files_are_reported_on() {
    let dir = scratch();
    let manifest = "[package]\nname = \"demo\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
    write(
        dir.path(),
        &[
            ("Cargo.toml", manifest),
            ("src/lib.rs", "pub mod a;\npub mod b;\n"),
            ("src/a.rs", BOTH),
            ("src/b.rs", BOTH),
        ],
    );
    let files = |args: &[&str]| -> Vec<String> {
        let mut all = vec!["--message-format", "json"];
        all.extend(args);
        let mut found: Vec<String> = findings(&run(dir.path(), &all)).into_iter().map(|f| f.file).collect();
        found.dedup();
        found
    };
    assert_eq!(files(&[]), ["src/a.rs", "src/b.rs"]);
    assert_eq!(files(&["src/b.rs"]), ["src/b.rs"]);
    assert_eq!(files(&["--exclude", "src/a.rs"]), ["src/b.rs"]);
}

#[test]
fn the_edition_counts() {
    let text = "\
pub fn f(m: &std::sync::Mutex<Vec<u32>>) {
    if let Some(x) = m.lock().unwrap().pop() {
        println!(\"{x}\");
    } else {
        m.lock().unwrap().push(1);
    }
}
";
    assert!(short(text, &["--edition", "2021"]).contains("linger::double_lock"));
    assert_eq!(short(text, &["--edition", "2024"]), "");
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let dir = scratch();
    for index in 0..20 {
        write(dir.path(), &[(&format!("f{index}.rs"), BOTH)]);
    }
    let with = |jobs: &str| stdout(&run(dir.path(), &["-j", jobs, "--message-format", "json", "."]));
    let one = with("1");
    assert_eq!(one.lines().count(), 40);
    assert_eq!(one, with("4"));
}

#[test]
fn configuration_is_found_and_its_errors_have_a_place() {
    let dir = scratch();
    write(dir.path(), &[("a.rs", BOTH), ("linger.toml", "[rules]\ndropped_at_once = \"warn\"\n")]);
    assert_eq!(code(&run(dir.path(), &["."])), 0);
    write(dir.path(), &[("linger.toml", "[rules]\n\n[rulez]\n")]);
    let output = run(dir.path(), &["."]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("linger.toml:3:2"), "{}", stderr(&output));
}

#[test]
fn explain_and_rules() {
    let output = run(&common::repository(), &["explain", "double_lock"]);
    assert_eq!(code(&output), 0);
    assert!(stdout(&output).starts_with("# double_lock\n"));
    let output = run(&common::repository(), &["explain", "duble_lock"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("did you mean `double_lock`?"));
    for (word, hint) in [
        ("dbl", "did you mean `double_lock`?"),
        ("tool", "the rules of that group are `syntax_error`, `unused_suppression`"),
        ("xyz", "`cargo linger rules` lists them"),
    ] {
        let output = run(&common::repository(), &["explain", word]);
        assert!(stderr(&output).contains(hint), "{}", stderr(&output));
    }
    let output = run(&common::repository(), &["rules", "--format", "json"]);
    let list: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    assert!(list.as_array().is_some_and(|l| l.iter().any(|r| r["name"] == "double_lock")));
}

#[test]
fn both_spellings_do_the_same() {
    let output = run(&common::repository(), &["linger", "--version"]);
    assert_eq!(code(&output), 0);
    assert_eq!(stdout(&output), stdout(&run(&common::repository(), &["--version"])));
}

#[test]
fn completions_are_printed() {
    for shell in ["bash", "zsh", "fish"] {
        let output = run(&common::repository(), &["completions", shell]);
        assert!(code(&output) == 0 && stdout(&output).contains("message-format"), "{shell}");
    }
}

#[test]
fn control_characters_reach_nobody_raw() {
    let text = BOTH.replace("let _ = order.lock();", "let _ = order.lock(); // \u{1b}[31m");
    for format in ["human", "short", "github"] {
        let output = stdout(&on(&text, &["--color", "never", "--message-format", format]));
        assert!(!output.contains('\u{1b}'), "{format}: {output}");
    }
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_quiet() {
    let dir = scratch();
    for index in 0..200 {
        write(dir.path(), &[(&format!("f{index}.rs"), BOTH)]);
    }
    let mut child = linger()
        .current_dir(dir.path())
        .args(["-q", "."])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the built binary starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(stderr(&output), "");
    assert!(matches!(output.status.code(), Some(0 | 1)), "{:?}", output.status);
}

#[cfg(unix)]
#[test]
fn a_loop_of_links_ends() {
    let dir = scratch();
    write(dir.path(), &[("src/a.rs", BOTH)]);
    std::os::unix::fs::symlink(dir.path(), dir.path().join("src/again")).expect("a link");
    assert_eq!(found_in(dir.path()), ["src/a.rs"]);
}

#[cfg(unix)]
fn found_in(dir: &Path) -> Vec<String> {
    let mut files: Vec<String> =
        findings(&run(dir, &["--message-format", "json", "."])).into_iter().map(|f| f.file).collect();
    files.dedup();
    files
}
