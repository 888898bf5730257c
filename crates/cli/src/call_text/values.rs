//! Single values of an argument list: a string, a pointer, a buffer, a number that may not be known.

use std::fmt::{self, Display, Formatter};

use bsock_analysis::address::{Address, Printable};
use bsock_recording::details::Queue;
use bsock_recording::event::{Call, Memory, UNREAD};
use bsock_recording::layout::section;

/// A number that may not be known.
pub(super) struct Optional(pub(super) u64);

impl Display for Optional {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.0 == UNREAD { f.write_str("-") } else { write!(f, "{}", self.0) }
    }
}

/// A string of the program's.
pub(super) struct Text<'a>(pub(super) Option<&'a Memory>);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("NULL"),
            Some(memory) => write!(f, "\"{}\"", Printable(&memory.bytes)),
        }
    }
}

/// What a pointer points to, as far as that is known.
pub(super) struct Pointed<'a>(pub(super) u64, pub(super) Option<&'a Memory>);

impl Display for Pointed<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (self.0, self.1.and_then(Address::from_memory)) {
            (_, Some(address)) => write!(f, "{address}"),
            (0, None) => f.write_str("NULL"),
            (UNREAD, None) => f.write_str("-"),
            (pointer, None) => write!(f, "{pointer:#x}"),
        }
    }
}

/// A buffer: its length, or what it begins with where that was recorded.
pub(super) struct Bytes<'a>(pub(super) &'a Call, pub(super) u64);

impl Display for Bytes<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(payload) = self.0.details.get(section::PAYLOAD) {
            let more = if payload.bytes.len() < payload.claimed as usize { "..." } else { "" };
            write!(f, "\"{}\"{more}, ", Printable(&payload.bytes))?;
        }
        match self.0.waiting().filter(|waiting| *waiting > self.1) {
            Some(waiting) => write!(f, "{} bytes /* of a datagram of {waiting} */", self.1),
            None => write!(f, "{} bytes", self.1),
        }
    }
}

/// A vector of buffers: their lengths.
pub(super) struct Vector<'a>(pub(super) &'a Call, pub(super) u64);

impl Display for Vector<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(call, total) = self;
        let count = call.details.get(section::VECTOR).map_or(0, |vector| vector.claimed as usize);
        f.write_str("[")?;
        let mut shown = 0;
        for buffer in call.buffers() {
            write!(f, "{}{}", if shown > 0 { ", " } else { "" }, buffer.length)?;
            shown += 1;
        }
        write!(f, "{}] ", if shown < count { ", ..." } else { "" })?;
        match *total {
            UNREAD => f.write_str("- bytes"),
            total => write!(f, "{}", Bytes(call, total)),
        }
    }
}

pub(super) struct HeldBy(pub(super) Queue);

impl Display for HeldBy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let known = |bytes: Option<u32>| bytes.map_or_else(|| "?".to_owned(), |bytes| bytes.to_string());
        write!(f, "{} holds {} unread, {} unsent", self.0.fd, known(self.0.unread), known(self.0.unsent))
    }
}

/// What a socket held that is given up: nothing is said of one that held nothing.
pub(super) struct Held<'a>(pub(super) &'a Call);

impl Display for Held<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let held = |bytes: Option<u32>| bytes.is_some_and(|bytes| bytes > 0);
        match self.0.queues().next().filter(|queue| held(queue.unread) || held(queue.unsent)) {
            Some(queue) => write!(f, " /* {} */", HeldBy(queue)),
            None => Ok(()),
        }
    }
}

/// `1 -> 2` items in brackets.
pub(super) fn list<T: Display>(f: &mut Formatter<'_>, items: impl Iterator<Item = T>) -> fmt::Result {
    f.write_str("[")?;
    for (index, item) in items.enumerate() {
        write!(f, "{}{item}", if index > 0 { ", " } else { "" })?;
    }
    f.write_str("]")
}

/// What was before, and after if it is another.
pub(super) fn room(before: u64, after: Option<&Memory>, f: &mut Formatter<'_>) -> fmt::Result {
    match after {
        Some(after) if u64::from(after.claimed) != before => write!(f, ", [{}->{}]", Optional(before), after.claimed),
        None if before == UNREAD => f.write_str(", -"),
        _ => write!(f, ", [{before}]"),
    }
}
