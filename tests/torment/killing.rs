//! SIGKILL for the program or for the recorder above it: at an instant of its work, which a thread of the program chooses, or of
//! a start, an exec or a fork, which somebody beside it does (`programs/torment/instant.c`).

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use bsock_recording::event::{Call, Event, Outcome};
use bsock_recording::function::Function;

use crate::support::recording::{Contents, of_the_program, recorded};
use crate::support::{TempDir, TempProgram, text};
use crate::{program, random, seed, watched};

/// The programs of which somebody is killed.
pub(crate) struct Victims {
    /// Four threads that call all the time.
    working: TempProgram,
    /// One that becomes itself again and again.
    beginning: TempProgram,
    instant: TempProgram,
}

/// How often the latter begins.
const IMAGES: u64 = 20;

/// Of a start and of what follows.
const START: u64 = 2_000_000;
const LIFE: u64 = 60_000_000;

/// Somebody who is killed at the instant that `number` stands for.
struct Killing<'a> {
    directory: TempDir,
    victims: &'a Victims,
    number: u64,
}

/// The counts of all threads, as the program left them.
struct Counts {
    begun: u64,
    returned: u64,
}

impl Victims {
    pub(crate) fn new() -> Self {
        let [working, beginning, instant] = ["killed.c", "successors.c", "instant.c"].map(program);
        Self { working, beginning, instant }
    }
}

impl<'a> Killing<'a> {
    fn at(number: u64, victims: &'a Victims) -> Self {
        Self { directory: TempDir::new(), victims, number }
    }

    /// In the midst of its work, at two instants of three; else in a start, an exec or a fork.
    fn is_at_work(&self) -> bool {
        self.number % 3 != 0
    }

    fn end(&self, whom: &str) -> Output {
        let command = if self.is_at_work() { self.of_the_working(whom) } else { self.of_the_beginning(whom) };
        watched(&command).output().expect("runs")
    }

    fn of_the_working(&self, whom: &str) -> Command {
        let (calls, spins) = ((self.number % 6000).to_string(), (self.number >> 32 & 0x3fff).to_string());
        let whom = if whom == "it" { "parent" } else { "self" };
        recorded(&self.victims.working.path(), &[&self.path("counts"), whom, &calls, &spins], &self.recording())
    }

    fn of_the_beginning(&self, whom: &str) -> Command {
        let random = self.number >> 8;
        let nanoseconds = random % if random >> 40 & 1 == 0 { START } else { LIFE };
        let arguments = [&self.path("counts"), &IMAGES.to_string(), "0"];
        let bsock = recorded(&self.victims.beginning.path(), &arguments, &self.recording());
        let mut command = self.victims.instant.command();
        command.arg(whom).arg(nanoseconds.to_string()).arg(bsock.get_program()).args(bsock.get_args());
        command
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).to_str().expect("UTF-8").to_owned()
    }

    fn recording(&self) -> PathBuf {
        self.directory.path().join("recording")
    }

    /// None where the program was killed before it began.
    fn counts(&self) -> Option<Counts> {
        let bytes = fs::read(self.path("counts")).ok()?;
        let words = bytes.chunks_exact(8).map(|word| u64::from_ne_bytes(word.try_into().expect("8 bytes")));
        let words: Vec<u64> = words.collect();
        let sum = |which: usize| words.iter().skip(which).step_by(2).sum();
        Some(Counts { begun: sum(0), returned: sum(1) })
    }
}

/// The sends of a recording, and how many of them are told as unfinished. Each is one that the programs make.
fn sends<'a>(calls: impl Iterator<Item = (&'a Event, &'a Call)>) -> (u64, u64) {
    let (mut all, mut unfinished) = (0, 0);
    for (_, call) in calls {
        let is_unfinished = call.outcome == Outcome::Unfinished;
        assert!(is_unfinished || call.outcome == Outcome::Returned(1), "{call:?}");
        assert_eq!(call.args[1], 1, "{call:?}");
        all += 1;
        unfinished += u64::from(is_unfinished);
    }
    (all, unfinished)
}

/// How many sends the recording holds.
pub(crate) fn the_program_is_killed(number: u64, victims: &Victims) -> u64 {
    let killing = Killing::at(number, victims);
    let output = killing.end("its-child");
    // Who looks at the clock may come too late; who looks at its calls may not.
    let is_over = !killing.is_at_work() && output.status.code() == Some(7);
    assert!(is_over || output.status.signal() == Some(9), "bsock dies as its program did: {}", text(&output.stderr));
    // Every byte of it decodes, or this panics.
    let contents = Contents::of(&killing.recording());
    let counts = killing.counts().unwrap_or(Counts { begun: 0, returned: 0 });
    let (sends, unfinished) = sends(contents.calls(Function::Send));
    assert!(unfinished <= 4, "one for each thread at most: {unfinished}");
    assert!(sends <= counts.begun, "{sends} of {} that were begun", counts.begun);
    let done = sends - unfinished + contents.lost;
    assert!(done >= counts.returned, "{done} recorded or told as lost, {} returned", counts.returned);
    sends
}

/// How many sends the recording holds.
pub(crate) fn the_recorder_is_killed(number: u64, victims: &Victims) -> u64 {
    let killing = Killing::at(number, victims);
    let output = killing.end("it");
    let is_over = !killing.is_at_work() && output.status.code() == Some(7);
    assert!(is_over || output.status.signal() == Some(9), "{}", text(&output.stderr));
    assert_eq!(of_the_program(&output.stderr), "");
    // The end of its output was waited for: it lives on, and every call does what it did.
    let counts = killing.counts();
    let said = text(&output.stdout);
    match &counts {
        // The recorder was killed before it had started it.
        None => assert!(!killing.is_at_work() && said.is_empty(), "{said}"),
        Some(counts) => {
            let least = if killing.is_at_work() { 8000 } else { 5 * IMAGES };
            assert_eq!(said, "failed 0\n");
            assert!(counts.returned >= least && counts.begun == counts.returned, "{} of {least}", counts.returned);
        }
    }
    // What is in the file is read up to where it was cut, and that is told.
    let contents = Contents::of_cut(&killing.recording());
    let (sends, _) = sends(contents.calls(Function::Send));
    let begun = counts.map_or(0, |counts| counts.begun);
    assert!(sends <= begun, "{sends} of {begun} that were begun");
    sends
}

/// Calls `one` for each of `turns` numbers, two at a time; what fails says by which number. The sum of what it answers.
pub(crate) fn at_random_instants(turns: u64, one: impl Fn(u64) -> u64 + Sync) -> u64 {
    let (seed, next, sum) = (seed(), AtomicU64::new(0), AtomicU64::new(0));
    let work = || {
        loop {
            let turn = next.fetch_add(1, Ordering::Relaxed);
            if turn >= turns {
                return;
            }
            let number = random(seed, turn);
            let told = Told(format!("SEED={seed}, turn {turn}, number {number}"));
            sum.fetch_add(one(number), Ordering::Relaxed);
            std::mem::forget(told);
        }
    };
    thread::scope(|scope| (0..2).for_each(|_| drop(scope.spawn(work))));
    sum.into_inner()
}

/// Says where it happened if its owner panics.
pub(crate) struct Told(pub(crate) String);

impl Drop for Told {
    fn drop(&mut self) {
        eprintln!("torment: {}", self.0);
    }
}
