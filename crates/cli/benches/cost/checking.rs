//! `bsock check`: how soon it reports, how much memory it takes for sockets that live, what a call costs the program more than
//! under `bsock run`, and what the whole takes beside it and beside strace.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use bsock_analysis::{Analysis, rules};
use bsock_recording::drain::Item;
use bsock_recording::file::Recording;
use bsock_recording::merge::Merger;

use crate::bench::Bench;
use crate::measure::{compared, in_turns, median, wall};
use crate::table::{at_most, figures, single};
use crate::tools::is_there;

/// The calls after whose end the report must come soon, and how soon, in milliseconds.
const CALLS: &str = "100000";
const SOON: f64 = 200.0;

const SOCKETS: &str = "10000";

pub(crate) fn run(bench: &Bench) {
    report(bench);
    memory(bench);
    calls(bench);
    whole(bench);
}

fn check(bench: &Bench) -> Command {
    let mut command = Command::new(bench.bsock());
    command.args(["check", "--"]).arg(&bench.traffic).stderr(Stdio::null());
    command
}

/// From the program's last breath to bsock's.
fn report(bench: &Bench) {
    let late = || {
        let output = check(bench).args(["ending", CALLS]).output().expect("runs");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        let ended: u64 = String::from_utf8_lossy(&output.stdout).trim().parse().expect("a time");
        now.as_secs_f64() * 1e3 - ended as f64 / 1e6
    };
    let milliseconds = median((0..15).map(|_| late()).collect());
    let what = format!("check: report after the end of a program of {CALLS} calls, ms");
    single(&what, milliseconds, &at_most(milliseconds, SOON));
}

/// What the model and the rules remember of sockets, as this very process grows by it.
fn memory(bench: &Bench) {
    let file = bench.work().join("alive");
    let mut command = Command::new(bench.bsock());
    command.args(["run", "--record"]).arg(&file).arg("--").arg(&bench.traffic).args(["alive", SOCKETS]);
    if !command.stderr(Stdio::null()).status().expect("runs").success() {
        println!("check: memory: the limit on open files (ulimit -n -H) leaves no room for {SOCKETS} sockets");
        return;
    }
    let bytes = fs::read(&file).expect("the recording");
    let (mut merger, mut analysis) = (Merger::new(), Analysis::new(rules::ALL));
    let mut before = None;
    let mut recording = Recording::open(&bytes).expect("a recording");
    while let Ok(Some(item)) = recording.item() {
        match item {
            Item::Chunk { ring, bytes } => merger.chunk(ring as usize, bytes).expect("whole records"),
            Item::Round { horizon } => merger.round(horizon),
            _ => {}
        }
        while let Some(event) = merger.pop() {
            before.get_or_insert_with(resident);
            analysis.event(&event);
        }
    }
    let grown = resident().saturating_sub(before.unwrap_or(0));
    let sockets = analysis.finish().summary.sockets;
    let what = format!("check: memory for {sockets} sockets that live, KiB each");
    single(&what, grown as f64 / sockets as f64 / 1024.0, "");
}

/// Bytes of this process that are in memory.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("proc");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.expect("proc tells it") * 1024
}

/// What a call takes of the program's own time: with the bytes that rules look at, and without.
fn calls(bench: &Bench) {
    let added = |command: &mut Command| {
        let output = command.arg(&bench.calls).args(["threads", "1"]).output().expect("runs");
        let figures = figures(&String::from_utf8_lossy(&output.stdout));
        figures.first().map(|(_, [.., added])| *added).expect("a figure")
    };
    let checked = || added(Command::new(bench.bsock()).args(["check", "-o", "/dev/null", "--"]));
    let (run, check) = in_turns(7, || added(&mut bench.bsock_run()), checked);
    single("recorded call of 64 bytes, bsock run, CPU ns", run, &at_most(run, 100.0));
    single("the same, bsock check", check, &at_most(check, 100.0));
}

/// The whole of a run, from start to report.
fn whole(bench: &Bench) {
    const ARGUMENTS: [&str; 2] = ["pingpong", "5000"];
    let plain = || wall(Command::new(&bench.traffic).args(ARGUMENTS));
    let checked = || wall(check(bench).args(ARGUMENTS));
    let traced = || wall(Command::new("strace").args(["-f", "-o", "/dev/null"]).arg(&bench.traffic).args(ARGUMENTS));
    let has_strace = is_there(Command::new("strace").arg("-V"));
    if !has_strace {
        println!("strace is not installed");
    }
    let recorded = || wall(bench.bsock_run().arg(&bench.traffic).args(ARGUMENTS));
    let compared = compared(7, if has_strace { 4 } else { 3 }, |way| match way {
        0 => plain(),
        1 => recorded(),
        2 => checked(),
        _ => traced(),
    });
    println!("{:58} {:>9} {:>9}", "TCP ping-pong of 5,000 rounds, start to end, ms", "median", "ratio");
    let names = ["plain", "bsock run", "bsock check", "strace -f -o /dev/null"];
    for (way, (figure, ratio)) in compared.figures.iter().zip(&compared.ratios).enumerate() {
        let strace = compared.ratios.get(3).filter(|_| way == 2).map(|strace| (strace * 100.0).round() / 100.0);
        let verdict = strace.map_or_else(String::new, |strace| format!("strace: {}", at_most(*ratio, strace)));
        println!("  {:56} {:>9.0} {ratio:>9.2}  {verdict}", names[way], figure * 1e3);
    }
}
