//! The files that are open in the editor.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lsp_types::{TextDocumentContentChangeEvent, Uri};
use rustc_hash::FxHashMap;

use crate::lsp::position::{Encoding, Text};

/// An open file.
#[derive(Debug, Clone)]
pub struct Document {
    /// As the editor writes it, to be named the same way.
    pub uri: Uri,
    /// Counts its changes.
    pub version: i32,
    /// Its text.
    pub text: Arc<str>,
}

/// Open files by path.
#[derive(Debug, Default)]
pub struct Documents {
    files: FxHashMap<PathBuf, Document>,
}

impl Documents {
    /// A file was opened.
    pub fn open(&mut self, path: PathBuf, document: Document) {
        self.files.insert(path, document);
    }

    /// A file was closed.
    pub fn close(&mut self, path: &Path) {
        self.files.remove(path);
    }

    /// An open file.
    pub fn get(&self, path: &Path) -> Option<&Document> {
        self.files.get(path)
    }

    /// All open files.
    pub fn all(&self) -> &FxHashMap<PathBuf, Document> {
        &self.files
    }

    /// A file was changed. Changes come one behind the other.
    pub fn change(
        &mut self,
        path: &Path,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
        encoding: Encoding,
    ) {
        let Some(document) = self.files.get_mut(path) else { return };
        let mut text = document.text.to_string();
        for change in changes {
            text = match change.range {
                None => change.text,
                Some(range) => {
                    let index = Text::new(&text, encoding);
                    let (a, b) = (index.offset(range.start), index.offset(range.end));
                    let (from, to) = (a.min(b), a.max(b));
                    text.replace_range(from..to, &change.text);
                    text
                }
            };
        }
        document.text = text.into();
        document.version = version;
    }
}
