//! The source layer and the parser on any text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use linger_analysis::source::LineIndex;
use linger_analysis::syntax::parse::{parse_file, parse_signatures};

fuzz_target!(|text: &str| {
    let lines = LineIndex::new(text);
    for offset in 0..=text.len() as u32 {
        lines.line(offset);
    }
    let _ = parse_file("lib.rs".into(), text);
    let _ = parse_signatures("lib.rs".into(), text);
});
