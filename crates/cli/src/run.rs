//! `bsock run`: the program as it is; a recording of it, if asked.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::Path;

use bsock_recording::file::{Header, Recorder};
use bsock_recording::shared::Size;

use crate::say;
use crate::session::{Ended, Failure, Session};

/// Runs `command`, keeping its recording in `record`, through rings of `size`.
pub(crate) fn run(command: &[OsString], record: Option<&Path>, size: Size) -> Result<Ended, Failure> {
    let Some(path) = record else { return Session::start(command, size)?.finish(&mut |_| Ok(())) };
    let failed = |error| say::cannot_write(path, &error);
    // Before the program starts: afterwards it could only be left running, or killed.
    let file = say::recording_file(path)?;
    let session = Session::start(command, size)?;
    let mut kept = begin(file, &session.header());
    let ended = session.finish(&mut |item| match &mut kept {
        Ok(recorder) => recorder.item(item),
        Err(_) => Ok(()),
    })?;
    kept.and_then(Recorder::finish).map_err(failed)?;
    Ok(ended)
}

/// The recording's first bytes, in place of what the file held.
fn begin(file: File, header: &Header) -> io::Result<Recorder> {
    if file.metadata()?.is_file() {
        file.set_len(0)?;
    }
    Recorder::new(Box::new(file), header)
}
