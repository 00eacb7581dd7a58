//! Ways to print findings. Each answers for what its reader would interpret: control characters of source text and
//! file names never come out raw.

mod checkstyle;
mod github;
mod gitlab;
mod human;
mod json;
mod junit;
mod rdjsonl;
mod sarif;
mod short;
mod sources;
mod xml;

use std::io::{IsTerminal, Write};

use linger_lints::{Diagnostic, Level};

use crate::cli::{CheckArgs, Color, Format};
use crate::commands::counted;
use crate::run::Outcome;
use crate::text::one_line;

pub use sources::{Position, Sources};

/// Prints findings in all formats that were asked for, each where it goes.
pub fn print(args: &CheckArgs, outcome: &Outcome) -> anyhow::Result<()> {
    let sources = Sources::new(outcome);
    for (format, file) in &args.outputs {
        match file {
            Some(path) => {
                let mut text = Vec::new();
                write(*format, outcome, &sources, false, &mut text)?;
                crate::files::replace(path, &String::from_utf8_lossy(&text))?;
            }
            None => {
                let mut out = std::io::BufWriter::new(std::io::stdout().lock());
                write(*format, outcome, &sources, is_colored(args.color), &mut out)?;
                out.flush()?;
            }
        }
        if *format == Format::Github {
            github::step_summary(outcome, &sources)?;
        }
    }
    let for_people = args.outputs.iter().any(|(format, file)| {
        file.is_none() && matches!(format, Format::Human | Format::Short) || file.is_some()
    });
    if for_people && !args.quiet {
        summary(outcome)?;
    }
    Ok(())
}

fn write(
    format: Format,
    outcome: &Outcome,
    sources: &Sources<'_>,
    colored: bool,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    match format {
        Format::Human => human::print(outcome, sources, colored, out),
        Format::Short => short::print(outcome, sources, out),
        Format::Json => json::print(outcome, sources, out),
        Format::Sarif => sarif::print(outcome, sources, out),
        Format::Github => github::print(outcome, sources, out),
        Format::Gitlab => gitlab::print(outcome, sources, out),
        Format::Rdjsonl => rdjsonl::print(outcome, sources, out),
        Format::Checkstyle => checkstyle::print(outcome, sources, out),
        Format::Junit => junit::print(outcome, sources, out),
    }
}

/// Whether the standard output gets colours.
pub fn is_colored(color: Color) -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if is_set("NO_COLOR") => false,
        Color::Auto => match std::env::var("CARGO_TERM_COLOR").as_deref() {
            Ok("always") => true,
            Ok("never") => false,
            _ => is_set("CLICOLOR_FORCE") || std::io::stdout().is_terminal(),
        },
    }
}

/// The word for a level, as compilers have it.
fn level_name(level: Level) -> &'static str {
    if level >= Level::Deny { "error" } else { "warning" }
}

/// The message of a finding on one line, safe to print.
fn message(finding: &Diagnostic) -> String {
    one_line(&finding.message)
}

/// The message with the steps and the advice, a line each: for formats that have one text.
fn full_text(finding: &Diagnostic, sources: &Sources<'_>) -> String {
    let mut text = message(finding);
    for step in &finding.steps {
        let line = sources.position(step.at).line;
        let place = if step.at.file == finding.primary.at.file {
            format!("line {line}")
        } else {
            format!("{}:{line}", one_line(&sources.path(step.at.file)))
        };
        text.push_str(&format!("\n{place}: {}", one_line(&step.text)));
    }
    for note in &finding.notes {
        text.push_str(&format!("\nnote: {}", one_line(note)));
    }
    for help in &finding.help {
        text.push_str(&format!("\nhelp: {}", one_line(help)));
    }
    text
}

/// The closing line, on stderr like cargo's.
fn summary(outcome: &Outcome) -> anyhow::Result<()> {
    let errors = outcome.findings.iter().filter(|r| r.level >= Level::Deny).count();
    let warnings = outcome.findings.len() - errors;
    let files = counted(outcome.reported.len(), "file");
    let mut text = match (errors, warnings) {
        (0, 0) => format!("{files} checked, nothing found"),
        _ => format!("{files} checked: {}, {}", counted(errors, "error"), counted(warnings, "warning")),
    };
    if outcome.known > 0 {
        text.push_str(&format!("; {} known to the baseline", outcome.known));
    }
    if outcome.old > 0 {
        text.push_str(&format!("; {} on unchanged lines", outcome.old));
    }
    writeln!(std::io::stderr().lock(), "linger: {text}")?;
    Ok(())
}
