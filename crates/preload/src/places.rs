//! The line of a program whose own frames no stack shows: that of Python, where the caller in C is always libffi or a module of
//! the interpreter. Its `bsock` package knows the line and tells it here, around each call that it makes; others may do the
//! same. The name is looked up once, and where it is missing, nobody records.

use core::ffi::{c_char, c_int};

use bsock_recording::layout::{Line, kind, section};
use bsock_recording::writer::Section;

use crate::{process, thread};

/// No path is longer (PATH_MAX).
const LONGEST: usize = 4096;

/// The thread's calls from here on come from `line` of the file whose name is the `length` bytes at `file`; with NULL, from no
/// known line any more. 1 if somebody records, otherwise 0, and nothing was done.
///
/// SAFETY: called from C, with a name that is there.
#[unsafe(no_mangle)]
unsafe extern "C" fn bsock_preload_place(file: *const c_char, length: usize, line: c_int) -> c_int {
    if !process::recording() {
        return 0;
    }
    let stack = thread::here();
    let Some(writer) = thread::writer(stack) else { return 1 };
    let now = process::now();
    let args = [u64::try_from(line).unwrap_or(0), 0, 0];
    let mut record = Line { kind: kind::PLACE, fd: -1, begin: now, end: now, args, ..Line::default() };
    if file.is_null() || length > LONGEST {
        writer.ring.append(&mut record, &[], stack);
    } else {
        // SAFETY: the caller's promise.
        let name = unsafe { core::slice::from_raw_parts(file.cast(), length) };
        writer.ring.append(&mut record, &[Section::whole(section::PATH, name)], stack);
    }
    1
}
