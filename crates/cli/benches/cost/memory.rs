//! What a recorder takes of memory, beside what the program takes without it: the shared memory of its rings, and the private
//! memory that a process has more than without.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::bench::Bench;
use crate::table::{at_most, single};

const MIB: f64 = 1_048_576.0;

pub(crate) fn run(bench: &Bench) {
    let added = |threads: u32| {
        let plain = taken(Command::new(&bench.threads).arg(threads.to_string()));
        taken(bench.bsock_run().arg(&bench.threads).arg(threads.to_string())) - plain
    };
    let eight = added(8);
    let further = (added(64) - eight) / 56.0;
    single("recorded, 8 threads that use sockets, MiB", eight, &at_most(eight, 16.0));
    single("recorded, each further thread to 64, MiB", further, &at_most(further, 1.0));
}

/// MiB that a program has when it says that it is ready: what is its own, and its rings.
fn taken(command: &mut Command) -> f64 {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("runs");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("text");
    assert_eq!(line, "ready\n");
    // Under bsock it is the child's child.
    let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", child.id())).unwrap_or_default();
    let program = children.split_whitespace().next().map_or(child.id().to_string(), str::to_owned);
    let bytes = private(&program) + rings(&program);
    drop(child.stdin.take());
    child.wait().expect("ours");
    bytes as f64 / MIB
}

fn private(program: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{program}/status")).expect("it waits");
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("Linux 4.5");
    1024 * line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number")
}

/// The file in shared memory that the program's environment names, as far as it takes memory.
fn rings(program: &str) -> u64 {
    let environment = fs::read(format!("/proc/{program}/environ")).expect("it waits");
    let path = environment.split(|byte| *byte == 0).find_map(|entry| entry.strip_prefix(b"BSOCK_RECORDING="));
    let path = path.map(|path| Path::new(std::ffi::OsStr::from_bytes(path)));
    path.map_or(0, |path| fs::metadata(path).expect("it is recorded").blocks() * 512)
}
