//! Any bytes as a recording file, from its header to the last event.
#![no_main]

#[path = "../../crates/recording/tests/support/any_bytes.rs"]
mod any_bytes;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| any_bytes::as_a_file(bytes));
