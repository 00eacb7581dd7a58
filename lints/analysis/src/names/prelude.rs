//! Names that are there without a `use`: the standard prelude, primitive types, macros of std.

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::symbol::{Symbol, sym};

/// Names of the prelude with their paths; the number is the edition they came with.
const PRELUDE: [(&str, &str, u16); 46] = [
    ("Option", "std::option::Option", 0),
    ("Some", "std::option::Option::Some", 0),
    ("None", "std::option::Option::None", 0),
    ("Result", "std::result::Result", 0),
    ("Ok", "std::result::Result::Ok", 0),
    ("Err", "std::result::Result::Err", 0),
    ("Vec", "std::vec::Vec", 0),
    ("Box", "std::boxed::Box", 0),
    ("String", "std::string::String", 0),
    ("ToString", "std::string::ToString", 0),
    ("ToOwned", "std::borrow::ToOwned", 0),
    ("drop", "std::mem::drop", 0),
    ("size_of", "std::mem::size_of", 0),
    ("size_of_val", "std::mem::size_of_val", 0),
    ("align_of", "std::mem::align_of", 0),
    ("align_of_val", "std::mem::align_of_val", 0),
    ("Drop", "std::ops::Drop", 0),
    ("Fn", "std::ops::Fn", 0),
    ("FnMut", "std::ops::FnMut", 0),
    ("FnOnce", "std::ops::FnOnce", 0),
    ("AsyncFn", "std::ops::AsyncFn", 0),
    ("AsyncFnMut", "std::ops::AsyncFnMut", 0),
    ("AsyncFnOnce", "std::ops::AsyncFnOnce", 0),
    ("Send", "std::marker::Send", 0),
    ("Sync", "std::marker::Sync", 0),
    ("Sized", "std::marker::Sized", 0),
    ("Copy", "std::marker::Copy", 0),
    ("Unpin", "std::marker::Unpin", 0),
    ("Clone", "std::clone::Clone", 0),
    ("PartialEq", "std::cmp::PartialEq", 0),
    ("Eq", "std::cmp::Eq", 0),
    ("PartialOrd", "std::cmp::PartialOrd", 0),
    ("Ord", "std::cmp::Ord", 0),
    ("AsRef", "std::convert::AsRef", 0),
    ("AsMut", "std::convert::AsMut", 0),
    ("Into", "std::convert::Into", 0),
    ("From", "std::convert::From", 0),
    ("Default", "std::default::Default", 0),
    ("Iterator", "std::iter::Iterator", 0),
    ("IntoIterator", "std::iter::IntoIterator", 0),
    ("Extend", "std::iter::Extend", 0),
    ("DoubleEndedIterator", "std::iter::DoubleEndedIterator", 0),
    ("ExactSizeIterator", "std::iter::ExactSizeIterator", 0),
    ("FromIterator", "std::iter::FromIterator", 2021),
    ("TryFrom", "std::convert::TryFrom", 2021),
    ("TryInto", "std::convert::TryInto", 2021),
];

/// Names that only the prelude of 2024 has.
const PRELUDE_2024: [(&str, &str); 2] =
    [("Future", "std::future::Future"), ("IntoFuture", "std::future::IntoFuture")];

/// Whether a trait outside of the program is in scope in every file.
pub(crate) fn is_in_prelude(path: Symbol) -> bool {
    let path = path.as_str();
    PRELUDE.iter().any(|(_, known, _)| *known == path) || PRELUDE_2024.iter().any(|(_, known)| *known == path)
}

/// Derives and traits that are known wherever they are written.
const DERIVES: [(&str, &str); 6] = [
    ("Debug", "std::fmt::Debug"),
    ("Hash", "std::hash::Hash"),
    ("Serialize", "serde::Serialize"),
    ("Deserialize", "serde::Deserialize"),
    ("Error", "std::error::Error"),
    ("Display", "std::fmt::Display"),
];

const PRIMITIVES: [&str; 17] = [
    "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128",
    "isize", "f32", "f64",
];

const MACROS: [&str; 38] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "cfg",
    "column",
    "compile_error",
    "concat",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "env",
    "eprint",
    "eprintln",
    "file",
    "format",
    "format_args",
    "include",
    "include_bytes",
    "include_str",
    "line",
    "matches",
    "module_path",
    "option_env",
    "panic",
    "print",
    "println",
    "stringify",
    "thread_local",
    "todo",
    "try",
    "unimplemented",
    "unreachable",
    "vec",
    "write",
    "writeln",
    "assert_matches",
    "is_x86_feature_detected",
];

static BY_NAME: LazyLock<FxHashMap<Symbol, (Symbol, u16)>> = LazyLock::new(|| {
    let later = PRELUDE_2024.iter().map(|(name, path)| (*name, *path, 2024));
    PRELUDE
        .iter()
        .copied()
        .chain(later)
        .map(|(name, path, edition)| (sym(name), (sym(path), edition)))
        .collect()
});

static DERIVED: LazyLock<FxHashMap<Symbol, Symbol>> =
    LazyLock::new(|| DERIVES.iter().map(|(name, path)| (sym(name), sym(path))).collect());

static PRIMITIVE: LazyLock<FxHashSet<Symbol>> =
    LazyLock::new(|| PRIMITIVES.iter().map(|name| sym(name)).collect());

static MACRO: LazyLock<FxHashMap<Symbol, Symbol>> =
    LazyLock::new(|| MACROS.iter().map(|name| (sym(name), sym(&format!("std::{name}")))).collect());

/// The path of a name of the prelude.
pub(super) fn prelude(name: Symbol, edition: u16) -> Option<Symbol> {
    BY_NAME.get(&name).filter(|(_, since)| *since <= edition).map(|(path, _)| *path)
}

/// The trait that a derive implements.
pub(super) fn derived(name: Symbol) -> Option<Symbol> {
    DERIVED.get(&name).copied().or_else(|| prelude(name, u16::MAX))
}

/// Whether `name` is a primitive type.
pub(super) fn is_primitive(name: Symbol) -> bool {
    PRIMITIVE.contains(&name)
}

/// The path of a macro of std.
pub(super) fn std_macro(name: Symbol) -> Option<Symbol> {
    MACRO.get(&name).copied()
}
