//! Servers that read the beginning of a request, answer it, and close while its rest is unread.
//!
//! A short answer survives the reset, mostly: the peer reads it, and then an error in place of the end. The kernel tells how
//! many bytes are unread; that they are the rest of *one* message, of which the server answered the beginning, only the peer's
//! calls show. A client that closes has seen enough, and a server that leaves a whole further request alone answers one a
//! connection: so it counts for neither.
//!
//! The `close` of one end may be told later than the failure that it caused at the other.

use bsock_recording::event::{Call, Event, Outcome};

use super::doubt::{Doubt, GoesOn};
use super::{FAILED, Held, READ, READ_ALL, RESET, UNREAD_REST};
use crate::finding::{Confidence, Finding, ProcessName, Related};
use crate::functions::receives_one_message;
use crate::linux::ECONNRESET;
use crate::message::Message;
use crate::model::{Direction, Endpoint, EndpointId, Model};
use crate::site::Site;
use crate::table::Map;

/// Connections of which one end is waited for, a kind.
const REMEMBERED: usize = 4096;

/// A server closed.
struct Close {
    server: EndpointId,
    finding: Box<Finding>,
    received: u64,
    unread: u64,
}

/// A client's `recv` failed.
struct Reset {
    server: EndpointId,
    function: &'static str,
    site: Site,
    /// All that it sent, and where the last `send` began.
    sent: u64,
    last: u64,
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Answered {
    /// By the client's end, both.
    closes: Map<EndpointId, Close>,
    resets: Map<EndpointId, Reset>,
    /// Of the closes those that a signal may have asked for.
    doubts: Map<EndpointId, Doubt>,
}

/// What is to be said, if the close was not asked for.
type Found = (Finding, Option<Doubt>);

impl Answered {
    /// `server` was closed.
    pub(super) fn closed(
        &mut self,
        (server, held): (&Endpoint, &Held),
        doubt: Option<Doubt>,
        model: &Model,
        (event, call): (&Event, &Call),
    ) -> Option<Found> {
        let (traffic, process) = (server.traffic, model.process(event.thread));
        let has_answered = traffic.received > 0 && traffic.run.direction == Some(Direction::Out);
        let (Some(client), Some(process), true) = (server.peer, process, has_answered && server.was_accepted()) else {
            return None;
        };
        if traffic.uncounted || self.closes.len() >= REMEMBERED {
            return None;
        }
        let by = ProcessName::of(process.program(), event.thread);
        let close = Close {
            server: server.id,
            finding: Box::new(finding(held, by, event, call, Site::of(process.program(), call))),
            received: traffic.received,
            unread: held.unread.into(),
        };
        self.closes.insert(client, close);
        self.doubts.extend(doubt.map(|doubt| (client, doubt)));
        self.judge(client)
    }

    pub(super) fn is_in_doubt(&self) -> bool {
        !self.doubts.is_empty()
    }

    /// A process goes on: what it closed before it meant to close.
    pub(super) fn clear_up(&mut self, going_on: GoesOn) {
        self.doubts.retain(|_, doubt| !doubt.is_cleared_by(going_on));
    }

    /// A call on a connection.
    pub(super) fn call(&mut self, model: &Model, event: &Event, call: &Call) -> Option<Found> {
        if call.outcome != Outcome::Failed(ECONNRESET) || call.injected || !receives_one_message(call.function) {
            return None;
        }
        let (client, process) = model.subject().zip(model.process(event.thread))?;
        let is_open = |server: &EndpointId| model.endpoint(*server).is_some() || self.closes.contains_key(&client.id);
        let server = client.peer.filter(is_open)?;
        if client.traffic.uncounted || self.resets.len() >= REMEMBERED {
            return None;
        }
        let (sent, last) = (client.traffic.sent, client.traffic.last_send);
        let site = Site::of(process.program(), call);
        self.resets.insert(client.id, Reset { server, function: call.function.name(), site, sent, last });
        self.judge(client.id)
    }

    /// Nothing more will come of this end.
    pub(super) fn gone(&mut self, id: EndpointId) {
        self.closes.remove(&id);
        self.doubts.remove(&id);
        if !self.resets.is_empty() {
            self.resets.retain(|_, reset| reset.server != id);
        }
    }

    fn judge(&mut self, client: EndpointId) -> Option<Found> {
        if !self.closes.contains_key(&client) || !self.resets.contains_key(&client) {
            return None;
        }
        let doubt = self.doubts.remove(&client);
        let (close, reset) = self.closes.remove(&client).zip(self.resets.remove(&client))?;
        let is_all = close.received + close.unread == reset.sent;
        if close.server != reset.server || !is_all || close.received <= reset.last {
            return None;
        }
        let mut finding = *close.finding;
        let (read, length) = (close.received - reset.last, reset.sent - reset.last);
        finding.notes.push(Message::new(&READ).with("read", read).with("length", length));
        let failed = Message::new(&FAILED).with("function", reset.function);
        finding.related.push(Related { message: failed, site: reset.site });
        Some((finding, doubt))
    }
}

fn finding(held: &Held, process: ProcessName, event: &Event, call: &Call, site: Site) -> Finding {
    Finding {
        rule: "close-with-unread",
        confidence: Confidence::Likely,
        message: Message::new(&UNREAD_REST).with("function", call.function.name()),
        process,
        fd: held.fd,
        ticks: event.end,
        site,
        label: Message::new(&RESET),
        related: Vec::new(),
        help: Message::new(&READ_ALL),
        notes: Vec::new(),
        count: 1,
    }
}

#[cfg(test)]
mod tests {
    use bsock_recording::event::Thread;
    use bsock_recording::function::Function;

    use super::*;
    use crate::testing::{OK, Story, call, giving_up};

    /// Something that happens between server and client.
    type Then = fn(&mut Story, Thread, Thread);

    /// A server that does `then` with a connection from its client; what is said.
    fn said(then: Then) -> Vec<String> {
        let mut story = Story::new();
        let (server, client) = story.server_and_client();
        then(&mut story, server, client);
        let found = story.findings();
        found.iter().map(|found| format!("{}: {}; {}", found.rule, found.message, found.notes[0])).collect()
    }

    /// `thread` closes `fd` while the kernel holds so much for it.
    fn closes(story: &mut Story, thread: Thread, fd: i32, unread: i32) {
        story.call(thread, giving_up(call(Function::Close, fd, OK), [fd, unread, 0], 0));
    }

    fn is_reset(story: &mut Story, thread: Thread, fd: i32) {
        story.call(thread, Call { args: [0x5000, 100, 0], ..call(Function::Recv, fd, Outcome::Failed(ECONNRESET)) });
    }

    /// The client sends 70 bytes, the server reads 50 and answers, and the client reads that.
    fn answers_a_part(story: &mut Story, server: Thread, client: Thread) {
        story.moves(client, Function::Send, 3, 70);
        story.moves(server, Function::Recv, 4, 50);
        story.moves(server, Function::Send, 4, 9);
        story.moves(client, Function::Recv, 3, 9);
    }

    #[test]
    fn the_rest_of_a_request_that_was_answered_is_found() {
        let expected = "close-with-unread: close() with the rest of the peer's message unread resets the connection, and the \
                        peer gets an error in place of the end; 50 of the 70 bytes that the peer sent at once had been read";
        let thens: [(&str, Then); 3] = [
            ("in order", |story, server, client| {
                answers_a_part(story, server, client);
                closes(story, server, 4, 20);
                is_reset(story, client, 3);
            }),
            ("the peer is told first", |story, server, client| {
                answers_a_part(story, server, client);
                is_reset(story, client, 3);
                story.close(client, 3);
                closes(story, server, 4, 20);
            }),
            ("the second request", |story, server, client| {
                story.moves(client, Function::Send, 3, 30);
                story.moves(server, Function::Recv, 4, 30);
                answers_a_part(story, server, client);
                closes(story, server, 4, 20);
                is_reset(story, client, 3);
            }),
        ];
        for (name, then) in thens {
            assert_eq!(said(then), [expected], "{name}");
        }
    }

    #[test]
    fn who_could_be_asked_to_stop_is_found_when_it_goes_on() {
        /// Of the three things that happen after the close these, in this order: the peer is told and closes, the server goes on.
        fn after(order: &[&str]) -> usize {
            let mut story = Story::new();
            let (server, client) = story.server_and_client();
            answers_a_part(&mut story, server, client);
            story.call(server, giving_up(call(Function::Close, 4, OK), [4, 20, 0], 1 << 14));
            for step in order {
                match *step {
                    "told" => is_reset(&mut story, client, 3),
                    "closes" => story.close(client, 3),
                    _ => story.call(server, call(Function::Accept, 3, Outcome::Unfinished)),
                }
            }
            story.findings().len()
        }
        assert_eq!(after(&["told", "closes"]), 0);
        for order in [["told", "closes", "on"], ["told", "on", "closes"], ["on", "told", "closes"]] {
            assert_eq!(after(&order), 1, "{order:?}");
        }
    }

    #[test]
    fn what_may_be_meant_is_silent() {
        let thens: [(&str, Then); 7] = [
            ("the client does not mind", |story, server, client| {
                answers_a_part(story, server, client);
                closes(story, server, 4, 20);
                story.close(client, 3);
            }),
            ("a request of its own is left", |story, server, client| {
                story.moves(client, Function::Send, 3, 50);
                story.moves(client, Function::Send, 3, 20);
                story.moves(server, Function::Recv, 4, 50);
                story.moves(server, Function::Send, 4, 9);
                closes(story, server, 4, 20);
                is_reset(story, client, 3);
            }),
            ("the client sends more", |story, server, client| {
                answers_a_part(story, server, client);
                closes(story, server, 4, 20);
                story.moves(client, Function::Send, 3, 5);
                is_reset(story, client, 3);
            }),
            ("nothing is answered", |story, server, client| {
                story.moves(client, Function::Send, 3, 70);
                story.moves(server, Function::Recv, 4, 50);
                closes(story, server, 4, 20);
                is_reset(story, client, 3);
            }),
            ("all is read", |story, server, client| {
                answers_a_part(story, server, client);
                story.moves(server, Function::Recv, 4, 20);
                closes(story, server, 4, 0);
                is_reset(story, client, 3);
            }),
            ("the client has seen enough", |story, server, client| {
                story.moves(server, Function::Send, 4, 70);
                story.moves(client, Function::Recv, 3, 50);
                story.moves(client, Function::Send, 3, 4);
                story.moves(server, Function::Recv, 4, 4);
                closes(story, client, 3, 20);
                is_reset(story, server, 4);
            }),
            ("calls of the client are lost", |story, server, client| {
                answers_a_part(story, server, client);
                story.lost(client);
                closes(story, server, 4, 20);
                is_reset(story, client, 3);
            }),
        ];
        for (name, then) in thens {
            assert_eq!(said(then), [""; 0], "{name}");
        }
    }
}
