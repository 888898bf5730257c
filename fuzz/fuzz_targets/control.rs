//! Any bytes as the control messages of a call.
#![no_main]

#[path = "../../crates/recording/tests/support/any_bytes.rs"]
mod any_bytes;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| any_bytes::as_control_messages(bytes));
