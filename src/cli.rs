//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use linger_lints::Level;

use crate::config::TestsLevel;

/// Finds resource-lifetime hazards in Rust source without compiling it.
///
/// Without a command it checks: the workspace around the current folder, or the files and folders that are
/// named. Exit status: 0 nothing at deny; 1 something at deny was reported; 2 the job could not be done.
#[derive(Parser, Debug)]
#[command(
    name = "cargo-linger",
    bin_name = "cargo linger",
    version,
    about,
    args_conflicts_with_subcommands = true
)]
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
    /// Check; cargo runs first when its arguments follow: `check -- clippy --workspace`
    Check(Box<CargoArgs>),
    /// Tell what a rule reports, why, and what it cannot see
    Explain {
        /// The rule, as `rule`, `rule/case` or `linger::rule`
        rule: String,
    },
    /// List all rules
    Rules {
        /// How to print them
        #[arg(long, value_enum, default_value_t = RulesFormat::Table)]
        format: RulesFormat,
    },
    /// Write a commented linger.toml
    Init,
    /// Show or verify the configuration
    Config {
        /// What to do with it
        #[command(subcommand)]
        what: ConfigCommand,
    },
    /// Write or update a baseline: findings that are known and not reported
    Baseline {
        /// What to do with it
        #[command(subcommand)]
        what: BaselineCommand,
    },
    /// Findings and signatures that are kept between runs
    Cache {
        /// What to do with them
        #[command(subcommand)]
        what: CacheCommand,
    },
    /// Serve an editor: the language server protocol on standard input and output
    Lsp(Box<CheckArgs>),
    /// Print shell completions
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
    /// Look into the analysis
    #[command(hide = true)]
    Debug {
        /// What to print
        #[command(subcommand)]
        what: DebugCommand,
    },
}

/// `check -- …`
#[derive(Args, Debug)]
pub struct CargoArgs {
    /// Options of linger's check.
    #[command(flatten)]
    pub check: CheckArgs,
    /// Arguments for cargo, for example `clippy --workspace --all-targets`; without any cargo is not run
    #[arg(last = true, value_name = "CARGO ARGS")]
    pub cargo: Vec<OsString>,
}

/// `cache …`
#[derive(Subcommand, Debug)]
pub enum CacheCommand {
    /// Delete them
    Clean,
    /// Print the folder they are in
    Path,
}

/// `config …`
#[derive(Subcommand, Debug)]
pub enum ConfigCommand {
    /// Print the effective settings, each with its origin
    Show(Box<CheckArgs>),
    /// Check the configuration and say nothing when it is right
    Verify(Box<CheckArgs>),
    /// Print the JSON schema of linger.toml
    Schema,
}

/// `baseline …`
#[derive(Subcommand, Debug)]
pub enum BaselineCommand {
    /// Write all present findings into the baseline
    Write(Box<CheckArgs>),
    /// Remove what is mended; never adds
    Update(Box<CheckArgs>),
}

/// Ways to look into the analysis.
#[derive(Subcommand, Debug)]
pub enum DebugCommand {
    /// Print the life of each resource of a function: `FILE` or `FILE::FUNCTION`
    Timeline {
        /// The file, and the function
        place: String,
    },
    /// Print the type of each expression of a file, function or line: `FILE`, `FILE::FUNCTION` or `FILE:LINE`
    Types {
        /// The file, and the function or line
        place: String,
    },
    /// Print what stands in the way of calls that are not understood, or a sample of those that are
    Resolutions(ResolutionArgs),
    /// Print what names and types cost, each part alone: what `benches/floor.rs` sets against bare parsing
    Cost {
        /// The folder
        path: PathBuf,
    },
    /// Edit the files of a folder at random (in memory), and compare after each edit what the server finds with what a
    /// run finds that keeps nothing
    Replay {
        /// The folder
        path: PathBuf,
        /// How many edits
        #[arg(long, default_value_t = 100)]
        edits: usize,
        /// Where the edits start from
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
}

/// `debug resolutions`
#[derive(Args, Debug)]
pub struct ResolutionArgs {
    /// Files and folders; the workspace around the current folder without any
    pub paths: Vec<PathBuf>,
    /// Print so many resolved calls, drawn at random
    #[arg(long)]
    pub sample: Option<usize>,
    /// Draws another sample
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Print the places of the causes that hold this text
    #[arg(long, value_name = "TEXT")]
    pub only: Option<String>,
}

/// How to list rules.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum RulesFormat {
    /// Columns for people
    Table,
    /// For scripts
    Json,
    /// For documents
    Markdown,
}

/// How to print findings.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// With the source, for people
    Human,
    /// One line each
    Short,
    /// Cargo's `compiler-message` lines, for editors and rustfix
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// GitHub workflow commands
    Github,
    /// GitLab code quality
    Gitlab,
    /// Reviewdog's diagnostic format, one object a line
    Rdjsonl,
    /// Checkstyle XML
    Checkstyle,
    /// JUnit XML
    Junit,
}

/// When to use colours.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Values of `--min-confidence`.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum MinConfidence {
    /// Everything
    Likely,
    /// Only what rests on resolved types and paths
    Certain,
}

/// Options of a check.
#[derive(Args, Debug, Clone)]
pub struct CheckArgs {
    /// Files and folders to report on; the workspace around the current folder without any
    pub paths: Vec<PathBuf>,

    /// Allow a rule, RULE/case or group
    #[arg(short = 'A', long, value_name = "RULE", help_heading = "Levels")]
    pub allow: Vec<String>,
    /// Warn about a rule, RULE/case or group (`strict`, `all`)
    #[arg(short = 'W', long, value_name = "RULE", help_heading = "Levels")]
    pub warn: Vec<String>,
    /// Deny a rule, RULE/case or group; `warnings` denies all that would be warned about
    #[arg(short = 'D', long, value_name = "RULE", help_heading = "Levels")]
    pub deny: Vec<String>,
    /// Forbid a rule: as deny, and nothing in the code can allow it
    #[arg(short = 'F', long, value_name = "RULE", help_heading = "Levels")]
    pub forbid: Vec<String>,
    /// How test code is treated
    #[arg(long, value_enum, help_heading = "Levels")]
    pub tests: Option<TestsLevel>,
    /// Only findings at least this sure
    #[arg(long, value_enum, help_heading = "Levels")]
    pub min_confidence: Option<MinConfidence>,

    /// How to print findings; may be repeated, each with an --output
    #[arg(long, value_enum, value_name = "FORMAT", help_heading = "Output")]
    pub message_format: Vec<Format>,
    /// Where the format before it goes; `-` is the standard output
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub output: Vec<PathBuf>,
    /// Colours
    #[arg(long, value_enum, default_value_t = Color::Auto, help_heading = "Output")]
    pub color: Color,
    /// Print counts by rule to stderr
    #[arg(long, help_heading = "Output")]
    pub statistics: bool,
    /// Print where the time went to stderr
    #[arg(long, help_heading = "Output")]
    pub timings: bool,
    /// No closing line
    #[arg(short, long, help_heading = "Output")]
    pub quiet: bool,
    /// Also print notes about files and packages that were left out
    #[arg(short, long, action = clap::ArgAction::Count, help_heading = "Output")]
    pub verbose: u8,

    /// Only findings that touch lines changed since this revision (since its merge base with HEAD)
    #[arg(long, value_name = "REV", help_heading = "Selection")]
    pub since: Option<String>,
    /// Findings that are known and not reported
    #[arg(long, value_name = "FILE", help_heading = "Selection")]
    pub baseline: Option<PathBuf>,
    /// Report also what the baseline knows
    #[arg(long, help_heading = "Selection", conflicts_with = "baseline")]
    pub no_baseline: bool,
    /// Only this package (may be repeated)
    #[arg(short, long, value_name = "PACKAGE", help_heading = "Selection")]
    pub package: Vec<String>,
    /// The whole workspace, which is the default without PATHS
    #[arg(long, help_heading = "Selection", conflicts_with = "paths")]
    pub workspace: bool,
    /// Leave out files that match this glob (relative to the workspace)
    #[arg(long, value_name = "GLOB", help_heading = "Selection")]
    pub exclude: Vec<String>,
    /// Check the standard input as if it were this file
    #[arg(long, value_name = "FILE", help_heading = "Selection", conflicts_with_all = ["paths", "fix"])]
    pub stdin_filename: Option<PathBuf>,
    /// Edition of files outside of any package
    #[arg(long, default_value_t = 2024, help_heading = "Selection", value_parser = edition)]
    pub edition: u16,

    /// Apply fixes that keep the behaviour
    #[arg(long, help_heading = "Fixes")]
    pub fix: bool,
    /// Print the fixes as a diff and change nothing
    #[arg(long, help_heading = "Fixes")]
    pub diff: bool,
    /// Also apply fixes that are only probably right
    #[arg(long, help_heading = "Fixes")]
    pub unsafe_fixes: bool,
    /// Fix also when files of the git repository have changes that are not committed
    #[arg(long, help_heading = "Fixes")]
    pub allow_dirty: bool,

    /// Use this configuration file
    #[arg(long, value_name = "FILE", help_heading = "Run")]
    pub config: Option<PathBuf>,
    /// Read no configuration
    #[arg(long, help_heading = "Run", conflicts_with = "config")]
    pub no_config: bool,
    /// Do not read the signatures of dependencies from the sources that cargo keeps
    #[arg(long, help_heading = "Run")]
    pub no_dependencies: bool,
    /// Neither use nor keep findings and what is remembered of dependencies in the cache folder
    #[arg(long, help_heading = "Run")]
    pub no_cache: bool,
    /// Number of threads; as many as there are cores by default
    #[arg(short, long, value_name = "N", help_heading = "Run")]
    pub jobs: Option<usize>,
    /// Check again whenever a file has changed
    #[arg(long, help_heading = "Run", conflicts_with_all = ["fix", "stdin_filename"])]
    pub watch: bool,
    /// Exit with 0 also when something was found
    #[arg(long, help_heading = "Run")]
    pub exit_zero: bool,
    /// A file that does not parse makes the exit status 2
    #[arg(long, help_heading = "Run")]
    pub strict_parse: bool,

    /// `-A`, `-W`, `-D` and `-F` in the order they were given.
    #[arg(skip)]
    pub levels: Vec<(Level, String)>,
    /// Formats with their outputs.
    #[arg(skip)]
    pub outputs: Vec<(Format, Option<PathBuf>)>,
}

fn edition(text: &str) -> Result<u16, String> {
    match text {
        "2015" => Ok(2015),
        "2018" => Ok(2018),
        "2021" => Ok(2021),
        "2024" => Ok(2024),
        _ => Err("editions are 2015, 2018, 2021 and 2024".to_owned()),
    }
}

/// Reads the arguments. What depends on their order is put into [`CheckArgs::levels`] and
/// [`CheckArgs::outputs`].
pub fn parse(args: Vec<OsString>) -> Result<Cli, clap::Error> {
    let matches = Cli::command().try_get_matches_from(args)?;
    let mut cli = Cli::from_arg_matches(&matches)?;
    let mut innermost = &matches;
    while let Some((_, inner)) = innermost.subcommand() {
        innermost = inner;
    }
    if let Some(check) = cli.check_args_mut() {
        check.levels = levels(innermost);
        check.outputs = outputs(innermost)?;
    }
    Ok(cli)
}

/// The names of all commands that help speaks of.
pub fn commands() -> Vec<String> {
    let all = Cli::command();
    all.get_subcommands().filter(|c| !c.is_hide_set()).map(|c| c.get_name().to_owned()).collect()
}

impl Cli {
    fn check_args_mut(&mut self) -> Option<&mut CheckArgs> {
        match &mut self.command {
            None => Some(&mut self.check),
            Some(Command::Check(args)) => Some(&mut args.check),
            Some(Command::Lsp(args)) => Some(args),
            Some(Command::Config { what: ConfigCommand::Show(args) | ConfigCommand::Verify(args) }) => {
                Some(args)
            }
            Some(Command::Baseline {
                what: BaselineCommand::Write(args) | BaselineCommand::Update(args),
            }) => Some(args),
            Some(_) => None,
        }
    }
}

fn in_order<T: Clone + Send + Sync + 'static>(matches: &ArgMatches, id: &str) -> Vec<(usize, T)> {
    let indices = matches.indices_of(id).into_iter().flatten();
    let values = matches.get_many::<T>(id).into_iter().flatten().cloned();
    indices.zip(values).collect()
}

/// As in rustc the later setting wins, whichever letter it has.
fn levels(matches: &ArgMatches) -> Vec<(Level, String)> {
    let mut all: Vec<(usize, Level, String)> = Vec::new();
    for (id, level) in
        [("allow", Level::Allow), ("warn", Level::Warn), ("deny", Level::Deny), ("forbid", Level::Forbid)]
    {
        all.extend(in_order::<String>(matches, id).into_iter().map(|(index, name)| (index, level, name)));
    }
    all.sort_by_key(|(index, ..)| *index);
    all.into_iter().map(|(_, level, name)| (level, name)).collect()
}

/// Each `--output` belongs to the `--message-format` before it.
fn outputs(matches: &ArgMatches) -> Result<Vec<(Format, Option<PathBuf>)>, clap::Error> {
    let mut formats = in_order::<Format>(matches, "message_format");
    let outputs = in_order::<PathBuf>(matches, "output");
    if formats.is_empty() {
        formats.push((0, Format::Human));
    }
    let mut paired: Vec<(Format, Option<PathBuf>)> = Vec::new();
    let refuse =
        |text: &str| Err(Cli::command().error(clap::error::ErrorKind::ArgumentConflict, text.to_owned()));
    for (position, (index, format)) in formats.iter().enumerate() {
        let next = formats.get(position + 1).map_or(usize::MAX, |(next, _)| *next);
        let mut own = outputs.iter().filter(|(at, _)| at > index && *at < next);
        let output = own.next().map(|(_, path)| path.clone()).filter(|path| path.as_os_str() != "-");
        if own.next().is_some() {
            return refuse("each --output needs a --message-format of its own before it");
        }
        paired.push((*format, output));
    }
    if formats.first().is_some_and(|(first, _)| outputs.iter().any(|(at, _)| at < first)) {
        return refuse("an --output comes behind the --message-format that it belongs to");
    }
    if paired.iter().filter(|(_, output)| output.is_none()).count() > 1 {
        return refuse(
            "only one --message-format can go to the standard output; give the others an --output",
        );
    }
    Ok(paired)
}
