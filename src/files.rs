//! Writing files so that nobody ever sees half of one.

use std::io::Write;
use std::path::Path;

use anyhow::Context;

/// Replaces (or makes) a file at once, and keeps its permissions. A symbolic link is followed.
pub fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let dir = target.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let cannot = || format!("{} cannot be written", path.display());
    let mut file = tempfile::Builder::new().prefix(".linger-").tempfile_in(dir).with_context(cannot)?;
    file.write_all(text.as_bytes()).with_context(cannot)?;
    match std::fs::metadata(&target) {
        Ok(meta) if meta.permissions().readonly() => anyhow::bail!("{} is read-only", path.display()),
        Ok(meta) => file.as_file().set_permissions(meta.permissions()).with_context(cannot)?,
        Err(_) => new_file_permissions(file.as_file()).with_context(cannot)?,
    }
    file.as_file().sync_all().with_context(cannot)?;
    file.persist(&target).with_context(cannot)?;
    Ok(())
}

/// Whether a file lies below a folder once all links are followed, so that writing it reaches nothing outside.
pub fn lies_in(path: &Path, root: &Path) -> bool {
    let parent = path.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let target = match (std::fs::canonicalize(path), path.file_name()) {
        (Ok(target), _) => Some(target),
        // A link that leads nowhere is replaced, not followed.
        (Err(_), Some(name)) => std::fs::canonicalize(parent).ok().map(|dir| dir.join(name)),
        (Err(_), None) => None,
    };
    match (target, std::fs::canonicalize(root)) {
        (Some(target), Ok(root)) => target.starts_with(root),
        _ => false,
    }
}

/// A temporary file is private; what takes its place here is not.
#[cfg(unix)]
fn new_file_permissions(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn new_file_permissions(_file: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}
