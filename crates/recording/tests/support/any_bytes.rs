//! Reads bytes that may be anything, to the end. That it comes back is the test: `cargo test` gives it the recordings that
//! are kept here and mutations of them (`any_bytes.rs`), `make fuzz` what a fuzzer thinks up.

use bsock_recording::drain::Item;
use bsock_recording::file::Recording;
use bsock_recording::merge::Merger;

/// As a recording file.
pub(crate) fn as_a_file(bytes: &[u8]) {
    let Ok(recording) = Recording::open(bytes) else { return };
    let (mut merger, mut errors) = (Merger::new(), 0);
    for item in recording {
        match item {
            Ok(Item::Chunk { ring, bytes }) => drop(merger.chunk(ring as usize % 512, bytes)),
            Ok(Item::Round { horizon }) => merger.round(horizon),
            Ok(_) => {}
            Err(damage) => {
                assert!(damage.offset <= bytes.len() as u64, "{damage} of {}", bytes.len());
                errors += 1;
            }
        }
        while merger.pop().is_some() {}
    }
    assert!(errors <= 1, "what follows damage cannot be trusted");
    merger.finish();
    while merger.pop().is_some() {}
}

/// As the bytes of two rings, whose first byte of each 64 says how they are cut.
pub(crate) fn as_records(bytes: &[u8]) {
    let mut merger = Merger::new();
    let mut rest = bytes;
    while let Some(how) = rest.first() {
        let (piece, after) = rest.split_at(rest.len().min(usize::from(*how) * 8 + 1));
        let _ = merger.chunk(usize::from(how & 1), piece);
        merger.round(u64::from(*how) << 8);
        while merger.pop().is_some() {}
        rest = after;
    }
    merger.finish();
    while merger.pop().is_some() {}
}
