//! One declaration per rule: documentation, metadata and type in one place.

/// Declares a rule. The first line of the documentation is its summary.
///
/// ```ignore
/// declare_rule! {
///     /// A blocking lock guard is alive at an `.await`.
///     ///
///     /// ## Why it matters
///     /// …
///     LockAcrossAwait("lock_across_await") {
///         group: Lock,
///         cases: [Deny "" "guards that block threads"],
///         since: "0.1.0",
///         compiler_lints: ["clippy::await_holding_lock"],
///     }
/// }
/// ```
#[macro_export]
macro_rules! declare_rule {
    (
        #[doc = $summary:literal]
        $(#[doc = $doc:literal])*
        $type:ident($name:literal) {
            group: $group:ident,
            cases: [$($level:ident $case:literal $about:literal),+ $(,)?],
            since: $since:literal,
            $(compiler_lints: [$($lint:literal),* $(,)?],)?
            $(about_tests: $about_tests:literal,)?
        }
    ) => {
        #[doc = $summary]
        $(#[doc = $doc])*
        #[derive(Debug, Default)]
        pub struct $type;

        /// The declaration of this rule.
        pub static META: $crate::RuleMeta = $crate::RuleMeta {
            name: $name,
            group: $crate::Group::$group,
            summary: $summary,
            docs: concat!($summary, "\n", $($doc, "\n"),*),
            cases: &[$($crate::Case { name: $case, level: $crate::Level::$level, summary: $about }),+],
            since: $since,
            about_tests: false $(|| $about_tests)?,
            compiler_lints: &[$($($lint),*)?],
            file: file!(),
        };

        impl $type {
            /// Builds the rule; it has no options.
            #[must_use]
            pub fn build() -> Box<dyn $crate::Rule> {
                Box::new(Self)
            }
        }
    };
}
