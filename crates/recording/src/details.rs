//! What was recorded of a call beside its line, as values: descriptors, sets, control messages, buffers.
//!
//! A record holds the program's memory as it was; what the bytes mean is decided here, once, for the model, the rules and the
//! trace. Bytes that make no sense give less, or nothing, and never a panic.

use crate::event::{Call, Memory};
use crate::layout::section;

/// The sections of a call that are not addresses, paths or the stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details(Vec<(u16, Memory)>);

impl Details {
    /// These sections.
    #[must_use]
    pub fn of(sections: impl IntoIterator<Item = (u16, Memory)>) -> Self {
        Self(sections.into_iter().collect())
    }

    pub(crate) fn push(&mut self, number: u16, memory: Memory) {
        self.0.push((number, memory));
    }

    /// The section of this [`section`] number.
    #[must_use]
    pub fn get(&self, number: u16) -> Option<&Memory> {
        self.0.iter().find(|(known, _)| *known == number).map(|(_, memory)| memory)
    }

    /// Its bytes, none if it is not there.
    #[must_use]
    pub fn bytes(&self, number: u16) -> &[u8] {
        self.get(number).map_or(&[], |memory| &memory.bytes)
    }
}

/// A `pollfd`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Polled {
    /// The descriptor; a negative one is passed over by the kernel.
    pub fd: i32,
    /// What was asked for.
    pub events: u16,
    /// What was returned. Means nothing unless the call returned.
    pub returned: u16,
}

/// An `epoll_event`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpollEvent {
    /// `EPOLL*`.
    pub events: u32,
    /// The program's own word.
    pub data: u64,
}

/// A buffer of a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffer {
    /// Where it lies.
    pub address: u64,
    /// How long it is.
    pub length: u64,
}

/// A control message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlMessage<'a> {
    /// `SOL_*`.
    pub level: i32,
    /// Its type on that level.
    pub kind: i32,
    /// What follows the header, as far as it was recorded.
    pub data: &'a [u8],
}

/// What became of a message of a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageResult {
    /// Bytes moved.
    pub bytes: u32,
    /// `msg_flags` afterwards.
    pub flags: u32,
}

/// What a socket held right before it was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue {
    /// The descriptor.
    pub fd: i32,
    /// Bytes that the program has not read.
    pub unread: Option<u32>,
    /// Bytes that the peer has not acknowledged; on AF_UNIX memory rather than bytes. A FIN under way counts as one.
    pub unsent: Option<u32>,
}

/// A descriptor that was passed, with the kernel's own number of the socket (0 if it is none, or unknown).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passed {
    /// The descriptor in the process that made the call.
    pub fd: i32,
    /// SO_COOKIE.
    pub cookie: u64,
}

impl Call {
    /// The argument words that the line has no room for.
    pub fn more(&self, index: usize) -> Option<u64> {
        word(self.details.bytes(section::MORE), index)
    }

    /// A value-result argument, after the call.
    pub fn after(&self, index: usize) -> Option<u64> {
        word(self.details.bytes(section::AFTER), index)
    }

    /// What SIGPIPE does: see [`section::SIGPIPE`].
    pub fn sigpipe(&self) -> Option<u64> {
        word(self.details.bytes(section::SIGPIPE), 0)
    }

    /// The signals to stop that the process heeds: see [`section::HEEDED`].
    pub fn heeded(&self) -> Option<u64> {
        word(self.details.bytes(section::HEEDED), 0)
    }

    /// The process that made the connection which was accepted: see [`section::PEER_PROCESS`].
    pub fn peer_process(&self) -> Option<u64> {
        word(self.details.bytes(section::PEER_PROCESS), 0)
    }

    /// Bytes of the datagram that waited before the call, where that was asked for.
    pub fn waiting(&self) -> Option<u64> {
        word(self.details.bytes(section::WAITING), 0)
    }

    /// The array of `poll`, as far as it was recorded.
    pub fn polled(&self) -> impl Iterator<Item = Polled> {
        pieces::<8>(self.details.bytes(section::POLLED)).map(|[a, b, c, d, events, more, returned, rest]| Polled {
            fd: i32::from_ne_bytes([*a, *b, *c, *d]),
            events: u16::from_ne_bytes([*events, *more]),
            returned: u16::from_ne_bytes([*returned, *rest]),
        })
    }

    /// The events that `epoll_wait` returned, as far as they were recorded.
    pub fn epoll_events(&self) -> impl Iterator<Item = EpollEvent> {
        self.details.bytes(section::EVENTS).chunks_exact(12).map(|event| EpollEvent {
            events: u32_at(event, 0),
            data: u64::from(u32_at(event, 4)) | u64::from(u32_at(event, 8)) << 32,
        })
    }

    /// The first buffers of a vector.
    pub fn buffers(&self) -> impl Iterator<Item = Buffer> {
        self.details.bytes(section::VECTOR).chunks_exact(16).map(|pair| Buffer {
            address: word(pair, 0).unwrap_or_default(),
            length: word(pair, 1).unwrap_or_default(),
        })
    }

    /// The results of a vector of messages.
    pub fn messages(&self) -> impl Iterator<Item = MessageResult> {
        self.details
            .bytes(section::MESSAGES)
            .chunks_exact(8)
            .map(|pair| MessageResult { bytes: u32_at(pair, 0), flags: u32_at(pair, 4) })
    }

    /// The control messages in the section `number`: CONTROL or CONTROL_RESULT.
    pub fn control(&self, number: u16) -> ControlMessages<'_> {
        ControlMessages(self.details.bytes(number))
    }

    /// The descriptors that the call made, passed, received or would keep through an exec.
    pub fn descriptors(&self) -> impl Iterator<Item = Passed> {
        let cookies = self.details.bytes(section::COOKIES);
        pieces::<4>(self.details.bytes(section::DESCRIPTORS)).enumerate().map(move |(index, bytes)| Passed {
            fd: i32::from_ne_bytes(*bytes),
            cookie: word(cookies, index).unwrap_or(0),
        })
    }

    /// What the sockets held that the call gave up.
    pub fn queues(&self) -> impl Iterator<Item = Queue> {
        let known = |value: u32| (value as i32 >= 0).then_some(value);
        self.details.bytes(section::QUEUES).chunks_exact(12).map(move |entry| Queue {
            fd: u32_at(entry, 0) as i32,
            unread: known(u32_at(entry, 4)),
            unsent: known(u32_at(entry, 8)),
        })
    }

    /// The descriptors of a set of `select`: one of the `*_SET*` sections. `None` if the set was NULL or could not be read.
    pub fn set(&self, number: u16) -> Option<impl Iterator<Item = i32>> {
        let memory = self.details.get(number)?;
        let bits = memory.bytes.iter().enumerate();
        Some(bits.flat_map(|(index, byte)| {
            (0..8).filter(move |bit| byte & (1 << bit) != 0).map(move |bit| (index * 8 + bit) as i32)
        }))
    }
}

/// Goes through control messages as CMSG_NXTHDR does.
#[derive(Clone, Copy, Debug)]
pub struct ControlMessages<'a>(&'a [u8]);

impl<'a> Iterator for ControlMessages<'a> {
    type Item = ControlMessage<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (header, rest) = self.0.split_at_checked(16)?;
        let length = usize::try_from(word(header, 0)?).ok()?.checked_sub(16)?;
        let data = rest.get(..length.min(rest.len()))?;
        self.0 = length.checked_next_multiple_of(8).and_then(|next| rest.get(next..)).unwrap_or(&[]);
        Some(ControlMessage { level: u32_at(header, 8) as i32, kind: u32_at(header, 12) as i32, data })
    }
}

impl ControlMessage<'_> {
    /// The data as `int`s: what SCM_RIGHTS passes.
    pub fn ints(&self) -> impl Iterator<Item = i32> {
        pieces::<4>(self.data).map(|bytes| i32::from_ne_bytes(*bytes))
    }
}

fn pieces<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = &[u8; N]> {
    bytes.chunks_exact(N).filter_map(|piece| piece.try_into().ok())
}

fn word(bytes: &[u8], index: usize) -> Option<u64> {
    Some(u64::from_ne_bytes(bytes.get(index * 8..index * 8 + 8)?.try_into().ok()?))
}

/// 0 beyond the end.
fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_messages_are_walked_as_the_kernel_does_and_cut_ones_end_the_walk() {
        let message = |length: u64, level: i32, kind: i32, data: &[u8]| {
            let mut bytes = [&length.to_ne_bytes()[..], &level.to_ne_bytes(), &kind.to_ne_bytes(), data].concat();
            bytes.resize(bytes.len().next_multiple_of(8), 0);
            bytes
        };
        let rights = message(16 + 4, 1, 1, &7_i32.to_ne_bytes());
        let both = [rights, message(16 + 8, 1, 1, &[1, 0, 0, 0, 2, 0, 0, 0])].concat();
        let found: Vec<Vec<i32>> = ControlMessages(&both).map(|message| message.ints().collect()).collect();
        assert_eq!(found, [vec![7], vec![1, 2]]);
        for end in 0..both.len() {
            assert!(ControlMessages(&both[..end]).count() <= 2);
        }
        assert_eq!(ControlMessages(&message(3, 1, 1, &[])).count(), 0, "a length shorter than its header");
        assert_eq!(ControlMessages(&message(u64::MAX, 1, 1, &[0; 8])).count(), 1, "and one longer than all memory");
    }
}
