//! Texts and positions of what findings name.

use std::path::Path;
use std::sync::Arc;

use linger_analysis::source::LineIndex;
use linger_analysis::span::{FileId, FileSpan};
use rustc_hash::FxHashMap;

use crate::run::Outcome;

/// Texts and positions of the files that findings name.
pub struct Sources<'o> {
    outcome: &'o Outcome,
    files: FxHashMap<FileId, (Arc<str>, LineIndex)>,
    /// The workspace's folder inside of its repository, with a `/` behind it.
    prefix: String,
}

/// A place as people and tools count: lines and columns from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Line of the start.
    pub line: usize,
    /// Column of the start.
    pub column: usize,
    /// Line of the end.
    pub end_line: usize,
    /// Column behind the end.
    pub end_column: usize,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl<'o> Sources<'o> {
    /// The files that findings name.
    pub fn new(outcome: &'o Outcome) -> Self {
        let mut files = FxHashMap::default();
        for reported in &outcome.findings {
            let edits = reported.finding.fixes.iter().flat_map(|f| f.edits.iter().map(|e| e.at));
            for at in reported.finding.places().chain(edits) {
                files.entry(at.file).or_insert_with(|| {
                    let text = outcome.text(at.file);
                    let lines = LineIndex::new(&text);
                    (text, lines)
                });
            }
        }
        Self { outcome, files, prefix: repository_prefix(&outcome.found.root) }
    }

    /// The text of a file.
    pub fn text(&self, file: FileId) -> &str {
        self.files.get(&file).map_or("", |(text, _)| text)
    }

    /// The path that is shown: relative to the workspace, with `/`. As it is, not made printable.
    pub fn path(&self, file: FileId) -> String {
        self.outcome.shown(&self.outcome.program.file(file).path)
    }

    /// The path from the top of the repository, as GitHub and GitLab want it.
    pub fn path_in_repository(&self, file: FileId) -> String {
        let path = self.path(file);
        if Path::new(&path).is_absolute() { path } else { format!("{}{path}", self.prefix) }
    }

    /// Lines and columns.
    pub fn position(&self, at: FileSpan) -> Position {
        let ((start, line, column), (end, end_line, end_column)) =
            (self.point(at.file, at.span.lo), self.point(at.file, at.span.hi.max(at.span.lo)));
        Position { line, column, end_line, end_column, start, end }
    }

    /// Byte, line and column.
    fn point(&self, file: FileId, offset: u32) -> (usize, usize, usize) {
        let Some((text, lines)) = self.files.get(&file) else { return (0, 1, 1) };
        let mut offset = (offset as usize).min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = lines.line(offset as u32);
        let from = (lines.start(line) as usize).min(offset);
        // A byte order mark is no column.
        let before = text[from..offset].trim_start_matches('\u{feff}');
        (offset, line as usize + 1, before.chars().count() + 1)
    }

    /// Column in bytes, from 1.
    pub fn byte_column(&self, file: FileId, offset: usize) -> usize {
        let Some((text, lines)) = self.files.get(&file) else { return 1 };
        let start = lines.start(lines.line(offset as u32)) as usize;
        // A byte order mark is no column here either.
        let mark = if start == 0 && text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        offset - (start + mark).min(offset) + 1
    }

    /// The line (from 1) without its newline.
    pub fn line(&self, file: FileId, line: usize) -> &str {
        let Some((text, lines)) = self.files.get(&file) else { return "" };
        let line = line.saturating_sub(1) as u32;
        let (from, to) = (lines.start(line) as usize, lines.start(line + 1) as usize);
        text.get(from..to).unwrap_or("").trim_end_matches(['\n', '\r']).trim_start_matches('\u{feff}')
    }

    /// The line (from 0) that holds a byte.
    pub fn line_index(&self, file: FileId, byte: usize) -> usize {
        self.files.get(&file).map_or(0, |(_, lines)| lines.line(byte as u32) as usize)
    }

    /// The bytes of a line (from 0), its newline included.
    pub fn line_range(&self, file: FileId, line: usize) -> std::ops::Range<usize> {
        let Some((_, lines)) = self.files.get(&file) else { return 0..0 };
        let line = line as u32;
        lines.start(line) as usize..lines.start(line + 1) as usize
    }
}

fn repository_prefix(root: &Path) -> String {
    let top = root.ancestors().find(|dir| dir.join(".git").exists()).unwrap_or(root);
    let below = root.strip_prefix(top).map(|p| p.to_string_lossy().replace('\\', "/")).unwrap_or_default();
    if below.is_empty() { below } else { below + "/" }
}
