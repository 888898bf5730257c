//! Bytes to a peer and from it: send and recv.

use crate::differences::NO_SIGPIPE;
use crate::error::Errno;
use crate::last_call::{Call, failed, word};
use crate::memory::{FromKernel, ToKernel};
use crate::sys;
use core::ffi::c_int;

/// Sends, and answers how much of it was taken. A peer that is gone is an error and never a signal.
///
/// # Errors
///
/// Those of `send(2)`.
#[inline(always)]
pub fn send(fd: c_int, data: ToKernel<'_>, flags: c_int) -> Result<usize, Errno> {
    let arguments = [word(fd), data.start().addr(), data.length(), word(flags)];
    sys::send(fd, data, flags | NO_SIGPIPE.flag).map_err(|errno| failed(Call::Send, errno, &arguments))
}

/// Sends exactly as libc does.
///
/// # Errors
///
/// Those of `send(2)`.
#[inline(always)]
pub fn send_as_libc(fd: c_int, data: ToKernel<'_>, flags: c_int) -> Result<usize, Errno> {
    let arguments = [word(fd), data.start().addr(), data.length(), word(flags)];
    sys::send(fd, data, flags).map_err(|errno| failed(Call::Send, errno, &arguments))
}

/// Receives, and answers how much arrived. On a stream, 0 says that the peer has ended its direction.
///
/// # Errors
///
/// Those of `recv(2)`.
#[inline(always)]
pub fn recv(fd: c_int, into: FromKernel<'_>, flags: c_int) -> Result<usize, Errno> {
    let arguments = [word(fd), into.start().addr(), into.length(), word(flags)];
    sys::recv(fd, &into, flags).map_err(|errno| failed(Call::Recv, errno, &arguments))
}
