//! What linger writes about itself: configuration, manual page.

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

/// Prints the manual page.
pub fn man() -> anyhow::Result<u8> {
    let mut out = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut out)?;
    std::io::stdout().write_all(&out)?;
    Ok(0)
}
