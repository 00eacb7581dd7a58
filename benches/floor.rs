//! The floor: a bare parallel `syn` parse of the same files, beside a cold run of linger.
//!
//! `cargo bench --bench floor -- DIR…` prints one line for each folder: files, lines, both wall times, their
//! ratio, the peak memory of both, and what names and types cost as a share of the floor; each the best of five rounds that
//! take turns. The floor has linger's allocator and profile. Dependencies are not read.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rayon::prelude::*;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 5;

/// Set for a child that parses this folder and does nothing else.
const FLOOR_OF: &str = "LINGER_FLOOR_OF";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folders: Vec<PathBuf> =
        std::env::args_os().skip(1).filter(|a| a != "--bench").map(PathBuf::from).collect();
    rayon::ThreadPoolBuilder::new().stack_size(64 << 20).build_global()?;
    if let Some(folder) = std::env::var_os(FLOOR_OF) {
        parse_all(Path::new(&folder));
        return Ok(());
    }
    println!(
        "{:<20} {:>6} {:>8} {:>8} {:>8} {:>6} {:>9} {:>9} {:>12}",
        "folder", "files", "lines", "floor", "linger", "ratio", "floor", "linger", "names+types"
    );
    for folder in &folders {
        let (files, lines) = count(folder);
        let (mut floor, mut linger) = ((Duration::MAX, u64::MAX), (Duration::MAX, u64::MAX));
        let mut understanding = f64::MAX;
        for _ in 0..ROUNDS {
            floor = least(floor, measured(&mut floor_of(folder)?)?);
            linger = least(linger, measured(&mut linger_on(folder))?);
            understanding = understanding.min(names_and_types(folder)?);
        }
        let name = folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        println!(
            "{name:<20} {files:>6} {lines:>8} {:>6.0}ms {:>6.0}ms {:>6.2} {:>6} MB {:>6} MB {:>12.2}",
            floor.0.as_secs_f64() * 1000.0,
            linger.0.as_secs_f64() * 1000.0,
            linger.0.as_secs_f64() / floor.0.as_secs_f64(),
            floor.1,
            linger.1,
            understanding / 1000.0 / floor.0.as_secs_f64(),
        );
    }
    Ok(())
}

fn least(a: (Duration, u64), b: (Duration, u64)) -> (Duration, u64) {
    (a.0.min(b.0), a.1.min(b.1))
}

/// Runs a program to its end: how long, and the most memory it had, in MB (0 where the system does not tell).
fn measured(command: &mut Command) -> Result<(Duration, u64), Box<dyn std::error::Error>> {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let mut peak = 0;
    loop {
        // The mark only rises, so the last look before the end is good enough.
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let mark =
            status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        peak = mark.unwrap_or(peak).max(peak);
        if let Some(ended) = child.try_wait()? {
            let time = start.elapsed();
            return if ended.success() { Ok((time, peak / 1024)) } else { Err("a run failed".into()) };
        }
        std::thread::sleep(Duration::from_millis(2));
    }
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

/// This program again, to parse and do nothing else: memory is counted for a whole process.
fn floor_of(folder: &Path) -> Result<Command, Box<dyn std::error::Error>> {
    let mut command = Command::new(std::env::current_exe()?);
    command.env(FLOOR_OF, folder);
    Ok(command)
}

fn linger_on(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-linger"));
    command.args(["--message-format", "short", "--exit-zero", "-q", "--no-cache", "--no-dependencies"]);
    command.current_dir(folder);
    command
}

/// Milliseconds that names and types take, each alone.
fn names_and_types(folder: &Path) -> Result<f64, Box<dyn std::error::Error>> {
    let output =
        Command::new(env!("CARGO_BIN_EXE_cargo-linger")).args(["debug", "cost"]).arg(folder).output()?;
    let text = String::from_utf8(output.stdout)?;
    let parts = text.lines().filter_map(|line| line.split_once(" ms  "));
    let wanted = parts.filter(|(_, name)| matches!(*name, "names" | "types"));
    Ok(wanted.filter_map(|(spent, _)| spent.trim().parse::<f64>().ok()).sum())
}
