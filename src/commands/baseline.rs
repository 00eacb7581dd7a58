//! `baseline write` and `baseline update`.

use anyhow::bail;

use crate::baseline::{Baseline, place};
use crate::cli::{BaselineCommand, CheckArgs};
use crate::commands::check::counted;
use crate::run;

/// Writes or updates the baseline.
pub fn baseline(what: &BaselineCommand) -> anyhow::Result<u8> {
    let (args, is_update) = match what {
        BaselineCommand::Write(args) => (args, false),
        BaselineCommand::Update(args) => (args, true),
    };
    run::threads(args.jobs)?;
    // All findings are wanted, those that are known above all.
    let all = CheckArgs { baseline: None, no_baseline: true, since: None, ..CheckArgs::clone(args) };
    let outcome = run::check(&all)?;
    let (_, config) = run::prepare(args)?;
    let path = place(args, &config, &outcome);
    let shown = outcome.shown(&path);
    // What the project says, through its configuration or a link, is not what the user says.
    if args.baseline.is_none() && !crate::files::lies_in(&path, &outcome.found.root) {
        bail!("{shown} lies outside of the project; name it with `--baseline` to write it");
    }
    if is_update {
        let mut baseline = Baseline::read(path)?;
        let gone = baseline.shrink(&outcome);
        baseline.write()?;
        eprintln!("linger: {} removed from {shown}, {} left", counted(gone, "finding"), baseline.len());
    } else {
        let baseline = Baseline::of(&outcome, path);
        baseline.write()?;
        eprintln!("linger: {} written to {shown}", counted(baseline.len(), "finding"));
    }
    Ok(0)
}
