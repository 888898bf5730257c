//! # What it does
//!
//! Finds programs that send more of a buffer than they received into it: behind the message that has come goes the end of an
//! older and longer one.
//!
//! # Why is this bad
//!
//! `recv` tells how many bytes it has put into the buffer. It puts no NUL behind them, and what stood there before stays.
//! `strlen(buffer)` then finds the end of the longest message so far: after "maximilian", "eve" is "eveimilian". The answer is
//! wrong, and it may hold what another client has sent.
//!
//! # Example
//!
//! ```c
//! char line[256] = "";
//! while (recv(fd, line, sizeof line, 0) > 0)
//!     send(fd, line, strlen(line), 0);
//! ```
//!
//! # Use instead
//!
//! ```c
//! ssize_t n;
//! while ((n = recv(fd, line, sizeof line, 0)) > 0)
//!     send(fd, line, n, 0);
//! ```
//!
//! Where the bytes are to be a string, leave room for its end: `recv(fd, line, sizeof line - 1, 0)`, then `line[n] = '\0'`.
//!
//! # How it tells
//!
//! - *likely*: a thread received a message into a buffer, and then a shorter one to the same place, though there was room for
//!   as much as before. Then it sent from there exactly as many bytes as the longer message had, or as there was room for
//!   (`sizeof line`): they begin with the shorter one, and go on with what the longer one left. And the longer one was torn
//!   there: the shorter one ends inside of a word of it, or ends its own line where that one had no end.
//!
//! The recorder keeps the first and the last 32 bytes of each message, and what lies between is not compared. It keeps silent
//!
//! - where the longer message could have been parted there, between two words or two numbers: a message may bring new values
//!   for the first fields of a state that is kept in the buffer, and is sent whole;
//! - where what follows differs from what was left: the program has put it there. Some letters and digits have to be among it,
//!   since line ends and the like may have been put there again;
//! - where another receive may have filled the buffer up, or another thread or a vector of buffers received into it;
//! - about calls that a library or a language's runtime makes, and wherever calls were lost.
//!
//! # References
//!
//! - `man 2 recv`, `man 3 strlen`
//! - CWE-170, "Improper Null Termination"; CWE-201, "Insertion of Sensitive Information Into Sent Data"

use std::collections::VecDeque;

use bsock_recording::event::{Call, Event, Thread, What};
use bsock_recording::function::Function;

use crate::finding::{Confidence, Finding, ProcessName, Related};
use crate::forms;
use crate::functions::{ends_the_process, has_flag};
use crate::linux::{MSG_PEEK, MSG_TRUNC};
use crate::message::Message;
use crate::model::{Model, Origin, process_key};
use crate::rules::Rule;
use crate::sink::Sink;
use crate::site::Site;
use crate::table::Map;
use crate::transfer::Transfer;

/// Processes whose buffers are remembered, and how many of each: those that were used last.
const PROCESSES: usize = 256;
const BUFFERS: usize = 32;

/// How many bytes of the older message have to be recognised, and how many letters or digits among them.
const ENOUGH: usize = 3;
const LETTERS: usize = 2;

forms! {
    STALE = "stale",
        "{function}() sends more than was received into the buffer: behind the message goes the end of an older one",
        "{function}() 发送的字节比缓冲区中收到的多：消息之后还带着旧消息的末尾";
    ONLY = "only",
        "{sent} bytes are sent here, of which {received} were received",
        "这里发送了 {sent} 字节，而其中只有 {received} 字节是刚收到的";
    RECEIVED = "received",
        "{received} bytes were received here; what stood behind them stayed",
        "这里收到 {received} 字节，缓冲区中其后的内容保持不变";
    COUNT = "count",
        "send as many bytes as {receive}() returned; to make a string of them, set the byte behind them to 0 first",
        "应按 {receive}() 的返回值发送；如果要当作字符串使用，先把其后的一个字节设为 0";
    OLDER = "older",
        "an earlier message of {older} bytes lay in the same buffer, and its end was sent once more",
        "同一缓冲区中先前有一条 {older} 字节的消息，它的末尾又被发送了一次";
}

/// What lies in a buffer, as far as one thread received it there.
struct Buffer {
    address: u64,
    thread: Thread,
    /// Bytes of the longest message, of which a shorter one has left the end.
    length: u64,
    /// The buffer's first bytes, as they are now.
    first: Vec<u8>,
    /// The longest message's last bytes, of which those below `overwritten` are gone.
    last: Vec<u8>,
    overwritten: u64,
    /// The shorter message, if that came last.
    newer: Option<Newer>,
}

/// A message that came behind a longer one.
struct Newer {
    length: u64,
    /// How many bytes were asked for.
    room: u64,
    /// It tore the older message: see [`Buffer::is_torn_by`].
    tears: bool,
    site: Site,
    function: &'static str,
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct StaleBytesSent {
    /// By process and image; what was used last stands last.
    buffers: Map<(u32, u64), VecDeque<Buffer>>,
}

impl Rule for StaleBytesSent {
    fn event(&mut self, model: &Model, event: &Event, sink: &mut Sink) {
        let key = process_key(event.thread);
        match &event.what {
            What::Call(call) if forgets(call) => drop(self.buffers.remove(&key)),
            What::Call(call) => match Transfer::received_in_one_buffer(call) {
                Some(received) => self.receive(model, event, call, &received),
                None => self.send(model, event, call, sink),
            },
            // What was received meanwhile is not known.
            What::Lost(_) | What::Unknown(_) | What::ProcessStart(_) | What::ProcessEnd(_) => {
                self.buffers.remove(&key);
            }
            What::Gap { .. } => self.buffers.clear(),
            _ => {}
        }
    }
}

impl StaleBytesSent {
    fn receive(&mut self, model: &Model, event: &Event, call: &Call, received: &Transfer<'_>) {
        let key = process_key(event.thread);
        let Some(process) = model.process(event.thread).filter(|process| !process.is_blind()) else { return };
        if self.buffers.len() >= PROCESSES && !self.buffers.contains_key(&key) {
            return;
        }
        let buffers = self.buffers.entry(key).or_default();
        let index = buffers.iter().position(|buffer| buffer.address == received.buffer);
        let known = index.and_then(|index| buffers.remove(index));
        buffers.retain(|buffer| !buffer.reaches_into(received));
        if received.first.is_empty() || model.subject().is_none() {
            return;
        }
        let newer = |tears| Newer {
            length: received.moved,
            room: received.asked,
            tears,
            site: Site::of(process.program(), call),
            function: call.function.name(),
        };
        let buffer = match known {
            Some(known) if known.keeps_its_end(event.thread, received) => {
                let tears = known.is_torn_by(received);
                known.below(received, newer(tears))
            }
            _ => Buffer::filled(event.thread, received),
        };
        if buffers.len() >= BUFFERS {
            buffers.pop_front();
        }
        buffers.push_back(buffer);
    }

    fn send(&self, model: &Model, event: &Event, call: &Call, sink: &mut Sink) {
        if self.buffers.is_empty() {
            return;
        }
        let Some(sent) = Transfer::sent_from_one_buffer(call) else { return };
        let buffers = self.buffers.get(&process_key(event.thread));
        let mut buffers = buffers.into_iter().flatten();
        let Some(buffer) = buffers.find(|buffer| buffer.address == sent.buffer) else { return };
        let Some(newer) = buffer.newer.as_ref().filter(|newer| buffer.goes_out_stale(newer, event.thread, &sent))
        else {
            return;
        };
        let Some(process) = model.process(event.thread).filter(|_| model.subject().is_some()) else { return };
        if process.program().origin(call.caller) == Origin::Program && !process.is_blind() {
            let name = ProcessName::of(process.program(), event.thread);
            sink.emit(finding(buffer.length, newer, name, event, call, Site::of(process.program(), call)));
        }
    }
}

/// Bytes come into memory that is not told, or without being taken off the socket; or the process ends.
fn forgets(call: &Call) -> bool {
    match call.function {
        Function::Recvmsg | Function::Recvmmsg | Function::Readv => true,
        Function::Recv | Function::Recvfrom => has_flag(call, MSG_PEEK | MSG_TRUNC),
        function => ends_the_process(function),
    }
}

impl Buffer {
    fn filled(thread: Thread, received: &Transfer<'_>) -> Self {
        Self {
            address: received.buffer,
            thread,
            length: received.moved,
            first: received.first.to_vec(),
            last: received.last.to_vec(),
            overwritten: 0,
            newer: None,
        }
    }

    /// The receive wrote into the longest message, elsewhere than at its beginning.
    fn reaches_into(&self, received: &Transfer<'_>) -> bool {
        received.buffer < self.address.saturating_add(self.length)
            && self.address < received.buffer.saturating_add(received.moved)
    }

    /// The receive had room for as much as before, and brought less.
    fn keeps_its_end(&self, thread: Thread, received: &Transfer<'_>) -> bool {
        self.thread == thread && received.moved < self.length && received.asked >= self.length
    }

    /// The shorter message ends in the midst of a word of what stood there, or brings an end of a line where there was none. The
    /// first fields of a state end where its fields do, so that the others may stay.
    fn is_torn_by(&self, received: &Transfer<'_>) -> bool {
        let is_letter = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphabetic());
        let last = received.moved.saturating_sub(1);
        let (new, [old, next]) = (received.byte(last), [last, received.moved].map(|place| self.byte(place)));
        let ends_a_line = new == Some(b'\n') && old.is_some_and(|old| old != b'\n');
        ends_a_line || [new, old, next].into_iter().all(is_letter)
    }

    /// The same with a shorter message over its beginning.
    fn below(mut self, received: &Transfer<'_>, newer: Newer) -> Self {
        for (byte, new) in self.first.iter_mut().zip(received.first) {
            *byte = *new;
        }
        self.overwritten = self.overwritten.max(received.moved);
        self.newer = Some(newer);
        self
    }

    /// The byte at this place, if it is known.
    fn byte(&self, place: u64) -> Option<u8> {
        let of = |bytes: &[u8], place: u64| bytes.get(usize::try_from(place).ok()?).copied();
        let in_the_end = || {
            let place = place.checked_sub(self.length.checked_sub(self.last.len() as u64)?)?;
            of(&self.last, place)
        };
        of(&self.first, place).or_else(|| if place < self.overwritten { None } else { in_the_end() })
    }

    /// It is sent as it is, up to the end of the longest message, or whole.
    fn goes_out_stale(&self, newer: &Newer, thread: Thread, sent: &Transfer<'_>) -> bool {
        let whole = sent.asked == newer.room;
        if !newer.tears || self.thread != thread || sent.moved != sent.asked || !(whole || sent.asked == self.length) {
            return false;
        }
        let beginning = 0..sent.first.len() as u64;
        let end = self.length.saturating_sub(self.last.len() as u64).max(beginning.end)..self.length;
        let places = beginning.chain(end).filter_map(|place| Some((place, self.byte(place)?, sent.byte(place)?)));
        let (mut stale, mut letters) = (0, 0);
        for (place, there, sent) in places {
            if there != sent {
                return false;
            }
            if place >= newer.length {
                stale += 1;
                letters += usize::from(sent.is_ascii_alphanumeric());
            }
        }
        stale >= ENOUGH && letters >= LETTERS
    }
}

fn finding(older: u64, newer: &Newer, process: ProcessName, event: &Event, call: &Call, site: Site) -> Finding {
    let (sent, received) = (call.args[1], newer.length);
    let brought = Message::new(&RECEIVED).with("received", received);
    Finding {
        rule: "stale-bytes-sent",
        confidence: Confidence::Likely,
        message: Message::new(&STALE).with("function", call.function.name()),
        process,
        fd: call.fd,
        ticks: event.end,
        site,
        label: Message::new(&ONLY).with("sent", sent).with("received", received),
        related: vec![Related { message: brought, site: newer.site.clone() }],
        help: Message::new(&COUNT).with("receive", newer.function),
        notes: vec![Message::new(&OLDER).with("older", older)],
        count: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Story, transfer};

    const AT: u64 = 0x5000;

    /// Something that happens in a thread.
    type Then = fn(&mut Story, Thread);

    /// A buffer of 100 bytes that begins so.
    fn room(text: &str) -> Vec<u8> {
        let mut memory = vec![0; 100];
        memory[..text.len()].copy_from_slice(text.as_bytes());
        memory
    }

    /// A message comes into the buffer at `address`.
    fn receive(story: &mut Story, server: Thread, address: u64, text: &str) {
        story.call(server, transfer(Function::Recv, 3, address, &room(text), text.len()));
    }

    fn send(story: &mut Story, server: Thread, text: &str) {
        story.call(server, transfer(Function::Send, 3, AT, text.as_bytes(), text.len()));
    }

    fn said(then: impl FnOnce(&mut Story, Thread)) -> Vec<String> {
        let mut story = Story::new();
        let server = story.program(&["./server"]);
        story.socket(server, 3);
        then(&mut story, server);
        let findings = story.findings();
        findings.iter().map(|found| format!("{}: {}; {}", found.rule, found.message, found.label)).collect()
    }

    #[test]
    fn the_end_of_a_longer_message_behind_a_shorter_one_is_likely_left_there() {
        let sentence = |sent: u64, received: u64| {
            format!(
                "stale-bytes-sent: send() sends more than was received into the buffer: behind the message goes the end of \
                 an older one; {sent} bytes are sent here, of which {received} were received"
            )
        };
        let found = said(|story, server| {
            receive(story, server, AT, "maximilian");
            receive(story, server, AT, "eve");
            send(story, server, "eveimilian");
        });
        assert_eq!(found, [sentence(10, 3)]);
        let found = said(|story, server| {
            for name in ["maximilian", "eve", "carol", "bo"] {
                receive(story, server, AT, name);
            }
            send(story, server, "borolilian");
        });
        assert_eq!(found, [sentence(10, 2)], "of several");
        let long = "a line that is longer than what the recorder keeps of the beginning of a message";
        let found = said(|story, server| {
            receive(story, server, AT, long);
            receive(story, server, AT, "a wo");
            send(story, server, &format!("a wo{}", &long[4..]));
        });
        assert_eq!(found, [sentence(80, 4)], "of a long one");
        let found = said(|story, server| {
            receive(story, server, AT, "maximilian");
            receive(story, server, AT, "eve");
            story.call(server, transfer(Function::Send, 3, AT, &room("eveimilian"), 100));
        });
        assert_eq!(found, [sentence(100, 3)], "the whole buffer");
        let found = said(|story, server| {
            receive(story, server, AT, "hello everybody\n");
            receive(story, server, AT, "howdy\n");
            send(story, server, "howdy\neverybody\n");
        });
        assert_eq!(found, [sentence(16, 6)], "a line, which ends where a word ended");
    }

    #[test]
    fn what_the_program_or_another_receive_has_put_there_is_silent() {
        let silent: [(&str, Then); 9] = [
            ("what was received", |story, server| send(story, server, "eve")),
            ("something of its own", |story, server| send(story, server, "eve: hello")),
            ("another beginning", |story, server| send(story, server, "EVEimilian")),
            ("another length", |story, server| send(story, server, "eveimilia")),
            ("the rest of the message", |story, server| {
                receive(story, server, AT + 3, "imilian");
                send(story, server, "eveimilian");
            }),
            ("a buffer of another thread", |story, server| {
                send(story, Thread { thread: 7, ..server }, "eveimilian");
            }),
            ("a vector", |story, server| {
                story.call(server, transfer(Function::Readv, 3, 0x9000, b"imilian", 7));
                send(story, server, "eveimilian");
            }),
            ("a gap of nobody knows whom", |story, server| {
                story.missing();
                story.socket(server, 3);
                send(story, server, "eveimilian");
            }),
            ("a gap", |story, server| {
                story.lost(server);
                story.socket(server, 3);
                send(story, server, "eveimilian");
            }),
        ];
        for (name, then) in silent {
            let found = said(|story, server| {
                receive(story, server, AT, "maximilian");
                receive(story, server, AT, "eve");
                then(story, server);
            });
            assert_eq!(found, [""; 0], "{name}");
        }
        let line_ends = said(|story, server| {
            receive(story, server, AT, "hello\r\n\r\n");
            receive(story, server, AT, "world");
            send(story, server, "world\r\n\r\n");
        });
        assert_eq!(line_ends, [""; 0], "line ends are put there again");
        for (state, update) in
            [("x=100 y=200 z=300", "x=101 y=205"), ("000120003400056", "00015"), ("a\nb\ncde\n", "x\n")]
        {
            let kept = said(|story, server| {
                receive(story, server, AT, state);
                receive(story, server, AT, update);
                send(story, server, &format!("{update}{}", &state[update.len()..]));
            });
            assert_eq!(kept, [""; 0], "{update:?} may be the first fields of {state:?}");
        }
        let header = said(|story, server| {
            receive(story, server, AT, "maximilian");
            story.call(server, transfer(Function::Recv, 3, AT, b"eve", 3));
            send(story, server, "eveimilian");
        });
        assert_eq!(header, [""; 0], "who asks for three bytes means to keep the others");
    }
}
