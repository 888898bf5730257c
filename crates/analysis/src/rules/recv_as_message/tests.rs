//! Readers of one end, and of both.

use bsock_recording::details::Details;
use bsock_recording::event::{Call, Outcome};
use bsock_recording::function::Function;
use bsock_recording::layout::section;

use bsock_recording::event::Thread;

use crate::testing::{Story, call, giving_up, memory_of, transfer};

/// Receives into the buffer at `address`, of `length`, these bytes.
fn receive(address: u64, length: u64, bytes: &[u8]) -> Call {
    let outcome = Outcome::Returned(bytes.len() as i64);
    let details = Details::of([(section::PAYLOAD, memory_of(bytes))]);
    Call { args: [address, length, 0], details, ..call(Function::Recv, 3, outcome) }
}

/// A message of five bytes, half a length, and then this; what is said.
fn said(then: Call) -> Vec<String> {
    let mut story = Story::new();
    let client = story.program(&["./client"]);
    story.socket(client, 3);
    let cut = receive(0x1000, 4, &[0, 0]);
    for call in [receive(0x1000, 4, &[0, 0, 0, 5]), receive(0x2000, 5, b"hello"), cut, then] {
        story.call(client, call);
    }
    story.findings().iter().map(|found| found.message.to_string()).collect()
}

#[test]
fn half_a_length_that_is_taken_for_a_whole_one_is_found() {
    let sentence = "recv() returned 2 of the 4 bytes of a length, and the rest was never asked for";
    assert_eq!(said(receive(0x2000, 9, b"what")), [sentence]);
    assert_eq!(said(receive(0x1004, 0x7000, b"")), [sentence], "into the same buffer");
}

#[test]
fn who_asks_for_the_rest_or_gives_up_is_not() {
    let silent = [
        ("goes on behind it", receive(0x1002, 100, &[0, 5])),
        ("asks for as many", receive(0x5000, 2, &[0, 5])),
        ("reads the length anew", receive(0x1000, 4, &[0, 0, 0, 5])),
        ("gives up", call(Function::Close, 3, Outcome::Returned(0))),
        ("answers", call(Function::Send, 3, Outcome::Returned(5))),
    ];
    for (name, then) in silent {
        assert_eq!(said(then), [""; 0], "{name}");
    }
}

/// A client with socket 3 and a server with descriptor 4 that are the two ends of a connection.
fn pair(story: &mut Story) -> (Thread, Thread) {
    let (server, client) = story.server_and_client();
    (client, server)
}

fn found(story: &Story) -> Vec<String> {
    let findings = story.findings().into_iter().filter(|found| found.rule == "recv-as-message");
    findings.map(|found| format!("{}: {}", found.confidence.name(), found.message)).collect()
}

/// The server read the first half of a length, and its buffer still held the second half of the one before: 5. Then it asked
/// for so much. The client sends the other half before or after.
fn half_a_length(second_half: &[u8], asked: usize, late: bool) -> Vec<String> {
    let mut story = Story::new();
    let (client, server) = pair(&mut story);
    let send =
        |story: &mut Story, bytes: &[u8]| story.call(client, transfer(Function::Send, 3, 0x9000, bytes, bytes.len()));
    let receive = |story: &mut Story, address: u64, memory: &[u8], bytes: usize| {
        story.call(server, transfer(Function::Recv, 4, address, memory, bytes));
    };
    send(&mut story, &[0, 0, 0, 5, b'h', b'e', b'l', b'l', b'o']);
    receive(&mut story, 0x1000, &[0, 0, 0, 5], 4);
    receive(&mut story, 0x2000, b"hello", 5);
    send(&mut story, &[0, 0]);
    receive(&mut story, 0x1000, &[0, 0, 0, 5], 2);
    if !late {
        send(&mut story, second_half);
    }
    receive(&mut story, 0x2000, &vec![0; asked], 2);
    if late {
        send(&mut story, second_half);
    }
    found(&story)
}

#[test]
fn a_number_that_the_peer_never_sent_is_certain() {
    let certain =
        "certain: recv() returned 2 of the 4 bytes of a length, and the program took 5 for it; the peer sent 258";
    let likely = "likely: recv() returned 2 of the 4 bytes of a length, and the rest was never asked for";
    for late in [false, true] {
        assert_eq!(half_a_length(&[1, 2], 5, late), [certain]);
        assert_eq!(half_a_length(&[0, 5], 5, late), [likely], "by chance the same");
        assert_eq!(half_a_length(&[1], 5, late), [likely], "what was meant is not known");
        assert_eq!(half_a_length(&[1, 2], 9, late), [likely], "something else was asked for");
    }
}

/// The client sends a message of so many bytes, which the server receives in one go and answers by so many.
fn exchange(story: &mut Story, (client, server): (Thread, Thread), bytes: i64, answer: i64) {
    story.moves(client, Function::Send, 3, bytes);
    story.moves(server, Function::Recv, 4, bytes);
    story.moves(server, Function::Send, 4, answer);
    story.moves(client, Function::Recv, 3, answer);
}

/// What happens to a message of 50 bytes.
struct Scene {
    /// Messages before that came whole.
    whole: i64,
    /// In which parts it is received.
    parts: [i64; 2],
    answer: i64,
    /// The part of the answers that the client has read before it sends on.
    read: i64,
    /// The part that it reads in the end.
    late: i64,
    /// How often the server says more, which nobody reads.
    after: u32,
    /// Something that the server does between the parts.
    between: fn(&mut Story, Thread),
}

impl Scene {
    const WRONG: Self = Self { whole: 2, parts: [20, 30], answer: 3, read: 3, late: 0, after: 0, between: |_, _| {} };

    fn found(&self) -> Vec<String> {
        let mut story = Story::new();
        let (client, server) = pair(&mut story);
        (0..self.whole).for_each(|message| exchange(&mut story, (client, server), 5 + message, self.answer.min(4)));
        let [first, second] = self.parts;
        story.moves(server, Function::Recv, 4, first);
        story.moves(server, Function::Send, 4, self.answer);
        (self.between)(&mut story, server);
        story.moves(server, Function::Recv, 4, second);
        // The send returns when the server has made room.
        story.moves(client, Function::Send, 3, 50);
        story.moves(server, Function::Send, 4, self.answer);
        story.moves(client, Function::Recv, 3, self.read);
        story.moves(client, Function::Send, 3, 5);
        for _ in 0..self.after {
            story.moves(server, Function::Send, 4, self.answer);
        }
        if self.late > 0 {
            story.moves(client, Function::Recv, 3, self.late);
        }
        found(&story)
    }
}

#[test]
fn one_message_that_is_answered_twice_is_likely_taken_for_two() {
    let sentence = "likely: recv() returned 20 of the 50 bytes that the peer sent at once, and they were answered as a whole message";
    assert_eq!(Scene::WRONG.found(), [sentence]);
    assert_eq!(Scene { parts: [20, 10], ..Scene::WRONG }.found(), [sentence], "more is to come");
    let silent = [
        ("no habit", Scene { whole: 1, ..Scene::WRONG }),
        ("an echo", Scene { answer: 20, read: 20, ..Scene::WRONG }),
        ("the peer reads all acknowledgements", Scene { read: 6, ..Scene::WRONG }),
        ("the peer knows of two answers", Scene { late: 3, ..Scene::WRONG }),
        ("the peer reads several in a row", Scene { answer: 4, read: 4, late: 8, after: 3, ..Scene::WRONG }),
        ("the peer reads on", Scene { read: 2, ..Scene::WRONG }),
        ("the whole, and another message", Scene { parts: [50, 5], ..Scene::WRONG }),
        ("more than the message", Scene { parts: [20, 40], ..Scene::WRONG }),
        (
            "another place",
            Scene {
                between: |story, server| {
                    story.call_from(0x1800, server, transfer(Function::Recv, 4, 0x5000, &[0; 100], 5))
                },
                ..Scene::WRONG
            },
        ),
        (
            "shut down",
            Scene {
                between: |story, server| story.call(server, call(Function::Shutdown, 4, Outcome::Returned(0))),
                ..Scene::WRONG
            },
        ),
        (
            "somebody else may read",
            Scene {
                between: |story, server| story.call(server, call(Function::Dup, 4, Outcome::Returned(9))),
                ..Scene::WRONG
            },
        ),
    ];
    for (name, scene) in silent {
        assert_eq!(scene.found(), [""; 0], "{name}");
    }
}

const NAME: u64 = 0x1100;
const PASSWORD: u64 = 0x1200;

/// A server that reads a name and a password and answers, so many times; then both come at once, and it waits at this place,
/// with this buffer. The client waits, too, or not.
fn two_at_once(rounds: u32, place: u64, buffer: u64, client_waits: bool) -> Vec<String> {
    let mut story = Story::new();
    let (client, server) = pair(&mut story);
    let receive = |story: &mut Story, place: u64, bytes: usize| {
        story.call_from(place, server, transfer(Function::Recv, 4, 0x5000, &[b'x'; 100], bytes));
    };
    for _ in 0..rounds {
        story.moves(client, Function::Send, 3, 4);
        receive(&mut story, NAME, 4);
        story.moves(client, Function::Send, 3, 6);
        receive(&mut story, PASSWORD, 6);
        story.moves(server, Function::Send, 4, 2);
        story.moves(client, Function::Recv, 3, 2);
    }
    story.moves(client, Function::Send, 3, 4);
    story.moves(client, Function::Send, 3, 6);
    receive(&mut story, NAME, 10);
    let waits = |fd| Call { args: [buffer, 100, 0], ..call(Function::Recv, fd, Outcome::Unfinished) };
    story.call_from(place, server, waits(4));
    if client_waits {
        story.call(client, waits(3));
    }
    found(&story)
}

#[test]
fn who_waits_for_what_came_with_the_message_before_is_likely_to_wait_in_vain() {
    let sentence = "likely: recv() returned more than one of the peer's messages, and the next recv() waits for what was read already";
    assert_eq!(two_at_once(2, PASSWORD, 0x6000, true), [sentence]);
    assert_eq!(two_at_once(1, PASSWORD, 0x6000, true), [""; 0], "no habit");
    assert_eq!(two_at_once(2, NAME, 0x5000, true), [""; 0], "it waits for the next name");
    assert_eq!(two_at_once(2, 0x1300, 0x6000, true), [""; 0], "it waits for something else");
    assert_eq!(two_at_once(2, PASSWORD, 0x500a, true), [""; 0], "it goes on behind what came");
    assert_eq!(two_at_once(2, PASSWORD, 0x6000, false), [""; 0], "the client has something else to do");
}

/// A server reads a length whole, and a part of what it announces; then this. What is said of that part.
fn part_of_a_body(length: &[u8], asked: u64, then: impl FnOnce(&mut Story, Thread)) -> Vec<String> {
    let mut story = Story::new();
    let (_, server) = pair(&mut story);
    let receive = |call| Call { fd: 4, ..call };
    story.call_from(0x1100, server, receive(receive_whole(length)));
    story.call_from(0x1200, server, receive(self::receive(0x2000, asked, b"the beginning")));
    then(&mut story, server);
    found(&story)
}

fn receive_whole(length: &[u8]) -> Call {
    receive(0x1000, length.len() as u64, length)
}

/// The next length is read, or what the program takes for it.
fn reads_a_length(story: &mut Story, server: Thread) {
    story.call_from(0x1100, server, Call { fd: 4, ..receive(0x1000, 4, b"body") });
}

/// The server answers this, and closes with so many bytes unread.
fn closes(answer: &'static [u8], unread: i32) -> impl FnOnce(&mut Story, Thread) {
    move |story, server| {
        if !answer.is_empty() {
            story.call(server, transfer(Function::Send, 4, 0x9000, answer, answer.len()));
        }
        let close = call(Function::Close, 4, Outcome::Returned(0));
        story.call(server, giving_up(close, [4, unread, 0], 0));
    }
}

#[test]
fn a_part_of_what_a_length_announces_that_is_taken_for_all_of_it_is_likely_a_mistake() {
    let said = |asked: u64| {
        [format!(
            "likely: recv() returned 13 of the {asked} bytes that the length before announces, and the rest was never asked for"
        )]
    };
    assert_eq!(part_of_a_body(&[0, 0, 4, 210], 1234, reads_a_length), said(1234));
    assert_eq!(part_of_a_body(&[210, 4, 0, 0], 1234, reads_a_length), said(1234), "the other byte order");
    assert_eq!(part_of_a_body(&[0, 0, 4, 210], 1234, closes(b"OK", 700)), said(1234));
    assert_eq!(part_of_a_body(b"00070001", 70_001, closes(b"200 stored", 700)), said(70_001), "digits");
    let silent = [
        ("given up", part_of_a_body(&[0, 0, 4, 210], 1234, closes(b"ERR", 700))),
        ("given up without a word", part_of_a_body(&[0, 0, 4, 210], 1234, closes(b"", 700))),
        ("nothing is unread", part_of_a_body(&[0, 0, 4, 210], 1234, closes(b"OK", 0))),
        ("the size of a buffer", part_of_a_body(&[0, 0, 4, 0], 1024, reads_a_length)),
        ("another number was asked for", part_of_a_body(&[0, 0, 4, 210], 1235, reads_a_length)),
    ];
    silent.into_iter().for_each(|(name, said)| assert_eq!(said, [""; 0], "{name}"));
}

#[test]
fn who_receives_the_rest_of_a_body_in_any_way_is_not() {
    let between = |between: Call| {
        part_of_a_body(&[0, 0, 4, 210], 1234, |story, server| {
            story.call_from(0x1300, server, Call { fd: 4, ..between });
            reads_a_length(story, server);
        })
    };
    let silent = [
        ("asks for the rest", receive(0x200d, 1221, b"rest")),
        ("skips it", receive(0x7000, 64, b"rest")),
        ("comes back later", call(Function::Recv, 4, Outcome::Failed(11))),
        ("by a vector", call(Function::Readv, 4, Outcome::Returned(4))),
        ("waits for all", Call { args: [0x200d, 1221, 0x100], ..receive(0x200d, 1221, b"rest") }),
    ];
    silent.into_iter().for_each(|(name, call)| assert_eq!(between(call), [""; 0], "{name}"));
    assert_eq!(between(call(Function::Getpeername, 4, Outcome::Returned(0))).len(), 1, "asks for something else");
}
