//! What the capture rules say about the language, against what real programs do.
//!
//! Each row is a twin of a bad fixture: a program that `rustc` compiles and that shows, when it runs, the behaviour
//! that the rule warns of, and the same program cured, which does what was meant. Linger must report the first and be
//! silent on the second. Every function with a mark in a bad fixture of these rules must have its row.

#[path = "../common/mod.rs"]
mod common;

mod closure_keeps_owner_alive;
mod sender_kept_alive;
mod shared_loop_state_captured;
mod stale_capture;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What a program does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Ends and prints this.
    Prints(&'static str),
    /// Does not end in time.
    Hangs,
}

use Outcome::{Hangs, Prints};

struct Row {
    /// The functions of the rule's bad fixtures that it stands for. What a runtime or a channel of another crate does
    /// there, threads and channels of std do here: the language makes no difference.
    of: &'static [&'static str],
    wrong: &'static str,
    shows: Outcome,
    cured: &'static str,
    prints: &'static str,
}

/// The rules with their rows.
const RULES: [(&str, &[Row]); 4] = [
    ("closure_keeps_owner_alive", closure_keeps_owner_alive::ROWS),
    ("sender_kept_alive", sender_kept_alive::ROWS),
    ("shared_loop_state_captured", shared_loop_state_captured::ROWS),
    ("stale_capture", stale_capture::ROWS),
];

const PRELUDE: &str = "#![allow(warnings)]
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};
";

/// The part of the crate `scopeguard` that the programs use, so that `rustc` alone can build them.
const SCOPEGUARD: &str = "use std::ops::{Deref, DerefMut};
pub struct ScopeGuard<T, F: FnOnce(T)>(Option<(T, F)>);
pub fn guard<T, F: FnOnce(T)>(value: T, end: F) -> ScopeGuard<T, F> { ScopeGuard(Some((value, end))) }
impl<T, F: FnOnce(T)> Deref for ScopeGuard<T, F> {
    type Target = T;
    fn deref(&self) -> &T { &self.0.as_ref().unwrap().0 }
}
impl<T, F: FnOnce(T)> DerefMut for ScopeGuard<T, F> {
    fn deref_mut(&mut self) -> &mut T { &mut self.0.as_mut().unwrap().0 }
}
impl<T, F: FnOnce(T)> Drop for ScopeGuard<T, F> {
    fn drop(&mut self) { let (value, end) = self.0.take().unwrap(); end(value) }
}
";

/// How long a program may run that should hang; none of them has anything to do for longer than a moment.
const LIMIT: Duration = Duration::from_secs(3);

/// How long a program may take that should end, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// Compiles something in a folder. `None` without rustc.
fn compile(dir: &Path, args: &[&str]) -> Option<()> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    match Command::new(rustc).current_dir(dir).args(["--edition", "2024"]).args(args).output() {
        Ok(output) => {
            assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
            Some(())
        }
        Err(error) => {
            eprintln!("skipped: rustc does not start ({error})");
            None
        }
    }
}

/// Runs a program, and says what it printed and whether it came to an end.
fn outcome(program: &Path, limit: Duration) -> (String, bool) {
    let mut child = Command::new(program).stdout(Stdio::piped()).spawn().expect("the program runs");
    let started = Instant::now();
    let mut in_time = true;
    while child.try_wait().expect("a child").is_none() {
        if started.elapsed() > limit {
            in_time = false;
            child.kill().expect("a child");
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().expect("a child");
    (String::from_utf8(output.stdout).expect("UTF-8"), in_time)
}

/// What is not as it should be with a row. `None` without rustc.
fn compare(rule: &str, row: &Row, library: &Path, dir: &Path) -> Option<Vec<String>> {
    let mut trouble = Vec::new();
    for (file, code, wanted) in
        [("wrong.rs", row.wrong, row.shows), ("cured.rs", row.cured, Prints(row.prints))]
    {
        common::write(dir, &[(file, &format!("{PRELUDE}{code}\n"))]);
        let program = dir.join(file).with_extension("program");
        let guard = format!("scopeguard={}", library.display());
        compile(dir, &[file, "--extern", &guard, "-o", &program.display().to_string()])?;
        let limit = if wanted == Hangs { LIMIT } else { PATIENCE };
        let (text, in_time) = outcome(&program, limit);
        let fits = match wanted {
            Prints(line) => in_time && text.trim_end() == line,
            Hangs => !in_time,
        };
        if !fits {
            trouble.push(format!(
                "{rule} {:?} {file}: wanted {wanted:?}, ended {in_time}, printed {text:?}",
                row.of
            ));
        }
    }
    let output = common::run(dir, &["--message-format", "json", "--edition", "2024", "."]);
    let mut said: Vec<String> =
        common::findings(&output).into_iter().filter(|f| f.rule == rule).map(|f| f.file).collect();
    said.dedup();
    if said != ["wrong.rs"] {
        trouble.push(format!("{rule} {:?}: reported in {said:?}", row.of));
    }
    Some(trouble)
}

#[test]
fn programs_do_what_the_rules_say() {
    let scratch = common::scratch();
    common::write(scratch.path(), &[("scopeguard.rs", SCOPEGUARD)]);
    let library = scratch.path().join("libscopeguard.rlib");
    let args = ["--crate-type", "lib", "scopeguard.rs", "-o", &library.display().to_string()];
    if compile(scratch.path(), &args).is_none() {
        return;
    }
    let rows: Vec<(&str, &Row)> =
        RULES.iter().flat_map(|(rule, rows)| rows.iter().map(move |row| (*rule, row))).collect();
    let next = AtomicUsize::new(0);
    let turns = || {
        let mut trouble = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some((rule, row)) = rows.get(index) else { return trouble };
            let dir = scratch.path().join(index.to_string());
            trouble.extend(compare(rule, row, &library, &dir).unwrap_or_default());
        }
    };
    let trouble: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(turns)).collect();
        workers.into_iter().flat_map(|w| w.join().expect("a worker")).collect()
    });
    assert!(trouble.is_empty(), "{} differences:\n{}", trouble.len(), trouble.join("\n"));
}

/// The functions of a bad fixture that have a mark.
fn marked(text: &str, rule: &str) -> Vec<String> {
    let mut current = String::new();
    let mut out: Vec<String> = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        // Closures and types inside start with other words; a nested `fn` would need a row of its own.
        if let Some(at) = words.iter().position(|w| *w == "fn")
            && line.contains('(')
            && let Some(name) = words.get(at + 1)
        {
            current = (*name).to_owned();
        }
        if line.contains(&format!("//~ {rule}")) && out.last() != Some(&current) {
            out.push(current.clone());
        }
    }
    out
}

#[test]
fn every_bad_fixture_has_its_twin() {
    let mut missing = Vec::new();
    for (rule, rows) in RULES {
        let fixtures = common::repository().join("fixtures").join(rule);
        for entry in std::fs::read_dir(fixtures).expect("the fixtures of a rule") {
            let path = entry.expect("an entry").path();
            if path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("bad")) {
                let text = std::fs::read_to_string(&path).expect("a fixture");
                let without = marked(&text, rule)
                    .into_iter()
                    .filter(|name| !rows.iter().any(|row| row.of.contains(&name.as_str())));
                missing.extend(without.map(|name| format!("{rule}: {name}")));
            }
        }
    }
    assert!(missing.is_empty(), "bad fixtures without a program that shows it: {missing:#?}");
}
