//! The reader trusts no byte: recordings that are kept, and thousands of mutations of them, are read to their end or to an
//! error. Seeds are numbers, so that what fails once fails again.
#![cfg(not(loom))]

#[path = "support/any_bytes.rs"]
mod any_bytes;

use std::fs;
use std::path::Path;

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

/// Marsaglia's xorshift: no library for a few bits.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

/// One to four changes of the kinds that damage and malice make.
fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        let some = random.below(64).min(bytes.len() - at);
        match random.below(7) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..at + some)),
            2 => bytes.splice(at..at, vec![random.next() as u8; some]).for_each(drop),
            3 => bytes.extend_from_within(at..at + some),
            // Lengths are numbers of 2, 4 and 8 bytes; those near the edges are the worst.
            4 => {
                let number = [0, 1, u64::MAX, u64::MAX / 2, random.next()][random.below(5)].to_le_bytes();
                bytes[at..].iter_mut().zip(&number[..[2, 4, 8][random.below(3)]]).for_each(|(old, new)| *old = *new);
            }
            _ if at < bytes.len() => bytes[at] = random.next() as u8,
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
            mutate(&mut bytes, &mut Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
            any_bytes::as_a_file(&bytes);
            // Behind a sound header, what is changed is reached.
            any_bytes::as_records(bytes.get(72..).unwrap_or(&[]));
        }
    }
}

#[test]
fn noise_is_read_to_an_end() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for length in 0..3000 {
        let noise: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
        any_bytes::as_a_file(&noise);
        any_bytes::as_records(&noise);
    }
}
