//! The rules, one file each, by group.

pub mod capture;
pub mod cleanup;
pub(crate) mod fixes;
pub mod lock;
pub mod result;
pub(crate) mod support;
pub mod task;
pub mod tool;
