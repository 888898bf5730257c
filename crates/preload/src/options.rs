//! Hooks of socket options.

use core::ffi::{c_int, c_void};

use bsock_recording::event::UNREAD;
use bsock_recording::function::Function;
use bsock_recording::layout::section;
use libc::socklen_t;

use crate::call::{Frame, record_with, word};
use crate::memory::{ADDRESS_BYTES, Captured, Use, length_at};
use crate::next::real;

type GetType = unsafe extern "C-unwind" fn(c_int, c_int, c_int, *mut c_void, *mut socklen_t) -> c_int;
type SetType = unsafe extern "C-unwind" fn(c_int, c_int, c_int, *const c_void, socklen_t) -> c_int;

pub(crate) extern "C-unwind" fn getsockopt(
    fd: c_int,
    level: c_int,
    option: c_int,
    value: *mut c_void,
    length: *mut socklen_t,
    frame: Frame,
) -> c_int {
    let room = length_at(length, Use::Doubtful, frame);
    let args = [word(level), word(option), room.map_or(UNREAD, u64::from)];
    let capture = |known: bool| {
        let after = if known { length_at(length, Use::Written, frame)? } else { return None };
        // A program whose room is not known may have had less than the length says.
        let filled = after.min(room.unwrap_or(0)) as usize;
        Some(Captured::read(section::VALUE_RESULT, after, value, filled, Use::Written, frame))
    };
    record_with(
        Function::Getsockopt,
        fd,
        args,
        frame,
        || real!(getsockopt as GetType, fd, level, option, value, length),
        capture,
    )
}

/// Longer values (filters, lists of sources) are not kept: a length that the kernel did not have to believe proves nothing.
pub(crate) extern "C-unwind" fn setsockopt(
    fd: c_int,
    level: c_int,
    option: c_int,
    value: *const c_void,
    length: socklen_t,
    frame: Frame,
) -> c_int {
    let args = [word(level), word(option), u64::from(length)];
    // Most options are an int, and the kernel reads no more of them than that, whatever the length.
    let capture = |set: bool| {
        let believed = if length as usize <= ADDRESS_BYTES { length as usize } else { 4 };
        (length > 0)
            .then(|| Captured::read(section::VALUE, length, value, believed, Use::read_by(set && length <= 4), frame))
    };
    record_with(
        Function::Setsockopt,
        fd,
        args,
        frame,
        || real!(setsockopt as SetType, fd, level, option, value, length),
        capture,
    )
}
