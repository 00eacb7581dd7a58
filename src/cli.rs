//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Finds resource-lifetime hazards in Rust source without compiling it.
#[derive(Parser, Debug)]
#[command(name = "cargo-linger", bin_name = "cargo linger", version, about, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do; checking is the default.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Options of a check.
    #[command(flatten)]
    pub check: CheckArgs,
}

/// Commands beside checking.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Check (the default).
    Check(Box<CheckArgs>),
    /// Tell what a rule reports, why, and what it cannot see.
    Explain {
        /// The rule.
        rule: String,
    },
    /// List all rules.
    Rules {
        /// How.
        #[arg(long, value_enum, default_value_t = RulesFormat::Table)]
        format: RulesFormat,
    },
    /// Write a commented linger.toml.
    Init,
    /// Print shell completions.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Look into the analysis.
    Debug {
        /// What to print.
        #[command(subcommand)]
        what: DebugCommand,
    },
}

/// Ways to look into the analysis.
#[derive(Subcommand, Debug)]
pub enum DebugCommand {
    /// Print the life of each resource of a function: `FILE` or `FILE::FUNCTION`.
    Timeline {
        /// The file, and the function.
        place: String,
    },
    /// Print the type of each expression of a function: `FILE` or `FILE::FUNCTION`.
    Types {
        /// The file, and the function.
        place: String,
    },
}

/// How to list rules.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum RulesFormat {
    /// Columns for people.
    Table,
    /// For scripts.
    Json,
    /// For documents.
    Markdown,
}

/// How to print findings.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// With the source, for people.
    Human,
    /// One line each.
    Short,
    /// Cargo's `compiler-message` lines.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// GitHub workflow commands.
    Github,
}

/// When to use colours.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Options of a check.
#[derive(Args, Debug, Clone)]
pub struct CheckArgs {
    /// Files and folders to report on; the workspace around the current folder without any.
    pub paths: Vec<PathBuf>,
    /// Allow a rule, RULE/case or group.
    #[arg(short = 'A', long = "allow", value_name = "RULE")]
    pub allow: Vec<String>,
    /// Warn about a rule, RULE/case or group.
    #[arg(short = 'W', long = "warn", value_name = "RULE")]
    pub warn: Vec<String>,
    /// Deny a rule, RULE/case or group; `warnings` denies all that would be warned about.
    #[arg(short = 'D', long = "deny", value_name = "RULE")]
    pub deny: Vec<String>,
    /// Forbid a rule: as deny, and nothing in the code can allow it.
    #[arg(short = 'F', long = "forbid", value_name = "RULE")]
    pub forbid: Vec<String>,
    /// How to print findings.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub message_format: Format,
    /// Only findings at least this sure.
    #[arg(long, value_enum)]
    pub min_confidence: Option<MinConfidence>,
    /// Print counts by rule to stderr.
    #[arg(long)]
    pub statistics: bool,
    /// Print where the time went to stderr.
    #[arg(long)]
    pub timings: bool,
    /// Exit with 0 also when something was found.
    #[arg(long)]
    pub exit_zero: bool,
    /// A file that does not parse makes the exit status 2.
    #[arg(long)]
    pub strict_parse: bool,
    /// Number of threads; as many as there are cores by default.
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Edition of files outside of any package.
    #[arg(long, default_value_t = 2024)]
    pub edition: u16,
    /// Leave out files that match this glob.
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Use this configuration file.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Colours.
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// Say less.
    #[arg(short, long)]
    pub quiet: bool,
    /// Say more.
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// Values of `--min-confidence`.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum MinConfidence {
    /// Everything.
    Likely,
    /// Only what rests on resolved types and paths.
    Certain,
}
