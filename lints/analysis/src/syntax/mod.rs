//! Rust's grammar, lowered to an owned tree ([`hir`]) that outlives the parse and crosses threads.

pub mod cfg;
mod children;
pub mod hir;
mod interface;
pub mod items;
mod leniency;
mod lower;
pub mod macros;
pub mod parse;
pub mod print;
pub mod test_names;
#[cfg(test)]
mod tests;

pub use interface::Interface;
pub use parse::{ParseError, ParseErrorKind, parse_file};
