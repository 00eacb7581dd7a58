//! A guard against nesting that would overflow the parser's stack.

use crate::source::scan::{Piece, Scanner};

/// What a bracket costs; cheaper constructs cost a part of it.
const BRACKET: u32 = 16;
/// A prefix operator, a closure bar or a keyword that takes an operand recurses, with smaller frames.
const PREFIX: u32 = 8;
/// `else` and postfix or binary operators make the tree deep, but are parsed in a loop.
const LINK: u32 = 1;

/// How deep the tree of `text` may become, in units of one bracket.
///
/// An upper estimate from tokens alone: brackets nest, and within a bracket the operators of one
/// expression pile up until `;` or `,` ends it. An overflow aborts the process, so the estimate errs on
/// the deep side; ordinary code stays below 60.
#[must_use]
pub fn nesting_depth(text: &str) -> u32 {
    let mut meter = Meter::default();
    for (piece, start, end) in Scanner::new(text) {
        meter.see(piece, &text.as_bytes()[start..end]);
    }
    meter.depth()
}

/// What piles up inside one open bracket.
#[derive(Default, Clone, Copy)]
struct Level {
    chain: u32,
    angles: u32,
}

/// Measures the depth of a text piece by piece.
#[derive(Default)]
pub(super) struct Meter {
    outer: Vec<Level>,
    level: Level,
    total: u32,
    deepest: u32,
    /// The last token, for telling prefix from binary operators; 0 behind an operand.
    last: u8,
    after_else: bool,
}

impl Meter {
    pub(super) fn see(&mut self, piece: Piece, text: &[u8]) {
        match piece {
            Piece::LineComment | Piece::BlockComment => {}
            Piece::Punct(byte) => self.punct(byte),
            Piece::Word => self.word(text),
            Piece::Literal | Piece::Lifetime => self.operand(),
        }
    }

    /// The deepest so far, in units of one bracket.
    pub(super) fn depth(&self) -> u32 {
        self.deepest / BRACKET
    }

    fn add(&mut self, cost: u32) {
        self.level.chain = self.level.chain.saturating_add(cost);
        self.total = self.total.saturating_add(cost);
        self.deepest = self.deepest.max(self.total);
    }

    fn end_expression(&mut self) {
        self.total = self.total.saturating_sub(self.level.chain);
        self.level.chain = 0;
    }

    fn end_statement(&mut self) {
        self.end_expression();
        self.total = self.total.saturating_sub(self.level.angles * PREFIX);
        self.level.angles = 0;
    }

    fn punct(&mut self, byte: u8) {
        let is_prefix = self.last != 0 && !matches!(self.last, b')' | b']' | b'}' | b'?' | b'>');
        match byte {
            b'(' | b'[' | b'{' => {
                self.outer.push(std::mem::take(&mut self.level));
                self.total = self.total.saturating_add(BRACKET);
                self.deepest = self.deepest.max(self.total);
            }
            b')' | b']' | b'}' => {
                self.end_statement();
                if let Some(level) = self.outer.pop() {
                    self.level = level;
                    self.total = self.total.saturating_sub(BRACKET);
                }
            }
            b';' => self.end_statement(),
            b',' => self.end_expression(),
            b'#' if self.last == b'}' => self.end_statement(),
            b'<' => {
                self.level.angles += 1;
                self.total = self.total.saturating_add(PREFIX);
                self.deepest = self.deepest.max(self.total);
            }
            b'>' if !matches!(self.last, b'-' | b'=') && self.level.angles > 0 => {
                self.level.angles -= 1;
                self.total = self.total.saturating_sub(PREFIX);
            }
            b'!' | b'-' | b'*' | b'&' | b'|' if is_prefix => self.add(PREFIX),
            b'.' | b'?' | b'|' | b'+' | b'-' | b'*' | b'/' | b'%' | b'&' | b'^' | b'=' | b'>' | b'!' => {
                self.add(LINK)
            }
            _ => {}
        }
        self.last = byte;
        self.after_else = false;
    }

    fn word(&mut self, word: &[u8]) {
        let is_else = word == b"else";
        if self.last == b'}' && !is_else && word != b"as" {
            self.end_statement();
        }
        let takes_operand = match word {
            b"else" => {
                self.add(2 * LINK);
                true
            }
            // `else if` chains are parsed in a loop.
            b"if" if self.after_else => true,
            b"if" | b"match" | b"while" | b"return" | b"break" | b"yield" | b"let" | b"for" | b"in"
            | b"move" | b"async" | b"unsafe" | b"const" | b"mut" | b"dyn" | b"impl" | b"static" | b"fn"
            | b"ref" | b"box" => {
                self.add(PREFIX);
                true
            }
            b"as" => {
                self.add(LINK);
                true
            }
            _ => false,
        };
        self.last = if takes_operand { b'=' } else { 0 };
        self.after_else = is_else;
    }

    fn operand(&mut self) {
        if self.last == b'}' {
            self.end_statement();
        }
        self.last = 0;
        self.after_else = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_count_fully() {
        assert!((100..110).contains(&nesting_depth(&format!(
            "fn f() {{ {}1{} }}",
            "(".repeat(100),
            ")".repeat(100)
        ))));
        assert_eq!(nesting_depth("\"((((((((\" // ((((("), 0);
    }

    #[test]
    fn flat_code_is_not_deep() {
        let functions =
            "fn f(x: &str) -> Option<u8> { if x.a() < 3 { g(&x, |y| y + 1)?; } else { h() } }\n".repeat(2000);
        assert!(nesting_depth(&functions) < 10, "{}", nesting_depth(&functions));
        let arms = format!("fn f() {{ match x {{ {} }} }}", "A::B => { -1 }\n".repeat(3000));
        assert!(nesting_depth(&arms) < 10);
        let names = format!("fn f() {{ matches!(x, {}) }}", "\"a\" | ".repeat(600));
        assert!(nesting_depth(&names) < 50);
        let table = format!("static T: [i8; 4] = [{}];", "-1, &2, *x, ".repeat(5000));
        assert!(nesting_depth(&table) < 10);
    }

    #[test]
    fn chains_count_in_part() {
        assert!(nesting_depth(&format!("fn f() {{ {}x }}", "!".repeat(1000))) > 400);
        assert!(nesting_depth(&format!("fn f() {{ x{} }}", ".y()".repeat(1000))) > 50);
        assert!(nesting_depth(&format!("fn f() {{ {} {{}} }}", "if a {} else ".repeat(1000))) > 100);
        assert!(nesting_depth(&format!("type A = {}u8{};", "Box<u8, ".repeat(1000), ">".repeat(1000))) > 400);
    }
}
