//! Paths with alternatives in braces, as in `use` declarations: `std::fs::File::{sync_all,sync_data}`.

/// All paths that `pattern` stands for; an unbalanced brace is kept as it is written.
pub(super) fn expand(pattern: &str) -> Vec<String> {
    let Some((before, rest)) = pattern.split_once('{') else {
        return vec![pattern.to_owned()];
    };
    let Some((inside, after)) = rest.split_once('}') else {
        return vec![pattern.to_owned()];
    };
    let mut out = Vec::new();
    for end in expand(after) {
        for choice in inside.split(',') {
            out.push(format!("{before}{}{end}", choice.trim()));
        }
    }
    out
}
