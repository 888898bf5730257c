//! The functions behind `bsock_posix.h`: POSIX's results, -1 and errno, and nothing different from libc, except that a
//! failure is remembered for `bsock_explain`.
//!
//! A program never writes these names; the header lets the compiler put them in the place of POSIX's.

use super::IntoNumber;
use crate::memory::{
    AddressFromKernel, FromKernel, MessageFromKernel, Messages, OptionFromKernel, PairFromKernel, PollSet,
    TimeFromKernel, ToKernel,
};
use crate::{connection, message, option, poll, socket, transfer};
use core::ffi::{c_int, c_uint, c_void};
use libc::{mmsghdr, msghdr, nfds_t, pollfd, sockaddr, socklen_t, ssize_t, timespec};

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

/// `socketpair()`.
///
/// # Safety
/// As for `bsock_socketpair`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_posix_socketpair(
    domain: c_int,
    kind: c_int,
    protocol: c_int,
    sv: *mut c_int,
) -> c_int {
    // SAFETY: the caller's promise.
    let pair = unsafe { PairFromKernel::from_raw(sv) };
    socket::socketpair_as_libc(domain, kind, protocol, pair).into_posix()
}

/// `accept4()`.
///
/// # Safety
/// As for `bsock_accept4`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_posix_accept4(
    sockfd: c_int,
    addr: *mut sockaddr,
    addrlen: *mut socklen_t,
    flags: c_int,
) -> c_int {
    // SAFETY: the caller's promise.
    let peer = unsafe { AddressFromKernel::from_raw(addr, addrlen) };
    connection::accept4_as_libc(sockfd, peer, flags).into_posix()
}

/// `getsockname()`.
///
/// # Safety
/// As for `bsock_getsockname`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_posix_getsockname(
    sockfd: c_int,
    addr: *mut sockaddr,
    addrlen: *mut socklen_t,
) -> c_int {
    // SAFETY: the caller's promise.
    let place = unsafe { AddressFromKernel::from_raw(addr, addrlen) };
    connection::getsockname(sockfd, place).into_posix()
}

/// `getpeername()`.
///
/// # Safety
/// As for `bsock_getpeername`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_posix_getpeername(
    sockfd: c_int,
    addr: *mut sockaddr,
    addrlen: *mut socklen_t,
) -> c_int {
    // SAFETY: the caller's promise.
    let place = unsafe { AddressFromKernel::from_raw(addr, addrlen) };
    connection::getpeername(sockfd, place).into_posix()
}

/// `sendto()`.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn bsock_posix_sendto(
    sockfd: c_int,
    buf: *const c_void,
    len: usize,
    flags: c_int,
    dest_addr: *const sockaddr,
    addrlen: socklen_t,
) -> ssize_t {
    let to = ToKernel::from_raw(dest_addr.cast(), addrlen as usize);
    transfer::sendto_as_libc(sockfd, ToKernel::from_raw(buf, len), flags, to).into_posix()
}

/// `recvfrom()`.
///
/// # Safety
/// As for `bsock_recvfrom`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_posix_recvfrom(
    sockfd: c_int,
    buf: *mut c_void,
    len: usize,
    flags: c_int,
    src_addr: *mut sockaddr,
    addrlen: *mut socklen_t,
) -> ssize_t {
    // SAFETY: the caller's promise.
    let (into, peer) = unsafe { (FromKernel::from_raw(buf, len), AddressFromKernel::from_raw(src_addr, addrlen)) };
    transfer::recvfrom(sockfd, into, flags, peer).into_posix()
}

/// `write()`.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn bsock_posix_write(fd: c_int, buf: *const c_void, count: usize) -> ssize_t {
    transfer::write_as_libc(fd, ToKernel::from_raw(buf, count)).into_posix()
}

/// `read()`.
///
/// # Safety
/// As for `bsock_read`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_posix_read(fd: c_int, buf: *mut c_void, count: usize) -> ssize_t {
    // SAFETY: the caller's promise.
    let into = unsafe { FromKernel::from_raw(buf, count) };
    transfer::read(fd, into).into_posix()
}

/// `sendmsg()`.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn bsock_posix_sendmsg(sockfd: c_int, msg: *const msghdr, flags: c_int) -> ssize_t {
    message::sendmsg_as_libc(sockfd, ToKernel::from_raw(msg.cast(), size_of::<msghdr>()), flags).into_posix()
}

/// `recvmsg()`.
///
/// # Safety
/// As for `bsock_recvmsg`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_posix_recvmsg(sockfd: c_int, msg: *mut msghdr, flags: c_int) -> ssize_t {
    // SAFETY: the caller's promise.
    let message = unsafe { MessageFromKernel::from_raw(msg) };
    message::recvmsg_as_libc(sockfd, message, flags).into_posix()
}

/// `sendmmsg()`.
///
/// # Safety
/// As for `bsock_sendmmsg`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_posix_sendmmsg(
    sockfd: c_int,
    msgvec: *mut mmsghdr,
    vlen: c_uint,
    flags: c_int,
) -> c_int {
    // SAFETY: the caller's promise.
    let messages = unsafe { Messages::from_raw(msgvec, vlen) };
    message::sendmmsg_as_libc(sockfd, messages, flags).into_posix()
}

/// `recvmmsg()`.
///
/// # Safety
/// As for `bsock_recvmmsg`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_posix_recvmmsg(
    sockfd: c_int,
    msgvec: *mut mmsghdr,
    vlen: c_uint,
    flags: c_int,
    timeout: *mut timespec,
) -> c_int {
    // SAFETY: the caller's promise.
    let (messages, timeout) = unsafe { (Messages::from_raw(msgvec, vlen), TimeFromKernel::from_raw(timeout)) };
    message::recvmmsg_as_libc(sockfd, messages, flags, timeout).into_posix()
}

/// `getsockopt()`.
///
/// # Safety
/// As for `bsock_getsockopt`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_posix_getsockopt(
    sockfd: c_int,
    level: c_int,
    optname: c_int,
    optval: *mut c_void,
    optlen: *mut socklen_t,
) -> c_int {
    // SAFETY: the caller's promise.
    let value = unsafe { OptionFromKernel::from_raw(optval, optlen) };
    option::getsockopt(sockfd, level, optname, value).into_posix()
}

/// `setsockopt()`.
///
/// # Safety
/// As for `bsock_setsockopt`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_posix_setsockopt(
    sockfd: c_int,
    level: c_int,
    optname: c_int,
    optval: *const c_void,
    optlen: socklen_t,
) -> c_int {
    let value = ToKernel::from_raw(optval, optlen as usize);
    // SAFETY: the caller's promise.
    unsafe { option::setsockopt(sockfd, level, optname, value) }.into_posix()
}

/// `poll()`.
///
/// # Safety
/// As for `bsock_poll`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_posix_poll(fds: *mut pollfd, nfds: nfds_t, timeout: c_int) -> c_int {
    // SAFETY: the caller's promise.
    let set = unsafe { PollSet::from_raw(fds, nfds) };
    poll::poll(set, timeout).into_posix()
}
