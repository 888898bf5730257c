//! Plays a scenario once: in a directory and, where that can be, in a network of its own, as it is or under bsock.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{env, thread};

use tempfile::TempDir;

use crate::{By, Scenario, system};

/// How many lines of what went wrong are shown.
pub(crate) const SHOWN: usize = 30;

/// From asking a scenario that hangs to end, to ending it.
const MERCY: Duration = Duration::from_secs(10);

/// How many bytes of each call are recorded: as many as `bsock check` looks at, so that it sees here what it sees live.
const PAYLOAD: &str = "32";

/// What is the same for all scenarios.
pub(crate) struct Place {
    directory: TempDir,
    /// Where transcripts and what servers said are kept for looking at.
    pub(crate) kept: PathBuf,
    /// bsock.
    pub(crate) command: PathBuf,
    path: String,
    own_network: bool,
}

/// One performance.
pub(crate) struct Run {
    pub(crate) transcript: String,
    pub(crate) errors: String,
    /// None: it was ended by force.
    status: Option<ExitStatus>,
    pub(crate) took: Duration,
    /// Processor time of all its processes; of bsock, too, if it was recorded.
    pub(crate) busy: Duration,
    /// Commands that were running when it was over.
    left: Vec<String>,
}

impl Place {
    pub(crate) fn new(path: String) -> Self {
        // Servers change their user, and read what is in here.
        let readable = fs::Permissions::from_mode(0o755);
        let directory = tempfile::Builder::new().prefix("bsock-real-").permissions(readable).tempdir();
        let directory = directory.expect("a temporary directory");
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("real");
        let artefacts =
            env::var_os("BSOCK_ARTEFACTS").expect("BSOCK_ARTEFACTS names target/release: use `make test-real`");
        let command = fs::canonicalize(artefacts).expect("BSOCK_ARTEFACTS exists").join("bsock");
        Self { directory, kept, command, path, own_network: system::may_have_own_network() }
    }
}

/// Plays once, in a new directory and, where that can be, in a network of its own. Streams are kept below `kept`.
pub(crate) fn play(scenario: &Scenario, place: &Place, kept: &Path, recording: Option<&Path>) -> Run {
    // The same path each time: programs print it, and its length decides where they break lines.
    let directory = place.directory.path().join("stage");
    fs::create_dir(&directory).expect("is new");
    let (out, err) = (kept.with_extension("out"), kept.with_extension("err"));
    let program = env::current_exe().expect("is known");
    let mut command = match recording {
        None => Command::new(program),
        Some(recording) => {
            let mut command = Command::new(&place.command);
            command.args(["run", "--payload", PAYLOAD, "--record"]).arg(recording).arg("--").arg(program);
            command
        }
    };
    command.args(["play", scenario.name]).arg(&directory).current_dir(&directory);
    command.env("PATH", &place.path).env("LC_ALL", "C").env("TZ", "UTC").env("HOME", &directory);
    command.env_remove("LD_LIBRARY_PATH").env_remove("LD_PRELOAD");
    let create = |path: &Path| File::create(path).expect("the target directory is ours");
    command.stdin(Stdio::null()).stdout(create(&out)).stderr(create(&err));
    if place.own_network {
        system::in_own_network(&mut command);
    }
    let (start, busy) = (Instant::now(), system::children_time());
    let status = wait(&mut command, Duration::from_secs(scenario.seconds));
    let took = start.elapsed();
    let left = system::end_children();
    let busy = system::children_time() - busy;
    let logs = kept.with_extension("stage");
    keep_logs(&directory, &logs);
    fs::remove_dir_all(&directory).expect("is ours");
    let read = |path: &Path| String::from_utf8_lossy(&fs::read(path).expect("was written")).into_owned();
    Run { transcript: read(&out), errors: read(&err), status, took, busy, left }
}

/// Copies what servers said: the directory goes.
fn keep_logs(directory: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the target directory is ours");
    for entry in fs::read_dir(directory).expect("is ours").flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "log") {
            let _ = fs::copy(entry.path(), to.join(entry.file_name()));
        }
    }
}

/// Runs a command to its end, or until `limit`: None then, and it is ended.
fn wait(command: &mut Command, limit: Duration) -> Option<ExitStatus> {
    let mut child = command.spawn().expect("this program and bsock can be executed");
    let process = child.id();
    let (ended, end) = mpsc::channel::<()>();
    let watch = thread::spawn(move || {
        let passes = |time| end.recv_timeout(time) == Err(mpsc::RecvTimeoutError::Timeout);
        let hangs = passes(limit);
        // bsock passes it on, and ends with its program: what was recorded tells where it hangs.
        if hangs {
            system::signal(process, libc::SIGTERM);
        }
        if hangs && passes(MERCY) {
            system::signal(process, libc::SIGKILL);
        }
        hangs
    });
    let status = child.wait().expect("is our child");
    drop(ended);
    let hung = watch.join().expect("does not panic");
    (!hung).then_some(status)
}

impl Run {
    pub(crate) fn succeeded(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    /// How it went, in a word or two.
    pub(crate) fn word(&self, scenario: &Scenario) -> String {
        let seconds = self.took.as_secs_f64();
        match self.status {
            None => format!("hangs, {seconds:.1} s"),
            Some(status) if !status.success() => format!("fails, {seconds:.1} s"),
            _ if matches!(scenario.by, By::Tests { .. }) => {
                let passed = self.tests().values().filter(|outcome| **outcome == "passed").count();
                format!("{passed} pass, {seconds:.1} s")
            }
            _ => {
                let steps = self.transcript.lines().filter(|line| line.starts_with("== ")).count();
                format!("{steps} steps, {seconds:.1} s")
            }
        }
    }

    /// Why it failed, as far as it told.
    pub(crate) fn failure(&self) -> String {
        let said: Vec<&str> = self.errors.lines().rev().take(SHOWN).collect();
        let said: Vec<&str> = said.into_iter().rev().collect();
        match self.status {
            Some(status) => format!("{status}\n{}", said.join("\n")),
            None => format!("ended by force; then still running: {}\n{}", self.left.join("; "), said.join("\n")),
        }
    }

    /// The outcome of each test: lines `OUTCOME NAME` of the transcript.
    pub(crate) fn tests(&self) -> BTreeMap<&str, &str> {
        let lines = self.transcript.lines().filter_map(|line| line.split_once(' '));
        lines.filter(|(outcome, _)| *outcome != "==").map(|(outcome, name)| (name, outcome)).collect()
    }
}
