//! The rule, over stories of servers and their clients.

use super::*;
use crate::testing::{OK, REFUSED, Story, call};
use bsock_recording::event::Thread;

fn receive(fd: i32, bytes: i64) -> Call {
    Call { args: [0x5000, 100, 0], ..call(Function::Recv, fd, Outcome::Returned(bytes)) }
}

/// A server that accepts so many clients and does this with each; what is said.
fn said(clients: i32, each: impl Fn(&mut Story, Thread, i32)) -> Vec<(Confidence, String)> {
    let mut story = Story::new();
    let server = story.server();
    for fd in 4..4 + clients {
        story.accept(server, 3, fd);
        each(&mut story, server, fd);
    }
    let no_more = call(Function::Accept, 3, Outcome::Failed(EMFILE));
    story.call(server, no_more);
    let findings = story.findings().into_iter().filter(|found| found.rule == "fd-leak");
    findings.map(|found| (found.confidence, found.message.to_string())).collect()
}

fn left_open(story: &mut Story, server: Thread, fd: i32) {
    story.call(server, receive(fd, 5));
    story.moves(server, Function::Send, fd, 5);
    story.call(server, receive(fd, 0));
}

/// A request that is read to its end, and not answered.
fn left_unanswered(story: &mut Story, server: Thread, fd: i32) {
    story.call(server, receive(fd, 5));
    story.call(server, receive(fd, 0));
}

#[test]
fn a_client_that_is_not_recorded_may_wait_for_its_answer() {
    assert_eq!(said(12, left_unanswered).iter().map(|(sure, _)| *sure).collect::<Vec<_>>(), [Confidence::Advice]);
    let answers_late = |story: &mut Story, server: Thread, fd: i32| {
        left_unanswered(story, server, fd);
        if fd == 14 {
            story.moves(server, Function::Send, 4, 5);
            story.close(server, 4);
        }
    };
    assert_eq!(said(20, answers_late), [], "it has answered one late, and may have been about to answer the others");
}

/// A server of which twelve clients close when they have been answered; what is said.
fn said_when_clients_close(ends: impl Fn(&mut Story, Thread, i32), then: impl Fn(&mut Story, Thread)) -> Vec<String> {
    let mut story = Story::new();
    let server = story.server();
    let client = story.program(&["./client"]);
    for fd in 4..16 {
        story.socket(client, fd);
        story.connection_from(51_000 + u16::try_from(fd).expect("a port"), (client, fd), (server, 3, fd));
        story.moves(server, Function::Send, fd, 5);
        ends(&mut story, server, fd);
        story.moves(client, Function::Recv, fd, 5);
        story.close(client, fd);
    }
    then(&mut story, server);
    let findings = story.findings().into_iter().filter(|found| found.rule == "fd-leak");
    findings.map(|found| format!("{}: {}", found.confidence.name(), found.message)).collect()
}

fn end_this_side(story: &mut Story, server: Thread, fd: i32) {
    story.call(server, Call { args: [1, 0, 0], ..call(Function::Shutdown, fd, OK) });
}

#[test]
fn what_both_sides_have_ended_is_leaked() {
    let ended =
        "shutdown() ended this side, the other has ended as well, and this socket and others like it are never closed";
    assert_eq!(said_when_clients_close(end_this_side, |_, _| {}), [format!("likely: {ended}")]);
    let closes = |story: &mut Story, server: Thread, fd: i32| {
        end_this_side(story, server, fd);
        story.close(server, fd);
    };
    assert_eq!(said_when_clients_close(closes, |_, _| {}), [""; 0]);
    let polls = |story: &mut Story, server: Thread, fd: i32| {
        if fd == 4 {
            story.call(server, call(Function::Poll, -1, Outcome::Returned(1)));
        }
        end_this_side(story, server, fd);
    };
    assert_eq!(said_when_clients_close(polls, |_, _| {}), [""; 0], "it has not looked what is ready since");
}

#[test]
fn connections_that_the_clients_have_closed_are_in_the_way_where_no_descriptor_is_left() {
    let crowded = "certain: accept() failed with EMFILE, and connections stay open whose clients have closed them";
    let no_more =
        |story: &mut Story, server: Thread| story.call(server, call(Function::Accept, 3, Outcome::Failed(EMFILE)));
    let nothing = |_: &mut Story, _: Thread, _: i32| {};
    assert_eq!(said_when_clients_close(nothing, |_, _| {}), [""; 0], "it may keep them");
    assert_eq!(said_when_clients_close(nothing, no_more), [""; 0], "it may be about to close them");
    let twice = |story: &mut Story, server: Thread| (0..2).for_each(|_| no_more(story, server));
    assert_eq!(said_when_clients_close(nothing, twice), [crowded]);
    let ends = |story: &mut Story, server: Thread| {
        no_more(story, server);
        story.call(server, call(Function::Exit, -1, Outcome::Unfinished));
    };
    assert_eq!(said_when_clients_close(nothing, ends), [crowded]);
    let closes = |story: &mut Story, server: Thread| {
        no_more(story, server);
        (4..10).for_each(|fd| story.close(server, fd));
        no_more(story, server);
    };
    assert_eq!(said_when_clients_close(nothing, closes), [""; 0]);
    let asked = |story: &mut Story, server: Thread, fd: i32| story.call(server, receive(fd, 5));
    assert_eq!(said_when_clients_close(asked, twice), [""; 0], "they are to be answered");
}

#[test]
fn connections_that_the_peer_ended_and_nobody_closes_are_leaked() {
    let sentence = "recv() told the end of the peer's data, and this socket and others like it are never closed";
    assert_eq!(said(12, left_open), [(Confidence::Certain, sentence.to_owned())]);
}

#[test]
fn what_is_used_closed_copied_or_handed_on_is_not() {
    type Each = fn(&mut Story, Thread, i32);
    let silent: [(&str, Each); 5] = [
        ("closed", |story, server, fd| {
            left_open(story, server, fd);
            story.close(server, fd);
        }),
        ("no end seen", |story, server, fd| story.call(server, receive(fd, 5))),
        ("used afterwards", |story, server, fd| {
            left_open(story, server, fd);
            story.call(server, call(Function::Send, fd, Outcome::Returned(5)));
        }),
        ("copied", |story, server, fd| {
            left_open(story, server, fd);
            story.call(server, call(Function::Dup, fd, Outcome::Returned(i64::from(fd) + 100)));
        }),
        ("lost calls", |story, server, fd| {
            left_open(story, server, fd);
            story.lost(server);
        }),
    ];
    for (name, each) in silent {
        assert_eq!(said(12, each), [], "{name}");
    }
    assert_eq!(said(8, left_open), [], "a few sockets are no leak");
}

/// A server that reads twelve requests to their ends, and what its clients do then; what is said.
fn said_with_clients(then: impl Fn(&mut Story, Thread, i32)) -> Vec<String> {
    let mut story = Story::new();
    let server = story.server();
    let client = story.program(&["./client"]);
    for fd in 4..16 {
        let port = u16::try_from(51_000 + fd).expect("a port");
        story.socket(client, fd);
        story.connection_from(port, (client, fd), (server, 3, fd));
        story.call(client, Call { args: [1, 0, 0], ..call(Function::Shutdown, fd, OK) });
        left_open(&mut story, server, fd);
    }
    (4..16).for_each(|fd| then(&mut story, client, fd));
    let findings =
        story.findings().into_iter().filter(|found| found.rule == "fd-leak" && found.process.name == "server");
    findings.map(|found| found.message.to_string()).collect()
}

#[test]
fn clients_that_still_wait_for_their_answers_are_not_done_with() {
    assert_eq!(said_with_clients(|_, _, _| {}), [""; 0], "they wait");
    let until_it_ends = |story: &mut Story, client, fd| {
        story.call(client, receive(fd, 0));
        story.close(client, fd);
    };
    assert_eq!(said_with_clients(until_it_ends), [""; 0], "until the server is ended");
    assert_eq!(said_with_clients(|story, client, fd| story.close(client, fd)).len(), 1, "they have given up");
    let lost = |story: &mut Story, client, fd| {
        story.lost(client);
        story.close(client, fd);
    };
    assert_eq!(said_with_clients(lost), [""; 0], "what they did is not known");
}

#[test]
fn a_killed_server_is_judged_by_what_it_did_while_it_lived() {
    let killed = |clients: i32, each: fn(&mut Story, Thread, i32), status| {
        let mut story = Story::new();
        let server = story.program(&["./server"]);
        story.socket(server, 3);
        story.listen(server, 3);
        for fd in 4..4 + clients {
            story.accept(server, 3, fd);
            each(&mut story, server, fd);
        }
        story.push(server, What::ProcessEnd(status));
        // What comes later finds it forgotten.
        let other = story.program(&["./other"]);
        story.socket(other, 3);
        story.close(other, 3);
        story.findings().len()
    };
    for status in [None, Some(9)] {
        assert_eq!(killed(12, left_open, status), 1, "it went on without closing");
        assert_eq!(killed(8, left_open, status), 0, "it may have been about to");
        assert_eq!(killed(12, |story, server, fd| story.call(server, receive(fd, 5)), status), 0);
    }
}

#[test]
fn connects_that_fail_leave_a_descriptor_as_well() {
    let mut story = Story::new();
    let client = story.program(&["./client"]);
    for fd in 3..15 {
        story.socket(client, fd);
        story.connect(client, fd, "127.0.0.1:8989", REFUSED);
    }
    story.call(client, call(Function::Exit, -1, OK));
    let findings = story.findings();
    assert_eq!(
        findings.iter().map(|found| found.message.to_string()).collect::<Vec<_>>(),
        ["connect() failed with ECONNREFUSED, and this socket and others like it are never closed"]
    );
    assert_eq!(findings[0].confidence, Confidence::Likely);
}
