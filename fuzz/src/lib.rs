//! What the targets do with their input: the driver is a program, so its modules are taken in from where they stand.
//! `tests/fuzzing.rs` sees to it that the list is whole.

#[path = "../../src/baseline.rs"]
mod baseline;
#[path = "../../src/cache.rs"]
mod cache;
#[path = "../../src/cli.rs"]
mod cli;
#[path = "../../src/commands/mod.rs"]
mod commands;
#[path = "../../src/config/mod.rs"]
mod config;
#[path = "../../src/dependencies.rs"]
mod dependencies;
#[path = "../../src/discover.rs"]
mod discover;
#[path = "../../src/documentation.rs"]
mod documentation;
#[path = "../../src/files.rs"]
mod files;
#[path = "../../src/fix.rs"]
mod fix;
#[path = "../../src/forms.rs"]
mod forms;
#[path = "../../src/git.rs"]
mod git;
#[path = "../../src/inputs.rs"]
mod inputs;
#[path = "../../src/levels.rs"]
mod levels;
#[path = "../../src/lost.rs"]
mod lost;
#[path = "../../src/macros.rs"]
mod macros;
#[path = "../../src/manifest.rs"]
mod manifest;
#[path = "../../src/outside.rs"]
mod outside;
#[path = "../../src/pipeline/mod.rs"]
mod pipeline;
#[path = "../../src/progress.rs"]
mod progress;
#[path = "../../src/reasons.rs"]
mod reasons;
#[path = "../../src/refused.rs"]
mod refused;
#[path = "../../src/remembered.rs"]
mod remembered;
#[path = "../../src/report/mod.rs"]
mod report;
#[path = "../../src/rules.rs"]
mod rules;
#[path = "../../src/run.rs"]
mod run;
#[path = "../../src/since.rs"]
mod since;
#[path = "../../src/state.rs"]
mod state;
#[path = "../../src/stored.rs"]
mod stored;
#[path = "../../src/suppress.rs"]
mod suppress;
#[path = "../../src/text.rs"]
mod text;
#[path = "../../src/texts.rs"]
mod texts;
#[path = "../../src/watch.rs"]
mod watch;
#[path = "../../src/workspace.rs"]
mod workspace;

mod lsp;
mod settings;
mod shown;

pub use lsp::messages;
pub use settings::{configuration, manifest_of_a_package};
pub use shown::{known, remembered_findings, suppressions};

use std::path::PathBuf;
use std::sync::LazyLock;

use cli::CheckArgs;

/// A folder of this process, in memory where the system has such a place.
static SCRATCH: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = PathBuf::from("/dev/shm");
    let base = if memory.is_dir() { memory } else { std::env::temp_dir() };
    let folder = base.join(format!("linger-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
});

/// Options of a check as they are read from a command line.
fn args(words: &[&str]) -> CheckArgs {
    let words = ["cargo-linger"].iter().chain(words).map(Into::into).collect();
    cli::parse(words).expect("options").check
}
