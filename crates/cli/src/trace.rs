//! `bsock trace`: one line a call, in strace's voice, with what strace does not know: the descriptor's connection and the
//! caller's line.
//!
//! ```text
//!      0.000412 4711 recv(5, 100 bytes, 0) = 6 <81 us> [5 127.0.0.1:41234->127.0.0.1:8989] client.c:31
//! ```
//!
//! [`filter`] chooses the calls; [`json`] writes the same for scripts.
//!
//! Into a file the lines go as the calls return; to standard error, which the program may be writing to, when it has ended
//! ([`out`]).

mod filter;
mod json;
mod out;

use std::fmt::{self, Display, Write as _};
use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;

use bsock_analysis::address::Printable;
use bsock_analysis::message::Language;
use bsock_analysis::model::{Connection, Endpoint, Model, works_on_files};
use bsock_analysis::site::{Location, NoSource, Site};
use bsock_analysis::{Analysis, rules};
use bsock_recording::clock::Scale;
use bsock_recording::event::{Call, Event, Outcome, What};
use bsock_recording::function::Function;

use crate::arguments::{Source, TraceFormat};
use crate::call_text::Shown;
use crate::holder::Holders;
use crate::locate::Locator;
use crate::observe::{Observed, Observer, observe};
use crate::processes::Processes;
use crate::quantity;
use crate::say;
use crate::session::Failure;
use crate::words;

pub(crate) use self::filter::Filter;
use self::out::Out;

/// How to trace.
pub(crate) struct Options<'a> {
    /// Into this file; otherwise to standard error when the program has ended.
    pub(crate) output: Option<&'a Path>,
    /// In which form.
    pub(crate) format: TraceFormat,
    /// Calls on files and pipes as well.
    pub(crate) all: bool,
    /// Which calls.
    pub(crate) filter: &'a Filter,
}

/// Traces `source`.
pub(crate) fn trace(source: &Source, options: &Options<'_>) -> Result<Observed, Failure> {
    let failed = |error: io::Error| Failure::Own(format!("cannot write the trace: {error}"));
    let file = options.output.map(|path| say::report_file(path, &source.recordings)).transpose()?;
    let locator = Locator::default();
    let mut trace = Trace {
        out: Out::new(file, !source.command.is_empty()),
        locate: &locator,
        options,
        // The model alone: no rule is asked.
        analysis: Analysis::new(&rules::ALL[..0]),
        holders: Holders::new(!source.command.is_empty()),
        counts: Counts::default(),
    };
    let observed = match observe(source, 0, &mut trace) {
        Ok(observed) => observed,
        Err(failure) => {
            // What was seen before it is shown.
            let _ = trace.out.finish();
            return Err(failure);
        }
    };
    let seen = trace.analysis.model().summary();
    let lost = trace.counts.lost + observed.lost;
    let counts = Counts { lost, sent: seen.sent, received: seen.received, ..trace.counts };
    let mut out = trace.out;
    let last = match options.format {
        TraceFormat::Json => json::end(&mut out, &counts, &observed.blind_spots),
        TraceFormat::Text => Ok(()),
    };
    say::unless_closed(last.and_then(|()| out.finish())).map_err(failed)?;
    say::say(counts);
    Ok(observed)
}

/// Writes the lines of a recording.
struct Trace<'a> {
    out: Out,
    locate: &'a Locator,
    options: &'a Options<'a>,
    analysis: Analysis,
    holders: Holders,
    counts: Counts,
}

/// What was shown, for the last line.
#[derive(Debug, Default)]
struct Counts {
    shown: u64,
    /// On files and pipes.
    on_others: u64,
    /// Not asked for.
    left_out: u64,
    lost: u64,
    processes: Processes,
    sent: u64,
    received: u64,
}

impl Observer for Trace<'_> {
    fn event(&mut self, event: &Event, scale: Scale) -> io::Result<()> {
        // Of which process calls are missing nobody knows: that they are, the last line tells.
        if let What::Gap { .. } = event.what {
            return Ok(());
        }
        self.analysis.event(event);
        say::unless_closed(self.show(event, &scale))
    }

    /// Somebody may be watching the file.
    fn settled(&mut self) -> io::Result<()> {
        say::unless_closed(self.out.settled())
    }
}

impl Trace<'_> {
    /// Shows an event; the model is in the state after it.
    fn show(&mut self, event: &Event, scale: &Scale) -> io::Result<()> {
        match event.what {
            What::ProcessEnd(_) => self.counts.processes.end(event.thread.process),
            _ => self.counts.processes.see(event.thread.process),
        }
        let json = self.options.format == TraceFormat::Json;
        match &event.what {
            What::Call(call) => match self.why_not(event, call) {
                None => self.call(event, call, scale),
                Some(count) => {
                    *count += 1;
                    Ok(())
                }
            },
            // How many there were is told when the thread goes on.
            What::Lost(0) => Ok(()),
            What::Lost(calls) => {
                self.counts.lost += calls;
                match json {
                    true => json::lost(&mut self.out, event, *calls, scale),
                    false => {
                        let thread = event.thread.thread;
                        let text = format_args!("... {} of thread {thread} not recorded ...", quantity::calls(*calls));
                        line(&mut self.out, event, scale, text)
                    }
                }
            }
            What::ProcessStart(start) if json => json::start(&mut self.out, event, start, scale),
            What::ProcessStart(start) if !start.forked => {
                let arguments = start.arguments.join(&b' ');
                line(&mut self.out, event, scale, format_args!("--- {} ---", Printable(&arguments)))
            }
            What::ProcessEnd(status) if self.is_news(event, *status) => match json {
                true => json::exit(&mut self.out, event, *status, scale),
                false => line(&mut self.out, event, scale, format_args!("+++ {} +++", Ended(*status))),
            },
            _ => Ok(()),
        }
    }

    /// That a process ended which has said so itself is known already, unless something else came in between.
    fn is_news(&self, event: &Event, status: Option<i32>) -> bool {
        let process = self.analysis.model().process(event.thread);
        process.is_some_and(|process| !process.has_said_that_it_ends())
            || status.is_some_and(|it| killed_by(it).is_some())
    }

    /// The count of those that are not shown for the same reason; none if this one is shown.
    fn why_not(&mut self, event: &Event, call: &Call) -> Option<&mut u64> {
        let model = self.analysis.model();
        if !self.options.filter.shows(model, event, call) {
            Some(&mut self.counts.left_out)
        } else if !self.options.all && !is_on_a_socket(model, call) {
            Some(&mut self.counts.on_others)
        } else {
            None
        }
    }

    fn call(&mut self, event: &Event, call: &Call, scale: &Scale) -> io::Result<()> {
        self.counts.shown += 1;
        let model = self.analysis.model();
        let process = model.process(event.thread);
        let place = process.and_then(|process| self.locate.innermost(&Site::of(process.program(), call)));
        if self.options.format == TraceFormat::Json {
            return json::call(&mut self.out, model, event, call, scale, place);
        }
        let duration = scale.duration(event.end.saturating_sub(event.begin));
        let on = On(call.fd, model.subject());
        let cause = self.holders.look(model, event).map(|failed| failed.cause(Language::English));
        let cause = cause.map_or_else(String::new, |cause| format!(" /* {cause} */"));
        let text = format_args!("{}{}{on}{}{cause}", Shown(call), Took(call.outcome, duration), At(place));
        line(&mut self.out, event, scale, text)
    }
}

/// Most lines are shorter, and need no more memory while they are written.
const LINE: usize = 240;

/// A line: when it began, who, what.
fn line(out: &mut dyn Write, event: &Event, scale: &Scale, text: fmt::Arguments<'_>) -> io::Result<()> {
    let seconds = scale.since_start(event.begin) as f64 / 1e9;
    // A line has some twenty pieces, of which each would have to find its way to the file's buffer.
    let mut line = String::with_capacity(LINE);
    let _ = writeln!(line, "{seconds:>13.6} {} {text}", event.thread.process);
    out.write_all(line.as_bytes())
}

impl Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { shown, on_others, left_out, lost, processes, sent, received } = self;
        write!(f, "{} of {}, {lost} lost", quantity::calls(*shown), quantity::processes(processes.count()))?;
        if sent + received > 0 {
            write!(f, "; {sent} bytes sent, {received} received")?;
        }
        if *on_others > 0 {
            write!(f, "; {} on other descriptors not shown (--all shows them)", quantity::calls(*on_others))?;
        }
        match left_out {
            0 => Ok(()),
            _ => write!(f, "; {} left out by the filters", quantity::calls(*left_out)),
        }
    }
}

/// The connection of the descriptor, where it has one: ` [5 127.0.0.1:41234->127.0.0.1:8989]`.
struct On<'a>(i32, Option<&'a Endpoint>);

impl Display for On<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1.map(|endpoint| Connection(endpoint).to_string()) {
            Some(connection) if self.0 >= 0 && !connection.is_empty() => write!(f, " [{} {connection}]", self.0),
            _ => Ok(()),
        }
    }
}

/// Files and pipes are read, written, copied and closed by the same calls.
fn is_on_a_socket(model: &Model, call: &Call) -> bool {
    use Function::{Close, CloseRange, Closefrom, Dup, Dup2, Dup3, Fclose, Fcntl, Fdopen, Freopen, Pclose};
    let is_about_descriptors = matches!(
        call.function,
        Close | CloseRange | Closefrom | Dup | Dup2 | Dup3 | Fclose | Fcntl | Fdopen | Freopen | Pclose
    );
    !(is_about_descriptors || works_on_files(call.function)) || model.touched_a_socket()
}

/// How a process ended.
struct Ended(Option<i32>);

impl Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.map(|status| (killed_by(status), ExitStatus::from_raw(status))) {
            None => f.write_str("ended"),
            Some((Some(signal), status)) => {
                let core = if status.core_dumped() { " (core dumped)" } else { "" };
                write!(f, "killed by {signal}{core}")
            }
            Some((None, status)) => write!(f, "exited with {}", status.code().unwrap_or_default()),
        }
    }
}

/// The name of the signal that ended a process with this wait status.
fn killed_by(status: i32) -> Option<String> {
    ExitStatus::from_raw(status).signal().map(words::signal)
}

/// How long a call took; nothing where that means nothing.
struct Took(Outcome, u64);

impl Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0, self.1) {
            (Outcome::Unfinished, _) => Ok(()),
            (_, ns @ 0..10_000) => write!(f, " <{ns} ns>"),
            (_, ns @ 10_000..10_000_000) => write!(f, " <{} us>", ns / 1000),
            (_, ns) => write!(f, " <{} ms>", ns / 1_000_000),
        }
    }
}

/// Where the call stands in the source; failing that, in which function or file.
struct At(Option<Location>);

impl Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(location) = &self.0 else { return Ok(()) };
        if let Ok(source) = &location.source {
            let name = source.file.rsplit('/').next().unwrap_or(&source.file);
            return write!(f, " {}:{}", Printable(name.as_bytes()), source.line);
        }
        if location.source == Err(NoSource::Python) {
            return write!(f, " {}", NoSource::Python.message());
        }
        match &location.function {
            Some(function) => write!(f, " {}()", Printable(function.as_bytes())),
            None => write!(f, " {}+{:#x}", Printable(location.module.as_bytes()), location.offset),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_told_as_strace_tells_them() {
        let told = [None, Some(13), Some(13 | 0x80), Some(3 << 8), Some(0)].map(|status| Ended(status).to_string());
        assert_eq!(
            told,
            ["ended", "killed by SIGPIPE", "killed by SIGPIPE (core dumped)", "exited with 3", "exited with 0"]
        );
    }

    #[test]
    fn the_end_tells_what_all_would_show_from_what_the_filters_left_out() {
        let counts = Counts { shown: 2, on_others: 1, left_out: 30, ..Counts::default() };
        let told = "2 calls of 0 processes, 0 lost; 1 call on other descriptors not shown (--all shows them); \
                    30 calls left out by the filters";
        assert_eq!(counts.to_string(), told);
        assert_eq!(Counts::default().to_string(), "0 calls of 0 processes, 0 lost");
    }

    #[test]
    fn times_have_the_unit_that_they_are_read_in() {
        let took = |ns| Took(Outcome::Returned(0), ns).to_string();
        assert_eq!([took(812), took(81_200), took(81_200_000)], [" <812 ns>", " <81 us>", " <81 ms>"]);
        assert_eq!(Took(Outcome::Unfinished, 5).to_string(), "");
    }
}
