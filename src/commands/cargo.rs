//! `check -- …`: cargo's own check first, its messages passed on, and linger's behind them. For editors, which have one
//! check command.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::Context;
use serde_json::Value;

use crate::cli::{CargoArgs, Format};
use crate::report::Sources;
use crate::run::{self, Outcome};

/// What the compiler has said: a lint at a place.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    lint: String,
    file: PathBuf,
    first: usize,
    last: usize,
}

/// Runs cargo, then linger. cargo's failure is the exit status.
pub fn check(args: &CargoArgs) -> anyhow::Result<u8> {
    if args.cargo.is_empty() {
        return super::check::check(&args.check);
    }
    let as_json = args.check.outputs.iter().any(|(format, file)| *format == Format::Json && file.is_none());
    let (status, said) = run_cargo(args, as_json)?;
    run::threads(args.check.jobs)?;
    let mut outcome = run::check(&args.check)?;
    unrepeated(&mut outcome, &said);
    let own = super::check::finish(&args.check, &outcome)?;
    Ok(if status == 0 { own } else { status })
}

/// Runs cargo with its messages as JSON, which it needs to be told unless the user did, and passes them on: as they
/// are, or as the compiler has rendered them.
fn run_cargo(args: &CargoArgs, as_json: bool) -> anyhow::Result<(u8, Vec<Said>)> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    // Behind a `--` are arguments for clippy or rustc.
    let split = args.cargo.iter().position(|a| a == "--").unwrap_or(args.cargo.len());
    let (own, behind) = args.cargo.split_at(split);
    command.args(own);
    if !own.iter().any(|a| a.to_string_lossy().starts_with("--message-format")) {
        let colored = !as_json && crate::report::is_colored(args.check.color);
        command.arg(if colored {
            "--message-format=json-diagnostic-rendered-ansi"
        } else {
            "--message-format=json"
        });
    }
    command.args(behind);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("cargo cannot be started")?;
    let mut said = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        let mut out = std::io::stdout().lock();
        for line in BufReader::new(stdout).lines() {
            let line = line.context("cargo's messages cannot be read")?;
            let value: Option<Value> = serde_json::from_str(&line).ok();
            if let Some(value) = &value {
                said.extend(lint(value));
            }
            match &value {
                _ if as_json => writeln!(out, "{line}")?,
                Some(value) => {
                    if let Some(text) = value.pointer("/message/rendered").and_then(Value::as_str) {
                        eprint!("{text}");
                    }
                }
                None => eprintln!("{line}"),
            }
        }
        out.flush()?;
    }
    let status = child.wait().context("cargo cannot be waited for")?;
    // A death by signal has no code; 101 is what cargo says when it fails.
    Ok((status.code().map_or(101, |code| u8::try_from(code).unwrap_or(101)), said))
}

fn lint(message: &Value) -> Option<Said> {
    let inner = message.get("message")?;
    let lint = inner.pointer("/code/code")?.as_str()?.to_owned();
    let span = inner.get("spans")?.as_array()?.iter().find(|s| s["is_primary"] == true)?;
    let number = |key: &str| span.get(key)?.as_u64().and_then(|n| usize::try_from(n).ok());
    Some(Said {
        lint,
        file: PathBuf::from(span.get("file_name")?.as_str()?),
        first: number("line_start")?,
        last: number("line_end")?,
    })
}

/// Takes out what the compiler has just said itself.
fn unrepeated(outcome: &mut Outcome, said: &[Said]) {
    let repeated: Vec<bool> = {
        let sources = Sources::new(outcome);
        outcome
            .findings
            .iter()
            .map(|reported| {
                let at = reported.finding.primary.at;
                let position = sources.position(at);
                let path = outcome.program.file(at.file).path.clone();
                said.iter().any(|s| {
                    reported.finding.rule.compiler_lints.contains(&s.lint.as_str())
                        && outcome.found.root.join(&s.file) == path
                        && s.first <= position.end_line
                        && position.line <= s.last
                })
            })
            .collect()
    };
    let mut repeated = repeated.into_iter();
    outcome.findings.retain(|_| !repeated.next().unwrap_or(false));
}
