//! Lines: `bsock_read_line`, however the text comes.

use std::ffi::{c_char, c_int};
use std::mem;
use std::os::fd::AsRawFd;
use std::ptr::{null, null_mut};

use bsock::capi::line_reader::{bsock_line_reader, bsock_line_reader_init, bsock_read_line, bsock_reader_buffered};
use bsock::capi::timeout::bsock_set_blocking;
use bsock::error::ENULL;
use fastrand::Rng;
use libc::{SOCK_SEQPACKET, SOCK_STREAM};

use crate::harness::{marked, pair};
use crate::stream::sendall;

const ELINE_TOO_LONG: c_int = -10_002;

/// A line reader with a buffer of its own.
pub(crate) struct Lines {
    reader: bsock_line_reader,
    _buffer: Vec<u8>,
}

impl Lines {
    pub(crate) fn new(fd: c_int, size: usize) -> Self {
        let mut buffer = vec![0xee_u8; size];
        // SAFETY: zeros are a value of each field.
        let mut reader = unsafe { mem::zeroed() };
        let start = buffer.as_mut_ptr().cast();
        // SAFETY: the buffer lives as long as the reader.
        assert_eq!(marked(|| unsafe { bsock_line_reader_init(&mut reader, fd, start, size) }), 0);
        Self { reader, _buffer: buffer }
    }

    pub(crate) fn read(&mut self) -> Result<Option<Vec<u8>>, c_int> {
        let (mut line, mut length) = (null_mut(), usize::MAX);
        // SAFETY: the reader was set up, and its buffer lives.
        match marked(|| unsafe { bsock_read_line(&mut self.reader, &mut line, &mut length) }) {
            0 => {
                assert_eq!(length, 0);
                Ok(None)
            }
            // SAFETY: a line in the buffer.
            1 => Ok(Some(unsafe { std::slice::from_raw_parts(line.cast::<u8>(), length) }.to_vec())),
            code => Err(code),
        }
    }

    fn all(&mut self) -> Vec<Vec<u8>> {
        std::iter::from_fn(|| self.read().unwrap()).collect()
    }

    fn buffered(&self) -> Vec<u8> {
        let mut bytes = null_mut();
        // SAFETY: the reader was set up, and its buffer lives.
        let count = unsafe { bsock_reader_buffered(&self.reader, &mut bytes) };
        // SAFETY: bytes in the buffer.
        unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), usize::try_from(count).unwrap()) }.to_vec()
    }
}

fn lines_of(text: &[u8]) -> Vec<Vec<u8>> {
    text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

#[test]
fn lines_are_the_same_however_the_text_is_cut() {
    let text = "one\n\n二\r\nfour\nlast".as_bytes();
    for first in 1..text.len() {
        for second in first + 1..text.len() {
            // Here each receive gets what one send sent.
            let (ours, theirs) = pair(SOCK_SEQPACKET);
            for piece in [&text[..first], &text[first..second], &text[second..]] {
                assert_eq!(sendall(&theirs, piece, &mut 0), 0);
            }
            drop(theirs);
            let mut lines = Lines::new(ours.as_raw_fd(), 64);
            assert_eq!(lines.all(), lines_of(text));
            assert_eq!(lines.read(), Ok(None));
        }
    }
}

#[test]
fn lines_pass_through_a_buffer_that_is_just_large_enough() {
    let text = b"1234567\n\n123\n12\n1234567\n123456\n1";
    for size in [8, 9, 11, 16] {
        let (ours, theirs) = pair(SOCK_STREAM);
        assert_eq!(sendall(&theirs, text, &mut 0), 0);
        drop(theirs);
        assert_eq!(Lines::new(ours.as_raw_fd(), size).all(), lines_of(text), "{size}");
    }
}

#[test]
fn no_failure_of_the_line_reader_loses_a_byte() {
    let (ours, theirs) = pair(SOCK_STREAM);
    let mut lines = Lines::new(ours.as_raw_fd(), 6);
    assert_eq!(marked(|| bsock_set_blocking(ours.as_raw_fd(), 0)), 0);
    assert_eq!(sendall(&theirs, b"ab\ncd", &mut 0), 0);
    assert_eq!(lines.read(), Ok(Some(b"ab\n".to_vec())));
    assert_eq!(lines.read(), Err(-libc::EAGAIN));
    assert_eq!(lines.buffered(), b"cd");
    assert_eq!(sendall(&theirs, b"e\n123456\n", &mut 0), 0);
    assert_eq!(lines.read(), Ok(Some(b"cde\n".to_vec())));
    assert_eq!((lines.read(), lines.read()), (Err(ELINE_TOO_LONG), Err(ELINE_TOO_LONG)));
    assert_eq!(lines.buffered(), b"123456");
}

#[test]
fn a_line_reader_full_of_garbage_stays_in_its_buffer() {
    let mut random = Rng::with_seed(7);
    let mut buffer = *b"some\ntext and\nmore\n.";
    let inside = buffer.as_ptr_range();
    let start_of_buffer: *mut c_char = buffer.as_mut_ptr().cast();
    let size_of_buffer = buffer.len();
    for round in 0..20_000 {
        // Numbers around the buffer's size, and wild ones.
        let mut number = || if round % 2 == 0 { random.usize(..24) } else { random.usize(..) };
        let (start, searched, end) = (number(), number(), number());
        let mut reader =
            bsock_line_reader { fd: -1, buffer: start_of_buffer, size: size_of_buffer, start, searched, end };
        let (mut line, mut length) = (null_mut::<c_char>(), 0);
        // SAFETY: the buffer is what the reader says.
        if unsafe { bsock_read_line(&mut reader, &mut line, &mut length) } == 1 {
            let line = line.cast_const().cast::<u8>();
            assert!(inside.contains(&line) && length <= inside.end as usize - line as usize);
        }
        // SAFETY: as above.
        assert!(unsafe { bsock_reader_buffered(&reader, null_mut()) } <= size_of_buffer as isize);
    }
    for (start, size) in [(null_mut(), 10), (start_of_buffer, 0), (start_of_buffer, usize::MAX)] {
        let mut reader = bsock_line_reader { fd: -1, buffer: start, size, start: 0, searched: 0, end: 0 };
        // SAFETY: such a buffer is not looked at.
        assert_eq!(marked(|| unsafe { bsock_read_line(&mut reader, &mut null_mut(), &mut 0) }), -libc::EINVAL);
        let expected = if start.is_null() { ENULL } else { -libc::EINVAL };
        // SAFETY: as above.
        assert_eq!(marked(|| unsafe { bsock_line_reader_init(&mut reader, -1, start, size) }), expected);
    }
    // SAFETY: NULL is answered with a code.
    unsafe {
        assert_eq!(bsock_read_line(null_mut(), null_mut(), null_mut()), ENULL);
        assert_eq!(bsock_reader_buffered(null(), null_mut()), ENULL as isize);
    }
}
