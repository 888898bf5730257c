//! # What it does
//!
//! Finds readers that take whatever one `recv` returns for one message: for the whole length that a message begins with, or
//! for the whole message that the peer sent.
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
//! - *certain*: besides, the next `recv` asks for exactly the number that the part makes together with what the buffer held
//!   before; and both ends are recorded, and the peer sent another number in that place.
//! - *likely*: a length was read (2, 4 or 8 bytes, or digits), so much was asked for next, and less came. The next thing that is
//!   received is the next length, out of the middle of the message; or the program answers that all is well, with the word `OK`,
//!   a status as `200` or the like, and closes while the kernel holds bytes for it. The length must be one that is no likely size of a
//!   buffer, or the second one in that place.
//! - *likely*, where both ends are recorded: two messages before were sent by one `send` each, received by one `recv` with room
//!   for more, and answered. Now a part of one is answered; what follows is read at the same place and answered as well;
//!   the peer, which sent one message, sends the next when it has read the first of the two answers, never reads more than one in
//!   a row, and in the end leaves some unread.
//! - *likely*, where both ends are recorded: at two places, one `recv` got one `send` each, twice or more. Now one of them got two
//!   at once, and the other one waits for what was read already, while the peer waits as well, until one of them is ended.
//!
//! It keeps silent, because such programs are correct,
//!
//! - where the next `recv` goes on behind the bytes that came, or asks for as many as are missing, or for the length again;
//! - where the next call on the socket is another one: the program has noticed;
//! - where the rest of a message is received in any way, or skipped, or the message is given up without an answer of success;
//! - for readers of text, of streams and of buffers whose room happens to be small: no length was read there;
//! - where as many bytes are sent as came: an echo, a filter; or where the peer waits for all acknowledgements of a message;
//! - where answers are unread because one of the two was killed;
//! - for requests that are sent or received in one go on purpose, and lines that are taken out of a buffer;
//! - where several threads or processes use the connection, calls were lost, or the bytes were not recorded.
//!
//! # References
//!
//! - `man 2 recv` (`MSG_WAITALL`), RFC 9293, section 3.8
//! - <https://github.com/Abhigyan-Shekhar/Waggle-mcp/pull/285>, <https://github.com/open62541/open62541/issues/166>

mod answers;
mod bodies;
mod here;
mod lengths;
mod sends;
mod steps;
#[cfg(test)]
mod tests;

use bsock_recording::event::{Event, Thread, What};
use bsock_recording::function::Function;

use self::answers::Twice;
use self::here::{Here, received};
use self::lengths::Number;
use self::sends::Sends;
use crate::finding::{Confidence, Finding, Related};
use crate::forms;
use crate::functions::{has_flag, receives, sends, was_ended};
use crate::linux::MSG_WAITALL;
use crate::message::Message;
use crate::model::{Endpoint, EndpointId, Model};
use crate::rules::Rule;
use crate::sink::Sink;
use crate::table::Map;
use crate::transfer::{Transfer, waited_in_vain};

/// Ends of connections that are remembered, and findings that wait for the other end's calls.
const REMEMBERED: usize = 4096;
const CLAIMS: usize = 1024;

forms! {
    CUT = "cut",
        "{function}() returned {got} of the {asked} bytes of a length, and the rest was never asked for",
        "{function}() 只返回了长度字段 {asked} 个字节中的 {got} 个，而程序没有再去读取其余部分";
    MADE_UP = "made-up",
        "{function}() returned {got} of the {asked} bytes of a length, and the program took {taken} for it; the peer sent {meant}",
        "{function}() 只返回了长度字段 {asked} 个字节中的 {got} 个，程序便把长度当作 {taken}，而对端发送的是 {meant}";
    BODY = "body",
        "{function}() returned {got} of the {length} bytes that the length before announces, and the rest was never asked for",
        "前面的长度字段表明有 {length} 字节，{function}() 只返回了其中 {got} 字节，而程序没有再去读取其余部分";
    PART = "part",
        "{function}() returned {got} of the {length} bytes that the peer sent at once, and they were answered as a whole message",
        "对端一次发送了 {length} 字节，{function}() 只返回了其中 {got} 字节，程序却当作完整的消息作了应答";
    TWO = "two",
        "{function}() returned more than one of the peer's messages, and the next {function}() waits for what was read already",
        "{function}() 一次返回了对端的不止一条消息，而下一次 {function}() 还在等待其中已经读走的那条";
    TAKEN = "taken",
        "taken for the whole length",
        "被当作完整的长度字段";
    TAKEN_FOR_ONE = "taken-for-one",
        "what came is taken for one message",
        "收到的内容被当作一条消息";
    LENGTH = "length",
        "the length is read here",
        "此处读取长度字段";
    MIDDLE = "middle",
        "the next length is read here, out of the middle of the message",
        "程序在此处读取下一个长度，读到的却是这条消息中间的内容";
    CLOSED = "closed",
        "it is closed here, with {unread} bytes unread",
        "连接在此处关闭，还有 {unread} 字节未读";
    NEXT = "next",
        "the next bytes are read here, as if the length had been complete",
        "程序在此处继续读取后面的字节，就像长度字段已经读全一样";
    ANSWER = "answer",
        "the first {got} bytes are answered here",
        "此处对前 {got} 个字节作了应答";
    ANSWER_TOO = "answer-too",
        "the next {rest} bytes of the same message are answered here",
        "此处又对同一条消息接下来的 {rest} 个字节作了应答";
    WAITS = "waits",
        "here the program waits for the message that came with the one before",
        "程序在此处等待的消息，其实已随上一条一起到达";
    ALL = "all",
        "compare the result with what was asked for: use MSG_WAITALL, or ask for the rest in a loop",
        "应将返回值与请求的字节数比较：使用 MSG_WAITALL，或用循环读取其余部分";
    FRAME = "frame",
        "tell where a message ends, by a length before it or a delimiter behind it, and call recv() until that is reached",
        "应当标明消息在哪里结束：在前面加上长度，或在末尾加分隔符，并循环调用 recv() 直到读完";
    STREAM = "stream",
        "before, the same call read lengths whose values were what was then asked for",
        "此前同一处调用读到的长度值，正是随后请求读取的字节数";
    WENT_ON = "went-on",
        "the peer read the first answer and sent its next message; from here on answers belong to other messages",
        "对端读到第一个应答就发送了下一条消息；此后应答与消息不再对应";
    HABIT = "habit",
        "before, each of the two calls got one message; now all {got} bytes have been read, and both programs wait",
        "此前这两处调用每次各收到一条消息；现在 {got} 个字节都已读走，双方程序都在等待";
}

/// What is known of one end of a connection.
#[derive(Default)]
struct End {
    sends: Sends,
    lengths: lengths::Reader,
    bodies: bodies::Reader,
    answers: answers::Reader,
    steps: steps::Reader,
    peer: Option<EndpointId>,
    /// It waited for data that did not come.
    waits: bool,
    closed: bool,
}

impl End {
    /// The other end waited for what this one had sent before, and this one waited, too.
    fn let_wait(&self, other: &steps::Waits) -> bool {
        self.waits && other.in_vain(&self.sends)
    }
}

/// A finding for which the other end's calls have still to be looked at.
struct Claim {
    sender: EndpointId,
    reader: EndpointId,
    finding: Finding,
    proof: Proof,
}

enum Proof {
    /// Nothing more is needed; where the peer sent another number, it is certain.
    Length(Option<Number>, Option<u64>),
    /// The sends have to agree.
    Twice(Box<Twice>),
    /// The sends have to agree, and the peer has to wait, too.
    BothWait(steps::Waits),
    /// They have agreed.
    Sure,
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct RecvAsMessage {
    ends: Map<EndpointId, End>,
    claims: Vec<Claim>,
}

impl Rule for RecvAsMessage {
    fn event(&mut self, model: &Model, event: &Event, _sink: &mut Sink) {
        let call = match &event.what {
            What::Call(call) => call,
            What::ProcessEnd(status) if was_ended(*status) => return self.cut_off(event.thread, model),
            _ => return,
        };
        let Some(endpoint) = model.subject().filter(|endpoint| endpoint.is_stream() && !endpoint.is_listening()) else {
            return;
        };
        let Some(process) = model.process(event.thread) else { return };
        self.claims.iter_mut().for_each(|claim| claim.note(endpoint));
        if call.function == Function::Close {
            if endpoint.references() == 0 {
                self.leave_unread(&Here { model, event, call, endpoint, process });
                self.close(endpoint.id, endpoint.peer);
            }
        } else if self.ends.len() < REMEMBERED || self.ends.contains_key(&endpoint.id) {
            let here = Here { model, event, call, endpoint, process };
            match Transfer::sent(call) {
                Some(sent) => self.send(&here, &sent),
                None => self.receive(&here),
            }
        }
    }

    /// Its process ended, or it was closed.
    fn gone(&mut self, endpoint: EndpointId) {
        if let Some(End { closed: false, peer, .. }) = self.ends.get(&endpoint) {
            self.close(endpoint, *peer);
        }
    }

    fn finish(&mut self, _model: &Model, sink: &mut Sink) {
        for Claim { sender, finding, proof, .. } in self.claims.drain(..) {
            match proof {
                Proof::Length(Some(number), Some(meant)) => sink.emit(made_up(finding, &number, meant)),
                Proof::Length(..) => sink.emit(finding),
                Proof::Twice(twice) => {
                    if let Some(length) = twice.proven() {
                        let message = finding.message.clone().with("length", length);
                        sink.emit(Finding { message, ..finding });
                    }
                }
                Proof::BothWait(waits) if self.ends.get(&sender).is_some_and(|end| end.let_wait(&waits)) => {
                    sink.emit(finding);
                }
                Proof::BothWait(_) => {}
                Proof::Sure => sink.emit(finding),
            }
        }
    }
}

impl RecvAsMessage {
    /// What an end sent is remembered until the other one is closed as well.
    fn close(&mut self, id: EndpointId, peer: Option<EndpointId>) {
        let open = peer.filter(|peer| self.ends.get(peer).is_some_and(|peer| !peer.closed));
        match (open, self.ends.get_mut(&id)) {
            (Some(_), Some(end)) => end.closed = true,
            _ => [Some(id), peer].into_iter().flatten().for_each(|end| self.forget(end)),
        }
    }

    /// One of the two was killed: the peer might have read the answers that it left unread.
    fn cut_off(&mut self, killed: Thread, model: &Model) {
        let Some(killed) = model.process(killed) else { return };
        self.claims.retain(|claim| {
            let holds_one = killed.holds(claim.sender) || killed.holds(claim.reader);
            let could_read = holds_one && model.endpoint(claim.sender).is_some();
            !could_read || !matches!(claim.proof, Proof::Twice(_))
        });
    }

    /// Nothing more will come of this end.
    fn forget(&mut self, id: EndpointId) {
        let Some(end) = self.ends.remove(&id) else { return };
        self.claims.retain_mut(|claim| {
            if let Proof::BothWait(waits) = &claim.proof
                && claim.sender == id
            {
                let in_vain = end.let_wait(waits);
                claim.proof = Proof::Sure;
                return in_vain;
            }
            true
        });
    }

    fn send(&mut self, here: &Here<'_>, sent: &Transfer<'_>) {
        let Here { endpoint, event, .. } = here;
        let end = self.ends.entry(endpoint.id).or_default();
        end.peer = endpoint.peer;
        end.lengths.turns_away();
        end.bodies.answers(sent.first);
        end.steps.turns_away();
        let traffic = &endpoint.traffic;
        // Who has no peer may have one as soon as that returns from `accept`.
        if endpoint.peer.is_none() && end.sends.is_full() {
            return;
        }
        let added = end.sends.add(event.thread, sent, traffic.sent, traffic.received);
        for claim in self.claims.iter_mut().filter(|claim| claim.sender == endpoint.id) {
            claim.compare(&added, &end.sends);
        }
        if let Some(peer) = here.peer() {
            let mut answers = std::mem::take(&mut end.answers);
            let none = Sends::default();
            let sends = self.ends.get(&peer).map_or(&none, |peer| &peer.sends);
            if let Some(twice) = answers.answers(sent.moved, traffic.sent, here.site(), sends) {
                self.claim_twice(here, peer, twice);
            }
            if let Some(end) = self.ends.get_mut(&endpoint.id) {
                end.answers = answers;
            }
        }
    }

    fn receive(&mut self, here: &Here<'_>) {
        let Here { call, endpoint, .. } = here;
        self.receive_body(here);
        let Some(bytes) = received(call) else {
            // The program does something else first.
            if let Some(end) = self.ends.get_mut(&endpoint.id) {
                end.lengths.turns_away();
                if receives(call.function) || sends(call.function) || call.function == Function::Shutdown {
                    end.answers.turns_away();
                    end.steps.turns_away();
                }
            }
            return;
        };
        // Most sockets have no peer that is recorded, and read no lengths.
        let known = self.ends.contains_key(&endpoint.id);
        if !known && endpoint.peer.is_none() && !lengths::may_be_one(call, bytes) {
            return;
        }
        let end = self.ends.entry(endpoint.id).or_default();
        end.peer = endpoint.peer;
        if let Some(taken) = end.lengths.receives(call, bytes, || here.read(bytes)) {
            self.claim_length(here, taken);
        }
        if let Some(peer) = here.peer() {
            self.receive_from(peer, here, bytes);
        }
    }

    /// What comes may be a length, or what one announces.
    fn receive_body(&mut self, here: &Here<'_>) {
        let Here { call, endpoint, .. } = here;
        let Some(taken) = Transfer::received_in_one_buffer(call).filter(|_| !call.injected) else {
            let end = self.ends.get_mut(&endpoint.id).filter(|_| receives(call.function));
            return end.into_iter().for_each(|end| end.bodies.turns_away());
        };
        let maybe =
            taken.first.len() as u64 == taken.moved && bodies::may_be_one(taken.moved == taken.asked, taken.first);
        if !maybe && !self.ends.contains_key(&endpoint.id) {
            return;
        }
        let read = here.read(taken.moved);
        let end = self.ends.entry(endpoint.id).or_default();
        let part = end.bodies.receives(&read, taken.first, has_flag(call, MSG_WAITALL));
        if let Some(part) = part.filter(|_| here.is_alone()) {
            self.claim_body(here, &part, Message::new(&MIDDLE));
        }
    }

    /// It is closed.
    fn leave_unread(&mut self, here: &Here<'_>) {
        let Here { call, endpoint, .. } = here;
        let queue = call.queues().find(|queue| queue.fd == call.fd);
        let Some(unread) = queue.and_then(|queue| queue.unread).filter(|unread| *unread > 0) else { return };
        let part = self.ends.get_mut(&endpoint.id).and_then(|end| end.bodies.closes());
        if let Some(part) = part.filter(|_| here.is_alone()) {
            self.claim_body(here, &part, Message::new(&CLOSED).with("unread", unread));
        }
    }

    /// The end that sent the bytes is known.
    fn receive_from(&mut self, peer: EndpointId, here: &Here<'_>, bytes: u64) {
        let Here { call, event, endpoint, .. } = here;
        let Some(end) = self.ends.get_mut(&endpoint.id) else { return };
        if bytes > 0 {
            end.steps.receives(here.read(bytes));
            end.answers.receives(here.read(bytes));
        } else if waited_in_vain(call, event).is_some() {
            end.waits = true;
            if let Some(waits) = end.steps.waits(call.caller, call.args[0]) {
                self.claim_waits(here, peer, waits);
            }
        }
    }

    fn claim(&mut self, claim: Claim) {
        if self.claims.len() < CLAIMS {
            self.claims.push(claim);
        }
    }

    fn claim_length(&mut self, here: &Here<'_>, taken: lengths::Taken) {
        let read = &taken.read;
        let finding = here.finding(read, Message::new(&CUT).with("asked", read.asked));
        let finding = Finding {
            label: Message::new(&TAKEN),
            related: vec![Related { message: Message::new(&NEXT), site: here.site() }],
            help: Message::new(&ALL),
            notes: vec![Message::new(&STREAM)],
            ..finding
        };
        let peer = here.peer();
        let sends = peer.and_then(|peer| self.ends.get(&peer)).map(|peer| &peer.sends);
        let meant = taken.number.zip(sends).and_then(|(number, sends)| number.meant(sends));
        let proof = Proof::Length(taken.number, meant);
        let reader = here.endpoint.id;
        self.claim(Claim { sender: peer.unwrap_or(reader), reader, finding, proof });
    }

    fn claim_body(&mut self, here: &Here<'_>, part: &bodies::Part, then: Message) {
        let (reader, finding) = (here.endpoint.id, here.part_of_a_body(part, then));
        self.claim(Claim { sender: here.peer().unwrap_or(reader), reader, finding, proof: Proof::Sure });
    }

    fn claim_twice(&mut self, here: &Here<'_>, peer: EndpointId, mut twice: Twice) {
        if let Some(peer) = self.ends.get(&peer) {
            peer.sends.known().for_each(|sent| twice.compare(sent));
        }
        let [first, second] = twice.answers.clone();
        let first = Related { message: Message::new(&ANSWER).with("got", twice.read.bytes), site: first };
        let second = Related { message: Message::new(&ANSWER_TOO).with("rest", twice.rest), site: second };
        let finding = here.finding(&twice.read, Message::new(&PART));
        let finding = Finding { related: vec![first, second], notes: vec![Message::new(&WENT_ON)], ..finding };
        self.claim(Claim { sender: peer, reader: here.endpoint.id, finding, proof: Proof::Twice(Box::new(twice)) });
    }

    fn claim_waits(&mut self, here: &Here<'_>, peer: EndpointId, waits: steps::Waits) {
        let Some(merged) = waits.last() else { return };
        let finding = here.finding(merged, Message::new(&TWO));
        let finding = Finding {
            related: vec![Related { message: Message::new(&WAITS), site: here.site() }],
            notes: vec![Message::new(&HABIT).with("got", merged.bytes)],
            ..finding
        };
        self.claim(Claim { sender: peer, reader: here.endpoint.id, finding, proof: Proof::BothWait(waits) });
    }
}

impl Claim {
    /// How much was answered, and read of that, so far.
    fn note(&mut self, end: &Endpoint) {
        let Proof::Twice(twice) = &mut self.proof else { return };
        if end.id == self.reader {
            twice.reader(end.traffic.sent);
        } else if end.id == self.sender {
            twice.peer(end.traffic.sent, end.traffic.received);
        }
    }

    /// The sender sends on, or what it sent comes to be known only now.
    fn compare(&mut self, sent: &sends::Sent, sends: &Sends) {
        match &mut self.proof {
            Proof::Length(Some(number), meant @ None) => *meant = number.meant(sends),
            Proof::Length(..) | Proof::BothWait(_) | Proof::Sure => {}
            Proof::Twice(twice) => twice.compare(sent),
        }
    }
}

/// With the number that the peer sent, it is certain.
fn made_up(finding: Finding, number: &Number, meant: u64) -> Finding {
    let message = Message::new(&MADE_UP).with("function", finding.site.function).with("got", number.got);
    let message = message.with("asked", number.length).with("taken", number.taken).with("meant", meant);
    Finding { confidence: Confidence::Certain, message, ..finding }
}
