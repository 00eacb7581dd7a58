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
    let cases = linger_lints::all().iter().flat_map(|r| r.meta.cases.iter().map(|c| (r.meta.name, c.name)));
    let cases =
        cases.filter(|(_, case)| !case.is_empty()).map(|(rule, case)| &*format!("{rule}/{case}").leak());
    let names: Vec<&'static str> = crate::levels::names().chain(cases).collect();
    let rules: Vec<&'static str> = linger_lints::all().iter().map(|r| r.meta.name).collect();
    let with_names = |names: Vec<&'static str>| clap::builder::PossibleValuesParser::new(names);
    // In a script for bash the generator takes apart what has a hyphen or a blank in it.
    let is_bash = shell == clap_complete::Shell::Bash;
    let name = if is_bash { "cargo_linger" } else { "cargo-linger" };
    let mut command = Cli::command().name(name).bin_name(name);
    for id in ["allow", "warn", "deny", "forbid"] {
        command = command.mut_arg(id, |arg| arg.value_parser(with_names(names.clone())));
    }
    command = command.mut_subcommand("explain", |explain| {
        explain.mut_arg("rule", |arg| arg.value_parser(with_names(rules)))
    });
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut out);
    // zsh's completion of cargo calls `_cargo-linger` by itself; bash's knows nothing of cargo's subcommands.
    if is_bash {
        let script =
            String::from_utf8_lossy(&out).replace("default cargo_linger\n", "default cargo-linger\n");
        out = (script + include_str!("cargo.bash")).into_bytes();
    }
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
