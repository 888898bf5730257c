//! `make bench`: what a recorder takes of memory, beside what the program takes without it: the shared memory of its rings, and
//! the private memory that a process has more than without.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const MIB: f64 = 1_048_576.0;

fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository");
    let artefacts = std::env::var_os("BSOCK_ARTEFACTS").map_or_else(|| root.join("target/release"), PathBuf::from);
    let program = std::env::temp_dir().join(format!("bsock-bench-threads-{}", std::process::id()));
    let source = root.join("benches/threads.c");
    let status = Command::new("cc").args(["-O2", "-pthread", "-o"]).arg(&program).arg(source).status();
    assert!(status.is_ok_and(|status| status.success()), "cc fails");
    let added = |threads: u32| {
        let plain = taken(Command::new(&program).arg(threads.to_string()));
        let mut recorded = Command::new(artefacts.join("bsock"));
        taken(recorded.args(["run", "--"]).arg(&program).arg(threads.to_string())) - plain
    };
    let eight = added(8);
    row("recorded, 8 threads that use sockets, MiB", eight, 16.0);
    row("recorded, each further thread to 64, MiB", (added(64) - eight) / 56.0, 1.0);
    let _ = fs::remove_file(program);
}

fn row(what: &str, added: f64, goal: f64) {
    let verdict = if added <= goal { "met by" } else { "MISSED by" };
    println!("{what:58} {added:>29.2}  <= {goal:.0} {verdict} {:.2}", (goal - added).abs());
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
