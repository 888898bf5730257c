//! What a connection held when it was given up, and whether that was meant.

use super::*;
use crate::testing::{OK, Story, call, giving_up, memory_of, transfer};
use bsock_recording::details::Details;
use bsock_recording::event::Memory;

/// Something that happens before the close.
type Before = fn(&mut Story, Thread);

#[test]
fn whoever_is_interrupted_and_stops_was_asked_to_and_whoever_goes_on_was_not() {
    let cut: Before = |story, client| {
        story.call(client, Call { args: [0x5000, 100, 0], ..call(Function::Send, 3, Outcome::Returned(5)) })
    };
    let wait: Before = |story, client| story.call(client, call(Function::Select, -1, Outcome::Failed(EINTR)));
    let receive: Before = |story, client| story.call(client, call(Function::Recv, 3, Outcome::Failed(EINTR)));
    for stops in [cut, wait, receive] {
        assert_eq!(said(Function::Close, 5, 99_999, stops), [""; 0]);
        assert_eq!(said(Function::Exit, 5, 99_999, stops), [""; 0]);
    }
    let goes_on: Before = |story, client| {
        story.call(client, call(Function::Recv, 3, Outcome::Failed(EINTR)));
        story.moves(client, Function::Recv, 3, 5);
    };
    assert_eq!(said(Function::Close, 5, 99_999, goes_on).len(), 1);
}

/// A server that sends a reset on purpose, as it told its listener.
#[test]
fn what_was_set_on_the_listener_holds_for_its_connections() {
    let given_up = |on: i32| {
        let mut story = Story::new();
        let server = story.program(&["./server"]);
        story.socket(server, 3);
        let details = section_of(section::VALUE, &[on, 0]);
        story.call(server, Call { args: [1, 13, 8], details, ..call(Function::Setsockopt, 3, OK) });
        story.bind(server, 3, "127.0.0.1:80");
        story.listen(server, 3);
        story.accept(server, 3, 4);
        story.call(server, giving_up(call(Function::Close, 4, OK), [4, 5, 999_999], 0));
        story.findings().len()
    };
    assert_eq!([given_up(1), given_up(0)], [0, 1]);
}

fn section_of(number: u16, words: &[i32]) -> Details {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    Details::of([(number, Memory { claimed: bytes.len() as u32, bytes })])
}

/// A connection on which this happens, and which is given up while it holds so much; what is said.
fn said_of(peer: &str, function: Function, unread: i32, unsent: i32, before: Before) -> Vec<String> {
    let mut story = Story::new();
    let client = story.program(&["./client"]);
    story.socket(client, 3);
    story.connect(client, 3, peer, OK);
    before(&mut story, client);
    let fd = if function == Function::Close { 3 } else { -1 };
    story.call(client, giving_up(call(function, fd, OK), [3, unread, unsent], 0));
    story.findings().iter().map(|found| format!("{}: {}", found.confidence.name(), found.notes[0])).collect()
}

fn said(function: Function, unread: i32, unsent: i32, before: Before) -> Vec<String> {
    said_of("192.0.2.1:8989", function, unread, unsent, before)
}

#[test]
fn bytes_unread_and_bytes_under_way_are_likely_to_be_lost() {
    let note = "the kernel held 5 bytes for the program to read, and 16385 that the peer had not acknowledged and may never get";
    for function in [Function::Close, Function::Exit, Function::UnderscoreExit] {
        assert_eq!(said(function, 5, 16385, |_, _| {}), [format!("likely: {note}")]);
    }
    let shut: Before = |story, client| story.call(client, Call { args: [1, 0, 0], ..call(Function::Shutdown, 3, OK) });
    assert_eq!(said(Function::Close, 5, 16386, shut), [format!("likely: {note}")], "the FIN is not data");
    assert_eq!(said(Function::Close, 5, 16385, shut), [""; 0], "the FIN is not data");
}

#[test]
fn what_may_have_arrived_without_having_been_acknowledged_is_not_lost() {
    for (peer, arrives) in
        [("192.0.2.1:8989", 16 << 10), ("127.0.0.1:8989", 128 << 10), ("[::ffff:127.0.0.1]:1", 128 << 10)]
    {
        assert_eq!(said_of(peer, Function::Close, 5, arrives, |_, _| {}), [""; 0], "{peer}");
        assert_eq!(said_of(peer, Function::Close, 5, arrives + 1, |_, _| {}).len(), 1, "{peer}");
    }
}

#[test]
fn nothing_lost_somebody_else_intent_and_broken_connections_are_silent() {
    for (unread, unsent) in [(0, 99_999), (5, 0), (5, 7), (-1, 99_999), (5, -1)] {
        assert_eq!(said(Function::Close, unread, unsent, |_, _| {}), [""; 0]);
    }
    let silent: [Before; 8] = [
        |story, client| {
            let execve = call(Function::Execve, -1, Outcome::Unfinished);
            story.call(client, Call { vfork_child: true, ..execve });
        },
        |story, client| story.call(client, call(Function::Dup, 3, Outcome::Returned(4))),
        |story, client| story.call(client, call(Function::Fork, -1, Outcome::Returned(500))),
        |story, client| story.call(client, call(Function::System, -1, OK)),
        |story, client| story.call(client, Call { args: [0, 0, 0], ..call(Function::Shutdown, 3, OK) }),
        |story, client| {
            let details = section_of(section::VALUE, &[1, 0]);
            story.call(client, Call { args: [1, 13, 8], details, ..call(Function::Setsockopt, 3, OK) });
        },
        |story, client| story.call(client, call(Function::Send, 3, Outcome::Failed(EPIPE))),
        |story, client| {
            let details = section_of(section::EVENTS, &[0x19, 3, 0]);
            story.call(client, Call { details, ..call(Function::EpollWait, 5, Outcome::Returned(1)) });
        },
    ];
    for (index, before) in silent.into_iter().enumerate() {
        assert_eq!(said(Function::Close, 5, 99_999, before), [""; 0], "{index}");
        assert_eq!(said(Function::Exit, 5, 99_999, before), [""; 0], "{index}, exit");
    }
}

const BLOCK: &[u8] = b"a block of a certain length, as it is sent again and again";

fn sends(story: &mut Story, client: Thread, block: &[u8], moved: usize) {
    story.call(client, transfer(Function::Send, 3, 0x5000, block, moved));
}

/// Waits for room in a socket, and this is reported of it; -1 where the time is over.
fn polls(story: &mut Story, client: Thread, wanted: u8, reported: i64) {
    let reported_events = if reported > 0 { wanted } else { 0 };
    let details = Details::of([(section::POLLED, memory_of(&[3, 0, 0, 0, wanted, 0, reported_events, 0]))]);
    story.call(client, Call { details, ..call(Function::Poll, -1, Outcome::Returned(reported)) });
}

#[test]
fn a_peer_that_takes_no_more_is_given_up_on_purpose() {
    let gives_up: [(&str, Before); 5] = [
        ("no room", |story, client| story.call(client, call(Function::Send, 3, Outcome::Failed(11)))),
        ("too little, and then somebody else's turn", |story, client| {
            sends(story, client, BLOCK, 9);
            story.call(client, call(Function::Accept, 9, Outcome::Returned(11)));
        }),
        ("a wait in vain", |story, client| {
            sends(story, client, BLOCK, BLOCK.len());
            polls(story, client, 4, 0);
        }),
        ("a wait in vain, by select", |story, client| {
            let details = Details::of([(section::WRITE_SET, memory_of(&[1 << 3]))]);
            story.call(client, Call { details, ..call(Function::Select, -1, OK) });
        }),
        ("read meanwhile", |story, client| {
            story.call(client, call(Function::Send, 3, Outcome::Failed(11)));
            story.moves(client, Function::Recv, 3, 5);
        }),
    ];
    for (name, before) in gives_up {
        assert_eq!(said(Function::Close, 5, 99_999, before), [""; 0], "{name}");
        assert_eq!(said(Function::Exit, 5, 99_999, before), [""; 0], "{name}, exit");
    }
    let goes_on: [(&str, Before); 3] = [
        ("room again", |story, client| {
            sends(story, client, BLOCK, 9);
            sends(story, client, &BLOCK[9..], BLOCK.len() - 9);
        }),
        ("a wait with success", |story, client| polls(story, client, 4, 1)),
        ("a wait for the peer's word", |story, client| polls(story, client, 1, 0)),
    ];
    for (name, before) in goes_on {
        assert_eq!(said(Function::Close, 5, 99_999, before).len(), 1, "{name}");
    }
}

#[test]
fn of_blocks_it_is_known_when_all_are_alike_that_they_mean_nothing() {
    let alike: Before = |story, client| (0..8).for_each(|_| sends(story, client, BLOCK, BLOCK.len()));
    assert_eq!(said(Function::Close, 5, 99_999, alike), [""; 0]);
    let of_a_file: Before = |story, client| {
        for number in 0..20 {
            let block = [&[b'0' + number], &BLOCK[1..]].concat();
            sends(story, client, &block, block.len());
        }
    };
    let found = said(Function::Close, 5, 99_999, of_a_file);
    assert!(found.len() == 1 && found[0].starts_with("advice"), "an upload may have been given up: {found:?}");
    let with_an_end: Before = |story, client| {
        (0..20).for_each(|_| sends(story, client, BLOCK, BLOCK.len()));
        sends(story, client, b"end", 3);
    };
    let found = said(Function::Close, 5, 99_999, with_an_end);
    assert!(found.len() == 1 && found[0].starts_with("likely"), "{found:?}");
}
