//! What fixes make of code: it parses, compiles when it did before, and the finding is gone.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{findings, repository, run, scratch, stderr, write};

/// Whether rustc takes a file that needs nothing but the standard library.
fn compiles(path: &Path, out: &Path) -> Result<(), String> {
    let output = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--edition", "2024", "--crate-type", "lib", "--emit", "metadata", "--cap-lints", "allow"])
        .args(["--crate-name", "fixed", "--out-dir"])
        .args([out, path])
        .output()
        .expect("rustc is there");
    if output.status.success() { Ok(()) } else { Err(stderr(&output)) }
}

/// All fixtures in which something is wrong, by number.
fn fixtures() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = walkdir::WalkDir::new(repository().join("fixtures"))
        .into_iter()
        .flatten()
        .map(walkdir::DirEntry::into_path)
        .filter(|p| p.extension().is_some_and(|e| e == "rs"))
        .filter(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("bad")))
        .collect();
    found.sort();
    found
}

/// Fixtures stand in for macros of their authors with this one.
const MACRO: &str = "macro_rules! cfg_rt { ($($item:item)*) => { $($item)* } }\n";

/// Applies fixes to all fixtures and compiles what was changed. Gives how many files that were.
fn fixtures_after(options: &[&str]) -> usize {
    let dir = scratch();
    let out = scratch();
    let fixtures = fixtures();
    let name = |index: usize| format!("f{index}.rs");
    for (index, path) in fixtures.iter().enumerate() {
        write(dir.path(), &[(&name(index), &with_macro(path))]);
    }
    let mut all = vec!["-q", "-W", "all", "--tests", "same", "--exit-zero"];
    all.extend(options);
    all.push(".");
    let output = run(dir.path(), &all);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(!stderr(&output).contains("left alone"), "{}", stderr(&output));
    let mut changed = 0;
    let before = out.path().join("before.rs");
    for (index, path) in fixtures.iter().enumerate() {
        let fixed = dir.path().join(name(index));
        let after = std::fs::read_to_string(&fixed).expect("there");
        if after == with_macro(path) {
            continue;
        }
        syn::parse_file(&after).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        // Fixtures that need other crates, or stand for code that does not compile, say nothing here.
        std::fs::write(&before, with_macro(path)).expect("a file");
        if compiles(&before, out.path()).is_err() {
            continue;
        }
        changed += 1;
        if let Err(error) = compiles(&fixed, out.path()) {
            panic!("{} does not compile any more:\n{error}\n{after}", path.display());
        }
    }
    changed
}

fn with_macro(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("a fixture");
    if text.contains("cfg_rt!") { MACRO.to_owned() + &text } else { text }
}

#[test]
fn fixed_fixtures_compile() {
    assert!(fixtures_after(&["--fix"]) >= 1);
}

#[test]
fn fixtures_with_unsafe_fixes_compile() {
    assert!(fixtures_after(&["--fix", "--unsafe-fixes"]) >= 2);
}

/// A body, the options, and what it becomes.
fn becomes(before: &str, options: &[&str], after: &str) {
    let dir = scratch();
    let out = scratch();
    let head = "use std::sync::{Mutex, mpsc};\nuse std::time::Duration;\nuse std::thread::sleep;\n";
    write(dir.path(), &[("a.rs", &format!("{head}{before}"))]);
    let path = dir.path().join("a.rs");
    compiles(&path, out.path()).unwrap_or_else(|e| panic!("{e}"));
    let mut all = options.to_vec();
    all.extend(["--fix", "-q", "--exit-zero", "-A", "lock_while_waiting", "a.rs"]);
    let output = run(dir.path(), &all);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let found = std::fs::read_to_string(&path).expect("there");
    assert_eq!(found, format!("{head}{after}"));
    if let Err(error) = compiles(&path, out.path()) {
        panic!("{error}\n{found}");
    }
    if before != after {
        let left = findings(&run(dir.path(), &["--message-format", "json", "a.rs"]));
        assert!(left.is_empty(), "{left:#?}");
    }
}

#[test]
fn a_guard_that_is_not_needed_any_more_goes_before_the_second_lock() {
    becomes(
        "pub fn f(m: &Mutex<u32>) -> u32 {\n    let a = m.lock().unwrap();\n    let x = *a;\n    let b = m.lock().unwrap();\n    x + *b\n}\n",
        &[],
        "pub fn f(m: &Mutex<u32>) -> u32 {\n    let a = m.lock().unwrap();\n    let x = *a;\n    drop(a);\n    let b = m.lock().unwrap();\n    x + *b\n}\n",
    );
    // Lines begin as their neighbours do.
    becomes(
        "pub fn f(m: &Mutex<u32>) -> u32 {\n\tlet a = m.lock().unwrap();\n\tlet x = *a;\n\tlet b = m.lock().unwrap();\n\tx + *b\n}\n",
        &[],
        "pub fn f(m: &Mutex<u32>) -> u32 {\n\tlet a = m.lock().unwrap();\n\tlet x = *a;\n\tdrop(a);\n\tlet b = m.lock().unwrap();\n\tx + *b\n}\n",
    );
    // A guard that is replaced.
    becomes(
        "pub fn f(m: &Mutex<u32>) -> u32 {\n    let mut a = m.lock().unwrap();\n    *a += 1;\n    a = m.lock().unwrap();\n    *a\n}\n",
        &[],
        "pub fn f(m: &Mutex<u32>) -> u32 {\n    let mut a = m.lock().unwrap();\n    *a += 1;\n    drop(a);\n    a = m.lock().unwrap();\n    *a\n}\n",
    );
}

#[test]
fn a_drop_that_would_not_compile_is_not_offered() {
    for body in [
        // It is needed behind.
        "    let a = m.lock().unwrap();\n    let b = m.lock().unwrap();\n    *a + *b\n",
        // It lends.
        "    let a = m.lock().unwrap();\n    let x = &*a;\n    let b = m.lock().unwrap();\n    *x + *b\n",
        // The name means another guard by then.
        "    let a = m.lock().unwrap();\n    let _x = *a;\n    let a = &m;\n    let b = a.lock().unwrap();\n    *b\n",
        // It has gone on one way.
        "    let a = m.lock().unwrap();\n    if *a > 1 {\n        drop(a);\n    }\n    let b = m.lock().unwrap();\n    *b\n",
        // It is made before the loop, once.
        "    let a = m.lock().unwrap();\n    let mut sum = *a;\n    for _ in 0..2 {\n        sum += *m.lock().unwrap();\n    }\n    sum\n",
    ] {
        let text = format!("pub fn f(m: &Mutex<u32>) -> u32 {{\n{body}}}\n");
        becomes(&text, &[], &text);
    }
    // In a macro's definition it would hit every call.
    let made = "macro_rules! both {\n    ($m:expr) => {{\n        let a = $m.lock().unwrap();\n        let x = *a;\n        let b = $m.lock().unwrap();\n        x + *b\n    }};\n}\npub fn f(m: &Mutex<u32>) -> u32 {\n    both!(m)\n}\n";
    becomes(made, &["--unsafe-fixes"], made);
}

#[test]
fn the_last_sender_goes_before_the_loop() {
    let spawn = "std::thread::spawn(move || drop(other.send(1)));";
    becomes(
        &format!(
            "pub fn f() -> u32 {{\n    let (tx, rx) = mpsc::channel::<u32>();\n    let other = tx.clone();\n    {spawn}\n    let mut sum = 0;\n    for x in rx {{\n        sum += x;\n    }}\n    sum\n}}\n"
        ),
        &["-A", "ignored_result"],
        &format!(
            "pub fn f() -> u32 {{\n    let (tx, rx) = mpsc::channel::<u32>();\n    let other = tx.clone();\n    {spawn}\n    let mut sum = 0;\n    drop(tx);\n    for x in rx {{\n        sum += x;\n    }}\n    sum\n}}\n"
        ),
    );
    // A thread of the scope borrows it: `drop` would not compile.
    let borrowed = "pub fn f() -> u32 {\n    let (tx, rx) = mpsc::channel::<u32>();\n    let mut sum = 0;\n    std::thread::scope(|s| {\n        s.spawn(|| tx.send(1));\n        for x in rx {\n            sum += x;\n        }\n    });\n    sum\n}\n";
    becomes(borrowed, &["--unsafe-fixes"], borrowed);
}

#[test]
fn the_head_of_a_loop_or_match_gives_its_guard_up() {
    becomes(
        "pub fn f(q: &Mutex<Vec<u64>>) {\n    while let Some(n) = q.lock().unwrap().pop() {\n        sleep(Duration::from_millis(n));\n    }\n}\n",
        &["--unsafe-fixes"],
        "pub fn f(q: &Mutex<Vec<u64>>) {\n    while let Some(n) = { let value = q.lock().unwrap().pop(); value } {\n        sleep(Duration::from_millis(n));\n    }\n}\n",
    );
    becomes(
        "pub fn f(q: &Mutex<Vec<u64>>) {\n    for n in q.lock().unwrap().clone() {\n        sleep(Duration::from_millis(n));\n    }\n}\n",
        &["--unsafe-fixes"],
        "pub fn f(q: &Mutex<Vec<u64>>) {\n    for n in { let value = q.lock().unwrap().clone(); value } {\n        sleep(Duration::from_millis(n));\n    }\n}\n",
    );
    // What lends from the guard stays.
    let lent = "pub fn f(q: &Mutex<Vec<u64>>) {\n    for n in q.lock().unwrap().iter() {\n        sleep(Duration::from_millis(*n));\n    }\n}\n";
    becomes(lent, &["--unsafe-fixes"], lent);
}

#[test]
fn errors_are_returned_where_the_function_takes_them() {
    let given_up = |ret: &str, rest: &str| {
        format!("pub fn f(file: &std::fs::File) -> {ret} {{\n    {rest}\n    Ok(())\n}}\n")
    };
    for ret in ["std::io::Result<()>", "Result<(), Box<dyn std::error::Error>>"] {
        for given in ["let _ = file.sync_all();", "_ = file.sync_all();", "file.sync_all().ok();"] {
            becomes(&given_up(ret, given), &["--unsafe-fixes"], &given_up(ret, "file.sync_all()?;"));
        }
    }
    let own = "pub struct Failed;\nimpl From<std::io::Error> for Failed {\n    fn from(_: std::io::Error) -> Self {\n        Failed\n    }\n}\n";
    let before = own.to_owned() + &given_up("Result<(), Failed>", "let _ = file.sync_all();");
    let after = own.to_owned() + &given_up("Result<(), Failed>", "file.sync_all()?;");
    becomes(&before, &["--unsafe-fixes"], &after);
    // An error that nothing turns into the function's.
    let other = own.to_owned() + &given_up("Result<(), String>", "let _ = file.sync_all();");
    becomes(&other, &["--unsafe-fixes"], &other);
}

#[test]
fn counts_are_not_needed_where_all_is_written_or_read() {
    becomes(
        "use std::io::{Read, Write};\npub fn f(s: &mut std::net::TcpStream, t: &[u8]) -> std::io::Result<[u8; 4]> {\n    s.write(t)?;\n    let mut b = [0; 4];\n    s.read(&mut b)?;\n    Ok(b)\n}\n",
        &["--unsafe-fixes"],
        "use std::io::{Read, Write};\npub fn f(s: &mut std::net::TcpStream, t: &[u8]) -> std::io::Result<[u8; 4]> {\n    s.write_all(t)?;\n    let mut b = [0; 4];\n    s.read_exact(&mut b)?;\n    Ok(b)\n}\n",
    );
}

#[test]
fn a_writer_is_flushed_at_the_end() {
    let save = |ret: &str, end: &str| {
        format!(
            "use std::io::{{BufWriter, Write}};\npub fn f(path: &str, text: &[u8]) -> {ret} {{\n    let mut out = BufWriter::new(std::fs::File::create(path)?);\n    out.write_all(text)?;\n{end}    Ok(())\n}}\n"
        )
    };
    for ret in ["std::io::Result<()>", "Result<(), Box<dyn std::error::Error + Send + Sync>>"] {
        becomes(&save(ret, ""), &["--unsafe-fixes"], &save(ret, "    out.flush()?;\n"));
    }
    // In a block of its own it is gone at the end.
    let inner = "use std::io::{BufWriter, Write};\npub fn f(path: &str, text: &[u8]) -> std::io::Result<()> {\n    {\n        let mut out = BufWriter::new(std::fs::File::create(path)?);\n        out.write_all(text)?;\n    }\n    Ok(())\n}\n";
    becomes(inner, &["--unsafe-fixes"], inner);
}

#[test]
fn a_failing_status_becomes_an_error() {
    let fetch = |raise: &str| {
        format!(
            "pub async fn f(url: &str) -> Result<String, reqwest::Error> {{\n    reqwest::get(url).await?{raise}.text().await\n}}\n"
        )
    };
    let dir = scratch();
    write(dir.path(), &[("a.rs", &fetch(""))]);
    let output = run(dir.path(), &["--fix", "--unsafe-fixes", "-q", "--exit-zero", "a.rs"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let found = std::fs::read_to_string(dir.path().join("a.rs")).expect("there");
    assert_eq!(found, fetch(".error_for_status()?"));
    let left = findings(&run(dir.path(), &["--message-format", "json", "a.rs"]));
    assert!(left.is_empty(), "{left:#?}");
}

#[test]
fn overlapping_fixes_are_made_in_rounds() {
    // Three guards of one lock: two findings want to stand before the same statement.
    becomes(
        "pub fn f(m: &Mutex<u32>) -> u32 {\n    let a = m.lock().unwrap();\n    let x = *a;\n    let b = m.lock().unwrap();\n    let y = *b;\n    let c = m.lock().unwrap();\n    x + y + *c\n}\n",
        &[],
        "pub fn f(m: &Mutex<u32>) -> u32 {\n    let a = m.lock().unwrap();\n    let x = *a;\n    drop(a);\n    let b = m.lock().unwrap();\n    let y = *b;\n    drop(b);\n    let c = m.lock().unwrap();\n    x + y + *c\n}\n",
    );
}
