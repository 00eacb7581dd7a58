//! `macro_rules!` that one file defines and another calls.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::symbol::Symbol;
use crate::syntax::items::FileHir;

/// A `macro_rules!` of a file that other files may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedMacro {
    /// Its name.
    pub name: Symbol,
    /// `#[macro_export]`
    pub is_exported: bool,
    /// Its rules, as text: token trees stay on their thread.
    pub rules: Arc<str>,
}

/// A macro that another file defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherMacro {
    /// Its rules.
    pub rules: Arc<str>,
    /// What `$crate` in it means here, when that is another crate.
    pub krate: Option<Symbol>,
}

/// Macros that other files define, by name.
pub type OtherMacros = FxHashMap<Symbol, OtherMacro>;

impl FileHir {
    /// Whether the file would be lowered to the same with these macros at hand.
    #[must_use]
    pub fn is_same_with(&self, others: &OtherMacros) -> bool {
        self.asked_macros.iter().all(|(name, found)| others.get(name) == found.as_ref())
    }
}
