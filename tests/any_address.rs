//! The parsers of addresses trust no byte: texts and addresses that are kept in `tests/corpus`, and thousands of mutations of them,
//! are read or refused. Seeds are numbers, so that what fails once fails again.

#[path = "support/any_address.rs"]
mod any_address;

use std::fs;
use std::path::Path;

/// Mutations of each text and address.
const MUTATIONS: u64 = 3000;

/// What a folder of the corpus holds.
fn corpus(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(folder);
    let files = fs::read_dir(&folder).expect("the corpus is there").map(|entry| entry.expect("a file").path());
    let all: Vec<_> = files.map(|file| fs::read(file).expect("is readable")).collect();
    assert!(all.len() >= 8, "{}", folder.display());
    all
}

/// Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// One to three changes, with a liking for the characters that mean something.
fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    const MEANING: &[u8] = b":.[]%@\\/0159af \0\n\xff\x80";
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len() + 1);
        let some = random.below(9).min(bytes.len() - at);
        let byte = if random.below(2) == 0 { MEANING[random.below(MEANING.len())] } else { random.below(256) as u8 };
        match random.below(5) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..at + some)),
            2 => bytes.insert(at, byte),
            3 => bytes.extend_from_within(at..at + some),
            _ if at < bytes.len() => bytes[at] = byte,
            _ => {}
        }
    }
}

fn each(folder: &str, look: fn(&[u8])) {
    for original in corpus(folder) {
        look(&original);
        for seed in 1..=MUTATIONS {
            let mut bytes = original.clone();
            mutate(&mut bytes, &mut Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
            look(&bytes);
        }
    }
}

#[test]
fn texts_are_read_or_refused() {
    each("address-text", any_address::as_text);
}

#[test]
fn addresses_are_written_or_refused() {
    each("address-bytes", any_address::as_bytes);
}
