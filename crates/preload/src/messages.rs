//! Hooks of calls that take a vector of buffers, or a message: name, buffers, control messages and flags in one structure.
//!
//! What the structure points to is read when the call has returned: in place where the kernel has used it, otherwise, for the
//! few bytes that tell why the call failed, through the kernel. Only the rooms that `recvmsg` overwrites are read before.

use core::ffi::{c_int, c_void};

use bsock_recording::event::UNREAD;
use bsock_recording::function::Function;
use bsock_recording::layout::section;
use bsock_recording::writer::Section;
use libc::{iovec, mmsghdr, msghdr, timespec};

use crate::call::{self, Frame, Recorded, Sections, word};
use crate::memory::{self, ADDRESS_BYTES, Use, view};
use crate::next::real;
use crate::payload::{self, Moved};
use crate::tracked;
use crate::transfer::only_on_files;

type VectorType = unsafe extern "C-unwind" fn(c_int, *const iovec, c_int) -> isize;
type VectorAtType = unsafe extern "C-unwind" fn(c_int, *const iovec, c_int, i64) -> isize;
type VectorAt2Type = unsafe extern "C-unwind" fn(c_int, *const iovec, c_int, i64, c_int) -> isize;
type VmspliceType = unsafe extern "C-unwind" fn(c_int, *const iovec, usize, u32) -> isize;
type MessageType = unsafe extern "C-unwind" fn(c_int, *const msghdr, c_int) -> isize;
type SendmmsgType = unsafe extern "C-unwind" fn(c_int, *mut mmsghdr, u32, c_int) -> c_int;
type RecvmmsgType = unsafe extern "C-unwind" fn(c_int, *mut mmsghdr, u32, c_int, *mut timespec) -> c_int;

/// As many buffers of a vector are recorded, as many bytes of control messages, descriptors in them, and messages.
const BUFFERS: usize = 8;
const CONTROL_BYTES: usize = 256;
const RIGHTS: usize = 16;
const MESSAGES: usize = 32;

/// The kernel takes no more buffers than this, so no vector that it has used is longer.
const MOST_BUFFERS: usize = 1024;

/// The bytes that a vector has room for, and its first buffers; [`UNREAD`] where that would take reading too much.
fn vector(
    buffers: *const iovec,
    count: usize,
    used: Use,
    scratch: &mut [u8; 16 * BUFFERS],
    frame: Frame,
) -> (u64, Option<&[u8]>) {
    let count = count.min(MOST_BUFFERS);
    let all = count <= BUFFERS || memory::stays(buffers.cast(), 16 * count, used, frame);
    let known = if all { count } else { BUFFERS };
    let bytes = view(buffers.cast(), 16 * known, used, scratch, frame);
    let lengths = bytes.unwrap_or(&[]).chunks_exact(16).filter_map(|buffer| buffer.last_chunk().copied());
    let total = lengths.map(u64::from_ne_bytes).fold(0, u64::saturating_add);
    let whole = known == count && (bytes.is_some() || count == 0);
    let first = bytes.map(|bytes| bytes.get(..16 * BUFFERS).unwrap_or(bytes));
    (if whole { total } else { UNREAD }, first)
}

fn of_vector(
    function: Function,
    fd: c_int,
    buffers: *const iovec,
    count: c_int,
    frame: Frame,
    real: impl FnOnce() -> isize,
) -> isize {
    let args = [buffers.addr() as u64, UNREAD, word(count)];
    let Some(mut call) = Recorded::begin(function, fd, args, frame) else { return real() };
    let result = real();
    call.returned(result);
    let mut scratch = [0; 16 * BUFFERS];
    let count = usize::try_from(count).unwrap_or(0);
    let (total, first) = vector(buffers, count, Use::read_by(result >= 0), &mut scratch, frame);
    call.line.args = [buffers.addr() as u64, total, count as u64];
    let mut sections = Sections::new();
    sections.add_bytes(section::VECTOR, count, first);
    payload::append_with(&mut call, beginning(first), &mut sections, frame);
    result
}

/// Of a vector only what the first buffer that is not empty holds is recorded.
fn beginning(vector: Option<&[u8]>) -> Moved {
    let word = |bytes: Option<&[u8; 8]>| bytes.map_or(0, |bytes| usize::from_ne_bytes(*bytes));
    let mut buffers =
        vector.unwrap_or(&[]).chunks_exact(16).map(|both| (word(both.first_chunk()), word(both.last_chunk())));
    let (address, length) = buffers.find(|(_, length)| *length > 0).unwrap_or((0, 0));
    Moved { buffer: address as *const c_void, length, used: Use::Doubtful }
}

pub(crate) extern "C-unwind" fn readv(fd: c_int, buffers: *const iovec, count: c_int, frame: Frame) -> isize {
    of_vector(Function::Readv, fd, buffers, count, frame, || real!(readv as VectorType, fd, buffers, count))
}

pub(crate) extern "C-unwind" fn writev(fd: c_int, buffers: *const iovec, count: c_int, frame: Frame) -> isize {
    of_vector(Function::Writev, fd, buffers, count, frame, || real!(writev as VectorType, fd, buffers, count))
}

pub(crate) extern "C-unwind" fn vmsplice(
    fd: c_int,
    buffers: *const iovec,
    count: usize,
    flags: u32,
    frame: Frame,
) -> isize {
    let args = [buffers.addr() as u64, count as u64, u64::from(flags)];
    call::record(Function::Vmsplice, fd, args, frame, || real!(vmsplice as VmspliceType, fd, buffers, count, flags))
}

fn at(buffers: *const iovec, count: c_int, offset: i64) -> [u64; 3] {
    [buffers.addr() as u64, word(count), offset as u64]
}

pub(crate) extern "C-unwind" fn preadv(
    fd: c_int,
    buffers: *const iovec,
    count: c_int,
    offset: i64,
    frame: Frame,
) -> isize {
    let real = || real!(preadv64 as VectorAtType, fd, buffers, count, offset);
    only_on_files(Function::Preadv, fd, at(buffers, count, offset), frame, real)
}

pub(crate) extern "C-unwind" fn pwritev(
    fd: c_int,
    buffers: *const iovec,
    count: c_int,
    offset: i64,
    frame: Frame,
) -> isize {
    let real = || real!(pwritev64 as VectorAtType, fd, buffers, count, offset);
    only_on_files(Function::Pwritev, fd, at(buffers, count, offset), frame, real)
}

/// With the offset -1 it is `readv`, and works on sockets.
pub(crate) extern "C-unwind" fn preadv2(
    fd: c_int,
    buffers: *const iovec,
    count: c_int,
    offset: i64,
    flags: c_int,
    frame: Frame,
) -> isize {
    let real = || real!(preadv64v2 as VectorAt2Type, fd, buffers, count, offset, flags);
    match offset {
        -1 => of_vector(Function::Readv, fd, buffers, count, frame, real),
        _ => only_on_files(Function::Preadv, fd, at(buffers, count, offset), frame, real),
    }
}

/// With the offset -1 it is `writev`, and works on sockets.
pub(crate) extern "C-unwind" fn pwritev2(
    fd: c_int,
    buffers: *const iovec,
    count: c_int,
    offset: i64,
    flags: c_int,
    frame: Frame,
) -> isize {
    let real = || real!(pwritev64v2 as VectorAt2Type, fd, buffers, count, offset, flags);
    match offset {
        -1 => of_vector(Function::Writev, fd, buffers, count, frame, real),
        _ => only_on_files(Function::Pwritev, fd, at(buffers, count, offset), frame, real),
    }
}

/// The descriptors in control messages, and what sockets they are.
struct Rights {
    fds: [c_int; RIGHTS],
    cookies: [u64; RIGHTS],
    used: usize,
}

impl Rights {
    fn of(mut control: &[u8]) -> Self {
        let mut rights = Self { fds: [-1; RIGHTS], cookies: [0; RIGHTS], used: 0 };
        while let Some((header, rest)) = control.split_at_checked(16) {
            let length = header.first_chunk().copied().map_or(0, usize::from_ne_bytes);
            let Some(length) = length.checked_sub(16) else { break };
            if header.get(8..) == Some(SOCKET_RIGHTS) {
                rest.get(..length.min(rest.len())).unwrap_or(&[]).chunks_exact(4).for_each(|fd| rights.add(fd));
            }
            control = length.checked_next_multiple_of(8).and_then(|next| rest.get(next..)).unwrap_or(&[]);
        }
        rights
    }

    fn add(&mut self, bytes: &[u8]) {
        let fd = bytes.first_chunk().copied().map_or(-1, c_int::from_ne_bytes);
        if let (Some(into), Some(cookie)) = (self.fds.get_mut(self.used), self.cookies.get_mut(self.used)) {
            (*into, *cookie) = (fd, tracked::cookie(fd));
            self.used += 1;
        }
    }

    fn fds(&self) -> &[c_int] {
        self.fds.get(..self.used).unwrap_or(&[])
    }

    fn add_to<'a>(&'a self, sections: &mut Sections<'a>) {
        if self.used > 0 {
            sections.add(call::ints(section::DESCRIPTORS, self.fds()));
            sections.add(call::words(section::COOKIES, self.cookies.get(..self.used).unwrap_or(&[])));
        }
    }
}

/// Level and type of the control message that passes descriptors: SOL_SOCKET, SCM_RIGHTS.
const SOCKET_RIGHTS: &[u8] = &[1, 0, 0, 0, 1, 0, 0, 0];

/// Room for what of a message has to be copied.
struct Scratch {
    name: [u8; ADDRESS_BYTES],
    buffers: [u8; 16 * BUFFERS],
    control: [u8; CONTROL_BYTES],
}

impl Scratch {
    const fn new() -> Self {
        Self { name: [0; ADDRESS_BYTES], buffers: [0; 16 * BUFFERS], control: [0; CONTROL_BYTES] }
    }
}

/// The first `most` bytes: what a record holds of it.
fn first(bytes: Option<&[u8]>, most: usize) -> Option<&[u8]> {
    bytes.map(|bytes| bytes.get(..most).unwrap_or(bytes))
}

pub(crate) extern "C-unwind" fn sendmsg(fd: c_int, message: *const msghdr, flags: c_int, frame: Frame) -> isize {
    let args = [message.addr() as u64, UNREAD, word(flags)];
    let real = || real!(sendmsg as MessageType, fd, message, flags);
    let Some(mut call) = Recorded::begin(Function::Sendmsg, fd, args, frame) else { return real() };
    let result = real();
    call.returned(result);
    let used = Use::read_by(result >= 0);
    let Some(header) = memory::copy(message, used, frame) else {
        call.append(&[]);
        return result;
    };
    let Scratch { mut name, mut buffers, mut control } = Scratch::new();
    let (total, vector) = vector(header.msg_iov, header.msg_iovlen, used, &mut buffers, frame);
    call.line.args = [message.addr() as u64, total, word(flags)];
    let mut sections = Sections::new();
    let passed = passed_name(&header, used, &mut name, frame);
    sections.add_bytes(section::ADDRESS, header.msg_namelen as usize, passed);
    sections.add_bytes(section::VECTOR, header.msg_iovlen, vector);
    let control = view(header.msg_control, header.msg_controllen, used, &mut control, frame);
    let control = first(control, CONTROL_BYTES);
    sections.add_bytes(section::CONTROL, header.msg_controllen, control);
    let rights = Rights::of(control.unwrap_or(&[]));
    rights.add_to(&mut sections);
    payload::append_with(&mut call, beginning(vector), &mut sections, frame);
    result
}

/// The name that a message is to go to.
fn passed_name<'a>(header: &msghdr, used: Use, into: &'a mut [u8], frame: Frame) -> Option<&'a [u8]> {
    let length = header.msg_namelen as usize;
    if length > ADDRESS_BYTES { None } else { view(header.msg_name, length, used, into, frame) }
}

pub(crate) extern "C-unwind" fn recvmsg(fd: c_int, message: *const msghdr, flags: c_int, frame: Frame) -> isize {
    let args = [message.addr() as u64, UNREAD, word(flags)];
    let real = || real!(recvmsg as MessageType, fd, message, flags);
    let before = memory::copy(message, Use::Doubtful, frame);
    let Some(mut call) = Recorded::begin(Function::Recvmsg, fd, args, frame) else { return real() };
    let result = real();
    call.returned(result);
    let Some(before) = before else {
        call.append(&[]);
        return result;
    };
    let mut buffers = [0; 16 * BUFFERS];
    let (total, vector) = vector(before.msg_iov, before.msg_iovlen, Use::read_by(result >= 0), &mut buffers, frame);
    call.line.args = [message.addr() as u64, total, word(flags)];
    let more = [u64::from(before.msg_namelen), before.msg_controllen as u64];
    let mut sections = Sections::new();
    sections.add(call::words(section::MORE, &more));
    sections.add_bytes(section::VECTOR, before.msg_iovlen, vector);
    let after = memory::written(message, result >= 0, frame);
    let Some(after) = after else {
        call.append(sections.all());
        return result;
    };
    let flags_after = [after.msg_flags as u32 as u64];
    sections.add(call::words(section::AFTER, &flags_after));
    sections.add_bytes(section::ADDRESS_RESULT, after.msg_namelen as usize, received_name(&before, &after, frame));
    // The kernel has written as much as `after` says, into no more room than `before` said.
    let length = after.msg_controllen.min(before.msg_controllen);
    let control = first(view(before.msg_control, length, Use::Written, &mut [], frame), CONTROL_BYTES);
    sections.add_bytes(section::CONTROL_RESULT, after.msg_controllen, control);
    let rights = Rights::of(control.unwrap_or(&[]));
    rights.fds().iter().for_each(|fd| tracked::arrived(*fd));
    rights.add_to(&mut sections);
    payload::append_with(&mut call, beginning(vector), &mut sections, frame);
    result
}

/// The name that a message came from: of its bytes as many as there was room for.
fn received_name(before: &msghdr, after: &msghdr, frame: Frame) -> Option<&'static [u8]> {
    let length = after.msg_namelen.min(before.msg_namelen) as usize;
    view(before.msg_name, length.min(ADDRESS_BYTES), Use::Written, &mut [], frame)
}

pub(crate) extern "C-unwind" fn sendmmsg(
    fd: c_int,
    messages: *mut mmsghdr,
    count: u32,
    flags: c_int,
    frame: Frame,
) -> c_int {
    let real = || real!(sendmmsg as SendmmsgType, fd, messages, count, flags);
    of_messages(Function::Sendmmsg, fd, messages, count, flags, frame, real)
}

pub(crate) extern "C-unwind" fn recvmmsg(
    fd: c_int,
    messages: *mut mmsghdr,
    count: u32,
    flags: c_int,
    timeout: *mut timespec,
    frame: Frame,
) -> c_int {
    let real = || real!(recvmmsg as RecvmmsgType, fd, messages, count, flags, timeout);
    of_messages(Function::Recvmmsg, fd, messages, count, flags, frame, real)
}

/// Of a vector of messages: what became of each, and name and buffers of the first.
fn of_messages(
    function: Function,
    fd: c_int,
    messages: *mut mmsghdr,
    count: u32,
    flags: c_int,
    frame: Frame,
    real: impl FnOnce() -> c_int,
) -> c_int {
    let args = [messages.addr() as u64, u64::from(count), word(flags)];
    let receives = function == Function::Recvmmsg;
    let before = if receives { memory::copy(messages, Use::Doubtful, frame) } else { None };
    let Some(mut call) = Recorded::begin(function, fd, args, frame) else { return real() };
    let result = real();
    call.returned(result);
    let done = usize::try_from(result).unwrap_or(0);
    let mut results = [0; MESSAGES];
    let seen = view(messages.cast(), size_of::<mmsghdr>() * done.min(MESSAGES), Use::Written, &mut [], frame);
    for (into, message) in results.iter_mut().zip(seen.unwrap_or(&[]).chunks_exact(size_of::<mmsghdr>())) {
        let word = |at: usize| message.get(at..at + 4).and_then(|bytes| bytes.first_chunk().copied());
        let [bytes, flags] = [MESSAGE_BYTES, MESSAGE_FLAGS].map(|at| word(at).map_or(0, u32::from_ne_bytes));
        *into = u64::from(bytes) | u64::from(flags) << 32;
    }
    let mut sections = Sections::new();
    if let Some(results) = results.get(..done.min(MESSAGES)).filter(|results| !results.is_empty()) {
        let Section { bytes, .. } = call::words(section::MESSAGES, results);
        sections.add_bytes(section::MESSAGES, done, Some(bytes));
    }
    // The kernel wrote into each header of those that were done, and has read what they point to.
    let used = Use::read_by(done > 0);
    let first_message =
        memory::copy(messages, Use::written_by(done > 0), frame).map(|message| message.msg_hdr).filter(|_| count > 0);
    let Scratch { mut name, mut buffers, .. } = Scratch::new();
    if let Some(header) = first_message {
        let (_, vector) = vector(header.msg_iov, header.msg_iovlen, used, &mut buffers, frame);
        match before {
            Some(before) if done > 0 => {
                let from = received_name(&before.msg_hdr, &header, frame);
                sections.add_bytes(section::ADDRESS_RESULT, header.msg_namelen as usize, from);
            }
            None if !receives => {
                let to = passed_name(&header, used, &mut name, frame);
                sections.add_bytes(section::ADDRESS, header.msg_namelen as usize, to);
            }
            _ => {}
        }
        sections.add_bytes(section::VECTOR, header.msg_iovlen, vector);
    }
    call.append(sections.all());
    result
}

const MESSAGE_BYTES: usize = core::mem::offset_of!(mmsghdr, msg_len);
const MESSAGE_FLAGS: usize = core::mem::offset_of!(mmsghdr, msg_hdr) + core::mem::offset_of!(msghdr, msg_flags);

const _: () = assert!(size_of::<iovec>() == 16 && size_of::<c_void>() == 1);
