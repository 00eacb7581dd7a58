//! GitHub workflow commands: annotations on the changed lines.
//!
//! GitHub makes annotations of the first ten of each kind in a step and says nothing of the others. So the tenth says
//! how many there are, all findings are in the log below, and a table of them is in the step's summary.

use std::fs::OpenOptions;
use std::io::Write;

use anyhow::Context;
use linger_lints::Level;

use crate::pipeline::Reported;
use crate::report::{Sources, full_text, level_name, message, short};
use crate::run::Outcome;
use crate::text::{one_line, printable};

/// Annotations of one kind that GitHub shows.
const SHOWN: usize = 10;

/// Characters of a message that GitHub shows.
const LONGEST_MESSAGE: usize = 4000;

/// Bytes of a summary that GitHub takes.
const LONGEST_SUMMARY: usize = 1_000_000;

/// Prints commands, errors first.
pub fn print(outcome: &Outcome, sources: &Sources<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
    let (errors, warnings): (Vec<&Reported>, Vec<&Reported>) =
        outcome.findings.iter().partition(|r| r.level >= Level::Deny);
    let mut cut = false;
    for kind in [errors, warnings] {
        let fits = kind.len() <= SHOWN;
        let shown = if fits { kind.len() } else { SHOWN - 1 };
        for reported in kind.iter().take(shown) {
            command(reported, sources, out)?;
        }
        if let (false, Some(first)) = (fits, kind.first()) {
            cut = true;
            let text = format!(
                "{} more findings of this kind are in the log and in the summary of this step",
                kind.len() - shown
            );
            writeln!(out, "::{} title=linger::{}", level_name(first.level), data(&text))?;
        }
    }
    if cut {
        writeln!(out, "::group::all findings")?;
        // A line of the log that starts with `::` would be a command; paths come first here.
        let mut log = Vec::new();
        short::print(outcome, sources, &mut log)?;
        for line in String::from_utf8_lossy(&log).lines() {
            writeln!(out, "{}", line.trim_start_matches(':'))?;
        }
        writeln!(out, "::endgroup::")?;
    }
    Ok(())
}

fn command(reported: &Reported, sources: &Sources<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
    let at = reported.finding.primary.at;
    let position = sources.position(at);
    let text: String = full_text(&reported.finding, sources).chars().take(LONGEST_MESSAGE).collect();
    write!(
        out,
        "::{} file={},line={}",
        level_name(reported.level),
        property(&sources.path_in_repository(at.file)),
        position.line
    )?;
    write!(out, ",endLine={}", position.end_line)?;
    // Columns go with one line only.
    if position.line == position.end_line {
        write!(out, ",col={},endColumn={}", position.column, position.end_column)?;
    }
    let title = format!("linger::{}", reported.finding.code());
    writeln!(out, ",title={}::{}", property(&title), data(&text))?;
    Ok(())
}

/// Adds a table of all findings to the step's summary, when there is a step.
pub fn step_summary(outcome: &Outcome, sources: &Sources<'_>) -> anyhow::Result<()> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|p| !p.is_empty()) else { return Ok(()) };
    if outcome.findings.is_empty() {
        return Ok(());
    }
    let mut text = String::from("### linger\n\n| level | place | finding | rule |\n|---|---|---|---|\n");
    for (index, reported) in outcome.findings.iter().enumerate() {
        let at = reported.finding.primary.at;
        let row = format!(
            "| {} | {}:{} | {} | {} |\n",
            level_name(reported.level),
            cell(&sources.path_in_repository(at.file)),
            sources.position(at).line,
            cell(&message(&reported.finding)),
            cell(&reported.finding.code()),
        );
        if text.len() + row.len() > LONGEST_SUMMARY {
            text.push_str(&format!("\n{} more findings are in the log.\n", outcome.findings.len() - index));
            break;
        }
        text.push_str(&row);
    }
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .context("the step summary cannot be written")?;
    file.write_all(text.as_bytes()).context("the step summary cannot be written")
}

/// Text in a cell of a Markdown table: no markup, no HTML.
fn cell(text: &str) -> String {
    let mut out = String::new();
    for c in one_line(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '|' | '[' | ']' | '*' | '_' | '#' | '!' | '@' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// The text of a command.
fn data(text: &str) -> String {
    printable(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command.
fn property(text: &str) -> String {
    data(&one_line(text)).replace(':', "%3A").replace(',', "%2C")
}
