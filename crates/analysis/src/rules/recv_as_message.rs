//! # What it does
//!
//! Finds readers of length-prefixed messages that take whatever one `recv` returns for the whole length.
//!
//! # Why is this bad
//!
//! TCP carries bytes, not messages: one `recv` may return less than was asked for, though more is on its way. A reader that
//! got 2 of the 4 bytes of a length and goes on computes a wrong length, and from there on takes everything for something
//! else. It works on one machine, where messages mostly arrive whole, and fails in the network.
//!
//! # Example
//!
//! ```c
//! recv(fd, &length, sizeof length, 0);
//! recv(fd, body, ntohl(length), 0);
//! ```
//!
//! # Use instead
//!
//! ```c
//! if (recv(fd, &length, sizeof length, MSG_WAITALL) != sizeof length)
//!     return -1;
//! if (recv(fd, body, ntohl(length), MSG_WAITALL) != ntohl(length))
//!     return -1;
//! ```
//!
//! `MSG_WAITALL` returns less only at the end of the file, after an error or a signal. Elsewhere, or on non-blocking sockets,
//! a loop asks for the rest until all is there.
//!
//! # How it tells
//!
//! - *likely*: on the same socket a length was read before: 2, 4 or 8 bytes whose value is what the next `recv` asked for. Now
//!   the same `recv` (same buffer, same length) returned fewer bytes, and the next one does not ask for the rest of them.
//!
//! It keeps silent, because such programs are correct,
//!
//! - where the next `recv` goes on behind the bytes that came, or asks for as many as are missing, or for the length again;
//! - where the next call on the socket is another one: the program has noticed;
//! - for readers of text, of streams and of buffers whose room happens to be small: no length was read there;
//! - where calls were lost, or the bytes were not recorded.
//!
//! # References
//!
//! - `man 2 recv` (`MSG_WAITALL`), RFC 9293, section 3.8
//! - <https://github.com/Abhigyan-Shekhar/Waggle-mcp/pull/285>, <https://github.com/open62541/open62541/issues/166>

use std::collections::HashMap;
use std::sync::Arc;

use bsock_recording::event::{Call, Event, Outcome, What};
use bsock_recording::function::Function;
use bsock_recording::layout::section;

use crate::finding::{Confidence, Finding, ProcessName, Related};
use crate::forms;
use crate::functions::has_flag;
use crate::linux::MSG_PEEK;
use crate::message::Message;
use crate::model::{EndpointId, Model, Program};
use crate::rules::Rule;
use crate::sink::Sink;
use crate::site::Site;

/// Sockets on which a length was read that are remembered.
const REMEMBERED: usize = 4096;

forms! {
    CUT = "cut",
        "{function}() returned {got} of the {asked} bytes of a length, and the rest was never asked for",
        "{function}() 只返回了长度字段 {asked} 个字节中的 {got} 个，而程序没有再去读取其余部分";
    TAKEN = "taken",
        "taken for the whole length",
        "被当作完整的长度字段";
    NEXT = "next",
        "the next bytes are read here, as if the length had been complete",
        "程序在此处继续读取后面的字节，就像长度字段已经读全一样";
    ALL = "all",
        "compare the result with what was asked for: use MSG_WAITALL, or ask for the rest in a loop",
        "应将返回值与请求的字节数比较：使用 MSG_WAITALL，或用循环读取其余部分";
    STREAM = "stream",
        "before, the same call read lengths whose values were what was then asked for",
        "此前同一处调用读到的长度值，正是随后请求读取的字节数";
}

/// A reader of lengths.
#[derive(Default)]
struct Reader {
    /// Where the last receive put what may be a length, how long it is, and its values in both byte orders.
    maybe: Option<((u64, u64), [u64; 2])>,
    /// The buffer of which it is proven that lengths are read into it.
    proven: Option<(u64, u64)>,
    /// A length of which only so many bytes came.
    cut: Option<(u64, Site)>,
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct RecvAsMessage {
    readers: HashMap<EndpointId, Reader>,
}

impl Rule for RecvAsMessage {
    fn event(&mut self, model: &Model, event: &Event, sink: &mut Sink) {
        let What::Call(call) = &event.what else { return };
        let Some(endpoint) = model.subject().filter(|endpoint| endpoint.is_stream()) else { return };
        if call.function == Function::Close {
            self.readers.remove(&endpoint.id);
            return;
        }
        let known = self.readers.get_mut(&endpoint.id);
        let Some(bytes) = received(call) else {
            // The program does something else first.
            if let Some(reader) = known {
                (reader.maybe, reader.cut) = (None, None);
            }
            return;
        };
        let length = length(call, bytes);
        if let Some(reader) = known {
            let Some(process) = model.process(event.thread) else { return };
            if let Some(found) = reader.next(call, event, process.program(), bytes) {
                sink.emit(found);
            }
            reader.maybe = length;
        } else if length.is_some() && self.readers.len() < REMEMBERED {
            self.readers.insert(endpoint.id, Reader { maybe: length, ..Reader::default() });
        }
    }
}

impl Reader {
    /// The next receive.
    fn next(
        &mut self,
        call: &Call,
        event: &Event,
        program: &Arc<Program>,
        bytes: u64,
    ) -> Option<Finding> {
        let buffer = (call.args[0], call.args[1]);
        let cut = self.cut.take();
        if let Some((prefix, values)) = self.maybe.take()
            && values.contains(&buffer.1)
            && buffer != prefix
        {
            self.proven = Some(prefix);
        }
        let proven = self.proven?;
        if buffer == proven && (1..proven.1).contains(&bytes) {
            self.cut = Some((bytes, Site::of(program, call)));
        }
        let (got, site) = cut?;
        let goes_on = buffer.0 == proven.0.wrapping_add(got) || buffer.1 == proven.1 - got || buffer == proven;
        (!goes_on).then(|| finding(got, proven.1, site, call, event, program))
    }
}

/// How many bytes a call received that takes a buffer of its own. What blocks or fails received none.
fn received(call: &Call) -> Option<u64> {
    const MSG_WAITALL: u64 = 0x100;
    let into_one_buffer = matches!(call.function, Function::Read | Function::Recv | Function::Recvfrom);
    let plain = into_one_buffer && !has_flag(call, MSG_PEEK | MSG_WAITALL);
    match call.outcome {
        _ if !plain || call.injected => None,
        Outcome::Returned(bytes) => u64::try_from(bytes).ok(),
        Outcome::Unfinished => Some(0),
        Outcome::Failed(_) => None,
    }
}

/// What the call read whole, if that may be a length: its buffer, and the values in both byte orders.
fn length(call: &Call, bytes: u64) -> Option<((u64, u64), [u64; 2])> {
    let asked = call.args[1];
    let digits = call.details.bytes(section::PAYLOAD);
    if !matches!(asked, 2 | 4 | 8) || bytes != asked || digits.len() as u64 != asked {
        return None;
    }
    let value = |value: u64, digit: &u8| value << 8 | u64::from(*digit);
    let values = [digits.iter().fold(0, value), digits.iter().rev().fold(0, value)];
    Some(((call.args[0], asked), values))
}

fn finding(
    got: u64,
    asked: u64,
    site: Site,
    call: &Call,
    event: &Event,
    program: &Arc<Program>,
) -> Finding {
    let message = Message::new(&CUT).with("function", site.function);
    Finding {
        rule: "recv-as-message",
        confidence: Confidence::Likely,
        message: message.with("got", got.to_string()).with("asked", asked.to_string()),
        process: ProcessName::of(program, event.thread),
        fd: call.fd,
        ticks: event.end,
        site,
        label: Message::new(&TAKEN),
        related: vec![Related { message: Message::new(&NEXT), site: Site::of(program, call) }],
        help: Message::new(&ALL),
        notes: vec![Message::new(&STREAM)],
        count: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Story, call, memory_of};
    use bsock_recording::details::Details;

    /// Receives into the buffer at `address`, of `length`, these bytes.
    fn receive(address: u64, length: u64, bytes: &[u8]) -> Call {
        let outcome = Outcome::Returned(bytes.len() as i64);
        let details = Details::of([(section::PAYLOAD, memory_of(bytes))]);
        Call { args: [address, length, 0], details, ..call(Function::Recv, 3, outcome) }
    }

    /// A message of five bytes, half a length, and then this; what is said.
    fn said(then: Call) -> Vec<String> {
        let mut story = Story::new();
        let client = story.program(&["./client"]);
        story.socket(client, 3);
        let cut = receive(0x1000, 4, &[0, 0]);
        for call in [receive(0x1000, 4, &[0, 0, 0, 5]), receive(0x2000, 5, b"hello"), cut, then] {
            story.call(client, call);
        }
        story.findings().iter().map(|found| found.message.to_string()).collect()
    }

    #[test]
    fn half_a_length_that_is_taken_for_a_whole_one_is_found() {
        let sentence = "recv() returned 2 of the 4 bytes of a length, and the rest was never asked for";
        assert_eq!(said(receive(0x2000, 9, b"what")), [sentence]);
        assert_eq!(said(receive(0x1004, 0x7000, b"")), [sentence], "into the same buffer");
    }

    #[test]
    fn who_asks_for_the_rest_or_gives_up_is_not() {
        let silent = [
            ("goes on behind it", receive(0x1002, 100, &[0, 5])),
            ("asks for as many", receive(0x5000, 2, &[0, 5])),
            ("reads the length anew", receive(0x1000, 4, &[0, 0, 0, 5])),
            ("gives up", call(Function::Close, 3, Outcome::Returned(0))),
            ("answers", call(Function::Send, 3, Outcome::Returned(5))),
        ];
        for (name, then) in silent {
            assert_eq!(said(then), [""; 0], "{name}");
        }
    }
}
