//! What a recording holds, in figures: a scenario's recording may be larger than what one wants in memory as events.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use bsock_recording::drain::Item;
use bsock_recording::event::{Event, What};
use bsock_recording::file::Recording;
use bsock_recording::merge::Merger;

#[derive(Default)]
pub(crate) struct Count {
    /// Calls that were recorded.
    pub(crate) events: u64,
    /// Calls that the recording says are not in it.
    pub(crate) lost: u64,
    /// File names of the executables whose processes were recorded.
    pub(crate) programs: BTreeSet<String>,
}

impl Count {
    /// Counts what `file` holds.
    pub(crate) fn of(file: &Path) -> Result<Self, String> {
        let bytes = fs::read(file).map_err(|error| format!("the recording cannot be read: {error}"))?;
        let mut count = Self::default();
        let mut merger = Merger::new();
        let damaged = |broken| format!("the recording is damaged: {broken}");
        let mut recording = Recording::open(&bytes).map_err(damaged)?;
        while let Some(item) = recording.item().map_err(damaged)? {
            match item {
                Item::Chunk { ring, bytes } => merger
                    .chunk(ring as usize, bytes)
                    .map_err(|damage| format!("the recording is damaged in ring {ring}: {damage}"))?,
                Item::Round { horizon } => merger.round(horizon),
                Item::Lost(calls) => count.lost += calls,
                _ => {}
            }
            count.take(&mut merger);
        }
        merger.finish();
        count.take(&mut merger);
        Ok(count)
    }

    fn take(&mut self, merger: &mut Merger) {
        while let Some(event) = merger.pop() {
            self.event(&event);
        }
    }

    fn event(&mut self, event: &Event) {
        match &event.what {
            What::Call(_) => self.events += 1,
            What::Lost(calls) => self.lost += calls,
            What::ProcessStart(start) => {
                let path = String::from_utf8_lossy(&start.executable).into_owned();
                self.programs.insert(path.rsplit('/').next().unwrap_or_default().to_owned());
            }
            _ => {}
        }
    }
}
