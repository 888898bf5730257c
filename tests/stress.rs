//! The library under difficulties: many threads, forks, storms of signals, no descriptors left, threads cancelled where they
//! wait. As it is, with sanitizers, and under valgrind.

mod support;

use std::process::Command;
use std::sync::Arc;
use support::conformance::folder;
use support::{Shared, TempProgram, compile_c, link_flags, text};

fn compile(flags: &[&str]) -> TempProgram {
    let include = format!("-I{}", folder().display());
    let mut all: Vec<String> =
        ["-DTHROUGH_BSOCK", "-pthread", &include].iter().chain(flags).map(|&f| f.into()).collect();
    all.extend(link_flags());
    compile_c(&folder().join("stress.c"), &all)
}

fn program() -> Arc<TempProgram> {
    static PROGRAM: Shared<TempProgram> = Shared::new();
    PROGRAM.get(|| compile(&[]))
}

/// Runs a difficulty and answers how many things were done, and how many calls a signal has interrupted.
fn run(command: &mut Command, what: &str, rounds: u32) -> (u32, u32) {
    let output = command.args([what, &rounds.to_string()]).output().expect("runs");
    let printed = text(&output.stdout);
    let numbers: Vec<u32> = printed.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    assert!(output.status.success(), "{what}: {printed}{}", text(&output.stderr));
    (numbers[0], numbers[1])
}

/// How many threads ask.
const ASKING: u32 = 32;

#[test]
fn threads_share_sockets() {
    assert_eq!(run(&mut program().command(), "threads", 50).0, 50 * ASKING);
}

#[test]
fn the_process_forks_meanwhile() {
    assert_eq!(run(&mut program().command(), "fork", 50).0, 50 * ASKING);
}

#[test]
fn signals_interrupt_calls_and_nothing_is_lost() {
    let (done, interrupted) = run(&mut program().command(), "signals", 50);
    assert_eq!(done, 50 * ASKING);
    assert!(interrupted > 0, "no signal found a call");
}

#[test]
fn no_descriptors_are_left() {
    assert_eq!(run(&mut program().command(), "descriptors", 20).0, 20);
}

#[test]
fn threads_are_cancelled_where_they_wait() {
    assert_eq!(run(&mut program().command(), "cancel", 25).0, 8 * 25);
}

#[test]
fn clean_with_sanitizers() {
    let program = compile(&["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]);
    for what in ["threads", "fork", "signals", "descriptors", "cancel"] {
        run(program.command().env("ASAN_OPTIONS", "exitcode=99"), what, 5);
    }
}

#[test]
fn clean_under_valgrind() {
    let program = program();
    // Not `descriptors`: valgrind keeps the limit itself, and accepts before it refuses.
    for what in ["threads", "fork", "signals", "cancel"] {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--quiet", "--error-exitcode=99", "--fair-sched=yes"]).arg(program.path());
        run(&mut valgrind, what, 3);
    }
}
