//! Types, as far as signatures carry them. [`Ty::Unknown`] is an honest answer.

use std::fmt;
use std::sync::Arc;

use crate::symbol::Symbol;
use crate::syntax::hir::ClosureId;

/// A type.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Ty {
    /// Not known.
    #[default]
    Unknown,
    /// An inference variable; never seen outside of inference.
    Var(u32),
    /// `!`
    Never,
    /// `bool`, `char`, `str`, `u8`, `f64`…; a bare integer literal is `{integer}`, a float `{float}`.
    Prim(Symbol),
    /// A struct, enum or union by its canonical path (`std::sync::Mutex`, `my_crate::state::State`), with
    /// its type arguments. Missing arguments are absent or [`Ty::Unknown`].
    Adt(Symbol, Args),
    /// `&T`, `&mut T`
    Ref(bool, Arc<Ty>),
    /// `*const T`, `*mut T`
    Ptr(Arc<Ty>),
    /// `(A, B)`; `()` is the empty tuple.
    Tuple(Args),
    /// `[T]`
    Slice(Arc<Ty>),
    /// `[T; n]`
    Array(Arc<Ty>),
    /// A function pointer, or a function item.
    Fn(Args, Arc<Ty>),
    /// A closure of the body at hand; what it returns. For async closures the future.
    Closure(ClosureId, Arc<Ty>),
    /// A lazy future with its output: an `async fn` call, an async block, a documented lazy future.
    /// The id names the async block of the body at hand.
    Future(Arc<Ty>, Option<ClosureId>),
    /// An iterator (or stream) adaptor with its item; which one does not matter.
    Iterator(Arc<Ty>),
    /// `dyn A + B`
    Dyn(Bounds),
    /// `impl A + B`
    Impl(Bounds),
    /// A type parameter with its bounds.
    Param(Symbol, Bounds),
}

/// A shared list. Most are empty, which takes no memory.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct List<T>(Option<Arc<[T]>>);

/// Type arguments.
pub type Args = List<Ty>;

/// Bounds of a parameter or trait object.
pub type Bounds = List<Bound>;

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> std::ops::Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl<T: fmt::Debug> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let items = items.into_iter();
        if items.size_hint().1 == Some(0) {
            return Self(None);
        }
        // Iterators of known length are written where they stay.
        Self(Some(items.collect::<Arc<[T]>>()).filter(|list| !list.is_empty()))
    }
}

impl<T, const N: usize> From<[T; N]> for List<T> {
    fn from(items: [T; N]) -> Self {
        Self((N > 0).then(|| Arc::from(items)))
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(items: Vec<T>) -> Self {
        Self((!items.is_empty()).then(|| Arc::from(items)))
    }
}

impl<'l, T> IntoIterator for &'l List<T> {
    type Item = &'l T;
    type IntoIter = std::slice::Iter<'l, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// `Trait<A, Item = B>`
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Bound {
    /// Canonical path of the trait.
    pub path: Symbol,
    /// Its type arguments (for `Fn(A, B)`: one tuple).
    pub args: Args,
    /// Its associated types (`Output` of the `Fn` sugar too).
    pub assoc: List<(Symbol, Ty)>,
}

/// Types of more parts than this are nobody's meaning: `let b = (a, a); let c = (b, b);` and aliases of aliases double
/// with each line.
pub const MOST_PARTS: usize = 1000;

impl Ty {
    /// `()`
    #[must_use]
    pub fn unit() -> Self {
        Self::Tuple(Args::default())
    }

    /// A primitive type.
    #[must_use]
    pub fn prim(name: &str) -> Self {
        Self::Prim(crate::symbol::sym(name))
    }

    /// A named type by canonical path.
    #[must_use]
    pub fn adt(path: &str, args: impl IntoIterator<Item = Ty>) -> Self {
        Self::Adt(crate::symbol::sym(path), args.into_iter().collect())
    }

    /// `&self`
    #[must_use]
    pub fn reference(self, mutable: bool) -> Self {
        Self::Ref(mutable, Arc::new(self))
    }

    /// Whether nothing at all is known.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown | Self::Var(_))
    }

    /// Whether it is `()`.
    #[must_use]
    pub fn is_unit(&self) -> bool {
        matches!(self, Self::Tuple(parts) if parts.is_empty())
    }

    /// The canonical path of a named type.
    #[must_use]
    pub fn path(&self) -> Option<Symbol> {
        match self {
            Self::Adt(path, _) => Some(*path),
            _ => None,
        }
    }

    /// Whether it is the named type at `path`.
    #[must_use]
    pub fn is(&self, path: &str) -> bool {
        self.path().is_some_and(|p| p.as_str() == path)
    }

    /// Type arguments of a named type.
    #[must_use]
    pub fn args(&self) -> &[Ty] {
        match self {
            Self::Adt(_, args) => args,
            _ => &[],
        }
    }

    /// The type argument at `index`, or unknown.
    #[must_use]
    pub fn arg(&self, index: usize) -> Ty {
        self.args().get(index).cloned().unwrap_or_default()
    }

    /// Strips all references.
    #[must_use]
    pub fn peel_refs(&self) -> &Ty {
        let mut ty = self;
        while let Self::Ref(_, inner) = ty {
            ty = inner;
        }
        ty
    }

    /// `Result<T, E>` in any spelling: `(T, E)`.
    #[must_use]
    pub fn as_result(&self) -> Option<(Ty, Ty)> {
        self.is("std::result::Result").then(|| (self.arg(0), self.arg(1)))
    }

    /// `Option<T>`: `T`.
    #[must_use]
    pub fn as_option(&self) -> Option<Ty> {
        self.is("std::option::Option").then(|| self.arg(0))
    }

    /// What an `Option<T>` or `Result<T, E>` gives when all is well: `T`.
    #[must_use]
    pub fn good_value(&self) -> Option<Ty> {
        self.as_result().map(|(good, _)| good).or_else(|| self.as_option())
    }

    /// Applies `f` to this type and every type inside it, outermost first; stops below where `f` says `true`.
    pub fn any(&self, f: &mut dyn FnMut(&Ty) -> bool) -> bool {
        if f(self) {
            return true;
        }
        match self {
            Self::Unknown | Self::Var(_) | Self::Never | Self::Prim(_) => false,
            Self::Adt(_, args) | Self::Tuple(args) => args.iter().any(|t| t.any(f)),
            Self::Ref(_, t)
            | Self::Ptr(t)
            | Self::Slice(t)
            | Self::Array(t)
            | Self::Closure(_, t)
            | Self::Future(t, _)
            | Self::Iterator(t) => t.any(f),
            Self::Fn(args, ret) => args.iter().any(|t| t.any(f)) || ret.any(f),
            Self::Dyn(bounds) | Self::Impl(bounds) | Self::Param(_, bounds) => bounds
                .iter()
                .any(|b| b.args.iter().any(|t| t.any(f)) || b.assoc.iter().any(|(_, t)| t.any(f))),
        }
    }
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, types: &[Ty]| -> fmt::Result {
            for (i, t) in types.iter().enumerate() {
                if i > 0 {
                    f.write_str(", ")?;
                }
                write!(f, "{t}")?;
            }
            Ok(())
        };
        match self {
            Self::Unknown | Self::Var(_) => f.write_str("_"),
            Self::Never => f.write_str("!"),
            Self::Prim(name) => f.write_str(name),
            Self::Adt(path, args) => {
                f.write_str(path.rsplit("::").next().unwrap_or(path))?;
                if args.is_empty() {
                    return Ok(());
                }
                f.write_str("<")?;
                list(f, args)?;
                f.write_str(">")
            }
            Self::Ref(mutable, t) => write!(f, "&{}{t}", if *mutable { "mut " } else { "" }),
            Self::Ptr(t) => write!(f, "*const {t}"),
            Self::Tuple(parts) => {
                f.write_str("(")?;
                list(f, parts)?;
                f.write_str(")")
            }
            Self::Slice(t) => write!(f, "[{t}]"),
            Self::Array(t) => write!(f, "[{t}; _]"),
            Self::Fn(args, ret) => {
                f.write_str("fn(")?;
                list(f, args)?;
                write!(f, ") -> {ret}")
            }
            Self::Closure(_, ret) => write!(f, "{{closure}} -> {ret}"),
            Self::Future(output, _) => write!(f, "impl Future<Output = {output}>"),
            Self::Iterator(item) => write!(f, "impl Iterator<Item = {item}>"),
            Self::Dyn(bounds) | Self::Impl(bounds) => {
                f.write_str(if matches!(self, Self::Dyn(_)) { "dyn " } else { "impl " })?;
                for (i, b) in bounds.iter().enumerate() {
                    if i > 0 {
                        f.write_str(" + ")?;
                    }
                    f.write_str(b.path.rsplit("::").next().unwrap_or(&b.path))?;
                }
                Ok(())
            }
            Self::Param(name, _) => f.write_str(name),
        }
    }
}
