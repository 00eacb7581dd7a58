//! A lexer just exact enough to tell code from comments and literals.

/// What a stretch of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece {
    /// `// …`
    LineComment,
    /// `/* … */`, nested ones included.
    BlockComment,
    /// A string, character or number.
    Literal,
    /// `'a`
    Lifetime,
    /// An identifier or keyword.
    Word,
    /// Any other byte that is not white space.
    Punct(u8),
}

impl Piece {
    pub(crate) fn is_comment(self) -> bool {
        matches!(self, Self::LineComment | Self::BlockComment)
    }
}

/// Iterates over the pieces of a text with their byte ranges; white space and the shebang are skipped.
pub(crate) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes(), at: code_start(text) }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn line_comment(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    fn block_comment(&mut self) {
        let mut depth = 0usize;
        while self.at < self.bytes.len() {
            match (self.peek(0), self.peek(1)) {
                (b'/', b'*') => {
                    depth += 1;
                    self.at += 2;
                }
                (b'*', b'/') => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return;
                    }
                }
                _ => self.at += 1,
            }
        }
    }

    /// From the opening quote to behind the closing one.
    fn quoted(&mut self, quote: u8) {
        self.at += 1;
        while self.at < self.bytes.len() {
            let byte = self.bytes[self.at];
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == quote {
                break;
            }
        }
        self.at = self.at.min(self.bytes.len());
    }

    /// `#*"…"#*` behind `r`; leaves the position alone when it is a raw identifier.
    fn raw_string(&mut self) -> bool {
        let mut hashes = 0;
        while self.peek(hashes) == b'#' {
            hashes += 1;
        }
        if self.peek(hashes) != b'"' {
            return false;
        }
        self.at += hashes + 1;
        while self.at < self.bytes.len() {
            let closes = self.bytes[self.at] == b'"' && (1..=hashes).all(|i| self.peek(i) == b'#');
            self.at += 1;
            if closes {
                self.at += hashes;
                break;
            }
        }
        true
    }

    fn word(&mut self) -> Piece {
        let start = self.at;
        while is_word_byte(self.peek(0)) {
            self.at += 1;
        }
        match (&self.bytes[start..self.at], self.peek(0)) {
            (b"r" | b"br" | b"cr", b'"' | b'#') if self.raw_string() => Piece::Literal,
            (b"b" | b"c", b'"') => {
                self.quoted(b'"');
                Piece::Literal
            }
            (b"b", b'\'') => {
                self.quoted(b'\'');
                Piece::Literal
            }
            (word, _) if word[0].is_ascii_digit() => Piece::Literal,
            _ => Piece::Word,
        }
    }

    /// A character literal or a lifetime.
    fn apostrophe(&mut self) -> Piece {
        if self.peek(1) == b'\\' {
            self.quoted(b'\'');
            return Piece::Literal;
        }
        let width = match self.peek(1) {
            0..=0x7f => 1,
            0x80..=0xdf => 2,
            0xe0..=0xef => 3,
            _ => 4,
        };
        if self.peek(1 + width) == b'\'' {
            self.at += width + 2;
            return Piece::Literal;
        }
        self.at += 1;
        while is_word_byte(self.peek(0)) {
            self.at += 1;
        }
        Piece::Lifetime
    }
}

impl Iterator for Scanner<'_> {
    type Item = (Piece, usize, usize);

    fn next(&mut self) -> Option<Self::Item> {
        while self.peek(0).is_ascii_whitespace() {
            self.at += 1;
        }
        let start = self.at;
        let byte = *self.bytes.get(start)?;
        let piece = match byte {
            b'/' if self.peek(1) == b'/' => {
                self.line_comment();
                Piece::LineComment
            }
            b'/' if self.peek(1) == b'*' => {
                self.block_comment();
                Piece::BlockComment
            }
            b'"' => {
                self.quoted(b'"');
                Piece::Literal
            }
            b'\'' => self.apostrophe(),
            _ if is_word_byte(byte) => self.word(),
            _ => {
                self.at += 1;
                Piece::Punct(byte)
            }
        };
        Some((piece, start, self.at))
    }
}

fn is_word_byte(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// The offset behind a byte order mark, a `#!/…` line (`#![…]` is an attribute, not a shebang) and the frontmatter of a
/// script (RFC 3503).
pub(crate) fn code_start(text: &str) -> usize {
    let bom = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let rest = &text[bom..];
    let start = match rest.strip_prefix("#!") {
        Some(line) if !line.trim_start().starts_with('[') => bom + rest.find('\n').unwrap_or(rest.len()),
        _ => bom,
    };
    start + frontmatter(&text[start..]).unwrap_or(0)
}

/// The length of `---`, the lines up to the same fence, and white space before it; `None` when there is no such thing.
fn frontmatter(text: &str) -> Option<usize> {
    let body = text.trim_start();
    let fence = &body[..body.len() - body.trim_start_matches('-').len()];
    // Two are no fence but a mistake.
    if fence.len() < 3 {
        return None;
    }
    let end = body[fence.len()..].find(&format!("\n{fence}")).map(|at| fence.len() + at + 1 + fence.len())?;
    let is_alone = body[end..].lines().next().is_none_or(|rest| rest.trim().is_empty());
    is_alone.then_some(text.len() - body.len() + end)
}

#[cfg(test)]
mod tests {
    use super::code_start;

    #[test]
    fn code_begins_behind_what_is_no_code() {
        for (text, code) in [
            ("fn f() {}", "fn f() {}"),
            ("\u{feff}#!/bin/cargo\nfn f() {}", "\nfn f() {}"),
            ("#![allow(x)]\nfn f() {}", "#![allow(x)]\nfn f() {}"),
            ("#!/usr/bin/env cargo\n---cargo\n[package]\n---\nfn f() {}", "\nfn f() {}"),
            ("----\na = \"---\"\n----\nfn f() {}", "\nfn f() {}"),
            ("---\nnever closed", "---\nnever closed"),
        ] {
            assert_eq!(&text[code_start(text)..], code, "{text:?}");
        }
    }
}
