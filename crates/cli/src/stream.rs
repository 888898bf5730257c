//! From the items of a recording, live or kept, to its events in order of time.

use std::fs;
use std::path::PathBuf;

use bsock_recording::clock::{Pair, Scale};
use bsock_recording::drain::Item;
use bsock_recording::event::Event;
use bsock_recording::file::Recording;
use bsock_recording::layout::MAX_RINGS;
use bsock_recording::merge::Merger;

/// Takes items, gives events.
pub(crate) struct Stream {
    merger: Merger,
    start: Pair,
    last: Pair,
    /// Calls that no ring tells of.
    lost: u64,
    /// What of the recording could not be read.
    damage: Vec<String>,
}

impl Stream {
    /// For a recording that begins at `start`.
    pub(crate) fn new(start: Pair) -> Self {
        Self { merger: Merger::new(), start, last: start, lost: 0, damage: Vec::new() }
    }

    /// Takes the next item.
    pub(crate) fn item(&mut self, item: Item<'_>) {
        match item {
            Item::Chunk { ring, bytes } => {
                if let Err(damage) = self.merger.chunk(ring as usize, bytes) {
                    self.damage.push(format!("ring {ring}: {damage}"));
                }
            }
            Item::Round { horizon } => self.merger.round(horizon),
            Item::Clock(pair) => self.last = pair,
            Item::Lost(calls) => self.lost += calls,
            Item::Ended { .. } => {}
        }
    }

    /// The next event whose place in time is certain.
    pub(crate) fn pop(&mut self) -> Option<Event> {
        self.merger.pop()
    }

    /// Converts its ticks.
    pub(crate) const fn scale(&self) -> Scale {
        Scale::new(self.start, self.last)
    }

    /// Calls that were made and not recorded, as far as no event tells them.
    pub(crate) const fn lost(&self) -> u64 {
        self.lost
    }

    /// What could not be read, one sentence each.
    pub(crate) fn damage(&self) -> &[String] {
        &self.damage
    }

    /// Everything in the recordings at `paths`, as one: recordings made at one time on one machine share their clock.
    pub(crate) fn from_files(paths: &[PathBuf]) -> Result<Self, String> {
        let mut all: Option<Self> = None;
        for (index, path) in paths.iter().enumerate() {
            let name = path.display();
            let bytes = fs::read(path).map_err(|error| format!("cannot read {name}: {error}"))?;
            let recording = Recording::open(&bytes).map_err(|damage| format!("{name}: {damage}"))?;
            let stream = all.get_or_insert_with(|| Self::new(recording.start));
            if recording.start.ticks < stream.start.ticks {
                stream.start = recording.start;
            }
            for item in recording {
                match item {
                    // Rings of different recordings must not be taken for one.
                    Ok(Item::Chunk { ring, bytes }) => {
                        let ring = ring.min(MAX_RINGS as u32 - 1) + (index * MAX_RINGS) as u32;
                        stream.item(Item::Chunk { ring, bytes });
                    }
                    // Horizons of one recording say nothing about the others.
                    Ok(Item::Round { .. }) => {}
                    Ok(Item::Clock(pair)) if pair.ticks <= stream.last.ticks => {}
                    Ok(item) => stream.item(item),
                    Err(damage) => stream.damage.push(format!("{name}: {damage}")),
                }
            }
        }
        let mut stream = all.ok_or("no recording was named")?;
        stream.merger.finish();
        Ok(stream)
    }
}
