//! What each command does.

mod baseline;
mod cargo;
mod check;
mod completions;
mod config;
mod cost;
mod debug;
mod documents;
mod explain;
mod replay;
mod rules;
pub mod statistics;

use std::ffi::OsString;

use std::io::Write;

use anyhow::Context;

use crate::cli::{CacheCommand, Cli, Command};

pub use check::{counted, finish};

/// Runs the program. Gives the exit status.
pub fn main() -> anyhow::Result<u8> {
    // `cargo linger …` calls `cargo-linger linger …`; both spellings do the same.
    let mut args: Vec<OsString> = std::env::args_os().collect();
    if args.get(1).is_some_and(|a| a == "linger") {
        args.remove(1);
    }
    let Cli { command, check } = match crate::cli::parse(args) {
        Ok(cli) => cli,
        Err(error) => {
            let status = if error.use_stderr() { 2 } else { 0 };
            error.print()?;
            return Ok(status);
        }
    };
    match command {
        None if check.watch => crate::watch::watch(&check),
        None => check::check(&check),
        Some(Command::Check(args)) => cargo::check(&args),
        Some(Command::Explain { rule }) => explain::explain(&rule),
        Some(Command::Rules { format }) => rules::rules(format),
        Some(Command::Init) => documents::init(),
        Some(Command::Config { what }) => config::config(&what),
        Some(Command::Baseline { what }) => baseline::baseline(&what),
        Some(Command::Cache { what }) => kept(&what),
        Some(Command::Lsp(args)) => crate::lsp::serve(&args),
        Some(Command::Completions { shell }) => completions::completions(shell),
        Some(Command::Man) => documents::man(),
        Some(Command::Debug { what }) => debug::debug(&what),
    }
}

fn kept(what: &CacheCommand) -> anyhow::Result<u8> {
    match what {
        CacheCommand::Clean => {
            crate::cache::clean().context("the cache cannot be deleted")?;
        }
        CacheCommand::Path => match crate::cache::home() {
            Some(home) => writeln!(std::io::stdout(), "{}", crate::text::one_line(&home.to_string_lossy()))?,
            None => anyhow::bail!("there is no folder for caches: neither XDG_CACHE_HOME nor a home folder"),
        },
    }
    Ok(0)
}
