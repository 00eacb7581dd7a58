//! The texts of files, read again when they are wanted: they are not kept, since a workspace is large and findings
//! are few.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use linger_analysis::span::FileId;
use rustc_hash::FxHashMap;

/// Texts that are not, or not yet, what the disk has.
pub type Buffers = FxHashMap<PathBuf, Arc<str>>;

/// Texts by file.
#[derive(Debug, Default)]
pub struct Texts {
    /// Files whose text comes from elsewhere (an editor, the standard input).
    buffers: Buffers,
    read: Mutex<FxHashMap<FileId, Arc<str>>>,
}

impl Texts {
    /// With the texts of some files given.
    pub fn new(buffers: Buffers) -> Self {
        Self { buffers, read: Mutex::default() }
    }

    /// The given texts alone.
    pub fn given(&self) -> Self {
        Self::new(self.buffers.clone())
    }

    /// The text of the file, when it is given.
    pub fn buffer(&self, path: &Path) -> Option<&str> {
        self.buffers.get(path).map(|text| &**text)
    }

    /// The text of a file; what is not UTF-8 is replaced, what cannot be read is empty.
    pub fn get(&self, file: FileId, path: &Path) -> Arc<str> {
        if let Some(text) = self.buffers.get(path) {
            return Arc::clone(text);
        }
        let mut read = self.read.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let text = read.entry(file).or_insert_with(|| {
            let bytes = std::fs::read(path).unwrap_or_default();
            Arc::from(String::from_utf8_lossy(&bytes).as_ref())
        });
        Arc::clone(text)
    }
}
