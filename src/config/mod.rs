//! Configuration: `linger.toml`, and `[workspace.metadata.linger]` or `[package.metadata.linger]`.

pub mod catalogue;
pub mod file;
pub mod load;
pub mod policy;
pub mod schema;
pub mod show;

pub use file::TestsLevel;
pub use load::Config;
pub use policy::Policy;
