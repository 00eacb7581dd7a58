//! What a check works on beside its arguments: for a program that checks again and again, such as the language server.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use linger_analysis::syntax::items::FileHir;
use rustc_hash::FxHashMap;

use crate::cache::Digest;
use crate::dependencies::{self, Learnt};
use crate::manifest::Package;
use crate::run::Read;
use crate::state::State;
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
    /// Under which name the program is kept between checks; it is not kept without one.
    pub slot: Option<Slot>,
    /// Answer for the texts that are not saved from what is kept, when that can be done.
    pub quick: bool,
    /// Who is editing has broken files for a while: others go on seeing what such a file was before.
    pub lenient: bool,
}

/// The name of a program that is kept: a folder, and whether it is only what is near to some files.
pub type Slot = (PathBuf, bool);

/// The check was stopped.
#[derive(Debug)]
pub struct Stopped;

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("stopped")
    }
}

impl std::error::Error for Stopped {}

impl<'i> Inputs<'i> {
    /// Whether nobody waits any more.
    pub fn is_stopped(&self) -> bool {
        self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed))
    }

    /// Takes the kept program.
    pub fn take_state(&self) -> Option<State> {
        self.kept?.lock_states().remove(self.slot.as_ref()?)
    }

    /// The same inputs for the whole of which this is a part.
    pub fn of_the_whole(&self) -> Inputs<'i> {
        let slot = self.slot.as_ref().map(|(folder, _)| (folder.clone(), false));
        Inputs {
            buffers: self.buffers.clone(),
            kept: self.kept,
            stop: self.stop,
            near: self.near.clone(),
            slot,
            quick: true,
            lenient: self.lenient,
        }
    }

    /// Keeps the program for the next check.
    pub fn keep_state(&self, state: State) {
        if let (Some(kept), Some(slot)) = (self.kept, &self.slot) {
            let mut states = kept.lock_states();
            // What was read of a part is of no more use when the whole is known.
            if !slot.1 {
                states.remove(&(slot.0.clone(), true));
            }
            states.insert(slot.clone(), state);
        }
    }

    /// Puts what broken files were before in their place.
    pub fn keep_last_good(&self, files: &mut [Read]) {
        for file in files.iter_mut().filter(|file| file.trouble.is_some()) {
            if let Some(last) = self.last_good(&file.hir.path) {
                file.hir = last;
            }
        }
    }

    /// What a file was lowered to last, for who looks past what is broken.
    pub fn last_good(&self, path: &Path) -> Option<Arc<FileHir>> {
        self.kept.filter(|_| self.lenient)?.last(path)
    }

    /// Fails when nobody waits any more.
    pub fn go_on(&self) -> Result<(), Stopped> {
        if self.is_stopped() { Err(Stopped) } else { Ok(()) }
    }
}

/// Lowered files by path, and programs that were checked.
#[derive(Default)]
pub struct Kept {
    files: Mutex<FxHashMap<PathBuf, KeptFile>>,
    /// What was learnt of dependencies, of all folders together.
    learnt: Mutex<Learnt>,
    /// The lock files of the dependencies that were learnt, each with its text.
    locks: Mutex<Option<BTreeMap<PathBuf, Digest>>>,
    states: Mutex<FxHashMap<Slot, State>>,
}

/// A lowered file, with what its text was.
struct KeptFile {
    hash: Digest,
    hir: Arc<FileHir>,
}

impl Kept {
    fn lock_states(&self) -> MutexGuard<'_, FxHashMap<Slot, State>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the dependencies of these packages are to be learnt: the first time, and when a lock file is new or has
    /// changed. What is kept of programs rests on what was learnt before, and goes.
    pub fn learns_from(&self, packages: &[Package]) -> bool {
        let now = dependencies::locks(packages);
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        // A check of a part of the packages sees fewer, which is no news.
        if locks.as_ref().is_some_and(|known| now.iter().all(|(path, hash)| known.get(path) == Some(hash))) {
            return false;
        }
        locks.get_or_insert_default().extend(now);
        self.lock_states().clear();
        true
    }

    /// What was read of dependencies now, with what was read before for other folders.
    pub fn beside_others(&self, read: Learnt) -> Learnt {
        let mut learnt = self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
        learnt.extend(read);
        learnt.clone()
    }

    /// The file as it was lowered from this text.
    pub fn get(&self, path: &Path, hash: &Digest) -> Option<Arc<FileHir>> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = files.get(path)?;
        (kept.hash == *hash).then(|| Arc::clone(&kept.hir))
    }

    /// Keeps a file.
    pub fn put(&self, hash: Digest, hir: &Arc<FileHir>) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.insert(hir.path.clone(), KeptFile { hash, hir: Arc::clone(hir) });
    }

    /// The file as it was lowered last, from whatever text.
    fn last(&self, path: &Path) -> Option<Arc<FileHir>> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.get(path).map(|kept| Arc::clone(&kept.hir))
    }

    /// Forgets programs of folders that are not open any more.
    pub fn forget_closed(&self, open: &[PathBuf]) {
        self.lock_states().retain(|(folder, _), _| open.contains(folder));
    }

    /// Forgets files that are gone.
    pub fn forget_lost(&self) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.retain(|path, _| path.exists());
    }
}
