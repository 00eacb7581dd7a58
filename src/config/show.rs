//! `config show`: effective settings, each with its origin.

use std::io::Write;

use linger_lints::all;

use crate::config::load::Config;
use crate::config::policy::FilePolicy;
use crate::text::one_line;

/// Prints the settings as TOML with origins as comments.
pub fn show(config: &Config, policy: &FilePolicy, out: &mut dyn Write) -> std::io::Result<()> {
    match config.layers.as_slice() {
        [] => writeln!(out, "# no configuration found: all defaults")?,
        layers => {
            for layer in layers {
                writeln!(out, "# {}", one_line(&layer.path.display().to_string()))?;
            }
        }
    }
    writeln!(out, "require_reason = {}", config.require_reason())?;
    if let Some(baseline) = config.baseline() {
        writeln!(out, "baseline = {:?}", baseline.display().to_string())?;
    }
    for layer in &config.layers {
        for pattern in &layer.file.exclude {
            writeln!(
                out,
                "# leaves out {:?}  # {}",
                pattern.get_ref(),
                one_line(&layer.path.display().to_string())
            )?;
        }
    }
    writeln!(out, "\n[tests]\nlevel = \"{}\"", policy.tests.name())?;
    writeln!(out, "\n[rules]")?;
    for rule in all() {
        let options = config.options(rule.meta.name);
        for case in rule.meta.cases {
            let (level, origin) = policy.levels.of(rule.meta, case);
            let name = if case.name.is_empty() {
                rule.meta.name.to_owned()
            } else {
                format!("\"{}/{}\"", rule.meta.name, case.name)
            };
            let setting = format!("{name} = \"{level}\"");
            writeln!(out, "{setting:<50} # {}", one_line(origin))?;
        }
        if !options.is_empty() {
            writeln!(out, "# options of {}: {}", rule.meta.name, one_line(&options.to_string()))?;
        }
    }
    Ok(())
}
