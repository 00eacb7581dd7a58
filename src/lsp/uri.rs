//! File URIs to paths and back.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use lsp_types::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What stands in a path as it is.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The path of a `file:` URI, without `.` and `..`.
pub fn to_path(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.as_str().strip_prefix("file://")?;
    // `file://localhost/…` and `file:///…`
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    let path = path.split(['?', '#']).next()?;
    let text = percent_decode_str(path).decode_utf8().ok()?;
    let text = if cfg!(windows) { text.trim_start_matches('/') } else { &*text };
    let path = Path::new(text);
    path.is_absolute().then(|| crate::discover::absolute(Path::new(""), path))
}

/// The URI of a path.
pub fn from_path(path: &Path) -> Option<Uri> {
    let text = path.to_str()?.replace(std::path::MAIN_SEPARATOR, "/");
    let slash = if text.starts_with('/') { "" } else { "/" };
    Uri::from_str(&format!("file://{slash}{}", utf8_percent_encode(&text, ESCAPED))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn paths_survive() {
        for path in ["/a/b.rs", "/a b/ü x.rs", "/100%/[a]#?.rs", "/😀"] {
            let uri = from_path(Path::new(path)).expect("a URI");
            assert_eq!(to_path(&uri).as_deref(), Some(Path::new(path)), "{}", uri.as_str());
        }
    }

    #[test]
    fn what_is_no_file_has_no_path() {
        for text in ["untitled:Untitled-1", "http://a/b.rs", "file://%ff"] {
            assert_eq!(Uri::from_str(text).ok().and_then(|uri| to_path(&uri)), None, "{text}");
        }
    }
}
