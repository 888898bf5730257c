//! Messages of which only a part was sent because the program closed the connection behind it.
//!
//! A connection may be given up in the middle of a message: because the peer is too slow, a time is over, a signal came, or
//! something went wrong. So it counts only where nothing of that can be: the socket does not wait, what was sent before had
//! been read, and the very next thing that the thread does is to close. Then the message is larger than the socket's buffers,
//! which is nobody's fault but its sender's. And the peer reads on until the end, which looks to it like the end of a message
//! that is whole. Who calls `shutdown` first ends his stream with care, and is taken to have looked at the count.
//!
//! The `close` of one end may be told later than the 0 that the other one's `recv` returns because of it.

use bsock_recording::event::{Call, Event, Outcome, Thread};
use bsock_recording::function::Function;

use super::{CLOSED, CUT_SHORT, NO_FAULT, READ_END, Short, TOOK, begins_a_screen, help};
use crate::finding::{Confidence, Finding, ProcessName, Related};
use crate::functions::{has_flag, receives_one_message, sends, works_on_files};
use crate::linux::{EAGAIN, EINTR, MSG_DONTWAIT};
use crate::message::Message;
use crate::model::{Direction, Endpoint, EndpointId, Model};
use crate::sink::Sink;
use crate::site::Site;
use crate::table::Map;

/// Messages of which a part is missing that are watched at a time.
const REMEMBERED: usize = 4096;

/// So much may be under way when a message is begun, and the buffers are as good as empty: the head of a message, that was
/// sent by a call of its own.
const A_HEAD: u64 = 4096;

/// So many equal pieces are no message.
const MANY: u64 = 8;

/// A message of which a part is missing.
struct Cut {
    sender: EndpointId,
    /// The short send, if nothing but that was wrong.
    finding: Box<Finding>,
    missing: u64,
    /// All that was sent on the connection.
    total: u64,
    /// The sender closed the connection.
    closed: bool,
    /// Where the peer read the end, and behind how many bytes.
    read_end: Option<(Site, u64)>,
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Cuts {
    /// By the end that receives.
    cuts: Map<EndpointId, Cut>,
    /// Threads that have done nothing else since, with the same end.
    last: Map<Thread, EndpointId>,
}

impl Cuts {
    /// A send was short.
    pub(super) fn short(&mut self, model: &Model, event: &Event, call: &Call, endpoint: &Endpoint, short: &Short) {
        let Some(peer) = endpoint.peer.and_then(|peer| model.endpoint(peer)) else { return };
        let does_not_wait = endpoint.course.nonblocking || has_flag(call, MSG_DONTWAIT);
        let before = endpoint.traffic.sent.saturating_sub(short.sent);
        let was_read = before.saturating_sub(peer.traffic.received) <= A_HEAD;
        let all_is_known = is_alone(endpoint) && !peer.traffic.uncounted;
        if is_one_of_many_blocks(endpoint) || begins_a_screen(&short.first) {
            return;
        }
        if !does_not_wait
            || !was_read
            || !all_is_known
            || self.cuts.len() >= REMEMBERED
            || self.last.len() >= REMEMBERED
        {
            return;
        }
        let Some(process) = model.process(event.thread) else { return };
        let cut = Cut {
            sender: endpoint.id,
            finding: Box::new(finding(short, ProcessName::of(process.program(), event.thread), event, call.fd)),
            missing: short.length - short.sent,
            total: endpoint.traffic.sent,
            closed: false,
            read_end: None,
        };
        self.cuts.insert(peer.id, cut);
        self.last.insert(event.thread, peer.id);
    }

    /// Something happened after it.
    pub(super) fn call(&mut self, model: &Model, event: &Event, call: &Call, sink: &mut Sink) {
        if self.cuts.is_empty() {
            return;
        }
        let of_sender = self.last.get(&event.thread).copied();
        if let Some(peer) = of_sender {
            self.of_sender(peer, model, event, call);
            self.judge(peer, sink);
        }
        if let Some(end) = model.subject().filter(|end| self.cuts.contains_key(&end.id)) {
            self.of_receiver(end, model, event, call);
            self.judge(end.id, sink);
        }
    }

    /// Nothing more will come of this end.
    pub(super) fn gone(&mut self, id: EndpointId) {
        if self.cuts.is_empty() {
            return;
        }
        self.cuts.retain(|end, cut| if *end == id { cut.read_end.is_some() } else { cut.sender != id || cut.closed });
        self.last.retain(|_, end| self.cuts.contains_key(end));
    }

    fn of_sender(&mut self, peer: EndpointId, model: &Model, event: &Event, call: &Call) {
        let Some(cut) = self.cuts.get_mut(&peer) else {
            self.last.remove(&event.thread);
            return;
        };
        let here = model.subject().filter(|endpoint| endpoint.id == cut.sender);
        match here {
            Some(endpoint) if closes(endpoint, call) && is_alone(endpoint) => {
                cut.closed = true;
                cut.finding.ticks = event.end;
                if let Some(process) = model.process(event.thread) {
                    let message = Message::new(&CLOSED).with("missing", cut.missing);
                    cut.finding.related.push(Related { message, site: Site::of(process.program(), call) });
                }
                self.last.remove(&event.thread);
            }
            // It tries to send the rest, and gives up when there is no room.
            Some(_) if sends(call.function) && call.outcome == Outcome::Failed(EAGAIN) => {}
            None if is_about_a_file(model, call) => {}
            // Whatever this is, it is something else than to close at once.
            _ => {
                self.cuts.remove(&peer);
                self.last.remove(&event.thread);
            }
        }
    }

    fn of_receiver(&mut self, end: &Endpoint, model: &Model, event: &Event, call: &Call) {
        let Some(cut) = self.cuts.get_mut(&end.id).filter(|_| receives_one_message(call.function)) else { return };
        match (call.outcome, model.process(event.thread)) {
            (Outcome::Returned(0), Some(process)) if call.args[1] > 0 && !call.injected => {
                let site = || (Site::of(process.program(), call), end.traffic.received);
                cut.read_end.get_or_insert_with(site);
            }
            (Outcome::Failed(errno), _) if !matches!(errno, EAGAIN | EINTR) => drop(self.cuts.remove(&end.id)),
            _ => {}
        }
    }

    fn judge(&mut self, peer: EndpointId, sink: &mut Sink) {
        if !self.cuts.get(&peer).is_some_and(|cut| cut.closed && cut.read_end.is_some()) {
            return;
        }
        if let Some(Cut { mut finding, total, read_end: Some((site, received)), .. }) = self.cuts.remove(&peer)
            && received == total
        {
            finding.related.push(Related { message: Message::new(&READ_END).with("total", total), site });
            sink.emit(*finding);
        }
    }
}

/// Nobody else sends on it, all that passed is known, and how it ends was not chosen by an option.
const fn is_alone(endpoint: &Endpoint) -> bool {
    let course = endpoint.course;
    !endpoint.is_shared() && !endpoint.traffic.uncounted && !course.handed_on && !course.lingers
}

/// One of many of one length from one buffer. The last one of a file would be shorter: where such a block ends need not mean
/// anything.
fn is_one_of_many_blocks(endpoint: &Endpoint) -> bool {
    let run = endpoint.traffic.run;
    run.direction == Some(Direction::Out) && run.alike && run.calls >= MANY
}

fn closes(endpoint: &Endpoint, call: &Call) -> bool {
    call.function == Function::Close && endpoint.references() == 0
}

/// The file that was sent is closed, or something is logged.
fn is_about_a_file(model: &Model, call: &Call) -> bool {
    let of_files = matches!(call.function, Function::Close | Function::Fclose) || works_on_files(call.function);
    of_files && !model.touched_a_socket()
}

fn finding(short: &Short, process: ProcessName, event: &Event, fd: i32) -> Finding {
    Finding {
        rule: "short-send-ignored",
        confidence: Confidence::Likely,
        message: Message::new(&CUT_SHORT).with("function", short.function.name()),
        process,
        fd,
        ticks: event.end,
        site: short.site.clone(),
        label: Message::new(&TOOK).with("sent", short.sent).with("length", short.length),
        related: Vec::new(),
        help: help(short),
        notes: vec![Message::new(&NO_FAULT)],
        count: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{OK, Story, call, transfer};

    const PAGE: &[u8] = b"<html><body>a page that is long</body></html>";

    /// Something that happens between server and client.
    type Then = fn(&mut Story, Thread, Thread);

    /// A server that does `before` and then sends 20 bytes of `PAGE` to its client, and what is said after `then`.
    fn said(before: Then, then: Then) -> Vec<String> {
        let mut story = Story::new();
        let (server, client) = story.server_and_client();
        before(&mut story, server, client);
        story.call(server, transfer(Function::Send, 4, 0x5000, PAGE, 20));
        then(&mut story, server, client);
        story.findings().iter().map(|found| found.message.to_string()).collect()
    }

    const SAID: &str = "send() sent only a part of its bytes, and then the connection was closed without the rest";

    fn does_not_wait(story: &mut Story, server: Thread, _: Thread) {
        story.call(server, Call { args: [4, 0o4002, 0], ..call(Function::Fcntl, 4, OK) });
    }

    fn ends_at_once(story: &mut Story, server: Thread, client: Thread) {
        story.close(server, 4);
        reads_all(story, client);
    }

    fn reads_all(story: &mut Story, client: Thread) {
        story.moves(client, Function::Recv, 3, 20);
        story.moves(client, Function::Recv, 3, 0);
    }

    #[test]
    fn a_message_that_ends_with_its_connection_is_found() {
        let ways: [(&str, Then); 5] = [
            ("close", ends_at_once),
            ("the peer is told first", |story, server, client| {
                reads_all(story, client);
                story.close(client, 3);
                story.close(server, 4);
            }),
            ("a try that found no room", |story, server, client| {
                story.call(server, call(Function::Send, 4, Outcome::Failed(EAGAIN)));
                ends_at_once(story, server, client);
            }),
            ("the file is closed", |story, server, client| {
                story.close(server, 77);
                story.moves(server, Function::Write, 2, 5);
                ends_at_once(story, server, client);
            }),
            ("another thread goes on", |story, server, client| {
                story.call(Thread { thread: 7, ..server }, call(Function::Poll, -1, OK));
                ends_at_once(story, server, client);
            }),
        ];
        for (name, then) in ways {
            assert_eq!(said(does_not_wait, then), [SAID], "{name}");
        }
    }

    #[test]
    fn what_is_not_the_senders_fault_is_silent() {
        let befores: [(&str, Then); 6] = [
            ("it waits: a signal or a timeout", |_, _, _| {}),
            ("it waits again", |story, server, client| {
                does_not_wait(story, server, client);
                story.call(server, Call { args: [4, 2, 0], ..call(Function::Fcntl, 4, OK) });
            }),
            ("the peer is slow", |story, server, client| {
                does_not_wait(story, server, client);
                story.moves(server, Function::Send, 4, 5000);
            }),
            ("it lingers", |story, server, client| {
                does_not_wait(story, server, client);
                story.call(server, Call { args: [1, 13, 8], ..call(Function::Setsockopt, 4, OK) });
            }),
            ("one of many blocks", |story, server, client| {
                does_not_wait(story, server, client);
                for _ in 0..7 {
                    story.call(server, transfer(Function::Send, 4, 0x5000, PAGE, PAGE.len()));
                    story.moves(client, Function::Recv, 3, 45);
                }
            }),
            ("somebody else holds it", |story, server, client| {
                does_not_wait(story, server, client);
                story.call(server, call(Function::Dup, 4, Outcome::Returned(9)));
            }),
        ];
        for (name, before) in befores {
            assert_eq!(said(before, ends_at_once), [""; 0], "{name}");
        }
        let thens: [(&str, Then); 7] = [
            ("it ends its stream first", |story, server, client| {
                story.call(server, Call { args: [1, 0, 0], ..call(Function::Shutdown, 4, OK) });
                ends_at_once(story, server, client);
            }),
            ("it waits for room", |story, server, client| {
                story.call(server, call(Function::Poll, -1, OK));
                ends_at_once(story, server, client);
            }),
            ("the rest", |story, server, client| {
                story.call(server, transfer(Function::Send, 4, 0x5014, &PAGE[20..], 25));
                story.close(server, 4);
                story.moves(client, Function::Recv, 3, 45);
                story.moves(client, Function::Recv, 3, 0);
            }),
            ("it reads first", |story, server, client| {
                story.moves(server, Function::Recv, 4, 5);
                ends_at_once(story, server, client);
            }),
            ("the peer has enough", |story, server, client| {
                story.close(server, 4);
                story.moves(client, Function::Recv, 3, 20);
                story.close(client, 3);
            }),
            ("the peer is told by an error", |story, server, client| {
                story.close(server, 4);
                story.moves(client, Function::Recv, 3, 20);
                story.call(client, call(Function::Recv, 3, Outcome::Failed(104)));
                story.moves(client, Function::Recv, 3, 0);
            }),
            ("calls of the peer are lost", |story, server, client| {
                story.close(server, 4);
                story.lost(client);
                reads_all(story, client);
            }),
        ];
        for (name, then) in thens {
            assert_eq!(said(does_not_wait, then), [""; 0], "{name}");
        }
    }
}
