//! `--watch`: what is saved is checked again.

mod common;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use common::{linger, scratch, write};

const BAD: &str = "pub fn f(m: &std::sync::Mutex<u32>) -> u32 {\n    let a = m.lock().unwrap();\n    let b = m.lock().unwrap();\n    *a + *b\n}\n";
const MANIFEST: &str = "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";

/// A watching linger, ended with the test.
struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Watching {
    /// Its closing lines come on stderr, its findings on stdout: both are read as they come.
    fn start(dir: &Path) -> Self {
        let mut child = linger()
            .current_dir(dir)
            .args(["--watch", "--message-format", "short", "--no-dependencies"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("linger starts");
        let (sender, lines) = channel();
        let out = child.stdout.take().expect("a pipe");
        let err = child.stderr.take().expect("a pipe");
        let other = sender.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if other.send(line).is_err() {
                    return;
                }
            }
        });
        std::thread::spawn(move || {
            for line in BufReader::new(err).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    /// Waits for a line that has `what` in it.
    fn until(&self, what: &str) {
        let mut seen = Vec::new();
        loop {
            match self.lines.recv_timeout(Duration::from_secs(60)) {
                Ok(line) if line.contains(what) => return,
                Ok(line) => seen.push(line),
                Err(error) => panic!("no {what:?} ({error}) in {seen:#?}"),
            }
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn what_is_saved_is_checked_again() {
    let dir = scratch();
    write(dir.path(), &[("Cargo.toml", MANIFEST), ("src/lib.rs", "pub fn f() {}\n")]);
    let watching = Watching::start(dir.path());
    watching.until("nothing found");
    write(dir.path(), &[("src/lib.rs", BAD)]);
    watching.until("src/lib.rs:2:13: error: ");
    // A file that is new, and another that goes.
    write(dir.path(), &[("src/more.rs", BAD), ("src/lib.rs", "mod more;\n")]);
    watching.until("src/more.rs:2:13: error: ");
    watching.until("1 error");
    // The configuration counts; while it is wrong, that is said and the watch goes on.
    write(dir.path(), &[("linger.toml", "[rules]\ndouble_lok = \"warn\"\n")]);
    watching.until("did you mean `double_lock`?");
    write(dir.path(), &[("linger.toml", "[rules]\ndouble_lock = \"warn\"\n")]);
    watching.until("src/more.rs:2:13: warning: ");
    std::fs::remove_file(dir.path().join("src/more.rs")).expect("there");
    write(dir.path(), &[("src/lib.rs", "pub fn f() {}\n")]);
    watching.until("nothing found");
    // Code that does not parse, as it is while one types.
    write(dir.path(), &[("src/lib.rs", "pub fn f( {")]);
    watching.until("syntax_error");
    write(dir.path(), &[("src/lib.rs", BAD)]);
    watching.until("src/lib.rs:2:13: warning: ");
}
