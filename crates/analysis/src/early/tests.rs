//! What waits has its turn in the end, and nothing waits long for what will not come.

use bsock_recording::event::{Call, Event, Outcome, Thread, What};
use bsock_recording::function::Function;

use super::WAITING;
use crate::Analysis;
use crate::rules::ALL;
use crate::testing::{Story, call, missing, module, passing};

/// A worker that receives through socket 6 what somebody else may send.
fn worker(story: &mut Story) -> Thread {
    let worker = story.program(&["./worker"]);
    story.udp_socket(worker, 6);
    worker
}

fn receive(cookie: u64, fd: i32) -> Call {
    passing(call(Function::Recvmsg, 6, Outcome::Returned(1)), &[(fd, cookie)])
}

fn send(cookie: u64, fd: i32) -> Call {
    passing(call(Function::Sendmsg, 6, Outcome::Returned(1)), &[(fd, cookie)])
}

/// How many events have had their turn, and of how many sockets nothing is known.
fn after(events: &[Event]) -> (u64, u64) {
    let mut analysis = Analysis::new(ALL);
    events.iter().for_each(|event| analysis.event(event));
    let summary = analysis.model().summary();
    (summary.calls, summary.opaque)
}

#[test]
fn what_will_not_come_is_awaited_once() {
    let mut story = Story::new();
    let worker = worker(&mut story);
    story.call(worker, receive(7, 3));
    assert_eq!(after(&story.events), (1, 0), "the socket alone");
    (0..WAITING).for_each(|_| story.moves(worker, Function::Recv, 3, 1));
    let calls = 2 + WAITING as u64;
    assert_eq!(after(&story.events), (calls, 1), "too many wait");
    story.call(worker, receive(8, 4));
    assert_eq!(after(&story.events), (calls + 1, 2), "whoever sends here is not recorded");
}

#[test]
fn where_calls_were_lost_or_no_more_will_come_nothing_waits() {
    let mut story = Story::new();
    let worker = worker(&mut story);
    story.call(worker, receive(7, 3));
    story.moves(worker, Function::Recv, 3, 1);
    assert_eq!(after(&story.events), (1, 0));
    let report = story.report();
    assert_eq!((report.summary.calls, report.summary.opaque), (3, 1), "the end");
    let mut analysis = Analysis::new(ALL);
    story.events.iter().for_each(|event| analysis.event(event));
    analysis.event(&missing(1));
    assert_eq!(analysis.model().summary().calls, 3, "a loss of which only the number is known");
    story.lost(worker);
    assert_eq!(after(&story.events).0, 3, "a loss that may be the one");
}

#[test]
fn one_that_shows_the_calls_as_they_come_waits_for_nothing() {
    let mut story = Story::new();
    let worker = worker(&mut story);
    story.call(worker, receive(7, 3));
    let mut analysis = Analysis::new(&ALL[..0]);
    story.events.iter().for_each(|event| analysis.event(event));
    assert_eq!(analysis.model().summary().calls, 2);
}

#[test]
fn a_message_that_was_sent_only_afterwards_is_another() {
    let mut story = Story::new();
    let worker = worker(&mut story);
    let sender = story.program(&["./sender"]);
    story.socket(sender, 3);
    story.call(worker, receive(7, 3));
    story.call(sender, send(7, 3));
    assert_eq!(after(&story.events), (2, 0), "still waiting");
    assert_eq!(story.report().summary.opaque, 2, "somebody unknown has it as well: neither is judged");
}

/// Two messages cross, and what a sender's first call tells of its process comes with it.
#[test]
fn each_waits_for_its_own_and_what_tells_of_the_sender_goes_first() {
    let mut story = Story::new();
    let worker = worker(&mut story);
    let sender = story.program(&["./sender"]);
    story.udp_socket(sender, 6);
    [3, 4].into_iter().for_each(|fd| story.socket(sender, fd));
    let begin = story.events.last().expect("events").end + 1;
    story.call(worker, receive(7, 13));
    story.call(worker, receive(8, 14));
    story.moves(worker, Function::Send, 14, 1);
    story.push(sender, What::Module(Box::new(module(0x7000, 0x8000, "/plugin.so", false))));
    for (cookie, fd) in [(8, 4), (7, 3)] {
        story.call_from(0x7100, Thread { thread: 900 + fd as u32, ..sender }, send(cookie, fd));
        let end = story.events.last().expect("events").end;
        story.at(begin, end);
    }
    let mut analysis = Analysis::new(ALL);
    story.events.iter().for_each(|event| analysis.event(event));
    let model = analysis.model();
    for (own, received) in [(3, 13), (4, 14)] {
        let id = |thread, fd| model.endpoint_of(thread, fd).map(|socket| socket.id);
        assert!(id(sender, own).is_some() && id(sender, own) == id(worker, received), "{own}");
    }
    assert!(model.process(sender).is_some_and(|process| process.program().module_at(0x7100).is_some()));
    assert_eq!((model.summary().calls, model.summary().opaque), (9, 0));
}
