//! A reader whose places take turns, one message each (a name here, a password there), and where one of them takes two.
//!
//! The habit shows in the rounds before: at each of the places one `recv` got one `send` of the peer, whole. Then one of them
//! gets two at once, and the other one waits for what was read already.
//!
//! A `send` may be told later than the `recv` that it made return. So the last receives are kept, and compared with the peer's
//! sends when nothing more will come.

use std::collections::VecDeque;

use super::answers::Read;
use super::sends::Sends;

/// So many messages at a place are a habit.
const HABIT: usize = 2;

/// How many receives are remembered.
const KEPT: usize = 16;

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Reader {
    reads: VecDeque<Read>,
    /// Nothing else was done with the socket since the last one.
    fresh: bool,
}

/// The program waited at this place, for ever, after these receives.
pub(super) struct Waits {
    reads: VecDeque<Read>,
    place: u64,
}

impl Reader {
    pub(super) fn receives(&mut self, read: Read) {
        if self.reads.len() == KEPT {
            self.reads.pop_front();
        }
        self.reads.push_back(read);
        self.fresh = true;
    }

    /// The program waits at this place, with this buffer. `None` where it goes on with what it has.
    pub(super) fn waits(&self, place: u64, buffer: u64) -> Option<Waits> {
        let last = self.reads.back().filter(|last| self.fresh && last.had_room() && last.caller != place)?;
        let goes_on_behind = buffer == last.buffer.wrapping_add(last.bytes);
        (!goes_on_behind).then(|| Waits { reads: self.reads.clone(), place })
    }

    /// The program does something else with the socket.
    pub(super) fn turns_away(&mut self) {
        self.fresh = false;
    }
}

impl Waits {
    /// The receive before.
    pub(super) fn last(&self) -> Option<&Read> {
        self.reads.back()
    }

    /// What it waits for was read by the receive before, as the peer's sends show.
    pub(super) fn in_vain(&self, sends: &Sends) -> bool {
        let is_merged = |last: &Read| {
            let first = sends.at(last.start).is_some_and(|sent| sent.length < last.bytes);
            first && sends.one_ends_at(last.end()) && sends.end() == Some(last.end())
        };
        let merged = self.last().filter(|last| is_merged(last));
        merged.is_some_and(|last| self.is_habit(last.caller, sends) && self.is_habit(self.place, sends))
    }

    fn is_habit(&self, place: u64, sends: &Sends) -> bool {
        let whole = |read: &&Read| sends.at(read.start).is_some_and(|sent| sent.length == read.bytes);
        let there = self.reads.iter().filter(|read| read.caller == place && read.had_room());
        there.filter(whole).count() >= HABIT
    }
}
