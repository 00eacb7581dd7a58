//! The table of signatures in `known.sig`: what the catalogue cannot say, namely what functions take.

use std::sync::{Arc, LazyLock};

use rustc_hash::FxHashMap;

use crate::symbol::{Symbol, sym};
use crate::types::ty::{Args, Bounds, List, Ty};
use crate::types::vars::stream_of;

/// A signature of the table. One upper-case letter is a type parameter ([`Ty::Param`]); computed types are
/// named types with a path that starts with `?`.
#[derive(Debug)]
pub(super) struct Sig {
    /// Canonical path of the function.
    pub(super) path: Symbol,
    /// For methods: the type that the receiver must fit.
    pub(super) self_ty: Option<Ty>,
    /// What a turbofish binds.
    pub(super) turbofish: Vec<Symbol>,
    /// Parameters without `self`.
    pub(super) params: Vec<Ty>,
    /// What it gives.
    pub(super) ret: Ty,
}

/// All signatures and facts of the table.
#[derive(Debug, Default)]
pub(super) struct Table {
    methods: FxHashMap<(Symbol, Symbol), Vec<Sig>>,
    any: FxHashMap<Symbol, Sig>,
    functions: FxHashMap<Symbol, Sig>,
    derefs: FxHashMap<Symbol, (Ty, Ty)>,
    items: FxHashMap<Symbol, (Ty, Ty)>,
    ref_items: FxHashMap<Symbol, (Ty, Ty)>,
    awaits: FxHashMap<Symbol, (Ty, Ty)>,
    fields: FxHashMap<(Symbol, Symbol), (Ty, Ty)>,
    variants: FxHashMap<(Symbol, Symbol), (Ty, Args)>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| read(include_str!("known.sig")));

impl Table {
    /// The shipped table, read on first use.
    pub(super) fn get() -> &'static Table {
        &TABLE
    }

    /// Methods of a head (see [`head`]) by that name.
    pub(super) fn methods(&self, head: Symbol, name: Symbol) -> &[Sig] {
        self.methods.get(&(head, name)).map(Vec::as_slice).unwrap_or_default()
    }

    /// A method that nearly every type has.
    pub(super) fn any(&self, name: Symbol) -> Option<&Sig> {
        self.any.get(&name)
    }

    /// A free or associated function.
    pub(super) fn function(&self, path: Symbol) -> Option<&Sig> {
        self.functions.get(&path)
    }

    /// What a type derefs to: pattern and target.
    pub(super) fn deref(&self, head: Symbol) -> Option<&(Ty, Ty)> {
        self.derefs.get(&head)
    }

    /// What iterating a type gives.
    pub(super) fn item(&self, head: Symbol) -> Option<&(Ty, Ty)> {
        self.items.get(&head)
    }

    /// What iterating a reference to a type gives.
    pub(super) fn ref_item(&self, head: Symbol) -> Option<&(Ty, Ty)> {
        self.ref_items.get(&head)
    }

    /// What awaiting a type gives.
    pub(super) fn awaited(&self, head: Symbol) -> Option<&(Ty, Ty)> {
        self.awaits.get(&head)
    }

    /// A public field.
    pub(super) fn field(&self, head: Symbol, name: Symbol) -> Option<&(Ty, Ty)> {
        self.fields.get(&(head, name))
    }

    /// The parts of a variant or tuple struct: its type and the fields.
    pub(super) fn variant(&self, head: Symbol, name: Symbol) -> Option<&(Ty, Args)> {
        self.variants.get(&(head, name))
    }
}

/// What methods of a type are listed under: the path of a named type, `slice`, `str`, `iterator`, `future`,
/// `stream`, the name of a primitive.
pub(super) fn head(ty: &Ty) -> Option<Symbol> {
    Some(match ty {
        Ty::Adt(path, _) => *path,
        Ty::Prim(name) => *name,
        Ty::Slice(_) | Ty::Array(_) => sym("slice"),
        Ty::Iterator(_) => sym("iterator"),
        Ty::Future(..) => sym("future"),
        Ty::Impl(bounds) | Ty::Dyn(bounds) | Ty::Param(_, bounds) => {
            let kind = |name: &str| bounds.iter().any(|b| b.path.ends_with(name));
            if kind("::Stream") {
                sym("stream")
            } else if kind("::Iterator") || kind("::DoubleEndedIterator") || kind("::ExactSizeIterator") {
                sym("iterator")
            } else if kind("::Future") {
                sym("future")
            } else {
                return None;
            }
        }
        Ty::Ptr(_) => sym("pointer"),
        _ => return None,
    })
}

fn read(text: &str) -> Table {
    let mut table = Table::default();
    let mut short: FxHashMap<&str, &str> = FxHashMap::default();
    // The prefix and receiver of the methods that follow; no receiver in an `any` section.
    let mut section: Option<(String, Option<Ty>)> = None;
    for line in text.lines() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let mut reader = Reader { text: rest, short: &short };
        match word {
            "use" => {
                short.insert(rest.rsplit("::").next().unwrap_or(rest), rest);
            }
            "impl" => {
                let ty = reader.ty();
                let prefix = match reader.text.trim().strip_prefix("as ") {
                    Some(path) => path.to_owned(),
                    None => head(&ty).map(|s| s.to_string()).unwrap_or_default(),
                };
                section = Some((prefix, Some(ty)));
            }
            "any" => section = Some((rest.to_owned(), None)),
            "deref" | "item" | "refitem" | "await" => {
                let pattern = reader.ty();
                let entry = (pattern.clone(), reader.ty());
                if let Some(head) = head(&pattern) {
                    match word {
                        "deref" => table.derefs.insert(head, entry),
                        "item" => table.items.insert(head, entry),
                        "refitem" => table.ref_items.insert(head, entry),
                        _ => table.awaits.insert(head, entry),
                    };
                }
            }
            "field" => {
                let pattern = reader.ty();
                let name = sym(reader.word());
                let ty = reader.ty();
                if let Some(head) = head(&pattern) {
                    table.fields.insert((head, name), (pattern, ty));
                }
            }
            "variant" => {
                let pattern = reader.ty();
                let name = sym(reader.word());
                reader.eat("(");
                let parts = reader.list(")").into();
                if let Some(head) = head(&pattern) {
                    table.variants.insert((head, name), (pattern, parts));
                }
            }
            "fn" => {
                let path = reader.word();
                let sig = reader.signature(path.to_owned(), None);
                table.functions.insert(sig.path, sig);
            }
            _ => {
                let Some((prefix, self_ty)) = &section else { continue };
                let mut reader = Reader { text: line, short: &short };
                let name = reader.word();
                let sig = reader.signature(format!("{prefix}::{name}"), self_ty.clone());
                match self_ty.as_ref().map(head) {
                    None => {
                        table.any.insert(sym(name), sig);
                    }
                    Some(Some(head)) => table.methods.entry((head, sym(name))).or_default().push(sig),
                    Some(None) => {}
                }
            }
        }
    }
    table
}

struct Reader<'a> {
    text: &'a str,
    short: &'a FxHashMap<&'a str, &'a str>,
}

impl<'a> Reader<'a> {
    fn space(&mut self) {
        self.text = self.text.trim_start();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.space();
        match self.text.strip_prefix(token) {
            Some(rest) => {
                self.text = rest;
                true
            }
            None => false,
        }
    }

    /// A path or name; empty when there is none.
    fn word(&mut self) -> &'a str {
        self.space();
        let end = self
            .text
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | ':')))
            .unwrap_or(self.text.len());
        let (word, rest) = self.text.split_at_checked(end).unwrap_or((self.text, ""));
        self.text = rest;
        word
    }

    fn signature(&mut self, path: String, self_ty: Option<Ty>) -> Sig {
        let mut turbofish = Vec::new();
        if self.eat("<") {
            while !self.eat(">") && !self.text.is_empty() {
                turbofish.push(sym(self.word()));
                self.eat(",");
            }
        }
        self.eat("(");
        let params = self.list(")");
        Sig { path: sym(&path), self_ty, turbofish, params, ret: self.ty() }
    }

    fn list(&mut self, close: &str) -> Vec<Ty> {
        let mut types = Vec::new();
        while !self.eat(close) && !self.text.is_empty() {
            types.push(self.ty());
            self.eat(",");
        }
        types
    }

    fn ty(&mut self) -> Ty {
        if self.eat("&") {
            let mutable = self.eat("mut ");
            return self.ty().reference(mutable);
        }
        if self.eat("*") {
            return Ty::Ptr(Arc::new(self.ty()));
        }
        if self.eat("(") {
            return Ty::Tuple(self.list(")").into());
        }
        if self.eat("[") {
            let inner = self.ty();
            self.eat("]");
            return Ty::Slice(Arc::new(inner));
        }
        if self.eat("||") {
            return Ty::Fn(Args::from([]), Arc::new(self.ty()));
        }
        if self.eat("|") {
            let params = self.list("|");
            return Ty::Fn(params.into(), Arc::new(self.ty()));
        }
        if self.eat("dyn ") {
            let path = sym(self.word());
            let bound = crate::types::ty::Bound { path, args: Args::from([]), assoc: List::from([]) };
            return Ty::Dyn(List::from([bound]));
        }
        let name = self.word();
        let args = if self.eat("<") { self.list(">") } else { Vec::new() };
        let first = || args.first().cloned().unwrap_or_default();
        match name {
            "" | "_" => {
                // A lone `_` is a word; anything else that cannot be read is skipped to make progress.
                if name.is_empty() {
                    self.text = self.text.get(1..).unwrap_or_default();
                }
                Ty::Unknown
            }
            "Iter" => Ty::Iterator(Arc::new(first())),
            "Fut" => Ty::Future(Arc::new(first()), None),
            "Stream" => stream_of(first()),
            "Item" | "Output" | "Deref" | "Tried" | "Collect" | "Owned" | "Index" | "Concat"
            | "ParseError" | "ConvertError" | "AsRef" | "Borrow" | "Into" | "Projection" => {
                Ty::Adt(sym(&format!("?{name}")), args.into())
            }
            "Self" => Ty::Param(sym("Self"), Bounds::from([])),
            _ if name.len() == 1 && name.starts_with(|c: char| c.is_ascii_uppercase()) => {
                Ty::Param(sym(name), Bounds::from([]))
            }
            _ => match self.short.get(name) {
                Some(path) => Ty::adt(path, args),
                None if name.contains("::") => Ty::adt(name, args),
                None => Ty::prim(name),
            },
        }
    }
}
