//! `bsock_socket`, `bsock_socketpair`, `bsock_shutdown`, `bsock_close`: making, shutting down and closing sockets.

use super::IntoNumber;
use crate::memory::PairFromKernel;
use crate::socket;
use core::ffi::c_int;

/// Makes a socket, an end of a communication that is still to be set up.
///
/// domain: the address family: AF_INET, AF_INET6, AF_UNIX, ...
/// type: SOCK_STREAM (TCP), SOCK_DGRAM (UDP), ..., with SOCK_NONBLOCK and
/// SOCK_CLOEXEC or-ed to it if wanted. SOCK_CLOEXEC is always on.
/// protocol: 0 for the one that belongs to domain and type.
///
/// Returns the new descriptor (0 is a possible one), or a code:
/// BSOCK_EAFNOSUPPORT no such family; BSOCK_EPROTONOSUPPORT,
/// BSOCK_ESOCKTNOSUPPORT no such protocol or type in it; BSOCK_EINVAL wrong
/// flags; BSOCK_EMFILE, BSOCK_ENFILE too many open files; BSOCK_EPERM,
/// BSOCK_EACCES not allowed (raw sockets); BSOCK_ENOBUFS, BSOCK_ENOMEM.
///
/// POSIX.1-2017 socket(); socket(2); SOCK_NONBLOCK and SOCK_CLOEXEC are Linux's.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn bsock_socket(domain: c_int, r#type: c_int, protocol: c_int) -> c_int {
    socket::socket(domain, r#type, protocol).into_code()
}

/// Makes two sockets that are connected to each other: what is sent into one
/// arrives at the other.
///
/// domain: AF_UNIX (the only family that has pairs, but for AF_TIPC).
/// type: SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET, with SOCK_NONBLOCK and
/// SOCK_CLOEXEC or-ed to it if wanted. SOCK_CLOEXEC is always on.
/// protocol: 0.
/// sv: an array of two ints, where the descriptors are stored.
///
/// Returns 0, or a code: BSOCK_EOPNOTSUPP the family has no pairs;
/// BSOCK_EAFNOSUPPORT no such family; BSOCK_EPROTONOSUPPORT,
/// BSOCK_ESOCKTNOSUPPORT no such protocol or type in it; BSOCK_EINVAL wrong
/// flags; BSOCK_EFAULT bad sv; BSOCK_EMFILE, BSOCK_ENFILE too many open files;
/// BSOCK_ENOBUFS, BSOCK_ENOMEM. After a code nothing is open, and what sv holds
/// means nothing.
///
/// POSIX.1-2017 socketpair(); socketpair(2), unix(7).
///
/// # Safety
/// The two ints at sv are the caller's to overwrite.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bsock_socketpair(
    domain: c_int,
    r#type: c_int,
    protocol: c_int,
    sv: *mut c_int,
) -> c_int {
    // SAFETY: the caller's promise, stated above and in the header.
    let pair = unsafe { PairFromKernel::from_raw(sv) };
    socket::socketpair(domain, r#type, protocol, pair).into_code()
}

/// Ends one or both directions of a connection, for every descriptor of it in
/// every process. The descriptor itself stays open and still wants bsock_close.
///
/// how: SHUT_WR (what was sent still arrives, then the peer reads 0), SHUT_RD,
/// or SHUT_RDWR.
///
/// Returns 0, or a code: BSOCK_ENOTCONN not connected, or the peer has broken
/// the connection off; BSOCK_EINVAL wrong how; BSOCK_EBADF, BSOCK_ENOTSOCK.
///
/// POSIX.1-2017 shutdown(); shutdown(2); RFC 9293, 3.6 for TCP.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn bsock_shutdown(sockfd: c_int, how: c_int) -> c_int {
    socket::shutdown(sockfd, how).into_code()
}

/// Closes a descriptor, of whatever kind. The connection ends when its last
/// descriptor is closed; if received bytes are then still unread, TCP resets it.
///
/// Returns 0, or a code: BSOCK_EBADF not open; BSOCK_EINTR, BSOCK_EIO, ... The
/// descriptor is closed after any code but BSOCK_EBADF: never call again, its
/// number may already belong to another thread. Cancellation point.
///
/// POSIX.1-2017 close(); close(2), "Dealing with error returns from close()".
#[unsafe(no_mangle)]
pub extern "C-unwind" fn bsock_close(fd: c_int) -> c_int {
    socket::close(fd).into_code()
}
