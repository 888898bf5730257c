//! Puts the records of all rings into one order of time.
//!
//! A ring's records are in order of their ends. Two rings are compared by those ends, but only up to a *horizon*: the
//! moment before which [`drain`](crate::drain) knows that every record is in. So events come out in the order in which the
//! calls returned, and as early as that order is certain.
//!
//! Records are checked when they come and decoded when their turn has come: a decoded event takes ten times the memory of its
//! record, and one that is looked at right after it was decoded is still at hand for the processor.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::ops::Range;

use crate::damage::Damage;
use crate::event::{Event, Memory, Thread, What, check, decode, is_an_event, line, place, record_of};
use crate::layout::{Line, kind, section};
use crate::waiting::Waiting;

/// Bytes go in by ring, events come out by time.
#[derive(Default)]
pub struct Merger {
    rings: Vec<RingStream>,
    /// When the earliest waiting event ended, of every ring that has one.
    fronts: BinaryHeap<Reverse<(u64, usize)>>,
    horizon: u64,
    skipped: u64,
}

/// What came from one ring.
#[derive(Default)]
struct RingStream {
    waiting: Waiting,
    /// It stands among the fronts.
    has_front: bool,
    /// When the last of its events ended, waiting or gone.
    last: u64,
    /// When the last one ended that is gone.
    gone: u64,
    consumed: u64,
    /// Whose the next event is.
    thread: Thread,
    /// From which line of the source the next call comes, where the program told it.
    place: Option<Memory>,
}

impl Merger {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes of ring `ring`.
    ///
    /// # Errors
    ///
    /// If they cannot be records; what stood before the damage is kept. The rest of the bytes is dropped, and a loss stands in
    /// their place: whoever sees only the events must not take the gap for silence.
    pub fn chunk(&mut self, ring: usize, bytes: &[u8]) -> Result<(), Damage> {
        if self.rings.len() <= ring {
            self.rings.resize_with(ring + 1, RingStream::default);
        }
        let stream = &mut self.rings[ring];
        let result = stream.take(bytes, &mut self.skipped);
        if !stream.has_front
            && let Some(end) = stream.front()
        {
            stream.has_front = true;
            self.fronts.push(Reverse((end, ring)));
        }
        result
    }

    /// How many bytes of ring `ring` were taken.
    #[must_use]
    pub fn taken(&self, ring: usize) -> u64 {
        self.rings.get(ring).map_or(0, |stream| stream.consumed + stream.waiting.unsound().len() as u64)
    }

    /// When the last event of these rings ended, be it one that waits.
    #[must_use]
    pub fn last(&self, rings: Range<usize>) -> u64 {
        let end = rings.end.min(self.rings.len());
        self.rings.get(rings.start.min(end)..end).into_iter().flatten().map(|stream| stream.last).max().unwrap_or(0)
    }

    /// Every record that ends before `ticks` is in.
    pub fn round(&mut self, ticks: u64) {
        self.horizon = self.horizon.max(ticks);
    }

    /// No more will come.
    pub fn finish(&mut self) {
        self.horizon = u64::MAX;
    }

    /// Records of kinds that this version does not know.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }

    /// The next event, if its place in the order is certain.
    pub fn pop(&mut self) -> Option<Event> {
        loop {
            let mut first = self.fronts.peek_mut()?;
            let Reverse((end, ring)) = *first;
            if end > self.horizon {
                return None;
            }
            let stream = self.rings.get_mut(ring)?;
            let event = stream.pop();
            if let Some(end) = stream.front() {
                *first = Reverse((end, ring));
            } else {
                stream.has_front = false;
                PeekMut::pop(first);
            }
            // What was checked can be decoded; if it could not, the next would have its turn.
            if event.is_some() {
                return event;
            }
        }
    }
}

impl RingStream {
    fn take(&mut self, bytes: &[u8], skipped: &mut u64) -> Result<(), Damage> {
        self.waiting.append(bytes);
        loop {
            match self.check(skipped) {
                Ok(0) => return Ok(()),
                Ok(length) => {
                    self.waiting.let_in(length);
                    self.consumed += length as u64;
                }
                Err(damage) => {
                    let offset = damage.offset + self.consumed;
                    // What is dropped counts, so that offsets stay those of the ring's stream.
                    self.consumed += self.waiting.unsound().len() as u64;
                    let (begin, end) = (self.last, self.last);
                    let gap = Line { kind: kind::LOST, begin, end, args: [1, 0, 0], ..Line::default() };
                    self.waiting.replace_rest(&record_of(&gap));
                    return Err(Damage { offset, ..damage });
                }
            }
        }
    }

    /// Looks at the next record that has come; its length, 0 if it is not all there.
    fn check(&mut self, skipped: &mut u64) -> Result<usize, Damage> {
        let Some(record) = self.waiting.newcomer()? else { return Ok(0) };
        check(record)?;
        match line(record) {
            Some(line) if is_an_event(line.kind) => self.last = self.last.max(line.end),
            Some(line) if line.kind == kind::PLACE => {}
            _ => *skipped += 1,
        }
        Ok(record.len())
    }

    /// When the next event ended. What stands before it and is none is done with.
    fn front(&mut self) -> Option<u64> {
        loop {
            let record = self.waiting.first()?;
            let line = line(record)?;
            if is_an_event(line.kind) {
                return Some(self.end(&line));
            }
            if line.kind == kind::PLACE {
                self.place = place(record).unwrap_or_default();
            }
            let length = record.len();
            self.waiting.leave(length);
        }
    }

    /// When an event ended that is the next. That calls were lost is told with a time from which on they may have been, and
    /// stands behind what their thread told.
    fn end(&self, line: &Line) -> u64 {
        if line.kind == kind::LOST { line.end.max(self.gone) } else { line.end }
    }

    /// The next event, which is the first of what waits.
    fn pop(&mut self) -> Option<Event> {
        let record = self.waiting.first()?;
        let line = line(record)?;
        match line {
            Line { kind: kind::THREAD_START, args: [owner, image, _], .. } => {
                self.thread = Thread { process: (owner >> 32) as u32, thread: owner as u32, image };
                self.place = None;
            }
            // Among what was lost may be that the place is another now.
            Line { kind: kind::LOST, .. } => self.place = None,
            _ => {}
        }
        let mut event = decode(self.thread, record).ok().flatten();
        let end = self.end(&line);
        event.iter_mut().for_each(|event| event.end = end);
        self.gone = end;
        if let (Some(Event { what: What::Call(call), .. }), Some(place)) = (&mut event, &self.place) {
            call.details.push(section::PLACE, place.clone());
        }
        let length = record.len();
        self.waiting.leave(length);
        event
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::LINE;

    /// A record of one line.
    fn record(kind: u16, end: u64, args: [u64; 3]) -> Vec<u8> {
        record_of(&Line { kind, end, args, ..Line::default() }).to_vec()
    }

    fn ends(merger: &mut Merger) -> Vec<u64> {
        std::iter::from_fn(|| merger.pop()).map(|event| event.end).collect()
    }

    #[test]
    fn two_rings_come_out_by_time_and_not_beyond_the_horizon() {
        let mut merger = Merger::new();
        let bytes = |times: &[u64]| times.iter().flat_map(|time| record(7, *time, [0; 3])).collect::<Vec<_>>();
        merger.chunk(0, &bytes(&[10, 30, 50])).expect("whole");
        merger.chunk(3, &bytes(&[20, 40])).expect("whole");
        assert_eq!(ends(&mut merger), [0; 0]);
        merger.round(30);
        assert_eq!(ends(&mut merger), [10, 20, 30]);
        merger.finish();
        assert_eq!(ends(&mut merger), [40, 50]);
    }

    #[test]
    fn a_record_may_come_in_pieces_and_belongs_to_the_thread_that_took_the_ring() {
        let mut merger = Merger::new();
        let mut bytes = record(kind::THREAD_START, 1, [7 << 32 | 8, 99, 0]);
        bytes.extend(record(7, 2, [0; 3]));
        for piece in bytes.chunks(50) {
            merger.chunk(0, piece).expect("pieces");
        }
        merger.finish();
        let events: Vec<_> = std::iter::from_fn(|| merger.pop()).collect();
        assert_eq!(events[0].what, What::ThreadStart);
        assert_eq!(events[1].thread, Thread { process: 7, thread: 8, image: 99 });
    }

    #[test]
    fn whose_end_a_record_tells_it_says_itself() {
        let mut merger = Merger::new();
        merger.chunk(0, &record(kind::THREAD_START, 1, [7 << 32 | 8, 99, 0])).expect("whole");
        for (end, known) in [(2, 1), (3, 0)] {
            let mut bytes = record(kind::PROCESS_END, end, [5 << 32 | 5, 66, known]);
            bytes[32] = 9;
            merger.chunk(0, &bytes).expect("whole");
        }
        merger.finish();
        let events: Vec<_> = std::iter::from_fn(|| merger.pop()).map(|event| (event.thread, event.what)).collect();
        let (thread, ended) =
            (Thread { process: 7, thread: 8, image: 99 }, Thread { process: 5, thread: 5, image: 66 });
        let ends = [Some(9), None].map(|status| (ended, What::ProcessEnd(status)));
        assert_eq!(events, [[(thread, What::ThreadStart)].as_slice(), &ends].concat());
        assert_eq!(merger.skipped(), 0);
    }

    #[test]
    fn a_call_comes_from_the_line_that_was_told_last_unless_something_was_lost() {
        let place = |line: u64| {
            let mut bytes = record(kind::PLACE, 1, [line, 0, 0]);
            bytes[2] = 2;
            bytes.extend([section::PATH as u8, 0, 4, 0, 0, 0, 0, 0]);
            bytes.extend(b"a.py");
            bytes.resize(2 * LINE, 0);
            bytes
        };
        let nowhere = record(kind::PLACE, 1, [0; 3]);
        let call = |end| record(7, end, [0; 3]);
        let lost = record(kind::LOST, 4, [1, 0, 0]);
        let thread = record(kind::THREAD_START, 6, [7 << 32 | 8, 99, 0]);
        let stream =
            [place(3), call(1), nowhere, call(2), place(4), call(3), lost, call(5), place(5), thread, call(7)].concat();
        let mut merger = Merger::new();
        stream.chunks(50).for_each(|piece| merger.chunk(0, piece).expect("pieces"));
        merger.finish();
        let lines: Vec<_> = std::iter::from_fn(|| merger.pop())
            .filter_map(|event| match event.what {
                What::Call(call) => {
                    Some(call.details.get(section::PLACE).map(|place| (place.claimed, place.bytes.clone())))
                }
                _ => None,
            })
            .collect();
        let at = |line| Some((line, b"a.py".to_vec()));
        assert_eq!(lines, [at(3), None, at(4), None, None]);
        assert_eq!(merger.skipped(), 0);
    }

    #[test]
    fn unknown_kinds_are_skipped_and_damage_is_told_with_its_place() {
        let mut merger = Merger::new();
        merger.chunk(0, &record(0x7777, 1, [0; 3])).expect("unknown, not wrong");
        assert_eq!(merger.skipped(), 1);
        let error = merger.chunk(0, &[0; 64]).expect_err("no lines");
        assert_eq!(error.offset, 64);
        assert_eq!(merger.taken(0), 128);
        assert_eq!(merger.chunk(0, &[0; 64]).expect_err("no lines").offset, 128);
        merger.finish();
        assert_eq!(merger.pop().map(|event| event.what), Some(What::Lost(1)), "the gap is an event");
    }

    #[test]
    fn a_call_that_a_newer_version_knows_is_told_with_its_descriptor() {
        let mut merger = Merger::new();
        let mut bytes = record(255, 1, [0; 3]);
        bytes[4..8].copy_from_slice(&7_i32.to_ne_bytes());
        merger.chunk(0, &bytes).expect("unknown, not wrong");
        merger.finish();
        assert_eq!(merger.pop().map(|event| event.what), Some(What::Unknown(7)));
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        for round in 0..20_000 {
            let bytes: Vec<u8> = (0..round % 700)
                .map(|index| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    // Small numbers of lines and plausible kinds reach further than noise does.
                    if index % 64 < 4 { [5, 1, 2, 0][index % 4] ^ (state as u8 & 7) } else { state as u8 }
                })
                .collect();
            let mut merger = Merger::new();
            let _ = merger.chunk(0, &bytes);
            merger.finish();
            while merger.pop().is_some() {}
        }
    }
}
