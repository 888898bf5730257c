//! `bsock trace`: one line a call, in strace's voice, with what strace does not know: the caller's line.
//!
//! ```text
//!      0.000412 4711 bind(3, 127.0.0.1:8989, 16) = 0 <4 us> server.c:31
//! ```
//!
//! Into a file the lines go as the calls return; to standard error, which the program may be writing to, when it has ended.

use std::collections::BTreeSet;
use std::fmt::{self, Display};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use bsock_analysis::address::Printable;
use bsock_analysis::model::{Model, works_on_files};
use bsock_analysis::site::{Locate, Location, Site};
use bsock_analysis::{Analysis, rules};
use bsock_recording::clock::Scale;
use bsock_recording::event::{Call, Event, Outcome, What};
use bsock_recording::function::Function;

use crate::arguments::Source;
use crate::call_text::Shown;
use crate::locate::Locator;
use crate::observe::{Observed, observe};
use crate::say;
use crate::session::Failure;

/// Traces `source`, into `output` or to standard error. `all`: calls on files and pipes as well.
pub(crate) fn trace(source: &Source, output: Option<&Path>, all: bool) -> Result<Observed, Failure> {
    let failed = |error: io::Error| Failure::Own(format!("cannot write the trace: {error}"));
    let mut file = output.map(say::report_file).transpose()?.map(BufWriter::new);
    let mut kept = Vec::new();
    let out: &mut dyn Write = match &mut file {
        Some(file) => file,
        None => &mut kept,
    };
    let locator = Locator::default();
    let mut trace = Trace { out, locate: &locator, all, counts: Counts::default() };
    // The model alone: no rule is asked.
    let mut analysis = Analysis::new(&rules::ALL[..0]);
    let observed = observe(source, &mut |event, scale| {
        analysis.event(event);
        say::unless_closed(trace.event(analysis.model(), event, &scale))
    })?;
    let counts = Counts { lost: trace.counts.lost + observed.lost, ..trace.counts };
    let written = match file {
        Some(mut file) => file.flush(),
        None => io::stderr().lock().write_all(&kept),
    };
    say::unless_closed(written).map_err(failed)?;
    say::say(counts);
    Ok(observed)
}

/// Writes the lines of a recording.
struct Trace<'a> {
    out: &'a mut dyn Write,
    locate: &'a dyn Locate,
    all: bool,
    counts: Counts,
}

/// What was shown, for the last line.
#[derive(Debug, Default)]
struct Counts {
    shown: u64,
    hidden: u64,
    lost: u64,
    processes: BTreeSet<u32>,
}

impl Trace<'_> {
    /// Shows an event; `model` is the state after it.
    fn event(&mut self, model: &Model, event: &Event, scale: &Scale) -> io::Result<()> {
        self.counts.processes.insert(event.thread.process);
        match &event.what {
            What::Call(call) if self.all || is_on_a_socket(model, call) => self.call(model, event, call, scale),
            What::Call(_) => {
                self.counts.hidden += 1;
                Ok(())
            }
            What::Lost(calls) => {
                self.counts.lost += calls;
                self.line(
                    event,
                    scale,
                    format_args!("... {calls} calls of thread {} were not recorded ...", event.thread.thread),
                )
            }
            What::ProcessStart(start) if !start.forked => {
                let arguments = start.arguments.join(&b' ');
                self.line(event, scale, format_args!("--- {} ---", Printable(&arguments)))
            }
            _ => Ok(()),
        }
    }

    fn call(&mut self, model: &Model, event: &Event, call: &Call, scale: &Scale) -> io::Result<()> {
        self.counts.shown += 1;
        let place =
            model.process(event.thread).and_then(|process| self.locate.locate(&Site::of(process.program(), call)));
        let duration = scale.duration(event.end.saturating_sub(event.begin));
        self.line(event, scale, format_args!("{}{}{}", Shown(call), Took(call.outcome, duration), At(place)))
    }

    fn line(&mut self, event: &Event, scale: &Scale, text: fmt::Arguments<'_>) -> io::Result<()> {
        let seconds = scale.since_start(event.begin) as f64 / 1e9;
        writeln!(self.out, "{seconds:>13.6} {} {text}", event.thread.process)
    }
}

impl Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { shown, hidden, lost, processes } = self;
        write!(f, "{shown} calls of {} processes, {lost} lost", processes.len())?;
        match hidden {
            0 => Ok(()),
            _ => write!(f, "; {hidden} calls on other descriptors not shown (--all shows them)"),
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
    fn times_have_the_unit_that_they_are_read_in() {
        let took = |ns| Took(Outcome::Returned(0), ns).to_string();
        assert_eq!([took(812), took(81_200), took(81_200_000)], [" <812 ns>", " <81 us>", " <81 ms>"]);
        assert_eq!(Took(Outcome::Unfinished, 5).to_string(), "");
    }
}
