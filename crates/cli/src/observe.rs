//! What every verb that shows something has in common: a program run now, or recordings made earlier, as events.

use std::fs::File;
use std::io;
use std::process::ExitStatus;

use bsock_recording::clock::Scale;
use bsock_recording::event::Event;
use bsock_recording::file::Recorder;
use bsock_recording::shared::Size;

use crate::arguments::Source;
use crate::programs::{Course, Plan};
use crate::run::begin;
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
    observe_programs(&Plan::alone(&source.command), None, each)
}

/// As [`observe`], of programs that are run now; their recording is kept in `file`, if there is one.
pub(crate) fn observe_programs(
    plan: &Plan,
    file: Option<File>,
    each: &mut dyn FnMut(&Event, Scale) -> io::Result<()>,
) -> Result<Observed, Failure> {
    let unkept = |error| Failure::Own(format!("cannot keep the recording: {error}"));
    let session = Session::start_all(plan, Size::default())?;
    let mut kept = file.map(|file| begin(file, &session.header())).transpose();
    let mut stream = Stream::new(session.beginning());
    let ended = session.finish(&mut |item| {
        // Once it cannot be written, the rest of it is given up; the program is not.
        if let Ok(Some(recorder)) = &mut kept
            && let Err(error) = recorder.item(item)
        {
            kept = Err(error);
        }
        stream.item(item);
        pass_on(&mut stream, each)
    })?;
    kept.and_then(|recorder| recorder.map_or(Ok(()), Recorder::finish)).map_err(unkept)?;
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
