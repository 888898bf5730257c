//! # What it does
//!
//! Finds programs that send a whole buffer, `sizeof buffer`, where they mean the text in it, and with it what memory held
//! before: addresses, or the end of an older text.
//!
//! # Why is this bad
//!
//! A text in C ends where its NUL is, and a buffer does not. Whoever sends the buffer sends behind the text whatever stood
//! there: pieces of older messages, perhaps another user's, and values that functions left on the stack, among them addresses
//! that help an attacker. The peer reads a text with hundreds of bytes of something else behind it, and where it reads a
//! stream, the next message begins only after those.
//!
//! # Example
//!
//! ```c
//! char message[256];
//! fgets(message, sizeof message, stdin);
//! send(fd, message, sizeof message, 0);
//! ```
//!
//! # Use instead
//!
//! ```c
//! send(fd, message, strlen(message), 0);
//! ```
//!
//! `snprintf` and `getline` return the number, too. Where a protocol has records of a fixed size, clear the record first:
//! `memset(&record, 0, sizeof record)`.
//!
//! # How it tells
//!
//! - *likely*: one place in the program sends messages of one and the same length over the internet protocols, each with a
//!   printable text that ends before they do, and two messages with different texts, one after the other; and behind the text
//!   there is
//!   - an address of the sending process's own memory, or
//!   - from the same buffer, the end of the longer text that was sent before.
//!
//! The recorder keeps the first and the last 32 bytes of a message; what lies between is not looked at. It keeps silent
//!
//! - where zeros follow the text: that is how a record of a fixed size looks;
//! - about the end of an older text, where another process in the recording reads records of exactly this length, or may
//!   have meant to, and did not come to read all that was sent;
//! - about the end of an older text, where the peer is not in the recording, and may read such records: unless each text ends
//!   with the end of a line, which the field of a record does not, nothing else stands behind the texts, and the program reads no
//!   records of this length itself. The reader of a datagram gets it whole anyway, and counts as one that is not recorded;
//! - where the message, or what follows its text, was received before: then the mistake is somebody else's;
//! - about calls that a library or a language's runtime makes, and wherever calls were lost.
//!
//! # References
//!
//! - `man 2 send`, `man 3 strlen`, `man 3 snprintf`
//! - CWE-201, "Insertion of Sensitive Information Into Sent Data"; CWE-457, "Use of Uninitialized Variable"

mod received;
mod shape;
#[cfg(test)]
mod tests;

use bsock_recording::event::{Call, Event, What};
use bsock_recording::function::Function;

use self::received::Received;
use self::shape::Shape;
use crate::finding::{Confidence, Finding, ProcessName};
use crate::forms;
use crate::functions::{accepts, ends_the_process};
use crate::message::{Form, Message};
use crate::model::{Endpoint, EndpointId, Model, Origin, Program};
use crate::rules::Rule;
use crate::sink::Sink;
use crate::site::Site;
use crate::table::Map;
use crate::transfer::Transfer;

/// Places that are watched. Of those beyond, nothing is said.
const PLACES: usize = 1024;

/// Below this no program has its stack, heap or code: numbers that are smaller are more likely numbers.
const LOWEST_ADDRESS: u64 = 1 << 32;

/// Memory of one kind, a stack or a heap, lies within this distance.
const NEAR: u64 = 1 << 30;

/// As many bytes of a long message's end are looked at as may have been recorded.
const END: u64 = 64;

/// Bytes of an older text that cannot be chance.
const ENOUGH: usize = 2;

forms! {
    ADDRESS = "address",
        "{function}() sends {length} bytes each time, and behind the text in them an address of its own memory",
        "{function}() 每次都发送 {length} 字节，文本之后还带着本进程的内存地址";
    OLD_TEXT = "old-text",
        "{function}() sends {length} bytes each time, and behind the text in them the end of an older one",
        "{function}() 每次都发送 {length} 字节，文本之后还带着旧文本的末尾";
    ENDS = "ends",
        "the text here ends after {text} bytes",
        "这里的文本只有 {text} 字节";
    STRLEN = "strlen",
        "send as many bytes as the text has: strlen(), or what snprintf() returned; clear a record of a fixed size before filling it",
        "应按文本的实际长度发送：用 strlen() 或 snprintf() 的返回值；如果是定长记录，填写之前先清零";
    POINTS = "points",
        "the eight bytes at {offset} are {value}, which points into this process: memory that was never set leaves it",
        "偏移 {offset} 处的八个字节是 {value}，指向本进程内部：未初始化的内存被发送了出去";
    REMAINS = "remains",
        "the {bytes} bytes at {offset} are left from the text that was sent from this buffer before",
        "偏移 {offset} 处的 {bytes} 个字节，是先前从该缓冲区发送的文本的残留";
}

/// A process, its image, and a place in it.
type Place = (u32, u64, u64);

/// What one place in a program sends.
struct Sent {
    length: u64,
    /// Every message was a text, and of this length.
    fixed: bool,
    /// Bytes of all messages.
    total: u64,
    buffer: u64,
    /// How many bytes the last text has, and what the message began with.
    text: usize,
    first: Vec<u8>,
    shape: Shape,
    /// Some of it went to somebody who is not recorded.
    to_strangers: bool,
    suspicion: Option<Suspicion>,
}

struct Suspicion {
    finding: Finding,
    /// Records of this length may be meant.
    may_be_a_record: bool,
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct SendSizeofBuffer {
    places: Map<Place, Sent>,
    received: Received,
    /// Endpoints of which the other end is not known yet, with the places that sent something through them.
    unjoined: Map<EndpointId, Vec<Place>>,
    incomplete: bool,
}

impl Rule for SendSizeofBuffer {
    fn event(&mut self, model: &Model, event: &Event, _sink: &mut Sink) {
        match &event.what {
            What::Call(call) => self.call(model, event, call),
            // Whatever was received by a call that is missing may be what is sent later.
            What::Lost(_) | What::Gap { .. } | What::Unknown(_) => self.incomplete = true,
            What::ProcessEnd(_) => self.received.forget(event.thread),
            What::ProcessStart(start) if start.forked => self.received.inherit(event.thread, start.parent),
            _ => {}
        }
    }

    fn gone(&mut self, endpoint: EndpointId) {
        if let Some(places) = self.unjoined.remove(&endpoint) {
            self.went_to_strangers(&places);
        }
    }

    fn finish(&mut self, model: &Model, sink: &mut Sink) {
        if self.incomplete || model.is_blind() {
            return;
        }
        for places in std::mem::take(&mut self.unjoined).into_values() {
            self.went_to_strangers(&places);
        }
        let received = &self.received;
        let places = self.places.drain().filter(|(_, sent)| sent.fixed);
        let found = places.filter_map(|((process, ..), sent)| {
            let is_record = || {
                let by_strangers = !sent.shape.is_of_lines() || received.is_read_by(sent.length, process);
                sent.to_strangers && by_strangers || received.may_be_read_elsewhere(sent.length, sent.total, process)
            };
            let suspicion = sent.suspicion.filter(|suspicion| !(suspicion.may_be_a_record && is_record()));
            suspicion.map(|suspicion| suspicion.finding)
        });
        let mut found: Vec<Finding> = found.collect();
        // Equal ones become one, whose details are the first one's.
        found.sort_by_key(|finding| (finding.ticks, finding.process.pid, finding.fd));
        found.into_iter().for_each(|finding| sink.emit(finding));
    }
}

impl SendSizeofBuffer {
    fn went_to_strangers(&mut self, places: &[Place]) {
        for place in places {
            self.places.get_mut(place).into_iter().for_each(|sent| sent.to_strangers = true);
        }
    }

    fn call(&mut self, model: &Model, event: &Event, call: &Call) {
        if ends_the_process(call.function) {
            self.received.forget(event.thread);
        }
        if is_a_beginning(call.function) && model.subject().is_some_and(Endpoint::is_inet) {
            self.received.expect(event.thread.process);
        }
        if let Some(received) = Transfer::received_in_one_buffer(call) {
            return self.received.add(event.thread, &received);
        }
        if let Some(joined) = model.subject().filter(|end| !self.unjoined.is_empty() && end.peer.is_some()) {
            self.unjoined.remove(&joined.id);
        }
        let Some(sent) = Transfer::sent_from_one_buffer(call).filter(|sent| !sent.first.is_empty()) else { return };
        let Some(process) = model.process(event.thread).filter(|process| !process.is_blind()) else { return };
        let place = (event.thread.process, event.thread.image, call.caller);
        if !self.places.contains_key(&place) {
            let watched = self.places.len() < PLACES && process.program().origin(call.caller) == Origin::Program;
            if !watched || model.subject().is_none_or(|endpoint| !endpoint.is_inet()) {
                return;
            }
        }
        let text = text(&sent).filter(|_| !self.received.has(event.thread, &sent));
        let before = self.places.entry(place).or_insert_with(|| Sent::new(&sent));
        let Some(text) = text.filter(|_| before.length == sent.moved && before.fixed) else {
            before.fixed = false;
            return;
        };
        if model.subject().is_some() && before.text > 0 && before.first != sent.first {
            let evidence = address(process.program(), &sent, text).or_else(|| before.old_text(&sent, text));
            before.suspect(evidence, |evidence| {
                let name = ProcessName::of(process.program(), event.thread);
                finding(name, event, call, Site::of(process.program(), call), text, evidence)
            });
        }
        before.total += sent.moved;
        before.shape.add(&sent, text);
        if let Some(endpoint) = model.subject().filter(|endpoint| endpoint.peer.is_none() && !before.to_strangers) {
            let places = self.unjoined.entry(endpoint.id).or_default();
            if !places.contains(&place) {
                places.push(place);
            }
        }
        (before.buffer, before.text) = (sent.buffer, text);
        before.first.clear();
        before.first.extend_from_slice(sent.first);
    }
}

/// From here on the process may receive something on the socket.
const fn is_a_beginning(function: Function) -> bool {
    matches!(function, Function::Bind | Function::Connect) || accepts(function)
}

impl Sent {
    fn new(sent: &Transfer<'_>) -> Self {
        Self {
            length: sent.moved,
            fixed: true,
            total: 0,
            buffer: 0,
            text: 0,
            first: Vec::new(),
            shape: Shape::default(),
            to_strangers: false,
            suspicion: None,
        }
    }

    /// Behind a text of `text` bytes stands the end of the one that was sent before it.
    fn old_text(&self, sent: &Transfer<'_>, text: usize) -> Option<Evidence> {
        let end = self.text.min(sent.first.len());
        let stale = self.first.get(text + 1..end)?;
        let is_left = self.buffer == sent.buffer && stale.len() >= ENOUGH && stale == &sent.first[text + 1..end];
        let note = || Message::new(&REMAINS).with("bytes", stale.len() as u64).with("offset", text as u64 + 1);
        is_left.then(|| Evidence { form: &OLD_TEXT, note: note(), may_be_a_record: true })
    }

    /// Remembers what was found, first of all what needs no reader to be true.
    fn suspect(&mut self, evidence: Option<Evidence>, finding: impl FnOnce(Evidence) -> Finding) {
        let Some(evidence) = evidence else { return };
        let may_be_a_record = evidence.may_be_a_record;
        match &mut self.suspicion {
            Some(known) if known.may_be_a_record == may_be_a_record => known.finding.count += 1,
            Some(_) if may_be_a_record => {}
            other => *other = Some(Suspicion { finding: finding(evidence), may_be_a_record }),
        }
    }
}

/// Something behind the text that does not belong there.
struct Evidence {
    form: &'static Form,
    note: Message,
    may_be_a_record: bool,
}

/// How many bytes the text has that the message begins with: a printable one, with more behind it. Where it is longer than what
/// was recorded, as many as were.
fn text(sent: &Transfer<'_>) -> Option<usize> {
    let end = sent.first.iter().position(|byte| *byte == 0).unwrap_or(sent.first.len());
    let is_text = sent.asked == sent.moved && end > 0 && sent.first[..end].iter().all(|byte| is_printable(*byte));
    (is_text && end as u64 + 1 < sent.moved).then_some(end)
}

/// What a text may hold; letters beyond ASCII in whatever encoding.
const fn is_printable(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r' | 0x80..)
}

/// An address of the process's own memory stands behind the text, where the compiler would have put one.
fn address(program: &Program, sent: &Transfer<'_>, text: usize) -> Option<Evidence> {
    let behind = text as u64 + 1..sent.first.len() as u64;
    let at_the_end = sent.moved.saturating_sub(END).max(behind.end)..sent.moved;
    let aligned = behind.chain(at_the_end).filter(|place| sent.buffer.wrapping_add(*place) % 8 == 0);
    let mut words = aligned.filter_map(|place| Some((place, sent.word(place)?)));
    let (offset, value) = words.find(|(_, word)| points_into(program, sent.buffer, *word))?;
    let note = Message::new(&POINTS).with("offset", offset).with("value", format!("{value:#x}"));
    Some(Evidence { form: &ADDRESS, note, may_be_a_record: false })
}

fn points_into(program: &Program, buffer: u64, word: u64) -> bool {
    let is_text = word.to_ne_bytes().iter().all(|byte| *byte == 0 || is_printable(*byte));
    let mut modules = program.modules.iter();
    let is_near = |start: u64, end: u64| (start.saturating_sub(NEAR)..end.saturating_add(NEAR)).contains(&word);
    word >= LOWEST_ADDRESS
        && !is_text
        && (is_near(buffer, buffer) || modules.any(|module| is_near(module.start, module.end)))
}

fn finding(process: ProcessName, event: &Event, call: &Call, site: Site, text: usize, evidence: Evidence) -> Finding {
    Finding {
        rule: "send-sizeof-buffer",
        confidence: Confidence::Likely,
        message: Message::new(evidence.form).with("function", call.function.name()).with("length", call.args[1]),
        process,
        fd: call.fd,
        ticks: event.end,
        site,
        label: Message::new(&ENDS).with("text", text as u64),
        related: Vec::new(),
        help: Message::new(&STRLEN),
        notes: vec![evidence.note],
        count: 1,
    }
}
