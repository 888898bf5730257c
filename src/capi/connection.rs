//! `bsock_bind`, `bsock_listen`, `bsock_accept`, `bsock_accept4`, `bsock_connect`, `bsock_getsockname`,
//! `bsock_getpeername`: addresses of sockets, listening, accepting and connecting.

use super::IntoNumber;
use crate::connection;
use crate::memory::{AddressFromKernel, ToKernel};
use core::ffi::c_int;
use libc::{sockaddr, socklen_t};

/// Gives a socket its own address: the one on which a server is reached.
///
/// addr: a struct sockaddr_in, sockaddr_in6 or sockaddr_un, whose pointer is
/// cast to (const struct sockaddr *). Port and IPv4 address in it are in network
/// byte order: htons(8989), htonl(INADDR_ANY). Port 0 lets the system choose.
/// addrlen: its size in bytes.
///
/// Returns 0, or a code: BSOCK_EADDRINUSE the port is taken (or still in
/// TIME_WAIT: set SO_REUSEADDR first), the UNIX path exists;
/// BSOCK_EADDRNOTAVAIL no such address on this machine; BSOCK_EACCES privileged
/// port, or no right to make the UNIX path; BSOCK_EINVAL already bound, or wrong
/// addrlen; BSOCK_EAFNOSUPPORT wrong family; BSOCK_EFAULT bad addr;
/// BSOCK_EBADF, BSOCK_ENOTSOCK; for paths also those of open(2).
///
/// POSIX.1-2017 bind(); bind(2), ip(7), ipv6(7), unix(7).
#[must_use]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn bsock_bind(sockfd: c_int, addr: *const sockaddr, addrlen: socklen_t) -> c_int {
    connection::bind(sockfd, ToKernel::from_raw(addr.cast(), addrlen as usize)).into_code()
}

/// Makes a stream socket a listening one: from now on clients can connect.
///
/// backlog: how many connections may wait to be accepted; the system lowers it
/// to /proc/sys/net/core/somaxconn. SOMAXCONN is a good choice.
///
/// Returns 0, or a code: BSOCK_EADDRINUSE somebody listens on the port;
/// BSOCK_EOPNOTSUPP not a type that makes connections; BSOCK_EINVAL connected,
/// or a UNIX socket that is not bound; BSOCK_EBADF, BSOCK_ENOTSOCK.
///
/// POSIX.1-2017 listen(); listen(2).
#[must_use]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn bsock_listen(sockfd: c_int, backlog: c_int) -> c_int {
    connection::listen(sockfd, backlog).into_code()
}

/// Takes the first connection that waits at a listening socket, as a new
/// descriptor (always close-on-exec). Waits for one unless the socket is
/// non-blocking. The listening socket goes on listening.
///
/// addr: where the client's address is stored; NULL if it is not wanted.
/// addrlen: in: the size of *addr in bytes. Out: the address's size, which is
/// larger if it was cut. NULL if addr is.
///
/// Returns the new descriptor, or a code: BSOCK_EAGAIN nobody waits (or the
/// receive timeout is over); BSOCK_EINVAL not listening; BSOCK_EINTR a signal
/// handler ran; BSOCK_ECONNABORTED the client has gone, take the next;
/// BSOCK_EMFILE, BSOCK_ENFILE too many open files, the client still waits;
/// BSOCK_EOPNOTSUPP not a type that makes connections; BSOCK_EFAULT bad addr or
/// addrlen (the connection is then lost); BSOCK_EBADF, BSOCK_ENOTSOCK,
/// BSOCK_ENOBUFS, BSOCK_ENOMEM; on Linux also errors that the connection already
/// has: BSOCK_EPROTO, BSOCK_ENETDOWN, ... Cancellation point.
///
/// POSIX.1-2017 accept(); accept(2).
///
/// # Safety
/// *addr, as long as *addrlen says, and *addrlen are the caller's to overwrite.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_accept(sockfd: c_int, addr: *mut sockaddr, addrlen: *mut socklen_t) -> c_int {
    // SAFETY: the caller's promise, stated above and in the header.
    let peer = unsafe { AddressFromKernel::from_raw(addr, addrlen) };
    connection::accept(sockfd, peer).into_code()
}

/// As bsock_accept, with flags for the new descriptor.
///
/// addr, addrlen: as in bsock_accept. flags: 0, or SOCK_NONBLOCK (the new
/// descriptor is non-blocking: it does not inherit this from the listening one),
/// SOCK_CLOEXEC. SOCK_CLOEXEC is always on.
///
/// Returns the new descriptor, or a code: those of bsock_accept, and
/// BSOCK_EINVAL also for an unknown flag. Cancellation point.
///
/// accept4(2), of Linux and the BSDs.
///
/// # Safety
/// *addr, as long as *addrlen says, and *addrlen are the caller's to overwrite.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_accept4(
    sockfd: c_int,
    addr: *mut sockaddr,
    addrlen: *mut socklen_t,
    flags: c_int,
) -> c_int {
    // SAFETY: the caller's promise, stated above and in the header.
    let peer = unsafe { AddressFromKernel::from_raw(addr, addrlen) };
    connection::accept4(sockfd, peer, flags).into_code()
}

/// Connects a socket to a peer: for a stream, makes the connection; for
/// datagrams, sets where to they go and from where they are taken.
///
/// addr, addrlen: the peer's address, as in bsock_bind.
///
/// Returns 0, or a code: BSOCK_ECONNREFUSED nobody listens there;
/// BSOCK_ETIMEDOUT no answer; BSOCK_ENETUNREACH, BSOCK_EHOSTUNREACH no way
/// there; BSOCK_EINPROGRESS non-blocking, wait with poll until writable and read
/// SO_ERROR; BSOCK_EALREADY still at the last one; BSOCK_EISCONN already
/// connected; BSOCK_EINTR a signal handler ran, the connection is still being
/// made (do not call again: poll); BSOCK_EADDRNOTAVAIL no free local port;
/// BSOCK_EAFNOSUPPORT, BSOCK_EINVAL wrong family or addrlen; BSOCK_EACCES,
/// BSOCK_EPERM forbidden (broadcast, firewall, UNIX path); BSOCK_EAGAIN a full
/// UNIX queue; BSOCK_EFAULT bad addr; BSOCK_EBADF, BSOCK_ENOTSOCK; for paths
/// also those of open(2). Cancellation point.
///
/// POSIX.1-2017 connect(); connect(2); RFC 9293, 3.5 for TCP.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn bsock_connect(sockfd: c_int, addr: *const sockaddr, addrlen: socklen_t) -> c_int {
    connection::connect(sockfd, ToKernel::from_raw(addr.cast(), addrlen as usize)).into_code()
}

/// Tells a socket's own address, such as the port that the system has chosen for
/// port 0.
///
/// addr: where it is stored.
/// addrlen: in: the size of *addr in bytes. Out: the address's size, which is
/// larger if it was cut.
///
/// A socket that is not bound has the address 0.0.0.0 and port 0, or no path.
///
/// Returns 0, or a code: BSOCK_EFAULT bad addr or addrlen, or NULL;
/// BSOCK_EINVAL *addrlen is negative; BSOCK_EBADF, BSOCK_ENOTSOCK,
/// BSOCK_ENOBUFS.
///
/// POSIX.1-2017 getsockname(); getsockname(2).
///
/// # Safety
/// *addr, as long as *addrlen says, and *addrlen are the caller's to overwrite.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_getsockname(
    sockfd: c_int,
    addr: *mut sockaddr,
    addrlen: *mut socklen_t,
) -> c_int {
    // SAFETY: the caller's promise, stated above and in the header.
    let place = unsafe { AddressFromKernel::from_raw(addr, addrlen) };
    connection::getsockname(sockfd, place).into_code()
}

/// Tells the address of the peer that a socket is connected to.
///
/// addr: where it is stored.
/// addrlen: in: the size of *addr in bytes. Out: the address's size, which is
/// larger if it was cut.
///
/// Returns 0, or a code: BSOCK_ENOTCONN not connected, or not any more;
/// BSOCK_EFAULT bad addr or addrlen, or NULL; BSOCK_EINVAL *addrlen is negative;
/// BSOCK_EBADF, BSOCK_ENOTSOCK, BSOCK_ENOBUFS.
///
/// POSIX.1-2017 getpeername(); getpeername(2).
///
/// # Safety
/// *addr, as long as *addrlen says, and *addrlen are the caller's to overwrite.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_getpeername(
    sockfd: c_int,
    addr: *mut sockaddr,
    addrlen: *mut socklen_t,
) -> c_int {
    // SAFETY: the caller's promise, stated above and in the header.
    let place = unsafe { AddressFromKernel::from_raw(addr, addrlen) };
    connection::getpeername(sockfd, place).into_code()
}
