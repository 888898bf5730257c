//! `bsock run`: the program as it is; a recording of it, if asked.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::Path;

use bsock_recording::file::{Header, Recorder};

use crate::arguments::Running;
use crate::blind_spots::{Counts, Scan};
use crate::session::{Ended, Failure, Session};
use crate::{quantity, say};

/// Runs `command`, keeping its recording in `record`.
pub(crate) fn run(command: &[OsString], record: Option<&Path>, running: Running) -> Result<Ended, Failure> {
    let Some(path) = record else { return Session::start(command, running)?.wait() };
    let failed = |error| say::cannot_write(path, &error);
    // Before the program starts: afterwards it could only be left running, or killed.
    let file = say::recording_file(path)?;
    let session = Session::start(command, running)?;
    let beginning = session.beginning();
    let mut kept = begin(file, &session.header());
    let mut scan = Scan::default();
    let mut ended = session.finish(&mut |item| {
        scan.item(item);
        kept.as_mut().map_or(Ok(()), |recorder| recorder.item(item))
    })?;
    ended.blind_spots.extend(scan.sentences(beginning));
    kept.and_then(Recorder::finish).map_err(failed)?;
    let Counts { calls, lost, processes } = scan.counts();
    if calls + lost > 0 {
        let (calls, processes) = (quantity::calls(*calls), quantity::processes(processes.count()));
        say::say(format_args!("{calls} of {processes} in {}, {lost} lost", path.display()));
    }
    Ok(ended)
}

/// The recording's first bytes, in place of what the file held.
pub(crate) fn begin(file: File, header: &Header) -> io::Result<Recorder> {
    if file.metadata()?.is_file() {
        file.set_len(0)?;
    }
    Recorder::new(Box::new(file), header)
}
