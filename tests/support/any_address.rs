//! Addresses that may be anything, as text and as bytes: read or refused, and what is read is written as it was.
//! `cargo test` gives them those that are kept here and mutations of them (`tests/any_address.rs`), `make fuzz` what a fuzzer
//! thinks up.

use std::ffi::CStr;
use std::mem::MaybeUninit;

use bsock::text_address::{format, parse};

/// As text, up to its first NUL.
pub(crate) fn as_text(bytes: &[u8]) {
    let ended: Vec<u8> = bytes.iter().copied().take_while(|byte| *byte != 0).chain([0]).collect();
    let text = CStr::from_bytes_with_nul(&ended).expect("has one NUL, at its end");
    let Ok((address, length)) = parse(text) else { return };
    assert!((2..=110).contains(&length), "{text:?} has {length} bytes");
    assert!(address[length..].iter().all(|byte| *byte == 0), "zeros behind {text:?}");
    let written = write(&address[..length]).expect("what was read can be written");
    let again = CStr::from_bytes_with_nul(&written).expect("is a string");
    assert_eq!(parse(again), Ok((address, length)), "{text:?}, written as {again:?}");
}

/// As an address in the kernel's layout.
pub(crate) fn as_bytes(bytes: &[u8]) {
    let bytes = &bytes[..bytes.len().min(128)];
    let Some(written) = write(bytes) else { return };
    let text = CStr::from_bytes_with_nul(&written).expect("is a string");
    let (address, length) = parse(text).unwrap_or_else(|code| panic!("{bytes:?} is written as {text:?}: {code:?}"));
    // What has no place in the text is lost the first time (flow labels, what lies behind a path's NUL), and never again.
    assert_eq!(write(&address[..length]).as_deref(), Some(&written[..]), "{bytes:?}");
}

fn write(address: &[u8]) -> Option<Vec<u8>> {
    let mut buffer = [MaybeUninit::new(0xff_u8); 1024];
    let length = format(address, &mut buffer).ok()?;
    assert!(length < buffer.len(), "no address is so long");
    #[allow(unsafe_code)]
    // SAFETY: the buffer was made of initialised bytes.
    Some(buffer[..=length].iter().map(|byte| unsafe { byte.assume_init() }).collect())
}
