//! Tests of parsing and lowering, by subject.

mod attributes;
mod items;
mod limits;
mod locals;
mod macros;
mod rules;
mod select;
mod spans;

use std::path::PathBuf;

use crate::syntax::hir::Body;
use crate::syntax::items::FileHir;
use crate::syntax::parse_file;
use crate::syntax::print::print_body;

/// Lowers a file that must be valid.
fn file(text: &str) -> FileHir {
    match parse_file(PathBuf::from("test.rs"), text) {
        Ok(file) => file,
        Err(error) => panic!("{error} at {:?} in {text}", error.span),
    }
}

/// The body of the function `f`.
fn body_of<'a>(file: &'a FileHir, name: &str) -> &'a Body {
    let found = file.bodies.iter().find(|body| file.items[body.owner.index()].name.as_str() == name);
    found.unwrap_or_else(|| panic!("no function {name}"))
}

/// Prints the body of `f` in a file.
fn printed(text: &str) -> String {
    print_body(body_of(&file(text), "f"))
}

/// Prints the lowered statements of a function without parameters.
fn code(statements: &str) -> String {
    printed(&format!("fn f(a: A, b: B) {{ {statements} }}"))
}
