//! Comments with their positions.

use crate::source::scan::{Piece, Scanner};
use crate::span::Span;

/// A comment that is not documentation. Adjacent `//` lines are separate comments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// From `//` or `/*` to its end (without the newline).
    pub span: Span,
    /// Text without the comment marks, trimmed.
    pub text: Box<str>,
    /// Nothing but white space stands before it on its line.
    pub own_line: bool,
}

/// Reads all comments of `text`, skipping strings, raw strings, character literals and documentation.
#[must_use]
pub fn comments(text: &str) -> Vec<Comment> {
    Scanner::new(text).filter_map(|(piece, start, end)| comment(text, piece, start, end)).collect()
}

/// The comment that a piece of `text` is.
pub(super) fn comment(text: &str, piece: Piece, start: usize, end: usize) -> Option<Comment> {
    let raw = text.get(start..end)?;
    let body = match piece {
        Piece::LineComment if !is_line_doc(raw) => raw.trim_start_matches('/'),
        Piece::BlockComment if !is_block_doc(raw) => {
            let body = raw.strip_prefix("/*")?;
            body.strip_suffix("*/").unwrap_or(body)
        }
        _ => return None,
    };
    let line = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let before = text[line..start].trim_start_matches('\u{feff}');
    // The carriage return belongs to the line end, not to the comment.
    let end = start + raw.trim_end_matches('\r').len();
    Some(Comment {
        span: Span::new(start as u32, end as u32),
        text: body.trim().into(),
        own_line: before.trim().is_empty(),
    })
}

fn is_line_doc(raw: &str) -> bool {
    raw.starts_with("//!") || (raw.starts_with("///") && !raw.starts_with("////"))
}

fn is_block_doc(raw: &str) -> bool {
    raw.starts_with("/*!") || (raw.starts_with("/**") && !raw.starts_with("/***") && raw != "/**/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        comments(text).iter().map(|c| c.text.to_string()).collect()
    }

    #[test]
    fn plain_comments_are_found_and_documentation_is_not() {
        let text = "//! doc\n/// doc\n//// four\n// one\nfn f() {} // two\n/* three */ /** doc */ /*! doc */ /**/ /*** stars */";
        assert_eq!(texts(text), ["four", "one", "two", "three", "", "** stars"]);
    }

    #[test]
    fn literals_hide_comment_marks() {
        let text = r####"let a = "// no"; let b = r#"/* no " // "#; let c = br"//"; let d = '"'; let e = b'"'; // yes
let f = cr##"// "# no"##; let g = '\''; let h: &'static str = "\"// no"; // also"####;
        assert_eq!(texts(text), ["yes", "also"]);
    }

    #[test]
    fn lifetimes_do_not_open_character_literals() {
        assert_eq!(texts("fn f<'a>(x: &'a str) {} // one\nlet c = 'é'; // two"), ["one", "two"]);
    }

    #[test]
    fn block_comments_nest() {
        assert_eq!(texts("/* a /* b */ c */ fn f() {} // end"), ["a /* b */ c", "end"]);
        assert_eq!(texts("/* never closed"), ["never closed"]);
    }

    #[test]
    fn shebang_and_byte_order_mark_are_no_comments() {
        let found = comments("\u{feff}#!/usr/bin/env // x\n// one\n  x // two\r\n");
        assert_eq!(
            found.iter().map(|c| (&*c.text, c.own_line)).collect::<Vec<_>>(),
            [("one", true), ("two", false)]
        );
        assert_eq!(texts("#![allow(x)] // three"), ["three"]);
    }

    #[test]
    fn spans_cover_the_marks() {
        let text = "let x; // why é\n/* b */";
        let spans: Vec<_> =
            comments(text).iter().map(|c| &text[c.span.lo as usize..c.span.hi as usize]).collect();
        assert_eq!(spans, ["// why é", "/* b */"]);
    }
}
