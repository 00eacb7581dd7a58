//! GitHub workflow commands: annotations on the changed lines.

use std::io::Write;

use crate::report::{Sources, level_name};
use crate::run::Outcome;
use crate::text::printable;

/// Prints one command for each finding.
pub fn print(outcome: &Outcome, out: &mut dyn Write) -> anyhow::Result<()> {
    let sources = Sources::new(outcome);
    for reported in &outcome.findings {
        let finding = &reported.finding;
        let at = finding.primary.at;
        let position = sources.position(at);
        let mut text = finding.message.clone();
        for step in &finding.steps {
            let there = sources.position(step.at);
            text.push_str(&format!("\n{}:{}: {}", sources.path(step.at.file), there.line, step.text));
        }
        for help in &finding.help {
            text.push_str(&format!("\nhelp: {help}"));
        }
        writeln!(
            out,
            "::{} file={},line={},endLine={},col={},endColumn={},title={}::{}",
            level_name(reported.level),
            property(&sources.path(at.file)),
            position.line,
            position.end_line,
            position.column,
            position.end_column,
            property(&format!("linger::{}", finding.code())),
            data(&text),
        )?;
    }
    Ok(())
}

/// The text of a command.
fn data(text: &str) -> String {
    printable(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
