//! How two sockets find each other: bind, listen, accept, connect, and the addresses of both ends.
//!
//! Addresses are bytes in the kernel's form; only the kernel reads and writes them ([`memory`](crate::memory)).

use crate::differences::ACCEPT_CLOSE_ON_EXEC;
use crate::error::Errno;
use crate::last_call::{Call, failed, failed_with_address, word};
use crate::memory::{AddressFromKernel, ToKernel};
use crate::sys;
use core::ffi::c_int;

/// Gives the socket its own address.
///
/// # Errors
///
/// Those of `bind(2)`.
#[inline(always)]
pub fn bind(fd: c_int, address: ToKernel<'_>) -> Result<(), Errno> {
    let arguments = [word(fd), address.start().addr(), address.length()];
    sys::bind(fd, address).map_err(|errno| failed_with_address(Call::Bind, errno, &arguments))
}

/// Makes the socket one that accepts connections.
///
/// # Errors
///
/// Those of `listen(2)`.
#[inline(always)]
pub fn listen(fd: c_int, backlog: c_int) -> Result<(), Errno> {
    let arguments = [word(fd), word(backlog)];
    sys::listen(fd, backlog).map_err(|errno| failed(Call::Listen, errno, &arguments))
}

/// Takes the next connection that waits, as a new descriptor that is closed on `exec`.
///
/// # Errors
///
/// Those of `accept(2)`.
#[inline(always)]
pub fn accept(fd: c_int, peer: AddressFromKernel<'_>) -> Result<c_int, Errno> {
    let arguments = [word(fd), peer.address().addr(), peer.length().addr()];
    sys::accept4(fd, &peer, ACCEPT_CLOSE_ON_EXEC.flag).map_err(|errno| failed(Call::Accept, errno, &arguments))
}

/// Takes the next connection that waits, exactly as libc does.
///
/// # Errors
///
/// Those of `accept(2)`.
#[inline(always)]
pub fn accept_as_libc(fd: c_int, peer: AddressFromKernel<'_>) -> Result<c_int, Errno> {
    let arguments = [word(fd), peer.address().addr(), peer.length().addr()];
    sys::accept(fd, &peer).map_err(|errno| failed(Call::Accept, errno, &arguments))
}

/// Takes the next connection that waits, as a new descriptor that is closed on `exec` and has what `flags` asks for.
///
/// # Errors
///
/// Those of `accept4(2)`.
#[inline(always)]
pub fn accept4(fd: c_int, peer: AddressFromKernel<'_>, flags: c_int) -> Result<c_int, Errno> {
    let arguments = [word(fd), peer.address().addr(), peer.length().addr(), word(flags)];
    sys::accept4(fd, &peer, flags | ACCEPT_CLOSE_ON_EXEC.flag).map_err(|errno| failed(Call::Accept4, errno, &arguments))
}

/// Takes the next connection that waits, with `flags`, exactly as libc does.
///
/// # Errors
///
/// Those of `accept4(2)`.
#[inline(always)]
pub fn accept4_as_libc(fd: c_int, peer: AddressFromKernel<'_>, flags: c_int) -> Result<c_int, Errno> {
    let arguments = [word(fd), peer.address().addr(), peer.length().addr(), word(flags)];
    sys::accept4(fd, &peer, flags).map_err(|errno| failed(Call::Accept4, errno, &arguments))
}

/// Connects the socket to a peer's address.
///
/// # Errors
///
/// Those of `connect(2)`.
#[inline(always)]
pub fn connect(fd: c_int, address: ToKernel<'_>) -> Result<(), Errno> {
    let arguments = [word(fd), address.start().addr(), address.length()];
    sys::connect(fd, address).map_err(|errno| failed_with_address(Call::Connect, errno, &arguments))
}

/// Tells the socket's own address.
///
/// # Errors
///
/// Those of `getsockname(2)`.
#[inline(always)]
pub fn getsockname(fd: c_int, own: AddressFromKernel<'_>) -> Result<(), Errno> {
    let arguments = [word(fd), own.address().addr(), own.length().addr()];
    sys::getsockname(fd, &own).map_err(|errno| failed(Call::GetSockName, errno, &arguments))
}

/// Tells the address of the peer that the socket is connected to.
///
/// # Errors
///
/// Those of `getpeername(2)`.
#[inline(always)]
pub fn getpeername(fd: c_int, peer: AddressFromKernel<'_>) -> Result<(), Errno> {
    let arguments = [word(fd), peer.address().addr(), peer.length().addr()];
    sys::getpeername(fd, &peer).map_err(|errno| failed(Call::GetPeerName, errno, &arguments))
}
