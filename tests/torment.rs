//! What no program does on purpose and every long-lived one meets: SIGKILL at any instant, storms of signals, forks under
//! load, no descriptors left or a thousand too many, stacks of a few pages. In each nothing is lost that is not counted,
//! nothing hangs, and nothing is different from the plain run.
//!
//! `cargo test` torments a little; `make torment` as much as the names say, and `make soak` goes on for an hour. `SEED=7`
//! chooses the instants; the one in use is told where something fails.

#[path = "torment/killing.rs"]
mod killing;
mod support;

use std::env;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use bsock_recording::event::Outcome;
use bsock_recording::function::Function;
use fastrand::Rng;
use killing::{Told, Victims, at_random_instants, the_program_is_killed, the_recorder_is_killed};
use support::recording::{Contents, calls_and_losses, of_the_program, recorded, same_in_every_way};
use support::{TempDir, TempProgram, cannot_be_played, compile_c, root, target_dir, text};

fn program(name: &str) -> TempProgram {
    compile_c(&root().join("tests/programs/torment").join(name), &["-pthread"])
}

/// How much of it: little under `cargo test`, all of it under `make torment`.
fn much<T>(little: T, all: T) -> T {
    if env::var("TORMENT").is_ok_and(|how| how == "all") { all } else { little }
}

fn seed() -> u64 {
    let chosen = env::var("SEED").ok().filter(|seed| !seed.is_empty());
    chosen.map_or(0x6273_6f63, |seed| seed.parse().expect("SEED is a number"))
}

/// The `turn`th number of `seed`, so that each turn can be repeated by itself.
fn random(seed: u64, turn: u64) -> u64 {
    Rng::with_seed(seed ^ turn << 32).u64(..)
}

/// The same under a watch that ends what hangs: the status is 124 or 137 then.
fn watched(command: &Command) -> Command {
    let mut watch = Command::new("timeout");
    watch.args(["--foreground", "-k", "1", "300"]).arg(command.get_program()).args(command.get_args());
    watch.env_remove("LD_LIBRARY_PATH");
    watch
}

/// Runs it recorded; asserts that it ends well, and that the calls of `functions`, which it says it made, are recorded or told as
/// lost. Its threads make no others that could be lost.
fn nothing_is_lost_uncounted(program: &TempProgram, arguments: &[&str], functions: &[Function]) -> u64 {
    let directory = TempDir::new();
    let file = directory.path().join("recording");
    let output = watched(&recorded(&program.path(), arguments, &file)).output().expect("runs");
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
    let made: u64 =
        text(&output.stdout).trim().strip_prefix("made ").and_then(|made| made.parse().ok()).expect("a number");
    let (calls, lost) = calls_and_losses(&file, functions);
    assert_eq!(calls + lost, made, "{arguments:?}: {calls} recorded, {lost} told as lost");
    calls
}

/// What the threads of `forks.c` and of `storm.c` do.
const FORKS: &[Function] = &[Function::Send];
const STORM: &[Function] = &[Function::Send, Function::Recv];

#[test]
fn a_program_killed_at_any_instant_has_its_calls_in_the_recording_39_40() {
    let victims = Victims::new();
    let sends = at_random_instants(much(24, 1000), |number| the_program_is_killed(number, &victims));
    assert!(sends > 0, "nothing was recorded of any");
}

#[test]
fn a_recorder_killed_at_any_instant_leaves_the_program_as_it_was_40() {
    let victims = Victims::new();
    let sends = at_random_instants(much(24, 1000), |number| the_recorder_is_killed(number, &victims));
    assert!(sends > 0, "nothing was recorded of any");
}

#[test]
fn two_hundred_children_are_forked_under_threads_that_call_all_the_time_36() {
    nothing_is_lost_uncounted(&program("forks.c"), &[much("40", "200")], FORKS);
}

#[test]
fn a_handler_that_sends_ten_thousand_times_a_second_33() {
    let handled = much("2000", "100000");
    let calls = nothing_is_lost_uncounted(&program("storm.c"), &[handled], STORM);
    assert!(calls > 0);
}

#[test]
fn the_first_call_of_a_process_is_made_in_a_handler_ten_thousand_times_3() {
    let program = compile_c(&root().join("tests/programs/requirements/first_in_handler.c"), &["-pthread"]);
    let children = much("100", "10000");
    let contents = same_in_every_way(&program, &[children], &format!("done {children}\n"));
    let made = contents.calls(Function::Socket).count() as u64 + contents.lost;
    assert_eq!(made.to_string(), children);
}

#[test]
fn a_thousand_threads_are_cancelled_while_they_wait_in_a_call_14_15() {
    let times = much("50", "1000");
    let expected = format!("cancelled {times}, cleaned {times}, next {times}\n");
    let contents = same_in_every_way(&program("cancelled.c"), &[times], &expected);
    let (unfinished, done): (Vec<_>, Vec<_>) =
        contents.calls(Function::Recv).partition(|(_, call)| call.outcome == Outcome::Unfinished);
    let calls = |calls: Vec<_>| calls.len().to_string();
    assert_eq!((calls(unfinished), calls(done), contents.lost), (times.to_owned(), times.to_owned(), 0));
}

/// Runs it plain and recorded in a shell that says `before` first, and asserts that nobody could tell them apart.
fn same_behind(before: &str, program: &TempProgram, argument: &str) {
    let directory = TempDir::new();
    let file = directory.path().join("recording");
    let run = |under: &str| {
        let line = format!("exec 10>&- 11>&-; {before}; {under} {} {argument}", program.path().display());
        let output = Command::new("bash").args(["-c", &line]).env_remove("LD_LIBRARY_PATH").output().expect("runs");
        (text(&output.stdout), of_the_program(&output.stderr), output.status.code())
    };
    let bsock = format!("{} run --record {} --", target_dir().join("bsock").display(), file.display());
    assert_eq!(run(&bsock), run(""), "{before} {argument}");
    assert!(Contents::of(&file).calls(Function::Close).count() > 0, "it was recorded");
}

#[test]
fn twelve_descriptors_are_as_many_under_the_recorder_32() {
    let program = program("few_descriptors.c");
    let expected = "first 3\n\
        socket: 4 5 6 7 8 9 10 11 then errno 24\n\
        dup: 4 5 6 7 8 9 10 11 then errno 24\n\
        fcntl: 5 6 7 8 9 10 11 then errno 24\n\
        epoll: 4 5 6 7 8 9 10 11 then errno 24\n\
        socketpair: (4,5) 5 (6,7) 7 (8,9) 9 (10,11) 11 (-7,-7) then errno 24\n\
        connect 11 = 0\n\
        accept -1, errno 24\n\
        accept 10\n\
        in the child: 1\n\
        in its program\n\
        child 0\n";
    let contents = same_in_every_way(&program, &[], expected);
    assert_eq!(contents.lost, 0);
    assert_eq!(contents.calls(Function::Socketpair).count(), 5, "four, and one that failed");
    // The limit holds for bsock itself, and for what the dynamic linker opens.
    same_behind("ulimit -n 12", &program, "");
    same_behind("ulimit -n 12", &self::program("close_all.c"), "20");
}

#[test]
fn eleven_hundred_sockets_are_open_at_one_time_32() {
    let program = program("many_descriptors.c");
    let plain = program.command().output().expect("runs");
    if text(&plain.stdout).starts_with("no more than") {
        return cannot_be_played(text(&plain.stdout).trim());
    }
    let expected =
        "last 1102\nsend 3\npoll 1, errno 1234, 0x1\nselect 1, errno 1234, 0 1\nepoll 1, 1\nrecv 3 abc\nsocket 3\n";
    let contents = same_in_every_way(&program, &[], expected);
    assert_eq!((contents.calls(Function::Close).count(), contents.lost), (1100, 0));
    let polled = contents.calls(Function::Poll).next().expect("a poll").1;
    assert_eq!((polled.args[1], polled.outcome), (1100, Outcome::Returned(1)));
    // A hardened program ends where its set has no room, and so it does here.
    let flags = ["-O2", "-D_FORTIFY_SOURCE=2", "-Wno-error"];
    let hardened = compile_c(&root().join("tests/programs/torment/many_descriptors.c"), &flags);
    let contents = {
        let directory = TempDir::new();
        let file = directory.path().join("recording");
        let plain = hardened.command().arg("FD_SET").output().expect("runs");
        let under = recorded(&hardened.path(), &["FD_SET"], &file).output().expect("runs");
        assert_eq!(plain.status.signal(), Some(6), "{}", text(&plain.stdout));
        assert_eq!(text(&under.stdout), text(&plain.stdout));
        assert_eq!((under.status, of_the_program(&under.stderr)), (plain.status, of_the_program(&plain.stderr)));
        Contents::of(&file)
    };
    assert_eq!(contents.calls(Function::FdeltChk).count(), 1, "and the recording says why");
}

#[test]
fn who_closes_everything_closes_nothing_of_the_recorders_30() {
    let highest = much("5000", "1000000");
    let after = |how: &str, said: &str| {
        let used = "0 [3 4] 1 1 x, errno 1234";
        format!("{said}after {how}: {used}\nafter exec: 0 [5 6] 1 1 x, errno 1234\n0\n")
    };
    let expected = [
        "after nothing: 0 [3 4] 1 1 x, errno 1234\n".to_owned(),
        after("closefrom", ""),
        after("close_range", "close_range 0\n"),
        after("close_range, unshared", "close_range 0\n"),
        after("close", "closed 2\n"),
        "closed 2\nafter all: 0 [3 4] 1 1 x, errno 1234\n".to_owned(),
    ];
    let contents = same_in_every_way(&program("close_all.c"), &[highest], &expected.concat());
    let sends = contents.calls(Function::Send).count() as u64;
    // Before and after: in the program, in four children, and in the four programs that these become.
    assert!(sends <= 10 && sends + contents.lost >= 10, "{sends} sends, {} lost", contents.lost);
    let closes = contents.calls(Function::Close).count() as u64 + contents.lost;
    assert!(closes >= 2 * highest.parse::<u64>().expect("a number") - 6, "{closes} closes, recorded or lost");
}

#[test]
fn sixteen_kib_of_stack_are_enough_for_every_call_32() {
    let program = program("stacks.c");
    let plain = text(&program.command().output().expect("runs").stdout);
    assert!(plain.lines().count() == 30 && !plain.contains("-1"), "each call succeeds: {plain}");
    assert_eq!(same_in_every_way(&program, &[], &plain).lost, 0);
}

/// As much memory as the command may take: 300 MB.
const MOST_KIB: u64 = 300_000_000 / 1024;

/// A server's life: for how many seconds is asked for. The whole way is soaked, from the rings to the lines of a trace. How many
/// of its calls were lost.
fn long_life(seconds: &str, ring_kib: &str) -> u64 {
    let program = program("soak.c");
    let directory = TempDir::new();
    let (trace, said) = (directory.path().join("trace"), directory.path().join("said"));
    // The trace goes through a pipe, since that of an hour would fill the disk. It ends with what was lost.
    let line = format!(
        "{{ $bsock trace --ring-kib {ring_kib} --call listen,_exit --format json -- {} {seconds} >$said; \
         echo $? >>$said; }} 2>&1 | tail -n 3 >$trace",
        program.path().display()
    );
    let mut command = Command::new("sh");
    command.args(["-c", &line]).env("bsock", target_dir().join("bsock")).env("said", &said).env("trace", &trace);
    assert!(command.env_remove("LD_LIBRARY_PATH").status().expect("runs").success());
    let said = fs::read_to_string(&said).expect("said");
    let traced = fs::read_to_string(&trace).expect("traced");
    println!("{said}{traced}");
    let number = |name: &str, which: usize| -> u64 {
        let line = said.lines().find_map(|line| line.strip_prefix(name)).expect("is said");
        line.split_whitespace().nth(which).and_then(|number| number.parse().ok()).expect("a number")
    };
    assert!(said.ends_with("\n0\n"), "the program ends well: {said}");
    assert_eq!(number("left ", 0), 0, "no descriptor is left open");
    let (early, late) = (number("memory ", 0), number("memory ", 1));
    assert!(early.max(late) < MOST_KIB, "what docs/limits.md says: {early} KiB, then {late} KiB");
    let sent = number("sent ", 0);
    let last = traced.lines().rfind(|line| line.starts_with('{')).expect("the trace has an end");
    let end: serde_json::Value = serde_json::from_str(last).expect("JSON");
    let count = |field: &str| end[field].as_u64().expect("a number");
    let recorded = count("shown") + count("hidden");
    assert_eq!(recorded + count("lost"), number("made ", 0), "{recorded} recorded: {end}");
    // Every message has ten bytes, but those of the children one.
    assert!(count("sent") <= 10 * sent && count("received") <= 10 * sent, "{end}");
    assert!(count("lost") > 0 || count("sent") == count("received") + count("processes") - 1, "{end}");
    count("lost")
}

#[test]
fn a_long_life_short() {
    long_life("2", "1024");
}

#[test]
fn a_long_life_of_which_most_is_lost() {
    assert!(long_life("1", "4") > 0, "a ring of four KiB holds 64 calls");
}

/// `make soak`: one life of that many seconds, beside rounds of the other torments with other seeds.
#[test]
#[ignore = "takes as long as SECONDS says: make soak"]
fn soak() {
    let seconds: u64 = env::var("SECONDS").ok().and_then(|text| text.parse().ok()).expect("SECONDS is a number");
    let end = Instant::now() + Duration::from_secs(seconds);
    let (victims, forks, storm) = (Victims::new(), program("forks.c"), program("storm.c"));
    thread::scope(|scope| {
        scope.spawn(|| long_life(&seconds.to_string(), "1024"));
        let mut turn = 0;
        while Instant::now() < end {
            let number = random(seed(), turn);
            let told = Told(format!("SEED={}, turn {turn}, number {number}", seed()));
            match number % 8 {
                0 => drop(nothing_is_lost_uncounted(&forks, &["50"], FORKS)),
                1 => drop(nothing_is_lost_uncounted(&storm, &["5000"], STORM)),
                2..=4 => drop(the_recorder_is_killed(number, &victims)),
                _ => drop(the_program_is_killed(number, &victims)),
            }
            std::mem::forget(told);
            turn += 1;
        }
        println!("{turn} rounds");
    });
}
