//! What the rules need of a recording, item by item: each has a field, and a program whose recording shows it. Without one of
//! them a rule would have to guess.

mod support;

use std::os::unix::fs::MetadataExt;
use std::process::Command;

use bsock_recording::drain::Item;
use bsock_recording::event::{Call, Outcome, What};
use bsock_recording::file::Recording;
use bsock_recording::function::Function;
use bsock_recording::layout::section;
use support::recording::{Contents, same_in_every_way};
use support::{TempDir, compile_c, root, target_dir};

/// The recording of a program of `tests/programs` with 32 bytes of payload, and how it ended as the recording tells it.
fn record(source: &str, arguments: &[&str]) -> (Contents, Option<i32>) {
    let program = compile_c(&root().join("tests/programs").join(source), &["-pthread", "-lutil", "-Wno-unused-result"]);
    let directory = TempDir::new();
    let file = directory.path().join("recording");
    let mut command = Command::new(target_dir().join("bsock"));
    command.args(["run", "--payload", "32", "--record"]).arg(&file).arg("--").arg(program.path()).args(arguments);
    command.output().expect("runs");
    let bytes = std::fs::read(&file).expect("the recording");
    let (mut recording, mut ended) = (Recording::open(&bytes).expect("a recording"), None);
    while let Some(item) = recording.item().expect("undamaged") {
        if let Item::Ended { status, .. } = item {
            ended = Some(status);
        }
    }
    (Contents::of(&file), ended)
}

fn some(contents: &Contents, function: Function, shows: impl Fn(&Call) -> bool) -> bool {
    contents.calls(function).any(|(_, call)| shows(call))
}

/// An item that a recording does not show is named by the assertion.
macro_rules! shown {
    ($contents:expr, $function:ident, $item:literal, $shows:expr) => {
        assert!(some(&$contents, Function::$function, $shows), "no recorded {} shows: {}", stringify!($function), $item)
    };
}

#[test]
fn arguments_before_and_after_the_call() {
    let (sockets, _) = record("every_call.c", &["sockets"]);
    shown!(sockets, Getsockname, "addrlen before and after", |call| {
        call.args[1] == 4 && call.address_result.as_ref().is_some_and(|address| address.claimed == 16)
    });
    let (waits, _) = record("every_call.c", &["readiness"]);
    shown!(waits, Select, "sets before and after, beyond nfds", |call| {
        call.details.get(section::READ_SET).is_some_and(|set| set.claimed == 128)
            && call.set(section::READ_SET).is_some_and(|set| set.count() == 2)
            && call.set(section::READ_SET_AFTER).is_some_and(|set| set.count() == 1)
    });
    shown!(waits, Select, "timeval before and after", |call| call.more(3) == Some(3) && call.after(0) == Some(2));
    shown!(waits, Poll, "pollfd", |call| call.polled().next().is_some_and(|one| one.events == 1 && one.returned == 1));
    shown!(waits, EpollWait, "epoll events", |call| call
        .epoll_events()
        .any(|event| event.data == 0x1122_3344_5566_7788));
}

#[test]
fn bytes_and_where_they_lay() {
    let (moved, _) = record("payload.c", &[]);
    shown!(moved, Send, "length, first and last bytes, and address of the buffer", |call| {
        call.args[0] != 0
            && call.args[1] == 1 << 20
            && call.details.bytes(section::PAYLOAD).len() == 32
            && call.details.bytes(section::PAYLOAD_END).len() == 32
    });
    shown!(moved, Send, "of a short send what remains", |call| call.details.bytes(section::PAYLOAD_REST).len() == 32);
    shown!(moved, Recv, "of a datagram that it was cut", |call| call.waiting() == Some(14) && call.args[1] == 4);
    shown!(moved, Write, "what SIGPIPE did", |call| call.sigpipe() == Some(1));
}

#[test]
fn what_a_socket_held_when_it_was_given_up() {
    let (sockets, _) = record("every_call.c", &["sockets"]);
    let held = |call: &Call| call.queues().any(|queue| queue.unread == Some(6) && queue.unsent.is_some());
    shown!(sockets, Close, "unread and unsent bytes before close", held);
    shown!(sockets, Shutdown, "and before shutdown", held);
    assert!(!some(&sockets, Function::Close, |call| call.queues().count() > 1), "of one socket only");
    for how in ["exit", "unread"] {
        let (ended, _) = record("processes.c", &[how]);
        shown!(ended, Exit, "and at the end", |call| call.queues().any(|queue| queue.unread == Some(4)));
        shown!(ended, Exit, "that no signal to stop is heeded", |call| call.heeded() == Some(0));
    }
    let (stoppable, _) = record("processes.c", &["stoppable"]);
    let (hangup, user, termination) = (1 << (libc::SIGHUP - 1), 1 << (libc::SIGUSR1 - 1), 1 << (libc::SIGTERM - 1));
    shown!(stoppable, Close, "which one is caught, blocked, or was caught by a server", |call| {
        call.heeded() == Some(hangup | user | termination)
    });
    assert!(!some(&stoppable, Function::Close, |call| call.heeded().is_some()
        && call.queues().all(|queue| queue.unread == Some(0))));
    let (inetd, _) = record("processes.c", &["inetd"]);
    shown!(inetd, Execve, "and before exec", |call| call.queues().count() > 0);
}

#[test]
fn calls_that_never_return_and_how_the_process_died() {
    let (fidelity, _) = record("fidelity.c", &[]);
    assert!(fidelity.events.len() > 100);
    let (killed, status) = record("hammer.c", &["killed"]);
    assert_eq!(status.map(|status| status & 0x7f), Some(9), "the wait status: killed by signal 9");
    assert!(killed.calls(Function::Send).count() > 0);
    let (cancelled, _) = record("every_call.c", &["cancelled"]);
    let unfinished = |event: &&bsock_recording::event::Event| match &event.what {
        What::Call(call) => call.outcome == Outcome::Unfinished && call.function != Function::Exit,
        _ => false,
    };
    assert!(cancelled.events.iter().filter(unfinished).count() > 5, "begins of calls that were left");
}

#[test]
fn processes_descriptors_and_places() {
    let (inetd, _) = record("processes.c", &["inetd"]);
    shown!(inetd, Fork, "fork", |call| matches!(call.outcome, Outcome::Returned(1..)));
    shown!(inetd, Execve, "exec with the descriptors that stay open", |call| call.descriptors().count() == 3);
    let (descriptors, _) = record("every_call.c", &["descriptors"]);
    for function in [Function::Dup, Function::Dup2, Function::Dup3, Function::CloseRange, Function::Closefrom] {
        assert!(descriptors.calls(function).count() > 0, "{}", function.name());
    }
    let arguments = descriptors.events.iter().find_map(|event| match &event.what {
        What::ProcessStart(start) => Some(start.arguments.clone()),
        _ => None,
    });
    assert_eq!(arguments.expect("a start")[1], b"descriptors", "argv");
    let mapped = |caller: u64| {
        descriptors.events.iter().any(|event| match &event.what {
            What::Module(module) => (module.start..module.end).contains(&caller),
            _ => false,
        })
    };
    shown!(descriptors, Dup, "caller, in an object that is known", |call| mapped(call.caller));
}

#[test]
fn names_that_a_program_does_not_ask_for_are_asked_of_streams_and_nobody_can_tell() {
    let program = compile_c(&root().join("tests/programs/names.c"), &["-D_GNU_SOURCE"]);
    let expected = "accept nothing, nowhere -1, errno 11\naccept4 nothing -1, errno 11\nuntouched: 1 1\n\
                    accept what is none -1, errno 9\nconnect 0, errno 77\naccept nowhere 0, errno 77\n\
                    connect again -1, errno 106\nconnect without waiting -1, errno 115\naccept 0, errno 77\nnamed: 1 1\n\
                    connect datagrams 0, errno 77\n";
    let contents = same_in_every_way(&program, &[], expected);
    let name = |call: &Call, kind| call.details.get(kind).map(|name| name.bytes.clone());
    let calls = |function| contents.calls(function).map(|(_, call)| call.clone()).collect::<Vec<_>>();

    let connects = calls(Function::Connect);
    let own: Vec<_> = connects.iter().map(|call| name(call, section::OWN_NAME)).collect();
    assert!(own[0].is_some() && own[2].is_some(), "of one that is connected, and of one that is under way");
    assert!(own[1].is_none() && own[3].is_none(), "not of one that failed, nor of datagrams");

    let accepts = [calls(Function::Accept), calls(Function::Accept4)].concat();
    let failed = accepts.iter().filter(|call| matches!(call.outcome, Outcome::Failed(_)));
    assert!(failed.clone().count() == 3 && failed.clone().all(|call| call.address_result.is_none()));
    assert!(accepts.iter().filter(|call| name(call, section::OWN_NAME).is_some()).count() == 2, "none of a failure");
    let accepted: Vec<_> = accepts.iter().filter(|call| name(call, section::OWN_NAME).is_some()).collect();
    assert_eq!(name(accepted[0], section::PEER_NAME), own[0], "the two ends know each other");
    assert_eq!(name(accepted[1], section::PEER_NAME), None, "the program has asked for that itself");
    assert_eq!(accepted[1].address_result.as_ref().map(|address| address.bytes.clone()), own[2]);
    assert!(accepted.iter().all(|call| name(call, section::OWN_NAME).is_some_and(|name| name.len() == 16)));
    assert!(accepts.iter().all(|call| call.peer_process().is_none()), "TCP knows no process");
}

#[test]
fn of_an_accepted_unix_socket_the_process_that_connected() {
    let program = compile_c(&root().join("tests/programs/peer_process.c"), &["-D_GNU_SOURCE"]);
    let contents = same_in_every_way(&program, &[], "accept 0, errno 77\naccept4 0, errno 77\n");
    let connected: Vec<_> =
        contents.calls(Function::Connect).map(|(event, _)| Some(u64::from(event.thread.process))).collect();
    let accepts = contents.calls(Function::Accept).chain(contents.calls(Function::Accept4));
    let told: Vec<_> = accepts.map(|(_, call)| call.peer_process()).collect();
    assert_eq!((told.len(), &told), (2, &connected));
    let own = std::fs::metadata("/proc/self/ns/pid").expect("a namespace").ino();
    let starts = contents.events.iter().filter_map(|event| match &event.what {
        What::ProcessStart(start) => Some(start.namespace),
        _ => None,
    });
    assert_eq!(starts.collect::<Vec<_>>(), [own; 3], "and of which namespace such numbers are");
}
