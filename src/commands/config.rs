//! `config show`, `config verify`, `config schema`.

use std::io::Write;

use crate::cli::{CheckArgs, ConfigCommand};
use crate::config::{Config, Policy, schema, show};
use crate::discover::Found;
use crate::run;

/// Does what is asked with the configuration.
pub fn config(what: &ConfigCommand) -> anyhow::Result<u8> {
    match what {
        ConfigCommand::Show(args) => {
            let (found, config) = verified(args)?;
            let policy = Policy::new(&config, &args.levels)?.with_tests(args.tests);
            let place = args.paths.first().map_or_else(
                || found.root.join("src"),
                |path| crate::discover::absolute(&std::env::current_dir().unwrap_or_default(), path),
            );
            let mut out = std::io::stdout().lock();
            show::show(&config, &policy.of(&place), &mut out)?;
        }
        ConfigCommand::Verify(args) => {
            let (found, config) = verified(args)?;
            let idle = crate::config::catalogue::idle(&config, &found.root, &found.packages);
            if !idle.is_empty() {
                anyhow::bail!("{}", idle.join("\n"));
            }
            if !args.quiet && config.layers.is_empty() {
                eprintln!("note: there is no configuration");
            }
        }
        ConfigCommand::Schema => {
            let mut out = std::io::stdout().lock();
            writeln!(out, "{}", serde_json::to_string_pretty(&schema::schema())?)?;
        }
    }
    Ok(0)
}

/// Reads the configuration with everything in it.
fn verified(args: &CheckArgs) -> anyhow::Result<(Found, Config)> {
    let (found, config) = run::prepare(args)?;
    Policy::new(&config, &args.levels)?;
    Ok((found, config))
}
