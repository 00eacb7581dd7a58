//! Nesting: refused beyond the limit, harmless below.

use std::path::PathBuf;

use crate::source::depth::nesting_depth;
use crate::syntax::parse::{MAX_DEPTH, SHALLOW_DEPTH};
use crate::syntax::{ParseErrorKind, parse_file};

/// Shapes of nesting: `(before, opening, middle, closing, after)`.
const SHAPES: [(&str, &str, &str, &str, &str); 19] = [
    ("fn f() { ", "(", "1", ")", " }"),
    ("fn f() { ", "[", "1", "]", " }"),
    ("fn f() ", "{", "1", "}", ""),
    ("fn f() { ", "if a { ", "1", " }", " }"),
    ("fn f() { ", "|| { ", "1", " }", " }"),
    ("fn f() { ", "|| ", "1", "", " }"),
    ("fn f() { ", "|x| ", "1", "", " }"),
    ("fn f() { ", "async move { ", "1", " }", " }"),
    ("fn f() { ", "match a { _ => ", "1", " }", " }"),
    ("fn f() { ", "!", "a", "", " }"),
    ("fn f() { ", "&&", "a", "", " }"),
    ("fn f() { ", "return ", "a", "", " }"),
    ("fn f() { a", ".b()", "", "", " }"),
    ("fn f() { a", " + b", "", "", " }"),
    ("fn f() { a", "?", "", "", " }"),
    ("fn f() { ", "if a {} else ", "{}", "", " }"),
    ("fn f() { ", "vec![", "1", "]", " }"),
    ("type A = ", "Vec<", "u8", ">", ";"),
    ("fn f(", "Some(", "a", ")", ": A) {}"),
];

fn text((before, open, middle, close, after): (&str, &str, &str, &str, &str), times: usize) -> String {
    format!("{before}{}{middle}{}{after}", open.repeat(times), close.repeat(times))
}

fn deepest(shape: (&str, &str, &str, &str, &str), limit: u32) -> usize {
    (0..18).map(|bit| 1 << (17 - bit)).fold(0, |times, step| {
        if nesting_depth(&text(shape, times + step)) <= limit { times + step } else { times }
    })
}

#[test]
fn small_stacks_stand_what_is_lowered_on_them() {
    for shape in SHAPES {
        let text = text(shape, deepest(shape, SHALLOW_DEPTH));
        let worker = std::thread::Builder::new().stack_size(2 << 20);
        let done = worker
            .spawn(move || parse_file(PathBuf::from("deep.rs"), &text).is_ok())
            .expect("a thread")
            .join();
        assert!(done.expect("no panic"), "{shape:?}");
    }
}

#[test]
fn code_at_the_limit_survives_and_code_beyond_is_refused() {
    for shape in SHAPES {
        let deepest = deepest(shape, MAX_DEPTH);
        assert!((MAX_DEPTH as usize / 3..1 << 17).contains(&deepest), "{shape:?}: {deepest}");
        let result = parse_file(PathBuf::from("deep.rs"), &text(shape, deepest));
        assert!(result.is_ok(), "{shape:?} {deepest}: {:?}", result.err());
        let refused = parse_file(PathBuf::from("deep.rs"), &text(shape, deepest + 1)).expect_err("too deep");
        assert_eq!(refused.kind, ParseErrorKind::TooDeep);
    }
}
