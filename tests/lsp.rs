//! The language server as an editor meets it: the built binary, on standard input and output.

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Far longer than any answer takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

const BAD: &str = "use std::sync::Mutex;
pub fn f(m: &Mutex<i32>) -> i32 {
    let s = \"😀ü\"; let _ = m.lock();
    s.len() as i32
}
";

const GOOD: &str = "use std::sync::Mutex;
pub fn f(m: &Mutex<i32>) -> i32 {
    let _guard = m.lock();
    7
}
";

struct Editor {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    last: i64,
}

impl Editor {
    fn start(dir: &Path) -> Self {
        let mut child = common::linger()
            .arg("lsp")
            .current_dir(dir)
            // Sources of dependencies, for the tests that have some.
            .env("CARGO_HOME", dir.join("../home"))
            .env("XDG_CACHE_HOME", dir.join("cache"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let input = child.stdin.take().expect("its input");
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            loop {
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    if output.read_line(&mut line).unwrap_or(0) == 0 {
                        return;
                    }
                    match line.trim().strip_prefix("Content-Length: ") {
                        Some(number) => length = number.parse().expect("a length"),
                        None => break,
                    }
                }
                let mut body = vec![0; length];
                output.read_exact(&mut body).expect("a whole message");
                if sender.send(serde_json::from_slice(&body).expect("JSON")).is_err() {
                    return;
                }
            }
        });
        Self { child, input, messages, last: 0 }
    }

    /// Starts and shakes hands, with `dir` open.
    fn open_folder(dir: &Path, capabilities: Value) -> Self {
        let mut editor = Self::start(dir);
        let folders = json!([{ "uri": uri(dir), "name": "root" }]);
        let params = json!({ "processId": null, "capabilities": capabilities, "rootUri": null, "workspaceFolders": folders });
        let answer = editor.request("initialize", params);
        assert_eq!(answer["result"]["serverInfo"]["name"], "linger");
        editor.notify("initialized", json!({}));
        editor
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.input.write_all(bytes).expect("the server listens");
        self.input.flush().expect("the server listens");
    }

    fn send(&mut self, mut message: Value) {
        message["jsonrpc"] = json!("2.0");
        let text = message.to_string();
        self.raw(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }

    fn notify(&mut self, method: &str, params: Value) {
        self.send(json!({ "method": method, "params": params }));
    }

    fn request(&mut self, method: &str, params: Value) -> Value {
        self.last += 1;
        let id = self.last;
        self.send(json!({ "id": id, "method": method, "params": params }));
        self.wait(|message| message["id"] == id && message.get("method").is_none())
    }

    fn wait(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.messages.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(message) if wanted(&message) => return message,
                Ok(_) => {}
                Err(error) => panic!("the server did not say what was waited for: {error}"),
            }
        }
    }

    /// The next diagnostics of a file that satisfy the condition.
    fn diagnostics(&self, file: &Path, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let name = uri(file);
        let message = self.wait(|m| {
            m["method"] == "textDocument/publishDiagnostics"
                && m["params"]["uri"] == name
                && wanted(m["params"]["diagnostics"].as_array().map_or(&[][..], |d| d))
        });
        message["params"]["diagnostics"].as_array().cloned().unwrap_or_default()
    }

    fn open(&mut self, file: &Path, text: &str) {
        let document = json!({ "uri": uri(file), "languageId": "rust", "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    fn change(&mut self, file: &Path, version: i32, changes: Value) {
        let document = json!({ "uri": uri(file), "version": version });
        self.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
    }

    fn leave(mut self) -> Option<i32> {
        self.request("shutdown", Value::Null);
        self.notify("exit", Value::Null);
        self.child.wait().expect("the server ends").code()
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        // It has ended already unless a test failed.
        if self.child.kill().is_ok() {
            let _ended = self.child.wait();
        }
    }
}

fn uri(path: &Path) -> String {
    format!("file://{}", path.display().to_string().replace(' ', "%20").replace('ü', "%C3%BC"))
}

fn package(text: &str) -> tempfile::TempDir {
    let dir = common::scratch();
    let manifest = "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
    common::write(dir.path(), &[("Cargo.toml", manifest), ("src/lib.rs", text)]);
    dir
}

fn code(diagnostic: &Value) -> &str {
    diagnostic["code"].as_str().unwrap_or_default()
}

#[test]
fn open_change_act_and_close() {
    let dir = package(GOOD);
    let file = dir.path().join("src/lib.rs");
    let abilities = json!({ "textDocument": { "publishDiagnostics": { "relatedInformation": true } } });
    let mut editor = Editor::open_folder(dir.path(), abilities);

    // The buffer counts, not the disk.
    editor.open(&file, BAD);
    let found = editor.diagnostics(&file, |d| !d.is_empty());
    assert_eq!(found.len(), 1, "{found:#?}");
    let one = &found[0];
    assert_eq!(code(one), "dropped_at_once/value");
    assert_eq!(one["source"], "linger");
    assert_eq!(one["severity"], 1);
    // `    let s = "😀ü"; let _ = ` is 27 UTF-16 units long.
    assert_eq!(
        one["range"],
        json!({ "start": { "line": 2, "character": 27 }, "end": { "line": 2, "character": 35 } })
    );
    assert_eq!(one["relatedInformation"][0]["message"], "and dropped here");

    // Every action, made, leaves no finding.
    let params = json!({ "textDocument": { "uri": uri(&file) }, "range": one["range"], "context": { "diagnostics": [one] } });
    let actions = editor.request("textDocument/codeAction", params.clone());
    let actions = actions["result"].as_array().cloned().expect("actions");
    assert!(actions.len() >= 4, "{actions:#?}");
    let mut version = 1;
    for action in &actions {
        let edits = action["edit"]["changes"][uri(&file)].as_array().cloned().expect("edits");
        let changes: Vec<Value> =
            edits.iter().rev().map(|e| json!({ "range": e["range"], "text": e["newText"] })).collect();
        version += 1;
        editor.change(&file, version, json!(changes));
        assert!(editor.diagnostics(&file, <[Value]>::is_empty).is_empty(), "{action:#}");
        version += 1;
        editor.change(&file, version, json!([{ "text": BAD }]));
        editor.diagnostics(&file, |d| d.len() == 1);
    }

    // Refactorings are not offered.
    let mut only = params;
    only["context"]["only"] = json!(["refactor"]);
    assert_eq!(editor.request("textDocument/codeAction", only)["result"], json!([]));

    let at = json!({ "textDocument": { "uri": uri(&file) }, "position": { "line": 2, "character": 30 } });
    let hover = editor.request("textDocument/hover", at);
    let text = hover["result"]["contents"]["value"].as_str().unwrap_or_default();
    assert!(text.starts_with("# dropped_at_once"), "{text}");

    // While the text does not parse, what was said stays; nothing is added.
    editor.change(&file, version + 1, json!([{ "text": "fn f( {" }]));
    // Closed without saving: the disk counts again.
    editor.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri(&file) } }));
    let found = editor.diagnostics(&file, <[Value]>::is_empty);
    assert!(found.is_empty());
    assert_eq!(editor.leave(), Some(0));
}

/// Takes a lock and calls another file.
const OUTER: &str = "use std::sync::Mutex;
pub struct S { pub m: Mutex<i32> }
impl S {
    pub fn outer(&self) {
        let guard = self.m.lock().unwrap();
        crate::b::inner(self);
        println!(\"{guard}\");
    }
}
";

/// The other file, which does nothing yet.
const QUIET: &str = "pub fn inner(_s: &crate::a::S) {}\n";

#[test]
fn a_change_here_is_a_finding_there() {
    let dir = package("pub mod a;\npub mod b;\n");
    common::write(dir.path(), &[("src/a.rs", OUTER), ("src/b.rs", QUIET)]);
    let (a, b) = (dir.path().join("src/a.rs"), dir.path().join("src/b.rs"));
    let mut editor = Editor::open_folder(dir.path(), json!({}));
    editor.open(&a, OUTER);
    editor.open(&b, QUIET);
    let locking = "pub fn inner(s: &crate::a::S) { let g = s.m.lock().unwrap(); println!(\"{g}\"); }\n";
    editor.change(&b, 2, json!([{ "text": locking }]));
    let found = editor.diagnostics(&a, |d| d.iter().any(|d| code(d).starts_with("double_lock")));
    // An editor that cannot show other places gets them as lines.
    let message = found[0]["message"].as_str().unwrap_or_default();
    assert!(message.contains("\nline "), "{message}");
    assert_eq!(editor.leave(), Some(0));
}

/// What is kept between checks follows what is saved, also in files that are not open.
#[test]
fn a_kept_program_follows_what_is_saved() {
    let dir = package("pub mod a;\npub mod b;\n");
    let locking = "pub fn inner(_s: &crate::a::S) { let g = _s.m.lock().unwrap(); println!(\"{g}\"); }\n";
    common::write(dir.path(), &[("src/a.rs", OUTER), ("src/b.rs", QUIET)]);
    let (a, b) = (dir.path().join("src/a.rs"), dir.path().join("src/b.rs"));
    let mut editor = Editor::open_folder(dir.path(), json!({}));
    editor.open(&b, QUIET);
    editor.diagnostics(&b, <[Value]>::is_empty);
    let mut version = 1;
    let mut save = |editor: &mut Editor, text: &str| {
        version += 1;
        common::write(dir.path(), &[("src/b.rs", text)]);
        editor.change(&b, version, json!([{ "text": text }]));
        editor.notify("textDocument/didSave", json!({ "textDocument": { "uri": uri(&b) } }));
    };
    let locks = |d: &[Value]| d.iter().any(|d| code(d).starts_with("double_lock"));
    save(&mut editor, locking);
    let found = editor.diagnostics(&a, locks);
    let place = |found: &[Value]| found[0]["message"].as_str().unwrap_or_default().to_owned();
    // The same finding, with the place in the other file three lines further down.
    save(&mut editor, &format!("// one\n// two\n\n{locking}"));
    let moved = editor.diagnostics(&a, |d| locks(d) && place(d) != place(&found));
    // A file that is broken for a while takes nothing from the others.
    save(&mut editor, "pub fn inner(");
    editor.diagnostics(&b, |d| d.iter().any(|d| code(d) == "syntax_error"));
    save(&mut editor, &format!("// one\n{locking}"));
    editor.diagnostics(&b, <[Value]>::is_empty);
    editor.diagnostics(&a, |d| {
        assert!(locks(d), "it never went");
        place(d) != place(&moved)
    });
    // Another interface: names are resolved anew.
    save(&mut editor, &format!("{QUIET}pub struct New;\n"));
    editor.diagnostics(&a, <[Value]>::is_empty);
    assert_eq!(editor.leave(), Some(0));
}

#[test]
fn configuration_is_read_again() {
    let dir = package(BAD);
    let file = dir.path().join("src/lib.rs");
    let mut editor = Editor::open_folder(dir.path(), json!({}));
    editor.diagnostics(&file, |d| d.len() == 1);
    let saved = json!({ "changes": [{ "uri": uri(&dir.path().join("linger.toml")), "type": 1 }] });
    common::write(dir.path(), &[("linger.toml", "[rules]\ndropped_at_onse = \"allow\"\n")]);
    editor.notify("workspace/didChangeWatchedFiles", saved.clone());
    let said = editor.wait(|m| m["method"] == "window/showMessage");
    assert!(said["params"]["message"].as_str().unwrap_or_default().contains("dropped_at_once"), "{said}");
    common::write(dir.path(), &[("linger.toml", "[rules]\ndropped_at_once = \"allow\"\n")]);
    editor.notify("workspace/didChangeWatchedFiles", saved);
    editor.diagnostics(&file, <[Value]>::is_empty);
    assert_eq!(editor.leave(), Some(0));
}

#[test]
fn it_outlives_what_is_malformed() {
    let dir = package(GOOD);
    let file = dir.path().join("src/lib.rs");
    let mut editor = Editor::start(dir.path());
    editor.raw(b"Content-Length: 5\r\n\r\n{nope");
    editor.wait(|m| m["error"]["code"] == -32700);
    editor.raw(b"Nonsense\r\n\r\nContent-Length: x\r\n\r\nContent-Length: 2\r\n\r\n\xff\xfe");
    editor.wait(|m| m["error"]["code"] == -32700);
    assert_eq!(editor.request("textDocument/hover", json!({}))["error"]["code"], -32002);
    assert_eq!(editor.request("initialize", json!(7))["error"]["code"], -32602);
    let all = json!({ "capabilities": { "general": { "positionEncodings": ["utf-32", "utf-8"] } } });
    let answer = editor.request("initialize", all);
    assert_eq!(answer["result"]["capabilities"]["positionEncoding"], "utf-8");
    assert_eq!(editor.request("initialize", json!({ "capabilities": {} }))["error"]["code"], -32600);
    assert_eq!(editor.request("no/such", json!({}))["error"]["code"], -32601);
    assert_eq!(editor.request("textDocument/codeAction", json!([]))["error"]["code"], -32602);
    editor.notify("textDocument/didOpen", json!({ "textDocument": 3 }));
    editor.notify(
        "textDocument/didChange",
        json!({ "textDocument": { "uri": "file:///no/such.rs", "version": 1 }, "contentChanges": [] }),
    );
    let untitled = json!({ "uri": "untitled:one", "languageId": "rust", "version": 1, "text": BAD });
    editor.notify("textDocument/didOpen", json!({ "textDocument": untitled }));
    editor.open(&file, GOOD);
    // Ranges that are behind the end, the wrong way round, in the middle of a character.
    let point = |line: u32, character: u32| json!({ "line": line, "character": character });
    let odd = json!([
        { "range": { "start": point(9999, 9), "end": point(2, 4_000_000) }, "text": "// 😀\n" },
        { "range": { "start": point(2, 8), "end": point(2, 3) }, "text": "\u{0}\u{202e}" },
        { "text": BAD },
    ]);
    editor.change(&file, 2, odd);
    editor.diagnostics(&file, |d| d.len() == 1);
    assert_eq!(editor.leave(), Some(0));
}

#[test]
fn fast_typing_ends_with_the_last_text() {
    let dir = package(GOOD);
    let file = dir.path().join("src/lib.rs");
    let mut editor = Editor::open_folder(dir.path(), json!({}));
    editor.open(&file, GOOD);
    for version in 2..60 {
        let text = if version % 2 == 0 { "fn broken(" } else { GOOD };
        editor.change(&file, version, json!([{ "text": text }]));
    }
    editor.change(&file, 60, json!([{ "text": BAD }]));
    let name = uri(&file);
    let last = editor.wait(|m| m["params"]["uri"] == name && m["params"]["version"] == 60);
    assert_eq!(last["params"]["diagnostics"].as_array().map(Vec::len), Some(1));
    // Nothing about older texts comes behind it.
    let later = editor.messages.recv_timeout(Duration::from_millis(500));
    assert!(
        !matches!(&later, Ok(m) if m["params"]["version"] != 60 && m["params"]["uri"] == name),
        "{later:?}"
    );
    assert!(!matches!(later, Err(RecvTimeoutError::Disconnected)));
    assert_eq!(editor.leave(), Some(0));
}

#[test]
fn an_editor_that_vanishes_ends_the_server() {
    let dir = package(GOOD);
    let mut child = common::linger()
        .arg("lsp")
        .current_dir(dir.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("the server starts");
    assert_eq!(child.wait().expect("the server ends").code(), Some(1));
}

#[test]
fn a_new_lock_file_makes_it_learn_the_dependencies_again() {
    let dir = common::scratch();
    let manifest = |dependency: &str| {
        format!(
            "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\n{dependency}\n"
        )
    };
    let lock = |version: &str| {
        format!(
            "version = 4\n[[package]]\nname = \"p\"\nversion = \"0.1.0\"\ndependencies = [\"lending\"]\n[[package]]\nname = \"lending\"\n\
             version = \"{version}\"\nsource = \"registry+https://example.invalid/index\"\n"
        )
    };
    let library = |version: &str| {
        format!("[package]\nname = \"lending\"\nversion = \"{version}\"\nedition = \"2021\"\n")
    };
    let source = "pub fn f() {\n    let _ = lending::book();\n}\n";
    common::write(
        dir.path(),
        &[
            ("app/linger.toml", "[rules]\n\"ignored_result/any\" = \"warn\"\n"),
            ("app/Cargo.toml", &manifest("lending = \"*\"")),
            ("app/Cargo.lock", &lock("1.0.0")),
            ("app/src/lib.rs", source),
            ("home/registry/src/index/lending-1.0.0/Cargo.toml", &library("1.0.0")),
            ("home/registry/src/index/lending-1.0.0/src/lib.rs", "pub fn book() -> u8 { 0 }\n"),
            ("home/registry/src/index/lending-2.0.0/Cargo.toml", &library("2.0.0")),
            (
                "home/registry/src/index/lending-2.0.0/src/lib.rs",
                "pub fn book() -> Result<u8, String> { Ok(0) }\n",
            ),
        ],
    );
    let file = dir.path().join("app/src/lib.rs");
    let mut editor = Editor::open_folder(&dir.path().join("app"), json!({}));
    editor.open(&file, source);
    assert!(editor.diagnostics(&file, |_| true).is_empty());
    common::write(dir.path(), &[("app/Cargo.lock", &lock("2.0.0"))]);
    let changed = json!({ "uri": uri(&dir.path().join("app/Cargo.lock")), "type": 2 });
    editor.notify("workspace/didChangeWatchedFiles", json!({ "changes": [changed] }));
    let found = editor.diagnostics(&file, |d| !d.is_empty());
    assert_eq!(code(&found[0]), "ignored_result/any", "{found:#?}");
    assert_eq!(editor.leave(), Some(0));
}

#[test]
fn an_edit_of_a_macro_is_seen_where_it_is_called() {
    let dir = common::scratch();
    let tools = |body: &str| {
        format!(
            "macro_rules! quietly {{\n    ($e:expr) => {{{{\n        {body}\n    }}}};\n}}\npub(crate) use quietly;\n"
        )
    };
    let source = "use crate::tools::quietly;\npub fn f() {\n    quietly!(std::fs::remove_file(\"a\"));\n}\n";
    common::write(
        dir.path(),
        &[
            ("Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
            ("src/lib.rs", "mod tools;\npub mod user;\n"),
            ("src/tools.rs", &tools("let _ = $e;")),
            ("src/user.rs", source),
            ("linger.toml", "[rules]\n\"ignored_result/any\" = \"warn\"\n"),
        ],
    );
    let mut editor = Editor::open_folder(dir.path(), json!({}));
    let (user, macros) = (dir.path().join("src/user.rs"), dir.path().join("src/tools.rs"));
    editor.open(&user, source);
    let found = editor.diagnostics(&user, |d| !d.is_empty());
    assert_eq!(code(&found[0]).split('/').next(), Some("ignored_result"), "{found:#?}");
    editor.open(&macros, &tools("let _ = $e;"));
    editor.change(&macros, 2, json!([{ "text": tools("$e.unwrap();") }]));
    assert!(editor.diagnostics(&user, |d| d.is_empty()).is_empty());
    editor.change(&macros, 3, json!([{ "text": tools("let _ = $e;") }]));
    assert!(!editor.diagnostics(&user, |d| !d.is_empty()).is_empty());
    assert_eq!(editor.leave(), Some(0));
}

/// How long a constant of another file waits decides what is said here.
#[test]
fn an_edit_of_a_constant_is_seen_where_it_is_used() {
    let dir = package("pub mod limits;\npub mod user;\n");
    let limits = |pause: &str, number: u32| {
        format!(
            "use std::time::Duration;\npub const PAUSE: Duration = Duration::from_{pause}(5);\npub const MS: u64 = {number};\n"
        )
    };
    let source = "use std::sync::Mutex;\nuse std::thread::sleep;\nuse std::time::Duration;\n\
        pub fn by_duration(m: &Mutex<u8>) {\n    let mut g = m.lock().unwrap();\n    sleep(crate::limits::PAUSE);\n    *g += 1;\n}\n\
        pub fn by_number(m: &Mutex<u8>) {\n    let mut g = m.lock().unwrap();\n    sleep(Duration::from_millis(crate::limits::MS));\n    *g += 1;\n}\n";
    common::write(dir.path(), &[("src/limits.rs", &limits("millis", 5)), ("src/user.rs", source)]);
    let (user, constants) = (dir.path().join("src/user.rs"), dir.path().join("src/limits.rs"));
    let mut editor = Editor::open_folder(dir.path(), json!({}));
    editor.open(&user, source);
    editor.diagnostics(&user, <[Value]>::is_empty);
    editor.open(&constants, &limits("millis", 5));
    editor.change(&constants, 2, json!([{ "text": limits("secs", 5) }]));
    editor.diagnostics(&user, |d| d.len() == 1);
    editor.change(&constants, 3, json!([{ "text": limits("secs", 5000) }]));
    editor.diagnostics(&user, |d| d.len() == 2);
    editor.change(&constants, 4, json!([{ "text": limits("millis", 5) }]));
    editor.diagnostics(&user, <[Value]>::is_empty);
    assert_eq!(editor.leave(), Some(0));
}
