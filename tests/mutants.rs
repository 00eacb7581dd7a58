//! Mutated input: the whole analysis on real files that were changed and still parse, configurations, baselines, and
//! what an editor says. Nothing of it may panic, hang, or end the run otherwise than it should.
//!
//! `LINGER_MUTANTS` gives how many are tried, `LINGER_SEED` where the dice start, `LINGER_CORPUS` a folder whose files are
//! mutated instead of the fixtures, `LINGER_CRASHES` a folder that keeps what went wrong.

mod common;
mod mutate;

use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use mutate::{Dice, Trouble};

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn dice(test: u64) -> Dice {
    Dice::new(setting("LINGER_SEED", 1).wrapping_add(test << 40))
}

/// Rust files of some size, with their names.
fn corpus() -> Vec<(PathBuf, String)> {
    let folder = std::env::var_os("LINGER_CORPUS")
        .map_or_else(|| common::repository().join("fixtures"), PathBuf::from);
    walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|e| e == "rs"))
        .filter(|entry| entry.metadata().is_ok_and(|meta| meta.is_file() && meta.len() < 100_000))
        .filter_map(|entry| Some((entry.path().to_path_buf(), std::fs::read_to_string(entry.path()).ok()?)))
        .collect()
}

#[test]
fn files_that_still_parse() {
    let corpus = corpus();
    let mut dice = dice(1);
    let (start, mut tried, mut trouble) = (Instant::now(), 0u64, Vec::new());
    let seconds = setting("LINGER_SECONDS", 0);
    while tried < setting("LINGER_MUTANTS", 250) || start.elapsed() < Duration::from_secs(seconds) {
        let (path, text) = &corpus[dice.below(corpus.len())];
        let other = &corpus[dice.below(corpus.len())].1;
        let mutant = mutate::mutate(text, other, &mut dice);
        tried += 1;
        let what = match mutate::analyse(&mutant) {
            Ok(()) => continue,
            Err(Trouble::Panic(said)) => format!("panics: {said}"),
            Err(Trouble::Slow(time)) => format!("took {time:?}"),
        };
        if let Some(folder) = std::env::var_os("LINGER_CRASHES") {
            std::fs::create_dir_all(&folder).expect("the folder");
            std::fs::write(PathBuf::from(folder).join(format!("mutant_{tried}.rs")), &mutant)
                .expect("a file");
        }
        trouble.push(format!("mutant {tried} of {}: {what}", path.display()));
        if trouble.len() > 20 {
            break;
        }
    }
    println!(
        "{tried} files of a corpus of {}, {:?}, {} in trouble",
        corpus.len(),
        start.elapsed(),
        trouble.len()
    );
    assert!(trouble.is_empty(), "{}", trouble.join("\n"));
}

/// Text changed without regard to what it means.
fn scramble(text: &str, dice: &mut Dice) -> String {
    const PIECES: &[&str] = &[
        "\"",
        "[",
        "]",
        "{",
        "}",
        "=",
        ",",
        "\n",
        "18446744073709551616",
        "-1",
        "1e999",
        "null",
        "true",
        "\\u0000",
        "é",
        "..",
        "/",
        "*",
        ":",
    ];
    let mut text: Vec<char> = text.chars().collect();
    for _ in 0..=dice.below(6) {
        let at = dice.below(text.len());
        let length = dice.below(12).min(text.len() - at);
        match dice.below(4) {
            0 => drop(text.drain(at..at + length)),
            1 => {
                let copy: Vec<char> = text[at..at + length].to_vec();
                let to = dice.below(text.len());
                text.splice(to..to, copy);
            }
            2 => drop(text.splice(at..at + length, PIECES[dice.below(PIECES.len())].chars())),
            _ => drop(text.splice(at..at, PIECES[dice.below(PIECES.len())].chars())),
        }
    }
    text.into_iter().collect()
}

/// Runs with one file replaced by scrambled text: it ends with a status that says so, and no panic.
fn survives(args: &[&str], file: &str, text: &str, test: u64) {
    let dir = common::scratch();
    common::write(dir.path(), &[("a.rs", "pub fn f(m: &std::sync::Mutex<u32>) { let _ = m.lock(); }\n")]);
    let mut dice = dice(test);
    for _ in 0..setting("LINGER_MUTANTS", 250) / 10 {
        let scrambled = scramble(text, &mut dice);
        common::write(dir.path(), &[(file, &scrambled)]);
        let output = common::run(dir.path(), args);
        let said = common::stderr(&output);
        assert!(matches!(output.status.code(), Some(0..=2)), "{said}\n{scrambled}");
        assert!(!said.contains("panicked") && !said.contains("bug in linger"), "{said}\n{scrambled}");
    }
}

#[test]
fn configurations() {
    let template =
        std::fs::read_to_string(common::repository().join("src/linger.template.toml")).expect("the template");
    // What is a comment in the template is what it is about.
    let text = template.replace("# ", "").replace('#', "");
    survives(&["config", "verify"], "linger.toml", &template, 2);
    survives(&["--message-format", "short", "."], "linger.toml", &text, 3);
}

#[test]
fn baselines() {
    let dir = common::scratch();
    common::write(dir.path(), &[("a.rs", "pub fn f(m: &std::sync::Mutex<u32>) { let _ = m.lock(); }\n")]);
    common::run(dir.path(), &["baseline", "write", "."]);
    let text = std::fs::read_to_string(dir.path().join("linger-baseline.json")).expect("a baseline");
    survives(&["--message-format", "short", "."], "linger-baseline.json", &text, 4);
    survives(&["baseline", "update", "."], "linger-baseline.json", &text, 5);
}

/// What is kept between runs, damaged: the findings are the same.
#[test]
fn caches() {
    let dir = common::scratch();
    let bad = "pub fn f(m: &std::sync::Mutex<u32>) { let _ = m.lock(); }\n";
    common::write(dir.path(), &[("project/a.rs", bad)]);
    let cache = dir.path().join("cache");
    let run = || {
        let mut command = common::linger();
        command
            .current_dir(dir.path().join("project"))
            .env("XDG_CACHE_HOME", &cache)
            .args(["-W", "all", "."]);
        common::stdout(&command.output().expect("the built binary starts"))
    };
    let first = run();
    assert!(first.contains("a.rs:1"), "{first}");
    let mut dice = dice(7);
    for _ in 0..setting("LINGER_MUTANTS", 250) / 10 {
        let files: Vec<PathBuf> = walkdir::WalkDir::new(&cache)
            .into_iter()
            .flatten()
            .filter(|entry| entry.file_type().is_file())
            .map(walkdir::DirEntry::into_path)
            .collect();
        for path in files {
            let text = String::from_utf8_lossy(&std::fs::read(&path).expect("a file")).into_owned();
            let damaged = if dice.below(8) == 0 { String::new() } else { scramble(&text, &mut dice) };
            std::fs::write(&path, damaged).expect("a file");
        }
        assert_eq!(first, run());
    }
}

const MESSAGES: &[&str] = &[
    r#"{"jsonrpc":"2.0","method":"initialized","params":{}}"#,
    r#"{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///DIR/a.rs","languageId":"rust","version":1,"text":"fn f() { é }\n"}}}"#,
    r#"{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":"file:///DIR/a.rs","version":2},"contentChanges":[{"range":{"start":{"line":0,"character":3},"end":{"line":0,"character":4}},"text":"ü"}]}}"#,
    r#"{"jsonrpc":"2.0","method":"textDocument/didSave","params":{"textDocument":{"uri":"file:///DIR/a.rs"}}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"textDocument/codeAction","params":{"textDocument":{"uri":"file:///DIR/a.rs"},"range":{"start":{"line":0,"character":0},"end":{"line":9,"character":9}},"context":{"diagnostics":[]}}}"#,
    r#"{"jsonrpc":"2.0","method":"textDocument/didClose","params":{"textDocument":{"uri":"file:///DIR/a.rs"}}}"#,
    r#"{"jsonrpc":"2.0","method":"workspace/didChangeWatchedFiles","params":{"changes":[{"uri":"file:///DIR/a.rs","type":2}]}}"#,
    r#"{"jsonrpc":"2.0","id":9,"method":"$/cancelRequest","params":{"id":7}}"#,
];

const START: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":null,"capabilities":{},"rootUri":null,"workspaceFolders":[{"uri":"file:///DIR","name":"root"}]}}"#;
const STOP: &[&str] =
    &[r#"{"jsonrpc":"2.0","id":99,"method":"shutdown"}"#, r#"{"jsonrpc":"2.0","method":"exit"}"#];

#[test]
fn what_an_editor_says() {
    let mut dice = dice(6);
    for _ in 0..setting("LINGER_MUTANTS", 250) / 40 {
        let dir = common::scratch();
        common::write(dir.path(), &[("a.rs", "fn f() {}\n")]);
        let place = dir.path().display().to_string();
        let fill = |text: &str| text.replace("/DIR", &place);
        let framed = |text: &str| format!("Content-Length: {}\r\n\r\n{text}", text.len());
        let mut said = framed(&fill(START));
        for _ in 0..40 {
            let message = fill(MESSAGES[dice.below(MESSAGES.len())]);
            said.push_str(&framed(&if dice.below(3) == 0 { message } else { scramble(&message, &mut dice) }));
        }
        STOP.iter().for_each(|message| said.push_str(&framed(message)));
        let mut child = common::linger()
            .arg("lsp")
            .current_dir(dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        // It may have gone after the first message that is no message.
        let _ = child.stdin.take().expect("its input").write_all(said.as_bytes());
        let start = Instant::now();
        while child.try_wait().expect("a status").is_none() {
            if start.elapsed() > Duration::from_secs(120) {
                child.kill().expect("it ends");
                panic!("the server does not end after {said}");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let output = child.wait_with_output().expect("its output");
        let errors = common::stderr(&output);
        assert!(matches!(output.status.code(), Some(0..=2)), "{errors}\n{said}");
        assert!(!errors.contains("panicked") && !errors.contains("bug in linger"), "{errors}\n{said}");
    }
}
