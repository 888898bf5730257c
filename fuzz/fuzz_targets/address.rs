//! Any bytes as an address: as text, and in the kernel's layout.
#![no_main]

#[path = "../../tests/support/any_address.rs"]
mod any_address;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    any_address::as_text(bytes);
    any_address::as_bytes(bytes);
});
