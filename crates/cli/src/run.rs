//! `bsock run`: the program as it is; a recording of it, if asked.

use std::ffi::OsString;
use std::path::Path;

use bsock_recording::file::Recorder;
use bsock_recording::shared::Size;

use crate::session::{Ended, Failure, Session};

/// Runs `command`, keeping its recording in `record`, through rings of `size`.
pub(crate) fn run(command: &[OsString], record: Option<&Path>, size: Size) -> Result<Ended, Failure> {
    let session = Session::start(command, size)?;
    let Some(path) = record else { return session.finish(&mut |_| Ok(())) };
    let failed = |error| Failure::Own(format!("cannot write {}: {error}", path.display()));
    let mut recorder = Recorder::create(path, &session.header()).map_err(failed)?;
    let ended = session.finish(&mut |item| recorder.item(item))?;
    recorder.finish().map_err(failed)?;
    Ok(ended)
}
