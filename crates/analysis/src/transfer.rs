//! What a call moved, and what of it was recorded: the rules that look at content see a send or a receive by this, whichever
//! function it was made with.
//!
//! The recorder keeps little of each call: its first bytes, its last, and what stands in the buffer behind those that were
//! moved. Of a vector it keeps only what its first buffer holds. So every answer here is a part of the truth, and a rule
//! compares no more than both sides have.

use bsock_recording::event::{Call, Outcome};
use bsock_recording::function::Function;
use bsock_recording::layout::section;

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

    fn plain(call: &'a Call) -> Option<Self> {
        let Outcome::Returned(moved @ 1..) = call.outcome else { return None };
        Some(Self {
            buffer: call.args[0],
            asked: call.args[1],
            moved: moved.unsigned_abs(),
            first: call.details.bytes(section::PAYLOAD),
            behind: call.details.bytes(section::PAYLOAD_REST),
        })
    }

    fn vector(call: &'a Call) -> Option<Self> {
        let buffer = call.buffers().find(|buffer| buffer.length > 0).map_or(0, |buffer| buffer.address);
        Some(Self { buffer, ..Self::plain(call)? })
    }
}
