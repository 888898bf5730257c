//! Recordings of every version of the format stay readable: each file of `recordings/` was written when its version was new.
#![cfg(not(loom))]

use bsock_recording::drain::Item;
use bsock_recording::event::{Event, Outcome, What};
use bsock_recording::file::Recording;
use bsock_recording::merge::Merger;

/// A client that nobody answers, then a fork whose child sends six bytes to its parent.
const VERSION_1: &[u8] = include_bytes!("recordings/version-1.bsock");

fn events(bytes: &[u8]) -> Vec<Event> {
    let mut merger = Merger::new();
    let mut recording = Recording::open(bytes).expect("a recording");
    while let Some(item) = recording.item().expect("undamaged") {
        match item {
            Item::Chunk { ring, bytes } => merger.chunk(ring as usize, bytes).expect("whole records"),
            Item::Round { horizon } => merger.round(horizon),
            _ => {}
        }
    }
    std::iter::from_fn(|| merger.pop()).collect()
}

#[test]
fn version_1_reads_as_it_was_written() {
    let events = events(VERSION_1);
    let calls: Vec<String> = events
        .iter()
        .filter_map(|event| match &event.what {
            What::Call(call) => Some((call.function.name(), call.fd, call.outcome)),
            _ => None,
        })
        .map(|(name, fd, outcome)| match outcome {
            Outcome::Returned(result) if name == "fork" => format!("fork = {}", if result > 0 { "child" } else { "?" }),
            Outcome::Returned(result) => format!("{name}({fd}) = {result}"),
            Outcome::Failed(errno) => format!("{name}({fd}) failed {errno}"),
            Outcome::Unfinished => format!("{name}({fd}) = ?"),
        })
        .collect();
    let expected = [
        "socket(-1) = 3",
        "connect(3) failed 111",
        "close(3) = 0",
        "fork = child",
        "send(4) = 6",
        "_exit(-1) = ?",
        "recv(3) = 6",
    ];
    // Two processes: their order against each other is that of time, and was another time's.
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    assert_eq!(sorted(calls), sorted(expected.map(str::to_owned).to_vec()));
    let start = events.iter().find_map(|event| match &event.what {
        What::ProcessStart(start) if !start.forked => Some(start),
        _ => None,
    });
    let start = start.expect("a process start");
    assert_eq!(start.arguments, [&b"./golden"[..], b"8080", b"argument"]);
    assert_eq!(start.executable, b"/tmp/bsock-golden/golden");
    let module = events.iter().any(
        |event| matches!(&event.what, What::Module(module) if module.path.is_empty() && !module.build_id.is_empty()),
    );
    assert!(module, "the executable's module with its build identity");
}

#[test]
fn cut_anywhere_or_changed_anywhere_it_is_an_error_or_less_but_never_a_panic() {
    let read = |bytes: &[u8]| {
        let Ok(mut recording) = Recording::open(bytes) else { return };
        let mut merger = Merger::new();
        while let Ok(Some(item)) = recording.item() {
            if let Item::Chunk { ring, bytes } = item {
                let _ = merger.chunk(ring as usize % 512, bytes);
            }
        }
        merger.finish();
        while merger.pop().is_some() {}
    };
    for end in 0..VERSION_1.len() {
        read(&VERSION_1[..end]);
    }
    for index in 0..VERSION_1.len() {
        for value in [0, 1, 0x7f, 0xff] {
            let mut bytes = VERSION_1.to_vec();
            bytes[index] = value;
            read(&bytes);
        }
    }
}
