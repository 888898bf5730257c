//! Sends that were short, and what came next.

use super::*;
use crate::testing::{OK, Story, call, transfer};

/// Something that happens in a thread.
type Then = fn(&mut Story, Thread);

const PAGE: &[u8] = b"<html><body>a page that is long</body></html>";
const SENT: usize = 20;

/// A short send of 20 bytes of `PAGE`, which lies at 0x5000, and then this; what is said.
fn said(then: impl FnOnce(&mut Story, Thread)) -> Vec<String> {
    let mut story = Story::new();
    let server = story.program(&["./server"]);
    story.socket(server, 3);
    story.call(server, transfer(Function::Send, 3, 0x5000, PAGE, SENT));
    then(&mut story, server);
    let findings = story.findings();
    findings.iter().map(|found| format!("{}: {}; {}", found.rule, found.message, found.label)).collect()
}

fn sends(story: &mut Story, server: Thread, address: u64, bytes: &[u8]) {
    story.call(server, transfer(Function::Send, 3, address, bytes, bytes.len()));
}

#[test]
fn something_else_behind_a_short_send_is_likely_to_have_replaced_the_rest() {
    let nexts: [(&str, Then); 4] = [
        ("another message", |story, server| sends(story, server, 0x9000, b"bye")),
        ("the same once more", |story, server| sends(story, server, 0x5000, PAGE)),
        ("after an answer", |story, server| {
            story.call(server, transfer(Function::Recv, 3, 0x9000, b"ok", 2));
            sends(story, server, 0x9000, b"bye");
        }),
        ("after another try", |story, server| {
            story.call(server, call(Function::Send, 3, Outcome::Failed(EAGAIN)));
            sends(story, server, 0x9000, b"bye");
        }),
    ];
    for (name, then) in nexts {
        let expected = "short-send-ignored: send() sent only a part of its bytes, and the next send() did not go on with \
                        the rest; 20 of 45 bytes were sent here";
        assert_eq!(said(then), [expected], "{name}");
    }
}

#[test]
fn the_rest_from_wherever_it_comes_and_a_connection_given_up_are_silent() {
    let silent: [(&str, Then); 10] = [
        ("the rest", |story, server| sends(story, server, 0x5000 + SENT as u64, &PAGE[SENT..])),
        ("the rest, changed since", |story, server| sends(story, server, 0x5000 + SENT as u64, b"!!")),
        ("the rest, moved to the front", |story, server| sends(story, server, 0x5000, &PAGE[SENT..])),
        ("a byte of the rest", |story, server| sends(story, server, 0x9000, &PAGE[SENT..][..1])),
        ("the rest as a vector", |story, server| {
            story.call(server, transfer(Function::Writev, 3, 0, &PAGE[SENT..], PAGE.len() - SENT));
        }),
        ("nothing", |_, _| {}),
        ("given up", |story, server| {
            story.call(server, call(Function::Shutdown, 3, OK));
            sends(story, server, 0x9000, b"bye");
        }),
        ("a file", |story, server| {
            story.call(server, call(Function::Sendfile, 3, Outcome::Returned(5)));
            sends(story, server, 0x9000, b"bye");
        }),
        ("another thread", |story, server| {
            sends(story, Thread { thread: 7, ..server }, 0x9000, b"bye");
            sends(story, server, 0x9000, b"bye");
        }),
        ("a child", |story, server| {
            story.call(server, call(Function::Fork, -1, Outcome::Returned(900)));
            sends(story, server, 0x9000, b"bye");
        }),
    ];
    for (name, then) in silent {
        assert_eq!(said(then), [""; 0], "{name}");
    }
}

#[test]
fn a_block_that_is_sent_again_and_again_is_filler_and_a_message_is_not() {
    let found = |first: &[u8], last: &[u8]| {
        let mut story = Story::new();
        let server = story.program(&["./server"]);
        story.socket(server, 3);
        sends(&mut story, server, 0x5000, first);
        story.call(server, transfer(Function::Send, 3, 0x5000, PAGE, SENT));
        sends(&mut story, server, 0x5000, last);
        story.findings().len()
    };
    let other = PAGE.to_ascii_uppercase();
    assert_eq!((found(PAGE, PAGE), found(PAGE, &other), found(&PAGE[1..], PAGE)), (0, 1, 1));
}

#[test]
fn calls_that_no_hook_sees_may_send_the_rest() {
    for (way, findings) in [(Function::Syscall, 0), (Function::Dlopen, 0), (Function::Execve, 1)] {
        let found = said(|story, server| {
            story.call(server, crate::testing::call(way, -1, bsock_recording::event::Outcome::Failed(2)));
            sends(story, server, 0x9000, b"bye");
        });
        assert_eq!(found.len(), findings, "{way:?}");
    }
}

/// Bytes as of a random number generator, beginning with the block of this number.
fn noise(number: u64) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(number);
    std::iter::repeat_with(|| random.u8(..)).take(50).collect()
}

/// A server that sends blocks of random bytes from one buffer, of which the second is short, and then this; what is said.
fn said_of_noise(then: impl FnOnce(&mut Story, Thread)) -> Vec<&'static str> {
    let mut story = Story::new();
    let server = story.program(&["./server"]);
    story.socket(server, 3);
    for number in 0..10 {
        story.call(server, transfer(Function::Send, 3, 0x5000, &noise(number), if number == 1 { SENT } else { 50 }));
    }
    then(&mut story, server);
    story.findings().iter().map(|found| found.confidence.name()).collect()
}

#[test]
fn random_bytes_may_mean_nothing_unless_they_have_an_end() {
    assert_eq!(said_of_noise(|_, _| {}), ["advice"]);
    assert_eq!(said_of_noise(|story, server| story.close(server, 3)), ["advice"]);
    assert_eq!(said_of_noise(|story, server| sends(story, server, 0x5000, &noise(50)[..17])), ["likely"]);
    assert_eq!(said_of_noise(|story, server| sends(story, server, 0x9000, &noise(50))), ["likely"]);
}

#[test]
fn a_screen_that_is_drawn_anew_replaces_the_older_one() {
    let found = |first: &[u8], next: &[u8]| {
        let mut story = Story::new();
        let server = story.program(&["./server"]);
        story.socket(server, 3);
        story.call(server, transfer(Function::Send, 3, 0x5000, first, 9));
        sends(&mut story, server, 0x9000, next);
        story.findings().len()
    };
    let (older, newer) = (b"\x1b[2J\x1b[Hframe 1", b"\x1b[2J\x1b[Hframe 2");
    assert_eq!([found(older, newer), found(older, b"bye"), found(PAGE, newer)], [0, 1, 1]);
}

#[test]
fn who_does_not_wait_is_told_to_wait_for_room_instead_of_spinning() {
    for (flags, polls) in [(MSG_DONTWAIT, true), (0, false)] {
        let mut story = Story::new();
        let server = story.program(&["./server"]);
        story.socket(server, 3);
        let short = transfer(Function::Send, 3, 0x5000, PAGE, SENT);
        story.call(server, Call { args: [short.args[0], short.args[1], flags], ..short });
        sends(&mut story, server, 0x9000, b"bye");
        let help = story.findings()[0].help.to_string();
        assert_eq!(help.contains("send() fails with EAGAIN, wait with poll() for POLLOUT first"), polls, "{help}");
    }
}
