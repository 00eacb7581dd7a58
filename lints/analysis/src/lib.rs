//! What linger knows of a Rust program without compiling it.
//!
//! Layers, each of which uses only those before it:
//! [`source`] (text, lines, comments) → [`syntax`] (an owned tree of every body) → [`names`] (module
//! tree, imports, index of items) → [`catalogue`] (other people's APIs, as data) → [`types`] (types of
//! expressions) → [`flow`] (control-flow graph with every drop explicit) → [`facts`] (summaries of
//! functions, linked to a fixpoint).

pub mod catalogue;
pub mod facts;
pub mod flow;
pub mod names;
pub mod source;
pub mod span;
pub mod symbol;
pub mod syntax;
pub mod types;
