//! Byte offsets to lines and back.

/// Starts of lines, as byte offsets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineIndex {
    starts: Vec<u32>,
    len: u32,
}

impl LineIndex {
    /// Reads the line starts of `text`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let starts = std::iter::once(0)
            .chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|i| i as u32 + 1))
            .collect();
        Self { starts, len: text.len() as u32 }
    }

    /// The line (from 0) that holds `offset`.
    #[must_use]
    pub fn line(&self, offset: u32) -> u32 {
        (self.starts.partition_point(|start| *start <= offset) as u32).saturating_sub(1)
    }

    /// First byte of `line` (from 0); the end of the text for lines behind it.
    #[must_use]
    pub fn start(&self, line: u32) -> u32 {
        self.starts.get(line as usize).copied().unwrap_or(self.len)
    }

    /// How many lines there are.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.starts.len() as u32
    }
}
