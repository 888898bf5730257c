//! Deaths, and whose doing they were.

use super::*;
use crate::Analysis;
use crate::rules::ALL;
use crate::testing::{OK, Story, call, finished, module, passing};
use bsock_recording::event::Inherited;

const KILLED_BY_SIGPIPE: i32 = 13;

/// What is said of a client that ends so.
fn said(status: i32, end: impl FnOnce(&mut Story, Thread)) -> Vec<String> {
    found(status, end).iter().map(|found| found.message.to_string()).collect()
}

fn found(status: i32, end: impl FnOnce(&mut Story, Thread)) -> Vec<Finding> {
    let mut story = Story::new();
    let client = story.program(&["./client"]);
    story.push(client, What::ThreadStart);
    story.socket(client, 3);
    story.connect(client, 3, "127.0.0.1:8989", OK);
    end(&mut story, client);
    let mut analysis = Analysis::new(ALL);
    story.events.iter().for_each(|event| analysis.event(event));
    analysis.ended(client.process, status);
    story.push(client, What::ProcessEnd(Some(status)));
    finished(analysis, &story.events).findings
}

fn send(story: &mut Story, thread: Thread, flags: u64) {
    story.call(thread, Call { args: [0x7000, 5, flags], ..call(Function::Send, 3, Outcome::Unfinished) });
}

#[test]
fn a_send_that_did_not_return_and_the_signal_are_certain() {
    let sentence = "SIGPIPE killed the program in send() on its connection to 127.0.0.1:8989";
    assert_eq!(said(KILLED_BY_SIGPIPE, |story, client| send(story, client, 0)), [sentence]);
    let core_dumped = KILLED_BY_SIGPIPE | 0x80;
    assert_eq!(said(core_dumped, |story, client| send(story, client, 0)), [sentence]);
}

#[test]
fn a_write_and_a_connection_that_was_known_to_be_broken_are_told_as_such() {
    let write = |story: &mut Story, client| {
        story.call(client, Call { args: [0x7000, 5, 0], ..call(Function::Write, 3, Outcome::Unfinished) });
    };
    let sentence = "SIGPIPE killed the program in write() on its connection to 127.0.0.1:8989";
    assert_eq!(said(KILLED_BY_SIGPIPE, |story, client| write(story, client)), [sentence]);
    let broken = found(KILLED_BY_SIGPIPE, |story, client| {
        story.call(client, call(Function::Recv, 3, Outcome::Failed(ECONNRESET)));
        write(story, client);
    });
    let before = broken.iter().flat_map(|found| &found.related).map(|related| related.message.to_string());
    assert_eq!(before.collect::<Vec<_>>(), ["recv() failed here: the connection was broken already"]);
    let ended = found(KILLED_BY_SIGPIPE, |story, client| {
        story.call(client, Call { args: [0x7000, 5, 0], ..call(Function::Recv, 3, OK) });
        write(story, client);
    });
    assert_eq!(ended.iter().map(|found| found.help.form.id).collect::<Vec<_>>(), ["stop-ignore"]);
}

#[test]
fn a_connection_without_addresses_is_told_without_one() {
    let sentence = "SIGPIPE killed the program in send() on a connection";
    let pair = said(KILLED_BY_SIGPIPE, |story, client| {
        story.close(client, 3);
        let pair = Call { args: [1, 1, 0], ..call(Function::Socketpair, -1, OK) };
        story.call(client, passing(pair, &[(5, 1), (6, 2)]));
        send_on(story, client, 5);
    });
    assert_eq!(pair, [sentence]);
}

#[test]
fn other_deaths_other_calls_and_doubt_are_silent() {
    for status in [0, 13 << 8, 9, 15, 0x137f] {
        assert_eq!(said(status, |story, client| send(story, client, 0)), [""; 0], "{status:#x}");
    }
    let silent: [fn(&mut Story, Thread); 4] = [
        |story, client| send(story, client, MSG_NOSIGNAL),
        |story, client| story.call(client, call(Function::Recv, 3, Outcome::Unfinished)),
        |story, client| {
            story.lost(client);
            send(story, client, 0);
        },
        |_, _| {},
    ];
    for end in silent {
        assert_eq!(said(KILLED_BY_SIGPIPE, end), [""; 0]);
    }
}

/// A server with a child that was in a send when it ended so.
fn child(status: Option<i32>) -> (Story, Thread) {
    let mut story = Story::new();
    let server = story.program(&["./server"]);
    story.socket(server, 3);
    story.listen(server, 3);
    story.accept(server, 3, 4);
    let child = story.forked(server);
    send_on(&mut story, child, 4);
    story.push(child, What::ProcessEnd(status));
    (story, child)
}

fn send_on(story: &mut Story, thread: Thread, fd: i32) {
    story.call(thread, Call { args: [0x7000, 5, 0], ..call(Function::Send, fd, Outcome::Unfinished) });
}

#[test]
fn a_child_whose_end_the_recording_tells_is_told_of_when_it_tells_so() {
    let (story, child) = child(Some(KILLED_BY_SIGPIPE));
    let mut analysis = Analysis::new(ALL);
    story.events.iter().for_each(|event| analysis.event(event));
    let found: Vec<_> = analysis.fresh().map(|found| (found.rule, found.process.pid)).collect();
    assert_eq!(found, [("sigpipe-death", child.process)]);
    // The command may have waited for it, too.
    analysis.ended(child.process, KILLED_BY_SIGPIPE);
    assert_eq!(analysis.finish().findings.len(), 1);
}

#[test]
fn where_the_kernel_does_not_tell_how_a_child_ended_nothing_is_said() {
    for status in [None, Some(9), Some(13 << 8)] {
        assert_eq!(child(status).0.findings().len(), 0, "{status:?}");
    }
    // Another process has its number, and dies of the signal elsewhere.
    let (mut story, first) = child(None);
    let second = Thread { image: 77, ..first };
    story.start(second, &["./other"], false, 1);
    story.push(second, What::ProcessEnd(Some(KILLED_BY_SIGPIPE)));
    assert_eq!(story.findings().len(), 0);
}

#[test]
fn a_program_that_was_executed_meanwhile_may_have_raised_the_signal() {
    let (mut story, child) = child(Some(KILLED_BY_SIGPIPE));
    let end = story.events.pop().expect("the end");
    story.call(child, call(Function::Execve, -1, Outcome::Unfinished));
    story.events.push(end);
    assert_eq!(story.findings().len(), 0);
}

#[test]
fn among_threads_only_a_socket_whose_peer_is_known_to_be_gone_counts() {
    let other = |client: Thread| Thread { thread: client.thread + 1, ..client };
    let threads = |story: &mut Story, client: Thread| story.push(other(client), What::ThreadStart);
    let found = said(KILLED_BY_SIGPIPE, |story, client| {
        threads(story, client);
        send(story, client, 0);
    });
    assert_eq!(found, [""; 0]);
    let found = said(KILLED_BY_SIGPIPE, |story, client| {
        threads(story, client);
        story.call(client, Call { args: [0x7000, 5, 0], ..call(Function::Recv, 3, OK) });
        send(story, client, 0);
    });
    assert_eq!(found.len(), 1);
    let found = said(KILLED_BY_SIGPIPE, |story, client| {
        send(story, client, 0);
        send(story, other(client), 0);
    });
    assert_eq!(found, [""; 0], "two that did not return");
}

#[test]
fn a_child_for_one_connection_dies_alone_and_takes_nobody_with_it() {
    let confidences = |story: &Story| story.findings().iter().map(|found| found.confidence).collect::<Vec<_>>();
    let (one, _) = child(Some(KILLED_BY_SIGPIPE));
    assert_eq!(confidences(&one), [Confidence::Likely]);
    // A daemon was forked as well, and takes its connections itself; and this child serves another one, too.
    let mut daemon = Story::new();
    let parent = daemon.server();
    let server = daemon.forked(parent);
    daemon.accept(server, 3, 4);
    send_on(&mut daemon, server, 4);
    daemon.push(server, What::ProcessEnd(Some(KILLED_BY_SIGPIPE)));
    assert_eq!(confidences(&daemon), [Confidence::Certain]);
    let mut two = Story::new();
    let server = two.server();
    two.accept(server, 3, 4);
    two.accept(server, 3, 5);
    let both = two.forked(server);
    send_on(&mut two, both, 4);
    two.push(both, What::ProcessEnd(Some(KILLED_BY_SIGPIPE)));
    assert_eq!(confidences(&two), [Confidence::Certain]);
}

/// A server's child that executes a program with its connection as this descriptor, where it calls `function`.
fn executed(fd: i32, function: Function) -> usize {
    const COOKIE: u64 = 77;
    let mut story = Story::new();
    let (server, client) = story.server_and_client();
    let child = story.forked(server);
    story.call(child, call(Function::Dup2, 4, Outcome::Returned(fd.into())));
    let execve = passing(call(Function::Execve, -1, Outcome::Unfinished), &[(fd, COOKIE)]);
    story.call(child, execve);
    let program = Thread { image: 99, ..child };
    story.push(program, What::ThreadStart);
    story.start(program, &["./filter"], false, server.process);
    story.push(program, What::Module(Box::new(module(0x1000, 0x2000, "", false))));
    let (local, remote) = (None, None);
    let socket = Inherited { fd, domain: 2, kind: 1, listening: false, cookie: COOKIE, local, remote };
    story.push(program, What::Inherited(Box::new(socket)));
    story.close(client, 3);
    story.call(program, Call { args: [0x7000, 5, 0], ..call(function, fd, Outcome::Unfinished) });
    story.push(program, What::ProcessEnd(Some(KILLED_BY_SIGPIPE)));
    story.findings().len()
}

#[test]
fn a_filter_whose_output_is_a_connection_ends_as_with_a_pipe() {
    assert_eq!([executed(1, Function::Write), executed(0, Function::Writev)], [0, 0]);
    assert_eq!(executed(1, Function::Send), 1, "it knows that this is a socket");
    assert_eq!(executed(5, Function::Write), 1, "it was told which descriptor is a socket");
}

#[test]
fn among_threads_of_which_all_but_one_wait_this_one_raised_the_signal() {
    let others: [(&str, Function, Outcome, usize); 5] = [
        ("accepts", Function::Accept, Outcome::Unfinished, 1),
        ("receives", Function::Recv, Outcome::Unfinished, 1),
        ("waits", Function::EpollWait, Outcome::Unfinished, 1),
        ("writes to a pipe", Function::Write, Outcome::Unfinished, 0),
        ("is nobody knows where", Function::Recv, OK, 0),
    ];
    for (name, function, outcome, findings) in others {
        let found = said(KILLED_BY_SIGPIPE, |story, client| {
            let other = Thread { thread: client.thread + 1, ..client };
            story.push(other, What::ThreadStart);
            send(story, client, 0);
            story.call(other, call(function, 9, outcome));
        });
        assert_eq!(found.len(), findings, "{name}");
    }
}

#[test]
fn where_the_end_was_seen_before_to_stop_there_comes_first() {
    for (before, first) in [(OK, "when recv() returns 0, stop"), (Outcome::Failed(11), "pass MSG_NOSIGNAL to send()")] {
        let mut story = Story::new();
        let client = story.program(&["./client"]);
        story.push(client, What::ThreadStart);
        story.socket(client, 3);
        story.connect(client, 3, "127.0.0.1:8989", OK);
        story.call(client, Call { args: [0x7000, 5, 0], ..call(Function::Recv, 3, before) });
        send(&mut story, client, 0);
        story.push(client, What::ProcessEnd(Some(KILLED_BY_SIGPIPE)));
        let help = story.findings()[0].help.to_string();
        assert!(help.starts_with(first), "{help}");
    }
}
