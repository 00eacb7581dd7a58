//! Interned strings: names and canonical paths are compared as pointers.

use std::cell::{Cell, RefCell};
use std::fmt::{Display, Write};
use std::hash::Hasher;

use rustc_hash::FxHasher;

/// An interned string. `Copy`, compares and hashes as a pointer, orders as text.
pub type Symbol = ustr::Ustr;

/// Names that a thread has interned of late: a power of two.
const RECENT: usize = 2048;

thread_local! {
    static LATELY: [Cell<Option<Symbol>>; RECENT] = const { [const { Cell::new(None) }; RECENT] };
    static TEXT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Interns `text`.
///
/// The table of all names is shared and locked. A file repeats its names, so most are found in a small table of the
/// thread.
#[must_use]
pub fn sym(text: &str) -> Symbol {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    let place = hasher.finish() as usize % RECENT;
    let known = LATELY.try_with(|lately| match lately[place].get() {
        Some(known) if known.as_str() == text => known,
        _ => {
            let new = ustr::ustr(text);
            lately[place].set(Some(new));
            new
        }
    });
    known.unwrap_or_else(|_| ustr::ustr(text))
}

/// Interns what `shown` prints, after `change`.
#[must_use]
pub fn sym_of(shown: &impl Display, change: impl Fn(&str) -> &str) -> Symbol {
    let interned = TEXT.try_with(|text| {
        let mut text = text.try_borrow_mut().ok()?;
        text.clear();
        write!(text, "{shown}").ok()?;
        Some(sym(change(&text)))
    });
    interned.ok().flatten().unwrap_or_else(|| sym(change(&shown.to_string())))
}
