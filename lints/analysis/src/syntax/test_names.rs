//! Names that say of a module, folder or feature that it only serves tests.

use std::path::Path;

/// Folders whose packages are tests. Examples are none: people start from them.
const FOLDERS: [&str; 6] = ["test", "tests", "fuzz", "e2e", "mock", "mocks"];

/// What follows `test` in the name of something that supports tests.
const SUPPORT: [&str; 16] = [
    "util", "utils", "support", "helper", "helpers", "common", "db", "fixture", "fixtures", "harness",
    "fake", "fakes", "data", "suite", "tools", "kit",
];

/// Words in the names of features that only tests are built with.
const FEATURES: [&str; 9] =
    ["test", "tests", "testing", "testutil", "testutils", "mock", "mocks", "mocking", "fuzzing"];

fn words(name: &str) -> impl Iterator<Item = &str> + Clone {
    name.split(['-', '_']).filter(|word| !word.is_empty())
}

/// Whether a module or folder of that name supports tests: `test_utils`, `my-test-support`, `testutil`.
pub(crate) fn is_test_support(name: &str) -> bool {
    let mut pairs = words(name).zip(words(name).skip(1));
    words(name).any(|word| matches!(word, "testutil" | "testutils"))
        || pairs.any(|(word, next)| matches!(word, "test" | "tests") && SUPPORT.contains(&next))
}

/// Whether a package is for tests by its folder, which is given from the root of the workspace: `fuzz`,
/// `crates/my-test-utils`, `tests/app`, `integration-tests`.
#[must_use]
pub fn is_test_folder(below_root: &Path) -> bool {
    below_root.iter().filter_map(std::ffi::OsStr::to_str).any(|folder| {
        FOLDERS.contains(&folder)
            || is_test_support(folder)
            || words(folder).last().is_some_and(|word| matches!(word, "tests" | "fuzz" | "e2e"))
    })
}

/// Whether a feature of that name is only for tests: `test-utils`, `_testing`, `mock`.
pub(crate) fn is_test_feature(name: &str) -> bool {
    words(name).any(|word| FEATURES.contains(&word))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{is_test_feature, is_test_folder, is_test_support};

    #[test]
    fn names_of_what_serves_tests() {
        for name in
            ["test_utils", "test-support", "node-test-utils", "testutil", "my_test_db", "api-test-suite"]
        {
            assert!(is_test_support(name), "{name}");
        }
        for name in
            ["test", "contest", "test_vectors", "latest_utils", "utils", "attestation_db", "self_test"]
        {
            assert!(!is_test_support(name), "{name}");
        }
    }

    #[test]
    fn folders_of_packages_for_tests() {
        for folder in ["fuzz", "tests/app", "a/test-utils", "layer-tests", "crates/e2e"] {
            assert!(is_test_folder(Path::new(folder)), "{folder}");
        }
        for folder in
            ["", "crates/nextest", "contest", "latest", "crates/fuzzer", "redis-test", "examples/chat"]
        {
            assert!(!is_test_folder(Path::new(folder)), "{folder}");
        }
    }

    #[test]
    fn features_of_tests() {
        for feature in ["test-utils", "_test_utils", "testing", "mock", "for_test", "fuzzing"] {
            assert!(is_test_feature(feature), "{feature}");
        }
        for feature in ["latest", "attestation", "contest", "unstable"] {
            assert!(!is_test_feature(feature), "{feature}");
        }
    }
}
