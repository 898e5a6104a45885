#![no_main]

#[path = "../through.rs"]
mod through;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| through::prefixes(bytes));
