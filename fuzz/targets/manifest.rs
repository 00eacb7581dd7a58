//! A Cargo.toml.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| linger_fuzz::manifest_of_a_package(input));
