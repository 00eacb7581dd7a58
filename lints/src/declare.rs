//! The declaration of a rule, in one place and without a procedural macro.

/// Declares a rule: its documentation, its metadata, its options.
///
/// The doc comment is the text that users read (`cargo linger explain RULE`); its first line is the summary.
/// It has the headings `## Why it matters`, `## Example` and `## Limits`; code blocks that start with
/// ```` ```rust,fires ```` must give a finding of this rule and those that start with ```` ```rust,clean ````
/// none (a test runs them; rustdoc compiles them).
///
/// ```ignore
/// declare_rule! {
///     /// A guard is dropped in the statement that takes it.
///     ///
///     /// ## Why it matters
///     /// …
///     DroppedAtOnce("dropped_at_once") {
///         group: Cleanup,
///         level: Deny,                       // or cases: { critical: Warn = "the loss costs data", any: Allow = "…" },
///         since: "0.1.0",
///         fixes: Sometimes,
///         options: Options,                  // optional: a serde struct with defaults
///         about_tests: true,                 // optional
///         compiler_lints: ["let_underscore_lock"], // optional
///     }
/// }
///
/// impl Rule for DroppedAtOnce {
///     fn meta(&self) -> &'static RuleMeta {
///         &META
///     }
///     fn body(&self, cx: &BodyContext<'_>, report: &mut Vec<Diagnostic>) { … self.options … }
/// }
/// ```
///
/// It makes `META`, the struct with its `options`, and `build`.
#[macro_export]
macro_rules! declare_rule {
    (
        #[doc = $summary:literal]
        $(#[doc = $doc:literal])*
        $name:ident($text:literal) {
            group: $group:ident,
            $(level: $level:ident,)?
            $(cases: { $($case:ident: $case_level:ident = $case_summary:literal),+ $(,)? },)?
            since: $since:literal,
            fixes: $fixes:ident,
            $(options: $options:ty,)?
            $(about_tests: $about_tests:literal,)?
            $(compiler_lints: [$($lint:literal),* $(,)?],)?
        }
    ) => {
        /// What there is to say about this rule.
        pub static META: $crate::RuleMeta = $crate::RuleMeta {
            name: $text,
            group: $crate::Group::$group,
            summary: $summary.trim_ascii(),
            docs: concat!($summary, "\n", $($doc, "\n"),*),
            cases: &[
                $($crate::Case { name: "", level: $crate::Level::$level, summary: $summary.trim_ascii() },)?
                $($($crate::Case {
                    name: stringify!($case),
                    level: $crate::Level::$case_level,
                    summary: $case_summary,
                },)+)?
            ],
            since: $since,
            fixes: $crate::FixAvailability::$fixes,
            about_tests: $crate::declare_rule!(@or false $(, $about_tests)?),
            compiler_lints: &[$($($lint),*)?],
            source_file: file!(),
            options_schema: || $crate::schemars::schema_for!($crate::declare_rule!(@type $($options)?)),
        };

        #[doc = $summary]
        $(#[doc = $doc])*
        pub struct $name {
            /// What the user has set.
            pub options: $crate::declare_rule!(@type $($options)?),
        }

        /// Makes the rule from its options in `linger.toml`.
        ///
        /// # Errors
        /// When an option is unknown or has the wrong type.
        pub fn build(
            options: $crate::toml::Table,
        ) -> Result<Box<dyn $crate::Rule>, $crate::OptionsError> {
            let options = $crate::serde::Deserialize::deserialize(options)
                .map_err(|error: $crate::toml::de::Error| $crate::OptionsError {
                    message: error.message().to_owned(),
                })?;
            Ok(Box::new($name { options }))
        }
    };
    (@or $default:literal) => { $default };
    (@or $default:literal, $given:literal) => { $given };
    (@type) => { $crate::NoOptions };
    (@type $options:ty) => { $options };
}
