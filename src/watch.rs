//! `--watch`: checks again whenever a file has changed.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;

use anyhow::Context;
use notify_debouncer_mini::new_debouncer;
use notify_debouncer_mini::notify::RecursiveMode;

use crate::cli::CheckArgs;
use crate::commands::finish;
use crate::inputs::{Inputs, Kept};
use crate::run;

/// Changes that come together are one.
const REST: Duration = Duration::from_millis(150);

/// Checks, and checks again, until it is interrupted.
pub fn watch(args: &CheckArgs) -> anyhow::Result<u8> {
    run::threads(args.jobs)?;
    let (found, _) = run::prepare(args)?;
    found.is_somewhere()?;
    let (sender, changes) = channel();
    let mut debouncer = new_debouncer(REST, sender).context("changes cannot be watched")?;
    let watcher = debouncer.watcher();
    watcher
        .watch(&found.root, RecursiveMode::Recursive)
        .with_context(|| format!("{} cannot be watched", found.root.display()))?;
    let kept = Kept::default();
    loop {
        again(args, &kept)?;
        // Writing reports and building touch files that do not matter here.
        let is_over = loop {
            match changes.recv() {
                Ok(Ok(events)) if events.iter().any(|e| matters(&e.path, &found.root)) => break false,
                Ok(_) => {}
                Err(_) => break true,
            }
        };
        if is_over {
            return Ok(0);
        }
    }
}

fn again(args: &CheckArgs, kept: &Kept) -> anyhow::Result<()> {
    if std::io::stdout().is_terminal() {
        // Clears the screen and what scrolled out of it.
        print!("\x1b[2J\x1b[3J\x1b[H");
        std::io::stdout().flush()?;
    }
    kept.forget_lost();
    // A configuration that is being edited may be wrong for a while.
    let slot = Some((std::path::PathBuf::new(), false));
    match run::check_in(args, Inputs { kept: Some(kept), slot, ..Inputs::default() }) {
        Ok(outcome) => {
            finish(args, &outcome)?;
        }
        Err(error) => eprintln!("error: {}", crate::text::several_lines(&format!("{error:#}"))),
    }
    Ok(())
}

fn matters(path: &Path, root: &Path) -> bool {
    let below = path.strip_prefix(root).unwrap_or(path);
    let is_output = below.components().any(|c| c.as_os_str() == "target" || c.as_os_str() == ".git");
    let is_source = path.extension().is_some_and(|e| e == "rs" || e == "toml" || e == "lock");
    is_source && !is_output
}
