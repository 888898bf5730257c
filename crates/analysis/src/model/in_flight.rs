//! Sockets that lie in a message: somebody has sent them by `SCM_RIGHTS`, and nobody has received them yet.
//!
//! The kernel holds such a socket as if a descriptor referred to it, and most programs close theirs as soon as it is sent. So a
//! passage is a reference as well: the endpoint lives until the message is received, whoever closes or dies meanwhile. What
//! joins the two sides is the kernel's number of the socket, its *cookie*, which both are told and which no other socket of the
//! same boot has. By anything else (the next message on the channel, the only socket that is missing) nothing is joined.
//!
//! A message through one end of a `socketpair` can arrive at the other end alone. There it is also known that nobody will
//! receive it any more: when that end is closed, and nobody else can hold it. Messages through other sockets wait until too
//! many do.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use super::endpoint::EndpointId;
use crate::table::Map;

/// As many passages are remembered; an unrecorded receiver takes none of them out.
const PASSAGES: usize = 1024;

/// One socket in one message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passage {
    pub(super) id: EndpointId,
    pub(super) cookie: u64,
    /// The one end at which the message can arrive, where that is certain.
    pub(super) to: Option<EndpointId>,
}

/// The passages, oldest first, and which endpoint a cookie means.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    passages: VecDeque<Passage>,
    known: Map<u64, EndpointId>,
}

impl InFlight {
    /// The endpoint that the kernel calls so, if a call told it.
    pub(super) fn known(&self, cookie: u64) -> Option<EndpointId> {
        self.known.get(&cookie).copied()
    }

    pub(super) fn learn(&mut self, cookie: u64, id: EndpointId) {
        self.known.insert(cookie, id);
    }

    /// The endpoint is no more, and its cookie never comes again.
    pub(super) fn forget(&mut self, id: EndpointId, cookie: u64) {
        if self.known.get(&cookie) == Some(&id) {
            self.known.remove(&cookie);
        }
    }

    /// The socket was sent. Returns the passage for which there is no more room.
    pub(super) fn depart(&mut self, passage: Passage) -> Option<Passage> {
        self.passages.push_back(passage);
        if self.passages.len() > PASSAGES { self.passages.pop_front() } else { None }
    }

    /// The passage that arrives at `channel` with this socket. One that can arrive nowhere else goes first.
    fn arriving(&self, cookie: u64, channel: Option<EndpointId>) -> Option<usize> {
        let at = |to: Option<EndpointId>| {
            self.passages.iter().position(|passage| passage.cookie == cookie && passage.to == to)
        };
        channel.and_then(|channel| at(Some(channel))).or_else(|| at(None))
    }

    /// True if a message with this socket may arrive at `channel`.
    pub(super) fn may_arrive(&self, cookie: u64, channel: EndpointId) -> bool {
        self.arriving(cookie, Some(channel)).is_some()
    }

    /// The socket was received at `channel`.
    pub(super) fn arrive(&mut self, cookie: u64, channel: Option<EndpointId>) -> Option<Passage> {
        self.arriving(cookie, channel).and_then(|index| self.passages.remove(index))
    }

    /// Somebody just looked at the message, and has the socket now; the message is still there.
    pub(super) fn peek(&self, cookie: u64, channel: Option<EndpointId>) -> Option<Passage> {
        self.arriving(cookie, channel).and_then(|index| self.passages.get(index).copied())
    }

    /// What can arrive only at this end, which is no more.
    pub(super) fn strand(&mut self, end: EndpointId) -> Vec<Passage> {
        let stranded: Vec<Passage> = self.passages.iter().filter(|passage| passage.to == Some(end)).copied().collect();
        if !stranded.is_empty() {
            self.passages.retain(|passage| passage.to != Some(end));
        }
        stranded
    }

    /// Everything that is in a message.
    pub(super) fn all(&self) -> Vec<EndpointId> {
        self.passages.iter().map(|passage| passage.id).collect()
    }

    #[cfg(test)]
    pub(super) fn cookies(&self) -> usize {
        self.known.len()
    }
}
