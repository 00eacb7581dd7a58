//! What linger writes about itself: configuration, completions, manual page.

use std::io::Write;

use anyhow::bail;
use clap::CommandFactory;

use crate::cli::Cli;

/// Writes a commented `linger.toml`.
pub fn init() -> anyhow::Result<u8> {
    let path = std::path::Path::new("linger.toml");
    if path.exists() {
        bail!("linger.toml is already there");
    }
    crate::files::replace(path, include_str!("../linger.template.toml"))?;
    eprintln!("linger: wrote linger.toml");
    eprintln!("Next: `cargo linger`; in an old code base `cargo linger baseline write` first.");
    Ok(0)
}

/// Prints completions, which know the names of rules.
pub fn completions(shell: clap_complete::Shell) -> anyhow::Result<u8> {
    let names: Vec<&'static str> = crate::levels::names().collect();
    let rules: Vec<&'static str> = linger_lints::all().iter().map(|r| r.meta.name).collect();
    let with_names = |names: Vec<&'static str>| clap::builder::PossibleValuesParser::new(names);
    let mut command = Cli::command();
    for id in ["allow", "warn", "deny", "forbid"] {
        command = command.mut_arg(id, |arg| arg.value_parser(with_names(names.clone())));
    }
    command = command.mut_subcommand("explain", |explain| {
        explain.mut_arg("rule", |arg| arg.value_parser(with_names(rules)))
    });
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut command, "cargo-linger", &mut out);
    std::io::stdout().write_all(&out)?;
    Ok(0)
}

/// Prints the manual page.
pub fn man() -> anyhow::Result<u8> {
    let mut out = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut out)?;
    std::io::stdout().write_all(&out)?;
    Ok(0)
}
