//! What a hook adds to a call, with nobody listening and recorded, in nanoseconds: without room, in fresh threads, in many.

use std::process::Command;

use crate::bench::Bench;
use crate::measure::output;
use crate::table::{figures, heading, show};

pub(crate) fn run(bench: &Bench) {
    heading();
    let idle = output(Command::new(&bench.calls).arg("one").env("LD_PRELOAD", bench.recorder()));
    show("preloaded, nobody listening, ns: ", &idle, Some(10.0));
    show("recorded, ns: ", &output(bench.bsock_run().arg(&bench.calls).arg("one")), Some(100.0));
    show("recorded, ns: ", &output(bench.bsock_run().arg(&bench.other_calls).arg("waits")), Some(250.0));
    show("recorded, ns: ", &output(bench.bsock_run().arg(&bench.other_calls).arg("close")), Some(700.0));
    show("recorded, ring full, ns: ", &output(bench.bsock_run().arg(&bench.calls).arg("full")), Some(100.0));
    show("recorded, threads of 50 calls, CPU ns: ", &output(bench.bsock_run().arg(&bench.calls).arg("fresh")), None);
    let one = output(bench.bsock_run().arg(&bench.calls).args(["threads", "1"]));
    let eight = output(bench.bsock_run().arg(&bench.calls).args(["threads", "8"]));
    show("recorded, 1 thread, CPU ns: ", &one, None);
    show("recorded, 8 threads, CPU ns: ", &eight, figures(&one).first().map(|(_, [.., added])| 2.0 * added));
}
