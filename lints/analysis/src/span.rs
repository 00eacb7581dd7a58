//! Positions: byte ranges inside one file, and files by number.

use std::fmt;

/// Number of a source file within one run.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct FileId(pub u32);

/// A half-open byte range in one file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// First byte.
    pub lo: u32,
    /// One past the last byte.
    pub hi: u32,
}

impl Span {
    /// The range from `lo` to `hi`.
    #[must_use]
    pub const fn new(lo: u32, hi: u32) -> Self {
        Self { lo, hi }
    }

    /// The smallest range that covers both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }

    /// The empty range right at the start.
    #[must_use]
    pub const fn start(self) -> Self {
        Self { lo: self.lo, hi: self.lo }
    }

    /// The last byte of the range (closing brace, semicolon).
    #[must_use]
    pub const fn last_byte(self) -> Self {
        Self { lo: self.hi.saturating_sub(1), hi: self.hi }
    }

    /// Whether `inner` lies wholly inside.
    #[must_use]
    pub const fn contains(self, inner: Self) -> bool {
        self.lo <= inner.lo && inner.hi <= self.hi
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.lo, self.hi)
    }
}

/// A range in a named file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct FileSpan {
    /// The file.
    pub file: FileId,
    /// The range.
    pub span: Span,
}
