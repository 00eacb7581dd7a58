//! What a check works on beside its arguments: for a program that checks again and again, such as the language server.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use linger_analysis::syntax::items::FileHir;
use rustc_hash::FxHashMap;

use crate::dependencies::State;
use crate::texts::Buffers;

/// What a check works on.
#[derive(Default)]
pub struct Inputs<'i> {
    /// Texts that are not saved.
    pub buffers: Buffers,
    /// Files that were lowered before.
    pub kept: Option<&'i Kept>,
    /// Set when nobody waits for the answer any more.
    pub stop: Option<&'i AtomicBool>,
    /// When there are some, only their packages and what those depend on are read.
    pub near: Vec<PathBuf>,
}

/// The check was stopped.
#[derive(Debug)]
pub struct Stopped;

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("stopped")
    }
}

impl std::error::Error for Stopped {}

impl Inputs<'_> {
    /// Whether nobody waits any more.
    pub fn is_stopped(&self) -> bool {
        self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed))
    }

    /// Fails when nobody waits any more.
    pub fn go_on(&self) -> Result<(), Stopped> {
        if self.is_stopped() { Err(Stopped) } else { Ok(()) }
    }
}

/// Lowered files by path.
#[derive(Default)]
pub struct Kept {
    files: Mutex<FxHashMap<PathBuf, KeptFile>>,
    /// The state of the dependencies that were learnt.
    dependencies: Mutex<State>,
}

/// A lowered file, with what its text was.
struct KeptFile {
    hash: u64,
    length: usize,
    hir: Arc<FileHir>,
    /// As it was lowered with the macros of other files, and their hash.
    expanded: Option<(u64, Arc<FileHir>)>,
}

impl Kept {
    /// Whether the dependencies are in a state that has not been learnt.
    pub fn is_news(&self, state: State) -> bool {
        self.dependencies.lock().unwrap_or_else(PoisonError::into_inner).take_in(state)
    }

    /// The file as it was lowered from this text.
    pub fn get(&self, path: &Path, hash: u64, length: usize) -> Option<Arc<FileHir>> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = files.get(path)?;
        (kept.hash == hash && kept.length == length).then(|| Arc::clone(&kept.hir))
    }

    /// Keeps a file.
    pub fn put(&self, hash: u64, length: usize, hir: &Arc<FileHir>) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.insert(hir.path.clone(), KeptFile { hash, length, hir: Arc::clone(hir), expanded: None });
    }

    /// The file as it was lowered from the text of this hash with the macros of that one.
    pub fn expanded(&self, path: &Path, hash: u64, macros: u64) -> Option<Arc<FileHir>> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = files.get(path).filter(|kept| kept.hash == hash)?;
        kept.expanded.as_ref().filter(|(with, _)| *with == macros).map(|(_, hir)| Arc::clone(hir))
    }

    /// Keeps a file that was lowered with the macros of others.
    pub fn put_expanded(&self, hash: u64, macros: u64, hir: &Arc<FileHir>) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = files.get_mut(&hir.path).filter(|kept| kept.hash == hash) {
            kept.expanded = Some((macros, Arc::clone(hir)));
        }
    }

    /// Forgets files that are gone.
    pub fn forget_lost(&self) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.retain(|path, _| path.exists());
    }
}
