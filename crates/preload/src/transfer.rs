//! Hooks that move bytes between one buffer and a descriptor.
//!
//! Forms with a room (`__recv_chk`) are what a hardened program calls instead; they stay libc's, which ends the program where
//! the room is too small, and are recorded as the functions that they stand for.

use core::ffi::{c_int, c_void};

use bsock_recording::function::Function;
use bsock_recording::layout::section;
use libc::{sockaddr, socklen_t};

use crate::call::{self, Frame, Recorded, Sections, record, word};
use crate::memory::{Use, length_at};
use crate::next::real;
use crate::payload::{self, Moved};
use crate::sockets::{filled_in, passed};

type SendType = unsafe extern "C-unwind" fn(c_int, *const c_void, usize, c_int) -> isize;
type RecvType = unsafe extern "C-unwind" fn(c_int, *mut c_void, usize, c_int) -> isize;
type WriteType = unsafe extern "C-unwind" fn(c_int, *const c_void, usize) -> isize;
type ReadType = unsafe extern "C-unwind" fn(c_int, *mut c_void, usize) -> isize;

fn args(buffer: *const c_void, length: usize, flags: c_int) -> [u64; 3] {
    [buffer.addr() as u64, length as u64, i64::from(flags) as u64]
}

/// A call that sends, or a `write`.
#[inline(always)]
fn sent(function: Function, fd: c_int, args: [u64; 3], used: Use, frame: Frame, real: impl FnOnce() -> isize) -> isize {
    let Some(mut call) = Recorded::begin(function, fd, args, frame) else { return real() };
    let result = real();
    call.returned(result);
    payload::append(&mut call, Moved { buffer: args[0] as *const c_void, length: args[1] as usize, used }, frame);
    result
}

/// A call that receives, or a `read`.
#[inline(always)]
fn received(function: Function, fd: c_int, args: [u64; 3], frame: Frame, real: impl FnOnce() -> isize) -> isize {
    let waiting = payload::waiting(fd);
    let Some(mut call) = Recorded::begin(function, fd, args, frame) else { return real() };
    let result = real();
    call.returned(result);
    match &waiting {
        None => payload::append(&mut call, of_receive(args), frame),
        Some(bytes) => {
            let mut sections = Sections::new();
            sections.add(call::words(section::WAITING, bytes));
            payload::append_with(&mut call, of_receive(args), &mut sections, frame);
        }
    }
    result
}

/// With MSG_TRUNC, TCP drops what it counts.
fn of_receive([buffer, length, flags]: [u64; 3]) -> Moved {
    let used = if flags & libc::MSG_TRUNC as u64 == 0 { Use::Written } else { Use::Doubtful };
    Moved { buffer: buffer as *const c_void, length: length as usize, used }
}

pub(crate) extern "C-unwind" fn send(
    fd: c_int,
    buffer: *const c_void,
    length: usize,
    flags: c_int,
    frame: Frame,
) -> isize {
    let real = || real!(send as SendType, fd, buffer, length, flags);
    sent(Function::Send, fd, args(buffer, length, flags), Use::Read, frame, real)
}

pub(crate) extern "C-unwind" fn recv(
    fd: c_int,
    buffer: *mut c_void,
    length: usize,
    flags: c_int,
    frame: Frame,
) -> isize {
    let real = || real!(recv as RecvType, fd, buffer, length, flags);
    received(Function::Recv, fd, args(buffer, length, flags), frame, real)
}

pub(crate) extern "C-unwind" fn write(fd: c_int, buffer: *const c_void, length: usize, frame: Frame) -> isize {
    sent(Function::Write, fd, args(buffer, length, 0), Use::Doubtful, frame, || {
        real!(write as WriteType, fd, buffer, length)
    })
}

pub(crate) extern "C-unwind" fn read(fd: c_int, buffer: *mut c_void, length: usize, frame: Frame) -> isize {
    received(Function::Read, fd, args(buffer, length, 0), frame, || real!(read as ReadType, fd, buffer, length))
}

type SendtoType = unsafe extern "C-unwind" fn(c_int, *const c_void, usize, c_int, *const sockaddr, socklen_t) -> isize;
type RecvfromType =
    unsafe extern "C-unwind" fn(c_int, *mut c_void, usize, c_int, *mut sockaddr, *mut socklen_t) -> isize;
type RecvChkType = unsafe extern "C-unwind" fn(c_int, *mut c_void, usize, usize, c_int) -> isize;
type RecvfromChkType =
    unsafe extern "C-unwind" fn(c_int, *mut c_void, usize, usize, c_int, *mut sockaddr, *mut socklen_t) -> isize;
type ReadChkType = unsafe extern "C-unwind" fn(c_int, *mut c_void, usize, usize) -> isize;
type SendfileType = unsafe extern "C-unwind" fn(c_int, c_int, *mut i64, usize) -> isize;
type SpliceType = unsafe extern "C-unwind" fn(c_int, *mut i64, c_int, *mut i64, usize, u32) -> isize;
type TeeType = unsafe extern "C-unwind" fn(c_int, c_int, usize, u32) -> isize;
type PreadType = unsafe extern "C-unwind" fn(c_int, *mut c_void, usize, i64) -> isize;
type PreadChkType = unsafe extern "C-unwind" fn(c_int, *mut c_void, usize, i64, usize) -> isize;

pub(crate) extern "C-unwind" fn sendto(
    fd: c_int,
    buffer: *const c_void,
    length: usize,
    flags: c_int,
    address: *const sockaddr,
    address_length: socklen_t,
    frame: Frame,
) -> isize {
    let real = || real!(sendto as SendtoType, fd, buffer, length, flags, address, address_length);
    let args = args(buffer, length, flags);
    if address.is_null() {
        return sent(Function::Sendto, fd, args, Use::Read, frame, real);
    }
    let Some(mut call) = Recorded::begin(Function::Sendto, fd, args, frame) else { return real() };
    let result = real();
    call.returned(result);
    let to = passed(address, address_length, Use::read_by(result >= 0), frame);
    let mut sections = Sections::new();
    if let Some(to) = &to {
        sections.add(to.section());
    }
    payload::append_with(&mut call, Moved { buffer, length, used: Use::Read }, &mut sections, frame);
    result
}

pub(crate) extern "C-unwind" fn recvfrom(
    fd: c_int,
    buffer: *mut c_void,
    length: usize,
    flags: c_int,
    address: *mut sockaddr,
    address_length: *mut socklen_t,
    frame: Frame,
) -> isize {
    let real = || real!(recvfrom as RecvfromType, fd, buffer, length, flags, address, address_length);
    received_from(fd, args(buffer, length, flags), address, address_length, frame, real)
}

fn received_from(
    fd: c_int,
    args: [u64; 3],
    address: *mut sockaddr,
    address_length: *mut socklen_t,
    frame: Frame,
    real: impl FnOnce() -> isize,
) -> isize {
    if address.is_null() {
        return received(Function::Recvfrom, fd, args, frame, real);
    }
    let room = length_at(address_length, Use::Doubtful, frame);
    let waiting = payload::waiting(fd);
    let Some(mut call) = Recorded::begin(Function::Recvfrom, fd, args, frame) else { return real() };
    let result = real();
    call.returned(result);
    let from = filled_in(address, address_length, room, result >= 0, frame);
    let more = [room.map_or(bsock_recording::event::UNREAD, u64::from)];
    let mut sections = Sections::new();
    sections.add(call::words(section::MORE, &more));
    if let Some(from) = &from {
        sections.add(from.section());
    }
    if let Some(bytes) = &waiting {
        sections.add(call::words(section::WAITING, bytes));
    }
    payload::append_with(&mut call, of_receive(args), &mut sections, frame);
    result
}

pub(crate) extern "C-unwind" fn recv_chk(
    fd: c_int,
    buffer: *mut c_void,
    length: usize,
    room: usize,
    flags: c_int,
    frame: Frame,
) -> isize {
    let real = || real!(__recv_chk as RecvChkType, fd, buffer, length, room, flags);
    received(Function::Recv, fd, args(buffer, length, flags), frame, real)
}

pub(crate) extern "C-unwind" fn recvfrom_chk(
    fd: c_int,
    buffer: *mut c_void,
    length: usize,
    room: usize,
    flags: c_int,
    address: *mut sockaddr,
    address_length: *mut socklen_t,
    frame: Frame,
) -> isize {
    let real = || real!(__recvfrom_chk as RecvfromChkType, fd, buffer, length, room, flags, address, address_length);
    received_from(fd, args(buffer, length, flags), address, address_length, frame, real)
}

pub(crate) extern "C-unwind" fn read_chk(
    fd: c_int,
    buffer: *mut c_void,
    length: usize,
    room: usize,
    frame: Frame,
) -> isize {
    let real = || real!(__read_chk as ReadChkType, fd, buffer, length, room);
    received(Function::Read, fd, args(buffer, length, 0), frame, real)
}

pub(crate) extern "C-unwind" fn sendfile(
    to: c_int,
    from: c_int,
    offset: *mut i64,
    count: usize,
    frame: Frame,
) -> isize {
    let at = crate::memory::copy(offset, Use::Doubtful, frame).map_or(bsock_recording::event::UNREAD, |at| at as u64);
    let real = || real!(sendfile as SendfileType, to, from, offset, count);
    record(Function::Sendfile, to, [word(from), at, count as u64], frame, real)
}

pub(crate) extern "C-unwind" fn splice(
    from: c_int,
    from_offset: *mut i64,
    to: c_int,
    to_offset: *mut i64,
    length: usize,
    flags: u32,
    frame: Frame,
) -> isize {
    let real = || real!(splice as SpliceType, from, from_offset, to, to_offset, length, flags);
    record(Function::Splice, from, [word(to), length as u64, u64::from(flags)], frame, real)
}

pub(crate) extern "C-unwind" fn copy_file_range(
    from: c_int,
    from_offset: *mut i64,
    to: c_int,
    to_offset: *mut i64,
    length: usize,
    flags: u32,
    frame: Frame,
) -> isize {
    let real = || real!(copy_file_range as SpliceType, from, from_offset, to, to_offset, length, flags);
    record(Function::CopyFileRange, from, [word(to), length as u64, u64::from(flags)], frame, real)
}

pub(crate) extern "C-unwind" fn tee(from: c_int, to: c_int, length: usize, flags: u32, frame: Frame) -> isize {
    let real = || real!(tee as TeeType, from, to, length, flags);
    record(Function::Tee, from, [word(to), length as u64, u64::from(flags)], frame, real)
}

/// Sockets have no offsets: these calls fail on them with ESPIPE, and what they do on files is nobody's business here. So
/// they are recorded afterwards, if they failed that way.
pub(crate) fn only_on_files(
    function: Function,
    fd: c_int,
    args: [u64; 3],
    frame: Frame,
    real: impl FnOnce() -> isize,
) -> isize {
    let begin = crate::process::now();
    let result = real();
    // SAFETY: errno is the calling thread's.
    if result == -1 && unsafe { *libc::__errno_location() } == libc::ESPIPE {
        call::record_late(function, fd, args, begin, result, frame, &[]);
    }
    result
}

pub(crate) extern "C-unwind" fn pread(fd: c_int, buffer: *mut c_void, length: usize, at: i64, frame: Frame) -> isize {
    let args = [buffer.addr() as u64, length as u64, at as u64];
    only_on_files(Function::Pread, fd, args, frame, || real!(pread64 as PreadType, fd, buffer, length, at))
}

pub(crate) extern "C-unwind" fn pread_chk(
    fd: c_int,
    buffer: *mut c_void,
    length: usize,
    at: i64,
    room: usize,
    frame: Frame,
) -> isize {
    let args = [buffer.addr() as u64, length as u64, at as u64];
    let real = || real!(__pread64_chk as PreadChkType, fd, buffer, length, at, room);
    only_on_files(Function::Pread, fd, args, frame, real)
}

pub(crate) extern "C-unwind" fn pwrite(fd: c_int, buffer: *mut c_void, length: usize, at: i64, frame: Frame) -> isize {
    let args = [buffer.addr() as u64, length as u64, at as u64];
    only_on_files(Function::Pwrite, fd, args, frame, || real!(pwrite64 as PreadType, fd, buffer, length, at))
}
