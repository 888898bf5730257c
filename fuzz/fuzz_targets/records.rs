//! Any bytes as what came from two rings, in pieces of any size.
#![no_main]

#[path = "../../crates/recording/tests/support/any_bytes.rs"]
mod any_bytes;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| any_bytes::as_records(bytes));
