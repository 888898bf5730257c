//! All rules at once, over what no rule may speak of.

use bsock_recording::details::Details;
use bsock_recording::event::{Call, Outcome, Thread, What};
use bsock_recording::function::Function;
use bsock_recording::layout::section;

use crate::finding::{Confidence, Finding, ProcessName};
use crate::precision::proof;
use crate::rules::ALL;
use crate::testing::{OK, REFUSED, Story, call, giving_up, memory_of, module};

const EPIPE: Outcome = Outcome::Failed(32);
const EBADF: Outcome = Outcome::Failed(9);
const EINTR: Outcome = Outcome::Failed(4);

fn said(story: &Story) -> Vec<String> {
    story.findings().iter().map(|found| format!("{}: {}", found.rule, found.message)).collect()
}

fn with(args: [u64; 3], call: Call) -> Call {
    Call { args, ..call }
}

/// A section of these words.
fn words(number: u16, words: &[i32]) -> Details {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    Details::of([(number, memory_of(&bytes))])
}

/// A client with socket 3, connected to somebody far away.
fn client(story: &mut Story) -> Thread {
    let client = story.program(&["./client"]);
    story.socket(client, 3);
    story.connect(client, 3, "192.0.2.1:8989", OK);
    client
}

/// A client that sends although its connect() failed, from an object at `path`.
fn sends_without_a_connection(path: &str) -> Vec<String> {
    let mut story = Story::new();
    let client = story.program(&["/home/a/client"]);
    story.push(client, What::Module(Box::new(module(0x1000, 0x2000, path, false))));
    story.socket(client, 3);
    story.connect(client, 3, "127.0.0.1:8989", REFUSED);
    story.call(client, call(Function::Send, 3, EPIPE));
    said(&story)
}

#[test]
fn a_finding_stands_in_the_users_code() {
    assert_eq!(sends_without_a_connection("").len(), 1);
    assert_eq!(sends_without_a_connection("/home/a/libwire.so").len(), 1);
    for library in ["/usr/lib/libnss_resolve.so.2", "/lib/libssl.so.3", "/usr/lib/jvm/libnet.so"] {
        assert_eq!(sends_without_a_connection(library), [""; 0], "{library}");
    }
    let mut story = Story::new();
    let client = story.program(&["./client"]);
    story.socket(client, 3);
    story.connect(client, 3, "127.0.0.1:8989", REFUSED);
    story.call_from(0x7000_0000, client, call(Function::Send, 3, EPIPE));
    assert_eq!(said(&story), [""; 0], "nobody knows who made the call");
}

#[test]
fn the_end_of_a_process_is_its_own_whoever_calls_exit() {
    let mut story = Story::new();
    let client = client(&mut story);
    let exit = call(Function::Exit, -1, Outcome::Unfinished);
    story.call_from(0, client, giving_up(exit, [3, 5, 99_999], 0));
    assert_eq!(said(&story).len(), 1);
}

#[test]
fn asking_which_numbers_are_open_is_no_use_of_them() {
    let asks = [
        Function::Dup,
        Function::Fcntl,
        Function::Ioctl,
        Function::Isfdtype,
        Function::Getsockopt,
        Function::Getsockname,
        Function::Getpeername,
    ];
    let numbers = |function: Function| {
        let mut story = Story::new();
        let server = story.program(&["./server"]);
        (3..20).for_each(|fd| story.socket(server, fd));
        (3..20).for_each(|fd| story.close(server, fd));
        (3..100).for_each(|fd| story.call(server, call(function, fd, EBADF)));
        said(&story)
    };
    assert_ne!(numbers(Function::Send), [""; 0], "what uses a number is found");
    for function in asks.into_iter().chain([Function::Close]) {
        assert_eq!(numbers(function), [""; 0], "{function:?}");
    }
}

#[test]
fn who_sets_how_a_closed_socket_works_uses_it_and_who_asks_or_marks_does_not() {
    let after_close = |function: Function, request: u64| {
        let mut story = Story::new();
        let client = story.program(&["./client"]);
        story.socket(client, 3);
        story.close(client, 3);
        story.call(client, with([request, 1, 0], call(function, 3, EBADF)));
        said(&story).len()
    };
    // FIONBIO, FIOASYNC, FIOSETOWN, SIOCSPGRP; FIONREAD, FIOCLEX, FIONCLEX, SIOCOUTQ, FIOGETOWN.
    for (requests, findings) in
        [(&[0x5421, 0x5452, 0x8901, 0x8902][..], 1), (&[0x541b, 0x5451, 0x5450, 0x5411, 0x8903], 0)]
    {
        requests
            .iter()
            .for_each(|request| assert_eq!(after_close(Function::Ioctl, *request), findings, "{request:#x}"));
    }
    // F_SETFL, F_SETOWN, F_SETSIG, F_SETOWN_EX; F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_GETOWN, F_DUPFD_CLOEXEC.
    for (commands, findings) in [(&[4, 8, 10, 15][..], 1), (&[0, 1, 2, 3, 9, 1030], 0)] {
        commands.iter().for_each(|command| assert_eq!(after_close(Function::Fcntl, *command), findings, "{command}"));
    }
}

#[test]
fn feature_probes_and_questions_about_a_socket_are_silent() {
    let mut story = Story::new();
    let client = story.program(&["./client"]);
    story.socket(client, 3);
    let no_such_option = Outcome::Failed(92);
    story.call(client, with([6, 9999, 4], call(Function::Setsockopt, 3, no_such_option)));
    story.call(client, with([1, 20, 4], call(Function::Setsockopt, 3, Outcome::Failed(22))));
    story.call(client, with([6, 9999, 4], call(Function::Getsockopt, 3, no_such_option)));
    story.call(client, with([0x7000, 16, 0], call(Function::Getpeername, 3, Outcome::Failed(107))));
    story.connect(client, 3, "127.0.0.1:8989", Outcome::Failed(115));
    for _ in 0..20 {
        story.call(client, with([1, 4, 4], call(Function::Getsockopt, 3, OK)));
        story.connect(client, 3, "127.0.0.1:8989", Outcome::Failed(114));
    }
    story.connect(client, 3, "127.0.0.1:8989", Outcome::Failed(106));
    story.moves(client, Function::Send, 3, 5);
    story.call(client, call(Function::Close, -1, EBADF));
    story.close(client, 3);
    assert_eq!(said(&story), [""; 0]);
}

#[test]
fn the_end_of_a_process_closes_everything() {
    let mut story = Story::new();
    let client = story.program(&["./client"]);
    for fd in 3..9 {
        story.socket(client, fd);
        story.connect(client, fd, "127.0.0.1:8989", OK);
        story.moves(client, Function::Send, fd, 5);
        story.moves(client, Function::Recv, fd, 0);
    }
    story.call(client, call(Function::Exit, -1, Outcome::Unfinished));
    assert_eq!(said(&story), [""; 0]);
}

#[test]
fn zero_bytes_are_normal_where_they_mean_no_end_and_the_end_may_be_read_once_more() {
    let mut story = Story::new();
    let client = client(&mut story);
    story.udp_socket(client, 4);
    for _ in 0..50 {
        story.moves(client, Function::Recv, 4, 0);
        story.call(client, with([0x5000, 0, 0], call(Function::Recv, 3, OK)));
        story.call(client, with([0x5000, 0, 0], call(Function::Send, 3, OK)));
        story.call(client, with([0x5000, 100, 0], call(Function::Read, 9, OK)));
    }
    (0..2).for_each(|_| story.moves(client, Function::Recv, 3, 0));
    story.close(client, 3);
    assert_eq!(said(&story), [""; 0]);
}

#[test]
fn a_clean_stop_after_a_signal_is_right() {
    let mut story = Story::new();
    let server = story.program(&["./server"]);
    story.socket(server, 3);
    story.bind(server, 3, "0.0.0.0:8080");
    story.listen(server, 3);
    story.accept(server, 3, 4);
    story.socket(server, 5);
    story.connect(server, 5, "127.0.0.1:8989", EINTR);
    for function in [Function::Send, Function::Recv, Function::Write, Function::Read] {
        [4, 5].into_iter().for_each(|fd| story.call(server, call(function, fd, EINTR)));
    }
    // The connect that a signal interrupted goes on, and fails.
    story.call(server, call(Function::Send, 5, Outcome::Failed(111)));
    story.call(server, call(Function::Poll, -1, EINTR));
    story.call(server, call(Function::Accept, 3, EINTR));
    [4, 5, 3].into_iter().for_each(|fd| story.close(server, fd));
    story.call(server, call(Function::Exit, -1, Outcome::Unfinished));
    assert_eq!(said(&story), [""; 0]);
}

#[test]
fn a_connection_may_be_given_up_on_purpose() {
    let given_up = |before: Option<Call>, unread, unsent| {
        let mut story = Story::new();
        let client = client(&mut story);
        before.into_iter().for_each(|before| story.call(client, before));
        story.call(client, giving_up(call(Function::Close, 3, OK), [3, unread, unsent], 0));
        said(&story)
    };
    let linger =
        Call { details: words(section::VALUE, &[1, 0]), ..with([1, 13, 8], call(Function::Setsockopt, 3, OK)) };
    assert_eq!(given_up(None, 5, 99_999).len(), 1);
    assert_eq!(given_up(Some(linger), 5, 99_999), [""; 0], "SO_LINGER says how it ends");
    assert_eq!(given_up(None, 99_999, 0), [""; 0], "nothing of this side is lost");
    assert_eq!(given_up(None, 0, 99_999), [""; 0], "nothing is unread");
}

#[test]
fn a_certain_rule_has_a_proof_and_calls_that_succeed_are_none() {
    let certain = ALL.iter().filter(|rule| rule.confidences.contains(&Confidence::Certain)).map(|rule| rule.name);
    let proven: Vec<&str> = proof::PROOFS.iter().map(|(rule, _)| *rule).collect();
    assert_eq!(certain.collect::<Vec<_>>(), proven, "a certain rule says in precision/proof.rs what proves it");
    let mut story = Story::new();
    let client = client(&mut story);
    (0..100).for_each(|_| story.moves(client, Function::Send, 3, 5));
    (0..100).for_each(|_| story.moves(client, Function::Recv, 3, 5));
    story.close(client, 3);
    let mut closed = Story::new();
    let other = closed.program(&["./client"]);
    closed.socket(other, 3);
    closed.close(other, 3);
    closed.call(other, call(Function::Send, 3, EBADF));
    let found = closed.findings().remove(0);
    assert_eq!(proof::missing(&found, &closed.events), None);
    for (rule, _) in proof::PROOFS {
        let process = ProcessName { pid: client.process, ..found.process.clone() };
        let claimed = Finding { rule, process, ..found.clone() };
        assert!(proof::missing(&claimed, &story.events).is_some(), "{rule}: calls that succeed prove nothing");
    }
}

#[test]
fn sentences_do_not_blame() {
    for form in ALL.iter().flat_map(|rule| rule.messages.iter().copied()) {
        for word in ["wrong", "bad ", "stupid", "illegal", "must never", "forgot", "careless"] {
            assert!(!form.english.contains(word), "{:?} in {}", word, form.english);
        }
        for word in ["错误地", "愚蠢", "忘记", "忘了"] {
            assert!(!form.chinese.contains(word), "{:?} in {}", word, form.chinese);
        }
    }
}
