//! Notes what is read of other functions while one body is looked at, so that it is looked at again only when some of
//! that has changed.

use std::cell::RefCell;

use rustc_hash::FxHashSet;

use crate::names::DefId;
use crate::span::FileId;

/// What was read.
#[derive(Default, Debug)]
pub(crate) struct Reads {
    /// Functions whose summary or callers were asked for.
    pub(crate) defs: FxHashSet<DefId>,
    /// Files whose tree, text or flows were looked at.
    pub(crate) files: FxHashSet<FileId>,
    /// All bodies of the program.
    pub(crate) everything: bool,
}

thread_local! {
    static OPEN: RefCell<Option<Reads>> = const { RefCell::new(None) };
}

/// Runs `look` and gives what it read. Panics pass through and end the note.
pub(crate) fn note<R>(look: impl FnOnce() -> R) -> (R, Reads) {
    /// Puts back what was noted around it, also when `look` panics.
    struct Outer(Option<Reads>);
    impl Drop for Outer {
        fn drop(&mut self) {
            let outer = self.0.take();
            OPEN.with(|open| *open.borrow_mut() = outer);
        }
    }
    let outer = Outer(OPEN.with(|open| open.borrow_mut().replace(Reads::default())));
    let result = look();
    let reads = OPEN.with(|open| open.borrow_mut().take()).unwrap_or_default();
    drop(outer);
    (result, reads)
}

fn add(change: impl FnOnce(&mut Reads)) {
    OPEN.with(|open| {
        if let Some(reads) = open.borrow_mut().as_mut() {
            change(reads);
        }
    });
}

/// The summary or the callers of a function are read.
pub(crate) fn def(def: DefId) {
    add(|reads| {
        reads.defs.insert(def);
    });
}

/// A file is read: positions in it, its flows, its comments.
pub(crate) fn file(file: FileId) {
    add(|reads| {
        reads.files.insert(file);
    });
}

/// All bodies are read.
pub(crate) fn everything() {
    add(|reads| reads.everything = true);
}
