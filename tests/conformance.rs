//! The table of cases in `tests/conformance/calls`, held against libc in every way that a program can reach the calls.
//!
//! libc's output is the reference: each row says in itself which errno it expects, and prints what state it leaves behind.
//! The other ways must print the same, but for what the table of differences says.

mod support;

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use bsock_recording::event::{Event, What};
use support::conformance::{Differences, calls, compile, missing};
use support::recording::{Contents, recorded};
use support::{Shared, TempDir, TempProgram, link_flags, target_dir, text};

/// The program over libc alone, and what it prints.
fn reference() -> Arc<(TempProgram, String)> {
    static REFERENCE: Shared<(TempProgram, String)> = Shared::new();
    REFERENCE.get(|| {
        let program = compile(&[]);
        let printed = run(&mut program.command());
        (program, printed)
    })
}

/// Runs the whole table; fails if a row is not as it expects to be.
fn run(command: &mut Command) -> String {
    let output = command.output().expect("runs");
    let printed = text(&output.stdout);
    let wrong: Vec<&str> = printed.lines().filter(|line| line.contains(": WRONG: ")).collect();
    assert!(output.status.success() && wrong.is_empty(), "{wrong:#?}\n{}", text(&output.stderr));
    printed
}

fn assert_same(expected: &str, printed: &str) {
    let differing: Vec<String> = expected
        .lines()
        .zip(printed.lines())
        .filter(|(one, other)| one != other)
        .map(|(one, other)| format!("\nlibc:  {one}\nbsock: {other}"))
        .collect();
    assert!(differing.is_empty(), "{}", differing.concat());
    assert_eq!(expected.lines().count(), printed.lines().count());
}

fn with_flags(flags: &[&str]) -> TempProgram {
    let mut all: Vec<String> = flags.iter().map(|&flag| flag.to_owned()).collect();
    all.extend(link_flags());
    compile(&all)
}

fn preload() -> PathBuf {
    target_dir().join("libbsock_preload.so")
}

/// Makes the program say whether it runs under the preload.
const UNDER: &str = "--under=libbsock_preload.so";

#[test]
fn every_call_has_its_rows() {
    assert_eq!(missing(), Vec::<String>::new(), "calls without a file in tests/conformance/calls");
    let (program, printed) = &*reference();
    let listed = run(program.command().arg("--list"));
    let mut rows: BTreeMap<&str, [u32; 2]> = BTreeMap::new();
    for line in listed.lines() {
        let (name, expected) = line.split_once(' ').expect("a name and an errno");
        let skipped = printed.contains(&format!("case {name}: skipped"));
        let call = name.split('/').next().expect("has a call");
        rows.entry(call).or_default()[usize::from(expected != "ok")] += u32::from(!skipped);
    }
    assert_eq!(rows.len(), calls().len());
    for (call, [successes, failures]) in &rows {
        assert!(*successes >= 1 && *failures >= 3, "{call}: {successes} successes, {failures} failures");
    }
    assert!(rows.values().flatten().sum::<u32>() >= 200, "{rows:?}");
    assert_eq!(listed.lines().count(), printed.lines().count(), "each row prints a line");
}

#[test]
fn through_bsock_it_is_libc_but_for_the_table_of_differences() {
    let differences = Differences::read();
    let (_, printed) = &*reference();
    differences.are_seen_in(printed);
    let program = with_flags(&["-DTHROUGH_BSOCK"]);
    assert_same(&differences.applied_to(printed), &run(&mut program.command()));
}

#[test]
fn through_posix_names_it_is_libc() {
    let program = with_flags(&["-include", "bsock_posix.h"]);
    assert_same(&reference().1, &run(&mut program.command()));
}

#[test]
fn under_the_preload_it_is_libc_19_56() {
    let (program, printed) = &*reference();
    // Without it the program ends before the first row.
    assert_eq!(program.command().arg(UNDER).output().expect("runs").status.code(), Some(3));
    assert_same(printed, &run(program.command().arg(UNDER).env("LD_PRELOAD", preload())));
}

#[test]
fn recorded_it_is_libc_15_19_21_22_23_28_56() {
    let (program, printed) = &*reference();
    let folder = TempDir::new();
    let file = folder.path().join("recording");
    assert_same(printed, &run(&mut recorded(&program.path(), &[UNDER], &file)));
    let contents = Contents::of(&file);
    for call in calls() {
        let is_row = |line: &&str| line.starts_with(&format!("case {call}/")) && !line.contains(": skipped: ");
        let is_call = |event: &&Event| matches!(&event.what, What::Call(it) if it.function.name() == call);
        let rows = printed.lines().filter(is_row).count() as u64;
        let calls = contents.events.iter().filter(is_call).count() as u64;
        assert!(
            calls > 0 && calls + contents.lost >= rows,
            "{call}: {calls} recorded, {} lost, {rows} rows",
            contents.lost
        );
    }
}

#[test]
fn clean_with_sanitizers() {
    let program = with_flags(&["-DTHROUGH_BSOCK", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-O1"]);
    run(program.command().arg("--without-hostile").env("ASAN_OPTIONS", "exitcode=99"));
}

/// A selection, since each row takes a tenth of a second: of each call the first rows that succeed and that fail, a
/// signal and a cancellation. All of them with `ROWS=all`.
#[test]
fn clean_under_valgrind() {
    let program = with_flags(&["-DTHROUGH_BSOCK"]);
    let listed = run(program.command().args(["--list", "--without-hostile"]));
    let mut seen: BTreeMap<(&str, bool), u32> = BTreeMap::new();
    let chosen = listed.lines().filter_map(|line| {
        let (name, expected) = line.split_once(' ')?;
        let (call, what) = name.split_once('/')?;
        let number = seen.entry((call, expected == "ok")).or_default();
        *number += 1;
        (*number <= 2 || ["a_signal", "a_cancellation"].contains(&what)).then_some(name)
    });
    let chosen: Vec<&str> =
        if env::var("ROWS").is_ok_and(|rows| rows == "all") { Vec::new() } else { chosen.collect() };
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--quiet", "--error-exitcode=99", "--fair-sched=yes"]).arg(program.path()).arg("--without-hostile");
    run(valgrind.args(chosen));
}
