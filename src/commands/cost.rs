//! `debug cost`: the parts of reading a program, one after the other.

use std::hint::black_box;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use linger_analysis::catalogue::Catalogue;
use linger_analysis::names::{GlobalBody, Program};
use linger_analysis::span::FileId;
use linger_analysis::syntax::hir::BodyId;
use linger_analysis::types::infer::infer;
use rayon::prelude::*;

use crate::dependencies;
use crate::discover::discover;
use crate::inputs::Inputs;
use crate::run;
use crate::texts::{Buffers, Texts};

/// Prints a line for each part: milliseconds and its name.
pub fn cost(path: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
    let found = discover(&[PathBuf::from(path)], &[], None)?;
    let texts = Texts::new(Buffers::default());
    let mut last = Instant::now();
    let mut lap = |name: &str| {
        let spent = last.elapsed().as_secs_f64() * 1000.0;
        last = Instant::now();
        writeln!(out, "{spent:9.1} ms  {name}")
    };
    let files = run::read(&found, &texts, &Inputs::default()).into_iter().map(|r| r.hir).collect();
    lap("parse and lower")?;
    // The first question makes it read its index.
    let catalogue = Catalogue::builtin();
    black_box(catalogue.has_crate("std"));
    lap("catalogue")?;
    let learnt = dependencies::read(&found.packages, false, true);
    lap("dependencies")?;
    Catalogue::learn(learnt.into_values().collect());
    lap("dependencies learnt")?;
    let program = Program::build(files, found.crates(2024));
    lap("names")?;
    let files = program.files().iter().enumerate();
    let bodies: Vec<GlobalBody> = files
        .flat_map(|(file, hir)| {
            let numbers = 0..hir.bodies.len() as u32;
            numbers.map(move |body| GlobalBody { file: FileId(file as u32), body: BodyId(body) })
        })
        .collect();
    bodies.par_iter().for_each(|body| drop(black_box(infer(&program, catalogue, *body))));
    lap("types")?;
    Ok(())
}
