//! What a later recorder adds to the format: this version does not know it, and reads the rest as if it were not there.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::recording::recorded;
use support::{TempDir, compile_c, root, target_dir, text};

/// As `crates/recording/src/file.rs` and `layout.rs` have it: the sizes, and a tag, a kind and a section that nobody uses.
const HEADER: usize = 56;
const ITEM_HEADER: usize = 16;
const LINE: usize = 64;
const CHUNK: u32 = 1;
const UNKNOWN_TAG: u32 = 99;
const UNKNOWN_KIND: u16 = 0x1ff;
const UNKNOWN_SECTION: u16 = 999;

fn number<const BYTES: usize>(bytes: &[u8], at: usize) -> [u8; BYTES] {
    bytes[at..at + BYTES].try_into().expect("so many bytes")
}

/// Adds to a recording what a later version might: behind each item one of an unknown tag, behind each record one of an unknown
/// kind, and in each call an unknown section before all others.
fn with_additions(recording: &[u8]) -> Vec<u8> {
    let (mut added, mut at) = (recording[..HEADER].to_vec(), HEADER);
    while at < recording.len() {
        let (tag, ring) = (u32::from_le_bytes(number(recording, at)), number::<4>(recording, at + 4));
        let end = at + ITEM_HEADER + u64::from_le_bytes(number(recording, at + 8)) as usize;
        let body = &recording[at + ITEM_HEADER..end];
        let body = if tag == CHUNK { records_with_additions(body) } else { body.to_vec() };
        for (tag, body) in [(tag, body.as_slice()), (UNKNOWN_TAG, &[0xee; 24])] {
            added.extend(tag.to_le_bytes());
            added.extend(ring);
            added.extend((body.len() as u64).to_le_bytes());
            added.extend(body);
        }
        at = end;
    }
    added
}

fn records_with_additions(records: &[u8]) -> Vec<u8> {
    let (mut added, mut rest) = (Vec::new(), records);
    while !rest.is_empty() {
        let (record, behind) = rest.split_at(usize::from(rest[2]) * LINE);
        let (mut line, sections) = (number::<LINE>(record, 0), &record[LINE..]);
        let (kind, lines) = (u16::from_le_bytes(number(&line, 0)), line[2]);
        let is_call = kind < 0x100 && lines < u8::MAX;
        line[2] += u8::from(is_call);
        added.extend(line);
        if is_call {
            added.extend(UNKNOWN_SECTION.to_le_bytes());
            added.extend((LINE as u16 - 8).to_le_bytes());
            added.extend([0xee; LINE - 4]);
        }
        added.extend(sections);
        line[..2].copy_from_slice(&UNKNOWN_KIND.to_le_bytes());
        line[2] = 2;
        added.extend(line);
        added.extend([0xee; LINE]);
        rest = behind;
    }
    added
}

/// What the verb says of a recording, and how it ends.
fn said(verb: &[&str], recording: &Path) -> (String, Option<i32>) {
    let output = Command::new(target_dir().join("bsock")).args(verb).arg(recording).output().expect("runs");
    (text(&output.stdout) + &text(&output.stderr), output.status.code())
}

#[test]
fn what_a_later_recorder_adds_is_skipped_48() {
    let program = compile_c(&root().join("tests/programs/fidelity.c"), &["-pthread"]);
    let directory = TempDir::new();
    let file = directory.path().join("recording");
    let status = recorded(&program.path(), &[], &file).output().expect("runs").status;
    assert_eq!(status.code(), Some(42));
    let recording = fs::read(&file).expect("recorded");
    let verbs = [&["trace", "--all", "--format", "json"][..], &["trace", "--format", "text"], &["check"]];
    let known = verbs.map(|verb| said(verb, &file));
    assert!(known[0].0.lines().count() > 1200, "a call is a line: {:.2000}", known[0].0);
    let added = with_additions(&recording);
    assert!(added.len() > 2 * recording.len());
    fs::write(&file, added).expect("ours");
    for (verb, known) in verbs.iter().zip(known) {
        let (now, status) = said(verb, &file);
        let differing = known.0.lines().zip(now.lines()).find(|(one, other)| one != other);
        assert_eq!(differing, None, "{verb:?}");
        assert_eq!((now.lines().count(), status), (known.0.lines().count(), known.1), "{verb:?}");
    }
}
