//! # What it does
//!
//! Finds two programs that wait for each other: one has sent all it had to say and waits for the answer, the other has read
//! all of it and waits for more, or for the end.
//!
//! # Why is this bad
//!
//! A TCP connection has no end of message. A peer that reads "until the end of the file" gets that end when this side closes,
//! or says by `shutdown(fd, SHUT_WR)` that it will send no more. Without either both sides wait until somebody ends them.
//!
//! # Example
//!
//! ```c
//! send(fd, request, strlen(request), 0);
//! n = recv(fd, answer, sizeof answer, 0);     /* the server still reads the request */
//! ```
//!
//! # Use instead
//!
//! ```c
//! send(fd, request, strlen(request), 0);
//! shutdown(fd, SHUT_WR);                      /* the server's recv() returns 0 */
//! n = recv(fd, answer, sizeof answer, 0);
//! ```
//!
//! Where more requests are to follow on the connection, tell the peer in another way where one ends: by a length before it or a
//! delimiter behind it.
//!
//! # How it tells
//!
//! - *likely*: both ends of the connection are recorded; one sent last, has not shut its direction down and is blocked in
//!   `recv`; the other read last, in a loop with one and the same buffer, which was not full, and is blocked in `recv` as
//!   well; each has read every byte that the other sent; and neither call ever returned, but for the end of the other process.
//!
//! It keeps silent, because such programs are correct,
//!
//! - where anything could still come: another thread, another descriptor or another process that may use the socket, a
//!   receive timeout, `poll` instead of a blocked `recv`;
//! - where a side sent something while it waited, from a signal handler: a sign of life, which may be answered;
//! - where the reader knows how much is to come: it asks for the rest, or for single bytes;
//! - where messages ran together, because one `recv` took several `send`s, and were answered: who counts messages may wait for
//!   one that was read already, and no `shutdown` mends that;
//! - where only one end is recorded, or calls were lost.
//!
//! # References
//!
//! - `man 2 shutdown`, RFC 9293, section 3.6
//! - <http://www.unixguide.net/network/socketfaq/2.6.shtml>

use bsock_recording::event::{Event, What};

use crate::finding::{Confidence, Finding, ProcessName, Related};
use crate::forms;
use crate::message::Message;
use crate::model::{Direction, Endpoint, EndpointId, Model, Traffic};
use crate::rules::Rule;
use crate::sink::Sink;
use crate::site::Site;
use crate::table::Map;
use crate::transfer::{LONG, waited_in_vain};

/// Ends that wait, or waited until the other was ended.
const REMEMBERED: usize = 4096;

forms! {
    BOTH_WAIT = "both-wait",
        "{function}() waits for {peer}, which itself waits in {theirs}() on the same connection: neither goes on",
        "{function}() 在等待 {peer}，而对端也在同一连接上的 {theirs}() 中等待：双方都无法继续";
    WAITS = "waits",
        "waits for an answer",
        "在此等待应答";
    WAITS_TOO = "waits-too",
        "the peer has read everything, and waits for more or for the end here",
        "对端已经读完全部数据，在此等待更多数据或文件结束";
    SHUT_DOWN = "shut-down",
        "after the last send() call shutdown(fd, SHUT_WR): the peer's recv() then returns 0; or tell where a message ends",
        "最后一次 send() 之后调用 shutdown(fd, SHUT_WR)，对端的 recv() 就会返回 0；或者用别的方式告诉对端消息在哪里结束";
    ALL_READ = "all-read",
        "all {sent} bytes that were sent have been read; nothing is under way in either direction",
        "已发送的 {sent} 个字节全部被读走；两个方向上都没有在途的数据";
}

/// An end that was blocked in a `recv`.
struct Waits {
    peer: EndpointId,
    process: ProcessName,
    fd: i32,
    site: Site,
    begin: u64,
    end: u64,
    /// It returned because the other end's process was ended.
    released: bool,
    buffer: (u64, u64),
    traffic: Traffic,
    shut_write: bool,
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct MissingShutdown {
    waits: Map<EndpointId, Waits>,
}

impl Rule for MissingShutdown {
    fn event(&mut self, model: &Model, event: &Event, _sink: &mut Sink) {
        let What::Call(call) = &event.what else { return };
        let Some(released) = waited_in_vain(call, event) else { return };
        let Some(process) = model.process(event.thread).filter(|process| process.is_single_threaded()) else { return };
        let Some(endpoint) = model.subject().filter(|endpoint| is_alone(endpoint)) else { return };
        // In a process of one thread only a signal handler sends while the thread waits.
        let idle = endpoint.traffic.last <= event.begin;
        let Some(peer) = endpoint.peer.filter(|_| idle && self.waits.len() < REMEMBERED) else { return };
        // What comes after the first end of the file tells nothing of the time before it.
        self.waits.entry(endpoint.id).or_insert_with(|| Waits {
            peer,
            process: ProcessName::of(process.program(), event.thread),
            fd: call.fd,
            site: Site::of(process.program(), call),
            begin: event.begin,
            end: event.end,
            released,
            buffer: (call.args[0], call.args[1]),
            traffic: endpoint.traffic,
            shut_write: endpoint.course.shut_write,
        });
    }

    fn finish(&mut self, _model: &Model, sink: &mut Sink) {
        for (id, one) in &self.waits {
            let Some(other) = self.waits.get(&one.peer).filter(|other| other.peer == *id) else { continue };
            if has_asked(one) && has_read_all(other, one) && !may_count(one, other) && waited_together(one, other) {
                sink.emit(finding(one, other));
            }
        }
    }
}

/// Nobody else can send on it or read from it, and no time ends the wait.
fn is_alone(endpoint: &Endpoint) -> bool {
    let complete = !endpoint.traffic.uncounted && !endpoint.course.handed_on && !endpoint.is_shared();
    endpoint.is_stream() && complete && !endpoint.course.times_out
}

/// It sent last, and did not say that this was all.
fn has_asked(one: &Waits) -> bool {
    one.traffic.run.direction == Some(Direction::Out) && !one.shut_write
}

/// It has read what the other one sent, in a loop that does not know how much is to come.
fn has_read_all(reader: &Waits, writer: &Waits) -> bool {
    let run = reader.traffic.run;
    let in_a_loop = run.direction == Some(Direction::In) && run.alike && !run.full && run.buffer == reader.buffer;
    let nothing_under_way =
        reader.traffic.received == writer.traffic.sent && writer.traffic.received == reader.traffic.sent;
    in_a_loop && nothing_under_way && !reader.shut_write
}

/// One took several questions at once, or the other several answers: who counts them may wait for one that was read already.
fn may_count(one: &Waits, other: &Waits) -> bool {
    let (answering, asking) = (&one.traffic, &other.traffic);
    let questions_at_once = answering.receives < asking.sends || answering.before < asking.before;
    let answers_at_once = asking.before > 1 && asking.receives < answering.sends;
    questions_at_once || answers_at_once
}

/// Both were in their calls at one time, and one of them never left it.
fn waited_together(one: &Waits, other: &Waits) -> bool {
    let (begin, end) = (one.begin.max(other.begin), one.end.min(other.end));
    !(one.released && other.released) && end.saturating_sub(begin) >= LONG
}

fn finding(one: &Waits, other: &Waits) -> Finding {
    Finding {
        rule: "missing-shutdown",
        confidence: Confidence::Likely,
        message: Message::new(&BOTH_WAIT)
            .with("function", one.site.function)
            .with("peer", other.process.name.clone())
            .with("theirs", other.site.function),
        process: one.process.clone(),
        fd: one.fd,
        ticks: one.end,
        site: one.site.clone(),
        label: Message::new(&WAITS),
        related: vec![Related { message: Message::new(&WAITS_TOO), site: other.site.clone() }],
        help: Message::new(&SHUT_DOWN),
        notes: vec![Message::new(&ALL_READ).with("sent", one.traffic.sent.to_string())],
        count: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Story, call};
    use bsock_recording::event::{Call, Outcome, Thread};
    use bsock_recording::function::Function;

    fn blocked(fd: i32) -> Call {
        Call { args: [0x5000, 100, 0], ..call(Function::Recv, fd, Outcome::Unfinished) }
    }

    /// A client has sent a request and waits; the server has read it and waits. Then this; what is said.
    fn said(before: impl FnOnce(&mut Story, Thread, Thread), server_waits: &Call) -> Vec<String> {
        let mut story = Story::new();
        let (server, client) = story.server_and_client();
        story.moves(client, Function::Send, 3, 7);
        story.moves(server, Function::Recv, 4, 7);
        before(&mut story, client, server);
        for (thread, waits) in [(client, blocked(3)), (server, server_waits.clone())] {
            story.call(thread, waits);
            story.at(5000, 5000 + 2 * LONG);
        }
        let findings = story.findings().into_iter().filter(|found| found.rule == "missing-shutdown");
        findings.map(|found| found.message.to_string()).collect()
    }

    const SENTENCE: &str =
        "recv() waits for server, which itself waits in recv() on the same connection: neither goes on";

    #[test]
    fn two_ends_that_wait_for_each_other_are_found_whoever_is_ended_first() {
        assert_eq!(said(|_, _, _| {}, &blocked(4)), [SENTENCE]);
        assert_eq!(said(|_, _, _| {}, &Call { outcome: Outcome::Returned(0), ..blocked(4) }), [SENTENCE]);
    }

    /// The client sends questions, each of 7 bytes, which the server receives and answers by so many calls, each of 2; the client
    /// has them by so many calls.
    fn conversation(questions: i64, receives: i64, answers: i64, has: i64) -> Vec<String> {
        let mut story = Story::new();
        let (server, client) = story.server_and_client();
        let moves = |story: &mut Story, thread, function, fd, calls: i64, bytes: i64| {
            (0..calls).for_each(|_| story.moves(thread, function, fd, bytes / calls));
        };
        moves(&mut story, client, Function::Send, 3, questions, 7 * questions);
        moves(&mut story, server, Function::Recv, 4, receives, 7 * questions);
        moves(&mut story, server, Function::Send, 4, answers, 2 * answers);
        moves(&mut story, client, Function::Recv, 3, has, 2 * answers);
        for (thread, fd) in [(client, 3), (server, 4)] {
            story.call(thread, blocked(fd));
            story.at(5000, 5000 + 2 * LONG);
        }
        let findings = story.findings().into_iter().filter(|found| found.rule == "missing-shutdown");
        findings.map(|found| found.message.to_string()).collect()
    }

    #[test]
    fn who_may_count_messages_that_ran_together_is_not_told_to_shut_down() {
        let sentence = "recv() waits for client, which itself waits in recv() on the same connection: neither goes on";
        assert_eq!(conversation(1, 1, 1, 1), [sentence], "the server waits for thanks");
        assert_eq!(conversation(1, 1, 4, 2), [sentence], "a file, in pieces");
        assert_eq!(conversation(2, 2, 2, 2), [sentence]);
        assert_eq!(conversation(5, 1, 1, 1), [""; 0], "five questions are taken for one");
        assert_eq!(conversation(4, 4, 4, 2), [""; 0], "four answers are taken for two");
    }

    #[test]
    fn where_anything_can_still_come_it_is_silent() {
        type Before = fn(&mut Story, Thread, Thread);
        let silent: [(&str, Before); 6] = [
            ("unread bytes", |story, client, _| story.moves(client, Function::Send, 3, 1)),
            ("an answer under way", |story, _, server| story.moves(server, Function::Send, 4, 1)),
            ("shut down", |story, client, _| {
                story.call(client, Call { args: [1, 0, 0], ..call(Function::Shutdown, 3, Outcome::Returned(0)) });
            }),
            ("a timeout", |story, client, _| {
                story.call(client, Call { args: [1, 20, 16], ..call(Function::Setsockopt, 3, Outcome::Returned(0)) });
            }),
            ("another descriptor", |story, _, server| story.call(server, call(Function::Dup, 4, Outcome::Returned(9)))),
            ("another thread", |story, _, server| {
                story.push(Thread { thread: 999, ..server }, What::ThreadStart);
            }),
        ];
        for (name, before) in silent {
            assert_eq!(said(before, &blocked(4)), [""; 0], "{name}");
        }
        let sign_of_life = said(
            |story, client, server| {
                story.moves(client, Function::Send, 3, 7);
                story.at(5010, 5020);
                story.moves(server, Function::Recv, 4, 7);
            },
            &blocked(4),
        );
        assert_eq!(sign_of_life, [""; 0], "a handler sends");
        let rest = Call { args: [0x5007, 93, 0], ..blocked(4) };
        assert_eq!(said(|_, _, _| {}, &rest), [""; 0], "asks for the rest");
    }
}
