//! `cargo linger`: finds resource-lifetime hazards in Rust source without compiling it.

mod cli;
mod commands;
mod config;
mod discover;
mod levels;
mod manifest;
mod pipeline;
mod report;
mod run;
mod suppress;
mod text;

use std::process::ExitCode;

/// The syntax tree of a file is a hundred thousand small allocations; mimalloc makes them in half the time.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match commands::main() {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            if is_closed_pipe(&error) {
                return ExitCode::SUCCESS;
            }
            eprintln!("error: {}", text::printable(&format!("{error:#}")));
            ExitCode::from(2)
        }
    }
}

/// `cargo linger | head` is no failure.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
