//! `cargo linger`: finds resource-lifetime hazards in Rust source without compiling it.

mod baseline;
mod cache;
mod cli;
mod commands;
mod config;
mod dependencies;
mod discover;
mod documentation;
mod files;
mod fix;
mod forms;
mod git;
mod inputs;
mod levels;
mod lost;
mod lsp;
mod macros;
mod manifest;
mod outside;
mod pipeline;
mod progress;
mod reasons;
mod refused;
mod remembered;
mod report;
mod rules;
mod run;
mod since;
mod state;
mod stored;
mod suppress;
mod text;
mod texts;
mod watch;
mod workspace;

use std::process::ExitCode;

/// The syntax tree of a file is a hundred thousand small allocations; mimalloc makes them in half the time.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    quiet_panics();
    survive_limits();
    match commands::main() {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            if is_closed_pipe(&error) {
                return ExitCode::SUCCESS;
            }
            eprintln!("error: {}", text::several_lines(&format!("{error:#}")));
            ExitCode::from(2)
        }
    }
}

/// A panic while a file is checked is that file's finding; its backtrace is for those who ask.
fn quiet_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let is_main = std::thread::current().name() == Some("main");
        if is_main || std::env::var_os("RUST_BACKTRACE").is_some() {
            usual(info);
        }
    }));
}

/// A limit on the size of files makes a write fail, and does not end the process: the cache can do without.
fn survive_limits() {
    #[cfg(unix)]
    {
        let noticed = std::sync::Arc::default();
        // Where it cannot be had, the limit ends the process as it does with other programs.
        drop(signal_hook::flag::register(signal_hook::consts::SIGXFSZ, noticed));
    }
}

/// `cargo linger | head` is no failure.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(std::io::ErrorKind::BrokenPipe)
    })
}
