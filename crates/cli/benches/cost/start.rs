//! What it takes to start a program under the recorder, and each that it starts itself.

use std::process::{Command, Stdio};

use crate::bench::Bench;
use crate::measure::{in_turns, wall};
use crate::table::{heading, row};

pub(crate) fn run(bench: &Bench) {
    heading();
    let plain = || wall(Command::new("true").stdin(Stdio::null()));
    let under = || wall(bench.bsock_run().arg("true").stdin(Stdio::null()));
    let (without, with) = in_turns(201, plain, under);
    row("start of a program under bsock run, ms", without * 1e3, with * 1e3, Some(5.0));
    let many = "i=0; while [ $i -lt 100 ]; do /bin/true; i=$((i+1)); done";
    let plain = || wall(Command::new("sh").args(["-c", many])) / 100.0;
    let under = || wall(bench.bsock_run().args(["sh", "-c", many])) / 100.0;
    let (without, with) = in_turns(15, plain, under);
    row("each further program that it starts, ms", without * 1e3, with * 1e3, Some(5.0));
}
