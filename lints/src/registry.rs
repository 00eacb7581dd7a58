//! The list of all rules: one line each.

use crate::rule::{Rule, RuleMeta};
use crate::rules;

macro_rules! registry {
    ($($group:ident :: $rule:ident :: $type:ident),* $(,)?) => {
        /// Declarations of all rules, in the order of the list.
        #[must_use]
        pub fn all() -> Vec<&'static RuleMeta> {
            vec![$(&rules::$group::$rule::META),*]
        }

        /// Builds the rules that `wanted` selects.
        #[must_use]
        pub fn build(wanted: &Selection<'_>) -> Vec<Box<dyn Rule>> {
            let mut out = Vec::new();
            $(
                if wanted(&rules::$group::$rule::META) {
                    out.push(rules::$group::$rule::$type::build());
                }
            )*
            out
        }
    };
}

/// Says whether a rule is wanted.
pub type Selection<'s> = dyn Fn(&RuleMeta) -> bool + 's;

/// The declaration of the rule called `name`.
#[must_use]
pub fn find(name: &str) -> Option<&'static RuleMeta> {
    all().into_iter().find(|m| m.name == name)
}

registry! {
    lock::double_lock::DoubleLock,
    lock::lock_across_await::LockAcrossAwait,
}
