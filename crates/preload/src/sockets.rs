//! Hooks that make, name, connect and end sockets.

use core::ffi::c_int;

use bsock_recording::event::UNREAD;
use bsock_recording::function::Function;
use bsock_recording::layout::section;
use libc::{sockaddr, socklen_t};

use crate::call::{Frame, record, record_with};
use crate::memory::{Captured, length_at};
use crate::next::real;

type Plain1 = unsafe extern "C-unwind" fn(c_int) -> c_int;
type Plain2 = unsafe extern "C-unwind" fn(c_int, c_int) -> c_int;
type Plain3 = unsafe extern "C-unwind" fn(c_int, c_int, c_int) -> c_int;
type WithAddress = unsafe extern "C-unwind" fn(c_int, *const sockaddr, socklen_t) -> c_int;
type AcceptType = unsafe extern "C-unwind" fn(c_int, *mut sockaddr, *mut socklen_t) -> c_int;
type Accept4Type = unsafe extern "C-unwind" fn(c_int, *mut sockaddr, *mut socklen_t, c_int) -> c_int;

/// An int as an argument word.
fn word(value: c_int) -> u64 {
    i64::from(value) as u64
}

pub(crate) extern "C-unwind" fn socket(domain: c_int, kind: c_int, protocol: c_int, frame: Frame) -> c_int {
    let args = [word(domain), word(kind), word(protocol)];
    record(Function::Socket, -1, args, frame, || real!(socket as Plain3, domain, kind, protocol))
}

pub(crate) extern "C-unwind" fn bind(fd: c_int, address: *const sockaddr, length: socklen_t, frame: Frame) -> c_int {
    let args = [address.addr() as u64, u64::from(length), 0];
    let before = passed(address, length, false, frame);
    let capture = |proven| read_again(before, address, length, proven, frame);
    record_with(Function::Bind, fd, args, frame, || real!(bind as WithAddress, fd, address, length), capture)
}

pub(crate) extern "C-unwind" fn connect(fd: c_int, address: *const sockaddr, length: socklen_t, frame: Frame) -> c_int {
    let args = [address.addr() as u64, u64::from(length), 0];
    let before = passed(address, length, false, frame);
    let capture = |proven| read_again(before, address, length, proven, frame);
    record_with(Function::Connect, fd, args, frame, || real!(connect as WithAddress, fd, address, length), capture)
}

pub(crate) extern "C-unwind" fn listen(fd: c_int, backlog: c_int, frame: Frame) -> c_int {
    record(Function::Listen, fd, [word(backlog), 0, 0], frame, || real!(listen as Plain2, fd, backlog))
}

pub(crate) extern "C-unwind" fn accept(
    fd: c_int,
    address: *mut sockaddr,
    length: *mut socklen_t,
    frame: Frame,
) -> c_int {
    let room = length_at(length, false, frame);
    let args = [address.addr() as u64, room.map_or(UNREAD, u64::from), 0];
    let capture = |accepted| filled_in(address, length, room, accepted, frame);
    record_with(Function::Accept, fd, args, frame, || real!(accept as AcceptType, fd, address, length), capture)
}

pub(crate) extern "C-unwind" fn accept4(
    fd: c_int,
    address: *mut sockaddr,
    length: *mut socklen_t,
    flags: c_int,
    frame: Frame,
) -> c_int {
    let room = length_at(length, false, frame);
    let args = [address.addr() as u64, room.map_or(UNREAD, u64::from), word(flags)];
    let capture = |accepted| filled_in(address, length, room, accepted, frame);
    record_with(
        Function::Accept4,
        fd,
        args,
        frame,
        || real!(accept4 as Accept4Type, fd, address, length, flags),
        capture,
    )
}

pub(crate) extern "C-unwind" fn shutdown(fd: c_int, how: c_int, frame: Frame) -> c_int {
    record(Function::Shutdown, fd, [word(how), 0, 0], frame, || real!(shutdown as Plain2, fd, how))
}

pub(crate) extern "C-unwind" fn close(fd: c_int, frame: Frame) -> c_int {
    record(Function::Close, fd, [0; 3], frame, || real!(close as Plain1, fd))
}

/// The address as it was before the call, which may have taken long enough for the program to free it. Only where it could
/// not be read then, and the kernel has just read it, it is read now.
fn read_again(
    before: Option<Captured>,
    address: *const sockaddr,
    length: socklen_t,
    proven: bool,
    frame: Frame,
) -> Option<Captured> {
    match before {
        Some(before) if proven && before.is_unreadable() => passed(address, length, true, frame),
        before => before,
    }
}

/// The address that the program passed. A length beyond any address is not believed.
fn passed(address: *const sockaddr, length: socklen_t, proven: bool, frame: Frame) -> Option<Captured> {
    let believed = if length as usize <= crate::memory::ADDRESS_BYTES { length as usize } else { 0 };
    (length > 0).then(|| Captured::read(section::ADDRESS, length, address.cast(), believed, proven, frame))
}

/// The address that the kernel filled in: of its `length` bytes as many as the program had `room` for.
fn filled_in(
    address: *const sockaddr,
    length: *const socklen_t,
    room: Option<u32>,
    accepted: bool,
    frame: Frame,
) -> Option<Captured> {
    if !accepted || address.is_null() {
        return None;
    }
    let (room, length) = (room?, length_at(length, true, frame)?);
    Some(Captured::read(section::ADDRESS_RESULT, length, address.cast(), room.min(length) as usize, true, frame))
}
