//! A reader that answers each `recv`, and so answers a part of a message as if it were the whole.
//!
//! Its habit shows in the messages before: each came by one `send`, was received by one `recv` that had room for more, and was
//! answered. Then one comes in parts. The first part is answered, the second is read at the same place and answered as well,
//! and the peer, which sent one message, sends the next when it has read the first of the two answers.
//!
//! A `send` may be told later than the `recv` that it made return, but not later than the next message's: so what could not be
//! compared at once is compared then.
//!
//! Who sends back as many bytes as came passes a stream on, and answers nothing. Who acknowledges what came so far looks like
//! such a reader; its peer waits until all is acknowledged. Who takes lines out of a buffer and fills it again looks like one, too,
//! where two lines came by one `send`; its peer, which knows of both, reads more than one answer in a row, or all in the end.

use super::sends::{Sends, Sent};
use crate::site::Site;

/// So many messages that came whole and were answered are a habit.
const HABIT: u32 = 2;

/// A receive of at least one byte.
#[derive(Clone)]
pub(super) struct Read {
    /// The first byte's place in the stream.
    pub(super) start: u64,
    pub(super) bytes: u64,
    pub(super) asked: u64,
    pub(super) buffer: u64,
    pub(super) caller: u64,
    pub(super) site: Site,
}

impl Read {
    pub(super) const fn end(&self) -> u64 {
        self.start + self.bytes
    }

    /// There was room for more: it took all that had come.
    pub(super) const fn had_room(&self) -> bool {
        self.bytes < self.asked
    }
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Reader {
    habit: u32,
    /// What was received last, if it was not answered yet.
    last: Option<Read>,
    cut: Option<Cut>,
    /// What was answered before its send was known: place and bytes.
    unsure: Option<(u64, u64)>,
}

/// A part of a message, perhaps, that was answered.
struct Cut {
    read: Read,
    answer: Site,
    /// Where the answer ends in the stream of answers.
    answered: u64,
    /// Bytes that were read at the same place next; 0 before.
    rest: u64,
}

/// One message was answered twice, if the peer's sends agree.
pub(super) struct Twice {
    pub(super) read: Read,
    pub(super) rest: u64,
    pub(super) answers: [Site; 2],
    answered: u64,
    /// Bytes of the message, once its send is known.
    pub(super) length: Option<u64>,
    /// The peer went on after the first answer.
    pub(super) went_on: bool,
    balance: Balance,
}

/// What was answered after all, and what the peer read of it.
#[derive(Default)]
struct Balance {
    /// Bytes that were answered.
    answered: u64,
    /// The most that was answered at once.
    longest: u64,
    /// Bytes that the peer has sent, and what it had read by then.
    asked: u64,
    before: u64,
    /// Bytes that the peer has read by now.
    read: u64,
    /// It read more at once than one answer.
    reads_several: bool,
}

impl Reader {
    pub(super) fn receives(&mut self, read: Read) {
        if let Some(cut) = &mut self.cut {
            let goes_on = read.start == cut.read.end() && read.caller == cut.read.caller;
            if goes_on && cut.rest == 0 && (read.buffer, read.asked) == (cut.read.buffer, cut.read.asked) {
                cut.rest = read.bytes;
            } else {
                self.cut = None;
            }
        }
        self.last = Some(read);
    }

    /// So many bytes are sent, of which the last lies before `end`. `sends` are the peer's.
    pub(super) fn answers(&mut self, bytes: u64, end: u64, site: Site, sends: &Sends) -> Option<Twice> {
        let read = self.last.take()?;
        if bytes == read.bytes {
            *self = Self::default();
            return None;
        }
        self.make_sure(sends);
        if let Some(Cut { read, answer, answered, rest }) = self.cut.take() {
            let answers = [answer, site];
            let balance = Balance { answered: end, longest: end.saturating_sub(answered), ..Balance::default() };
            let (length, went_on) = (None, false);
            return (rest > 0).then_some(Twice { read, rest, answers, answered, length, went_on, balance });
        }
        let length = sends.at(read.start).map(|sent| sent.length);
        if read.had_room() && length == Some(read.bytes) {
            self.habit += 1;
        } else if self.habit < HABIT && read.had_room() && length.is_none() {
            self.unsure = Some((read.start, read.bytes));
        } else if self.habit >= HABIT && read.had_room() && length.is_none_or(|length| length > read.bytes) {
            self.cut = Some(Cut { read, answer: site, answered: end, rest: 0 });
        }
        None
    }

    /// What was answered before may have been a whole message, which only now is known.
    fn make_sure(&mut self, sends: &Sends) {
        let is_whole = |start, bytes| sends.at(start).is_some_and(|sent| sent.length == bytes);
        if self.unsure.take().is_some_and(|(start, bytes)| is_whole(start, bytes)) {
            self.habit += 1;
        }
        if self.cut.as_ref().is_some_and(|cut| is_whole(cut.read.start, cut.read.bytes)) {
            self.cut = None;
        }
    }

    /// The program does something else with the socket.
    pub(super) fn turns_away(&mut self) {
        (self.last, self.cut) = (None, None);
    }
}

impl Twice {
    /// How long the message was, if the peer went on after the first answer to it, and knew of no second one.
    pub(super) fn proven(&self) -> Option<u64> {
        let balance = &self.balance;
        self.length.filter(|_| self.went_on && !balance.reads_several && balance.read < balance.answered)
    }

    /// The reader has sent so many bytes so far.
    pub(super) fn reader(&mut self, sent: u64) {
        let balance = &mut self.balance;
        balance.longest = balance.longest.max(sent.saturating_sub(balance.answered));
        balance.answered = sent;
    }

    /// Its peer has sent and received so many bytes so far.
    pub(super) fn peer(&mut self, sent: u64, received: u64) {
        let balance = &mut self.balance;
        if sent != balance.asked {
            (balance.asked, balance.before) = (sent, received);
        }
        balance.read = received;
        balance.reads_several |= received.saturating_sub(balance.before) > balance.longest;
    }

    /// The peer sent this, before or after.
    pub(super) fn compare(&mut self, sent: &Sent) {
        if sent.start == self.read.start && sent.length >= self.read.bytes + self.rest {
            self.length = Some(sent.length);
        }
        if self.length.is_some_and(|length| sent.start == self.read.start + length) {
            self.went_on = sent.received == self.answered;
        }
    }
}
