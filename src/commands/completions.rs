//! Completions for shells: what clap's generator makes, with the names of rules, and mended where real shells showed that
//! it does not work. What is no longer found in a script of a newer generator is left as it is.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::Cli;

/// Prints completions.
pub fn completions(shell: Shell) -> anyhow::Result<u8> {
    let cases = linger_lints::all().iter().flat_map(|r| r.meta.cases.iter().map(|c| (r.meta.name, c.name)));
    let cases =
        cases.filter(|(_, case)| !case.is_empty()).map(|(rule, case)| &*format!("{rule}/{case}").leak());
    let names: Vec<&'static str> = crate::levels::names().chain(cases).collect();
    let rules: Vec<&'static str> = linger_lints::all().iter().map(|r| r.meta.name).collect();
    let with_names = |names: Vec<&'static str>| clap::builder::PossibleValuesParser::new(names);
    // In a script for bash the generator takes apart what has a hyphen or a blank in it.
    let name = if shell == Shell::Bash { "cargo_linger" } else { "cargo-linger" };
    let mut command = Cli::command().name(name).bin_name(name);
    for id in ["allow", "warn", "deny", "forbid"] {
        command = command.mut_arg(id, |arg| arg.value_parser(with_names(names.clone())));
    }
    command = command.mut_subcommand("explain", |explain| {
        explain.mut_arg("rule", |arg| arg.value_parser(with_names(rules.clone())))
    });
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut out);
    let script = String::from_utf8(out)?;
    let script = match shell {
        Shell::Bash => for_bash(&script),
        Shell::Fish => for_fish(&script, &rules),
        Shell::Zsh => for_zsh(script),
        _ => script,
    };
    std::io::stdout().write_all(script.as_bytes())?;
    Ok(0)
}

/// bash knows nothing of cargo's subcommands.
fn for_bash(script: &str) -> String {
    script.replace("default cargo_linger\n", "default cargo-linger\n") + include_str!("cargo.bash")
}

/// An option whose value is being typed was taken for an error, and values without an option were left out.
fn for_fish(script: &str, rules: &[&str]) -> String {
    let parse = "    argparse -s (__fish_cargo_linger_global_optspecs) -- $cmd 2>/dev/null\n";
    let again = format!(
        "{parse}    or argparse -s (__fish_cargo_linger_global_optspecs) -- $cmd[1..-2] 2>/dev/null\n"
    );
    let explained = rules.join(" ");
    script.replace(parse, &again)
        + &format!(
            "complete -c cargo-linger -n \"__fish_cargo_linger_using_subcommand explain\" -f -a \"{explained}\"\n"
        )
        + include_str!("cargo.fish")
}

/// The paths of a check were taken for what stands before a command. zsh's completion of cargo calls this one by itself.
fn for_zsh(script: String) -> String {
    let commands = "\":: :_cargo-linger_commands\" \\\n\"*::: :->cargo-linger\" \\\n";
    let end = "        esac\n    ;;\nesac\n}\n";
    let paths = script.find("'::paths -- ").and_then(|from| {
        let length = script[from..].find('\n')? + 1;
        script[from + length..].starts_with(commands).then_some(from..from + length)
    });
    let (Some(paths), 1) = (paths, script.matches(end).count()) else { return script };
    let (head, rest) = (&script[..paths.start], &script[paths.end..]);
    let rest = rest
        .replacen("\":: :_cargo-linger_commands\"", "\":: :{_cargo-linger_commands; _files}\"", 1)
        .replace("$line[2]", "$line[1]")
        // Behind a path the same may stand again.
        .replace(end, &format!("(*)\nwords[1]=cargo-linger\n_cargo-linger && ret=0\n;;\n{end}"));
    format!("{head}{rest}")
}
