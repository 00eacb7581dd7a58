//! Escaping for XML 1.0.

use crate::text::one_line;

/// Text for an attribute or an element: no markup, no character that XML forbids, one line.
pub fn escape(text: &str) -> String {
    escape_lines(&one_line(text))
}

/// As [`escape`]; line ends stay, as character references, which attributes keep.
pub fn escape_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            // `]]>` must not stand in text.
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
