//! The rules of linger: one file each, on top of [`linger_analysis`].
//!
//! A rule is a declaration ([`declare_rule!`]) with its documentation, metadata and code. Rules see bodies
//! through names, types, flow and facts; they never see `syn`, the file system, the terminal or each other.

mod context;
mod declare;
mod diagnostic;
mod registry;
mod rule;
pub mod rules;

pub use context::{BodyContext, FlowView, ProgramContext};
pub use diagnostic::{Applicability, Confidence, Diagnostic, Edit, Fix, Label};
pub use registry::{Selection, all, build, find};
pub use rule::{Case, Group, Level, OptionsError, Rule, RuleMeta};
