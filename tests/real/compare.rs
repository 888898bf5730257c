//! Plays a scenario plain and recorded, and tells whether anybody could see a difference.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{env, thread};

use crate::count::Count;
use crate::{By, Scenario, system};

/// How many lines of a difference are shown.
const SHOWN: usize = 30;

/// From asking a scenario that hangs to end, to ending it.
const MERCY: Duration = Duration::from_secs(10);

/// What is the same for all scenarios.
pub(crate) struct Place {
    /// A directory of its own; removed when dropped.
    directory: PathBuf,
    /// Where transcripts and what servers said are kept for looking at.
    kept: PathBuf,
    command: PathBuf,
    path: String,
    own_network: bool,
}

/// A row of the table, and sentences below it.
pub(crate) struct Outcome {
    pub(crate) plain: String,
    pub(crate) recorded: String,
    pub(crate) events: Option<u64>,
    pub(crate) lost: Option<u64>,
    /// How much longer it took, and how much more processor time, each as a ratio.
    pub(crate) cost: Option<(f64, f64)>,
    pub(crate) notes: Vec<String>,
    pub(crate) equal: bool,
}

/// One performance.
struct Run {
    transcript: String,
    errors: String,
    /// None: it was ended by force.
    status: Option<ExitStatus>,
    took: Duration,
    /// Processor time of all its processes; of bsock, too, if it was recorded.
    busy: Duration,
    /// Commands that were running when it was over.
    left: Vec<String>,
}

impl Place {
    pub(crate) fn new(path: String) -> Self {
        let directory = env::temp_dir().join(format!("bsock-real-{}", process::id()));
        fs::create_dir(&directory).expect("the directory is new");
        // Servers change their user, and read what is in here.
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).expect("is ours");
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("real");
        let artefacts =
            env::var_os("BSOCK_ARTEFACTS").expect("BSOCK_ARTEFACTS names target/release: use `make test-real`");
        let command = fs::canonicalize(artefacts).expect("BSOCK_ARTEFACTS exists").join("bsock");
        Self { directory, kept, command, path, own_network: system::may_have_own_network() }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Plays `scenario` plain and recorded.
pub(crate) fn compare(scenario: &Scenario, place: &Place) -> Outcome {
    let kept = place.kept.join(scenario.name);
    let _ = fs::remove_dir_all(&kept);
    fs::create_dir_all(&kept).expect("the target directory is ours");
    let plain = play(scenario, place, &kept.join("plain"), None);
    let mut outcome = Outcome {
        plain: plain.word(scenario),
        recorded: String::new(),
        events: None,
        lost: None,
        cost: None,
        notes: Vec::new(),
        equal: false,
    };
    if !plain.succeeded() {
        outcome.notes.push(format!("plain: {}", plain.failure()));
        return outcome;
    }
    // The second time caches are warm, and what differs by itself shows.
    let again = play(scenario, place, &kept.join("plain-again"), None);
    if !again.succeeded() {
        outcome.notes.push(format!("plain, the second time: {}", again.failure()));
        return outcome;
    }
    let recording = kept.join("recording");
    let recorded = play(scenario, place, &kept.join("recorded"), Some(&recording));
    let ratio = |time: fn(&Run) -> Duration| time(&recorded).as_secs_f64() / time(&again).as_secs_f64();
    outcome.cost = Some((ratio(|run| run.took), ratio(|run| run.busy)));
    outcome.plain = again.word(scenario);
    outcome.recorded = recorded.word(scenario);
    let told = |line: &&str| line.starts_with("bsock: ") || line.starts_with("note: ");
    outcome.notes.extend(recorded.errors.lines().filter(told).map(str::to_owned));
    let differences = match scenario.by {
        By::Tests => test_differences(&plain, &again, &recorded, &mut outcome.notes),
        By::Transcript if plain.transcript != again.transcript => {
            vec![format!("two plain runs differ:\n{}", difference(&kept, ["plain.out", "plain-again.out"]))]
        }
        By::Transcript if plain.transcript != recorded.transcript => {
            vec![format!("the transcripts differ:\n{}", difference(&kept, ["plain.out", "recorded.out"]))]
        }
        By::Transcript => Vec::new(),
    };
    let counted = recorded_enough(scenario, &recording, &mut outcome);
    outcome.equal = recorded.succeeded() && differences.is_empty() && counted;
    if !recorded.succeeded() {
        outcome.notes.push(format!("recorded: {}", recorded.failure()));
    } else if !differences.is_empty() {
        outcome.recorded = format!("differs, {:.1} s", recorded.took.as_secs_f64());
    }
    outcome.notes.extend(differences);
    if outcome.equal {
        let _ = fs::remove_file(&recording);
    }
    outcome
}

/// Counts the recording. False, with notes, if it cannot be read or does not show what it should. Calls that
/// are counted as lost are no difference: the table tells them.
fn recorded_enough(scenario: &Scenario, recording: &Path, outcome: &mut Outcome) -> bool {
    let count = match Count::of(recording) {
        Ok(count) => count,
        Err(reason) => {
            outcome.notes.push(reason);
            return false;
        }
    };
    (outcome.events, outcome.lost) = (Some(count.events), Some(count.lost));
    let is_there = |name: &&&str| count.programs.iter().any(|program| program.starts_with(**name));
    let absent: Vec<&str> = scenario.recorded.iter().filter(|name| !is_there(name)).copied().collect();
    if !absent.is_empty() {
        outcome.notes.push(format!("not in the recording: {}", absent.join(", ")));
    }
    absent.is_empty()
}

/// Plays once, in a new directory and, where that can be, in a network of its own. Streams are kept below `kept`.
fn play(scenario: &Scenario, place: &Place, kept: &Path, recording: Option<&Path>) -> Run {
    // The same path each time: programs print it, and its length decides where they break lines.
    let directory = place.directory.join("stage");
    fs::create_dir(&directory).expect("is new");
    let (out, err) = (kept.with_extension("out"), kept.with_extension("err"));
    let program = env::current_exe().expect("is known");
    let mut command = match recording {
        None => Command::new(program),
        Some(recording) => {
            let mut command = Command::new(&place.command);
            command.args(["run", "--record"]).arg(recording).arg("--").arg(program);
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
    fn succeeded(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    /// How it went, in a word or two.
    fn word(&self, scenario: &Scenario) -> String {
        let seconds = self.took.as_secs_f64();
        match self.status {
            None => format!("hangs, {seconds:.1} s"),
            Some(status) if !status.success() => format!("fails, {seconds:.1} s"),
            _ if scenario.by == By::Tests => {
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
    fn failure(&self) -> String {
        let said: Vec<&str> = self.errors.lines().rev().take(SHOWN).collect();
        let said: Vec<&str> = said.into_iter().rev().collect();
        match self.status {
            Some(status) => format!("{status}\n{}", said.join("\n")),
            None => format!("ended by force; then still running: {}\n{}", self.left.join("; "), said.join("\n")),
        }
    }

    /// The outcome of each test: lines `OUTCOME NAME` of the transcript.
    fn tests(&self) -> BTreeMap<&str, &str> {
        let lines = self.transcript.lines().filter_map(|line| line.split_once(' '));
        lines.filter(|(outcome, _)| *outcome != "==").map(|(outcome, name)| (name, outcome)).collect()
    }
}

/// Lines in which two transcripts differ, as `diff` shows them.
fn difference(kept: &Path, names: [&str; 2]) -> String {
    let output = Command::new("diff").args(["-u", "--"]).args(names.map(|name| kept.join(name))).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().take(SHOWN).collect::<Vec<_>>().join("\n")
}

/// Tests with another outcome when recorded. Those that differ between two plain runs prove nothing; they are noted.
fn test_differences(plain: &Run, again: &Run, recorded: &Run, notes: &mut Vec<String>) -> Vec<String> {
    let (plain, again, recorded) = (plain.tests(), again.tests(), recorded.tests());
    let differing = |other: &BTreeMap<&str, &str>| {
        let names: std::collections::BTreeSet<String> = plain
            .keys()
            .chain(other.keys())
            .filter(|name| plain.get(*name) != other.get(*name))
            .map(|name| (*name).to_owned())
            .collect();
        names
    };
    let flaky = differing(&again);
    if !flaky.is_empty() {
        notes.push(format!("differ between two plain runs: {}", flaky.iter().cloned().collect::<Vec<_>>().join(", ")));
    }
    let word = |outcome: Option<&&str>| outcome.map_or("absent", |outcome| *outcome).to_owned();
    let told = |name: &String| {
        let name = name.as_str();
        format!("{name}: {} plain, {} recorded", word(plain.get(name)), word(recorded.get(name)))
    };
    differing(&recorded).difference(&flaky).map(told).collect()
}
