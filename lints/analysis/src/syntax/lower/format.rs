//! Variables mentioned inside format strings.

/// The names that a format string captures, with their offsets in its source text.
///
/// Works on the literal as written: names cannot hold escapes, and braces of `\u{…}` are skipped.
pub(super) fn captures(source: &str) -> Vec<(usize, &str)> {
    let bytes = source.as_bytes();
    let raw = !source.starts_with(['"', 'b', 'c']);
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if !raw && bytes.get(at + 1) == Some(&b'u') => {
                at += source[at..].find('}').map_or(1, |end| end + 1);
            }
            b'\\' if !raw => at += 2,
            b'{' if bytes.get(at + 1) == Some(&b'{') => at += 2,
            b'{' => {
                let Some(length) = source[at..].find('}') else { break };
                placeholder(source, at + 1, at + length, &mut found);
                at += length + 1;
            }
            _ => at += 1,
        }
    }
    found
}

/// `name`, `name:spec`, `:width$.precision$`
fn placeholder<'s>(source: &'s str, start: usize, end: usize, found: &mut Vec<(usize, &'s str)>) {
    let inner = &source[start..end];
    let (argument, spec) = inner.split_once(':').unwrap_or((inner, ""));
    let name = argument.trim();
    if is_name(name) {
        found.push((start + argument.len() - argument.trim_start().len(), name));
    }
    let spec_start = end - spec.len();
    for (dollar, _) in spec.match_indices('$') {
        let begin = spec[..dollar].rfind(|c: char| !c.is_alphanumeric() && c != '_');
        let begin = begin.map_or(0, |i| i + spec[i..].chars().next().map_or(1, char::len_utf8));
        if is_name(&spec[begin..dollar]) {
            found.push((spec_start + begin, &spec[begin..dollar]));
        }
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::captures;

    fn names(source: &str) -> Vec<&str> {
        for (offset, name) in captures(source) {
            assert!(source[offset..].starts_with(name));
        }
        captures(source).into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn names_come_from_placeholders() {
        assert_eq!(
            names(r#""{a} {b:?} {0} {} {{no}} {c:>width$.prec$} { d }""#),
            ["a", "b", "c", "width", "prec", "d"]
        );
    }

    #[test]
    fn escapes_are_no_placeholders() {
        assert_eq!(names(r#""\u{1F600} {x} \" {y}""#), ["x", "y"]);
        assert_eq!(names(r##"r#"\u{x} "{y}""#"##), ["x", "y"]);
        assert_eq!(names("\"{ open"), Vec::<&str>::new());
    }
}
