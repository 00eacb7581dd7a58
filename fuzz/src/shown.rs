//! Findings on a small file, through all that is done with them: suppressions, the baseline, the cache, formats.

use std::sync::{Arc, LazyLock};

use linger_analysis::syntax::parse::parse_file;

use crate::baseline::Baseline;
use crate::cli::{CheckArgs, Format};
use crate::discover::Found;
use crate::inputs::Inputs;
use crate::lsp::every_encoding;
use crate::run::Outcome;
use crate::stored::Stored;
use crate::texts::Texts;
use crate::{SCRATCH, args, remembered, report, run};

/// A file with many hazards and all shapes of statements.
const SAMPLE: &str = include_str!("sample.rs");

/// All that is looked for, read from nowhere else.
static ARGS: LazyLock<CheckArgs> = LazyLock::new(|| {
    let path = SCRATCH.join("sample.rs");
    std::fs::write(&path, SAMPLE).expect("a file");
    run::threads(Some(1)).expect("threads");
    let path = path.to_string_lossy().into_owned();
    args(&["-W", "all", "--tests", "same", "--no-cache", "--no-config", "--no-dependencies", "-q", &path])
});

fn checked(text: &str) -> Outcome {
    let path = ARGS.paths[0].clone();
    let buffers = [(path, Arc::from(text))].into_iter().collect();
    run::check_in(&ARGS, Inputs { buffers, ..Inputs::default() }).expect("a check")
}

/// Lines of the input are put behind the lines of the sample, one each.
pub fn suppressions(input: &str) {
    let mut comments = input.split('\n');
    let mut text = String::new();
    for line in SAMPLE.lines() {
        text.push_str(line);
        text.push_str(comments.next().unwrap_or_default());
        text.push('\n');
    }
    let outcome = checked(&text);
    if outcome.broken > 0 {
        return;
    }
    // Each fix alone leaves a file that parses.
    for fix in outcome.findings.iter().flat_map(|r| &r.finding.fixes) {
        let mut edits: Vec<_> = fix.edits.iter().collect();
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.at.span.lo));
        let mut fixed = text.clone();
        for edit in edits {
            let span = edit.at.span.lo as usize..edit.at.span.hi as usize;
            assert!(fixed.get(span.clone()).is_some(), "a fix outside of the text: {span:?}");
            fixed.replace_range(span, &edit.replacement);
        }
        let parsed = parse_file("fixed.rs".into(), &fixed);
        assert!(parsed.is_ok(), "`{}` breaks the file:\n{fixed}", fix.title);
    }
    print(&outcome);
}

/// Prints in every format; the targets are run with the standard output closed.
fn print(outcome: &Outcome) {
    let formats = [
        Format::Human,
        Format::Short,
        Format::Json,
        Format::Sarif,
        Format::Github,
        Format::Gitlab,
        Format::Rdjsonl,
        Format::Checkstyle,
        Format::Junit,
    ];
    let mut args = ARGS.clone();
    args.outputs = formats.into_iter().map(|format| (format, None)).collect();
    // The one error there is: nobody reads it.
    drop(report::print(&args, outcome));
    every_encoding(outcome);
}

/// A run as the cache keeps it, behind its hash: what is damaged by chance does not get here.
pub fn remembered_findings(bytes: &[u8]) {
    let Ok(stored) = serde_json::from_slice::<Stored>(bytes) else { return };
    if let Some(outcome) = recalled(stored) {
        print(&outcome);
        let again = serde_json::to_vec(&Stored::new(&outcome)).expect("JSON");
        assert!(serde_json::from_slice::<Stored>(&again).is_ok());
    }
}

fn recalled(stored: Stored) -> Option<Outcome> {
    let path = &ARGS.paths[0];
    let mut found = Found::default();
    found.root.clone_from(&SCRATCH);
    found.files.push(path.clone());
    let texts = Texts::new([(path.clone(), Arc::from(SAMPLE))].into_iter().collect());
    let read = [(blake3::hash(SAMPLE.as_bytes()), SAMPLE.len())];
    let outcome = remembered::recalled(stored, &found, &texts, &read)?;
    Some(Outcome { found: Arc::new(found), ..outcome })
}

/// The findings of the sample, to be made again cheaply.
static FOUND: LazyLock<Vec<u8>> =
    LazyLock::new(|| serde_json::to_vec(&Stored::new(&checked(SAMPLE))).expect("JSON"));

/// A baseline: read, applied, brought up to date and written.
pub fn known(bytes: &[u8]) {
    let mut outcome =
        serde_json::from_slice(&FOUND).ok().and_then(recalled).expect("what was written can be read");
    let path = SCRATCH.join("linger-baseline.json");
    std::fs::write(&path, bytes).expect("a file");
    let Ok(mut baseline) = Baseline::read(path.clone()) else { return };
    let all = outcome.findings.len();
    let before = baseline.len();
    let gone = baseline.shrink(&outcome);
    assert_eq!(baseline.len() + gone, before);
    baseline.write().expect("a file");
    let read = Baseline::read(path).expect("what was written");
    assert_eq!(read.len(), baseline.len());
    read.hide(&mut outcome);
    assert_eq!(outcome.findings.len() + outcome.known, all);
}
