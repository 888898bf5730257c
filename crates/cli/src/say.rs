//! What bsock says beside its reports, and where these go: nothing that cannot be written may end bsock before its program.

use std::fmt::Display;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::session::Failure;

/// One sentence on standard error, in one piece. If nobody takes it, there is nobody to tell.
pub(crate) fn say(sentence: impl Display) {
    let line = format!("bsock: {sentence}\n");
    let _ = io::stderr().lock().write_all(line.as_bytes());
}

/// Whoever closes a pipe has read enough.
pub(crate) fn unless_closed(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// A file for a report. To be opened before the program runs: a file that cannot be written must not cost its run. It may be
/// none of the `recordings` that are read or made in the same go, which it would wipe out.
pub(crate) fn report_file<'a>(path: &Path, recordings: impl IntoIterator<Item = &'a PathBuf>) -> Result<File, Failure> {
    if identity(path).is_some_and(|own| recordings.into_iter().any(|other| identity(other) == Some(own))) {
        let sentence = format!("{} is the recording: the report needs a file of its own", path.display());
        return Err(Failure::Own(sentence));
    }
    File::create(path).map_err(|error| cannot_write(path, &error))
}

/// What tells a regular file from all others, however it is named.
pub(crate) fn identity(path: &Path) -> Option<(u64, u64)> {
    let file = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    Some((file.dev(), file.ino()))
}

/// A file for a recording, readable by its owner alone since it tells addresses and arguments, whatever it was before. What
/// it holds goes only when there is something to put in its place.
pub(crate) fn recording_file(path: &Path) -> Result<File, Failure> {
    let open = || {
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
        if file.metadata()?.is_file() {
            file.set_permissions(Permissions::from_mode(0o600))?;
        }
        Ok(file)
    };
    open().map_err(|error| cannot_write(path, &error))
}

pub(crate) fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::Own(format!("cannot write {}: {error}", path.display()))
}
