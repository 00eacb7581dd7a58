//! The whole analysis on real files that are changed and still parse: the input says which files, and how.
#![no_main]

#[path = "../../tests/mutate/mod.rs"]
mod mutate;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use mutate::{Dice, Trouble};

/// The fixtures; `LINGER_CORPUS` names another folder.
static CORPUS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let usual = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures");
    let mut folders = vec![std::env::var("LINGER_CORPUS").unwrap_or_else(|_| usual.to_owned()).into()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir::<std::path::PathBuf>(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    let texts: Vec<String> =
        files.into_iter().filter_map(|path| std::fs::read_to_string(path).ok()).filter(|t| t.len() < 50_000).collect();
    assert!(!texts.is_empty(), "no Rust files to mutate: LINGER_CORPUS names a folder with some");
    texts
});

fuzz_target!(|input: [u64; 2]| {
    let mut dice = Dice::new(input[0] ^ input[1].rotate_left(32));
    let text = &CORPUS[dice.below(CORPUS.len())];
    let other = &CORPUS[dice.below(CORPUS.len())];
    let mutant = mutate::mutate(text, other, &mut dice);
    match mutate::analyse(&mutant) {
        Ok(()) => {}
        Err(Trouble::Panic(said)) => panic!("{said}\n{mutant}"),
        Err(Trouble::Slow(time)) => panic!("took {time:?}\n{mutant}"),
    }
});
