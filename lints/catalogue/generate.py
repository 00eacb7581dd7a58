#!/usr/bin/env python3
"""Makes signatures.txt from the tables of an API scan.

    python3 generate.py FOLDER > signatures.txt

FOLDER holds std.tsv, std_types.tsv, std_aliases.tsv, crates/*.tsv, crates_types.tsv, crates_aliases.tsv.
The format of the output is described in README.md beside this script. What the tables lack or have wrong
is put right by hand in signatures-extra.txt, never in the output.
"""

import os
import re
import sys
from collections import Counter, defaultdict

# Crates that no rule needs and that would only cost size.
LEFT_OUT = {
    "rdkafka_sys", "ring", "sea_query", "postgres_protocol", "sentry_types", "sentry_tracing", "amq_protocol",
    "diesel_derives", "sqlx_macros_core", "kube_core", "kube", "metrics_util", "rustls_pki_types", "actix_router",
    "quinn_udp", "parking_lot_core", "csv_core", "brotli", "bson", "rustix", "thiserror", "async_trait",
    "pin_project_lite", "tower_layer", "sync_wrapper", "opentelemetry",
    "concurrent_queue", "event_listener_strategy", "console",
}
# Modules that are not for users.
PRIVATE = re.compile(r"::(doc|__\w+|sealed|private|intrinsics|simd|pattern|ffi_impl|unversioned|type_info|bindings)::")
# Parts that are kept of crates that are left out.
KEPT = ("brotli::enc::writer::", "opentelemetry::ContextGuard", "opentelemetry::Context::")
# Traits that methods are looked up through, or that say how a value behaves.
TRAITS = {
    "Iterator": "std::iter::Iterator", "IntoIterator": "std::iter::IntoIterator",
    "Future": "std::future::Future", "IntoFuture": "std::future::IntoFuture",
    "Stream": "futures_core::Stream", "Sink": "futures_sink::Sink",
    "Read": "std::io::Read", "Write": "std::io::Write", "BufRead": "std::io::BufRead", "Seek": "std::io::Seek",
    "Drop": "std::ops::Drop", "Clone": "std::clone::Clone", "Copy": "std::marker::Copy",
}
FUTURES_FAMILY = re.compile(r"^(futures|async_|smol|piper|blocking|interprocess|async_rs)")
STD_TRAITS = set(TRAITS.values()) | {"std::fmt::Write", "std::iter::DoubleEndedIterator"}
PRELUDE = {
    "Option": "std::option::Option", "Result": "std::result::Result", "Vec": "std::vec::Vec",
    "String": "std::string::String", "Box": "std::boxed::Box", "Arc": "std::sync::Arc", "Rc": "std::rc::Rc",
    "Iterator": "std::iter::Iterator", "Future": "std::future::Future", "Pin": "std::pin::Pin",
    "Send": "std::marker::Send", "Sync": "std::marker::Sync", "Sized": "std::marker::Sized",
    "Unpin": "std::marker::Unpin", "Clone": "std::clone::Clone", "Copy": "std::marker::Copy",
    "Fn": "std::ops::Fn", "FnMut": "std::ops::FnMut", "FnOnce": "std::ops::FnOnce",
    "AsyncFn": "std::ops::AsyncFn", "AsyncFnMut": "std::ops::AsyncFnMut", "AsyncFnOnce": "std::ops::AsyncFnOnce",
    "IntoIterator": "std::iter::IntoIterator", "Into": "std::convert::Into", "From": "std::convert::From",
    "AsRef": "std::convert::AsRef", "Default": "std::default::Default", "ToString": "std::string::ToString",
    "Drop": "std::ops::Drop", "DoubleEndedIterator": "std::iter::DoubleEndedIterator",
    "ExactSizeIterator": "std::iter::ExactSizeIterator", "Any": "std::any::Any", "Debug": "std::fmt::Debug",
    "Display": "std::fmt::Display", "Duration": "std::time::Duration", "Instant": "std::time::Instant",
    "Path": "std::path::Path", "PathBuf": "std::path::PathBuf", "Mutex": "std::sync::Mutex",
    "RwLock": "std::sync::RwLock", "MutexGuard": "std::sync::MutexGuard", "OsStr": "std::ffi::OsStr",
    "HashMap": "std::collections::HashMap", "HashSet": "std::collections::HashSet", "Cow": "std::borrow::Cow",
    "Ref": "std::cell::Ref", "RefMut": "std::cell::RefMut", "ToOwned": "std::borrow::ToOwned",
}
# Named futures that stay what they are: a drop of them means something, or they have methods of their own.
KEEP_NAMED = re.compile(
    r"(Handle|Task|Sleep|Timeout|Interval|Receiver|Sender|Listener|Notified|Connection|Connecting|Accept|Incoming|"
    r"Either|Shared|Ready|Fuse|Remote|Abortable|Map|Child|LocalSet|Server|Serve|Delay|Timer|Signal|PublisherConfirm|"
    r"Response|Router|Request|PublishAckFuture|JoinAll|Closed|Ended|SelectAll|Box|EitherFuture|Pin)$")
PRIMS = {
    "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize",
    "f16", "f32", "f64", "f128",
}
C_TYPES = {
    "c_int": "i32", "c_uint": "u32", "c_long": "i64", "c_ulong": "u64", "c_char": "i8", "c_short": "i16",
    "c_ushort": "u16", "c_uchar": "u8", "c_double": "f64", "c_float": "f32", "size_t": "usize", "ssize_t": "isize",
    "off_t": "i64", "pid_t": "i32", "uid_t": "u32", "gid_t": "u32", "mode_t": "u32", "RawFd": "i32",
}
INTS = {"i8", "i16", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize", "f16", "f32", "f128"}
PARAM = re.compile(r"^[A-Z][A-Z]?\d*$")
UNKNOWN = ("_",)


class ParseError(Exception):
    pass


class Parser:
    """Reads the text of a Rust type into nested tuples."""

    TOKEN = re.compile(r"\s*(->|::|'\w+|[A-Za-z_][A-Za-z_0-9]*|\d\w*|[<>(),;&*=+!?~\[\]{}:-]|\")")

    def __init__(self, text):
        self.tokens = []
        at = 0
        text = text.strip()
        while at < len(text):
            m = self.TOKEN.match(text, at)
            if not m:
                raise ParseError(text[at:])
            self.tokens.append(m.group(1))
            at = m.end()
        self.at = 0

    def peek(self, ahead=0):
        i = self.at + ahead
        return self.tokens[i] if i < len(self.tokens) else ""

    def next(self):
        token = self.peek()
        self.at += 1
        return token

    def take(self, token):
        if self.peek() == token:
            self.at += 1
            return True
        return False

    def need(self, token):
        if not self.take(token):
            raise ParseError(f"{token} at {self.tokens[self.at:]}")

    def lifetimes(self):
        while self.peek().startswith("'"):
            self.next()

    def whole(self):
        ty = self.ty(bounds=True)
        if self.peek():
            raise ParseError(self.tokens[self.at:])
        return ty

    def ty(self, bounds=False):
        self.lifetimes()
        if self.take("for"):
            self.need("<")
            while not self.take(">"):
                self.next()
        t = self.peek()
        if t == "&":
            self.next()
            self.lifetimes()
            mutable = self.take("mut")
            return ("ref", mutable, self.ty())
        if t == "*":
            self.next()
            if not (self.take("const") or self.take("mut")):
                raise ParseError("pointer")
            return ("ptr", self.ty())
        if t == "(":
            self.next()
            parts = []
            tuple_like = False
            while not self.take(")"):
                parts.append(self.ty(bounds=True))
                if self.take(","):
                    tuple_like = True
                elif self.peek() != ")":
                    raise ParseError("tuple")
            if len(parts) == 1 and not tuple_like:
                return parts[0]
            return ("tuple", parts)
        if t == "[":
            self.next()
            inner = self.ty()
            if self.take(";"):
                while not self.take("]"):
                    if not self.peek():
                        raise ParseError("array")
                    self.next()
                return ("array", inner)
            self.need("]")
            return ("slice", inner)
        if t == "!":
            self.next()
            return ("never",)
        if t == "_":
            self.next()
            return UNKNOWN
        if t in ("?", "~", "{", "-") or (t and t[0].isdigit()):
            self.next()
            if t == "{":
                while not self.take("}"):
                    if not self.peek():
                        raise ParseError("const")
                    self.next()
            elif t == "?" and re.match(r"[A-Z]", self.peek()):
                self.path()
            elif t == "~":
                self.path()
            return UNKNOWN
        if t in ("impl", "dyn"):
            self.next()
            return (t, self.bounds())
        if t in ("unsafe", "extern"):
            self.next()
            if self.take('"'):
                while not self.take('"'):
                    self.next()
            return self.ty()
        if t == "fn":
            self.next()
            return self.fn_sugar()
        if t == "<":
            self.projection()
            return UNKNOWN
        path, args, assoc = self.path()
        if bounds and self.peek() == "+":
            raise ParseError("bare bounds")
        return ("path", path, args, assoc)

    def projection(self):
        """`<X as T>::Y`: `Self::Y` or `X::Y` is kept by the caller only in simple cases."""
        self.need("<")
        self.ty()
        if self.take("as"):
            self.path()
        self.need(">")
        while self.take("::"):
            self.next()
            if self.peek() == "<":
                self.generic_args()

    def fn_sugar(self):
        self.need("(")
        params = []
        while not self.take(")"):
            if re.match(r"\w", self.peek()) and self.peek(1) == ":":
                self.next()
                self.next()
            params.append(self.ty(bounds=True))
            self.take(",")
        ret = self.ty() if self.take("->") else ("tuple", [])
        return ("fn", params, ret)

    def bounds(self):
        out = []
        while True:
            self.lifetimes()
            self.take("?")
            if self.take("for"):
                self.need("<")
                while not self.take(">"):
                    self.next()
            if re.match(r"[A-Za-z_]", self.peek()):
                path, args, assoc = self.path()
                out.append((path, args, assoc))
            elif self.peek() == "(":
                self.next()
                out += self.bounds()
                self.need(")")
            self.lifetimes()
            if not self.take("+"):
                return out

    def path(self):
        segments = []
        args, assoc = [], []
        self.take("::")
        while True:
            segment = self.next()
            if not re.match(r"[A-Za-z_]", segment):
                raise ParseError(segment)
            segments.append(segment)
            if self.peek() == "<":
                args, assoc = self.generic_args()
            elif self.peek() == "(" and segment in ("Fn", "FnMut", "FnOnce", "AsyncFn", "AsyncFnMut", "AsyncFnOnce"):
                _, params, ret = self.fn_sugar()
                args, assoc = [("tuple", params)], [("Output", ret)]
            if not self.take("::"):
                return "::".join(segments), args, assoc

    def generic_args(self):
        self.need("<")
        args, assoc = [], []
        while not self.take(">"):
            if self.peek().startswith("'"):
                self.next()
            elif re.match(r"[A-Za-z_]", self.peek()) and self.peek(1) == "=":
                name = self.next()
                self.next()
                assoc.append((name, self.ty(bounds=True)))
            elif re.match(r"[A-Za-z_]", self.peek()) and self.peek(1) == ":" and self.peek(2) != ":":
                name = self.next()
                self.next()
                self.bounds()
            else:
                args.append(self.ty(bounds=True))
            self.take(",")
            if not self.peek():
                raise ParseError("generics")
        return args, assoc


def parse(text):
    try:
        return Parser(text).whole()
    except (ParseError, IndexError):
        return UNKNOWN


def rows(path):
    with open(path, encoding="utf-8") as file:
        lines = [line.rstrip("\n").split("\t") for line in file if not line.startswith("#")]
    head = lines[0]
    for line in lines[1:]:
        yield dict(zip(head, line))


def last(path):
    return path.rsplit("::", 1)[-1]


def crate_of(path):
    return path.split("::", 1)[0]


def wanted(path):
    if path.startswith(KEPT):
        return True
    return crate_of(path) not in LEFT_OUT and not PRIVATE.search(path) and not last(path).startswith("_")


class Tables:
    def __init__(self, folder):
        self.aliases = {}
        for name in ("std_aliases.tsv", "crates_aliases.tsv"):
            for row in rows(os.path.join(folder, name)):
                self.aliases[row["alias"]] = row.get("same_as") or row.get("canonical")
        self.types = {}
        for row in rows(os.path.join(folder, "std_types.tsv")):
            if row["since"] == "unstable" and "Reentrant" not in row["path"] and "Mapped" not in row["path"]:
                continue
            self.types[row["path"]] = (row["kind"], row["must_use"] == "y", row["notable_traits"], "-")
        for row in rows(os.path.join(folder, "crates_types.tsv")):
            path = row["path"]
            if path not in self.aliases:
                self.types[path] = (row["kind"], row["must_use"] == "y", row["notable_traits"], row["alias_target"])
        self.functions = {}
        files = [os.path.join(folder, "std.tsv")]
        crates = os.path.join(folder, "crates")
        files += [os.path.join(crates, name) for name in sorted(os.listdir(crates)) if name.endswith(".tsv")]
        for file in files:
            for row in rows(file):
                if "unstable" in row["flags"] and "Reentrant" not in row["path"]:
                    continue
                path = row["path"]
                if row["kind"] != "fn":
                    owner, name = path.rsplit("::", 1)
                    path = f"{self.canonical(owner)}::{name}"
                else:
                    path = self.canonical(path)
                if "via-alias" in row["flags"] or path != row["path"] and path in self.functions:
                    continue
                known = self.functions.get(path)
                # Of several impls the first general one counts; an instance for slices and the like does not.
                if known and known["path"] == path:
                    continue
                self.functions[path] = row | {"canonical": path}
        self.by_last = defaultdict(lambda: defaultdict(list))
        self.everywhere = defaultdict(set)
        for path, (kind, *_) in self.types.items():
            self.by_last[crate_of(path)][last(path)].append((path, path))
            if kind != "primitive":
                self.everywhere[last(path)].add(path)
        for alias, target in self.aliases.items():
            if target in self.types:
                self.by_last[crate_of(alias)][last(alias)].append((alias, target))
        self.generics = {}

    def canonical(self, path):
        for _ in range(4):
            if path in self.aliases:
                path = self.aliases[path]
            else:
                break
        return path

    def resolve(self, name, where, bound=False):
        """The canonical path of `name` as written in the crate and module of `where`; `None` if unknown."""
        if "::" in name and crate_of(name) in ("std", "core", "alloc"):
            return self.canonical("std::" + name.split("::", 1)[1])
        crate = crate_of(where)
        if name in self.types and "::" in name:
            return name
        if name == "Output":
            return "std::process::Output" if "process" in where else None
        if bound and name in ("Any", "Error"):
            return {"Any": "std::any::Any", "Error": "std::error::Error"}[name]
        suffix = "::" + name
        parts = where.split("::")

        def best(candidates):
            def rank(entry):
                shown, target = entry
                common = 0
                for a, b in zip(parts, shown.split("::")):
                    if a != b:
                        break
                    common += 1
                return (-common, shown.count("::"), shown)
            return min(candidates, key=rank)[1]

        # The owner of a method is nearest of all.
        if last(where.rsplit("::", 1)[0]) == name and where.rsplit("::", 1)[0] in self.types:
            return where.rsplit("::", 1)[0]
        local = [e for e in self.by_last[crate][last(name)] if ("::" + e[0]).endswith(suffix)]
        if bound:
            local = [e for e in local if self.types[e[1]][0] == "trait"]
        if crate != "std" and name in PRELUDE and not local:
            return PRELUDE[name]
        if name in ("Option", "Vec", "Box", "String", "Arc", "Rc", "Pin", "Send", "Sync", "Future", "Iterator", "Duration"):
            return PRELUDE[name]
        if name == "Result":
            return PRELUDE[name]
        if local:
            if crate == "std":
                paths = {t for _, t in local}
                near = best(local)
                same_module = len(os.path.commonprefix([near.split("::"), parts])) > 1
                if len(paths) > 1 and not same_module:
                    return PRELUDE.get(name)
                return near
            return best(local)
        if name in PRELUDE:
            return PRELUDE[name]
        std = {t for s, t in self.by_last["std"][last(name)] if ("::" + s).endswith(suffix)}
        if len(std) == 1:
            return std.pop()
        if not std:
            others = {self.canonical(p) for p in self.everywhere[last(name)] if ("::" + p).endswith(suffix)}
            # Crates of one family (sqlx_postgres, sqlx_core) mean each other.
            family = {p for p in others if crate_of(p).split("_")[0] == crate.split("_")[0]}
            if len(family) == 1:
                return family.pop()
            if len(others) == 1 and name != "Error":
                return others.pop()
        return None

    def lower(self, ty, where, owner=None, head=None, trait=False, depth=0):
        """Canonical text of a parsed type; `_` for what is not known."""
        if depth > 12:
            return "_"

        def sub(t):
            return self.lower(t, where, owner, None, trait, depth + 1)

        kind = ty[0]
        if kind == "_":
            return "_"
        if kind == "never":
            return "!"
        if kind == "ref":
            return ("&mut " if ty[1] else "&") + sub(ty[2])
        if kind == "ptr":
            return "*" + sub(ty[1])
        if kind == "tuple":
            parts = [sub(t) for t in ty[1]]
            return "(" + ",".join(parts) + ("," if len(parts) == 1 else "") + ")"
        if kind == "slice":
            return f"[{sub(ty[1])}]"
        if kind == "array":
            return f"[{sub(ty[1])};]"
        if kind == "fn":
            return "fn(" + ",".join(sub(t) for t in ty[1]) + ")->" + sub(ty[2])
        if kind in ("impl", "dyn"):
            return self.bounds(kind, ty[1], where, owner, trait, depth)
        path, args, assoc = ty[1:]
        if path == "Self":
            return "Self" if trait or not owner else self.self_type(owner)
        if path.startswith("Self::"):
            return path if trait and path.count("::") == 1 else "_"
        if path in PRIMS:
            return path
        if path in C_TYPES:
            return C_TYPES[path]
        first = path.split("::", 1)[0]
        if first in ("Fut", "St", "Si") or PARAM.match(first) and not (first == "DB" and where.startswith("rocksdb")):
            if "::" not in path:
                return path
            return path if path.count("::") == 1 else "_"
        if path in ("io::Result", "std::io::Result"):
            inner = sub(args[0]) if args else "_"
            return f"std::result::Result<{inner},std::io::Error>"
        if path in ("fmt::Result", "std::fmt::Result"):
            return "std::result::Result<(),std::fmt::Error>"
        if path in ("thread::Result",):
            inner = sub(args[0]) if args else "_"
            return f"std::result::Result<{inner},std::boxed::Box<dyn std::any::Any+std::marker::Send>>"
        if path == "Global":
            return "_"
        if head and "::" in head and head[0] not in "?~" and last(head) == last(path) and not last(head) == "Result":
            target = self.canonical(head)
        else:
            target = self.resolve(path, where)
        if target is None:
            if "::" not in path and not args and (len(path) <= 5 or path.isupper()):
                return path
            return "_"
        entry = self.types.get(target)
        if entry and entry[0] == "alias" and depth < 8 and not target.startswith("parking_lot::"):
            if entry[3] == "-":
                return "_"
            names, body = self.alias(target)
            text = body
            if args:
                values = dict(zip(names, (sub(a) for a in args)))
                text = substitute(body, values)
            return text
        shown = [sub(a) for a in args]
        if target.startswith("std::") and not target.startswith("std::collections::Hash"):
            # Allocators say nothing.
            while shown and target in ALLOCATING and shown[-1] in ("A", "_") and len(shown) > ALLOCATING[target]:
                shown.pop()
        if target == "std::result::Result" and len(shown) == 1:
            shown.append(self.crate_error(where))
        if target == "std::pin::Pin" and shown:
            inner = shown[0]
            m = re.match(r"^std::boxed::Box<(future|iter)<(.*)>>$", inner)
            if m:
                return f"{m.group(1)}<{m.group(2)}>"
        if not shown:
            return target
        return f"{target}<{','.join(shown)}>"

    def crate_error(self, where):
        """The error of the crate's own `Result<T>`, when that is plain."""
        own = f"{crate_of(where)}::Result"
        if own in self.types and self.types[own][0] == "alias":
            _, body = self.alias(own)
            m = re.match(r"^std::result::Result<.*,([\w:]+)>$", body)
            if m and not PARAM.match(m.group(1)):
                return m.group(1)
        return "_"

    def alias(self, path):
        text = self.types[path][3]
        names = []
        for name in re.findall(r"(?<![\w:'])([A-Z][A-Z]?\d*)(?![\w:])", text):
            if name not in names:
                names.append(name)
        where = path
        tree = parse(text)
        if tree[0] == "path" and last(tree[1]) == last(path) and "::" not in tree[1]:
            # `type Mutex<T> = Mutex<Raw, T>` names something else of the same name.
            others = {t for t in self.everywhere[last(path)] if t != path}
            lock_api = f"lock_api::{last(path)}"
            head = lock_api if lock_api in others else (others.pop() if len(others) == 1 else None)
            if head is None:
                return names, "_"
            return names, self.lower(tree, head, head=head, depth=4)
        return names, self.lower(tree, where, depth=4)

    def bounds(self, kind, bounds, where, owner, trait, depth):
        def sub(t):
            return self.lower(t, where, owner, None, trait, depth + 1)

        out = []
        for path, args, assoc in bounds:
            name = last(path)
            given = dict(assoc)
            if name in ("Iterator", "DoubleEndedIterator", "ExactSizeIterator", "Stream", "ParallelIterator") and "Item" in given:
                return f"iter<{sub(given['Item'])}>"
            if name == "TryStream" and "Ok" in given:
                return f"iter<std::result::Result<{sub(given['Ok'])},{sub(given.get('Error', UNKNOWN))}>>"
            if name == "Future" and "Output" in given:
                return f"future<{sub(given['Output'])}>"
            if name in ("Sized", "Send", "Sync", "Unpin", "UnwindSafe", "RefUnwindSafe") and kind == "impl":
                continue
            target = self.resolve(path, where, bound=True)
            if target is None:
                continue
            shown = [sub(a) for a in args] + [f"{k}={sub(v)}" for k, v in assoc]
            out.append(target + (f"<{','.join(shown)}>" if shown else ""))
        if not out:
            return "_"
        return f"{kind} " + "+".join(out)

    def self_type(self, owner):
        generics = self.generics.get(owner, [])
        return owner + (f"<{','.join(generics)}>" if generics else "")


ALLOCATING = {
    "std::vec::Vec": 1, "std::boxed::Box": 1, "std::sync::Arc": 1, "std::rc::Rc": 1, "std::sync::Weak": 1,
    "std::rc::Weak": 1, "std::collections::VecDeque": 1, "std::collections::BTreeMap": 2,
    "std::collections::BTreeSet": 1, "std::collections::BinaryHeap": 1, "std::collections::LinkedList": 1,
    "std::vec::IntoIter": 1, "std::vec::Drain": 1,
}


def substitute(text, values):
    return re.sub(r"(?<![\w:])([A-Z]\w*)(?![\w:])", lambda m: values.get(m.group(1), m.group(1)), text)


def infer_generics(tables, by_hand):
    """Type parameters of types, from how signatures spell them."""
    seen = defaultdict(Counter)

    def visit(ty, where, head=None):
        if ty[0] == "path":
            path, args = ty[1], ty[2]
            names = [a[1] for a in args if a[0] == "path" and not a[2] and re.match(r"^[A-Z][A-Za-z]{0,4}\d*$", a[1])]
            if args and len(names) == len(args) and len(set(names)) == len(names) and "Self" not in names:
                if head and "::" in head and last(head) == last(path):
                    target = tables.canonical(head)
                else:
                    target = tables.resolve(path, where)
                if target in tables.types:
                    near = 5 if where.startswith(target + "::") else 1
                    seen[target][tuple(names)] += near
            for a in args:
                visit(a, where)
            for _, a in ty[3]:
                visit(a, where)
        elif ty[0] in ("ref",):
            visit(ty[2], where)
        elif ty[0] in ("ptr", "slice", "array"):
            visit(ty[1], where)
        elif ty[0] == "tuple":
            for a in ty[1]:
                visit(a, where)
        elif ty[0] in ("impl", "dyn"):
            for _, args, assoc in ty[1]:
                for a in args:
                    visit(a, where)
                for _, a in assoc:
                    visit(a, where)

    own = defaultdict(Counter)
    for path, row in tables.functions.items():
        visit(parse(row["ret_type"]), row["path"], row["ret_head"])
        if row["kind"] == "method":
            name = last(path)
            m = re.match(r"^&?(?:'\w+ )?(?:mut )?([A-Z][A-Z]?)$", row["ret_type"])
            if m and name in ("get_ref", "get_mut", "into_inner", "get", "inner"):
                own[path.rsplit("::", 1)[0]][m.group(1)] += 1
    for path, counts in seen.items():
        longest = max(len(k) for k in counts)
        names = max((k for k in counts if len(k) == longest), key=lambda k: (counts[k], k))
        names = list(names)
        if path in ALLOCATING:
            names = names[:ALLOCATING[path]]
        tables.generics[path] = names
    for path, counts in own.items():
        if path not in tables.generics and path in tables.types:
            tables.generics[path] = [counts.most_common(1)[0][0]]
    tables.generics.update(by_hand)


def headers_by_hand(folder):
    """Type parameters that signatures-extra.txt gives."""
    out = {}
    path = os.path.join(folder, "signatures-extra.txt")
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            for line in file:
                m = re.match(r"^type ([\w:]+)(?:<([\w,]*)>)?", line)
                if m:
                    out[m.group(1)] = m.group(2).split(",") if m.group(2) else []
    return out


def rename_awaited(text, ret, trait):
    """The output of a named future is told in the parameters of the future; says it in those of the method."""
    first = re.match(r"^[\w:]+<(?:&mut |&)?([\w:]+)", ret)
    if not first:
        return text
    arg = first.group(1)
    if arg == "Self" or PARAM.match(arg) or arg in ("Fut", "St"):
        text = re.sub(r"(?<![\w:])(St|Fut|Si|S|F|Fut1|I|A)::(Item|Output|Ok|Error)\b", rf"{arg}::\2", text)
    return text


def await_of(tables, row, where, owner, trait):
    text = row.get("await_type", "-")
    if text in ("-", "?", "", None):
        return None
    m = re.match(r"^<(\w+) as \w+>::(\w+)$", text)
    tree = ("path", f"{m.group(1)}::{m.group(2)}", [], []) if m else parse(text)
    head = row.get("await_head")
    out = tables.lower(tree, where, owner, head if head and "::" in head else None, trait)
    return None if out == "_" else out


def signature(tables, path, row):
    method = row["kind"] != "fn"
    trait = row["kind"] == "trait-method"
    owner = path.rsplit("::", 1)[0] if method else None
    where = row["path"]
    head = row["ret_head"]
    tree = parse(row["ret_type"])
    m = re.match(r"^<(Self|[A-Z]\w?) as \w+(?:<.*>)?>::(\w+)$", row["ret_type"])
    if m:
        tree = ("path", f"{m.group(1)}::{m.group(2)}", [], [])
    ret = "_" if head[:1] in ("~", "?") else tables.lower(tree, where, owner, head, trait)
    awaited = await_of(tables, row, where, owner, trait)
    if "async" in row["flags"].split(","):
        return f"future<{ret if ret != '_' or awaited is None else awaited}>", None
    if awaited is not None:
        awaited = rename_awaited(awaited, ret, trait)
        if head.startswith("~") and trait:
            awaited = re.sub(r"(?<![\w:])(?:St|Fut|Si|S|F|I|A)::(Item|Output|Ok|Error)\b", r"Self::\1", awaited)
        if head.startswith("~"):
            return f"future<{awaited}>", None
        if ret.startswith("future<"):
            return (f"future<{awaited}>" if ret == "future<_>" else ret), None
        named = re.match(r"^[\w:]+", ret)
        target = named.group(0) if named else ""
        entry = tables.types.get(target)
        lazy = entry and re.search(r"\bFuture\b", entry[2] or "") and not KEEP_NAMED.search(target)
        if lazy and target.split("::")[0] != "std":
            return f"future<{awaited}>", None
        if entry is None and ret == "_":
            return f"future<{awaited}>", None
    return ret, awaited


def traits_of(crate, text, kind):
    if not text or text == "-":
        return []
    out = []
    for name in re.split(r"[,+]", text):
        name = name.strip()
        if name in STD_TRAITS:
            out.append(name)
        elif name in ("AsyncRead", "AsyncWrite", "AsyncBufRead", "AsyncSeek"):
            out.append(f"futures_io::{name}" if FUTURES_FAMILY.match(crate) else f"tokio::io::{name}")
        elif name in TRAITS:
            out.append(TRAITS[name])
    return sorted(set(out))


def render(tables):
    sections = defaultdict(list)
    heads = {}
    awaits = {}
    lazy = set()
    for path, row in tables.functions.items():
        if not wanted(path) or not wanted(row["path"]):
            continue
        owner, name = path.rsplit("::", 1)
        if row["kind"] != "fn" and "::" not in owner:
            if owner in INTS and owner != "u32":
                continue
        if name.startswith("_") or owner == "libc" and name.upper() == name:
            continue
        if owner.startswith("std::num::NonZero") and name not in ("new", "get", "new_unchecked"):
            continue
        ret, awaited = signature(tables, path, row)
        if owner in ("i32", "u32", "f64"):
            # All integers share one section, all floats another.
            if owner == "u32" and (f"i32::{name}" in tables.functions or "u32" in ret and name != "pow"):
                continue
            if owner == "i32" and "u32" in ret and not name.startswith(("count_", "leading_", "trailing_", "ilog")):
                continue
            own = "Self"
            ret = re.sub(r"\bi32\b" if owner == "i32" else r"\bf64\b", own, ret)
            owner = "{float}" if owner == "f64" else "{integer}"
        if awaited is not None:
            m = re.match(r"^([\w:]+)(?:<(.*)>)?$", ret)
            if m and m.group(1) in tables.types:
                generics = tables.generics.get(m.group(1), [])
                plain = tables.self_type(m.group(1))
                text = row.get("await_type") or ""
                used = set(re.findall(r"(?<![\w:])([A-Z][A-Z]?\d*)(?![\w:])", awaited))
                if used <= set(generics):
                    awaits.setdefault(m.group(1), awaited)
                    if plain == ret:
                        awaited = None
        self_kind = {"none": "-", "ref": "&", "mut": "*", "owned": "."}[row["self"]]
        arity = row["arity"] if row["arity"] not in ("0", "") else ""
        mark = "!" if row["must_use"] == "y" else ""
        line = f" {name}{mark} {self_kind}{arity} {ret}"
        if awaited is not None:
            line += f" @{awaited}"
        kind = {"fn": "mod", "method": "type", "trait-method": "trait"}[row["kind"]]
        if row["kind"] == "fn" and owner == path:
            continue
        heads.setdefault(owner, kind)
        if heads[owner] == "mod" and kind != "mod":
            heads[owner] = kind
        sections[owner].append((name, line))
    for path, (kind, must_use, traits, target) in tables.types.items():
        if not wanted(path) or kind in ("primitive", "macro"):
            continue
        if kind == "alias":
            if target == "-" or path.startswith("parking_lot::") or crate_of(path) in ("libc", "nix"):
                continue
            names, body = tables.alias(path)
            if "_" == body or body.split("<")[0] == path:
                continue
            args = f"<{','.join(names)}>" if names else ""
            heads[path] = f"alias {path}{args} = {body}"
            sections.setdefault(path, [])
            continue
        if crate_of(path) == "libc" and path not in sections:
            continue
        heads[path] = "trait" if kind == "trait" else "type"
        sections.setdefault(path, [])
    lines = []
    for path in sorted(sections):
        kind = heads[path]
        if kind.startswith("alias"):
            lines.append(kind)
            continue
        entry = tables.types.get(path)
        header = f"{kind} {path}"
        if kind != "mod":
            header = f"{kind} {tables.self_type(path)}" if "::" in path else header
            if entry:
                traits = traits_of(crate_of(path), entry[2], entry[0])
                if entry[1]:
                    header += " !"
                if traits:
                    header += " " + ",".join(traits)
        lines.append(header)
        if path in awaits and kind != "mod":
            lines.append(f" @{awaits[path]}")
        seen = set()
        for name, line in sorted(sections[path]):
            if name not in seen:
                seen.add(name)
                lines.append(line)
    return lines, sections


def reexports(tables, sections):
    """`use` lines; a module whose items all move together takes one line."""
    pairs = {a: tables.canonical(a) for a in tables.aliases}
    pairs = {a: c for a, c in pairs.items() if wanted(a) and wanted(c) and crate_of(a) != "libc"}
    modules = {}
    roots = {"::".join(path.split("::")[:n]) for path in sections for n in range(1, path.count("::") + 2)}
    votes = defaultdict(Counter)
    for a, c in pairs.items():
        ma, mc = a, c
        while "::" in ma and "::" in mc and last(ma) == last(mc):
            ma, mc = ma.rsplit("::", 1)[0], mc.rsplit("::", 1)[0]
            if "::" not in ma:
                break
            votes[ma][mc] += 1
    for ma, counts in sorted(votes.items(), key=lambda kv: kv[0].count("::")):
        mc, n = counts.most_common(1)[0]
        # A module that also has something of its own (`actix_web::dev`) stays what it is.
        if n >= 3 and ma not in roots and ma != mc:
            modules[ma] = mc

    def by_modules(path):
        parts = path.split("::")
        for i in range(len(parts) - 1, 1, -1):
            prefix = "::".join(parts[:i])
            if prefix in modules:
                return "::".join([modules[prefix]] + parts[i:])
        return path

    kept = {m: t for m, t in modules.items() if by_modules(m) != t}
    modules = kept
    lines = [f"use {m} = {t}" for m, t in modules.items()]
    for a, c in pairs.items():
        if by_modules(a) != c:
            lines.append(f"use {a} = {c}")
    return sorted(lines)


# Names of more than one letter are never type parameters in the table, except these.
def short_names(lines):
    """The paths that occur most, to be written by their last segment."""
    counts = Counter()
    for line in lines:
        if not line.startswith("use "):
            body = line if line.startswith(" ") else ""
            counts.update(re.findall(r"[a-z_]\w*(?:::\w+)+", body))
    bare = set()
    for line in lines:
        bare |= set(re.findall(r"(?<![\w:])[A-Z]\w*", line))
    names = {}
    for path, n in counts.most_common(900):
        if n < 5:
            break
        name = last(path)
        if name == "Error":
            name = "".join(p.capitalize() for p in path.split("::")[-2].split("_")) + "Error"
        if name in ("Self",) or PARAM.match(name) or name in bare or not name[0].isupper():
            continue
        if name not in names:
            names[name] = path
    return names


def main():
    folder = sys.argv[1]
    tables = Tables(folder)
    infer_generics(tables, headers_by_hand(os.path.dirname(os.path.abspath(__file__))))
    lines, sections = render(tables)
    names = short_names(lines)
    back = {path: name for name, path in names.items()}

    def shorten(line):
        if not line.startswith(" "):
            m = re.match(r"^(alias [^=]+ = )(.*)$", line)
            if not m:
                head, *rest = line.split(" ")
                return line
            return m.group(1) + re.sub(r"[a-z_]\w*(?:::\w+)+", lambda x: back.get(x.group(0), x.group(0)), m.group(2))
        return re.sub(r"[a-z_]\w*(?:::\w+)+", lambda x: back.get(x.group(0), x.group(0)), line)

    print("# Made by generate.py; corrections belong in signatures-extra.txt. README.md explains the format.")
    for name, path in sorted(names.items()):
        print(f"= {name} {path}")
    for line in reexports(tables, sections):
        print(line)
    for line in lines:
        print(shorten(line))


if __name__ == "__main__":
    main()
