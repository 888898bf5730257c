//! A socket that is sent stays itself, in whatever order the two sides are told; and where it is not certain, nobody judges it.

use bsock_recording::details::Details;
use bsock_recording::event::{Call, Outcome, Thread, What};
use bsock_recording::function::Function;
use bsock_recording::layout::section;

use crate::Analysis;
use crate::early::WAITING;
use crate::rules::ALL;
use crate::testing::{OK, Story, call, memory_of, missing, passing};

/// What the kernel calls the socket that travels.
const COOKIE: u64 = 77;

/// A sender with the socket 3, bound to port 80, and a worker; each has one end of a pair: 5 and 6.
struct Post {
    story: Story,
    sender: Thread,
    worker: Thread,
}

impl Post {
    fn new() -> Self {
        let mut story = Story::new();
        let sender = story.program(&["./sender"]);
        pair(&mut story, sender);
        let worker = story.forked(sender);
        story.close(worker, 5);
        story.close(sender, 6);
        story.socket(sender, 3);
        story.bind(sender, 3, "0.0.0.0:80");
        Self { story, sender, worker }
    }

    fn send(&mut self) {
        self.story.call(self.sender, send(5, &[(3, COOKIE)]));
    }

    /// The worker receives it as descriptor 7.
    fn receive(&mut self) {
        self.story.call(self.worker, receive(6, &[(7, COOKIE)]));
    }

    /// The events of `last` are told, and only then those of `first`, which had begun before the first of `last` was over.
    fn told_late(&mut self, first: impl FnOnce(&mut Self), last: impl FnOnce(&mut Self)) {
        let begin = self.story.events.last().expect("events").end + 1;
        last(self);
        first(self);
        let end = self.story.events.last().expect("events").end;
        self.story.at(begin, end);
    }

    /// One more event, about none of them.
    fn idle(&mut self) {
        let process = Thread { process: 9, thread: 9, image: 9 };
        self.story.push(process, What::ThreadEnd);
    }

    /// As many events that nothing else is waited for.
    fn give_up(&mut self) {
        (0..=WAITING).for_each(|_| self.idle());
    }

    fn analysis(&self) -> Analysis {
        let mut analysis = Analysis::new(ALL);
        self.story.events.iter().for_each(|event| analysis.event(event));
        analysis
    }

    /// What the worker's descriptor 7 is.
    fn received(&self) -> String {
        seen(&self.analysis(), self.worker, 7)
    }
}

fn pair(story: &mut Story, thread: Thread) {
    let fds: Vec<u8> = [5_i32, 6].into_iter().flat_map(i32::to_ne_bytes).collect();
    let made = Details::of([(section::DESCRIPTORS, memory_of(&fds))]);
    story.call(thread, Call { args: [1, 1, 0], details: made, ..call(Function::Socketpair, -1, OK) });
}

fn send(through: i32, passed: &[(i32, u64)]) -> Call {
    passing(call(Function::Sendmsg, through, Outcome::Returned(1)), passed)
}

fn receive(at: i32, passed: &[(i32, u64)]) -> Call {
    passing(call(Function::Recvmsg, at, Outcome::Returned(1)), passed)
}

/// Where a descriptor's socket is bound, how many refer to it, and whether somebody unknown may.
fn seen(analysis: &Analysis, thread: Thread, fd: i32) -> String {
    analysis.model().endpoint_of(thread, fd).map_or_else(
        || "opaque".to_owned(),
        |endpoint| {
            let local = endpoint.local.as_ref().map_or_else(|| "unbound".to_owned(), ToString::to_string);
            let handed_on = if endpoint.course.handed_on { ", handed on" } else { "" };
            format!("{local}, {}{handed_on}", endpoint.references())
        },
    )
}

fn alive(analysis: &Analysis) -> usize {
    analysis.model().endpoints.alive()
}

#[test]
fn one_that_its_sender_closes_before_it_is_received_stays_itself() {
    let mut post = Post::new();
    post.send();
    assert_eq!(seen(&post.analysis(), post.sender, 3), "0.0.0.0:80, 2, handed on", "the message is a reference");
    post.story.close(post.sender, 3);
    let analysis = post.analysis();
    assert_eq!(analysis.model().subject().map(|socket| socket.references()), Some(1), "that was not the last one");
    post.receive();
    assert_eq!(post.received(), "0.0.0.0:80, 1");
    post.story.close(post.worker, 7);
    assert_eq!(post.analysis().model().subject().map(|socket| socket.references()), Some(0), "but this is");
}

#[test]
fn one_that_is_told_to_be_received_before_it_is_told_to_be_sent_stays_itself() {
    let mut post = Post::new();
    post.told_late(Post::send, |post| {
        post.receive();
        post.story.moves(post.worker, Function::Send, 7, 9);
    });
    post.story.close(post.sender, 3);
    let analysis = post.analysis();
    assert_eq!(seen(&analysis, post.worker, 7), "0.0.0.0:80, 1");
    let sent = analysis.model().endpoint_of(post.worker, 7).map(|socket| socket.traffic.sent);
    assert_eq!((sent, analysis.finish().summary.opaque), (Some(9), 0));
}

#[test]
fn one_that_is_received_and_closed_before_it_is_told_to_be_sent_is_the_sender_s_alone() {
    let mut post = Post::new();
    post.told_late(Post::send, |post| {
        post.receive();
        post.story.close(post.worker, 7);
    });
    let analysis = post.analysis();
    assert_eq!(seen(&analysis, post.sender, 3), "0.0.0.0:80, 1");
    assert_eq!(analysis.finish().summary.opaque, 0);
}

#[test]
fn one_whose_sender_is_killed_before_it_is_received_stays_itself() {
    let mut post = Post::new();
    post.send();
    post.story.push(post.sender, What::ProcessEnd(Some(9)));
    post.receive();
    assert_eq!(post.received(), "0.0.0.0:80, 1");
}

#[test]
fn one_that_is_never_received_goes_with_the_other_end_of_the_pair() {
    let mut post = Post::new();
    post.send();
    post.story.close(post.sender, 3);
    post.story.close(post.sender, 5);
    post.idle();
    assert_eq!(alive(&post.analysis()), 2, "the worker may still receive it");
    post.story.close(post.worker, 6);
    post.idle();
    assert_eq!(alive(&post.analysis()), 0);
    // Whose sender has kept it, and knows that nobody else will have it.
    let mut post = Post::new();
    post.send();
    post.story.push(post.worker, What::ProcessEnd(Some(9)));
    post.idle();
    post.idle();
    assert_eq!(seen(&post.analysis(), post.sender, 3), "0.0.0.0:80, 1");
}

#[test]
fn where_the_other_end_may_be_held_by_an_unrecorded_program_it_is_handed_on_for_ever() {
    let mut post = Post::new();
    post.send();
    post.story.call(post.worker, call(Function::System, -1, OK));
    post.receive();
    assert_eq!(post.received(), "0.0.0.0:80, 2, handed on");
    post.story.close(post.sender, 3);
    assert_eq!(post.received(), "0.0.0.0:80, 1, handed on");
}

#[test]
fn one_that_nobody_was_seen_to_send_again_is_handed_on_for_ever() {
    let mut post = Post::new();
    post.send();
    post.receive();
    post.story.call(post.worker, receive(6, &[(8, COOKIE)]));
    post.give_up();
    assert_eq!(post.received(), "0.0.0.0:80, 3, handed on", "somebody unknown has sent it");
    // Sent twice, it is received twice.
    let mut post = Post::new();
    post.send();
    post.send();
    post.receive();
    assert_eq!(post.received(), "0.0.0.0:80, 3, handed on");
    post.story.call(post.worker, receive(6, &[(8, COOKIE)]));
    assert_eq!(post.received(), "0.0.0.0:80, 3");
}

#[test]
fn a_message_that_was_only_looked_at_is_still_to_be_received() {
    const MSG_PEEK: u64 = 2;
    let mut post = Post::new();
    post.send();
    post.story.call(post.worker, Call { args: [0, 0, MSG_PEEK], ..receive(6, &[(8, COOKIE)]) });
    assert_eq!(seen(&post.analysis(), post.worker, 8), "0.0.0.0:80, 3, handed on");
    post.receive();
    assert_eq!(post.received(), "0.0.0.0:80, 3");
}

#[test]
fn the_worker_s_children_have_what_it_received() {
    let mut post = Post::new();
    post.send();
    post.story.close(post.sender, 3);
    post.receive();
    let child = post.story.forked(post.worker);
    post.story.close(post.worker, 7);
    assert_eq!(seen(&post.analysis(), child, 7), "0.0.0.0:80, 1");
}

#[test]
fn between_processes_that_are_no_relatives_it_stays_itself_and_is_handed_on() {
    let mut story = Story::new();
    let (sender, worker) = (story.program(&["./sender"]), story.program(&["./worker"]));
    story.socket(sender, 3);
    story.bind(sender, 3, "0.0.0.0:80");
    [sender, worker].into_iter().for_each(|process| story.udp_socket(process, 5));
    let mut post = Post { story, sender, worker };
    post.send();
    post.story.close(sender, 3);
    post.story.call(worker, receive(5, &[(7, COOKIE)]));
    assert_eq!(post.received(), "0.0.0.0:80, 1, handed on");
    assert_eq!(post.analysis().finish().summary.opaque, 0);
}

#[test]
fn listeners_datagram_sockets_and_ends_of_a_pair_travel_as_well() {
    let mut post = Post::new();
    post.story.listen(post.sender, 3);
    post.send();
    post.story.close(post.sender, 3);
    post.receive();
    post.story.accept(post.worker, 7, 8);
    assert_eq!(seen(&post.analysis(), post.worker, 8), "0.0.0.0:80, 1", "what a prefork server's child accepts");
    post.story.udp_socket(post.sender, 3);
    post.story.call(post.sender, send(5, &[(3, 78)]));
    post.story.close(post.sender, 3);
    post.story.call(post.worker, receive(6, &[(9, 78)]));
    let analysis = post.analysis();
    assert!(analysis.model().endpoint_of(post.worker, 9).is_some_and(|socket| socket.is_datagram()));
    // The worker's own end comes back through the pair: what is sent to it then arrives where it is received.
    post.story.call(post.sender, send(5, &[(5, 79)]));
    post.story.call(post.worker, receive(6, &[(10, 79)]));
    post.story.close(post.sender, 5);
    let analysis = post.analysis();
    let end = analysis.model().endpoint_of(post.worker, 10).expect("trusted");
    assert_eq!((end.references(), end.course.handed_on), (1, false));
    assert!(end.peer.is_some() && end.peer == analysis.model().endpoint_of(post.worker, 6).map(|other| other.id));
    assert_eq!(analysis.finish().summary.opaque, 0);
}

#[test]
fn one_that_the_sender_itself_found_open_is_the_same_in_every_message() {
    let mut post = Post::new();
    for fd in [7, 8] {
        post.story.call(post.sender, send(5, &[(20, 99)]));
        post.story.call(post.worker, receive(6, &[(fd, 99)]));
    }
    let summary = post.analysis().finish().summary;
    assert_eq!((post.received().as_str(), summary.sockets, summary.opaque), ("opaque", 4, 1));
}

#[test]
fn what_was_not_sent_is_nowhere_and_what_was_sent_by_unknown_ways_is_handed_on() {
    let mut post = Post::new();
    let failed = Call { outcome: Outcome::Failed(11), ..send(5, &[(3, COOKIE)]) };
    post.story.call(post.sender, failed);
    assert_eq!(seen(&post.analysis(), post.sender, 3), "0.0.0.0:80, 1");
    post.story.call(post.sender, send(19, &[(3, COOKIE)]));
    assert_eq!(
        seen(&post.analysis(), post.sender, 3),
        "0.0.0.0:80, 2, handed on",
        "through a socket that is not known"
    );
}

#[test]
fn a_number_that_the_kernel_gives_to_two_sockets_makes_both_opaque() {
    let mut post = Post::new();
    post.send();
    post.story.socket(post.sender, 4);
    post.story.call(post.sender, send(5, &[(4, COOKIE)]));
    let analysis = post.analysis();
    assert_eq!([3, 4].map(|fd| seen(&analysis, post.sender, fd)), ["opaque", "opaque"]);
}

#[test]
fn a_descriptor_that_a_message_brought_is_not_what_had_its_number_before() {
    let mut post = Post::new();
    post.story.udp_socket(post.worker, 7);
    post.send();
    post.receive();
    assert_eq!(post.received(), "0.0.0.0:80, 2", "the close of the other one is not told yet");
}

#[test]
fn where_calls_were_lost_while_it_was_in_flight_it_is_opaque() {
    for lose in [|post: &mut Post| post.story.lost(post.sender), |post: &mut Post| post.story.lost(post.worker)] {
        let mut post = Post::new();
        post.send();
        post.story.close(post.sender, 3);
        lose(&mut post);
        post.receive();
        assert_eq!(post.received(), "opaque");
    }
    let post = {
        let mut post = Post::new();
        post.send();
        post.story.close(post.sender, 3);
        post
    };
    let mut analysis = post.analysis();
    analysis.event(&missing(1));
    let mut post = Post { story: Story::new(), ..post };
    post.receive();
    post.story.events.iter().for_each(|event| analysis.event(event));
    assert_eq!(seen(&analysis, post.worker, 7), "opaque");
}

#[test]
fn of_sockets_that_an_unrecorded_receiver_takes_only_the_last_are_remembered() {
    let mut story = Story::new();
    let server = story.program(&["./server"]);
    story.udp_socket(server, 5);
    for cookie in 1..5000 {
        story.socket(server, 3);
        story.call(server, send(5, &[(3, cookie)]));
        story.close(server, 3);
    }
    let post = Post { story, sender: server, worker: server };
    assert!(alive(&post.analysis()) <= super::PASSAGES + 1);
    assert_eq!(post.analysis().model().endpoints.cookies(), super::PASSAGES);
}
