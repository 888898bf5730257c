//! What every verb that shows something has in common: a program run now, or recordings made earlier, as events.

use std::fs::File;
use std::io;

use bsock_recording::clock::Scale;
use bsock_recording::drain::Item;
use bsock_recording::event::Event;
use bsock_recording::file::Recorder;

use crate::arguments::{Running, Source};
use crate::blind_spots::BlindSpot;
use crate::programs::{Course, Plan};
use crate::recordings::Recordings;
use crate::run::begin;
use crate::session::{End, Failure, Session};
use crate::stream::Stream;

/// What is known at the end.
pub(crate) struct Observed {
    /// How the program ended, if one was run.
    pub(crate) end: Option<End>,
    /// How it went, beside that.
    pub(crate) course: Course,
    /// What could not be seen or read.
    pub(crate) blind_spots: Vec<BlindSpot>,
    /// Calls that no event tells of.
    pub(crate) lost: u64,
    /// Whom the command waited for, with the wait status.
    pub(crate) ended: Vec<(u32, i32)>,
    /// Converts the events' ticks.
    pub(crate) scale: Scale,
}

/// Who looks at events.
pub(crate) trait Observer {
    /// The next one, in the order in which the calls ended.
    fn event(&mut self, event: &Event, scale: Scale) -> io::Result<()>;

    /// No more for the moment.
    fn settled(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<F: FnMut(&Event, Scale) -> io::Result<()>> Observer for F {
    fn event(&mut self, event: &Event, scale: Scale) -> io::Result<()> {
        self(event, scale)
    }
}

/// Passes every event of `source` on. `payload`: how many of the bytes that a call moves are recorded if the user has not said.
pub(crate) fn observe(source: &Source, payload: u32, observer: &mut dyn Observer) -> Result<Observed, Failure> {
    if source.command.is_empty() { recorded(source, observer) } else { live(source, payload, observer) }
}

fn recorded(source: &Source, observer: &mut dyn Observer) -> Result<Observed, Failure> {
    let (mut recordings, mut stream) = Recordings::open(&source.recordings).map_err(Failure::Recording)?;
    let mut more = true;
    while more {
        more = recordings.read_on(&mut stream).map_err(Failure::Recording)?;
        pass_on(&mut stream, observer).map_err(|error| Failure::Own(format!("cannot write: {error}")))?;
    }
    Ok(observed(&stream, None, Vec::new()))
}

fn live(source: &Source, payload: u32, observer: &mut dyn Observer) -> Result<Observed, Failure> {
    observe_programs(&Plan::alone(&source.command), source.running, payload, None, observer)
}

/// As [`observe`], of programs that are run now; their recording is kept in `file`, if there is one.
pub(crate) fn observe_programs(
    plan: &Plan,
    running: Running,
    payload: u32,
    file: Option<File>,
    observer: &mut dyn Observer,
) -> Result<Observed, Failure> {
    let unkept = |error| Failure::Own(format!("cannot keep the recording: {error}"));
    let session = Session::start_all(plan, running, payload)?;
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
        pass_on(&mut stream, observer)?;
        if matches!(item, Item::Round { .. }) { observer.settled() } else { Ok(()) }
    })?;
    kept.and_then(|recorder| recorder.map_or(Ok(()), Recorder::finish)).map_err(unkept)?;
    Ok(Observed { course: ended.course, ..observed(&stream, Some(ended.end), ended.blind_spots) })
}

fn pass_on(stream: &mut Stream, observer: &mut dyn Observer) -> io::Result<()> {
    while let Some(event) = stream.pop() {
        observer.event(&event, stream.scale())?;
    }
    Ok(())
}

fn observed(stream: &Stream, end: Option<End>, mut blind_spots: Vec<BlindSpot>) -> Observed {
    blind_spots.extend(stream.blind_spots());
    blind_spots.extend(stream.damage().iter().cloned().map(BlindSpot::damage));
    let (lost, ended, scale) = (stream.lost(), stream.ended().to_vec(), stream.scale());
    Observed { end, course: Course::default(), blind_spots, lost, ended, scale }
}
