//! Results that mean something else than they seem to: bytes that were only looked at, datagrams without bytes, descriptors
//! that are no longer sockets, errors that are none. What bsock says of them must be what happened. Numbers are those of
//! `tests/requirements/table.rs`.

mod support;

use std::fs;
use std::process::Command;

use bsock_recording::event::{Event, Outcome};
use bsock_recording::function::Function;
use serde_json::Value;
use support::recording::Contents;
use support::{TempDir, TempProgram, compile_c, root, target_dir, text};

fn program(name: &str) -> TempProgram {
    compile_c(&root().join("tests/programs/requirements").join(name), &[] as &[&str])
}

/// Runs `flags.c` plain and traced, which must come out the same; the objects of its trace, the last of which sums up.
fn traced(how: &str) -> Vec<Value> {
    let program = program("flags.c");
    let plain = program.command().arg(how).output().expect("runs");
    assert!(plain.status.success() && !plain.stdout.is_empty(), "{how}");
    let directory = TempDir::new();
    let file = directory.path().join("trace");
    let mut command = Command::new(target_dir().join("bsock"));
    command.args(["trace", "--format", "json", "-o"]).arg(&file).arg("--").arg(program.path()).arg(how);
    let traced = command.output().expect("runs");
    assert_eq!((text(&traced.stdout), traced.status), (text(&plain.stdout), plain.status), "{how}");
    let json = fs::read_to_string(&file).expect("a trace");
    json.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Bytes that the trace says were sent and received.
fn totals(trace: &[Value]) -> (u64, u64) {
    let end = trace.last().expect("an end");
    (end["sent"].as_u64().expect("a number"), end["received"].as_u64().expect("a number"))
}

/// `bsock check` finds nothing in it.
fn is_clean(how: &str) {
    let program = program("flags.c");
    let mut command = Command::new(target_dir().join("bsock"));
    let output = command.args(["check", "--"]).arg(program.path()).arg(how).output().expect("runs");
    assert_eq!(output.status.code(), Some(0), "{how}: {}", text(&output.stderr));
}

#[test]
fn a_flag_that_makes_the_result_another_thing_does_not_change_what_was_received_23() {
    for (how, sums) in [("peek", (10, 10)), ("trunc", (20, 20)), ("errqueue", (5, 0)), ("waitall", (25, 25))] {
        assert_eq!(totals(&traced(how)), sums, "{how}: as much as the peer says, and no byte twice");
        is_clean(how);
    }
}

#[test]
fn a_datagram_without_bytes_is_no_end_24() {
    let trace = traced("empty");
    assert_eq!(totals(&trace), (4, 4));
    let zeros = trace.iter().filter(|call| call["call"] == "recv" && call["result"] == 0).count();
    assert_eq!(zeros, 50);
    is_clean("empty");
}

#[test]
fn a_connect_that_is_under_way_has_not_failed_29() {
    let trace = traced("connect");
    let connects: Vec<&Value> = trace.iter().filter(|call| call["call"] == "connect").collect();
    assert!(connects.len() == 3 && connects.iter().all(|call| call["errno"] == "EINPROGRESS"), "{connects:?}");
    is_clean("connect");
}

#[test]
fn a_number_that_fclose_gave_back_is_no_socket_13() {
    let trace = traced("stale");
    // The file's read, write and close have no place in a trace of sockets, and no byte of them counts.
    let of_the_file: Vec<&Value> =
        trace.iter().filter(|call| ["read", "write"].iter().any(|name| call["call"] == *name)).collect();
    assert!(of_the_file.is_empty() && totals(&trace) == (0, 0), "{trace:#?}");
    is_clean("stale");
}

/// Of a message that one process sends and another receives, the sending begins before the receiving ends, by the clock that
/// both are recorded with.
#[test]
fn what_was_received_had_been_sent_before_43() {
    let messages = if std::env::var("TORMENT").is_ok_and(|how| how == "all") { "1000000" } else { "20000" };
    let program = program("causality.c");
    let directory = TempDir::new();
    let file = directory.path().join("recording");
    let mut command = Command::new(target_dir().join("bsock"));
    command.args(["run", "--lossless", "--record"]).arg(&file).arg("--").arg(program.path()).arg(messages);
    assert!(command.status().expect("runs").success());
    let contents = Contents::of(&file);
    assert_eq!(contents.lost, 0);
    let in_order = |function| {
        let mut calls: Vec<&Event> = contents.calls(function).map(|(event, _)| event).collect();
        calls.sort_by_key(|event| event.begin);
        calls
    };
    let (sends, receives) = (in_order(Function::Send), in_order(Function::Recv));
    assert_eq!((sends.len().to_string().as_str(), receives.len()), (messages, sends.len()));
    for (send, receive) in sends.iter().zip(&receives) {
        assert!(send.begin < receive.end, "sent at {}, received at {}", send.begin, receive.end);
        assert!(send.begin <= send.end && receive.begin <= receive.end);
    }
    assert!(contents.calls(Function::Send).all(|(_, call)| call.outcome == Outcome::Returned(1)));
    assert_ne!(sends[0].thread.process, receives[0].thread.process, "two processes, one clock");
}
