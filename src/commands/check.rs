//! Checking.

use std::io::Write;

use anyhow::bail;

use crate::cli::CheckArgs;
use crate::run::{self, Outcome};
use crate::text::one_line;
use crate::{fix, report};

/// Checks, fixes when asked to, reports, and gives the exit status.
pub fn check(args: &CheckArgs) -> anyhow::Result<u8> {
    run::threads(args.jobs)?;
    if (args.unsafe_fixes || args.diff) && !args.fix {
        bail!("--unsafe-fixes and --diff go with --fix");
    }
    let mut outcome = run::check(args)?;
    if args.fix && args.diff {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        let something = fix::diff(args, &outcome, &mut out)?;
        out.flush()?;
        let left = fix::unsafe_left(args, &outcome);
        if left > 0 && !args.quiet {
            eprintln!("linger: {} could be fixed with --unsafe-fixes", counted(left, "more finding"));
        }
        return Ok(u8::from(something && !args.exit_zero));
    }
    if args.fix {
        let (done, after) = fix::apply(args, outcome)?;
        outcome = after;
        for note in &done.notes {
            eprintln!("note: {}", one_line(note));
        }
        if !args.quiet {
            let more = match fix::unsafe_left(args, &outcome) {
                0 => String::new(),
                left => format!("; {left} more with --unsafe-fixes"),
            };
            eprintln!("linger: {} fixed in {}{more}", done.fixed, counted(done.files, "file"));
        }
    }
    let status = finish(args, &outcome);
    // Freeing a few hundred megabytes node by node takes longer than the system needs to take them back.
    std::mem::forget(outcome);
    status
}

/// Reports what was found and gives the exit status.
pub fn finish(args: &CheckArgs, outcome: &Outcome) -> anyhow::Result<u8> {
    report::print(args, outcome)?;
    if !args.quiet {
        for warning in &outcome.warnings {
            eprintln!("warning: {}", one_line(warning));
        }
    }
    if args.verbose > 0 {
        for note in &outcome.notes {
            eprintln!("note: {}", one_line(note));
        }
    }
    if args.statistics {
        super::statistics::print(outcome);
    }
    if args.timings {
        for (name, time) in &outcome.timings {
            eprintln!("{:>9.1} ms  {name}", time.as_secs_f64() * 1000.0);
        }
    }
    Ok(status(args, outcome))
}

fn status(args: &CheckArgs, outcome: &Outcome) -> u8 {
    if args.strict_parse && outcome.broken > 0 {
        return 2;
    }
    u8::from(outcome.has_errors() && !args.exit_zero)
}

/// `1 file`, `2 files`
pub fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
