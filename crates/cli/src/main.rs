//! The command `bsock`: reads what was typed, does it, and ends as it must. The verbs are in files of their own.

mod arguments;
mod blind_spots;
mod call_names;
mod call_text;
mod check;
mod elf;
mod explain;
mod locate;
mod observe;
mod queue;
mod report;
mod run;
mod say;
mod session;
mod stream;
mod sys;
mod terminal;
mod trace;
mod words;

use std::io::ErrorKind;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitCode, ExitStatus};

use arguments::{Arguments, Verb};
use bsock_recording::shared::Size;
use clap::Parser;
use say::say;
use session::Failure;
use terminal::Terminal;

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
            let ended = run::run(&command, record.as_deref(), size);
            as_the_program(ended.map(|ended| (Some(ended.status), ended.blind_spots)))
        }
        Verb::Trace { output, all, source } => {
            let observed = trace::trace(&source, output.as_deref(), all);
            as_the_program(observed.map(|observed| (observed.status, observed.blind_spots)))
        }
        Verb::Check { format, output, source } => match check::check(&source, format, output.as_deref()) {
            Ok(found) => ExitCode::from(u8::from(found)),
            Err(failure) => {
                say(failure.message());
                ExitCode::from(CHECK_FAILURE)
            }
        },
        Verb::Explain { rule } => explained(rule.as_deref()),
    }
}

fn explained(rule: Option<&str>) -> ExitCode {
    let stdout = std::io::stdout();
    match explain::explain(rule, Terminal::of(&stdout), &mut stdout.lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(explain::Failure::Output(error)) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(explain::Failure::Output(error)) => {
            say(format_args!("cannot write: {error}"));
            ExitCode::from(CHECK_FAILURE)
        }
        Err(explain::Failure::Unknown(message)) => {
            say(message);
            ExitCode::from(CHECK_FAILURE)
        }
    }
}

/// Prints help and version as such, a mistake as one; `run` and `trace` keep the statuses below 125 for the program.
fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    let verb = std::env::args().nth(1).unwrap_or_default();
    match error.use_stderr() {
        false => ExitCode::SUCCESS,
        true if matches!(verb.as_str(), "run" | "trace") => ExitCode::from(session::OWN_FAILURE),
        true => ExitCode::from(CHECK_FAILURE),
    }
}

/// Ends as the program ended, if one was run.
fn as_the_program(result: Result<(Option<ExitStatus>, Vec<String>), Failure>) -> ExitCode {
    match result {
        Ok((status, blind_spots)) => {
            blind_spots.iter().for_each(say);
            status.map_or(ExitCode::SUCCESS, same_status)
        }
        Err(failure) => {
            say(failure.message());
            ExitCode::from(failure.status())
        }
    }
}

fn same_status(status: ExitStatus) -> ExitCode {
    if let Some(signal) = status.signal() {
        sys::die_by(signal);
        return ExitCode::from(128_u8.wrapping_add(signal as u8));
    }
    ExitCode::from(status.code().unwrap_or(0) as u8)
}
