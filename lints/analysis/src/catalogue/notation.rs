//! The notation of types in the signature table, read into [`Ty`].
//!
//! It is Rust's, with canonical paths, and with `future<T>`, `iter<T>` for the shapes that matter more than
//! their names. A name of the file's own list of short names stands for its path; any other capitalised name
//! is a type parameter (`T`, `Self::Item`); lower-case names without `::` are primitives.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::symbol::sym;
use crate::types::ty::{Args, Bound, Bounds, Ty};

/// Short names of a file: `Result` → `std::result::Result`.
pub(super) type ShortNames<'a> = FxHashMap<&'a str, &'a str>;

/// Reads types one after the other out of a line.
pub(super) struct Reader<'a> {
    text: &'a str,
    short: &'a ShortNames<'a>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, short: &'a ShortNames<'a>) -> Self {
        Self { text, short }
    }

    /// What has not been read yet.
    pub(super) fn rest(&self) -> &'a str {
        self.text
    }

    /// The next type; `None` where there is none.
    pub(super) fn ty(&mut self) -> Option<Ty> {
        let first = self.text.chars().next()?;
        match first {
            '_' => {
                self.skip(1);
                Some(Ty::Unknown)
            }
            '!' => {
                self.skip(1);
                Some(Ty::Never)
            }
            '&' => {
                self.skip(1);
                let mutable = self.take("mut ");
                Some(self.ty()?.reference(mutable))
            }
            '*' => {
                self.skip(1);
                Some(Ty::Ptr(Arc::new(self.ty()?)))
            }
            '(' => {
                self.skip(1);
                Some(Ty::Tuple(self.list(")")?))
            }
            '[' => {
                self.skip(1);
                let inner = Arc::new(self.ty()?);
                if self.take(";]") {
                    Some(Ty::Array(inner))
                } else {
                    self.take("]").then_some(Ty::Slice(inner))
                }
            }
            _ if self.take("dyn ") => Some(Ty::Dyn(self.bounds()?)),
            _ if self.take("impl ") => Some(Ty::Impl(self.bounds()?)),
            _ if self.take("fn(") => {
                let args = self.list(")")?;
                let ret = if self.take("->") { self.ty()? } else { Ty::unit() };
                Some(Ty::Fn(args, Arc::new(ret)))
            }
            _ if self.take("future<") => {
                let output = self.ty()?;
                self.take(">").then(|| Ty::Future(Arc::new(output), None))
            }
            _ if self.take("iter<") => {
                let item = self.ty()?;
                self.take(">").then(|| Ty::Iterator(Arc::new(item)))
            }
            _ => self.named(),
        }
    }

    /// Types up to `close`, with commas between them.
    pub(super) fn list(&mut self, close: &str) -> Option<Args> {
        let mut types = Vec::new();
        while !self.take(close) {
            types.push(self.ty()?);
            if !self.take(",") && !self.text.starts_with(close) {
                return None;
            }
        }
        Some(types.into())
    }

    /// Takes `token` when it comes next.
    pub(super) fn take(&mut self, token: &str) -> bool {
        match self.text.strip_prefix(token) {
            Some(rest) => {
                self.text = rest;
                true
            }
            None => false,
        }
    }

    fn skip(&mut self, bytes: usize) {
        self.text = self.text.get(bytes..).unwrap_or_default();
    }

    fn name(&mut self) -> Option<&'a str> {
        let end = self
            .text
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | ':' | '{' | '}')))
            .unwrap_or(self.text.len());
        let (name, rest) = self.text.split_at_checked(end)?;
        self.text = rest;
        (!name.is_empty()).then_some(name)
    }

    fn named(&mut self) -> Option<Ty> {
        let name = self.name()?;
        let capital = name.starts_with(|c: char| c.is_uppercase());
        let path = match self.short.get(name) {
            Some(path) => path,
            None if capital => return Some(Ty::Param(sym(name), Bounds::from([]))),
            None if !name.contains("::") => return Some(Ty::prim(name)),
            None => name,
        };
        let args = if self.take("<") { self.list(">")? } else { Args::from([]) };
        Some(Ty::Adt(sym(path), args))
    }

    fn bounds(&mut self) -> Option<Bounds> {
        let mut bounds = Vec::new();
        loop {
            let name = self.name()?;
            let path = self.short.get(name).copied().unwrap_or(name);
            let mut args = Vec::new();
            let mut assoc = Vec::new();
            if self.take("<") {
                while !self.take(">") {
                    // `Item=T`: a name and `=` before the type.
                    let before = self.text;
                    match self.name() {
                        Some(key) if self.take("=") => assoc.push((sym(key), self.ty()?)),
                        _ => {
                            self.text = before;
                            args.push(self.ty()?);
                        }
                    }
                    if !self.take(",") && !self.text.starts_with('>') {
                        return None;
                    }
                }
            }
            bounds.push(Bound { path: sym(path), args: args.into(), assoc: assoc.into() });
            if !self.take("+") {
                return Some(bounds.into());
            }
        }
    }
}
