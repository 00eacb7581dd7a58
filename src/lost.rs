//! `mod name;` without a file: what it holds was not checked.

use std::path::Path;

use linger_analysis::names::Program;
use linger_analysis::span::FileId;
use linger_analysis::syntax::hir::ModuleIndex;
use linger_analysis::syntax::items::{Item, ItemKind};
use rustc_hash::FxHashSet;

use crate::discover::Found;
use crate::texts::Texts;

/// Such declarations in files that are reported on, as notes with file and line.
pub fn modules(program: &Program, found: &Found, reported: &FxHashSet<FileId>, texts: &Texts) -> Vec<String> {
    let mut notes = Vec::new();
    for (number, file) in program.files().iter().enumerate() {
        let id = FileId(number as u32);
        if !reported.contains(&id) {
            continue;
        }
        for item in file.items.iter().filter(|item| is_declaration(item)) {
            let name = item.name.as_str().trim_start_matches("r#");
            if has_file(&file.path, name, found) {
                continue;
            }
            // It may say elsewhere where its file is: `#[cfg_attr(unix, path = "unix.rs")]`.
            let text = texts.get(id, &file.path);
            let head = text.get(item.span.lo as usize..item.name_span.lo as usize);
            if head.is_none_or(|head| head.contains("path")) {
                continue;
            }
            let shown = file.path.strip_prefix(&found.root).unwrap_or(&file.path).display();
            let line = file.source.lines.line(item.name_span.lo) + 1;
            notes.push(format!("{shown}:{line}: `mod {name};` has no file, so nothing of it was checked"));
        }
    }
    notes
}

/// What is there under some condition only may be made by a build elsewhere; an inline module has its own folder.
fn is_declaration(item: &Item) -> bool {
    matches!(item.kind, ItemKind::Mod { inline: None })
        && item.module == ModuleIndex(0)
        && item.attributes.path.is_none()
        && !item.attributes.is_conditional
}

/// Whether a file stands where a declaration may look: beside a crate's root or `mod.rs`, else in the folder named as the
/// file is.
fn has_file(from: &Path, name: &str, found: &Found) -> bool {
    let beside = from.parent().unwrap_or(Path::new(""));
    [beside.to_path_buf(), from.with_extension("")].iter().any(|folder| {
        let candidates = [folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")];
        candidates.iter().any(|path| found.files.binary_search(path).is_ok() || path.is_file())
    })
}
