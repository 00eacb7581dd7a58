//! A linger.toml.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| linger_fuzz::configuration(input));
