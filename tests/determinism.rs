//! The same bytes for any number of threads, and every time. `LINGER_CORPUS` names a folder to check besides the fixtures.

mod common;

use std::path::{Path, PathBuf};

fn output(dir: &Path, format: &str, jobs: &str) -> Vec<u8> {
    let args = [
        "--no-cache",
        "--no-dependencies",
        "-W",
        "all",
        "--tests",
        "same",
        "--message-format",
        format,
        "-j",
        jobs,
        ".",
    ];
    let output = common::run(dir, &args);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", common::stderr(&output));
    output.stdout
}

fn is_the_same(dir: &Path, formats: &[&str]) {
    for format in formats {
        let first = output(dir, format, "1");
        assert!(!first.is_empty());
        for jobs in ["8", "3", "8"] {
            assert!(first == output(dir, format, jobs), "{}: {format} with {jobs} threads", dir.display());
        }
    }
}

#[test]
fn fixtures() {
    let scratch = common::scratch();
    // Outside of the repository, whose configuration leaves the fixtures out.
    for entry in walkdir::WalkDir::new(common::repository().join("fixtures")).into_iter().flatten() {
        if entry.file_type().is_file() {
            let name = entry.path().strip_prefix(common::repository()).expect("below the repository");
            let text = std::fs::read_to_string(entry.path()).expect("UTF-8");
            common::write(scratch.path(), &[(&name.display().to_string(), &text)]);
        }
    }
    is_the_same(scratch.path(), &["human", "json", "sarif"]);
}

#[test]
fn a_corpus() {
    match std::env::var_os("LINGER_CORPUS") {
        Some(folder) => is_the_same(&PathBuf::from(folder), &["json"]),
        None => eprintln!("skipped: LINGER_CORPUS names no folder"),
    }
}
