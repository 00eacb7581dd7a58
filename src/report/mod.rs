//! Ways to print findings.

pub mod github;
pub mod human;
pub mod json;
pub mod sarif;
pub mod short;

use std::path::Path;
use std::sync::Arc;

use linger_analysis::span::{FileId, FileSpan};
use linger_lints::{Diagnostic, Level};
use rustc_hash::FxHashMap;

use crate::run::Outcome;
use crate::text::one_line;

/// Texts and positions of the files that findings name.
pub struct Sources<'o> {
    outcome: &'o Outcome,
    texts: FxHashMap<FileId, Arc<str>>,
}

/// A place as people and tools count: lines and columns from 1, columns in characters.
#[derive(Debug, Clone, Copy)]
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
    /// Reads the files that findings name.
    pub fn new(outcome: &'o Outcome) -> Self {
        let mut texts = FxHashMap::default();
        for reported in &outcome.findings {
            for at in reported.finding.places() {
                texts.entry(at.file).or_insert_with(|| {
                    let bytes = std::fs::read(&outcome.program.file(at.file).path).unwrap_or_default();
                    Arc::from(String::from_utf8_lossy(&bytes).as_ref())
                });
            }
        }
        Self { outcome, texts }
    }

    /// The text of a file.
    pub fn text(&self, file: FileId) -> &str {
        self.texts.get(&file).map_or("", |t| t)
    }

    /// The path that is shown: relative to the workspace, with `/`.
    pub fn path(&self, file: FileId) -> String {
        let path = &self.outcome.program.file(file).path;
        let shown = path.strip_prefix(&self.outcome.root).unwrap_or(path);
        shown.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
            .replacen("//", "/", 1)
    }

    /// The full path.
    pub fn full_path(&self, file: FileId) -> &Path {
        &self.outcome.program.file(file).path
    }

    /// Lines and columns.
    pub fn position(&self, at: FileSpan) -> Position {
        let text = self.text(at.file);
        let clamp = |offset: u32| {
            let mut offset = (offset as usize).min(text.len());
            while !text.is_char_boundary(offset) {
                offset -= 1;
            }
            offset
        };
        let (start, end) = (clamp(at.span.lo), clamp(at.span.hi.max(at.span.lo)));
        let point = |offset: usize| {
            let before = &text[..offset];
            let line = before.matches('\n').count() + 1;
            let from = before.rfind('\n').map_or(0, |i| i + 1);
            let bom = usize::from(from == 0 && text.starts_with('\u{feff}') && offset > 0);
            (line, text[from..offset].chars().count() + 1 - bom)
        };
        let ((line, column), (end_line, end_column)) = (point(start), point(end));
        Position { line, column, end_line, end_column, start, end }
    }

    /// The line (from 1) without its newline.
    pub fn line(&self, file: FileId, line: usize) -> &str {
        self.text(file).lines().nth(line.saturating_sub(1)).unwrap_or("")
    }
}

/// The word for a level.
pub fn level_name(level: Level) -> &'static str {
    if level >= Level::Deny { "error" } else { "warning" }
}

/// The message of a finding on one line, safe to print.
pub fn message(finding: &Diagnostic) -> String {
    one_line(&finding.message)
}
