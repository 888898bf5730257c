//! From the items of a recording, live or kept, to its events in order of time.
//!
//! Where calls are missing of which no ring tells, an event says so ([`Event::gap`]): behind all that earlier rounds let out, and
//! before all that the next one does, since that may show what the missing calls did. The same stands where bytes of a ring
//! could not be read, of which nobody knows whose they were, and where one of several recordings ends before its end.

use std::collections::VecDeque;
use std::ops::Range;

use bsock_recording::clock::{Pair, Scale};
use bsock_recording::damage::Damage;
use bsock_recording::drain::Item;
use bsock_recording::event::Event;
use bsock_recording::merge::Merger;

use crate::blind_spots::{BlindSpot, BlindSpots};
use crate::recordings::Damaged;

/// Takes items, gives events.
pub(crate) struct Stream {
    merger: Merger,
    start: Pair,
    last: Pair,
    /// Up to this moment all is in.
    horizon: u64,
    /// Calls that no ring tells of.
    lost: u64,
    /// Those of them that came since the last horizon.
    fresh: Option<Fresh>,
    /// Those that wait for their place, in its order.
    gaps: VecDeque<Gap>,
    /// The next event.
    next: Option<Event>,
    /// Whom the command waited for, with the wait status.
    ended: Vec<(u32, i32)>,
    /// What of the recording could not be read.
    damage: Vec<Damaged>,
    blind_spots: BlindSpots,
}

/// Calls without a ring, of the round that is under way.
struct Fresh {
    calls: u64,
    /// The clock that was told behind them.
    until: Option<u64>,
}

/// Calls are missing.
struct Gap {
    /// What ended later may show what they did.
    after: u64,
    until: u64,
    calls: u64,
    /// Also where nothing ended later.
    certain: bool,
}

impl Stream {
    /// For a recording that begins at `start`.
    pub(crate) fn new(start: Pair) -> Self {
        Self {
            merger: Merger::new(),
            start,
            last: start,
            horizon: 0,
            lost: 0,
            fresh: None,
            gaps: VecDeque::new(),
            next: None,
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
                    self.damaged(Damaged::ring(ring, damage));
                }
            }
            Item::Round { horizon } => self.round(horizon),
            Item::Clock(pair) => self.clock(pair),
            Item::Lost(calls) => {
                self.lost += calls;
                let before = self.fresh.take().map_or(0, |fresh| fresh.calls);
                self.fresh = Some(Fresh { calls: before + calls, until: None });
            }
            Item::Ended { process, status } => {
                self.ended.push((process, status));
                self.blind_spots.ended(process);
            }
        }
    }

    fn round(&mut self, horizon: u64) {
        if let Some(Fresh { calls, until }) = self.fresh.take() {
            self.gap(Gap { after: self.horizon, until: until.unwrap_or(u64::MAX), calls, certain: true });
        }
        self.horizon = self.horizon.max(horizon);
        self.merger.round(horizon);
    }

    fn clock(&mut self, pair: Pair) {
        if let Some(fresh) = &mut self.fresh {
            fresh.until = Some(pair.ticks);
        }
        if pair.ticks > self.last.ticks {
            self.last = pair;
        }
    }

    /// Takes the next bytes of a ring, whatever its number; where they are damaged, the caller knows best where that is. Other
    /// threads may have had the ring in what is dropped, so what follows is nobody's for certain.
    pub(crate) fn chunk(&mut self, ring: usize, bytes: &[u8]) -> Result<(), Damage> {
        let taken = self.merger.chunk(ring, bytes);
        if taken.is_err() {
            let after = self.merger.last(ring..ring + 1);
            self.gap(Gap { after, until: u64::MAX, calls: 0, certain: true });
        }
        taken
    }

    /// These rings are one recording's, which ends here, before its end: what its processes did later is missing.
    pub(crate) fn breaks_off(&mut self, rings: Range<usize>) {
        let until = self.merger.last(rings);
        self.gap(Gap { after: self.horizon, until, calls: 0, certain: false });
    }

    fn gap(&mut self, gap: Gap) {
        let index = self.gaps.partition_point(|before| before.after <= gap.after);
        self.gaps.insert(index, gap);
    }

    /// How many bytes of a ring were taken.
    pub(crate) fn taken(&self, ring: usize) -> u64 {
        self.merger.taken(ring)
    }

    /// Something could not be read.
    pub(crate) fn damaged(&mut self, what: Damaged) {
        self.damage.push(what);
    }

    /// The next event whose place in time is certain.
    pub(crate) fn pop(&mut self) -> Option<Event> {
        if self.next.is_none() {
            self.next = self.merger.pop();
        }
        if self.gaps.front().is_some_and(|gap| self.is_next(gap)) {
            return self.gaps.pop_front().map(|gap| Event::gap(gap.after, gap.calls, gap.until));
        }
        let event = self.next.take()?;
        self.blind_spots.event(&event);
        Some(event)
    }

    /// It comes before the next event.
    fn is_next(&self, gap: &Gap) -> bool {
        match &self.next {
            Some(event) => gap.after < event.end,
            None => gap.certain && gap.after <= self.horizon,
        }
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

    /// What could not be read.
    pub(crate) fn damage(&self) -> &[Damaged] {
        &self.damage
    }

    /// Which programs the recording says nothing of.
    pub(crate) fn blind_spots(&self) -> Vec<BlindSpot> {
        self.blind_spots.sentences(self.start, self.last)
    }
}

#[cfg(test)]
mod tests {
    use bsock_recording::event::What;
    use bsock_recording::layout::LINE;

    use super::*;

    const START: Pair = Pair { ticks: 1, nanoseconds: 1 };

    /// The records of calls that ended then.
    fn calls(ends: &[u64]) -> Vec<u8> {
        let mut records = vec![0; ends.len() * LINE];
        for (record, end) in records.chunks_exact_mut(LINE).zip(ends) {
            (record[0], record[2]) = (7, 1);
            record[16..24].copy_from_slice(&end.to_le_bytes());
        }
        records
    }

    /// What comes out: when calls ended, and where they are missing.
    fn told(stream: &mut Stream) -> Vec<String> {
        let told = |event: Event| match event.what {
            What::Gap { calls, until: u64::MAX } => format!("{calls} missing from {}", event.end),
            What::Gap { calls, until } => format!("{calls} missing from {} to {until}", event.end),
            What::Lost(_) => "lost".to_owned(),
            _ => event.end.to_string(),
        };
        std::iter::from_fn(|| stream.pop()).map(told).collect()
    }

    fn chunk(stream: &mut Stream, ring: u32, bytes: &[u8]) {
        stream.item(Item::Chunk { ring, bytes });
    }

    fn clock(ticks: u64) -> Item<'static> {
        Item::Clock(Pair { ticks, nanoseconds: ticks })
    }

    #[test]
    fn calls_without_a_ring_stand_behind_what_earlier_rounds_let_out_and_before_what_the_next_does() {
        for at_once in [false, true] {
            let (mut stream, mut all) = (Stream::new(START), Vec::new());
            let mut look = |stream: &mut Stream, last| {
                if last || !at_once {
                    all.extend(told(stream))
                }
            };
            chunk(&mut stream, 0, &calls(&[10, 20, 40]));
            stream.item(clock(16));
            stream.item(Item::Round { horizon: 15 });
            look(&mut stream, false);
            // Twice in a round; and once where nothing follows.
            stream.item(Item::Lost(2));
            look(&mut stream, false);
            chunk(&mut stream, 1, &calls(&[17]));
            stream.item(Item::Lost(1));
            stream.item(clock(36));
            stream.item(Item::Round { horizon: 35 });
            look(&mut stream, false);
            stream.item(Item::Lost(4));
            stream.item(clock(70));
            stream.item(Item::Round { horizon: u64::MAX });
            look(&mut stream, true);
            assert_eq!(all, ["10", "3 missing from 15 to 36", "17", "20", "4 missing from 35 to 70", "40"]);
            assert_eq!(stream.lost(), 7);
        }
    }

    #[test]
    fn a_recording_that_tells_its_losses_at_its_end_tells_them_to_its_end() {
        let mut stream = Stream::new(START);
        chunk(&mut stream, 0, &calls(&[10]));
        stream.item(Item::Round { horizon: 15 });
        stream.item(Item::Lost(3));
        stream.item(Item::Round { horizon: u64::MAX });
        assert_eq!(told(&mut stream), ["10", "3 missing from 15"]);
    }

    #[test]
    fn where_a_ring_is_damaged_nobody_knows_whose_calls_are_missing() {
        let mut stream = Stream::new(START);
        let damaged = [calls(&[10]), vec![0; LINE], calls(&[11])].concat();
        chunk(&mut stream, 3, &damaged);
        chunk(&mut stream, 5, &calls(&[9, 12]));
        stream.item(Item::Round { horizon: u64::MAX });
        assert_eq!(told(&mut stream), ["9", "10", "lost", "0 missing from 10", "12"]);
        assert_eq!(stream.damage().len(), 1);
    }

    #[test]
    fn a_recording_that_breaks_off_matters_to_what_follows() {
        let mut stream = Stream::new(START);
        chunk(&mut stream, 0, &calls(&[10, 18]));
        stream.item(Item::Round { horizon: 15 });
        assert_eq!(told(&mut stream), ["10"]);
        stream.breaks_off(0..3);
        assert_eq!(told(&mut stream), [""; 0]);
        stream.item(Item::Round { horizon: u64::MAX });
        assert_eq!(told(&mut stream), ["0 missing from 15 to 18", "18"]);
        stream.breaks_off(0..3);
        assert_eq!(told(&mut stream), [""; 0], "nothing follows");
    }
}
