//! The table of cases has to notice mistakes: a stand-in for the library with one mistake at a time turns it red.

mod support;

use std::process::Command;
use std::sync::Mutex;
use std::thread;
use support::conformance::{Differences, Mutant, calls, compile};
use support::text;

/// The calls that can wait for something.
const WAITING: &[&str] = &[
    "accept", "accept4", "connect", "poll", "read", "recv", "recvfrom", "recvmmsg", "recvmsg", "send", "sendmmsg",
    "sendmsg", "sendto", "write",
];

/// Mistakes that only some calls can have. The others every call can have.
const MISTAKES: &[(&str, &[&str])] = &[
    ("eintr-retried", WAITING),
    ("cancellation-lost", WAITING),
    ("length-unfilled", &["accept", "accept4", "getsockname", "getpeername", "getsockopt", "recvfrom"]),
    ("peek-dropped", &["recv", "recvfrom", "recvmsg", "recvmmsg"]),
    ("flag-shown", &["recvmsg", "recvmmsg"]),
];
const EVERY_CALLS: &[&str] = &["wrong-errno", "errno-set-on-success", "errno-not-set", "minus-one"];

fn mutants() -> Vec<(&'static str, String)> {
    let differences = Differences::read();
    let mut mutants = Vec::new();
    for call in calls() {
        let some = MISTAKES.iter().filter(|(_, calls)| calls.contains(&call.as_str())).map(|(mistake, _)| *mistake);
        let inherited = differences.close_on_exec.contains(&call).then_some("inherited");
        let sigpipe = differences.no_sigpipe.contains(&call).then_some("sigpipe");
        let all = EVERY_CALLS.iter().copied().chain(some).chain(inherited).chain(sigpipe);
        mutants.extend(all.map(|mistake| (mistake, call.clone())));
    }
    mutants
}

fn printed_by(command: &mut Command) -> (bool, String) {
    let output = command.output().expect("runs");
    (output.status.success(), text(&output.stdout))
}

#[test]
fn every_mistake_turns_the_table_red() {
    let (mutant, differences) = (Mutant::build(), Differences::read());
    let libc = compile(&[]);
    let mut flags = vec!["-DTHROUGH_BSOCK".to_owned()];
    flags.extend(mutant.link_flags());
    let program = compile(&flags);

    let (_, expected) = printed_by(&mut libc.command());
    let expected = differences.applied_to(&expected);
    let (succeeds, printed) = printed_by(&mut program.command());
    assert!(succeeds && printed == expected, "without a mistake:\n{printed}");

    let waiting = Mutex::new(mutants());
    let unnoticed = Mutex::new(Vec::new());
    let work = || {
        while let Some((mistake, call)) = { waiting.lock().expect("nobody panics").pop() } {
            let rows = format!("{call}/");
            let mut command = program.command();
            let (succeeds, printed) = printed_by(command.arg(&rows).env("MUTANT", format!("{mistake}:{call}")));
            let start = format!("case {rows}");
            if succeeds && expected.lines().filter(|line| line.starts_with(&start)).eq(printed.lines()) {
                unnoticed.lock().expect("nobody panics").push(format!("{mistake}:{call}"));
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(work);
        }
    });
    let unnoticed = unnoticed.into_inner().expect("nobody panics");
    assert!(unnoticed.is_empty(), "nobody notices {unnoticed:?}");
}
