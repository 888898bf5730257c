//! Starts the runner of the cases, which the command carries in itself (`build.rs`), and reads what it prints
//! (`cases/runner.c` says how).

use std::ffi::{CStr, OsStr};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::{Command, Stdio};

use super::arguments;
use super::case::{Case, Side};
use super::statistics::Timing;
use crate::arguments::Caller;
use crate::session::Failure;
use crate::sys;

const PROGRAM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/cases"));
const LIBRARY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/cases.so"));
const CALLER: &str = include_str!("../../cases/caller.py");

/// What is to be run.
pub(super) struct Plan<'a> {
    /// Who makes the calls.
    pub(super) from: Caller,
    /// libbsock.
    pub(super) library: &'a Path,
    /// How often each call is timed on each side.
    pub(super) repetitions: u32,
    /// `CALL/` or `CALL/CASE`; none: all.
    pub(super) names: &'a [String],
}

/// What has been run.
#[derive(Default)]
pub(super) struct Cases {
    pub(super) cases: Vec<Case>,
    /// What every duration holds for the reading of the clock, in nanoseconds.
    pub(super) clock: u32,
}

/// A row of which something is still to come.
#[derive(Default)]
struct Partial {
    name: String,
    arguments: String,
    sides: [Option<Side>; 2],
    times: [Vec<u32>; 2],
}

impl Plan<'_> {
    /// Runs the cases. `progress` is told of each: how many are done, of how many, and which is next.
    pub(super) fn run(&self, progress: &mut dyn FnMut(usize, usize, &str)) -> Result<Cases, Failure> {
        let (mut command, _file) = self.command()?;
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(|error| self.no(&error))?;
        let mut complaints = child.stderr.take();
        let read = match child.stdout.take() {
            Some(output) => read(BufReader::new(output), progress),
            None => Ok(Cases::default()),
        };
        let mut said = String::new();
        if let Some(complaints) = &mut complaints {
            let _ = complaints.read_to_string(&mut said);
        }
        let status = child.wait().map_err(|error| Failure::Own(format!("cannot wait for the cases: {error}")))?;
        if !status.success() {
            let why = if said.is_empty() { status.to_string() } else { said.trim().to_owned() };
            return Err(Failure::Own(format!("cannot compare: {why}")));
        }
        read.map_err(|error| Failure::Own(format!("cannot read what the cases print: {error}")))
    }

    /// The runner, and the file that it is started from.
    fn command(&self) -> Result<(Command, File), Failure> {
        let keep = |name: &CStr, bytes| {
            let file = sys::file_in_memory(name, bytes)
                .map_err(|error| Failure::Own(format!("cannot have the cases in memory: {error}")))?;
            let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
            Ok((path, file))
        };
        let (mut command, file) = match self.from {
            Caller::C => {
                let (path, file) = keep(c"bsock-cases", PROGRAM)?;
                (Command::new(path), file)
            }
            Caller::Python => {
                let (path, file) = keep(c"bsock-cases.so", LIBRARY)?;
                let mut python = Command::new("python3");
                // Isolated: no module of the folder that it is started in takes the place of ctypes.
                python.args(["-I", "-c", CALLER, &path]);
                (python, file)
            }
        };
        // Calls that wait are not timed; this is for what is slow to prepare.
        let milliseconds = u64::from(self.repetitions) * 3;
        command.arg(self.library).args([self.repetitions.to_string(), milliseconds.to_string()]);
        command.args(self.names.iter().map(OsStr::new)).stdin(Stdio::null());
        Ok((command, file))
    }

    fn no(&self, error: &io::Error) -> Failure {
        let missing = self.from == Caller::Python && error.kind() == io::ErrorKind::NotFound;
        Failure::Own(if missing {
            "python3 is missing, with which `--from python` makes the calls; on Debian or Ubuntu: \
             sudo apt-get install python3. `--from c` needs nothing"
                .into()
        } else {
            format!("cannot start the cases: {error}")
        })
    }
}

fn read(lines: impl BufRead, progress: &mut dyn FnMut(usize, usize, &str)) -> io::Result<Cases> {
    let (mut cases, mut partial, mut all) = (Cases::default(), Partial::default(), 0);
    for line in lines.split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let answer = || rest.split_once(": ").map(|(_, text)| Side::parse(text));
        match word {
            "clock" => cases.clock = rest.parse().unwrap_or_default(),
            "rows" => all = rest.parse().unwrap_or_default(),
            "row" => {
                let name = rest.split(' ').next().unwrap_or_default();
                progress(cases.cases.len(), all, name);
                partial = Partial { name: name.to_owned(), ..Partial::default() };
            }
            "libc" => partial.sides[0] = answer(),
            "bsock" => partial.sides[1] = answer(),
            "arguments" => partial.arguments = arguments::call(rest),
            "times" => {
                let (side, times) = rest.split_once(' ').unwrap_or((rest, ""));
                let times = times.split(' ').filter_map(|time| time.parse().ok()).collect();
                partial.times[usize::from(side == "bsock")] = times;
                if side == "bsock" {
                    cases.cases.extend(std::mem::take(&mut partial).complete());
                }
            }
            _ => {}
        }
    }
    match cases.cases.len() {
        found if found == all => Ok(cases),
        found => Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("{found} cases of {all}"))),
    }
}

impl Partial {
    fn complete(self) -> Option<Case> {
        let (call, name) = self.name.split_once('/')?;
        let [libc, bsock] = self.sides;
        let timing = Timing::of(&self.times[0], &self.times[1]);
        let (call, name) = (call.to_owned(), name.to_owned());
        Some(Case { call, name, arguments: self.arguments, libc: libc?, bsock: bsock?, timing })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "clock 17\nrows 1\nrow listen/a_file ENOTSOCK\nlibc case listen/a_file: ENOTSOCK open=2\n\
                           bsock case listen/a_file: ENOTSOCK open=2\narguments listen di 3 8\ntimes libc 100 120 110\n\
                           times bsock 121 99 101\n";

    #[test]
    fn a_case_is_what_its_lines_say() {
        let mut told = Vec::new();
        let cases = read(PRINTED.as_bytes(), &mut |done, all, name| told.push((done, all, name.to_owned())));
        let cases = cases.expect("complete");
        let [case] = &cases.cases[..] else { panic!("one case") };
        assert_eq!(
            (case.call.as_str(), case.name.as_str(), case.arguments.as_str()),
            ("listen", "a_file", "listen(3, 8)")
        );
        assert_eq!((case.libc.answer.errno(), case.bsock.answer.code()), (Some("ENOTSOCK"), Some(-88)));
        assert_eq!(case.timing.map(|timing| (timing.libc, timing.bsock)), Some((110.0, 101.0)));
        assert_eq!((cases.clock, told), (17, vec![(0, 1, "listen/a_file".into())]));
    }

    #[test]
    fn a_runner_that_ends_early_is_an_error() {
        let half = PRINTED.split_at(PRINTED.len() / 2).0;
        assert!(read(half.as_bytes(), &mut |_, _, _| {}).is_err());
    }
}
