//! The floor: a bare parallel `syn` parse of the same files, beside a cold run of linger.
//!
//! `cargo bench --bench floor -- DIR…` prints one line for each folder: files, lines, both wall times and their
//! ratio, each the best of five rounds that take turns. The floor has linger's allocator and profile.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rayon::prelude::*;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folders: Vec<PathBuf> =
        std::env::args_os().skip(1).filter(|a| a != "--bench").map(PathBuf::from).collect();
    rayon::ThreadPoolBuilder::new().stack_size(64 << 20).build_global()?;
    println!("{:<24} {:>7} {:>9} {:>9} {:>9} {:>6}", "folder", "files", "lines", "floor", "linger", "ratio");
    for folder in &folders {
        let (files, lines) = count(folder);
        let (mut floor, mut linger) = (Duration::MAX, Duration::MAX);
        for _ in 0..ROUNDS {
            floor = floor.min(timed(|| parse_all(folder)));
            linger = linger.min(timed(|| run_linger(folder)));
        }
        let name = folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        println!(
            "{name:<24} {files:>7} {lines:>9} {:>7.0}ms {:>7.0}ms {:>6.2}",
            floor.as_secs_f64() * 1000.0,
            linger.as_secs_f64() * 1000.0,
            linger.as_secs_f64() / floor.as_secs_f64(),
        );
    }
    Ok(())
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    ignore::WalkBuilder::new(folder)
        .require_git(false)
        .build()
        .filter_map(Result::ok)
        .map(ignore::DirEntry::into_path)
        .filter(|p| p.extension().is_some_and(|e| e == "rs"))
        .collect()
}

fn count(folder: &Path) -> (usize, usize) {
    let files = sources(folder);
    let lines = files.iter().filter_map(|p| std::fs::read_to_string(p).ok()).map(|t| t.lines().count()).sum();
    (files.len(), lines)
}

fn parse_all(folder: &Path) {
    sources(folder).par_iter().with_max_len(1).for_each(|path| {
        if let Ok(text) = std::fs::read_to_string(path) {
            drop(std::hint::black_box(syn::parse_file(&text)));
            proc_macro2::extra::invalidate_current_thread_spans();
        }
    });
}

fn run_linger(folder: &Path) {
    let status = Command::new(env!("CARGO_BIN_EXE_cargo-linger"))
        .args(["--message-format", "short", "--exit-zero", "-q"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(status.is_ok_and(|s| s.success()), "linger failed on {}", folder.display());
}
