//! Hooks that make descriptors into streams of stdio and end them. What a stream does in between, libc does without passing
//! here: a socket behind one is left to it.

use core::ffi::{c_char, c_int};

use bsock_recording::function::Function;
use libc::FILE;

use crate::call::{Frame, Recorded, record};
use crate::next::real;
use crate::tracked;

type FdopenType = unsafe extern "C-unwind" fn(c_int, *const c_char) -> *mut FILE;
type FcloseType = unsafe extern "C-unwind" fn(*mut FILE) -> c_int;
type FcloseallType = unsafe extern "C-unwind" fn() -> c_int;
type FreopenType = unsafe extern "C-unwind" fn(*const c_char, *const c_char, *mut FILE) -> *mut FILE;

/// A stream as a result: NULL is a failure.
pub(crate) fn number(stream: *mut FILE) -> i64 {
    if stream.is_null() { -1 } else { stream.addr() as i64 }
}

/// The descriptor of a stream, -1 if it has none.
fn descriptor(stream: *mut FILE) -> c_int {
    // SAFETY: errno is the calling thread's; `fileno` sets it for a stream of memory.
    let errno = unsafe { *libc::__errno_location() };
    // SAFETY: the stream is the program's, which passes it to a function that looks deeper into it. No lock is taken.
    let fd = unsafe { libc::fileno(stream) };
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = errno };
    fd
}

/// args: 1 if the descriptor is a socket, as far as is known.
pub(crate) extern "C-unwind" fn fdopen(fd: c_int, how: *const c_char, frame: Frame) -> *mut FILE {
    let real = || real!(fdopen as FdopenType, fd, how);
    let args = [u64::from(tracked::is_socket(fd)), 0, 0];
    let Some(mut call) = Recorded::begin(Function::Fdopen, fd, args, frame) else { return real() };
    let stream = real();
    call.returned(number(stream));
    call.append(&[]);
    stream
}

pub(crate) extern "C-unwind" fn fclose(stream: *mut FILE, frame: Frame) -> c_int {
    let fd = descriptor(stream);
    tracked::closed(fd);
    record(Function::Fclose, fd, [0; 3], frame, || real!(fclose as FcloseType, stream))
}

pub(crate) extern "C-unwind" fn pclose(stream: *mut FILE, frame: Frame) -> c_int {
    let fd = descriptor(stream);
    tracked::closed(fd);
    record(Function::Pclose, fd, [0; 3], frame, || real!(pclose as FcloseType, stream))
}

pub(crate) extern "C-unwind" fn fcloseall(frame: Frame) -> c_int {
    record(Function::Fcloseall, -1, [0; 3], frame, || real!(fcloseall as FcloseallType,))
}

pub(crate) extern "C-unwind" fn freopen(
    path: *const c_char,
    how: *const c_char,
    stream: *mut FILE,
    frame: Frame,
) -> *mut FILE {
    let fd = descriptor(stream);
    tracked::closed(fd);
    let real = || real!(freopen64 as FreopenType, path, how, stream);
    let Some(mut call) = Recorded::begin(Function::Freopen, fd, [0; 3], frame) else { return real() };
    let new = real();
    call.returned(if new.is_null() { -1 } else { i64::from(descriptor(new)) });
    call.append(&[]);
    new
}
