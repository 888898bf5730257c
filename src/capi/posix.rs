//! The functions behind `bsock_posix.h`: POSIX's results, -1 and errno, and nothing different from libc, except that a
//! failure is remembered for `bsock_explain`.
//!
//! A program never writes these names; the header lets the compiler put them in the place of POSIX's.

use super::IntoNumber;
use crate::memory::{AddressFromKernel, FromKernel, ToKernel};
use crate::{connection, socket, transfer};
use core::ffi::{c_int, c_void};
use libc::{sockaddr, socklen_t, ssize_t};

/// `socket()`.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn bsock_posix_socket(domain: c_int, kind: c_int, protocol: c_int) -> c_int {
    socket::socket_as_libc(domain, kind, protocol).into_posix()
}

/// `bind()`.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn bsock_posix_bind(sockfd: c_int, addr: *const sockaddr, addrlen: socklen_t) -> c_int {
    connection::bind(sockfd, ToKernel::from_raw(addr.cast(), addrlen as usize)).into_posix()
}

/// `listen()`.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn bsock_posix_listen(sockfd: c_int, backlog: c_int) -> c_int {
    connection::listen(sockfd, backlog).into_posix()
}

/// `accept()`.
///
/// # Safety
/// As for `bsock_accept`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_posix_accept(
    sockfd: c_int,
    addr: *mut sockaddr,
    addrlen: *mut socklen_t,
) -> c_int {
    // SAFETY: the caller's promise.
    let peer = unsafe { AddressFromKernel::from_raw(addr, addrlen) };
    connection::accept_as_libc(sockfd, peer).into_posix()
}

/// `connect()`.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn bsock_posix_connect(sockfd: c_int, addr: *const sockaddr, addrlen: socklen_t) -> c_int {
    connection::connect(sockfd, ToKernel::from_raw(addr.cast(), addrlen as usize)).into_posix()
}

/// `send()`.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn bsock_posix_send(sockfd: c_int, buf: *const c_void, len: usize, flags: c_int) -> ssize_t {
    transfer::send_as_libc(sockfd, ToKernel::from_raw(buf, len), flags).into_posix()
}

/// `recv()`.
///
/// # Safety
/// As for `bsock_recv`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_posix_recv(sockfd: c_int, buf: *mut c_void, len: usize, flags: c_int) -> ssize_t {
    // SAFETY: the caller's promise.
    let into = unsafe { FromKernel::from_raw(buf, len) };
    transfer::recv(sockfd, into, flags).into_posix()
}

/// `shutdown()`.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn bsock_posix_shutdown(sockfd: c_int, how: c_int) -> c_int {
    socket::shutdown(sockfd, how).into_posix()
}

/// `close()`.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn bsock_posix_close(fd: c_int) -> c_int {
    socket::close(fd).into_posix()
}
