//! Where the lines of a trace go: into a file, or to standard error when nobody else writes there any more.
//!
//! While a program runs, its standard error is its own. What is meant for it waits: the first lines in memory, and all of
//! them in a temporary file without a name once they are many, since a program may run for days. Rejected: strace's way of
//! writing between the program's lines, after which neither can be read.

use std::env;
use std::fs::File;
use std::io::{self, BufWriter, Seek, Stderr, Write};

use tempfile::SpooledTempFile;

/// How many bytes of lines wait in memory.
const IN_MEMORY: usize = 1 << 20;

/// Takes the lines.
pub(super) enum Out {
    /// Whoever looks at it sees what was written until the last round.
    File(BufWriter<File>),
    /// Standard error, at once: no program is running.
    Now(BufWriter<Stderr>),
    /// Standard error, later.
    Later(BufWriter<SpooledTempFile>),
}

impl Out {
    /// Into `file`, if there is one; otherwise to standard error, after the program if one is running.
    pub(super) fn new(file: Option<File>, running: bool) -> Self {
        match file {
            Some(file) => Self::File(BufWriter::new(file)),
            None if running => Self::Later(BufWriter::new(SpooledTempFile::new(IN_MEMORY))),
            None => Self::Now(BufWriter::new(io::stderr())),
        }
    }

    /// A round of the recording is complete.
    pub(super) fn settled(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Now(_) | Self::Later(_) => Ok(()),
        }
    }

    /// There will be no more lines, and no program.
    pub(super) fn finish(self) -> io::Result<()> {
        match self {
            Self::File(mut file) => file.flush(),
            Self::Now(mut stderr) => stderr.flush(),
            Self::Later(mut lines) => {
                let written = lines.flush();
                // Where that failed, what was written before it is there still.
                let (mut lines, _) = lines.into_parts();
                lines.rewind()?;
                io::copy(&mut lines, &mut io::stderr().lock())?;
                written.map_err(no_room)
            }
        }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Now(stderr) => stderr.write(bytes),
            Self::Later(lines) => lines.write(bytes).map_err(no_room),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Now(stderr) => stderr.flush(),
            Self::Later(lines) => lines.flush().map_err(no_room),
        }
    }
}

fn no_room(error: io::Error) -> io::Error {
    let folder = env::temp_dir();
    let told = format!(
        "the lines that wait for the program's end, in {}: {error}; `trace -o FILE` does not let them wait",
        folder.display()
    );
    io::Error::new(error.kind(), told)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn many_lines_wait_outside_memory_and_in_order() {
        let mut out = Out::new(None, true);
        let mut expected = Vec::new();
        for number in 0..100_000 {
            let line = format!("line {number} of them\n");
            out.write_all(line.as_bytes()).expect("room");
            expected.extend_from_slice(line.as_bytes());
        }
        assert!(expected.len() > IN_MEMORY);
        let Out::Later(lines) = out else { unreachable!("a program is running") };
        let mut lines = lines.into_inner().expect("room");
        assert!(lines.is_rolled(), "they are in a file");
        let mut read = Vec::new();
        lines.rewind().and_then(|()| lines.read_to_end(&mut read)).expect("readable");
        assert!(read == expected, "what was written is what is read");
    }
}
