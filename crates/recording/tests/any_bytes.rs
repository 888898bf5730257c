//! The reader trusts no byte: recordings that are kept, and thousands of mutations of them, are read to their end or to an
//! error. Seeds are numbers, so that what fails once fails again.
#![cfg(not(loom))]

#[path = "support/any_bytes.rs"]
mod any_bytes;

use std::fs;
use std::path::Path;

use fastrand::Rng;

/// Mutations of each recording.
const MUTATIONS: u64 = 4000;

/// Recordings of every version, and inputs that once were too much.
fn corpus() -> Vec<Vec<u8>> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let folders = ["recordings", "corpus"].map(|folder| tests.join(folder));
    let files = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let all: Vec<_> = files.map(|file| fs::read(file.path()).expect("a file")).collect();
    assert!(!all.is_empty());
    all
}

/// One to four changes of the kinds that damage and malice make.
fn mutate(bytes: &mut Vec<u8>, random: &mut Rng) {
    for _ in 0..=random.usize(..4) {
        let at = random.usize(..=bytes.len().saturating_sub(1));
        let some = random.usize(..64).min(bytes.len() - at);
        match random.usize(..7) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..at + some)),
            2 => bytes.splice(at..at, vec![random.u8(..); some]).for_each(drop),
            3 => bytes.extend_from_within(at..at + some),
            // Lengths are numbers of 2, 4 and 8 bytes; those near the edges are the worst.
            4 => {
                let number = [0, 1, u64::MAX, u64::MAX / 2, random.u64(..)][random.usize(..5)].to_le_bytes();
                bytes[at..].iter_mut().zip(&number[..[2, 4, 8][random.usize(..3)]]).for_each(|(old, new)| *old = *new);
            }
            _ if at < bytes.len() => bytes[at] = random.u8(..),
            _ => {}
        }
        if bytes.is_empty() {
            return;
        }
    }
}

#[test]
fn recordings_and_their_mutations_are_read_to_an_end() {
    for original in corpus() {
        any_bytes::as_a_file(&original);
        any_bytes::as_records(&original);
        for seed in 1..=MUTATIONS {
            let mut bytes = original.clone();
            mutate(&mut bytes, &mut Rng::with_seed(seed));
            any_bytes::as_a_file(&bytes);
            // Behind a sound header, what is changed is reached.
            any_bytes::as_records(bytes.get(72..).unwrap_or(&[]));
        }
    }
}

#[test]
fn noise_is_read_to_an_end() {
    let mut random = Rng::with_seed(0x2545_f491_4f6c_dd1d);
    for length in 0..3000 {
        let noise: Vec<u8> = (0..length).map(|_| random.u8(..)).collect();
        any_bytes::as_a_file(&noise);
        any_bytes::as_records(&noise);
        any_bytes::as_control_messages(&noise);
    }
}

#[test]
fn control_messages_and_their_mutations_are_walked_to_an_end() {
    // Two descriptors, an int of IP_TTL, and one whose length is beyond the end.
    let mut original = Vec::new();
    for (length, level, kind, data) in
        [(24_u64, 1, 1, &[5, 0, 0, 0, 6, 0, 0, 0][..]), (20, 0, 2, &[64, 0, 0, 0, 0, 0, 0, 0]), (900, 1, 2, &[])]
    {
        original.extend(length.to_ne_bytes());
        original.extend([level, kind].map(i32::to_ne_bytes).as_flattened());
        original.extend(data);
    }
    any_bytes::as_control_messages(&original);
    for seed in 1..=5 * MUTATIONS {
        let mut bytes = original.clone();
        mutate(&mut bytes, &mut Rng::with_seed(seed));
        any_bytes::as_control_messages(&bytes);
    }
}
