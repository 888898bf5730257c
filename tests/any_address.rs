//! The parsers of addresses trust no byte: texts and addresses that are kept in `tests/corpus`, and thousands of mutations of them,
//! are read or refused. Seeds are numbers, so that what fails once fails again.

#[path = "support/any_address.rs"]
mod any_address;

use std::fs;
use std::path::Path;

use fastrand::Rng;

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

/// One to three changes, with a liking for the characters that mean something.
fn mutate(bytes: &mut Vec<u8>, random: &mut Rng) {
    const MEANING: &[u8] = b":.[]%@\\/0159af \0\n\xff\x80";
    for _ in 0..=random.usize(..3) {
        let at = random.usize(..=bytes.len());
        let some = random.usize(..9).min(bytes.len() - at);
        let byte = if random.bool() { MEANING[random.usize(..MEANING.len())] } else { random.u8(..) };
        match random.usize(..5) {
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
            mutate(&mut bytes, &mut Rng::with_seed(seed));
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
