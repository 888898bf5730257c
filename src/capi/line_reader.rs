//! `bsock_line_reader_init`, `bsock_read_line`, `bsock_reader_buffered`: lines from a stream.

use super::{code_or_number, invalid, null};
use crate::error::code::Code;
use crate::last_call::{Call, word};
use crate::line_reader::{Position, read_line};
use core::ffi::{c_char, c_int};
use core::ops::Range;
use libc::ssize_t;

/// Reads lines from a stream: which, through which buffer, and how far it is.
/// bsock_line_reader_init fills it in. It holds nothing that would have to be
/// given back, and belongs to one thread at a time.
#[repr(C)]
#[allow(non_camel_case_types)] // The name in C.
pub struct bsock_line_reader {
    /// the socket
    pub fd: c_int,
    /// the caller's buffer
    pub buffer: *mut c_char,
    /// how many bytes it has
    pub size: usize,
    /// private: the first byte that has not been handed out
    pub start: usize,
    /// private: there is no newline before this one
    pub searched: usize,
    /// private: behind the last byte that has been received
    pub end: usize,
}

/// Sets a line reader up. It can be done again at any time, and forgets then
/// what was buffered.
///
/// reader: the structure to fill in. fd: a stream socket. buffer, size: memory
/// of the caller's, which must live as long as the reader and hold the longest
/// line with its newline. It is filled with zeros here.
///
/// Returns 0, or a code: BSOCK_ENULL reader or buffer is NULL; BSOCK_EINVAL size
/// is 0, or more than half of what can be addressed. Async-signal-safe.
///
///   char buffer[4096], *line;
///   size_t length;
///   int code;
///   struct bsock_line_reader reader;
///   bsock_line_reader_init(&reader, fd, buffer, sizeof buffer);
///   while ((code = bsock_read_line(&reader, &line, &length)) > 0)
///       fwrite(line, 1, length, stdout);
///
/// # Safety
/// *reader and the size bytes at buffer are the caller's to overwrite.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bsock_line_reader_init(
    reader: *mut bsock_line_reader,
    fd: c_int,
    buffer: *mut c_char,
    size: usize,
) -> c_int {
    if reader.is_null() || buffer.is_null() {
        return null(Call::LineReaderInit);
    }
    if !is_possible(size) {
        return invalid(Call::LineReaderInit, &[word(fd), buffer.addr(), size]).number();
    }
    // SAFETY: the caller's promise, stated above and in the header.
    unsafe { buffer.write_bytes(0, size) };
    // SAFETY: as above.
    unsafe { reader.write(bsock_line_reader { fd, buffer, size, start: 0, searched: 0, end: 0 }) };
    0
}

/// Reads the next line, by as many receives as it takes.
///
/// reader: one that bsock_line_reader_init has set up. line: where to store the
/// line's first byte; it lies in the reader's buffer, may be overwritten, and is
/// gone with the next call. length: where to store how many bytes it has, with
/// its newline. There is no NUL behind it. Only the last line of a stream can be
/// without a newline.
///
/// Returns 1 and a line; 0 at the end of the stream (*length is 0 then); or a
/// code: BSOCK_ELINE_TOO_LONG the buffer is full and there is no newline in it
/// (bsock_reader_buffered shows its beginning); those of bsock_recv but
/// BSOCK_EINTR: when a signal handler runs, the call goes on afterwards;
/// BSOCK_ENULL; BSOCK_EINVAL *reader was overwritten. No code loses a byte:
/// after BSOCK_EAGAIN, for example, call again when the socket is readable.
/// Cancellation point.
///
/// After Python's socket.makefile().readline(); recv(2).
///
/// # Safety
/// reader was set up by bsock_line_reader_init, and the buffer still lives;
/// *reader, *line and *length are the caller's to overwrite.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_read_line(
    reader: *mut bsock_line_reader,
    line: *mut *mut c_char,
    length: *mut usize,
) -> c_int {
    // SAFETY: the caller's promise, stated above and in the header.
    let (Some(reader), Some(line), Some(length)) = (unsafe { (reader.as_mut(), line.as_mut(), length.as_mut()) })
    else {
        return null(Call::ReadLine);
    };
    // SAFETY: as above.
    let (buffer, mut position) = match unsafe { parts(reader) } {
        Ok(parts) => parts,
        Err(code) => return code.number(),
    };
    let result = read_line(reader.fd, buffer, &mut position);
    (reader.start, reader.searched, reader.end) = (position.start, position.searched, position.end);
    code_or_number(result.map(|found| {
        let is_found = found.is_some();
        let Range { start, end } = found.unwrap_or_default();
        *line = reader.buffer.wrapping_add(start);
        *length = end - start;
        is_found.into()
    }))
}

/// What a line reader has received and not handed out. Who goes on without the
/// reader (a body of binary data behind lines of text, say) begins with these
/// bytes. They stay in the reader.
///
/// reader: one that bsock_line_reader_init has set up. bytes: where to store the
/// first byte's address, in the reader's buffer; NULL if it is not wanted.
///
/// Returns how many bytes there are, or a code: BSOCK_ENULL reader is NULL;
/// BSOCK_EINVAL *reader was overwritten. Async-signal-safe.
///
/// # Safety
/// reader was set up by bsock_line_reader_init, and the buffer still lives;
/// *bytes, unless bytes is NULL, is the caller's to overwrite.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bsock_reader_buffered(reader: *const bsock_line_reader, bytes: *mut *mut c_char) -> ssize_t {
    // SAFETY: the caller's promise, stated above and in the header.
    let Some(reader) = (unsafe { reader.as_ref() }) else { return null(Call::ReaderBuffered) as ssize_t };
    let buffered = match position(reader).buffered(reader.size) {
        Ok(buffered) if is_possible(reader.size) => buffered,
        _ => return invalid(Call::ReaderBuffered, &[]).number() as ssize_t,
    };
    // SAFETY: as above.
    if let Some(bytes) = unsafe { bytes.as_mut() } {
        *bytes = reader.buffer.wrapping_add(buffered.start);
    }
    buffered.len() as ssize_t
}

/// The buffer and the position in it, out of a structure that may hold anything.
///
/// # Safety
/// As for [`bsock_read_line`].
unsafe fn parts<'a>(reader: &bsock_line_reader) -> Result<(&'a mut [u8], Position), Code> {
    if reader.buffer.is_null() || !is_possible(reader.size) {
        return Err(invalid(Call::ReadLine, &[]));
    }
    // SAFETY: the caller's promise: the buffer that the reader was set up with, which has filled it with zeros. The size
    // is one that a slice may have.
    let buffer = unsafe { core::slice::from_raw_parts_mut(reader.buffer.cast(), reader.size) };
    Ok((buffer, position(reader)))
}

fn position(reader: &bsock_line_reader) -> Position {
    Position { start: reader.start, searched: reader.searched, end: reader.end }
}

/// Whether a buffer can have this size.
fn is_possible(size: usize) -> bool {
    (1..=isize::MAX as usize).contains(&size)
}
