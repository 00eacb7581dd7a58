//! Text from outside on its way to a terminal or a machine.

/// Whether a terminal, an editor or a reader could be misled by a character: control characters, and those that
/// change the direction of text.
fn is_treacherous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{2028}' | '\u{2029}')
}

/// Replaces what a terminal would interpret.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if is_treacherous(c) && !matches!(c, '\n' | '\t') { '\u{fffd}' } else { c })
        .collect()
}

/// As [`printable`], and no line but the first is a command to GitHub's runner (`::error::`).
pub fn several_lines(text: &str) -> String {
    let tame = |line: &str| match line.trim_start().strip_prefix("::") {
        Some(rest) => format!("\u{fffd}{rest}"),
        None => line.to_owned(),
    };
    printable(text).split('\n').map(tame).collect::<Vec<_>>().join("\n")
}

/// As [`printable`], on one line.
pub fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => ' ',
            c if is_treacherous(c) => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// Replaces what a terminal would interpret without moving any byte, so that positions stay.
pub fn same_length(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' | '\r' => out.push(c),
            c if is_treacherous(c) => out.extend(std::iter::repeat_n('?', c.len_utf8())),
            c => out.push(c),
        }
    }
    out
}

/// FNV-1a: the same on every machine and in every version.
pub fn stable_hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}
