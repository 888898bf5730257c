//! Hooks that move bytes. They read none of them: only where they lie and how many they are.

use core::ffi::{c_int, c_void};

use bsock_recording::function::Function;

use crate::call::{Frame, record};
use crate::next::real;

type SendType = unsafe extern "C-unwind" fn(c_int, *const c_void, usize, c_int) -> isize;
type RecvType = unsafe extern "C-unwind" fn(c_int, *mut c_void, usize, c_int) -> isize;
type WriteType = unsafe extern "C-unwind" fn(c_int, *const c_void, usize) -> isize;
type ReadType = unsafe extern "C-unwind" fn(c_int, *mut c_void, usize) -> isize;

fn args(buffer: *const c_void, length: usize, flags: c_int) -> [u64; 3] {
    [buffer.addr() as u64, length as u64, i64::from(flags) as u64]
}

pub(crate) extern "C-unwind" fn send(
    fd: c_int,
    buffer: *const c_void,
    length: usize,
    flags: c_int,
    frame: Frame,
) -> isize {
    let real = || real!(send as SendType, fd, buffer, length, flags);
    record(Function::Send, fd, args(buffer, length, flags), frame, real)
}

pub(crate) extern "C-unwind" fn recv(
    fd: c_int,
    buffer: *mut c_void,
    length: usize,
    flags: c_int,
    frame: Frame,
) -> isize {
    let real = || real!(recv as RecvType, fd, buffer, length, flags);
    record(Function::Recv, fd, args(buffer, length, flags), frame, real)
}

pub(crate) extern "C-unwind" fn write(fd: c_int, buffer: *const c_void, length: usize, frame: Frame) -> isize {
    record(Function::Write, fd, args(buffer, length, 0), frame, || real!(write as WriteType, fd, buffer, length))
}

pub(crate) extern "C-unwind" fn read(fd: c_int, buffer: *mut c_void, length: usize, frame: Frame) -> isize {
    record(Function::Read, fd, args(buffer, length, 0), frame, || real!(read as ReadType, fd, buffer, length))
}
