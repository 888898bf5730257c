//! The command `bsock`: reads what was typed, does it, and ends as it must. The verbs are in files of their own.

mod arguments;
mod beside;
mod blind_spots;
mod call_names;
mod call_text;
mod check;
mod compare;
#[cfg(test)]
mod completions;
mod elf;
mod explain;
mod holder;
mod language;
mod locate;
mod observe;
mod place;
mod preload;
mod processes;
mod programs;
mod quantity;
mod queue;
mod quiet;
mod recordings;
mod report;
mod run;
mod say;
mod session;
mod stream;
mod sys;
mod terminal;
mod trace;
mod tree;
mod words;

use std::io::ErrorKind;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitCode, ExitStatus};

use arguments::{Arguments, Verb};
use blind_spots::BlindSpot;
use bsock_analysis::message::Language;
use clap::Parser;
use language::Choice;
use say::say;
use session::{End, Failure};
use terminal::Terminal;

/// Exit status of `check`, `compare` and `explain` when bsock itself fails.
const CHECK_FAILURE: u8 = 2;

fn main() -> ExitCode {
    sys::keep_no_large_memory();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    match arguments.verb {
        Verb::Run { record, running, command } => {
            let ended = run::run(&command, record.as_deref(), running);
            as_the_program(ended.map(|ended| (Some(ended.end), ended.blind_spots)))
        }
        Verb::Trace { format, output, all, filter, source } => {
            let options = trace::Options { output: output.as_deref(), format, all, filter: &filter };
            let observed = trace::trace(&source, &options);
            as_the_program(observed.map(|observed| (observed.end, observed.blind_spots)))
        }
        Verb::Check(options) => ended(check::check(&options).map(|verdict| verdict as u8)),
        Verb::Compare(options) => ended(compare::compare(&options).map(u8::from)),
        Verb::Explain { rule, lang } => explained(rule.as_deref(), Choice::or_of_environment(lang)),
    }
}

/// With this status, or as bsock's own failure.
fn ended(result: Result<u8, Failure>) -> ExitCode {
    match result {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            say(failure.message(Language::English));
            ExitCode::from(CHECK_FAILURE)
        }
    }
}

fn explained(rule: Option<&str>, language: Language) -> ExitCode {
    let stdout = std::io::stdout();
    match explain::explain(rule, language, Terminal::of(&stdout), &mut stdout.lock()) {
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
    if error.kind() == clap::error::ErrorKind::ArgumentConflict && std::env::args().any(|word| word == "--with") {
        say("a server that has arguments is one word, in quotes: --with './server 8989'");
    }
    let verb = std::env::args().nth(1).unwrap_or_default();
    match error.use_stderr() {
        false => ExitCode::SUCCESS,
        true if matches!(verb.as_str(), "run" | "trace") => ExitCode::from(session::OWN_FAILURE),
        true => ExitCode::from(CHECK_FAILURE),
    }
}

/// Ends as the program ended, if one was run.
fn as_the_program(result: Result<(Option<End>, Vec<BlindSpot>), Failure>) -> ExitCode {
    match result {
        Ok((end, blind_spots)) => {
            blind_spots.iter().for_each(say);
            match end {
                None => ExitCode::SUCCESS,
                Some(End { timed_out: true, .. }) => {
                    say("the program was ended since its time was over (--timeout)");
                    ExitCode::from(session::TIMED_OUT)
                }
                Some(End { status, .. }) => same_status(status),
            }
        }
        Err(failure) => {
            say(failure.message(Language::English));
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
