//! Findings that are kept between runs: a cached run says what a cold one says, whatever has happened to the cache.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const MANIFEST: &str = "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";

const BAD: &str = "use std::sync::Mutex;
pub fn f(m: &Mutex<i32>, s: &str) -> i32 {
    let _ = m.lock();
    s.len() as i32
}
// linger: allow(double_lock): nothing here
pub fn g(m: &Mutex<i32>) {
    let first = m.lock().unwrap();
    let second = m.lock().unwrap();
    drop((first, second));
}
";

/// A package, and a cache of its own beside it.
struct Workspace {
    dir: tempfile::TempDir,
}

impl Workspace {
    fn new() -> Self {
        let dir = common::scratch();
        let files =
            [("p/Cargo.toml", MANIFEST), ("p/src/lib.rs", BAD), ("p/src/other.rs", "pub fn h() {}\n")];
        common::write(dir.path(), &files);
        Self { dir }
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("p")
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.root().join(file), text).expect("a file of the test");
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = common::linger();
        command.current_dir(self.root()).env("XDG_CACHE_HOME", self.dir.path().join("cache")).args(args);
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("the built binary starts")
    }

    /// Whether a run takes its answer from the cache.
    fn is_known(&self, args: &[&str]) -> bool {
        let output = self.run(&[args, &["--timings"]].concat());
        !common::stderr(&output).contains("parse and lower")
    }

    fn cold(&self, args: &[&str]) -> Output {
        self.run(&[args, &["--no-cache"]].concat())
    }

    /// All files that are kept.
    fn entries(&self) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = walkdir::WalkDir::new(self.dir.path().join("cache"))
            .into_iter()
            .flatten()
            .filter(|e| e.path().extension().is_some_and(|e| e == "json"))
            .map(walkdir::DirEntry::into_path)
            .collect();
        found.sort();
        found
    }
}

fn assert_same(a: &Output, b: &Output, when: &str) {
    assert_eq!(common::stdout(a), common::stdout(b), "{when}");
    assert_eq!(common::stderr(a), common::stderr(b), "{when}");
    assert_eq!(a.status.code(), b.status.code(), "{when}");
}

#[test]
fn a_cached_run_prints_the_same_bytes() {
    let workspace = Workspace::new();
    for format in ["human", "short", "json", "sarif", "github"] {
        let args = ["--message-format", format, "-W", "all", "-v"];
        let cold = workspace.cold(&args);
        assert!(!cold.stdout.is_empty());
        assert_same(&workspace.run(&args), &cold, "the first run");
        assert!(workspace.is_known(&args), "{format}");
        assert_same(&workspace.run(&args), &cold, "the second run");
    }
    // All formats tell of the same findings.
    assert_eq!(workspace.entries().len(), 1);
    assert!(workspace.dir.path().join("cache/linger/CACHEDIR.TAG").is_file());
}

#[test]
fn what_decides_the_findings_is_in_the_key() {
    let workspace = Workspace::new();
    workspace.run(&[]);
    assert!(workspace.is_known(&[]));
    let changed = |what: &str, change: &dyn Fn(), back: &dyn Fn()| {
        change();
        assert!(!workspace.is_known(&[]), "{what}");
        assert_same(&workspace.run(&[]), &workspace.cold(&[]), what);
        back();
        assert!(workspace.is_known(&[]), "{what}, taken back");
    };
    let lib = workspace.root().join("src/lib.rs");
    let time = fs::metadata(&lib).and_then(|m| m.modified()).expect("a time");
    changed(
        "a file of the same length and time",
        &|| {
            workspace.write("src/lib.rs", &BAD.replace("let _ =", "let a ="));
            let file = fs::File::options().append(true).open(&lib).expect("the file");
            file.set_modified(time).expect("a time");
        },
        &|| workspace.write("src/lib.rs", BAD),
    );
    let remove = |file: &str| fs::remove_file(workspace.root().join(file)).expect("a file of the test");
    changed("a new file", &|| workspace.write("src/new.rs", BAD), &|| remove("src/new.rs"));
    changed(
        "a configuration",
        &|| workspace.write("linger.toml", "[rules]\ndropped_at_once = \"allow\"\n"),
        &|| remove("linger.toml"),
    );
    changed("an edition", &|| workspace.write("Cargo.toml", &MANIFEST.replace("2021", "2024")), &|| {
        workspace.write("Cargo.toml", MANIFEST)
    });
    changed("a lock file", &|| workspace.write("Cargo.lock", "version = 4\n"), &|| remove("Cargo.lock"));
    assert!(!workspace.is_known(&["-A", "all"]));
    assert!(!workspace.is_known(&["src/other.rs"]));
}

#[test]
fn damage_is_never_believed() {
    let workspace = Workspace::new();
    let cold = workspace.cold(&[]);
    workspace.run(&[]);
    let [entry] = &*workspace.entries() else { panic!("one entry") };
    let whole = fs::read(entry).expect("the entry");
    let step = whole.len().div_ceil(25);
    for at in (0..whole.len()).step_by(step) {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x20;
        for damaged in [&flipped[..], &whole[..at]] {
            fs::write(entry, damaged).expect("the entry");
            assert_same(&workspace.run(&[]), &cold, &format!("damaged at {at}"));
            assert_eq!(fs::read(entry).expect("the entry"), whole, "it is written anew");
        }
    }
    // A folder in its place cannot be read or written.
    fs::remove_file(entry).expect("the entry");
    fs::create_dir(entry).expect("a folder");
    assert_same(&workspace.run(&[]), &cold, "a folder in its place");
}

#[test]
fn many_runs_at_once_and_killed_ones_leave_it_whole() {
    let workspace = Workspace::new();
    let cold = workspace.cold(&["--message-format", "json"]);
    let start = || {
        let mut command = workspace.command(&["--message-format", "json"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the built binary starts")
    };
    for round in 0..6_u64 {
        let mut killed = start();
        let others = [start(), start(), start()];
        std::thread::sleep(Duration::from_millis(3 * round));
        killed.kill().expect("it can be killed");
        killed.wait().expect("it ends");
        for other in others {
            let output = other.wait_with_output().expect("it ends");
            assert_eq!(common::stdout(&output), common::stdout(&cold), "round {round}");
        }
        assert_same(&workspace.run(&["--message-format", "json"]), &cold, "afterwards");
        if round % 2 == 0 {
            fs::remove_dir_all(workspace.dir.path().join("cache")).expect("the cache goes");
        }
    }
}

/// A run is killed as soon as the file that becomes the entry is there: it is half written, or about to be moved.
#[test]
fn killed_in_the_middle_of_writing() {
    let workspace = Workspace::new();
    let many = "    let _ = m.lock();\n    end();\n".repeat(2000);
    workspace
        .write("src/lib.rs", &format!("pub fn f(m: &std::sync::Mutex<i32>) {{\n{many}}}\nfn end() {{}}\n"));
    let args = ["--message-format", "short"];
    let cold = workspace.cold(&args);
    let below = |path: PathBuf| fs::read_dir(path).into_iter().flatten().flatten();
    let results = workspace.dir.path().join("cache/linger/results-1");
    let new_files = || {
        let files = below(results.clone()).flat_map(|folder| below(folder.path()));
        files.filter(|file| file.file_name().to_string_lossy().starts_with(".new")).count()
    };
    let mut left = 0;
    for round in 0..5 {
        let mut command = workspace.command(&args);
        let mut run = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        while new_files() == 0 && run.try_wait().expect("a status").is_none() {}
        run.kill().expect("it can be killed");
        run.wait().expect("it ends");
        left += new_files();
        assert_same(&workspace.run(&args), &cold, &format!("after kill {round}"));
        assert!(workspace.is_known(&args), "it is kept");
        fs::remove_dir_all(workspace.dir.path().join("cache")).expect("the cache goes");
    }
    println!("{left} of 5 left half of an entry");
}

/// Whatever keeps the cache from being written, the answer is the same.
#[test]
#[cfg(unix)]
fn a_cache_that_cannot_be_written_does_not_matter() {
    let workspace = Workspace::new();
    let cold = workspace.cold(&[]);
    // A full disk: files may not grow beyond nothing. The output goes to a pipe.
    let limited = |blocks: &str| {
        let script = format!("ulimit -f {blocks}; exec \"$0\"");
        let mut command = Command::new("sh");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_cargo-linger")]).current_dir(workspace.root());
        command.env("XDG_CACHE_HOME", workspace.dir.path().join("cache")).env_remove("NO_COLOR");
        command.env_remove("GITHUB_STEP_SUMMARY").output().expect("a shell")
    };
    for blocks in ["0", "1"] {
        assert_same(&limited(blocks), &cold, "a limit on the size of files");
        assert_same(&workspace.run(&[]), &cold, "after it");
    }
    for place in [
        Path::new("/dev/full"),
        Path::new("/dev/null/below"),
        Path::new("/proc"),
        &workspace.root().join("Cargo.toml"),
    ] {
        let mut command = workspace.command(&[]);
        let output = command.env("XDG_CACHE_HOME", place).output().expect("the built binary starts");
        assert_same(&output, &cold, &format!("a cache in {}", place.display()));
    }
}

/// A disk that is full before the entry is whole, in a namespace of its own; left out where there can be none.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_does_not_matter() {
    let workspace = Workspace::new();
    let cold = workspace.cold(&[]);
    let disk = workspace.dir.path().join("disk");
    fs::create_dir(&disk).expect("a folder");
    for size in ["4k", "8k", "12k", "16k"] {
        let script = format!("mount -t tmpfs -o size={size} none \"$1\" || exit 77; exec \"$0\"");
        let mut command = Command::new("unshare");
        command.args(["-rm", "sh", "-c", &script, env!("CARGO_BIN_EXE_cargo-linger")]).arg(&disk);
        command.current_dir(workspace.root()).env("XDG_CACHE_HOME", &disk);
        command.env_remove("NO_COLOR").env_remove("GITHUB_STEP_SUMMARY");
        let output = command.output();
        let refused = |output: &Output| {
            output.status.code() == Some(77) || common::stderr(output).starts_with("unshare:")
        };
        match output {
            Ok(output) if !refused(&output) => assert_same(&output, &cold, &format!("a disk of {size}")),
            other => println!("no disk of its own here: {other:?}"),
        }
    }
}

#[test]
fn it_can_be_left_out_and_deleted() {
    let workspace = Workspace::new();
    workspace.run(&["--no-cache"]);
    assert_eq!(workspace.entries(), Vec::<PathBuf>::new());
    workspace.run(&[]);
    assert_eq!(workspace.entries().len(), 1);
    let path = common::stdout(&workspace.run(&["cache", "path"]));
    assert_eq!(Path::new(path.trim_end()), workspace.dir.path().join("cache/linger"));
    assert_eq!(workspace.run(&["cache", "clean"]).status.code(), Some(0));
    assert!(!Path::new(path.trim_end()).exists());
    assert_eq!(workspace.run(&["cache", "clean"]).status.code(), Some(0), "nothing to delete is no error");
}

/// The baseline and the lines that changed are looked at anew in each run.
#[test]
fn what_comes_behind_the_findings_is_not_kept() {
    let workspace = Workspace::new();
    let plain = workspace.run(&[]);
    assert!(!plain.stdout.is_empty());
    assert_eq!(workspace.run(&["baseline", "write"]).status.code(), Some(0));
    assert!(workspace.is_known(&[]));
    let hidden = workspace.run(&[]);
    assert_ne!(common::stdout(&plain), common::stdout(&hidden));
    assert_same(&hidden, &workspace.cold(&[]), "with a baseline");
}
