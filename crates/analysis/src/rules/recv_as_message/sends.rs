//! What one end of a connection sent last: where in the stream each send begins and ends, and what it begins with.

use std::collections::VecDeque;

use bsock_recording::event::Thread;

use crate::transfer::Transfer;

/// How many sends are remembered, and how many bytes of each.
const KEPT: usize = 16;
const FIRST: usize = 32;

/// A send.
#[derive(Clone, Copy)]
pub(super) struct Sent {
    /// The first byte's place in the stream.
    pub(super) start: u64,
    pub(super) length: u64,
    /// How much its sender had received by then.
    pub(super) received: u64,
    first: [u8; FIRST],
    known: usize,
}

/// The last sends of an end.
#[derive(Default)]
pub(super) struct Sends {
    last: VecDeque<Sent>,
    thread: Thread,
    /// Several threads send: which bytes are whose, nobody knows.
    mixed: bool,
}

impl Sends {
    /// One more; `end` is its last byte's place, and one.
    pub(super) fn add(&mut self, thread: Thread, sent: &Transfer<'_>, end: u64, received: u64) -> Sent {
        self.mixed |= !self.last.is_empty() && self.thread != thread;
        self.thread = thread;
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        let known = sent.first.len().min(FIRST);
        let mut first = [0; FIRST];
        first[..known].copy_from_slice(&sent.first[..known]);
        let sent = Sent { start: end.saturating_sub(sent.moved), length: sent.moved, received, first, known };
        self.last.push_back(sent);
        sent
    }

    /// One more would take the place of the oldest.
    pub(super) fn is_full(&self) -> bool {
        self.last.len() == KEPT
    }

    /// The one that begins there.
    pub(super) fn at(&self, start: u64) -> Option<&Sent> {
        self.known().find(|sent| sent.start == start)
    }

    /// One of them ends there.
    pub(super) fn one_ends_at(&self, place: u64) -> bool {
        self.known().any(|sent| sent.end() == place)
    }

    /// Where the last one ends.
    pub(super) fn end(&self) -> Option<u64> {
        self.known().last().map(Sent::end)
    }

    /// The number of `length` bytes at this place, in both byte orders.
    pub(super) fn number(&self, start: u64, length: u64) -> Option<[u64; 2]> {
        let byte = |place: u64| self.known().find_map(|sent| sent.byte(place));
        let digits: Option<Vec<u8>> = (start..start + length).map(byte).collect();
        digits.map(|digits| numbers(&digits))
    }

    /// All of them, the oldest first.
    pub(super) fn known(&self) -> impl Iterator<Item = &Sent> {
        self.last.iter().filter(|_| !self.mixed)
    }
}

impl Sent {
    pub(super) const fn end(&self) -> u64 {
        self.start + self.length
    }

    fn byte(&self, place: u64) -> Option<u8> {
        let index = usize::try_from(place.checked_sub(self.start)?).ok()?;
        self.first.get(..self.known)?.get(index).copied()
    }
}

/// What these bytes mean as a number, the most significant first, and last.
pub(super) fn numbers(digits: &[u8]) -> [u64; 2] {
    let value = |value: u64, digit: &u8| value << 8 | u64::from(*digit);
    [digits.iter().fold(0, value), digits.iter().rev().fold(0, value)]
}
