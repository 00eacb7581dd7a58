//! Answers about what is shown: what can be done, and what there is to read.

use std::path::Path;

use lsp_types::{CodeActionParams, Position, Range, Uri};
use serde_json::{Map, Value, json};

use crate::documentation;
use crate::lsp::findings::{Action, Shown};

/// What can be done about the findings in a range.
pub fn code_actions(
    params: &CodeActionParams,
    shown: &[Shown],
    uri_of: &dyn Fn(&Path) -> Option<Uri>,
) -> Value {
    let is_wanted = params.context.only.as_ref().is_none_or(|kinds| {
        // A kind stands for all that begin with it.
        kinds.iter().any(|kind| matches!(kind.as_str(), "" | "quickfix"))
    });
    if !is_wanted {
        return json!([]);
    }
    let touched: Vec<&Shown> = shown.iter().filter(|s| touch(s.diagnostic.range, params.range)).collect();
    let actions = touched.iter().flat_map(|s| s.actions.iter().filter_map(|a| code_action(s, a, uri_of)));
    Value::Array(actions.collect())
}

fn code_action(shown: &Shown, action: &Action, uri_of: &dyn Fn(&Path) -> Option<Uri>) -> Option<Value> {
    let mut changes: Map<String, Value> = Map::new();
    for (path, edit) in &action.edits {
        let list = changes.entry(uri_of(path)?.as_str().to_owned()).or_insert_with(|| json!([]));
        list.as_array_mut()?.push(json!(edit));
    }
    Some(json!({
        "title": action.title,
        "kind": "quickfix",
        "diagnostics": [shown.diagnostic],
        "isPreferred": action.preferred,
        "edit": { "changes": changes },
    }))
}

/// The documentation of what is shown at a position.
pub fn hover(at: Position, shown: &[Shown]) -> Value {
    let Some(found) = shown.iter().find(|s| touch(s.diagnostic.range, Range::new(at, at))) else {
        return Value::Null;
    };
    let Some(text) = documentation::of_rule(found.rule) else { return Value::Null };
    json!({ "contents": { "kind": "markdown", "value": text }, "range": found.diagnostic.range })
}

fn touch(a: Range, b: Range) -> bool {
    a.start <= b.end && b.start <= a.end
}
