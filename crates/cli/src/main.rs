//! The command `bsock`: reads what was typed, does it, and ends as it must. The verbs are in files of their own.

mod arguments;
mod elf;
mod run;
mod session;
mod stream;
mod sys;

use std::os::unix::process::ExitStatusExt;
use std::process::{ExitCode, ExitStatus};

use arguments::{Arguments, Verb};
use bsock_recording::shared::Size;
use clap::Parser;
use session::{Ended, Failure};

/// Exit status of `run` and `trace` when bsock itself fails.
const OWN_FAILURE: u8 = 125;
/// Exit status of `check` and `explain` when bsock itself fails.
const CHECK_FAILURE: u8 = 2;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    match arguments.verb {
        Verb::Run { record, ring_kib, command } => {
            let size = Size::with_ring_bytes(ring_kib as usize * 1024);
            as_the_program(run::run(&command, record.as_deref(), size))
        }
        _ => ExitCode::from(CHECK_FAILURE),
    }
}

/// Prints help and version as such, a mistake as one; `run` and `trace` keep the statuses below 125 for the program.
fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    let verb = std::env::args().nth(1).unwrap_or_default();
    match error.use_stderr() {
        false => ExitCode::SUCCESS,
        true if matches!(verb.as_str(), "run" | "trace") => ExitCode::from(OWN_FAILURE),
        true => ExitCode::from(CHECK_FAILURE),
    }
}

/// Ends as the program ended.
fn as_the_program(result: Result<Ended, Failure>) -> ExitCode {
    match result {
        Ok(ended) => {
            ended.blind_spots.iter().for_each(|spot| eprintln!("bsock: {spot}"));
            same_status(ended.status)
        }
        Err(failure) => failed(&failure),
    }
}

fn same_status(status: ExitStatus) -> ExitCode {
    if let Some(signal) = status.signal() {
        sys::die_by(signal);
        return ExitCode::from(128_u8.wrapping_add(signal as u8));
    }
    ExitCode::from(status.code().unwrap_or(0) as u8)
}

fn failed(failure: &Failure) -> ExitCode {
    let (status, message) = match failure {
        Failure::NotFound(message) => (127, message),
        Failure::NotExecutable(message) => (126, message),
        Failure::Own(message) => (OWN_FAILURE, message),
    };
    eprintln!("bsock: {message}");
    ExitCode::from(status)
}
