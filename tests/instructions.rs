//! What a call costs the program itself, in instructions: at most 20 more than libc's function with up to four arguments,
//! 30 with up to six, 200 when it fails.
//!
//! Callgrind counts exactly. A C program calls each function in a loop, by libc's name and by each of bsock's; what libc's
//! name stands for is a function of the program itself that only answers. It runs twice, with twice as many calls the
//! second time: the difference is the cost of the calls, and what is then more than libc's is bsock's own.

mod support;

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use support::{TempDir, compile_c, link_flags, root, text};

/// How many calls each loop of the program makes, the first time.
const CALLS: i64 = 100;

/// The functions, in the order in which the program measures them, and how many arguments they have.
const FUNCTIONS: [(&str, u32); 24] = [
    ("socket", 3),
    ("socketpair", 4),
    ("bind", 3),
    ("listen", 2),
    ("accept", 3),
    ("accept4", 4),
    ("connect", 3),
    ("read", 3),
    ("write", 3),
    ("send", 4),
    ("recv", 4),
    ("sendto", 6),
    ("recvfrom", 6),
    ("sendmsg", 3),
    ("recvmsg", 3),
    ("sendmmsg", 4),
    ("recvmmsg", 5),
    ("shutdown", 2),
    ("close", 1),
    ("getsockname", 3),
    ("getpeername", 3),
    ("getsockopt", 5),
    ("setsockopt", 5),
    ("poll", 3),
];

/// What one call costs more than libc's, for each `(header, function)`.
fn measured(failing: bool) -> HashMap<(&'static str, &'static str), i64> {
    let mut flags = link_flags();
    flags.push("-O1".into());
    let program = compile_c(&root().join("tests/programs/instructions.c"), &flags);
    let [once, twice] = [CALLS, 2 * CALLS].map(|calls| instructions_of_loops(&program.path(), failing, calls));
    let mut each = once.iter().zip(twice).map(|(once, twice)| {
        assert_eq!((twice - once) % CALLS, 0, "every call costs the same");
        (twice - once) / CALLS
    });
    let mut costs = HashMap::new();
    for (function, _) in FUNCTIONS {
        let libc = each.next().expect("three loops a function");
        for header in ["bsock", "posix"] {
            costs.insert((header, function), each.next().expect("three loops a function") - libc);
        }
    }
    costs
}

/// How many instructions the program runs in each of its loops.
fn instructions_of_loops(program: &Path, failing: bool, calls: i64) -> Vec<i64> {
    let directory = TempDir::new();
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--dump-before=next_measurement"])
        .arg(format!("--callgrind-out-file={}", directory.path().join("out").display()))
        .arg(program)
        .args([if failing { "fail" } else { "succeed" }, &calls.to_string()])
        .env("LD_BIND_NOW", "1")
        .env_remove("LD_LIBRARY_PATH") // Cargo's leads to an unoptimised library.
        .output()
        .expect("valgrind runs");
    assert!(output.status.success(), "{}", text(&output.stderr));
    // Part 1 is the program's beginning; from then on, each is a loop.
    let loops = (2..).map(|number| directory.path().join(format!("out.{number}")));
    let totals = loops.take(FUNCTIONS.len() * 3).map(|file| {
        let dump = fs::read_to_string(&file).expect("one part a loop");
        let total = dump.lines().find_map(|line| line.strip_prefix("totals: "));
        total.and_then(|total| total.trim().parse().ok()).expect("has a total")
    });
    totals.collect()
}

fn check(failing: bool, budget: impl Fn(u32) -> i64) {
    let costs = measured(failing);
    let mut too_much = Vec::new();
    for (function, arguments) in FUNCTIONS {
        let [bsock, posix] = ["bsock", "posix"].map(|header| costs[&(header, function)]);
        println!("{function:12} {arguments} arguments: bsock.h {bsock:3}, bsock_posix.h {posix:3}");
        if bsock.max(posix) > budget(arguments) || bsock.min(posix) < 1 {
            too_much.push(function);
        }
    }
    assert!(too_much.is_empty(), "out of the budget: {too_much:?}");
}

#[test]
fn a_call_that_succeeds_costs_a_few_instructions() {
    check(false, |arguments| if arguments <= 4 { 20 } else { 30 });
}

#[test]
fn a_call_that_fails_costs_at_most_200_instructions() {
    check(true, |_| 200);
}
