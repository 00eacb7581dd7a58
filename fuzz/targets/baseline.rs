//! A baseline.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| linger_fuzz::known(input));
