//! The life of a socket: made, alone or in a pair, shut down, closed.
//!
//! Descriptors are plain numbers here, as they are for the kernel and for C: what this module is given may be -1,
//! closed, or somebody else's file, and the kernel answers all of that. A function ending in `_as_libc` has none of the
//! [differences](crate::differences).

use crate::differences::SOCKET_CLOSE_ON_EXEC;
use crate::error::Errno;
use crate::last_call::{Call, failed, word};
use crate::memory::PairFromKernel;
use crate::sys;
use core::ffi::c_int;

/// Makes a socket that is closed on `exec`.
///
/// # Errors
///
/// Those of `socket(2)`.
#[inline(always)]
pub fn socket(domain: c_int, kind: c_int, protocol: c_int) -> Result<c_int, Errno> {
    let arguments = [word(domain), word(kind), word(protocol)];
    sys::socket(domain, kind | SOCKET_CLOSE_ON_EXEC.flag, protocol)
        .map_err(|errno| failed(Call::Socket, errno, &arguments))
}

/// Makes a socket exactly as libc does.
///
/// # Errors
///
/// Those of `socket(2)`.
#[inline(always)]
pub fn socket_as_libc(domain: c_int, kind: c_int, protocol: c_int) -> Result<c_int, Errno> {
    let arguments = [word(domain), word(kind), word(protocol)];
    sys::socket(domain, kind, protocol).map_err(|errno| failed(Call::Socket, errno, &arguments))
}

/// Makes two sockets that are connected to each other and closed on `exec`.
///
/// # Errors
///
/// Those of `socketpair(2)`.
#[inline(always)]
pub fn socketpair(domain: c_int, kind: c_int, protocol: c_int, pair: PairFromKernel<'_>) -> Result<(), Errno> {
    let arguments = [word(domain), word(kind), word(protocol), pair.start().addr()];
    sys::socketpair(domain, kind | SOCKET_CLOSE_ON_EXEC.flag, protocol, &pair)
        .map_err(|errno| failed(Call::SocketPair, errno, &arguments))
}

/// Makes two sockets exactly as libc does.
///
/// # Errors
///
/// Those of `socketpair(2)`.
#[inline(always)]
pub fn socketpair_as_libc(domain: c_int, kind: c_int, protocol: c_int, pair: PairFromKernel<'_>) -> Result<(), Errno> {
    let arguments = [word(domain), word(kind), word(protocol), pair.start().addr()];
    sys::socketpair(domain, kind, protocol, &pair).map_err(|errno| failed(Call::SocketPair, errno, &arguments))
}

/// Ends one or both directions of a connection. The descriptor stays open.
///
/// # Errors
///
/// Those of `shutdown(2)`.
#[inline(always)]
pub fn shutdown(fd: c_int, how: c_int) -> Result<(), Errno> {
    let arguments = [word(fd), word(how)];
    sys::shutdown(fd, how).map_err(|errno| failed(Call::Shutdown, errno, &arguments))
}

/// Gives the descriptor back. Whatever the answer, it is closed afterwards unless it never was open.
///
/// # Errors
///
/// Those of `close(2)`.
#[inline(always)]
pub fn close(fd: c_int) -> Result<(), Errno> {
    let arguments = [word(fd)];
    sys::close(fd).map_err(|errno| failed(Call::Close, errno, &arguments))
}
