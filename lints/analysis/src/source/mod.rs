//! Text of a file: lines and comments. `syn` drops comments, so a lexer of its own keeps them.

pub mod comments;
pub mod depth;
pub mod lines;
pub(crate) mod scan;
pub(crate) mod signatures;

use comments::comment;
pub use comments::{Comment, comments};
use depth::Meter;
pub use lines::LineIndex;

/// What stays of a file's text after lowering.
#[derive(Debug, Clone, Default)]
pub struct SourceText {
    /// Line starts.
    pub lines: LineIndex,
    /// All comments that are not documentation, in order.
    pub comments: Vec<Comment>,
}

/// How deep a text nests (see [`depth::nesting_depth`]) and its comments, in one reading.
#[must_use]
pub fn survey(text: &str) -> (u32, Vec<Comment>) {
    let mut meter = Meter::default();
    let mut comments = Vec::new();
    for (piece, start, end) in scan::Scanner::new(text) {
        meter.see(piece, &text.as_bytes()[start..end]);
        if piece.is_comment() {
            comments.extend(comment(text, piece, start, end));
        }
    }
    comments.shrink_to_fit();
    (meter.depth(), comments)
}
