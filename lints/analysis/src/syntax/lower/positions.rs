//! From `proc_macro2`'s spans to byte offsets in the file.

use proc_macro2::Span as TokenSpan;

use crate::source::LineIndex;
use crate::span::Span;

/// Where the tokens of one file stand.
pub(crate) struct Positions {
    /// Where the parsed text starts in the file (byte order mark, shebang).
    offset: u32,
    /// Lines of the parsed text, if it is plain ASCII: columns count characters.
    lines: Option<LineIndex>,
}

impl Positions {
    /// For a file whose first `offset` bytes were not parsed.
    pub(crate) fn new(parsed: &str, offset: u32) -> Self {
        Self { offset, lines: parsed.is_ascii().then(|| LineIndex::new(parsed)) }
    }

    pub(super) fn offset(&self) -> u32 {
        self.offset
    }

    /// `None` for tokens that stand nowhere.
    pub(crate) fn span(&self, span: TokenSpan) -> Option<Span> {
        let (lo, hi) = match &self.lines {
            // `byte_range` keeps a map of every offset ever asked for; lines are much cheaper.
            Some(lines) => {
                let offset = |at: proc_macro2::LineColumn| lines.start(at.line as u32 - 1) + at.column as u32;
                (offset(span.start()), offset(span.end()))
            }
            None => {
                let range = span.byte_range();
                (range.start as u32, range.end as u32)
            }
        };
        (hi > 0).then(|| Span::new(lo + self.offset, hi + self.offset))
    }
}
