//! Programs run plain, under an idle recorder and recorded; and what a recording file holds.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use bsock_recording::drain::Item;
use bsock_recording::event::{Call, Event, What};
use bsock_recording::file::Recording;
use bsock_recording::function::Function;
use bsock_recording::merge::Merger;

use super::{TempDir, TempProgram, target_dir, text};

/// The command, about to run `program` with `arguments` and to record it in `file`.
pub(crate) fn recorded(program: &Path, arguments: &[&str], file: &Path) -> Command {
    let mut command = Command::new(target_dir().join("bsock"));
    command.args(["run", "--record"]).arg(file).arg("--").arg(program).args(arguments).env_remove("LD_LIBRARY_PATH");
    command
}

/// Shows the events of a recording file in order; the calls that it says are not in it.
fn read(file: &Path, mut each: impl FnMut(Event)) -> u64 {
    let bytes = fs::read(file).expect("the recording is there");
    let (mut merger, mut lost) = (Merger::new(), 0);
    let mut recording = Recording::open(&bytes).expect("a recording");
    while let Some(item) = recording.item().expect("undamaged") {
        match item {
            Item::Chunk { ring, bytes } => merger.chunk(ring as usize, bytes).expect("whole records"),
            Item::Lost(calls) => lost += calls,
            _ => {}
        }
    }
    merger.finish();
    while let Some(event) = merger.pop() {
        lost += if let What::Lost(calls) = event.what { calls } else { 0 };
        each(event);
    }
    lost
}

/// What a recording file holds: its events in order, and the calls that it says are not in it.
pub(crate) struct Contents {
    pub(crate) events: Vec<Event>,
    pub(crate) lost: u64,
}

impl Contents {
    pub(crate) fn of(file: &Path) -> Self {
        let mut events = Vec::new();
        let lost = read(file, |event| events.push(event));
        Self { events, lost }
    }

    /// Of a recording whose writer was killed: what it holds up to the last round, which is all that is told in order. What comes
    /// behind may be cut, and nothing else may be wrong with it.
    pub(crate) fn of_cut(file: &Path) -> Self {
        let bytes = fs::read(file).unwrap_or_default();
        let mut contents = Self { events: Vec::new(), lost: 0 };
        let (mut merger, mut lost) = (Merger::new(), 0);
        let Ok(mut recording) = Recording::open(&bytes) else {
            // The header is written at once.
            assert_eq!(bytes.len(), 0, "the header is damaged");
            return contents;
        };
        let told = loop {
            match recording.item() {
                Ok(Some(Item::Chunk { ring, bytes })) => merger.chunk(ring as usize, bytes).expect("whole records"),
                Ok(Some(Item::Lost(calls))) => lost += calls,
                Ok(Some(Item::Round { horizon })) => {
                    merger.round(horizon);
                    contents.lost += std::mem::take(&mut lost);
                    contents.take(&mut merger);
                }
                Ok(Some(_)) => {}
                Ok(None) => break None,
                Err(broken) => break Some(broken.to_string()),
            }
        };
        let end = recording.position();
        assert!(matches!(recording.item(), Ok(None)), "nothing follows the cut");
        let cut = ["an item cut short", "an item that reaches beyond the end of the file"];
        match told {
            None => assert_eq!(end, bytes.len() as u64),
            Some(told) => assert!(
                cut.iter().any(|what| told == format!("damaged at byte {end}: {what}")),
                "{told}, and the last whole item ends at byte {end} of {}",
                bytes.len()
            ),
        }
        contents
    }

    fn take(&mut self, merger: &mut Merger) {
        while let Some(event) = merger.pop() {
            self.lost += if let What::Lost(calls) = event.what { calls } else { 0 };
            self.events.push(event);
        }
    }

    pub(crate) fn calls(&self, function: Function) -> impl Iterator<Item = (&Event, &Call)> {
        self.events.iter().filter_map(move |event| match &event.what {
            What::Call(call) if call.function == function => Some((event, &**call)),
            _ => None,
        })
    }
}

/// The sends in a recording, and the calls that it says are not in it.
pub(crate) fn sends_and_losses(file: &Path) -> (u64, u64) {
    calls_and_losses(file, &[Function::Send])
}

/// The calls of some functions in a recording, and the calls that it says are not in it; for recordings too large for
/// [`Contents`].
pub(crate) fn calls_and_losses(file: &Path, functions: &[Function]) -> (u64, u64) {
    let counts = |event: &Event| matches!(&event.what, What::Call(call) if functions.contains(&call.function));
    let mut calls = 0;
    let lost = read(file, |event| calls += u64::from(counts(&event)));
    (calls, lost)
}

/// Standard error without what bsock says there: what was recorded, and which programs were not. Who must not lose a call looks
/// into the recording.
pub(crate) fn of_the_program(bytes: &[u8]) -> String {
    let said = text(bytes);
    let is_bsocks = |line: &str| {
        let sentence = line.strip_prefix("bsock: ").unwrap_or_default();
        sentence.ends_with(" lost") || sentence.starts_with("a program was not recorded: ")
    };
    said.lines().filter(|line| !is_bsocks(line)).collect()
}

/// Runs the program in three ways and asserts that nobody could tell them apart. Answers what the last one recorded.
pub(crate) fn same_in_every_way(program: &TempProgram, arguments: &[&str], expected: &str) -> Contents {
    let directory = TempDir::new();
    let file = directory.path().join("recording");
    let shown = |output: Output| (text(&output.stdout), of_the_program(&output.stderr), output.status);
    let plain = shown(program.command().args(arguments).output().expect("runs"));
    assert_eq!(plain.0, expected, "plain; {}", plain.1);
    let mut idle = program.command();
    idle.args(arguments).env("LD_PRELOAD", target_dir().join("libbsock_preload.so"));
    assert_eq!(shown(idle.output().expect("runs")), plain, "under an idle recorder");
    assert_eq!(shown(recorded(&program.path(), arguments, &file).output().expect("runs")), plain, "recorded");
    Contents::of(&file)
}

/// What a program that succeeds writes.
pub(crate) fn output(command: &mut Command) -> String {
    let output = command.output().expect("runs");
    assert!(output.status.success(), "{command:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// The lines of a program's trace, without times, processes and places.
pub(crate) fn traced(program: &Path, arguments: &[&str]) -> Vec<String> {
    traced_with(&[], program, arguments).0
}

/// As [`traced`], with options for the command; and what the command says.
pub(crate) fn traced_with(options: &[&str], program: &Path, arguments: &[&str]) -> (Vec<String>, String) {
    let directory = TempDir::new();
    let file = directory.path().join("trace");
    let mut command = Command::new(target_dir().join("bsock"));
    command.arg("trace").args(options).arg("-o").arg(&file).arg("--").arg(program).args(arguments);
    let said = text(&command.output().expect("runs").stderr);
    let lines = fs::read_to_string(&file).expect("a trace");
    let call = |line: &str| {
        let text = line.trim_start().splitn(3, ' ').nth(2)?;
        let end = text.rfind(" <").or_else(|| text.find(" = ?").map(|at| at + 4)).unwrap_or(text.len());
        Some(text.get(..end)?.to_owned())
    };
    (lines.lines().filter_map(call).collect(), said)
}

/// Fails unless the trace has these lines in this order. `*` stands for what is another every time.
pub(crate) fn assert_lines(lines: &[String], expected: &[&str]) {
    let mut rest = lines.iter();
    for wanted in expected {
        let found = rest.any(|line| matches(line, wanted));
        assert!(found, "{wanted} is not, or not in this order, in\n{}", lines.join("\n"));
    }
}

fn matches(line: &str, wanted: &str) -> bool {
    let mut pieces = wanted.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| line.strip_prefix(first)) else { return false };
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.is_empty() || wanted.ends_with('*')
}
