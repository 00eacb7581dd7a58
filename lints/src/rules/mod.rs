//! The rules, by group.

pub mod lock;
pub(crate) mod support;
