//! A reader of messages that begin with their length, and that takes whatever one `recv` returns for the whole length.

use bsock_recording::event::Call;
use bsock_recording::layout::section;

use super::answers::Read;
use super::sends::{Sends, numbers};

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Reader {
    /// Where the last receive put what may be a length, how long it is, and its values in both byte orders.
    maybe: Option<((u64, u64), [u64; 2])>,
    /// The buffer of which it is proven that lengths are read into it.
    proven: Option<(u64, u64)>,
    /// A length of which only a part came.
    cut: Option<Part>,
}

/// A part of a length.
struct Part {
    read: Read,
    /// What the buffer holds as a number: what came, and behind it what was there before. In both byte orders.
    taken: Option<[u64; 2]>,
}

/// A part was taken for the whole.
pub(super) struct Taken {
    pub(super) read: Read,
    /// What was asked for next is what the buffer held, in one of the byte orders.
    pub(super) number: Option<Number>,
}

/// A number that was made of a part of a length.
#[derive(Clone, Copy)]
pub(super) struct Number {
    pub(super) taken: u64,
    /// How many bytes of the length came, and how many it has.
    pub(super) got: u64,
    pub(super) length: u64,
    /// Which of the byte orders it is in.
    order: usize,
    start: u64,
}

impl Reader {
    /// The next receive, which brought so many bytes.
    pub(super) fn receives(&mut self, call: &Call, bytes: u64, read: impl FnOnce() -> Read) -> Option<Taken> {
        let buffer = (call.args[0], call.args[1]);
        let cut = self.cut.take();
        if let Some((prefix, values)) = self.maybe.take()
            && values.contains(&buffer.1)
            && buffer != prefix
        {
            self.proven = Some(prefix);
        }
        self.maybe = length(call, bytes);
        let proven = self.proven?;
        if buffer == proven && (1..proven.1).contains(&bytes) {
            self.cut = Some(Part { read: read(), taken: in_the_buffer(call) });
        }
        let Part { read, taken } = cut?;
        let got = read.bytes;
        let goes_on = buffer.0 == proven.0.wrapping_add(got) || buffer.1 == proven.1 - got || buffer == proven;
        let order = taken.and_then(|taken| taken.iter().position(|taken| *taken == buffer.1));
        let number = order.map(|order| Number { taken: buffer.1, got, length: proven.1, order, start: read.start });
        (!goes_on).then_some(Taken { read, number })
    }

    /// The program does something else first.
    pub(super) fn turns_away(&mut self) {
        (self.maybe, self.cut) = (None, None);
    }
}

impl Number {
    /// What the peer sent in that place, where it is another number.
    pub(super) fn meant(&self, sends: &Sends) -> Option<u64> {
        let meant = *sends.number(self.start, self.length)?.get(self.order)?;
        (meant != self.taken).then_some(meant)
    }
}

/// The call read whole what may be a length.
pub(super) fn may_be_one(call: &Call, bytes: u64) -> bool {
    length(call, bytes).is_some()
}

/// What the call read whole, if that may be a length: its buffer, and the values in both byte orders.
fn length(call: &Call, bytes: u64) -> Option<((u64, u64), [u64; 2])> {
    let asked = call.args[1];
    let digits = call.details.bytes(section::PAYLOAD);
    if !matches!(asked, 2 | 4 | 8) || bytes != asked || digits.len() as u64 != asked {
        return None;
    }
    Some(((call.args[0], asked), numbers(digits)))
}

/// What the call left in its buffer, as a number.
fn in_the_buffer(call: &Call) -> Option<[u64; 2]> {
    let parts = [section::PAYLOAD, section::PAYLOAD_REST].map(|part| call.details.bytes(part));
    let digits = parts.concat();
    (matches!(digits.len(), 2 | 4 | 8) && digits.len() as u64 == call.args[1]).then(|| numbers(&digits))
}
