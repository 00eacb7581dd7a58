//! A file of a program that is built already, in another version.

use std::sync::Arc;

use crate::names::Program;
use crate::span::FileId;
use crate::syntax::Interface;
use crate::syntax::items::FileHir;

impl Program {
    /// Whether another version of a file leaves the program as it is, but for that file's bodies and positions.
    #[must_use]
    pub fn fits(&self, id: FileId, file: &FileHir) -> bool {
        let Some(old) = self.files.get(id.0 as usize) else { return false };
        old.path == file.path && Interface::of(old) == Interface::of(file)
    }

    /// Puts another version of a file in its place; it must fit.
    pub fn replace(&mut self, id: FileId, file: Arc<FileHir>) {
        debug_assert!(self.fits(id, &file));
        for files in [&mut self.files, &mut self.graph.files] {
            if let Some(slot) = files.get_mut(id.0 as usize) {
                *slot = Arc::clone(&file);
            }
        }
    }
}
