//! Datagrams that name their destination, and services that `getaddrinfo` was asked for.

use bsock_recording::details::Details;
use bsock_recording::event::{Call, Outcome, Thread};
use bsock_recording::function::Function;
use bsock_recording::layout::section;

use super::{SWAPPED, client, only, said, server};
use crate::finding::Confidence;
use crate::testing::{OK, Story, call, memory_of, sockaddr};

const SENT: Outcome = Outcome::Returned(5);

fn sends(story: &mut Story, thread: Thread, fd: i32, address: &str, outcome: Outcome) {
    story.call(thread, Call { address: Some(sockaddr(address)), ..call(Function::Sendto, fd, outcome) });
}

/// A program with this command line that sends a datagram to this address.
fn sender(story: &mut Story, arguments: &[&str], address: &str, outcome: Outcome) -> Thread {
    let sender = story.program(arguments);
    story.udp_socket(sender, 3);
    sends(story, sender, 3, address, outcome);
    sender
}

/// A program with this command line that is bound to this address and waits for datagrams.
fn receiver(story: &mut Story, arguments: &[&str], address: &str) -> Thread {
    let receiver = story.program(arguments);
    story.udp_socket(receiver, 3);
    story.bind(receiver, 3, address);
    receiver
}

fn receives(story: &mut Story, thread: Thread, fd: i32, from: &str) {
    story.call(thread, Call { address_result: Some(sockaddr(from)), ..call(Function::Recvfrom, fd, SENT) });
}

fn asks_for(story: &mut Story, thread: Thread, service: &str) {
    let details = Details::of([(section::SERVICE, memory_of(service.as_bytes()))]);
    story.call(thread, Call { details, ..call(Function::Getaddrinfo, -1, OK) });
}

#[test]
fn a_datagram_to_the_swapped_port_is_certain_where_the_arguments_tell_whatever_became_of_it() {
    for (outcome, verb) in [(SENT, "sent"), (Outcome::Failed(13), "tried to send")] {
        let mut story = Story::new();
        receiver(&mut story, &["./server", "8080"], "0.0.0.0:8080");
        sender(&mut story, &["./client", "8080"], SWAPPED, outcome);
        let sentence = format!("{verb} to port 36895, which is 8080 with its bytes swapped");
        assert_eq!(said(&story), [(Confidence::Certain, sentence)]);
    }
}

#[test]
fn messages_and_vectors_of_messages_name_destinations_as_well() {
    for function in [Function::Sendmsg, Function::Sendmmsg] {
        let mut story = Story::new();
        let client = story.program(&["./client", "8080"]);
        story.udp_socket(client, 3);
        story.call(client, Call { address: Some(sockaddr(SWAPPED)), ..call(function, 3, SENT) });
        assert_eq!(only(&story).confidence, Confidence::Certain, "{}", function.name());
    }
}

#[test]
fn two_ends_that_find_each_other_by_datagrams_are_two_findings_that_show_each_other() {
    let mut story = Story::new();
    let server = receiver(&mut story, &["./server", "8080"], SWAPPED);
    let client = sender(&mut story, &["./client", "8080"], SWAPPED, SENT);
    receives(&mut story, server, 3, "127.0.0.1:51000");
    sends(&mut story, server, 3, "127.0.0.1:51000", SENT);
    receives(&mut story, client, 3, SWAPPED);
    let findings = story.findings();
    let related: Vec<_> = findings.iter().flat_map(|found| &found.related).map(|it| it.site.function).collect();
    assert_eq!((findings.len(), related), (2, vec!["sendto", "bind"]));
    assert_eq!(
        findings[0].related[0].message.to_string(),
        "this sends to 36895 as well: two ends with the same mistake find each other, and no other program finds them"
    );
}

#[test]
fn without_arguments_a_datagram_needs_somebody_who_waits_at_the_other_port_or_makes_the_same_mistake() {
    let found = |bound: &str| {
        let mut story = Story::new();
        receiver(&mut story, &["./server"], bound);
        sender(&mut story, &["./client"], SWAPPED, SENT);
        said(&story).into_iter().map(|(confidence, _)| confidence).collect::<Vec<_>>()
    };
    assert_eq!(found("0.0.0.0:8080"), [Confidence::Likely]);
    assert_eq!(found(SWAPPED), [Confidence::Likely; 2]);
    assert_eq!(found("0.0.0.0:9000"), []);
}

#[test]
fn a_datagram_to_port_zero_is_likely_where_the_arguments_tell_the_port() {
    let mut story = Story::new();
    sender(&mut story, &["./client", "127.0.0.1", "9999"], "127.0.0.1:0", Outcome::Failed(22));
    let finding = only(&story);
    assert_eq!(finding.message.to_string(), "tried to send to port 0, where the arguments say 9999");
    assert_eq!(finding.confidence, Confidence::Likely);
    assert!(finding.help.to_string().contains("not `htonl`"));
}

#[test]
fn a_service_tells_what_an_argument_tells() {
    let mut story = Story::new();
    let client = story.program(&["./client"]);
    asks_for(&mut story, client, "7123");
    story.socket(client, 3);
    story.connect(client, 3, "127.0.0.1:54043", OK);
    let finding = only(&story);
    assert_eq!(finding.confidence, Confidence::Certain);
    assert_eq!(finding.notes[0].to_string(), "7123 is the service that `client` asked getaddrinfo() for, 54043 is not");
}

/// Correct programs, each with what makes it one.
#[test]
fn datagrams_that_look_alike_are_silent() {
    let silent = |name: &str, tell: &dyn Fn(&mut Story)| {
        let mut story = Story::new();
        tell(&mut story);
        assert_eq!(said(&story), [], "{name}");
    };
    silent("an answer to whoever asked", &|story| {
        let server = receiver(story, &["./server", "8080"], "0.0.0.0:8080");
        receives(story, server, 3, SWAPPED);
        sends(story, server, 3, SWAPPED, SENT);
    });
    silent("a peer whose port came in a message, among others", &|story| {
        let peer = sender(story, &["./peer", "8080"], SWAPPED, SENT);
        sends(story, peer, 3, "127.0.0.1:41234", SENT);
    });
    silent("a port that another command line names", &|story| {
        sender(story, &["./client", "8080"], SWAPPED, SENT);
        story.program(&["./server", "36895"]);
    });
    silent("a port to which somebody is bound who does not mean another", &|story| {
        receiver(story, &["./server"], "0.0.0.0:54043");
        sender(story, &["./client", "7123"], "127.0.0.1:54043", SENT);
    });
    silent("a port that another service names", &|story| {
        let client = story.program(&["./client", "8080"]);
        asks_for(story, client, "36895");
        story.udp_socket(client, 3);
        sends(story, client, 3, SWAPPED, SENT);
    });
    silent("a service that has a name", &|story| {
        let client = story.program(&["./client"]);
        asks_for(story, client, "http");
        story.udp_socket(client, 3);
        sends(story, client, 3, "127.0.0.1:20480", SENT);
    });
    silent("the address of a stream's sendto, which nobody looks at", &|story| {
        let client = client(story, &["./client", "8080"], "127.0.0.1:8080", OK);
        sends(story, client, 3, SWAPPED, SENT);
    });
    silent("a datagram of a protocol without ports", &|story| {
        sender(story, &["ping", "-c", "9999"], "127.0.0.1:0", SENT);
    });
    silent("after the kernel chose a port", &|story| {
        receiver(story, &["./server"], "127.0.0.1:0");
        sender(story, &["./client", "8080"], SWAPPED, SENT);
    });
}

#[test]
fn where_datagrams_go_says_nothing_of_the_port_that_is_bound() {
    let mut story = Story::new();
    let peer = receiver(&mut story, &["./peer", "8080"], SWAPPED);
    sends(&mut story, peer, 3, "127.0.0.1:41234", SENT);
    assert_eq!(only(&story).confidence, Confidence::Certain);
    server(&mut story, &["./other", "9999"], "0.0.0.0:3879");
    assert_eq!(said(&story).len(), 2);
}

#[test]
fn more_senders_than_are_remembered_may_be_anybody() {
    let mut story = Story::new();
    let server = receiver(&mut story, &["./server", "8080"], "0.0.0.0:8080");
    (20_000..24_096).for_each(|port| receives(&mut story, server, 3, &format!("127.0.0.1:{port}")));
    sends(&mut story, server, 3, SWAPPED, SENT);
    assert_eq!(said(&story), []);
}
