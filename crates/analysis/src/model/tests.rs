//! The table follows the calls, and stops believing where it must.

use bsock_recording::event::{Call, Event, Inherited, Outcome, Thread, What};
use bsock_recording::function::Function;
use fastrand::Rng;

use super::Model;
use crate::testing::{OK, Story, call, module, passing};

fn replay(events: &[Event]) -> Model {
    let mut model = Model::default();
    events.iter().for_each(|event| model.apply(event));
    model
}

/// The address that the last call's endpoint is bound to, or why there is none.
fn local(model: &Model) -> String {
    match model.subject() {
        None => "opaque".to_owned(),
        Some(endpoint) => endpoint.local.as_ref().map_or_else(|| "unbound".to_owned(), ToString::to_string),
    }
}

fn touch(story: &mut Story, thread: Thread, fd: i32) -> String {
    let byte = Call { args: [0, 1, 0], ..call(Function::Send, fd, Outcome::Returned(1)) };
    story.call(thread, byte);
    local(&replay(&story.events))
}

/// A program with descriptor 3 bound to port 80.
fn bound(story: &mut Story) -> Thread {
    let thread = story.program(&["./server"]);
    story.socket(thread, 3);
    story.bind(thread, 3, "0.0.0.0:80");
    thread
}

fn fork(story: &mut Story, parent: Thread, child: u32) {
    story.call(parent, call(Function::Fork, -1, Outcome::Returned(child.into())));
}

const CHILD: Thread = Thread { process: 200, thread: 200, image: 1 };

#[test]
fn an_endpoint_gathers_what_its_calls_tell() {
    let mut story = Story::new();
    let thread = bound(&mut story);
    story.listen(thread, 3);
    let model = replay(&story.events);
    let endpoint = model.subject().expect("known");
    assert!(endpoint.is_inet() && endpoint.is_stream() && endpoint.is_listening() && !endpoint.is_datagram());
    assert_eq!(endpoint.backlog, Some(5));
    story.accept(thread, 3, 4);
    assert_eq!(touch(&mut story, thread, 4), "0.0.0.0:80");
    let model = replay(&story.events);
    assert_eq!(
        model.subject().and_then(|endpoint| endpoint.remote.clone()).expect("peer").to_string(),
        "127.0.0.1:51000"
    );
    let summary = model.summary();
    assert_eq!((summary.calls, summary.sockets, summary.processes, summary.sent), (5, 2, 1, 1));
}

#[test]
fn a_closed_number_is_free_and_its_endpoint_forgotten() {
    let mut story = Story::new();
    let thread = bound(&mut story);
    story.close(thread, 3);
    assert_eq!(local(&replay(&story.events)), "0.0.0.0:80", "what was closed can still be looked at");
    story.socket(thread, 3);
    assert_eq!(touch(&mut story, thread, 3), "unbound");
    for _ in 0..1000 {
        story.close(thread, 3);
        story.socket(thread, 3);
    }
    assert_eq!(replay(&story.events).endpoints.alive(), 1);
}

#[test]
fn a_close_that_returns_after_the_number_was_given_out_again_closes_the_old_one() {
    let mut story = Story::new();
    let thread = bound(&mut story);
    let other = Thread { thread: 999, ..thread };
    story.socket(other, 3);
    story.at(2000, 2010);
    story.close(thread, 3);
    story.at(1990, 2020);
    assert_eq!(local(&replay(&story.events)), "0.0.0.0:80", "the old one was closed");
    story.call(other, call(Function::Send, 3, OK));
    story.at(2030, 2031);
    assert_eq!(local(&replay(&story.events)), "unbound", "the new one lives");
}

#[test]
fn a_call_that_began_before_the_number_was_given_out_again_means_the_old_one() {
    let mut story = Story::new();
    let thread = bound(&mut story);
    story.socket(thread, 3);
    story.at(2000, 2010);
    story.call(thread, call(Function::Recv, 3, OK));
    story.at(1500, 2020);
    assert_eq!(local(&replay(&story.events)), "0.0.0.0:80");
}

#[test]
fn a_close_of_which_nobody_knows_what_it_closed_makes_the_new_one_opaque() {
    let mut story = Story::new();
    let thread = story.program(&["./server"]);
    story.socket(thread, 3);
    story.at(2000, 2010);
    story.close(thread, 3);
    story.at(2005, 2020);
    story.call(thread, call(Function::Send, 3, OK));
    story.at(2030, 2031);
    let model = replay(&story.events);
    assert_eq!((local(&model).as_str(), model.summary().opaque), ("opaque", 1));
}

#[test]
fn what_the_kernel_contradicts_is_opaque() {
    for errno in [9, 88] {
        let mut story = Story::new();
        let thread = bound(&mut story);
        story.call(thread, call(Function::Recv, 3, Outcome::Failed(errno)));
        let model = replay(&story.events);
        assert_eq!((local(&model).as_str(), model.summary().opaque, model.endpoints.alive()), ("opaque", 1, 0));
    }
    // The number was given out twice without a close between: the first was closed in a way that is not recorded.
    let mut story = Story::new();
    let thread = bound(&mut story);
    story.socket(thread, 3);
    assert_eq!(touch(&mut story, thread, 3), "unbound");
    story.close(thread, 3);
    assert_eq!(replay(&story.events).summary().opaque, 1);
}

#[test]
fn a_call_of_a_kind_that_is_not_known_makes_its_socket_opaque_and_no_other() {
    let mut story = Story::new();
    let thread = bound(&mut story);
    story.socket(thread, 4);
    story.push(thread, What::Unknown(3));
    assert_eq!(touch(&mut story, thread, 3), "opaque");
    assert_eq!(touch(&mut story, thread, 4), "unbound");
    assert_eq!(replay(&story.events).summary().unrecognised, 1);
}

#[test]
fn after_a_loss_only_new_endpoints_are_trusted() {
    let mut story = Story::new();
    let thread = bound(&mut story);
    let other = Thread { thread: 999, ..thread };
    story.lost(thread);
    story.socket(other, 4);
    assert_eq!(touch(&mut story, other, 4), "opaque", "made while calls were missing");
    story.close(thread, 9);
    story.socket(thread, 5);
    assert_eq!(touch(&mut story, thread, 3), "opaque");
    assert_eq!(touch(&mut story, thread, 5), "unbound");
    let summary = replay(&story.events).summary();
    assert_eq!((summary.lost, summary.opaque), (1, 2));
}

#[test]
fn a_fork_shares_and_each_process_closes_its_own() {
    let mut story = Story::new();
    let parent = bound(&mut story);
    fork(&mut story, parent, CHILD.process);
    story.close(parent, 3);
    story.start(CHILD, &[], true, parent.process);
    assert_eq!(touch(&mut story, CHILD, 3), "0.0.0.0:80", "the parent closed only its own descriptor");
    assert_eq!(replay(&story.events).process(CHILD).expect("started").program().name(), "server");
    story.close(CHILD, 3);
    assert_eq!(replay(&story.events).endpoints.alive(), 0);
}

#[test]
fn a_child_that_is_faster_than_its_parent_waits_for_the_proof() {
    let mut story = Story::new();
    let parent = bound(&mut story);
    story.start(CHILD, &[], true, parent.process);
    story.at(2000, 2000);
    assert_eq!(touch(&mut story, CHILD, 3), "opaque");
    fork(&mut story, parent, CHILD.process);
    story.at(1999, 3000);
    assert_eq!(touch(&mut story, CHILD, 3), "0.0.0.0:80");
}

/// A shell that starts a program in the background is still in its fork when that makes its first calls.
#[test]
fn what_a_child_makes_itself_is_known_before_the_proof_and_in_the_program_that_it_executes() {
    let mut story = Story::new();
    let parent = bound(&mut story);
    story.start(CHILD, &[], true, parent.process);
    story.udp_socket(CHILD, 4);
    assert_eq!(touch(&mut story, CHILD, 4), "unbound");
    story.call(CHILD, call(Function::Execve, -1, Outcome::Unfinished));
    let program = Thread { image: 77, ..CHILD };
    story.start(program, &["./client"], false, parent.process);
    story.udp_socket(program, 5);
    assert_eq!(touch(&mut story, program, 5), "unbound");
    assert_eq!(touch(&mut story, program, 3), "opaque", "what it inherited");
}

#[test]
fn a_child_with_a_former_child_s_number_is_another() {
    let mut story = Story::new();
    let parent = bound(&mut story);
    fork(&mut story, parent, CHILD.process);
    story.start(CHILD, &[], true, parent.process);
    story.socket(parent, 5);
    fork(&mut story, parent, CHILD.process);
    story.close(parent, 5);
    let again = Thread { image: 2, ..CHILD };
    story.start(again, &[], true, parent.process);
    assert_eq!(touch(&mut story, again, 5), "unbound");
}

#[test]
fn exec_keeps_what_is_not_close_on_exec() {
    let mut story = Story::new();
    let thread = bound(&mut story);
    let close_on_exec = Call { args: [2, 1 | 0o2_000_000, 0], ..call(Function::Socket, -1, Outcome::Returned(4)) };
    story.call(thread, close_on_exec);
    story.call(thread, call(Function::Execve, -1, Outcome::Unfinished));
    let image = Thread { image: 77, ..thread };
    story.start(image, &["./next"], false, 1);
    assert_eq!(touch(&mut story, image, 3), "0.0.0.0:80");
    assert_eq!(touch(&mut story, image, 4), "opaque");
    let model = replay(&story.events);
    assert_eq!(model.endpoints.alive(), 1);
    assert_eq!(
        (model.summary().processes, model.process(image).expect("started").program().name().as_str()),
        (1, "next")
    );
}

#[test]
fn a_number_of_a_process_that_comes_again_is_another_process() {
    let mut story = Story::new();
    let thread = bound(&mut story);
    let again = Thread { image: 77, ..thread };
    story.start(again, &["./other"], false, 1);
    assert_eq!(touch(&mut story, again, 3), "opaque");
    let model = replay(&story.events);
    assert_eq!((model.summary().processes, model.endpoints.alive()), (2, 0));
}

#[test]
fn a_child_with_an_object_of_its_own_does_not_change_its_parent() {
    let mut story = Story::new();
    let parent = bound(&mut story);
    fork(&mut story, parent, CHILD.process);
    story.start(CHILD, &[], true, parent.process);
    story.push(CHILD, What::Module(Box::new(module(0x7000, 0x8000, "/plugin.so", false))));
    let model = replay(&story.events);
    let modules = |thread| model.process(thread).map(|process| process.program().modules.len());
    assert_eq!((modules(parent), modules(CHILD)), (Some(1), Some(2)));
}

#[test]
fn servers_that_fork_for_each_client_do_not_grow() {
    let mut story = Story::new();
    let parent = bound(&mut story);
    for number in 0..2000_u32 {
        story.accept(parent, 3, 4);
        fork(&mut story, parent, 300 + number);
        story.close(parent, 4);
        let child = Thread { process: 300 + number, thread: 300 + number, image: 1 };
        story.start(child, &[], true, parent.process);
        story.call(child, call(Function::Exit, -1, Outcome::Unfinished));
    }
    assert!(replay(&story.events).endpoints.alive() < 100);
}

#[test]
fn no_order_of_events_makes_it_panic() {
    let mut random = Rng::with_seed(1);
    for _ in 0..300 {
        let mut story = Story::new();
        for _ in 0..200 {
            let number = random.u32(..3);
            let thread =
                Thread { process: 100 + number, thread: 100 + number + random.u32(..2), image: random.u64(..2) };
            let function = Function::ALL[random.usize(..Function::ALL.len())];
            let outcome =
                [OK, Outcome::Returned(3), Outcome::Returned(i64::MAX), Outcome::Failed(9), Outcome::Unfinished]
                    [random.usize(..5)];
            let fd = [-1, 3, 3, 4, i32::MAX, i32::MIN][random.usize(..6)];
            match random.usize(..12) {
                0 => story.start(thread, &["./x", "8080"], random.bool(), 100 + random.u32(..3)),
                1 => story.lost(thread),
                2 => fork(&mut story, thread, 100 + random.u32(..3)),
                _ => story.call(thread, Call { args: [u64::MAX, 1, u64::MAX], ..call(function, fd, outcome) }),
            }
            let begin = random.u64(..4000);
            story.at(begin, begin + random.u64(..50));
        }
        story.report();
    }
}

fn with(args: [u64; 3], call: Call) -> Call {
    Call { args, ..call }
}

fn returned(function: Function, fd: i32, result: i64) -> Call {
    call(function, fd, Outcome::Returned(result))
}

#[test]
fn copies_keep_an_endpoint_and_replace_what_had_their_number() {
    let mut story = Story::new();
    let thread = bound(&mut story);
    story.call(thread, returned(Function::Dup, 3, 4));
    story.call(thread, with([0, 10, 0], returned(Function::Fcntl, 3, 10)));
    story.close(thread, 3);
    assert_eq!(touch(&mut story, thread, 4), "0.0.0.0:80");
    assert_eq!(touch(&mut story, thread, 10), "0.0.0.0:80");
    story.socket(thread, 3);
    story.call(thread, with([4, 0, 0], returned(Function::Dup2, 3, 4)));
    assert_eq!(touch(&mut story, thread, 4), "unbound");
    story.call(thread, with([4, 0, 0], returned(Function::Dup2, 77, 4)));
    assert_eq!(touch(&mut story, thread, 4), "opaque", "a file has the number");
}

#[test]
fn ranges_are_closed_or_marked() {
    let mut story = Story::new();
    let thread = bound(&mut story);
    story.socket(thread, 9);
    story.call(thread, with([4, u64::from(u32::MAX), 0], returned(Function::CloseRange, -1, 0)));
    assert_eq!(touch(&mut story, thread, 3), "0.0.0.0:80");
    assert_eq!(touch(&mut story, thread, 9), "opaque");
    story.call(thread, with([0, 5, 4], returned(Function::CloseRange, -1, 0)));
    assert_eq!(touch(&mut story, thread, 3), "0.0.0.0:80", "only marked");
    story.call(thread, call(Function::Execve, -1, Outcome::Unfinished));
    let thread = Thread { image: 2, ..thread };
    story.start(thread, &["./other"], false, 1);
    assert_eq!(touch(&mut story, thread, 3), "opaque", "the mark closed it");
}

#[test]
fn what_ioctl_marks_is_closed_or_kept_by_exec() {
    const FIONCLEX: u64 = 0x5450;
    const FIOCLEX: u64 = 0x5451;
    for (open, request, found) in [(1, FIOCLEX, "opaque"), (1 | 0o2_000_000, FIONCLEX, "unbound")] {
        let mut story = Story::new();
        let thread = story.program(&["./server"]);
        story.call(thread, with([2, open, 0], returned(Function::Socket, -1, 3)));
        story.call(thread, with([request, 0, 0], returned(Function::Ioctl, 3, 0)));
        story.call(thread, call(Function::Execve, -1, Outcome::Unfinished));
        let thread = Thread { image: 2, ..thread };
        story.start(thread, &["./other"], false, 1);
        assert_eq!(touch(&mut story, thread, 3), found);
    }
}

#[test]
fn what_another_program_may_hold_is_handed_on_and_nothing_else() {
    let in_a_child = Call { vfork_child: true, ..call(Function::Execve, -1, Outcome::Unfinished) };
    let failed = call(Function::Execve, -1, Outcome::Failed(2));
    let sent = |passed: &[(i32, u64)]| passing(returned(Function::Sendmsg, 5, 1), passed);
    // Descriptor 3 is kept through an exec, 4 is not.
    for (how, handed_on) in [
        (failed, [true, false]),
        (call(Function::System, -1, OK), [true, false]),
        (call(Function::Popen, -1, OK), [true, false]),
        (returned(Function::PosixSpawn, -1, 77), [true, true]),
        (in_a_child, [true, true]),
        (sent(&[(4, 0)]), [false, true]),
        (sent(&[]), [false, false]),
        (returned(Function::Fork, -1, 77), [false, false]),
    ] {
        let mut story = Story::new();
        let thread = bound(&mut story);
        story.call(thread, with([2, 1 | 0o2_000_000, 0], returned(Function::Socket, -1, 4)));
        story.socket(thread, 5);
        story.call(thread, how.clone());
        let model = replay(&story.events);
        let is_handed_on = |fd| model.endpoint_of(thread, fd).expect("known").course.handed_on;
        assert_eq!([3, 4].map(is_handed_on), handed_on, "{:?}", how.function);
    }
}

#[test]
fn a_stream_hides_what_passes_and_ends_its_descriptor() {
    let mut story = Story::new();
    let thread = bound(&mut story);
    story.call(thread, returned(Function::Fdopen, 3, 0x7000));
    assert_eq!(touch(&mut story, thread, 3), "opaque");
    story.call(thread, returned(Function::Fclose, 3, 0));
    story.socket(thread, 3);
    assert_eq!(touch(&mut story, thread, 3), "unbound", "another socket");
}

#[test]
fn a_socket_that_travels_stays_itself() {
    let mut story = Story::new();
    let sender = bound(&mut story);
    story.socket(sender, 5);
    let receiver = story.program(&["./receiver"]);
    story.socket(receiver, 6);
    story.call(sender, passing(returned(Function::Sendmsg, 5, 1), &[(3, 77)]));
    story.call(receiver, passing(returned(Function::Recvmsg, 6, 1), &[(7, 77), (8, 78), (9, 0)]));
    story.close(sender, 3);
    assert_eq!(touch(&mut story, receiver, 7), "0.0.0.0:80");
    assert_eq!(touch(&mut story, receiver, 8), "opaque", "nobody was seen to make it");
    let child = story.program(&["./child"]);
    let found = Inherited { fd: 0, domain: 2, kind: 1, listening: false, cookie: 77, local: None, remote: None };
    story.push(child, What::Inherited(Box::new(found)));
    assert_eq!(touch(&mut story, child, 0), "0.0.0.0:80");
}

#[test]
fn a_daemon_keeps_what_its_parent_had() {
    let mut story = Story::new();
    let thread = bound(&mut story);
    story.call(thread, with([1, 0, 0], call(Function::Daemon, -1, Outcome::Unfinished)));
    story.start(CHILD, &[], true, thread.process);
    story.call(CHILD, with([1, 0, 0], returned(Function::Daemon, -1, 0)));
    assert_eq!(touch(&mut story, CHILD, 3), "0.0.0.0:80");
}

#[test]
fn a_child_that_is_faster_than_its_parent_is_on_a_socket_all_the_same() {
    let mut story = Story::new();
    let thread = bound(&mut story);
    story.start(CHILD, &[], true, thread.process);
    assert_eq!(touch(&mut story, CHILD, 3), "opaque", "for the rules, until the fork is told");
    assert!(replay(&story.events).touched_a_socket());
}

#[test]
fn a_process_that_has_ended_is_there_for_one_event_more_and_then_it_and_its_sockets_are_not() {
    let mut story = Story::new();
    let server = bound(&mut story);
    let child = story.forked(server);
    story.socket(child, 4);
    assert_eq!(touch(&mut story, child, 3), "0.0.0.0:80");
    story.push(child, What::ProcessEnd(None));
    let model = replay(&story.events);
    assert!(model.process(child).is_some() && model.endpoint_of(child, 4).is_some());
    assert_eq!(model.running(child.process), None);
    assert!(model.endpoint_of(server, 3).is_some_and(|shared| shared.is_shared()));
    // Told twice, or late: it changes nothing.
    story.push(child, What::ProcessEnd(Some(9)));
    story.push(server, What::ThreadEnd);
    let model = replay(&story.events);
    assert!(model.process(child).is_none());
    assert_eq!((model.processes.len(), model.images.len(), model.endpoints.alive()), (1, 1, 1));
    assert!(model.endpoint_of(server, 3).is_some_and(|own| !own.is_shared()), "the server holds it alone now");
}

#[test]
fn the_end_of_a_former_program_or_of_nobody_ends_nobody() {
    let mut story = Story::new();
    let server = bound(&mut story);
    for image in [0, 99] {
        story.push(Thread { image, ..server }, What::ProcessEnd(Some(9)));
    }
    assert_eq!(touch(&mut story, server, 3), "0.0.0.0:80");
    assert_eq!(replay(&story.events).running(server.process), Some(server));
}

#[test]
fn a_child_that_ends_before_its_parent_has_told_of_the_fork_is_no_child_that_is_still_to_come() {
    let mut story = Story::new();
    let parent = bound(&mut story);
    let began = story.events.last().expect("events").end + 1;
    story.start(CHILD, &[], true, parent.process);
    story.push(CHILD, What::ProcessEnd(Some(9)));
    fork(&mut story, parent, CHILD.process);
    let end = story.events.last().expect("events").end;
    story.at(began, end);
    let model = replay(&story.events);
    assert_eq!(model.unborn.len(), 0);
    assert!(model.process(CHILD).is_some_and(|child| child.unproven.is_none()));
}
