//! Literal values, as far as rules need them.

use syn::Lit;

use crate::symbol::{Symbol, sym};
use crate::syntax::hir::Literal;

/// Longest text kept of a string literal, in bytes.
const TEXT_LIMIT: usize = 120;

pub(super) fn literal(lit: &Lit) -> Literal {
    match lit {
        Lit::Str(text) => Literal::Str(clipped(&text.value())),
        Lit::ByteStr(_) => Literal::ByteStr,
        Lit::CStr(_) => Literal::CStr,
        Lit::Byte(_) => Literal::Byte,
        Lit::Char(_) => Literal::Char,
        Lit::Int(int) => Literal::Int(int.base10_parse().ok(), sym(int.suffix())),
        Lit::Float(float) => Literal::Float(sym(float.suffix())),
        Lit::Bool(bool) => Literal::Bool(bool.value),
        _ => Literal::Int(None, sym("")),
    }
}

/// Interns at most the first bytes of a text.
pub(super) fn clipped(text: &str) -> Symbol {
    let mut end = text.len().min(TEXT_LIMIT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    sym(&text[..end])
}
