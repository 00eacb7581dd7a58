//! The files of the catalogue.

/// Signatures: the generated table, then the corrections to it.
pub(super) const SIGNATURES: &[&str] = &[
    include_str!("../../../catalogue/signatures.txt"),
    include_str!("../../../catalogue/signatures-extra.txt"),
];

/// A file of reviewed facts.
pub(super) struct FactsFile {
    /// The crates that it tells of, and no other file does.
    pub(super) crates: &'static [&'static str],
    /// Its text.
    pub(super) text: &'static str,
}

/// Reviewed facts, one file for each crate or small family.
pub(super) const FACTS: &[FactsFile] = &[
];
