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

use bsock_analysis::address::{Address, Printable};
use bsock_analysis::model::Model;
use bsock_analysis::site::{Location, Site};
use bsock_analysis::{Analysis, rules};
use bsock_recording::clock::Scale;
use bsock_recording::event::{Call, Event, Memory, Outcome, UNREAD, What};
use bsock_recording::function::Function;

use crate::arguments::Source;
use crate::locate::Locator;
use crate::observe::{Observed, observe};
use crate::say;
use crate::session::Failure;
use crate::words;

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
    locate: &'a Locator,
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
            model.process(event.thread).and_then(|process| self.locate.innermost(&Site::of(process.program(), call)));
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
            _ => write!(f, "; {hidden} reads, writes and closes of other descriptors not shown (--all shows them)"),
        }
    }
}

/// Files and pipes are read, written and closed by the same calls.
fn is_on_a_socket(model: &Model, call: &Call) -> bool {
    !matches!(call.function, Function::Read | Function::Write | Function::Close) || model.touched_a_socket()
}

/// A call with its decoded arguments and its result.
struct Shown<'a>(&'a Call);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = self.0;
        write!(f, "{}(", call.function.name())?;
        arguments(call, f)?;
        match call.outcome {
            Outcome::Returned(result) => write!(f, ") = {result}")?,
            Outcome::Failed(errno) => {
                let (name, text) = words::errno(errno);
                write!(f, ") = -1 {name} ({text})")?;
            }
            Outcome::Unfinished => write!(f, ") = ?")?,
        }
        f.write_str(if call.injected { " (injected)" } else { "" })?;
        f.write_str(if call.vfork_child { " (vfork child)" } else { "" })
    }
}

fn arguments(call: &Call, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Call { fd, args, .. } = call;
    let [first, second, third] = args.map(|word| word as i32);
    match call.function {
        Function::Socket => {
            write!(f, "{}, {}, {}", words::family(first), words::kind(second), words::protocol(third))
        }
        Function::Bind | Function::Connect => {
            write!(f, "{fd}, {}, {}", Pointed(args[0], call.address.as_ref()), args[1])
        }
        Function::Listen => write!(f, "{fd}, {first}"),
        Function::Accept | Function::Accept4 => accept_arguments(call, f),
        Function::Send | Function::Recv => write!(f, "{fd}, {} bytes, {}", args[1], words::message_flags(third)),
        Function::Write | Function::Read => write!(f, "{fd}, {} bytes", args[1]),
        Function::Shutdown => write!(f, "{fd}, {}", words::direction(first)),
        Function::Close => write!(f, "{fd}"),
        Function::Fork => Ok(()),
        Function::Execve => {
            let path = call.path.as_ref().map_or(&[][..], |path| &path.bytes);
            write!(f, "\"{}\"", Printable(path))
        }
        Function::Exit | Function::UnderscoreExit => write!(f, "{first}"),
    }
}

/// The address that the kernel gave, and the room it had: `[16]`, or `[16->28]` where it needed more.
fn accept_arguments(call: &Call, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{}, {}", call.fd, Pointed(call.args[0], call.address_result.as_ref()))?;
    let room = call.args[1];
    match &call.address_result {
        Some(address) if u64::from(address.claimed) == room => write!(f, ", [{room}]")?,
        Some(address) => write!(f, ", [{room}->{}]", address.claimed)?,
        None if room == UNREAD => write!(f, ", -")?,
        None => write!(f, ", [{room}]")?,
    }
    if call.function == Function::Accept4 {
        write!(f, ", {}", words::kind(call.args[2] as i32).to_string().trim_start_matches("0|"))?;
    }
    Ok(())
}

/// What a pointer points to, as far as that is known.
struct Pointed<'a>(u64, Option<&'a Memory>);

impl Display for Pointed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0, self.1.and_then(Address::from_memory)) {
            (_, Some(address)) => write!(f, "{address}"),
            (0, None) => f.write_str("NULL"),
            (pointer, None) => write!(f, "{pointer:#x}"),
        }
    }
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

    fn call(function: Function, fd: i32, args: [u64; 3], outcome: Outcome) -> Call {
        Call {
            function,
            fd,
            args,
            outcome,
            caller: 0,
            vfork_child: false,
            injected: false,
            address: None,
            address_result: None,
            stack: Vec::new(),
            path: None,
        }
    }

    fn memory(claimed: u32) -> Memory {
        Memory { claimed, bytes: vec![2, 0, 0x23, 0x1d, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0] }
    }

    #[test]
    fn calls_read_as_they_were_written() {
        let shown = |call: &Call| Shown(call).to_string();
        let socket = call(Function::Socket, -1, [2, 1, 0], Outcome::Returned(3));
        assert_eq!(shown(&socket), "socket(AF_INET, SOCK_STREAM, 0) = 3");
        let mut bind = call(Function::Bind, 3, [0x7000, 16, 0], Outcome::Failed(libc::EADDRINUSE));
        assert!(shown(&bind).starts_with("bind(3, 0x7000, 16) = -1 EADDRINUSE ("));
        bind.address = Some(memory(16));
        assert!(shown(&bind).starts_with("bind(3, 127.0.0.1:8989, 16) = -1 EADDRINUSE ("));
        let mut accept = call(Function::Accept, 3, [0x7000, 4, 0], Outcome::Returned(4));
        accept.address_result = Some(memory(16));
        assert_eq!(shown(&accept), "accept(3, 127.0.0.1:8989, [4->16]) = 4");
        assert_eq!(shown(&call(Function::Accept, 3, [0, UNREAD, 0], Outcome::Returned(4))), "accept(3, NULL, -) = 4");
        let send = call(Function::Send, 4, [0x7000, 12, 0x4000], Outcome::Returned(12));
        assert_eq!(shown(&send), "send(4, 12 bytes, MSG_NOSIGNAL) = 12");
        let exit = call(Function::Exit, -1, [7, 0, 0], Outcome::Unfinished);
        assert_eq!(shown(&exit), "exit(7) = ?");
    }

    #[test]
    fn every_function_can_be_shown() {
        for function in Function::ALL {
            let text = Shown(&call(*function, 3, [u64::MAX; 3], Outcome::Unfinished)).to_string();
            assert!(text.starts_with(function.name()) && text.ends_with(") = ?"), "{text}");
        }
    }

    #[test]
    fn times_have_the_unit_that_they_are_read_in() {
        let took = |ns| Took(Outcome::Returned(0), ns).to_string();
        assert_eq!([took(812), took(81_200), took(81_200_000)], [" <812 ns>", " <81 us>", " <81 ms>"]);
        assert_eq!(Took(Outcome::Unfinished, 5).to_string(), "");
    }
}
