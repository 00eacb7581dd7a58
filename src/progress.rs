//! What a long check is at, on one line of a terminal that is gone when the check is done.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Shorter checks say nothing.
const PATIENCE: Duration = Duration::from_millis(700);

/// Fewer files are read before anybody wonders.
const MANY_FILES: usize = 400;

/// The line.
pub struct Progress {
    is_shown: bool,
    is_written: bool,
    start: Instant,
}

impl Progress {
    /// `wanted` unless nobody would see it.
    pub fn new(wanted: bool) -> Self {
        let is_shown = wanted && std::io::stderr().is_terminal();
        Self { is_shown, is_written: false, start: Instant::now() }
    }

    /// Reading begins, which takes the longest.
    pub fn reading(&mut self, files: usize) {
        if files >= MANY_FILES {
            self.write(&format!("reading {files} files"));
        }
    }

    /// Another part of the work begins.
    pub fn at(&mut self, what: &str) {
        if self.is_written || self.start.elapsed() > PATIENCE {
            self.write(what);
        }
    }

    fn write(&mut self, what: &str) {
        if self.is_shown {
            self.is_written = true;
            let mut err = std::io::stderr().lock();
            // A terminal that is gone is no reason to end the check.
            drop(write!(err, "\r\x1b[2Klinger: {what} …").and_then(|()| err.flush()));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_written {
            let mut err = std::io::stderr().lock();
            drop(write!(err, "\r\x1b[2K").and_then(|()| err.flush()));
        }
    }
}
