//! What each command does.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::bail;
use clap::{CommandFactory, Parser};
use linger_lints::{Level, all};

use crate::cli::{CheckArgs, Cli, Command, DebugCommand, Format, RulesFormat};
use crate::report;
use crate::run::{self, Outcome};

/// Runs the program. Gives the exit status.
pub fn main() -> anyhow::Result<u8> {
    // `cargo linger …` calls `cargo-linger linger …`; both spellings do the same.
    let mut args: Vec<std::ffi::OsString> = std::env::args_os().collect();
    if args.get(1).is_some_and(|a| a == "linger") {
        args.remove(1);
    }
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            let status = if error.use_stderr() { 2 } else { 0 };
            error.print()?;
            return Ok(status);
        }
    };
    match cli.command {
        None => check(&cli.check),
        Some(Command::Check(args)) => check(&args),
        Some(Command::Explain { rule }) => explain(&rule),
        Some(Command::Rules { format }) => rules(format),
        Some(Command::Init) => init(),
        Some(Command::Completions { shell }) => {
            let mut out = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "cargo-linger", &mut out);
            std::io::stdout().write_all(&out)?;
            Ok(0)
        }
        Some(Command::Debug { what }) => debug(&what),
    }
}

fn check(args: &CheckArgs) -> anyhow::Result<u8> {
    run::threads(args.jobs)?;
    let outcome = run::check(args)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    match args.message_format {
        Format::Human => report::human::print(&outcome, args.color, args.quiet, &mut out)?,
        Format::Short => report::short::print(&outcome, &mut out)?,
        Format::Json => report::json::print(&outcome, &mut out)?,
        Format::Sarif => report::sarif::print(&outcome, &mut out)?,
        Format::Github => report::github::print(&outcome, &mut out)?,
    }
    out.flush()?;
    if args.verbose > 0 {
        for note in &outcome.notes {
            eprintln!("note: {}", crate::text::one_line(note));
        }
    }
    if args.statistics {
        statistics(&outcome);
    }
    if args.timings {
        for (name, time) in &outcome.timings {
            eprintln!("{:>9.1} ms  {name}", time.as_secs_f64() * 1000.0);
        }
    }
    let status = status(args, &outcome);
    // Freeing a few hundred megabytes node by node takes longer than the system needs to take them back.
    std::mem::forget(outcome);
    Ok(status)
}

fn status(args: &CheckArgs, outcome: &Outcome) -> u8 {
    if args.strict_parse && outcome.broken > 0 {
        return 2;
    }
    let failed = outcome.findings.iter().any(|r| r.level >= Level::Deny);
    u8::from(failed && !args.exit_zero)
}

fn statistics(outcome: &Outcome) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for reported in &outcome.findings {
        *counts.entry(reported.finding.code()).or_default() += 1;
    }
    eprintln!("{} files, {} lines", outcome.program.files.len(), outcome.lines);
    for (code, count) in counts {
        eprintln!("{count:>7}  {code}");
    }
}

fn explain(name: &str) -> anyhow::Result<u8> {
    let name = name.strip_prefix("linger::").unwrap_or(name);
    let name = name.split('/').next().unwrap_or(name);
    let Some(rule) = linger_lints::find(name) else {
        bail!("there is no rule `{name}`{}", crate::levels::did_you_mean(name));
    };
    let meta = rule.meta;
    let mut out = std::io::stdout().lock();
    writeln!(out, "# {}\n", meta.name)?;
    writeln!(out, "group {}, since {}", meta.group.name(), meta.since)?;
    for case in meta.cases {
        let name = if case.name.is_empty() { meta.name.to_owned() } else { format!("{}/{}", meta.name, case.name) };
        writeln!(out, "- {name} ({}): {}", case.level.name(), case.summary)?;
    }
    if !meta.compiler_lints.is_empty() {
        writeln!(out, "Honours the `allow` of {}.", meta.compiler_lints.join(", "))?;
    }
    writeln!(out, "\n{}", meta.markdown())?;
    Ok(0)
}

fn rules(format: RulesFormat) -> anyhow::Result<u8> {
    let mut out = std::io::stdout().lock();
    match format {
        RulesFormat::Table => {
            for rule in all() {
                for case in rule.meta.cases {
                    let name = if case.name.is_empty() {
                        rule.meta.name.to_owned()
                    } else {
                        format!("{}/{}", rule.meta.name, case.name)
                    };
                    let level = if case.level == Level::Allow { "strict" } else { case.level.name() };
                    writeln!(out, "{:<8} {name:<40} {level:<7} {}", rule.meta.group.name(), rule.meta.summary)?;
                }
            }
        }
        RulesFormat::Markdown => write!(out, "{}", markdown_table())?,
        RulesFormat::Json => {
            let list: Vec<serde_json::Value> = all()
                .iter()
                .map(|r| {
                    let m = r.meta;
                    serde_json::json!({
                        "name": m.name, "group": m.group.name(), "summary": m.summary, "since": m.since,
                        "cases": m.cases.iter().map(|c| serde_json::json!({
                            "name": c.name, "level": c.level.name(), "summary": c.summary,
                        })).collect::<Vec<_>>(),
                        "compiler_lints": m.compiler_lints, "docs": m.markdown(),
                    })
                })
                .collect();
            writeln!(out, "{}", serde_json::to_string_pretty(&list)?)?;
        }
    }
    Ok(0)
}

/// The table of rules for the README.
fn markdown_table() -> String {
    let mut text = String::from("| rule | group | default | reports |\n|---|---|---|---|\n");
    for rule in all() {
        let meta = rule.meta;
        let mut levels: Vec<String> = meta
            .cases
            .iter()
            .map(|c| {
                let level = if c.level == Level::Allow { "strict" } else { c.level.name() };
                if c.name.is_empty() { level.to_owned() } else { format!("{}: {level}", c.name) }
            })
            .collect();
        levels.dedup();
        text.push_str(&format!(
            "| `{}` | {} | {} | {} |\n",
            meta.name,
            meta.group.name(),
            levels.join(", "),
            meta.summary.trim_end_matches('.')
        ));
    }
    text
}

fn init() -> anyhow::Result<u8> {
    let path = std::path::Path::new("linger.toml");
    if path.exists() {
        bail!("linger.toml is already there");
    }
    std::fs::write(path, include_str!("linger.template.toml"))?;
    println!("wrote linger.toml");
    Ok(0)
}

fn debug(what: &DebugCommand) -> anyhow::Result<u8> {
    run::threads(None)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    match what {
        DebugCommand::Timeline { place } => run::debug(place, run::View::Timeline, &mut out)?,
        DebugCommand::Types { place } => run::debug(place, run::View::Types, &mut out)?,
    }
    out.flush()?;
    Ok(0)
}
