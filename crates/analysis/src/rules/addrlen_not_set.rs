//! # What it does
//!
//! Finds `accept`, `recvfrom`, `getsockname` and `getpeername` that are asked for an address, but whose length argument did not
//! hold the room for it: it was never set, or still held what an earlier call had left in it.
//!
//! # Why is this bad
//!
//! The length is read before it is written: going in, it says how much room there is; coming out, how long the address is.
//! The kernel stores no more than it has room for. With 0 going in, nothing is stored, the call succeeds all the same, and the
//! program prints, logs or answers to whatever the variable held before. What a local variable holds that was never set
//! differs from build to build; a value that looks negative makes the call fail, and the connection or the datagram is lost.
//!
//! # Example
//!
//! ```c
//! struct sockaddr_in client;
//! socklen_t length;
//! int fd = accept(listener, (struct sockaddr *)&client, &length);
//! ```
//!
//! # Use instead
//!
//! ```c
//! struct sockaddr_in client;
//! socklen_t length = sizeof client;
//! int fd = accept(listener, (struct sockaddr *)&client, &length);
//! ```
//!
//! In a loop, set it again before each call. Who does not need the address passes `NULL` for both.
//!
//! # How it tells
//!
//! - *certain*: `accept` or `recvfrom` succeeded, and the address was cut: its length is more than the room, and the room was
//!   less than a `struct sockaddr` (16 bytes) and does not end where one of the address's fields does, or is exactly what the call
//!   before on this socket had left.
//! - *certain*: the length was negative, and the call failed with `EINVAL`.
//! - *likely*: the same cut of `getsockname` or `getpeername`, which are sometimes called with little room on purpose, to
//!   learn whether there is an address at all; and of any of them with room for 8 bytes, which are the family, port and host of
//!   an internet address, or the size of a pointer.
//!
//! It keeps silent, because such programs are correct,
//!
//! - where no address was asked for (`NULL`), or where it was stored whole;
//! - for a room of 16 bytes or more that no earlier call had left: a `struct sockaddr` is enough to see the family;
//! - for room for the family alone (2 bytes, a `sa_family_t`), or with the port (4 bytes), if no earlier call had left it;
//! - where the length could not be read, or the socket's history is not known.
//!
//! A length that was never set and happens to be large enough is not found, even if it is larger than the variable.
//!
//! # References
//!
//! - `man 2 accept`, `man 2 recvfrom`, `man 2 getsockname` ("`addrlen` is a value-result argument")
//! - Stevens, Fenner, Rudoff, "UNIX Network Programming", volume 1, section 3.3

use bsock_recording::event::{Call, Event, Outcome, UNREAD, What};
use bsock_recording::function::Function;

use crate::finding::{Confidence, Finding, ProcessName};
use crate::forms;
use crate::functions::accepts;
use crate::linux::{AF_UNIX, EINVAL};
use crate::message::Message;
use crate::model::{Endpoint, EndpointId, Model};
use crate::rules::Rule;
use crate::sink::Sink;
use crate::site::Site;
use crate::table::Map;

/// Sockets whose last address is remembered.
const REMEMBERED: usize = 4096;

/// `sizeof (struct sockaddr)`: the least that a program can mean to pass.
const SOCKADDR: u32 = 16;

/// Room for the family, and for family and port.
const FAMILY: u32 = 2;
const FAMILY_AND_PORT: u32 = 4;

/// Room for all that means something in a `sockaddr_in`; or for a pointer.
const WITHOUT_PADDING: u32 = 8;

forms! {
    CUT = "cut",
        "{function}() was given room for {room} bytes of an address that has {length}",
        "{function}() 的地址长度参数是 {room}，而地址有 {length} 个字节";
    REUSED = "reused",
        "{function}() was given room for {room} bytes, what the call before had left, of an address that has {length}",
        "{function}() 的地址长度参数是上一次调用留下的 {room}，而地址有 {length} 个字节";
    NEGATIVE = "negative",
        "{function}() was given the address length {room}",
        "{function}() 的地址长度参数是 {room}";
    NOT_SET = "not-set",
        "the length argument was not set",
        "长度参数没有设置";
    NOT_SET_AGAIN = "not-set-again",
        "the length argument was not set again",
        "长度参数没有重新设置";
    SET = "set",
        "set the length to sizeof of the address before each call: the kernel reads it, and then overwrites it",
        "每次调用之前都应把长度设为地址变量的 sizeof：内核先读取它，再改写它";
    STORED = "stored",
        "the kernel stored {room} of {length} bytes; in the rest of the variable is what was there before",
        "内核只写入了 {length} 个字节中的 {room} 个，变量的其余部分仍是原来的内容";
    FAILED = "failed",
        "a negative length is refused with EINVAL, after the connection or the datagram was taken from the queue: it is lost",
        "负的长度会使调用以 EINVAL 失败，而此时连接或数据报已从队列中取出，因此丢失";
    REFUSED = "refused",
        "a negative length is refused with EINVAL",
        "负的长度会使调用以 EINVAL 失败";
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct AddrlenNotSet {
    /// How long the last address of a socket was, where that was less than the room. Only the addresses of AF_UNIX differ in
    /// length on one socket.
    left: Map<EndpointId, u32>,
}

impl Rule for AddrlenNotSet {
    fn event(&mut self, model: &Model, event: &Event, sink: &mut Sink) {
        let What::Call(call) = &event.what else { return };
        let Some(room) = room(call).filter(|_| !call.injected) else { return };
        let Some((endpoint, process)) = model.subject().zip(model.process(event.thread)) else { return };
        let reused = self.exchange(endpoint, call, room);
        if let Some(wrong) = Wrong::of(endpoint, call, room, reused) {
            let process_name = ProcessName::of(process.program(), event.thread);
            sink.emit(wrong.finding(process_name, event, call, Site::of(process.program(), call)));
        }
    }

    fn gone(&mut self, endpoint: EndpointId) {
        self.left.remove(&endpoint);
    }
}

impl AddrlenNotSet {
    /// Remembers how long the address was; true if the room is what the last one had left.
    fn exchange(&mut self, endpoint: &Endpoint, call: &Call, room: u32) -> bool {
        if endpoint.family != AF_UNIX || asks_for_a_name(call.function) {
            return false;
        }
        let before = self.left.remove(&endpoint.id);
        let length = call.address_result.as_ref().map_or(0, |address| address.claimed);
        let returned = matches!(call.outcome, Outcome::Returned(_));
        if returned && (length < room || before == Some(room)) && self.left.len() < REMEMBERED {
            self.left.insert(endpoint.id, length.min(room));
        }
        before == Some(room)
    }
}

/// The length before the call, where an address was asked for.
fn room(call: &Call) -> Option<u32> {
    let room = match call.function {
        Function::Recvfrom => call.more(0)?,
        Function::Accept | Function::Accept4 | Function::Getsockname | Function::Getpeername if call.args[0] != 0 => {
            call.args[1]
        }
        _ => return None,
    };
    (room != UNREAD).then_some(room as u32)
}

/// Its address is that of the socket, and not of somebody who came.
const fn asks_for_a_name(function: Function) -> bool {
    matches!(function, Function::Getsockname | Function::Getpeername)
}

/// What is wrong with a length.
struct Wrong {
    form: Message,
    label: Message,
    note: Message,
    confidence: Confidence,
}

impl Wrong {
    fn of(endpoint: &Endpoint, call: &Call, room: u32, reused: bool) -> Option<Self> {
        match call.outcome {
            Outcome::Returned(_) => Self::cut(call, room, reused),
            // On a socket that does not listen, `accept` fails so with any length.
            Outcome::Failed(EINVAL) if endpoint.is_listening() || !accepts(call.function) => negative(call, room),
            _ => None,
        }
    }

    fn cut(call: &Call, room: u32, reused: bool) -> Option<Self> {
        let length = call.address_result.as_ref()?.claimed;
        let perhaps_on_purpose = asks_for_a_name(call.function) || room == WITHOUT_PADDING && !reused;
        let too_small = room < SOCKADDR && ![FAMILY, FAMILY_AND_PORT].contains(&room);
        if length <= room || !(too_small || reused) {
            return None;
        }
        let (form, label) = if reused { (&REUSED, &NOT_SET_AGAIN) } else { (&CUT, &NOT_SET) };
        Some(Self {
            form: Message::new(form).with("room", room).with("length", length),
            label: Message::new(label),
            note: Message::new(&STORED).with("room", room).with("length", length),
            confidence: if perhaps_on_purpose { Confidence::Likely } else { Confidence::Certain },
        })
    }

    fn finding(self, process: ProcessName, event: &Event, call: &Call, site: Site) -> Finding {
        Finding {
            rule: "addrlen-not-set",
            confidence: self.confidence,
            message: self.form.with("function", call.function.name()),
            process,
            fd: call.fd,
            ticks: event.end,
            site,
            label: self.label,
            related: Vec::new(),
            help: Message::new(&SET),
            notes: vec![self.note],
            count: 1,
        }
    }
}

fn negative(call: &Call, room: u32) -> Option<Wrong> {
    let room = room.cast_signed();
    (room < 0).then(|| Wrong {
        form: Message::new(&NEGATIVE).with("room", room),
        label: Message::new(&NOT_SET),
        note: Message::new(if asks_for_a_name(call.function) { &REFUSED } else { &FAILED }),
        confidence: Confidence::Certain,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{OK, Story, call, memory_of, sockaddr};
    use bsock_recording::details::Details;
    use bsock_recording::event::Memory;
    use bsock_recording::layout::section;

    /// A listener of this family, and these calls on it, each with the room and the length of the address; what is said.
    fn said(family: u64, calls: &[(Function, u32, u32, Outcome)]) -> Vec<String> {
        let mut story = Story::new();
        let server = story.program(&["./server"]);
        story.call(server, Call { args: [family, 1, 0], ..call(Function::Socket, -1, Outcome::Returned(3)) });
        story.listen(server, 3);
        for (index, (function, room, length, outcome)) in calls.iter().enumerate() {
            let mut bytes = sockaddr("127.0.0.1:51000").bytes;
            bytes.truncate(*room as usize);
            let address_result = Some(Memory { claimed: *length, bytes });
            let call = Call { args: [0x7000, (*room).into(), 0], address_result, ..call(*function, 3, *outcome) };
            story.call_from(0x1001 + index as u64, server, call);
        }
        story.findings().iter().map(|found| format!("{}: {}", found.confidence.name(), found.message)).collect()
    }

    const NEW: Outcome = Outcome::Returned(4);

    #[test]
    fn an_address_that_was_cut_is_certain_where_somebody_came_and_likely_where_a_name_was_asked_for() {
        let sentence = |sure: &str, name: &str, room: i32| {
            format!("{sure}: {name}() was given room for {room} bytes of an address that has 16")
        };
        for (function, sure, outcome) in [
            (Function::Accept, "certain", NEW),
            (Function::Accept4, "certain", NEW),
            (Function::Getsockname, "likely", OK),
            (Function::Getpeername, "likely", OK),
        ] {
            for room in [0, 1, 15] {
                let expected = sentence(sure, function.name(), room as i32);
                assert_eq!(said(2, &[(function, room, 16, outcome)]), [expected]);
            }
            assert_eq!(said(2, &[(function, 16, 16, outcome), (function, 128, 16, outcome)]), [""; 0]);
            assert_eq!(said(10, &[(function, 16, 28, outcome)]), [""; 0], "a struct sockaddr");
        }
        for function in [Function::Accept, Function::Accept4, Function::Getsockname, Function::Getpeername] {
            assert_eq!(said(10, &[(function, 2, 28, OK), (function, 2, 28, OK)]), [""; 0], "the family alone");
        }
    }

    #[test]
    fn the_sender_of_a_datagram_is_asked_for_with_the_same_room() {
        for (room, expected) in [
            (2, None),
            (4, None),
            (8, Some("likely: recvfrom() was given room for 8 bytes of an address that has 16")),
            (12, Some("certain: recvfrom() was given room for 12 bytes of an address that has 16")),
            (16, None),
        ] {
            let mut story = Story::new();
            let program = story.program(&["./server"]);
            story.udp_socket(program, 3);
            let details = Details::of([(section::MORE, memory_of(&u64::to_ne_bytes(room)))]);
            let mut address = sockaddr("127.0.0.1:51000");
            address.bytes.truncate(room as usize);
            let address_result = Some(address);
            story.call(program, Call { details, address_result, ..call(Function::Recvfrom, 3, Outcome::Returned(1)) });
            let findings = story.findings();
            let said = findings.iter().map(|found| format!("{}: {}", found.confidence.name(), found.message));
            assert_eq!(said.collect::<Vec<_>>(), Vec::from_iter(expected), "{room}");
        }
    }

    #[test]
    fn what_the_call_before_had_left_is_too_little_for_a_longer_name() {
        let accept = |room, length| (Function::Accept, room, length, NEW);
        let reused =
            "certain: accept() was given room for 20 bytes, what the call before had left, of an address that has 30";
        assert_eq!(said(1, &[accept(110, 20), accept(20, 30)]), [reused]);
        assert_eq!(said(1, &[accept(110, 20), accept(20, 20), accept(20, 30)]), [reused]);
        assert_eq!(said(1, &[accept(110, 2), accept(2, 2)]), [""; 0], "nobody has a name");
        let left =
            "certain: accept() was given room for 2 bytes, what the call before had left, of an address that has 30";
        assert_eq!(said(1, &[accept(110, 2), accept(2, 30)]), [left], "not for the family alone");
        assert_eq!(said(1, &[accept(20, 30)]), [""; 0], "little room, perhaps on purpose");
        assert_eq!(said(1, &[accept(110, 20), accept(110, 30)]), [""; 0], "set each time");
    }

    #[test]
    fn a_negative_length_is_certain_where_the_call_failed_for_it() {
        let failed = Outcome::Failed(EINVAL);
        let found = said(2, &[(Function::Accept, u32::MAX - 6, 0, failed)]);
        assert_eq!(found, ["certain: accept() was given the address length -7"]);
        let found = said(2, &[(Function::Getsockname, u32::MAX - 6, 0, failed)]);
        assert_eq!(found, ["certain: getsockname() was given the address length -7"]);
        assert_eq!(said(2, &[(Function::Accept, 16, 0, failed)]), [""; 0]);
        assert_eq!(said(2, &[(Function::Accept, u32::MAX - 6, 16, NEW)]), [""; 0]);
    }
}
