//! What the recorder costs a call, in instructions, which callgrind counts exactly: while nobody listens, while somebody records,
//! while payload is recorded, and under `bsock check`. What a call takes of time beside these is the clock's and the memory's
//! (`make bench`).
//!
//! A program sends and receives a byte so many times, and twice as often: the difference is the cost of the calls, and what is then
//! more than without the recorder is the recorder's.

mod support;

use std::fs;
use std::process::Command;

use support::{TempDir, TempProgram, compile_c, root, target_dir, text};

/// Rounds of a send and a recv. Twice as many fit into a ring: nothing is lost, and no ring begins anew.
const ROUNDS: u64 = 1000;

/// Calls where the program decides on them, and calls of functions of its own that only pass their arguments on.
const DIRECTLY: &[&str] = &[];
const WRAPPED: &[&str] = &["wrapped"];

/// Instructions of a call of `program`, as `under` runs it, with these arguments behind the number of rounds.
fn instructions(program: &TempProgram, arguments: &[&str], under: impl Fn() -> Command) -> u64 {
    let directory = TempDir::new();
    let totals = [ROUNDS, 2 * ROUNDS].map(|rounds| {
        let file = directory.path().join(rounds.to_string());
        let mut command = under();
        let output = command
            .args(["--tool=callgrind", "--quiet"])
            .arg(format!("--callgrind-out-file={}", file.display()))
            .arg(program.path())
            .arg(rounds.to_string())
            .args(arguments)
            .env("LD_BIND_NOW", "1")
            .env_remove("LD_LIBRARY_PATH")
            .output()
            .expect("runs");
        assert!(output.status.success(), "{}", text(&output.stderr));
        let dump = fs::read_to_string(&file).expect("written");
        let total = dump.lines().find_map(|line| line.strip_prefix("totals: "));
        total.and_then(|total| total.trim().parse::<u64>().ok()).expect("has a total")
    });
    // Rounded up: a ring that begins anew, and a slot that is asked for early, cost a few more now and then.
    (totals[1] - totals[0]).div_ceil(ROUNDS * 2)
}

#[test]
fn a_call_costs_a_few_instructions_while_nobody_listens_and_a_few_hundred_while_recorded() {
    let program = compile_c::<&str>(&root().join("tests/programs/instructions_preload.c"), &[]);
    let plain = || Command::new("valgrind");
    let idle = || {
        let mut command = plain();
        command.env("LD_PRELOAD", target_dir().join("libbsock_preload.so"));
        command
    };
    let recorded = |options: &[&str]| {
        let mut command = Command::new(target_dir().join("bsock"));
        command.arg("run").args(options).args(["--", "valgrind"]);
        command
    };
    let checked = || {
        let mut command = Command::new(target_dir().join("bsock"));
        command.args(["check", "--", "valgrind"]);
        command
    };
    let libc = [instructions(&program, DIRECTLY, plain), instructions(&program, WRAPPED, plain)];
    let ways = [
        ("nobody listens", instructions(&program, DIRECTLY, idle) - libc[0], 5),
        ("recorded", instructions(&program, DIRECTLY, || recorded(&[])) - libc[0], 235),
        ("recorded with payload", instructions(&program, DIRECTLY, || recorded(&["--payload", "32"])) - libc[0], 475),
        ("checked", instructions(&program, DIRECTLY, checked) - libc[0], 460),
        ("recorded, through a wrapper", instructions(&program, WRAPPED, || recorded(&[])) - libc[1], 370),
    ];
    let added = ways.map(|(how, added, budget)| {
        println!("{how}: {added} instructions more than libc's");
        assert!(0 < added && added <= budget, "{how}: {added} instructions, and not {budget} at most");
        added
    });
    let readme = fs::read_to_string(root().join("README.md")).expect("is committed");
    for (_, _, budget) in [&ways[1], &ways[3], &ways[4]] {
        assert!(readme.contains(&format!("at most {budget} instructions")), "the README says {budget}");
    }
    // What `bsock check` does with the calls, it does elsewhere: to the program it is a recording of the same bytes.
    assert!(added[3] <= added[2], "checked {}, recorded {}", added[3], added[2]);
}
