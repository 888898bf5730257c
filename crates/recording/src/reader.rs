//! The reader's side of a ring: the bytes that were published, the losses that were not told, and the call in progress.

#![allow(unsafe_code)] // reads memory that programs write

use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::data;
use crate::event::{line, split};
use crate::layout::{LINE, Line, MAX_LINES, RingHeader, kind, slot};

/// How far a ring was read.
#[derive(Clone, Debug, Default)]
pub struct RingReader {
    tail: u64,
    /// Losses that its records told, or that the reader told for it.
    told: u64,
    /// Losses at the last look, told or not.
    seen: u64,
}

/// What [`RingReader::take`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// So many bytes, perhaps none.
    Bytes(usize),
    /// A position that no writer of ours leaves.
    Nonsense,
}

impl RingReader {
    /// Appends what was published since the last time to `buffer`, and gives its room back.
    ///
    /// # Safety
    ///
    /// `capacity` bytes of records follow the page of `header`, in memory that stays mapped.
    pub unsafe fn take(&mut self, header: &RingHeader, capacity: u64, buffer: &mut Vec<u8>) -> Taken {
        let head = header.writer.head.load(Acquire);
        let length = head.wrapping_sub(self.tail);
        if length == 0 {
            return Taken::Bytes(0);
        }
        let before = buffer.len();
        let sound = length <= capacity && length.is_multiple_of(LINE as u64);
        if sound {
            // SAFETY: the caller's promise; the writer does not touch these bytes until `tail` moves.
            unsafe { data::read(header, capacity, self.tail, length as usize, buffer) };
            // Who has lost nothing more than was told cannot have told more.
            if header.writer.lost.load(Relaxed) != self.told {
                self.told = self.told.wrapping_add(told_in(buffer.get(before..).unwrap_or(&[])));
            }
        }
        // Where only a program that writes into our memory can have put the position, begin anew at its word.
        self.tail = head;
        header.reader.tail.store(head, Release);
        if sound { Taken::Bytes(length as usize) } else { Taken::Nonsense }
    }

    /// True if the record of this call stands among the last that were taken: a thread that was stopped, or killed, on its way
    /// back may have written it, and the end of its thread behind it.
    ///
    /// # Safety
    ///
    /// As [`take`](Self::take); and the thread writes no more.
    #[must_use]
    pub unsafe fn has_taken(&self, header: &RingHeader, capacity: u64, call: &Line) -> bool {
        let length = ((2 * MAX_LINES * LINE) as u64).min(self.tail).min(capacity);
        let mut last = Vec::new();
        // SAFETY: the caller's promise. What was taken stays until the writer has come round.
        unsafe { data::read(header, capacity, self.tail - length, length as usize, &mut last) };
        let same = |told: Line| {
            (told.kind, told.begin, told.return_address()) == (call.kind, call.begin, call.return_address())
        };
        last.chunks_exact(LINE).filter_map(line).any(same)
    }

    /// True if something was lost since the last look that no record among those that were taken tells. Its thread will tell how
    /// many, with the next record that finds room; until then others may show what the lost calls did.
    pub fn loses(&mut self, header: &RingHeader) -> bool {
        let lost = header.writer.lost.load(Relaxed);
        let before = core::mem::replace(&mut self.seen, lost);
        lost != before && lost != self.told
    }

    /// Losses that no record has told, once the writer is known to write no more. They count as told from now on, for the
    /// ring's next holder, too.
    pub fn tell_lost(&mut self, header: &RingHeader) -> u64 {
        let lost = header.writer.lost.load(Relaxed);
        let untold = lost.saturating_sub(self.told);
        self.told = lost;
        header.writer.lost_told.store(lost, Relaxed);
        untold
    }
}

/// True if something of the ring's thread has ended and its record may not be there yet.
#[must_use]
pub fn is_returning(header: &RingHeader) -> bool {
    matches!(header.writer.slot_state.load(Acquire), slot::RETURNING | slot::TELLING)
}

/// The call in which the ring's thread is, if it is in one and the slot is whole.
#[must_use]
pub fn call_in_progress(header: &RingHeader) -> Option<Line> {
    in_slot(header, slot::CALLING)
}

/// The call from which the ring's thread is on its way back. Its record may be there already, or not.
#[must_use]
pub fn call_returning(header: &RingHeader) -> Option<Line> {
    in_slot(header, slot::RETURNING)
}

/// What the slot holds, if it is in this state, and whole.
fn in_slot(header: &RingHeader, state: u64) -> Option<Line> {
    if header.writer.slot_state.load(Acquire) != state {
        return None;
    }
    // SAFETY: plain data, inside the mapping. Should its thread write it at this moment, the second look tells.
    let line = unsafe { core::ptr::read_volatile(header.slot.get()) };
    (header.writer.slot_state.load(Acquire) == state).then_some(line)
}

/// The sum of what records of [`kind::LOST`] tell.
fn told_in(mut bytes: &[u8]) -> u64 {
    let mut told = 0_u64;
    while let Ok(Some((record, rest))) = split(bytes) {
        if let Some(line) = line(record).filter(|line| line.kind == kind::LOST) {
            told = told.wrapping_add(line.args[0]);
        }
        bytes = rest;
    }
    told
}
