//! From the items of a recording, live or kept, to its events in order of time.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use bsock_recording::clock::{Pair, Scale};
use bsock_recording::drain::Item;
use bsock_recording::event::{Damage, Event};
use bsock_recording::file::{Header, Recording};
use bsock_recording::layout::MAX_RINGS;
use bsock_recording::merge::Merger;

use crate::blind_spots::{BlindSpot, BlindSpots};

/// Takes items, gives events.
pub(crate) struct Stream {
    merger: Merger,
    start: Pair,
    last: Pair,
    /// Calls that no ring tells of.
    lost: u64,
    /// Who ended, with the wait status.
    ended: Vec<(u32, i32)>,
    /// What of the recording could not be read.
    damage: Vec<String>,
    blind_spots: BlindSpots,
}

impl Stream {
    /// For a recording that begins at `start`.
    pub(crate) fn new(start: Pair) -> Self {
        Self {
            merger: Merger::new(),
            start,
            last: start,
            lost: 0,
            ended: Vec::new(),
            damage: Vec::new(),
            blind_spots: BlindSpots::default(),
        }
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
            Item::Ended { process, status } => {
                self.ended.push((process, status));
                self.blind_spots.ended(process);
            }
        }
    }

    /// The next event whose place in time is certain.
    pub(crate) fn pop(&mut self) -> Option<Event> {
        let event = self.merger.pop()?;
        self.blind_spots.event(&event);
        Some(event)
    }

    /// Converts its ticks.
    pub(crate) const fn scale(&self) -> Scale {
        Scale::new(self.start, self.last)
    }

    /// Calls that were made and not recorded, as far as no event tells them.
    pub(crate) const fn lost(&self) -> u64 {
        self.lost
    }

    /// Who ended, with the wait status, as far as it is known.
    pub(crate) fn ended(&self) -> &[(u32, i32)] {
        &self.ended
    }

    /// What could not be read, one sentence each.
    pub(crate) fn damage(&self) -> &[String] {
        &self.damage
    }

    /// Which programs the recording says nothing of.
    pub(crate) fn blind_spots(&self) -> Vec<BlindSpot> {
        self.blind_spots.sentences(self.start, self.last)
    }

    /// Everything in the recordings at `paths`, as one: recordings made in one boot of one machine share their clock.
    pub(crate) fn from_files(paths: &[PathBuf]) -> Result<Self, String> {
        let mut all: Option<(Header, Self)> = None;
        for (index, path) in paths.iter().enumerate() {
            let name = path.display();
            let bytes = fs::read(path).map_err(|error| format!("cannot read {name}: {error}"))?;
            let recording = Recording::open(&bytes).map_err(|damage| match is_executable(path) {
                true => {
                    format!("{name} is a program and no recording; to run it, write `--` before it: {}", typed(paths))
                }
                false => format!("{name}: {damage}"),
            })?;
            let (first, stream) = all.get_or_insert_with(|| (recording.header, Self::new(recording.header.start)));
            if (first.boot, first.clock) != (recording.header.boot, recording.header.clock) {
                return Err(format!(
                    "{name} was recorded in another boot, or on another machine, than {}: their times cannot be compared; \
                     look at them one by one",
                    paths[0].display()
                ));
            }
            stream.add(index, recording, &name.to_string());
        }
        let (_, mut stream) = all.ok_or("no recording was named")?;
        stream.merger.finish();
        Ok(stream)
    }

    /// Takes all of recording number `index`.
    fn add(&mut self, index: usize, mut recording: Recording<'_>, name: &str) {
        if recording.header.start.ticks < self.start.ticks {
            self.start = recording.header.start;
        }
        while let Some(item) = recording.next() {
            match item {
                // Rings of different recordings must not be taken for one.
                Ok(Item::Chunk { ring, bytes }) => {
                    let ring = (ring as usize).min(MAX_RINGS - 1) + index * MAX_RINGS;
                    let (taken, start) = (self.merger.taken(ring), recording.position() - bytes.len());
                    if let Err(damage) = self.merger.chunk(ring, bytes) {
                        // Counted in the file, where somebody can look at it.
                        let offset = damage.offset.saturating_sub(taken) + start as u64;
                        self.damage.push(format!("{name}: {}", Damage { offset, ..damage }));
                    }
                }
                // Horizons of one recording say nothing about the others.
                Ok(Item::Round { .. }) => {}
                Ok(Item::Clock(pair)) if pair.ticks <= self.last.ticks => {}
                Ok(item) => self.item(item),
                Err(damage) => self.damage.push(format!("{name}: {damage}")),
            }
        }
    }
}

fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

/// As it should have been typed, to be run.
fn typed(words: &[PathBuf]) -> String {
    words.iter().fold("--".to_owned(), |text, word| format!("{text} {}", word.display()))
}

#[cfg(test)]
mod tests {
    use bsock_recording::file::Recorder;

    use super::*;

    fn recording(name: &str, boot: [u8; 16]) -> PathBuf {
        let path = std::env::temp_dir().join(format!("bsock-stream-{}-{name}", std::process::id()));
        let header = Header { boot, ..Header::here(0, Pair { ticks: 1, nanoseconds: 1 }) };
        Recorder::create(&path, &header).and_then(Recorder::finish).expect("a temporary file");
        path
    }

    #[test]
    fn who_ended_is_told_by_a_kept_recording_as_by_a_live_one() {
        let path = std::env::temp_dir().join(format!("bsock-stream-{}-ended", std::process::id()));
        let start = Pair { ticks: 1, nanoseconds: 1 };
        let mut kept = Recorder::create(&path, &Header::here(0, start)).expect("a temporary file");
        let (mut live, item) = (Stream::new(start), Item::Ended { process: 77, status: 13 });
        live.item(item);
        kept.item(item).and_then(|()| kept.finish()).expect("a temporary file");
        let read = Stream::from_files(std::slice::from_ref(&path)).expect("a recording");
        assert_eq!((live.ended(), read.ended()), (&[(77, 13)][..], &[(77, 13)][..]));
        fs::remove_file(&path).expect("ours");
    }

    #[test]
    fn times_of_two_boots_are_not_compared() {
        let paths = [recording("a", [1; 16]), recording("b", [1; 16]), recording("c", [2; 16])];
        assert!(Stream::from_files(&paths[..2]).is_ok());
        let error = Stream::from_files(&paths).err().expect("another boot");
        assert!(error.contains("another boot"), "{error}");
        paths.iter().for_each(|path| fs::remove_file(path).expect("ours"));
    }
}
