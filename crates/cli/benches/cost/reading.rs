//! How fast a recording is drained, shown and analysed, and whether what was too fast for that is counted.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::process::Command;
use std::time::Instant;

use bsock_analysis::{Analysis, rules};
use bsock_recording::drain::Item;
use bsock_recording::file::Recording;
use bsock_recording::merge::Merger;

use crate::bench::Bench;
use crate::measure::{median, output, wall};
use crate::table::{at_least, single};

/// How many calls the program makes, as fast as it can.
const CALLS: u64 = 1_000_000;

pub(crate) fn run(bench: &Bench) {
    drained(bench);
    traced(bench);
    shown(bench);
}

/// While it is made, into a file; and read afterwards.
fn drained(bench: &Bench) {
    let file = bench.work().join("recording");
    let mut command = Command::new(bench.bsock());
    command.args(["run", "--record"]).arg(&file).arg("--").arg(&bench.traffic).args(["cheap", &CALLS.to_string()]);
    let seconds = wall(&mut command);
    let bytes = fs::read(&file).expect("the recording");
    let (events, lost, reading) = analysed(&bytes);
    let what = "drained to a file while one thread calls as fast as it can, million calls/s";
    single(what, (events + lost) as f64 / seconds / 1e6, &format!("{lost} of {} lost", events + lost));
    let rate = events as f64 / reading / 1e6;
    single("read, decoded, ordered and analysed, million events/s", rate, &at_least(rate, 1.0));
}

/// As lines of a trace. Those that are neither shown nor counted as lost would be a lie.
fn traced(bench: &Bench) {
    let file = bench.work().join("trace");
    let mut command = Command::new(bench.bsock());
    command.args(["trace", "-o"]).arg(&file).arg("--").arg(&bench.traffic).args(["cheap", &CALLS.to_string()]);
    let nanoseconds: f64 = output(&mut command).trim().parse().expect("nanoseconds a call");
    let (mut shown, mut lost) = (0, 0);
    for line in BufReader::new(File::open(&file).expect("the trace")).lines() {
        let line = line.expect("text");
        shown += u64::from(line.contains(" shutdown("));
        // `... 27 calls of thread 4711 not recorded ...`
        let told = line.split_once("... ").and_then(|(_, rest)| rest.split(' ').next()?.parse::<u64>().ok());
        lost += told.unwrap_or(0);
    }
    let verdict = match CALLS - (shown + lost).min(CALLS) {
        0 => format!("{lost} of {CALLS} lost, all of them counted: met"),
        missing => format!("{missing} of {CALLS} neither shown nor counted: MISSED"),
    };
    single("trace -o FILE of a thread that calls as fast as it can, million calls/s", 1e3 / nanoseconds, &verdict);
}

/// As text, from a recording: with the line of each call, and where the program's file is gone and there are none to be found.
fn shown(bench: &Bench) {
    let (program, file) = (bench.work().join("shown"), bench.work().join("shown-recording"));
    fs::copy(&bench.traffic, &program).expect("room for the program");
    let mut command = Command::new(bench.bsock());
    command.args(["run", "--lossless", "--record"]).arg(&file).arg("--");
    wall(command.arg(&program).args(["cheap", &CALLS.to_string()]));
    for with in ["with the line of each call", "without lines"] {
        let rate = || {
            let mut command = Command::new(bench.bsock());
            CALLS as f64 / wall(command.args(["trace", "-o", "/dev/null"]).arg(&file)) / 1e6
        };
        let rate = median((0..7).map(|_| rate()).collect());
        single(&format!("trace FILE to /dev/null, {with}, million calls/s"), rate, "");
        // What cannot be found any more.
        let _ = fs::remove_file(&program);
    }
}

/// Events, lost calls, and the seconds that it took to get from the file's bytes to findings.
pub(crate) fn analysed(bytes: &[u8]) -> (u64, u64, f64) {
    let start = Instant::now();
    let (mut merger, mut analysis, mut events, mut lost) = (Merger::new(), Analysis::new(rules::ALL), 0, 0);
    let mut recording = Recording::open(bytes).expect("a recording");
    while let Ok(Some(item)) = recording.item() {
        match item {
            Item::Chunk { ring, bytes } => merger.chunk(ring as usize, bytes).expect("whole records"),
            Item::Round { horizon } => merger.round(horizon),
            Item::Lost(calls) => lost += calls,
            _ => {}
        }
        while let Some(event) = merger.pop() {
            analysis.event(&event);
            events += 1;
        }
    }
    let report = analysis.finish();
    lost += report.summary.lost;
    (events, lost, start.elapsed().as_secs_f64())
}
