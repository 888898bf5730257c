//! What a program had sent last when it gave a connection up: whether it had any more hope of sending, and whether what it sent
//! means anything.

use bsock_recording::event::{Call, Event, Outcome};
use bsock_recording::function::Function;
use bsock_recording::layout::section;

use super::REMEMBERED;
use crate::finding::Confidence;
use crate::functions::{sends, waits_for_readiness};
use crate::linux::{EAGAIN, POLLOUT};
use crate::model::{Endpoint, EndpointId, Model};
use crate::table::Map;
use crate::transfer::Transfer;

/// So many equal blocks one after the other are no message.
const FILLER: u32 = 8;

/// So many blocks of one length from one buffer are a stream, of which nobody knows where it ends.
const BLOCKS: u32 = 3;

/// What was sent last.
#[derive(Default)]
struct Sent {
    /// The peer took less than it was given, and nothing more since.
    is_full: bool,
    /// The last block: where it lay, its length, and how it began.
    buffer: (u64, u64),
    first: Vec<u8>,
    /// So many of that length from that place, and so many that began in the same way, one after the other.
    blocks: u32,
    alike: u32,
}

/// See the module's documentation. Of connections of which there are too many, nothing is said.
#[derive(Default)]
pub(super) struct Outgoing {
    sent: Map<EndpointId, Sent>,
    lost_track: bool,
}

impl Outgoing {
    pub(super) fn call(&mut self, model: &Model, event: &Event, call: &Call) {
        if waits_for_readiness(call.function) {
            return self.waited(model, event, call);
        }
        let Some(endpoint) = model.subject().filter(|endpoint| sends(call.function) && endpoint.is_inet()) else {
            return;
        };
        let Some(sent) = self.of(endpoint.id) else { return };
        match Transfer::sent(call) {
            Some(transfer) => sent.goes_on(&transfer),
            None if call.outcome == Outcome::Failed(EAGAIN) => sent.is_full = true,
            None => {}
        }
    }

    /// How sure it is that giving the connection up now is a mistake.
    pub(super) fn confidence(&self, endpoint: &Endpoint) -> Option<Confidence> {
        let Some(sent) = self.sent.get(&endpoint.id) else {
            return (!self.lost_track).then_some(Confidence::Likely);
        };
        if sent.is_full || sent.alike >= FILLER {
            return None;
        }
        let may_go_on = sent.blocks >= BLOCKS && !endpoint.was_accepted();
        Some(if may_go_on { Confidence::Advice } else { Confidence::Likely })
    }

    /// Nothing more will come of it.
    pub(super) fn gone(&mut self, id: EndpointId) {
        self.sent.remove(&id);
    }

    /// A wait is over, and nothing is ready: there was no room in whatever it was to tell of.
    fn waited(&mut self, model: &Model, event: &Event, call: &Call) {
        if call.outcome != Outcome::Returned(0) {
            return;
        }
        let polled = call.polled().filter(|polled| u32::from(polled.events) & POLLOUT != 0).map(|polled| polled.fd);
        let selects = matches!(call.function, Function::Select | Function::Pselect);
        let set = call.set(section::WRITE_SET).into_iter().flatten().filter(|_| selects);
        for fd in polled.chain(set) {
            if let Some(endpoint) = model.endpoint_of(event.thread, fd)
                && let Some(sent) = self.of(endpoint.id)
            {
                sent.is_full = true;
            }
        }
    }

    fn of(&mut self, id: EndpointId) -> Option<&mut Sent> {
        if self.sent.len() >= REMEMBERED && !self.sent.contains_key(&id) {
            self.lost_track = true;
            return None;
        }
        Some(self.sent.entry(id).or_default())
    }
}

impl Sent {
    fn goes_on(&mut self, transfer: &Transfer<'_>) {
        let buffer = (transfer.buffer, transfer.asked);
        let known = self.first.len().min(transfer.first.len());
        let is_alike = known > 0 && self.first[..known] == transfer.first[..known];
        self.blocks = if self.buffer == buffer { self.blocks.saturating_add(1) } else { 1 };
        self.alike = if self.blocks > 1 && is_alike { self.alike.saturating_add(1) } else { 1 };
        self.is_full = transfer.moved < transfer.asked;
        (self.buffer, self.first) = (buffer, transfer.first.to_vec());
    }
}
