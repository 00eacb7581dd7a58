//! What an editor says to the language server.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| linger_fuzz::messages(input));
