//! The baseline, `--since` and fixes.

mod common;

use std::path::Path;
use std::process::Command;

use common::{findings, linger, run, scratch, stderr, stdout, write};

const OLD: &str = "use std::sync::Mutex;\npub fn old(m: &Mutex<u32>) -> u32 {\n    let a = m.lock().unwrap();\n    let b = m.lock().unwrap();\n    *a + *b\n}\n";

const NEW: &str = "pub fn new(m: &Mutex<u32>) -> u32 {\n    let a = m.lock().unwrap();\n    let b = m.lock().unwrap();\n    *a * *b\n}\n";

fn project() -> tempfile::TempDir {
    let dir = scratch();
    write(
        dir.path(),
        &[
            ("Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
            ("src/lib.rs", OLD),
        ],
    );
    dir
}

fn lines(dir: &Path, args: &[&str]) -> Vec<u64> {
    let mut all = vec!["--message-format", "json"];
    all.extend(args);
    findings(&run(dir, &all)).into_iter().map(|f| f.line).collect()
}

fn git(dir: &Path, args: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=false"])
        .arg("-C")
        .arg(dir)
        .args(args)
        .output()
        .expect("git is there");
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_baseline_hides_what_is_old_and_only_that() {
    let dir = project();
    let root = dir.path();
    assert_eq!(lines(root, &[]), [3]);
    assert_eq!(run(root, &["baseline", "write"]).status.code(), Some(0));
    let output = run(root, &[]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stderr(&output).contains("1 known to the baseline"), "{}", stderr(&output));
    assert_eq!(lines(root, &["--no-baseline"]), [3]);
    // Code above does not matter; a new finding of the same rule in the same file does.
    write(root, &[("src/lib.rs", &format!("// More.\n\n{OLD}{NEW}"))]);
    assert_eq!(lines(root, &[]), [10]);
    // The same text in the same function again is one more than is known.
    write(
        root,
        &[(
            "src/lib.rs",
            &OLD.replace("    *a + *b", "    drop(a);\n    let c = m.lock().unwrap();\n    *c + *b"),
        )],
    );
    assert_eq!(lines(root, &[]).len(), 1);
}

#[test]
fn a_baseline_only_shrinks() {
    let dir = project();
    let root = dir.path();
    run(root, &["baseline", "write"]);
    let path = root.join("linger-baseline.json");
    let before = std::fs::read_to_string(&path).expect("it was written");
    // What is new is not added, what is still there is kept.
    write(root, &[("src/lib.rs", &format!("{OLD}{NEW}"))]);
    run(root, &["baseline", "update"]);
    assert_eq!(std::fs::read_to_string(&path).expect("there"), before);
    // A rule that is off was not looked for.
    write(root, &[("src/lib.rs", "")]);
    run(root, &["baseline", "update", "-A", "all"]);
    assert_eq!(std::fs::read_to_string(&path).expect("there"), before);
    // A file that was not looked at is not judged.
    write(root, &[("src/other.rs", "")]);
    run(root, &["baseline", "update", "src/other.rs"]);
    assert_eq!(std::fs::read_to_string(&path).expect("there"), before);
    let output = run(root, &["baseline", "update"]);
    assert!(stderr(&output).contains("1 finding removed"), "{}", stderr(&output));
    assert!(!std::fs::read_to_string(&path).expect("there").contains("double_lock"));
}

#[test]
fn a_baseline_that_cannot_be_read() {
    let dir = project();
    let complaint = |text: &str| {
        write(dir.path(), &[("linger-baseline.json", text)]);
        let output = run(dir.path(), &[]);
        assert_eq!(output.status.code(), Some(2));
        stderr(&output)
    };
    assert!(complaint("{\"version\": 99, \"other\": []}").contains("has version 99"));
    assert!(complaint("nonsense").contains("is no baseline"));
    let output = run(dir.path(), &["--baseline", "missing.json"]);
    assert!(stderr(&output).contains("baseline write"));
}

#[test]
fn since_a_revision() {
    let dir = project();
    let root = dir.path();
    assert!(stderr(&run(root, &["--since", "HEAD"])).contains("no git repository"));
    git(root, &["init", "-q", "-b", "main"]);
    assert!(stderr(&run(root, &["--since", "HEAD"])).contains("no commit yet"));
    git(root, &["add", "."]);
    git(root, &["commit", "-qm", "one"]);
    assert_eq!(lines(root, &["--since", "HEAD"]), [0; 0]);
    write(root, &[("src/lib.rs", &format!("{OLD}{NEW}"))]);
    assert_eq!(lines(root, &["--since", "HEAD"]), [8]);
    assert_eq!(lines(root, &["--since", "main"]), [8]);
    // Any place of the finding counts, here the second lock and then only the end of the guard's life.
    write(root, &[("src/lib.rs", &OLD.replace("let b = m", "let b  = m"))]);
    assert_eq!(lines(root, &["--since", "HEAD"]), [3]);
    write(root, &[("src/lib.rs", &OLD.replace("*a + *b\n}", "*a + *b\n } "))]);
    assert_eq!(lines(root, &["--since", "HEAD"]), [3]);
    write(root, &[("src/lib.rs", &OLD.replace("*a + *b", "*a - *b"))]);
    assert_eq!(lines(root, &["--since", "HEAD"]), [0; 0]);
    // A file that git does not know yet.
    write(root, &[("src/lib.rs", OLD), ("src/new file ä.rs", OLD)]);
    assert_eq!(lines(root, &["--since", "HEAD"]), [3]);
    // A renamed file is not a new one.
    std::fs::remove_file(root.join("src/new file ä.rs")).expect("there");
    git(root, &["mv", "src/lib.rs", "src/\"quoted\" ß.rs"]);
    git(root, &["commit", "-qam", "two"]);
    assert_eq!(lines(root, &["--since", "HEAD~1"]), [0; 0]);
    assert!(stderr(&run(root, &["--since", "no-such"])).contains("git does not know `no-such`"));
    assert_eq!(run(root, &["--since", "--output=x"]).status.code(), Some(2));
    // A shallow clone does not have the base.
    let clone = scratch();
    let to = clone.path().join("c");
    git(
        clone.path(),
        &["clone", "-q", "--depth", "1", &format!("file://{}", root.display()), &to.to_string_lossy()],
    );
    assert!(stderr(&run(&to, &["--since", "HEAD~1"])).contains("shallow clone"));
}

#[test]
fn fixes_are_made_shown_and_refused() {
    let dir = scratch();
    let root = dir.path();
    let before = "fn f() {} // linger: allow(double_lock)\r\nfn g() {} // linger: allow(double_lock)\r\n";
    write(root, &[("a.rs", before)]);
    let shown = run(root, &["--fix", "--diff", "a.rs"]);
    assert_eq!(shown.status.code(), Some(1));
    assert!(stdout(&shown).contains("-fn f() {} // linger: allow(double_lock)"), "{}", stdout(&shown));
    assert_eq!(std::fs::read_to_string(root.join("a.rs")).expect("there"), before);
    git(root, &["init", "-q"]);
    git(root, &["add", "."]);
    git(root, &["commit", "-qm", "one"]);
    write(root, &[("b.rs", ""), ("a.rs", &format!("{before}\n"))]);
    let refused = run(root, &["--fix", "a.rs"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("--allow-dirty:\n  a.rs\n"), "{}", stderr(&refused));
    let fixed = run(root, &["--fix", "--allow-dirty", "a.rs"]);
    assert_eq!(fixed.status.code(), Some(0), "{}", stderr(&fixed));
    assert!(stderr(&fixed).contains("2 fixed in 1 file"), "{}", stderr(&fixed));
    assert_eq!(std::fs::read_to_string(root.join("a.rs")).expect("there"), "fn f() {}\r\nfn g() {}\r\n\n");
    assert_eq!(run(root, &["--unsafe-fixes", "a.rs"]).status.code(), Some(2));
}

#[test]
fn fixes_that_must_be_asked_for_are_counted() {
    let dir = scratch();
    let text = "pub fn f(queue: &std::sync::Mutex<Vec<u64>>) {\n    while let Some(job) = queue.lock().unwrap().pop() {\n        \
                std::thread::sleep(std::time::Duration::from_millis(job));\n    }\n}\n";
    write(dir.path(), &[("a.rs", text)]);
    let said = |args: &[&str]| stderr(&run(dir.path(), args));
    let fixed = said(&["--fix", "a.rs"]);
    assert!(fixed.contains("linger: 0 fixed in 0 files; 1 more with --unsafe-fixes\n"), "{fixed}");
    let shown = said(&["--fix", "--diff", "a.rs"]);
    assert!(shown.contains("linger: 1 more finding could be fixed with --unsafe-fixes\n"), "{shown}");
    let all = said(&["--fix", "--unsafe-fixes", "a.rs"]);
    assert!(all.contains("linger: 1 fixed in 1 file\n"), "{all}");
}

#[cfg(unix)]
#[test]
fn a_fix_keeps_permissions_and_links() {
    use std::os::unix::fs::PermissionsExt;
    let dir = scratch();
    let root = dir.path();
    write(root, &[("real.rs", "fn f() {} // linger: allow(double_lock)\n")]);
    std::fs::set_permissions(root.join("real.rs"), std::fs::Permissions::from_mode(0o755))
        .expect("it is ours");
    std::os::unix::fs::symlink("real.rs", root.join("link.rs")).expect("a link");
    let fixed = run(root, &["--fix", "link.rs"]);
    assert_eq!(fixed.status.code(), Some(0), "{}", stderr(&fixed));
    assert_eq!(std::fs::read_to_string(root.join("real.rs")).expect("there"), "fn f() {}\n");
    assert_eq!(std::fs::metadata(root.join("real.rs")).expect("there").permissions().mode() & 0o777, 0o755);
    assert!(std::fs::symlink_metadata(root.join("link.rs")).expect("there").is_symlink());
}

#[test]
fn cargo_goes_first() {
    let dir = project();
    let root = dir.path();
    write(root, &[("src/lib.rs", &format!("{OLD}fn unused() {{}}\n"))]);
    let output = linger()
        .current_dir(root)
        .args(["linger", "check", "--message-format", "json", "--", "check", "--offline"])
        .env("CARGO_TARGET_DIR", root.join("out"))
        .output()
        .expect("linger starts");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let text = stdout(&output);
    let at = |what: &str| {
        text.lines().position(|l| l.contains(what)).unwrap_or_else(|| panic!("no {what} in {text}"))
    };
    assert!(at("dead_code") < at("linger::double_lock"));
    let id = |line: usize| {
        let value: serde_json::Value =
            serde_json::from_str(text.lines().nth(line).unwrap_or_default()).expect("JSON");
        value["package_id"].clone()
    };
    assert_eq!(id(at("dead_code")), id(at("linger::double_lock")));
    // cargo's failure is the status.
    write(root, &[("src/lib.rs", "fn f( {")]);
    let failed = linger()
        .current_dir(root)
        .args(["check", "--", "check", "--offline"])
        .env("CARGO_TARGET_DIR", root.join("out"))
        .output()
        .expect("linger starts");
    assert_eq!(failed.status.code(), Some(101));
    assert!(stderr(&failed).contains("error"), "cargo's words are passed on");
}

/// Root may write everywhere; where the test runs as root there is nothing to see.
#[cfg(unix)]
#[test]
fn a_read_only_tree_is_checked_and_stays_as_it_is() {
    use std::os::unix::fs::PermissionsExt;
    let dir = project();
    let root = dir.path();
    write(root, &[("src/lib.rs", &format!("{OLD}fn f() {{}} // linger: allow(double_lock)\n"))]);
    let before = std::fs::read_to_string(root.join("src/lib.rs")).expect("there");
    let mode = |path: &Path, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("it is ours");
    };
    // The file alone, then its folders as well.
    mode(&root.join("src/lib.rs"), 0o444);
    for folders in [false, true] {
        if folders {
            mode(&root.join("src"), 0o555);
            mode(root, 0o555);
        }
        assert_eq!(lines(root, &[]), [3, 7]);
        let fixed = run(root, &["--fix"]);
        assert_eq!(fixed.status.code(), Some(2), "{}", stderr(&fixed));
        assert!(stderr(&fixed).contains("src/lib.rs"), "{}", stderr(&fixed));
        assert_eq!(std::fs::read_to_string(root.join("src/lib.rs")).expect("there"), before);
    }
    let probe = std::fs::write(root.join("probe"), "");
    if probe.is_err() {
        for args in
            [["baseline", "write"].as_slice(), &["init"], &["--message-format", "sarif", "--output", "o"]]
        {
            let output = run(root, args);
            assert_eq!(output.status.code(), Some(2), "{args:?}");
            assert!(stderr(&output).contains("cannot be written"), "{}", stderr(&output));
        }
    }
    mode(root, 0o755);
    mode(&root.join("src"), 0o755);
    let left: Vec<String> = std::fs::read_dir(root)
        .expect("there")
        .map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with('.'))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn two_fixes_at_once_leave_the_file_whole() {
    let dir = scratch();
    let root = dir.path();
    let line = "fn f() {} // linger: allow(double_lock)\n";
    write(root, &[("a.rs", &line.repeat(500))]);
    let start = || {
        linger()
            .current_dir(root)
            .args(["--fix", "-q", "a.rs"])
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("linger starts")
    };
    let running = [start(), start(), start()];
    for child in running {
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }
    assert_eq!(std::fs::read_to_string(root.join("a.rs")).expect("there"), "fn f() {}\n".repeat(500));
}
