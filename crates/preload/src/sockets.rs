//! Hooks that make, name and connect sockets.

use core::ffi::c_int;

use bsock_recording::event::UNREAD;
use bsock_recording::function::Function;
use bsock_recording::layout::section;
use bsock_recording::raw;
use bsock_recording::writer::Section;
use libc::{sockaddr, socklen_t};

use crate::call::{self, Frame, Recorded, Sections, record, record_with, word};
use crate::memory::{self, ADDRESS_BYTES, Captured, Use, length_at};
use crate::next::real;
use crate::{ending, process, tracked};

type Plain1 = unsafe extern "C-unwind" fn(c_int) -> c_int;
type Plain2 = unsafe extern "C-unwind" fn(c_int, c_int) -> c_int;
type Plain3 = unsafe extern "C-unwind" fn(c_int, c_int, c_int) -> c_int;
type WithAddress = unsafe extern "C-unwind" fn(c_int, *const sockaddr, socklen_t) -> c_int;
type PairType = unsafe extern "C-unwind" fn(c_int, c_int, c_int, *mut [c_int; 2]) -> c_int;
type NameType = unsafe extern "C-unwind" fn(c_int, *mut sockaddr) -> c_int;
type AcceptType = unsafe extern "C-unwind" fn(c_int, *mut sockaddr, *mut socklen_t) -> c_int;
type Accept4Type = unsafe extern "C-unwind" fn(c_int, *mut sockaddr, *mut socklen_t, c_int) -> c_int;

pub(crate) extern "C-unwind" fn socket(domain: c_int, kind: c_int, protocol: c_int, frame: Frame) -> c_int {
    let args = [word(domain), word(kind), word(protocol)];
    let fd = record(Function::Socket, -1, args, frame, || real!(socket as Plain3, domain, kind, protocol));
    if fd >= 0 {
        tracked::opened(fd, is_stream(kind));
    }
    fd
}

fn is_stream(kind: c_int) -> bool {
    kind & !(libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK) == libc::SOCK_STREAM
}

pub(crate) extern "C-unwind" fn socketpair(
    domain: c_int,
    kind: c_int,
    protocol: c_int,
    pair: *mut [c_int; 2],
    frame: Frame,
) -> c_int {
    let args = [word(domain), word(kind), word(protocol)];
    let real = || real!(socketpair as PairType, domain, kind, protocol, pair);
    let Some(mut call) = Recorded::begin(Function::Socketpair, -1, args, frame) else { return real() };
    let result = real();
    call.returned(result);
    let made = memory::written(pair, result == 0, frame);
    let Some(made) = made else {
        call.append(&[]);
        return result;
    };
    made.iter().for_each(|fd| tracked::opened(*fd, is_stream(kind)));
    call.append(&[call::ints(section::DESCRIPTORS, &made)]);
    result
}

pub(crate) extern "C-unwind" fn bind(fd: c_int, address: *const sockaddr, length: socklen_t, frame: Frame) -> c_int {
    let args = [address.addr() as u64, u64::from(length), 0];
    let before = passed(address, length, Use::Doubtful, frame);
    let capture = |succeeded| read_again(before, address, length, succeeded, frame);
    record_with(Function::Bind, fd, args, frame, || real!(bind as WithAddress, fd, address, length), capture)
}

pub(crate) extern "C-unwind" fn connect(fd: c_int, address: *const sockaddr, length: socklen_t, frame: Frame) -> c_int {
    let args = [address.addr() as u64, u64::from(length), 0];
    let before = passed(address, length, Use::Doubtful, frame);
    let real = || real!(connect as WithAddress, fd, address, length);
    let Some(mut call) = Recorded::begin(Function::Connect, fd, args, frame) else { return real() };
    let result = real();
    call.returned(result);
    let (connected, under_way) = (result == 0, call.line.result == -i64::from(libc::EINPROGRESS));
    let captured = read_again(before, address, length, connected, frame);
    let mut own = [0; ADDRESS_BYTES];
    let mut sections = Sections::new();
    captured.iter().for_each(|captured| sections.add(captured.section()));
    // Of a connection that is under way, too: the kernel chose the address before it sent the first segment. Only streams have
    // two ends to be joined; a datagram socket may be connected before each send.
    if (connected || under_way) && tracked::is_stream(fd) {
        add_name(section::OWN_NAME, fd, &mut own, &mut sections);
    }
    call.append(sections.all());
    result
}

/// A name of a socket, as the kernel tells it: its own, or its peer's. Its family, or `None` where nothing was told, or a filter
/// confines the process and nothing is asked.
fn add_name<'a>(kind: u16, fd: c_int, into: &'a mut [u8; ADDRESS_BYTES], sections: &mut Sections<'a>) -> Option<c_int> {
    if process::confined() {
        return None;
    }
    let (claimed, bytes) = raw::socket_name(fd, kind == section::PEER_NAME, into)?;
    sections.add(Section { kind, claimed, bytes });
    bytes.first_chunk().map(|family| u16::from_ne_bytes(*family).into())
}

pub(crate) extern "C-unwind" fn listen(fd: c_int, backlog: c_int, frame: Frame) -> c_int {
    let result = record(Function::Listen, fd, [word(backlog), 0, 0], frame, || real!(listen as Plain2, fd, backlog));
    if result == 0 {
        tracked::listens(fd);
        ending::serves();
    }
    result
}

pub(crate) extern "C-unwind" fn accept(
    fd: c_int,
    address: *mut sockaddr,
    length: *mut socklen_t,
    frame: Frame,
) -> c_int {
    let room = length_at(length, Use::Doubtful, frame);
    let args = [address.addr() as u64, room.map_or(UNREAD, u64::from), 0];
    let real = || real!(accept as AcceptType, fd, address, length);
    let Some(call) = Recorded::begin(Function::Accept, fd, args, frame) else { return opened(real()) };
    let result = real();
    accepted(call, result, |accepted| filled_in(address, length, room, accepted, frame))
}

/// Only streams are accepted; message queues of SOCK_SEQPACKET answer the questions of streams as well.
fn opened(fd: c_int) -> c_int {
    if fd >= 0 {
        tracked::opened(fd, true);
    }
    fd
}

/// Records what was accepted, with the addresses of both ends.
#[inline(always)]
fn accepted(mut call: Recorded, fd: c_int, capture: impl FnOnce(bool) -> Option<Captured>) -> c_int {
    call.returned(fd);
    if opened(fd) < 0 {
        call.append(&[]);
        return fd;
    }
    let captured = capture(true);
    let (mut own, mut peer) = ([0; ADDRESS_BYTES], [0; ADDRESS_BYTES]);
    let connected_by;
    let mut sections = Sections::new();
    match &captured {
        Some(captured) => sections.add(captured.section()),
        None => {
            add_name(section::PEER_NAME, fd, &mut peer, &mut sections);
        }
    }
    // A client over AF_UNIX has no name to be known by, but a process.
    if add_name(section::OWN_NAME, fd, &mut own, &mut sections) == Some(libc::AF_UNIX)
        && let Some(process) = raw::peer_process(fd)
    {
        connected_by = [process];
        sections.add(call::words(section::PEER_PROCESS, &connected_by));
    }
    call.append(sections.all());
    fd
}

pub(crate) extern "C-unwind" fn accept4(
    fd: c_int,
    address: *mut sockaddr,
    length: *mut socklen_t,
    flags: c_int,
    frame: Frame,
) -> c_int {
    let room = length_at(length, Use::Doubtful, frame);
    let args = [address.addr() as u64, room.map_or(UNREAD, u64::from), word(flags)];
    let real = || real!(accept4 as Accept4Type, fd, address, length, flags);
    let Some(call) = Recorded::begin(Function::Accept4, fd, args, frame) else { return opened(real()) };
    let result = real();
    accepted(call, result, |accepted| filled_in(address, length, room, accepted, frame))
}

pub(crate) extern "C-unwind" fn getsockname(
    fd: c_int,
    address: *mut sockaddr,
    length: *mut socklen_t,
    frame: Frame,
) -> c_int {
    let real = || real!(getsockname as AcceptType, fd, address, length);
    name(Function::Getsockname, fd, address, length, frame, real)
}

pub(crate) extern "C-unwind" fn getpeername(
    fd: c_int,
    address: *mut sockaddr,
    length: *mut socklen_t,
    frame: Frame,
) -> c_int {
    let real = || real!(getpeername as AcceptType, fd, address, length);
    name(Function::Getpeername, fd, address, length, frame, real)
}

fn name(
    function: Function,
    fd: c_int,
    address: *mut sockaddr,
    length: *mut socklen_t,
    frame: Frame,
    real: impl FnOnce() -> c_int,
) -> c_int {
    let room = length_at(length, Use::Doubtful, frame);
    let args = [address.addr() as u64, room.map_or(UNREAD, u64::from), 0];
    record_with(function, fd, args, frame, real, |known| filled_in(address, length, room, known, frame))
}

pub(crate) extern "C-unwind" fn bindresvport(fd: c_int, address: *mut sockaddr, frame: Frame) -> c_int {
    let args = [address.addr() as u64, 0, 0];
    let length = size_of::<libc::sockaddr_in>() as socklen_t;
    let capture = |bound| if address.is_null() { None } else { passed(address, length, Use::written_by(bound), frame) };
    record_with(Function::Bindresvport, fd, args, frame, || real!(bindresvport as NameType, fd, address), capture)
}

pub(crate) extern "C-unwind" fn sockatmark(fd: c_int, frame: Frame) -> c_int {
    record(Function::Sockatmark, fd, [0; 3], frame, || real!(sockatmark as Plain1, fd))
}

pub(crate) extern "C-unwind" fn isfdtype(fd: c_int, kind: c_int, frame: Frame) -> c_int {
    record(Function::Isfdtype, fd, [word(kind), 0, 0], frame, || real!(isfdtype as Plain2, fd, kind))
}

/// The address as it was before the call, which may have taken long enough for the program to free it. Only where it could
/// not be read then, and the kernel has just read it, it is read now.
fn read_again(
    before: Option<Captured>,
    address: *const sockaddr,
    length: socklen_t,
    succeeded: bool,
    frame: Frame,
) -> Option<Captured> {
    match before {
        Some(before) if succeeded && before.is_unreadable() => passed(address, length, Use::Read, frame),
        before => before,
    }
}

/// The address that the program passed. A length beyond any address is not believed.
pub(crate) fn passed(address: *const sockaddr, length: socklen_t, used: Use, frame: Frame) -> Option<Captured> {
    let believed = if length as usize <= crate::memory::ADDRESS_BYTES { length as usize } else { 0 };
    (length > 0).then(|| Captured::read(section::ADDRESS, length, address.cast(), believed, used, frame))
}

/// The address that the kernel filled in: of its `length` bytes as many as the program had `room` for.
pub(crate) fn filled_in(
    address: *const sockaddr,
    length: *const socklen_t,
    room: Option<u32>,
    accepted: bool,
    frame: Frame,
) -> Option<Captured> {
    if !accepted || address.is_null() {
        return None;
    }
    let (room, length) = (room?, length_at(length, Use::Written, frame)?);
    Some(Captured::read(
        section::ADDRESS_RESULT,
        length,
        address.cast(),
        room.min(length) as usize,
        Use::Written,
        frame,
    ))
}
