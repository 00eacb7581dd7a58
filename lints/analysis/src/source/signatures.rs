//! Leaves of a text what other crates can see of it.

use crate::source::scan::{Piece, Scanner};

/// The text with the bodies of its functions and its comments blanked: what is left stays at its place.
///
/// Code of dependencies is read for its signatures alone, and blanks cost a parser next to nothing. Functions inside of
/// macros are blanked too.
pub(crate) fn signatures_only(text: &str) -> String {
    let mut out = text.as_bytes().to_vec();
    let mut pieces = Scanner::new(text);
    let mut previous_is_fn = false;
    while let Some((piece, start, end)) = pieces.next() {
        match piece {
            Piece::LineComment | Piece::BlockComment => blank(&mut out, start, end),
            Piece::Word if &text[start..end] == "fn" => {
                previous_is_fn = true;
                continue;
            }
            // `fn(…)` and `fn<'a>(…)` are types; `fn $name` stands in a macro.
            Piece::Word | Piece::Punct(b'$') if previous_is_fn => body(&mut pieces, &mut out),
            _ => {}
        }
        previous_is_fn = false;
    }
    // Only ASCII was written over whole pieces, so this cannot fail.
    String::from_utf8(out).unwrap_or_default()
}

/// From behind a function's name to the end of its body, which is blanked.
fn body(pieces: &mut Scanner<'_>, out: &mut [u8]) {
    let mut depth = 0usize;
    for (piece, start, end) in pieces.by_ref() {
        match piece {
            Piece::LineComment | Piece::BlockComment => blank(out, start, end),
            Piece::Punct(b'(' | b'[') => depth += 1,
            Piece::Punct(b')' | b']') => depth = depth.saturating_sub(1),
            Piece::Punct(b';') if depth == 0 => return,
            Piece::Punct(b'{') if depth == 0 => {
                let mut braces = 1usize;
                for (piece, _, close) in pieces.by_ref() {
                    match piece {
                        Piece::Punct(b'{') => braces += 1,
                        Piece::Punct(b'}') => braces -= 1,
                        _ => {}
                    }
                    if braces == 0 {
                        blank(out, end, close - 1);
                        return;
                    }
                }
                return;
            }
            _ => {}
        }
    }
}

/// Line breaks stay, so lines keep their numbers.
fn blank(out: &mut [u8], start: usize, end: usize) {
    for byte in out.iter_mut().take(end).skip(start) {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

#[cfg(test)]
mod tests {
    use super::signatures_only;

    #[test]
    fn bodies_and_comments_go() {
        let text = "/// doc {\nfn a<T: Fn() -> u8>(x: [u8; { 1 }]) -> String { if x { \"}\" } else { '}' } }\nstruct B { c: fn(u8) -> u8 }\n";
        let left = signatures_only(text);
        assert_eq!(left.len(), text.len());
        assert!(left.contains("fn a<T: Fn() -> u8>(x: [u8; { 1 }]) -> String {"), "{left}");
        assert!(!left.contains("else") && !left.contains("doc"), "{left}");
        assert!(left.contains("struct B { c: fn(u8) -> u8 }"), "{left}");
        assert!(syn::parse_file(&left).is_ok(), "{left}");
    }

    #[test]
    fn macros_and_declarations() {
        let text = "cfg_x! { pub async fn f() -> io::Result<()> { body() } }\ntrait T { fn g(&self); fn h(&self) { x } }\nmacro_rules! m { ($n:ident) => { fn $n() { y } } }";
        let left = signatures_only(text);
        for gone in ["body", "x }", "y }"] {
            assert!(!left.contains(gone), "{gone}: {left}");
        }
        assert!(left.contains("fn g(&self); fn h(&self) {"), "{left}");
    }

    #[test]
    fn an_open_body_is_no_trouble() {
        assert_eq!(signatures_only("fn a() { b"), "fn a() { b");
    }
}
