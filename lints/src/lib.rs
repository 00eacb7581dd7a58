//! The rules of linger: what a finding is, how a rule is declared, and the rules themselves.
//!
//! A rule is one file under [`rules`], declared with [`declare_rule!`] and listed in [`registry`]. It sees
//! the analysis through a [`BodyContext`] or [`ProgramContext`] and reports [`Diagnostic`]s; levels,
//! suppressions and output are the driver's.

pub mod context;
mod declare;

pub mod diagnostic;
mod in_hand;
mod reason;
pub mod registry;
pub mod rule;
pub mod rules;

pub use context::{BodyContext, FlowView, ProgramContext};
pub use diagnostic::{Applicability, Confidence, Diagnostic, Edit, Fix, Label};
pub use registry::{RegisteredRule, all, find};
pub use rule::{Case, FixAvailability, Gathered, Group, Level, NoOptions, OptionsError, Rule, RuleMeta};

// Reached by `declare_rule!` from the files of rules.
#[doc(hidden)]
pub use {schemars, serde, toml};
