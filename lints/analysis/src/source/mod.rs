//! Text of a file: lines and comments. `syn` drops comments, so a lexer of its own keeps them.

pub mod comments;
pub mod depth;
pub mod lines;
pub(crate) mod scan;
pub(crate) mod signatures;

pub use comments::{Comment, comments};
pub use lines::LineIndex;

/// What stays of a file's text after lowering.
#[derive(Debug, Clone, Default)]
pub struct SourceText {
    /// Line starts.
    pub lines: LineIndex,
    /// All comments that are not documentation, in order.
    pub comments: Vec<Comment>,
}
