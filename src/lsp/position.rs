//! Positions as editors count them: lines from 0, columns in UTF-16 units unless something else was agreed on.

use linger_analysis::source::LineIndex;
use lsp_types::{Position, PositionEncodingKind, Range};

/// In which units columns are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// What every editor can do.
    #[default]
    Utf16,
    /// Characters.
    Utf32,
}

impl Encoding {
    /// The best of what an editor offers.
    pub fn choose(offered: Option<&Vec<PositionEncodingKind>>) -> Self {
        let has = |kind: &PositionEncodingKind| offered.is_some_and(|list| list.contains(kind));
        if has(&PositionEncodingKind::UTF8) {
            Self::Utf8
        } else if offered.is_none() || has(&PositionEncodingKind::UTF16) {
            Self::Utf16
        } else if has(&PositionEncodingKind::UTF32) {
            Self::Utf32
        } else {
            Self::Utf16
        }
    }

    /// Its name in the protocol.
    pub fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
            Self::Utf32 => PositionEncodingKind::UTF32,
        }
    }

    fn width(self, c: char) -> usize {
        match self {
            Self::Utf8 => c.len_utf8(),
            Self::Utf16 => c.len_utf16(),
            Self::Utf32 => 1,
        }
    }
}

/// A text with its lines.
pub struct Text<'t> {
    text: &'t str,
    lines: LineIndex,
    encoding: Encoding,
}

impl<'t> Text<'t> {
    /// Reads the lines.
    pub fn new(text: &'t str, encoding: Encoding) -> Self {
        Self { text, lines: LineIndex::new(text), encoding }
    }

    /// The position of a byte; bytes behind the end or within a character are moved back.
    pub fn position(&self, offset: u32) -> Position {
        let mut offset = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.lines.line(offset as u32);
        let start = (self.lines.start(line) as usize).min(offset);
        let column: usize = self.text[start..offset].chars().map(|c| self.encoding.width(c)).sum();
        Position::new(line, column as u32)
    }

    /// The range between two bytes.
    pub fn range(&self, from: u32, to: u32) -> Range {
        Range::new(self.position(from), self.position(to.max(from)))
    }

    /// The byte of a position; a column behind the end of its line is the end of the line, as the protocol has it.
    pub fn offset(&self, position: Position) -> usize {
        if position.line >= self.lines.count() {
            return self.text.len();
        }
        let start = self.lines.start(position.line) as usize;
        let end = self.lines.start(position.line + 1) as usize;
        let line = self.text.get(start..end).unwrap_or("").trim_end_matches(['\n', '\r']);
        let mut column = 0;
        for (index, c) in line.char_indices() {
            // The middle of a character is its start.
            if column + self.encoding.width(c) > position.character as usize {
                return start + index;
            }
            column += self.encoding.width(c);
        }
        start + line.len()
    }

    /// The first byte of the line of a byte, and the blanks that the line begins with.
    pub fn line_of(&self, offset: u32) -> (u32, &'t str) {
        let start = self.lines.start(self.lines.line(offset));
        let line = self.text.get(start as usize..).unwrap_or("");
        let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
        (start, &line[..blanks])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_as_agreed() {
        let text = "a😀ü.b\r\nnext";
        let at = text.find('.').expect("a dot") as u32;
        for (encoding, column) in [(Encoding::Utf8, 7), (Encoding::Utf16, 4), (Encoding::Utf32, 3)] {
            let text = Text::new(text, encoding);
            assert_eq!(text.position(at), Position::new(0, column), "{encoding:?}");
            assert_eq!(text.offset(Position::new(0, column)), at as usize, "{encoding:?}");
        }
    }

    #[test]
    fn positions_outside_are_moved_in() {
        let source = "a😀\r\nb";
        let text = Text::new(source, Encoding::Utf16);
        assert_eq!(text.offset(Position::new(0, 2)), 1);
        assert_eq!(text.offset(Position::new(0, 99)), 5);
        assert_eq!(text.offset(Position::new(7, 0)), source.len());
        assert_eq!(text.position(3), Position::new(0, 1));
        assert_eq!(text.position(u32::MAX), Position::new(1, 1));
    }
}
