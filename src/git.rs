//! What git knows, asked of git itself.
//!
//! Nothing of the repository's configuration that runs programs is let in: no external diff, no text conversion,
//! no file system monitor, no hooks.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, anyhow, bail};
use rustc_hash::FxHashMap;

/// A repository.
#[derive(Debug)]
pub struct Repository {
    top: PathBuf,
}

/// Lines of a file (from 1, inclusive) that differ; the whole file when it is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// All of it.
    Whole,
    /// Ranges of lines.
    Lines(Vec<(u32, u32)>),
}

impl Repository {
    /// The repository that a folder lies in.
    pub fn at(dir: &Path) -> anyhow::Result<Self> {
        let text = run(dir, ["rev-parse", "--show-toplevel"]).map_err(|error| {
            if error.to_string().contains("not a git repository") {
                anyhow!("{} is in no git repository", dir.display())
            } else {
                error
            }
        })?;
        Ok(Self { top: PathBuf::from(text.trim_end_matches(['\n', '\r'])) })
    }

    /// Tracked files that have changes that are not committed, from the top of the repository.
    pub fn uncommitted(&self) -> anyhow::Result<Vec<String>> {
        let told = run(&self.top, ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=no"])?;
        // Two letters and a blank, then the name.
        Ok(told.split('\0').filter_map(|entry| entry.get(3..)).map(str::to_owned).collect())
    }

    /// What has changed in the work tree since the merge base of a revision and HEAD.
    pub fn changed_since(&self, revision: &str) -> anyhow::Result<FxHashMap<PathBuf, Changed>> {
        if revision.starts_with('-') {
            bail!("`{revision}` is no revision");
        }
        let shallow =
            run(&self.top, ["rev-parse", "--is-shallow-repository"]).is_ok_and(|t| t.trim() == "true");
        let deepen = "this is a shallow clone; fetch its history (`git fetch --unshallow`, in GitHub Actions \
                      `fetch-depth: 0`)";
        if run(&self.top, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]).is_err() {
            bail!("this branch has no commit yet, so there is nothing to compare with");
        }
        let commit = format!("{revision}^{{commit}}");
        if run(&self.top, ["rev-parse", "--verify", "--quiet", commit.as_str()]).is_err() {
            if shallow {
                bail!("git does not know `{revision}`: {deepen}");
            }
            bail!("git does not know `{revision}`");
        }
        let base = run(&self.top, ["merge-base", revision, "HEAD"]).map_err(|_| {
            if shallow {
                anyhow!("`{revision}` and HEAD have no common ancestor here: {deepen}")
            } else {
                anyhow!("`{revision}` and HEAD have no common ancestor")
            }
        })?;
        let diff = run(
            &self.top,
            [
                "-c",
                "core.quotePath=false",
                "diff",
                "--no-ext-diff",
                "--no-textconv",
                "--no-color",
                "--no-prefix",
                "--find-renames",
                "--unified=0",
                "--ignore-submodules",
                base.trim(),
                "--",
                "*.rs",
            ],
        )?;
        let mut changed = parse(&diff, &self.top);
        let new = run(&self.top, ["ls-files", "--others", "--exclude-standard", "-z", "--", "*.rs"])?;
        for name in new.split('\0').filter(|n| !n.is_empty()) {
            changed.insert(self.top.join(name), Changed::Whole);
        }
        Ok(changed)
    }
}

/// Reads a diff without context.
fn parse(diff: &str, top: &Path) -> FxHashMap<PathBuf, Changed> {
    let mut changed: FxHashMap<PathBuf, Changed> = FxHashMap::default();
    let mut current: Option<PathBuf> = None;
    // Lines of content that are still to come: one of them may look like a header.
    let (mut minus, mut plus) = (0u32, 0u32);
    for line in diff.split('\n') {
        if minus > 0 && line.starts_with('-') {
            minus -= 1;
        } else if plus > 0 && line.starts_with('+') {
            plus -= 1;
        } else if let Some(name) = line.strip_prefix("+++ ") {
            let name = unquoted(name.trim_end_matches('\t'));
            current = (name != "/dev/null").then(|| top.join(name));
        } else if let Some(header) = line.strip_prefix("@@ -") {
            let mut parts = header.split(' ');
            let (_, removed) = range(parts.next().unwrap_or_default());
            let (start, added) = range(parts.next().unwrap_or_default().trim_start_matches('+'));
            (minus, plus) = (removed, added);
            // Where lines only went, the lines around the gap count: what they did is missing there.
            let lines = if added == 0 { (start.max(1), start + 1) } else { (start, start + added - 1) };
            if let Some(path) = &current {
                match changed.entry(path.clone()).or_insert_with(|| Changed::Lines(Vec::new())) {
                    Changed::Whole => {}
                    Changed::Lines(list) => list.push(lines),
                }
            }
        }
    }
    changed
}

/// `12,3` or `12`
fn range(text: &str) -> (u32, u32) {
    let (start, count) = text.split_once(',').unwrap_or((text, "1"));
    (start.parse().unwrap_or(0), count.parse().unwrap_or(1))
}

/// A name that git has quoted as C does.
fn unquoted(name: &str) -> String {
    let Some(inner) = name.strip_prefix('"').and_then(|n| n.strip_suffix('"')) else {
        return name.to_owned();
    };
    let mut bytes = Vec::new();
    let mut rest = inner.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'n') => bytes.push(b'\n'),
            Some(b't') => bytes.push(b'\t'),
            Some(b'r') => bytes.push(b'\r'),
            Some(digit @ b'0'..=b'3') => {
                let mut value = digit - b'0';
                for _ in 0..2 {
                    let digit = rest.next().unwrap_or(b'0');
                    value = value.wrapping_mul(8).wrapping_add(digit.wrapping_sub(b'0'));
                }
                bytes.push(value);
            }
            Some(b'a') => bytes.push(7),
            Some(b'b') => bytes.push(8),
            Some(b'v') => bytes.push(11),
            Some(b'f') => bytes.push(12),
            Some(other) => bytes.push(other),
            None => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn run<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(dir: &Path, args: I) -> anyhow::Result<String> {
    let output = Command::new("git")
        .args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"])
        .arg("-C")
        .arg(dir)
        .args(args)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .context("git cannot be started")?;
    if !output.status.success() {
        bail!("git: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_without_context() {
        let diff = "diff --git a.rs a.rs\n--- a.rs\n+++ a.rs\n@@ -3 +3,2 @@ fn f\n-x\n+++ not a header\n+y\n@@ -9,2 +10,0 @@\n-p\n-q\n\
                    --- \"b\\\"\\303\\244.rs\"\n+++ \"b\\\"\\303\\244.rs\"\n@@ -0,0 +1 @@\n+z\n";
        let found = parse(diff, Path::new("/w"));
        assert_eq!(found[Path::new("/w/a.rs")], Changed::Lines(vec![(3, 4), (10, 11)]));
        assert_eq!(found[Path::new("/w/b\"ä.rs")], Changed::Lines(vec![(1, 1)]));
    }
}
