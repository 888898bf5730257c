//! Programs under `bsock run --record`, and what their recordings hold.

use std::fs;
use std::path::Path;
use std::process::Command;

use bsock_recording::drain::Item;
use bsock_recording::event::{Call, Event, What};
use bsock_recording::file::Recording;
use bsock_recording::function::Function;
use bsock_recording::merge::Merger;

use super::target_dir;

/// The command, about to run `program` with `arguments` and to record it in `file`.
pub(crate) fn recorded(program: &Path, arguments: &[&str], file: &Path) -> Command {
    let mut command = Command::new(target_dir().join("bsock"));
    command.args(["run", "--record"]).arg(file).arg("--").arg(program).args(arguments);
    command
}

/// What a recording file holds: its events in order, and the calls that it says are not in it.
pub(crate) struct Contents {
    pub(crate) events: Vec<Event>,
    pub(crate) lost: u64,
}

impl Contents {
    pub(crate) fn of(file: &Path) -> Self {
        let bytes = fs::read(file).expect("the recording is there");
        let (mut merger, mut lost) = (Merger::new(), 0);
        for item in Recording::open(&bytes).expect("a recording") {
            match item.expect("undamaged") {
                Item::Chunk { ring, bytes } => merger.chunk(ring as usize, bytes).expect("whole records"),
                Item::Lost(calls) => lost += calls,
                _ => {}
            }
        }
        merger.finish();
        let events: Vec<Event> = std::iter::from_fn(|| merger.pop()).collect();
        lost += events.iter().map(|event| if let What::Lost(calls) = event.what { calls } else { 0 }).sum::<u64>();
        Self { events, lost }
    }

    pub(crate) fn calls(&self, function: Function) -> impl Iterator<Item = (&Event, &Call)> {
        self.events.iter().filter_map(move |event| match &event.what {
            What::Call(call) if call.function == function => Some((event, &**call)),
            _ => None,
        })
    }
}
