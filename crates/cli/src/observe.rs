//! What every verb that shows something has in common: a program run now, or recordings made earlier, as events.

use std::io;
use std::process::ExitStatus;

use bsock_recording::clock::Scale;
use bsock_recording::event::Event;
use bsock_recording::shared::Size;

use crate::arguments::Source;
use crate::programs::{Course, Plan};
use crate::session::{Failure, Session};
use crate::stream::Stream;

/// What is known at the end.
pub(crate) struct Observed {
    /// How the program ended, if one was run.
    pub(crate) status: Option<ExitStatus>,
    /// How it went, beside that.
    pub(crate) course: Course,
    /// What could not be seen or read, one sentence each.
    pub(crate) blind_spots: Vec<String>,
    /// Calls that no event tells of.
    pub(crate) lost: u64,
    /// Converts the events' ticks.
    pub(crate) scale: Scale,
}

/// Passes every event of `source` on, in the order in which the calls ended.
pub(crate) fn observe(
    source: &Source,
    each: &mut dyn FnMut(&Event, Scale) -> io::Result<()>,
) -> Result<Observed, Failure> {
    if source.command.is_empty() { recorded(source, each) } else { live(source, each) }
}

fn recorded(source: &Source, each: &mut dyn FnMut(&Event, Scale) -> io::Result<()>) -> Result<Observed, Failure> {
    let mut stream = Stream::from_files(&source.recordings).map_err(Failure::Own)?;
    pass_on(&mut stream, each).map_err(|error| Failure::Own(format!("cannot write: {error}")))?;
    Ok(observed(&stream, None, Vec::new()))
}

fn live(source: &Source, each: &mut dyn FnMut(&Event, Scale) -> io::Result<()>) -> Result<Observed, Failure> {
    observe_programs(&Plan::alone(&source.command), each)
}

/// As [`observe`], of programs that are run now.
pub(crate) fn observe_programs(
    plan: &Plan,
    each: &mut dyn FnMut(&Event, Scale) -> io::Result<()>,
) -> Result<Observed, Failure> {
    let session = Session::start_all(plan, Size::default())?;
    let mut stream = Stream::new(session.beginning());
    let ended = session.finish(&mut |item| {
        stream.item(item);
        pass_on(&mut stream, each)
    })?;
    Ok(Observed { course: ended.course, ..observed(&stream, Some(ended.status), ended.blind_spots) })
}

fn pass_on(stream: &mut Stream, each: &mut dyn FnMut(&Event, Scale) -> io::Result<()>) -> io::Result<()> {
    while let Some(event) = stream.pop() {
        each(&event, stream.scale())?;
    }
    Ok(())
}

fn observed(stream: &Stream, status: Option<ExitStatus>, mut blind_spots: Vec<String>) -> Observed {
    blind_spots.extend(stream.blind_spots());
    blind_spots.extend(stream.damage().iter().map(|damage| format!("{damage}; what came before it is shown")));
    Observed { status, course: Course::default(), blind_spots, lost: stream.lost(), scale: stream.scale() }
}
