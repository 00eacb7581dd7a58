//! What has been looked up on the way of one question, so that globs of globs are walked once.
//!
//! Modules that import everything from each other (`pub use a::*` next to `use super::*` in `a`) would
//! otherwise be walked along every path between them.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use crate::names::Namespace;
use crate::names::scopes::{Entry, ModId};
use crate::symbol::Symbol;

type Key = (ModId, Symbol, Namespace);

#[derive(Default)]
struct Memo {
    depth: u32,
    /// A question that is being answered has no answer: asking it again on the way would not end.
    answers: FxHashMap<Key, Option<Entry>>,
}

thread_local! {
    static MEMO: RefCell<Memo> = RefCell::new(Memo::default());
}

/// Ends a question; the outermost one forgets all answers, since imports may be resolved in between.
struct Level;

impl Drop for Level {
    fn drop(&mut self) {
        MEMO.with_borrow_mut(|memo| {
            memo.depth = memo.depth.saturating_sub(1);
            if memo.depth == 0 {
                memo.answers.clear();
            }
        });
    }
}

/// The answer of `search`, which is run once for each key within one outermost question.
pub(super) fn once(key: Key, search: impl FnOnce() -> Option<Entry>) -> Option<Entry> {
    let known = MEMO.with_borrow_mut(|memo| match memo.answers.get(&key) {
        Some(answer) => Some(*answer),
        None => {
            memo.answers.insert(key, None);
            memo.depth += 1;
            None
        }
    });
    if let Some(answer) = known {
        return answer;
    }
    let _level = Level;
    let found = search();
    MEMO.with_borrow_mut(|memo| memo.answers.insert(key, found));
    found
}
