//! What the README shows is what linger does.

mod common;

/// The content of the first block that opens with `fence` behind `mark`.
fn block<'t>(text: &'t str, mark: &str, fence: &str) -> &'t str {
    let behind = text.split_once(mark).expect("the mark").1;
    let inside = behind.split_once(fence).expect("the block").1;
    inside.split_once("```").expect("the end of the block").0
}

#[test]
fn the_example_gives_the_output_that_is_shown() {
    let readme = std::fs::read_to_string(common::repository().join("README.md")).expect("a README");
    let mark = "<!-- example: a test runs it -->";
    let dir = common::scratch();
    let manifest = "[package]\nname = \"demo\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    common::write(dir.path(), &[("Cargo.toml", manifest), ("src/lib.rs", block(&readme, mark, "```rust\n"))]);
    let output = common::run(dir.path(), &["--color", "never"]);
    assert_eq!(common::stdout(&output).trim_end(), block(&readme, mark, "```text\n").trim_end());
}

#[test]
fn the_configuration_that_is_shown_is_valid() {
    let readme = std::fs::read_to_string(common::repository().join("README.md")).expect("a README");
    let dir = common::scratch();
    common::write(
        dir.path(),
        &[("linger.toml", block(&readme, "## Configure", "```toml\n")), ("a.rs", "pub fn nothing() {}\n")],
    );
    let output = common::run(dir.path(), &["."]);
    assert_eq!(output.status.code(), Some(0), "{}", common::stderr(&output));
}

#[test]
fn the_links_lead_to_files() {
    let readme = std::fs::read_to_string(common::repository().join("README.md")).expect("a README");
    for target in readme.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target)
    {
        assert!(target.starts_with("https://") || common::repository().join(target).exists(), "{target}");
    }
}
