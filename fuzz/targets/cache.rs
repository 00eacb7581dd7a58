//! What the cache keeps of a run.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| linger_fuzz::remembered_findings(input));
