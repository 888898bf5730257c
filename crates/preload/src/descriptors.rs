//! Hooks that copy, mark and close descriptors, whatever they refer to: a socket may be among them.

use core::ffi::{c_int, c_ulong, c_void};

use bsock_recording::function::Function;
use bsock_recording::layout::section;

use crate::call::{self, Frame, Recorded, Sections, record, word};
use crate::memory::{self, Use};
use crate::next::real;
use crate::tracked;

type Plain1 = unsafe extern "C-unwind" fn(c_int) -> c_int;
type Plain2 = unsafe extern "C-unwind" fn(c_int, c_int) -> c_int;
type Plain3 = unsafe extern "C-unwind" fn(c_int, c_int, c_int) -> c_int;
type FcntlType = unsafe extern "C-unwind" fn(c_int, c_int, ...) -> c_int;
type IoctlType = unsafe extern "C-unwind" fn(c_int, c_ulong, ...) -> c_int;
type RangeType = unsafe extern "C-unwind" fn(u32, u32, c_int) -> c_int;
type FromType = unsafe extern "C-unwind" fn(c_int);

/// `fd` was copied, if `copy` is not -1.
fn copied(fd: c_int, copy: c_int) -> c_int {
    if copy >= 0 && copy != fd {
        tracked::copied(fd, copy);
    }
    copy
}

pub(crate) extern "C-unwind" fn dup(fd: c_int, frame: Frame) -> c_int {
    copied(fd, record(Function::Dup, fd, [0; 3], frame, || real!(dup as Plain1, fd)))
}

pub(crate) extern "C-unwind" fn dup2(fd: c_int, to: c_int, frame: Frame) -> c_int {
    copied(fd, record(Function::Dup2, fd, [word(to), 0, 0], frame, || real!(dup2 as Plain2, fd, to)))
}

pub(crate) extern "C-unwind" fn dup3(fd: c_int, to: c_int, flags: c_int, frame: Frame) -> c_int {
    copied(fd, record(Function::Dup3, fd, [word(to), word(flags), 0], frame, || real!(dup3 as Plain3, fd, to, flags)))
}

/// Variadic in C. A command without a third argument leaves in the register what was there, and so does this: the calling
/// convention passes an int, a pointer and nothing at all alike.
pub(crate) extern "C-unwind" fn fcntl(fd: c_int, command: c_int, argument: u64, frame: Frame) -> c_int {
    let real = || real!(fcntl as FcntlType, fd, command, argument);
    let result = record(Function::Fcntl, fd, [word(command), argument, 0], frame, real);
    if matches!(command, libc::F_DUPFD | libc::F_DUPFD_CLOEXEC) { copied(fd, result) } else { result }
}

/// `SIOCATMARK` and its like: requests of sockets have this in their second byte.
const SOCKET_REQUESTS: u64 = 0x89;
const SIOCATMARK: u64 = 0x8905;
const FIONBIO: u64 = libc::FIONBIO;
const FIOASYNC: u64 = libc::FIOASYNC;
const FIONREAD: u64 = libc::FIONREAD;
const TIOCOUTQ: u64 = libc::TIOCOUTQ;
const FIOCLEX: u64 = libc::FIOCLEX;
const FIONCLEX: u64 = libc::FIONCLEX;

/// As [`fcntl`]. Terminals and devices have requests without number: of those nothing is recorded.
pub(crate) extern "C-unwind" fn ioctl(fd: c_int, request: c_ulong, argument: u64, frame: Frame) -> c_int {
    let real = || real!(ioctl as IoctlType, fd, request, argument);
    let (mut passes, mut answers) = (false, false);
    match request {
        FIONBIO | FIOASYNC => passes = true,
        FIONREAD | TIOCOUTQ | SIOCATMARK => answers = true,
        FIOCLEX | FIONCLEX => {}
        _ if request >> 8 == SOCKET_REQUESTS => {}
        _ => return real(),
    }
    let Some(mut call) = Recorded::begin(Function::Ioctl, fd, [request, argument, 0], frame) else { return real() };
    let result = real();
    call.returned(result);
    let int = argument as *const c_int;
    let value = if passes || answers { memory::copy(int, Use::read_by(result == 0), frame) } else { None };
    let value = value.filter(|_| passes || result == 0).map(|value| [word(value)]);
    let mut sections = Sections::new();
    if let Some(value) = &value {
        sections.add(call::words(if passes { section::MORE } else { section::AFTER }, value));
    }
    call.append(sections.all());
    result
}

/// With this flag nothing is closed.
const CLOSE_RANGE_CLOEXEC: c_int = 4;

pub(crate) extern "C-unwind" fn close_range(first: u32, last: u32, flags: c_int, frame: Frame) -> c_int {
    if flags & CLOSE_RANGE_CLOEXEC == 0 {
        tracked::closed_range(first, last);
    }
    let args = [u64::from(first), u64::from(last), word(flags)];
    record(Function::CloseRange, -1, args, frame, || real!(close_range as RangeType, first, last, flags))
}

pub(crate) extern "C-unwind" fn closefrom(first: c_int, frame: Frame) {
    tracked::closed_range(u32::try_from(first).unwrap_or(0), u32::MAX);
    let real = || {
        real!(closefrom as FromType, first);
        0
    };
    record::<c_int>(Function::Closefrom, -1, [word(first), 0, 0], frame, real);
}

const _: () = assert!(size_of::<*const c_void>() == size_of::<u64>());
