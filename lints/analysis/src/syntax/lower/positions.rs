//! From `proc_macro2`'s spans to byte offsets in the file.

use proc_macro2::Span as TokenSpan;
use rustc_hash::FxHashMap;

use crate::source::LineIndex;
use crate::span::Span;

/// Where the tokens of one file stand.
pub(crate) struct Positions {
    /// Where the parsed text starts in the file (byte order mark, shebang).
    offset: u32,
    lines: LineIndex,
    /// Where each character of a line starts, for lines that are not plain ASCII: columns count characters.
    wide: FxHashMap<u32, Box<[u32]>>,
}

impl Positions {
    /// For a file whose first `offset` bytes were not parsed.
    pub(crate) fn new(parsed: &str, offset: u32) -> Self {
        let mut wide = FxHashMap::default();
        if !parsed.is_ascii() {
            let lines = parsed.split('\n').enumerate().filter(|(_, line)| !line.is_ascii());
            wide.extend(lines.map(|(number, line)| {
                let starts = line.char_indices().map(|(at, _)| at).chain([line.len()]);
                (number as u32, starts.map(|at| at as u32).collect())
            }));
        }
        Self { offset, lines: LineIndex::new(parsed), wide }
    }

    pub(super) fn offset(&self) -> u32 {
        self.offset
    }

    fn offset_of(&self, at: proc_macro2::LineColumn) -> u32 {
        let (line, column) = (at.line as u32 - 1, at.column as u32);
        let column = match self.wide.get(&line) {
            Some(starts) => starts.get(at.column).or_else(|| starts.last()).copied().unwrap_or(column),
            None => column,
        };
        self.lines.start(line) + column
    }

    /// `None` for tokens that stand nowhere.
    pub(crate) fn span(&self, span: TokenSpan) -> Option<Span> {
        // `byte_range` keeps a map of every offset ever asked for; lines are much cheaper.
        let (lo, hi) = (self.offset_of(span.start()), self.offset_of(span.end()));
        (hi > 0).then(|| Span::new(lo + self.offset, hi + self.offset))
    }
}
