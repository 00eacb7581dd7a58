//! Types of expressions, from signatures.

pub mod infer;
pub mod ty;
