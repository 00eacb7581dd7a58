//! What can be wrong with entries for the catalogue.

/// An error in a catalogue file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    /// The text is no TOML, or has keys or values that do not exist.
    #[error("line {line}, column {column}: {message}")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What is wrong, in one line.
        message: String,
    },
    /// A path is given twice.
    #[error("`{path}` is described twice")]
    Duplicate {
        /// The path.
        path: String,
    },
    /// Something is no path of a crate's item.
    #[error("`{path}` is not a path such as `my_crate::module::Type`")]
    NotAPath {
        /// What was given.
        path: String,
    },
}

impl CatalogueError {
    pub(super) fn syntax(text: &str, error: &toml::de::Error) -> Self {
        let at = error.span().map_or(0, |span| span.start);
        let before = text.get(..at).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(start..).map_or(0, |part| part.chars().count()) + 1;
        Self::Syntax { line, column, message: error.message().lines().collect::<Vec<_>>().join("; ") }
    }
}
