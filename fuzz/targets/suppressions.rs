//! Comments and attributes in code
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| linger_fuzz::suppressions(input));
