//! Lines from a stream, through a buffer that is the caller's.
//!
//! A stream has no messages: one receive may bring half a line, or three and a half. The reader receives into the
//! buffer, hands lines out of it one by one, and keeps what follows a line for the next time.

use crate::composed::keeping_errno;
use crate::error::Errno;
use crate::error::code::Code;
use crate::last_call::{Call, failed_with_code, word};
use crate::memory::FromKernel;
use crate::stream::receive_some;
use core::ffi::c_int;
use core::ops::Range;

/// Where a reader is in its buffer. Plain numbers that may come from anywhere: they are checked at every use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The first byte that has not been handed out.
    pub start: usize,
    /// Before this, behind `start`, there is no newline.
    pub searched: usize,
    /// Behind the last byte that has been received.
    pub end: usize,
}

impl Position {
    /// Whether it can be a position in a buffer of this size.
    fn fits(&self, size: usize) -> bool {
        self.start <= self.searched && self.searched <= self.end && self.end <= size
    }

    /// What has been received and not handed out, as a range of the buffer.
    ///
    /// # Errors
    ///
    /// `EINVAL` if this is no position in a buffer of this size.
    pub fn buffered(&self, size: usize) -> Result<Range<usize>, Code> {
        if self.fits(size) { Ok(self.start..self.end) } else { Err(Errno::from_number(libc::EINVAL).into()) }
    }
}

/// Reads the next line: a range of the buffer that ends with the newline, or with the stream. Nothing at the end of the
/// stream. The line stays in the buffer until the next call.
///
/// # Errors
///
/// Those of `recv(2)` except `EINTR`; [`Code::LINE_TOO_LONG`] if the buffer is full and there is no newline in it;
/// `EINVAL` if `position` is none in this buffer. No error loses a byte.
pub fn read_line(fd: c_int, buffer: &mut [u8], position: &mut Position) -> Result<Option<Range<usize>>, Code> {
    let refused = |code: Code, size| failed_with_code(Call::ReadLine, code, &[0, 0, 0, word(fd), size]);
    keeping_errno(|| {
        position.buffered(buffer.len()).map_err(|code| refused(code, buffer.len()))?;
        loop {
            if let Some(line) = line_in(buffer, position) {
                return Ok(Some(line));
            }
            make_room(buffer, position).map_err(|code| refused(code, buffer.len()))?;
            let free = buffer.get_mut(position.end..).unwrap_or_default();
            match receive_some(fd, &FromKernel::from(free), 0)? {
                0 => return Ok(rest(position)),
                count => position.end = position.end.saturating_add(count).min(buffer.len()),
            }
        }
    })
}

/// The first line in the buffer, if it is there as a whole; it counts as handed out then.
fn line_in(buffer: &[u8], position: &mut Position) -> Option<Range<usize>> {
    let unsearched = buffer.get(position.searched..position.end).unwrap_or_default();
    match unsearched.iter().position(|byte| *byte == b'\n') {
        Some(distance) => {
            let line = position.start..position.searched + distance + 1;
            position.start = line.end;
            position.searched = line.end;
            Some(line)
        }
        None => {
            position.searched = position.end;
            None
        }
    }
}

/// The last line of a stream that ends without a newline, if there is one.
fn rest(position: &mut Position) -> Option<Range<usize>> {
    let line = position.start..position.end;
    position.start = position.end;
    (!line.is_empty()).then_some(line)
}

/// Moves what is unread to the front, if there is no room behind it.
fn make_room(buffer: &mut [u8], position: &mut Position) -> Result<(), Code> {
    if position.start == position.end {
        *position = Position::default();
    }
    if position.end < buffer.len() {
        return Ok(());
    }
    if position.start == 0 {
        return Err(Code::LINE_TOO_LONG);
    }
    // Byte by byte: `copy_within` could panic, and there is never more than a part of one line to move.
    for (to, from) in (position.start..position.end).enumerate() {
        let byte = buffer.get(from).copied().unwrap_or_default();
        if let Some(place) = buffer.get_mut(to) {
            *place = byte;
        }
    }
    position.searched -= position.start;
    position.end -= position.start;
    position.start = 0;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    #[test]
    fn impossible_positions_are_refused() {
        let mut buffer = [0; 4];
        for (start, searched, end) in [(1, 0, 2), (0, 2, 1), (0, 0, 5), (usize::MAX, usize::MAX, usize::MAX)] {
            let mut position = Position { start, searched, end };
            assert_eq!(read_line(-1, &mut buffer, &mut position).map_err(Code::number), Err(-libc::EINVAL));
        }
    }

    #[test]
    fn what_has_arrived_is_handed_out_without_another_receive() {
        let mut buffer = *b"one\ntwo\nthr";
        let mut position = Position { start: 0, searched: 0, end: 11 };
        assert_eq!(read_line(-1, &mut buffer, &mut position), Ok(Some(0..4)));
        assert_eq!(read_line(-1, &mut buffer, &mut position), Ok(Some(4..8)));
        assert_eq!(position.buffered(11), Ok(8..11));
        // Only now the bad descriptor is met; the bytes stay, at the front.
        assert_eq!(read_line(-1, &mut buffer, &mut position).map_err(Code::number), Err(-libc::EBADF));
        assert_eq!((position, &buffer[..3]), (Position { start: 0, searched: 3, end: 3 }, &b"thr"[..]));
    }

    #[test]
    fn a_line_that_fills_the_buffer_is_too_long_until_it_ends_in_it() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let (mut buffer, mut position) = ([0; 4], Position::default());
        theirs.write_all(b"abc\ndefg\n").unwrap();
        assert_eq!(read_line(ours.as_raw_fd(), &mut buffer, &mut position), Ok(Some(0..4)));
        for _ in 0..2 {
            assert_eq!(read_line(ours.as_raw_fd(), &mut buffer, &mut position), Err(Code::LINE_TOO_LONG));
            assert_eq!(position.buffered(4), Ok(0..4));
        }
        assert_eq!(&buffer, b"defg");
    }
}
