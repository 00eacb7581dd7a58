//! What the tests of the built binary share.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The folder of the repository.
pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The built binary, told nothing by the environment of the test run.
pub fn linger() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-linger"));
    command.env_remove("NO_COLOR").env_remove("GITHUB_STEP_SUMMARY");
    // Not the cache of whoever runs the tests.
    command.env("XDG_CACHE_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"));
    command
}

/// Runs the binary in `dir`.
pub fn run(dir: &Path, args: &[&str]) -> Output {
    linger().current_dir(dir).args(args).output().expect("the built binary starts")
}

/// Standard output as text.
pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("linger prints UTF-8")
}

/// Standard error as text.
pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("linger prints UTF-8")
}

/// Writes a tree of files.
pub fn write(dir: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = dir.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).expect("folder of a test");
        }
        std::fs::write(path, text).expect("file of a test");
    }
}

/// A folder outside of the repository, so that no manifest or configuration above it counts.
pub fn scratch() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("scratch").tempdir().expect("a temporary folder")
}

/// A finding as the json format tells it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Relative to the folder of the run.
    pub file: String,
    /// From 1.
    pub line: u64,
    /// `rule`
    pub rule: String,
    /// `rule` or `rule/case`
    pub code: String,
    /// `error` or `warning`
    pub level: String,
    /// The message.
    pub message: String,
}

/// The findings in the output of a run with `--message-format json`.
pub fn findings(output: &Output) -> BTreeSet<Finding> {
    assert!(
        matches!(output.status.code(), Some(0 | 1)),
        "linger failed with {:?}: {}",
        output.status.code(),
        stderr(output)
    );
    stdout(output)
        .lines()
        .map(|line| {
            let value: Value = serde_json::from_str(line).expect("one JSON object a line");
            let message = &value["message"];
            let primary = message["spans"]
                .as_array()
                .and_then(|spans| spans.iter().find(|s| s["is_primary"] == true))
                .expect("a primary span");
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let rule = text(&message["code"]["code"]).trim_start_matches("linger::").to_owned();
            // The rendered text has the case too: `warning[linger::rule/case]: …`.
            let code = text(&message["rendered"])
                .split_once("[linger::")
                .and_then(|(_, rest)| Some(rest.split_once(']')?.0.to_owned()))
                .unwrap_or_else(|| rule.clone());
            Finding {
                file: text(&primary["file_name"]),
                line: primary["line_start"].as_u64().unwrap_or_default(),
                rule,
                code,
                level: text(&message["level"]),
                message: text(&message["message"]),
            }
        })
        .collect()
}

/// Compares a generated file with what is committed; `LINGER_BLESS=1` writes it instead.
pub fn generated(path: &Path, wanted: &str) {
    let found = std::fs::read_to_string(path).unwrap_or_default();
    if found == wanted {
        return;
    }
    if std::env::var_os("LINGER_BLESS").is_some() {
        std::fs::write(path, wanted).expect("a generated file can be written");
    } else {
        panic!("{} is stale: run `LINGER_BLESS=1 cargo test`", path.display());
    }
}
