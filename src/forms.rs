//! The forms of a suppression in a comment: `// linger: allow(rule) reason`, `expect`, `allow-file`.

use crate::levels::nearest;

/// What a comment that should have been a suppression is told.
pub const HELP: &str = "the forms are `// linger: allow(rule) reason`, `expect(rule)` and, for the whole file, `allow-file(rule)`";

const KEYWORDS: [&str; 3] = ["allow", "expect", "allow-file"];

/// What people coming from other linters write, or expect there to be.
const ELSEWHERE: [&str; 14] = [
    "allow-line",
    "allow-next-line",
    "expect-file",
    "expect-next-line",
    "ignore",
    "ignore-file",
    "ignore-next-line",
    "disable",
    "disable-line",
    "disable-next-line",
    "suppress",
    "deny",
    "warn",
    "forbid",
];

/// A comment, read.
#[derive(Debug, PartialEq, Eq)]
pub struct Form {
    /// What is hidden must be there.
    pub expects: bool,
    /// It is about the whole file.
    pub of_file: bool,
    /// Rules, cases and groups.
    pub names: Vec<String>,
    /// The inside of the parentheses, in bytes of the comment.
    pub list: (usize, usize),
    /// Something stands behind the parentheses.
    pub has_reason: bool,
}

/// Reads a comment. `None` when it is none of ours; the error says why it cannot be what it was meant to be.
pub fn read(raw: &str) -> Option<Result<Form, String>> {
    let start = raw.find("linger:")?;
    // Only at the start of the comment: prose may mention us.
    if !raw[..start].chars().all(|c| matches!(c, '/' | '*' | ' ' | '\t')) {
        return None;
    }
    let after = start + "linger:".len();
    let said = raw[after..].trim_end_matches("*/");
    let word = said.trim_start();
    let word = &word
        [..word.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_')).unwrap_or(word.len())];
    let behind = said.trim_start()[word.len()..].trim();
    let Some(inside) = behind.strip_prefix('(') else { return without_list(word, behind).map(Err) };
    if word.is_empty() {
        return Some(Err("this suppression does not say what is done with the rule".to_owned()));
    }
    if !KEYWORDS.contains(&word) {
        return Some(Err(unknown(word)));
    }
    let Some(length) = inside.find(')') else {
        return Some(Err("the parenthesis of this suppression is not closed".to_owned()));
    };
    let open = after + raw[after..].find('(')? + 1;
    let names: Vec<String> = inside[..length]
        .split(',')
        .map(|name| name.trim().trim_start_matches("linger::").to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    if names.is_empty() {
        return Some(Err("this suppression names no rule".to_owned()));
    }
    let reason = inside[length + 1..].trim_matches(|c: char| !c.is_alphanumeric());
    Some(Ok(Form {
        expects: word == "expect",
        of_file: word == "allow-file",
        names,
        list: (open, open + length),
        has_reason: !reason.is_empty(),
    }))
}

/// A comment without parentheses is prose, unless its first word is one of a suppression.
fn without_list(word: &str, behind: &str) -> Option<String> {
    if KEYWORDS.contains(&word) {
        return Some(format!("this suppression names no rule: `{word}` wants it in parentheses"));
    }
    let is_alone = behind.is_empty();
    if ELSEWHERE.contains(&word) || is_alone && nearest(word, KEYWORDS.into_iter()).is_some() {
        return Some(unknown(word));
    }
    let is_rule = linger_lints::find(word).is_some();
    is_rule.then(|| format!("this comment names the rule `{word}` and does not say what is done with it"))
}

fn unknown(word: &str) -> String {
    let near = nearest(word, KEYWORDS.into_iter()).map(|n| format!("; did you mean `{n}`?"));
    format!("`{word}` is no way to suppress a finding{}", near.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_left_alone() {
        for text in [
            "// linger: the linter",
            "// linger: a tool (good)",
            "// as linger: sees (it)",
            "// see linger: allow(double_lock)",
            "// linger:",
            "// nothing",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn what_was_meant_is_told_when_it_is_not_understood() {
        for (text, part) in [
            ("// linger: ignore", "`ignore` is no way"),
            ("// linger: allow", "names no rule"),
            ("// linger: allow double_lock", "names no rule"),
            ("// linger: allow()", "names no rule"),
            ("/* linger: allow( , ) */", "names no rule"),
            ("// linger: (double_lock)", "does not say"),
            ("// linger: double_lock", "does not say"),
            ("// linger: allow-file(double_lock", "is not closed"),
            ("// linger: allow-next-line(double_lock)", "`allow-next-line` is no way"),
            ("// linger: deny(double_lock)", "`deny` is no way"),
            ("// linger: alow(double_lock)", "did you mean `allow`?"),
            ("// linger: alow", "did you mean `allow`?"),
        ] {
            let said = read(text).expect("it is meant for us").expect_err("it is not understood");
            assert!(said.contains(part), "{text}: {said}");
        }
    }

    #[test]
    fn the_list_is_where_it_stands() {
        let text = "/* linger:  allow ( linger::double_lock , lock ) why */";
        let form = read(text).expect("ours").expect("right");
        assert_eq!(form.names, ["double_lock", "lock"]);
        assert_eq!(&text[form.list.0..form.list.1], " linger::double_lock , lock ");
        assert!(form.has_reason && !form.expects && !form.of_file);
    }
}
