//! Random programs: what rustc makes of them drops its values where linger's flow says.
//!
//! `LINGER_PROGRAMS` gives their number, 300 without it, `LINGER_SEED` where the dice start.

mod common;
mod drops;

use std::fmt::Write as _;

use drops::generate::{Generated, Generator};
use drops::walk::Way;
use drops::{Compiled, Followed};

/// Programs that are compiled at once.
const BATCH: usize = 400;

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// The source of some programs, each on a line of its own, and the first of these lines.
fn source(programs: &[(usize, Generated)]) -> (String, usize) {
    let mut text = drops::prelude();
    let first = text.lines().count() + 1;
    for (_, program) in programs {
        text.push_str(&program.text);
        text.push('\n');
    }
    text.push_str("fn main() {\n");
    for (number, program) in programs {
        let _ = writeln!(text, "    run({number}, || {{ {} }});", program.call);
    }
    text.push_str("}\n");
    (text, first)
}

#[derive(Default)]
struct Tally {
    compared: usize,
    refused: usize,
    differ: Vec<String>,
}

/// Compares one batch; `false` without rustc.
fn compare(edition: u16, seed: u64, numbers: std::ops::Range<usize>, tally: &mut Tally) -> bool {
    let mut programs: Vec<(usize, Generated)> =
        numbers.map(|number| (number, Generator::new(seed, number, edition).function())).collect();
    let scratch = common::scratch();
    let (text, printed) = loop {
        let (text, first) = source(&programs);
        match drops::compile(scratch.path(), &text, edition) {
            Compiled::Program(program) => break (text, drops::printed(&program)),
            Compiled::Missing => return false,
            Compiled::Errors(lines) => {
                if std::env::var_os("LINGER_REFUSED").is_some() {
                    lines
                        .iter()
                        .filter_map(|l| text.lines().nth(l - 1))
                        .for_each(|l| eprintln!("refused: {l}"));
                }
                let before = programs.len();
                let mut index = 0;
                programs.retain(|_| {
                    index += 1;
                    !lines.contains(&(first + index - 1))
                });
                assert!(programs.len() < before, "errors outside of the programs: {lines:?}");
                tally.refused += before - programs.len();
            }
        }
    };
    let functions = programs
        .iter()
        .map(|(number, program)| Followed {
            name: format!("p{number}"),
            parameters: program.parameters.clone(),
            way: Way::Decided,
        })
        .collect();
    for ((number, program), ours) in programs.iter().zip(drops::understood(&text, edition, functions)) {
        tally.compared += 1;
        let real = &printed[number];
        if *real != ours {
            let at = real.iter().zip(&ours).take_while(|(a, b)| a == b).count();
            tally.differ.push(format!(
                "edition {edition}, seed {seed}, program {number}, event {at}\n    {}\n    rustc:  {}\n    linger: {}",
                program.text,
                real.join(" "),
                ours.join(" ")
            ));
        }
    }
    true
}

#[test]
fn drops_are_where_rustc_has_them() {
    let (count, seed) = (setting("LINGER_PROGRAMS", 300) as usize, setting("LINGER_SEED", 1));
    let mut tally = Tally::default();
    for edition in [2021, 2024] {
        for start in (0..count).step_by(BATCH) {
            if !compare(edition, seed, start..count.min(start + BATCH), &mut tally) {
                return;
            }
        }
    }
    println!(
        "{} compared, {} refused by rustc, {} differ",
        tally.compared,
        tally.refused,
        tally.differ.len()
    );
    assert!(tally.compared > tally.refused, "too many programs do not compile: {}", tally.refused);
    // The shortest tells most.
    tally.differ.sort_by_key(String::len);
    tally.differ.truncate(10);
    assert!(tally.differ.is_empty(), "{}", tally.differ.join("\n"));
}
