//! The rules, one file each, by group.

pub mod capture;
pub(crate) mod carried;
pub mod cleanup;
pub(crate) mod fixes;
pub(crate) mod killed;
pub mod lock;
pub mod result;
pub(crate) mod serialising;
pub(crate) mod shapes;
pub(crate) mod support;
pub mod task;
pub mod tool;
