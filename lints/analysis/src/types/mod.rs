//! Types of expressions, from signatures.

pub mod causes;
pub mod infer;
pub mod print;
pub mod ty;

mod calls;
mod closures;
mod context;
mod expr_map;
mod exprs;
mod macros;
mod methods;
mod operators;
mod outside;
mod paths;
mod patterns;
mod probing;
mod project;
mod shape;
mod table;
#[cfg(test)]
mod tests;
mod vars;
