//! What is kept on disk between runs: the findings of whole runs, so that an unchanged workspace is only read, not
//! checked.
//!
//! Findings depend on the whole program (who calls a function, whether a name is the only one), so an entry is for a
//! whole run, never for a part of it. Its name is a hash of all that the findings come from: in the *frame* this very
//! build of linger, the options, the configuration, the packages and which sources of dependencies are there; in the
//! *contents* the path and the bytes of every file. Times of files do not matter. An entry begins with a hash of itself:
//! what is damaged, cut off or of another version is not used and is written anew. Entries are written beside their place
//! and moved there, so runs at the same time never see half of one. Trouble with the cache only makes a run slower.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::stored::Stored;

/// A hash of contents, long enough that equal hashes are equal contents.
pub type Digest = blake3::Hash;

/// Counts changes of what is kept.
const NOTATION: u32 = 1;

/// Most bytes that are kept.
const MOST_BYTES: u64 = 64 << 20;

/// Most entries that are kept.
const MOST_ENTRIES: usize = 256;

/// What a temporary file is left alone for: another run may be writing it.
const ABANDONED: Duration = Duration::from_secs(600);

/// The entries of runs that differ in the contents of files alone.
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The entries for a frame. `None` where there is no folder for caches, or the build is not known.
    pub fn of(frame: &[String]) -> Option<Self> {
        let mut hasher = blake3::Hasher::new();
        let parts = frame.iter().map(String::as_str);
        for part in [build()?.as_str()].into_iter().chain(parts) {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let folder = results()?.join(&hasher.finalize().to_hex()[..32]);
        Some(Self { folder })
    }

    /// Whether there may be an entry, so that it is worth to hash all files before they are parsed.
    pub fn is_begun(&self) -> bool {
        self.folder.is_dir()
    }

    /// The findings for these contents.
    pub fn get(&self, contents: &Digest) -> Option<Stored> {
        let path = self.entry(contents);
        let bytes = fs::read(&path).ok()?;
        let stored = unwrapped(&bytes).and_then(|text| serde_json::from_slice(text).ok());
        match stored {
            Some(stored) => {
                // It was of use today. Without the right to write it is only older than it seems.
                if let Ok(file) = fs::File::options().append(true).open(&path) {
                    drop(file.set_modified(SystemTime::now()));
                }
                Some(stored)
            }
            None => {
                drop(fs::remove_file(&path));
                None
            }
        }
    }

    /// Keeps findings.
    pub fn put(&self, contents: &Digest, stored: &Stored) {
        // A full disk, say: the next run checks again.
        if let Ok(text) = serde_json::to_vec(stored)
            && write(&self.entry(contents), &wrapped(&text)).is_ok()
        {
            sweep();
        }
    }

    fn entry(&self, contents: &Digest) -> PathBuf {
        self.folder.join(format!("{}.json", contents.to_hex()))
    }
}

/// A text behind a hash of it.
pub fn wrapped(text: &[u8]) -> Vec<u8> {
    let mut out = format!("{}\n", blake3::hash(text).to_hex()).into_bytes();
    out.extend_from_slice(text);
    out
}

/// The text behind its hash; `None` when it is damaged.
pub fn unwrapped(bytes: &[u8]) -> Option<&[u8]> {
    let (hash, text) = bytes.split_at_checked(65)?;
    (hash.strip_suffix(b"\n")? == blake3::hash(text).to_hex().as_bytes()).then_some(text)
}

/// Writes beside the file and moves it there, so that no other run sees a half of it.
pub fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    tag();
    let mut file = tempfile::Builder::new().prefix(".new").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

/// Where everything is kept that may be deleted at any time.
pub fn home() -> Option<PathBuf> {
    let caches = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| std::env::home_dir().map(|home| home.join(".cache")))?;
    Some(caches.join("linger"))
}

/// Deletes all that is kept. Says where that was.
pub fn clean() -> std::io::Result<Option<PathBuf>> {
    let Some(home) = home() else { return Ok(None) };
    match fs::remove_dir_all(&home) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(Some(home)),
    }
}

fn results() -> Option<PathBuf> {
    Some(home()?.join(format!("results-{NOTATION}")))
}

/// Tells backup programs that the folder holds nothing of worth.
fn tag() {
    let Some(path) = home().map(|home| home.join("CACHEDIR.TAG")) else { return };
    if !path.exists() {
        let text = "Signature: 8a477f597d28d172789f06886806bc55\n# Made by linger; may be deleted.\n";
        drop(fs::write(path, text));
    }
}

/// This very build: rules change while the version stays, when linger itself is worked on.
fn build() -> Option<String> {
    let program = fs::metadata(std::env::current_exe().ok()?).ok()?;
    let made = program.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(format!("{} {} {}", env!("CARGO_PKG_VERSION"), program.len(), made.as_nanos()))
}

/// Deletes the entries that were longest of no use.
fn sweep() {
    let Some(results) = results() else { return };
    let below = |path: &Path| fs::read_dir(path).into_iter().flatten().flatten();
    let mut entries: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
    for folder in below(&results) {
        for entry in below(&folder.path()) {
            let Ok(meta) = entry.metadata() else { continue };
            let Ok(used) = meta.modified() else { continue };
            let is_new = entry.file_name().to_string_lossy().starts_with(".new");
            if !is_new {
                entries.push((used, meta.len(), entry.path()));
            } else if used.elapsed().is_ok_and(|age| age > ABANDONED) {
                // A run that was killed left it.
                drop(fs::remove_file(entry.path()));
            }
        }
    }
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.0));
    let mut bytes = 0;
    for (number, (_, size, path)) in entries.iter().enumerate() {
        bytes += size;
        if number >= MOST_ENTRIES || bytes > MOST_BYTES {
            drop(fs::remove_file(path));
            if let Some(folder) = path.parent() {
                // Only an empty folder goes.
                drop(fs::remove_dir(folder));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{unwrapped, wrapped};

    #[test]
    fn damage_is_seen() {
        let whole = wrapped(b"{\"a\": 1}");
        assert_eq!(unwrapped(&whole), Some(&b"{\"a\": 1}"[..]));
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            assert_eq!(unwrapped(&flipped), None, "byte {at}");
            assert_eq!(unwrapped(&whole[..at]), None, "cut at {at}");
        }
    }
}
