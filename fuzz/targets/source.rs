//! The source layer and the parser on any text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use linger_analysis::source::depth::nesting_depth;
use linger_analysis::source::{LineIndex, comments, survey};
use linger_analysis::syntax::parse::{parse_file, parse_signatures};

fuzz_target!(|text: &str| {
    let lines = LineIndex::new(text);
    for offset in 0..=text.len() as u32 {
        let line = lines.line(offset);
        assert!(lines.start(line) <= offset && line < lines.count());
        assert!(offset < lines.start(line + 1) || line + 1 == lines.count());
    }
    let (depth, found) = survey(text);
    assert_eq!(depth, nesting_depth(text));
    assert_eq!(found.len(), comments(text).len());
    for comment in &found {
        assert!(text.get(comment.span.lo as usize..comment.span.hi as usize).is_some());
    }
    if let Ok(file) = parse_file("lib.rs".into(), text) {
        for item in &file.items {
            assert!(text.get(item.span.lo as usize..item.span.hi as usize).is_some(), "{:?}", item.span);
        }
    }
    let _known = parse_signatures("lib.rs".into(), text);
});
