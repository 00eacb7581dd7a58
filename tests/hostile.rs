//! A project that means harm: nothing of it runs, and nothing is written but what was asked for.
#![cfg(unix)]

mod common;

use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const BAD: &str = "pub fn f(m: &std::sync::Mutex<u32>) -> u32 {\n    let a = m.lock().unwrap();\n    let b = m.lock().unwrap();\n    *a + *b\n}\n";

/// Has a fix.
const FIXABLE: &str =
    "pub fn f(m: &std::sync::Mutex<u32>) {\n    let _ = m.lock().unwrap();\n    work();\n}\nfn work() {}\n";

/// A folder with a project, a home and things beside the project, and a trap that leaves `sprung` when it runs.
struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = common::scratch();
        let root = dir.path();
        common::write(
            root,
            &[("home/.profile", "mine"), ("beside/mine.rs", FIXABLE), ("beside/notes", "mine")],
        );
        let trap = format!("#!/bin/sh\ntouch '{}'\n", root.join("sprung").display());
        common::write(root, &[("trap.sh", &trap)]);
        std::fs::set_permissions(root.join("trap.sh"), PermissionsExt::from_mode(0o755))
            .expect("permissions");
        let trapped: Vec<(String, String)> = files
            .iter()
            .map(|(name, text)| {
                (format!("project/{name}"), text.replace("TRAP", &root.join("trap.sh").display().to_string()))
            })
            .collect();
        let borrowed: Vec<(&str, &str)> = trapped.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
        common::write(root, &borrowed);
        Self { dir }
    }

    fn project(&self) -> PathBuf {
        self.dir.path().join("project")
    }

    fn run(&self, args: &[&str]) -> Output {
        let root = self.dir.path();
        common::linger()
            .current_dir(self.project())
            .env("HOME", root.join("home"))
            .env("XDG_CACHE_HOME", root.join("cache"))
            .env("XDG_CONFIG_HOME", root.join("home/.config"))
            .args(args)
            .output()
            .expect("the built binary starts")
    }

    /// All files with their contents, but the cache.
    fn contents(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        walkdir::WalkDir::new(self.dir.path())
            .into_iter()
            .flatten()
            .filter(|entry| !entry.path().starts_with(self.dir.path().join("cache")))
            .map(|entry| {
                let text = if entry.file_type().is_file() {
                    std::fs::read(entry.path()).unwrap_or_default()
                } else {
                    Vec::new()
                };
                (entry.path().to_path_buf(), text)
            })
            .collect()
    }

    fn is_sprung(&self) -> bool {
        self.dir.path().join("sprung").exists()
    }
}

const MANIFEST: &str = "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2021\"\nbuild = \"build.rs\"\n[lib]\nproc-macro = true\n";

const FILES: &[(&str, &str)] = &[
    ("Cargo.toml", MANIFEST),
    ("build.rs", "fn main() { std::process::Command::new(\"TRAP\").status().unwrap(); }\n"),
    ("src/lib.rs", BAD),
    (
        ".cargo/config.toml",
        "[build]\nrustc = \"TRAP\"\nrustc-wrapper = \"TRAP\"\nrustc-workspace-wrapper = \"TRAP\"\nrustdoc = \"TRAP\"\n\
         [target.'cfg(all())']\nrunner = \"TRAP\"\nlinker = \"TRAP\"\n[alias]\nmetadata = \"!TRAP\"\n[env]\nHOME = \"TRAP\"\n",
    ),
    ("rust-toolchain.toml", "[toolchain]\npath = \"TRAP\"\n"),
    ("rust-toolchain", "TRAP\n"),
];

#[test]
fn nothing_is_run_and_nothing_is_written() {
    let place = Place::new(FILES);
    let before = place.contents();
    for args in
        [&["--message-format", "short"][..], &["-W", "all", "--message-format", "sarif"], &["--statistics"]]
    {
        let output = place.run(args);
        assert_eq!(output.status.code(), Some(1), "{}", common::stderr(&output));
    }
    place.run(&["config", "show"]);
    place.run(&["debug", "timeline", "src/lib.rs"]);
    assert!(!place.is_sprung());
    assert_eq!(before, place.contents());
}

#[test]
fn a_repository_s_configuration_runs_nothing() {
    let place = Place::new(FILES);
    let trap = place.dir.path().join("trap.sh").display().to_string();
    let git = |args: &[&str]| {
        let done = Command::new("git").args(args).current_dir(place.project()).output();
        done.is_ok_and(|output| output.status.success())
    };
    let made = git(&["init", "-q"])
        && git(&["config", "user.name", "a"])
        && git(&["config", "user.email", "a@b"])
        && git(&["add", "."])
        && git(&["commit", "-q", "-m", "a"]);
    if !made {
        eprintln!("skipped: no git");
        return;
    }
    common::write(&place.project(), &[(".gitattributes", "*.rs diff=trap filter=trap\n")]);
    for key in [
        "core.fsmonitor",
        "diff.external",
        "diff.trap.textconv",
        "diff.trap.command",
        "core.pager",
        "core.sshCommand",
    ] {
        assert!(git(&["config", key, &trap]));
    }
    for hook in ["post-index-change", "pre-commit", "post-checkout"] {
        let path = place.project().join(".git/hooks").join(hook);
        common::write(&place.project(), &[(&format!(".git/hooks/{hook}"), &format!("#!/bin/sh\n{trap}\n"))]);
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("permissions");
    }
    common::write(&place.project(), &[("src/lib.rs", &format!("// more\n{BAD}"))]);
    place.run(&["--since", "HEAD"]);
    place.run(&["--fix"]);
    assert!(!place.is_sprung());
}

#[test]
fn fixes_do_not_follow_links_out_of_the_project() {
    let place = Place::new(&[
        ("Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.1.0\"\n"),
        ("src/lib.rs", "mod mine;\nmod own;\n"),
        ("src/own.rs", FIXABLE),
    ]);
    let beside = place.dir.path().join("beside");
    symlink(beside.join("mine.rs"), place.project().join("src/mine.rs")).expect("a link");
    symlink(&beside, place.project().join("src/all")).expect("a link");
    let output = place.run(&["--fix", "--unsafe-fixes", "--allow-dirty"]);
    let own = std::fs::read_to_string(place.project().join("src/own.rs")).expect("the file");
    assert_ne!(own, FIXABLE, "{}", common::stderr(&output));
    place.run(&["--fix", "--unsafe-fixes", "--allow-dirty", "src/mine.rs", "src/all/mine.rs"]);
    let mine = std::fs::read_to_string(beside.join("mine.rs")).expect("the file");
    assert_eq!(mine, FIXABLE, "{}", common::stderr(&output));
}

#[test]
fn a_baseline_elsewhere_is_written_only_when_the_user_names_it() {
    let place = Place::new(&[
        ("Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.1.0\"\n"),
        ("src/lib.rs", BAD),
        ("linger.toml", "baseline = \"../beside/notes\"\n"),
    ]);
    let notes = place.dir.path().join("beside/notes");
    let read = || std::fs::read_to_string(&notes).expect("the file");
    let output = place.run(&["baseline", "write"]);
    assert_eq!(output.status.code(), Some(2), "{}", common::stderr(&output));
    assert_eq!(read(), "mine");
    // The usual file as a link does not lead there either.
    common::write(&place.project(), &[("linger.toml", "")]);
    symlink(&notes, place.project().join("linger-baseline.json")).expect("a link");
    let output = place.run(&["baseline", "write"]);
    assert_eq!(output.status.code(), Some(2), "{}", common::stderr(&output));
    assert_eq!(read(), "mine");
    let output = place.run(&["baseline", "write", "--baseline", "../beside/notes"]);
    assert_eq!(output.status.code(), Some(0), "{}", common::stderr(&output));
    assert_ne!(read(), "mine");
}

#[test]
fn a_configuration_elsewhere_is_an_error_or_words() {
    for config in [
        "extends = \"/etc/passwd\"\n",
        "[rules]\n\"../../x\" = \"deny\"\n",
        "[[overrides]]\npaths = [\"/**\"]\n",
    ] {
        let place = Place::new(&[
            ("Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.1.0\"\n"),
            ("src/lib.rs", BAD),
            ("linger.toml", config),
        ]);
        let before = place.contents();
        let output = place.run(&[]);
        assert!(matches!(output.status.code(), Some(1 | 2)));
        let said = common::stdout(&output) + &common::stderr(&output);
        assert!(!said.contains("root:") && !said.contains("panicked"), "{said}");
        assert_eq!(before, place.contents());
    }
}

/// Links that leave the tree, or lead to what never ends, are not followed while looking for files.
#[test]
fn links_out_of_the_tree_are_not_walked() {
    let place = Place::new(&[("a.rs", "fn f() {}\n")]);
    symlink(Path::new("/"), place.project().join("everything")).expect("a link");
    symlink(place.dir.path().join("beside"), place.project().join("beside")).expect("a link");
    let output = place.run(&["--message-format", "short", "."]);
    assert_eq!(output.status.code(), Some(0), "{}", common::stdout(&output));
}
