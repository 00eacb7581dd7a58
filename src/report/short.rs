//! `path:line:col: level: message [linger::rule]`

use std::io::Write;

use crate::report::{Sources, level_name, message};
use crate::run::Outcome;
use crate::text::one_line;

/// Prints one line for each finding.
pub fn print(outcome: &Outcome, sources: &Sources<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
    for reported in &outcome.findings {
        let at = reported.finding.primary.at;
        let position = sources.position(at);
        writeln!(
            out,
            "{}:{}:{}: {}: {} [linger::{}]",
            one_line(&sources.path(at.file)),
            position.line,
            position.column,
            level_name(reported.level),
            message(&reported.finding),
            reported.finding.code(),
        )?;
    }
    Ok(())
}
