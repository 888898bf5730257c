//! From the items of a recording, live or kept, to its events in order of time.

use bsock_recording::clock::{Pair, Scale};
use bsock_recording::drain::Item;
use bsock_recording::event::{Damage, Event};
use bsock_recording::merge::Merger;

use crate::blind_spots::{BlindSpot, BlindSpots};

/// Takes items, gives events.
pub(crate) struct Stream {
    merger: Merger,
    start: Pair,
    last: Pair,
    /// Calls that no ring tells of.
    lost: u64,
    /// Whom the command waited for, with the wait status.
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
                if let Err(damage) = self.chunk(ring as usize, bytes) {
                    self.damaged(format!("ring {ring}: {damage}"));
                }
            }
            Item::Round { horizon } => self.merger.round(horizon),
            Item::Clock(pair) if pair.ticks <= self.last.ticks => {}
            Item::Clock(pair) => self.last = pair,
            Item::Lost(calls) => self.lost += calls,
            Item::Ended { process, status } => {
                self.ended.push((process, status));
                self.blind_spots.ended(process);
            }
        }
    }

    /// Takes the next bytes of a ring, whatever its number; where they are damaged, the caller knows best where that is.
    pub(crate) fn chunk(&mut self, ring: usize, bytes: &[u8]) -> Result<(), Damage> {
        self.merger.chunk(ring, bytes)
    }

    /// How many bytes of a ring were taken.
    pub(crate) fn taken(&self, ring: usize) -> u64 {
        self.merger.taken(ring)
    }

    /// Something could not be read.
    pub(crate) fn damaged(&mut self, what: String) {
        self.damage.push(what);
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

    /// Whom the command waited for, with the wait status.
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
}
