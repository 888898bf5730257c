//! What a call moved, and what of it was recorded: the rules that look at content see a send or a receive by this, whichever
//! function it was made with.
//!
//! The recorder keeps little of each call: its first bytes, its last, and what stands in the buffer behind those that were
//! moved. Of a vector it keeps only what its first buffer holds. So every answer here is a part of the truth, and a rule
//! compares no more than both sides have.

use bsock_recording::event::{Call, Event, Outcome};
use bsock_recording::function::Function;
use bsock_recording::layout::section;

use crate::functions::has_flag;
use crate::linux::{ECONNRESET, MSG_DONTWAIT, MSG_ERRQUEUE, MSG_PEEK, MSG_TRUNC};

/// In ticks, a tenth of a second at most. A `recv` that took so long before it returned 0 found nothing when it began: the
/// other end was still alive then, and waited.
pub(crate) const LONG: u64 = 100_000_000;

/// A call that moved at least one byte.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transfer<'a> {
    /// Where the first byte lies; 0 if unknown.
    pub(crate) buffer: u64,
    /// How many bytes it was to move at most.
    pub(crate) asked: u64,
    /// How many it moved.
    pub(crate) moved: u64,
    /// The first of them, as far as they were recorded.
    pub(crate) first: &'a [u8],
    /// The last of them, where the first do not reach so far.
    pub(crate) last: &'a [u8],
    /// What stands behind them in the buffer: of a short send what was not sent, of a receive what was there before.
    pub(crate) behind: &'a [u8],
}

impl<'a> Transfer<'a> {
    /// What a call sent from memory.
    pub(crate) fn sent(call: &'a Call) -> Option<Self> {
        match call.function {
            Function::Send | Function::Sendto | Function::Write => Self::plain(call),
            Function::Sendmsg | Function::Writev => Self::vector(call),
            _ => None,
        }
    }

    /// What a call sent from one piece of memory.
    pub(crate) fn sent_from_one_buffer(call: &'a Call) -> Option<Self> {
        matches!(call.function, Function::Send | Function::Sendto | Function::Write).then(|| Self::plain(call))?
    }

    /// What a call received into one piece of memory, and took off the socket.
    pub(crate) fn received_in_one_buffer(call: &'a Call) -> Option<Self> {
        let takes = match call.function {
            Function::Recv | Function::Recvfrom => !has_flag(call, MSG_PEEK | MSG_TRUNC | MSG_ERRQUEUE),
            function => function == Function::Read,
        };
        takes.then(|| Self::plain(call))?
    }

    /// The byte at this place, counted from the first, if it was recorded. Not for vectors.
    pub(crate) fn byte(&self, place: u64) -> Option<u8> {
        let of = |bytes: &[u8], place: u64| bytes.get(usize::try_from(place).ok()?).copied();
        let behind_the_gap = || of(self.last, place.checked_sub(self.moved.checked_sub(self.last.len() as u64)?)?);
        of(self.first, place).or_else(behind_the_gap)
    }

    /// The eight bytes from this place on as a number of the machine's.
    pub(crate) fn word(&self, place: u64) -> Option<u64> {
        let mut bytes = [0; 8];
        for (byte, place) in bytes.iter_mut().zip(place..) {
            *byte = self.byte(place)?;
        }
        Some(u64::from_ne_bytes(bytes))
    }

    fn plain(call: &'a Call) -> Option<Self> {
        let Outcome::Returned(moved @ 1..) = call.outcome else { return None };
        Some(Self {
            buffer: call.args[0],
            asked: call.args[1],
            moved: moved.unsigned_abs(),
            first: call.details.bytes(section::PAYLOAD),
            last: call.details.bytes(section::PAYLOAD_END),
            behind: call.details.bytes(section::PAYLOAD_REST),
        })
    }

    fn vector(call: &'a Call) -> Option<Self> {
        let buffer = call.buffers().find(|buffer| buffer.length > 0).map_or(0, |buffer| buffer.address);
        Some(Self { buffer, ..Self::plain(call)? })
    }
}

/// Whether the call waited for data that did not come: for ever (false), or until the other end was gone (true).
pub(crate) fn waited_in_vain(call: &Call, event: &Event) -> Option<bool> {
    let receives = matches!(call.function, Function::Read | Function::Recv | Function::Recvfrom);
    if !receives || call.injected || has_flag(call, MSG_DONTWAIT | MSG_PEEK) {
        return None;
    }
    match call.outcome {
        Outcome::Unfinished => Some(false),
        Outcome::Returned(0) | Outcome::Failed(ECONNRESET) => {
            (event.end.saturating_sub(event.begin) >= LONG).then_some(true)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::transfer;

    #[test]
    fn of_a_long_message_the_middle_is_not_known() {
        let memory: Vec<u8> = (0..100).collect();
        let call = transfer(Function::Send, 3, 0x5000, &memory, 90);
        let sent = Transfer::sent(&call).expect("bytes");
        assert_eq!((sent.buffer, sent.asked, sent.moved), (0x5000, 100, 90));
        let known: Vec<u64> = (0..200).filter(|place| sent.byte(*place) == u8::try_from(*place).ok()).collect();
        assert_eq!(known, (0..32).chain(58..90).collect::<Vec<u64>>());
        assert_eq!(sent.behind, &memory[90..]);
        let short = transfer(Function::Send, 3, 0x5000, &memory, 40);
        assert!((0..40).all(|place| Transfer::sent(&short).is_some_and(|sent| sent.byte(place).is_some())));
    }

    #[test]
    fn a_look_at_what_waits_takes_nothing() {
        let received = transfer(Function::Recv, 3, 0x5000, b"abc", 3);
        assert!(Transfer::received_in_one_buffer(&received).is_some());
        assert!(Transfer::sent_from_one_buffer(&received).is_none());
        let peeked = Call { args: [0x5000, 3, MSG_PEEK], ..received };
        assert!(Transfer::received_in_one_buffer(&peeked).is_none());
    }
}
