//! Interned strings: names and canonical paths are compared as pointers.

/// An interned string. `Copy`, compares and hashes as a pointer, orders as text.
pub type Symbol = ustr::Ustr;

/// Interns `text`.
#[must_use]
pub fn sym(text: &str) -> Symbol {
    ustr::ustr(text)
}
