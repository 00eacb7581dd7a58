//! `debug replay`: random edits, and after each the findings of a server against those of a run that keeps nothing.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Parser;
use linger_analysis::syntax::parse_file;
use rustc_hash::FxHashMap;

use crate::cli::{CheckArgs, Cli};
use crate::inputs::{Inputs, Kept};
use crate::run::{self, Outcome};
use crate::texts::Buffers;

/// Statements that are put into bodies: they change locks, waits, tasks, and what is called.
const STATEMENTS: &[&str] = &[
    "let _ = std::fs::File::create(\"a\");",
    "let guard = STATE.lock().unwrap();",
    "std::thread::sleep(std::time::Duration::from_secs(1));",
    "let _unused = 1 + 1;",
    "loop { std::thread::park(); }",
    "std::process::exit(1);",
    "std::thread::spawn(|| loop { std::thread::yield_now(); });",
    "return Default::default();",
    "self.state.lock().unwrap().clear();",
    "drop(std::sync::Mutex::new(1).lock());",
    "let _ = tx.send(1);",
    "// A comment that explains the line below it.",
    "",
];

/// Items that are put between others.
const ITEMS: &[&str] = &[
    "fn replayed() { let _ = std::fs::File::create(\"a\"); }",
    "use std::collections::HashMap as Replayed;",
    "static STATE: std::sync::Mutex<Vec<u8>> = std::sync::Mutex::new(Vec::new());",
    "pub struct Replayed { state: std::sync::Mutex<Vec<u8>> }",
];

/// Replays `edits` random edits over the files of a folder. Fails at the first difference.
pub fn replay(path: &Path, edits: usize, seed: u64, out: &mut dyn Write) -> anyhow::Result<()> {
    let folder = std::fs::canonicalize(path).with_context(|| format!("{} is not there", path.display()))?;
    let Cli { check: args, .. } = Cli::try_parse_from(["cargo-linger", "-W", "all", "--no-cache"])?;
    let args = CheckArgs { paths: vec![folder.clone()], ..args };
    let first = run::check_in(&args, Inputs::default())?;
    let files: Vec<PathBuf> = {
        let mut reported: Vec<_> = first.reported.iter().collect();
        reported.sort();
        reported.into_iter().map(|file| first.program.file(*file).path.clone()).collect()
    };
    drop(first);
    if files.is_empty() {
        bail!("there are no files in {}", path.display());
    }
    // Two servers: one reads everything after each edit, the other answers from what it has for the file alone.
    let (whole, near) = (Kept::default(), Kept::default());
    let slot = || Some((folder.clone(), false));
    let mut random = Random(seed | 1);
    let mut buffers = Buffers::default();
    let mut times: FxHashMap<&str, Vec<Duration>> = FxHashMap::default();
    let (mut quick_answers, mut changed_answers) = (0, 0);
    let mut last = String::new();
    for edit in 0..=edits {
        let mut edited = None;
        if edit > 0 {
            let file = random.one_of(&files).clone();
            let saved = std::fs::read_to_string(&file).unwrap_or_default();
            let now = buffers.get(&file).map_or(saved.as_str(), |text| text);
            let text = random.edit(now, &saved);
            buffers.insert(file.clone(), text.into());
            edited = Some(file);
        }
        let mut timed = |name: &'static str, inputs: Inputs<'_>| -> anyhow::Result<Outcome> {
            let start = Instant::now();
            let outcome = run::check_in(&args, inputs)?;
            times.entry(name).or_default().push(start.elapsed());
            Ok(outcome)
        };
        let cold = timed("cold", Inputs { buffers: buffers.clone(), ..Inputs::default() })?;
        let expected = told(&cold);
        let inputs =
            Inputs { buffers: buffers.clone(), kept: Some(&whole), slot: slot(), ..Inputs::default() };
        let warm = told(&timed("kept", inputs)?);
        if warm != expected {
            bail!("after edit {edit} of {edited:?}:\n{}", difference(&expected, &warm));
        }
        changed_answers += usize::from(expected != last);
        last = expected;
        // The answer for one file, which falls back on a whole check where it must.
        let open: Vec<PathBuf> = buffers.keys().cloned().collect();
        let inputs = Inputs {
            buffers: buffers.clone(),
            kept: Some(&near),
            slot: slot(),
            quick: edited.is_some(),
            near: open.clone(),
            ..Inputs::default()
        };
        let quick = match crate::state::quick(&args, &inputs)? {
            Some(outcome) => {
                quick_answers += 1;
                outcome
            }
            None => timed("quick, whole", Inputs { near: Vec::new(), quick: false, ..inputs })?,
        };
        let is_open = |line: &&str| open.iter().any(|f| line.starts_with(&format!("{}:", f.display())));
        let is_whole = cold.broken == 0;
        let (quick, expected) = (told(&quick), told(&cold));
        let quick: Vec<&str> = quick.lines().filter(is_open).collect();
        let expected: Vec<&str> = expected.lines().filter(is_open).collect();
        // A file that does not parse is quickly answered for as if the others still saw what it was.
        if is_whole && quick != expected {
            bail!(
                "after edit {edit} of {edited:?}, quickly:\n{}",
                difference(&expected.join("\n"), &quick.join("\n"))
            );
        }
    }
    let counts = format!("{quick_answers} quick answers, {changed_answers} different outcomes");
    writeln!(out, "{edits} edits of {} files, seed {seed}: all equal ({counts})", files.len())?;
    for (name, mut times) in times {
        times.sort_unstable();
        let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1000.0;
        writeln!(out, "{name:>14}: median {:.1} ms, 95 % {:.1} ms, most {:.1} ms", at(50), at(95), at(100))?;
    }
    Ok(())
}

/// Everything that is said, a line for each finding.
fn told(outcome: &Outcome) -> String {
    let mut all = String::new();
    let place = |at: linger_analysis::span::FileSpan| {
        format!("{}:{:?}", outcome.program.file(at.file).path.display(), at.span)
    };
    for reported in &outcome.findings {
        let f = &reported.finding;
        let steps: Vec<String> = f.steps.iter().map(|s| format!("{} {}", place(s.at), s.text)).collect();
        let hidden: Vec<String> = f.hidden.iter().map(|h| place(*h)).collect();
        all.push_str(&format!(
            "{} {} {:?} {:?} {:?} {:?} {steps:?} {hidden:?} {:?} {:?} {:?} {:?} {} {:?}\n",
            place(f.primary.at),
            f.rule.name,
            f.case,
            reported.level,
            f.message,
            f.primary.text,
            f.notes,
            f.help,
            f.confidence,
            f.fixes,
            f.in_test,
            f.enclosing,
        ));
    }
    all
}

fn difference(expected: &str, found: &str) -> String {
    let lines = |a: &str, b: &str, sign: char| -> String {
        let known: std::collections::BTreeSet<&str> = b.lines().collect();
        a.lines().filter(|l| !known.contains(l)).map(|l| format!("{sign} {l}\n")).collect()
    };
    lines(expected, found, '-') + &lines(found, expected, '+')
}

/// Xorshift: the same edits for the same seed, everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    fn one_of<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.below(all.len())]
    }

    /// Another version of a text. Most of them can be parsed.
    fn edit(&mut self, text: &str, saved: &str) -> String {
        if self.below(8) == 0 {
            return saved.to_owned();
        }
        for _ in 0..20 {
            let edited = self.once(text);
            if self.below(12) == 0 || parse_file(PathBuf::from("a.rs"), &edited).is_ok() {
                return edited;
            }
        }
        saved.to_owned()
    }

    fn once(&mut self, text: &str) -> String {
        let mut lines: Vec<&str> = text.lines().collect();
        let at = self.below(lines.len());
        match self.below(10) {
            0 | 1 if at < lines.len() => drop(lines.remove(at)),
            2 if at < lines.len() => lines.insert(at, lines[at]),
            3 if at + 1 < lines.len() => lines.swap(at, at + 1),
            4 => lines.insert(at, self.one_of::<&str>(ITEMS)),
            5 if at < lines.len() => {
                // A name that stands elsewhere in place of one.
                let other = lines[self.below(lines.len())];
                let word = |line: &str, n: usize| -> Option<String> {
                    let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
                    words.by_ref().filter(|w| w.len() > 2).nth(n).map(str::to_owned)
                };
                let n = self.below(4);
                if let (Some(from), Some(to)) = (word(lines[at], n), word(other, n)) {
                    let line: Arc<str> = lines[at].replacen(&from, &to, 1).into();
                    lines[at] = &line;
                    return joined(&lines);
                }
            }
            _ => lines.insert(at, self.one_of::<&str>(STATEMENTS)),
        }
        joined(&lines)
    }
}

fn joined(lines: &[&str]) -> String {
    let mut text = lines.join("\n");
    text.push('\n');
    text
}
